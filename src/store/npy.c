// The .npy format; see npy.h.
//
// A file is "\x93NUMPY", a version (major, minor), the length of the header (2 bytes in version 1, 4 in 2 and
// 3, little-endian), the header, the items.  The header is a Python dict literal with the keys descr,
// fortran_order and shape, padded so that the items begin at a multiple of 64.
#include "store/npy.h"
#include "base/alloc.h"
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const size_t max_rank = sizeof((xs_npy *)0)->shape / sizeof(size_t);

/* ------------------------------------------------------------ the header */

typedef struct header {
    const char *p, *end; // what is left to read
    const char *name;    // of the file
    char dtype[32];
    bool fortran, seen_dtype, seen_order, seen_shape;
    xs_npy *array; // rank and shape
} header;

static int malformed(const header *h, const char *expected, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_DATA, h->name, 0, "the header of this .npy file is malformed: %s is expected",
                      expected);
}

static void skip_spaces(header *h) {
    while (h->p < h->end && isspace((unsigned char)*h->p)) h->p++;
}

static bool take(header *h, char c) {
    skip_spaces(h);
    if (h->p == h->end || *h->p != c) return false;
    h->p++;
    return true;
}

static bool take_word(header *h, const char *word) {
    size_t n = strlen(word);
    skip_spaces(h);
    if ((size_t)(h->end - h->p) < n || memcmp(h->p, word, n) != 0) return false;
    h->p += n;
    return true;
}

// A quoted string without escapes, cut to the room there is.
static int take_string(header *h, char *out, size_t room, xsnr_error *err) {
    skip_spaces(h);
    if (h->p == h->end || (*h->p != '\'' && *h->p != '"')) return malformed(h, "a quoted string", err);
    char quote = *h->p++;
    const char *close = memchr(h->p, quote, (size_t)(h->end - h->p));
    if (!close) return malformed(h, "a closing quote", err);
    size_t n = (size_t)(close - h->p);
    if (n >= room) n = room - 1;
    for (size_t i = 0; i < n; i++) out[i] = isprint((unsigned char)h->p[i]) ? h->p[i] : '?';
    out[n] = '\0';
    h->p = close + 1;
    return XSNR_OK;
}

static int take_size(header *h, size_t *out, xsnr_error *err) {
    skip_spaces(h);
    if (h->p == h->end || !isdigit((unsigned char)*h->p)) return malformed(h, "a whole number in the shape", err);
    size_t value = 0;
    for (; h->p < h->end && isdigit((unsigned char)*h->p); h->p++) {
        if (__builtin_mul_overflow(value, (size_t)10, &value) ||
            __builtin_add_overflow(value, (size_t)(*h->p - '0'), &value))
            return xs_fail_at(err, XSNR_ERR_DATA, h->name, 0, "the shape of this array is larger than any memory");
    }
    if (h->p < h->end && *h->p == 'L') h->p++; // a long of Python 2
    *out = value;
    return XSNR_OK;
}

static int take_shape(header *h, xsnr_error *err) {
    if (!take(h, '(')) return malformed(h, "a shape in parentheses", err);
    h->array->rank = 0;
    while (!take(h, ')')) {
        if ((size_t)h->array->rank == max_rank)
            return xs_fail_at(err, XSNR_ERR_DATA, h->name, 0, "this array has more than %zu dimensions", max_rank);
        XS_TRY(take_size(h, &h->array->shape[h->array->rank++], err));
        if (take(h, ',')) continue;
        if (!take(h, ')')) return malformed(h, "',' or ')' in the shape", err);
        break;
    }
    return XSNR_OK;
}

static int take_dtype(header *h, xsnr_error *err) {
    skip_spaces(h);
    if (h->p < h->end && *h->p == '[')
        return xs_fail_at(err, XSNR_ERR_DATA, h->name, 0,
                          "this array has named fields (a structured dtype); save a plain array of numbers");
    return take_string(h, h->dtype, sizeof h->dtype, err);
}

static int take_entry(header *h, xsnr_error *err) {
    char key[24];
    XS_TRY(take_string(h, key, sizeof key, err));
    if (!take(h, ':')) return malformed(h, "':'", err);
    if (strcmp(key, "descr") == 0) {
        h->seen_dtype = true;
        return take_dtype(h, err);
    }
    if (strcmp(key, "shape") == 0) {
        h->seen_shape = true;
        return take_shape(h, err);
    }
    if (strcmp(key, "fortran_order") != 0) return malformed(h, "descr, fortran_order or shape as a key", err);
    h->seen_order = true;
    h->fortran = take_word(h, "True");
    return h->fortran || take_word(h, "False") ? XSNR_OK : malformed(h, "True or False", err);
}

