// lrp_chefer: relevance and gradient at every layer's attention, rolled out (Chefer, Gur and Wolf, CVPR 2021).
//
//     C_l = mean over heads of max(∇A_l ∘ R_l, 0),   Ĉ_l = rows of (C_l + I) divided by their sums
//     scores = first row of Ĉ_L ⋯ Ĉ_s, its own first entry replaced by the row's least
//
// as in the authors' `generate_LRP` (github.com/hila-chefer/Transformer-Explainability), s the start layer.  R_l starts
// as 1 at the target's logit; its rules: model/encoder_relevance.c.  Never negative; `signed` gives explanations of the
// first of two classes a minus.
#include "explain/rollout.h"
#include "explain/tokens.h"
#include <math.h>
#include <string.h>

static int check_settings(const xs_settings *settings, const xs_subject *subject, uint32_t layers, xsnr_error *err) {
    long long start = xs_settings_int(settings, "start_layer");
    if (start >= layers)
        return xs_fail(err, XSNR_ERR_CONFIG, "start_layer: %lld is not a layer; the model has layers 0 to %u", start,
                       layers - 1);
    if (xs_settings_bool(settings, "signed") && subject->classes != 2)
        return xs_fail(err, XSNR_ERR_UNSUPPORTED, "signed: the sign stands for one of two classes; the model has %d",
                       subject->classes);
    return XSNR_OK;
}

static int lrp_chefer(const xs_settings *settings, const xs_subject *subject, const xs_task *tasks, size_t count,
                      xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    const xs_inside *inside = subject->family->inside;
    uint32_t layers = inside->layers(subject->shared), start = (uint32_t)xs_settings_int(settings, "start_layer");
    XS_TRY(check_settings(settings, subject, layers, err));
    bool fast = strcmp(xs_settings_choice(settings, "precision"), "float") == 0;
    xs_inputs in;
    XS_TRY(xs_task_inputs(subject, tasks, count, scratch, &in, err));
    size_t size = 0, longest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t T = in.begin[i + 1] - in.begin[i];
        size += layers * T * T;
        if (T > longest) longest = T;
    }
    int *target = xs_task_targets(tasks, count, scratch);
    double *maps = XS_ARENA_ARRAY(scratch, double, size), *tokens = XS_ARENA_ARRAY(scratch, double, in.tokens);
    double *logits = XS_ARENA_ARRAY(scratch, double, count *(size_t)subject->classes);
    double *spare = XS_ARENA_ARRAY(scratch, double, longest);
    if (!target || !maps || !tokens || !logits || !spare) return xs_nomem(err);
    XS_TRY(inside->chefer(subject->shared, subject->model, &in, target, start, fast, maps, logits, err));
    for (size_t i = 0; i < count; i++) {
        size_t T = in.begin[i + 1] - in.begin[i];
        double *row = tokens + in.begin[i], least;
        xs_rollout(layers, start, T, maps, row, spare);
        maps += layers * T * T;
        least = row[0];
        for (size_t t = 1; t < T; t++) least = fmin(least, row[t]);
        row[0] = least;
        if (xs_settings_bool(settings, "signed") && tasks[i].target == 0)
            for (size_t t = 0; t < T; t++) row[t] = -row[t];
        out[i].f_input = logits[i * (size_t)subject->classes + (size_t)tasks[i].target];
        out[i].f_baseline = NAN;
        out[i].unattributed = 0;
        out[i].evaluations = 1;
        XS_TRY(xs_tokens_to_explanation(settings, &in, i, tasks[i].doc, row, &out[i], err));
    }
    return XSNR_OK;
}

static const xs_param params[] = {
    XS_WORDS_PARAM,
    XS_PRECISION_PARAM,
    {"start_layer", XS_INT, "0", 0, 1e6, NULL, "first layer that is rolled out, counted from 0"},
    {"signed", XS_BOOL, "false", 0, 0, NULL, "explanations of the first of two classes get a minus"},
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

const xs_explainer xs_explainer_lrp_chefer = {
    .name = "lrp_chefer",
    .help = "relevance times gradient at the attention, rolled out (Chefer et al. 2021); without a sign",
    .params = params,
    .needs = XS_ATTENTION | XS_RELEVANCE,
    .explain_all = lrp_chefer,
};
