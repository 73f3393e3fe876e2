// One head of one packed text: where its queries, keys, values and probabilities lie.
#ifndef XSNR_MATH_CPU_HEADS_H
#define XSNR_MATH_CPU_HEADS_H
#include "math/cpu/kernel.h"
#include <math.h>

typedef struct head {
    size_t T, queries, c, stride; // stride: reals between the rows of q, k, v
    const real *q, *k, *v;
    real *probability; // (queries, T)
    size_t context;    // where its context starts
    uint32_t text, number;
} head;

static inline head head_of(const xs_packed *p, const xs_attention *a, xs_view qkv, xs_view probability, uint32_t b,
                    uint32_t i) {
    size_t begin = xs_ints_of(p->begin)[b], T = xs_ints_of(p->begin)[b + 1] - begin, c = a->hidden / a->heads;
    const real *row = reals_of(qkv) + begin * 3 * a->hidden + i * c;
    return (head){.T = T,
                  .queries = a->first_only ? 1 : T,
                  .c = c,
                  .stride = 3 * (size_t)a->hidden,
                  .q = row,
                  .k = row + a->hidden,
                  .v = row + 2 * (size_t)a->hidden,
                  .probability = reals_of(probability) + (size_t)a->heads * xs_ints_of(p->squares)[b] + i * T * T,
                  .context = (a->first_only ? b : begin) * a->hidden + i * c,
                  .text = b,
                  .number = i};
}

static inline real scale_of(const head *h) { return (real)(1 / sqrt((double)h->c)); }
#endif
