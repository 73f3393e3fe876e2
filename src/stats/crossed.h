// Signal and noise where models share seeds (section 7): of a crossed family, one model for every combination of levels.
#ifndef XSNR_STATS_CROSSED_H
#define XSNR_STATS_CROSSED_H
#include "stats/parts.h"

/// Which level of each factor every model of a family has.  Levels count up over the factors: those of factor 1 come behind
/// those of factor 0.  xs_explainer_result and xs_text_result point to it.
typedef struct xs_crossing {
    size_t factors, levels[XS_FACTORS_MOST], all_levels; // all_levels: Σ levels
    const char *factor[XS_FACTORS_MOST];                 // "init" …
    const uint32_t *level;                               // (models of the family, factors), below all_levels
} xs_crossing;

bool xs_has_level(const xs_crossing *c, uint32_t model, size_t level);
/// Overwrites what xs_text_snr says of signal, noise, their ratio and its interval; F and its p value are undefined.
/// signal, noise (all_levels): with one level left out.  `out` has crossing, and the index of each row's model.
int xs_cross_text(xs_scores s, double reliability, xs_arena *scratch, xs_text_result *out, double *signal, double *noise,
                  xsnr_error *err);
/// Overwrites what xs_word_moments says of every word's noise, signal, interval and p value: word (n).
int xs_cross_words(xs_scores s, const xs_text_result *text, xs_arena *scratch, xs_word_stats *word, xsnr_error *err);

/// Standard error from values with one level left out, those of each of `factors` factors together: the root of the sum of the
/// factors' jackknife variances.  *df: Satterthwaite's.  NaN if a value is.
double xs_levels_error(const double *without, const size_t *levels, size_t factors, double *df);
#endif
