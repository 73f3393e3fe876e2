// CSV and TSV; what counts as a field is said in table.h.
//
// The bytes are cut in place: a field's end is overwritten with a NUL, quotes that were doubled move the rest
// of their field to the left, and so nothing is copied.  Invariant: what is written lies left of what is
// still to be read.
#include "base/alloc.h"
#include "text/table.h"
#include <stdbool.h>
#include <string.h>

// Far more than any table of texts has; bounds the memory that a file of separators can take.
#define FIELDS_LIMIT 10000u

typedef struct reader {
    const char *name;
    char *at, *end;    // end is writable
    long line;         // of `at`
    bool quoted_names; // TSV: all names of the header are in quotes
    char comma;        // CSV: what separates fields
    // the record that was read last:
    long record_line;
    xs_cell *fields; // (n_fields)
    size_t n_fields, capacity;
} reader;

static int add_field(reader *r, char *start, char *end, xsnr_error *err) {
    if (r->n_fields == FIELDS_LIMIT)
        return xs_fail_at(err, XSNR_ERR_DATA, r->name, r->record_line,
                          "more than %u fields in a row; is this a table of texts?", FIELDS_LIMIT);
    if (r->n_fields == r->capacity) {
        size_t capacity = r->capacity ? r->capacity * 2 : 16;
        xs_cell *fields = xs_realloc_array(r->fields, capacity, sizeof *fields);
        if (!fields) return xs_nomem(err);
        r->fields = fields;
        r->capacity = capacity;
    }
    *end = '\0';
    r->fields[r->n_fields++] = (xs_cell){start, (size_t)(end - start)};
    return XSNR_OK;
}

// Undoes the doubling of quotes in [start, end) and returns the new end.
static char *undouble(char *start, char *end) {
    char *to = start;
    for (char *from = start; from < end; from++) {
        *to++ = *from;
        if (*from == '"') from++;
    }
    return to;
}

// The quote that ends a field in quotes whose inside begins at p, or NULL; lines passed are added to *line.
static char *closing_quote(char *p, const char *end, long *line) {
    for (; p < end; p++) {
        if (*p == '\n') ++*line;
        if (*p != '"') continue;
        if (p + 1 >= end || p[1] != '"') return p;
        p++;
    }
    return NULL;
}

// Spreadsheets of countries that write 0,5 separate by semicolons: so does a file whose header has semicolons and no comma.
static char separator_of(const char *p, const char *end) {
    bool semicolon = false, inside = false;
    while (p < end && (*p == '\n' || *p == '\r')) p++; // blank lines
    for (; p < end && (inside || *p != '\n'); p++) {
        if (*p == '"') inside = !inside;
        if (!inside && *p == ',') return ',';
        semicolon |= !inside && *p == ';';
    }
    return semicolon ? ';' : ',';
}

static int read_csv_record(reader *r, xsnr_error *err) {
    for (;;) {
        char *start = r->at, *stop; // the field is [start, stop), undoubled; r->at goes to what follows it
        if (start < r->end && *start == '"') {
            long opened = r->line;
            char *quote = closing_quote(++start, r->end, &r->line);
            if (!quote)
                return xs_fail_at(err, XSNR_ERR_DATA, r->name, opened, "the quote that opens a field here is never closed");
            r->at = quote + 1;
            bool ends = r->at >= r->end || *r->at == r->comma || *r->at == '\n' ||
                        (*r->at == '\r' && (r->at + 1 >= r->end || r->at[1] == '\n'));
            if (!ends)
                return xs_fail_at(err, XSNR_ERR_DATA, r->name, r->line,
                                  "text after the closing quote of a field; a quote inside quotes is written twice");
            stop = undouble(start, quote);
            if (r->at < r->end && *r->at == '\r') r->at++;
        } else {
            while (r->at < r->end && *r->at != r->comma && *r->at != '\n') r->at++;
            stop = r->at;
            bool line_ends = r->at >= r->end || *r->at == '\n';
            if (line_ends && stop > start && stop[-1] == '\r') stop--;
        }
        char delimiter = r->at < r->end ? *r->at : '\n';
        if (r->at < r->end) r->at++;
        XS_TRY(add_field(r, start, stop, err));
        if (delimiter == '\n') break;
    }
    r->line++;
    return XSNR_OK;
}

// A field of a TSV that some program has put into quotes loses them.
static void unquote_tsv(const reader *r, char **start, char **stop) {
    if (*stop - *start < 2 || **start != '"' || (*stop)[-1] != '"') return;
    char *inside = *start + 1, *last = *stop - 1;
    long lines = 0;
    bool closed = closing_quote(inside, *stop, &lines) == last;
    bool doubled = memchr(inside, '"', (size_t)(last - inside)) != NULL;
    if (!closed || !(doubled || r->quoted_names)) return;
    *start = inside;
    *stop = undouble(inside, last);
}

static int read_tsv_record(reader *r, xsnr_error *err) {
    char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
    char *line_end = newline ? newline : r->end, *next = newline ? newline + 1 : r->end;
    if (line_end > r->at && line_end[-1] == '\r') line_end--;
    for (char *start = r->at;;) {
        char *tab = memchr(start, '\t', (size_t)(line_end - start));
        char *stop = tab ? tab : line_end;
        unquote_tsv(r, &start, &stop);
        XS_TRY(add_field(r, start, stop, err));
        if (!tab) break;
        start = tab + 1;
    }
    r->at = next;
    r->line++;
    return XSNR_OK;
}

