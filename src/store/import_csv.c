// CSV, long form: a line a word, with the columns of `xsnr export` (docs/formats.md); RFC 4180, semicolons, or tabs.
//
// Lines of one explanation stand together, its words in order.  Columns are found by name; others are passed over.
// Between tabs a quotation mark is a character like any other, unless a program has put the whole field into quotes.
#include "base/alloc.h"
#include "store/importer.h"
#include "store/source.h"
#include <inttypes.h>
#include <string.h>

typedef enum column {
    C_TEXT, C_WORD, C_TOKEN, C_SCORE, C_FAMILY, C_MODEL, C_EXPLAINER, C_INDEX, C_START, C_END, C_LABEL, C_PREDICTION, C_TARGET,
    C_SPLIT, C_COLUMNS
} column;
static const char *const columns[C_COLUMNS] = {"text", "word", "token", "score", "family", "model", "explainer", "word_index",
                                               "start", "end", "label", "prediction", "target", "split"};
// What tells one explanation from another.
static const column names[] = {C_FAMILY, C_MODEL, C_EXPLAINER, C_TEXT, C_LABEL, C_PREDICTION, C_TARGET, C_SPLIT};
enum { N_NAMES = sizeof names / sizeof *names, MOST_FIELDS = 1024 };

typedef struct reader {
    xs_importer *imp;
    const char *path;
    xs_json_span field[MOST_FIELDS]; // of the line at work
    size_t n_fields, n_header;
    char separator;
    bool quoted_names; // between tabs: all names of the header are in quotes
    int column_of[C_COLUMNS]; // −1: there is none
    // of the explanation at work
    xs_str name[N_NAMES];
    xs_str words, offsets; // every word with a NUL; a pair of numbers
    size_t *length;        // (capacity) of each word
    uint32_t *offset;      // (capacity, 2)
    float *score;          // (capacity)
    size_t n, capacity;
    long line;
    bool has_offsets, lost;
} reader;

static int fail(const reader *r, long line, xsnr_error *err, const char *what, const char *name) {
    return xs_fail_at(err, XSNR_ERR_DATA, r->path, line, what, name);
}

/* ------------------------------------------------------------ fields */

// What parts the fields of a header; a file named .tsv has tabs.  Spreadsheets of countries that write 0,5 take semicolons.
static char separator_of(const char *path, const char *header) {
    const char *end = path + strlen(path);
    bool inside = false, semicolon = false, tab = false;
    if (end - path > 3 && strcmp(end - 3, ".gz") == 0) end -= 3;
    if (end - path > 4 && memcmp(end - 4, ".tsv", 4) == 0) return '\t';
    for (const char *p = header; *p; p++) {
        if (*p == '"') inside = !inside;
        if (!inside && *p == ',') return ',';
        semicolon |= !inside && *p == ';';
        tab |= !inside && *p == '\t';
    }
    return semicolon ? ';' : tab ? '\t' : ',';
}

// A field between tabs in quotes, its own doubled; only where that can be seen: a quotation mark may be a word.
static void unquote(const reader *r, bool header, xs_json_span *f) {
    char *text = (char *)f->text, *to = text, *last = text + f->length - 1;
    bool doubled = false;
    if (f->length < 2 || *text != '"' || *last != '"') return;
    for (char *p = text + 1; p < last; p++) {
        if (*p != '"') continue;
        if (++p == last || *p != '"') return;
        doubled = true;
    }
    if (!doubled && !header && !r->quoted_names) return;
    for (char *p = text + 1; p < last; p++) {
        p += *p == '"';
        *to++ = *p;
    }
    *to = '\0';
    f->length = (size_t)(to - text);
}

static int cut_at_tabs(reader *r, char *p, char *end, long line, xsnr_error *err) {
    bool header = !r->n_header, quoted = true;
    for (char *tab;; p = tab + 1) {
        if (r->n_fields == MOST_FIELDS) return fail(r, line, err, "more than 1024 columns%s", "");
        tab = memchr(p, '\t', (size_t)(end - p));
        char *stop = tab ? tab : end;
        *stop = '\0';
        xs_json_span *f = &r->field[r->n_fields++];
        *f = (xs_json_span){p, (size_t)(stop - p)};
        quoted = quoted && f->length > 1 && *p == '"' && stop[-1] == '"';
        unquote(r, header, f);
        if (!tab) break;
    }
    if (header) r->quoted_names = quoted;
    return XSNR_OK;
}

