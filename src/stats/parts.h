// The parts that the analysis of one text, of pooled texts and of compared families is made of.
//
// Undefined is NaN throughout.  `scratch` is an arena that each function leaves as it found it.
#ifndef XSNR_STATS_PARTS_H
#define XSNR_STATS_PARTS_H
#include "base/arena.h"
#include "stats/results.h"
#include "stats/scores.h"

enum { XS_FACTORS_MOST = 4 }; // of a crossed family

/// Scores with the mean over models of every word taken off.
typedef struct xs_centered {
    size_t models, words;
    const double *mean; // (n) of each word over models
    const double *d;    // (M, n) e − mean; exactly 0 for a word that is constant over models
    const double *ss;   // (n) Σ_m d²
} xs_centered;

int xs_check_finite(xs_scores s, xsnr_error *err);
/// Allocated in `arena`.
int xs_center(xs_scores s, xs_arena *arena, xs_centered *out, xsnr_error *err);

/// Row m of an array, in `buffer` (columns) or wherever it lies already.
typedef const double *xs_row_fn(const void *context, size_t m, double *buffer);
const double *xs_score_row(const void *scores, size_t m, double *buffer); // of an xs_scores
/// Signal, noise, MS_int and their ratios (section 2) of an array given row by row; `noise_shift` may be
/// NULL.
int xs_signal_noise(xs_row_fn *row, const void *context, size_t models, size_t columns, xs_arena *scratch,
                    xs_moment_snr *out, double *noise_shift, xsnr_error *err);
/// ‖xᵀx‖² (Frobenius; = ‖xxᵀ‖²) and tr xᵀx of an array (rows, columns), by the smaller of the two products.
int xs_gram(const double *x, size_t rows, size_t columns, xs_arena *scratch, double *square, double *trace,
            xsnr_error *err);
/// xxᵀ (rows, rows) or xᵀx (columns, columns) into g; y (rows + 3, columns + 3) is scratch.
void xs_gram_matrix(const double *x, size_t rows, size_t columns, bool of_rows, double *y, double *g);

/// a/b where that is defined (b > 0 and no subnormal number, which has lost its digits; result finite), else
/// NaN.
double xs_ratio(double a, double b);
/// Reliability of the mean of k models' explanations, k·SNR / (1 + k·SNR) (Spearman–Brown).
double xs_reliability(double snr, double k);
/// Models whose mean explanation has the reliability R: k = R / ((1−R)·SNR), rounded up; NaN without signal.
double xs_models_needed(double snr, double reliability);

/// What follows from signal_raw, signal and noise: their ratios, icc, models_needed, gaussian_bits, no_signal.
void xs_put_ratios(double reliability, xs_snr *out);
/// All of section 2 but the interval.
int xs_text_snr(xs_scores s, const xs_centered *c, double reliability, xs_arena *scratch, xs_snr *out,
                xsnr_error *err);
/// Section 1, every word: out (n).
int xs_word_moments(xs_scores s, const xs_centered *c, xs_arena *scratch, xs_word_stats *out,
                    xsnr_error *err);
/// Section 4: order 2, 3 or 4.
int xs_order_snr(const xs_centered *c, int order, xs_arena *scratch, xs_moment_snr *out, xsnr_error *err);
/// Section 4: products of two words at most `window` apart.
int xs_bivariate_snr(const xs_centered *c, size_t window, xs_arena *scratch, xs_moment_snr *out,
                     xsnr_error *err);
/// Section 6; `snr` for the prediction of the split halves.
int xs_agree(xs_scores s, const xs_centered *c, double snr, uint64_t seed, xs_arena *scratch,
             xs_agreement *out, xsnr_error *err);

/// Corrected signal and noise with one model left out, for every model: signal, noise (M); O(M n).
/// Defined for M ≥ 3 and n ≥ 2; else NaN.
void xs_leave_one_out(const xs_centered *c, double *signal, double *noise);
/// Standard error by the jackknife from `n` leave-one-out values: √((n−1)/n Σ (x − x̄)²).  NaN if one is.
double xs_jackknife_error(const double *values, size_t n);
/// value ± t(0.975, df)·error.
void xs_t_interval(double value, double error, double df, double interval[2]);

/// Corrected signal and noise summed over texts, and the ratio of the sums with each model (of a crossed family: each level)
/// left out of all texts at once.
typedef struct xs_pool {
    size_t texts;          // whose signal and noise are defined
    double signal, noise;  // Σ over texts
    double training_error; // standard error of noise less the explainer's own, by the jackknife
    size_t models;         // that appear in these texts
    size_t left;           // models, or levels that appear
    const double *without; // (left) SNR without it, in the order of their indices
    size_t factors, levels[XS_FACTORS_MOST]; // of a crossed family: how many of `left` are of each factor; else factors is 0
} xs_pool;
/// Standard error by the jackknife from values (left) without each, and its degrees of freedom.
double xs_pool_error(const xs_pool *pool, const double *values, double *df);
/// Of the texts `which` (n), NULL: of the first n.  `without` is allocated in `arena`.
int xs_pool_ratio(const xs_explainer_result *e, const size_t *which, size_t n, size_t models, xs_arena *arena, xs_pool *out,
                  xsnr_error *err);

/// Two-sided Wilcoxon signed-rank test of differences (n; NaN and 0 left out): exact up to 25 without ties,
/// else by the normal approximation with the variance corrected for ties.  NaN if none is left.
int xs_wilcoxon(const double *differences, size_t n, xs_arena *scratch, double *p, xsnr_error *err);
/// Benjamini–Hochberg: adjusted p values (n); NaN stay NaN and do not count.
int xs_benjamini_hochberg(const double *p, size_t n, xs_arena *scratch, double *adjusted, xsnr_error *err);
#endif
