// Dropout by counters: whether an element is kept depends on seed, place, step, text and element alone.
//
// 128 elements take 16 blocks of Philox4x32-10 (base/random.h), computed side by side; backend.h says which bits
// are whose.  The backward pass draws the same numbers again, so no mask is stored.
#include "base/random.h"
#include "math/cpu/kernel.h"

enum { SIDE = 16, GROUP = 128 }; // blocks at once; elements they decide

// The 16-bit numbers of elements GROUP g .. GROUP g + 127.
static void draw(const xs_dropout *o, uint32_t document, uint32_t g, uint16_t number[GROUP]) {
    uint32_t c[4][SIDE], key0 = (uint32_t)o->seed, key1 = (uint32_t)(o->seed >> 32);
    for (uint32_t i = 0; i < SIDE; i++) {
        c[0][i] = g * SIDE + i;
        c[1][i] = (uint32_t)XS_STREAM_DROPOUT + (o->site << 8);
        c[2][i] = document;
        c[3][i] = o->step;
    }
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < SIDE; i++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * c[0][i], p1 = (uint64_t)0xCD9E8D57u * c[2][i];
            c[0][i] = (uint32_t)(p1 >> 32) ^ c[1][i] ^ key0;
            c[2][i] = (uint32_t)(p0 >> 32) ^ c[3][i] ^ key1;
            c[1][i] = (uint32_t)p1;
            c[3][i] = (uint32_t)p0;
        }
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    for (int w = 0; w < 4; w++)
        for (int i = 0; i < SIDE; i++) {
            number[32 * w + 2 * i] = (uint16_t)c[w][i];
            number[32 * w + 2 * i + 1] = (uint16_t)(c[w][i] >> 16);
        }
}

void drop(const xs_dropout *o, uint32_t document, size_t first, size_t n, real *restrict x) {
    uint32_t threshold = (uint32_t)(o->p * 65536);
    real factor = (real)(1 / (1 - o->p));
    for (size_t i = 0; i < n;) {
        uint16_t number[GROUP];
        size_t at = (first + i) % GROUP, m = n - i < GROUP - at ? n - i : GROUP - at;
        draw(o, document, (uint32_t)((first + i) / GROUP), number);
        for (size_t k = 0; k < m; k++) x[i + k] *= number[at + k] >= threshold ? factor : 0;
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
