// See bytes.h.
#include "store/bytes.h"
#include "base/alloc.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int xs_bytes_open(const char *path, xs_bytes *bytes, xsnr_error *err) {
    *bytes = (xs_bytes){.path = path, .fd = open(path, O_RDONLY | O_CLOEXEC)};
    if (bytes->fd < 0) return xs_fail_errno(err, "open", path);
    struct stat info;
    if (fstat(bytes->fd, &info)) {
        xs_bytes_close(bytes);
        return xs_fail_errno(err, "read", path);
    }
    bytes->size = (uint64_t)info.st_size;
    if (S_ISREG(info.st_mode)) return XSNR_OK;
    xs_bytes_close(bytes); // a pipe cannot be read twice; of a folder xs_file_read says that it is one
    size_t size;
    *bytes = (xs_bytes){.path = path, .fd = -1};
    XS_TRY(xs_file_read(path, &bytes->owned, &size, err));
    bytes->memory = (const unsigned char *)bytes->owned;
    bytes->size = size;
    return XSNR_OK;
}

xs_bytes xs_bytes_of(const void *memory, size_t size, const char *path) {
    return (xs_bytes){.path = path, .memory = memory ? memory : (const void *)"", .size = size, .fd = -1};
}

int xs_bytes_read(const xs_bytes *bytes, uint64_t at, void *to, size_t n, xsnr_error *err) {
    if (at > bytes->size || bytes->size - at < n) return xs_fail_at(err, XSNR_ERR_DATA, bytes->path, 0, "this file was cut short");
    if (bytes->memory) {
        if (n) memcpy(to, bytes->memory + at, n);
        return XSNR_OK;
    }
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(bytes->fd, (char *)to + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return xs_fail_errno(err, "read", bytes->path);
        if (!got) return xs_fail_at(err, XSNR_ERR_DATA, bytes->path, 0, "this file became shorter while it was read");
        done += (size_t)got;
    }
    return XSNR_OK;
}

void xs_bytes_close(xs_bytes *bytes) {
    if (bytes->fd >= 0) close(bytes->fd);
    xs_free(bytes->owned);
    *bytes = (xs_bytes){.fd = -1};
}

int xs_bytes_affordable(uint64_t size, const char *what, xsnr_error *err) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0 || size / (uint64_t)page <= (uint64_t)pages / 2) return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_DATA, what, 0, "this takes %llu GB of memory, more than half of what this machine has",
                      (unsigned long long)(size >> 30));
}
