// tokenizer.json: its model, its added tokens, and writing it again.
//
// Untrusted input: every type is checked, ids and lengths have limits, text must be UTF-8 (jansson sees to that
// inside strings).  `truncation` and `padding` are the caller's matter and are ignored; `decoder` is kept as it
// stands, for writing.
#include "text/tokenizer_json.h"
#include "base/alloc.h"
#include "text/utf8.h"
#include <string.h>

static int add_token(xs_tokenizer *t, const char *token, size_t n, int64_t id, const char *path, xsnr_error *err) {
    XS_TRY(xs_vocabulary_add(&t->vocabulary, token, n, id, path, err));
    return xs_trie_add(&t->model.trie, token, n, (int32_t)id) < 0 ? xs_nomem(err) : XSNR_OK;
}

// {"token": id, …}
static int read_vocabulary(xs_tokenizer *t, const xs_element *e, xsnr_error *err) {
    json_t *vocabulary = json_object_get(e->json, "vocab"), *id;
    const char *token;
    if (!json_is_object(vocabulary)) return xs_element_fail(e, "vocab", "must be an object of tokens and their ids", err);
    json_object_foreach(vocabulary, token, id) {
        if (!json_is_integer(id)) return xs_element_fail(e, "vocab", "must give an integer id to every token", err);
        XS_TRY(add_token(t, token, strlen(token), json_integer_value(id), e->path, err));
    }
    return XSNR_OK;
}

// [["token", score], …]; the id is the place in the list
static int read_scores(xs_tokenizer *t, const xs_element *e, xsnr_error *err) {
    const json_t *vocabulary = json_object_get(e->json, "vocab");
    size_t n = json_array_size(vocabulary);
    if (!n) return xs_element_fail(e, "vocab", "must be a list of tokens with their scores", err);
    t->model.score = XS_NEW_ARRAY(double, n);
    if (!t->model.score) return xs_nomem(err);
    t->model.n_scores = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        const json_t *row = json_array_get(vocabulary, i), *score = json_array_get(row, 1);
        const char *token = json_string_value(json_array_get(row, 0));
        if (!token || json_array_size(row) != 2 || !json_is_number(score))
            return xs_element_fail(e, "vocab", "must have a token and a score in every row", err);
        XS_TRY(add_token(t, token, strlen(token), (int64_t)i, e->path, err));
        t->model.score[i] = json_number_value(score);
        if (!i || t->model.score[i] < t->model.lowest) t->model.lowest = t->model.score[i];
    }
    return XSNR_OK;
}

// "a b" or ["a", "b"]
static int cut_merge(const xs_tokenizer *t, const xs_element *e, const json_t *row, xs_merge *out, xsnr_error *err) {
    const char *part[2] = {json_string_value(row), json_string_value(json_array_get(row, 1))};
    size_t n[2] = {0, part[1] ? strlen(part[1]) : 0};
    if (part[0]) {
        const char *space = strchr(part[0], ' ');
        n[0] = space ? (size_t)(space - part[0]) : strlen(part[0]);
        part[1] = space ? space + 1 : NULL;
        n[1] = part[1] ? strlen(part[1]) : 0;
        if (n[1] && strchr(part[1], ' ')) n[1] = 0;
    } else if ((part[0] = json_string_value(json_array_get(row, 0))) && json_array_size(row) == 2)
        n[0] = strlen(part[0]);
    if (!n[0] || !n[1]) return xs_element_fail(e, "merges", "must be pairs of tokens, \"a b\" or [\"a\", \"b\"]", err);
    const xs_vocabulary *v = &t->vocabulary;
    size_t prefix = strlen(t->model.prefix);
    if (prefix > n[1] || memcmp(part[1], t->model.prefix, prefix) != 0) prefix = 0;
    char both[2 * XS_TOKEN_BYTES];
    uint32_t left = xs_intern_find(&v->strings, part[0], n[0]), right = xs_intern_find(&v->strings, part[1], n[1]);
    uint32_t made = XS_NOT_INTERNED;
    if (n[0] + n[1] <= sizeof both) {
        memcpy(both, part[0], n[0]);
        memcpy(both + n[0], part[1] + prefix, n[1] - prefix);
        made = xs_intern_find(&v->strings, both, n[0] + n[1] - prefix);
    }
    if (left == XS_NOT_INTERNED || right == XS_NOT_INTERNED || made == XS_NOT_INTERNED)
        return xs_element_fail(e, "merges", "has a pair whose parts or whole are not in the vocabulary", err);
    *out = (xs_merge){v->id[left], v->id[right], v->id[made], 0};
    return XSNR_OK;
}

