// One head of one packed text: where its queries, keys, values and probabilities lie, and their softmax.
#ifndef XSNR_MATH_CPU_HEADS_H
#define XSNR_MATH_CPU_HEADS_H
#include "math/cpu/vector_math.h"

typedef struct head {
    size_t T, queries, c, stride; // stride: reals between the rows of q, k, v
    const real *q, *k, *v;
    real *probability; // (queries, T)
    size_t context;    // where its context starts
    uint32_t text, number;
} head;

static inline head head_of(const xs_packed *p, const xs_attention *a, xs_view qkv, xs_view probability,
                           uint32_t b, uint32_t i) {
    size_t begin = xs_ints_of(p->begin)[b], T = xs_ints_of(p->begin)[b + 1] - begin, c = a->hidden / a->heads;
    const real *row = reals_of(qkv) + begin * 3 * a->hidden + i * c;
    return (head){.T = T,
                  .queries = a->first_only ? 1 : T,
                  .c = c,
                  .stride = 3 * (size_t)a->hidden,
                  .q = row,
                  .k = row + a->hidden,
                  .v = row + 2 * (size_t)a->hidden,
                  .probability =
                      reals_of(probability) + (size_t)a->heads * xs_ints_of(p->squares)[b] + i * T * T,
                  .context = (a->first_only ? b : begin) * a->hidden + i * c,
                  .text = b,
                  .number = i};
}

static inline real scale_of(const head *h) {
    return (real)(1 / sqrt((double)h->c));
}

/// A row of scores becomes probabilities.
static inline void softmax_row(size_t T, real scale, real *s) {
    vec most = splat(s[0]);
    for (size_t i = 0; i + LANES <= T; i += LANES) most = vec_max(most, load(s + i));
    if (T >= LANES) most = vec_max(most, load(s + T - LANES)); // some of them twice
    else
        for (size_t k = 1; k < T; k++) most[0] = s[k] > most[0] ? s[k] : most[0];
    real top = max_lanes(most);
    vec sum = {0};
    for (size_t i = 0; i < T; i += LANES) {
        size_t part = T - i < LANES ? T - i : LANES;
        vec e = vec_exp((LOAD(s + i, part) - top) * scale);
        STORE(s + i, e, part);
        sum += LOAD(s + i, part); // zeros beyond the row
    }
    real inverse = 1 / sum_lanes(sum);
    for (size_t i = 0; i < T; i += LANES) {
        size_t part = T - i < LANES ? T - i : LANES;
        STORE(s + i, LOAD(s + i, part) * inverse, part);
    }
}

/// Ã of the head: A itself, or a copy with the dropped entries taken out.
static inline const real *dropped(const xs_attention *a, const head *h, real *copy) {
    if (a->dropout.p <= 0) return h->probability;
    size_t n = h->queries * h->T;
    memcpy(copy, h->probability, n * sizeof(real));
    drop(&a->dropout, xs_ints_of(a->dropout.document)[h->text], h->number * h->T * h->T, n, copy);
    return copy;
}

/// dS / √c (queries, T) from dA, in place.
static inline void softmax_backward(const head *h, real scale, real *ds) {
    for (size_t r = 0; r < h->queries; r++) {
        const real *A = h->probability + r * h->T;
        real *g = ds + r * h->T;
        vec sum = {0};
        for (size_t i = 0; i < h->T; i += LANES) {
            size_t part = h->T - i < LANES ? h->T - i : LANES;
            sum += LOAD(g + i, part) * LOAD(A + i, part);
        }
        real along = sum_lanes(sum);
        for (size_t i = 0; i < h->T; i += LANES) {
            size_t part = h->T - i < LANES ? h->T - i : LANES;
            STORE(g + i, LOAD(A + i, part) * (LOAD(g + i, part) - along) * scale, part);
        }
    }
}
#endif
