// Gauss–Legendre quadrature: nodes are the roots of the Legendre polynomial P_n, found by Newton's method.
//
//     (k + 1) P_{k+1} = (2k + 1) x P_k − k P_{k−1},   P'_n = n (x P_n − P_{n−1}) / (x² − 1)
//     x_i ≈ cos(π (i − ¼) / (n + ½)),                 w_i = 2 / ((1 − x_i²) P'_n(x_i)²)
//
// Abramowitz and Stegun 1964, 25.4.29 and 22.16.6.  Newton's method converges from these starts in a few steps.
#include "math/quadrature.h"
#include <math.h>

// P_n(x), its derivative in *slope.
static double legendre(int n, double x, double *slope) {
    double before = 1, p = x;
    for (int k = 1; k < n; k++) {
        double next = ((2 * k + 1) * x * p - k * before) / (k + 1);
        before = p;
        p = next;
    }
    *slope = n * (x * p - before) / (x * x - 1);
    return p;
}

void xs_gauss_legendre(int n, double *node, double *weight) {
    for (int i = 0; i < (n + 1) / 2; i++) {
        double x = cos(M_PI * (i + 0.75) / (n + 0.5)), slope = 1;
        if (2 * i + 1 == n) x = 0; // the middle, to the bit
        for (int round = 0; round < 100; round++) {
            double step = legendre(n, x, &slope) / slope;
            if (2 * i + 1 == n || fabs(step) <= 1e-16) break;
            x -= step;
        }
        legendre(n, x, &slope);
        double w = 1 / ((1 - x * x) * slope * slope); // half of it: [0, 1] is half as long as [−1, 1]
        node[i] = (1 - x) / 2;
        node[n - 1 - i] = (1 + x) / 2;
        weight[i] = weight[n - 1 - i] = w;
    }
}
