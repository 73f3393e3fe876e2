// Byte pair encoding: a word begins as its characters, and the pair that was merged first in training is merged
// first, the leftmost of equals, until no pair is left that training merged.
//
// As in Hugging Face's library: pairs wait in a heap by (rank, position); one that no longer stands where it
// stood is passed over.  A character that is not in the vocabulary becomes its bytes <0xNN> if all of them are
// tokens, else the unknown token (adjacent ones fused on request), else it vanishes.
//
// Most words of a text are tokens themselves, and merging their characters leads to that one token.  It need not: so
// the first time a word that is a token is met it is merged, and what came of it is remembered for that token.
#include "text/tokenizer_parts.h"
#include "base/alloc.h"
#include "text/utf8.h"
#include <string.h>
#include <unicode/utf8.h>

typedef struct symbol {
    uint32_t id;
    uint32_t bytes; // of the piece; 0: merged into the one before
    uint32_t before, next; // UINT32_MAX: none
} symbol;

typedef struct candidate {
    uint32_t rank, at, made;
} candidate;

typedef struct word {
    symbol *at; // (n)
    uint32_t n, capacity;
    candidate *heap; // (waiting)
    uint32_t waiting, room;
    xs_arena *arena;
} word;

static uint32_t slot_of(const xs_token_model *model, uint32_t left, uint32_t right) {
    uint64_t h = ((uint64_t)left << 32 | right) * 0x9E3779B97F4A7C15u;
    uint32_t i = (uint32_t)(h >> 32) & (model->merge_slots - 1);
    for (; model->merge_slot[i]; i = (i + 1) & (model->merge_slots - 1)) {
        const xs_merge *m = &model->merges[model->merge_slot[i] - 1];
        if (m->left == left && m->right == right) break;
    }
    return i;
}

static const xs_merge *find(const xs_token_model *model, uint32_t left, uint32_t right) {
    uint32_t k = model->merge_slots ? model->merge_slot[slot_of(model, left, right)] : 0;
    return k ? &model->merges[k - 1] : NULL;
}

int xs_bpe_index(xs_token_model *model, uint32_t ids) {
    if (!*model->prefix && !*model->suffix) {
        model->alone = XS_NEW_ARRAY(_Atomic unsigned char, ids);
        if (!model->alone) return XSNR_ERR_NOMEM;
    }
    uint32_t slots = 16;
    while (slots < 2 * (uint64_t)model->n_merges) slots *= 2;
    model->merge_slot = XS_NEW_ARRAY(uint32_t, slots);
    if (!model->merge_slot) return XSNR_ERR_NOMEM;
    model->merge_slots = slots;
    for (uint32_t k = 0; k < model->n_merges; k++)
        model->merge_slot[slot_of(model, model->merges[k].left, model->merges[k].right)] = k + 1;
    return XSNR_OK;
}

static void *grown(xs_arena *arena, const void *old, uint32_t n, uint32_t *capacity, size_t size) {
    *capacity = *capacity ? *capacity * 2 : 64;
    void *at = xs_arena_alloc(arena, *capacity * size);
    if (at && n) memcpy(at, old, n * size);
    return at;
}

static int add(word *w, uint32_t id, uint32_t bytes) {
    if (w->n == w->capacity && !(w->at = grown(w->arena, w->at, w->n, &w->capacity, sizeof *w->at)))
        return XSNR_ERR_NOMEM;
    w->at[w->n] = (symbol){id, bytes, w->n ? w->n - 1 : UINT32_MAX, UINT32_MAX};
    if (w->n) w->at[w->n - 1].next = w->n;
    w->n++;
    return XSNR_OK;
}

static bool comes_first(candidate a, candidate b) { return a.rank != b.rank ? a.rank < b.rank : a.at < b.at; }

// Puts the pair at `at` with its right neighbour into the heap, if training merged it.
static int wait(word *w, const xs_token_model *model, uint32_t at) {
    uint32_t next = at == UINT32_MAX ? UINT32_MAX : w->at[at].next;
    const xs_merge *m = next == UINT32_MAX ? NULL : find(model, w->at[at].id, w->at[next].id);
    if (!m) return XSNR_OK;
    if (w->waiting == w->room && !(w->heap = grown(w->arena, w->heap, w->waiting, &w->room, sizeof *w->heap)))
        return XSNR_ERR_NOMEM;
    candidate c = {m->rank, at, m->made};
    uint32_t i = w->waiting++;
    for (; i && comes_first(c, w->heap[(i - 1) / 2]); i = (i - 1) / 2) w->heap[i] = w->heap[(i - 1) / 2];
    w->heap[i] = c;
    return XSNR_OK;
}

static candidate take(word *w) {
    candidate top = w->heap[0], last = w->heap[--w->waiting];
    uint32_t i = 0;
    for (uint32_t k; (k = 2 * i + 1) < w->waiting; i = k) {
        if (k + 1 < w->waiting && comes_first(w->heap[k + 1], w->heap[k])) k++;
        if (!comes_first(w->heap[k], last)) break;
        w->heap[i] = w->heap[k];
    }
    if (w->waiting) w->heap[i] = last;
    return top;
}

