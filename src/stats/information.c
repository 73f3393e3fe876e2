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
#include "stats/vectors.h"
#include <math.h>
#include <string.h>

enum { DRAW_FOLDS = 4, LANES = 8 };
static const double least_share = 1e-6; // of the pooled variance
static const double least_pooled = 1e-290; // one over that is a number
static const double nowhere = 1e150;    // a score that fills a vector up: no density reaches it

typedef double vec __attribute__((vector_size(8 * LANES)));
typedef int64_t bits __attribute__((vector_size(8 * LANES)));

typedef struct templates { // of one fold's training models; arrays of words and of models are whole vectors
    size_t models, words;
    size_t word_vectors, model_vectors;
    vec *mean, *factor[2], *constant[2]; // log f = factor·(x − mean)² + constant, pooled and of every word
    double *variance;                    // (n)
    double *sum, *square;                // (n) scratch
    double *width, *scores;              // (n); (n, model_vectors) training scores: of the kernels, or NULL
    double *log_width, log_models;       // (n), with width
    double pooled;
} templates;

/* ------------------------------------------------------------ vectors */

XS_INLINE vec larger(vec a, vec b) {
    bits of_a = a > b;
    return (vec)((of_a & (bits)a) | (~of_a & (bits)b));
}

XS_INLINE double sum_lanes(vec v) {
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

XS_INLINE double most_lane(vec v) {
    double most = v[0];
    for (int k = 1; k < LANES; k++) most = v[k] > most ? v[k] : most;
    return most;
}

// exp(x) of x ≤ 0, to 1e-14 of itself: 2^k e^r, |r| ≤ ln 2 / 2, the series of e^r to its 11th power, even and odd powers side by
// side.  What lies below −600 counts as that.  The C library's takes one number at a time.
XS_INLINE vec exponential(vec x) {
    const double shift = 0x1.8p52, high = 0x1.62e42fee00000p-1, low = 0x1.a39ef35793c76p-33;
    vec y = larger(x, (vec){0} - 600), magic = y * 0x1.71547652b82fep0 + shift, k = magic - shift; // k is in magic's low bits, too
    vec r = (y - k * high) - k * low, q = r * r;
    vec even = q * (1.0 / 3628800) + 1.0 / 40320, odd = q * (1.0 / 39916800) + 1.0 / 362880;
    even = even * q + 1.0 / 720, odd = odd * q + 1.0 / 5040;
    even = even * q + 1.0 / 24, odd = odd * q + 1.0 / 120;
    even = even * q + 0.5, odd = odd * q + 1.0 / 6;
    even = even * q + 1, odd = odd * q + 1;
    return (even + r * odd) * (vec)(((bits)magic + 1023) << 52);
}

/* ------------------------------------------------------------ templates */

// Means of the training models, and sums of squares about them: in t->sum and t->square.
XS_WIDE static void find_moments(const templates *t, xs_scores s, const uint32_t *fold, uint32_t test) {
    size_t n = s.words, first = 0;
    double *restrict sum = t->sum, *restrict square = t->square, N = (double)t->models;
    while (fold[first] == test) first++;
    const double *restrict origin = s.e + first * n;
    memset(sum, 0, n * sizeof *sum);
    memset(square, 0, n * sizeof *square);
    for (size_t m = first + 1; m < s.models; m++) {
        const double *restrict e = s.e + m * n;
        for (size_t w = 0; fold[m] != test && w < n; w++) sum[w] += e[w] - origin[w];
    }
    for (size_t w = 0; w < n; w++) sum[w] = origin[w] + sum[w] / N;
    for (size_t m = first; m < s.models; m++) {
        const double *restrict e = s.e + m * n;
        for (size_t w = 0; fold[m] != test && w < n; w++) square[w] += (e[w] - sum[w]) * (e[w] - sum[w]);
    }
}

static void keep_scores(templates *t, xs_scores s, const uint32_t *fold, uint32_t test) {
    for (size_t w = 0; w < t->words; w++) {
        double *row = t->scores + w * t->model_vectors * LANES;
        size_t k = 0;
        for (size_t m = 0; m < s.models; m++)
            if (fold[m] != test) row[k++] = s.e[m * s.words + w];
        while (k < t->model_vectors * LANES) row[k++] = nowhere;
        t->width[w] = sqrt(t->variance[w]) * pow(0.75 * (double)t->models, -0.2);
        t->log_width[w] = log(t->width[w]);
    }
    t->log_models = log((double)t->models);
}

static bool train(xs_scores s, const uint32_t *fold, uint32_t test, templates *t) {
    size_t n = s.words;
    t->models = 0;
    for (size_t m = 0; m < s.models; m++) t->models += fold[m] != test;
    t->model_vectors = (t->models + LANES - 1) / LANES;
    if (t->models < 3) return false;
    find_moments(t, s, fold, test);
    t->pooled = 0;
    for (size_t w = 0; w < n; w++) {
        t->variance[w] = t->square[w] / ((double)t->models - 1);
        t->pooled += t->variance[w] / (double)n;
    }
    if (!(t->pooled > least_pooled)) return false;
    for (size_t w = 0; w < t->word_vectors * LANES; w++) {
        bool is_word = w < n;
        if (is_word) t->variance[w] = fmax(t->variance[w], least_share * t->pooled);
        t->mean[w / LANES][w % LANES] = is_word ? t->sum[w] : 0;
        t->factor[0][w / LANES][w % LANES] = -0.5 / t->pooled;
        t->factor[1][w / LANES][w % LANES] = is_word ? -0.5 / t->variance[w] : 0;
        t->constant[0][w / LANES][w % LANES] = is_word ? 0 : -INFINITY;
        t->constant[1][w / LANES][w % LANES] = is_word ? -0.5 * log(t->variance[w]) : -INFINITY;
    }
    if (t->scores) keep_scores(t, s, fold, test);
    return true;
}

/* ------------------------------------------------------------ posteriors */

// log Σ_v e^logs[v], less the largest of them, into *most: the sum is at least 1.
XS_INLINE double sum_about_most(const vec *logs, size_t vectors, vec largest, double *most) {
    vec sum = {0};
    *most = most_lane(largest);
    for (size_t v = 0; v < vectors; v++) sum += exponential(logs[v] - *most);
    return sum_lanes(sum);
}

// Adds log p̂(w | e[w]) of a model's scores e (n) over all words.  Of the sums, of which each is from 1 to n, the product is taken first.
XS_INLINE double log_posteriors(size_t n, size_t vectors, const double *e, const vec *mean, const vec *factor, const vec *constant, vec *logs) {
    double total = 0, product = 1;
    for (size_t w = 0; w < n; w++) {
        vec largest = (vec){0} - INFINITY;
        double most;
        for (size_t v = 0; v < vectors; v++) {
            vec d = e[w] - mean[v];
            logs[v] = factor[v] * (d * d) + constant[v];
            largest = larger(logs[v], largest);
        }
        product *= sum_about_most(logs, vectors, largest, &most);
        total += logs[w / LANES][w % LANES] - most;
        if (product > 1e200) {
            total -= log(product);
            product = 1;
        }
    }
    return total - log(product);
}

XS_WIDE static double normal_posteriors(const templates *t, size_t kind, const double *e, vec *logs) {
    return log_posteriors(t->words, t->word_vectors, e, t->mean, t->factor[kind], t->constant[kind], logs);
}

// log of the kernels' sum of word v at x, up to a constant that all words share; −∞ where it is below `least`.
XS_INLINE double kernels_at(const templates *t, size_t v, double x, double least, vec *logs) {
    const vec *scores = (const vec *)(t->scores + v * t->model_vectors * LANES);
    double factor = -0.5 / (t->width[v] * t->width[v]), most;
    vec largest = (vec){0} - INFINITY;
    for (size_t m = 0; m < t->model_vectors; m++) {
        vec d = x - scores[m];
        logs[m] = factor * (d * d);
        largest = larger(logs[m], largest);
    }
    if (most_lane(largest) + t->log_models - t->log_width[v] < least) return -INFINITY; // if all kernels were as near as the nearest
    double sum = sum_about_most(logs, t->model_vectors, largest, &most);
    return log(sum) + most - t->log_width[v];
}

// Words whose kernels are e^−50 of the word's own, all of them together, are left out: the sum, of which the own is a part,
// has the same bits without them.
XS_WIDE static double kernel_posteriors(const templates *t, const double *e, vec *logs, vec *kernels) {
    double total = 0, log_words = log((double)t->words);
    for (size_t w = 0; w < t->words; w++) {
        vec largest = (vec){0} - INFINITY;
        double own = kernels_at(t, w, e[w], -INFINITY, kernels), most;
        for (size_t v = 0; v < t->words; v++)
            logs[v / LANES][v % LANES] = v == w ? own : kernels_at(t, v, e[w], own - 50 - log_words, kernels);
        for (size_t v = 0; v < t->word_vectors; v++) largest = larger(logs[v], largest);
        total -= log(sum_about_most(logs, t->word_vectors, largest, &most));
        total += own - most;
    }
    return total;
}

void xs_draw_folds(uint64_t seed, size_t models, uint32_t folds, uint32_t *fold) {
    xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, DRAW_FOLDS, 0);
    for (size_t m = 0; m < models; m++) fold[m] = (uint32_t)m % folds;
    xs_rng_permute(&rng, fold, models);
}

