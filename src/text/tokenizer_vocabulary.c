// Vocabularies: tokens and their ids, and BERT's vocab.txt, a token a line, its id the line's number from 0.
#include "text/tokenizer_parts.h"
#include "base/alloc.h"
#include <string.h>

// Room for the id in the table by id.
static int reserve(xs_vocabulary *v, uint32_t id) {
    if (id < v->size) return XSNR_OK;
    uint32_t room = 1024, had = v->size ? 1024 : 0; // capacity: the power of two at or above size
    while (room < id + 1) room *= 2;
    while (had && had < v->size) had *= 2;
    if (room > had) {
        uint32_t *string = xs_realloc_array(v->string, room, sizeof *string);
        if (!string) return XSNR_ERR_NOMEM;
        v->string = string;
        memset(string + had, 0, (room - had) * sizeof *string);
    }
    v->size = id + 1;
    return XSNR_OK;
}

int xs_vocabulary_add(xs_vocabulary *v, const char *token, size_t n, int64_t id, const char *path,
                      xsnr_error *err) {
    int shown = n < 40 ? (int)n : 0; // a long one is not shown, it might be cut inside a character; nor controls
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)token[i] < ' ') shown = 0;
    if (n > XS_TOKEN_BYTES)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "a token of %zu bytes; it may have at most %u", n, XS_TOKEN_BYTES);
    if (!n) return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "the token with id %lld is empty", (long long)id);
    if (id < 0 || id >= XS_TOKEN_IDS)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "token '%.*s' has id %lld; ids are 0 to %u", shown, token,
                          (long long)id, XS_TOKEN_IDS - 1);
    uint32_t known = xs_intern_find(&v->strings, token, n);
    if (known != XS_NOT_INTERNED) {
        if (v->id[known] == id) return XSNR_OK;
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "token '%.*s' has two ids, %u and %lld", shown, token, v->id[known],
                          (long long)id);
    }
    if (id < v->size && v->string[id])
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "two tokens have the id %lld, the second is '%.*s'", (long long)id,
                          shown, token);
    if (reserve(v, (uint32_t)id) < 0) return xs_nomem(err);
    if (v->strings.count == v->capacity) {
        uint32_t capacity = v->capacity ? v->capacity * 2 : 1024;
        uint32_t *ids = xs_realloc_array(v->id, capacity, sizeof *ids);
        if (!ids) return xs_nomem(err);
        v->id = ids;
        v->capacity = capacity;
    }
    uint32_t k = xs_intern_add(&v->strings, token, n);
    if (k == XS_NOT_INTERNED) return xs_nomem(err);
    v->id[k] = (uint32_t)id;
    v->string[id] = k + 1;
    return XSNR_OK;
}

static int add_line(xs_tokenizer *t, const char *line, size_t n, int64_t id, const char *path, xsnr_error *err) {
    if (n && line[n - 1] == '\r') n--;
    if (!n) return xs_fail_at(err, XSNR_ERR_DATA, path, (long)id + 1, "an empty line; there must be a token in every line");
    XS_TRY(xs_vocabulary_add(&t->vocabulary, line, n, id, path, err));
    return xs_trie_add(&t->model.trie, line, n, (int32_t)id) < 0 ? xs_nomem(err) : XSNR_OK;
}

