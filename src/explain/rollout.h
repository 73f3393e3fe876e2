// Attention rolled out through the layers (Abnar and Zuidema 2020).
#ifndef XSNR_EXPLAIN_ROLLOUT_H
#define XSNR_EXPLAIN_ROLLOUT_H
#include <stddef.h>
#include <stdint.h>

/// row (T): the first row of M̂_L ⋯ M̂_start, where M̂_l is M_l + I with its rows divided by their sums.  maps (layers,
/// T, T); of the last layer only the first row is read.  `spare` (T).
void xs_rollout(uint32_t layers, uint32_t start, size_t T, const double *maps, double *row, double *spare);
#endif
