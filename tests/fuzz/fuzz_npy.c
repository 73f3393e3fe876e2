// An .npy file from memory.
#include "fuzz/fuzz.h"
#include "store/npy.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    xs_npy array;
    xsnr_error err = {0};
    int rc = xs_npy_parse(data, size, "fuzz", &array, &err);
    if (rc < 0) {
        FUZZ_REQUIRE(err.code == rc && *err.message && !array.data);
        for (const char *p = err.message; *p; p++) FUZZ_REQUIRE(*p >= ' ' && *p < 0x7F);
        return 0;
    }
    size_t count = 1;
    for (int d = 0; d < array.rank; d++)
        if (array.shape[d] == 0) count = 0;
    for (int d = 0; d < array.rank && count; d++) count *= array.shape[d];
    FUZZ_REQUIRE(array.rank <= 8 && count <= size);
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += array.data[i];
    volatile double use = sum; // every item is read
    (void)use;
    xs_npy_free(&array);
    return 0;
}
