// JSONL: an object a model and text, as `xsnr export` writes it (docs/formats.md).
//
// The tokens of a text are in a file once for every model.  They are parsed once: if what stands behind "tokens" has the
// same bytes as before, it is passed over as a whole.
#include "base/alloc.h"
#include "store/importer.h"
#include "store/source.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef enum key {
    K_MODEL, K_TEXT_ID, K_FAMILY, K_EXPLAINER, K_TOKENS, K_OFFSETS, K_TEXT, K_UNIT, K_ATTRIBUTIONS, K_LABEL, K_PREDICTION,
    K_TARGET, K_SPLIT, K_SEEDS, K_GAP, K_UNATTRIBUTED, K_STANDARD_ERROR, K_OUTSIDE, K_KEYS
} key;
static const char *const keys[K_KEYS] = {"model", "text_id", "family", "explainer", "tokens", "offsets", "text", "unit",
                                         "attributions", "label", "prediction", "target", "split", "seeds", "gap",
                                         "unattributed", "standard_error", "outside"};

typedef struct reader {
    xs_importer *imp;
    const char *path;
    xs_json json;
    float *scores; // (capacity)
    size_t capacity;
    uint32_t last; // tokenisation of the line before
    unsigned char order[K_KEYS + 8]; // the keys of the line before: those of the next come in the same order as a rule
    size_t n_order;
    // of the line at work
    uint32_t seen; // bits of keys
    xs_json_span name[K_KEYS]; // strings, and numbers as they are written
    xs_json_span raw[K_KEYS];  // tokens, offsets, text
    long raw_line;
    xs_import_row row;
} reader;

/* ------------------------------------------------------------ values */

// A string, or a number or a truth value as it is written; null: not told.
static int read_name(reader *r, key k, xsnr_error *err) {
    xs_json *j = &r->json;
    char c = xs_json_peek(j);
    if (c == '"') return xs_json_string(j, &r->imp->line, &r->name[k], err);
    if (c == '-' || (c >= '0' && c <= '9')) return xs_json_number(j, &r->name[k], err);
    if (xs_json_literal(j, "null")) return XSNR_OK;
    if (c == '{' || c == '[') return xs_json_fail(j, err, "\"%s\" is a name or a number", keys[k]);
    return xs_json_skip(j, &r->name[k], err);
}

static int read_number(reader *r, double *out, xsnr_error *err) {
    return xs_json_literal(&r->json, "null") ? XSNR_OK : xs_json_double(&r->json, out, err);
}

static int read_scores(reader *r, xsnr_error *err) {
    xs_json *j = &r->json;
    size_t n = 0;
    XS_TRY(xs_json_enter(j, '[', err));
    for (int rc; (rc = xs_json_item(j, err)) != 0;) {
        if (rc < 0) return rc;
        if (n == r->capacity) {
            size_t want = n ? 2 * n : 1024;
            float *more = xs_realloc_array(r->scores, want, sizeof *more);
            if (!more) return xs_nomem(err);
            r->scores = more;
            r->capacity = want;
        }
        XS_TRY(xs_json_float(j, &r->scores[n++], err));
    }
    r->row.scores = r->scores;
    r->row.lost = j->lost;
    r->row.n_scores = n;
    return XSNR_OK;
}

// A whole number below 2^64, as a number or, since most readers of JSON round those, as a string.
static int read_seed(reader *r, uint64_t *out, xsnr_error *err) {
    xs_json *j = &r->json;
    xs_json_span text;
    bool string = xs_json_peek(j) == '"';
    XS_TRY(string ? xs_json_string(j, &r->imp->line, &text, err) : xs_json_number(j, &text, err));
    *out = 0;
    bool good = text.length > 0;
    for (size_t i = 0; good && i < text.length; i++) {
        unsigned digit = (unsigned)text.text[i] - '0';
        good = digit < 10 && !__builtin_mul_overflow(*out, 10, out) && !__builtin_add_overflow(*out, digit, out);
    }
    return good ? XSNR_OK : xs_json_fail(j, err, "a seed is a whole number from 0 to 2^64 - 1");
}

