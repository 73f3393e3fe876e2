// One word over models (section 1): moments, box plot, interval, p value.
//
//   g1 = m3 / m2^1.5, g2 = m4 / m2² − 3 with the biased central moments; quantiles of type 7; whiskers are
//   the outermost scores within 1.5 interquartile ranges of the box (Tukey); t = mean / (s/√M) at M−1 degrees
//   of freedom; p values adjusted over the text's words (Benjamini and Hochberg, JRSS B 1995).
#include "math/distribution.h"
#include "stats/order.h"
#include "stats/parts.h"
#include <math.h>

static void shape(const double *d, size_t models, double ss, xs_word_stats *out) {
    double M = (double)models, m2 = ss / M, m3 = 0, m4 = 0;
    out->skewness = out->excess_kurtosis = NAN;
    if (!(m2 > 0)) return;
    double sd = sqrt(m2);
    for (size_t m = 0; m < models; m++) {
        double z = d[m] / sd, square = z * z;
        m3 += square * z;
        m4 += square * square;
    }
    out->skewness = m3 / M;
    out->excess_kurtosis = m4 / M - 3;
}

static void box(const double *sorted, size_t models, xs_word_stats *out) {
    out->minimum = sorted[0];
    out->maximum = sorted[models - 1];
    out->q25 = xs_quantile(sorted, models, 0.25);
    out->median = xs_quantile(sorted, models, 0.5);
    out->q75 = xs_quantile(sorted, models, 0.75);
    double reach = 1.5 * (out->q75 - out->q25);
    size_t low = 0, high = models - 1;
    while (sorted[low] < out->q25 - reach) low++;
    while (sorted[high] > out->q75 + reach) high--;
    out->whisker_low = sorted[low];
    out->whisker_high = sorted[high];
}

static void signs(const double *x, size_t models, xs_word_stats *out) {
    size_t positive = 0, negative = 0;
    for (size_t m = 0; m < models; m++) {
        positive += x[m] > 0;
        negative += x[m] < 0;
    }
    out->positive_share = (double)positive / (double)models;
    out->sign_stability = (double)(positive > negative ? positive : negative) / (double)models;
}

// One word's scores x and deviations d (models); t975 is Student's quantile.
static void describe(double *x, const double *d, size_t models, double mean, double ss, double t975,
                     xs_word_stats *out) {
    double M = (double)models, variance = models > 1 ? ss / (M - 1) : NAN;
    *out = (xs_word_stats){.mean = mean, .sd = sqrt(variance)};
    out->standard_error = out->sd / sqrt(M);
    shape(d, models, ss, out);
    signs(x, models, out);
    xs_sort(x, models);
    box(x, models, out);
    out->noise = variance;
    out->signal = mean * mean - variance / M;
    out->snr = xs_ratio(out->signal, variance);
    out->snr_raw = xs_ratio(mean * mean, variance);
    out->ci[0] = mean - t975 * out->standard_error;
    out->ci[1] = mean + t975 * out->standard_error;
    out->p = out->standard_error > 0 ? xs_t_two_sided(mean / out->standard_error, M - 1) : NAN;
}

int xs_benjamini_hochberg(const double *p, size_t n, xs_arena *scratch, double *adjusted, xsnr_error *err) {
    xs_arena_mark mark = xs_arena_save(scratch);
    double *x = XS_ARENA_ARRAY(scratch, double, n), *ranks = XS_ARENA_ARRAY(scratch, double, n);
    uint32_t *order = XS_ARENA_ARRAY(scratch, uint32_t, n);
    if (!x || !ranks || !order) return xs_nomem(err);
    size_t tests = 0;
    for (size_t i = 0; i < n; i++) {
        adjusted[i] = p[i];
        x[i] = isnan(p[i]) ? 2 : p[i]; // those go to the end
        tests += isnan(p[i]) ? 0 : 1;
    }
    xs_ranks(x, n, order, ranks);
    double least = 1;
    for (size_t k = tests; k > 0; k--) {
        least = fmin(least, x[order[k - 1]] * (double)tests / (double)k);
        adjusted[order[k - 1]] = least;
    }
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}

int xs_word_moments(xs_scores s, const xs_centered *c, xs_arena *scratch, xs_word_stats *out,
                    xsnr_error *err) {
    if (!s.models || !s.words) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    double *x = XS_ARENA_ARRAY(scratch, double, s.models), *d = XS_ARENA_ARRAY(scratch, double, s.models);
    double *p = XS_ARENA_ARRAY(scratch, double, s.words),
           *adjusted = XS_ARENA_ARRAY(scratch, double, s.words);
    if (!x || !d || !p || !adjusted) return xs_nomem(err);
    double t975 = xs_t_quantile(0.975, (double)s.models - 1);
    for (size_t w = 0; w < s.words; w++) {
        for (size_t m = 0; m < s.models; m++) {
            x[m] = s.e[m * s.words + w];
            d[m] = c->d[m * s.words + w];
        }
        describe(x, d, s.models, c->mean[w], c->ss[w], t975, &out[w]);
        p[w] = out[w].p;
    }
    XS_TRY(xs_benjamini_hochberg(p, s.words, scratch, adjusted, err));
    for (size_t w = 0; w < s.words; w++) out[w].p_adjusted = adjusted[w];
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}
