// Tokenizers: from a text to tokens, step by step, and what they say of themselves.
//
// As Hugging Face's library: (1) added tokens that are matched in the raw text are cut out, (2) each stretch
// between them is normalised, (3) added tokens that are matched in normalised text are cut out, (4) the rest is
// pre-tokenised and (5) each piece goes through the model; (6) the text's tokens are cut to the length asked
// for, and (7) the template is put around them.
#include "text/tokenizer.h"
#include "base/alloc.h"
#include "base/file.h"
#include "text/tokenizer_train_parts.h"
#include "text/utf8.h"
#include <string.h>
#include <sys/stat.h>
#include <unicode/uchar.h>

// What a call of encode works on.
typedef struct encoding {
    const xs_tokenizer *t;
    xs_arena *arena;
    xs_token_list tokens;
    xsnr_error *err;
} encoding;

int xs_token_list_put(xs_token_list *list, uint32_t id, uint32_t start, uint32_t end, bool special) {
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * (size_t)list->capacity : 128;
        if (capacity > UINT32_MAX) return XSNR_ERR_NOMEM;
        xs_token *at = xs_arena_alloc(list->arena, capacity * sizeof *at);
        if (!at) return XSNR_ERR_NOMEM;
        if (list->n) memcpy(at, list->at, list->n * sizeof *at);
        list->at = at;
        list->capacity = (uint32_t)capacity;
    }
    list->at[list->n++] = (xs_token){.id = id, .start = start, .end = end, .special = special};
    return XSNR_OK;
}

static int tokenize(encoding *e, const xs_char *c, uint32_t n) {
    const xs_token_model *model = &e->t->model;
    int rc = XSNR_OK;
    switch (model->kind) {
    case XS_MODEL_WORDPIECE: rc = xs_wordpiece(model, c, n, &e->tokens); break;
    case XS_MODEL_BPE: rc = xs_bpe(model, c, n, &e->tokens); break;
    case XS_MODEL_UNIGRAM: return xs_unigram(model, c, n, &e->tokens, e->err);
    }
    return rc < 0 ? xs_nomem(e->err) : rc;
}

// Steps 4 and 5 on normalised characters.  `origin`: where in the text they begin.
static int encode_words(encoding *e, xs_chars text, uint32_t origin) {
    xs_pieces pieces = {.arena = e->arena};
    if (xs_pieces_put(&pieces, 0, text.n, origin) < 0 ||
        xs_pretokenize(e->t->pretokenizers, e->t->n_pretokenizers, &text, &pieces) < 0)
        return xs_nomem(e->err);
    for (uint32_t i = 0; i < pieces.n; i++) XS_TRY(tokenize(e, text.at + pieces.at[i].first, pieces.at[i].n));
    return XSNR_OK;
}

static bool is_word(int32_t c) {
    return u_isUAlphabetic(c) || (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) ||
           u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL);
}

typedef struct match {
    const xs_added_token *token;
    uint32_t first, end; // characters, with the white space that the token takes in
} match;

// The first added token at or after `from`: the longest of those that begin there.
static bool next_added(const encoding *e, const xs_trie *trie, const xs_chars *text, uint32_t from, match *m) {
    const uint64_t *begins = e->t->added_begins;
    for (uint32_t i = from; trie->edge && i < text->n; i++) {
        if (!(begins[text->at[i].c >> 6 & 3] >> (text->at[i].c & 63) & 1)) continue;
        const xs_trie_edge *edge, *best = NULL;
        uint32_t end = i;
        for (uint32_t k = i, node = 0; k < text->n && (edge = xs_trie_step(trie, node, text->at[k].c)); k++) {
            node = edge->child;
            if (edge->value < 0) continue;
            best = edge;
            end = k + 1;
        }
        if (!best) continue;
        *m = (match){&e->t->added[best->value], i, end};
        if (m->token->single_word &&
            ((i && is_word(text->at[i - 1].c)) || (end < text->n && is_word(text->at[end].c)))) {
            i = end - 1;
            continue;
        }
        if (m->token->left_strip)
            while (m->first > from && xs_is_space(text->at[m->first - 1].c)) m->first--;
        if (m->token->right_strip)
            while (m->end < text->n && xs_is_space(text->at[m->end].c)) m->end++;
        return true;
    }
    return false;
}