static int read_seeds(reader *r, xsnr_error *err) {
    xs_json *j = &r->json;
    xs_import_row *row = &r->row;
    xs_json_span name;
    if (xs_json_literal(j, "null")) return XSNR_OK;
    const struct {
        const char *name;
        uint64_t *to;
        bool *has;
    } seeds[] = {{"init", &row->seeds.init, &row->has_seeds},       {"order", &row->seeds.order, &row->has_seeds},
                 {"dropout", &row->seeds.dropout, &row->has_seeds}, {"sample", &row->seeds.sample, &row->has_seeds},
                 {"explain", &row->seed, &row->has_seed}};
    XS_TRY(xs_json_enter(j, '{', err));
    for (int rc; (rc = xs_json_member(j, &r->imp->line, &name, err)) != 0;) {
        if (rc < 0) return rc;
        size_t i = 0;
        while (i < 5 && !xs_json_is(&name, seeds[i].name)) i++;
        if (i == 5) return xs_json_fail(j, err, "a seed is one of init, order, dropout, sample and explain");
        XS_TRY(read_seed(r, seeds[i].to, err));
        *seeds[i].has = true;
    }
    return XSNR_OK;
}

// Tokens, offsets and text stay as they are; usually they are those of the line before.
static int read_raw(reader *r, key k, int slot, xsnr_error *err) {
    xs_json *j = &r->json;
    xs_json_peek(j);
    if (r->last != XS_NOT_INTERNED) {
        const xs_json_span *before = &r->imp->tokens[r->last].raw[slot];
        size_t n = before->length;
        if (n && (size_t)(j->end - j->at) > n && memcmp(j->at, before->text, n) == 0 && strchr(",} \t\r\n", j->at[n])) {
            r->raw[k] = (xs_json_span){j->at, n};
            j->at += n;
            return XSNR_OK;
        }
    }
    return xs_json_skip(j, &r->raw[k], err);
}

static int read_value(reader *r, key k, xsnr_error *err) {
    switch (k) {
    case K_TOKENS: return read_raw(r, k, 0, err);
    case K_OFFSETS: return read_raw(r, k, 1, err);
    case K_TEXT: return read_raw(r, k, 2, err);
    case K_ATTRIBUTIONS: return read_scores(r, err);
    case K_SEEDS: return read_seeds(r, err);
    case K_GAP: return read_number(r, &r->row.gap, err);
    case K_UNATTRIBUTED: return read_number(r, &r->row.unattributed, err);
    case K_STANDARD_ERROR: return read_number(r, &r->row.standard_error, err);
    case K_OUTSIDE: return read_number(r, &r->row.outside, err);
    default: return read_name(r, k, err);
    }
}

/* ------------------------------------------------------------ tokens */

static int parse_tokens(reader *r, xs_import_cut *t, xsnr_error *err) {
    xs_arena *arena = &r->imp->line;
    const xs_json_span *raw = &r->raw[K_TOKENS];
    xs_json j;
    size_t most = 1; // a comma lies between two tokens
    for (size_t i = 0; i < raw->length; i++) most += raw->text[i] == ',';
    xs_json_span *token = XS_ARENA_ARRAY(arena, xs_json_span, most);
    if (!token) return xs_nomem(err);
    j = xs_json_inside(&r->json, *raw);
    XS_TRY(xs_json_enter(&j, '[', err));
    for (int rc; (rc = xs_json_item(&j, err)) != 0;) {
        if (rc < 0) return rc;
        XS_TRY(xs_json_string(&j, arena, &token[t->n], err));
        if (!token[t->n++].length) return xs_json_fail(&j, err, "a token without characters");
    }
    t->token = token;
    return XSNR_OK;
}

