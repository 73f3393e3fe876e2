// Intervals by resampling whole models (section 2).
#ifndef XSNR_STATS_BOOTSTRAP_H
#define XSNR_STATS_BOOTSTRAP_H
#include "stats/parts.h"

/// What resamples of a family make of some texts together.  The first is all models once.
typedef struct xs_resamples {
    size_t candidates, resamples;         // models of the family; without the first
    const uint32_t *count;                // (1 + resamples, candidates) how often each is drawn
    double *signal, *noise;               // (1 + resamples) sums over texts
    double *signal_change, *noise_change; // (1 + resamples, candidates) what they change by without one draw of a model
} xs_resamples;

/// Seeded counts, in `arena`.
int xs_draw_resamples(size_t candidates, size_t resamples, uint64_t seed, xs_arena *arena, const uint32_t **count, xsnr_error *err);
/// No text yet; in `arena`.
int xs_resamples_new(size_t candidates, size_t resamples, const uint32_t *count, xs_arena *arena, xs_resamples *out, xsnr_error *err);
/// Adds one text; place (M) is where each of its models stands among the candidates (NULL: in their order).  A text of one word,
/// and of a resample one in which no two of its models are drawn, adds nothing.
int xs_resample_text(const xs_centered *text, const uint32_t *place, xs_arena *scratch, xs_resamples *to, xsnr_error *err);
/// Adds what was made of the same draws.
void xs_resamples_add(xs_resamples *to, const xs_resamples *from);
/// 95 % interval of the SNR pooled over the texts; NaN with fewer than 5 models or without noise.  studentised (resamples; may be
/// NULL) takes the resamples' deviations in their own errors, ascending, NaN at the end.
int xs_resamples_interval(const xs_resamples *r, xs_arena *scratch, double interval[2], double *studentised, xsnr_error *err);

/// All of these at once, of texts that have the same models in the same order.
int xs_bootstrap_interval(const xs_centered *texts, size_t n_texts, size_t resamples, uint64_t seed, xs_arena *scratch,
                          double interval[2], double *studentised, xsnr_error *err);
/// The jackknife's correction of a ratio's bias: M·value − (M−1)·mean of the leave-one-out values.
double xs_jackknife_corrected(double value, const double *without, size_t models);
#endif
