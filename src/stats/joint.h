// All words of a text at once (section 5): in which directions the models differ, whether they fall into modes, and
// several explainers as one.  Undefined is NaN; `scratch` is left as it was found.
#ifndef XSNR_STATS_JOINT_H
#define XSNR_STATS_JOINT_H
#include "stats/parts.h"

enum { XS_MODES_MOST = 6, XS_COMPONENTS = 5 };

/// Eigenvalues of the covariance over models (divisor M−1), descending, in `values` (min(M, n)); *rank of them are kept.
/// `components` (M, XS_COMPONENTS; may be NULL) are the models' coordinates on the first ones, the rest 0.
/// *participation_ratio = (Σλ)²/Σλ².
int xs_spectrum(const xs_centered *c, xs_arena *scratch, double *values, double *components, double *participation_ratio,
                xsnr_error *err);

/// Into how many modes a family's explanations of a text fall, and what remains of the noise inside one.
typedef struct xs_modes {
    size_t modes;                                      // by the gap statistic; 0: undefined (fewer than 4 models, no noise)
    double gap[XS_MODES_MOST], gap_error[XS_MODES_MOST]; // of k = 1…6; NaN where k was not tried
    double within[XS_MODES_MOST];                      // sum of squares about the centres, on the components
    size_t size[XS_MODES_MOST];                        // models of each mode, the largest first
    double share_between;                              // of the noise that lies between the modes, 1 − SS_within/SS
    double noise_within, signal_within, snr_within;    // inside modes: pooled variance; mean signal, by modes' sizes
    double snr_between;                                // variance of the modes over noise_within
} xs_modes;

/// `mode` (M; may be NULL) takes the mode of each model.
int xs_find_modes(xs_scores s, const xs_centered *c, uint64_t seed, xs_arena *scratch, xs_modes *out, uint32_t *mode,
                  xsnr_error *err);
/// Lloyd's k-means with the seeding of k-means++, the best of `starts`: x (rows, columns); of (rows) takes the clusters, k of
/// them, XS_MODES_MOST at most.  Returns the sum of squares about the centres.  `work` holds xs_kmeans_work() doubles.
double xs_kmeans(const double *x, size_t rows, size_t columns, size_t k, uint32_t starts, uint64_t seed, uint32_t name,
                 double *work, uint32_t *of);
size_t xs_kmeans_work(size_t rows, size_t columns, size_t k);

/// Several explainers of one text at once: signal and noise are matrices.
typedef struct xs_multivariate {
    double trace, largest_root;  // of noise⁻¹·signal
    double trace_raw, root_raw;  // with the signal not corrected
    double shrinkage;            // Ledoit and Wolf's, of the noise
} xs_multivariate;

/// scores[0…p) have the same models and words.  `shrink`: false leaves the noise as it is.
int xs_several_explainers(const xs_scores *scores, size_t p, bool shrink, xs_arena *scratch, xs_multivariate *out,
                          xsnr_error *err);

/// Signal, noise and SNR of sums over spans, which may overlap.
int xs_span_snr(xs_scores s, const xs_span *span, size_t spans, xs_arena *scratch, xs_moment_snr *out, xsnr_error *err);
/// Of all n-grams of `length` words, overlapping.
int xs_ngram_snr(xs_scores s, size_t length, xs_arena *scratch, xs_moment_snr *out, xsnr_error *err);
/// Of sentences: sentence[w] never falls.
int xs_sentence_snr(xs_scores s, const uint32_t *sentence, xs_arena *scratch, xs_moment_snr *out, xsnr_error *err);
#endif
