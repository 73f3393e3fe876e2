// The CPU's device and buffers, the same for all its backends.
#ifndef XSNR_MATH_CPU_DEVICE_H
#define XSNR_MATH_CPU_DEVICE_H
#include "math/backend.h"

struct xs_buffer {
    void *data; // reals of the backend, or uint32_t; aligned to 64 bytes
};

typedef enum xs_scratch { XS_SCRATCH_PRODUCT, XS_SCRATCH_OPERATION, XS_SCRATCHES } xs_scratch;

struct xs_device {
    bool failed; // memory ran out in an operation
    bool bf16;   // linear layers round what they multiply
    xs_profile profile;
    void *scratch[XS_SCRATCHES];
    size_t scratch_size[XS_SCRATCHES];
};

/// `size` bytes of scratch, aligned to 64, until the next call for the same use; NULL marks the device failed.
void *xs_device_scratch(xs_device *d, xs_scratch use, size_t size);
/// Times an operation: begin gives the clock, end adds what passed since.
double xs_device_begin(const xs_device *d);
void xs_device_end(xs_device *d, xs_op op, double began, double flops);

static inline const uint32_t *xs_ints_of(xs_view v) { return v.buffer ? (const uint32_t *)v.buffer->data + v.at : NULL; }
#endif
