// Checking of bytes that claim to be UTF-8.
#ifndef XSNR_TEXT_UTF8_H
#define XSNR_TEXT_UTF8_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

/// The offset of the first byte that is NUL or does not continue well-formed UTF-8; `size` if there is none.
size_t xs_utf8_check(const char *bytes, size_t size);
/// Fails unless all of a file is UTF-8 without NUL; the message has line and byte offset.
int xs_utf8_require(const char *bytes, size_t size, const char *name, xsnr_error *err);
/// The code point at text[*i], *i < end; *i goes behind it.  The text is well-formed.
int32_t xs_utf8_next(const char *text, uint32_t *i, uint32_t end);
/// Writes a code point (not a surrogate) as UTF-8; its bytes, 1 to 4.
size_t xs_utf8_put(int32_t c, char *out);
#endif
