// Texts pooled (section 3): Σ signal / Σ noise, with an interval by the jackknife over models.
//
// Texts share their models, so a model is left out of all texts at once; a text that does not have it (it
// predicted another class there) keeps its values, and so does one with two models, which has no
// leave-one-out values of its own.  Degrees of freedom: models that appear in any text, less one.  Of a crossed family
// levels are left out in the place of models (crossed.c).
#include "math/distribution.h"
#include "stats/analysis.h"
#include "stats/bootstrap.h"
#include "stats/crossed.h"
#include "stats/order.h"
#include "stats/parts.h"
#include <math.h>

static bool is_defined(const xs_text_result *t) {
    return isfinite(t->snr.signal) && isfinite(t->snr.noise);
}

// Adds what changes in the sums when each level of a crossed family is left out of the text.
static void add_changes_of_levels(const xs_text_result *t, double *signal, double *noise, unsigned char *present) {
    const xs_crossing *c = t->crossing;
    for (size_t m = 0; m < t->snr.models; m++)
        for (size_t k = 0; k < c->factors; k++) present[c->level[t->model[m] * c->factors + k]] = 1;
    for (size_t l = 0; l < c->all_levels; l++) {
        signal[l] += t->signal_without[l] - t->snr.signal;
        noise[l] += t->noise_without[l] - t->snr.noise;
    }
}

// Adds what changes in the explainer's own noise, a mean over models, when each model or level is left out of the text.
static void add_own_changes(const xs_text_result *t, double *own) {
    const xs_crossing *c = t->crossing;
    double sum = 0, M = (double)t->snr.models;
    for (size_t m = 0; m < t->snr.models; m++) sum += t->own_noise[m];
    for (size_t m = 0; !c && M > 1 && m < t->snr.models; m++) own[t->model[m]] += (sum - t->own_noise[m]) / (M - 1) - sum / M;
    for (size_t l = 0; c && l < c->all_levels; l++) {
        double out = 0, count = 0;
        for (size_t m = 0; m < t->snr.models; m++)
            if (xs_has_level(c, t->model[m], l)) out += t->own_noise[m], count++;
        if (count > 0 && count < M) own[l] += (sum - out) / (M - count) - sum / M;
    }
}

// The same of each model.
static int add_changes(const xs_text_result *t, size_t models, double *signal, double *noise,
                       unsigned char *present, xsnr_error *err) {
    for (size_t m = 0; m < t->snr.models; m++) {
        uint32_t k = t->model[m];
        if (k >= models)
            return xs_fail(err, XSNR_ERR_ARGUMENT, "text '%s' has model %u of a family of %zu", t->id, k,
                           models);
        present[k] = 1;
        if (t->snr.models < 3) continue;
        signal[k] += t->signal_without[m] - t->snr.signal;
        noise[k] += t->noise_without[m] - t->snr.noise;
    }
    return XSNR_OK;
}

int xs_pool_ratio(const xs_explainer_result *e, const size_t *which, size_t n, size_t models, xs_arena *arena, xs_pool *out,
                  xsnr_error *err) {
    const xs_crossing *c = e->crossing;
    size_t left = c ? c->all_levels : models;
    double *without = XS_ARENA_ARRAY(arena, double, left);
    if (!without) return xs_nomem(err);
    xs_arena_mark mark = xs_arena_save(arena);
    double *signal = XS_ARENA_ARRAY(arena, double, left), *noise = XS_ARENA_ARRAY(arena, double, left);
    unsigned char *present = XS_ARENA_ARRAY(arena, unsigned char, left), *seen = XS_ARENA_ARRAY(arena, unsigned char, models);
    double *own = XS_ARENA_ARRAY(arena, double, left);
    if (!signal || !noise || !present || !seen || !own) return xs_nomem(err);
    *out = (xs_pool){.without = without};
    for (size_t i = 0; i < n; i++) {
        const xs_text_result *text = xs_text_at(e, which ? which[i] : i);
        if (!is_defined(text)) continue;
        out->texts++;
        out->signal += text->snr.signal;
        out->noise += text->snr.noise;
        if (c) add_changes_of_levels(text, signal, noise, present);
        else XS_TRY(add_changes(text, models, signal, noise, present, err));
        for (size_t m = 0; m < text->snr.models; m++) seen[text->model[m]] = 1;
        if (text->own_noise) add_own_changes(text, own);
    }
    for (size_t k = 0; k < models; k++) out->models += seen[k];
    out->factors = c ? c->factors : 0;
    for (size_t k = 0, factor = 0, end = c ? c->levels[0] : 0; k < left; k++) {
        while (c && k == end) end += c->levels[++factor];
        if (!present[k]) continue;
        own[out->left] = noise[k] - own[k]; // at k or before
        without[out->left++] = xs_ratio(out->signal + signal[k], out->noise + noise[k]);
        if (c) out->levels[factor]++;
    }
    double df;
    out->training_error = xs_pool_error(out, own, &df);
    xs_arena_rewind(arena, mark);
    return XSNR_OK;
}