static int read_merges(xs_tokenizer *t, const xs_element *e, xsnr_error *err) {
    const json_t *merges = json_object_get(e->json, "merges");
    size_t n = json_array_size(merges);
    if (!json_is_array(merges) || n >= UINT32_MAX / 4) return xs_element_fail(e, "merges", "must be a list of pairs", err);
    t->model.merges = XS_NEW_ARRAY(xs_merge, n);
    if (!t->model.merges) return xs_nomem(err);
    for (size_t i = 0; i < n; i++) {
        XS_TRY(cut_merge(t, e, json_array_get(merges, i), &t->model.merges[i], err));
        t->model.merges[i].rank = (uint32_t)i + 1;
    }
    t->model.n_merges = (uint32_t)n;
    return xs_bpe_index(&t->model, t->vocabulary.size) < 0 ? xs_nomem(err) : XSNR_OK;
}

static int read_affix(const xs_element *e, const char *name, const char *fallback, char **out, xsnr_error *err) {
    const char *text;
    XS_TRY(xs_element_string(e, name, fallback, &text, err));
    if (strlen(text) > 64) return xs_element_fail(e, name, "is longer than 64 bytes", err);
    return (*out = xs_strdup(text)) ? XSNR_OK : xs_nomem(err);
}

static int read_unknown(xs_tokenizer *t, const xs_element *e, bool required, xsnr_error *err) {
    const char *token;
    XS_TRY(xs_element_string(e, "unk_token", required ? "[UNK]" : "", &token, err));
    t->model.unknown = *token ? (int32_t)xs_tokenizer_id(t, token) : -1;
    if (t->model.unknown < 0 && (required || *token)) return xs_element_fail(e, "unk_token", "is not in the vocabulary", err);
    return XSNR_OK;
}

static void find_bytes(xs_tokenizer *t) {
    for (unsigned b = 0; b < 256; b++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", b);
        t->model.byte_id[b] = (int32_t)xs_tokenizer_id(t, name);
    }
}

static int read_bpe(xs_tokenizer *t, const xs_element *e, xsnr_error *err) {
    xs_token_model *m = &t->model;
    const json_t *dropout = json_object_get(e->json, "dropout");
    if (dropout && !json_is_null(dropout) && json_number_value(dropout) != 0)
        return xs_element_fail(e, "dropout", "is not supported; supported: null", err);
    XS_TRY(read_affix(e, "continuing_subword_prefix", "", &m->prefix, err));
    XS_TRY(read_affix(e, "end_of_word_suffix", "", &m->suffix, err));
    XS_TRY(xs_element_bool(e, "fuse_unk", false, &m->fuse_unknown, err));
    XS_TRY(xs_element_bool(e, "byte_fallback", false, &m->byte_fallback, err));
    XS_TRY(xs_element_bool(e, "ignore_merges", false, &m->ignore_merges, err));
    XS_TRY(read_vocabulary(t, e, err));
    XS_TRY(read_unknown(t, e, false, err));
    find_bytes(t);
    return read_merges(t, e, err);
}

