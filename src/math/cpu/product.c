// Matrix products: one register tile, any strides, rows that do not depend on each other.
//
// The blocking is Goto and van de Geijn's ("Anatomy of high-performance matrix multiplication", ACM TOMS 2008):
// of each slab of DEPTH k's, B is packed once into panels two vectors wide, blocks of A are packed into tiles of
// TILE rows, and a tile runs through a panel with its sums in registers.  An element's sum goes over the k's of a
// slab in order, by fused multiply-adds, and over the slabs in order; where a row stands and how many there are
// changes nothing, which a library does not promise (oneDNN 2.6 and OpenBLAS 0.3 round the last rows of a product
// differently).  This file alone is compiled with contraction to fused multiply-adds.
#include "math/cpu/tile.h"

enum {
    DEPTH = 256, // a panel (DEPTH, WIDTH) stays in the first cache
    BLOCK = 96,  // a block of A (BLOCK, DEPTH) stays in the second
};

// Columns beyond the last one are zeros: b (K, columns) → panel (K, WIDTH)
static void pack_panel(size_t K, size_t columns, const real *b, size_t bk, size_t bj, real *panel) {
    if (bj == 1 && columns == WIDTH) {
        for (size_t k = 0; k < K; k++) memcpy(panel + k * WIDTH, b + k * bk, WIDTH * sizeof(real));
        return;
    }
    if (columns < WIDTH) memset(panel, 0, K * WIDTH * sizeof(real));
    if (bj == 1)
        for (size_t k = 0; k < K; k++) memcpy(panel + k * WIDTH, b + k * bk, columns * sizeof(real));
    else
        for (size_t k = 0; k < K; k++)
            for (size_t j = 0; j < columns; j++) panel[k * WIDTH + j] = b[k * bk + j * bj];
}

// Rows beyond the last one are zeros: a (rows, K) → tile (K, TILE)
static void pack_tile(size_t rows, size_t K, const real *a, size_t ai, size_t ak, real *tile) {
    if (rows < TILE) memset(tile, 0, K * TILE * sizeof(real));
    if (ai == 1 && rows == TILE)
        for (size_t k = 0; k < K; k++) memcpy(tile + k * TILE, a + k * ak, TILE * sizeof(real));
    else
        for (size_t i = 0; i < rows; i++)
            for (size_t k = 0; k < K; k++) tile[k * TILE + i] = a[i * ai + k * ak];
}

static inline __attribute__((always_inline)) void multiply_tile(size_t K, const real *a, size_t ai, size_t ak,
                                                                const real *b, size_t rows, size_t columns,
                                                                const real *bias, bool add, real *c, size_t ci) {
    vec sum[TILE][2] = {0};
    for (size_t k = 0; k < K; k++) {
        vec b0 = load(b + k * WIDTH), b1 = load(b + k * WIDTH + LANES);
#pragma GCC unroll 12
        for (int i = 0; i < TILE; i++) {
            real x = a[(size_t)i * ai + k * ak];
            sum[i][0] += x * b0;
            sum[i][1] += x * b1;
        }
    }
    put_tile(sum, rows, columns, bias, add, c, ci);
}

// C (rows, N) of a block of A and one slab of k's.  Whole tiles of rows that lie as A has them are read in place.
static void block(size_t rows, size_t N, size_t K, const real *a, size_t ai, size_t ak, const real *packed, real *tiles,
                  const real *bias, bool add, real *c, size_t ci) {
    size_t in_place = ak == 1 ? rows / TILE * TILE : 0;
    for (size_t t = in_place; t < rows; t += TILE)
        pack_tile(rows - t < TILE ? rows - t : TILE, K, a + t * ai, ai, ak, tiles + t * K);
    for (size_t j = 0; j < N; j += WIDTH) {
        size_t columns = N - j < WIDTH ? N - j : WIDTH;
        const real *from = bias ? bias + j : NULL;
        for (size_t t = 0; t < in_place; t += TILE)
            multiply_tile(K, a + t * ai, ai, 1, packed + j * K, TILE, columns, from, add, c + t * ci + j, ci);
        for (size_t t = in_place; t < rows; t += TILE)
            multiply_tile(K, tiles + t * K, 1, TILE, packed + j * K, rows - t < TILE ? rows - t : TILE, columns, from,
                          add, c + t * ci + j, ci);
    }
}

void product(xs_device *d, size_t M, size_t N, size_t K, const real *a, size_t ai, size_t ak, const real *b, size_t bk,
             size_t bj, const real *bias, bool add, real *c, size_t ci) {
    size_t panels = (N + WIDTH - 1) / WIDTH, depth = K < DEPTH ? K : DEPTH;
    real *packed = xs_device_scratch(d, XS_SCRATCH_PRODUCT, (panels * WIDTH + BLOCK) * depth * sizeof(real)), *tiles;
    if (!packed) return;
    tiles = packed + panels * WIDTH * depth;
    for (size_t k = 0; k < K; k += DEPTH, add = true) {
        size_t deep = K - k < DEPTH ? K - k : DEPTH;
        for (size_t j = 0; j < N; j += WIDTH)
            pack_panel(deep, N - j < WIDTH ? N - j : WIDTH, b + k * bk + j * bj, bk, bj, packed + j * deep);
        for (size_t i = 0; i < M; i += BLOCK) {
            size_t rows = M - i < BLOCK ? M - i : BLOCK;
            block(rows, N, deep, a + i * ai + k * ak, ai, ak, packed, tiles, bias, add, c + i * ci, ci);
        }
    }
}
