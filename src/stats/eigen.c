// Eigenvalues by Jacobi's cyclic rotations (Golub and Van Loan, Matrix Computations, 8.5).
//
// Every rotation in the plane (p, q) makes a[p][q] zero and shrinks the sum of squares off the diagonal by what it was;
// convergence is quadratic, small eigenvalues come out as exact as the matrix has them, and the order of the rotations is
// fixed: the same bits everywhere.  Matrices here are as large as a family has models or a text words.
#include "stats/eigen.h"
#include <math.h>
#include <string.h>

enum { SWEEPS = 60 };

// Rotates rows and columns p and q of a, and rows of v: a stays symmetric, so the rows' new values are the columns'.
static void rotate(double *a, size_t n, size_t p, size_t q, double *v) {
    double apq = a[p * n + q];
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq); // at most 1e18: its square is a number
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    double app = a[p * n + p] - t * apq, aqq = a[q * n + q] + t * apq;
    for (size_t k = 0; k < n; k++) {
        double x = a[p * n + k], y = a[q * n + k];
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
    }
    for (size_t k = 0; k < n; k++) {
        a[k * n + p] = a[p * n + k];
        a[k * n + q] = a[q * n + k];
    }
    a[p * n + p] = app;
    a[q * n + q] = aqq;
    a[p * n + q] = a[q * n + p] = 0;
    for (size_t k = 0; v && k < n; k++) {
        double x = v[p * n + k], y = v[q * n + k];
        v[p * n + k] = c * x - s * y;
        v[q * n + k] = s * x + c * y;
    }
}

static void swap_rows(double *v, size_t n, size_t a, size_t b) {
    for (size_t k = 0; k < n; k++) {
        double x = v[a * n + k];
        v[a * n + k] = v[b * n + k];
        v[b * n + k] = x;
    }
}

// Descending, by selection; the largest component of a vector is made positive.
static void arrange(double *values, double *vectors, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t most = i;
        for (size_t j = i + 1; j < n; j++)
            if (values[j] > values[most]) most = j;
        double x = values[i];
        values[i] = values[most];
        values[most] = x;
        if (!vectors) continue;
        if (most != i) swap_rows(vectors, n, i, most);
        double *row = vectors + i * n, largest = 0;
        for (size_t k = 0; k < n; k++)
            if (fabs(row[k]) > fabs(largest) * (1 + 1e-9)) largest = row[k];
        for (size_t k = 0; largest < 0 && k < n; k++) row[k] = -row[k];
    }
}

void xs_eigen_symmetric(double *a, size_t n, double *values, double *vectors) {
    if (vectors) {
        memset(vectors, 0, n * n * sizeof *vectors);
        for (size_t i = 0; i < n; i++) vectors[i * n + i] = 1;
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double off = 0, diagonal = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                if (i == j) diagonal = fmax(diagonal, fabs(a[i * n + j]));
                else off = fmax(off, fabs(a[i * n + j]));
        if (!(off > 1e-17 * diagonal)) break;
        for (size_t p = 0; p + 1 < n; p++)
            for (size_t q = p + 1; q < n; q++)
                if (fabs(a[p * n + q]) > 1e-18 * diagonal) rotate(a, n, p, q, vectors);
    }
    for (size_t i = 0; i < n; i++) values[i] = a[i * n + i];
    arrange(values, vectors, n);
}
