// Signal, noise and their ratio of one text (section 2): Mangard, "Hardware countermeasures against DPA – a
// statistical analysis of their effectiveness", CT-RSA 2004, with words for intermediate values and models
// for traces; and what follows from it.
//
//   signal_raw = Var_w(mean_m e)   noise = mean_w(Var_m e)   MS_int = Σ (e − ē_w − ē_m + ē)² / ((n−1)(M−1))
//   signal = signal_raw − MS_int/M,  SNR = signal / noise
//   F = M·signal_raw / MS_int with (n−1)ε and (n−1)(M−1)ε degrees of freedom: all words of a text come from
//   the same models, a repeated-measures design, hence Greenhouse and Geisser's ε (Psychometrika 1959) ε =
//   (tr S)² / ((n−1) tr S²), S the covariance over models of the scores with each model's mean taken off.
#include "math/distribution.h"
#include "stats/parts.h"
#include <math.h>

double xs_reliability(double snr, double k) {
    return xs_ratio(k * snr, 1 + k * snr);
}

double xs_models_needed(double snr, double reliability) {
    if (!(snr > 0)) return NAN;
    double k = reliability / ((1 - reliability) * snr);
    return ceil(k * (1 - 1e-12)); // 18.000000000000004 is 18
}

void xs_put_ratios(double reliability, xs_snr *out) {
    out->snr_raw = xs_ratio(out->signal_raw, out->noise);
    out->snr = xs_ratio(out->signal, out->noise);
    out->no_signal = out->signal <= 0;
    out->icc = xs_reliability(out->snr, 1);
    out->models_needed = xs_models_needed(out->snr, reliability);
    out->gaussian_bits = isnan(out->snr) ? NAN : 0.5 * log1p(fmax(out->snr, 0)) / log(2);
}

// Takes every model's mean off its row: the interaction, e − ē_w − ē_m + ē.
static void interaction(const xs_centered *c, double *out) {
    size_t n = c->words;
    for (size_t m = 0; m < c->models; m++) {
        const double *d = c->d + m * n;
        double mean = 0;
        for (size_t w = 1; w < n; w++) mean += d[w] - d[0];
        mean = d[0] + mean / (double)n;
        for (size_t w = 0; w < n; w++) out[m * n + w] = d[w] - mean;
    }
}

static int epsilon(const xs_centered *c, xs_arena *scratch, double *out, xsnr_error *err) {
    xs_arena_mark mark = xs_arena_save(scratch);
    double *x = XS_ARENA_ARRAY(scratch, double, c->models * c->words), square, trace;
    if (!x) return xs_nomem(err);
    interaction(c, x);
    int rc = xs_gram(x, c->models, c->words, scratch, &square, &trace, err);
    xs_arena_rewind(scratch, mark);
    XS_TRY(rc);
    *out = xs_ratio(trace * trace, (double)(c->words - 1) * square);
    return XSNR_OK;
}

static int test_signal(const xs_centered *c, xs_arena *scratch, xs_snr *out, xsnr_error *err) {
    double M = (double)c->models, n = (double)c->words;
    out->f = out->f_p = out->greenhouse_geisser = NAN;
    if (!(out->ms_interaction > 0)) return XSNR_OK;
    out->f = xs_ratio(M * out->signal_raw, out->ms_interaction);
    XS_TRY(epsilon(c, scratch, &out->greenhouse_geisser, err));
    double df = (n - 1) * out->greenhouse_geisser;
    out->f_p = xs_f_upper(out->f, df, df * (M - 1));
    return XSNR_OK;
}

int xs_text_snr(xs_scores s, const xs_centered *c, double reliability, xs_arena *scratch, xs_snr *out,
                xsnr_error *err) {
    xs_moment_snr sums;
    *out = (xs_snr){.models = s.models, .words = s.words, .snr_ci = {NAN, NAN}};
    XS_TRY(xs_signal_noise(xs_score_row, &s, s.models, s.words, scratch, &sums, &out->noise_shift, err));
    out->signal_raw = sums.signal_raw;
    out->noise = sums.noise;
    out->ms_interaction = sums.ms_interaction;
    out->signal = sums.signal;
    xs_put_ratios(reliability, out);
    return test_signal(c, scratch, out, err);
}
