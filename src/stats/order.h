// Sorting and what is read off a sorted sample: quantiles and ranks.
#ifndef XSNR_STATS_ORDER_H
#define XSNR_STATS_ORDER_H
#include <stddef.h>
#include <stdint.h>

/// Ascending, in place; no NaN.
void xs_sort(double *x, size_t n);
/// Quantile p of a sorted sample by linear interpolation (Hyndman and Fan's type 7, NumPy's default); NaN if
/// n = 0.
double xs_quantile(const double *sorted, size_t n, double p);
/// Ranks 1..n, ties get their mean rank; `order` (n) is filled with the indices in ascending order (ties by
/// index).  Returns Σ (t³ − t) over the groups of t ties.
double xs_ranks(const double *x, size_t n, uint32_t *order, double *ranks);
#endif