typedef int stretch_fn(encoding *e, xs_chars text, uint32_t origin);

// Cuts added tokens out; what lies between goes to `between`.
static int encode_added(encoding *e, const xs_trie *trie, xs_chars text, uint32_t origin, stretch_fn *between) {
    uint32_t from = 0;
    match m = {0};
    while (next_added(e, trie, &text, from, &m)) {
        xs_chars stretch = {text.at + from, m.first - from, m.first - from, e->arena};
        if (stretch.n) XS_TRY(between(e, stretch, from ? stretch.at[0].start : origin));
        if (xs_token_list_put(&e->tokens, m.token->id, text.at[m.first].start, text.at[m.end - 1].end, false) < 0)
            return xs_nomem(e->err);
        from = m.end;
    }
    xs_chars rest = {text.at + from, text.n - from, text.n - from, e->arena};
    return rest.n ? between(e, rest, from ? rest.at[0].start : origin) : XSNR_OK;
}

// Steps 2 and 3.
static int encode_stretch(encoding *e, xs_chars text, uint32_t origin) {
    XS_TRY(xs_normalize_text(e->t->normalizers, e->t->n_normalizers, &text, e->err));
    return text.n ? encode_added(e, &e->t->added_normalized, text, origin, encode_words) : XSNR_OK;
}

static int decode(const char *text, uint32_t size, xs_chars *out) {
    XS_TRY(xs_chars_reserve(out, (size_t)size + 1)); // one more: an empty text has an address, too
    for (uint32_t i = 0; i < size;) {
        uint32_t start = i;
        int32_t c = (unsigned char)text[i];
        if (c < 0x80)
            i++;
        else
            c = xs_utf8_next(text, &i, size);
        xs_chars_put(out, c, start, i);
    }
    return XSNR_OK;
}

static bool is_blank(int32_t c) { return c == xs_byte_char(' ') || xs_is_space(c); }

// Byte-level models: white space at the ends of a token is left out of its offsets.
static void trim(const xs_tokenizer *t, const char *text, xs_token *token, bool first) {
    uint32_t string = t->vocabulary.string[token->id];
    const char *s = t->vocabulary.strings.text[string - 1];
    uint32_t n = t->vocabulary.strings.length[string - 1], leading = 0, trailing = 0;
    bool only = true;
    for (uint32_t i = 0; i < n;) {
        bool blank = is_blank(xs_utf8_next(s, &i, n));
        leading += blank && only;
        only &= blank;
        trailing = blank ? trailing + 1 : 0;
    }
    if (leading && (first || !token->start) && t->wrap.trim_prefix_space) leading--;
    for (; leading && token->start < token->end; leading--) xs_utf8_next(text, &token->start, token->end);
    for (; trailing && token->end > token->start; trailing--)
        do token->end--;
        while (token->end > token->start && ((unsigned char)text[token->end] & 0xC0) == 0x80);
}

// Offsets in code points from those in bytes.
static int count_code_points(const char *text, uint32_t size, xs_token *token, uint32_t n, bool ascii, xs_arena *arena) {
    for (uint32_t i = 0; i < n && ascii; i++) token[i].cp_start = token[i].start, token[i].cp_end = token[i].end;
    if (ascii) return XSNR_OK;
    uint32_t *before = xs_arena_alloc(arena, ((size_t)size + 1) * sizeof *before); // code points before each byte
    if (!before) return XSNR_ERR_NOMEM;
    before[0] = 0;
    for (uint32_t i = 0; i < size; i++) before[i + 1] = before[i] + (((unsigned char)text[i] & 0xC0) != 0x80);
    for (uint32_t i = 0; i < n; i++) {
        token[i].cp_start = before[token[i].start];
        token[i].cp_end = before[token[i].end];
    }
    return XSNR_OK;
}

