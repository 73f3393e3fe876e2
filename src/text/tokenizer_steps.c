// Normalizers, pre-tokenizers and post-processors of a tokenizer.json.  A Sequence is laid flat into the list of
// steps; what is not supported is an error that names it and what is.
#include "text/tokenizer_json.h"
#include "base/alloc.h"
#include "text/utf8.h"
#include <string.h>

#define DEPTH 16 // of Sequences in Sequences

int xs_element_fail(const xs_element *e, const char *name, const char *must, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_DATA, e->path, 0, "%s%s%s: '%s' %s", e->what, *e->type ? " " : "", e->type, name, must);
}

int xs_element_unsupported(const xs_element *e, const char *list, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_DATA, e->path, 0, "%s '%s' is not supported; supported: %s", e->what,
                      e->type, list);
}

int xs_element_bool(const xs_element *e, const char *name, bool fallback, bool *out, xsnr_error *err) {
    const json_t *value = json_object_get(e->json, name);
    *out = !value || json_is_null(value) ? fallback : json_is_true(value);
    return !value || json_is_null(value) || json_is_boolean(value) ? XSNR_OK : xs_element_fail(e, name, "must be true or false", err);
}

int xs_element_string(const xs_element *e, const char *name, const char *fallback, const char **out, xsnr_error *err) {
    const json_t *value = json_object_get(e->json, name);
    *out = json_is_string(value) ? json_string_value(value) : fallback;
    if (*out && (!value || json_is_null(value) || json_is_string(value))) return XSNR_OK;
    return xs_element_fail(e, name, "must be a string", err);
}

int xs_element_int(const xs_element *e, const char *name, int64_t low, int64_t high, int64_t fallback, int64_t *out,
                   xsnr_error *err) {
    const json_t *value = json_object_get(e->json, name);
    *out = json_is_integer(value) ? json_integer_value(value) : fallback;
    if (!value || json_is_null(value) || (json_is_integer(value) && *out >= low && *out <= high)) return XSNR_OK;
    return xs_element_fail(e, name, "must be an integer in its range", err);
}

int xs_code_points_of(const char *text, xs_arena *arena, xs_code_points *out, xsnr_error *err) {
    uint32_t n = (uint32_t)strlen(text);
    *out = (xs_code_points){xs_arena_alloc(arena, ((size_t)n + 1) * sizeof *out->c), 0};
    if (!out->c) return xs_nomem(err);
    for (uint32_t i = 0; i < n;) out->c[out->n++] = xs_utf8_next(text, &i, n);
    return XSNR_OK;
}

// An element of the kind `what`; `list` is what is supported.
static int open_element(const json_t *json, const char *what, const char *path, unsigned depth, xs_element *e,
                        xsnr_error *err) {
    *e = (xs_element){json, what, "", path};
    if (!json_is_object(json)) return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "%s must be an object", what);
    if (depth > DEPTH) return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "%s: Sequences nested deeper than %d", what, DEPTH);
    const char *type = "";
    XS_TRY(xs_element_string(e, "type", NULL, &type, err));
    e->type = type ? type : "";
    for (const char *c = e->type; *c; c++) // messages quote it
        if (c - e->type > 40 || *c <= ' ' || *c > '~') return e->type = "?", xs_element_fail(e, "type", "is no name", err);
    return XSNR_OK;
}

// A pattern {"String": …} or {"Regex": …}.
static int read_pattern(const xs_element *e, const char **string, const char **regex, xsnr_error *err) {
    const json_t *pattern = json_object_get(e->json, "pattern");
    *string = json_string_value(json_object_get(pattern, "String"));
    *regex = json_string_value(json_object_get(pattern, "Regex"));
    if (!*string == !*regex) return xs_element_fail(e, "pattern", "must be {\"String\": ...} or {\"Regex\": ...}", err);
    const char *p = *string ? *string : *regex;
    return strlen(p) <= XS_TOKEN_BYTES ? XSNR_OK : xs_element_fail(e, "pattern", "is longer than 1024 bytes", err);
}

