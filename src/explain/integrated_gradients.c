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

// One text: its vectors e, the baseline b (T, width).  Points 0 and 1 are the ends of the way.
static int integrate(const rule *r, const xs_subject *subject, const xs_inputs *in, uint32_t text, int target,
                     const double *e, const double *b, xs_arena *scratch, double *tokens, xs_explanation *out,
                     xsnr_error *err) {
    size_t T = in->begin[text + 1] - in->begin[text], size = T * in->width, points = (size_t)r->steps + 2;
    double *vectors = XS_ARENA_ARRAY(scratch, double, points *size), *gradient = XS_ARENA_ARRAY(scratch, double, (points - 2) * size);
    double *value = XS_ARENA_ARRAY(scratch, double, points), *mean = XS_ARENA_ARRAY(scratch, double, size);
    uint32_t *number = XS_ARENA_ARRAY(scratch, uint32_t, points);
    int *targets = XS_ARENA_ARRAY(scratch, int, points);
    if (!vectors || !gradient || !value || !mean || !number || !targets) return xs_nomem(err);
    for (size_t p = 0; p < points; p++) {
        double a = p < 2 ? (double)p : r->node[p - 2];
        number[p] = text;
        targets[p] = target;
        for (size_t k = 0; k < size; k++) vectors[p * size + k] = b[k] + a * (e[k] - b[k]);
    }
    memcpy(vectors + size, e, size * sizeof *e); // to the bit
    const xs_inside *inside = subject->family->inside;
    xs_points ends = {.count = 2, .text = number, .target = targets, .vectors = vectors, .probability = r->probability}, way = ends;
    way.count = points - 2;
    way.vectors = vectors + 2 * size;
    XS_TRY(inside->gradient(subject->shared, subject->model, in, &ends, value, NULL, NULL, err)); // values alone
    XS_TRY(inside->gradient(subject->shared, subject->model, in, &way, value + 2, gradient, NULL, err));
    memset(mean, 0, size * sizeof *mean);
    for (size_t p = 0; p < way.count; p++)
        for (size_t k = 0; k < size; k++) mean[k] += r->weight[p] * gradient[p * size + k];
    double sum = 0;
    for (size_t t = 0; t < T; t++) {
        tokens[t] = 0;
        for (size_t k = t * in->width; k < (t + 1) * in->width; k++) tokens[t] += (e[k] - b[k]) * mean[k];
        sum += tokens[t];
    }
    out->f_baseline = value[0];
    out->f_input = value[1];
    out->gap = sum - (value[1] - value[0]);
    out->evaluations = (int64_t)points;
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
    double *tokens = XS_ARENA_ARRAY(scratch, double, in.tokens);
    if (!e || !b || !tokens) return xs_nomem(err);
    XS_TRY(inside->vectors(subject->shared, subject->model, &in, XS_VECTORS_OWN, e, err));
    XS_TRY(inside->vectors(subject->shared, subject->model, &in, r.baseline, b, err));
    for (size_t i = 0; i < count; i++) {
        size_t at = in.begin[i] * in.width;
        xs_arena_mark mark = xs_arena_save(scratch);
        out[i].unattributed = 0;
        int rc = integrate(&r, subject, &in, (uint32_t)i, tasks[i].target, e + at, b + at, scratch,
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
