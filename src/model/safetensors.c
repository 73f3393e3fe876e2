// safetensors, read as untrusted input and written; the format's rules are in safetensors.h.
//
// Source: the format's description and reference reader, github.com/huggingface/safetensors.  Stricter than
// that reader in one thing: a name given twice is an error.  Numbers are read and written byte by byte, so the
// data need no alignment and the processor may have either byte order.
//
// Invariant of a parsed file: the tensors' data cover the bytes behind the header exactly, each has the size
// that its dtype and shape ask for, and the names are in strcmp order without repetition.
#include "model/safetensors.h"
#include "base/alloc.h"
#include "text/utf8.h"
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    LENGTH = 8,    // bytes of the header's length
    SHOWN = 160,   // of a name in a message
    PIECE = 16384, // bytes converted before they are appended
};
static const uint64_t LONGEST_HEADER = 100000000; // as the reference reader
static const char METADATA[] = "__metadata__";

static const struct {
    const char *name;
    xs_dtype dtype;
    size_t bits;
} dtypes[] = {
    {"F32", XS_DTYPE_F32, 32},      {"F16", XS_DTYPE_F16, 16},        {"BF16", XS_DTYPE_BF16, 16},
    {"F64", XS_DTYPE_F64, 64},      {"I64", XS_DTYPE_OTHER, 64},      {"I32", XS_DTYPE_OTHER, 32},
    {"I16", XS_DTYPE_OTHER, 16},    {"I8", XS_DTYPE_OTHER, 8},        {"U64", XS_DTYPE_OTHER, 64},
    {"U32", XS_DTYPE_OTHER, 32},    {"U16", XS_DTYPE_OTHER, 16},      {"U8", XS_DTYPE_OTHER, 8},
    {"BOOL", XS_DTYPE_OTHER, 8},    {"C64", XS_DTYPE_OTHER, 64},      {"F8_E4M3", XS_DTYPE_OTHER, 8},
    {"F8_E5M2", XS_DTYPE_OTHER, 8}, {"F8_E8M0", XS_DTYPE_OTHER, 8},   {"F6_E2M3", XS_DTYPE_OTHER, 6},
    {"F4", XS_DTYPE_OTHER, 4},      {"F6_E3M2", XS_DTYPE_OTHER, 6},
};

typedef struct span { // of the data, counted from the end of the header
    uint64_t begin, end;
    size_t tensor;
} span;

static int bad(const xs_safetensors *f, const char *name, const char *what, xsnr_error *err) {
    char shown[SHOWN];
    return xs_fail_at(err, XSNR_ERR_DATA, f->path, 0, "tensor '%s': %s", xs_printable(shown, SHOWN, name), what);
}

// A whole number that is not negative.
static bool whole(const json_t *json, uint64_t *out) {
    if (!json_is_integer(json) || json_integer_value(json) < 0) return false;
    *out = (uint64_t)json_integer_value(json);
    return true;
}

static int read_dtype(const xs_safetensors *f, const json_t *json, xs_named_tensor *t, size_t *bits, xsnr_error *err) {
    const char *name = json_string_value(json_object_get(json, "dtype"));
    if (!name) return bad(f, t->name, "it has no dtype", err);
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (strcmp(dtypes[i].name, name) == 0) {
            t->dtype = dtypes[i].dtype;
            t->dtype_name = dtypes[i].name;
            *bits = dtypes[i].bits;
            return XSNR_OK;
        }
    char tensor[SHOWN], dtype[40];
    return xs_fail_at(err, XSNR_ERR_DATA, f->path, 0, "tensor '%s': unknown dtype '%s'",
                      xs_printable(tensor, sizeof tensor, t->name), xs_printable(dtype, sizeof dtype, name));
}

static int read_shape(const xs_safetensors *f, const json_t *json, xs_named_tensor *t, xsnr_error *err) {
    const json_t *shape = json_object_get(json, "shape");
    if (!json_is_array(shape)) return bad(f, t->name, "it has no shape", err);
    if (json_array_size(shape) > XS_TENSOR_RANK) return bad(f, t->name, "it has more than 8 dimensions", err);
    t->rank = (int)json_array_size(shape);
    t->count = 1;
    for (int i = 0; i < t->rank; i++) {
        uint64_t n;
        if (!whole(json_array_get(shape, (size_t)i), &n)) return bad(f, t->name, "its shape is no list of sizes", err);
        if (n > SIZE_MAX || __builtin_mul_overflow(t->count, (size_t)n, &t->count))
            return bad(f, t->name, "its shape is absurd", err);
        t->shape[i] = (size_t)n;
    }
    return XSNR_OK;
}

