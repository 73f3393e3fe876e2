// Memory and clock of the CPU's devices.
#include "math/cpu/device.h"
#include "base/alloc.h"
#include <stdlib.h>
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
