// The vocabulary of a WordPiece tokenizer, by merging pairs as Hugging Face's WordPieceTrainer does.
//
// Every word begins as its characters, those inside it with the prefix ("##"); the pair of neighbours that
// occurs most often becomes a token, everywhere, until the vocabulary is full or no pair occurs twice.  Of pairs
// that occur equally often the one whose tokens come first by their bytes is taken, left before right.
// Counts are kept up to date at the words a merge touches; the heap holds (count, pair) that may be out of date:
// counts only shrink without a new entry, so the top is either right or put back with what it has now.
// The alphabet is at most the 1,000 most frequent characters (in both roles); words with others stay outside.
#include "base/alloc.h"
#include "text/tokenizer_train_parts.h"
#include "text/utf8.h"
#include <stdlib.h>
#include <string.h>

#define ALPHABET 1000u

typedef struct pair {
    uint32_t left, right; // tokens
    int64_t count;
    uint32_t *words; // (n) in which it was seen; may be there no more
    uint32_t n, capacity;
} pair;

typedef struct entry {
    int64_t count;
    uint32_t pair;
} entry;

typedef struct trainer {
    const xs_word_counts *words;
    xs_intern tokens;  // numbered as they came up
    uint32_t **symbol; // (words) tokens of each word, in the arena
    uint32_t *length;  // (words)
    pair *pairs;       // (n_pairs)
    uint32_t n_pairs, pair_room;
    uint32_t *slot; // (slots) 1 + pair
    uint32_t slots;
    entry *heap; // (waiting)
    size_t waiting, heap_room;
    xs_arena arena;
} trainer;

static int compare_tokens(const trainer *t, uint32_t a, uint32_t b) { return strcmp(t->tokens.text[a], t->tokens.text[b]); }

static bool comes_first(const trainer *t, entry a, entry b) {
    if (a.count != b.count) return a.count > b.count;
    const pair *p = &t->pairs[a.pair], *q = &t->pairs[b.pair];
    int order = compare_tokens(t, p->left, q->left);
    return order ? order < 0 : compare_tokens(t, p->right, q->right) < 0;
}

static int push(trainer *t, entry e) {
    if (t->waiting == t->heap_room) {
        size_t room = t->heap_room ? t->heap_room * 2 : 4096;
        entry *heap = xs_realloc_array(t->heap, room, sizeof *heap);
        if (!heap) return XSNR_ERR_NOMEM;
        t->heap = heap;
        t->heap_room = room;
    }
    size_t i = t->waiting++;
    for (; i && comes_first(t, e, t->heap[(i - 1) / 2]); i = (i - 1) / 2) t->heap[i] = t->heap[(i - 1) / 2];
    t->heap[i] = e;
    return XSNR_OK;
}

static entry pop(trainer *t) {
    entry top = t->heap[0], last = t->heap[--t->waiting];
    size_t i = 0;
    for (size_t k; (k = 2 * i + 1) < t->waiting; i = k) {
        if (k + 1 < t->waiting && comes_first(t, t->heap[k + 1], t->heap[k])) k++;
        if (!comes_first(t, t->heap[k], last)) break;
        t->heap[i] = t->heap[k];
    }
    if (t->waiting) t->heap[i] = last;
    return top;
}

static uint32_t slot_of(const trainer *t, uint32_t left, uint32_t right) {
    uint32_t i = (uint32_t)((((uint64_t)left << 32 | right) * 0x9E3779B97F4A7C15u) >> 32) & (t->slots - 1);
    while (t->slot[i] && !(t->pairs[t->slot[i] - 1].left == left && t->pairs[t->slot[i] - 1].right == right))
        i = (i + 1) & (t->slots - 1);
    return i;
}

static int grow_slots(trainer *t) {
    uint32_t *old = t->slot;
    t->slots = t->slots ? t->slots * 2 : 8192;
    t->slot = XS_NEW_ARRAY(uint32_t, t->slots);
    xs_free(old);
    if (!t->slot) return XSNR_ERR_NOMEM;
    for (uint32_t k = 0; k < t->n_pairs; k++) t->slot[slot_of(t, t->pairs[k].left, t->pairs[k].right)] = k + 1;
    return XSNR_OK;
}

static int find_pair(trainer *t, uint32_t left, uint32_t right, uint32_t *out) {
    if (t->n_pairs >= t->slots / 2) XS_TRY(grow_slots(t));
    uint32_t *slot = &t->slot[slot_of(t, left, right)];
    if (!*slot) {
        if (t->n_pairs == t->pair_room) {
            uint32_t room = t->pair_room ? t->pair_room * 2 : 4096;
            pair *pairs = xs_realloc_array(t->pairs, room, sizeof *pairs);
            if (!pairs) return XSNR_ERR_NOMEM;
            t->pairs = pairs;
            t->pair_room = room;
        }
        t->pairs[t->n_pairs++] = (pair){.left = left, .right = right};
        *slot = t->n_pairs;
    }
    *out = *slot - 1;
    return XSNR_OK;
}

