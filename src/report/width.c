// Columns of text on a terminal: the rules of Markus Kuhn's wcwidth, with ICU's tables in place of a locale, and the emoji that
// are sequences of code points (UTS #51).
//
// Width 0: nonspacing and enclosing marks, format characters (ZWJ, variation selectors), controls, and the
// Hangul vowels and final consonants that join the syllable before them.  Width 2: East_Asian_Width W or F
// (UAX #11), which holds the emoji.  All others, ambiguous ones too: 1.
//
// What is drawn as one picture is counted once and never cut: emoji joined by ZWJ, with a skin tone, two letters of a flag, and a
// sign that VS16 or a keycap makes an emoji are 2 columns, as in terminals that know of them (wcwidth of Python counts the same).
// Spacing vowel signs of Indic scripts keep their own column: so do terminals.
#include "report/width.h"
#include <stdint.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

int xs_char_width(int32_t c) {
    if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return 0;
    if (c == 0xAD) return 1; // soft hyphen: terminals show it
    switch (u_charType(c)) {
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_FORMAT_CHAR:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
        return 0;
    default:
        break;
    }
    if (c >= 0x1160 && c <= 0x11FF) return 0;
    int east = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
    return east == U_EA_WIDE || east == U_EA_FULLWIDTH ? 2 : 1;
}

// The code point that is shown in place of `c`.
static UChar32 shown(UChar32 c, bool ascii) {
    int type = u_charType(c);
    if (c < 0x20 || (c >= 0x7F && c < 0xA0) || type == U_LINE_SEPARATOR || type == U_PARAGRAPH_SEPARATOR)
        return ' ';
    // Bidirectional overrides reorder the rest of the line: a text must not be able to.
    if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) return ' ';
    return ascii && c > 0x7E ? '?' : c;
}

enum { ZWJ = 0x200D, VS16 = 0xFE0F };

static bool is_regional(UChar32 c) { return u_hasBinaryProperty(c, UCHAR_REGIONAL_INDICATOR); }

static bool is_picture(UChar32 c) { return u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC); }

// Does `next` belong to the picture that `base` began, `before` being the last code point of it?
static bool goes_on(UChar32 base, UChar32 before, UChar32 next, bool flag) {
    if (next < 0x80 || shown(next, false) != next) return false;
    if (is_regional(base)) return !flag && before == base && is_regional(next);
    if (is_picture(base) && before == ZWJ && is_picture(next)) return true;
    if (is_picture(base) && u_hasBinaryProperty(next, UCHAR_EMOJI_MODIFIER)) return true;
    return xs_char_width(next) == 0;
}

typedef struct cluster {
    size_t end, columns; // byte after it
} cluster;

static cluster next_cluster(const uint8_t *text, size_t from, size_t bytes, bool ascii) {
    size_t i = from;
    UChar32 base, before, next;
    U8_NEXT_OR_FFFD(text, i, bytes, base);
    before = base;
    size_t columns = (size_t)xs_char_width(shown(base, false));
    bool flag = false;
    while (shown(base, false) == base && i < bytes) {
        size_t after = i;
        U8_NEXT_OR_FFFD(text, after, bytes, next);
        if (!goes_on(base, before, next, flag)) break;
        flag |= is_regional(next);
        if (flag || (next == VS16 && u_hasBinaryProperty(base, UCHAR_EMOJI))) columns = 2;
        before = next;
        i = after;
    }
    return (cluster){i, ascii ? 1 : columns};
}

size_t xs_text_width(const char *text, size_t bytes, bool ascii) {
    size_t columns = 0;
    for (size_t i = 0; i < bytes;) {
        cluster c = next_cluster((const uint8_t *)text, i, bytes, ascii);
        columns += c.columns;
        i = c.end;
    }
    return columns;
}

static void put_cluster(xs_str *out, const char *text, size_t from, size_t end, bool ascii) {
    for (size_t i = from; i < end;) {
        UChar32 c;
        uint8_t utf8[U8_MAX_LENGTH];
        int32_t n = 0;
        U8_NEXT_OR_FFFD((const uint8_t *)text, i, end, c);
        c = shown(c, ascii);
        if (ascii && i < end) c = '?', i = end; // one for all of it
        U8_APPEND_UNSAFE(utf8, n, (uint32_t)c);
        xs_str_append(out, utf8, (size_t)n);
    }
}

size_t xs_put_shown(xs_str *out, const char *text, size_t bytes, size_t columns, bool ascii) {
    bool whole = xs_text_width(text, bytes, ascii) <= columns;
    size_t room = whole ? columns : columns ? columns - 1 : 0, taken = 0;
    for (size_t i = 0; i < bytes;) {
        cluster c = next_cluster((const uint8_t *)text, i, bytes, ascii);
        if (taken + c.columns > room) break;
        taken += c.columns;
        put_cluster(out, text, i, c.end, ascii);
        i = c.end;
    }
    if (whole || !columns) return taken;
    xs_str_put(out, ascii ? "~" : "…");
    return taken + 1;
}

void xs_put_wrapped(xs_str *out, const char *text, size_t columns, size_t indent, bool ascii) {
    if (indent + 1 > columns) indent = 0;
    size_t at = 0; // column
    bool fresh = true;
    for (const char *p = text + strspn(text, " "); *p;) {
        size_t bytes = strcspn(p, " "), width = xs_text_width(p, bytes, ascii);
        if (!fresh && at + 1 + width > columns) {
            xs_str_printf(out, "\n%*s", (int)indent, "");
            at = indent;
            fresh = true;
        }
        if (!fresh) xs_str_put(out, " "), at++;
        at += xs_put_shown(out, p, bytes, columns > at ? columns - at : 1, ascii);
        fresh = false;
        p += bytes;
        p += strspn(p, " ");
    }
    xs_str_put(out, "\n");
}
