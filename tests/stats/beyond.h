// The golden file of what lies beyond first order and beyond univariate, and readers of its arrays.
#ifndef XSNR_TESTS_BEYOND_H
#define XSNR_TESTS_BEYOND_H
#include "check.h"
#include <jansson.h>

static json_t *golden;

static int load_golden(void **state) {
    (void)state;
    golden = json_load_file(TEST_SOURCE_DIR "/tests/stats/golden/beyond.json", 0, NULL);
    return golden ? 0 : -1;
}

static int unload_golden(void **state) {
    (void)state;
    json_decref(golden);
    return 0;
}

static inline size_t read_numbers(const json_t *list, double *out) { // also of lists of lists
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *x = json_array_get(list, i);
        if (json_is_array(x)) n += read_numbers(x, out + n);
        else out[n++] = json_number_value(x);
    }
    return n;
}
#endif
