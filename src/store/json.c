// See json.h.  The state is a pointer into the input: a value is checked while it is passed.
#include "store/json.h"
#include "store/decimal.h"
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void xs_json_open(xs_json *j, const char *bytes, size_t size, const char *file, long line) {
    *j = (xs_json){.at = bytes, .end = bytes + size, .start = bytes, .file = file, .line = line};
}

xs_json xs_json_inside(const xs_json *j, xs_json_span value) {
    xs_json inside = *j;
    inside.at = value.text;
    inside.end = value.text + value.length;
    inside.depth = 0;
    inside.first = false;
    return inside;
}

int xs_json_fail(const xs_json *j, xsnr_error *err, const char *format, ...) {
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    long line = j->line;
    const char *begin = j->start;
    for (const char *p = begin; (p = memchr(p, '\n', (size_t)(j->at - p))); begin = ++p) line++;
    return xs_fail_at(err, XSNR_ERR_DATA, j->file, line, "%s (column %td)", message, j->at - begin + 1);
}

bool xs_json_is(const xs_json_span *span, const char *text) {
    return strlen(text) == span->length && memcmp(text, span->text, span->length) == 0;
}

static inline void blank(xs_json *j) {
    while (*j->at == ' ' || *j->at == '\n' || *j->at == '\t' || *j->at == '\r') j->at++; // the NUL at the end stops it
}

char xs_json_peek(xs_json *j) {
    blank(j);
    return *j->at;
}

static int unexpected(const xs_json *j, const char *wanted, xsnr_error *err) {
    unsigned char c = (unsigned char)*j->at;
    if (j->at >= j->end) return xs_json_fail(j, err, "not JSON: it ends where %s should be", wanted);
    if (c == 'N' || c == 'I' || (c == '-' && j->at[1] == 'I'))
        return xs_json_fail(j, err, "NaN and Infinity are no numbers of JSON, and no scores; %s should be here", wanted);
    if (c < ' ' || c > '~') return xs_json_fail(j, err, "not JSON: byte 0x%02X where %s should be", c, wanted);
    return xs_json_fail(j, err, "not JSON: '%c' where %s should be", c, wanted);
}

// What stands where a value of another kind should be: JSON it may well be.
static int another_kind(const xs_json *j, const char *wanted, xsnr_error *err) {
    static const char *const words[] = {"true", "false", "null"};
    const char *there = *j->at == '"' ? "a string" : *j->at == '[' ? "a list" : *j->at == '{' ? "an object" : NULL;
    if (*j->at >= '0' && *j->at <= '9') there = "a number";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(j->at, words[i], strlen(words[i])) == 0) there = words[i];
    if (!there || j->at >= j->end) return unexpected(j, wanted, err);
    return xs_json_fail(j, err, "%s where %s should be", there, wanted);
}

int xs_json_enter(xs_json *j, char bracket, xsnr_error *err) {
    blank(j);
    if (*j->at != bracket) return another_kind(j, bracket == '{' ? "an object, {" : "a list, [", err);
    if (j->depth == XS_JSON_DEPTH)
        return xs_json_fail(j, err, "objects and lists are nested more than %d deep", XS_JSON_DEPTH);
    j->depth++;
    j->at++;
    j->first = true;
    return XSNR_OK;
}

// After a member or item: 1 another follows, 0 the bracket is closed.
static int another(xs_json *j, char closing, xsnr_error *err) {
    blank(j);
    bool first = j->first;
    j->first = false;
    if (*j->at == closing) {
        j->at++;
        j->depth--;
        return 0;
    }
    if (first) return 1;
    if (*j->at != ',') return unexpected(j, closing == '}' ? "',' or '}'" : "',' or ']'", err);
    j->at++;
    blank(j);
    return 1;
}

int xs_json_item(xs_json *j, xsnr_error *err) { return another(j, ']', err); }