double xs_pool_error(const xs_pool *pool, const double *values, double *df) {
    if (pool->factors) return xs_levels_error(values, pool->levels, pool->factors, df);
    *df = (double)pool->left - 1;
    return pool->left > 2 ? xs_jackknife_error(values, pool->left) : NAN;
}

// Median and quartiles of the texts' SNR, and how many have none.
static int quartiles(const xs_explainer_result *e, xs_arena *scratch, xs_pooled *out, xsnr_error *err) {
    double *snr = XS_ARENA_ARRAY(scratch, double, e->n_texts);
    size_t n = 0;
    if (!snr) return xs_nomem(err);
    for (size_t i = 0; i < e->n_texts; i++) {
        const xs_snr *s = &xs_text_at(e, i)->snr;
        out->texts_no_signal += s->no_signal;
        if (isnan(s->snr))
            out->texts_undefined++;
        else
            snr[n++] = s->snr;
    }
    xs_sort(snr, n);
    out->snr_q25 = xs_quantile(snr, n, 0.25);
    out->snr_median = xs_quantile(snr, n, 0.5);
    out->snr_q75 = xs_quantile(snr, n, 0.75);
    return XSNR_OK;
}

// Means over the texts that have signal and noise, and the ratios of those means.
static void average(const xs_explainer_result *e, double count, xs_pooled *out) {
    double least = NAN, tests = 0;
    out->signal_raw = out->noise = out->ms_interaction = out->signal = count > 0 ? 0 : NAN;
    for (size_t i = 0; i < e->n_texts; i++) {
        const xs_text_result *text = xs_text_at(e, i);
        const xs_snr *s = &text->snr;
        if (!is_defined(text)) continue;
        out->signal_raw += s->signal_raw / count;
        out->noise += s->noise / count;
        out->ms_interaction += s->ms_interaction / count;
        out->signal += s->signal / count;
        least = fmin(least, s->f_p); // fmin passes over NaN
        tests += !isnan(s->f_p);
    }
    out->f_p = fmin(1, least * tests);
    if (!(tests > 0)) out->f_p = NAN;
    out->snr_raw = xs_ratio(out->signal_raw, out->noise);
}

static int pool_texts(const xs_explainer_result *e, size_t models, double reliability, xs_arena *scratch, xs_pooled *out,
                      xsnr_error *err) {
    xs_pool pool;
    XS_TRY(xs_pool_ratio(e, NULL, e->n_texts, models, scratch, &pool, err));
    *out = (xs_pooled){.texts = pool.texts,
                       .models = pool.models,
                       .completeness_gap = NAN,
                       .unattributed = NAN,
                       .explainer_noise = NAN,
                       .snr_training = NAN,
                       .outside_words = NAN};
    average(e, (double)pool.texts, out);
    out->snr = xs_ratio(pool.signal, pool.noise);
    out->training_error = pool.training_error / (double)pool.texts;
    double df, error = xs_pool_error(&pool, pool.without, &df);
    xs_t_interval(out->snr, error, df, out->snr_ci);
    out->snr_corrected = pool.left > 2 && !pool.factors ? xs_jackknife_corrected(out->snr, pool.without, pool.left) : NAN;
    out->icc = xs_reliability(out->snr, 1);
    out->models_needed = xs_models_needed(out->snr, reliability);
    return quartiles(e, scratch, out, err);
}

int xs_pool_texts(const xs_explainer_result *e, size_t models, double reliability, xs_arena *scratch, xs_pooled *out,
                  xsnr_error *err) {
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = pool_texts(e, models, reliability, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}
