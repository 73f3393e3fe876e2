// Rows: looked up in tables, blended of two, picked from texts, averaged over texts.
#include "math/cpu/kernel.h"

static void cpu_embed(xs_device *d, size_t rows, size_t hidden, xs_view id, xs_view place, xs_view kind, xs_view word,
                      xs_view position, xs_view type, xs_view y) {
    double began = xs_device_begin(d);
    const uint32_t *ids = xs_ints_of(id), *places = xs_ints_of(place), *kinds = xs_ints_of(kind);
    for (size_t r = 0; r < rows; r++) {
        real *restrict to = reals_of(y) + r * hidden;
        const real *restrict from = reals_of(word) + ids[r] * hidden;
        memcpy(to, from, hidden * sizeof(real));
        if (kinds) {
            const real *restrict t = reals_of(type) + kinds[r] * hidden;
            for (size_t i = 0; i < hidden; i++) to[i] += t[i];
        }
        if (places) {
            const real *restrict p = reals_of(position) + places[r] * hidden;
            for (size_t i = 0; i < hidden; i++) to[i] += p[i];
        }
    }
    xs_device_end(d, XS_OP_EMBED, began, 0);
}

static void cpu_embed_backward(xs_device *d, size_t rows, size_t hidden, xs_view id, xs_view dy, xs_view dtable) {
    double began = xs_device_begin(d);
    const uint32_t *ids = xs_ints_of(id);
    for (size_t r = 0; r < rows; r++) {
        real *restrict to = reals_of(dtable) + ids[r] * hidden;
        const real *restrict from = reals_of(dy) + r * hidden;
        for (size_t i = 0; i < hidden; i++) to[i] += from[i];
    }
    xs_device_end(d, XS_OP_EMBED, began, 0);
}

static void cpu_blend(xs_device *d, size_t rows, size_t width, xs_view at, xs_view mix, xs_view p, xs_view q, xs_view c, xs_view y) {
    double began = xs_device_begin(d);
    const uint32_t *row = xs_ints_of(at);
    const real *m = reals_of(mix), *restrict add = reals_of(c);
    for (size_t r = 0; r < rows; r++) {
        const real *restrict a = reals_of(p) + row[r] * width, *restrict b = reals_of(q) + row[r] * width;
        real *restrict to = reals_of(y) + r * width, s = m[2 * r], t = m[2 * r + 1];
        for (size_t i = 0; i < width; i++) to[i] = s * a[i] + t * b[i] + add[i];
    }
    xs_device_end(d, XS_OP_OTHER, began, 0);
}

static void cpu_along(xs_device *d, size_t rows, size_t width, xs_view at, xs_view mix, xs_view p, xs_view q, xs_view x, xs_view out) {
    double began = xs_device_begin(d);
    const uint32_t *row = xs_ints_of(at);
    const real *m = reals_of(mix);
    real *to = reals_of(out);
    for (size_t r = 0; r < rows; r++) {
        const real *a = reals_of(p) + row[r] * width, *b = reals_of(q) + row[r] * width, *g = reals_of(x) + r * width;
        vec to_a = {0}, to_b = {0};
        for (size_t i = 0; i < width; i += LANES) {
            size_t part = width - i < LANES ? width - i : LANES;
            vec v = LOAD(g + i, part);
            to_a += v * LOAD(a + i, part);
            to_b += v * LOAD(b + i, part);
        }
        to[r] += m[2 * r] * sum_lanes(to_a) + m[2 * r + 1] * sum_lanes(to_b);
    }
    xs_device_end(d, XS_OP_OTHER, began, 0);
}

static void cpu_first(xs_device *d, const xs_packed *p, size_t width, xs_view x, xs_view y) {
    double began = xs_device_begin(d);
    const uint32_t *begin = xs_ints_of(p->begin);
    for (size_t b = 0; b < p->texts; b++)
        memcpy(reals_of(y) + b * width, reals_of(x) + begin[b] * width, width * sizeof(real));
    xs_device_end(d, XS_OP_OTHER, began, 0);
}

static void cpu_first_backward(xs_device *d, const xs_packed *p, size_t width, xs_view dy, xs_view dx) {
    double began = xs_device_begin(d);
    const uint32_t *begin = xs_ints_of(p->begin);
    for (size_t b = 0; b < p->texts; b++) {
        real *restrict to = reals_of(dx) + begin[b] * width;
        const real *restrict from = reals_of(dy) + b * width;
        for (size_t i = 0; i < width; i++) to[i] += from[i];
    }
    xs_device_end(d, XS_OP_OTHER, began, 0);
}

static void cpu_mean(xs_device *d, const xs_packed *p, size_t width, xs_view x, xs_view y) {
    double began = xs_device_begin(d);
    const uint32_t *begin = xs_ints_of(p->begin);
    for (size_t b = 0; b < p->texts; b++) {
        real *restrict to = reals_of(y) + b * width, share = 1 / (real)(begin[b + 1] - begin[b]);
        memset(to, 0, width * sizeof(real));
        for (size_t r = begin[b]; r < begin[b + 1]; r++)
            for (size_t i = 0; i < width; i++) to[i] += share * reals_of(x)[r * width + i];
    }
    xs_device_end(d, XS_OP_EMBED, began, 0);
}

static void cpu_mean_backward(xs_device *d, const xs_packed *p, size_t width, xs_view dy, xs_view dx) {
    double began = xs_device_begin(d);
    const uint32_t *begin = xs_ints_of(p->begin);
    for (size_t b = 0; b < p->texts; b++) {
        const real *restrict from = reals_of(dy) + b * width;
        real share = 1 / (real)(begin[b + 1] - begin[b]);
        for (size_t r = begin[b]; r < begin[b + 1]; r++)
            for (size_t i = 0; i < width; i++) reals_of(dx)[r * width + i] = share * from[i];
    }
    xs_device_end(d, XS_OP_EMBED, began, 0);
}

void XS_KERNEL(xs_cpu_add_rows)(xs_backend *b) {
    b->embed = cpu_embed;
    b->embed_backward = cpu_embed_backward;
    b->blend = cpu_blend;
    b->along = cpu_along;
    b->first = cpu_first;
    b->first_backward = cpu_first_backward;
    b->mean = cpu_mean;
    b->mean_backward = cpu_mean_backward;
}
