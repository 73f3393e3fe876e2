// lime: a weighted linear model of what the black box says near the text (Ribeiro, Singh and Guestrin, KDD 2016).
//
// S texts are drawn: the text itself, then k words uniform from 1 … n, and k words at random that are taken away.  With
// z_s (n) of 0 and 1 for the words that are there and v_s what the model says,
//
//     w_s = exp(−½ d_s² / width²),   d_s = 1 − cos(z_s, 1) = 1 − √(words there / n)
//     β = arg min Σ_s w_s (v_s − β₀ − z_s β)² + ridge ‖β‖²,          scores = β
//
// as in the authors' package (kernel width 25 for 100 d, ridge 1, intercept without penalty).  With x̃, ṽ less their
// weighted means, β = G ṽ with G = (X̃ᵀ W X̃ + ridge I)⁻¹ X̃ᵀ W; where words outnumber texts by the same in its dual form,
// X̃ᵀ W^½ (W^½ X̃ X̃ᵀ W^½ + ridge I)⁻¹ W^½.  Standard errors are White's (1980), of the draws: √(Σ_s (G_ws r_s)² · S / (S − n − 1)), r the residuals.
#include "base/random.h"
#include "explain/explainer.h"
#include "explain/game.h"
#include "math/cholesky.h"
#include <math.h>
#include <string.h>

typedef struct local_texts {
    uint8_t *present; // (S, n)
    uint32_t n;
} local_texts;

static void coalition(const void *context, size_t index, uint8_t *present) {
    const local_texts *l = context;
    memcpy(present, l->present + index * l->n, l->n);
}

// Text s draws from its own place of the stream.
static void draw(const local_texts *l, size_t texts, uint64_t seed, uint32_t *order) {
    memset(l->present, 1, texts * l->n);
    for (size_t s = 1; s < texts; s++) {
        xs_rng rng = xs_rng_at(seed, XS_STREAM_EXPLAIN, (uint32_t)s, 0);
        uint32_t gone = 1 + xs_rng_below(&rng, l->n);
        for (uint32_t w = 0; w < l->n; w++) order[w] = w;
        xs_rng_permute(&rng, order, l->n);
        for (uint32_t k = 0; k < gone; k++) l->present[s * l->n + order[k]] = 0;
    }
}

static double kernel(const uint8_t *present, uint32_t n, double width) {
    double there = 0;
    for (uint32_t w = 0; w < n; w++) there += present[w];
    double d = 1 - sqrt(there / n);
    return exp(-0.5 * d * d / (width * width));
}

typedef struct regression {
    size_t S, n;
    double *x;      // (S, n) √w x̃
    double *y;      // (S) √w ṽ
    double *root;   // (S) √w
    double *a;      // (m, m), m the smaller of S and n
    double *g;      // (m) a right side
    double *beta;   // (n)
} regression;

// √w (z − mean), √w (v − mean), means weighted by w.
static void centre(regression *r, const uint8_t *present, double *v, double width, double *mean) {
    double total = 0, mean_v = 0;
    memset(mean, 0, r->n * sizeof *mean);
    for (size_t s = 0; s < r->S; s++) {
        double w = kernel(present + s * r->n, (uint32_t)r->n, width);
        r->root[s] = sqrt(w);
        total += w;
        mean_v += w * v[s];
        for (size_t k = 0; k < r->n; k++) mean[k] += w * present[s * r->n + k];
    }
    for (size_t k = 0; k < r->n; k++) mean[k] /= total;
    for (size_t s = 0; s < r->S; s++) {
        r->y[s] = r->root[s] * (v[s] - mean_v / total);
        for (size_t k = 0; k < r->n; k++) r->x[s * r->n + k] = r->root[s] * (present[s * r->n + k] - mean[k]);
    }
}

// XᵀX + ridge I (n, n), or XXᵀ + ridge I (S, S), factored.
static bool factor(regression *r, double ridge) {
    bool dual = r->n > r->S;
    size_t m = dual ? r->S : r->n;
    memset(r->a, 0, m * m * sizeof *r->a);
    for (size_t s = 0; s < r->S; s++) {
        const double *row = r->x + s * r->n;
        if (!dual)
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j <= i; j++) r->a[i * m + j] += row[i] * row[j];
        for (size_t t = 0; dual && t <= s; t++)
            for (size_t k = 0; k < r->n; k++) r->a[s * m + t] += row[k] * r->x[t * r->n + k];
    }
    for (size_t i = 0; i < m; i++) r->a[i * m + i] += ridge;
    return xs_cholesky(m, r->a);
}

// out (n) = Xᵀ u of u (S)
static void by_columns(const regression *r, const double *u, double *out) {
    memset(out, 0, r->n * sizeof *out);
    for (size_t s = 0; s < r->S; s++)
        for (size_t k = 0; k < r->n; k++) out[k] += r->x[s * r->n + k] * u[s];
}

