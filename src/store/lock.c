// The lock of a study file; see lock.h.
#include "store/lock.h"
#include "base/alloc.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char *lock_path(const char *path) {
    xs_str name = {0};
    xs_str_printf(&name, "%s.lock", path);
    return xs_str_take(&name);
}

static int busy(const char *path, int fd, xsnr_error *err) {
    char text[320] = "", host[256], since[32];
    long pid;
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    if (sscanf(text, "%ld %255s %31s", &pid, host, since) != 3) // taken a moment ago and not yet signed
        return xs_fail_at(err, XSNR_ERR_BUSY, path, 0,
                          "this study is being worked on by another process; wait for it or stop it");
    return xs_fail_at(err, XSNR_ERR_BUSY, path, 0,
                      "this study is being worked on by process %ld on %s since %s; wait for it or stop it", pid,
                      host, since);
}

// Who holds it; only for the message, so a failure to write it is not one of the lock.
static void sign(int fd) {
    char host[256] = "", text[320], since[32];
    if (gethostname(host, sizeof host - 1) || !*host) strcpy(host, "unknown");
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", &utc);
    int n = snprintf(text, sizeof text, "%ld %s %s\n", (long)getpid(), host, since);
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) < 0) errno = 0;
}

// The file that was locked may have been removed by its last holder meanwhile: then it guards nothing.
static bool still_there(const char *name, int fd) {
    struct stat there, held;
    return stat(name, &there) == 0 && fstat(fd, &held) == 0 && there.st_dev == held.st_dev &&
           there.st_ino == held.st_ino;
}

int xs_lock_take(const char *path, int *lock, xsnr_error *err) {
    *lock = -1;
    char *name = lock_path(path);
    if (!name) return xs_nomem(err);
    int rc = XSNR_OK;
    while (rc == XSNR_OK && *lock < 0) {
        int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0) {
            rc = xs_fail_errno(err, "make the lock file", name);
        } else if (flock(fd, LOCK_EX | LOCK_NB)) {
            if (errno == EWOULDBLOCK) rc = busy(path, fd, err);
            else if (errno != EINTR) rc = xs_fail_errno(err, "lock", name);
            close(fd);
        } else if (!still_there(name, fd)) {
            close(fd);
        } else {
            sign(fd);
            *lock = fd;
        }
    }
    xs_free(name);
    return rc;
}

void xs_lock_release(const char *path, int lock) {
    if (lock < 0) return;
    char *name = lock_path(path);
    if (name) unlink(name); // while it is held: whoever waits for this very file finds it gone and opens anew
    xs_free(name);
    close(lock);
}