// Cuts a line, in place, into NUL-terminated fields.
static int cut(reader *r, char *p, size_t length, long line, xsnr_error *err) {
    char *end = p + length;
    if (end > p && end[-1] == '\r') *--end = '\0';
    if (memchr(p, '\0', (size_t)(end - p))) return fail(r, line, err, "a NUL byte in %s", "a line of text");
    r->n_fields = 0;
    if (r->separator == '\t') return cut_at_tabs(r, p, end, line, err);
    for (;;) {
        if (r->n_fields == MOST_FIELDS) return fail(r, line, err, "more than 1024 columns%s", "");
        xs_json_span *f = &r->field[r->n_fields++];
        f->text = p;
        char *to = p;
        if (*p == '"') {
            for (p++; p < end && (*p != '"' || p[1] == '"'); p++) {
                if (*p == '"') p++;
                *to++ = *p;
            }
            if (p == end) return fail(r, line, err, "the quote that opens a field here is never closed%s", "");
            p++;
            if (p < end && *p != r->separator)
                return fail(r, line, err, "after the quote that closes a field comes a %s", r->separator == ';' ? "semicolon" : "comma");
        } else {
            while (p < end && *p != r->separator) p++;
            to = p;
        }
        f->length = (size_t)(to - f->text);
        bool last = p >= end;
        *to = '\0';
        if (last) return XSNR_OK;
        p++;
    }
}

static bool is_utf8(const xs_json_span *c) {
    for (size_t i = 0; i < c->length;) {
        size_t n = xs_json_utf8(c->text + i);
        if (!n) return false;
        i += n;
    }
    return true;
}

// Fails for what is missing, and says what there is.
static int no_column(const reader *r, long line, const char *needed, xsnr_error *err) {
    const char **there = XS_ARENA_ARRAY(&r->imp->line, const char *, r->n_fields);
    if (!there) return xs_nomem(err);
    for (size_t i = 0; i < r->n_fields; i++) there[i] = r->field[i].text;
    xs_str list = {0};
    if (needed) xs_str_printf(&list, "no column '%s'", needed);
    else xs_str_put(&list, "one column is named 'word' or, if its cells are to be joined to words, 'token'");
    if (!needed && r->column_of[C_WORD] >= 0) xs_str_put(&list, "; here are both");
    else xs_quote_nearest(&list, needed ? needed : "word", there, r->n_fields);
    int rc = xs_str_failed(&list) ? xs_nomem(err) : xs_fail_at(err, XSNR_ERR_DATA, r->path, line, "%s", list.data);
    xs_str_free(&list);
    return rc;
}

static int read_header(reader *r, long line, xsnr_error *err) {
    for (size_t i = 0; i < r->n_fields; i++)
        if (!is_utf8(&r->field[i])) return fail(r, line, err, "this line is not UTF-8%s", "");
    for (int c = 0; c < C_COLUMNS; c++) {
        r->column_of[c] = -1;
        for (size_t i = 0; i < r->n_fields; i++) {
            if (!xs_json_is(&r->field[i], columns[c])) continue;
            if (r->column_of[c] >= 0) return fail(r, line, err, "two columns are named '%s'", columns[c]);
            r->column_of[c] = (int)i;
        }
    }
    r->n_header = r->n_fields;
    if (r->column_of[C_TEXT] < 0 || r->column_of[C_SCORE] < 0) return no_column(r, line, columns[r->column_of[C_TEXT] < 0 ? C_TEXT : C_SCORE], err);
    if ((r->column_of[C_WORD] < 0) == (r->column_of[C_TOKEN] < 0)) return no_column(r, line, NULL, err);
    if ((r->column_of[C_START] < 0) != (r->column_of[C_END] < 0))
        return fail(r, line, err, "%s", "the columns 'start' and 'end' come together");
    r->has_offsets = r->column_of[C_START] >= 0;
    return XSNR_OK;
}

static const xs_json_span *cell(const reader *r, column c) {
    static const xs_json_span none = {"", 0};
    return r->column_of[c] < 0 ? &none : &r->field[r->column_of[c]];
}

