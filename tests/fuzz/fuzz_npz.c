// An .npz file from memory: its directory, its members, unpacked, and the array among them.
#include "fuzz/fuzz.h"
#include "store/npy.h"
#include "store/zip.h"
#include "base/alloc.h"
#include <string.h>

static void check_error(int rc, const xsnr_error *err) {
    FUZZ_REQUIRE(err->code == rc && *err->message);
    for (const char *p = err->message; *p; p++) FUZZ_REQUIRE(*p >= ' ' && *p < 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    xs_zip zip;
    xs_zip_member member;
    xsnr_error err = {0};
    int rc = xs_zip_open(data, size, "fuzz", &zip, &err);
    while (rc >= 0 && (rc = xs_zip_next(&zip, &member, &err)) == 1) {
        char *bytes;
        int read = xs_zip_read(&zip, &member, &bytes, &err);
        if (read < 0) check_error(read, &err);
        FUZZ_REQUIRE((read < 0) == !bytes);
        xs_free(bytes);
    }
    if (rc < 0) check_error(rc, &err);
    xs_npy array;
    rc = xs_npy_read_bytes(data, size, "fuzz", NULL, &array, &err);
    if (rc < 0) check_error(rc, &err);
    FUZZ_REQUIRE((rc < 0) == !array.data);
    xs_npy_free(&array);
    return 0;
}
