// What the CPU's kernels share: their reals, their vectors, their memory.
//
// Every kernel file is compiled six times: for float and double (XS_REAL_DOUBLE), and for x86-64, AVX2 and
// AVX-512 (XS_LEVEL 1, 3, 4).  XS_KERNEL(name) is the name of one of these builds.  A vector has one register's
// width; loops over rows take whole vectors and one padded rest, so that an element's bits do not depend on
// where it stands.
#ifndef XSNR_MATH_CPU_KERNEL_H
#define XSNR_MATH_CPU_KERNEL_H
#include "math/cpu/device.h"
#include <string.h>
#if defined __x86_64__ && XS_LEVEL == 4
#include <immintrin.h>
#endif

#ifdef XS_REAL_DOUBLE
typedef double real;
#define XS_KERNEL_REAL double
#else
typedef float real;
#define XS_KERNEL_REAL float
#endif
#define XS_PASTE3(name, type, level) name##_##type##_v##level
#define XS_PASTE2(name, type, level) XS_PASTE3(name, type, level)
#define XS_KERNEL(name) XS_PASTE2(name, XS_KERNEL_REAL, XS_LEVEL)

enum {
    VECTOR_BYTES = XS_LEVEL == 4 ? 64 : XS_LEVEL == 3 ? 32 : 16,
    LANES = VECTOR_BYTES / (int)sizeof(real),
};
typedef real vec __attribute__((vector_size(VECTOR_BYTES)));

static inline vec load(const real *p) {
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline void store(real *p, vec v) { memcpy(p, &v, sizeof v); }
/// The first n < LANES numbers, zeros behind.
#if defined __x86_64__ && XS_LEVEL == 4 && defined XS_REAL_DOUBLE
static inline vec load_part(const real *p, size_t n) { return (vec)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p); }
static inline void store_part(real *p, vec v, size_t n) { _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), (__m512d)v); }
#elif defined __x86_64__ && XS_LEVEL == 4
static inline vec load_part(const real *p, size_t n) { return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p); }
static inline void store_part(real *p, vec v, size_t n) { _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v); }
#else
static inline vec load_part(const real *p, size_t n) {
    vec v = {0};
    memcpy(&v, p, n * sizeof(real));
    return v;
}
static inline void store_part(real *p, vec v, size_t n) { memcpy(p, &v, n * sizeof(real)); }
#endif
// A vector of part = LANES numbers, or fewer at the end of a row.
#define LOAD(p, part) ((part) == LANES ? load(p) : load_part(p, part))
#define STORE(p, v, part) ((part) == LANES ? store(p, v) : store_part(p, v, part))
static inline vec splat(real x) { return x - (vec){0}; }

/// Index lists for __builtin_shufflevector: f(s, 0), f(s, 1), …
#define XS_LIST_2(f, s, j) f(s, j), f(s, (j) + 1)
#define XS_LIST_4(f, s, j) XS_LIST_2(f, s, j), XS_LIST_2(f, s, (j) + 2)
#define XS_LIST_8(f, s, j) XS_LIST_4(f, s, j), XS_LIST_4(f, s, (j) + 4)
#define XS_LIST_16(f, s, j) XS_LIST_8(f, s, j), XS_LIST_8(f, s, (j) + 8)
/// round(s, list) for s = 1, 2, 4, … < LANES
#if XS_LEVEL == 4 && !defined XS_REAL_DOUBLE
#define XS_ROUNDS(round) round(1, XS_LIST_16) round(2, XS_LIST_16) round(4, XS_LIST_16) round(8, XS_LIST_16)
#elif XS_LEVEL == 4 || (XS_LEVEL == 3 && !defined XS_REAL_DOUBLE)
#define XS_ROUNDS(round) round(1, XS_LIST_8) round(2, XS_LIST_8) round(4, XS_LIST_8)
#elif XS_LEVEL == 3 || !defined XS_REAL_DOUBLE
#define XS_ROUNDS(round) round(1, XS_LIST_4) round(2, XS_LIST_4)
#else
#define XS_ROUNDS(round) round(1, XS_LIST_2)
#endif

#define XS_OTHER(s, j) ((j) ^ (s))
#define XS_ADD_OTHER(s, list) v += __builtin_shufflevector(v, v, list(XS_OTHER, s, 0));
static inline real sum_lanes(vec v) {
    XS_ROUNDS(XS_ADD_OTHER)
    return v[0];
}

static inline real *reals_of(xs_view v) { return (real *)v.buffer->data + v.at; }
static inline real *reals_or_none(xs_view v) { return v.buffer ? reals_of(v) : NULL; }

/// C (M, N) = A B + bias, or += A B if `add`.  A's element (i, k) is a[i ai + k ak], B's (k, j) is b[k bk + j bj];
/// rows of C are ci apart; bias (N) or NULL; bk or bj is 1.  A row of C has the same bits whatever the others and their number.
void XS_KERNEL(xs_cpu_product)(xs_device *d, size_t M, size_t N, size_t K, const real *a, size_t ai, size_t ak,
                               const real *b, size_t bk, size_t bj, const real *bias, bool add, real *c, size_t ci);
/// The same with the factors rounded to bfloat16 (product_bf16.c); in the float builds alone.  ai or ak is 1, bk or bj too.
void XS_KERNEL(xs_cpu_product_bf16)(xs_device *d, size_t M, size_t N, size_t K, const real *a, size_t ai, size_t ak,
                                    const real *b, size_t bk, size_t bj, const real *bias, bool add, real *c, size_t ci);
/// x (n) times the dropout mask of elements first .. first+n−1 of text `document`
void XS_KERNEL(xs_cpu_drop)(const xs_dropout *o, uint32_t document, size_t first, size_t n, real *x);
#define product XS_KERNEL(xs_cpu_product)
#define product_bf16 XS_KERNEL(xs_cpu_product_bf16)
#define drop XS_KERNEL(xs_cpu_drop)

/// The whole table of this build.
void XS_KERNEL(xs_cpu_fill)(xs_backend *b);
/// The operations of each file, put into the table by backend.c.
void XS_KERNEL(xs_cpu_add_basic)(xs_backend *b);
void XS_KERNEL(xs_cpu_add_linear)(xs_backend *b);
void XS_KERNEL(xs_cpu_add_norm)(xs_backend *b);
void XS_KERNEL(xs_cpu_add_attention)(xs_backend *b);
void XS_KERNEL(xs_cpu_add_attention_first)(xs_backend *b);
void XS_KERNEL(xs_cpu_add_rows)(xs_backend *b);
void XS_KERNEL(xs_cpu_add_dropout)(xs_backend *b);
void XS_KERNEL(xs_cpu_add_normals)(xs_backend *b);
void XS_KERNEL(xs_cpu_add_adamw)(xs_backend *b);
void XS_KERNEL(xs_cpu_add_relevance)(xs_backend *b);
#endif
