// How many models are enough: of a study, or of families that are only assumed (statistics, section 9).  Undefined is NaN.
#ifndef XSNR_STATS_POWER_H
#define XSNR_STATS_POWER_H
#include "stats/convergence.h"
#include "stats/results.h"

enum { XS_POWER_RELIABILITIES = 3 };
extern const double xs_power_reliability[XS_POWER_RELIABILITIES]; // 0.8, 0.9, 0.95

typedef struct xs_power_series {
    const char *family, *explainer; // NULL: assumed
    size_t models, texts, top;      // texts: those whose scores the curve is made of; top: words, at most half of a text's
    double snr, snr_ci[2];
    double needed[XS_POWER_RELIABILITIES], needed_ci[XS_POWER_RELIABILITIES][2]; // models whose mean is so reliable
    double for_width; // models whose SNR has a 95 % interval no wider than width × SNR
    size_t stable;    // least number of models from which on the top words stay, with the probability asked for; 0: none of the sizes
    size_t judged;    // … that could tell: half the models of a study
    xs_convergence *curve; // (n_sizes)
    size_t n_sizes;
} xs_power_series;

typedef struct xs_power {
    double width, probability;
    xs_power_series *series; // (n_series)
    size_t n_series;
} xs_power;

typedef struct xs_power_options {
    const char *family, *explainer; // only these; NULL: all
    double snr;                     // assumed, with words, texts, and models as the most of the curve
    size_t words, texts, models;
    size_t top, repeats;
    double width, probability;
    uint64_t seed;
} xs_power_options;

/// Of every family and explainer of results that hold single models' scores; XSNR_ERR_NOT_FOUND: none is so named.
int xs_power_of(const xs_results *results, const xs_power_options *how, xs_arena *arena, xs_power *out, xsnr_error *err);
/// Of the family that is assumed.
int xs_power_assumed(const xs_power_options *how, xs_arena *arena, xs_power *out, xsnr_error *err);
#endif
