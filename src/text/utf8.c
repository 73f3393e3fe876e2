// UTF-8 as the Unicode Standard defines it (table 3-7, well-formed byte sequences): no overlong forms, no
// surrogates, nothing above U+10FFFF.  ASCII is passed eight bytes at a time.
#include "text/utf8.h"
#include <stdint.h>
#include <string.h>

// Bytes of the well-formed sequence at p, 0 if there is none.  `left` > 0.
static size_t sequence(const unsigned char *p, size_t left) {
    unsigned char c = p[0], low = 0x80, high = 0xBF; // bounds of the second byte
    size_t n;
    if (c < 0x80) return c != 0;
    if (c >= 0xC2 && c <= 0xDF)
        n = 2;
    else if ((c & 0xF0) == 0xE0) {
        n = 3;
        if (c == 0xE0) low = 0xA0;
        if (c == 0xED) high = 0x9F;
    } else if (c >= 0xF0 && c <= 0xF4) {
        n = 4;
        if (c == 0xF0) low = 0x90;
        if (c == 0xF4) high = 0x8F;
    } else
        return 0;
    if (left < n || p[1] < low || p[1] > high) return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    return n;
}

size_t xs_utf8_check(const char *bytes, size_t size) {
    const unsigned char *p = (const unsigned char *)bytes;
    size_t i = 0;
    while (i < size) {
        uint64_t eight;
        if (size - i >= 8) {
            memcpy(&eight, p + i, 8);
            // no byte ≥ 0x80, and none that borrows when 1 is taken away, i.e. none that is 0
            if (!((eight | (eight - 0x0101010101010101u)) & 0x8080808080808080u)) {
                i += 8;
                continue;
            }
        }
        size_t n = sequence(p + i, size - i);
        if (!n) return i;
        i += n;
    }
    return size;
}

int xs_utf8_require(const char *bytes, size_t size, const char *name, xsnr_error *err) {
    const unsigned char *p = (const unsigned char *)bytes;
    if (size >= 2 && ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF)))
        return xs_fail_at(err, XSNR_ERR_DATA, name, 1, "this file is UTF-16 (byte offset 0); UTF-8 is needed");
    size_t at = xs_utf8_check(bytes, size);
    if (at == size) return XSNR_OK;
    long line = 1;
    for (const char *n = bytes; (n = memchr(n, '\n', at - (size_t)(n - bytes))); n++) line++;
    if (!p[at])
        return xs_fail_at(err, XSNR_ERR_DATA, name, line, "NUL byte at byte offset %zu; text in UTF-8 is needed",
                          at);
    return xs_fail_at(err, XSNR_ERR_DATA, name, line,
                      "invalid UTF-8 at byte offset %zu (0x%02X); the file must be UTF-8", at, p[at]);
}

int32_t xs_utf8_next(const char *text, uint32_t *i, uint32_t end) {
    unsigned char c = (unsigned char)text[(*i)++];
    if (c < 0x80) return c;
    int32_t value = c >= 0xF0 ? c & 0x07 : c >= 0xE0 ? c & 0x0F : c & 0x1F;
    for (; *i < end && ((unsigned char)text[*i] & 0xC0) == 0x80; ++*i) value = value << 6 | (text[*i] & 0x3F);
    return value;
}

size_t xs_utf8_put(int32_t c, char *out) {
    uint32_t u = (uint32_t)c;
    size_t n = u < 0x80 ? 1 : u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
    for (size_t i = n; --i; u >>= 6) out[i] = (char)(0x80 | (u & 0x3F));
    static const unsigned lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[n] | u);
    return n;
}
