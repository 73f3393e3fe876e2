// Reading rationales, and finding the words that they mark; see rationale.h.
#include "text/rationale.h"
#include "base/alloc.h"
#include "base/str.h"
#include "text/eraser.h"
#include "text/json_lines.h"
#include "text/utf8.h"
#include <stdio.h>
#include <string.h>

enum { MOST_SPANS = 100000 }; // of one line

typedef struct reader {
    xs_rationales *out;
    const char *path;
} reader;

static int wrong(const reader *r, long line, const char *what, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_DATA, r->path, line, "%s", what);
}

// The row at the end of the list, with room for `spans` spans.
static int add_row(reader *r, long line, size_t spans, xs_rationale **row, xsnr_error *err) {
    xs_rationales *out = r->out;
    if (spans > MOST_SPANS) return xs_fail_at(err, XSNR_ERR_DATA, r->path, line, "%zu spans; a text has at most %d", spans, MOST_SPANS);
    if (out->n == out->capacity) {
        size_t capacity = out->capacity ? 2 * out->capacity : 64;
        xs_rationale *more = xs_realloc_array(out->rows, capacity, sizeof *more);
        if (!more) return xs_nomem(err);
        out->rows = more;
        out->capacity = capacity;
    }
    *row = &out->rows[out->n++];
    **row = (xs_rationale){.file = r->path, .line = line, .spans = XS_ARENA_ARRAY(&out->arena, xs_marked_span, spans)};
    return (*row)->spans ? XSNR_OK : xs_nomem(err);
}

// A name that may be a number.  *out NULL: it is not there.
static int read_name(reader *r, const json_t *object, const char *key, long line, const char **out, xsnr_error *err) {
    const json_t *value = json_object_get(object, key);
    char number[32];
    *out = NULL;
    if (!value || json_is_null(value)) return XSNR_OK;
    if (json_is_integer(value)) snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (!json_is_string(value)) return xs_fail_at(err, XSNR_ERR_DATA, r->path, line, "\"%s\" is a string or a whole number", key);
    const char *text = json_is_integer(value) ? number : json_string_value(value);
    if (!*text) return xs_fail_at(err, XSNR_ERR_DATA, r->path, line, "\"%s\" is empty", key);
    *out = xs_arena_strdup(&r->out->arena, text);
    return *out ? XSNR_OK : xs_nomem(err);
}

// A place: a whole number, not negative.
static bool read_place(const json_t *value, size_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
    *out = (size_t)json_integer_value(value);
    return true;
}

/* ------------------------------------------------------------ three forms */

static int read_spans(reader *r, const json_t *list, long line, xs_rationale **row, xsnr_error *err) {
    json_t *pair;
    size_t i;
    if (!json_is_array(list)) return wrong(r, line, "\"spans\" is a list of [start, end]", err);
    XS_TRY(add_row(r, line, json_array_size(list), row, err));
    json_array_foreach(list, i, pair) {
        xs_marked_span *s = &(*row)->spans[(*row)->n++];
        if (json_array_size(pair) != 2 || !read_place(json_array_get(pair, 0), &s->start) ||
            !read_place(json_array_get(pair, 1), &s->end) || s->start >= s->end)
            return wrong(r, line, "a span is [start, end], code points of the text, start before end", err);
    }
    return XSNR_OK;
}

static int read_evidences(reader *r, const json_t *groups, long line, xs_rationale **row, xsnr_error *err) {
    json_t *group, *evidence;
    size_t i, k, n = 0;
    if (!json_is_array(groups)) return wrong(r, line, "\"evidences\" is a list of lists", err);
    json_array_foreach(groups, i, group) {
        if (!json_is_array(group)) return wrong(r, line, "\"evidences\" is a list of lists", err);
        n += json_array_size(group);
    }
    XS_TRY(add_row(r, line, n, row, err));
    (*row)->tokens = true;
    json_array_foreach(groups, i, group) json_array_foreach(group, k, evidence) {
        xs_marked_span *s = &(*row)->spans[(*row)->n++];
        const char *said = json_string_value(json_object_get(evidence, "text"));
        if (!read_place(json_object_get(evidence, "start_token"), &s->start) ||
            !read_place(json_object_get(evidence, "end_token"), &s->end) || s->start > s->end)
            return wrong(r, line, "an evidence has start_token and end_token, the end not before the start", err);
        s->said = said ? xs_arena_strdup(&r->out->arena, said) : NULL;
        if (said && !s->said) return xs_nomem(err);
    }
    return XSNR_OK;
}