static int parse_offset(xs_json *j, uint32_t *out, xsnr_error *err) {
    double x;
    xs_json_peek(j);
    const char *begin = j->at;
    XS_TRY(xs_json_double(j, &x, err));
    if (!(x >= 0 && x < 4294967295.0 && x == floor(x))) {
        j->at = begin;
        return xs_json_fail(j, err, "an offset is a whole number of code points");
    }
    *out = (uint32_t)x;
    return XSNR_OK;
}

static int parse_offsets(reader *r, xs_import_cut *t, xsnr_error *err) {
    const xs_json_span *raw = &r->raw[K_OFFSETS];
    xs_json j;
    if (!raw->length || *raw->text == 'n') return XSNR_OK; // null
    uint32_t *offsets = XS_ARENA_ARRAY(&r->imp->line, uint32_t, 2 * t->n);
    if (!offsets) return xs_nomem(err);
    j = xs_json_inside(&r->json, *raw);
    size_t n = 0;
    XS_TRY(xs_json_enter(&j, '[', err));
    for (int rc; (rc = xs_json_item(&j, err)) != 0; n++) {
        if (rc < 0) return rc;
        if (n == t->n) return xs_json_fail(&j, err, "more offsets than the %zu tokens", t->n);
        XS_TRY(xs_json_enter(&j, '[', err));
        for (int k = 0; k < 3; k++) {
            rc = xs_json_item(&j, err);
            if (rc < 0) return rc;
            if (rc != (k < 2)) return xs_json_fail(&j, err, "offsets are pairs, [start, end]");
            if (k < 2) XS_TRY(parse_offset(&j, &offsets[2 * n + (size_t)k], err));
        }
    }
    if (n < t->n) return xs_json_fail(&j, err, "%zu offsets for %zu tokens", n, t->n);
    t->offsets = offsets;
    return XSNR_OK;
}

static int parse_text(reader *r, xs_import_cut *t, xsnr_error *err) {
    const xs_json_span *raw = &r->raw[K_TEXT];
    xs_json_span text;
    xs_json j;
    if (!raw->length || *raw->text == 'n') return XSNR_OK;
    j = xs_json_inside(&r->json, *raw);
    XS_TRY(xs_json_string(&j, &r->imp->line, &text, err));
    t->content = xs_arena_strndup(&r->imp->line, text.text, text.length);
    return t->content ? XSNR_OK : xs_nomem(err);
}

static int find_tokens(reader *r, xsnr_error *err) {
    xs_import_row *row = &r->row;
    xs_import_cut t = {.text = row->text, .family = row->family, .file = r->path, .line = r->raw_line,
                   .raw = {r->raw[K_TOKENS], r->raw[K_OFFSETS], r->raw[K_TEXT], r->name[K_UNIT]}};
    row->tokens = xs_import_known(r->imp, row->text, row->family, t.raw);
    if (row->tokens == XS_NOT_INTERNED) {
        const xs_json_span *unit = &r->name[K_UNIT];
        t.words = xs_json_is(unit, "word");
        if (unit->text && !t.words && !xs_json_is(unit, "token"))
            return xs_fail_at(err, XSNR_ERR_DATA, r->path, r->raw_line, "\"unit\" is \"word\" or \"token\"");
        XS_TRY(parse_tokens(r, &t, err));
        XS_TRY(parse_offsets(r, &t, err));
        XS_TRY(parse_text(r, &t, err));
        XS_TRY(xs_import_tokens(r->imp, &t, &row->tokens, err));
    }
    r->last = row->tokens;
    return XSNR_OK;
}

/* ------------------------------------------------------------ lines */

