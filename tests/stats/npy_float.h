// A reader for the one kind of file the golden arrays are: .npy, version 1.0, little-endian float32, C order.
#ifndef XSNR_TESTS_NPY_FLOAT_H
#define XSNR_TESTS_NPY_FLOAT_H
#include "base/file.h"
#include "check.h"

static inline double *read_golden_array(const char *path, size_t *models, size_t *words) { // free() it
    char *data;
    size_t size;
    xsnr_error err = {0};
    assert_ok(xs_file_read(path, &data, &size, &err));
    size_t header = 10u + (unsigned char)data[8] + 256u * (unsigned char)data[9];
    assert_non_null(strstr(data + 10, "'descr': '<f4', 'fortran_order': False, 'shape': ("));
    assert_int_equal(sscanf(strstr(data + 10, "'shape': (") + 10, "%zu, %zu", models, words), 2);
    assert_int_equal(size, header + 4 * *models * *words);
    double *e = malloc(*models * *words * sizeof *e);
    assert_non_null(e);
    for (size_t i = 0; i < *models * *words; i++) {
        float x;
        memcpy(&x, data + header + 4 * i, 4);
        e[i] = x;
    }
    free(data);
    return e;
}
#endif
