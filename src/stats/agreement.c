// Agreement between models (section 6).
//
// Means over all pairs of models.  For correlations no pair is visited: with rows scaled to length 1,
// Σ_{i<j} z_i·z_j = (|Σ z|² − M) / 2, so the mean over pairs costs O(M n).  Kendall's τ-b is Knight's
// O(n log n) (JASA 1966) over the pairs of the first 12 models.  Left out, because undefined: correlations of
// a model whose scores are all the same, top words and entropy of one whose scores are all zero.
//
// Averages of leave-one-out correlations go through Fisher's z (±1.96·SD/√M, and back).  Split halves: models
// are split at random into two of ⌊M/2⌋, 100 times; the mean correlation of the halves' mean explanations
// stands beside k·SNR/(1+k·SNR), k = ⌊M/2⌋.
#include "base/random.h"
#include "stats/order.h"
#include "stats/parts.h"
#include "stats/vectors.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { KENDALL_MODELS = 12, TOP = 5, SPLITS = 100, DRAW_SPLIT = 1 };

// x − mean, scaled to length 1; false if x is constant.
static bool standardize(const double *x, size_t n, double *z) {
    double mean = 0, square = 0, most = 0;
    for (size_t w = 0; w < n; w++) mean += x[w] - x[0];
    mean = x[0] + mean / (double)n;
    for (size_t w = 0; w < n; w++) {
        z[w] = x[w] - mean;
        double size = fabs(z[w]);
        most = size > most ? size : most;
    }
    if (!(most > 0)) return false;
    for (size_t w = 0; w < n; w++) square += (z[w] / most) * (z[w] / most);
    double length = most * sqrt(square);
    for (size_t w = 0; w < n; w++) z[w] /= length;
    return true;
}

// Correlation of two vectors; za and zb (n) are scratch.  NaN if one is constant.
static double correlate(const double *a, const double *b, size_t n, double *za, double *zb) {
    if (!standardize(a, n, za) || !standardize(b, n, zb)) return NAN;
    double r = 0;
    for (size_t w = 0; w < n; w++) r += za[w] * zb[w];
    return fmax(-1, fmin(1, r));
}

typedef struct pair_sum { // of standardised rows
    double *sum;          // (n)
    size_t rows;
} pair_sum;

static void pair_add(pair_sum *p, const double *x, size_t n, double *z) {
    if (!standardize(x, n, z)) return;
    for (size_t w = 0; w < n; w++) p->sum[w] += z[w];
    p->rows++;
}

static double pair_mean(const pair_sum *p, size_t n) {
    double square = 0, k = (double)p->rows;
    if (p->rows < 2) return NAN;
    for (size_t w = 0; w < n; w++) square += p->sum[w] * p->sum[w];
    return (square - k) / (k * (k - 1));
}

// Pearson on scores and on ranks.
static int correlations(xs_scores s, xs_arena *scratch, xs_agreement *out, xsnr_error *err) {
    size_t n = s.words;
    pair_sum scores = {XS_ARENA_ARRAY(scratch, double, n), 0},
             ranked = {XS_ARENA_ARRAY(scratch, double, n), 0};
    double *ranks = XS_ARENA_ARRAY(scratch, double, n), *z = XS_ARENA_ARRAY(scratch, double, n);
    uint32_t *order = XS_ARENA_ARRAY(scratch, uint32_t, n);
    if (!scores.sum || !ranked.sum || !ranks || !z || !order) return xs_nomem(err);
    for (size_t m = 0; m < s.models; m++) {
        xs_ranks(s.e + m * n, n, order, ranks);
        pair_add(&scores, s.e + m * n, n, z);
        pair_add(&ranked, ranks, n, z);
    }
    out->pearson = pair_mean(&scores, n);
    out->spearman = pair_mean(&ranked, n);
    return XSNR_OK;
}

// Sorts x by merging and counts the exchanges: pairs i < j with x[i] > x[j].
static double count_inversions(double *x, double *spare, size_t n) {
    double exchanges = 0;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t low = 0; low < n; low += 2 * width) {
            size_t middle = low + width < n ? low + width : n,
                   high = low + 2 * width < n ? low + 2 * width : n;
            size_t i = low, j = middle;
            for (size_t k = low; k < high; k++) {
                bool left = i < middle && (j >= high || x[i] <= x[j]);
                if (!left) exchanges += (double)(middle - i);
                spare[k] = left ? x[i++] : x[j++];
            }
        }
        memcpy(x, spare, n * sizeof *x);
    }
    return exchanges;
}

// Σ t(t−1)/2 over runs of equal values of x, within runs of equal values of `within` if that is given.
static double tied_pairs(const double *x, const double *within, size_t n) {
    double pairs = 0, run = 0;
    for (size_t i = 1; i < n; i++) {
        run = x[i] == x[i - 1] && (!within || within[i] == within[i - 1]) ? run + 1 : 0;
        pairs += run;
    }
    return pairs;
}