// ---- normalizers -------------------------------------------------------------------------------------------
xs_normalizer *xs_tokenizer_add_normalizer(xs_tokenizer *t) {
    xs_normalizer *steps = xs_realloc_array(t->normalizers, (size_t)t->n_normalizers + 1, sizeof *steps);
    if (!steps) return NULL;
    t->normalizers = steps;
    steps[t->n_normalizers] = (xs_normalizer){0};
    return &steps[t->n_normalizers++];
}

static int read_replace(xs_tokenizer *t, const xs_element *e, xs_normalizer *n, xsnr_error *err) {
    const char *string, *regex, *content;
    XS_TRY(read_pattern(e, &string, &regex, err));
    XS_TRY(xs_element_string(e, "content", NULL, &content, err));
    if (strlen(content) > 64) return xs_element_fail(e, "content", "is longer than 64 bytes", err);
    if (regex && strcmp(regex, " {2,}") != 0)
        return xs_element_fail(e, "pattern", "is an expression that is not supported; supported: \" {2,}\", any String", err);
    n->spaces = regex != NULL;
    XS_TRY(xs_code_points_of(string ? string : "", &t->arena, &n->pattern, err));
    return xs_code_points_of(content, &t->arena, &n->content, err);
}

static int read_bert(const xs_element *e, xs_normalizer *n, xsnr_error *err) {
    XS_TRY(xs_element_bool(e, "clean_text", true, &n->clean_text, err));
    XS_TRY(xs_element_bool(e, "handle_chinese_chars", true, &n->chinese, err));
    XS_TRY(xs_element_bool(e, "lowercase", true, &n->lowercase, err));
    return xs_element_bool(e, "strip_accents", n->lowercase, &n->strip_accents, err);
}

static int read_normalizer(xs_tokenizer *t, const json_t *json, const char *path, unsigned depth, xsnr_error *err) {
    static const char *const names[] = {"BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Strip",
                                        "StripAccents", "Replace", "Prepend", "Precompiled"}; // as xs_normalizer_kind
    xs_element e;
    XS_TRY(open_element(json, "normalizer", path, depth, &e, err));
    if (strcmp(e.type, "Sequence") == 0) {
        const json_t *list = json_object_get(json, "normalizers");
        if (!json_is_array(list)) return xs_element_fail(&e, "normalizers", "must be a list", err);
        for (size_t i = 0; i < json_array_size(list); i++)
            XS_TRY(read_normalizer(t, json_array_get(list, i), path, depth + 1, err));
        return XSNR_OK;
    }
    unsigned kind = 0, kinds = sizeof names / sizeof *names;
    while (kind < kinds && strcmp(e.type, names[kind]) != 0) kind++;
    if (kind == kinds)
        return xs_element_unsupported(&e, "BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, Strip, StripAccents, "
                                          "Replace, Prepend, Precompiled, Sequence", err);
    if (t->n_normalizers >= 64) return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "more than 64 normalizers");
    xs_normalizer *n = xs_tokenizer_add_normalizer(t);
    if (!n) return xs_nomem(err);
    n->kind = (xs_normalizer_kind)kind;
    const char *text;
    switch (n->kind) {
    case XS_NORMALIZE_BERT: return read_bert(&e, n, err);
    case XS_NORMALIZE_STRIP:
        XS_TRY(xs_element_bool(&e, "strip_left", true, &n->left, err));
        return xs_element_bool(&e, "strip_right", true, &n->right, err);
    case XS_NORMALIZE_REPLACE: return read_replace(t, &e, n, err);
    case XS_NORMALIZE_PREPEND:
        XS_TRY(xs_element_string(&e, "prepend", NULL, &text, err));
        if (strlen(text) > 64) return xs_element_fail(&e, "prepend", "is longer than 64 bytes", err);
        return xs_code_points_of(text, &t->arena, &n->content, err);
    case XS_NORMALIZE_PRECOMPILED:
        XS_TRY(xs_element_string(&e, "precompiled_charsmap", NULL, &text, err));
        return xs_charsmap_new(text, strlen(text), path, &n->charsmap, err);
    default: return XSNR_OK;
    }
}