static int read_tensor(const xs_safetensors *f, const json_t *json, const unsigned char *data, uint64_t size,
                       xs_named_tensor *t, span *s, xsnr_error *err) {
    if (!json_is_object(json)) return bad(f, t->name, "its entry is no object", err);
    size_t per_value = 0, bits;
    XS_TRY(read_dtype(f, json, t, &per_value, err));
    XS_TRY(read_shape(f, json, t, err));
    const json_t *offsets = json_object_get(json, "data_offsets");
    if (json_array_size(offsets) != 2 || !whole(json_array_get(offsets, 0), &s->begin) ||
        !whole(json_array_get(offsets, 1), &s->end))
        return bad(f, t->name, "its data_offsets are no pair of sizes", err);
    if (s->begin > s->end) return bad(f, t->name, "its data end before they begin", err);
    if (s->end > size) return bad(f, t->name, "its data lie outside the file, which is perhaps cut short", err);
    if (__builtin_mul_overflow(t->count, per_value, &bits) || bits % 8 || bits / 8 != s->end - s->begin)
        return bad(f, t->name, "its shape and its data_offsets contradict each other", err);
    t->data = data + s->begin;
    return XSNR_OK;
}

static int by_begin(const void *a, const void *b) {
    const span *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const xs_named_tensor *)a)->name, ((const xs_named_tensor *)b)->name);
}

// The data are covered without gap or overlap.
static int check_spans(const xs_safetensors *f, span *spans, size_t n, uint64_t size, xsnr_error *err) {
    qsort(spans, n, sizeof *spans, by_begin);
    uint64_t at = 0;
    for (size_t i = 0; i < n; i++) {
        const char *name = f->tensor[spans[i].tensor].name;
        if (spans[i].begin < at) return bad(f, name, "its data overlap another tensor's", err);
        if (spans[i].begin > at) return bad(f, name, "there is a hole before its data", err);
        at = spans[i].end;
    }
    if (at != size)
        return xs_fail_at(err, XSNR_ERR_DATA, f->path, 0, "%llu bytes at the end belong to no tensor",
                          (unsigned long long)(size - at));
    return XSNR_OK;
}

static int check_metadata(const xs_safetensors *f, json_t *metadata, xsnr_error *err) {
    const char *key;
    json_t *value;
    bool right = !metadata || json_is_object(metadata);
    if (right && metadata) json_object_foreach(metadata, key, value) right = right && json_is_string(value);
    return right ? XSNR_OK
                 : xs_fail_at(err, XSNR_ERR_DATA, f->path, 0, "%s: it must be an object of strings", METADATA);
}

static int read_header(xs_safetensors *f, json_t *header, const unsigned char *data, uint64_t size, xsnr_error *err) {
    size_t room = json_object_size(header), n = 0;
    f->tensor = XS_ARENA_ARRAY(&f->arena, xs_named_tensor, room);
    span *spans = XS_ARENA_ARRAY(&f->arena, span, room);
    if (!f->tensor || !spans) return xs_nomem(err);
    XS_TRY(check_metadata(f, json_object_get(header, METADATA), err));
    for (void *i = json_object_iter(header); i; i = json_object_iter_next(header, i)) {
        const char *name = json_object_iter_key(i);
        if (strcmp(name, METADATA) == 0) continue;
        xs_named_tensor *t = &f->tensor[n];
        t->name = xs_arena_strdup(&f->arena, name);
        if (!t->name) return xs_nomem(err);
        spans[n].tensor = n;
        XS_TRY(read_tensor(f, json_object_iter_value(i), data, size, t, &spans[n], err));
        n++;
    }
    XS_TRY(check_spans(f, spans, n, size, err));
    qsort(f->tensor, n, sizeof *f->tensor, by_name);
    f->n = n; // not before all is checked: after a failure there is no tensor to be found
    return XSNR_OK;
}

