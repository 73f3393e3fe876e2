// Numerical integration.
#ifndef XSNR_MATH_QUADRATURE_H
#define XSNR_MATH_QUADRATURE_H

/// Nodes, ascending, and weights of Gauss and Legendre's rule of `n` ≥ 1 points on [0, 1]: exact for polynomials up to
/// degree 2n − 1; the weights add up to 1.
void xs_gauss_legendre(int n, double *node, double *weight);
#endif
