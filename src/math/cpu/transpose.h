// A square of numbers, a vector's width high and wide, turned in the registers.
//
// Rows i and i + n/2 are interleaved number by number, log₂ n times: each time the bits of (row, column) rotate by one place,
// and in the end row and column have changed sides.
#ifndef XSNR_MATH_CPU_TRANSPOSE_H
#define XSNR_MATH_CPU_TRANSPOSE_H
#include "math/cpu/kernel.h"

#if XS_LEVEL == 4 && !defined XS_REAL_DOUBLE
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif XS_LEVEL == 4 || (XS_LEVEL == 3 && !defined XS_REAL_DOUBLE)
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#elif XS_LEVEL == 3 || !defined XS_REAL_DOUBLE
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#else
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 2)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 1, 3)
#endif

/// to[k × to_stride + i] = from[i × stride + k] for i, k < LANES; rows from `rows` on count as zeros.
static inline __attribute__((always_inline)) void transpose(size_t rows, const real *from, size_t stride, real *to, size_t to_stride) {
    vec a[LANES], b[LANES];
    for (size_t i = 0; i < LANES; i++) a[i] = i < rows ? load(from + i * stride) : (vec){0};
    for (int n = 1; n < LANES; n *= 2) {
        for (int i = 0; i < LANES / 2; i++) {
            b[2 * i] = LOW_HALVES(a[i], a[i + LANES / 2]);
            b[2 * i + 1] = HIGH_HALVES(a[i], a[i + LANES / 2]);
        }
        for (int i = 0; i < LANES; i++) a[i] = b[i];
    }
    for (size_t i = 0; i < LANES; i++) store(to + i * to_stride, a[i]);
}
#endif
