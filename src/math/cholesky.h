// Linear equations with a symmetric positive-definite matrix, by Cholesky's factors A = L Lᵀ.
#ifndef XSNR_MATH_CHOLESKY_H
#define XSNR_MATH_CHOLESKY_H
#include <stdbool.h>
#include <stddef.h>

/// The lower triangle of a (n, n), row-major, becomes L; the rest is not read.  False: a is not positive definite (to
/// rounding), and is spoilt.
bool xs_cholesky(size_t n, double *a);
/// x (n) becomes A⁻¹ x.
void xs_cholesky_solve(size_t n, const double *l, double *x);
#endif
