// Cholesky's factorisation, row by row (Cholesky–Banachiewicz); Golub and Van Loan, Matrix Computations, 4.2.
#include "math/cholesky.h"
#include <math.h>

bool xs_cholesky(size_t n, double *a) {
    for (size_t i = 0; i < n; i++) {
        double *row = a + i * n;
        for (size_t j = 0; j <= i; j++) {
            const double *other = a + j * n;
            double sum = row[j];
            for (size_t k = 0; k < j; k++) sum -= row[k] * other[k];
            if (i > j) {
                row[j] = sum / other[j];
                continue;
            }
            if (!(sum > 1e-14 * fabs(row[i]))) return false; // what is left of the diagonal is rounding alone
            row[i] = sqrt(sum);
        }
    }
    return true;
}

void xs_cholesky_solve(size_t n, const double *l, double *x) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) x[i] -= l[i * n + k] * x[k];
        x[i] /= l[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++) x[i] -= l[k * n + i] * x[k];
        x[i] /= l[i * n + i];
    }
}
