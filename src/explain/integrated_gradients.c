// integrated_gradients: the gradient summed along the straight way from a baseline e' to the text's vectors e.
//
//     score = (e − e') · ∫₀¹ ∂f/∂e (e' + a (e − e')) da          (Sundararajan, Taly and Yan 2017)
//
// The integral by Gauss and Legendre's rule, whose weights add up to 1: the completeness gap, Σ scores − (f(e) −
// f(e')), then comes from the function alone and vanishes with the steps (a trapezoid whose weights do not, as is
// common, keeps a gap for ever).  Baseline: the pad token's embedding, the mask token's, or 0; special tokens keep
// theirs, and so do positions and types.  Of an additive model, from the text without features: its contributions.
#include "explain/game.h"
#include "explain/tokens.h"
#include "math/quadrature.h"
#include <math.h>
#include <string.h>

typedef struct rule {
    int steps;
    double *node, *weight; // (steps) on [0, 1]
    xs_vectors baseline;
    bool probability;
} rule;

static int make_rule(const xs_settings *settings, xs_arena *scratch, rule *r, xsnr_error *err) {
    const char *baseline = xs_settings_choice(settings, "baseline");
    r->baseline = strcmp(baseline, "pad") == 0    ? XS_VECTORS_PAD
                  : strcmp(baseline, "mask") == 0 ? XS_VECTORS_MASK
                                                  : XS_VECTORS_ZERO;
    r->probability = xs_of_probability(settings);
    r->steps = (int)xs_settings_int(settings, "steps");
    r->node = XS_ARENA_ARRAY(scratch, double, (size_t)r->steps);
    r->weight = XS_ARENA_ARRAY(scratch, double, (size_t)r->steps);
    if (!r->node || !r->weight) return xs_nomem(err);
    xs_gauss_legendre(r->steps, r->node, r->weight);
    return XSNR_OK;
}

// along (steps, T): (e − b) · ∂f/∂e at every step, token by token; by whole gradients, where the family knows no shorter way.
static int by_gradients(const xs_subject *subject, const xs_inputs *in, const xs_way *way, xs_arena *scratch, double *value, double *along,
                        xsnr_error *err) {
    size_t T = in->begin[way->text + 1] - in->begin[way->text], H = in->width, size = T * H;
    double *vectors = XS_ARENA_ARRAY(scratch, double, way->count *size), *gradient = XS_ARENA_ARRAY(scratch, double, way->count *size);
    uint32_t *number = XS_ARENA_ARRAY(scratch, uint32_t, way->count);
    int *targets = XS_ARENA_ARRAY(scratch, int, way->count);
    if (!vectors || !gradient || !number || !targets) return xs_nomem(err);
    for (size_t p = 0; p < way->count; p++) {
        number[p] = way->text;
        targets[p] = way->target;
        for (size_t k = 0; k < size; k++) vectors[p * size + k] = way->from[k] + way->place[p] * (way->to[k] - way->from[k]);
    }
    xs_points points = {.count = way->count, .text = number, .target = targets, .vectors = vectors, .probability = way->probability};
    XS_TRY(subject->family->inside->gradient(subject->shared, subject->model, in, &points, value, gradient, NULL, err));
    for (size_t p = 0; p < way->count; p++)
        for (size_t t = 0; t < T; t++) {
            double sum = 0;
            for (size_t k = t * H; k < (t + 1) * H; k++) sum += (way->to[k] - way->from[k]) * gradient[p * size + k];
            along[p * T + t] = sum;
        }
    return XSNR_OK;
}

// f at both ends of every text's way, (texts, 2): of the baselines' vectors, and of the texts' own.
static int ask_ends(const rule *r, const xs_subject *subject, const xs_inputs *in, const xs_task *tasks, const double *own, const double *baseline,
                    xs_arena *scratch, double *value, xsnr_error *err) {
    size_t at = 0, points = 2 * in->texts;
    double *vectors = XS_ARENA_ARRAY(scratch, double, 2 * in->tokens * in->width);
    uint32_t *number = XS_ARENA_ARRAY(scratch, uint32_t, points);
    int *targets = XS_ARENA_ARRAY(scratch, int, points);
    if (!vectors || !number || !targets) return xs_nomem(err);
    for (size_t i = 0; i < points; i++) {
        size_t text = i / 2, from = in->begin[text] * in->width, size = in->begin[text + 1] * in->width - from;
        number[i] = (uint32_t)text;
        targets[i] = tasks[text].target;
        memcpy(vectors + at, (i % 2 ? own : baseline) + from, size * sizeof *vectors);
        at += size;
    }
    xs_points ends = {.count = points, .text = number, .target = targets, .vectors = vectors, .probability = r->probability};
    return subject->family->inside->gradient(subject->shared, subject->model, in, &ends, value, NULL, NULL, err);
}

