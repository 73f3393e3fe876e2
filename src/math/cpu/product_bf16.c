// Matrix products whose factors are rounded to bfloat16 first (8 bits of fraction; to nearest, ties to even; numbers
// below 2^−126 are zeros), with sums in float.
//
// The blocking is product.c's, and so is what it promises: a row of C has the same bits whatever the others.  Two
// neighbouring k's lie in one 32-bit word, the even one in its lower half, and
//
//     sum ← (sum + a[2k+1] b[2k+1]) + a[2k] b[2k]         both products are exact, both sums rounded
//
// is what one instruction of AVX512_BF16 does to 16 sums.  Without it the same is done by two multiplications and two
// additions: the same bits on every x86, at less speed.
#include "math/cpu/flush.h"
#include "math/cpu/tile.h"

#ifndef XS_REAL_DOUBLE
#if defined __x86_64__ && XS_LEVEL == 4
#include <immintrin.h>
#define HARD __attribute__((target("avx512bf16")))
#endif

enum {
    DEPTH = 128, // pairs: a panel (DEPTH, WIDTH) of them stays in the first cache
    BLOCK = 96,  // a block of A (BLOCK, DEPTH) stays in the second
    LINE = 16,   // floats of a line of the cache
    AHEAD = 8,   // rows that are fetched before they are packed
};

typedef uint32_t words __attribute__((vector_size(VECTOR_BYTES)));

static inline words load_words(const uint32_t *p) {
    words v;
    memcpy(&v, p, sizeof v);
    return v;
}

// The bfloat16 nearest to x, in the upper half.  What is not a number stays one.
static inline uint32_t rounded(real x) {
    uint32_t bits, low;
    memcpy(&bits, &x, sizeof bits);
    low = bits & 0x7fffffffu;
    uint32_t near = bits + 0x7fffu + (bits >> 16 & 1);
    near = low > 0x7f800000u ? bits | 0x00400000u : near;
    return low < 0x00800000u ? bits & 0x80000000u : near;
}

static inline uint32_t pair(real even, real odd) { return rounded(even) >> 16 | (rounded(odd) & 0xffff0000u); }

// A row's k's, one after the other, in pairs.
static void pack_along(size_t K, const real *restrict x, uint32_t *restrict to) {
    for (size_t k = 0; k < K / 2; k++) to[k] = pair(x[2 * k], x[2 * k + 1]);
    if (K % 2) to[K / 2] = pair(x[K - 1], 0);
}

// Neighbouring elements of one k and the next, in pairs; of the last k alone if K is odd.
static void pack_across(size_t K, size_t n, const real *x, size_t xk, uint32_t *to, size_t stride) {
    for (size_t k = 0; k < K; k += 2, x += 2 * xk, to += stride) {
        const real *restrict even = x, *restrict odd = x + xk;
        uint32_t *restrict pairs = to;
        for (size_t i = 0; i < n; i += LINE) {
            __builtin_prefetch(even + AHEAD * xk + i);
            __builtin_prefetch(odd + AHEAD * xk + i);
        }
        if (k + 1 < K)
            for (size_t i = 0; i < n; i++) pairs[i] = pair(even[i], odd[i]);
        else
            for (size_t i = 0; i < n; i++) pairs[i] = pair(even[i], 0);
    }
}

// b (K, columns) → panel (⌈K/2⌉, WIDTH); columns beyond the last one are zeros.
static void pack_panel(size_t K, size_t columns, const real *b, size_t bk, size_t bj, uint32_t *panel) {
    size_t pairs = (K + 1) / 2;
    if (columns < WIDTH) memset(panel, 0, pairs * WIDTH * sizeof *panel);
    if (bj == 1) {
        pack_across(K, columns, b, bk, panel, WIDTH);
        return;
    }
    uint32_t row[DEPTH] = {0};
    for (size_t j = 0; j < columns; j++) {
        pack_along(K, b + j * bj, row);
        for (size_t k = 0; k < pairs; k++) panel[k * WIDTH + j] = row[k];
    }
}

// a (rows, K) → block: row i's pair k is block[i ⌈K/2⌉ + k] if A's k's are neighbours, else block[k BLOCK + i]; rows
// beyond the last one, up to a whole tile, are zeros.
static void pack_block(size_t rows, size_t K, const real *a, size_t ai, size_t ak, uint32_t *block) {
    size_t pairs = (K + 1) / 2, whole = (rows + TILE - 1) / TILE * TILE;
    if (ak == 1) {
        for (size_t i = 0; i < rows; i++) {
            for (size_t k = 0; k < K; k += LINE) __builtin_prefetch(a + (i + AHEAD / 2) * ai + k);
            pack_along(K, a + i * ai, block + i * pairs);
        }
        memset(block + rows * pairs, 0, (whole - rows) * pairs * sizeof *block);
        return;
    }
    pack_across(K, rows, a, ak, block, BLOCK);
    for (size_t k = 0; k < pairs; k++) memset(block + k * BLOCK + rows, 0, (whole - rows) * sizeof *block);
}

