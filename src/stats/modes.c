// Modes: does the family have one explanation of a text, or several (section 5)?
//
// The models' first five principal components are clustered by k-means (kmeans.c), k = 1…6.  k is chosen by the gap
// statistic (Tibshirani, Walther, Hastie, JRSS B 2001):
//
//   Gap(k) = mean_b log W*_kb − log W_k,  s_k = sd_b(log W*_kb)·√(1 + 1/B),  least k with Gap(k) ≥ Gap(k+1) − s_{k+1}
//
// where W* is of B samples drawn uniformly from the box of the components (their rule (b)).  k is tried while every mode
// may have two models.  With the modes found, by word and averaged: the pooled variance inside modes, and the variance of
// the modes by one-way random-effects analysis, σ² = (MS_between − MS_within)/M₀, M₀ = (M − ΣM_k²/M)/(K−1).
#include "base/random.h"
#include "stats/joint.h"
#include <math.h>
#include <string.h>

enum { STARTS = 10, REFERENCES = 25, DRAW_BOX = 3 };

typedef struct plane { // the models on their components, and room to work
    const double *x;   // (M, columns)
    size_t rows, columns, most;
    double *reference, *work; // (M, columns), what xs_kmeans needs
    uint32_t *of;             // (M)
} plane;

static void gaps(const plane *p, uint64_t seed, xs_modes *out) {
    double low[XS_COMPONENTS], high[XS_COMPONENTS], sum[XS_MODES_MOST] = {0}, square[XS_MODES_MOST] = {0};
    double first[XS_MODES_MOST];
    for (size_t i = 0; i < p->columns; i++) {
        low[i] = high[i] = p->x[i];
        for (size_t r = 1; r < p->rows; r++) {
            low[i] = fmin(low[i], p->x[r * p->columns + i]);
            high[i] = fmax(high[i], p->x[r * p->columns + i]);
        }
    }
    for (uint32_t b = 0; b < REFERENCES; b++) {
        xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, DRAW_BOX, b);
        for (size_t r = 0; r < p->rows; r++)
            for (size_t i = 0; i < p->columns; i++)
                p->reference[r * p->columns + i] = low[i] + (high[i] - low[i]) * xs_rng_uniform(&rng);
        for (size_t k = 1; k <= p->most; k++) {
            double w = log(xs_kmeans(p->reference, p->rows, p->columns, k, STARTS, seed, (uint32_t)(8 * (b + 1) + k), p->work,
                                     p->of));
            if (!b) first[k - 1] = w;
            sum[k - 1] += w - first[k - 1];
            square[k - 1] += (w - first[k - 1]) * (w - first[k - 1]);
        }
    }
    for (size_t k = 0; k < p->most; k++) {
        double mean = sum[k] / REFERENCES;
        out->within[k] = xs_kmeans(p->x, p->rows, p->columns, k + 1, STARTS, seed, (uint32_t)k + 1, p->work, p->of);
        out->gap[k] = first[k] + mean - log(out->within[k]);
        out->gap_error[k] = sqrt(fmax(0, square[k] / REFERENCES - mean * mean)) * sqrt(1 + 1.0 / REFERENCES);
        if (!(out->within[k] > 0)) out->gap[k] = INFINITY; // models that agree exactly inside modes
    }
    for (out->modes = 1; out->modes < p->most; out->modes++)
        if (out->gap[out->modes - 1] >= out->gap[out->modes] - out->gap_error[out->modes]) break;
    for (size_t k = 0; k < p->most; k++)
        if (isinf(out->gap[k])) out->gap[k] = NAN;
}

// Numbers the modes by size, ties by their first model.
static void rename_modes(uint32_t *of, size_t rows, xs_modes *out) {
    size_t count[XS_MODES_MOST] = {0}, first[XS_MODES_MOST] = {0};
    uint32_t rank[XS_MODES_MOST] = {0};
    for (size_t r = rows; r-- > 0;) {
        count[of[r]]++;
        first[of[r]] = r;
    }
    for (size_t a = 0; a < out->modes; a++) {
        rank[a] = 0;
        for (size_t b = 0; b < out->modes; b++)
            rank[a] += count[b] > count[a] || (count[b] == count[a] && first[b] < first[a]);
    }
    for (size_t a = 0; a < out->modes; a++) out->size[rank[a]] = count[a];
    for (size_t r = 0; r < rows; r++) of[r] = rank[of[r]];
}

