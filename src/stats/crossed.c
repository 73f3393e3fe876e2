// Signal and noise where models share seeds; see crossed.h.
//
// Two models with a seed in common are not independent: what that seed does to a word is in both, and a mean over the models
// keeps a share of it that 1/M of their variance does not tell.  Two that share no level are two draws of everything, so with
// averages over such pairs alone, unbiased for any levels and whatever cells were dropped:
//
//   signal = mean_{m,m'} Cov_w(e_m, e_m')     noise = mean_{m,m'} mean_w (e_m − e_m')²/2
//
// Over all pairs these are the estimates of section 2, (signal_raw − MS_int/M and mean_w Var_m): a family in which every model has
// levels of its own gives the same.  MS_int is set to what makes signal = signal_raw − MS_int/M hold.
//
// Intervals leave out one level at a time, with all models that have it: Var = Σ_k (L_k−1)/L_k Σ_l (θ_(l) − θ̄_k)² over the
// factors k, degrees of freedom by Satterthwaite (Biometrics Bulletin 1946).  What factors do together is in more than one term:
// the interval is rather too wide (as the pigeonhole bootstrap, Owen, Annals of Applied Statistics 2007).  A factor of two levels
// has none: without one of them there is no pair.
#include "math/distribution.h"
#include "stats/crossed.h"
#include <math.h>
#include <string.h>

static bool share_level(const xs_crossing *c, uint32_t a, uint32_t b) {
    for (size_t k = 0; k < c->factors; k++)
        if (c->level[a * c->factors + k] == c->level[b * c->factors + k]) return true;
    return false;
}

bool xs_has_level(const xs_crossing *c, uint32_t model, size_t level) {
    for (size_t k = 0; k < c->factors; k++)
        if (c->level[model * c->factors + k] == level) return true;
    return false;
}

double xs_levels_error(const double *without, const size_t *levels, size_t factors, double *df) {
    double sum = 0, weight = 0;
    for (size_t k = 0; k < factors; without += levels[k++]) {
        double error = xs_jackknife_error(without, levels[k]), variance = error * error;
        sum += variance;
        weight += variance * variance / ((double)levels[k] - 1);
    }
    *df = sum > 0 ? sum * sum / weight : 1;
    return sqrt(sum);
}

static void interval_of(double value, const double *without, const xs_crossing *c, double interval[2]) {
    double df, error = xs_levels_error(without, c->levels, c->factors, &df);
    xs_t_interval(value, error, df, interval);
}

// Sums over the models that share no level with each: of products (signal), of halved squares of differences (noise).
typedef struct pair_sums {
    double *signal, *noise, *pairs; // (M)
} pair_sums;

static int sum_pairs(xs_scores s, const xs_text_result *text, xs_arena *scratch, const pair_sums *out, xsnr_error *err) {
    size_t M = s.models, n = s.words;
    double *x = XS_ARENA_ARRAY(scratch, double, M *n), *product = XS_ARENA_ARRAY(scratch, double, M *M);
    double *square = XS_ARENA_ARRAY(scratch, double, M *M), *room = XS_ARENA_ARRAY(scratch, double, (M + 3) * (n + 3));
    xs_centered c;
    if (!x || !product || !square || !room) return xs_nomem(err);
    XS_TRY(xs_center(s, scratch, &c, err));
    for (size_t m = 0; m < M; m++) {
        const double *e = s.e + m * n;
        double mean = 0;
        for (size_t w = 0; w < n; w++) mean += (e[w] - e[0]) / (double)n;
        for (size_t w = 0; w < n; w++) x[m * n + w] = e[w] - e[0] - mean;
    }
    xs_gram_matrix(x, M, n, true, room, product);
    xs_gram_matrix(c.d, M, n, true, room, square);
    for (size_t a = 0; a < M; a++) {
        out->signal[a] = out->noise[a] = out->pairs[a] = 0;
        for (size_t b = 0; b < M; b++) {
            if (share_level(text->crossing, text->model[a], text->model[b])) continue;
            out->signal[a] += product[a * M + b] / ((double)n - 1);
            out->noise[a] += fmax(0, 0.5 * (square[a * M + a] + square[b * M + b]) - square[a * M + b]) / (double)n;
            out->pairs[a]++;
        }
    }
    return XSNR_OK;
}

