// Dropout by counters: whether an element is kept depends on seed, place, step, text and element alone.
//
// 128 elements take 16 blocks of Philox4x32-10 (base/random.h), computed side by side; backend.h says which bits
// are whose.  The backward pass draws the same numbers again, so no mask is stored.
#include "math/cpu/philox.h"

enum { GROUP = 128 }; // elements that a group of blocks decides

// The 16-bit numbers of elements GROUP g .. GROUP g + 127.
static void draw(const xs_dropout *o, uint32_t document, uint32_t g, uint16_t number[GROUP]) {
    uint32_t word[4][SIDE];
    draw_blocks(o->seed, g * SIDE, (uint32_t)XS_STREAM_DROPOUT + (o->site << 8), document, o->step, word);
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
