// Agreement of every two models (section 6), over all pairs or a sample of them.
#ifndef XSNR_STATS_PAIRS_H
#define XSNR_STATS_PAIRS_H
#include "stats/parts.h"

enum { XS_TOPS = 5, XS_PAIRS_MOST = 20000 };
/// 1, 3, 5, 10 words; 0: a tenth of the words, rounded up.
extern const size_t xs_top_sizes[XS_TOPS];

/// Means over the pairs for which a number is defined: a correlation needs scores that differ, a ranking scores that are not all
/// zero.
typedef struct xs_pair_agreement {
    size_t pairs;               // that were looked at
    double kendall_tau_b, cosine;
    double jaccard[XS_TOPS];    // of the words with the largest |e| (ties: the earlier word)
    double rank_biased_overlap; // of the words by |e|, p = 0.9
    double sign;                // share of the words whose scores have the same sign, 0 being one
} xs_pair_agreement;

/// At most `most` pairs: beyond that a sample without repetition, drawn by `seed`.
int xs_agree_pairs(xs_scores s, size_t most, uint64_t seed, xs_arena *scratch, xs_pair_agreement *out, xsnr_error *err);
#endif
