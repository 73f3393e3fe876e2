// Normalisation of explanations: one model's scores of one text at a time; see scores.h.
//
//   none         e                             min-max      (e − min) / (max − min)
//   l1           e / Σ|e|                      min-max-sum  the same, divided by its sum
//   l2           e / √Σe²                      z-score      (e − mean) / sd, sd with divisor n
//   max-abs      e / max|e|                    rank         1..n in ascending order, ties their mean rank
//
// All but `none` do not depend on the row's scale, so a row is first brought near 1 by a power of two, which
// is exact: no sum over- or underflows.  A row of zeros stays zeros; a row that is constant but not zero has
// no spread to divide by and becomes zeros under min-max, min-max-sum and z-score.
#include "base/alloc.h"
#include "stats/order.h"
#include "stats/parts.h"
#include <math.h>
#include <string.h>

static const struct {
    const char *name, *help;
} table[XS_NORMS] = {
    [XS_NORM_NONE] = {"none", "the scores as they are"},
    [XS_NORM_L1] = {"l1", "e / sum of |e|"},
    [XS_NORM_L2] = {"l2", "e / square root of the sum of e^2"},
    [XS_NORM_MAX_ABS] = {"max-abs", "e / largest |e| (keeps the sign)"},
    [XS_NORM_MIN_MAX] = {"min-max", "(e - min) / (max - min), to [0, 1]"},
    [XS_NORM_MIN_MAX_SUM] = {"min-max-sum", "min-max, then divided by its sum"},
    [XS_NORM_Z_SCORE] = {"z-score", "(e - mean) / standard deviation (divisor n)"},
    [XS_NORM_RANK] = {"rank", "rank from 1 (lowest) to n, ties share their mean rank"},
};

const char *xs_normalization_name(xs_normalization n) {
    return table[n].name;
}

const char *xs_normalization_help(xs_normalization n) {
    return table[n].help;
}

int xs_normalization_find(const char *name) {
    for (int i = 0; i < XS_NORMS; i++)
        if (strcmp(table[i].name, name) == 0) return i;
    return -1;
}

int xs_check_finite(xs_scores s, xsnr_error *err) {
    for (size_t i = 0; i < s.models * s.words; i++)
        if (!isfinite(s.e[i]))
            return xs_fail(err, XSNR_ERR_DATA,
                           "the score of model %zu, word %zu (counted from 0) is %s; every score must be a "
                           "finite number",
                           i / s.words, i % s.words, isnan(s.e[i]) ? "NaN" : "infinite");
    return XSNR_OK;
}

static double largest(const double *e, size_t n) { // max |e|
    double most = 0;
    for (size_t w = 0; w < n; w++) most = fmax(most, fabs(e[w]));
    return most;
}

static void subtract(double *e, size_t n, double x) {
    for (size_t w = 0; w < n; w++) e[w] -= x;
}

// e / x; zeros where there is nothing to divide by.
static void divide(double *e, size_t n, double x) {
    for (size_t w = 0; w < n; w++) e[w] = x > 0 ? e[w] / x : 0;
}

static double sum(const double *e, size_t n) {
    double s = 0;
    for (size_t w = 0; w < n; w++) s += e[w];
    return s;
}

static double sum_abs(const double *e, size_t n) {
    double s = 0;
    for (size_t w = 0; w < n; w++) s += fabs(e[w]);
    return s;
}

static double root_of_squares(const double *e, size_t n) {
    double s = 0;
    for (size_t w = 0; w < n; w++) s += e[w] * e[w];
    return sqrt(s);
}

static void to_unit_interval(double *e, size_t n) {
    double low = e[0];
    for (size_t w = 1; w < n; w++) low = fmin(low, e[w]);
    subtract(e, n, low);
    divide(e, n, largest(e, n));
}

static void to_z_score(double *e, size_t n) {
    subtract(e, n, e[0]); // so that a constant row gives exact zeros
    subtract(e, n, sum(e, n) / (double)n);
    divide(e, n, root_of_squares(e, n) / sqrt((double)n));
}

// One row that is not all zero, of size near 1.
static void normalize_row(double *e, size_t n, xs_normalization how, uint32_t *order, double *ranks) {
    switch (how) {
    case XS_NORM_L1:
        divide(e, n, sum_abs(e, n));
        break;
    case XS_NORM_L2:
        divide(e, n, root_of_squares(e, n));
        break;
    case XS_NORM_MAX_ABS:
        divide(e, n, largest(e, n));
        break;
    case XS_NORM_MIN_MAX:
        to_unit_interval(e, n);
        break;
    case XS_NORM_MIN_MAX_SUM:
        to_unit_interval(e, n);
        divide(e, n, sum(e, n));
        break;
    case XS_NORM_Z_SCORE:
        to_z_score(e, n);
        break;
    case XS_NORM_RANK:
        xs_ranks(e, n, order, ranks);
        memcpy(e, ranks, n * sizeof *e);
        break;
    default:
        break;
    }
}

int xs_normalize(double *e, size_t models, size_t words, xs_normalization how, bool absolute,
                 size_t *zero_rows, xsnr_error *err) {
    XS_TRY(xs_check_finite((xs_scores){e, models, words}, err));
    uint32_t *order = NULL;
    double *ranks = NULL;
    if (how == XS_NORM_RANK) {
        order = XS_NEW_ARRAY(uint32_t, words);
        ranks = XS_NEW_ARRAY(double, words);
        if (!order || !ranks) {
            xs_free(order);
            xs_free(ranks);
            return xs_nomem(err);
        }
    }
    *zero_rows = 0;
    for (size_t m = 0; m < models; m++) {
        double *row = e + m * words;
        if (absolute)
            for (size_t w = 0; w < words; w++) row[w] = fabs(row[w]);
        double size = largest(row, words);
        *zero_rows += size == 0;
        if (size == 0 || how == XS_NORM_NONE) continue;
        int exponent;
        frexp(size, &exponent);
        if (how != XS_NORM_RANK && (exponent > 200 || exponent < -200))
            for (size_t w = 0; w < words; w++) row[w] = ldexp(row[w], -exponent);
        normalize_row(row, words, how, order, ranks);
    }
    xs_free(order);
    xs_free(ranks);
    return XSNR_OK;
}
