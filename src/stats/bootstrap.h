// Intervals by resampling whole models (section 2).
#ifndef XSNR_STATS_BOOTSTRAP_H
#define XSNR_STATS_BOOTSTRAP_H
#include "stats/parts.h"

/// 95 % interval of the SNR pooled over `texts` (the same models, in the same order), by the bootstrap over models recentred on
/// the estimate; NaN with fewer than 3 models or without noise.  distribution (resamples; may be NULL) takes the resamples' SNRs,
/// recentred, ascending.
int xs_bootstrap_interval(const xs_centered *texts, size_t n_texts, size_t resamples, uint64_t seed, xs_arena *scratch,
                          double interval[2], double *distribution, xsnr_error *err);
/// The jackknife's correction of a ratio's bias: M·value − (M−1)·mean of the leave-one-out values.
double xs_jackknife_corrected(double value, const double *without, size_t models);
#endif
