// JSON lines: an object a line, blank lines passed over, a byte order mark too.
#ifndef XSNR_TEXT_JSON_LINES_H
#define XSNR_TEXT_JSON_LINES_H
#include "base/error.h"
#include <jansson.h>

/// Told of every object; it is released afterwards.
typedef int xs_json_line_fn(void *context, json_t *object, long line, xsnr_error *err);
/// `key` is one that the objects have, for messages.  Bytes (size, and one more) are UTF-8; no line is longer than eight times
/// XS_TEXT_LIMIT, which bounds the memory that its tree takes.  A file of blank lines only is an error.
int xs_json_lines(const char *bytes, size_t size, const char *name, const char *key, xs_json_line_fn *tell, void *context,
                  xsnr_error *err);
/// The same of a file; it must be UTF-8 without NUL.
int xs_json_lines_file(const char *path, const char *key, xs_json_line_fn *tell, void *context, xsnr_error *err);
#endif
