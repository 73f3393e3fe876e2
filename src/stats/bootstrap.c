// The studentised bootstrap over models (section 2; Efron and Tibshirani 1993, chapter 12).
//
// Signal and noise are means over pairs of different models i, j: of e_i·e_j over words (rows less their means, divisor n−1), and
// of half their mean squared difference.  A resample repeats models; a pair of a model with itself is no pair, and is left out, so
// that a resample is not biased as the plain formulas would be.  Of a resample with counts c, D = Σ c drawn, a_m the rows less
// their means, d = e − mean over models, h_m = |d_m|², B = Σ c d, A = Σ c a, and P = D² − Σ c² pairs:
//
//   signal = (|A|² − Σ c²|a|²) / (P (n−1)),   noise = (D Σ c h − |B|²) / (P n)
//
// Without one draw of m, P loses 2 (D − c_m), the first sum 2 (a_m·A − c_m |a_m|²), the second
// h_m (D − c_m) + Σ c h − c_m h_m − 2 (d_m·B − c_m h_m); with α the means over models less their mean, a_m·A = α·A + D d_m·α + d_m·B
// − n s_m Σ c s, s_m the mean of d_m over words: one pass over the scores a resample.  Each resample so has a jackknife error of
// its own, and the interval is estimate − z·error, with the quantiles of z = (resample − estimate)/its error.
//
// Of two models only, draws more or less of either change nothing: such a resample has an error of 0 and no z, and does not
// count.  Fewer than five models have too few others, and no interval.
//
// Resamples of all texts of a family draw the same models, by their places among all; a text that lacks some of them has fewer.
#include "base/random.h"
#include "stats/bootstrap.h"
#include "stats/order.h"
#include "stats/vectors.h"
#include <math.h>
#include <string.h>

enum { DRAW_BOOTSTRAP = 8, LEAST_MODELS = 5, LEAST_DIFFERENT = 3 };

typedef struct text_sums { // of one text, and room for one resample
    double *square, *rows;    // (M) h and |a|²
    double *mean, *of_alpha;  // (M) s and d·α
    double *alpha, *b;        // (n)
    double *count, *of_b;     // (M) c and d·B
    double alpha_square;
} text_sums;

static int sum_text(const xs_centered *c, xs_arena *scratch, text_sums *t, xsnr_error *err) {
    size_t M = c->models, n = c->words;
    double centre = 0;
    double **const of_models[] = {&t->square, &t->rows, &t->mean, &t->of_alpha, &t->count, &t->of_b};
    for (size_t k = 0; k < sizeof of_models / sizeof *of_models; k++)
        if (!(*of_models[k] = XS_ARENA_ARRAY(scratch, double, M))) return xs_nomem(err);
    t->alpha = XS_ARENA_ARRAY(scratch, double, n);
    t->b = XS_ARENA_ARRAY(scratch, double, n);
    if (!t->alpha || !t->b) return xs_nomem(err);
    for (size_t w = 0; w < n; w++) centre += (c->mean[w] - c->mean[0]) / (double)n;
    for (size_t w = 0; w < n; w++) t->alpha[w] = c->mean[w] - c->mean[0] - centre;
    for (size_t w = 0; w < n; w++) t->alpha_square += t->alpha[w] * t->alpha[w];
    for (size_t m = 0; m < M; m++) {
        const double *d = c->d + m * n;
        for (size_t w = 0; w < n; w++) {
            t->square[m] += d[w] * d[w];
            t->mean[m] += d[w] / (double)n;
            t->of_alpha[m] += d[w] * t->alpha[w];
        }
        t->rows[m] = t->alpha_square + 2 * t->of_alpha[m] + t->square[m] - (double)n * t->mean[m] * t->mean[m];
    }
    return XSNR_OK;
}

// B, and d·B of every model that is drawn, in eight parts.
XS_WIDE static void multiply(const double *restrict d, size_t M, size_t n, const double *restrict count, double *restrict b,
                             double *restrict of_b) {
    memset(b, 0, n * sizeof *b);
    for (size_t m = 0; m < M; m++) {
        const double *restrict row = d + m * n;
        double k = count[m];
        if (!(k > 0)) continue;
        for (size_t w = 0; w < n; w++) b[w] += k * row[w];
    }
    for (size_t m = 0; m < M; m++) {
        const double *restrict row = d + m * n;
        double part[8] = {0}, rest = 0;
        size_t w = 0;
        if (!(count[m] > 0)) continue;
        for (; w + 8 <= n; w += 8)
            for (size_t k = 0; k < 8; k++) part[k] += row[w + k] * b[w + k];
        for (; w < n; w++) rest += row[w] * b[w];
        of_b[m] = (((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]))) + rest;
    }
}