static int read_score(reader *r, long line, float *out, xsnr_error *err) {
    const xs_json_span *c = cell(r, C_SCORE);
    xs_json j;
    char shown[64];
    xs_json_open(&j, c->text, c->length, r->path, line);
    bool good = xs_json_float(&j, out, NULL) == XSNR_OK && xs_json_close(&j, NULL) == XSNR_OK;
    r->lost |= j.lost;
    if (good) return XSNR_OK;
    return fail(r, line, err, strchr(c->text, ',') ? "'%s' is no score; a finite number is needed, with a point and no comma" : "'%s' is no score; a finite number is needed",
                xs_printable(shown, sizeof shown, c->text));
}

static int read_whole(const reader *r, column k, long line, uint32_t *out, xsnr_error *err) {
    const xs_json_span *c = cell(r, k);
    uint64_t n = 0;
    char shown[64];
    for (size_t i = 0; i < c->length && n < UINT32_MAX; i++) n = c->text[i] >= '0' && c->text[i] <= '9' ? n * 10 + (uint64_t)(c->text[i] - '0') : UINT64_MAX;
    if (c->length && n < UINT32_MAX) return *out = (uint32_t)n, XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_DATA, r->path, line, "%s: '%s' is no whole number", columns[k], xs_printable(shown, sizeof shown, c->text));
}

/* ------------------------------------------------------------ explanations */

static xs_json_span name_of(const reader *r, int i) {
    return r->name[i].length ? (xs_json_span){r->name[i].data, r->name[i].length} : (xs_json_span){NULL, 0};
}

static int find_tokens(reader *r, xs_import_row *row, xsnr_error *err) {
    bool words = r->column_of[C_WORD] >= 0;
    xs_import_cut t = {.text = row->text, .family = row->family, .n = r->n, .words = words, .file = r->path, .line = r->line,
                   .raw = {{r->words.data, r->words.length}, {r->offsets.data, r->offsets.length}, {NULL, 0}, {words ? "word" : "token", 5}}};
    row->tokens = xs_import_known(r->imp, row->text, row->family, t.raw);
    if (row->tokens != XS_NOT_INTERNED) return XSNR_OK;
    xs_json_span *token = XS_ARENA_ARRAY(&r->imp->line, xs_json_span, r->n);
    if (!token) return xs_nomem(err);
    const char *at = r->words.data;
    for (size_t i = 0; i < r->n; at += r->length[i++] + 1) token[i] = (xs_json_span){at, r->length[i]};
    t.token = token;
    t.offsets = r->has_offsets ? r->offset : NULL;
    return xs_import_tokens(r->imp, &t, &row->tokens, err);
}

static int end_explanation(reader *r, xsnr_error *err) {
    xs_importer *imp = r->imp;
    xs_import_row row = xs_import_empty_row();
    int *const classes[] = {&row.label, &row.prediction, &row.target};
    if (!r->n) return XSNR_OK;
    row.line = r->line;
    row.scores = r->score;
    row.n_scores = r->n;
    row.lost = r->lost;
    XS_TRY(xs_import_family(imp, name_of(r, 0), &row.family, err));
    XS_TRY(xs_import_model_of(imp, row.family, name_of(r, 1).text ? name_of(r, 1) : xs_import_stem(imp), &row.model, err));
    XS_TRY(xs_import_explainer(imp, name_of(r, 2), &row.explainer, err));
    XS_TRY(xs_import_text_of(imp, name_of(r, 3), r->line, &row.text, err));
    for (int i = 0; i < 3; i++)
        if (name_of(r, 4 + i).text) XS_TRY(xs_import_class(imp, name_of(r, 4 + i), classes[i], err));
    if (name_of(r, 7).text && !(row.split = xs_arena_strdup(&imp->arena, r->name[7].data))) return xs_nomem(err);
    xs_arena_mark mark = xs_arena_save(&imp->line);
    XS_TRY(find_tokens(r, &row, err));
    xs_arena_rewind(&imp->line, mark);
    r->n = 0;
    return xs_import_add(imp, &row, err);
}

static bool same_explanation(const reader *r) {
    for (int i = 0; i < N_NAMES; i++) {
        const xs_json_span *c = cell(r, names[i]);
        if (c->length != r->name[i].length || (c->length && memcmp(c->text, r->name[i].data, c->length) != 0)) return false;
    }
    return r->n > 0;
}

