// Groups of texts, and types of words (section 3).
#ifndef XSNR_STATS_GROUPS_H
#define XSNR_STATS_GROUPS_H
#include "stats/parts.h"

/// What a text gives to its group.
typedef struct xs_group_text {
    double signal, noise; // NaN: the text is left out
    uint32_t group;
    uint32_t block; // groups are exchanged inside a block alone: parts of one text, families on one text; all 0: anywhere
} xs_group_text;

typedef struct xs_group {
    size_t texts;
    double snr; // Σ signal / Σ noise
} xs_group;

typedef struct xs_group_pair {
    uint32_t a, b;
    double ratio, ratio_ci[2]; // SNR_a / SNR_b; jackknife over texts, or over blocks, on the logarithm
    double cliff;              // P(SNR_a > SNR_b) − P(SNR_a < SNR_b) of texts
    double p, p_adjusted;      // permutation of |SNR_a − SNR_b|; Benjamini–Hochberg over the pairs
} xs_group_pair;

/// Pooled SNR of every group: out (groups); p of the permutation test that they are all alike; pairs
/// (groups·(groups−1)/2), a < b.  `permutations` draws.  Texts of a block stand together, blocks ascend.
int xs_compare_groups(const xs_group_text *texts, size_t n, uint32_t groups, size_t permutations, uint64_t seed,
                      xs_arena *scratch, xs_group *out, double *p, xs_group_pair *pairs, xsnr_error *err);

/// Variance of scores between types of words, between contexts of a type, and inside a context (between models).
typedef struct xs_nested {
    size_t types, contexts, scores;
    double type, context, model; // unbiased, so below zero at times; NaN where not estimable
} xs_nested;

/// Scores of one place in a text over models, summed up.
typedef struct xs_word_place {
    uint32_t type, context;
    double n, mean, ss; // scores; their mean; Σ (score − mean)²
} xs_word_place;

/// The sums that it takes, of places that come block by block: a text is a block, and contexts are of one block.
typedef struct xs_type_sums {
    uint32_t types;
    struct xs_type_cell *of_type; // (types)
    bool begun;
    double origin, mean, scores;
    double total, within_types, within, k1, k2, contexts;
} xs_type_sums;
int xs_types_begin(xs_type_sums *s, uint32_t types, xs_arena *arena, xsnr_error *err);
/// Every block y (n), type < types; and when all were seen, every block again, in the same order, context < contexts of the block;
/// a context belongs to one type.
int xs_types_see(xs_type_sums *s, const xs_word_place *y, size_t n, xsnr_error *err);
int xs_types_see_again(xs_type_sums *s, const xs_word_place *y, size_t n, uint32_t contexts, xs_arena *scratch, xsnr_error *err);
void xs_types_end(const xs_type_sums *s, xs_nested *out);
#endif