static int read_wordpiece(xs_tokenizer *t, const xs_element *e, xsnr_error *err) {
    int64_t most;
    XS_TRY(read_affix(e, "continuing_subword_prefix", "##", &t->model.prefix, err));
    XS_TRY(xs_element_int(e, "max_input_chars_per_word", 0, INT32_MAX, 100, &most, err));
    t->model.most_chars = (uint32_t)most;
    XS_TRY(read_vocabulary(t, e, err));
    xs_wordpiece_index(&t->model);
    return read_unknown(t, e, true, err);
}

static int read_unigram(xs_tokenizer *t, const xs_element *e, xsnr_error *err) {
    int64_t unknown;
    XS_TRY(xs_element_bool(e, "byte_fallback", false, &t->model.byte_fallback, err));
    XS_TRY(xs_element_bool(e, "fuse_unk", true, &t->model.fuse_unknown, err));
    XS_TRY(read_scores(t, e, err));
    XS_TRY(xs_element_int(e, "unk_id", 0, (int64_t)t->model.n_scores - 1, -1, &unknown, err));
    t->model.unknown = (int32_t)unknown;
    find_bytes(t);
    return XSNR_OK;
}

// Old files leave the type out: then the members tell.
static const char *guess_type(const json_t *json) {
    if (json_object_get(json, "merges")) return "BPE";
    return json_is_array(json_object_get(json, "vocab")) ? "Unigram" : "WordPiece";
}

int xs_tokenizer_read_model(xs_tokenizer *t, const json_t *json, const char *path, xsnr_error *err) {
    xs_element e = {json, "model", "", path};
    if (!json_is_object(json)) return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "no 'model'; this is not a tokenizer.json");
    XS_TRY(xs_element_string(&e, "type", guess_type(json), &e.type, err));
    for (const char *c = e.type; *c; c++)
        if (c - e.type > 40 || *c <= ' ' || *c > '~') return e.type = "?", xs_element_unsupported(&e, "BPE, Unigram, WordPiece", err);
    int rc;
    if (strcmp(e.type, "WordPiece") == 0) {
        t->model.kind = XS_MODEL_WORDPIECE;
        rc = read_wordpiece(t, &e, err);
    } else if (strcmp(e.type, "BPE") == 0) {
        t->model.kind = XS_MODEL_BPE;
        rc = read_bpe(t, &e, err);
    } else if (strcmp(e.type, "Unigram") == 0) {
        t->model.kind = XS_MODEL_UNIGRAM;
        rc = read_unigram(t, &e, err);
    } else
        return xs_element_unsupported(&e, "BPE, Unigram, WordPiece", err);
    t->vocabulary.n_model = t->vocabulary.strings.count;
    return rc;
}

static void mark_begin(xs_tokenizer *t, const char *text, size_t n) {
    uint32_t at = 0;
    int32_t c = xs_utf8_next(text, &at, (uint32_t)n);
    t->added_begins[c >> 6 & 3] |= (uint64_t)1 << (c & 63);
}

