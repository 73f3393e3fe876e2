// One table from any of the formats, and the messages they share; see table.h.
#include "text/table.h"
#include "base/alloc.h"
#include "base/file.h"
#include "text/document.h"
#include "text/utf8.h"
#include <string.h>
#include <strings.h>

int xs_table_no_column(const char *name, long line, const char *column, const char *const *there, size_t n,
                       xsnr_error *err) {
    xs_str list = {0};
    xs_quote_nearest(&list, column, there, n);
    int rc = xs_str_failed(&list)
                 ? xs_nomem(err)
                 : xs_fail_at(err, XSNR_ERR_DATA, name, line, "no column '%s'%s", column, list.data);
    xs_str_free(&list);
    return rc;
}

int xs_table_check_length(const char *name, long line, const char *column, size_t length, xsnr_error *err) {
    if (length <= XS_TEXT_LIMIT) return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_DATA, name, line, "'%s' has %zu bytes here; a text may have at most %u",
                      column, length, XS_TEXT_LIMIT);
}

xs_cell *xs_table_add_row(xs_table *t, long line) {
    if (t->rows == t->capacity) {
        size_t capacity = t->capacity ? t->capacity * 2 : 256;
        xs_cell *cells = xs_realloc_array(t->cells, capacity, t->columns * sizeof *cells);
        if (cells) t->cells = cells;
        long *lines = xs_realloc_array(t->lines, capacity, sizeof *lines);
        if (lines) t->lines = lines;
        if (!cells || !lines) return NULL;
        t->capacity = capacity;
    }
    t->lines[t->rows] = line;
    xs_cell *row = t->cells + t->rows++ * t->columns;
    memset(row, 0, t->columns * sizeof *row);
    return row;
}

int xs_table_format_of(const char *path, xs_table_format *format, xsnr_error *err) {
    static const struct {
        const char *extension;
        xs_table_format format;
    } known[] = {{".csv", XS_CSV}, {".tsv", XS_TSV}, {".jsonl", XS_JSONL}, {".ndjson", XS_JSONL}};
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    for (size_t i = 0; dot && i < sizeof known / sizeof *known; i++)
        if (strcasecmp(dot, known[i].extension) == 0) {
            *format = known[i].format;
            return XSNR_OK;
        }
    return xs_fail_at(err, XSNR_ERR_DATA, path, 0,
                      "the name must say what is inside: it has to end in .csv, .tsv, .jsonl or .ndjson");
}

// Takes over `bytes` (size + 1 of them), whatever happens.
static int parse_owned(char *bytes, size_t size, xs_table_format format, const char *name,
                       const char *const *columns, size_t n_columns, xs_table *out, xsnr_error *err) {
    *out = (xs_table){.columns = n_columns, .bytes = bytes};
    size_t bom = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    xs_table_input in = {bytes + bom, size - bom, name, columns, out};
    int rc = xs_utf8_require(bytes, size, name, err);
    if (rc == XSNR_OK) {
        if (!in.size)
            rc = xs_fail_at(err, XSNR_ERR_DATA, name, 0, "this file is empty");
        else
            rc = format == XS_JSONL ? xs_read_jsonl(&in, err) : xs_read_delimited(&in, format, err);
    }
    if (rc < 0) xs_table_free(out);
    return rc;
}

int xs_table_parse(const char *bytes, size_t size, xs_table_format format, const char *name,
                   const char *const *columns, size_t n_columns, xs_table *out, xsnr_error *err) {
    *out = (xs_table){0};
    char *copy = xs_malloc(size + 1);
    if (!copy) return xs_nomem(err);
    if (size) memcpy(copy, bytes, size);
    copy[size] = '\0';
    return parse_owned(copy, size, format, name, columns, n_columns, out, err);
}

int xs_table_read(const char *path, const char *const *columns, size_t n_columns, xs_table *out,
                  xsnr_error *err) {
    *out = (xs_table){0};
    xs_table_format format = XS_CSV;
    XS_TRY(xs_table_format_of(path, &format, err));
    char *bytes = NULL;
    size_t size = 0;
    XS_TRY(xs_file_read(path, &bytes, &size, err));
    return parse_owned(bytes, size, format, path, columns, n_columns, out, err);
}

void xs_table_free(xs_table *t) {
    xs_free(t->cells);
    xs_free(t->lines);
    xs_free(t->bytes);
    xs_arena_free(&t->arena);
    *t = (xs_table){0};
}