// One resample of one text: signal and noise, and their changes at the places of its models.
static void resample(const xs_centered *c, const text_sums *t, const uint32_t *place, double *signal, double *noise,
                     double *signal_change, double *noise_change) {
    size_t M = c->models;
    double n = (double)c->words, D = 0, squares = 0, of_square = 0, of_rows = 0, of_mean = 0, of_alpha = 0, b_square = 0, b_alpha = 0;
    for (size_t m = 0; m < M; m++) {
        double k = t->count[m];
        D += k;
        squares += k * k;
        of_square += k * t->square[m];
        of_rows += k * k * t->rows[m];
        of_mean += k * t->mean[m];
        of_alpha += k * t->of_alpha[m];
    }
    double P = D * D - squares;
    if (!(P > 0)) return;
    multiply(c->d, M, c->words, t->count, t->b, t->of_b);
    for (size_t w = 0; w < c->words; w++) {
        b_square += t->b[w] * t->b[w];
        b_alpha += t->b[w] * t->alpha[w];
    }
    double of_A = D * t->alpha_square + of_alpha;                                                          // α·A
    double A_square = D * D * t->alpha_square + 2 * D * b_alpha + b_square - n * of_mean * of_mean;        // |A|²
    double S = A_square - of_rows, N = fmax(D * of_square - b_square, 0);
    double whole_signal = S / (P * (n - 1)), whole_noise = N / (P * n);
    *signal += whole_signal;
    *noise += whole_noise;
    for (size_t m = 0; m < M; m++) {
        double k = t->count[m], p = P - 2 * (D - k);
        if (!(k > 0) || !(p > 0)) continue;
        double row = of_A + D * t->of_alpha[m] + t->of_b[m] - n * t->mean[m] * of_mean; // a_m·A
        double s = S - 2 * (row - k * t->rows[m]);
        double left = N - (t->square[m] * (D - k) + of_square - k * t->square[m] - 2 * (t->of_b[m] - k * t->square[m]));
        size_t at = place ? place[m] : m;
        signal_change[at] += s / (p * (n - 1)) - whole_signal;
        noise_change[at] += left / (p * n) - whole_noise;
    }
}

int xs_draw_resamples(size_t candidates, size_t resamples, uint64_t seed, xs_arena *arena, const uint32_t **count, xsnr_error *err) {
    uint32_t *drawn = candidates <= SIZE_MAX / (resamples + 1) ? XS_ARENA_ARRAY(arena, uint32_t, (resamples + 1) * candidates) : NULL;
    if (!drawn) return xs_nomem(err);
    for (size_t m = 0; m < candidates; m++) drawn[m] = 1;
    for (size_t b = 0; b < resamples; b++) {
        xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, DRAW_BOOTSTRAP, (uint32_t)b);
        for (size_t m = 0; m < candidates; m++) drawn[(b + 1) * candidates + xs_rng_below(&rng, (uint32_t)candidates)]++;
    }
    *count = drawn;
    return XSNR_OK;
}

int xs_resamples_new(size_t candidates, size_t resamples, const uint32_t *count, xs_arena *arena, xs_resamples *out, xsnr_error *err) {
    size_t n = resamples + 1;
    *out = (xs_resamples){candidates, resamples, count, XS_ARENA_ARRAY(arena, double, n), XS_ARENA_ARRAY(arena, double, n),
                          XS_ARENA_ARRAY(arena, double, n *candidates), XS_ARENA_ARRAY(arena, double, n *candidates)};
    return out->signal && out->noise && out->signal_change && out->noise_change ? XSNR_OK : xs_nomem(err);
}

int xs_resample_text(const xs_centered *c, const uint32_t *place, xs_arena *scratch, xs_resamples *to, xsnr_error *err) {
    if (c->words < 2 || c->models < 2) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    text_sums sums = {0};
    int rc = sum_text(c, scratch, &sums, err);
    for (size_t b = 0; rc == XSNR_OK && b <= to->resamples; b++) {
        const uint32_t *count = to->count + b * to->candidates;
        for (size_t m = 0; m < c->models; m++) sums.count[m] = (double)count[place ? place[m] : m];
        resample(c, &sums, place, &to->signal[b], &to->noise[b], to->signal_change + b * to->candidates,
                 to->noise_change + b * to->candidates);
    }
    xs_arena_rewind(scratch, mark);
    return rc;
}