static int cross_text(xs_scores s, double reliability, xs_arena *scratch, xs_text_result *out, double *signal, double *noise,
                      xsnr_error *err) {
    const xs_crossing *c = out->crossing;
    pair_sums sums = {XS_ARENA_ARRAY(scratch, double, s.models), XS_ARENA_ARRAY(scratch, double, s.models),
                      XS_ARENA_ARRAY(scratch, double, s.models)};
    double *ratio = XS_ARENA_ARRAY(scratch, double, c->all_levels), all[3] = {0};
    if (!sums.signal || !sums.noise || !sums.pairs || !ratio) return xs_nomem(err);
    XS_TRY(sum_pairs(s, out, scratch, &sums, err));
    for (size_t m = 0; m < s.models; m++) all[0] += sums.signal[m], all[1] += sums.noise[m], all[2] += sums.pairs[m];
    out->snr.signal = s.words > 1 ? xs_ratio(all[0], all[2]) : NAN;
    out->snr.noise = xs_ratio(all[1], all[2]);
    out->snr.ms_interaction = (double)s.models * (out->snr.signal_raw - out->snr.signal);
    xs_put_ratios(reliability, &out->snr);
    out->snr.f = out->snr.f_p = out->snr.greenhouse_geisser = NAN; // their models are independent
    for (size_t l = 0; l < c->all_levels; l++) { // a pair has the level in one of its models, and was counted from both
        double left[3] = {all[0], all[1], all[2]};
        for (size_t m = 0; m < s.models; m++)
            if (xs_has_level(c, out->model[m], l)) left[0] -= 2 * sums.signal[m], left[1] -= 2 * sums.noise[m], left[2] -= 2 * sums.pairs[m];
        signal[l] = s.words > 1 ? xs_ratio(left[0], left[2]) : NAN;
        noise[l] = xs_ratio(left[1], left[2]);
        ratio[l] = xs_ratio(signal[l], noise[l]);
    }
    interval_of(out->snr.snr, ratio, c, out->snr.snr_ci);
    out->snr_corrected = NAN;
    return XSNR_OK;
}

int xs_cross_text(xs_scores s, double reliability, xs_arena *scratch, xs_text_result *out, double *signal, double *noise,
                  xsnr_error *err) {
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = cross_text(s, reliability, scratch, out, signal, noise, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

// One word's scores x (M); independent (M, M): 1 where two models share no level.
static void cross_word(const double *x, const xs_text_result *text, size_t models, const double *independent, double pairs,
                       double *without, xs_word_stats *out) {
    const xs_crossing *c = text->crossing;
    double M = (double)models, product = 0, square = 0, df;
    for (size_t a = 0; a < models; a++) {
        double y = 0, own = 0;
        for (size_t b = 0; b < models; b++) {
            double d = x[a] - x[b];
            y += independent[a * models + b] * x[b];
            own += independent[a * models + b] * d * d;
        }
        product += x[a] * y;
        square += 0.5 * own;
    }
    out->noise = xs_ratio(square, pairs);
    out->sd = sqrt(out->noise);
    out->signal = xs_ratio(product, pairs);
    out->snr = xs_ratio(out->signal, out->noise);
    out->snr_raw = xs_ratio(out->mean * out->mean, out->noise);
    for (size_t l = 0; l < c->all_levels; l++) {
        double sum = 0, count = 0;
        for (size_t m = 0; m < models; m++)
            if (xs_has_level(c, text->model[m], l)) sum += x[m] - out->mean, count++;
        without[l] = count < M ? out->mean - sum / (M - count) : NAN;
    }
    out->standard_error = xs_levels_error(without, c->levels, c->factors, &df);
    xs_t_interval(out->mean, out->standard_error, df, out->ci);
    out->p = out->standard_error > 0 ? xs_t_two_sided(out->mean / out->standard_error, df) : NAN;
}

static int cross_words(xs_scores s, const xs_text_result *text, xs_arena *scratch, xs_word_stats *word, xsnr_error *err) {
    size_t M = s.models;
    double *x = XS_ARENA_ARRAY(scratch, double, M), *independent = XS_ARENA_ARRAY(scratch, double, M *M), pairs = 0;
    double *without = XS_ARENA_ARRAY(scratch, double, text->crossing->all_levels);
    double *p = XS_ARENA_ARRAY(scratch, double, s.words), *adjusted = XS_ARENA_ARRAY(scratch, double, s.words);
    if (!x || !independent || !without || !p || !adjusted) return xs_nomem(err);
    for (size_t a = 0; a < M; a++)
        for (size_t b = 0; b < M; b++) pairs += independent[a * M + b] = !share_level(text->crossing, text->model[a], text->model[b]);
    for (size_t w = 0; w < s.words; w++) {
        for (size_t m = 0; m < M; m++) x[m] = s.e[m * s.words + w];
        cross_word(x, text, M, independent, pairs, without, &word[w]);
        p[w] = word[w].p;
    }
    XS_TRY(xs_benjamini_hochberg(p, s.words, scratch, adjusted, err));
    for (size_t w = 0; w < s.words; w++) word[w].p_adjusted = adjusted[w];
    return XSNR_OK;
}

int xs_cross_words(xs_scores s, const xs_text_result *text, xs_arena *scratch, xs_word_stats *word, xsnr_error *err) {
    if (!s.models) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = cross_words(s, text, scratch, word, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}
