// Random numbers: counter-based streams, so that a draw depends on what is drawn and never on who draws it.
//
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), with
// Random123's constants and known answers.  A stream is keyed by a 64-bit seed; the 128-bit counter is
// (block within the stream, three words that name what is drawn: stream kind, and two of the caller's:
// epoch, document, tensor, …).  Two streams with another seed, kind or name never share a block.
#ifndef XSNR_BASE_RANDOM_H
#define XSNR_BASE_RANDOM_H
#include <stddef.h>
#include <stdint.h>

/// What a stream is for; the value is part of the counter, so it must never change.
typedef enum xs_stream {
    XS_STREAM_SEEDS = 0,   // seeds derived from a seed
    XS_STREAM_INIT = 1,    // initial weights
    XS_STREAM_ORDER = 2,   // order of the training texts
    XS_STREAM_DROPOUT = 3, //
    XS_STREAM_SAMPLE = 4,  // bootstrap of the training set
    XS_STREAM_EXPLAIN = 5, // sampling inside an explainer
    XS_STREAM_CORPUS = 6,  // gazette, and which texts are explained
    XS_STREAM_STATS = 7,   // resampling in statistics
} xs_stream;

typedef struct xs_rng {
    uint32_t key[2], counter[4], block[4];
    unsigned used; // words of `block` already drawn
} xs_rng;

/// The bijection itself: `out` = Philox4x32-10(counter, key).
void xs_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
/// A stream at its start; `a` and `b` name what is drawn.
xs_rng xs_rng_at(uint64_t seed, xs_stream stream, uint32_t a, uint32_t b);
/// A seed derived from a seed: independent of every other (seed, stream, name, index).
uint64_t xs_seed_derive(uint64_t seed, xs_stream stream, const char *name, uint32_t index);

uint32_t xs_rng_u32(xs_rng *rng);
uint64_t xs_rng_u64(xs_rng *rng);
double xs_rng_uniform(xs_rng *rng);                  // [0, 1), 53 bits
double xs_rng_normal(xs_rng *rng);                   // standard normal, Box–Muller (one of the pair: no state)
uint32_t xs_rng_below(xs_rng *rng, uint32_t n);      // 0..n−1, unbiased (Lemire 2019); n > 0
void xs_rng_permute(xs_rng *rng, uint32_t *items, size_t n); // Fisher–Yates, in place
/// The same, until the last `last` items are those that xs_rng_permute leaves there.
void xs_rng_permute_last(xs_rng *rng, uint32_t *items, size_t n, size_t last);
#endif