// The rows from `first` on are those of this line, one a class.
static int row_of_class(reader *r, size_t first, const char *class, long line, size_t room, xs_rationale **row, xsnr_error *err) {
    for (size_t i = first; i < r->out->n; i++)
        if (strcmp(r->out->rows[i].label, class) == 0) return (void)(*row = &r->out->rows[i]), XSNR_OK;
    XS_TRY(add_row(r, line, room, row, err));
    (*row)->label = xs_arena_strdup(&r->out->arena, class);
    return (*row)->label ? XSNR_OK : xs_nomem(err);
}

static int read_words(reader *r, const json_t *words, long line, xsnr_error *err) {
    size_t i, first = r->out->n, start, end;
    json_t *word;
    if (!json_is_array(words)) return wrong(r, line, "\"words\" is a list", err);
    json_array_foreach(words, i, word) {
        const char *truth = json_string_value(json_object_get(word, "truth"));
        if (!truth || !*truth || !read_place(json_object_get(word, "start"), &start) || !read_place(json_object_get(word, "end"), &end) ||
            start >= end)
            return wrong(r, line, "a word has start, end and truth: \"neutral\", or the class that it speaks for", err);
        if (strcmp(truth, "neutral") == 0) continue;
        xs_rationale *row;
        XS_TRY(row_of_class(r, first, truth, line, json_array_size(words), &row, err));
        row->spans[row->n++] = (xs_marked_span){start, end, NULL};
    }
    return XSNR_OK;
}

/* ------------------------------------------------------------ lines */

static int read_class(reader *r, const json_t *object, long line, const char **out, xsnr_error *err) {
    static const char *const keys[] = {"class", "classification", "label"};
    *out = NULL;
    for (size_t k = 0; k < sizeof keys / sizeof *keys && !*out; k++) XS_TRY(read_name(r, object, keys[k], line, out, err));
    return XSNR_OK;
}

// The id of the text that a line is about.
static int read_id(reader *r, const json_t *object, long line, const char **out, xsnr_error *err) {
    const char *document;
    XS_TRY(read_name(r, object, "id", line, out, err));
    if (*out) return XSNR_OK;
    XS_TRY(read_name(r, object, "annotation_id", line, out, err));
    if (!*out) return wrong(r, line, "the text is not named: \"id\" or \"annotation_id\"", err);
    XS_TRY(xs_eraser_document(object, r->path, line, &document, err));
    if (!document) return XSNR_OK;
    xs_str name = {0};
    xs_eraser_id(*out, document, &name);
    *out = xs_str_failed(&name) ? NULL : xs_arena_strdup(&r->out->arena, name.data);
    xs_str_free(&name);
    return *out ? XSNR_OK : xs_nomem(err);
}

static int read_line(void *context, json_t *object, long line, xsnr_error *err) {
    reader *r = context;
    const json_t *spans = json_object_get(object, "spans"), *evidences = json_object_get(object, "evidences"),
                 *words = json_object_get(object, "words");
    size_t first = r->out->n;
    const char *id, *annotator, *class;
    xs_rationale *row;
    if ((spans != NULL) + (evidences != NULL) + (words != NULL) != 1)
        return wrong(r, line, "one of \"spans\", \"evidences\" and \"words\" says what is marked", err);
    XS_TRY(read_id(r, object, line, &id, err));
    XS_TRY(read_name(r, object, "annotator", line, &annotator, err));
    XS_TRY(read_class(r, object, line, &class, err));
    if (spans) XS_TRY(read_spans(r, spans, line, &row, err));
    if (evidences) XS_TRY(read_evidences(r, evidences, line, &row, err));
    if (words) XS_TRY(read_words(r, words, line, err));
    for (size_t i = first; i < r->out->n; i++) {
        r->out->rows[i].id = id;
        r->out->rows[i].annotator = annotator;
        if (!words) r->out->rows[i].label = class;
    }
    return XSNR_OK;
}

int xs_rationales_read(const char *path, xs_rationales *out, xsnr_error *err) {
    reader r = {out, xs_arena_strdup(&out->arena, path)};
    return r.path ? xs_json_lines_file(path, "id", read_line, &r, err) : xs_nomem(err);
}

void xs_rationales_free(xs_rationales *r) {
    xs_free(r->rows);
    xs_arena_free(&r->arena);
    *r = (xs_rationales){0};
}

