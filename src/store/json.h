// JSON read in place, value by value, for files of gigabytes (RFC 8259, strictly).
//
// Nothing is built: the caller asks for the next member or item and for its value, or skips it.  Every byte that is
// passed is checked, also what is skipped: syntax, UTF-8, escapes, depth.  A string without escapes is a piece of the
// input.  Duplicate names are the caller's to see: it knows the members that it reads.
#ifndef XSNR_STORE_JSON_H
#define XSNR_STORE_JSON_H
#include "base/arena.h"
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

enum { XS_JSON_DEPTH = 64 }; // of nested objects and lists

typedef struct xs_json {
    const char *at, *end, *start;
    const char *file; // for messages
    long line;        // of the first byte
    int depth;
    bool first;       // nothing has been read in the innermost object or list
    bool python;      // NaN, Infinity and -Infinity are numbers, as Python's json writes them
    bool lost;        // a number that was read as a float is 0 there, and not 0 where it stands
} xs_json;

/// A piece of the input.
typedef struct xs_json_span {
    const char *text;
    size_t length;
} xs_json_span;

/// `bytes` (size), followed by a NUL byte that is not counted.
void xs_json_open(xs_json *j, const char *bytes, size_t size, const char *file, long line);
/// The same input, to be read again from where this value stands, which was passed before; places in messages stay right.
xs_json xs_json_inside(const xs_json *j, xs_json_span value);
/// The first byte of the value that comes: one of {["tfn-0123456789; anything else, or NUL at the end, is no value.
char xs_json_peek(xs_json *j);
/// An object: enter, then next for each member (1: its name is in `name`, 0: the object is over).  A name with escapes
/// is copied to `arena`.  Between two calls of next the value must be read or skipped.
int xs_json_enter(xs_json *j, char bracket, xsnr_error *err); // '{' or '['
int xs_json_member(xs_json *j, xs_arena *arena, xs_json_span *name, xsnr_error *err);
/// A list: 1 an item follows, 0 the list is over.
int xs_json_item(xs_json *j, xsnr_error *err);
/// Values.  A string lies in the input or, if it has escapes, in `arena`; U+0000 in it is refused.
int xs_json_string(xs_json *j, xs_arena *arena, xs_json_span *out, xsnr_error *err);
int xs_json_double(xs_json *j, double *out, xsnr_error *err); // finite, unless `python` is set
/// The nearest float of a number, rounded once; beyond the floats is an error.  Nearer to 0 than any float: 0, and `lost` is set.
int xs_json_float(xs_json *j, float *out, xsnr_error *err);
/// A number as it stands in the file.
int xs_json_number(xs_json *j, xs_json_span *out, xsnr_error *err);
/// true, false, null: reads it if it comes.
bool xs_json_literal(xs_json *j, const char *word);
/// Passes any value; `out` (may be NULL) is what was passed.
int xs_json_skip(xs_json *j, xs_json_span *out, xsnr_error *err);
/// Nothing but white space may follow.
int xs_json_close(xs_json *j, xsnr_error *err);
/// Fails at the current place; the message as printf.
int xs_json_fail(const xs_json *j, xsnr_error *err, const char *format, ...) __attribute__((format(printf, 3, 4)));
/// Bytes of the well-formed UTF-8 sequence that NUL-terminated text begins with; 0: it is not one.
size_t xs_json_utf8(const char *text);
bool xs_json_is(const xs_json_span *span, const char *text);
#endif
