// safetensors, read as untrusted input and written; the format's rules are in safetensors.h.
#include "model/safetensors.h"
#include "base/alloc.h"
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 8 };                           // bytes of the header's length
static const uint64_t LONGEST_HEADER = 100000000; // as Hugging Face's own reader

static const struct {
    const char *name;
    xs_dtype dtype;
    size_t bits;
} dtypes[] = {{"F32", XS_DTYPE_F32, 32},   {"F16", XS_DTYPE_F16, 16},   {"BF16", XS_DTYPE_BF16, 16},
              {"F64", XS_DTYPE_F64, 64},   {"I64", XS_DTYPE_OTHER, 64}, {"I32", XS_DTYPE_OTHER, 32},
              {"I16", XS_DTYPE_OTHER, 16}, {"I8", XS_DTYPE_OTHER, 8},   {"U64", XS_DTYPE_OTHER, 64},
              {"U32", XS_DTYPE_OTHER, 32}, {"U16", XS_DTYPE_OTHER, 16}, {"U8", XS_DTYPE_OTHER, 8},
              {"BOOL", XS_DTYPE_OTHER, 8}, {"F8_E4M3", XS_DTYPE_OTHER, 8}, {"F8_E5M2", XS_DTYPE_OTHER, 8}};

typedef struct span {
    uint64_t begin, end;
    size_t tensor;
} span;

static int bad(const xs_safetensors *f, const char *name, const char *what, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_DATA, f->path, 0, "tensor '%.200s': %s", name, what);
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
    return xs_fail_at(err, XSNR_ERR_DATA, f->path, 0, "tensor '%.200s': unknown dtype '%.40s'", t->name, name);
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
        t->shape[i] = (size_t)n;
        if (__builtin_mul_overflow(t->count, (size_t)n, &t->count)) return bad(f, t->name, "its shape is absurd", err);
    }
    return XSNR_OK;
}