void xs_resamples_add(xs_resamples *to, const xs_resamples *from) {
    size_t n = to->resamples + 1;
    for (size_t b = 0; b < n; b++) {
        to->signal[b] += from->signal[b];
        to->noise[b] += from->noise[b];
    }
    for (size_t i = 0; i < n * to->candidates; i++) {
        to->signal_change[i] += from->signal_change[i];
        to->noise_change[i] += from->noise_change[i];
    }
}

// The SNR of a resample and its jackknife error over draws; NaN where one of the SNRs is.
static double ratio_of(const xs_resamples *r, size_t b, double *error) {
    const uint32_t *count = r->count + b * r->candidates;
    const double *signal = r->signal_change + b * r->candidates, *noise = r->noise_change + b * r->candidates;
    double M = (double)r->candidates, whole = xs_ratio(r->signal[b], r->noise[b]), mean = 0, square = 0;
    for (size_t m = 0; m < r->candidates; m++)
        if (count[m]) mean += count[m] / M * (xs_ratio(r->signal[b] + signal[m], r->noise[b] + noise[m]) - whole);
    for (size_t m = 0; m < r->candidates; m++) {
        if (!count[m]) continue;
        double off = xs_ratio(r->signal[b] + signal[m], r->noise[b] + noise[m]) - whole - mean;
        square += count[m] * off * off;
    }
    *error = sqrt(square * (M - 1) / M);
    return whole;
}

static bool is_varied(const xs_resamples *r, size_t b) {
    int different = 0;
    for (size_t m = 0; m < r->candidates; m++) different += r->count[b * r->candidates + m] > 0;
    return different >= LEAST_DIFFERENT;
}

int xs_resamples_interval(const xs_resamples *r, xs_arena *scratch, double interval[2], double *studentised, xsnr_error *err) {
    interval[0] = interval[1] = NAN;
    for (size_t b = 0; studentised && b < r->resamples; b++) studentised[b] = NAN;
    if (r->candidates < LEAST_MODELS) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    double *z = XS_ARENA_ARRAY(scratch, double, r->resamples), error, estimate = ratio_of(r, 0, &error);
    size_t defined = 0;
    if (!z) return xs_nomem(err);
    for (size_t b = 1; b <= r->resamples; b++) {
        double own, x = (ratio_of(r, b, &own) - estimate) / own;
        if (isfinite(x) && is_varied(r, b)) z[defined++] = x;
    }
    if (defined && isfinite(error)) {
        xs_sort(z, defined);
        interval[0] = estimate - xs_quantile(z, defined, 0.975) * error;
        interval[1] = estimate - xs_quantile(z, defined, 0.025) * error;
        if (studentised) memcpy(studentised, z, defined * sizeof *z);
    }
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}

static int bootstrap(const xs_centered *texts, size_t n_texts, size_t resamples, uint64_t seed, xs_arena *scratch,
                     double interval[2], double *studentised, xsnr_error *err) {
    const uint32_t *count;
    xs_resamples sums;
    XS_TRY(xs_draw_resamples(texts[0].models, resamples, seed, scratch, &count, err));
    XS_TRY(xs_resamples_new(texts[0].models, resamples, count, scratch, &sums, err));
    for (size_t t = 0; t < n_texts; t++) XS_TRY(xs_resample_text(&texts[t], NULL, scratch, &sums, err));
    return xs_resamples_interval(&sums, scratch, interval, studentised, err);
}

int xs_bootstrap_interval(const xs_centered *texts, size_t n_texts, size_t resamples, uint64_t seed, xs_arena *scratch,
                          double interval[2], double *studentised, xsnr_error *err) {
    interval[0] = interval[1] = NAN;
    for (size_t b = 0; studentised && b < resamples; b++) studentised[b] = NAN;
    for (size_t t = 1; t < n_texts; t++)
        if (texts[t].models != texts[0].models)
            return xs_fail(err, XSNR_ERR_ARGUMENT, "text %zu has %zu models, the first has %zu; they must be the same", t,
                           texts[t].models, texts[0].models);
    if (!n_texts) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = bootstrap(texts, n_texts, resamples, seed, scratch, interval, studentised, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

double xs_jackknife_corrected(double value, const double *without, size_t models) {
    double mean = 0;
    for (size_t m = 0; m < models; m++) mean += without[m] / (double)models;
    return models > 1 ? (double)models * value - ((double)models - 1) * mean : NAN;
}