static int merge(word *w, const xs_token_model *model) {
    for (uint32_t i = 0; i < w->n; i++) XS_TRY(wait(w, model, i));
    while (w->waiting) {
        candidate c = take(w);
        symbol *left = &w->at[c.at];
        if (!left->bytes || left->next == UINT32_MAX) continue;
        symbol *right = &w->at[left->next];
        const xs_merge *m = find(model, left->id, right->id);
        if (!m || m->made != c.made) continue;
        left->id = c.made;
        left->bytes += right->bytes;
        right->bytes = 0;
        left->next = right->next;
        if (left->next != UINT32_MAX) w->at[left->next].before = c.at;
        XS_TRY(wait(w, model, left->before));
        XS_TRY(wait(w, model, c.at));
    }
    return XSNR_OK;
}

static const xs_trie_edge *walk(const xs_token_model *model, uint32_t node, const char *text,
                                const xs_trie_edge *edge) {
    for (uint32_t i = 0, n = (uint32_t)strlen(text); i < n;) {
        edge = xs_trie_step(&model->trie, node, xs_utf8_next(text, &i, n));
        if (!edge) return NULL;
        node = edge->child;
    }
    return edge;
}

// The token that character i of n is by itself, −1: none.
static int32_t single(const xs_token_model *model, const xs_char *c, uint32_t i, uint32_t n) {
    const xs_trie_edge *edge = NULL;
    if (i && *model->prefix && !(edge = walk(model, 0, model->prefix, NULL))) return -1;
    edge = xs_trie_step(&model->trie, edge ? edge->child : 0, c[i].c);
    if (edge && i + 1 == n) edge = walk(model, edge->child, model->suffix, edge);
    return edge ? edge->value : -1;
}

// The bytes of a character as tokens; false: not all of them are there.
static bool has_bytes(const xs_token_model *model, const char *bytes, uint32_t n) {
    for (uint32_t b = 0; b < n; b++)
        if (model->byte_id[(uint8_t)bytes[b]] < 0) return false;
    return true;
}

static int spell(word *w, const xs_token_model *model, const xs_char *c, uint32_t n) {
    uint32_t unknown = 0; // bytes of unknown characters that wait to be added
    for (uint32_t i = 0; i < n; i++) {
        char bytes[4];
        uint32_t size = (uint32_t)xs_utf8_put(c[i].c, bytes);
        int32_t id = single(model, c, i, n);
        if (id >= 0) {
            if (unknown) XS_TRY(add(w, (uint32_t)model->unknown, unknown));
            unknown = 0;
            XS_TRY(add(w, (uint32_t)id, size));
        } else if (model->byte_fallback && has_bytes(model, bytes, size)) {
            for (uint32_t b = 0; b < size; b++) XS_TRY(add(w, (uint32_t)model->byte_id[(uint8_t)bytes[b]], 1));
        } else if (model->unknown >= 0) {
            if (unknown && !model->fuse_unknown) {
                XS_TRY(add(w, (uint32_t)model->unknown, unknown));
                unknown = 0;
            }
            unknown += size;
        }
    }
    return unknown ? add(w, (uint32_t)model->unknown, unknown) : XSNR_OK;
}

// The whole piece as one token, −1: it is none.
static int32_t whole(const xs_token_model *model, const xs_char *c, uint32_t n) {
    const xs_trie_edge *edge = NULL;
    for (uint32_t i = 0, node = 0; i < n; i++, node = edge->child)
        if (!(edge = xs_trie_step(&model->trie, node, c[i].c))) return -1;
    return edge ? edge->value : -1;
}

// What is remembered of a token: nothing yet; its characters merge to it; they do not.
enum { UNKNOWN, ALONE, PARTED };

static void remember(_Atomic unsigned char *of, const word *w, int32_t id) {
    bool alone = w->n && w->at[0].id == (uint32_t)id && w->at[0].next == UINT32_MAX;
    atomic_store_explicit(of, alone ? ALONE : PARTED, memory_order_relaxed); // whoever comes next finds the same
}

int xs_bpe(const xs_token_model *model, const xs_char *c, uint32_t n, xs_token_list *out) {
    int32_t id = model->ignore_merges || model->alone ? whole(model, c, n) : -1;
    int known = id >= 0 && model->alone ? atomic_load_explicit(&model->alone[id], memory_order_relaxed) : UNKNOWN;
    if (id >= 0 && (model->ignore_merges || known == ALONE))
        return xs_token_list_put(out, (uint32_t)id, c[0].start, c[n - 1].end, false);
    word w = {.arena = out->arena};
    XS_TRY(spell(&w, model, c, n));
    XS_TRY(merge(&w, model));
    if (id >= 0 && model->alone && known == UNKNOWN) remember(&model->alone[id], &w, id);
    // Bytes of symbols to characters: `i` is the character that holds byte `at` of the piece, `end` its end.
    uint32_t at = 0, i = 0, end = (uint32_t)U8_LENGTH(c[0].c);
    for (uint32_t k = 0; k < w.n; k++) {
        if (!w.at[k].bytes) continue;
        for (; end <= at && i + 1 < n; end += (uint32_t)U8_LENGTH(c[i].c)) i++;
        uint32_t start = c[i].start;
        at += w.at[k].bytes;
        for (; end < at && i + 1 < n; end += (uint32_t)U8_LENGTH(c[i].c)) i++;
        XS_TRY(xs_token_list_put(out, w.at[k].id, start, c[i].end, false));
    }
    return XSNR_OK;
}
