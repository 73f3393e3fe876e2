// Asking a model about coalitions of words, batch by batch; see game.h.
//
// A batch is at most 64 coalitions and 256 KiB of masks.  A family's answer for a mask does not depend on the
// masks beside it, so the size of a batch is no part of any result.
#include "explain/game.h"
#include <math.h>
#include <string.h>

enum { MOST_MASKS = 64, MOST_MASK_BYTES = 1 << 18 };

int xs_check_target(const xs_subject *subject, int target, xsnr_error *err) {
    if (target >= 0 && target < subject->classes) return XSNR_OK;
    return xs_fail(err, XSNR_ERR_ARGUMENT, "class %d cannot be explained; the model has classes 0 to %d",
                   target, subject->classes - 1);
}

int xs_not_finite(const xs_document *doc, const char *what, double value, xsnr_error *err) {
    return xs_fail(err, XSNR_ERR_NUMERIC, "text '%.100s': %s is %s; did the training diverge?", doc->id, what,
                   isnan(value) ? "not a number" : "infinite");
}

int xs_game_begin(xs_game *game, const xs_settings *settings, const xs_subject *subject,
                  const xs_document *doc, int target, xs_arena *scratch, xsnr_error *err) {
    XS_TRY(xs_check_target(subject, target, err));
    if (!(subject->family->provides & XS_PREDICTS))
        return xs_fail(err, XSNR_ERR_UNSUPPORTED,
                       "family %s cannot predict texts without some of their words", subject->family->name);
    *game = (xs_game){.subject = subject, .doc = doc, .target = target, .scratch = scratch};
    bool deletes = strcmp(xs_settings_choice(settings, "removal"), "delete") == 0;
    game->removal = deletes ? XS_REMOVE_DELETE : XS_REMOVE_MASK;
    game->probability = strcmp(xs_settings_choice(settings, "output"), "probability") == 0;
    return XSNR_OK;
}

// The model's answers to `count` masks (count, n_words), as values of the game.
static int ask(xs_game *game, const uint8_t *present, size_t count, double *value, xsnr_error *err) {
    const xs_subject *s = game->subject;
    size_t classes = (size_t)s->classes;
    double *logits = XS_ARENA_ARRAY(game->scratch, double, count *classes); // (count, C)
    double *p = XS_ARENA_ARRAY(game->scratch, double, classes);             // (C)
    if (!logits || !p) return xs_nomem(err);
    XS_TRY(s->family->predict(s->shared, s->model, game->doc, present, count, game->removal, game->scratch,
                              logits, err));
    game->evaluations += (int64_t)count;
    for (size_t i = 0; i < count; i++) {
        const double *row = logits + i * classes;
        for (size_t c = 0; c < classes; c++)
            if (!isfinite(row[c])) return xs_not_finite(game->doc, "a logit of the model", row[c], err);
        value[i] = row[game->target];
        if (!game->probability) continue;
        xs_probabilities(s->family->link(s->shared), s->classes, row, p);
        value[i] = p[game->target];
    }
    return XSNR_OK;
}

int xs_game_play(xs_game *game, size_t first, size_t count, xs_coalition_fn *coalition, const void *context,
                 double *value, xsnr_error *err) {
    size_t words = game->doc->n_words, batch = words ? MOST_MASK_BYTES / words : MOST_MASKS;
    if (batch > MOST_MASKS) batch = MOST_MASKS;
    if (batch > count) batch = count;
    if (batch < 1) batch = 1;
    xs_arena_mark start = xs_arena_save(game->scratch);
    uint8_t *present = xs_arena_array(game->scratch, batch, words ? words : 1); // (batch, n_words)
    int rc = present ? XSNR_OK : xs_nomem(err);
    for (size_t done = 0; rc == XSNR_OK && done < count; done += batch) {
        size_t n = count - done < batch ? count - done : batch;
        memset(present, 0, n * words);
        for (size_t i = 0; i < n; i++) coalition(context, first + done + i, present + i * words);
        xs_arena_mark mark = xs_arena_save(game->scratch);
        rc = ask(game, present, n, value + done, err);
        xs_arena_rewind(game->scratch, mark);
    }
    xs_arena_rewind(game->scratch, start);
    return rc;
}

static void nobody_or_everybody(const void *context, size_t index, uint8_t *present) {
    const xs_document *doc = context;
    memset(present, index ? 1 : 0, doc->n_words);
}

int xs_game_ends(xs_game *game, double *empty, double *full, xsnr_error *err) {
    double value[2];
    XS_TRY(xs_game_play(game, 0, 2, nobody_or_everybody, game->doc, value, err));
    *empty = value[0];
    *full = value[1];
    return XSNR_OK;
}
