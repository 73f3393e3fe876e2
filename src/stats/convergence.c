// Convergence: what fewer models would have said, and what families that do not exist yet would say (section 9).
//
// For every size k, `repeats` subsets of k models are drawn without replacement (the first k of a seeded shuffle); each gives
// the corrected SNR, pooled over texts, and every text's mean scores of section 2, which are compared with those of all models:
// Spearman's rank correlation, and whether the words with the largest |mean| are the same set.
#include "base/random.h"
#include "math/distribution.h"
#include "stats/convergence.h"
#include "stats/order.h"
#include <math.h>
#include <string.h>

enum { DRAW_SUBSET = 7 };

// Marks the k largest |x|, ties to the earlier word.
static void mark_top(const double *x, size_t n, size_t k, double *size, double *ranks, uint32_t *order,
                     unsigned char *top) {
    for (size_t w = 0; w < n; w++) size[w] = -fabs(x[w]);
    xs_ranks(size, n, order, ranks);
    memset(top, 0, n);
    for (size_t i = 0; i < k && i < n; i++) top[order[i]] = 1;
}

static double correlation(const double *a, const double *b, size_t n) {
    double mean_a = 0, mean_b = 0, ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        mean_a += a[i] / (double)n;
        mean_b += b[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        ab += (a[i] - mean_a) * (b[i] - mean_b);
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
    }
    return xs_ratio(ab, sqrt(aa * bb));
}

typedef struct reference {
    size_t words, k;
    double *ranks;      // of the mean scores
    unsigned char *top; // of |mean|
    double *size, *spare;
    unsigned char *mark;
    uint32_t *order;
} reference;

static int refer(size_t words, size_t k, xs_arena *scratch, reference *r, xsnr_error *err) {
    *r = (reference){.words = words, .k = k};
    r->ranks = XS_ARENA_ARRAY(scratch, double, words);
    r->size = XS_ARENA_ARRAY(scratch, double, words);
    r->spare = XS_ARENA_ARRAY(scratch, double, words);
    r->top = XS_ARENA_ARRAY(scratch, unsigned char, words);
    r->mark = XS_ARENA_ARRAY(scratch, unsigned char, words);
    r->order = XS_ARENA_ARRAY(scratch, uint32_t, words);
    return r->ranks && r->size && r->spare && r->top && r->mark && r->order ? XSNR_OK : xs_nomem(err);
}

static void set_reference(reference *r, const double *mean) {
    mark_top(mean, r->words, r->k, r->size, r->spare, r->order, r->top);
    xs_ranks(mean, r->words, r->order, r->ranks);
}

static void compare(const reference *r, const double *mean, double *spearman, bool *same) {
    mark_top(mean, r->words, r->k, r->size, r->spare, r->order, r->mark);
    *same = memcmp(r->top, r->mark, r->words) == 0;
    xs_ranks(mean, r->words, r->order, r->spare);
    *spearman = correlation(r->ranks, r->spare, r->words);
}

typedef struct tally { // over repeats and texts
    double spearman;
    size_t compared, same, all;
} tally;

static void count_one(tally *t, const reference *r, const double *mean) {
    double spearman;
    bool equal;
    compare(r, mean, &spearman, &equal);
    t->same += equal;
    t->all++;
    if (isnan(spearman)) return;
    t->spearman += spearman;
    t->compared++;
}

// From the SNR of every repeat (n, NaN left out), and the sums.
static void summarize(double *snr, size_t n, const tally *sum, xs_convergence *out) {
    size_t k = 0;
    double square = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(snr[i])) snr[k++] = snr[i];
    out->snr = out->sd = out->low = out->high = NAN;
    if (k) {
        xs_sort(snr, k);
        out->snr = 0;
        for (size_t i = 0; i < k; i++) out->snr += snr[i] / (double)k;
        for (size_t i = 0; i < k; i++) square += (snr[i] - out->snr) * (snr[i] - out->snr);
        out->sd = k > 1 ? sqrt(square / (double)(k - 1)) : NAN;
        out->low = xs_quantile(snr, k, 0.025);
        out->high = xs_quantile(snr, k, 0.975);
    }
    out->spearman = xs_ratio(sum->spearman, (double)sum->compared);
    out->top_same = xs_ratio((double)sum->same, (double)sum->all);
}

typedef struct subsets { // what all repeats share
    const xs_text_rows *texts;
    size_t n_texts, models;
    uint32_t **row;     // (n_texts)(models) of each model in the text; UINT32_MAX: it has none
    reference *refs;    // (n_texts)
    uint32_t *shuffle;  // (models)
    double *rows, *mean; // as large as the largest text
} subsets;