// Steps 6 and 7.  The arena is rewound first: the tokens found lie in memory that it still owns and that nobody
// has written to, and move to its front.
static int finish(encoding *e, xs_arena_mark mark, uint32_t most, xs_tokens *out) {
    const xs_template *wrap = &e->t->wrap;
    uint32_t around = wrap->n_before + wrap->n_after, kept = e->tokens.n;
    if (most && most < around)
        return xs_fail(e->err, XSNR_ERR_CONFIG, "at most %u tokens are asked for, and the template alone has %u", most,
                       around);
    if (most && kept > most - around) kept = most - around;
    xs_arena_rewind(e->arena, mark);
    xs_token *token = xs_arena_alloc(e->arena, ((size_t)kept + around) * sizeof *token);
    if (!token) return xs_nomem(e->err);
    if (kept) memmove(token + wrap->n_before, e->tokens.at, kept * sizeof *token);
    for (uint32_t i = 0; i < wrap->n_before; i++) token[i] = (xs_token){.id = wrap->before[i], .special = true};
    for (uint32_t i = 0; i < wrap->n_after; i++)
        token[wrap->n_before + kept + i] = (xs_token){.id = wrap->after[i], .special = true};
    *out = (xs_tokens){token, kept + around, e->tokens.n - kept};
    return XSNR_OK;
}

int xs_tokenizer_encode(const xs_tokenizer *t, const char *text, size_t size, uint32_t most, xs_arena *arena,
                        xs_tokens *out, xsnr_error *err) {
    *out = (xs_tokens){0};
    if (size > XS_TEXT_LIMIT)
        return xs_fail(err, XSNR_ERR_DATA, "the text has %zu bytes; it may have at most %u", size, XS_TEXT_LIMIT);
    xs_arena_mark mark = xs_arena_save(arena);
    encoding e = {t, arena, {.arena = arena}, err};
    xs_chars chars = {.arena = arena};
    int rc = decode(text, (uint32_t)size, &chars) < 0 ? xs_nomem(err) : XSNR_OK;
    if (rc == XSNR_OK) rc = encode_added(&e, &t->added_raw, chars, 0, encode_stretch);
    for (uint32_t i = 0; rc == XSNR_OK && t->wrap.trim && i < e.tokens.n; i++)
        trim(t, text, &e.tokens.at[i], i == 0);
    if (rc == XSNR_OK && count_code_points(text, (uint32_t)size, e.tokens.at, e.tokens.n, chars.n == size, arena) < 0)
        rc = xs_nomem(err);
    if (rc == XSNR_OK) rc = finish(&e, mark, most, out);
    if (rc < 0) xs_arena_rewind(arena, mark);
    return rc;
}

// ---- what it says of itself --------------------------------------------------------------------------------
uint32_t xs_tokenizer_size(const xs_tokenizer *t) { return t->vocabulary.size; }

const char *xs_tokenizer_token(const xs_tokenizer *t, uint32_t id) {
    const xs_vocabulary *v = &t->vocabulary;
    return id < v->size && v->string[id] ? v->strings.text[v->string[id] - 1] : NULL;
}

int64_t xs_tokenizer_id(const xs_tokenizer *t, const char *token) {
    uint32_t k = xs_intern_find(&t->vocabulary.strings, token, strlen(token));
    return k == XS_NOT_INTERNED ? -1 : (int64_t)t->vocabulary.id[k];
}

// The first of the names that is a token.
static int32_t role(const xs_tokenizer *t, const char *const *names) {
    int64_t id = -1;
    for (; *names && id < 0; names++) id = xs_tokenizer_id(t, *names);
    return (int32_t)id;
}

