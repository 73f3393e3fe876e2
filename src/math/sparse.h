// Sparse rows in compressed form: what text features are.
#ifndef XSNR_MATH_SPARSE_H
#define XSNR_MATH_SPARSE_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

/// A matrix of `rows` sparse rows.  Row i holds columns index[begin[i] .. begin[i+1]), ascending, distinct.
typedef struct xs_csr {
    size_t rows;
    uint32_t columns;
    size_t *begin;    // (rows + 1)
    uint32_t *index;  // (begin[rows])
    double *value;    // (begin[rows])
} xs_csr;

/// Room for `rows` rows and `entries` values; released by xs_csr_free.
int xs_csr_new(size_t rows, uint32_t columns, size_t entries, xs_csr *out, xsnr_error *err);
void xs_csr_free(xs_csr *m);
#endif
