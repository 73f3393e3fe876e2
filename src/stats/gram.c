// The square of an array's Gram matrix: all that the eigenvalues are needed for here.
//
// With G = xᵀx: tr G = Σ λ and ‖G‖² = Σ λ², which give the participation ratio (Σλ)²/Σλ² and Greenhouse and
// Geisser's ε.  The other product, xxᵀ, has the same eigenvalues; the smaller of the two is taken.
#include "stats/parts.h"
#include "stats/vectors.h"
#include <math.h>
#include <string.h>

// x (rows, columns) into its transpose or as it is, brought near 1 by a power of two: squares of squares
// neither over- nor underflow.
static void load(const double *x, size_t rows, size_t columns, bool transpose, double *out, int *exponent) {
    double most = 0;
    for (size_t i = 0; i < rows * columns; i++) most = fmax(most, fabs(x[i]));
    frexp(most, exponent);
    double scale = ldexp(1, -*exponent / 2), rest = ldexp(1, -*exponent - -*exponent / 2);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            out[transpose ? c * rows + r : r * columns + c] = x[r * columns + c] * scale * rest;
}

// Adds the lower triangle of Σ_r y_r y_rᵀ over four rows y_r (size): an unrolled rank-4 update.
XS_WIDE static void add_rows(const double *restrict y, size_t size, double *restrict g) {
    const double *y0 = y, *y1 = y + size, *y2 = y1 + size, *y3 = y2 + size;
    for (size_t i = 0; i < size; i++) {
        double a = y0[i], b = y1[i], c = y2[i], d = y3[i], *row = g + i * size;
        for (size_t j = 0; j <= i; j++) row[j] += (a * y0[j] + b * y1[j]) + (c * y2[j] + d * y3[j]);
    }
}

void xs_gram_matrix(const double *x, size_t rows, size_t columns, bool of_rows, double *y, double *g) {
    size_t size = of_rows ? rows : columns, length = of_rows ? columns : rows, padded = (length + 3) / 4 * 4;
    memset(g, 0, size * size * sizeof *g);
    memset(y + length * size, 0, (padded - length) * size * sizeof *y);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) y[of_rows ? c * rows + r : r * columns + c] = x[r * columns + c];
    for (size_t r = 0; r < padded; r += 4) add_rows(y + r * size, size, g);
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < i; j++) g[j * size + i] = g[i * size + j];
}

int xs_gram(const double *x, size_t rows, size_t columns, xs_arena *scratch, double *square, double *trace,
            xsnr_error *err) {
    *square = *trace = 0;
    if (!rows || !columns) return XSNR_OK;
    bool transpose = rows < columns;
    size_t size = transpose ? rows : columns, length = transpose ? columns : rows,
           padded = (length + 3) / 4 * 4;
    xs_arena_mark mark = xs_arena_save(scratch);
    double *y = XS_ARENA_ARRAY(scratch, double, padded *size); // (padded, size), zero rows at the end
    double *g = size <= SIZE_MAX / size ? XS_ARENA_ARRAY(scratch, double, size *size) : NULL;
    if (!y || !g) {
        xs_arena_rewind(scratch, mark);
        return xs_nomem(err);
    }
    int exponent;
    load(x, rows, columns, transpose, y, &exponent);
    for (size_t r = 0; r < padded; r += 4) add_rows(y + r * size, size, g);
    double diagonal = 0, off = 0, tr = 0;
    for (size_t i = 0; i < size; i++) {
        tr += g[i * size + i];
        diagonal += g[i * size + i] * g[i * size + i];
        for (size_t j = 0; j < i; j++) off += g[i * size + j] * g[i * size + j];
    }
    *square = diagonal + 2 * off;
    *trace = tr;
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}
