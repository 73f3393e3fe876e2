// In which directions the models of a family differ (section 5).
//
// The centred scores D (M, n) have the covariance DᵀD/(M−1) over words; DDᵀ/(M−1) has the same eigenvalues but zeros, and
// its eigenvectors u, times √(λ(M−1)), are the models' principal components.  The smaller product is decomposed; from the
// larger side, the components are D·v.
#include "stats/eigen.h"
#include "stats/joint.h"
#include <math.h>

static double inner(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

int xs_spectrum(const xs_centered *c, xs_arena *scratch, double *values, double *components, double *participation_ratio,
                xsnr_error *err) {
    size_t M = c->models, n = c->words, size = M < n ? M : n;
    *participation_ratio = NAN;
    for (size_t i = 0; components && i < M * XS_COMPONENTS; i++) components[i] = 0;
    for (size_t i = 0; i < size; i++) values[i] = NAN;
    if (M < 2 || !n) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    double *g = size <= SIZE_MAX / size ? XS_ARENA_ARRAY(scratch, double, size *size) : NULL;
    double *v = g && components ? XS_ARENA_ARRAY(scratch, double, size *size) : NULL;
    double *y = XS_ARENA_ARRAY(scratch, double, (M + 3) * (n + 3));
    if (!g || !y || (components && !v)) {
        xs_arena_rewind(scratch, mark);
        return xs_nomem(err);
    }
    bool of_models = M <= n;
    xs_gram_matrix(c->d, M, n, of_models, y, g);
    for (size_t i = 0; i < size * size; i++) g[i] /= (double)(M - 1);
    xs_eigen_symmetric(g, size, values, v);
    double sum = 0, square = 0;
    for (size_t i = 0; i < size; i++) {
        values[i] = fmax(values[i], 0); // below zero by rounding alone
        sum += values[i];
        square += values[i] * values[i];
    }
    *participation_ratio = xs_ratio(sum * sum, square);
    for (size_t k = 0; components && k < XS_COMPONENTS && k < size; k++)
        for (size_t m = 0; m < M; m++)
            components[m * XS_COMPONENTS + k] = of_models ? v[k * size + m] * sqrt(values[k] * (double)(M - 1))
                                                          : inner(c->d + m * n, v + k * size, n);
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}
