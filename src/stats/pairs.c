// Agreement of every two models; see pairs.h.
//
// Kendall's τ-b is Knight's (JASA 1966): the second model's ranks, in the order of the first's (ties by the second's), are merged,
// and exchanges counted.  Ranks are dense whole numbers, found once a model; short runs are sorted by insertion, which counts as
// well.  Rank-biased overlap is Webber, Moffat and Zobel's extrapolated one (TOIS 2010, equation 32) of rankings of all n words:
//
//   RBO = p^n · X_n/n + (1 − p)/p · Σ_{d=1}^{n} p^d · X_d/d,     X_d words that both rank among the first d (X_n = n)
#include "stats/pairs.h"
#include "base/random.h"
#include "stats/mean.h"
#include "stats/order.h"
#include <math.h>
#include <string.h>

enum { DRAW_PAIRS = 9, RUN = 8 };
static const double PERSISTENCE = 0.9;
const size_t xs_top_sizes[XS_TOPS] = {1, 3, 5, 10, 0};

typedef struct ranked {
    size_t n;
    uint32_t *order;  // (M, n) words by score, ties by word
    uint32_t *rank;   // (M, n) dense ranks of the scores, from 0
    uint32_t *top;    // (M, n) words by |e| descending, ties by word
    uint32_t *place;  // (M, n) where each word stands in top
    double *tied;     // (M) pairs of words with the same score
    double *length;   // (M) √Σe²
    double *weight;   // (n + 1) (1−p)/p · p^d / d
    uint32_t *merged, *spare; // (n)
    size_t k[XS_TOPS];
} ranked;

/* ------------------------------------------------------------ what is said of one model */

static void rank_model(const double *e, ranked *r, size_t m, double *buffer) {
    size_t n = r->n, at = m * n;
    uint32_t dense = 0;
    double run = 0;
    xs_ranks(e, n, r->order + at, buffer);
    for (size_t i = 0; i < n; i++) {
        bool same = i && !(e[r->order[at + i]] > e[r->order[at + i - 1]]);
        run = same ? run + 1 : 0;
        dense += i && !same;
        r->tied[m] += run;
        r->rank[at + r->order[at + i]] = dense;
    }
    double most = 0, squares = 0;
    for (size_t w = 0; w < n; w++) most = fmax(most, fabs(e[w]));
    for (size_t w = 0; w < n && most > 0; w++) squares += (e[w] / most) * (e[w] / most);
    r->length[m] = most * sqrt(squares);
    for (size_t w = 0; w < n; w++) buffer[w] = -fabs(e[w]);
    xs_ranks(buffer, n, r->top + at, buffer + n);
    for (size_t i = 0; i < n; i++) r->place[at + r->top[at + i]] = (uint32_t)i;
}

/* ------------------------------------------------------------ what is said of two */

static double sort_runs(uint32_t *x, size_t n) {
    double exchanges = 0;
    for (size_t low = 0; low < n; low += RUN) {
        size_t high = low + RUN < n ? low + RUN : n;
        for (size_t i = low + 1; i < high; i++) {
            uint32_t held = x[i];
            size_t j = i;
            for (; j > low && x[j - 1] > held; j--) x[j] = x[j - 1];
            x[j] = held;
            exchanges += (double)(i - j);
        }
    }
    return exchanges;
}

// Sorts x and counts its inversions.  The choice of a side is arithmetic: a branch on it would be wrong half of the time.
static double count_inversions(uint32_t *x, uint32_t *spare, size_t n) {
    double exchanges = sort_runs(x, n);
    uint32_t *from = x, *to = spare;
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t low = 0; low < n; low += 2 * width) {
            size_t middle = low + width < n ? low + width : n, high = low + 2 * width < n ? low + 2 * width : n;
            size_t i = low, j = middle, k = low, crossed = 0;
            while (i < middle && j < high) {
                bool right = from[j] < from[i];
                to[k++] = right ? from[j] : from[i];
                crossed += right ? middle - i : 0;
                j += right;
                i += !right;
            }
            memcpy(to + k, from + i, (middle - i) * sizeof *to);
            memcpy(to + k + (middle - i), from + j, (high - j) * sizeof *to);
            exchanges += (double)crossed;
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != x) memcpy(x, from, n * sizeof *x);
    return exchanges;
}

static double kendall(const ranked *r, size_t a, size_t b) {
    size_t n = r->n;
    const uint32_t *order = r->order + a * n, *x = r->rank + a * n, *y = r->rank + b * n;
    double both = 0, run = 0, all = 0.5 * (double)n * ((double)n - 1);
    for (size_t i = 0; i < n; i++) r->merged[i] = y[order[i]];
    for (size_t i = 0, end; r->tied[a] > 0 && i < n; i = end) {
        for (end = i + 1; end < n && x[order[end]] == x[order[i]];) end++;
        if (end - i < 2) continue;
        count_inversions(r->merged + i, r->spare, end - i); // ties of the first model, ascending in the second
        for (size_t k = i + 1; k < end; k++) {
            run = r->merged[k] == r->merged[k - 1] ? run + 1 : 0;
            both += run;
        }
        run = 0;
    }
    double discordant = count_inversions(r->merged, r->spare, n);
    double concordant = all - r->tied[a] - r->tied[b] + both - discordant;
    return xs_ratio(concordant - discordant, sqrt((all - r->tied[a]) * (all - r->tied[b])));
}