// The pair is seen `by` times more in a word; less, and the word stays in its list.
static int change(trainer *t, uint32_t left, uint32_t right, uint32_t word, int64_t by, uint32_t *changed) {
    uint32_t k;
    XS_TRY(find_pair(t, left, right, &k));
    pair *p = &t->pairs[k];
    p->count += by;
    if (changed) *changed = k;
    if (by < 0 || (p->n && p->words[p->n - 1] == word)) return XSNR_OK;
    if (p->n == p->capacity) {
        uint32_t capacity = p->capacity ? p->capacity * 2 : 4;
        uint32_t *words = xs_realloc_array(p->words, capacity, sizeof *words);
        if (!words) return XSNR_ERR_NOMEM;
        p->words = words;
        p->capacity = capacity;
    }
    p->words[p->n++] = word;
    return XSNR_OK;
}

// ---- the alphabet ------------------------------------------------------------------------------------------
// The character at *i of a word as a token; its number, XS_NOT_INTERNED: not there, or no memory if adding.
static uint32_t character(trainer *t, const char *word, uint32_t *i, uint32_t n, bool add) {
    char token[8] = "##";
    uint32_t start = *i;
    xs_utf8_next(word, i, n);
    memcpy(token + 2, word + start, *i - start);
    const char *from = start ? token : token + 2;
    size_t size = *i - start + (start ? 2u : 0u);
    return add ? xs_intern_add(&t->tokens, from, size) : xs_intern_find(&t->tokens, from, size);
}

typedef struct letter {
    const char *text;
    uint64_t count;
} letter;

static int by_count(const void *a, const void *b) {
    const letter *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return strcmp(x->text, y->text);
}
static int by_text(const void *a, const void *b) { return strcmp(((const letter *)a)->text, ((const letter *)b)->text); }

// Leaves in t->tokens the characters that are kept, by their bytes.
static int find_alphabet(trainer *t, uint32_t most, json_t *vocabulary, uint32_t *id) {
    const xs_intern *words = &t->words->words;
    uint64_t *count = NULL;
    size_t room = 0;
    int rc = XSNR_OK;
    for (uint32_t w = 0; w < words->count && rc == XSNR_OK; w++)
        for (uint32_t i = 0; i < words->length[w] && rc == XSNR_OK;) {
            uint32_t k = character(t, words->text[w], &i, words->length[w], true);
            if (k == XS_NOT_INTERNED) {
                rc = XSNR_ERR_NOMEM;
                break;
            }
            if (k >= room) {
                size_t more = room ? room * 2 : 1024;
                uint64_t *grown = xs_realloc_array(count, more, sizeof *grown);
                if (!grown) {
                    rc = XSNR_ERR_NOMEM;
                    break;
                }
                memset(grown + room, 0, (more - room) * sizeof *grown);
                count = grown;
                room = more;
            }
            count[k] += t->words->count[w];
        }
    uint32_t n = t->tokens.count, kept = n < most ? n : most;
    letter *letters = rc == XSNR_OK ? XS_NEW_ARRAY(letter, n) : NULL;
    xs_intern old = t->tokens;
    t->tokens = (xs_intern){0};
    if (!letters) rc = XSNR_ERR_NOMEM;
    for (uint32_t k = 0; rc == XSNR_OK && k < n; k++) letters[k] = (letter){old.text[k], count[k]};
    if (rc == XSNR_OK) {
        qsort(letters, n, sizeof *letters, by_count);
        qsort(letters, kept, sizeof *letters, by_text);
    }
    for (uint32_t k = 0; rc == XSNR_OK && k < kept; k++)
        if (xs_intern_add(&t->tokens, letters[k].text, strlen(letters[k].text)) == XS_NOT_INTERNED ||
            json_object_set_new(vocabulary, letters[k].text, json_integer((*id)++)) < 0)
            rc = XSNR_ERR_NOMEM;
    xs_intern_free(&old);
    xs_free(letters);
    xs_free(count);
    return rc;
}

