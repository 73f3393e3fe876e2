// Probability distributions: normal, Student's t, Fisher's F, binomial, and the incomplete beta under them.
//
// Relative accuracy about 1e-12 in both tails, down to the smallest double (p values of 1e-300 are met in
// practice).  An argument outside the domain, or NaN, gives NaN.
#ifndef XSNR_MATH_DISTRIBUTION_H
#define XSNR_MATH_DISTRIBUTION_H

double xs_normal_cdf(double z);
double xs_normal_upper(double z);    // P(Z > z)
double xs_normal_quantile(double p); // 0 → −∞, 1 → ∞

/// Regularised incomplete beta I_x(a, b), a, b > 0.  y = 1 − x is given too, so that neither is rounded.
double xs_incomplete_beta(double a, double b, double x, double y);

// Degrees of freedom are positive and need not be whole.
double xs_t_cdf(double t, double df);
double xs_t_two_sided(double t, double df); // P(|T| > |t|)
double xs_t_quantile(double p, double df);
double xs_f_upper(double f, double df1, double df2); // P(F > f)

double xs_binomial_cdf(double k, double n, double p); // P(K ≤ k), whole k and n
#endif
