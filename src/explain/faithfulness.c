// Comprehensiveness and sufficiency; formulas in faithfulness.h.
#include "explain/faithfulness.h"
#include "explain/game.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

const double xs_faith_share[XS_FAITH_SHARES] = {0.01, 0.05, 0.10, 0.20, 0.50};

typedef struct ranking {
    uint32_t *rank; // (n_words) of each word, 0 is the highest score; NULL: no ranking
} ranking;

typedef struct question {
    const ranking *rankings;
    uint32_t n_words;
} question;

typedef struct scored {
    double score;
    uint32_t word;
} scored;

static int by_score(const void *a_, const void *b_) {
    const scored *a = a_, *b = b_;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    return a->word < b->word ? -1 : a->word > b->word;
}

static int rank_words(const double *scores, uint32_t n, xs_arena *scratch, ranking *out, xsnr_error *err) {
    scored *list = XS_ARENA_ARRAY(scratch, scored, n);
    out->rank = XS_ARENA_ARRAY(scratch, uint32_t, n);
    if (!list || !out->rank) return xs_nomem(err);
    for (uint32_t w = 0; w < n; w++) list[w] = (scored){scores[w], w};
    qsort(list, n, sizeof *list, by_score);
    for (uint32_t r = 0; r < n; r++) out->rank[list[r].word] = r;
    return XSNR_OK;
}

static uint32_t top(double share, uint32_t n) { return (uint32_t)ceil(share * n - 1e-9); } // 0.05 × 20 is 1, not 2

// Question 0 is the whole text; then, of each ranking and share, the text without the top, and the top alone.
static void coalition(const void *context, size_t index, uint8_t *present) {
    const question *q = context;
    if (index == 0) {
        memset(present, 1, q->n_words);
        return;
    }
    size_t i = (index - 1) / (2 * XS_FAITH_SHARES), share = (index - 1) / 2 % XS_FAITH_SHARES;
    bool alone = (index - 1) % 2;
    const uint32_t *rank = q->rankings[i].rank;
    uint32_t most = top(xs_faith_share[share], q->n_words);
    for (uint32_t w = 0; w < q->n_words; w++) present[w] = !rank || (rank[w] < most) == alone;
}

int xs_faithfulness_of(const xs_subject *subject, const xs_document *doc, int target, xs_removal removal,
                       const double *const *scores, size_t n, xs_arena *scratch, xs_faithfulness *out,
                       xsnr_error *err) {
    XS_TRY(xs_check_target(subject, target, err));
    xs_game game = {.subject = subject, .doc = doc, .target = target, .removal = removal, .probability = true, .scratch = scratch};
    xs_arena_mark start = xs_arena_save(scratch);
    size_t questions = 1 + n * 2 * XS_FAITH_SHARES;
    ranking *rankings = XS_ARENA_ARRAY(scratch, ranking, n);
    double *p = XS_ARENA_ARRAY(scratch, double, questions);
    int rc = rankings && p ? XSNR_OK : xs_nomem(err);
    for (size_t i = 0; rc == XSNR_OK && i < n; i++)
        if (scores[i]) rc = rank_words(scores[i], doc->n_words, scratch, &rankings[i], err);
    question q = {rankings, doc->n_words};
    if (rc == XSNR_OK) rc = xs_game_play(&game, 0, questions, coalition, &q, p, err);
    for (size_t i = 0; rc == XSNR_OK && i < n; i++)
        for (size_t k = 0; k < XS_FAITH_SHARES; k++) {
            const double *pair = p + 1 + 2 * (i * XS_FAITH_SHARES + k);
            out[i].comprehensiveness[k] = scores[i] ? (float)(p[0] - pair[0]) : NAN;
            out[i].sufficiency[k] = scores[i] ? (float)(p[0] - pair[1]) : NAN;
        }
    xs_arena_rewind(scratch, start);
    return rc;
}
