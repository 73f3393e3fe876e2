// Perceived information (section 4; Renauld et al., EUROCRYPT 2011): what a score tells of the word it belongs to.
//
//   PI = H(W) + mean_w mean_{m in test} log2 p̂(w | e[m,w]),  p̂(w | e) = f_w(e) / Σ_v f_v(e),  H(W) = log2 n
//
// Words are equally likely; the densities f are estimated on the models that are not in the test fold, and every model is
// tested once.  So a density that fits badly, or too well, shows as less information, below zero even; PI is never
// above the true information in expectation.
//
//   pi1  N(mean_w, s²), s² the mean over words of the variances;  pi2  N(mean_w, s_w²);
//   kde  mean of N(e[m,w], h_w²) over the training models, h_w = s_w·(3N/4)^(−1/5), N their number (Silverman 1986)
//
// A word whose scores are the same in all training models gets s_w² = 1e-6·s², or a score off by a rounding error would
// count as impossible.  Undefined with fewer than 2 words, 3 training models, or without any noise.
#include "base/random.h"
#include "stats/information.h"
#include <math.h>
#include <string.h>

// Vectors as wide as the processor has them; every element's arithmetic is the same on all of them.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDE
#endif

static const double least_share = 1e-6; // of the pooled variance
enum { DRAW_FOLDS = 4 };

typedef struct templates { // of one fold's training models
    size_t models, words;
    double *mean, *variance, *width; // (n); width of the kernels
    double *log_variance;            // (n)
    double *scores;                  // (n, N) training scores, for the kernels
    double pooled;
} templates;

static bool train(xs_scores s, const uint32_t *fold, uint32_t test, templates *t) {
    size_t n = s.words;
    t->words = n;
    t->models = 0;
    for (size_t m = 0; m < s.models; m++) t->models += fold[m] != test;
    double N = (double)t->models;
    t->pooled = 0;
    for (size_t w = 0; w < n; w++) {
        double mean = 0, square = 0, *column = t->scores + w * t->models;
        size_t k = 0;
        for (size_t m = 0; m < s.models; m++) { // Welford
            if (fold[m] == test) continue;
            double x = column[k++] = s.e[m * n + w], step = x - mean;
            mean += step / (double)k;
            square += step * (x - mean);
        }
        t->mean[w] = mean;
        t->variance[w] = square / (N - 1);
        t->pooled += t->variance[w] / (double)n;
    }
    if (t->models < 3 || !(t->pooled > 0)) return false;
    for (size_t w = 0; w < n; w++) {
        t->variance[w] = fmax(t->variance[w], least_share * t->pooled);
        t->log_variance[w] = log(t->variance[w]);
        t->width[w] = sqrt(t->variance[w]) * pow(0.75 * N, -0.2);
    }
    return true;
}

// log f_v(x) of all words v, up to a constant that they share: out (n).
typedef void density(const templates *t, double x, double *out);

WIDE static void pooled_density(const templates *t, double x, double *restrict out) {
    double factor = -0.5 / t->pooled;
    for (size_t v = 0; v < t->words; v++) out[v] = factor * ((x - t->mean[v]) * (x - t->mean[v]));
}

WIDE static void normal_density(const templates *t, double x, double *restrict out) {
    for (size_t v = 0; v < t->words; v++)
        out[v] = -0.5 * ((x - t->mean[v]) * (x - t->mean[v]) / t->variance[v] + t->log_variance[v]);
}

static double kernel_at(const templates *t, size_t w, double x) {
    const double *e = t->scores + w * t->models;
    double nearest = INFINITY, sum = 0, scale = 1 / t->width[w];
    for (size_t m = 0; m < t->models; m++) nearest = fmin(nearest, fabs(x - e[m]) * scale);
    for (size_t m = 0; m < t->models; m++) {
        double z = (x - e[m]) * scale, exponent = 0.5 * (nearest * nearest - z * z);
        if (exponent > -45) sum += exp(exponent); // less is below the last digit of the sum
    }
    return (sum < 1 ? 0 : log(sum)) - 0.5 * nearest * nearest - log(t->width[w]); // the nearest alone adds 1
}

static void kernel_density(const templates *t, double x, double *out) {
    for (size_t v = 0; v < t->words; v++) out[v] = kernel_at(t, v, x);
}

