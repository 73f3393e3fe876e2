// Layer norm (Ba, Kiros & Hinton 2016), with the biased variance.
//
// With t = w ∘ dy and x̂ = (x − mean) / σ:  dx = (t − mean(t) − x̂ mean(t ∘ x̂)) / σ, the last term left out where the
// deviation counts as constant (AttnLRP's rule).
#include "math/cpu/kernel.h"
#include <math.h>

// Lanes beyond the row are zero: every sum over a row is one over whole vectors.
#define FOR_VECTORS(i, part, width)                                                                                   \
    for (size_t i = 0, part; i < width && (part = width - i < LANES ? width - i : LANES); i += LANES)

static void cpu_norm(xs_device *d, size_t rows, size_t width, double eps, xs_view x, xs_view w, xs_view b, xs_view y,
                     xs_view stat) {
    double began = xs_device_begin(d);
    const real *weight = reals_of(w), *bias = reals_of(b);
    for (size_t r = 0; r < rows; r++) {
        const real *from = reals_of(x) + r * width;
        real *to = reals_of(y) + r * width;
        vec sum = {0};
        FOR_VECTORS(i, part, width) sum += LOAD(from + i, part);
        real mean = sum_lanes(sum) / (real)width, squares = 0;
        sum = (vec){0};
        size_t i = 0;
        for (; i + LANES <= width; i += LANES) {
            vec c = load(from + i) - mean;
            sum += c * c;
        }
        for (; i < width; i++) squares += (from[i] - mean) * (from[i] - mean);
        real inverse = (real)(1 / sqrt((double)((sum_lanes(sum) + squares) / (real)width) + eps));
        FOR_VECTORS(k, part, width)
        STORE(to + k, (LOAD(from + k, part) - mean) * inverse * LOAD(weight + k, part) + LOAD(bias + k, part), part);
        reals_of(stat)[2 * r] = mean;
        reals_of(stat)[2 * r + 1] = inverse;
    }
    xs_device_end(d, XS_OP_NORM, began, 0);
}

static void cpu_norm_backward(xs_device *d, size_t rows, size_t width, xs_view x, xs_view stat, xs_view w, xs_view dy,
                              bool frozen, xs_view dx, xs_view dw, xs_view db) {
    double began = xs_device_begin(d);
    const real *weight = reals_of(w);
    real *dweight = reals_or_none(dw), *dbias = reals_or_none(db);
    for (size_t r = 0; r < rows; r++) {
        const real *from = reals_of(x) + r * width, *g = reals_of(dy) + r * width;
        real *to = reals_of(dx) + r * width, mean = reals_of(stat)[2 * r], inverse = reals_of(stat)[2 * r + 1];
        vec sum = {0}, along = {0};
        FOR_VECTORS(i, part, width) {
            vec t = LOAD(weight + i, part) * LOAD(g + i, part);
            sum += t;
            along += t * (LOAD(from + i, part) - mean) * inverse; // t is 0 beyond the row
        }
        real m = sum_lanes(sum) / (real)width, a = frozen ? 0 : sum_lanes(along) / (real)width;
        FOR_VECTORS(i, part, width) {
            vec gy = LOAD(g + i, part), xhat = (LOAD(from + i, part) - mean) * inverse;
            if (dweight) STORE(dweight + i, LOAD(dweight + i, part) + gy * xhat, part);
            if (dbias) STORE(dbias + i, LOAD(dbias + i, part) + gy, part);
            STORE(to + i, (LOAD(weight + i, part) * gy - m - xhat * a) * inverse, part);
        }
    }
    xs_device_end(d, XS_OP_NORM, began, 0);
}

void XS_KERNEL(xs_cpu_add_norm)(xs_backend *b) {
    b->norm = cpu_norm;
    b->norm_backward = cpu_norm_backward;
}
