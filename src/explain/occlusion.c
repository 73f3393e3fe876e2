// occlusion: what the model's output loses when one word is taken away.
//
//     e[w] = v(N) − v(N \ {w})
//
// Zeiler and Fergus 2014 (images); Li, Monroe and Jurafsky 2016, "Understanding neural networks through
// representation erasure" (words).  No claim of completeness: words that stand in for each other get nothing,
// words that need each other get the same thing twice.
#include "explain/explainer.h"
#include "explain/game.h"
#include <math.h>
#include <string.h>

static void all_but_one(const void *context, size_t index, uint8_t *present) {
    const xs_document *doc = context;
    memset(present, 1, doc->n_words);
    present[index] = 0;
}

static int occlusion(const xs_settings *settings, const xs_subject *subject, const xs_document *doc,
                     int target, uint64_t seed, xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    (void)seed;
    xs_game game;
    XS_TRY(xs_game_begin(&game, settings, subject, doc, target, scratch, err));
    XS_TRY(xs_game_ends(&game, &out->f_baseline, &out->f_input, err));
    XS_TRY(xs_game_play(&game, 0, doc->n_words, all_but_one, doc, out->scores, err));
    for (uint32_t w = 0; w < doc->n_words; w++) {
        out->scores[w] = out->f_input - out->scores[w];
        out->standard_error[w] = 0;
    }
    out->gap = NAN;
    out->unattributed = 0;
    out->evaluations = game.evaluations;
    return XSNR_OK;
}

static const xs_param params[] = {XS_OUTPUT_PARAM, XS_REMOVAL_PARAM, {NULL, 0, NULL, 0, 0, NULL, NULL}};

const xs_explainer xs_explainer_occlusion = {
    .name = "occlusion",
    .help = "what the output loses when the word is taken away",
    .params = params,
    .needs = XS_PREDICTS,
    .samples = false,
    .explain = occlusion,
};