static int take_header(header *h, xsnr_error *err) {
    if (!take(h, '{')) return malformed(h, "'{'", err);
    while (!take(h, '}')) {
        XS_TRY(take_entry(h, err));
        if (take(h, ',')) continue;
        if (!take(h, '}')) return malformed(h, "',' or '}'", err);
        break;
    }
    skip_spaces(h);
    if (h->p != h->end) return malformed(h, "nothing after '}'", err);
    if (!h->seen_dtype || !h->seen_order || !h->seen_shape)
        return malformed(h, "descr, fortran_order and shape, all three,", err);
    return XSNR_OK;
}

/* ------------------------------------------------------------ the items */

typedef struct item_type {
    char kind; // f, i, u, b
    size_t size;
    bool big_endian;
} item_type;

static int parse_dtype(const char *text, const char *name, item_type *out, xsnr_error *err) {
    const char *p = text;
    out->big_endian = *p == '>';
    if (*p && strchr("<>=|", *p)) p++;
    out->kind = *p;
    bool one_digit = *p && p[1] >= '1' && p[1] <= '8' && !p[2];
    out->size = one_digit ? (size_t)(p[1] - '0') : 0;
    bool power = one_digit && (out->size & (out->size - 1)) == 0;
    if (power && ((out->kind == 'f' && out->size > 1) || out->kind == 'i' || out->kind == 'u' ||
                  (out->kind == 'b' && out->size == 1)))
        return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_DATA, name, 0,
                      "an array of dtype '%s' is not one of numbers; save it as float32 or float64%s", text,
                      out->kind == 'O' ? " (these are Python objects, which are never loaded)" : "");
}

// IEEE 754 binary16.
static double half(uint16_t bits) {
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double magnitude = exponent == 31 ? (fraction ? (double)NAN : (double)INFINITY)
                       : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                      : ldexp(fraction, -24);
    return bits >> 15 ? -magnitude : magnitude;
}

