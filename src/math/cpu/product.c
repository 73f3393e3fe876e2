// Matrix products: one register tile, any strides, rows that do not depend on each other.
//
// The blocking is Goto and van de Geijn's ("Anatomy of high-performance matrix multiplication", ACM TOMS 2008):
// of each slab of DEPTH k's, B is packed once (a constant one once for all) into panels two vectors wide, blocks of A are packed into tiles of
// TILE rows, and a tile runs through a panel with its sums in registers.  An element's sum goes over the k's of a
// slab in order, by fused multiply-adds, and over the slabs in order; where a row stands and how many there are
// changes nothing, which a library does not promise (oneDNN 2.6 and OpenBLAS 0.3 round the last rows of a product
// differently).  This file alone is compiled with contraction to fused multiply-adds.
#include "math/cpu/tile.h"
#include "math/cpu/transpose.h"

enum {
    DEPTH = 256, // a panel (DEPTH, WIDTH) stays in the first cache
    LINE = 64 / (int)sizeof(real),
    AHEAD = 8,   // rows that are fetched before they are packed
    BLOCK = 96,  // a block of A (BLOCK, DEPTH) stays in the second
};

// Columns j .. j + LANES − 1 of half a panel from b's rows; those beyond the last one are zeros.
static void pack_half(size_t K, size_t columns, const real *b, size_t bj, real *to) {
    size_t k = 0;
    if (columns == LANES)
        for (; k + LANES <= K; k += LANES) {
            for (size_t j = LANES; j < 2 * LANES; j++) __builtin_prefetch(b + j * bj + k); // of the next half
            transpose(LANES, b + k, bj, to + k * WIDTH, WIDTH);
        }
    else
        for (; k + LANES <= K; k += LANES) transpose(columns, b + k, bj, to + k * WIDTH, WIDTH);
    for (; k < K; k++)
        for (size_t j = 0; j < LANES; j++) to[k * WIDTH + j] = j < columns ? b[j * bj + k] : 0;
}

// b (K, N) → panels (⌈N/WIDTH⌉, K, WIDTH); columns beyond the last one are zeros.  b is read along its rows: bj or bk is 1.
static void pack_panels(size_t K, size_t N, const real *b, size_t bk, size_t bj, real *panels) {
    size_t whole = N / WIDTH * WIDTH, rest = N - whole;
    if (bj == 1) {
        if (rest) memset(panels + whole * K, 0, K * WIDTH * sizeof(real));
        for (size_t k = 0; k < K; k++) {
            for (size_t j = 0; j < whole; j += WIDTH) memcpy(panels + j * K + k * WIDTH, b + k * bk + j, WIDTH * sizeof(real));
            if (rest) memcpy(panels + whole * K + k * WIDTH, b + k * bk + whole, rest * sizeof(real));
        }
        return;
    }
    for (size_t j = 0; j < whole + (rest ? WIDTH : 0); j += LANES)
        pack_half(K, j >= N ? 0 : N - j < LANES ? N - j : LANES, b + j * bj, bj, panels + j / WIDTH * WIDTH * K + j % WIDTH);
}

// Reals from one packed tile to the next: not a multiple of 4 KiB, or all of them would share a set of the first cache.
static size_t tile_size(size_t K) { return K * TILE + LINE; }

// a (rows, K) → tiles (K, TILE), tile_size apart; rows beyond the last one are zeros.
static void pack_tiles(size_t rows, size_t K, const real *a, size_t ai, size_t ak, real *tiles) {
    size_t whole = rows / TILE, rest = rows % TILE, size = tile_size(K);
    if (rest) memset(tiles + whole * size, 0, K * TILE * sizeof(real));
    if (ai == 1) {
        for (size_t k = 0; k < K; k++) {
            const real *row = a + k * ak;
            for (size_t i = 0; i < rows; i += LINE) __builtin_prefetch(row + AHEAD * ak + i);
            for (size_t t = 0; t < whole; t++) memcpy(tiles + t * size + k * TILE, row + t * TILE, TILE * sizeof(real));
            if (rest) memcpy(tiles + whole * size + k * TILE, row + whole * TILE, rest * sizeof(real));
        }
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        real *to = tiles + i / TILE * size + i % TILE;
        for (size_t k = 0; k < K; k++) to[k * TILE] = a[i * ai + k * ak];
    }
}

