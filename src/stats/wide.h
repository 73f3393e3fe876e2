// Many texts side by side: moments of every word, signal and noise of every text, in one pass over single precision.
//
// For arrays that fill memory: the words of all texts are the columns of one array, as `xsnr export` writes .npz.  Sums are in
// double precision, about the first model's score, so that a word on which all models agree has a variance of exactly 0.
// With d = e − e_first, per word S = Σ_m d, Q = Σ_m d², per text and model R_m = Σ_w e:
//
//   variance_w = (Q − S²/M)/(M−1),   noise = mean_w variance_w,
//   MS_int = (Σ_w (Q − S²/M) − (Σ_m (R_m − R̄)²)/n) / ((n−1)(M−1)),   signal = Var_w(mean) − MS_int/M
#ifndef XSNR_STATS_WIDE_H
#define XSNR_STATS_WIDE_H
#include "stats/results.h"
#include "base/error.h"

typedef struct xs_wide {
    const float *e; // (models, words), row-major
    size_t models, words;
    const size_t *lengths; // (texts) they add up to `words`; 0 is no length
    size_t texts;
} xs_wide;

/// mean, variance (words), of_text (texts): any may be NULL.  A text of one word has no signal, one model no noise: NaN.  A score
/// that is not finite is an error that names model, text and word.  The same bits for any number of threads.
int xs_wide_moments(const xs_wide *s, int threads, double *mean, double *variance, xs_moment_snr *of_text, xsnr_error *err);
#endif
