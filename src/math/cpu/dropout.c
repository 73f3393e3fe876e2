// Dropout by counters: whether an element is kept depends on seed, place, step, text and element alone.
//
// 128 elements take 16 blocks of Philox4x32-10 (base/random.h), computed side by side; backend.h says which bits
// are whose.  The backward pass draws the same numbers again, so no mask is stored.
#include "base/random.h"
#include "math/cpu/kernel.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

enum { SIDE = 16, GROUP = 128, WIDE = VECTOR_BYTES / 8 }; // blocks at once; elements they decide; blocks a vector

// 32-bit words in 64-bit lanes, whose upper halves may hold anything.
typedef uint64_t wide __attribute__((vector_size(VECTOR_BYTES)));

// The 64-bit products of the lower halves.
static inline wide multiply(wide a, uint32_t by) {
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

// The 16-bit numbers of elements GROUP g .. GROUP g + 127.
static void draw(const xs_dropout *o, uint32_t document, uint32_t g, uint16_t number[GROUP]) {
    enum { VECTORS = SIDE / WIDE };
    wide c[4][VECTORS] = {0};
    uint32_t key0 = (uint32_t)o->seed, key1 = (uint32_t)(o->seed >> 32), word[4][SIDE];
    for (int v = 0; v < VECTORS; v++) {
        for (int i = 0; i < WIDE; i++) c[0][v][i] = g * SIDE + (uint32_t)(v * WIDE + i);
        c[1][v] = (wide){0} + ((uint32_t)XS_STREAM_DROPOUT + (o->site << 8));
        c[2][v] = (wide){0} + document;
        c[3][v] = (wide){0} + o->step;
    }
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) {
            wide p0 = multiply(c[0][v], 0xD2511F53u), p1 = multiply(c[2][v], 0xCD9E8D57u);
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
    memcpy(number, word, sizeof word); // little-endian halves
}

void drop(const xs_dropout *o, uint32_t document, size_t first, size_t n, real *restrict x) {
    int32_t threshold = (int32_t)(o->p * 65536);
    real factor = (real)(1 / (1 - o->p));
    for (size_t i = 0; i < n;) {
        uint16_t number[GROUP];
        real mask[GROUP];
        size_t at = (first + i) % GROUP, m = n - i < GROUP - at ? n - i : GROUP - at;
        draw(o, document, (uint32_t)((first + i) / GROUP), number);
        for (size_t k = 0; k < GROUP; k++) mask[k] = (int32_t)number[k] >= threshold ? factor : 0;
        for (size_t k = 0; k < m; k++) x[i + k] *= mask[at + k];
        i += m;
    }
}

static void cpu_dropout(xs_device *d, const xs_packed *p, size_t width, bool first_only, const xs_dropout *o,
                        xs_view x) {
    if (o->p <= 0) return;
    double began = xs_device_begin(d);
    const uint32_t *begin = xs_ints_of(p->begin), *document = xs_ints_of(o->document);
    for (size_t b = 0; b < p->texts; b++) {
        size_t from = first_only ? b : begin[b], rows = first_only ? 1 : begin[b + 1] - begin[b];
        drop(o, document[b], 0, rows * width, reals_of(x) + from * width);
    }
    xs_device_end(d, XS_OP_DROPOUT, began, 0);
}

void XS_KERNEL(xs_cpu_add_dropout)(xs_backend *b) { b->dropout = cpu_dropout; }
