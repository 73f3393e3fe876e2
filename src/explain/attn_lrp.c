// attn_lrp: layer-wise relevance propagation for transformers (Achtibat et al., ICML 2024).
//
// The target's logit is passed down from layer to layer: the ε rule through linear layers, Taylor's through the
// softmax, products halved, layer norms with their deviation held constant; a token's score is what reaches its
// embedding.  Rules: model/encoder_relevance.c.  What biases, ε, positions and types absorb is missing in the sum:
// `gap` = Σ tokens − logit says how much.
#include "explain/tokens.h"
#include <string.h>

static int attn_lrp(const xs_settings *settings, const xs_subject *subject, const xs_task *tasks, size_t count,
                    xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    xs_inputs in;
    XS_TRY(xs_task_inputs(subject, tasks, count, scratch, &in, err));
    int *target = xs_task_targets(tasks, count, scratch);
    double *tokens = XS_ARENA_ARRAY(scratch, double, in.tokens);
    double *logits = XS_ARENA_ARRAY(scratch, double, count *(size_t)subject->classes);
    if (!target || !tokens || !logits) return xs_nomem(err);
    bool fast = strcmp(xs_settings_choice(settings, "precision"), "float") == 0;
    bool input = strcmp(xs_settings_choice(settings, "at"), "encoder_input") == 0;
    XS_TRY(subject->family->inside->attn_lrp(subject->shared, subject->model, &in, target,
                                             input ? XS_AT_INPUT : XS_AT_WORD, fast, tokens, logits, err));
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (size_t t = in.begin[i]; t < in.begin[i + 1]; t++) sum += tokens[t];
        out[i].f_input = logits[i * (size_t)subject->classes + (size_t)tasks[i].target];
        out[i].f_baseline = 0;
        out[i].gap = sum - out[i].f_input;
        out[i].unattributed = 0;
        out[i].evaluations = 1;
        XS_TRY(xs_tokens_to_explanation(settings, &in, i, tasks[i].doc, tokens + in.begin[i], &out[i], err));
    }
    return XSNR_OK;
}

static const xs_param params[] = {
    XS_WORDS_PARAM,
    XS_PRECISION_PARAM,
    {"at", XS_CHOICE, "word", 0, 0, "word|encoder_input", "the word embedding, or what the first layer reads"},
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

const xs_explainer xs_explainer_attn_lrp = {
    .name = "attn_lrp",
    .help = "the logit passed down layer by layer (Achtibat et al. 2024); its gap is what biases absorb",
    .params = params,
    .needs = XS_RELEVANCE,
    .explain_all = attn_lrp,
};