static double item(const unsigned char *p, item_type type) {
    uint64_t bits = 0;
    for (size_t i = 0; i < type.size; i++) bits = bits << 8 | p[type.big_endian ? i : type.size - 1 - i];
    switch (type.kind) {
    case 'b': return bits != 0;
    case 'u': return (double)bits;
    case 'i': {
        unsigned unused = 64 - 8 * (unsigned)type.size;
        return (double)((int64_t)(bits << unused) >> unused); // the sign, extended
    }
    default: break;
    }
    if (type.size == 2) return half((uint16_t)bits);
    if (type.size == 4) {
        float value;
        uint32_t word = (uint32_t)bits;
        memcpy(&value, &word, sizeof value);
        return (double)value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// The index of the next item in C order, and where it lies in Fortran order: the first index runs fastest.
static void convert(const unsigned char *bytes, item_type type, bool fortran, size_t count, xs_npy *array) {
    if (!fortran || array->rank < 2) {
        for (size_t i = 0; i < count; i++) array->data[i] = item(bytes + i * type.size, type);
        return;
    }
    size_t index[8] = {0}, stride[8], at = 0;
    stride[0] = 1;
    for (int d = 1; d < array->rank; d++) stride[d] = stride[d - 1] * array->shape[d - 1];
    for (size_t i = 0; i < count; i++) {
        array->data[i] = item(bytes + at * type.size, type);
        for (int d = array->rank - 1; d >= 0; d--) {
            at += stride[d];
            if (++index[d] < array->shape[d]) break;
            at -= stride[d] * array->shape[d];
            index[d] = 0;
        }
    }
}

static int read_items(const header *h, size_t left, xs_npy *array, xsnr_error *err) {
    item_type type;
    XS_TRY(parse_dtype(h->dtype, h->name, &type, err));
    size_t count = 1, size;
    bool overflow = false, empty = false;
    for (int d = 0; d < array->rank; d++) empty |= array->shape[d] == 0;
    for (int d = 0; d < array->rank && !empty; d++) overflow |= __builtin_mul_overflow(count, array->shape[d], &count);
    if (empty) count = 0;
    if (overflow || __builtin_mul_overflow(count, type.size, &size))
        return xs_fail_at(err, XSNR_ERR_DATA, h->name, 0, "the shape of this array is larger than any memory");
    if (size > left)
        return xs_fail_at(err, XSNR_ERR_DATA, h->name, 0, "this array was cut short: %zu of its %zu bytes are there",
                          left, size);
    if (size < left)
        return xs_fail_at(err, XSNR_ERR_DATA, h->name, 0, "%zu bytes follow the array; one array a file is right",
                          left - size);
    array->data = XS_NEW_ARRAY(double, count);
    if (!array->data) return xs_nomem(err);
    convert((const unsigned char *)h->end, type, h->fortran, count, array);
    return XSNR_OK;
}

// The header; items begin at h->end.
static int open_npy(const unsigned char *b, size_t size, const char *name, header *h, xs_npy *array, xsnr_error *err) {
    if (size < 10 || memcmp(b, "\x93NUMPY", 6) != 0)
        return xs_fail_at(err, XSNR_ERR_DATA, name, 0, "this is not a .npy file (it does not begin with \\x93NUMPY)");
    if (b[6] < 1 || b[6] > 3)
        return xs_fail_at(err, XSNR_ERR_DATA, name, 0, "this .npy file has version %d.%d; 1.0, 2.0 and 3.0 are read",
                          b[6], b[7]);
    size_t before = b[6] == 1 ? 10 : 12, length = b[8] | (size_t)b[9] << 8;
    if (b[6] > 1 && size >= before) length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if (size < before || size - before < length)
        return xs_fail_at(err, XSNR_ERR_DATA, name, 0, "this .npy file was cut short within its header");
    const char *text = (const char *)b + before;
    *h = (header){.p = text, .end = text + length, .name = name, .array = array};
    return take_header(h, err);
}

int xs_npy_parse(const void *bytes, size_t size, const char *name, xs_npy *out, xsnr_error *err) {
    header h;
    *out = (xs_npy){0};
    int rc = open_npy(bytes, size, name, &h, out, err);
    if (rc == XSNR_OK) rc = read_items(&h, size - (size_t)(h.end - (const char *)bytes), out, err);
    if (rc < 0) xs_npy_free(out);
    return rc;
}

/* ------------------------------------------------------------ strings */

// Code points of one item, up to the first that is 0, as UTF-8.
static int take_text(const unsigned char *p, size_t n, bool big_endian, const char *name, char *to, size_t *length, xsnr_error *err) {
    *length = 0;
    for (size_t i = 0; i < n; i++, p += 4) {
        uint32_t c = big_endian ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
                                : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
        if (!c) break;
        if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
            return xs_fail_at(err, XSNR_ERR_DATA, name, 0, "a string of this array has the character 0x%X, which there is not", (unsigned)c);
        char *q = to + *length;
        if (c < 0x80) *q++ = (char)c;
        else if (c < 0x800) *q++ = (char)(0xC0 | c >> 6);
        else if (c < 0x10000) *q++ = (char)(0xE0 | c >> 12);
        else *q++ = (char)(0xF0 | c >> 18);
        if (c >= 0x10000) *q++ = (char)(0x80 | (c >> 12 & 63));
        if (c >= 0x800) *q++ = (char)(0x80 | (c >> 6 & 63));
        if (c >= 0x80) *q++ = (char)(0x80 | (c & 63));
        *length = (size_t)(q - to);
    }
    return XSNR_OK;
}

// dtype "<U12": how many code points an item has; 0: it is another.
static size_t text_width(const char *dtype) {
    const char *p = dtype + (*dtype && strchr("<>=|", *dtype));
    size_t n = 0;
    if (*p++ != 'U') return 0;
    for (; *p >= '0' && *p <= '9' && n < 1u << 24; p++) n = 10 * n + (size_t)(*p - '0');
    return *p ? 0 : n;
}

static int read_texts(const header *h, size_t left, xs_arena *arena, const char ***out, xsnr_error *err) {
    size_t width = text_width(h->dtype), n = h->array->shape[0], size;
    if (h->array->rank != 1 || !width)
        return xs_fail_at(err, XSNR_ERR_DATA, h->name, 0, "this array of dtype '%s' is not one of strings (dtype U, one dimension)%s",
                          h->dtype, strchr(h->dtype, 'O') ? " (these are Python objects, which are never loaded)" : "");
    if (__builtin_mul_overflow(n, 4 * width, &size) || size != left)
        return xs_fail_at(err, XSNR_ERR_DATA, h->name, 0, "this array has %zu bytes of strings, which is not what its shape says", left);
    const char **texts = XS_ARENA_ARRAY(arena, const char *, n);
    char *one = xs_malloc(4 * width);
    int rc = texts && one ? XSNR_OK : xs_nomem(err);
    for (size_t i = 0, length; rc == XSNR_OK && i < n; i++) {
        rc = take_text((const unsigned char *)h->end + i * 4 * width, width, *h->dtype == '>', h->name, one, &length, err);
        if (rc == XSNR_OK && !(texts[i] = xs_arena_strndup(arena, one, length))) rc = xs_nomem(err);
    }
    xs_free(one);
    *out = texts;
    return rc;
}

int xs_npy_parse_text(const void *bytes, size_t size, const char *name, xs_arena *arena, const char ***out, size_t *n,
                      xsnr_error *err) {
    header h;
    xs_npy array = {0};
    *out = NULL;
    *n = 0;
    XS_TRY(open_npy(bytes, size, name, &h, &array, err));
    XS_TRY(read_texts(&h, size - (size_t)(h.end - (const char *)bytes), arena, out, err));
    *n = array.shape[0];
    return XSNR_OK;
}

void xs_npy_free(xs_npy *array) {
    xs_free(array->data);
    *array = (xs_npy){0};
}

/* ------------------------------------------------------------ writing */

static void put_header(const char *dtype, int rank, const size_t *shape, xs_str *out) {
    xs_str text = {0};
    xs_str_printf(&text, "{'descr': '%s', 'fortran_order': False, 'shape': (", dtype);
    for (int d = 0; d < rank; d++) xs_str_printf(&text, rank == 1 ? "%zu," : d ? ", %zu" : "%zu", shape[d]);
    xs_str_put(&text, "), }");
    while ((10 + text.length + 1) % 64 && !xs_str_failed(&text)) xs_str_put(&text, " ");
    xs_str_put(&text, "\n");
    if (xs_str_failed(&text)) out->failed = true;
    unsigned char start[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)text.length,
                               (unsigned char)(text.length >> 8)};
    xs_str_append(out, start, sizeof start);
    if (text.data) xs_str_append(out, text.data, text.length);
    xs_str_free(&text);
}

static void put_little_endian(uint64_t bits, size_t size, xs_str *out) {
    unsigned char bytes[8];
    for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)(bits >> 8 * i);
    xs_str_append(out, bytes, size);
}

