// Linear models as bytes.
//
//     0   8  "XSLINEAR"
//     8   4  version, 1
//     12  4  D, features
//     16  4  V, vectors
//     20  4  0
//     24     weights (D + 1, V), IEEE 754 binary64; row D is the bias
//
// All little-endian.  What is read was perhaps not written by us: every length is checked before it is used.
#include "base/alloc.h"
#include "model/linear.h"
#include <string.h>

#define MAGIC "XSLINEAR"
#define VERSION 1u
#define HEADER 24

static void put_u32(unsigned char *to, uint32_t v) {
    for (int i = 0; i < 4; i++) to[i] = (unsigned char)(v >> (8 * i));
}

static uint32_t get_u32(const unsigned char *from) {
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) v |= (uint32_t)from[i] << (8 * i);
    return v;
}

int xs_linear_write(const xs_linear_model *m, xs_str *out, xsnr_error *err) {
    unsigned char header[HEADER] = MAGIC;
    put_u32(header + 8, VERSION);
    put_u32(header + 12, m->columns);
    put_u32(header + 16, m->vectors);
    if (xs_str_append(out, header, HEADER) < 0) return xs_nomem(err);
    size_t n = ((size_t)m->columns + 1) * m->vectors;
    unsigned char piece[4096];
    for (size_t i = 0; i < n;) {
        size_t filled = 0;
        for (; i < n && filled < sizeof piece; i++, filled += 8) {
            uint64_t bits;
            memcpy(&bits, &m->weight[i], 8);
            for (int b = 0; b < 8; b++) piece[filled + (size_t)b] = (unsigned char)(bits >> (8 * b));
        }
        if (xs_str_append(out, piece, filled) < 0) return xs_nomem(err);
    }
    return XSNR_OK;
}

int xs_linear_read(const void *bytes, size_t size, uint32_t columns, int vectors, xs_linear_model **out,
                   xsnr_error *err) {
    const unsigned char *from = bytes;
    if (size < HEADER || memcmp(from, MAGIC, 8) != 0)
        return xs_fail(err, XSNR_ERR_CORRUPT, "these bytes are no linear model: they do not begin with " MAGIC);
    if (get_u32(from + 8) != VERSION)
        return xs_fail(err, XSNR_ERR_SCHEMA, "the linear model is of version %u; this xsnr reads version %u",
                       get_u32(from + 8), VERSION);
    if (get_u32(from + 12) != columns || get_u32(from + 16) != (uint32_t)vectors)
        return xs_fail(err, XSNR_ERR_CORRUPT,
                       "the linear model has %u features and %u weight vectors, the study has %u and %d",
                       get_u32(from + 12), get_u32(from + 16), columns, vectors);
    size_t n = ((size_t)columns + 1) * (size_t)vectors;
    if ((size - HEADER) % 8 != 0 || (size - HEADER) / 8 != n)
        return xs_fail(err, XSNR_ERR_CORRUPT, "the linear model has %zu bytes, %zu weights need %zu", size, n,
                       HEADER + 8 * n);
    xs_linear_model *m;
    XS_TRY(xs_linear_model_new(columns, vectors, &m, err));
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = get_u32(from + HEADER + 8 * i) | (uint64_t)get_u32(from + HEADER + 8 * i + 4) << 32;
        memcpy(&m->weight[i], &bits, 8);
    }
    if (xs_linear_model_check(m, NULL) < 0) {
        xs_free(m);
        return xs_fail(err, XSNR_ERR_CORRUPT, "the linear model holds a weight that is not finite");
    }
    *out = m;
    return XSNR_OK;
}
