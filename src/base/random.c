// Philox4x32-10 and what is drawn from it; see random.h.
#include "base/random.h"
#include <math.h>

void xs_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u; // Weyl sequences: golden ratio, √3 − 1
        k1 += 0xBB67AE85u;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

xs_rng xs_rng_at(uint64_t seed, xs_stream stream, uint32_t a, uint32_t b) {
    return (xs_rng){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                    .counter = {0, (uint32_t)stream, a, b},
                    .used = 4};
}

uint64_t xs_seed_derive(uint64_t seed, xs_stream stream, const char *name, uint32_t index) {
    uint32_t tag = 2166136261u; // FNV-1a of the name: families of one study do not share seeds
    for (; *name; name++) tag = (tag ^ (unsigned char)*name) * 16777619u;
    xs_rng rng = xs_rng_at(seed, XS_STREAM_SEEDS, tag ^ ((uint32_t)stream << 28), index);
    rng.counter[0] = (uint32_t)stream << 16;
    return xs_rng_u64(&rng);
}

uint32_t xs_rng_u32(xs_rng *rng) {
    if (rng->used == 4) {
        xs_philox4x32(rng->counter, rng->key, rng->block);
        rng->counter[0]++; // 2^34 draws a stream
        rng->used = 0;
    }
    return rng->block[rng->used++];
}

uint64_t xs_rng_u64(xs_rng *rng) {
    uint64_t low = xs_rng_u32(rng);
    return low | (uint64_t)xs_rng_u32(rng) << 32;
}

double xs_rng_uniform(xs_rng *rng) { return (double)(xs_rng_u64(rng) >> 11) * 0x1p-53; }

double xs_rng_normal(xs_rng *rng) {
    double u = 1.0 - xs_rng_uniform(rng), v = xs_rng_uniform(rng); // u in (0, 1]
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
}

uint32_t xs_rng_below(xs_rng *rng, uint32_t n) {
    uint64_t product = (uint64_t)xs_rng_u32(rng) * n;
    if ((uint32_t)product < n) {
        uint32_t threshold = (0u - n) % n;
        while ((uint32_t)product < threshold) product = (uint64_t)xs_rng_u32(rng) * n;
    }
    return (uint32_t)(product >> 32);
}

void xs_rng_permute_last(xs_rng *rng, uint32_t *items, size_t n, size_t last) {
    for (size_t i = n; i > 1 && n - i < last; i--) {
        uint32_t j = xs_rng_below(rng, (uint32_t)i);
        uint32_t held = items[i - 1];
        items[i - 1] = items[j];
        items[j] = held;
    }
}

void xs_rng_permute(xs_rng *rng, uint32_t *items, size_t n) { xs_rng_permute_last(rng, items, n, n); }
