// A batch of texts on its way into a network, and where dropout draws from.
#ifndef XSNR_MODEL_BATCH_H
#define XSNR_MODEL_BATCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The largest batch that a network has room for.
typedef struct xs_batch_room {
    uint32_t texts, rows, longest;
    size_t squares; // Σ T²
} xs_batch_room;

/// A batch as the host has it: B texts of N tokens in all.
typedef struct xs_batch {
    uint32_t texts;
    const uint32_t *begin;    // (B + 1)
    const uint32_t *id;       // (N)
    const uint32_t *kind;     // (N) token types, or NULL: all 0
    const uint32_t *document; // (B) numbers that dropout is counted by
    const uint32_t *label;    // (B), or NULL
} xs_batch;

/// Where dropout draws from in a training step.  All zero: no dropout.
typedef struct xs_step_noise {
    uint64_t seed;
    uint32_t step;
    bool on;
} xs_step_noise;
#endif
