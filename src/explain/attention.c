// attention and attention_rollout: how much the first token attends to each token.
//
//     attention           the last layer's probabilities, mean over the heads, row of the first token
//     attention_rollout   row of the first token of Ā_L ⋯ Ā_1 with Ā = ½ A + ½ I      (Abnar and Zuidema 2020)
//
// Neither knows of a class: the same for every target, and never negative.  Since the rows of A add up to 1, ½ A + ½ I
// is A + I with its rows divided by their sums.
#include "explain/rollout.h"
#include "explain/tokens.h"
#include <math.h>
#include <string.h>

void xs_rollout(uint32_t layers, uint32_t start, size_t T, const double *maps, double *row, double *spare) {
    memset(row, 0, T * sizeof *row);
    row[0] = 1;
    for (uint32_t l = layers; l-- > start;) {
        const double *map = maps + l * T * T;
        memset(spare, 0, T * sizeof *spare);
        for (size_t q = 0; q < T; q++) {
            if (row[q] == 0) continue; // of the last layer all rows but the first
            double sum = 1;
            for (size_t k = 0; k < T; k++) sum += map[q * T + k];
            double share = row[q] / sum;
            for (size_t k = 0; k < T; k++) spare[k] += share * map[q * T + k];
            spare[q] += share;
        }
        memcpy(row, spare, T * sizeof *row);
    }
}

static int by_maps(bool rolled, const xs_settings *settings, const xs_subject *subject, const xs_task *tasks,
                   size_t count, xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    const xs_inside *inside = subject->family->inside;
    uint32_t layers = inside->layers(subject->shared);
    xs_inputs in;
    XS_TRY(xs_task_inputs(subject, tasks, count, scratch, &in, err));
    size_t size = 0, longest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t T = in.begin[i + 1] - in.begin[i];
        size += layers * T * T;
        if (T > longest) longest = T;
    }
    double *maps = XS_ARENA_ARRAY(scratch, double, size), *tokens = XS_ARENA_ARRAY(scratch, double, in.tokens);
    double *logits = XS_ARENA_ARRAY(scratch, double, count *(size_t)subject->classes);
    double *spare = XS_ARENA_ARRAY(scratch, double, longest);
    if (!maps || !tokens || !logits || !spare) return xs_nomem(err);
    XS_TRY(inside->attention(subject->shared, subject->model, &in, maps, logits, err));
    for (size_t i = 0; i < count; i++) {
        size_t T = in.begin[i + 1] - in.begin[i];
        double *row = tokens + in.begin[i];
        if (rolled) xs_rollout(layers, 0, T, maps, row, spare);
        else memcpy(row, maps + (layers - 1) * T * T, T * sizeof *row);
        maps += layers * T * T;
        out[i].f_input = logits[i * (size_t)subject->classes + (size_t)tasks[i].target];
        out[i].f_baseline = NAN;
        out[i].unattributed = 0;
        out[i].evaluations = 1;
        XS_TRY(xs_tokens_to_explanation(settings, &in, i, tasks[i].doc, row, &out[i], err));
    }
    return XSNR_OK;
}

static int attention(const xs_settings *settings, const xs_subject *subject, const xs_task *tasks, size_t count,
                     xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    return by_maps(false, settings, subject, tasks, count, scratch, out, err);
}

static int attention_rollout(const xs_settings *settings, const xs_subject *subject, const xs_task *tasks, size_t count,
                             xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    return by_maps(true, settings, subject, tasks, count, scratch, out, err);
}

static const xs_param params[] = {XS_WORDS_PARAM, {NULL, 0, NULL, 0, 0, NULL, NULL}};

const xs_explainer xs_explainer_attention = {
    .name = "attention",
    .help = "last layer's attention of the first token, mean over the heads; of no class, without a sign",
    .params = params,
    .needs = XS_ATTENTION,
    .explain_all = attention,
};

const xs_explainer xs_explainer_attention_rollout = {
    .name = "attention_rollout",
    .help = "attention of the first token, multiplied through all layers; of no class, without a sign",
    .params = params,
    .needs = XS_ATTENTION,
    .explain_all = attention_rollout,
};