int xs_json_member(xs_json *j, xs_arena *arena, xs_json_span *name, xsnr_error *err) {
    int rc = another(j, '}', err);
    if (rc != 1) return rc;
    if (*j->at != '"') return unexpected(j, "a name", err);
    XS_TRY(xs_json_string(j, arena, name, err));
    blank(j);
    if (*j->at != ':') return unexpected(j, "':'", err);
    j->at++;
    return 1;
}

/* ------------------------------------------------------------ strings */

// Bytes of a well-formed UTF-8 sequence at p (Unicode, table 3-7); 0: it is not one.  The NUL at the end is no
// continuation byte, so nothing behind it is read.
size_t xs_json_utf8(const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    unsigned char low = 0x80, high = 0xBF;
    size_t n;
    if (p[0] < 0x80) return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF) n = 2;
    else if (p[0] >= 0xE0 && p[0] <= 0xEF) n = 3;
    else if (p[0] >= 0xF0 && p[0] <= 0xF4) n = 4;
    else return 0;
    if (p[0] == 0xE0) low = 0xA0;
    if (p[0] == 0xED) high = 0x9F;
    if (p[0] == 0xF0) low = 0x90;
    if (p[0] == 0xF4) high = 0x8F;
    if (p[1] < low || p[1] > high) return 0;
    for (size_t i = 2; i < n; i++)
        if (p[i] < 0x80 || p[i] > 0xBF) return 0;
    return n;
}

// Eight bytes at once: is any of them a quote, a backslash, a control or not ASCII?  (Bit tricks, section "determine if
// a word has a byte less than n" of Anderson's collection.)
static bool plain8(const char *p) {
    uint64_t x, ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    memcpy(&x, p, 8);
    uint64_t quote = x ^ (ones * '"'), slash = x ^ (ones * '\\');
    uint64_t found = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((x - ones * 0x20) & ~x) | x;
    return !(found & tops);
}

// Four hexadecimal digits, or -1.
static int hex4(const char *p) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

// Passes a string up to behind its closing quote; *escapes: it has some.
static int pass_string(xs_json *j, bool *escapes, xsnr_error *err) {
    *escapes = false;
    for (const char *p = j->at + 1;;) {
        while (j->end - p >= 8 && plain8(p)) p += 8;
        unsigned char c = (unsigned char)*p;
        if (c == '"') {
            j->at = p + 1;
            return XSNR_OK;
        }
        size_t n = 1;
        j->at = p;
        if (c == '\\') {
            *escapes = true;
            n = 2;
            if (p[1] == 'u') n = hex4(p + 2) < 0 ? 0 : 6;
            else if (!p[1] || !strchr("\"\\/bfnrt", p[1])) n = 0;
            if (!n) return xs_json_fail(j, err, "not JSON: an escape that there is not");
        } else if (c < ' ') {
            if (p >= j->end) return xs_json_fail(j, err, "not JSON: it ends inside a string");
            return xs_json_fail(j, err, "not JSON: a control character (0x%02X) inside a string must be escaped", c);
        } else if (c >= 0x80 && !(n = xs_json_utf8(p))) {
            return xs_json_fail(j, err, "not UTF-8: byte 0x%02X", c);
        }
        p += n;
    }
}

static size_t put_utf8(char *to, int c) {
    if (c < 0x80) return to[0] = (char)c, 1;
    if (c < 0x800) return to[0] = (char)(0xC0 | c >> 6), to[1] = (char)(0x80 | (c & 63)), 2;
    if (c < 0x10000) return to[0] = (char)(0xE0 | c >> 12), to[1] = (char)(0x80 | (c >> 6 & 63)), to[2] = (char)(0x80 | (c & 63)), 3;
    to[0] = (char)(0xF0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 63)), to[2] = (char)(0x80 | (c >> 6 & 63)), to[3] = (char)(0x80 | (c & 63));
    return 4;
}