static int read_added(xs_tokenizer *t, const json_t *json, uint32_t i, const char *path, xsnr_error *err) {
    xs_element e = {json, "added token", "", path};
    xs_added_token *a = &t->added[i];
    const char *content;
    int64_t id;
    XS_TRY(xs_element_string(&e, "content", NULL, &content, err));
    XS_TRY(xs_element_int(&e, "id", 0, XS_TOKEN_IDS - 1, -1, &id, err));
    XS_TRY(xs_element_bool(&e, "special", false, &a->special, err));
    XS_TRY(xs_element_bool(&e, "single_word", false, &a->single_word, err));
    XS_TRY(xs_element_bool(&e, "lstrip", false, &a->left_strip, err));
    XS_TRY(xs_element_bool(&e, "rstrip", false, &a->right_strip, err));
    XS_TRY(xs_element_bool(&e, "normalized", !a->special, &a->normalized, err));
    XS_TRY(xs_vocabulary_add(&t->vocabulary, content, strlen(content), id, path, err));
    a->id = (uint32_t)id;
    if (!a->normalized) mark_begin(t, content, strlen(content));
    if (!a->normalized)
        return xs_trie_add(&t->added_raw, content, strlen(content), (int32_t)i) < 0 ? xs_nomem(err) : XSNR_OK;
    // matched in normalised text, so normalised itself
    xs_arena scratch = {0};
    xs_chars chars = {.arena = &scratch};
    xs_str normal = {0};
    uint32_t size = (uint32_t)strlen(content);
    int rc = xs_chars_reserve(&chars, size) < 0 ? xs_nomem(err) : XSNR_OK;
    for (uint32_t k = 0; rc == XSNR_OK && k < size;) xs_chars_put(&chars, xs_utf8_next(content, &k, size), 0, 0);
    if (rc == XSNR_OK) rc = xs_normalize_text(t->normalizers, t->n_normalizers, &chars, err);
    for (uint32_t k = 0; rc == XSNR_OK && k < chars.n; k++) {
        char bytes[4];
        xs_str_append(&normal, bytes, xs_utf8_put(chars.at[k].c, bytes));
    }
    if (rc == XSNR_OK && (xs_str_failed(&normal) ||
                          (normal.length && xs_trie_add(&t->added_normalized, normal.data, normal.length, (int32_t)i) < 0)))
        rc = xs_nomem(err);
    if (rc == XSNR_OK && normal.length) mark_begin(t, normal.data, normal.length);
    xs_str_free(&normal);
    xs_arena_free(&scratch);
    return rc;
}

int xs_tokenizer_read_added(xs_tokenizer *t, const json_t *json, const char *path, xsnr_error *err) {
    if (!json || json_is_null(json)) return XSNR_OK;
    size_t n = json_array_size(json);
    if (!json_is_array(json) || n > XS_TOKEN_IDS)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "'added_tokens' must be a list of tokens");
    t->added = XS_ARENA_ARRAY(&t->arena, xs_added_token, n);
    if (!t->added) return xs_nomem(err);
    t->n_added = (uint32_t)n;
    for (uint32_t i = 0; i < n; i++) XS_TRY(read_added(t, json_array_get(json, i), i, path, err));
    return XSNR_OK;
}

static int read_parts(xs_tokenizer *t, const json_t *root, const char *path, xsnr_error *err) {
    static const char *const kept[] = {"normalizer", "pre_tokenizer", "post_processor", "decoder"};
    XS_TRY(xs_tokenizer_read_model(t, json_object_get(root, "model"), path, err));
    XS_TRY(xs_tokenizer_read_normalizer(t, json_object_get(root, "normalizer"), path, err));
    XS_TRY(xs_tokenizer_read_pretokenizer(t, json_object_get(root, "pre_tokenizer"), path, err));
    XS_TRY(xs_tokenizer_read_added(t, json_object_get(root, "added_tokens"), path, err));
    XS_TRY(xs_tokenizer_read_processor(t, json_object_get(root, "post_processor"), path, err));
    t->steps = json_object();
    for (size_t i = 0; t->steps && i < 4; i++) {
        json_t *step = json_object_get(root, kept[i]);
        if (step && json_object_set(t->steps, kept[i], step) < 0) return xs_nomem(err);
    }
    return t->steps ? XSNR_OK : xs_nomem(err);
}

int xs_tokenizer_parse_json(xs_tokenizer *t, const char *bytes, size_t size, const char *path, xsnr_error *err) {
    json_error_t where;
    json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &where);
    if (!root && json_error_code(&where) == json_error_out_of_memory) return xs_nomem(err);
    char why[JSON_ERROR_TEXT_LENGTH]; // it quotes the file
    if (!root)
        return xs_fail_at(err, XSNR_ERR_DATA, path, where.line, "not JSON: %s",
                          xs_printable(why, sizeof why, where.text));
    int rc = json_is_object(root) ? read_parts(t, root, path, err)
                                  : xs_fail_at(err, XSNR_ERR_DATA, path, 1, "this is not a tokenizer.json: it must hold an object");
    json_decref(root);
    return rc;
}