// The steps that go with vocab.txt: those of bert-base-uncased.  Whether it is uncased is not written in it; a
// vocabulary without an upper-case ASCII letter outside of [brackets] is.
static int add_steps(xs_tokenizer *t, const char *path, xsnr_error *err) {
    static const char *const special[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    const xs_intern *strings = &t->vocabulary.strings;
    bool cased = false;
    for (uint32_t i = 0; i < strings->count && !cased; i++)
        for (const char *c = strings->text[i]; *strings->text[i] != '[' && *c && !cased; c++) cased = *c >= 'A' && *c <= 'Z';
    json_t *added = json_array(), *tokens = json_object();
    int rc = added && tokens ? XSNR_OK : xs_nomem(err);
    for (size_t i = 0; i < 5 && rc == XSNR_OK; i++) {
        int64_t id = xs_tokenizer_id(t, special[i]);
        if (id < 0 && i > 0 && i < 4)
            rc = xs_fail_at(err, XSNR_ERR_DATA, path, 0, "no token %s; a vocab.txt of BERT has it", special[i]);
        if (rc < 0 || id < 0) continue;
        if (json_array_append_new(added, json_pack("{s:I, s:s, s:b, s:b, s:b, s:b, s:b}", "id", (json_int_t)id, "content",
                                                   special[i], "single_word", 0, "lstrip", 0, "rstrip", 0,
                                                   "normalized", 0, "special", 1)) < 0 ||
            json_object_set_new(tokens, special[i], json_pack("{s:s, s:[I], s:[s]}", "id", special[i], "ids",
                                                              (json_int_t)id, "tokens", special[i])) < 0)
            rc = xs_nomem(err);
    }
    if (rc == XSNR_OK) {
        t->steps = json_pack("{s:{s:s, s:b, s:b, s:n, s:b}, s:{s:s}, s:{s:s, s:[{s:{s:s, s:i}}, {s:{s:s, s:i}}, {s:{s:s, "
                             "s:i}}], s:[{s:{s:s, s:i}}, {s:{s:s, s:i}}, {s:{s:s, s:i}}, {s:{s:s, s:i}}, {s:{s:s, "
                             "s:i}}], s:O}, s:{s:s, s:s, s:b}}",
                             "normalizer", "type", "BertNormalizer", "clean_text", 1, "handle_chinese_chars", 1,
                             "strip_accents", "lowercase", !cased, "pre_tokenizer", "type", "BertPreTokenizer",
                             "post_processor", "type", "TemplateProcessing", "single", "SpecialToken", "id", "[CLS]",
                             "type_id", 0, "Sequence", "id", "A", "type_id", 0, "SpecialToken", "id", "[SEP]", "type_id",
                             0, "pair", "SpecialToken", "id", "[CLS]", "type_id", 0, "Sequence", "id", "A", "type_id", 0,
                             "SpecialToken", "id", "[SEP]", "type_id", 0, "Sequence", "id", "B", "type_id", 1,
                             "SpecialToken", "id", "[SEP]", "type_id", 1, "special_tokens", tokens, "decoder", "type",
                             "WordPiece", "prefix", "##", "cleanup", 1);
        if (!t->steps) rc = xs_nomem(err);
    }
    if (rc == XSNR_OK) rc = xs_tokenizer_read_normalizer(t, json_object_get(t->steps, "normalizer"), path, err);
    if (rc == XSNR_OK) rc = xs_tokenizer_read_pretokenizer(t, json_object_get(t->steps, "pre_tokenizer"), path, err);
    if (rc == XSNR_OK) rc = xs_tokenizer_read_added(t, added, path, err);
    if (rc == XSNR_OK) rc = xs_tokenizer_read_processor(t, json_object_get(t->steps, "post_processor"), path, err);
    json_decref(added);
    json_decref(tokens);
    return rc;
}

int xs_tokenizer_parse_vocabulary(xs_tokenizer *t, const char *bytes, size_t size, const char *path,
                                  xsnr_error *err) {
    const char *end = bytes + size;
    int64_t id = 0;
    for (const char *line = bytes; line < end; id++) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        XS_TRY(add_line(t, line, (size_t)((next ? next : end) - line), id, path, err));
        line = next ? next + 1 : end;
    }
    t->model.kind = XS_MODEL_WORDPIECE;
    t->model.most_chars = 100;
    t->model.prefix = xs_strdup("##");
    t->model.suffix = xs_strdup("");
    if (!t->model.prefix || !t->model.suffix) return xs_nomem(err);
    xs_wordpiece_index(&t->model);
    t->vocabulary.n_model = t->vocabulary.strings.count;
    t->model.unknown = (int32_t)xs_tokenizer_id(t, "[UNK]");
    return add_steps(t, path, err);
}
