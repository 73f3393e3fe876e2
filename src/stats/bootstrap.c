// The bootstrap over models, recentred on the estimate (section 2).
//
// A resample repeats models, so it looks as if there were fewer of them: its signal is too large by about noise/M, which its own
// correction does not see.  The spread of the resamples is right all the same, and their mean is put where the estimate is.
//
// With counts c_m of a resample, d = e − mean, per model q_m = Σ_w d² and r_m = mean_w d, no resample looks at a score twice:
//
//   μ_w = Σ_m c_m d_mw / M,  SS = Σ c_m q_m − M Σ_w μ_w²,  SS_int = SS − n (Σ c_m r_m² − M r̄²),  r̄ = Σ c_m r_m / M
#include "base/random.h"
#include "stats/bootstrap.h"
#include "stats/order.h"
#include <math.h>
#include <string.h>

enum { DRAW_BOOTSTRAP = 8 };

typedef struct text_sums {
    double *square, *mean; // (M) q and r
} text_sums;

static int sum_text(const xs_centered *c, xs_arena *scratch, text_sums *out, xsnr_error *err) {
    out->square = XS_ARENA_ARRAY(scratch, double, c->models);
    out->mean = XS_ARENA_ARRAY(scratch, double, c->models);
    if (!out->square || !out->mean) return xs_nomem(err);
    for (size_t m = 0; m < c->models; m++)
        for (size_t w = 0; w < c->words; w++) {
            double d = c->d[m * c->words + w];
            out->square[m] += d * d;
            out->mean[m] += d / (double)c->words;
        }
    return XSNR_OK;
}

// Signal and noise of one text under the counts; mu (n) is scratch.
static void resample(const xs_centered *c, const text_sums *t, const double *count, double *mu, double *signal,
                     double *noise) {
    size_t M = c->models, n = c->words;
    double total = 0, shift = 0, shift_mean = 0, centre = 0, raw = 0, squares = 0, models = (double)M, words = (double)n;
    memset(mu, 0, n * sizeof *mu);
    for (size_t m = 0; m < M; m++) {
        if (!(count[m] > 0)) continue;
        double k = count[m] / models;
        const double *d = c->d + m * n;
        for (size_t w = 0; w < n; w++) mu[w] += k * d[w];
        total += count[m] * t->square[m];
        shift += count[m] * t->mean[m] * t->mean[m];
        shift_mean += k * t->mean[m];
    }
    for (size_t w = 0; w < n; w++) {
        squares += mu[w] * mu[w];
        mu[w] += c->mean[w];
        centre += mu[w] / words;
    }
    for (size_t w = 0; w < n; w++) raw += (mu[w] - centre) * (mu[w] - centre);
    total = fmax(0, total - models * squares);
    double interaction = fmax(0, total - words * (shift - models * shift_mean * shift_mean));
    *signal += raw / (words - 1) - interaction / ((words - 1) * (models - 1) * models);
    *noise += total / (words * (models - 1));
}

static int bootstrap(const xs_centered *texts, size_t n_texts, size_t resamples, uint64_t seed, xs_arena *scratch,
                     double interval[2], double *distribution, xsnr_error *err) {
    size_t M = texts[0].models, longest = 0, defined = 0;
    text_sums *sums = XS_ARENA_ARRAY(scratch, text_sums, n_texts);
    double *count = XS_ARENA_ARRAY(scratch, double, M), *snr = XS_ARENA_ARRAY(scratch, double, resamples), centre = 0;
    if (!sums || !count || !snr) return xs_nomem(err);
    for (size_t t = 0; t < n_texts; t++) {
        XS_TRY(sum_text(&texts[t], scratch, &sums[t], err));
        if (texts[t].words > longest) longest = texts[t].words;
    }
    double *mu = XS_ARENA_ARRAY(scratch, double, longest), signal = 0, noise = 0;
    if (!mu) return xs_nomem(err);
    for (size_t m = 0; m < M; m++) count[m] = 1;
    for (size_t t = 0; t < n_texts; t++)
        if (texts[t].words > 1) resample(&texts[t], &sums[t], count, mu, &signal, &noise);
    double estimate = xs_ratio(signal, noise);
    if (isnan(estimate)) return XSNR_OK;
    for (size_t b = 0; b < resamples; b++) {
        xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, DRAW_BOOTSTRAP, (uint32_t)b);
        memset(count, 0, M * sizeof *count);
        for (size_t m = 0; m < M; m++) count[xs_rng_below(&rng, (uint32_t)M)]++;
        signal = noise = 0;
        for (size_t t = 0; t < n_texts; t++)
            if (texts[t].words > 1) resample(&texts[t], &sums[t], count, mu, &signal, &noise);
        double x = xs_ratio(signal, noise);
        if (!isnan(x)) centre += snr[defined++] = x; // undefined: one model drawn M times
    }
    if (!defined) return XSNR_OK;
    centre /= (double)defined;
    for (size_t b = 0; b < defined; b++) snr[b] += estimate - centre;
    xs_sort(snr, defined);
    interval[0] = xs_quantile(snr, defined, 0.025);
    interval[1] = xs_quantile(snr, defined, 0.975);
    for (size_t b = 0; distribution && b < resamples; b++) distribution[b] = b < defined ? snr[b] : NAN;
    return XSNR_OK;
}

int xs_bootstrap_interval(const xs_centered *texts, size_t n_texts, size_t resamples, uint64_t seed, xs_arena *scratch,
                          double interval[2], double *distribution, xsnr_error *err) {
    interval[0] = interval[1] = NAN;
    for (size_t b = 0; distribution && b < resamples; b++) distribution[b] = NAN;
    for (size_t t = 1; t < n_texts; t++)
        if (texts[t].models != texts[0].models)
            return xs_fail(err, XSNR_ERR_ARGUMENT, "text %zu has %zu models, the first has %zu; they must be the same", t,
                           texts[t].models, texts[0].models);
    if (!n_texts || texts[0].models < 3) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = bootstrap(texts, n_texts, resamples, seed, scratch, interval, distribution, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

double xs_jackknife_corrected(double value, const double *without, size_t models) {
    double mean = 0;
    for (size_t m = 0; m < models; m++) mean += without[m] / (double)models;
    return models > 1 ? (double)models * value - ((double)models - 1) * mean : NAN;
}
