// Eigenvalues of small symmetric matrices.
#ifndef XSNR_STATS_EIGEN_H
#define XSNR_STATS_EIGEN_H
#include <stddef.h>

/// Eigenvalues of the symmetric a (n, n), descending, in `values` (n); the rows of `vectors` (n, n; may be NULL) are
/// the unit eigenvectors in the same order, each with its largest component positive.  Destroys a.
void xs_eigen_symmetric(double *a, size_t n, double *values, double *vectors);
#endif
