// What becomes of a register tile of sums: C = sums + bias, or C += sums.
#ifndef XSNR_MATH_CPU_TILE_H
#define XSNR_MATH_CPU_TILE_H
#include "math/cpu/kernel.h"

enum {
    TILE = XS_LEVEL == 4 ? 12 : XS_LEVEL == 3 ? 6 : 4, // rows: their sums, B's vectors and a splat fill the registers
    WIDTH = 2 * LANES,                                  // columns
};

// The tile of C will be written when the sums are done: by then its lines shall be in the first cache.
static inline __attribute__((always_inline)) void expect_tile(size_t rows, const real *c, size_t ci) {
    for (size_t i = 0; i < rows; i++) {
        __builtin_prefetch(c + i * ci, 1);
        __builtin_prefetch(c + i * ci + LANES, 1);
    }
}

static inline __attribute__((always_inline)) void put_part(vec v, size_t columns, const real *start, real *to) {
    if (columns >= LANES) store(to, start ? load(start) + v : v);
    else store_part(to, start ? load_part(start, columns) + v : v, columns);
}

static inline __attribute__((always_inline)) void put_tile(const vec sum[TILE][2], size_t rows, size_t columns,
                                                           const real *bias, bool add, real *c, size_t ci) {
#pragma GCC unroll 12
    for (size_t i = 0; i < TILE; i++)
        if (i < rows) {
            real *row = c + i * ci;
            const real *start = add ? row : bias;
            put_part(sum[i][0], columns, start, row);
            if (columns > LANES) put_part(sum[i][1], columns - LANES, start ? start + LANES : NULL, row + LANES);
        }
}
#endif
