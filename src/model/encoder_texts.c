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

static bool absent(const xs_token_words *words, const uint8_t *present) {
    for (uint32_t w = 0; present && w < words->count; w++)
        if (!present[words->first + w]) return true;
    return false;
}

int xs_encode_masked(const xs_tokenizer *tokenizer, const xs_document *doc, uint32_t longest, const uint8_t *present,
                     size_t count, xs_removal removal, xs_arena *arena, size_t **begin, uint32_t **id,
                     xsnr_error *err) {
    xs_tokens tokens;
    XS_TRY(xs_tokenizer_encode(tokenizer, doc->text, doc->length, longest, arena, &tokens, err));
    xs_token_roles roles = xs_tokenizer_roles(tokenizer);
    int32_t mask = roles.mask >= 0 ? roles.mask : roles.unknown; // GPT-2's tokenizer has neither
    if (mask < 0 && present && removal == XS_REMOVE_MASK)
        return xs_fail(err, XSNR_ERR_UNSUPPORTED,
                       "the tokenizer has no mask token and no unknown token; use removal: delete");
    xs_token_words *words = XS_ARENA_ARRAY(arena, xs_token_words, tokens.n);
    *begin = XS_ARENA_ARRAY(arena, size_t, count + 1);
    *id = XS_ARENA_ARRAY(arena, uint32_t, count * tokens.n);
    if (!words || !*begin || !*id) return xs_nomem(err);
    xs_tokens_to_words(&tokens, doc, words);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *row = present ? present + i * doc->n_words : NULL;
        for (uint32_t k = 0; k < tokens.n; k++) {
            bool gone = absent(&words[k], row);
            if (gone && removal == XS_REMOVE_DELETE) continue;
            (*id)[used++] = gone ? (uint32_t)mask : tokens.token[k].id;
        }
        if (used == (*begin)[i]) // nothing is left of a text without template tokens
            return xs_fail(err, XSNR_ERR_UNSUPPORTED, "no token is left of text '%s'; use removal: mask", doc->id);
        (*begin)[i + 1] = used;
    }
    return XSNR_OK;
}
