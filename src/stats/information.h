// Information of a score about the word it belongs to (section 4), in bits.
#ifndef XSNR_STATS_INFORMATION_H
#define XSNR_STATS_INFORMATION_H
#include "stats/parts.h"

/// Perceived information, cross-validated over models; NaN where undefined.
typedef struct xs_information {
    double gaussian; // ½·log2(1 + max(SNR, 0)), for reference
    double pi1;      // templates of a mean for every word, one pooled variance
    double pi2;      // a mean and a variance for every word
    double kde;      // a density for every word, by Gaussian kernels
} xs_information;

/// fold[m] < folds is the fold of model m; `kernels`: false leaves kde undefined (it costs M²n²).
int xs_perceived_information(xs_scores s, double snr, const uint32_t *fold, uint32_t folds, bool kernels,
                             xs_arena *scratch, xs_information *out, xsnr_error *err);
/// Folds of equal size (±1), models shuffled by the seed.
void xs_draw_folds(uint64_t seed, size_t models, uint32_t folds, uint32_t *fold);
#endif
