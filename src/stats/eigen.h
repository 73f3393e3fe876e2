// Eigenvalues of small symmetric matrices, and the Cholesky factor.
#ifndef XSNR_STATS_EIGEN_H
#define XSNR_STATS_EIGEN_H
#include <stdbool.h>
#include <stddef.h>

/// Eigenvalues of the symmetric a (n, n), descending, in `values` (n); the rows of `vectors` (n, n; may be NULL) are
/// the unit eigenvectors in the same order, each with its largest component positive.  Destroys a.
void xs_eigen_symmetric(double *a, size_t n, double *values, double *vectors);
/// a (n, n) = L Lᵀ, L in the lower triangle in place; false if a is not positive definite.
bool xs_cholesky(double *a, size_t n);
#endif
