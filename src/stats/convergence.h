// How sure, and how many models are enough (section 9).  Undefined is NaN.
#ifndef XSNR_STATS_CONVERGENCE_H
#define XSNR_STATS_CONVERGENCE_H
#include "stats/parts.h"

/// What `models` models of a family say, over random subsets or over simulated families.
typedef struct xs_convergence {
    size_t models;
    double snr, sd, low, high; // mean, deviation, 2.5 % and 97.5 % quantiles of the SNR
    double spearman;           // mean rank correlation of the mean scores with the reference
    double top_same;           // how often the k words with the largest |mean| are those of the reference
} xs_convergence;

/// A text's scores and whose they are.
typedef struct xs_text_rows {
    xs_scores s;
    const uint32_t *model; // (s.models) of each row, below the number of all models
} xs_text_rows;

/// Curve over `sizes` (n; each 2…models), from `repeats` subsets of the models without replacement of each; the SNR is pooled over
/// the texts, of which each gives what it has of a subset.  The reference is all models, so a subset of nearly all agrees with it
/// as a matter of course: read the curve up to half the models.
int xs_converge(const xs_text_rows *texts, size_t n_texts, size_t models, size_t top, const size_t *sizes, size_t n, size_t repeats,
                uint64_t seed, xs_arena *scratch, xs_convergence *out, xsnr_error *err);
/// The same for families that do not exist yet: `texts` texts of `words` words with the SNR given, Gaussian means and
/// residuals; the SNR is pooled over texts, the reference is the truth.
int xs_simulate_power(double snr, size_t words, size_t texts, size_t top, const size_t *sizes, size_t n, size_t repeats,
                      uint64_t seed, xs_arena *scratch, xs_convergence *out, xsnr_error *err);
/// Least of the ascending sizes from which on top_same ≥ `probability`; 0 if there is none.
size_t xs_stable_models(const xs_convergence *curve, size_t n, double probability);
/// Models for a 95 % interval no wider than `width`, when `models` of them have the jackknife error `error`, which shrinks
/// with their root; NaN if undefined or beyond 10⁹.
double xs_models_for_width(double error, size_t models, double width);
#endif