int xs_tokenizer_read_normalizer(xs_tokenizer *t, const json_t *json, const char *path, xsnr_error *err) {
    return !json || json_is_null(json) ? XSNR_OK : read_normalizer(t, json, path, 0, err);
}

// ---- pre-tokenizers ----------------------------------------------------------------------------------------
xs_pretokenizer *xs_tokenizer_add_pretokenizer(xs_tokenizer *t) {
    xs_pretokenizer *steps = xs_realloc_array(t->pretokenizers, (size_t)t->n_pretokenizers + 1, sizeof *steps);
    if (!steps) return NULL;
    t->pretokenizers = steps;
    steps[t->n_pretokenizers] = (xs_pretokenizer){0};
    return &steps[t->n_pretokenizers++];
}

static int read_behavior(const xs_element *e, const char *fallback, xs_split_behavior *out, xsnr_error *err) {
    static const char *const names[] = {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"};
    const char *name;
    XS_TRY(xs_element_string(e, "behavior", fallback, &name, err));
    for (unsigned i = 0; i < 5; i++)
        if (strcmp(name, names[i]) == 0) return *out = (xs_split_behavior)i, XSNR_OK;
    return xs_element_fail(e, "behavior", "must be Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous", err);
}

static int read_split(xs_tokenizer *t, const xs_element *e, xs_pretokenizer *p, xsnr_error *err) {
    const char *string, *regex;
    XS_TRY(read_pattern(e, &string, &regex, err));
    if (regex) return xs_element_fail(e, "pattern", "is an expression; only a String is supported", err);
    XS_TRY(read_behavior(e, NULL, &p->behavior, err));
    XS_TRY(xs_element_bool(e, "invert", false, &p->invert, err));
    return xs_code_points_of(string, &t->arena, &p->pattern, err);
}

static int read_metaspace(const xs_element *e, xs_pretokenizer *p, xsnr_error *err) {
    static const char *const schemes[] = {"always", "first", "never"};
    const char *replacement, *scheme;
    bool prefix;
    XS_TRY(xs_element_string(e, "replacement", "\xE2\x96\x81", &replacement, err));
    uint32_t i = 0, n = (uint32_t)strlen(replacement);
    if (n) p->replacement = xs_utf8_next(replacement, &i, n);
    if (!n || i != n) return xs_element_fail(e, "replacement", "must be one character", err);
    XS_TRY(xs_element_bool(e, "add_prefix_space", true, &prefix, err));
    XS_TRY(xs_element_bool(e, "split", true, &p->split, err));
    XS_TRY(xs_element_string(e, "prepend_scheme", prefix ? "always" : "never", &scheme, err));
    unsigned k = 0;
    while (k < 3 && strcmp(scheme, schemes[k]) != 0) k++;
    if (k == 3) return xs_element_fail(e, "prepend_scheme", "must be always, first or never", err);
    p->prepend = (xs_prepend_scheme)k;
    return XSNR_OK;
}

static int read_digits(const xs_element *e, xs_pretokenizer *p, xsnr_error *err) {
    bool each;
    XS_TRY(xs_element_bool(e, "individual_digits", false, &each, err));
    p->behavior = each ? XS_SPLIT_ISOLATED : XS_SPLIT_CONTIGUOUS;
    return XSNR_OK;
}

static int read_delimiter(xs_tokenizer *t, const xs_element *e, xs_pretokenizer *p, xsnr_error *err) {
    const char *text;
    XS_TRY(xs_element_string(e, "delimiter", NULL, &text, err));
    if (strlen(text) > 4) return xs_element_fail(e, "delimiter", "must be one character", err);
    p->behavior = XS_SPLIT_REMOVED;
    return xs_code_points_of(text, &t->arena, &p->pattern, err);
}

static int read_pretokenizer(xs_tokenizer *t, const json_t *json, const char *path, unsigned depth, xsnr_error *err) {
    static const struct { const char *name; xs_pretokenizer_kind kind; } names[] = {
        {"BertPreTokenizer", XS_SPLIT_BERT}, {"Whitespace", XS_SPLIT_WHITESPACE},
        {"WhitespaceSplit", XS_SPLIT_WHITESPACE_SPLIT}, {"Punctuation", XS_SPLIT_PUNCTUATION},
        {"Digits", XS_SPLIT_DIGITS}, {"Split", XS_SPLIT_STRING}, {"ByteLevel", XS_SPLIT_BYTES},
        {"Metaspace", XS_SPLIT_METASPACE}, {"CharDelimiterSplit", XS_SPLIT_STRING}};
    xs_element e;
    XS_TRY(open_element(json, "pre_tokenizer", path, depth, &e, err));
    if (strcmp(e.type, "Sequence") == 0) {
        const json_t *list = json_object_get(json, "pretokenizers");
        if (!json_is_array(list)) return xs_element_fail(&e, "pretokenizers", "must be a list", err);
        for (size_t i = 0; i < json_array_size(list); i++)
            XS_TRY(read_pretokenizer(t, json_array_get(list, i), path, depth + 1, err));
        return XSNR_OK;
    }
    unsigned k = 0, kinds = sizeof names / sizeof *names;
    while (k < kinds && strcmp(e.type, names[k].name) != 0) k++;
    if (k == kinds)
        return xs_element_unsupported(&e, "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Metaspace, "
                                          "Punctuation, Sequence, Split, Whitespace, WhitespaceSplit", err);
    if (t->n_pretokenizers >= 64) return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "more than 64 pre_tokenizers");
    xs_pretokenizer *p = xs_tokenizer_add_pretokenizer(t);
    if (!p) return xs_nomem(err);
    p->kind = names[k].kind;
    switch (p->kind) {
    case XS_SPLIT_PUNCTUATION: return read_behavior(&e, "Isolated", &p->behavior, err);
    case XS_SPLIT_DIGITS: return read_digits(&e, p, err);
    case XS_SPLIT_STRING: return strcmp(e.type, "Split") == 0 ? read_split(t, &e, p, err) : read_delimiter(t, &e, p, err);
    case XS_SPLIT_METASPACE: return read_metaspace(&e, p, err);
    case XS_SPLIT_BYTES:
        XS_TRY(xs_element_bool(&e, "add_prefix_space", true, &p->prefix_space, err));
        return xs_element_bool(&e, "use_regex", true, &p->words, err);
    default: return XSNR_OK;
    }
}