int xs_safetensors_parse(const void *bytes, size_t size, const char *path, xs_safetensors *out, xsnr_error *err) {
    *out = (xs_safetensors){0};
    out->path = xs_arena_strdup(&out->arena, path);
    if (!out->path) return xs_nomem(err);
    const unsigned char *b = bytes;
    if (size < LENGTH)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "this is no safetensors file: it has %zu bytes", size);
    uint64_t length = 0;
    for (int i = LENGTH - 1; i >= 0; i--) length = length << 8 | b[i];
    if (length > LONGEST_HEADER)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "this is no safetensors file: a header of %llu bytes is absurd",
                          (unsigned long long)length);
    if (length > size - LENGTH)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0,
                          "the file is cut short: its header has %llu bytes, and %zu are there",
                          (unsigned long long)length, size - LENGTH);
    const unsigned char *data = b + LENGTH + length;
    if (!length || b[LENGTH] != '{')
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "this is no safetensors file: its header is no JSON object");
    json_error_t e;
    json_t *header = json_loadb((const char *)b + LENGTH, (size_t)length, JSON_REJECT_DUPLICATES, &e);
    if (!header && json_error_code(&e) == json_error_out_of_memory) return xs_nomem(err);
    char why[JSON_ERROR_TEXT_LENGTH]; // it quotes the file
    if (!header)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "the header is not JSON: %s",
                          xs_printable(why, sizeof why, e.text));
    int rc = read_header(out, header, data, size - LENGTH - length, err);
    json_decref(header);
    return rc;
}

void xs_safetensors_free(xs_safetensors *file) {
    xs_arena_free(&file->arena);
    *file = (xs_safetensors){0};
}

const xs_named_tensor *xs_safetensors_find(const xs_safetensors *file, const char *name) {
    xs_named_tensor wanted = {.name = name};
    return file->n ? bsearch(&wanted, file->tensor, file->n, sizeof wanted, by_name) : NULL;
}

static uint32_t get_u16(const unsigned char *b) { return b[0] | (uint32_t)b[1] << 8; }
static uint32_t get_u32(const unsigned char *b) { return get_u16(b) | get_u16(b + 2) << 16; }
static uint64_t get_u64(const unsigned char *b) { return get_u32(b) | (uint64_t)get_u32(b + 4) << 32; }

static float float_of_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double double_of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// IEEE 754 half precision: 1 sign, 5 exponent (bias 15), 10 fraction bits.
static float float_of_half(uint32_t h) {
    uint32_t sign = h >> 15 << 31, exponent = h >> 10 & 31, fraction = h & 1023;
    if (exponent == 31) return float_of_bits(sign | 0x7f800000u | fraction << 13);
    if (exponent) return float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float small = (float)fraction * 0x1p-24f; // subnormal
    return sign ? -small : small;
}

int xs_tensor_floats(const xs_safetensors *file, const xs_named_tensor *t, float *out, xsnr_error *err) {
    const unsigned char *b = t->data;
    size_t n = t->count;
    switch (t->dtype) {
    case XS_DTYPE_F32:
        for (size_t i = 0; i < n; i++) out[i] = float_of_bits(get_u32(b + 4 * i));
        return XSNR_OK;
    case XS_DTYPE_F16:
        for (size_t i = 0; i < n; i++) out[i] = float_of_half(get_u16(b + 2 * i));
        return XSNR_OK;
    case XS_DTYPE_BF16: // the upper half of an F32
        for (size_t i = 0; i < n; i++) out[i] = float_of_bits(get_u16(b + 2 * i) << 16);
        return XSNR_OK;
    case XS_DTYPE_F64:
        for (size_t i = 0; i < n; i++) out[i] = (float)double_of_bits(get_u64(b + 8 * i));
        return XSNR_OK;
    case XS_DTYPE_OTHER: break;
    }
    char shown[SHOWN];
    return xs_fail_at(err, XSNR_ERR_UNSUPPORTED, file->path, 0, "tensor '%s' is %s; weights are F32, F16, BF16 or F64",
                      xs_printable(shown, SHOWN, t->name), t->dtype_name);
}