xs_token_roles xs_tokenizer_roles(const xs_tokenizer *t) {
    const xs_template *w = &t->wrap;
    xs_token_roles r = {.cls = role(t, (const char *[]){"[CLS]", "<s>", NULL}),
                        .sep = role(t, (const char *[]){"[SEP]", "</s>", NULL}),
                        .pad = role(t, (const char *[]){"[PAD]", "<pad>", NULL}),
                        .mask = role(t, (const char *[]){"[MASK]", "<mask>", NULL}),
                        .unknown = t->model.unknown};
    if (w->n_before) r.cls = (int32_t)w->before[0];
    if (w->n_after) r.sep = (int32_t)w->after[0];
    return r;
}

// ---- life --------------------------------------------------------------------------------------------------
int xs_tokenizer_parse(const char *bytes, size_t size, bool json, const char *path, xs_tokenizer **out,
                       xsnr_error *err) {
    *out = NULL;
    xs_tokenizer *t = XS_NEW(xs_tokenizer);
    if (!t) return xs_nomem(err);
    t->model.unknown = -1;
    for (int b = 0; b < 256; b++) t->model.byte_id[b] = -1;
    int rc = xs_utf8_require(bytes, size, path, err);
    if (rc == XSNR_OK)
        rc = json ? xs_tokenizer_parse_json(t, bytes, size, path, err)
                  : xs_tokenizer_parse_vocabulary(t, bytes, size, path, err);
    if (rc < 0) {
        xs_tokenizer_free(t);
        return rc;
    }
    *out = t;
    return XSNR_OK;
}

static int load_file(const char *path, xs_tokenizer **out, xsnr_error *err) {
    char *bytes;
    size_t size, n = strlen(path);
    XS_TRY(xs_file_read(path, &bytes, &size, err));
    int rc = xs_tokenizer_parse(bytes, size, n < 4 || strcmp(path + n - 4, ".txt") != 0, path, out, err);
    xs_free(bytes);
    return rc;
}

int xs_tokenizer_load(const char *path, xs_tokenizer **out, xsnr_error *err) {
    static const char *const names[] = {"tokenizer.json", "vocab.txt"};
    struct stat what;
    *out = NULL;
    if (stat(path, &what) != 0 || !S_ISDIR(what.st_mode)) return load_file(path, out, err);
    for (size_t i = 0; i < 2; i++) {
        xs_str file = {0};
        xs_str_printf(&file, "%s/%s", path, names[i]);
        char *name = xs_str_take(&file);
        if (!name) return xs_nomem(err);
        bool there = stat(name, &what) == 0;
        int rc = there ? load_file(name, out, err) : XSNR_OK;
        xs_free(name);
        if (there) return rc;
    }
    return xs_fail_at(err, XSNR_ERR_IO, path, 0, "this folder has no tokenizer.json and no vocab.txt");
}

void xs_tokenizer_free(xs_tokenizer *t) {
    if (!t) return;
    xs_intern_free(&t->vocabulary.strings);
    xs_free(t->vocabulary.id);
    xs_free(t->vocabulary.string);
    xs_trie_free(&t->added_raw);
    xs_trie_free(&t->added_normalized);
    for (uint32_t i = 0; i < t->n_normalizers; i++) xs_charsmap_free(t->normalizers[i].charsmap);
    xs_free(t->normalizers);
    xs_free(t->pretokenizers);
    xs_trie_free(&t->model.trie);
    xs_free(t->model.prefix);
    xs_free(t->model.suffix);
    xs_free(t->model.merges);
    xs_free(t->model.merge_slot);
    xs_free(t->model.alone);
    xs_free(t->model.score);
    json_decref(t->steps);
    xs_arena_free(&t->arena);
    xs_free(t);
}

int xs_tokenizer_pieces(const xs_tokenizer *t, const char *text, uint32_t size, xs_chars *chars, xs_pieces *pieces,
                        xsnr_error *err) {
    if (decode(text, size, chars) < 0) return xs_nomem(err);
    XS_TRY(xs_normalize_text(t->normalizers, t->n_normalizers, chars, err));
    if (xs_pieces_put(pieces, 0, chars->n, 0) < 0 ||
        xs_pretokenize(t->pretokenizers, t->n_pretokenizers, chars, pieces) < 0)
        return xs_nomem(err);
    return XSNR_OK;
}
