// Scores: the plain array that all statistics work on, and its normalisation.
#ifndef XSNR_STATS_SCORES_H
#define XSNR_STATS_SCORES_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/// e[m,w] of one text: row-major (models, words).  Not owned.
typedef struct xs_scores {
    const double *e;
    size_t models, words;
} xs_scores;

typedef enum xs_normalization { // design: statistics, section 0
    XS_NORM_NONE, XS_NORM_L1, XS_NORM_L2, XS_NORM_MAX_ABS, XS_NORM_MIN_MAX, XS_NORM_MIN_MAX_SUM, XS_NORM_Z_SCORE,
    XS_NORM_RANK, XS_NORMS
} xs_normalization;

const char *xs_normalization_name(xs_normalization n); // "none", "l1", "l2", "max-abs", …
const char *xs_normalization_help(xs_normalization n); // one line with the formula
/// By name; −1 if there is none such.
int xs_normalization_find(const char *name);
/// Normalises every model's row in place (models, words); `absolute` takes |e| first.  *zero_rows counts the
/// rows that are all zero; they stay zero.
int xs_normalize(double *e, size_t models, size_t words, xs_normalization how, bool absolute, size_t *zero_rows,
                 xsnr_error *err);
#endif
