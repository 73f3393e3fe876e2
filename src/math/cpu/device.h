// The CPU's device and buffers, the same for all its backends.
#ifndef XSNR_MATH_CPU_DEVICE_H
#define XSNR_MATH_CPU_DEVICE_H
#include "math/backend.h"

struct xs_buffer {
    void *data; // reals of the backend, or uint32_t; aligned to 64 bytes
};

typedef enum xs_scratch { XS_SCRATCH_PRODUCT, XS_SCRATCH_OPERATION, XS_SCRATCHES } xs_scratch;

/// What a product made of a factor that does not change.
typedef struct xs_kept {
    const void *factor;
    size_t N, K, bk, bj;
    void *panels;
    size_t size;
} xs_kept;

/// Numbers that do not change: products keep what they make of them.
typedef struct xs_constants {
    struct {
        const char *begin, *end;
    } range[2];
    size_t ranges;
    xs_kept *kept; // (room); those from n on are memory that waits for the next factors
    size_t n, room, last, bytes;
} xs_constants;

struct xs_device {
    bool failed; // memory ran out in an operation
    bool bf16;   // linear layers round what they multiply
    xs_constants constants;
    xs_profile profile;
    void *scratch[XS_SCRATCHES];
    size_t scratch_size[XS_SCRATCHES];
};

/// `size` bytes of scratch, aligned to 64, until the next call for the same use; NULL marks the device failed.
void *xs_device_scratch(xs_device *d, xs_scratch use, size_t size);
/// Memory of `size` bytes for what a product makes of its factor b (K, N); *fresh: it is not made yet.  NULL: b may change, or
/// there is no more room for what is kept.
void *xs_device_kept(xs_device *d, const void *b, size_t N, size_t K, size_t bk, size_t bj, size_t size, bool *fresh);
/// `n` bytes from `begin` on are constant; NULL: nothing is any more.
void xs_device_constant(xs_device *d, const void *begin, size_t n);
void xs_device_free_kept(xs_device *d);
/// Times an operation: begin gives the clock, end adds what passed since.
double xs_device_begin(const xs_device *d);
void xs_device_end(xs_device *d, xs_op op, double began, double flops);

static inline const uint32_t *xs_ints_of(xs_view v) { return v.buffer ? (const uint32_t *)v.buffer->data + v.at : NULL; }
#endif
