// Bytes at any place of a file, or of a block of memory: what archives and arrays are read from, without the whole of
// them in memory.
#ifndef XSNR_STORE_BYTES_H
#define XSNR_STORE_BYTES_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

typedef struct xs_bytes {
    const char *path;            // for messages
    const unsigned char *memory; // NULL: they are read from the file
    uint64_t size;
    int fd;      // −1: none
    char *owned; // a pipe's bytes
} xs_bytes;

int xs_bytes_open(const char *path, xs_bytes *bytes, xsnr_error *err);
/// A block that the caller keeps; `path` is for messages.
xs_bytes xs_bytes_of(const void *memory, size_t size, const char *path);
/// n bytes from `at` on, all of them or an error.
int xs_bytes_read(const xs_bytes *bytes, uint64_t at, void *to, size_t n, xsnr_error *err);
void xs_bytes_close(xs_bytes *bytes);
/// May so many bytes be taken into memory?  A small file can claim a size that no machine has; an error then says so of
/// `what`: the limit is half of this machine's memory.
int xs_bytes_affordable(uint64_t size, const char *what, xsnr_error *err);
#endif
