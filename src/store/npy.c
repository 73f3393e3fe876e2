// The .npy format; see npy.h.
//
// A file is "\x93NUMPY", a version (major, minor), the length of the header (2 bytes in version 1, 4 in 2 and
// 3, little-endian), the header, the items.  The header is a Python dict literal with the keys descr,
// fortran_order and shape, padded so that the items begin at a multiple of 64.
#include "store/npy.h"
#include "base/alloc.h"
#include "store/bytes.h"
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_LIMIT = 1 << 16, AT_ONCE = 1 << 11 }; // bytes (NumPy's own limit is 10,000); items that are converted at once

/* ------------------------------------------------------------ the header */

typedef struct header {
    const char *p, *end; // what is left to read
    const char *name;    // of the file
    bool fortran, seen_dtype, seen_order, seen_shape;
    xs_npy_stream *array; // dtype, rank, shape
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
        if (h->array->rank == XS_NPY_RANK)
            return xs_fail_at(err, XSNR_ERR_DATA, h->name, 0, "this array has more than %d dimensions", XS_NPY_RANK);
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
    return take_string(h, h->array->dtype, sizeof h->array->dtype, err);
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

// dtype "<U12": how many code points an item has; 0: it is another.
static size_t text_width(const char *dtype) {
    const char *p = dtype + (*dtype && strchr("<>=|", *dtype));
    size_t n = 0;
    if (*p++ != 'U') return 0;
    for (; *p >= '0' && *p <= '9' && n < 1u << 24; p++) n = 10 * n + (size_t)(*p - '0');
    return *p || n > 1u << 24 ? 0 : n;
}

static int parse_dtype(xs_npy_stream *s, xsnr_error *err) {
    const char *p = s->dtype;
    s->big_endian = *p == '>';
    if (*p && strchr("<>=|", *p)) p++;
    s->kind = *p;
    if (s->kind == 'U' && (s->item = 4 * text_width(s->dtype))) return XSNR_OK;
    bool one_digit = *p && p[1] >= '1' && p[1] <= '8' && !p[2];
    s->item = one_digit ? (size_t)(p[1] - '0') : 0;
    bool power = one_digit && (s->item & (s->item - 1)) == 0;
    if (power && ((s->kind == 'f' && s->item > 1) || s->kind == 'i' || s->kind == 'u' || (s->kind == 'b' && s->item == 1)))
        return XSNR_OK;
    if (*p == 'O' || *p == 'S')
        return xs_fail_at(err, XSNR_ERR_DATA, s->name, 0, "an array of dtype '%s' is %s; save numbers as float32 or float64, strings as dtype U: numpy.array(x, dtype=str)",
                          s->dtype, *p == 'O' ? "one of Python objects, which are never loaded" : "neither one of numbers nor one of strings");
    return xs_fail_at(err, XSNR_ERR_DATA, s->name, 0, "an array of dtype '%s' is not one of numbers; save it as float32 or float64", s->dtype);
}

// IEEE 754 binary16.
static double half(uint16_t bits) {
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double magnitude = exponent == 31 ? (fraction ? (double)NAN : (double)INFINITY)
                       : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                      : ldexp(fraction, -24);
    return bits >> 15 ? -magnitude : magnitude;
}

static double item(const unsigned char *p, const xs_npy_stream *s) {
    uint64_t bits = 0;
    for (size_t i = 0; i < s->item; i++) bits = bits << 8 | p[s->big_endian ? i : s->item - 1 - i];
    switch (s->kind) {
    case 'b': return bits != 0;
    case 'u': return (double)bits;
    case 'i': {
        unsigned unused = (64 - 8 * (unsigned)s->item) & 63; // of 1 to 8 bytes
        return (double)((int64_t)(bits << unused) >> unused); // the sign, extended
    }
    default: break;
    }
    if (s->item == 2) return half((uint16_t)bits);
    if (s->item == 4) {
        float value;
        uint32_t word = (uint32_t)bits;
        memcpy(&value, &word, sizeof value);
        return (double)value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int source_read(xs_npy_stream *s, void *to, size_t n, xsnr_error *err) {
    XS_TRY(s->source.read(s->source.context, to, n, err));
    s->source.left -= n;
    return XSNR_OK;
}

// How many items there are, and whether their bytes are.
static int count_items(xs_npy_stream *s, xsnr_error *err) {
    uint64_t size, left = s->source.left;
    bool overflow = false, empty = false;
    s->left = 1;
    for (int d = 0; d < s->rank; d++) empty |= s->shape[d] == 0;
    for (int d = 0; d < s->rank && !empty; d++) overflow |= __builtin_mul_overflow(s->left, s->shape[d], &s->left);
    if (empty) s->left = 0;
    if (overflow || __builtin_mul_overflow(s->left, s->item, &size))
        return xs_fail_at(err, XSNR_ERR_DATA, s->name, 0, "the shape of this array is larger than any memory");
    if (size > left)
        return xs_fail_at(err, XSNR_ERR_DATA, s->name, 0, "this array was cut short: %" PRIu64 " of its %" PRIu64 " bytes are there", left, size);
    if (size < left)
        return xs_fail_at(err, XSNR_ERR_DATA, s->name, 0, "%" PRIu64 " bytes follow the array; one array a file is right", left - size);
    return XSNR_OK;
}

// Fortran order: the first index runs fastest.  Items come in the order of the file and go to their place in C order.
static int reorder(xs_npy_stream *s, xsnr_error *err) {
    unsigned char bytes[AT_ONCE * 8];
    size_t count = (size_t)s->left, index[XS_NPY_RANK] = {0}, stride[XS_NPY_RANK], to = 0;
    uint64_t memory;
    if (__builtin_mul_overflow(s->left, sizeof(double), &memory)) memory = UINT64_MAX;
    XS_TRY(xs_bytes_affordable(memory, s->name, err));
    stride[s->rank - 1] = 1;
    for (int d = s->rank - 1; d > 0; d--) stride[d - 1] = stride[d] * s->shape[d];
    s->whole = XS_NEW_ARRAY(double, count);
    if (!s->whole) return xs_nomem(err);
    for (size_t done = 0, n; done < count; done += n) {
        n = count - done < AT_ONCE ? count - done : AT_ONCE;
        XS_TRY(source_read(s, bytes, n * s->item, err));
        for (size_t i = 0; i < n; i++) {
            s->whole[to] = item(bytes + i * s->item, s);
            for (int d = 0; d < s->rank; d++) {
                to += stride[d];
                if (++index[d] < s->shape[d]) break;
                to -= stride[d] * s->shape[d];
                index[d] = 0;
            }
        }
    }
    return XSNR_OK;
}

static int read_header(xs_npy_stream *s, header *h, char **text, xsnr_error *err) {
    unsigned char b[12] = {0};
    uint64_t size = s->source.left;
    const char *name = s->name;
    if (size >= 10) XS_TRY(source_read(s, b, 10, err));
    if (size < 10 || memcmp(b, "\x93NUMPY", 6) != 0)
        return xs_fail_at(err, XSNR_ERR_DATA, name, 0, "this is not a .npy file (it does not begin with \\x93NUMPY)");
    if (b[6] < 1 || b[6] > 3)
        return xs_fail_at(err, XSNR_ERR_DATA, name, 0, "this .npy file has version %d.%d; 1.0, 2.0 and 3.0 are read", b[6], b[7]);
    size_t length = b[8] | (size_t)b[9] << 8;
    if (b[6] > 1 && size >= 12) {
        XS_TRY(source_read(s, b + 10, 2, err));
        length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    }
    if ((b[6] > 1 && size < 12) || s->source.left < length)
        return xs_fail_at(err, XSNR_ERR_DATA, name, 0, "this .npy file was cut short within its header");
    if (length > HEADER_LIMIT) return xs_fail_at(err, XSNR_ERR_DATA, name, 0, "the header of this .npy file is longer than %d bytes", HEADER_LIMIT);
    *text = xs_malloc(length + 1);
    if (!*text) return xs_nomem(err);
    XS_TRY(source_read(s, *text, length, err));
    *h = (header){.p = *text, .end = *text + length, .name = name, .array = s};
    return take_header(h, err);
}

int xs_npy_start(const xs_npy_source *source, const char *name, xs_npy_stream *s, xsnr_error *err) {
    *s = (xs_npy_stream){.source = *source, .name = name};
    char *text = NULL;
    header h;
    int rc = read_header(s, &h, &text, err);
    if (rc == XSNR_OK) rc = parse_dtype(s, err);
    if (rc == XSNR_OK) rc = count_items(s, err);
    if (rc == XSNR_OK && h.fortran && s->rank > 1 && s->kind != 'U') rc = reorder(s, err);
    if (rc < 0) xs_npy_stop(s);
    xs_free(text);
    return rc;
}

void xs_npy_stop(xs_npy_stream *s) {
    xs_free(s->whole);
    s->whole = NULL;
}

/* ------------------------------------------------------------ numbers, one after the other */

static int want(xs_npy_stream *s, size_t n, xsnr_error *err) {
    if (s->kind == 'U') return xs_fail_at(err, XSNR_ERR_DATA, s->name, 0, "an array of dtype '%s' is not one of numbers; save it as float32 or float64", s->dtype);
    if (n > s->left) return xs_fail_at(err, XSNR_ERR_DATA, s->name, 0, "this array is too short");
    return XSNR_OK;
}

int xs_npy_doubles(xs_npy_stream *s, double *to, size_t n, xsnr_error *err) {
    unsigned char bytes[AT_ONCE * 8];
    XS_TRY(want(s, n, err));
    if (s->whole) {
        if (n) memcpy(to, s->whole + s->at, n * sizeof *to);
        s->at += n;
    }
    for (size_t done = 0, step; done < n && !s->whole; done += step) {
        step = n - done < AT_ONCE ? n - done : AT_ONCE;
        XS_TRY(source_read(s, bytes, step * s->item, err));
        for (size_t i = 0; i < step; i++) to[done + i] = item(bytes + i * s->item, s);
    }
    s->left -= n;
    return XSNR_OK;
}

int xs_npy_floats(xs_npy_stream *s, float *to, size_t n, xsnr_error *err) {
    double wide[AT_ONCE];
    XS_TRY(want(s, n, err));
    if (s->kind == 'f' && s->item == 4 && !s->big_endian && !s->whole) { // as they lie in memory
        XS_TRY(source_read(s, to, n * sizeof *to, err));
        s->left -= n;
        return XSNR_OK;
    }
    for (size_t done = 0, step; done < n; done += step) {
        step = n - done < AT_ONCE ? n - done : AT_ONCE;
        XS_TRY(xs_npy_doubles(s, wide, step, err));
        for (size_t i = 0; i < step; i++) {
            to[done + i] = (float)wide[i];
            s->lost |= to[done + i] == 0 && wide[i] != 0;
        }
    }
    return XSNR_OK;
}

int xs_npy_rest(xs_npy_stream *s, xs_npy *out, xsnr_error *err) {
    *out = (xs_npy){.rank = s->rank};
    memcpy(out->shape, s->shape, sizeof out->shape);
    uint64_t memory;
    if (__builtin_mul_overflow(s->left, sizeof(double), &memory)) memory = UINT64_MAX;
    XS_TRY(want(s, 0, err));
    XS_TRY(xs_bytes_affordable(memory, s->name, err));
    out->data = XS_NEW_ARRAY(double, (size_t)s->left);
    if (!out->data) return xs_nomem(err);
    int rc = xs_npy_doubles(s, out->data, (size_t)s->left, err);
    if (rc < 0) xs_npy_free(out);
    return rc;
}

/* ------------------------------------------------------------ an array in memory */

typedef struct block {
    const unsigned char *at;
} block;

static int read_block(void *context, void *to, size_t n, xsnr_error *err) {
    block *b = context;
    (void)err;
    if (n) memcpy(to, b->at, n);
    b->at += n;
    return XSNR_OK;
}

int xs_npy_parse(const void *bytes, size_t size, const char *name, xs_npy *out, xsnr_error *err) {
    block b = {bytes};
    xs_npy_stream s;
    *out = (xs_npy){0};
    XS_TRY(xs_npy_start(&(xs_npy_source){read_block, &b, size}, name, &s, err));
    int rc = xs_npy_rest(&s, out, err);
    xs_npy_stop(&s);
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

int xs_npy_string(xs_npy_stream *s, xs_arena *arena, const char **out, xsnr_error *err) {
    *out = NULL;
    if (s->kind != 'U' || s->rank != 1)
        return xs_fail_at(err, XSNR_ERR_DATA, s->name, 0, "this array of dtype '%s' is not one of strings (dtype U, one dimension)", s->dtype);
    if (!s->left) return xs_fail_at(err, XSNR_ERR_DATA, s->name, 0, "this array is too short");
    unsigned char *bytes = xs_malloc(2 * s->item);
    if (!bytes) return xs_nomem(err);
    char *text = (char *)bytes + s->item; // UTF-8 takes at most the 4 bytes that each code point takes here
    size_t length = 0;
    int rc = source_read(s, bytes, s->item, err);
    if (rc == XSNR_OK) rc = take_text(bytes, s->item / 4, s->big_endian, s->name, text, &length, err);
    if (rc == XSNR_OK && !(*out = xs_arena_strndup(arena, text, length))) rc = xs_nomem(err);
    xs_free(bytes);
    s->left--;
    return rc;
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
            uint64_t bits;
            if (strcmp(dtype, "<f8") == 0) memcpy(&bits, &data[i], sizeof bits);
            else bits = (uint64_t)(int64_t)data[i];
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
