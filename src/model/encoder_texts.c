// Tokens of splits and of masked texts; see encoder_texts.h.
#include "model/encoder_texts.h"
#include "base/alloc.h"
#include "base/threads.h"
#include <string.h>

typedef struct encoding {
    const xs_tokenizer *tokenizer;
    const xs_split *split;
    uint32_t longest;
    xs_arena *arena;   // (threads)
    xs_tokens *tokens; // (count)
} encoding;

static int encode_text(void *context, size_t item, int worker, xsnr_error *err) {
    encoding *e = context;
    const xs_document *doc = &e->split->docs[item];
    return xs_tokenizer_encode(e->tokenizer, doc->text, doc->length, e->longest, &e->arena[worker], &e->tokens[item],
                               err);
}

static int gather(const encoding *e, xs_encoded *out, size_t *cut, xsnr_error *err) {
    size_t count = e->split->count, total = 0;
    for (size_t i = 0; i < count; i++) total += e->tokens[i].n;
    out->begin = XS_NEW_ARRAY(size_t, count + 1);
    out->id = XS_NEW_ARRAY(uint32_t, total);
    out->label = XS_NEW_ARRAY(int32_t, count);
    if (!out->begin || !out->id || !out->label) return xs_nomem(err);
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        out->begin[i + 1] = out->begin[i] + e->tokens[i].n;
        for (uint32_t k = 0; k < e->tokens[i].n; k++) out->id[out->begin[i] + k] = e->tokens[i].token[k].id;
        out->label[i] = e->split->docs[i].label;
        *cut += e->tokens[i].cut > 0;
        if (e->tokens[i].n == 0)
            return xs_fail_at(err, XSNR_ERR_DATA, e->split->path, 0,
                              "text '%s' has no token, and the tokenizer adds none of its own", e->split->docs[i].id);
    }
    return XSNR_OK;
}

int xs_encode_split(const xs_tokenizer *tokenizer, const xs_split *split, uint32_t longest, int threads,
                    xs_encoded *out, size_t *cut, xsnr_error *err) {
    *out = (xs_encoded){0};
    encoding e = {.tokenizer = tokenizer,
                  .split = split,
                  .longest = longest,
                  .arena = XS_NEW_ARRAY(xs_arena, (size_t)threads),
                  .tokens = XS_NEW_ARRAY(xs_tokens, split->count)};
    int rc = e.arena && e.tokens ? xs_parallel(threads, split->count, encode_text, &e, NULL, err) : xs_nomem(err);
    if (rc == XSNR_OK) rc = gather(&e, out, cut, err);
    if (rc < 0) xs_encoded_free(out);
    for (int i = 0; e.arena && i < threads; i++) xs_arena_free(&e.arena[i]);
    xs_free(e.arena);
    xs_free(e.tokens);
    return rc;
}

/* ------------------------------------------------------------------ texts that are explained */

// A number of at most nine digits at *at, which moves behind it; −1: there is none.
static int64_t read_number(const char **at) {
    int64_t n = 0;
    int digits = 0;
    for (; **at >= '0' && **at <= '9' && digits < 10; ++*at, digits++) n = 10 * n + (**at - '0');
    return digits == 0 || digits == 10 ? -1 : n;
}

static int bad_ids(const char *at, xsnr_error *err) {
    return xs_fail(err, XSNR_ERR_DATA, "'%.20s' is not an id, or ID:TYPE; ids are numbers between blanks", at);
}

// Tokens of a text that is its ids; their types in *kind (n).
static int read_ids(const xs_reader *r, const xs_document *doc, xs_arena *arena, xs_tokens *out, uint32_t **kind,
                    xsnr_error *err) {
    out->n = out->cut = 0;
    out->token = XS_ARENA_ARRAY(arena, xs_token, doc->length / 2 + 1);
    *kind = XS_ARENA_ARRAY(arena, uint32_t, doc->length / 2 + 1);
    if (!out->token || !*kind) return xs_nomem(err);
    for (const char *p = doc->text; *p;) {
        if (*p == ' ') {
            p++;
            continue;
        }
        const char *start = p;
        int64_t id = read_number(&p), type = 0;
        if (*p == ':') p++, type = read_number(&p);
        if (id < 0 || type < 0 || (*p && *p != ' ')) return bad_ids(start, err);
        if (id >= r->vocabulary)
            return xs_fail(err, XSNR_ERR_DATA, "the model has no id %lld; its ids are 0 to %u", (long long)id, r->vocabulary - 1);
        if (type && type >= r->types)
            return xs_fail(err, XSNR_ERR_DATA, "the model has no token type %lld; it has %u", (long long)type, r->types);
        uint32_t from = (uint32_t)(start - doc->text), to = (uint32_t)(p - doc->text);
        (*kind)[out->n] = (uint32_t)type;
        out->token[out->n++] = (xs_token){(uint32_t)id, from, to, from, to, false};
    }
    if (out->n > r->longest)
        return xs_fail(err, XSNR_ERR_DATA, "%u ids are more than the %u tokens that the model has positions for", out->n,
                       r->longest);
    for (uint32_t i = 0; i < out->n; i++)
        out->token[i].special = i == 0 || out->token[i].id == out->token[out->n - 1].id;
    return XSNR_OK;
}