// The character that "\uXXXX" at p, or a pair of surrogates, stands for; *n: bytes of the escape.  -1: half a pair.
static int unicode_escape(const char *p, size_t *n) {
    int c = hex4(p + 2);
    *n = 6;
    if (c < 0xD800 || c > 0xDFFF) return c;
    int low = c < 0xDC00 && p[6] == '\\' && p[7] == 'u' ? hex4(p + 8) : -1;
    if (low < 0xDC00 || low > 0xDFFF) return -1;
    *n = 12;
    return 0x10000 + (c - 0xD800) * 0x400 + (low - 0xDC00);
}

static int unescape(xs_json *j, const char *p, const char *stop, xs_arena *arena, xs_json_span *out, xsnr_error *err) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char *text = xs_arena_alloc(arena, (size_t)(stop - p) + 1);
    if (!text) return xs_nomem(err);
    size_t length = 0;
    while (p < stop) {
        if (*p != '\\') {
            text[length++] = *p++;
        } else if (p[1] != 'u') {
            text[length++] = to[strchr(from, p[1]) - from];
            p += 2;
        } else {
            size_t n;
            int c = unicode_escape(p, &n);
            if (c <= 0)
                return xs_json_fail(j, err, c ? "half a surrogate pair in a string" : "a string holds the character U+0000");
            length += put_utf8(text + length, c); // at most 4 bytes for 6
            p += n;
        }
    }
    text[length] = '\0';
    *out = (xs_json_span){text, length};
    return XSNR_OK;
}

int xs_json_string(xs_json *j, xs_arena *arena, xs_json_span *out, xsnr_error *err) {
    bool escapes;
    blank(j);
    if (*j->at != '"') return another_kind(j, "a string", err);
    const char *begin = j->at + 1;
    XS_TRY(pass_string(j, &escapes, err));
    *out = (xs_json_span){begin, (size_t)(j->at - 1 - begin)};
    return escapes ? unescape(j, begin, j->at - 1, arena, out, err) : XSNR_OK;
}

/* ------------------------------------------------------------ numbers */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Bytes of NaN, Infinity or -Infinity at p; 0: none of them.
static size_t named_number(const char *p) {
    return strncmp(p, "NaN", 3) == 0 ? 3 : strncmp(p, "Infinity", 8) == 0 ? 8 : strncmp(p, "-Infinity", 9) == 0 ? 9 : 0;
}

// number = [ "-" ] int [ frac ] [ exp ]
int xs_json_number(xs_json *j, xs_json_span *out, xsnr_error *err) {
    blank(j);
    const char *p = j->at;
    size_t named = j->python ? named_number(p) : 0;
    if (named) {
        *out = (xs_json_span){p, named};
        j->at = p + named;
        return XSNR_OK;
    }
    if (*p == '-') p++;
    if (!is_digit(*p)) return another_kind(j, "a number", err);
    if (*p == '0') p++;
    else while (is_digit(*p)) p++;
    const char *wrong = is_digit(*p) ? p : NULL; // 01
    if (*p == '.') {
        if (!is_digit(*++p)) wrong = p;
        while (is_digit(*p)) p++;
    }
    if (!wrong && (*p == 'e' || *p == 'E')) {
        p++;
        if (*p == '+' || *p == '-') p++;
        if (!is_digit(*p)) wrong = p;
        while (is_digit(*p)) p++;
    }
    if (wrong) {
        j->at = wrong;
        return xs_json_fail(j, err, "not JSON: a number is not written so");
    }
    *out = (xs_json_span){j->at, (size_t)(p - j->at)};
    j->at = p;
    return XSNR_OK;
}

int xs_json_double(xs_json *j, double *out, xsnr_error *err) {
    xs_json_span number;
    XS_TRY(xs_json_number(j, &number, err));
    if (j->python && named_number(number.text)) {
        *out = *number.text == 'N' ? NAN : *number.text == 'I' ? INFINITY : -INFINITY;
        return XSNR_OK;
    }
    if (xs_decimal_double(number.text, number.length, out)) return XSNR_OK;
    j->at = number.text;
    return xs_json_fail(j, err, "this number is too large");
}