typedef struct kendall_scratch {
    double *x, *y, *spare; // (n)
} kendall_scratch;

// τ-b of a and b; `order` sorts a.
static double kendall(const double *a, const double *b, const uint32_t *order, size_t n,
                      const kendall_scratch *k) {
    for (size_t i = 0; i < n; i++) {
        k->x[i] = a[order[i]];
        k->y[i] = b[order[i]];
    }
    for (size_t i = 0, end; i < n; i = end) { // within ties of x, ascending y
        for (end = i + 1; end < n && k->x[end] == k->x[i]; end++) {
        }
        xs_sort(k->y + i, end - i);
    }
    double all = 0.5 * (double)n * ((double)n - 1), x_ties = tied_pairs(k->x, NULL, n);
    double both = tied_pairs(k->y, k->x, n);
    double discordant = count_inversions(k->y, k->spare, n), y_ties = tied_pairs(k->y, NULL, n);
    double concordant = all - x_ties - y_ties + both - discordant;
    return xs_ratio(concordant - discordant, sqrt((all - x_ties) * (all - y_ties)));
}

static int kendall_pairs(xs_scores s, xs_arena *scratch, double *out, xsnr_error *err) {
    size_t n = s.words, models = s.models < KENDALL_MODELS ? s.models : KENDALL_MODELS, pairs = 0;
    kendall_scratch k = {XS_ARENA_ARRAY(scratch, double, n), XS_ARENA_ARRAY(scratch, double, n),
                         XS_ARENA_ARRAY(scratch, double, n)};
    uint32_t *order = XS_ARENA_ARRAY(scratch, uint32_t, n);
    double *ranks = XS_ARENA_ARRAY(scratch, double, n), sum = 0;
    if (!k.x || !k.y || !k.spare || !order || !ranks) return xs_nomem(err);
    for (size_t a = 0; a < models; a++) {
        xs_ranks(s.e + a * n, n, order, ranks);
        for (size_t b = a + 1; b < models; b++) {
            double tau = kendall(s.e + a * n, s.e + b * n, order, n, &k);
            if (isnan(tau)) continue;
            sum += tau;
            pairs++;
        }
    }
    *out = pairs ? sum / (double)pairs : NAN;
    return XSNR_OK;
}

// The words with the k largest |e|, ties to the lower index; false if all are zero.
static bool top_words(const double *e, size_t n, size_t k, uint32_t *top) {
    size_t held = 0; // top[0..held) in descending |e|
    bool any = false;
    for (size_t w = 0; w < n; w++) {
        double size = fabs(e[w]);
        any |= size > 0;
        if (held == k && !(size > fabs(e[top[k - 1]]))) continue;
        size_t at = held < k ? held++ : k - 1;
        for (; at > 0 && fabs(e[top[at - 1]]) < size; at--) top[at] = top[at - 1];
        top[at] = (uint32_t)w;
    }
    return any;
}

// Jaccard overlap of the top words, over all pairs: |A∩B| / |A∪B|.
static int top_overlap(xs_scores s, xs_arena *scratch, double *out, xsnr_error *err) {
    size_t k = s.words < TOP ? s.words : TOP, rows = 0;
    size_t count[TOP + 1] = {0}; // pairs by size of the intersection
    uint32_t *top = XS_ARENA_ARRAY(scratch, uint32_t, s.models * TOP);
    unsigned char *mine = XS_ARENA_ARRAY(scratch, unsigned char, s.words); // 1 for the top words of model a
    if (!top || !mine) return xs_nomem(err);
    for (size_t m = 0; m < s.models; m++) rows += top_words(s.e + m * s.words, s.words, k, top + rows * k);
    for (size_t a = 0; a < rows; a++) {
        for (size_t i = 0; i < k; i++) mine[top[a * k + i]] = 1;
        for (size_t b = a + 1; b < rows; b++) {
            size_t common = 0;
            for (size_t i = 0; i < k; i++) common += mine[top[b * k + i]];
            count[common]++;
        }
        for (size_t i = 0; i < k; i++) mine[top[a * k + i]] = 0;
    }
    double sum = 0, pairs = 0.5 * (double)rows * ((double)rows - 1);
    for (size_t i = 0; i <= k; i++) sum += (double)count[i] * (double)i / (double)(2 * k - i);
    *out = xs_ratio(sum, pairs);
    return XSNR_OK;
}

