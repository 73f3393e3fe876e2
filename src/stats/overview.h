// The one table: what every kind of analysis finds, and what it costs or is worth (statistics, section 8).
//
// Rows: family × explainer × analysis.  Words, n-grams, sentences and phrases are of first order: the mean explanation.  Second to fourth
// order ask where models disagree; what is judged in the second is each word's variance over models.  Information has bits, and as
// SNR 4^bits − 1, at which a Gaussian channel carries as many.  Several modes: inside the modes.  Undefined is NaN.
#ifndef XSNR_STATS_OVERVIEW_H
#define XSNR_STATS_OVERVIEW_H
#include "stats/beyond.h"

typedef struct xs_overview_row {
    const char *family, *explainer;
    const char *unit;     // "word", "2-gram" … "5-gram", "sentence", "phrase", "pair"
    const char *analysis; // "first order", "second order", …
    size_t texts;
    double signal, noise, snr, snr_ci[2], bits;
    xs_plausibility plausibility, plausibility_of_models; // of the mean explanation; of single models
    double comprehensiveness, sufficiency;                 // AOPC of the models' own explanations
    double comprehensiveness_of_mean, sufficiency_of_mean; // words ranked by the mean explanation
    xs_complexity complexity, complexity_of_models;
    double accuracy; // mean of the equivalent models
} xs_overview_row;

typedef struct xs_overview {
    xs_overview_row *rows; // (n)
    size_t n;
} xs_overview;

/// Rows of analyses that were not made, or that say nothing of any text, are left out.
int xs_overview_of(const xs_results *r, xs_arena *arena, xs_overview *out, xsnr_error *err);
#endif