// A number without an exponent and with at most 19 digits, as nearly all scores are: read in one pass.
static bool short_number(xs_json *j, float *out) {
    const char *p = j->at, *begin, *point;
    uint64_t digits = 0;
    bool negative = *p == '-';
    p += negative;
    begin = p;
    for (; is_digit(*p); p++) digits = digits * 10 + (uint64_t)(*p - '0');
    size_t whole = (size_t)(p - begin), places = 0;
    if (!whole || (*begin == '0' && whole > 1)) return false;
    if (*p == '.') {
        point = ++p;
        for (; is_digit(*p); p++) digits = digits * 10 + (uint64_t)(*p - '0');
        places = (size_t)(p - point);
        if (!places) return false;
    }
    if (whole + places > 19 || *p == 'e' || *p == 'E' || !xs_decimal_quotient(digits, -(int)places, negative, out)) return false;
    j->at = p;
    return true;
}

int xs_json_float(xs_json *j, float *out, xsnr_error *err) {
    xs_json_span number;
    blank(j);
    if (short_number(j, out)) return XSNR_OK;
    XS_TRY(xs_json_number(j, &number, err));
    if (xs_decimal_float(number.text, number.length, out)) {
        if (*out == 0 && strcspn(number.text, "123456789eE,]} \t\r\n") < strcspn(number.text, "eE,]} \t\r\n")) j->lost = true;
        return XSNR_OK;
    }
    j->at = number.text;
    return xs_json_fail(j, err, "this number is too large for a float32, which scores are");
}

/* ------------------------------------------------------------ what is not asked for */

bool xs_json_literal(xs_json *j, const char *word) {
    blank(j);
    size_t n = strlen(word);
    if (strncmp(j->at, word, n) != 0) return false;
    j->at += n;
    return true;
}

static int skip_scalar(xs_json *j, xsnr_error *err) {
    bool escapes;
    xs_json_span number;
    if (*j->at == '"') return pass_string(j, &escapes, err);
    if (*j->at == '-' || is_digit(*j->at) || (j->python && named_number(j->at))) return xs_json_number(j, &number, err);
    if (xs_json_literal(j, "true") || xs_json_literal(j, "false") || xs_json_literal(j, "null")) return XSNR_OK;
    return unexpected(j, "a value", err);
}

int xs_json_skip(xs_json *j, xs_json_span *out, xsnr_error *err) {
    uint64_t objects = 0; // bit d: the bracket at depth d is {
    int outside = j->depth;
    bool escapes;
    _Static_assert(XS_JSON_DEPTH <= 64, "a bit for every depth");
    blank(j);
    const char *begin = j->at;
    do {
        blank(j);
        if (*j->at == '{' || *j->at == '[') {
            bool object = *j->at == '{';
            XS_TRY(xs_json_enter(j, *j->at, err));
            objects = object ? objects | 1ull << (j->depth - 1) : objects & ~(1ull << (j->depth - 1));
        } else {
            XS_TRY(skip_scalar(j, err));
        }
        while (j->depth > outside) {
            bool object = objects >> (j->depth - 1) & 1;
            int rc = another(j, object ? '}' : ']', err);
            if (rc < 0) return rc;
            if (rc == 0) continue;
            if (!object) break;
            if (*j->at != '"') return unexpected(j, "a name", err);
            XS_TRY(pass_string(j, &escapes, err));
            blank(j);
            if (*j->at != ':') return unexpected(j, "':'", err);
            j->at++;
            break;
        }
    } while (j->depth > outside);
    j->first = false;
    if (out) *out = (xs_json_span){begin, (size_t)(j->at - begin)};
    return XSNR_OK;
}

int xs_json_close(xs_json *j, xsnr_error *err) {
    blank(j);
    if (j->at == j->end) return XSNR_OK;
    return unexpected(j, "the end", err);
}
