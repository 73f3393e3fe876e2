// Softmax and log-sum-exp, the largest logit taken out first: ln Σ e^z = z_top + ln(1 + Σ_{i ≠ top} e^(z_i − z_top)).
#include "math/softmax.h"
#include <math.h>

int xs_largest(const double *z, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (z[i] > z[best]) best = i;
    return best;
}

double xs_log_sum_exp(const double *z, int n) {
    int top = xs_largest(z, n);
    double others = 0;
    for (int i = 0; i < n; i++)
        if (i != top) others += exp(z[i] - z[top]);
    return z[top] + log1p(others);
}

void xs_softmax(const double *z, int n, double *p) {
    double top = z[xs_largest(z, n)], sum = 0;
    for (int i = 0; i < n; i++) sum += p[i] = exp(z[i] - top);
    for (int i = 0; i < n; i++) p[i] /= sum;
}
