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

// A FIFO, a terminal, /dev/stdout: there is nothing to replace, what is written goes there at once.
static int begin_in_place(xs_file_writer *writer, xsnr_error *err) {
    xs_free(writer->target);
    writer->target = NULL;
    writer->fd = open(writer->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return writer->fd < 0 ? xs_fail_errno(err, "write", writer->path) : XSNR_OK;
}

// A file without a name in the folder of `target`; false: out of memory.  fd −1: the file system has no such files.
static bool open_nameless(const char *target, int *fd) {
    char *folder = xs_path_beside(target, ".");
    *fd = folder && access("/proc/self/fd", X_OK) == 0 ? open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666) : -1;
    xs_free(folder);
    return folder != NULL;
}

// Names it.  mkostemp finds a name that is free; it is taken again at once, and if another takes it between: another.
static bool give_name(xs_file_writer *writer) {
    char fd[64];
    char *x = writer->temporary + strlen(writer->temporary) - 6;
    snprintf(fd, sizeof fd, "/proc/self/fd/%d", writer->fd);
    for (int i = 0; i < 100; i++) {
        memset(x, 'X', 6);
        int held = mkostemp(writer->temporary, O_CLOEXEC);
        if (held < 0) return false;
        close(held);
        unlink(writer->temporary);
        if (linkat(AT_FDCWD, fd, AT_FDCWD, writer->temporary, AT_SYMLINK_FOLLOW) == 0) return true;
        if (errno != EEXIST) return false;
    }
    return false;
}

static int begin_beside(xs_file_writer *writer, xsnr_error *err) {
    xs_str temporary = {0};
    xs_str_printf(&temporary, "%s.XXXXXX", writer->target);
    writer->temporary = xs_str_take(&temporary);
    if (!writer->temporary) return xs_nomem(err);
    if (!open_nameless(writer->target, &writer->fd)) return xs_nomem(err);
    writer->nameless = writer->fd >= 0;
    if (writer->nameless) return XSNR_OK;
    writer->fd = mkostemp(writer->temporary, O_CLOEXEC);
    if (writer->fd < 0) return xs_fail_errno(err, "write", writer->path);
    mode_t mask = umask(0); // mkstemp makes 0600; a result is as public as any other new file
    umask(mask);
    return fchmod(writer->fd, 0666 & ~mask) ? xs_fail_errno(err, "write", writer->path) : XSNR_OK;
}

int xs_file_begin(xs_file_writer *writer, const char *path, xsnr_error *err) {
    *writer = (xs_file_writer){.fd = -1, .path = path};
    char *real = realpath(path, NULL); // a symbolic link stays one: the file that it names is replaced
    writer->target = xs_strdup(real ? real : path);
    free(real);
    struct stat info;
    int rc = XSNR_OK;
    if (!writer->target) rc = xs_nomem(err);
    else if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        rc = xs_fail_at(err, XSNR_ERR_IO, path, 0, "this is a folder; the name of a file is needed");
    else if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) rc = begin_in_place(writer, err);
    else rc = begin_beside(writer, err);
    return rc < 0 ? xs_file_end(writer, rc, err) : XSNR_OK;
}

int xs_file_append(xs_file_writer *writer, const void *data, size_t size, xsnr_error *err) {
    for (const char *p = data; size;) {
        ssize_t n = write(writer->fd, p, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return xs_fail_errno(err, "write", writer->path);
        p += n;
        size -= (size_t)n;
    }
    return XSNR_OK;
}

int xs_file_end(xs_file_writer *writer, int rc, xsnr_error *err) {
    bool beside = writer->temporary && writer->fd >= 0;
    if (rc >= 0 && beside && fsync(writer->fd)) rc = xs_fail_errno(err, "write", writer->path);
    if (rc >= 0 && beside && writer->nameless && !give_name(writer)) rc = xs_fail_errno(err, "write", writer->path);
    bool named = beside && (!writer->nameless || rc >= 0);
    if (writer->fd >= 0 && close(writer->fd) && rc >= 0) rc = xs_fail_errno(err, "write", writer->path);
    if (rc >= 0 && beside && rename(writer->temporary, writer->target)) rc = xs_fail_errno(err, "write", writer->path);
    if (rc < 0 && named) unlink(writer->temporary);
    xs_free(writer->temporary);
    xs_free(writer->target);
    *writer = (xs_file_writer){.fd = -1};
    return rc;
}

int xs_file_write(const char *path, const void *data, size_t size, xsnr_error *err) {
    xs_file_writer writer;
    XS_TRY(xs_file_begin(&writer, path, err));
    return xs_file_end(&writer, xs_file_append(&writer, data, size, err), err);
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