static int make_room(xs_scores s, bool kernels, xs_arena *scratch, templates *t, xsnr_error *err) {
    size_t n = s.words;
    t->words = n;
    t->word_vectors = (n + LANES - 1) / LANES;
    vec **const arrays[] = {&t->mean, &t->factor[0], &t->factor[1], &t->constant[0], &t->constant[1]};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
        if (!(*arrays[k] = XS_ARENA_ARRAY(scratch, vec, t->word_vectors))) return xs_nomem(err);
    t->variance = XS_ARENA_ARRAY(scratch, double, n);
    t->sum = XS_ARENA_ARRAY(scratch, double, n);
    t->square = XS_ARENA_ARRAY(scratch, double, n);
    if (!t->variance || !t->sum || !t->square) return xs_nomem(err);
    if (!kernels) return XSNR_OK;
    t->width = XS_ARENA_ARRAY(scratch, double, n);
    t->log_width = XS_ARENA_ARRAY(scratch, double, n);
    t->scores = XS_ARENA_ARRAY(scratch, double, n *(s.models + LANES));
    return t->width && t->log_width && t->scores ? XSNR_OK : xs_nomem(err);
}

static int perceive(xs_scores s, const uint32_t *fold, uint32_t folds, bool kernels, xs_arena *scratch,
                    xs_information *out, xsnr_error *err) {
    templates t = {0};
    double total[3] = {0}, n = (double)s.words;
    XS_TRY(make_room(s, kernels, scratch, &t, err));
    vec *logs = XS_ARENA_ARRAY(scratch, vec, t.word_vectors), *of_models = XS_ARENA_ARRAY(scratch, vec, s.models / LANES + 1);
    if (!logs || !of_models) return xs_nomem(err);
    for (size_t v = 0; v < t.word_vectors; v++) logs[v] = (vec){0} - INFINITY; // behind the last word, for good
    for (uint32_t k = 0; k < folds; k++) {
        size_t tested = 0;
        for (size_t m = 0; m < s.models; m++) tested += fold[m] == k;
        if (!tested) continue;
        if (!train(s, fold, k, &t)) return XSNR_OK;
        for (size_t m = 0; m < s.models; m++) {
            if (fold[m] != k) continue;
            const double *e = s.e + m * s.words;
            for (size_t kind = 0; kind < 2; kind++) total[kind] += normal_posteriors(&t, kind, e, logs);
            if (kernels) total[2] += kernel_posteriors(&t, e, logs, of_models);
        }
    }
    double *const bits_of[] = {&out->pi1, &out->pi2, &out->kde};
    for (size_t kind = 0; kind < (kernels ? 3 : 2); kind++)
        *bits_of[kind] = (log(n) + total[kind] / ((double)s.models * n)) / log(2);
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