static int leave_one_out(xs_scores s, xs_arena *scratch, xs_agreement *out, xsnr_error *err) {
    size_t n = s.words, k = 0;
    double *total = XS_ARENA_ARRAY(scratch, double, n), *others = XS_ARENA_ARRAY(scratch, double, n);
    double *za = XS_ARENA_ARRAY(scratch, double, n), *zb = XS_ARENA_ARRAY(scratch, double, n);
    if (!total || !others || !za || !zb) return xs_nomem(err);
    for (size_t m = 0; m < s.models; m++)
        for (size_t w = 0; w < n; w++) total[w] += s.e[m * n + w];
    double mean = 0, square = 0; // of Fisher's z, Welford
    for (size_t m = 0; s.models > 1 && m < s.models; m++) {
        const double *e = s.e + m * n;
        for (size_t w = 0; w < n; w++) others[w] = total[w] - e[w];
        double r = correlate(e, others, n, za, zb);
        if (isnan(r)) continue;
        double z = atanh(fmax(-1 + DBL_EPSILON, fmin(1 - DBL_EPSILON, r))), step = z - mean;
        mean += step / (double)++k;
        square += step * (z - mean);
    }
    out->leave_one_out_correlation = k ? tanh(mean) : NAN;
    double reach = k > 1 ? 1.96 * sqrt(square / (double)(k - 1) / (double)k) : NAN;
    out->leave_one_out_ci[0] = tanh(mean - reach);
    out->leave_one_out_ci[1] = tanh(mean + reach);
    return XSNR_OK;
}

// Σ d (n) over some models.
XS_WIDE static void add_models(const double *restrict d, size_t n, const uint32_t *restrict model, size_t models, double *restrict sum) {
    for (size_t m = 0; m < models; m++) {
        const double *restrict row = d + model[m] * n;
        for (size_t w = 0; w < n; w++) sum[w] += row[w];
    }
}

// Deviations of all models add up to nothing, so one half's are those of the other, and of the model that is in neither, with the
// other sign; and models are drawn until this half is.
static int split_halves(const xs_centered *c, uint64_t seed, xs_arena *scratch, double *out,
                        xsnr_error *err) {
    size_t n = c->words, half = c->models / 2, defined = 0;
    double *a = XS_ARENA_ARRAY(scratch, double, n), *b = XS_ARENA_ARRAY(scratch, double, n), sum = 0;
    double *za = XS_ARENA_ARRAY(scratch, double, n), *zb = XS_ARENA_ARRAY(scratch, double, n);
    uint32_t *order = XS_ARENA_ARRAY(scratch, uint32_t, c->models);
    if (!a || !b || !za || !zb || !order) return xs_nomem(err);
    for (uint32_t split = 0; half && split < SPLITS; split++) {
        xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, DRAW_SPLIT, split);
        for (size_t m = 0; m < c->models; m++) order[m] = (uint32_t)m;
        xs_rng_permute_last(&rng, order, c->models, c->models - half);
        memset(b, 0, n * sizeof *b);
        add_models(c->d, n, order + half, half, b);
        const double *left_out = c->models % 2 ? c->d + order[2 * half] * n : NULL;
        for (size_t w = 0; w < n; w++) {
            double mean = c->mean[w] * (double)half;
            a[w] = mean - b[w] - (left_out ? left_out[w] : 0);
            b[w] += mean;
        }
        double r = correlate(a, b, n, za, zb);
        if (isnan(r)) continue;
        sum += r;
        defined++;
    }
    *out = defined ? sum / (double)defined : NAN;
    return XSNR_OK;
}

// Mean over models of −Σ p ln p, p = |e| / Σ|e|.
static double mean_entropy(xs_scores s) {
    double sum = 0;
    size_t rows = 0;
    for (size_t m = 0; m < s.models; m++) {
        const double *e = s.e + m * s.words;
        double total = 0, entropy = 0;
        for (size_t w = 0; w < s.words; w++) total += fabs(e[w]);
        if (!(total > 0) || isinf(total)) continue;
        for (size_t w = 0; w < s.words; w++) {
            double p = fabs(e[w]) / total;
            if (p > 0) entropy -= p * log(p);
        }
        sum += entropy;
        rows++;
    }
    return rows ? sum / (double)rows : NAN;
}

static int agree(xs_scores s, const xs_centered *c, double snr, uint64_t seed, xs_arena *scratch,
                 xs_agreement *out, xsnr_error *err) {
    XS_TRY(correlations(s, scratch, out, err));
    XS_TRY(kendall_pairs(s, scratch, &out->kendall_tau_b_first12, err));
    XS_TRY(top_overlap(s, scratch, &out->jaccard_top5_abs, err));
    XS_TRY(leave_one_out(s, scratch, out, err));
    XS_TRY(split_halves(c, seed, scratch, &out->split_half, err));
    size_t half = s.models / 2;
    out->split_half_predicted = xs_reliability(snr, (double)half);
    out->entropy_nats = mean_entropy(s);
    double square, trace;
    XS_TRY(xs_gram(c->d, c->models, c->words, scratch, &square, &trace, err));
    out->participation_ratio = xs_ratio(trace * trace, square);
    return XSNR_OK;
}

int xs_agree(xs_scores s, const xs_centered *c, double snr, uint64_t seed, xs_arena *scratch,
             xs_agreement *out, xsnr_error *err) {
    *out = (xs_agreement){NAN, NAN, NAN, NAN, NAN, {NAN, NAN}, NAN, NAN, NAN, NAN};
    if (!s.models || !s.words) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = agree(s, c, snr, seed, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}