static int read_members(reader *r, xsnr_error *err) {
    xs_json *j = &r->json;
    xs_json_span name;
    XS_TRY(xs_json_enter(j, '{', err));
    size_t i = 0;
    for (int rc; (rc = xs_json_member(j, &r->imp->line, &name, err)) != 0; i++) {
        if (rc < 0) return rc;
        int k = i < r->n_order ? r->order[i] : 0;
        if (k == K_KEYS || !xs_json_is(&name, keys[k]))
            for (k = 0; k < K_KEYS && !xs_json_is(&name, keys[k]);) k++;
        if (i < sizeof r->order) {
            r->order[i] = (unsigned char)k;
            if (i >= r->n_order) r->n_order = i + 1;
        }
        if (k == K_KEYS) {
            XS_TRY(xs_json_skip(j, NULL, err));
            continue;
        }
        if (r->seen >> k & 1) return xs_json_fail(j, err, "\"%s\" is there twice", keys[k]);
        r->seen |= 1u << k;
        XS_TRY(read_value(r, (key)k, err));
    }
    return xs_json_close(j, err);
}

static int read_class(reader *r, key k, int *class, xsnr_error *err) {
    return r->name[k].text ? xs_import_class(r->imp, r->name[k], class, err) : XSNR_OK;
}

static int read_line(reader *r, char *line, size_t length, long number, xsnr_error *err) {
    static const key needed[] = {K_TEXT_ID, K_TOKENS, K_ATTRIBUTIONS};
    xs_importer *imp = r->imp;
    xs_import_row *row = &r->row;
    xs_json_open(&r->json, line, length, r->path, number);
    r->seen = 0;
    memset(r->name, 0, sizeof r->name);
    memset(r->raw, 0, sizeof r->raw);
    r->raw_line = number;
    *row = xs_import_empty_row();
    row->line = number;
    XS_TRY(read_members(r, err));
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!(r->seen >> needed[i] & 1))
            return xs_fail_at(err, XSNR_ERR_DATA, r->path, number, "\"%s\" is missing; an explanation has text_id, tokens and attributions",
                              keys[needed[i]]);
    XS_TRY(xs_import_family(imp, r->name[K_FAMILY], &row->family, err));
    XS_TRY(xs_import_explainer(imp, r->name[K_EXPLAINER], &row->explainer, err));
    XS_TRY(xs_import_model_of(imp, row->family, r->name[K_MODEL].text ? r->name[K_MODEL] : xs_import_stem(imp), &row->model, err));
    XS_TRY(xs_import_text_of(imp, r->name[K_TEXT_ID], number, &row->text, err));
    XS_TRY(read_class(r, K_LABEL, &row->label, err));
    XS_TRY(read_class(r, K_PREDICTION, &row->prediction, err));
    XS_TRY(read_class(r, K_TARGET, &row->target, err));
    if (r->name[K_SPLIT].text) {
        uint32_t before = imp->texts[row->text].split != NULL;
        const char *split = before && xs_json_is(&r->name[K_SPLIT], imp->texts[row->text].split)
                                ? imp->texts[row->text].split
                                : xs_arena_strndup(&imp->arena, r->name[K_SPLIT].text, r->name[K_SPLIT].length);
        if (!split) return xs_nomem(err);
        row->split = split;
    }
    XS_TRY(find_tokens(r, err));
    return xs_import_add(imp, row, err);
}

int xs_import_jsonl(xs_importer *imp, const char *path, xsnr_error *err) {
    xs_source source;
    char *line;
    size_t length;
    int rc;
    XS_TRY(xs_source_open(path, &source, err));
    reader *r = XS_NEW(reader);
    rc = r ? XSNR_OK : xs_nomem(err);
    if (r) *r = (reader){.imp = imp, .path = path, .last = XS_NOT_INTERNED};
    while (rc >= 0 && (rc = xs_source_line(&source, false, &line, &length, err)) == 1) {
        xs_arena_mark mark = xs_arena_save(&imp->line);
        if (strspn(line, " \t\r") < length) rc = read_line(r, line, length, source.line, err);
        xs_arena_rewind(&imp->line, mark);
    }
    if (r) xs_free(r->scores);
    xs_free(r);
    xs_source_close(&source);
    return rc;
}