static int begin_explanation(reader *r, long line, xsnr_error *err) {
    XS_TRY(end_explanation(r, err));
    r->line = line;
    r->words.length = r->offsets.length = 0;
    r->lost = false;
    for (int i = 0; i < N_NAMES; i++) {
        const xs_json_span *c = cell(r, names[i]);
        r->name[i].length = 0;
        if (xs_str_append(&r->name[i], c->text, c->length)) return xs_nomem(err);
    }
    return XSNR_OK;
}

static int grow(reader *r, xsnr_error *err) {
    size_t want = r->capacity ? 2 * r->capacity : 256;
    size_t *length = xs_realloc_array(r->length, want, sizeof *length);
    if (length) r->length = length;
    uint32_t *offset = length ? xs_realloc_array(r->offset, want, 2 * sizeof *offset) : NULL;
    if (offset) r->offset = offset;
    float *score = offset ? xs_realloc_array(r->score, want, sizeof *score) : NULL;
    if (!score) return xs_nomem(err);
    r->score = score;
    r->capacity = want;
    return XSNR_OK;
}

static int read_word(reader *r, long line, xsnr_error *err) {
    column k = r->column_of[C_WORD] >= 0 ? C_WORD : C_TOKEN;
    const xs_json_span *word = cell(r, k);
    uint32_t index;
    if (!same_explanation(r)) XS_TRY(begin_explanation(r, line, err));
    if (r->n == r->capacity) XS_TRY(grow(r, err));
    if (!word->length) return fail(r, line, err, "the %s is empty", columns[k]);
    for (size_t i = 0; i < r->n_fields; i++)
        if (!is_utf8(&r->field[i])) return fail(r, line, err, "this line is not UTF-8%s", "");
    if (r->column_of[C_INDEX] >= 0) {
        XS_TRY(read_whole(r, C_INDEX, line, &index, err));
        if (index != r->n)
            return xs_fail_at(err, XSNR_ERR_DATA, r->path, line, "word_index is %" PRIu32 " where %zu comes; words of an explanation stand "
                              "together, in order, from 0", index, r->n);
    }
    XS_TRY(read_score(r, line, &r->score[r->n], err));
    if (r->has_offsets) {
        uint32_t *o = &r->offset[2 * r->n];
        XS_TRY(read_whole(r, C_START, line, &o[0], err));
        XS_TRY(read_whole(r, C_END, line, &o[1], err));
        if (xs_str_append(&r->offsets, o, 2 * sizeof *o)) return xs_nomem(err);
    }
    r->length[r->n++] = word->length;
    return xs_str_append(&r->words, word->text, word->length + 1) ? xs_nomem(err) : XSNR_OK;
}

static int read_rows(reader *r, xs_source *source, xsnr_error *err) {
    char *line;
    size_t length;
    bool header = false;
    r->separator = separator_of(r->path, "");
    for (int rc; (rc = xs_source_line(source, r->separator != '\t', &line, &length, err)) != 0;) {
        if (rc < 0) return rc;
        if (!length || (length == 1 && *line == '\r')) continue;
        if (!header) r->separator = separator_of(r->path, line);
        XS_TRY(cut(r, line, length, source->line, err));
        if (!header) {
            XS_TRY(read_header(r, source->line, err));
            header = true;
            continue;
        }
        if (r->n_fields != r->n_header)
            return xs_fail_at(err, XSNR_ERR_DATA, r->path, source->line, "%zu columns here, %zu in the first line", r->n_fields, r->n_header);
        XS_TRY(read_word(r, source->line, err));
    }
    return end_explanation(r, err);
}

int xs_import_csv(xs_importer *imp, const char *path, xsnr_error *err) {
    xs_source source;
    XS_TRY(xs_source_open(path, &source, err));
    reader *r = XS_NEW(reader);
    int rc = XSNR_OK;
    if (r) {
        r->imp = imp;
        r->path = path;
        rc = read_rows(r, &source, err);
        for (int i = 0; i < N_NAMES; i++) xs_str_free(&r->name[i]);
        xs_str_free(&r->words);
        xs_str_free(&r->offsets);
        xs_free(r->length);
        xs_free(r->offset);
        xs_free(r->score);
    } else {
        rc = xs_nomem(err);
    }
    xs_free(r);
    xs_source_close(&source);
    return rc;
}