// ---- merging -----------------------------------------------------------------------------------------------
static int spell(trainer *t) {
    const xs_intern *words = &t->words->words;
    t->symbol = XS_ARENA_ARRAY(&t->arena, uint32_t *, words->count);
    t->length = XS_ARENA_ARRAY(&t->arena, uint32_t, words->count);
    if (!t->symbol || !t->length) return XSNR_ERR_NOMEM;
    for (uint32_t k = 0; k < words->count; k++) {
        uint32_t w = t->words->order[k], n = 0, size = words->length[w];
        uint32_t *symbol = t->symbol[w] = xs_arena_alloc(&t->arena, size * sizeof *symbol);
        if (!symbol) return XSNR_ERR_NOMEM;
        for (uint32_t i = 0; i < size;)
            if ((symbol[n++] = character(t, words->text[w], &i, size, false)) == XS_NOT_INTERNED) {
                n = 0;
                break;
            }
        t->length[w] = n;
        for (uint32_t i = 0; i + 1 < n; i++)
            XS_TRY(change(t, symbol[i], symbol[i + 1], w, (int64_t)t->words->count[w], NULL));
    }
    for (uint32_t k = 0; k < t->n_pairs; k++) XS_TRY(push(t, (entry){t->pairs[k].count, k}));
    return XSNR_OK;
}

// The two tokens as one, without the prefix of the second.
static uint32_t join(trainer *t, const pair *p, xs_str *text) {
    text->length = 0;
    xs_str_put(text, t->tokens.text[p->left]);
    xs_str_put(text, t->tokens.text[p->right] + 2);
    return xs_str_failed(text) ? XS_NOT_INTERNED : xs_intern_add(&t->tokens, text->data, text->length);
}

// Merges a pair in a word; pairs with the new token go to the heap.
static int merge_in_word(trainer *t, uint32_t w, uint32_t left, uint32_t right, uint32_t made) {
    uint32_t *s = t->symbol[w], n = t->length[w], kept = 0;
    int64_t count = (int64_t)t->words->count[w];
    bool any = false;
    for (uint32_t i = 0; i + 1 < n && !any; i++) any = s[i] == left && s[i + 1] == right;
    if (!any) return XSNR_OK;
    for (uint32_t i = 0; i + 1 < n; i++) XS_TRY(change(t, s[i], s[i + 1], w, -count, NULL));
    for (uint32_t i = 0; i < n; kept++) {
        bool both = i + 1 < n && s[i] == left && s[i + 1] == right;
        s[kept] = both ? made : s[i];
        i += both ? 2 : 1;
    }
    t->length[w] = kept;
    for (uint32_t i = 0; i + 1 < kept; i++) {
        uint32_t k;
        XS_TRY(change(t, s[i], s[i + 1], w, count, &k));
        if (s[i] == made || s[i + 1] == made) XS_TRY(push(t, (entry){t->pairs[k].count, k}));
    }
    return XSNR_OK;
}

static int merge_all(trainer *t, uint32_t size, json_t *vocabulary, uint32_t *id) {
    xs_str text = {0};
    int rc = XSNR_OK;
    while (rc == XSNR_OK && *id < size && t->waiting) {
        entry top = pop(t);
        pair p = t->pairs[top.pair];
        if (p.count != top.count) {
            if (p.count > 1 && p.count < top.count) rc = push(t, (entry){p.count, top.pair});
            continue;
        }
        if (p.count < 2) break;
        uint32_t had = t->tokens.count, made = join(t, &p, &text);
        if (made == XS_NOT_INTERNED || (made == had && json_object_set_new(vocabulary, t->tokens.text[made], json_integer((*id)++)) < 0))
            rc = XSNR_ERR_NOMEM;
        t->pairs[top.pair].words = NULL; // its words are walked here, and a new list may be begun for it meanwhile
        t->pairs[top.pair].n = t->pairs[top.pair].capacity = 0;
        for (uint32_t i = 0; i < p.n && rc == XSNR_OK; i++) rc = merge_in_word(t, p.words[i], p.left, p.right, made);
        xs_free(p.words);
    }
    xs_str_free(&text);
    return rc;
}

int xs_train_wordpiece(const xs_word_counts *words, uint32_t n_special, uint32_t size, json_t *vocabulary,
                       xsnr_error *err) {
    trainer t = {.words = words};
    uint32_t id = n_special, room = size - n_special;
    int rc = find_alphabet(&t, room < ALPHABET ? room : ALPHABET, vocabulary, &id);
    if (rc == XSNR_OK) rc = spell(&t);
    if (rc == XSNR_OK) rc = merge_all(&t, size, vocabulary, &id);
    for (uint32_t k = 0; k < t.n_pairs; k++) xs_free(t.pairs[k].words);
    xs_free(t.pairs);
    xs_free(t.slot);
    xs_free(t.heap);
    xs_intern_free(&t.tokens);
    xs_arena_free(&t.arena);
    return rc < 0 ? xs_nomem(err) : rc;
}