// Bytes of a source; 0 values of a shape with a 0.
static int bytes_of(const xs_tensor_source *t, uint64_t *out, xsnr_error *err) {
    char shown[SHOWN];
    if (t->rank < 0 || t->rank > XS_TENSOR_RANK)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "tensor '%s' has %d dimensions; 0 to %d can be written",
                       xs_printable(shown, SHOWN, t->name), t->rank, XS_TENSOR_RANK);
    size_t n = sizeof(float);
    for (int i = 0; i < t->rank; i++)
        if (__builtin_mul_overflow(n, t->shape[i], &n))
            return xs_fail(err, XSNR_ERR_ARGUMENT, "tensor '%s' has an absurd shape",
                           xs_printable(shown, SHOWN, t->name));
    *out = n;
    return XSNR_OK;
}

// {"dtype": "F32", "shape": […], "data_offsets": […]}; NULL: out of memory
static json_t *entry_of(const xs_tensor_source *t, uint64_t begin, uint64_t end) {
    json_t *shape = json_array();
    int rc = shape ? 0 : -1;
    for (int i = 0; i < t->rank && !rc; i++) rc = json_array_append_new(shape, json_integer((json_int_t)t->shape[i]));
    if (rc < 0) {
        json_decref(shape);
        return NULL;
    }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets", (json_int_t)begin,
                     (json_int_t)end);
}

static int fill_header(json_t *header, const xs_tensor_source *tensors, size_t n, xsnr_error *err) {
    uint64_t at = 0, bytes;
    for (size_t i = 0; i < n; i++) {
        const char *name = tensors[i].name;
        char shown[SHOWN];
        if (xs_utf8_check(name, strlen(name)) != strlen(name))
            return xs_fail(err, XSNR_ERR_ARGUMENT, "the name of tensor %zu is not UTF-8", i);
        if (json_object_get(header, name))
            return xs_fail(err, XSNR_ERR_ARGUMENT, "tensor '%s' is given twice, or its name is reserved",
                           xs_printable(shown, SHOWN, name));
        XS_TRY(bytes_of(&tensors[i], &bytes, err));
        if (bytes > INT64_MAX - at) return xs_fail(err, XSNR_ERR_ARGUMENT, "the tensors are more than a file can hold");
        if (json_object_set_new(header, name, entry_of(&tensors[i], at, at + bytes)) < 0) return xs_nomem(err);
        at += bytes;
    }
    return XSNR_OK;
}

// Little-endian; after a failure `out` is marked.
static void append_floats(const float *data, size_t n, xs_str *out) {
    unsigned char piece[PIECE];
    for (size_t i = 0; i < n && !xs_str_failed(out);) {
        size_t filled = 0;
        for (; i < n && filled < PIECE; i++, filled += 4) {
            uint32_t bits;
            memcpy(&bits, &data[i], sizeof bits);
            for (size_t k = 0; k < 4; k++) piece[filled + k] = (unsigned char)(bits >> 8 * k);
        }
        xs_str_append(out, piece, filled);
    }
}

int xs_safetensors_write(const xs_tensor_source *tensors, size_t n, xs_str *out, xsnr_error *err) {
    json_t *header = json_pack("{s:{s:s}}", METADATA, "format", "pt");
    int rc = header ? fill_header(header, tensors, n, err) : xs_nomem(err);
    char *text = rc == XSNR_OK ? json_dumps(header, JSON_COMPACT) : NULL;
    json_decref(header);
    if (rc < 0) return rc;
    if (!text) return xs_nomem(err);
    uint64_t written = strlen(text), padding = (LENGTH - written % LENGTH) % LENGTH;
    unsigned char length[LENGTH];
    for (size_t i = 0; i < LENGTH; i++) length[i] = (unsigned char)((written + padding) >> 8 * i);
    xs_str_append(out, length, LENGTH);
    xs_str_append(out, text, written);
    xs_str_append(out, "        ", padding);
    free(text);
    for (size_t i = 0; i < n; i++) {
        uint64_t bytes = 0;
        XS_TRY(bytes_of(&tensors[i], &bytes, err));
        append_floats(tensors[i].data, bytes / sizeof(float), out);
    }
    return xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}
