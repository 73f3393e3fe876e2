// saliency and input_x_gradient: the first-order effect of a token's vector e on the output f.
//
//     saliency          ‖∂f/∂e‖₂         Simonyan, Vedaldi and Zisserman 2014; Li, Chen, Hovy and Jurafsky 2016
//     input_x_gradient  e · ∂f/∂e        Shrikumar, Greenside and Kundaje 2016; Kindermans et al. 2016
//
// At the word embedding (positions and types stay), or at the encoder's input.  One pass forward and backward; all
// texts go through it together.  Of an additive model input_x_gradient is its exact contribution: features times
// weights.
#include "explain/game.h"
#include "explain/tokens.h"
#include <math.h>
#include <string.h>

typedef struct passed {
    xs_inputs in;
    double *value;         // (texts)
    double *gradient, *at; // (tokens, width)
} passed;

static int pass(const xs_settings *settings, const xs_subject *subject, const xs_task *tasks, size_t count,
                xs_arena *scratch, passed *p, xsnr_error *err) {
    XS_TRY(xs_task_inputs(subject, tasks, count, scratch, &p->in, err));
    size_t size = p->in.tokens * p->in.width;
    uint32_t *text = XS_ARENA_ARRAY(scratch, uint32_t, count);
    int *target = xs_task_targets(tasks, count, scratch);
    p->value = XS_ARENA_ARRAY(scratch, double, count);
    p->gradient = XS_ARENA_ARRAY(scratch, double, size);
    p->at = XS_ARENA_ARRAY(scratch, double, size);
    if (!text || !target || !p->value || !p->gradient || !p->at) return xs_nomem(err);
    for (size_t i = 0; i < count; i++) text[i] = (uint32_t)i;
    bool input = strcmp(xs_settings_choice(settings, "at"), "encoder_input") == 0;
    xs_points points = {.count = count,
                        .text = text,
                        .target = target,
                        .place = input ? XS_AT_INPUT : XS_AT_WORD,
                        .probability = xs_of_probability(settings)};
    return subject->family->inside->gradient(subject->shared, subject->model, &p->in, &points, p->value, p->gradient,
                                             p->at, err);
}

// Every token's score by a function of its vector and its gradient.
static int score_tokens(double (*score)(const double *e, const double *g, size_t n), const xs_settings *settings,
                        const xs_subject *subject, const xs_task *tasks, size_t count, xs_arena *scratch,
                        xs_explanation *out, xsnr_error *err) {
    passed p;
    XS_TRY(pass(settings, subject, tasks, count, scratch, &p, err));
    double *tokens = XS_ARENA_ARRAY(scratch, double, p.in.tokens);
    if (!tokens) return xs_nomem(err);
    for (size_t t = 0; t < p.in.tokens; t++)
        tokens[t] = score(p.at + t * p.in.width, p.gradient + t * p.in.width, p.in.width);
    for (size_t i = 0; i < count; i++) {
        out[i].f_input = p.value[i];
        out[i].f_baseline = NAN;
        out[i].unattributed = 0;
        out[i].evaluations = 1;
        XS_TRY(xs_tokens_to_explanation(settings, &p.in, i, tasks[i].doc, tokens + p.in.begin[i], &out[i], err));
    }
    return XSNR_OK;
}

static double length(const double *e, const double *g, size_t n) {
    (void)e;
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += g[k] * g[k];
    return sqrt(sum);
}

static double along(const double *e, const double *g, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += e[k] * g[k];
    return sum;
}

static int saliency(const xs_settings *settings, const xs_subject *subject, const xs_task *tasks, size_t count,
                    xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    return score_tokens(length, settings, subject, tasks, count, scratch, out, err);
}

static int input_x_gradient(const xs_settings *settings, const xs_subject *subject, const xs_task *tasks, size_t count,
                            xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    if (subject->family->provides & XS_GRADIENTS)
        return score_tokens(along, settings, subject, tasks, count, scratch, out, err);
    for (size_t i = 0; i < count; i++)
        XS_TRY(xs_explain_additive(settings, subject, &tasks[i], scratch, &out[i], err));
    return XSNR_OK;
}

static const xs_param params[] = {
    XS_OUTPUT_PARAM,
    XS_WORDS_PARAM,
    {"at", XS_CHOICE, "word", 0, 0, "word|encoder_input", "the word embedding, or what the first layer reads"},
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

const xs_explainer xs_explainer_saliency = {
    .name = "saliency",
    .help = "length of the output's gradient at the word's embedding; without a sign",
    .params = params,
    .needs = XS_GRADIENTS,
    .explain_all = saliency,
};

const xs_explainer xs_explainer_input_x_gradient = {
    .name = "input_x_gradient",
    .help = "gradient times embedding; of a linear model its exact contributions",
    .params = params,
    .needs = XS_GRADIENTS,
    .or_needs = XS_PREDICTS | XS_ADDITIVE,
    .explain_all = input_x_gradient,
};
