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

static inline __attribute__((always_inline)) void put_tile(const vec sum[TILE][2], size_t rows, size_t columns,
                                                           const real *bias, bool add, real *c, size_t ci) {
    if (rows == TILE && columns == WIDTH) {
#pragma GCC unroll 12
        for (int i = 0; i < TILE; i++) {
            real *row = c + (size_t)i * ci;
            const real *start = add ? row : bias;
            store(row, start ? load(start) + sum[i][0] : sum[i][0]);
            store(row + LANES, start ? load(start + LANES) + sum[i][1] : sum[i][1]);
        }
        return;
    }
    real part[TILE * WIDTH] = {0};
#pragma GCC unroll 12
    for (int i = 0; i < TILE; i++) store(part + i * WIDTH, sum[i][0]), store(part + i * WIDTH + LANES, sum[i][1]);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            c[i * ci + j] = (add ? c[i * ci + j] : bias ? bias[j] : 0) + part[i * WIDTH + j];
}
#endif
