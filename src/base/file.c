// Reading and replacing whole files; see file.h.
#include "base/file.h"
#include "base/alloc.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Reads to the end from an open descriptor; works for pipes, whose size is not known beforehand.
static int read_all(int fd, const char *path, xs_str *out, xsnr_error *err) {
    struct stat info;
    if (fstat(fd, &info)) return xs_fail_errno(err, "read", path);
    if (S_ISDIR(info.st_mode))
        return xs_fail_at(err, XSNR_ERR_IO, path, 0, "this is a folder; a file is needed");
    size_t chunk = S_ISREG(info.st_mode) && info.st_size > 0 ? (size_t)info.st_size + 1 : 65536;
    char *buffer = xs_malloc(chunk);
    if (!buffer) return xs_nomem(err);
    int rc = XSNR_OK;
    for (;;) {
        ssize_t n = read(fd, buffer, chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) rc = xs_fail_errno(err, "read", path);
        if (n <= 0) break;
        if (xs_str_append(out, buffer, (size_t)n)) {
            rc = xs_nomem(err);
            break;
        }
    }
    xs_free(buffer);
    return rc;
}

int xs_file_read(const char *path, char **data, size_t *size, xsnr_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return xs_fail_errno(err, "open", path);
    xs_str text = {0};
    int rc = read_all(fd, path, &text, err);
    close(fd);
    if (rc < 0) {
        xs_str_free(&text);
        return rc;
    }
    *size = text.length;
    *data = xs_str_take(&text);
    return *data ? XSNR_OK : xs_nomem(err);
}

static int write_all(int fd, const char *data, size_t size) {
    while (size) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        data += n;
        size -= (size_t)n;
    }
    return fsync(fd);
}

int xs_file_write(const char *path, const void *data, size_t size, xsnr_error *err) {
    xs_str temporary = {0};
    xs_str_printf(&temporary, "%s.XXXXXX", path);
    if (xs_str_failed(&temporary)) {
        xs_str_free(&temporary);
        return xs_nomem(err);
    }
    int rc = XSNR_OK;
    int fd = mkostemp(temporary.data, O_CLOEXEC);
    if (fd < 0) {
        rc = xs_fail_errno(err, "write", path);
    } else {
        mode_t mask = umask(0); // mkstemp makes 0600; a result is as public as any other new file
        umask(mask);
        int failed = fchmod(fd, 0666 & ~mask) || write_all(fd, data, size);
        if (failed) rc = xs_fail_errno(err, "write", path);
        if (close(fd) && !failed) rc = xs_fail_errno(err, "write", path);
        if (rc == XSNR_OK && rename(temporary.data, path)) rc = xs_fail_errno(err, "write", path);
        if (rc < 0) unlink(temporary.data);
    }
    xs_str_free(&temporary);
    return rc;
}

char *xs_path_beside(const char *base, const char *name) {
    const char *slash = name[0] == '/' ? NULL : strrchr(base, '/');
    xs_str path = {0};
    if (slash) xs_str_append(&path, base, (size_t)(slash - base) + 1);
    xs_str_put(&path, name);
    return xs_str_take(&path);
}

int xs_make_folder(const char *path, xsnr_error *err) {
    char *copy = xs_strdup(path);
    if (!copy) return xs_nomem(err);
    int rc = XSNR_OK;
    for (char *p = copy + 1; rc == XSNR_OK && *copy; p++) {
        if (*p != '/' && *p != '\0') continue;
        char held = *p;
        *p = '\0';
        if (mkdir(copy, 0777) && errno != EEXIST) rc = xs_fail_errno(err, "make the folder", copy);
        *p = held;
        if (!held) break;
    }
    struct stat info;
    if (rc == XSNR_OK && (stat(path, &info) || !S_ISDIR(info.st_mode)))
        rc = xs_fail_at(err, XSNR_ERR_IO, path, 0, "this is a file; a folder is needed");
    xs_free(copy);
    return rc;
}