// One text: its vectors e, the baseline b (T, width), f at both.
static int integrate(const rule *r, const xs_subject *subject, const xs_inputs *in, uint32_t text, int target,
                     const double *e, const double *b, const double ends[2], xs_arena *scratch, double *tokens, xs_explanation *out,
                     xsnr_error *err) {
    const xs_inside *inside = subject->family->inside;
    size_t T = in->begin[text + 1] - in->begin[text], steps = (size_t)r->steps;
    double *along = XS_ARENA_ARRAY(scratch, double, steps *T), *value = XS_ARENA_ARRAY(scratch, double, steps), sum = 0;
    if (!along || !value) return xs_nomem(err);
    xs_way way = {.text = text, .target = target, .probability = r->probability, .from = b, .to = e, .count = steps, .place = r->node};
    if (inside->way && inside->layers(subject->shared) > 1) XS_TRY(inside->way(subject->shared, subject->model, in, &way, value, along, err));
    else XS_TRY(by_gradients(subject, in, &way, scratch, value, along, err));
    memset(tokens, 0, T * sizeof *tokens);
    for (size_t p = 0; p < steps; p++)
        for (size_t t = 0; t < T; t++) tokens[t] += r->weight[p] * along[p * T + t];
    for (size_t t = 0; t < T; t++) sum += tokens[t];
    out->f_baseline = ends[0];
    out->f_input = ends[1];
    out->gap = sum - (ends[1] - ends[0]);
    out->evaluations = (int64_t)steps + 2;
    return XSNR_OK;
}

static int explain_tokens(const xs_settings *settings, const xs_subject *subject, const xs_task *tasks, size_t count,
                          xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    const xs_inside *inside = subject->family->inside;
    rule r;
    xs_inputs in;
    XS_TRY(make_rule(settings, scratch, &r, err));
    XS_TRY(xs_task_inputs(subject, tasks, count, scratch, &in, err));
    size_t size = in.tokens * in.width;
    double *e = XS_ARENA_ARRAY(scratch, double, size), *b = XS_ARENA_ARRAY(scratch, double, size);
    double *tokens = XS_ARENA_ARRAY(scratch, double, in.tokens), *ends = XS_ARENA_ARRAY(scratch, double, 2 * count);
    if (!e || !b || !tokens || !ends) return xs_nomem(err);
    XS_TRY(inside->vectors(subject->shared, subject->model, &in, XS_VECTORS_OWN, e, err));
    XS_TRY(inside->vectors(subject->shared, subject->model, &in, r.baseline, b, err));
    XS_TRY(ask_ends(&r, subject, &in, tasks, e, b, scratch, ends, err));
    for (size_t i = 0; i < count; i++) {
        size_t at = in.begin[i] * in.width;
        xs_arena_mark mark = xs_arena_save(scratch);
        out[i].unattributed = 0;
        int rc = integrate(&r, subject, &in, (uint32_t)i, tasks[i].target, e + at, b + at, ends + 2 * i, scratch,
                           tokens + in.begin[i], &out[i], err);
        xs_arena_rewind(scratch, mark);
        XS_TRY(rc);
        XS_TRY(xs_tokens_to_explanation(settings, &in, i, tasks[i].doc, tokens + in.begin[i], &out[i], err));
    }
    return XSNR_OK;
}

static int integrated_gradients(const xs_settings *settings, const xs_subject *subject, const xs_task *tasks,
                                size_t count, xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    if (subject->family->provides & XS_GRADIENTS)
        return explain_tokens(settings, subject, tasks, count, scratch, out, err);
    for (size_t i = 0; i < count; i++)
        XS_TRY(xs_explain_additive(settings, subject, &tasks[i], scratch, &out[i], err));
    return XSNR_OK;
}

static const xs_param params[] = {
    XS_OUTPUT_PARAM,
    XS_WORDS_PARAM,
    {"steps", XS_INT, "50", 1, 1000, NULL, "points of Gauss and Legendre's rule"},
    {"baseline", XS_CHOICE, "pad", 0, 0, "pad|mask|zero", "vectors that the way begins at"},
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

const xs_explainer xs_explainer_integrated_gradients = {
    .name = "integrated_gradients",
    .help = "gradients summed on the way from a baseline; complete up to a gap that is kept",
    .params = params,
    .needs = XS_GRADIENTS,
    .or_needs = XS_PREDICTS | XS_ADDITIVE,
    .explain_all = integrated_gradients,
};
