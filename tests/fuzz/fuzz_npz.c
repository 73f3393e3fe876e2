// An .npz file from memory: its directory, its members, unpacked, and the array among them.
#include "fuzz/fuzz.h"
#include "store/npy.h"
#include "store/zip.h"
#include <stdbool.h>

static void check_error(int rc, const xsnr_error *err) {
    FUZZ_REQUIRE(err->code == rc && *err->message);
    for (const char *p = err->message; *p; p++) FUZZ_REQUIRE(*p >= ' ' && *p < 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    xs_bytes bytes = xs_bytes_of(data, size, "fuzz");
    xs_zip zip;
    xs_zip_member member;
    xs_zip_stream stream;
    xsnr_error err = {0};
    int rc = xs_zip_open(&bytes, &zip, &err);
    bool open = rc >= 0;
    while (rc >= 0 && (rc = xs_zip_next(&zip, &member, &err)) == 1) {
        char piece[1000];
        int read = xs_zip_stream_open(&zip, &member, &stream, &err);
        if (read < 0) check_error(read, &err);
        if (read < 0) continue;
        do {
            size_t n = stream.left < sizeof piece ? (size_t)stream.left : sizeof piece;
            read = xs_zip_stream_read(&stream, piece, n, &err);
        } while (read == XSNR_OK && stream.left);
        if (read < 0) check_error(read, &err);
        xs_zip_stream_close(&stream);
    }
    if (rc < 0) check_error(rc, &err);
    if (open) xs_zip_close(&zip);
    xs_npy array;
    rc = xs_npy_read_bytes(data, size, "fuzz", NULL, &array, &err);
    if (rc < 0) check_error(rc, &err);
    FUZZ_REQUIRE((rc < 0) == !array.data);
    xs_npy_free(&array);
    return 0;
}
