// Unigram: the cut of a piece into tokens with the highest sum of scores (log-probabilities), by Viterbi.
//
// A character that no token of one character covers costs the lowest score less 10 and is unknown; adjacent
// unknown ones become one token.  Of equal sums the one found first stays: tokens are tried from left to right
// and from short to long, as in Hugging Face's library, whose results these are.
#include "text/tokenizer_parts.h"
#include "text/utf8.h"

#define UNKNOWN_PENALTY 10.0

typedef struct node {
    double score;   // of the best cut that ends before this character
    uint32_t start; // of its last token; UINT32_MAX: none ends here yet
    int32_t id;     // −1: unknown
} node;

static void reach(node *to, double score, uint32_t start, int32_t id) {
    if (to->start == UINT32_MAX || score > to->score) *to = (node){score, start, id};
}

// best (n + 1)
static void search(const xs_token_model *model, const xs_char *c, uint32_t n, node *best) {
    for (uint32_t i = 0; i <= n; i++) best[i] = (node){0, UINT32_MAX, -1};
    for (uint32_t i = 0; i < n; i++) {
        const xs_trie_edge *edge;
        double here = best[i].score;
        bool single = false;
        for (uint32_t k = i, at = 0; k < n && (edge = xs_trie_step(&model->trie, at, c[k].c)); k++) {
            at = edge->child;
            if (edge->value < 0) continue;
            single |= k == i;
            reach(&best[k + 1], model->score[edge->value] + here, i, edge->value);
        }
        if (!single) reach(&best[i + 1], model->lowest - UNKNOWN_PENALTY + here, i, -1);
    }
}

static int32_t find(const xs_token_model *model, const xs_char *c, uint32_t n) {
    const xs_trie_edge *edge = NULL;
    for (uint32_t i = 0, at = 0; i < n; i++, at = edge->child)
        if (!(edge = xs_trie_step(&model->trie, at, c[i].c))) return -1;
    return edge ? edge->value : -1;
}

// Unknown characters: they may be a token all the same when fused, else their bytes, else the unknown token.
static int put_unknown(const xs_token_model *model, const xs_char *c, uint32_t n, xs_token_list *out, xsnr_error *err) {
    int32_t id = find(model, c, n);
    bool bytes = id < 0 && model->byte_fallback;
    for (int pass = 0; pass < 2 && bytes; pass++) // first: are all of them there?
        for (uint32_t i = 0; i < n && bytes; i++) {
            char byte[4];
            uint32_t size = (uint32_t)xs_utf8_put(c[i].c, byte);
            for (uint32_t b = 0; b < size && bytes; b++) {
                int32_t token = model->byte_id[(uint8_t)byte[b]];
                if (token < 0)
                    bytes = false;
                else if (pass)
                    XS_TRY(xs_token_list_put(out, (uint32_t)token, c[0].start, c[n - 1].end, false));
            }
        }
    if (bytes) return XSNR_OK;
    if (id < 0) id = model->unknown;
    if (id < 0)
        return xs_fail(err, XSNR_ERR_DATA, "the tokenizer has no token for U+%04X, and no unknown token",
                       (unsigned)c[0].c);
    return xs_token_list_put(out, (uint32_t)id, c[0].start, c[n - 1].end, false);
}

int xs_unigram(const xs_token_model *model, const xs_char *c, uint32_t n, xs_token_list *out, xsnr_error *err) {
    node *best = xs_arena_alloc(out->arena, ((size_t)n + 1) * sizeof *best);
    uint32_t *cut = xs_arena_alloc(out->arena, ((size_t)n + 1) * sizeof *cut); // ends of tokens, from the last
    if (!best || !cut) return xs_nomem(err);
    search(model, c, n, best);
    uint32_t cuts = 0;
    for (uint32_t end = n; end; end = best[end].start) cut[cuts++] = end;
    for (uint32_t start = 0; cuts--;) {
        uint32_t end = cut[cuts];
        int32_t id = best[end].id;
        bool unknown = id < 0 || id == model->unknown;
        while (unknown && model->fuse_unknown && cuts && (best[cut[cuts - 1]].id < 0 || best[cut[cuts - 1]].id == model->unknown))
            end = cut[--cuts];
        if (unknown)
            XS_TRY(put_unknown(model, c + start, end - start, out, err));
        else
            XS_TRY(xs_token_list_put(out, (uint32_t)id, c[start].start, c[end - 1].end, false));
        start = end;
    }
    return XSNR_OK;
}
