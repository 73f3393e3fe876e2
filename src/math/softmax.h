// Softmax of a few logits and its logarithm.
#ifndef XSNR_MATH_SOFTMAX_H
#define XSNR_MATH_SOFTMAX_H

int xs_largest(const double *z, int n);         // index of the largest of n ≥ 1 values, the first of equals
double xs_log_sum_exp(const double *z, int n);  // ln Σ e^z; never overflows
void xs_softmax(const double *z, int n, double *p); // p_i = e^z_i / Σ e^z; p may be z
#endif