static double overlap(const ranked *r, size_t a, size_t b) {
    size_t n = r->n, common = 0;
    const uint32_t *top_a = r->top + a * n, *top_b = r->top + b * n, *place_a = r->place + a * n, *place_b = r->place + b * n;
    double sum = 0;
    for (size_t d = 0; d < n; d++) { // each word counts at the depth at which both have it
        common += place_b[top_a[d]] <= d;
        common += place_a[top_b[d]] < d;
        sum += r->weight[d + 1] * (double)common;
    }
    return sum + pow(PERSISTENCE, (double)n);
}

static double jaccard(const ranked *r, size_t a, size_t b, size_t k) {
    size_t common = 0;
    for (size_t d = 0; d < k; d++) common += r->place[b * r->n + r->top[a * r->n + d]] < k;
    return (double)common / (double)(2 * k - common);
}

static int sign_of(double x) {
    return (x > 0) - (x < 0);
}

typedef struct sums {
    xs_mean kendall, cosine, jaccard[XS_TOPS], overlap, sign;
} sums;

static void add_pair(const ranked *r, xs_scores s, size_t a, size_t b, sums *out) {
    const double *x = s.e + a * s.words, *y = s.e + b * s.words;
    double product = 0, same = 0, scale = r->length[a] * r->length[b];
    for (size_t w = 0; w < s.words; w++) {
        product += x[w] * y[w];
        same += sign_of(x[w]) == sign_of(y[w]);
    }
    xs_mean_add(&out->kendall, kendall(r, a, b));
    xs_mean_add(&out->sign, same / (double)s.words);
    if (!(r->length[a] > 0 && r->length[b] > 0)) return;
    xs_mean_add(&out->cosine, xs_ratio(product, scale));
    xs_mean_add(&out->overlap, overlap(r, a, b));
    for (size_t k = 0; k < XS_TOPS; k++) xs_mean_add(&out->jaccard[k], jaccard(r, a, b, r->k[k]));
}

/* ------------------------------------------------------------ all of them */

static int rank_models(xs_scores s, xs_arena *scratch, ranked *r, xsnr_error *err) {
    size_t n = r->n = s.words, size = s.models * n;
    r->order = XS_ARENA_ARRAY(scratch, uint32_t, size);
    r->rank = XS_ARENA_ARRAY(scratch, uint32_t, size);
    r->top = XS_ARENA_ARRAY(scratch, uint32_t, size);
    r->place = XS_ARENA_ARRAY(scratch, uint32_t, size);
    r->tied = XS_ARENA_ARRAY(scratch, double, s.models);
    r->length = XS_ARENA_ARRAY(scratch, double, s.models);
    r->weight = XS_ARENA_ARRAY(scratch, double, n + 1);
    r->merged = XS_ARENA_ARRAY(scratch, uint32_t, n);
    r->spare = XS_ARENA_ARRAY(scratch, uint32_t, n);
    double *buffer = XS_ARENA_ARRAY(scratch, double, 2 * n);
    if (!r->order || !r->rank || !r->top || !r->place || !r->tied || !r->length || !r->weight || !r->merged || !r->spare || !buffer)
        return xs_nomem(err);
    for (size_t m = 0; m < s.models; m++) rank_model(s.e + m * n, r, m, buffer);
    double power = (1 - PERSISTENCE) / PERSISTENCE;
    for (size_t d = 1; d <= n; d++) r->weight[d] = (power *= PERSISTENCE) / (double)d;
    for (size_t k = 0; k < XS_TOPS; k++) {
        r->k[k] = xs_top_sizes[k] ? xs_top_sizes[k] : (n + 9) / 10;
        if (r->k[k] > n) r->k[k] = n;
    }
    return XSNR_OK;
}

// Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S): pairs in their order.
static void visit(const ranked *r, xs_scores s, size_t most, uint64_t seed, sums *sum, size_t *pairs) {
    xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, DRAW_PAIRS, 0);
    double left = 0.5 * (double)s.models * ((double)s.models - 1), wanted = fmin((double)most, left);
    for (size_t a = 0; a < s.models; a++)
        for (size_t b = a + 1; b < s.models && wanted > 0; b++, left--) {
            if (wanted < left && !(left * xs_rng_uniform(&rng) < wanted)) continue;
            wanted--;
            ++*pairs;
            add_pair(r, s, a, b, sum);
        }
}

int xs_agree_pairs(xs_scores s, size_t most, uint64_t seed, xs_arena *scratch, xs_pair_agreement *out, xsnr_error *err) {
    *out = (xs_pair_agreement){0, NAN, NAN, {NAN, NAN, NAN, NAN, NAN}, NAN, NAN};
    if (!s.models || !s.words) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    ranked r;
    sums sum = {0};
    int rc = rank_models(s, scratch, &r, err);
    if (rc == XSNR_OK) visit(&r, s, most, seed, &sum, &out->pairs);
    xs_arena_rewind(scratch, mark);
    out->kendall_tau_b = xs_ratio(sum.kendall.sum, sum.kendall.count);
    out->cosine = xs_ratio(sum.cosine.sum, sum.cosine.count);
    out->rank_biased_overlap = xs_ratio(sum.overlap.sum, sum.overlap.count);
    out->sign = xs_ratio(sum.sign.sum, sum.sign.count);
    for (size_t k = 0; k < XS_TOPS; k++) out->jaccard[k] = xs_ratio(sum.jaccard[k].sum, sum.jaccard[k].count);
    return rc;
}
