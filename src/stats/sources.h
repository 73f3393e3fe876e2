// Where the noise comes from (section 7): variance components of crossed designs.
#ifndef XSNR_STATS_SOURCES_H
#define XSNR_STATS_SOURCES_H
#include "stats/parts.h"

enum { XS_EFFECTS_MOST = 15 };

/// A balanced design: `factors` factors with levels[k] levels each, one model in every cell.
typedef struct xs_design {
    size_t factors, levels[XS_FACTORS_MOST];
    const uint32_t *model; // (product of levels) model of each cell; the last factor runs fastest
} xs_design;

/// Finds the design of level (M, factors), whatever numbers name the levels; `model` is allocated in `arena`.  An error
/// says what is missing where a cell has no model, or two.
int xs_find_design(const uint32_t *level, size_t models, size_t factors, xs_arena *arena, xs_design *out,
                   xsnr_error *err);

/// Of effect s (bit k: factor k is in it), at index s − 1; the effect of all factors is the rest.
typedef struct xs_sources {
    size_t effects;
    double component[XS_EFFECTS_MOST]; // variance, unbiased, so below zero at times
    double share[XS_EFFECTS_MOST];     // of the sum of components
    double share_ci[XS_EFFECTS_MOST][2];
} xs_sources;

/// Components of every word: out (n, effects).
int xs_components(const xs_design *d, xs_scores s, xs_arena *scratch, double *out, xsnr_error *err);
/// Summed over the words of all texts (the same models in each); intervals by `resamples` (0: none) of the levels.
int xs_noise_sources(const xs_design *d, const xs_scores *texts, size_t n_texts, size_t resamples, uint64_t seed,
                     xs_arena *scratch, xs_sources *out, xsnr_error *err);
/// The same text by text: adds to sums (1 + resamples, effects) what one text gives, in the first row as it is, in the others with
/// the levels drawn anew; then the end, when `words` words have been added.
int xs_sources_text(const xs_design *d, xs_scores text, size_t resamples, uint64_t seed, xs_arena *scratch, double *sums,
                    xsnr_error *err);
int xs_sources_end(const xs_design *d, const double *sums, double words, size_t resamples, xs_arena *scratch,
                   xs_sources *out, xsnr_error *err);
#endif
