// Golden numbers of tests/model/golden: headings "NAME COUNT", each followed by COUNT numbers, a line each.
#ifndef XSNR_TESTS_GOLDEN_TEXT_H
#define XSNR_TESTS_GOLDEN_TEXT_H
#include "check.h"

/// Reads the next section, which must be `name`; the caller frees with free.
static inline double *golden_next(FILE *file, const char *name, size_t *count) {
    char heading[64];
    if (fscanf(file, "%63s %zu", heading, count) != 2 || strcmp(heading, name) != 0)
        fail_msg("the golden file has no section %s here", name);
    double *values = calloc(*count + 1, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < *count; i++) assert_int_equal(fscanf(file, "%lf", &values[i]), 1);
    return values;
}

static inline FILE *golden_open(const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/model/golden/%s", TEST_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    if (!file) fail_msg("cannot open %s", path);
    return file;
}
#endif
