// Scaled dot-product attention (Vaswani et al. 2017), text by text and head by head.
//
//     S = q kᵀ / √c,  A = softmax(S) by rows,  Ã = dropout(A),  context = Ã v         q, k, v (T, c), c = H / h
//
// backward, from dcontext:
//
//     dv = Ãᵀ dcontext,  dÃ = dcontext vᵀ,  dA = dropout(dÃ),  dS = A ∘ (dA − Σ_row dA ∘ A),
//     dq = dS k / √c,  dk = dSᵀ q / √c
//
// A text is computed alone, so its bits depend on no neighbour.  If only the first token asks, q has one row.
#include "math/cpu/heads.h"

static double flops_of(const xs_packed *p, const xs_attention *a, int products) {
    double n = a->first_only ? p->rows : xs_ints_of(p->squares)[p->texts];
    return 2.0 * products * n * a->hidden;
}

static void cpu_attention(xs_device *d, const xs_packed *p, const xs_attention *a, xs_view qkv, xs_view probability,
                          xs_view context) {
    double began = xs_device_begin(d);
    real *copy = xs_device_scratch(d, XS_SCRATCH_OPERATION, (size_t)p->longest * p->longest * sizeof(real));
    if (!copy) return;
    for (uint32_t b = 0; b < p->texts; b++)
        for (uint32_t i = 0; i < a->heads; i++) {
            head h = head_of(p, a, qkv, probability, b, i);
            product(d, h.queries, h.T, h.c, h.q, h.stride, 1, h.k, 1, h.stride, NULL, false, h.probability, h.T);
            for (size_t r = 0; r < h.queries; r++) softmax_row(h.T, scale_of(&h), h.probability + r * h.T);
            product(d, h.queries, h.c, h.T, dropped(a, &h, copy), h.T, 1, h.v, h.stride, 1, NULL, false,
                    reals_of(context) + h.context, a->hidden);
        }
    xs_device_end(d, XS_OP_ATTENTION, began, flops_of(p, a, 2));
}

static void multiply_rows(size_t rows, size_t width, size_t stride, real s, real *x) {
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i++) x[r * stride + i] *= s;
}

static void head_backward(xs_device *d, const xs_attention *a, const head *h, const real *dcontext, real factor,
                          real *copy, real *dq, xs_view dprobability) {
    size_t n = h->queries, T = h->T, c = h->c, H = a->hidden, stride = h->stride;
    real *ds = copy + T * T, *dk = dq + H, *dv = dk + H;
    const real *kept = dropped(a, h, copy);
    product(d, T, c, n, kept, 1, T, dcontext, H, 1, NULL, false, dv, stride);
    product(d, n, T, c, dcontext, H, 1, h->v, 1, stride, NULL, false, ds, T);
    if (factor != 1) multiply_rows(T, c, stride, factor, dv), multiply_rows(n, T, T, factor, ds);
    if (a->dropout.p > 0)
        drop(&a->dropout, xs_ints_of(a->dropout.document)[h->text], h->number * T * T, n * T, ds);
    if (dprobability.buffer) memcpy(reals_of(dprobability), ds, n * T * sizeof(real));
    softmax_backward(h, scale_of(h) * factor, ds);
    product(d, n, c, T, ds, T, 1, h->k, stride, 1, NULL, false, dq, stride);
    product(d, T, c, n, ds, 1, T, h->q, stride, 1, NULL, false, dk, stride);
    for (size_t r = n; r < T; r++) memset(dq + r * stride, 0, c * sizeof(real)); // tokens that did not ask
}

static void cpu_attention_backward(xs_device *d, const xs_packed *p, const xs_attention *a, xs_view qkv,
                                   xs_view probability, xs_view dcontext, bool half, xs_view dprobability,
                                   xs_view dqkv) {
    double began = xs_device_begin(d);
    real *copy = xs_device_scratch(d, XS_SCRATCH_OPERATION, 2 * (size_t)p->longest * p->longest * sizeof(real));
    if (!copy) return;
    for (uint32_t b = 0; b < p->texts; b++)
        for (uint32_t i = 0; i < a->heads; i++) {
            head h = head_of(p, a, qkv, probability, b, i);
            size_t at = (size_t)(h.q - reals_of(qkv));
            xs_view out = dprobability;
            out.at += (size_t)(h.probability - reals_of(probability));
            head_backward(d, a, &h, reals_of(dcontext) + h.context, half ? (real)0.5 : 1, copy, reals_of(dqkv) + at,
                          out);
        }
    xs_device_end(d, XS_OP_ATTENTION, began, flops_of(p, a, 4));
}

void XS_KERNEL(xs_cpu_add_attention)(xs_backend *b) {
    b->attention = cpu_attention;
    b->attention_backward = cpu_attention_backward;
}