static int prepare_subsets(subsets *x, size_t top, xs_arena *scratch, xsnr_error *err) {
    size_t most = 0, widest = 0;
    x->row = XS_ARENA_ARRAY(scratch, uint32_t *, x->n_texts);
    x->refs = XS_ARENA_ARRAY(scratch, reference, x->n_texts);
    x->shuffle = XS_ARENA_ARRAY(scratch, uint32_t, x->models);
    for (size_t t = 0; t < x->n_texts; t++) {
        const xs_scores *s = &x->texts[t].s;
        if (s->models * s->words > most) most = s->models * s->words;
        if (s->words > widest) widest = s->words;
    }
    x->rows = XS_ARENA_ARRAY(scratch, double, most);
    x->mean = XS_ARENA_ARRAY(scratch, double, widest);
    if (!x->row || !x->refs || !x->shuffle || !x->rows || !x->mean) return xs_nomem(err);
    for (size_t t = 0; t < x->n_texts; t++) {
        const xs_scores *s = &x->texts[t].s;
        x->row[t] = XS_ARENA_ARRAY(scratch, uint32_t, x->models);
        if (!x->row[t]) return xs_nomem(err);
        XS_TRY(refer(s->words, top, scratch, &x->refs[t], err));
        memset(x->row[t], 0xff, x->models * sizeof **x->row);
        memset(x->mean, 0, s->words * sizeof *x->mean);
        for (size_t m = 0; m < s->models; m++) {
            x->row[t][x->texts[t].model[m]] = (uint32_t)m;
            for (size_t w = 0; w < s->words; w++) x->mean[w] += s->e[m * s->words + w] / (double)s->models;
        }
        set_reference(&x->refs[t], x->mean);
    }
    return XSNR_OK;
}

// What the first `size` of the shuffled models say of a text, added to the sums.
static int add_text(const subsets *x, size_t t, size_t size, xs_arena *scratch, double *signal, double *noise, tally *sum,
                    xsnr_error *err) {
    const xs_scores *s = &x->texts[t].s;
    size_t kept = 0, words = s->words;
    for (size_t i = 0; i < size; i++) {
        uint32_t row = x->row[t][x->shuffle[i]];
        if (row != UINT32_MAX) memcpy(x->rows + kept++ * words, s->e + row * words, words * sizeof *x->rows);
    }
    if (kept < 2 || words < 2) return XSNR_OK;
    memset(x->mean, 0, words * sizeof *x->mean);
    for (size_t m = 0; m < kept; m++)
        for (size_t w = 0; w < words; w++) x->mean[w] += x->rows[m * words + w] / (double)kept;
    xs_scores part = {x->rows, kept, words};
    xs_moment_snr one;
    XS_TRY(xs_signal_noise(xs_score_row, &part, kept, words, scratch, &one, NULL, err));
    *signal += one.signal;
    *noise += one.noise;
    count_one(sum, &x->refs[t], x->mean);
    return XSNR_OK;
}

static int converge(subsets *x, size_t top, const size_t *sizes, size_t n, size_t repeats, uint64_t seed, xs_arena *scratch,
                    xs_convergence *out, xsnr_error *err) {
    double *snr = XS_ARENA_ARRAY(scratch, double, repeats);
    if (!snr) return xs_nomem(err);
    XS_TRY(prepare_subsets(x, top, scratch, err));
    for (size_t i = 0; i < n; i++) {
        tally sum = {0};
        for (size_t repeat = 0; repeat < repeats; repeat++) {
            xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, DRAW_SUBSET + ((uint32_t)i << 8), (uint32_t)repeat);
            double signal = 0, noise = 0;
            for (size_t m = 0; m < x->models; m++) x->shuffle[m] = (uint32_t)m;
            xs_rng_permute(&rng, x->shuffle, x->models);
            for (size_t t = 0; t < x->n_texts; t++) XS_TRY(add_text(x, t, sizes[i], scratch, &signal, &noise, &sum, err));
            snr[repeat] = xs_ratio(signal, noise);
        }
        out[i].models = sizes[i];
        summarize(snr, repeats, &sum, &out[i]);
    }
    return XSNR_OK;
}

int xs_converge(const xs_text_rows *texts, size_t n_texts, size_t models, size_t top, const size_t *sizes, size_t n, size_t repeats,
                uint64_t seed, xs_arena *scratch, xs_convergence *out, xsnr_error *err) {
    for (size_t i = 0; i < n; i++)
        if (sizes[i] < 2 || sizes[i] > models)
            return xs_fail(err, XSNR_ERR_ARGUMENT, "a subset of %zu models of %zu; it takes 2 to all of them", sizes[i], models);
    subsets x = {.texts = texts, .n_texts = n_texts, .models = models};
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = converge(&x, top, sizes, n, repeats, seed, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

// χ² by Marsaglia and Tsang's gamma (ACM TOMS 2000); df ≥ 1, so the shape is raised by one where it is below 1.
static double draw_chi_square(xs_rng *rng, double df) {
    double shape = df / 2, boost = 1;
    if (shape < 1) {
        boost = pow(1 - xs_rng_uniform(rng), 1 / shape);
        shape += 1;
    }
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = xs_rng_normal(rng), v = 1 + c * x, u = 1 - xs_rng_uniform(rng);
        if (v <= 0) continue;
        v = v * v * v;
        if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) return 2 * boost * d * v;
    }
}

