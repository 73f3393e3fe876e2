// Intervals by resampling whole models (section 2).
#ifndef XSNR_STATS_BOOTSTRAP_H
#define XSNR_STATS_BOOTSTRAP_H
#include "stats/parts.h"

/// 95 % interval of the SNR pooled over `texts` (the same models, in the same order), by the bootstrap over models recentred on
/// the estimate and widened for few models; NaN with fewer than 3 models or without noise.  distribution (resamples; may be NULL) takes the resamples' SNRs,
/// likewise, ascending.
int xs_bootstrap_interval(const xs_centered *texts, size_t n_texts, size_t resamples, uint64_t seed, xs_arena *scratch,
                          double interval[2], double *distribution, xsnr_error *err);
/// Adds to signal and noise (resamples) what each resample of a family's `candidates` models makes of one text; place (M) is
/// where each of the text's models stands among them (NULL: in their order).
int xs_bootstrap_text(const xs_centered *text, const uint32_t *place, size_t candidates, size_t resamples, uint64_t seed,
                      xs_arena *scratch, double *signal, double *noise, xsnr_error *err);
/// Interval from these sums, over one text or many, about the estimate, `models` drawn; distribution as above.
int xs_bootstrap_recentred(double estimate, size_t models, const double *signal, const double *noise, size_t resamples,
                           xs_arena *scratch, double interval[2], double *distribution, xsnr_error *err);
/// The jackknife's correction of a ratio's bias: M·value − (M−1)·mean of the leave-one-out values.
double xs_jackknife_corrected(double value, const double *without, size_t models);
#endif