static int inside(xs_scores s, const xs_centered *c, const uint32_t *of, xs_arena *scratch, xs_modes *out,
                  xsnr_error *err) {
    size_t n = s.words;
    double *rows = XS_ARENA_ARRAY(scratch, double, s.models *n);
    double M = (double)s.models, K = 0, squares = 0, ss_within = 0, ss = 0, signal = 0, counted = 0;
    if (!rows) return xs_nomem(err);
    for (size_t w = 0; w < n; w++) ss += c->ss[w];
    for (uint32_t k = 0; k < out->modes; k++) {
        size_t held = 0;
        for (size_t m = 0; m < s.models; m++)
            if (of[m] == k) memcpy(rows + held++ * n, s.e + m * n, n * sizeof *rows);
        if (!held) continue;
        xs_moment_snr one;
        xs_scores part = {rows, held, n};
        XS_TRY(xs_signal_noise(xs_score_row, &part, held, n, scratch, &one, NULL, err));
        K++;
        squares += (double)held * (double)held;
        if (held < 2) continue;
        ss_within += one.noise * (double)n * (double)(held - 1);
        signal += one.signal * (double)held;
        counted += (double)held;
    }
    out->share_between = 1 - xs_ratio(ss_within, ss);
    out->noise_within = xs_ratio(ss_within, (M - K) * (double)n);
    out->signal_within = xs_ratio(signal, counted);
    out->snr_within = xs_ratio(out->signal_within, out->noise_within);
    if (K < 2) return XSNR_OK;
    double between = (ss - ss_within) / ((K - 1) * (double)n), m0 = (M - squares / M) / (K - 1);
    out->snr_between = xs_ratio((between - out->noise_within) / m0, out->noise_within);
    return XSNR_OK;
}

static int find(xs_scores s, const xs_centered *c, uint64_t seed, xs_arena *scratch, xs_modes *out, uint32_t *mode,
                xsnr_error *err) {
    size_t M = s.models, size = M < s.words ? M : s.words;
    double *values = XS_ARENA_ARRAY(scratch, double, size), *x = XS_ARENA_ARRAY(scratch, double, M *XS_COMPONENTS), ratio;
    plane p = {.x = x, .rows = M, .columns = XS_COMPONENTS, .most = M / 2 < XS_MODES_MOST ? M / 2 : XS_MODES_MOST};
    p.reference = XS_ARENA_ARRAY(scratch, double, M *XS_COMPONENTS);
    p.work = XS_ARENA_ARRAY(scratch, double, xs_kmeans_work(M, XS_COMPONENTS, XS_MODES_MOST));
    p.of = XS_ARENA_ARRAY(scratch, uint32_t, M);
    if (!values || !x || !p.reference || !p.work || !p.of) return xs_nomem(err);
    XS_TRY(xs_spectrum(c, scratch, values, x, &ratio, err));
    if (!(values[0] > 0)) return XSNR_OK; // the models agree exactly
    double unit = sqrt(values[0]);
    for (size_t i = 0; i < M * XS_COMPONENTS; i++) x[i] /= unit; // logarithms of squares neither over- nor underflow
    gaps(&p, seed, out);
    xs_kmeans(p.x, M, p.columns, out->modes, STARTS, seed, (uint32_t)out->modes, p.work, p.of);
    for (size_t k = 0; k < p.most; k++) out->within[k] *= values[0];
    rename_modes(p.of, M, out);
    if (mode) memcpy(mode, p.of, M * sizeof *mode);
    return inside(s, c, p.of, scratch, out, err);
}

int xs_find_modes(xs_scores s, const xs_centered *c, uint64_t seed, xs_arena *scratch, xs_modes *out, uint32_t *mode,
                  xsnr_error *err) {
    *out = (xs_modes){0};
    for (size_t k = 0; k < XS_MODES_MOST; k++) out->gap[k] = out->gap_error[k] = out->within[k] = NAN;
    out->share_between = out->noise_within = out->signal_within = out->snr_within = out->snr_between = NAN;
    for (size_t m = 0; mode && m < s.models; m++) mode[m] = 0;
    if (s.models < 4 || !s.words) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = find(s, c, seed, scratch, out, mode, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}