// One text by its sufficient statistics: residuals of variance 1 leave the means independent of the sums of squares, which are
// χ²((n−1)(M−1)) for the interaction and χ²(M−1) for the shifts.
static void draw_text(double snr, size_t words, double models, xs_rng *rng, double *truth, double *mean, double *signal,
                      double *noise) {
    double n = (double)words, centre = 0, square = 0, raw = 0;
    for (size_t w = 0; w < words; w++) centre += (truth[w] = xs_rng_normal(rng)) / n;
    for (size_t w = 0; w < words; w++) square += (truth[w] - centre) * (truth[w] - centre) / (n - 1);
    for (size_t w = 0; w < words; w++) {
        truth[w] = (truth[w] - centre) * sqrt(snr / square);
        mean[w] = truth[w] + xs_rng_normal(rng) / sqrt(models);
    }
    centre = 0;
    for (size_t w = 0; w < words; w++) centre += mean[w] / n;
    for (size_t w = 0; w < words; w++) raw += (mean[w] - centre) * (mean[w] - centre) / (n - 1);
    double df = (n - 1) * (models - 1), interaction = draw_chi_square(rng, df), shift = draw_chi_square(rng, models - 1);
    *signal += raw - interaction / df / models;
    *noise += (interaction + shift) / (n * (models - 1));
}

static int simulate(double snr, size_t words, size_t texts, size_t top, const size_t *sizes, size_t n, size_t repeats,
                    uint64_t seed, xs_arena *scratch, xs_convergence *out, xsnr_error *err) {
    double *truth = XS_ARENA_ARRAY(scratch, double, words), *mean = XS_ARENA_ARRAY(scratch, double, words);
    double *found = XS_ARENA_ARRAY(scratch, double, repeats);
    reference r;
    if (!truth || !mean || !found) return xs_nomem(err);
    XS_TRY(refer(words, top, scratch, &r, err));
    for (size_t i = 0; i < n; i++) {
        tally sum = {0};
        for (size_t repeat = 0; repeat < repeats; repeat++) {
            xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, DRAW_SUBSET + 128 + ((uint32_t)i << 8), (uint32_t)repeat);
            double signal = 0, noise = 0;
            for (size_t t = 0; t < texts; t++) {
                draw_text(snr, words, (double)sizes[i], &rng, truth, mean, &signal, &noise);
                set_reference(&r, truth);
                count_one(&sum, &r, mean);
            }
            found[repeat] = xs_ratio(signal, noise);
        }
        out[i].models = sizes[i];
        summarize(found, repeats, &sum, &out[i]);
    }
    return XSNR_OK;
}

int xs_simulate_power(double snr, size_t words, size_t texts, size_t top, const size_t *sizes, size_t n, size_t repeats,
                      uint64_t seed, xs_arena *scratch, xs_convergence *out, xsnr_error *err) {
    if (!(snr >= 0 && snr <= 1e12))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "SNR %g cannot be assumed; it is 0 to 1e12", snr);
    if (words < 2 || !texts)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "%zu texts of %zu words; it takes a text of 2 words", texts, words);
    for (size_t i = 0; i < n; i++)
        if (sizes[i] < 2) return xs_fail(err, XSNR_ERR_ARGUMENT, "a family of %zu models; it takes 2", sizes[i]);
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = simulate(snr, words, texts, top, sizes, n, repeats, seed, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

size_t xs_stable_models(const xs_convergence *curve, size_t n, double probability) {
    size_t stable = 0;
    for (size_t i = n; i-- > 0 && curve[i].top_same >= probability;) stable = curve[i].models;
    return stable;
}

static double width_at(double error, double models, double k) {
    return 2 * xs_t_quantile(0.975, k - 1) * error * sqrt(models / k);
}

double xs_models_for_width(double error, size_t models, double width) {
    if (!(error >= 0 && width > 0) || isinf(error) || models < 3) return NAN;
    double low = 2, high = 3; // at 2 models there is no jackknife
    while (width_at(error, (double)models, high) > width) {
        low = high;
        if ((high *= 2) > 1e9) return NAN;
    }
    while (high - low > 1) {
        double middle = floor((low + high) / 2);
        if (width_at(error, (double)models, middle) > width) low = middle;
        else high = middle;
    }
    return high;
}