// sum + the two products of each pair, by the definition above
static inline __attribute__((always_inline)) vec soft(vec sum, words a, words b) {
    sum += (vec)(a & 0xffff0000u) * (vec)(b & 0xffff0000u);
    sum += (vec)(a << 16) * (vec)(b << 16);
    return sum;
}

typedef struct operands { // of one block of A and one slab of k's
    size_t rows, N, K;
    const uint32_t *block, *panels;
    size_t ai, ak; // between the block's rows, between its pairs
    const real *bias;
    bool add;
    real *c;
    size_t ci;
} operands;

// C of one block, with `dot` for soft or the instruction.
#define MULTIPLY_BLOCK(dot)                                                                                            \
    size_t pairs = (o->K + 1) / 2, ai = o->ai, ak = o->ak;                                                             \
    for (size_t j = 0; j < o->N; j += WIDTH)                                                                           \
        for (size_t t = 0; t < o->rows; t += TILE) {                                                                   \
            const uint32_t *a = o->block + t * o->ai, *b = o->panels + j * pairs;                                      \
            size_t rows = o->rows - t < TILE ? o->rows - t : TILE;                                                     \
            real *c = o->c + t * o->ci + j;                                                                            \
            vec sum[TILE][2] = {0};                                                                                    \
            expect_tile(rows, c, o->ci);                                                                               \
            for (size_t k = 0; k < pairs; k++) {                                                                       \
                words b0 = load_words(b + k * WIDTH), b1 = load_words(b + k * WIDTH + LANES);                          \
                _Pragma("GCC unroll 12") for (int i = 0; i < TILE; i++) {                                              \
                    words x = (words){0} + a[(size_t)i * ai + k * ak];                                                 \
                    sum[i][0] = dot(sum[i][0], x, b0);                                                                 \
                    sum[i][1] = dot(sum[i][1], x, b1);                                                                 \
                }                                                                                                      \
            }                                                                                                          \
            put_tile(sum, rows, o->N - j < WIDTH ? o->N - j : WIDTH, o->bias ? o->bias + j : NULL, o->add, c, o->ci);  \
        }

static void multiply_soft(const operands *o) { MULTIPLY_BLOCK(soft) }

#ifdef HARD
static inline __attribute__((always_inline)) HARD vec hard(vec sum, words a, words b) {
    return (vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}
static HARD void multiply_hard(const operands *o) { MULTIPLY_BLOCK(hard) }
#endif

static void multiply_block(const operands *o) {
#ifdef HARD
    if (__builtin_cpu_supports("avx512bf16")) {
        multiply_hard(o);
        return;
    }
#endif
    multiply_soft(o);
}

void product_bf16(xs_device *d, size_t M, size_t N, size_t K, const real *a, size_t ai, size_t ak, const real *b,
                  size_t bk, size_t bj, const real *bias, bool add, real *c, size_t ci) {
    size_t panels = (N + WIDTH - 1) / WIDTH * WIDTH, depth = K < 2 * DEPTH ? (K + 1) / 2 : DEPTH;
    uint32_t *packed = xs_device_scratch(d, XS_SCRATCH_PRODUCT, (panels + BLOCK) * depth * sizeof *packed);
    if (!packed) return;
    uint32_t *block = packed + panels * depth;
    unsigned mode = flush_denormals();
    for (size_t k = 0; k < K; k += 2 * DEPTH, add = true) {
        size_t deep = K - k < 2 * DEPTH ? K - k : 2 * DEPTH, pairs = (deep + 1) / 2;
        for (size_t j = 0; j < N; j += WIDTH)
            pack_panel(deep, N - j < WIDTH ? N - j : WIDTH, b + k * bk + j * bj, bk, bj, packed + j * pairs);
        for (size_t i = 0; i < M; i += BLOCK) {
            size_t rows = M - i < BLOCK ? M - i : BLOCK;
            pack_block(rows, deep, a + i * ai + k * ak, ai, ak, block);
            multiply_block(&(operands){.rows = rows, .N = N, .K = deep, .block = block, .panels = packed,
                                       .ai = ak == 1 ? pairs : 1, .ak = ak == 1 ? 1 : BLOCK, .bias = bias, .add = add,
                                       .c = c + i * ci, .ci = ci});
        }
    }
    restore_denormals(mode);
}
#endif
