// How many models are enough; see power.h.
//
// The mean of M models has the reliability M·SNR/(1 + M·SNR), so that r takes r/(1 − r)/SNR models (section 2); the ends of the
// SNR's interval give those of the number.  The interval of the SNR narrows with the root of the number of models: its width at
// another number follows from the jackknife's error, or from the deviation of the simulated families.  The words with the largest
// |mean| are stable from that number of models on at which random subsets have the same as the reference, with the probability
// asked for.
#include "stats/power.h"
#include "math/distribution.h"
#include <math.h>
#include <string.h>

const double xs_power_reliability[XS_POWER_RELIABILITIES] = {0.8, 0.9, 0.95};

static size_t list_sizes(size_t most, size_t *sizes) {
    static const size_t steps[] = {2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000, 10000};
    size_t n = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && steps[i] < most; i++) sizes[n++] = steps[i];
    sizes[n++] = most;
    return n;
}
enum { MOST_SIZES = 24 };

static void need(xs_power_series *s) {
    for (int i = 0; i < XS_POWER_RELIABILITIES; i++) {
        double r = xs_power_reliability[i];
        s->needed[i] = xs_models_needed(s->snr, r);
        s->needed_ci[i][0] = xs_models_needed(s->snr_ci[1], r); // the more signal, the fewer models
        s->needed_ci[i][1] = xs_models_needed(s->snr_ci[0], r);
    }
}

/* ------------------------------------------------------------------ of a study */

// The texts whose scores are there, with models numbered without gaps; `models`: how many there are.
static int list_texts(const xs_explainer_result *e, size_t slots, xs_arena *arena, xs_text_rows *texts, size_t *n, size_t *models,
                      xsnr_error *err) {
    uint32_t *number = XS_ARENA_ARRAY(arena, uint32_t, slots ? slots : 1);
    if (!number) return xs_nomem(err);
    memset(number, 0xff, slots * sizeof *number);
    *n = *models = 0;
    for (size_t t = 0; t < e->n_texts; t++) {
        const xs_text_result *x = xs_text_at(e, t);
        if (!x->scores || x->models_kept < 2 || x->n_words < 2) continue;
        uint32_t *model = XS_ARENA_ARRAY(arena, uint32_t, x->models_kept);
        if (!model) return xs_nomem(err);
        for (size_t m = 0; m < x->models_kept; m++) {
            if (number[x->model[m]] == UINT32_MAX) number[x->model[m]] = (uint32_t)(*models)++;
            model[m] = number[x->model[m]];
        }
        texts[(*n)++] = (xs_text_rows){{x->scores, x->models_kept, x->n_words}, model};
    }
    return XSNR_OK;
}

static int power_of(const xs_family_result *f, const xs_explainer_result *e, const xs_power_options *how, xs_arena *arena,
                    xs_power_series *out, xsnr_error *err) {
    size_t sizes[MOST_SIZES], models = 0;
    *out = (xs_power_series){.family = f->name, .explainer = e->name, .snr = e->pooled.snr,
                             .snr_ci = {e->pooled.snr_ci[0], e->pooled.snr_ci[1]}, .top = how->top};
    xs_text_rows *texts = XS_ARENA_ARRAY(arena, xs_text_rows, e->n_texts);
    if (!texts) return xs_nomem(err);
    XS_TRY(list_texts(e, f->model_slots, arena, texts, &out->texts, &models, err));
    out->models = e->pooled.models;
    need(out);
    double error = (out->snr_ci[1] - out->snr_ci[0]) / 2 / xs_t_quantile(0.975, (double)out->models - 1);
    out->for_width = out->models > 2 && out->snr > 0 ? xs_models_for_width(error, out->models, how->width * out->snr) : NAN;
    if (models < 2) return XSNR_OK;
    out->n_sizes = list_sizes(models, sizes);
    out->curve = XS_ARENA_ARRAY(arena, xs_convergence, out->n_sizes);
    if (!out->curve) return xs_nomem(err);
    XS_TRY(xs_converge(texts, out->texts, models, how->top, sizes, out->n_sizes, how->repeats, how->seed, arena, out->curve, err));
    size_t half = 0;
    while (half < out->n_sizes && sizes[half] <= models / 2) half++;
    out->judged = half ? sizes[half - 1] : 0;
    out->stable = xs_stable_models(out->curve, half, how->probability);
    return XSNR_OK;
}

int xs_power_of(const xs_results *r, const xs_power_options *how, xs_arena *arena, xs_power *out, xsnr_error *err) {
    size_t most = 0;
    for (size_t f = 0; f < r->n_families; f++) most += r->families[f].n_explainers;
    *out = (xs_power){.width = how->width, .probability = how->probability};
    out->series = XS_ARENA_ARRAY(arena, xs_power_series, most);
    if (!out->series) return xs_nomem(err);
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; e < r->families[f].n_explainers; e++) {
            const xs_family_result *family = &r->families[f];
            const xs_explainer_result *explainer = &family->explainers[e];
            if ((how->family && strcmp(how->family, family->name) != 0) ||
                (how->explainer && strcmp(how->explainer, explainer->name) != 0))
                continue;
            XS_TRY(power_of(family, explainer, how, arena, &out->series[out->n_series++], err));
        }
    if (out->n_series) return XSNR_OK;
    return xs_fail(err, XSNR_ERR_NOT_FOUND, "%s has no family '%.80s' with an explainer '%.80s'; `xsnr analyze` lists them", r->study,
                   how->family ? how->family : "(any)", how->explainer ? how->explainer : "(any)");
}

/* ------------------------------------------------------------------ assumed */

int xs_power_assumed(const xs_power_options *how, xs_arena *arena, xs_power *out, xsnr_error *err) {
    size_t sizes[MOST_SIZES];
    *out = (xs_power){.width = how->width, .probability = how->probability, .n_series = 1};
    xs_power_series *s = out->series = XS_ARENA_ARRAY(arena, xs_power_series, 1);
    if (!s) return xs_nomem(err);
    *s = (xs_power_series){.texts = how->texts, .snr = how->snr, .snr_ci = {how->snr, how->snr}, .top = how->top,
                           .models = how->models, .judged = how->models};
    s->n_sizes = list_sizes(how->models, sizes);
    s->curve = XS_ARENA_ARRAY(arena, xs_convergence, s->n_sizes);
    if (!s->curve) return xs_nomem(err);
    XS_TRY(xs_simulate_power(how->snr, how->words, how->texts, how->top, sizes, s->n_sizes, how->repeats, how->seed, arena, s->curve, err));
    need(s);
    s->for_width = xs_models_for_width(s->curve[s->n_sizes - 1].sd, how->models, how->width * how->snr);
    s->stable = xs_stable_models(s->curve, s->n_sizes, how->probability);
    return XSNR_OK;
}