static int read_text(const xs_reader *r, const xs_document *doc, xs_arena *arena, xs_tokens *tokens, uint32_t **kind,
                     xsnr_error *err) {
    *kind = NULL;
    if (!r->tokenizer) XS_TRY(read_ids(r, doc, arena, tokens, kind, err));
    else XS_TRY(xs_tokenizer_encode(r->tokenizer, doc->text, doc->length, r->longest, arena, tokens, err));
    if (tokens->n) return XSNR_OK;
    return xs_fail(err, XSNR_ERR_DATA, "text '%s' has no token", doc->id);
}

int xs_encode_inputs(const xs_reader *r, const xs_document *const *docs, size_t texts, uint32_t width, xs_arena *arena,
                     xs_inputs *out, xsnr_error *err) {
    xs_tokens *tokens = XS_ARENA_ARRAY(arena, xs_tokens, texts);
    uint32_t **kinds = XS_ARENA_ARRAY(arena, uint32_t *, texts);
    size_t *begin = XS_ARENA_ARRAY(arena, size_t, texts + 1);
    if (!tokens || !kinds || !begin) return xs_nomem(err);
    for (size_t t = 0; t < texts; t++) {
        XS_TRY(read_text(r, docs[t], arena, &tokens[t], &kinds[t], err));
        begin[t + 1] = begin[t] + tokens[t].n;
    }
    size_t n = begin[texts];
    uint32_t *id = XS_ARENA_ARRAY(arena, uint32_t, n), *kind = r->tokenizer ? NULL : XS_ARENA_ARRAY(arena, uint32_t, n);
    bool *special = XS_ARENA_ARRAY(arena, bool, n);
    xs_token_words *words = XS_ARENA_ARRAY(arena, xs_token_words, n);
    if (!id || (!kind && !r->tokenizer) || !special || !words) return xs_nomem(err);
    for (size_t t = 0; t < texts; t++) {
        xs_tokens_to_words(&tokens[t], docs[t], words + begin[t]);
        for (uint32_t k = 0; k < tokens[t].n; k++) {
            id[begin[t] + k] = tokens[t].token[k].id;
            special[begin[t] + k] = tokens[t].token[k].special;
            if (kind) kind[begin[t] + k] = kinds[t][k];
        }
    }
    *out = (xs_inputs){texts, n, width, begin, id, kind, special, words};
    return XSNR_OK;
}

static bool absent(const xs_token_words *words, const uint8_t *present) {
    for (uint32_t w = 0; present && w < words->count; w++)
        if (!present[words->first + w]) return true;
    return false;
}

int xs_encode_masked(const xs_reader *r, const xs_document *doc, const uint8_t *present, size_t count,
                     xs_removal removal, xs_arena *arena, xs_inputs *out, xsnr_error *err) {
    xs_tokens tokens;
    uint32_t *types;
    XS_TRY(read_text(r, doc, arena, &tokens, &types, err));
    int32_t mask = r->roles.mask >= 0 ? r->roles.mask : r->roles.unknown; // GPT-2's tokenizer has neither
    if (r->mask_after_last && tokens.token[tokens.n - 1].id + 1 < r->vocabulary)
        mask = (int32_t)tokens.token[tokens.n - 1].id + 1;
    if (mask < 0 && present && removal == XS_REMOVE_MASK)
        return xs_fail(err, XSNR_ERR_UNSUPPORTED,
                       "no mask token and no unknown token is known; use removal: delete");
    xs_token_words *words = XS_ARENA_ARRAY(arena, xs_token_words, tokens.n);
    size_t *begin = XS_ARENA_ARRAY(arena, size_t, count + 1), used = 0;
    uint32_t *id = XS_ARENA_ARRAY(arena, uint32_t, count * tokens.n);
    uint32_t *kind = types ? XS_ARENA_ARRAY(arena, uint32_t, count * tokens.n) : NULL;
    if (!words || !begin || !id || (types && !kind)) return xs_nomem(err);
    xs_tokens_to_words(&tokens, doc, words);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *row = present ? present + i * doc->n_words : NULL;
        for (uint32_t k = 0; k < tokens.n; k++) {
            bool gone = absent(&words[k], row);
            if (gone && removal == XS_REMOVE_DELETE) continue;
            if (types) kind[used] = types[k];
            id[used++] = gone ? (uint32_t)mask : tokens.token[k].id;
        }
        if (used == begin[i]) // nothing is left of a text without template tokens
            return xs_fail(err, XSNR_ERR_UNSUPPORTED, "no token is left of text '%s'; use removal: mask", doc->id);
        begin[i + 1] = used;
    }
    *out = (xs_inputs){.texts = count, .tokens = used, .begin = begin, .id = id, .kind = kind};
    return XSNR_OK;
}
