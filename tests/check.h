// What every cmocka program of the tests includes.
#ifndef XSNR_TESTS_CHECK_H
#define XSNR_TESTS_CHECK_H
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xsnr/xsnr.h>

/// Fails with the error's own words.
#define assert_ok(call)                                                                                        \
    do {                                                                                                       \
        int check_rc = (call);                                                                                 \
        if (check_rc < 0)                                                                                      \
            fail_msg("%s returned %d: %s:%ld: %s", #call, check_rc, err.file, err.line, err.message);          \
    } while (0)
/// |a − b| ≤ abs + rel·|b|, both NaN being equal.
#define assert_near(a, b, rel, abs)                                                                            \
    do {                                                                                                       \
        double check_a = (a), check_b = (b);                                                                   \
        if (!(isnan(check_a) && isnan(check_b)) && !(fabs(check_a - check_b) <= (abs) + (rel)*fabs(check_b)))  \
            fail_msg("%s = %.17g, expected %.17g", #a, check_a, check_b);                                      \
    } while (0)
/// The folder of real data, or NULL (then call skip()).
static inline const char *data_folder(void) {
    const char *folder = getenv("XSNR_DATA");
    return folder && access(folder, R_OK) == 0 ? folder : NULL;
}
/// The folder of golden values, or NULL.
static inline const char *golden_folder(void) {
    const char *folder = getenv("XSNR_GOLDEN");
    return folder && access(folder, R_OK) == 0 ? folder : NULL;
}
#endif
