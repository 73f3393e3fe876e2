// Beyond first order (section 4): transform the scores, then take the same SNR, as in higher-order
// side-channel analysis.
//
//   order d      y[m,w] = (e[m,w] − μ_w)^d, for d ≥ 3 divided by s_w^d, s_w with divisor M−1
//   bivariate    y[m,(i,j)] = (e[m,i] − μ_i)(e[m,j] − μ_j), 1 ≤ j − i ≤ window
//
// With two models every even product is the same for both and there is nothing to measure: undefined below
// three.  A word that is constant over models has no standardised moments and is left out of orders 3 and 4.
#include "stats/parts.h"
#include <math.h>

typedef struct powers {
    const xs_centered *c;
    int order;
    size_t columns;
    const uint32_t *word; // (columns)
    const double *scale;  // (columns) 1/s_w, or 1
} powers;

static const double *power_row(const void *context, size_t m, double *buffer) {
    const powers *p = context;
    const double *d = p->c->d + m * p->c->words;
    for (size_t k = 0; k < p->columns; k++) {
        double z = d[p->word[k]] * p->scale[k], square = z * z;
        buffer[k] = p->order == 2 ? square : p->order == 3 ? square * z : square * square;
    }
    return buffer;
}

static const xs_moment_snr undefined = {0, NAN, NAN, NAN, NAN, NAN, NAN};

int xs_order_snr(const xs_centered *c, int order, xs_arena *scratch, xs_moment_snr *out, xsnr_error *err) {
    *out = undefined;
    if (c->models < 3 || !c->words) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    uint32_t *word = XS_ARENA_ARRAY(scratch, uint32_t, c->words);
    double *scale = XS_ARENA_ARRAY(scratch, double, c->words);
    if (!word || !scale) return xs_nomem(err);
    powers p = {c, order, 0, word, scale};
    for (size_t w = 0; w < c->words; w++) {
        if (order > 2 && !(c->ss[w] > 0)) continue;
        word[p.columns] = (uint32_t)w;
        scale[p.columns++] = order > 2 ? 1 / sqrt(c->ss[w] / (double)(c->models - 1)) : 1;
    }
    int rc = xs_signal_noise(power_row, &p, c->models, p.columns, scratch, out, NULL, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

typedef struct neighbours {
    const xs_centered *c;
    size_t window;
} neighbours;

static const double *product_row(const void *context, size_t m, double *buffer) {
    const neighbours *p = context;
    const double *d = p->c->d + m * p->c->words;
    size_t n = p->c->words, k = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n && j <= i + p->window; j++) buffer[k++] = d[i] * d[j];
    return buffer;
}

int xs_bivariate_snr(const xs_centered *c, size_t window, xs_arena *scratch, xs_moment_snr *out,
                     xsnr_error *err) {
    *out = undefined;
    if (c->models < 3) return XSNR_OK;
    size_t pairs = 0;
    for (size_t i = 0; i < c->words; i++) pairs += c->words - 1 - i < window ? c->words - 1 - i : window;
    neighbours p = {c, window};
    return xs_signal_noise(product_row, &p, c->models, pairs, scratch, out, NULL, err);
}
