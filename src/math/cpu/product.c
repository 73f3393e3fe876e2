// Matrix products: one register tile, any strides, rows that do not depend on each other.
//
// The blocking is Goto and van de Geijn's ("Anatomy of high-performance matrix multiplication", ACM TOMS 2008) with the
// loops turned: of each slab of DEPTH k's and each group of A's rows that stays in the second cache, one panel of B, two
// vectors wide, is packed at a time, and tiles of A run through it where they lie with their sums in registers.  So what
// is packed never leaves the caches, and the next panel's numbers are fetched beside the tiles.  An element's sum goes
// over the k's of a slab in order, by fused multiply-adds, and over the slabs in order; where a row stands and how many
// there are changes nothing, which a library does not promise (oneDNN 2.6 and OpenBLAS 0.3 round the last rows of a
// product differently).  Panels of a constant B are kept.  This file alone is compiled with contraction to fused multiply-adds.
#include "math/cpu/tile.h"
#include "math/cpu/transpose.h"

enum {
    LINE = 64 / (int)sizeof(real),
    DEPTH = 256,       // a panel (DEPTH, WIDTH) stays in the first cache
    GROUP = 6144 * LINE, // reals of A that stay in the second
    AHEAD = 8,         // rows that are fetched before they are packed
    SHORT = 64,        // sums of so few k's, and so few rows, are not worth packing for
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

// The columns of b (K, columns), of which bk or bj is 1 → panel (K, WIDTH); columns beyond the last one are zeros.
static void pack_panel(size_t K, size_t columns, const real *b, size_t bk, size_t bj, real *panel) {
    if (bj != 1) {
        pack_half(K, columns < LANES ? columns : LANES, b, bj, panel);
        pack_half(K, columns < LANES ? 0 : columns - LANES, b + LANES * bj, bj, panel + LANES);
        return;
    }
    if (columns < WIDTH) memset(panel, 0, K * WIDTH * sizeof(real));
    for (size_t k = 0; k < K; k++) {
        __builtin_prefetch(b + (k + AHEAD) * bk);
        __builtin_prefetch(b + (k + AHEAD) * bk + LANES);
        if (columns == WIDTH) memcpy(panel + k * WIDTH, b + k * bk, WIDTH * sizeof(real));
        else memcpy(panel + k * WIDTH, b + k * bk, columns * sizeof(real));
    }
}

// Reals from one packed tile to the next: not a multiple of 4 KiB, or all of them would share a set of the first cache.
static size_t tile_size(size_t K) { return K * TILE + LINE; }

// a (rows, K) with neighbouring rows → tiles (K, TILE), tile_size apart; rows beyond the last one are left as they are.
static void pack_tiles(size_t rows, size_t K, const real *a, size_t ak, real *tiles) {
    size_t whole = rows / TILE, rest = rows % TILE, size = tile_size(K);
    for (size_t k = 0; k < K; k++) {
        const real *row = a + k * ak;
        for (size_t i = 0; i < rows; i += LINE) __builtin_prefetch(row + AHEAD * ak + i);
        for (size_t t = 0; t < whole; t++) memcpy(tiles + t * size + k * TILE, row + t * TILE, TILE * sizeof(real));
        if (rest) memcpy(tiles + whole * size + k * TILE, row + whole * TILE, rest * sizeof(real));
    }
}

// What will be packed next, fetched line by line into the second cache while tiles are multiplied.
typedef struct region {
    const char *at;
    size_t rows, width, step; // bytes of a row, from row to row
    size_t row, column;       // where the fetching is
} region;

static region region_of(size_t rows, size_t n, const real *at, size_t step) {
    return (region){.at = (const char *)at, .rows = rows, .width = n * sizeof(real), .step = step * sizeof(real)};
}

static void fetch(region *r, size_t lines) {
    for (; lines && r->row < r->rows; lines--) {
        __builtin_prefetch(r->at + r->row * r->step + r->column, 0, 2);
        r->column += 64;
        if (r->column >= r->width) r->column = 0, r->row++;
    }
}

typedef struct factors { // of one slab of k's: A's rows from a on, one panel of B, and where its columns of C go
    size_t K;
    const real *a;
    size_t ai, ak;
    const real *b;
    size_t bk, columns;
    const real *bias;
    bool add;
    real *c;
    size_t ci;
} factors;

// `rows` and `vectors` are constants where this is called.
static inline __attribute__((always_inline)) void multiply_tile(size_t rows, size_t vectors, const factors *f, size_t ai, size_t ak,
                                                                size_t bk, bool ahead) {
    const real *a = f->a, *b = f->b;
    vec sum[TILE][2] = {0};
    expect_tile(rows, f->c, f->ci);
    for (size_t k = 0, stop; k < f->K;) {
        stop = f->K - k < LINE ? f->K : k + LINE;
        if (ahead && ak == 1) // to the rows of the next tile
            for (size_t i = 0; i < TILE; i++) __builtin_prefetch(a + (TILE + i) * ai + k);
        if (ahead && ai == 1)
            for (size_t i = k; i < stop; i++) __builtin_prefetch(a + i * ak + TILE + TILE - 1);
        for (; k < stop; k++) {
            vec b0 = load(b + k * bk), b1 = vectors > 1 ? load(b + k * bk + LANES) : b0;
#pragma GCC unroll 12
            for (size_t i = 0; i < TILE; i++)
                if (i < rows) {
                    real x = a[i * ai + k * ak];
                    sum[i][0] += x * b0;
                    if (vectors > 1) sum[i][1] += x * b1;
                }
        }
    }
    put_tile(sum, rows, f->columns, f->bias, f->add, f->c, f->ci);
}

// Tiles of every size, for the last rows and columns and for small products.
#define TILE_OF(n)                                                                                                     \
    case n:                                                                                                            \
        if (f->columns > LANES) multiply_tile(n, 2, f, f->ai, f->ak, f->bk, false);                                    \
        else multiply_tile(n, 1, f, f->ai, f->ak, f->bk, false);                                                       \
        break;
static void any_tile(size_t rows, const factors *f) {
    switch (rows) {
        TILE_OF(1) TILE_OF(2) TILE_OF(3) TILE_OF(4)
#if XS_LEVEL >= 3
        TILE_OF(5) TILE_OF(6)
#endif
#if XS_LEVEL == 4
        TILE_OF(7) TILE_OF(8) TILE_OF(9) TILE_OF(10) TILE_OF(11) TILE_OF(12)
#endif
    }
}

// All rows of a group, in tiles that lie `apart`, with one panel of B; meanwhile what comes next is fetched.
static void panel(size_t rows, size_t apart, factors f, bool first, region *next) {
    bool whole = f.columns > LANES && f.bk == WIDTH;
    size_t lines = next->rows * ((next->width + 63) / 64) / (rows / TILE + 1) + 1;
    for (size_t t = 0; t < rows; t += TILE, f.a += apart, f.c += TILE * f.ci) {
        if (rows - t < TILE || !whole) any_tile(rows - t < TILE ? rows - t : TILE, &f);
        else if (f.ak == 1) multiply_tile(TILE, 2, &f, f.ai, 1, WIDTH, first);
        else if (f.ai == 1) multiply_tile(TILE, 2, &f, 1, f.ak, WIDTH, first);
        else any_tile(TILE, &f);
        fetch(next, lines);
    }
}

// Where B's panels come from: f.b read where it lies (neither of the two), packed into `once` one after the other, or kept.
typedef struct panels {
    size_t bj;
    real *once, *kept;
    bool fresh; // what is kept is not made yet
} panels;

// A group of A's rows times one slab of B.
static void group(size_t rows, size_t N, factors f, size_t apart, panels p) {
    const real *b = f.b, *bias = f.bias;
    size_t bk = f.bk;
    if (p.once || p.kept) f.bk = WIDTH;
    for (size_t j = 0; j < N; j += WIDTH, f.c += WIDTH, b += WIDTH * p.bj) {
        const real *after = b + WIDTH * p.bj;
        real *here = p.kept ? p.kept + j * f.K : p.once;
        region next = {0};
        f.columns = N - j < WIDTH ? N - j : WIDTH;
        f.bias = bias ? bias + j : NULL;
        f.b = here ? here : b;
        if (N - j > WIDTH)
            next = p.kept && !p.fresh ? region_of(f.K, WIDTH, here + WIDTH * f.K, WIDTH)
                   : p.bj == 1        ? region_of(f.K, WIDTH, after, bk)
                                      : region_of(WIDTH, f.K, after, p.bj);
        if (p.kept ? p.fresh : p.once != NULL) pack_panel(f.K, f.columns, b, bk, p.bj, here);
        panel(rows, apart, f, j == 0, &next);
    }
}

void product(xs_device *d, size_t M, size_t N, size_t K, const real *a, size_t ai, size_t ak, const real *b, size_t bk,
             size_t bj, const real *bias, bool add, real *c, size_t ci) {
    bool lies = M <= SHORT && K <= SHORT && bj == 1 && N % LANES == 0; // B is read where it lies
    bool packs = XS_LEVEL < 4 && ai == 1 && ak != 1 && K > SHORT;      // A is not: a short tile takes little of a line
    bool fresh = true;
    size_t width = (N + WIDTH - 1) / WIDTH * WIDTH, depth = K < DEPTH ? K : DEPTH, most = GROUP / depth / TILE * TILE;
    real *kept = lies ? NULL : xs_device_kept(d, b, N, K, bk, bj, width * K * sizeof(real), &fresh);
    real *once = xs_device_scratch(d, XS_SCRATCH_PRODUCT, (DEPTH * WIDTH + (packs ? most / TILE * tile_size(depth) : 0)) * sizeof(real));
    if (!once) return;
    real *tiles = once + DEPTH * WIDTH;
    for (size_t k = 0; k < K; k += DEPTH, add = true) {
        size_t deep = K - k < DEPTH ? K - k : DEPTH;
        for (size_t i = 0; i < M; i += most) {
            size_t rows = M - i < most ? M - i : most;
            const real *from = a + i * ai + k * ak;
            if (packs) pack_tiles(rows, deep, from, ak, tiles);
            group(rows, N, (factors){.K = deep, .a = packs ? tiles : from, .ai = ai, .ak = packs ? TILE : ak, .b = b + k * bk,
                                     .bk = bk, .bias = bias, .add = add, .c = c + i * ci, .ci = ci},
                  packs ? tile_size(deep) : TILE * ai,
                  (panels){bj, lies ? NULL : once, kept ? kept + k * width : NULL, fresh && i == 0});
        }
    }
}
