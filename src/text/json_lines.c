// Lines of JSON, one after the other; see json_lines.h.
#include "text/json_lines.h"
#include "base/alloc.h"
#include "base/file.h"
#include "text/document.h"
#include "text/utf8.h"
#include <stdbool.h>
#include <string.h>

#define LINE_LIMIT (8u * XS_TEXT_LIMIT)

static int read_line(const char *start, size_t length, const char *name, const char *key, long line, xs_json_line_fn *tell,
                     void *context, xsnr_error *err) {
    if (length > LINE_LIMIT)
        return xs_fail_at(err, XSNR_ERR_DATA, name, line, "this line has %zu bytes; it may have at most %u", length, LINE_LIMIT);
    json_error_t why = {0};
    json_t *object = json_loadb(start, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    char *near = strstr(why.text, " near ");
    if (!object && near) *near = '\0'; // what follows is a raw, cut piece of the line
    if (!object) return xs_fail_at(err, XSNR_ERR_DATA, name, line, "not JSON: %s (column %d)", why.text, why.column);
    int rc = json_is_object(object)
                 ? tell(context, object, line, err)
                 : xs_fail_at(err, XSNR_ERR_DATA, name, line, "each line must be an object, {\"%s\": …}", key);
    json_decref(object);
    return rc;
}

int xs_json_lines(const char *bytes, size_t size, const char *name, const char *key, xs_json_line_fn *tell, void *context,
                  xsnr_error *err) {
    const char *at = bytes, *end = bytes + size;
    bool any = false;
    for (long line = 1; at < end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        if (strspn(at, " \t\r") < (size_t)(stop - at)) {
            any = true;
            XS_TRY(read_line(at, (size_t)(stop - at), name, key, line, tell, context, err));
        }
        at = newline ? newline + 1 : end;
    }
    if (!any) return xs_fail_at(err, XSNR_ERR_DATA, name, 0, "this file has blank lines only; an object a line is needed");
    return XSNR_OK;
}

int xs_json_lines_file(const char *path, const char *key, xs_json_line_fn *tell, void *context, xsnr_error *err) {
    char *bytes = NULL;
    size_t size = 0;
    XS_TRY(xs_file_read(path, &bytes, &size, err));
    size_t mark = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    int rc = xs_utf8_require(bytes, size, path, err);
    if (rc == XSNR_OK) rc = xs_json_lines(bytes + mark, size - mark, path, key, tell, context, err);
    xs_free(bytes);
    return rc;
}
