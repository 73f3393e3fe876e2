// The game that occlusion and Shapley values are defined on: words are players, v(S) is what the model says
// of the text with only the words S in it.
#ifndef XSNR_EXPLAIN_GAME_H
#define XSNR_EXPLAIN_GAME_H
#include "explain/explainer.h"

typedef struct xs_game {
    const xs_subject *subject;
    const xs_document *doc;
    int target;
    xs_removal removal;
    bool probability; // v is the target's probability, not its logit
    xs_arena *scratch;
    int64_t evaluations;
} xs_game;

/// Sets present (n_words) of coalition `index`: nonzero = the word is there.  It comes zeroed.
typedef void xs_coalition_fn(const void *context, size_t index, uint8_t *present);

/// `settings` has XS_OUTPUT_PARAM and XS_REMOVAL_PARAM.  Fails if the family cannot predict or has no such
/// class.
int xs_game_begin(xs_game *game, const xs_settings *settings, const xs_subject *subject,
                  const xs_document *doc, int target, xs_arena *scratch, xsnr_error *err);
/// value (count) of coalitions first .. first+count−1, asked of the model in batches of bounded memory.  A
/// value that is not finite is XSNR_ERR_NUMERIC.
int xs_game_play(xs_game *game, size_t first, size_t count, xs_coalition_fn *coalition, const void *context,
                 double *value, xsnr_error *err);
/// v of no word and of all words.
int xs_game_ends(xs_game *game, double *empty, double *full, xsnr_error *err);
/// Is there such a class?
int xs_check_target(const xs_subject *subject, int target, xsnr_error *err);
/// The error for an output that is not finite.
int xs_not_finite(const xs_document *doc, const char *what, double value, xsnr_error *err);
#endif
