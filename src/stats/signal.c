// Signal and noise of an array (models, columns): the sums of section 2, for scores, their powers and
// products.
//
// Two passes over the rows, nothing but a few rows in memory:
//   1. column means, taken about the first row: a column that is constant comes out exactly so;
//   2. d = y − mean, its squares (noise), its mean over the columns (the shift of a model), and what is left
//      when that is taken off too (interaction).
// Deviations below four units of rounding of the scores themselves are rounding (models that are multiples of each other, once
// normalised): they count as 0.
// Every sum runs in four interleaved parts, of a fixed order: the same bits everywhere, and quick.
#include "stats/parts.h"
#include <float.h>
#include <math.h>
#include <string.h>

static const double rounding = 16 * DBL_EPSILON * DBL_EPSILON; // square of four units

double xs_ratio(double a, double b) {
    double r = b >= DBL_MIN ? a / b : NAN;
    return isfinite(r) ? r : NAN;
}

static double sum4(const double part[4]) {
    return (part[0] + part[1]) + (part[2] + part[3]);
}

static double sum_about(const double *x, size_t n, double origin) {
    double part[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++) part[k] += x[i + k] - origin;
    for (; i < n; i++) part[0] += x[i] - origin;
    return sum4(part);
}

static double squares_about(const double *x, size_t n, double origin) {
    double part[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++) part[k] += (x[i + k] - origin) * (x[i + k] - origin);
    for (; i < n; i++) part[0] += (x[i] - origin) * (x[i] - origin);
    return sum4(part);
}

// Mean, exact if all are equal.
static double mean_of(const double *x, size_t n) {
    return x[0] + sum_about(x, n, x[0]) / (double)n;
}

static void column_means(xs_row_fn *row, const void *context, size_t models, size_t columns, double *first,
                         double *buffer, double *mean) {
    memcpy(first, row(context, 0, buffer), columns * sizeof *first);
    memset(mean, 0, columns * sizeof *mean);
    for (size_t m = 1; m < models; m++) {
        const double *y = row(context, m, buffer);
        for (size_t w = 0; w < columns; w++) mean[w] += y[w] - first[w];
    }
    for (size_t w = 0; w < columns; w++) mean[w] = first[w] + mean[w] / (double)models;
}

static void ratios(xs_moment_snr *s, size_t models) {
    s->signal = s->signal_raw - s->ms_interaction / (double)models;
    s->snr_raw = xs_ratio(s->signal_raw, s->noise);
    s->snr = xs_ratio(s->signal, s->noise);
}

int xs_signal_noise(xs_row_fn *row, const void *context, size_t models, size_t columns, xs_arena *scratch,
                    xs_moment_snr *out, double *noise_shift, xsnr_error *err) {
    *out = (xs_moment_snr){columns, NAN, NAN, NAN, NAN, NAN, NAN};
    if (noise_shift) *noise_shift = NAN;
    if (!models || !columns) return XSNR_OK;
    double M = (double)models, n = (double)columns;
    xs_arena_mark mark = xs_arena_save(scratch);
    double *mean = XS_ARENA_ARRAY(scratch, double, columns),
           *buffer = XS_ARENA_ARRAY(scratch, double, columns);
    double *d = XS_ARENA_ARRAY(scratch, double, columns);
    if (!mean || !buffer || !d) {
        xs_arena_rewind(scratch, mark);
        return xs_nomem(err);
    }
    column_means(row, context, models, columns, d, buffer, mean);
    if (columns > 1) out->signal_raw = squares_about(mean, columns, mean_of(mean, columns)) / (n - 1);
    double total = 0, interaction = 0, shift = 0, size = 0; // Σ d², Σ (d − d̄_m)², Σ d̄_m², Σ y²
    for (size_t m = 0; models > 1 && m < models; m++) {
        const double *y = row(context, m, buffer);
        for (size_t w = 0; w < columns; w++) d[w] = y[w] - mean[w];
        double of_model = mean_of(d, columns);
        size += squares_about(y, columns, 0);
        total += squares_about(d, columns, 0);
        interaction += squares_about(d, columns, of_model);
        shift += of_model * of_model;
    }
    if (total <= rounding * size) total = interaction = shift = 0;
    if (models > 1) {
        out->noise = total / (n * (M - 1));
        if (noise_shift) *noise_shift = shift / (M - 1);
        if (columns > 1) out->ms_interaction = interaction / ((n - 1) * (M - 1));
    }
    ratios(out, models);
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}

const double *xs_score_row(const void *context, size_t m, double *buffer) {
    (void)buffer;
    const xs_scores *s = context;
    return s->e + m * s->words;
}

int xs_center(xs_scores s, xs_arena *arena, xs_centered *out, xsnr_error *err) {
    double *mean = XS_ARENA_ARRAY(arena, double, s.words), *ss = XS_ARENA_ARRAY(arena, double, s.words);
    double *d = XS_ARENA_ARRAY(arena, double, s.models *s.words);
    if (!mean || !ss || !d) return xs_nomem(err);
    *out = (xs_centered){s.models, s.words, mean, d, ss};
    if (!s.models || !s.words) return XSNR_OK;
    column_means(xs_score_row, &s, s.models, s.words, ss, NULL, mean);
    memset(ss, 0, s.words * sizeof *ss);
    for (size_t m = 0; m < s.models; m++)
        for (size_t w = 0; w < s.words; w++) {
            double x = s.e[m * s.words + w] - mean[w];
            d[m * s.words + w] = x;
            ss[w] += x * x;
        }
    for (size_t w = 0; w < s.words; w++) {
        if (!(ss[w] > 0) || ss[w] > rounding * (double)s.models * mean[w] * mean[w]) continue;
        ss[w] = 0;
        for (size_t m = 0; m < s.models; m++) d[m * s.words + w] = 0;
    }
    return XSNR_OK;
}
