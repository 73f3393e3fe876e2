// Philox4x32-10 (base/random.h), blocks side by side in vectors.
#ifndef XSNR_MATH_CPU_PHILOX_H
#define XSNR_MATH_CPU_PHILOX_H
#include "base/random.h"
#include "math/cpu/kernel.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

enum { SIDE = 16, WIDE = VECTOR_BYTES / 8 }; // blocks at once; blocks a vector

// 32-bit words in 64-bit lanes, whose upper halves may hold anything.
typedef uint64_t wide __attribute__((vector_size(VECTOR_BYTES)));

// The 64-bit products of the lower halves.
static inline wide wide_product(wide a, uint32_t by) {
    wide b = (wide){0} + by;
#if defined __x86_64__ && XS_LEVEL == 4
    return (wide)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined __x86_64__ && XS_LEVEL == 3
    return (wide)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined __x86_64__
    return (wide)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & 0xFFFFFFFFu) * b;
#endif
}

/// word[w][i]: word w of the block of counter (first + i, c1, c2, c3).
static inline void draw_blocks(uint64_t seed, uint32_t first, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t word[4][SIDE]) {
    enum { VECTORS = SIDE / WIDE };
    wide c[4][VECTORS] = {0};
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    for (int v = 0; v < VECTORS; v++) {
        for (int i = 0; i < WIDE; i++) c[0][v][i] = first + (uint32_t)(v * WIDE + i);
        c[1][v] = (wide){0} + c1;
        c[2][v] = (wide){0} + c2;
        c[3][v] = (wide){0} + c3;
    }
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) {
            wide p0 = wide_product(c[0][v], 0xD2511F53u), p1 = wide_product(c[2][v], 0xCD9E8D57u);
            c[0][v] = (p1 >> 32) ^ c[1][v] ^ ((wide){0} + key0);
            c[2][v] = (p0 >> 32) ^ c[3][v] ^ ((wide){0} + key1);
            c[1][v] = p1;
            c[3][v] = p0;
        }
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    for (int w = 0; w < 4; w++)
        for (int v = 0; v < VECTORS; v++)
            for (int i = 0; i < WIDE; i++) word[w][v * WIDE + i] = (uint32_t)c[w][v][i];
}
#endif
