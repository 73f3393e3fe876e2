// Operations element by element, their sums, and the loss.
#include "math/cpu/vector_math.h"

static void cpu_zero(xs_device *d, xs_view y, size_t n) {
    double began = xs_device_begin(d);
    memset(reals_of(y), 0, n * sizeof(real));
    xs_device_end(d, XS_OP_OTHER, began, 0);
}

static void cpu_copy(xs_device *d, xs_view y, xs_view x, size_t n) {
    double began = xs_device_begin(d);
    memcpy(reals_of(y), reals_of(x), n * sizeof(real));
    xs_device_end(d, XS_OP_OTHER, began, 0);
}

static void cpu_add(xs_device *d, xs_view y, xs_view x, double s, size_t n) {
    double began = xs_device_begin(d);
    real *restrict to = reals_of(y), scale = (real)s;
    const real *restrict from = reals_of(x);
    for (size_t i = 0; i < n; i++) to[i] += scale * from[i];
    xs_device_end(d, XS_OP_OTHER, began, 0);
}

static void cpu_multiply(xs_device *d, xs_view y, xs_view x, size_t n) {
    double began = xs_device_begin(d);
    real *restrict to = reals_of(y);
    const real *restrict from = reals_of(x);
    for (size_t i = 0; i < n; i++) to[i] *= from[i];
    xs_device_end(d, XS_OP_ACTIVATE, began, 0);
}

// f(x), and f′(x) in *slope.
static inline vec activated(xs_activate f, vec x, vec *slope) {
    if (f == XS_ACTIVATE_GELU) { // x Φ(x);  Φ(x) + x φ(x)
        vec e, cdf = normal_cdf(x, &e);
        *slope = cdf + x * e * (real)0.398942280401432677940; // 1 / √(2π)
        return x * cdf;
    }
    if (f == XS_ACTIVATE_TANH) {
        vec y = SLEEF(tanh, x);
        *slope = 1 - y * y;
        return y;
    }
    vec zero = {0};
    *slope = vec_choose(x > zero, splat(1), zero);
    return vec_choose(x > zero, x, zero);
}

static inline __attribute__((always_inline)) void activate_all(xs_activate f, size_t n, const real *x, real *y,
                                                               real *slope) {
    size_t i = 0;
    vec s;
    for (; i + LANES <= n; i += LANES) {
        store(y + i, activated(f, load(x + i), &s));
        if (slope) store(slope + i, s);
    }
    if (i == n) return;
    store_part(y + i, activated(f, load_part(x + i, n - i), &s), n - i);
    if (slope) store_part(slope + i, s, n - i);
}

static void cpu_activate(xs_device *d, xs_activate f, size_t n, xs_view x, xs_view y, xs_view slope) {
    double began = xs_device_begin(d);
    const real *from = reals_of(x);
    real *to = reals_of(y), *derivative = reals_or_none(slope);
    if (f == XS_ACTIVATE_GELU) activate_all(XS_ACTIVATE_GELU, n, from, to, derivative);
    else if (f == XS_ACTIVATE_TANH) activate_all(XS_ACTIVATE_TANH, n, from, to, derivative);
    else activate_all(XS_ACTIVATE_RELU, n, from, to, derivative);
    xs_device_end(d, XS_OP_ACTIVATE, began, 0);
}

// Blocks of vectors are summed in four lanes each, and blocks in double: the error does not grow with n.
static double sum_of_squares(size_t n, const real *x) {
    enum { BLOCK = 64 * 4 * LANES };
    double total = 0;
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        size_t end = n - begin < BLOCK ? n : begin + BLOCK, i = begin;
        vec sum[4] = {0};
        for (; i + 4 * LANES <= end; i += 4 * LANES)
            for (size_t k = 0; k < 4; k++) {
                vec v = load(x + i + k * LANES);
                sum[k] += v * v;
            }
        for (; i < end; i += LANES) {
            vec v = end - i < LANES ? load_part(x + i, end - i) : load(x + i);
            sum[0] += v * v;
        }
        total += (double)sum_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
    }
    return total;
}

static double cpu_squares(xs_device *d, size_t n, xs_view x) {
    double began = xs_device_begin(d), sum = sum_of_squares(n, reals_of(x));
    xs_device_end(d, XS_OP_OPTIMISE, began, 0);
    return sum;
}

static double cpu_squares_rows(xs_device *d, size_t n, size_t width, const uint32_t *row, xs_view x) {
    double began = xs_device_begin(d), sum = 0;
    for (size_t i = 0; i < n; i++) sum += sum_of_squares(width, reals_of(x) + row[i] * width);
    xs_device_end(d, XS_OP_OPTIMISE, began, 0);
    return sum;
}

static void cpu_cross_entropy(xs_device *d, size_t texts, size_t classes, xs_view logits, xs_view label,
                              double smoothing, xs_view loss, xs_view dlogits) {
    double began = xs_device_begin(d);
    const real *all = reals_of(logits);
    const uint32_t *labels = xs_ints_of(label);
    real *dz = reals_of(dlogits);
    for (size_t b = 0; b < texts; b++) { // few numbers: in double
        const real *z = all + b * classes;
        double top = -INFINITY, sum = 0, mean = 0;
        for (size_t c = 0; c < classes; c++) top = fmax(top, (double)z[c]);
        for (size_t c = 0; c < classes; c++) sum += exp((double)z[c] - top);
        double log_sum = top + log1p(sum - 1), share = smoothing / (double)classes;
        for (size_t c = 0; c < classes; c++) mean += share * ((double)z[c] - log_sum);
        reals_of(loss)[b] = (real)(-(1 - smoothing) * ((double)z[labels[b]] - log_sum) - mean);
        for (size_t c = 0; c < classes; c++) {
            double target = share + (c == labels[b] ? 1 - smoothing : 0);
            dz[b * classes + c] = (real)((exp((double)z[c] - log_sum) - target) / (double)texts);
        }
    }
    xs_device_end(d, XS_OP_OTHER, began, 0);
}

void XS_KERNEL(xs_cpu_add_basic)(xs_backend *b) {
    b->zero = cpu_zero;
    b->copy = cpu_copy;
    b->add = cpu_add;
    b->multiply = cpu_multiply;
    b->activate = cpu_activate;
    b->squares = cpu_squares;
    b->squares_rows = cpu_squares_rows;
    b->cross_entropy = cpu_cross_entropy;
}