int xs_npy_format(const char *dtype, int rank, const size_t *shape, const double *data, xs_str *out,
                  xsnr_error *err) {
    size_t count = 1;
    for (int d = 0; d < rank; d++) count *= shape[d]; // of an array that is in memory
    put_header(dtype, rank, shape, out);
    for (size_t i = 0; i < count && !xs_str_failed(out); i++) {
        if (strcmp(dtype, "<f4") == 0) {
            float value = (float)data[i];
            uint32_t bits;
            memcpy(&bits, &value, sizeof bits);
            put_little_endian(bits, 4, out);
        } else {
            uint64_t bits = (uint64_t)(int64_t)data[i];
            if (strcmp(dtype, "<f8") == 0) memcpy(&bits, &data[i], sizeof bits);
            put_little_endian(bits, 8, out);
        }
    }
    return xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}

// The code point at *p, which moves on; the text is valid UTF-8, what is not gives U+FFFD a byte.
static uint32_t code_point(const unsigned char **p) {
    uint32_t c = *(*p)++;
    int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    if (c < 0x80) return c;
    if (!more || c > 0xF4) return 0xFFFD;
    c &= 0x3Fu >> more;
    for (int i = 0; i < more; i++)
        if (((*p)[i] & 0xC0) != 0x80) return 0xFFFD;
    while (more--) c = c << 6 | (*(*p)++ & 0x3F);
    return c;
}

int xs_npy_format_text(const char *const *texts, size_t n, xs_str *out, xsnr_error *err) {
    size_t longest = 1;
    for (size_t i = 0; i < n; i++) {
        size_t length = 0;
        for (const unsigned char *p = (const unsigned char *)texts[i]; *p; length++) code_point(&p);
        if (length > longest) longest = length;
    }
    char dtype[32];
    snprintf(dtype, sizeof dtype, "<U%zu", longest);
    put_header(dtype, 1, &n, out);
    for (size_t i = 0; i < n && !xs_str_failed(out); i++) {
        const unsigned char *p = (const unsigned char *)texts[i];
        for (size_t c = 0; c < longest; c++) put_little_endian(*p ? code_point(&p) : 0, 4, out);
    }
    return xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}
