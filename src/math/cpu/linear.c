// The linear layer, forward and backward, by products of floats or of what bfloat16 leaves of them.
#include "math/cpu/kernel.h"

static double flops(size_t rows, size_t in, size_t out) { return 2.0 * (double)rows * (double)in * (double)out; }

#ifdef XS_REAL_DOUBLE
#define multiply product
#else
static void multiply(xs_device *d, size_t M, size_t N, size_t K, const real *a, size_t ai, size_t ak, const real *b,
                     size_t bk, size_t bj, const real *bias, bool add, real *c, size_t ci) {
    (d->bf16 ? product_bf16 : product)(d, M, N, K, a, ai, ak, b, bk, bj, bias, add, c, ci);
}

static void cpu_round_products(xs_device *d, bool bf16) { d->bf16 = bf16; }
#endif

static void cpu_linear(xs_device *d, size_t rows, size_t in, size_t out, xs_view x, xs_view w, xs_view b, xs_view y) {
    double began = xs_device_begin(d);
    multiply(d, rows, out, in, reals_of(x), in, 1, reals_of(w), 1, in, reals_or_none(b), false, reals_of(y), out);
    xs_device_end(d, XS_OP_PRODUCT, began, flops(rows, in, out));
}

static void cpu_linear_input(xs_device *d, size_t rows, size_t in, size_t out, xs_view dy, xs_view w, bool add,
                             xs_view dx) {
    double began = xs_device_begin(d);
    multiply(d, rows, in, out, reals_of(dy), out, 1, reals_of(w), in, 1, NULL, add, reals_of(dx), in);
    xs_device_end(d, XS_OP_PRODUCT, began, flops(rows, in, out));
}

static void cpu_linear_weight(xs_device *d, size_t rows, size_t in, size_t out, xs_view x, xs_view dy, xs_view dw,
                              xs_view db) {
    double began = xs_device_begin(d);
    const real *restrict g = reals_of(dy);
    multiply(d, out, in, rows, g, 1, out, reals_of(x), in, 1, NULL, true, reals_of(dw), in);
    xs_device_end(d, XS_OP_PRODUCT, began, flops(rows, in, out));
    real *restrict sum = reals_or_none(db);
    if (!sum) return;
    began = xs_device_begin(d);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < out; j++) sum[j] += g[i * out + j];
    xs_device_end(d, XS_OP_OTHER, began, 0);
}

void XS_KERNEL(xs_cpu_add_linear)(xs_backend *b) {
    b->linear = cpu_linear;
    b->linear_input = cpu_linear_input;
    b->linear_weight = cpu_linear_weight;
#ifndef XS_REAL_DOUBLE
    b->round_products = cpu_round_products;
#endif
}