int xs_tokenizer_read_pretokenizer(xs_tokenizer *t, const json_t *json, const char *path, xsnr_error *err) {
    return !json || json_is_null(json) ? XSNR_OK : read_pretokenizer(t, json, path, 0, err);
}

// ---- post-processors ---------------------------------------------------------------------------------------
// Puts ids before or after everything that is there already.
static int wrap(xs_tokenizer *t, const uint32_t *ids, uint32_t n, bool before, xsnr_error *err) {
    uint32_t *had = before ? t->wrap.before : t->wrap.after, n_had = before ? t->wrap.n_before : t->wrap.n_after;
    if ((size_t)n + n_had > 256) return xs_fail(err, XSNR_ERR_DATA, "post_processor: more than 256 tokens around a text");
    uint32_t *all = xs_arena_alloc(&t->arena, ((size_t)n + n_had) * sizeof *all);
    if (!all) return xs_nomem(err);
    if (n) memcpy(before ? all : all + n_had, ids, n * sizeof *all);
    if (n_had) memcpy(before ? all + n : all, had, n_had * sizeof *all);
    if (before)
        t->wrap.before = all, t->wrap.n_before = n + n_had;
    else
        t->wrap.after = all, t->wrap.n_after = n + n_had;
    return XSNR_OK;
}

static int check_id(const xs_tokenizer *t, const xs_element *e, const char *name, const json_t *id, uint32_t *out,
                    xsnr_error *err) {
    json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
    if (value < 0 || value >= (json_int_t)t->vocabulary.size || !t->vocabulary.string[value])
        return xs_element_fail(e, name, "must be the id of a token", err);
    *out = (uint32_t)value;
    return XSNR_OK;
}