// 1: a record was read, 0: there is none any more.
static int read_record(reader *r, xs_table_format format, xsnr_error *err) {
    while (r->at < r->end) { // blank lines
        size_t n = *r->at == '\n' ? 1 : r->end - r->at >= 2 && r->at[0] == '\r' && r->at[1] == '\n' ? 2 : 0;
        if (!n) break;
        r->at += n;
        r->line++;
    }
    if (r->at >= r->end) return 0;
    r->n_fields = 0;
    r->record_line = r->line;
    int rc = format == XS_CSV ? read_csv_record(r, err) : read_tsv_record(r, err);
    return rc < 0 ? rc : 1;
}

static bool all_in_quotes(const reader *r) {
    for (size_t i = 0; i < r->n_fields; i++) {
        xs_cell f = r->fields[i];
        if (f.length < 2 || f.text[0] != '"' || f.text[f.length - 1] != '"') return false;
    }
    return true;
}

// Finds the wanted columns among the names of the header: wanted[i] is the field of column i.
static int find_columns(const xs_table_input *in, const reader *r, const char *const *names, size_t *wanted,
                        xsnr_error *err) {
    for (size_t i = 0; i < in->table->columns; i++) {
        size_t found = 0;
        for (size_t k = 0; k < r->n_fields; k++) {
            if (strcmp(names[k], in->columns[i]) != 0) continue;
            if (found++)
                return xs_fail_at(err, XSNR_ERR_DATA, in->name, r->record_line, "two columns have the name '%s'",
                                  in->columns[i]);
            wanted[i] = k;
        }
        if (!found) return xs_table_no_column(in->name, r->record_line, in->columns[i], names, r->n_fields, err);
    }
    return XSNR_OK;
}

static int wrong_count(const reader *r, const char *const *names, size_t n_names, const char *separator,
                       xsnr_error *err) {
    xs_str list = {0};
    xs_quote_names(&list, names, n_names);
    int rc = xs_str_failed(&list)
                 ? xs_nomem(err)
                 : xs_fail_at(err, XSNR_ERR_DATA, r->name, r->record_line,
                              "%zu field%s where the header has %zu (%s): a %s %s", r->n_fields,
                              r->n_fields == 1 ? "" : "s", n_names, list.data, separator,
                              r->n_fields > n_names ? "in the wrong place" : "is missing");
    xs_str_free(&list);
    return rc;
}

static int read_rows(const xs_table_input *in, reader *r, xs_table_format format, const char *const *names,
                     size_t n_names, const size_t *wanted, xsnr_error *err) {
    xs_table *t = in->table;
    int rc;
    while ((rc = read_record(r, format, err)) == 1) {
        if (r->n_fields != n_names)
            return wrong_count(r, names, n_names, format == XS_TSV ? "tab" : r->comma == ';' ? "semicolon" : "comma", err);
        xs_cell *row = xs_table_add_row(t, r->record_line);
        if (!row) return xs_nomem(err);
        for (size_t i = 0; i < t->columns; i++) {
            row[i] = r->fields[wanted[i]];
            XS_TRY(xs_table_check_length(in->name, r->record_line, in->columns[i], row[i].length, err));
        }
    }
    if (rc < 0) return rc;
    if (!t->rows)
        return xs_fail_at(err, XSNR_ERR_DATA, in->name, r->record_line, "no rows below the header");
    return XSNR_OK;
}

int xs_read_delimited(const xs_table_input *in, xs_table_format format, xsnr_error *err) {
    reader r = {.name = in->name, .at = in->bytes, .end = in->bytes + in->size, .line = 1};
    r.comma = separator_of(r.at, r.end);
    const char **names = NULL;
    size_t *wanted = XS_NEW_ARRAY(size_t, in->table->columns), n_names = 0;
    int rc = wanted ? read_record(&r, format, err) : xs_nomem(err);
    if (rc == 0)
        rc = xs_fail_at(err, XSNR_ERR_DATA, in->name, 0,
                        "this file has blank lines only; a header with the names of the columns is needed");
    if (rc < 0) goto done;
    if (format == XS_TSV && all_in_quotes(&r)) {
        r.quoted_names = true;
        for (size_t i = 0; i < r.n_fields; i++) {
            char *start = (char *)r.fields[i].text, *stop = start + r.fields[i].length;
            unquote_tsv(&r, &start, &stop);
            *stop = '\0';
            r.fields[i] = (xs_cell){start, (size_t)(stop - start)};
        }
    }
    n_names = r.n_fields;
    names = xs_realloc_array(NULL, n_names, sizeof *names);
    if (!names) {
        rc = xs_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < n_names; i++) names[i] = r.fields[i].text;
    rc = find_columns(in, &r, names, wanted, err);
    if (rc == XSNR_OK) rc = read_rows(in, &r, format, names, n_names, wanted, err);
done:
    xs_free(names);
    xs_free(wanted);
    xs_free(r.fields);
    return rc;
}