static inline __attribute__((always_inline)) void multiply_tile(size_t K, const real *a, size_t ai, size_t ak,
                                                                const real *b, size_t rows, size_t columns,
                                                                const real *bias, bool add, real *c, size_t ci,
                                                                bool ahead) {
    vec sum[TILE][2] = {0};
    expect_tile(rows, c, ci);
    for (size_t k = 0, stop; k < K;) {
        stop = K - k < LINE ? K : k + LINE;
        if (ahead) // to the rows of the next tile
            for (size_t i = 0; i < TILE; i++) __builtin_prefetch(a + (TILE + i) * ai + k);
        for (; k < stop; k++) {
            vec b0 = load(b + k * WIDTH), b1 = load(b + k * WIDTH + LANES);
#pragma GCC unroll 12
            for (int i = 0; i < TILE; i++) {
                real x = a[(size_t)i * ai + k * ak];
                sum[i][0] += x * b0;
                sum[i][1] += x * b1;
            }
        }
    }
    put_tile(sum, rows, columns, bias, add, c, ci);
}

// C (rows, N) of a block of A and one slab of k's.  Whole tiles of rows that lie as A has them are read in place.
static void block(size_t rows, size_t N, size_t K, const real *a, size_t ai, size_t ak, const real *packed, real *tiles,
                  const real *bias, bool add, real *c, size_t ci) {
    size_t in_place = ak == 1 ? rows / TILE * TILE : 0;
    pack_tiles(rows - in_place, K, a + in_place * ai, ai, ak, tiles);
    for (size_t j = 0; j < N; j += WIDTH) {
        size_t columns = N - j < WIDTH ? N - j : WIDTH;
        const real *from = bias ? bias + j : NULL;
        for (size_t t = 0; t < in_place; t += TILE)
            multiply_tile(K, a + t * ai, ai, 1, packed + j * K, TILE, columns, from, add, c + t * ci + j, ci,
                          j == 0);
        for (size_t t = in_place; t < rows; t += TILE)
            multiply_tile(K, tiles + (t - in_place) / TILE * tile_size(K), 1, TILE, packed + j * K, rows - t < TILE ? rows - t : TILE, columns, from,
                          add, c + t * ci + j, ci, false);
    }
}

void product(xs_device *d, size_t M, size_t N, size_t K, const real *a, size_t ai, size_t ak, const real *b, size_t bk,
             size_t bj, const real *bias, bool add, real *c, size_t ci) {
    size_t width = (N + WIDTH - 1) / WIDTH * WIDTH, depth = K < DEPTH ? K : DEPTH;
    bool fresh = true;
    real *kept = xs_device_kept(d, b, N, K, bk, bj, width * K * sizeof(real), &fresh);
    real *tiles = xs_device_scratch(d, XS_SCRATCH_PRODUCT, ((kept ? 0 : width * depth) + BLOCK / TILE * tile_size(depth)) * sizeof(real));
    if (!tiles) return;
    real *once = tiles + BLOCK / TILE * tile_size(depth);
    for (size_t k = 0; k < K; k += DEPTH, add = true) {
        size_t deep = K - k < DEPTH ? K - k : DEPTH;
        real *packed = kept ? kept + k * width : once;
        if (fresh) pack_panels(deep, N, b + k * bk, bk, bj, packed);
        for (size_t i = 0; i < M; i += BLOCK) {
            size_t rows = M - i < BLOCK ? M - i : BLOCK;
            block(rows, N, deep, a + i * ai + k * ak, ai, ak, packed, tiles, bias, add, c + i * ci, ci);
        }
    }
}
