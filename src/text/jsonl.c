// JSONL: an object a line; see table.h.
#include "base/alloc.h"
#include "text/document.h"
#include "text/table.h"
#include <jansson.h>
#include <string.h>

// A line is parsed as a whole; this bounds the memory that its tree takes.
#define LINE_LIMIT (8u * XS_TEXT_LIMIT)

static int no_key(const char *name, long line, const char *column, json_t *object, xsnr_error *err) {
    size_t n = json_object_size(object), i = 0;
    const char **there = xs_realloc_array(NULL, n, sizeof *there), *key;
    if (!there) return xs_nomem(err);
    json_t *value;
    json_object_foreach(object, key, value) there[i++] = key;
    int rc = xs_table_no_column(name, line, column, there, n, err);
    xs_free(there);
    return rc;
}

// Strings stand for themselves, numbers and booleans as JSON writes them.
static int read_cell(const xs_table_input *in, long line, const char *column, json_t *value, xs_cell *cell,
                     xsnr_error *err) {
    char number[32];
    const char *text;
    size_t length;
    if (json_is_string(value)) {
        text = json_string_value(value);
        length = json_string_length(value);
    } else if (json_is_boolean(value)) {
        text = json_is_true(value) ? "true" : "false";
        length = strlen(text);
    } else if (json_is_number(value)) {
        length = json_dumpb(value, number, sizeof number, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        text = number;
    } else {
        return xs_fail_at(err, XSNR_ERR_DATA, in->name, line, "'%s' is %s here; a string or a number is needed",
                          column, json_is_null(value) ? "null" : json_is_array(value) ? "a list" : "an object");
    }
    XS_TRY(xs_table_check_length(in->name, line, column, length, err));
    char *copy = xs_arena_strndup(&in->table->arena, text, length);
    if (!copy) return xs_nomem(err);
    *cell = (xs_cell){copy, length};
    return XSNR_OK;
}

static int read_line(const xs_table_input *in, const char *start, size_t length, long line, xsnr_error *err) {
    if (length > LINE_LIMIT)
        return xs_fail_at(err, XSNR_ERR_DATA, in->name, line, "this line has %zu bytes; it may have at most %u",
                          length, LINE_LIMIT);
    json_error_t why = {0};
    json_t *object = json_loadb(start, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    char *near = strstr(why.text, " near ");
    if (!object && near) *near = '\0'; // what follows is a raw, cut piece of the line
    if (!object)
        return xs_fail_at(err, XSNR_ERR_DATA, in->name, line, "not JSON: %s (column %d)", why.text, why.column);
    int rc = XSNR_OK;
    xs_cell *row = NULL;
    if (!json_is_object(object))
        rc = xs_fail_at(err, XSNR_ERR_DATA, in->name, line, "each line must be an object, {\"%s\": …}",
                        in->columns[0]);
    else if (!(row = xs_table_add_row(in->table, line)))
        rc = xs_nomem(err);
    for (size_t i = 0; rc == XSNR_OK && i < in->table->columns; i++) {
        json_t *value = json_object_get(object, in->columns[i]);
        rc = value ? read_cell(in, line, in->columns[i], value, &row[i], err)
                   : no_key(in->name, line, in->columns[i], object, err);
    }
    json_decref(object);
    return rc;
}

int xs_read_jsonl(const xs_table_input *in, xsnr_error *err) {
    const char *at = in->bytes, *end = in->bytes + in->size;
    for (long line = 1; at < end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        if (strspn(at, " \t\r") < (size_t)(stop - at)) XS_TRY(read_line(in, at, (size_t)(stop - at), line, err));
        at = newline ? newline + 1 : end;
    }
    if (!in->table->rows)
        return xs_fail_at(err, XSNR_ERR_DATA, in->name, 0, "this file has blank lines only; an object a line is needed");
    return XSNR_OK;
}