static int read_tensor(const xs_safetensors *f, const json_t *json, const unsigned char *data, uint64_t size,
                       xs_named_tensor *t, span *s, xsnr_error *err) {
    if (!json_is_object(json)) return bad(f, t->name, "its entry is no object", err);
    size_t bits = 0, bytes;
    XS_TRY(read_dtype(f, json, t, &bits, err));
    XS_TRY(read_shape(f, json, t, err));
    const json_t *offsets = json_object_get(json, "data_offsets");
    if (json_array_size(offsets) != 2 || !whole(json_array_get(offsets, 0), &s->begin) ||
        !whole(json_array_get(offsets, 1), &s->end))
        return bad(f, t->name, "its data_offsets are no pair of sizes", err);
    if (s->begin > s->end || s->end > size) return bad(f, t->name, "its data lie outside the file", err);
    if (__builtin_mul_overflow(t->count, bits / 8, &bytes) || bytes != s->end - s->begin)
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
static int check_spans(const xs_safetensors *f, span *spans, uint64_t size, xsnr_error *err) {
    qsort(spans, f->n, sizeof *spans, by_begin);
    uint64_t at = 0;
    for (size_t i = 0; i < f->n; i++) {
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

static int read_header(xs_safetensors *f, json_t *header, const unsigned char *data, uint64_t size, xsnr_error *err) {
    size_t room = json_object_size(header);
    f->tensor = XS_ARENA_ARRAY(&f->arena, xs_named_tensor, room);
    span *spans = XS_ARENA_ARRAY(&f->arena, span, room);
    if (!f->tensor || !spans) return xs_nomem(err);
    for (void *i = json_object_iter(header); i; i = json_object_iter_next(header, i)) {
        const char *name = json_object_iter_key(i);
        if (strcmp(name, "__metadata__") == 0) continue;
        xs_named_tensor *t = &f->tensor[f->n];
        t->name = xs_arena_strdup(&f->arena, name);
        if (!t->name) return xs_nomem(err);
        spans[f->n].tensor = f->n;
        XS_TRY(read_tensor(f, json_object_iter_value(i), data, size, t, &spans[f->n], err));
        f->n++;
    }
    XS_TRY(check_spans(f, spans, size, err));
    qsort(f->tensor, f->n, sizeof *f->tensor, by_name);
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
    json_error_t e;
    json_t *header = json_loadb((const char *)b + LENGTH, (size_t)length, JSON_REJECT_DUPLICATES, &e);
    if (!json_is_object(header)) {
        int rc = header ? xs_fail_at(err, XSNR_ERR_DATA, path, 0, "the header is no JSON object")
                        : xs_fail_at(err, XSNR_ERR_DATA, path, 0, "the header is no JSON: %s", e.text);
        json_decref(header);
        return rc;
    }
    int rc = read_header(out, header, b + LENGTH + length, size - LENGTH - length, err);
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

static float float_of_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// IEEE 754 half precision: 1 sign, 5 exponent (bias 15), 10 fraction bits.
static float float_of_half(uint16_t h) {
    uint32_t sign = (uint32_t)(h >> 15) << 31, exponent = h >> 10 & 31, fraction = h & 1023;
    if (exponent == 31) return float_of_bits(sign | 0x7f800000u | fraction << 13);
    if (exponent) return float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float small = (float)fraction * 0x1p-24f; // subnormal
    return sign ? -small : small;
}

int xs_tensor_floats(const xs_safetensors *file, const xs_named_tensor *t, float *out, xsnr_error *err) {
    const unsigned char *b = t->data;
    for (size_t i = 0; i < t->count; i++) {
        uint64_t word = 0;
        size_t width = t->dtype == XS_DTYPE_F32 ? 4 : t->dtype == XS_DTYPE_F64 ? 8 : 2;
        if (t->dtype == XS_DTYPE_OTHER)
            return xs_fail_at(err, XSNR_ERR_UNSUPPORTED, file->path, 0,
                              "tensor '%.200s' is %s; weights are F32, F16, BF16 or F64", t->name, t->dtype_name);
        for (size_t k = width; k-- > 0;) word = word << 8 | b[i * width + k];
        if (t->dtype == XS_DTYPE_F64) {
            double x;
            memcpy(&x, &word, sizeof x);
            out[i] = (float)x;
        } else if (t->dtype == XS_DTYPE_F32) {
            out[i] = float_of_bits((uint32_t)word);
        } else {
            out[i] = t->dtype == XS_DTYPE_BF16 ? float_of_bits((uint32_t)word << 16) : float_of_half((uint16_t)word);
        }
    }
    return XSNR_OK;
}

static size_t count_of(const xs_tensor_source *t) {
    size_t n = 1;
    for (int i = 0; i < t->rank; i++) n *= t->shape[i];
    return n;
}

int xs_safetensors_write(const xs_tensor_source *tensors, size_t n, xs_str *out, xsnr_error *err) {
    xs_str header = {0};
    uint64_t at = 0;
    xs_str_put(&header, "{\"__metadata__\":{\"format\":\"pt\"}");
    for (size_t i = 0; i < n; i++) {
        const xs_tensor_source *t = &tensors[i];
        json_t *name = json_string(t->name);
        char *quoted = name ? json_dumps(name, JSON_ENCODE_ANY) : NULL;
        json_decref(name);
        if (!quoted) {
            xs_str_free(&header);
            return xs_nomem(err);
        }
        xs_str_printf(&header, ",%s:{\"dtype\":\"F32\",\"shape\":[", quoted);
        free(quoted);
        for (int k = 0; k < t->rank; k++) xs_str_printf(&header, "%s%zu", k ? "," : "", t->shape[k]);
        uint64_t end = at + count_of(t) * sizeof(float);
        xs_str_printf(&header, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)at, (unsigned long long)end);
        at = end;
    }
    xs_str_put(&header, "}");
    while (header.length % LENGTH) xs_str_put(&header, " ");
    unsigned char length[LENGTH];
    for (int i = 0; i < LENGTH; i++) length[i] = (unsigned char)((uint64_t)header.length >> 8 * i);
    xs_str_append(out, length, sizeof length);
    if (header.data) xs_str_append(out, header.data, header.length);
    for (size_t i = 0; i < n; i++) // little-endian floats, as every processor that xsnr runs on has them
        xs_str_append(out, tensors[i].data, count_of(&tensors[i]) * sizeof(float));
    bool failed = xs_str_failed(&header) || xs_str_failed(out);
    xs_str_free(&header);
    return failed ? xs_nomem(err) : XSNR_OK;
}
