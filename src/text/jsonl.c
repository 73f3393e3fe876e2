// JSONL: an object a line; see table.h.
#include "base/alloc.h"
#include "text/json_lines.h"
#include "text/table.h"
#include <string.h>

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

static int read_row(void *context, json_t *object, long line, xsnr_error *err) {
    const xs_table_input *in = context;
    xs_cell *row = xs_table_add_row(in->table, line);
    if (!row) return xs_nomem(err);
    for (size_t i = 0; i < in->table->columns; i++) {
        json_t *value = json_object_get(object, in->columns[i]);
        if (!value) return no_key(in->name, line, in->columns[i], object, err);
        XS_TRY(read_cell(in, line, in->columns[i], value, &row[i], err));
    }
    return XSNR_OK;
}

int xs_read_jsonl(const xs_table_input *in, xsnr_error *err) {
    xs_table_input input = *in;
    return xs_json_lines(in->bytes, in->size, in->name, in->columns[0], read_row, &input, err);
}
