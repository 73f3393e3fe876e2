// Memory and clock of the CPU's devices.
#include "math/cpu/device.h"
#include "base/alloc.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

void *xs_device_scratch(xs_device *d, xs_scratch use, size_t size) {
    if (size > d->scratch_size[use] || !d->scratch[use]) {
        xs_free(d->scratch[use]);
        d->scratch_size[use] = size + size / 4; // batches differ a little: grow once
        d->scratch[use] = xs_malloc_aligned(d->scratch_size[use]);
    }
    if (!d->scratch[use]) d->failed = true, d->scratch_size[use] = 0;
    return d->scratch[use];
}

void xs_device_constant(xs_device *d, const void *begin, size_t n) {
    xs_constants *c = &d->constants;
    if (!begin) c->ranges = c->n = c->last = 0;
    else if (c->ranges < sizeof c->range / sizeof *c->range) c->range[c->ranges].begin = begin, c->range[c->ranges++].end = (const char *)begin + n;
}

static bool is_constant(const xs_constants *c, const void *b) {
    for (size_t i = 0; i < c->ranges; i++)
        if ((const char *)b >= c->range[i].begin && (const char *)b < c->range[i].end) return true;
    return false;
}

// A place for one more factor's panels, of which KEPT_MOST bytes may be kept; NULL: there is none.
static xs_kept *new_kept(xs_constants *c, size_t size) {
    enum { KEPT_MOST = 64 << 20 };
    if (c->n == c->room) {
        size_t room = c->room ? 2 * c->room : 32;
        xs_kept *more = XS_NEW_ARRAY(xs_kept, room);
        if (!more) return NULL;
        if (c->n) memcpy(more, c->kept, c->n * sizeof *more);
        xs_free(c->kept);
        c->kept = more;
        c->room = room;
    }
    xs_kept *at = &c->kept[c->n];
    if (at->size < size) {
        if (c->bytes - at->size + size > KEPT_MOST) return NULL;
        xs_free(at->panels);
        c->bytes -= at->size;
        at->panels = xs_malloc_aligned(size);
        at->size = at->panels ? size : 0;
        c->bytes += at->size;
    }
    return at->panels ? at : NULL;
}

void *xs_device_kept(xs_device *d, const void *b, size_t N, size_t K, size_t bk, size_t bj, size_t size, bool *fresh) {
    xs_constants *c = &d->constants;
    if (!is_constant(c, b)) return NULL;
    for (size_t i = 0; i < c->n; i++) { // a pass asks in the same order as the one before
        size_t at = (c->last + 1 + i) % c->n;
        const xs_kept *k = &c->kept[at];
        if (k->factor != b || k->N != N || k->K != K || k->bk != bk || k->bj != bj) continue;
        c->last = at;
        *fresh = false;
        return k->panels;
    }
    xs_kept *k = new_kept(c, size);
    if (!k) return NULL;
    *k = (xs_kept){b, N, K, bk, bj, k->panels, k->size};
    c->last = c->n++;
    *fresh = true;
    return k->panels;
}

void xs_device_free_kept(xs_device *d) {
    for (size_t i = 0; i < d->constants.room; i++) xs_free(d->constants.kept[i].panels);
    xs_free(d->constants.kept);
}

double xs_device_begin(const xs_device *d) {
    (void)d;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void xs_device_end(xs_device *d, xs_op op, double began, double flops) {
    d->profile.seconds[op] += xs_device_begin(d) - began;
    d->profile.flops[op] += flops;
    d->profile.calls[op]++;
}

void xs_profile_add(xs_profile *to, const xs_profile *from) {
    for (int i = 0; i < XS_OPS; i++) {
        to->seconds[i] += from->seconds[i];
        to->flops[i] += from->flops[i];
        to->calls[i] += from->calls[i];
    }
}

const char *xs_op_name(xs_op op) {
    static const char *const name[XS_OPS] = {"products",  "attention",  "layer norm", "activation", "dropout",
                                             "embedding", "optimiser", "other"};
    return name[op];
}