/* ------------------------------------------------------------ words */

typedef struct token {
    size_t start, end; // code points
    const char *text;
    size_t bytes;
} token;

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// What white space parts.
static int cut(const char *text, xs_arena *scratch, token **out, size_t *n, size_t *code_points, xsnr_error *err) {
    size_t bytes = strlen(text), place = 0;
    token *t = XS_ARENA_ARRAY(scratch, token, bytes / 2 + 1);
    if (!t) return xs_nomem(err);
    *n = 0;
    for (uint32_t i = 0; i < bytes;) {
        if (is_blank(text[i])) {
            i++, place++;
            continue;
        }
        token *one = &t[(*n)++];
        *one = (token){.start = place, .text = text + i};
        while (i < bytes && !is_blank(text[i])) xs_utf8_next(text, &i, (uint32_t)bytes), place++;
        one->end = place;
        one->bytes = (size_t)(text + i - one->text);
    }
    *out = t;
    *code_points = place;
    return XSNR_OK;
}

// Are these tokens what the evidence says that they are, with one blank between?
static bool says(const char *said, const token *t, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i && *said++ != ' ') return false;
        if (strncmp(said, t[i].text, t[i].bytes) != 0) return false;
        said += t[i].bytes;
    }
    return *said == '\0';
}

// A text as its tokens, which spans are told in, or as code points.
typedef struct place {
    const token *tokens; // (n)
    size_t n, code_points;
} place;

// The code points of span i.
static int locate(const xs_rationale *r, size_t i, const place *in, xs_marked_span *s, xsnr_error *err) {
    *s = r->spans[i];
    size_t most = r->tokens ? in->n : in->code_points;
    if (s->end > most)
        return xs_fail_at(err, XSNR_ERR_DATA, r->file, r->line, "the span %zu to %zu is not in the text '%.60s', which has %zu %s",
                          s->start, s->end, r->id, most, r->tokens ? "tokens" : "characters");
    if (s->start == s->end || !r->tokens) return XSNR_OK;
    if (s->said && !says(s->said, in->tokens + s->start, s->end - s->start))
        return xs_fail_at(err, XSNR_ERR_DATA, r->file, r->line,
                          "tokens %zu to %zu of '%.60s' are not \"%.40s\"; these are rationales of other documents", s->start, s->end,
                          r->id, s->said);
    s->end = in->tokens[s->end - 1].end;
    s->start = in->tokens[s->start].start;
    return XSNR_OK;
}

int xs_rationale_mark(const xs_rationale *r, const char *text, const uint32_t *starts, const uint32_t *ends, size_t n_words,
                      xs_arena *scratch, unsigned char *mark, xsnr_error *err) {
    token *tokens = NULL;
    place in = {0};
    memset(mark, 0, n_words);
    XS_TRY(cut(text, scratch, &tokens, &in.n, &in.code_points, err));
    in.tokens = tokens;
    for (size_t i = 0; i < r->n; i++) {
        xs_marked_span s;
        XS_TRY(locate(r, i, &in, &s, err));
        if (s.start == s.end) continue; // there are such in ERASER's own files
        for (size_t w = 0; w < n_words; w++) mark[w] |= starts[w] < s.end && ends[w] > s.start;
    }
    return XSNR_OK;
}

int xs_rationale_words(const xs_rationale *r, const char *text, const uint32_t *starts, const uint32_t *ends, size_t n_words,
                       xs_arena *scratch, uint32_t (*words)[2], size_t *n, xsnr_error *err) {
    token *tokens = NULL;
    place in = {0};
    *n = 0;
    XS_TRY(cut(text, scratch, &tokens, &in.n, &in.code_points, err));
    in.tokens = tokens;
    for (size_t i = 0; i < r->n; i++) {
        xs_marked_span s;
        XS_TRY(locate(r, i, &in, &s, err));
        if (s.start == s.end) continue;
        uint32_t first = 0, last;
        while (first < n_words && ends[first] <= s.start) first++;
        for (last = first; last < n_words && starts[last] < s.end;) last++;
        if (first == last)
            return xs_fail_at(err, XSNR_ERR_DATA, r->file, r->line, "the span %zu to %zu of '%.60s' holds no word", r->spans[i].start,
                              r->spans[i].end, r->id);
        words[*n][0] = first;
        words[(*n)++][1] = last;
    }
    return XSNR_OK;
}