// x (n) ≤ 0 becomes exp(x), to two units in the last place: 2^k e^r, |r| ≤ ln 2 / 2, the series of e^r to its 13th power.  What lies
// below −600 counts as that.  The C library's takes one number at a time.
WIDE static void exponentials(double *restrict x, size_t n) {
    const double shift = 0x1.8p52, high = 0x1.62e42fee00000p-1, low = 0x1.a39ef35793c76p-33;
    for (size_t i = 0; i < n; i++) {
        double y = x[i] > -600 ? x[i] : -600, magic = y * 0x1.71547652b82fep0 + shift, k = magic - shift;
        double r = (y - k * high) - k * low, p = 1.0 / 6227020800;
        p = p * r + 1.0 / 479001600;
        p = p * r + 1.0 / 39916800;
        p = p * r + 1.0 / 3628800;
        p = p * r + 1.0 / 362880;
        p = p * r + 1.0 / 40320;
        p = p * r + 1.0 / 5040;
        p = p * r + 1.0 / 720;
        p = p * r + 1.0 / 120;
        p = p * r + 1.0 / 24;
        p = p * r + 1.0 / 6;
        p = p * r + 0.5;
        p = p * r + 1;
        p = p * r + 1;
        uint64_t bits; // k is in the low bits of magic
        memcpy(&bits, &magic, sizeof bits);
        bits = (bits + 1023) << 52;
        double power;
        memcpy(&power, &bits, sizeof power);
        x[i] = p * power;
    }
}

// Σ over words of log p̂(w | e[w]) for the scores e (n) of one test model; logs (n) is scratch.
static double log_posterior(const templates *t, density *f, const double *e, double *logs) {
    double total = 0;
    for (size_t w = 0; w < t->words; w++) {
        double most = -INFINITY, sum = 0;
        f(t, e[w], logs);
        for (size_t v = 0; v < t->words; v++) most = logs[v] > most ? logs[v] : most;
        double own = logs[w] - most;
        for (size_t v = 0; v < t->words; v++) logs[v] -= most;
        exponentials(logs, t->words);
        for (size_t v = 0; v < t->words; v++) sum += logs[v];
        total += own - (sum < 1 ? 0 : log(sum)); // the likeliest word alone adds 1
    }
    return total;
}

void xs_draw_folds(uint64_t seed, size_t models, uint32_t folds, uint32_t *fold) {
    xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, DRAW_FOLDS, 0);
    for (size_t m = 0; m < models; m++) fold[m] = (uint32_t)m % folds;
    xs_rng_permute(&rng, fold, models);
}

static int perceive(xs_scores s, const uint32_t *fold, uint32_t folds, bool kernels, xs_arena *scratch,
                    xs_information *out, xsnr_error *err) {
    static density *const densities[] = {pooled_density, normal_density, kernel_density};
    size_t n = s.words, kinds = kernels ? 3 : 2;
    double *logs = XS_ARENA_ARRAY(scratch, double, n), total[3] = {0};
    templates t = {.mean = XS_ARENA_ARRAY(scratch, double, n), .variance = XS_ARENA_ARRAY(scratch, double, n),
                   .log_variance = XS_ARENA_ARRAY(scratch, double, n),
                   .width = XS_ARENA_ARRAY(scratch, double, n), .scores = XS_ARENA_ARRAY(scratch, double, s.models *n)};
    if (!logs || !t.mean || !t.variance || !t.log_variance || !t.width || !t.scores) return xs_nomem(err);
    for (uint32_t k = 0; k < folds; k++) {
        size_t tested = 0;
        for (size_t m = 0; m < s.models; m++) tested += fold[m] == k;
        if (!tested) continue;
        if (!train(s, fold, k, &t)) return XSNR_OK;
        for (size_t m = 0; m < s.models; m++)
            for (size_t kind = 0; fold[m] == k && kind < kinds; kind++)
                total[kind] += log_posterior(&t, densities[kind], s.e + m * n, logs);
    }
    double *const bits[] = {&out->pi1, &out->pi2, &out->kde};
    for (size_t kind = 0; kind < kinds; kind++)
        *bits[kind] = (log((double)n) + total[kind] / ((double)s.models * (double)n)) / log(2);
    return XSNR_OK;
}

int xs_perceived_information(xs_scores s, double snr, const uint32_t *fold, uint32_t folds, bool kernels,
                             xs_arena *scratch, xs_information *out, xsnr_error *err) {
    *out = (xs_information){isnan(snr) ? NAN : 0.5 * log2(1 + fmax(snr, 0)), NAN, NAN, NAN};
    if (s.words < 2 || s.models < 4) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = perceive(s, fold, folds, kernels, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}