static int read_template(xs_tokenizer *t, const xs_element *e, xsnr_error *err) {
    const json_t *single = json_object_get(e->json, "single"), *specials = json_object_get(e->json, "special_tokens");
    uint32_t ids[2][256], n[2] = {0, 0}, side = 0;
    if (!json_is_array(single)) return xs_element_fail(e, "single", "must be a list", err);
    for (size_t i = 0; i < json_array_size(single); i++) {
        const json_t *part = json_array_get(single, i), *special = json_object_get(part, "SpecialToken");
        const char *name = json_string_value(json_object_get(special, "id"));
        const json_t *list = name ? json_object_get(json_object_get(specials, name), "ids") : NULL;
        if (json_object_get(part, "Sequence")) {
            if (side++) return xs_element_fail(e, "single", "must have the text once", err);
            continue;
        }
        if (!json_is_array(list)) return xs_element_fail(e, "single", "has a token that is not in 'special_tokens'", err);
        for (size_t k = 0; k < json_array_size(list); k++) {
            if (n[side] == 256) return xs_element_fail(e, "single", "has more than 256 tokens", err);
            XS_TRY(check_id(t, e, "ids", json_array_get(list, k), &ids[side][n[side]++], err));
        }
    }
    if (side != 1) return xs_element_fail(e, "single", "must have the text once", err);
    XS_TRY(wrap(t, ids[0], n[0], true, err));
    return wrap(t, ids[1], n[1], false, err);
}

// BertProcessing and RobertaProcessing: "cls" and "sep" as [token, id].
static int read_pair(xs_tokenizer *t, const xs_element *e, xsnr_error *err) {
    uint32_t cls, sep;
    XS_TRY(check_id(t, e, "cls", json_array_get(json_object_get(e->json, "cls"), 1), &cls, err));
    XS_TRY(check_id(t, e, "sep", json_array_get(json_object_get(e->json, "sep"), 1), &sep, err));
    XS_TRY(wrap(t, &cls, 1, true, err));
    return wrap(t, &sep, 1, false, err);
}

static int read_trim(xs_tokenizer *t, const xs_element *e, xsnr_error *err) {
    bool trim, prefix;
    XS_TRY(xs_element_bool(e, "trim_offsets", true, &trim, err));
    XS_TRY(xs_element_bool(e, "add_prefix_space", true, &prefix, err));
    if (trim && t->wrap.trim) return xs_element_fail(e, "trim_offsets", "is asked for twice", err);
    if (trim) t->wrap.trim = true, t->wrap.trim_prefix_space = prefix;
    return XSNR_OK;
}

static int read_processor(xs_tokenizer *t, const json_t *json, const char *path, unsigned depth, xsnr_error *err) {
    xs_element e;
    XS_TRY(open_element(json, "post_processor", path, depth, &e, err));
    if (strcmp(e.type, "TemplateProcessing") == 0) return read_template(t, &e, err);
    if (strcmp(e.type, "BertProcessing") == 0) return read_pair(t, &e, err);
    if (strcmp(e.type, "ByteLevel") == 0) return read_trim(t, &e, err);
    if (strcmp(e.type, "RobertaProcessing") == 0) {
        XS_TRY(read_trim(t, &e, err));
        return read_pair(t, &e, err);
    }
    if (strcmp(e.type, "Sequence") != 0)
        return xs_element_unsupported(&e, "BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing", err);
    const json_t *list = json_object_get(json, "processors");
    if (!json_is_array(list)) return xs_element_fail(&e, "processors", "must be a list", err);
    for (size_t i = 0; i < json_array_size(list); i++)
        XS_TRY(read_processor(t, json_array_get(list, i), path, depth + 1, err));
    return XSNR_OK;
}

int xs_tokenizer_read_processor(xs_tokenizer *t, const json_t *json, const char *path, xsnr_error *err) {
    return !json || json_is_null(json) ? XSNR_OK : read_processor(t, json, path, 0, err);
}