// out (n): what the weighted responses u (S) add to β.
static void respond(const regression *r, const double *u, double *out) {
    if (r->n <= r->S) {
        by_columns(r, u, out);
        xs_cholesky_solve(r->n, r->a, out);
        return;
    }
    memcpy(r->g, u, r->S * sizeof *u);
    xs_cholesky_solve(r->S, r->a, r->g);
    by_columns(r, r->g, out);
}

static void errors(const regression *r, double *unit, double *column, double *error) {
    double freedom = (double)r->S - (double)r->n - 1, inflation = freedom > 0 ? (double)r->S / freedom : 1;
    memset(error, 0, r->n * sizeof *error);
    memset(unit, 0, r->S * sizeof *unit);
    for (size_t s = 0; s < r->S; s++) {
        double residual = r->y[s];
        for (size_t k = 0; k < r->n; k++) residual -= r->x[s * r->n + k] * r->beta[k];
        unit[s] = residual; // √w r: respond() has the other √w in X
        respond(r, unit, column);
        unit[s] = 0;
        for (size_t k = 0; k < r->n; k++) error[k] += column[k] * column[k];
    }
    for (size_t k = 0; k < r->n; k++) error[k] = sqrt(error[k] * inflation);
}

static int fit(const xs_settings *settings, const xs_document *doc, size_t texts, const uint8_t *present, double *v,
               xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    size_t n = doc->n_words, m = n < texts ? n : texts, longer = n > texts ? n : texts;
    regression r = {.S = texts, .n = n, .beta = out->scores};
    r.x = XS_ARENA_ARRAY(scratch, double, texts * n);
    r.y = XS_ARENA_ARRAY(scratch, double, texts);
    r.root = XS_ARENA_ARRAY(scratch, double, texts);
    r.a = XS_ARENA_ARRAY(scratch, double, m *m);
    r.g = XS_ARENA_ARRAY(scratch, double, longer);
    double *column = XS_ARENA_ARRAY(scratch, double, longer), *unit = XS_ARENA_ARRAY(scratch, double, texts);
    if (!r.x || !r.y || !r.root || !r.a || !r.g || !column || !unit) return xs_nomem(err);
    centre(&r, present, v, xs_settings_real(settings, "width"), column);
    if (!factor(&r, xs_settings_real(settings, "ridge")))
        return xs_fail(err, XSNR_ERR_NUMERIC, "text '%.100s': the regression has no single solution; use more samples or a larger ridge",
                       doc->id);
    respond(&r, r.y, out->scores);
    errors(&r, unit, column, out->standard_error);
    return XSNR_OK;
}

static int lime(const xs_settings *settings, const xs_subject *subject, const xs_document *doc, int target,
                uint64_t seed, xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    xs_game game;
    XS_TRY(xs_game_begin(&game, settings, subject, doc, target, scratch, err));
    xs_arena_mark start = xs_arena_save(scratch);
    size_t texts = (size_t)xs_settings_int(settings, "samples"), n = doc->n_words;
    local_texts local = {xs_arena_array(scratch, texts, n ? n : 1), (uint32_t)n};
    double *v = XS_ARENA_ARRAY(scratch, double, texts);
    uint32_t *order = XS_ARENA_ARRAY(scratch, uint32_t, n);
    int rc = local.present && v && order ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK && n == 0) texts = 1; // nothing to take away
    if (rc == XSNR_OK && n) draw(&local, texts, seed, order);
    if (rc == XSNR_OK) rc = xs_game_play(&game, 0, texts, coalition, &local, v, err);
    if (rc == XSNR_OK) out->f_input = v[0];
    if (rc == XSNR_OK && n) rc = fit(settings, doc, texts, local.present, v, scratch, out, err);
    xs_arena_rewind(scratch, start);
    out->f_baseline = NAN;
    out->gap = NAN;
    out->unattributed = 0;
    out->evaluations = game.evaluations;
    return rc;
}

static const xs_param params[] = {
    XS_OUTPUT_PARAM,
    {"removal", XS_CHOICE, "delete", 0, 0, "mask|delete", "absent words are cut out, or become unknown words"},
    {"samples", XS_INT, "500", 3, 1e6, NULL, "texts that are asked about, the text itself among them"},
    {"width", XS_REAL, "0.25", 1e-3, 1e3, NULL, "of the kernel, in cosine distance"},
    {"ridge", XS_REAL, "1", 1e-9, 1e9, NULL, "penalty of the squared coefficients"},
    XS_REPEATS_PARAM,
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

const xs_explainer xs_explainer_lime = {
    .name = "lime",
    .help = "coefficients of a linear model of the output near the text (Ribeiro et al. 2016)",
    .params = params,
    .needs = XS_PREDICTS,
    .samples = true,
    .explain = lime,
};
