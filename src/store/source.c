// See source.h.  The buffer grows to the longest line and no further.
#include "store/source.h"
#include "base/alloc.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 1 << 20, AHEAD = 1 << 25 }; // AHEAD: bytes that the kernel is asked for before they are needed

static void *zip_alloc(void *opaque, unsigned count, unsigned size) {
    (void)opaque;
    return xs_calloc(count, size);
}

static void zip_free(void *opaque, void *p) {
    (void)opaque;
    xs_free(p);
}

// The disk works while lines are parsed: the kernel's own reading ahead, 128 KiB, leaves it idle most of the time.
static void ask_ahead(xs_source *s) {
    if (s->taken + AHEAD / 2 < s->asked) return;
    posix_fadvise(s->fd, (off_t)s->asked, AHEAD, POSIX_FADV_WILLNEED); // of a pipe this is refused, and not needed
    s->asked += AHEAD;
}

static int read_some(xs_source *s, void *to, size_t size, size_t *n, xsnr_error *err) {
    ssize_t got;
    ask_ahead(s);
    do got = read(s->fd, to, size);
    while (got < 0 && errno == EINTR);
    if (got < 0) return xs_fail_errno(err, "read", s->path);
    s->taken += (uint64_t)got;
    *n = (size_t)got;
    return XSNR_OK;
}

static int start_gzip(xs_source *s, xsnr_error *err) {
    s->packed = xs_malloc(CHUNK);
    s->zip = XS_NEW(z_stream);
    if (!s->packed || !s->zip) return xs_nomem(err);
    s->zip->zalloc = zip_alloc;
    s->zip->zfree = zip_free;
    if (inflateInit2(s->zip, 16 + MAX_WBITS) == Z_OK) return XSNR_OK;
    xs_free(s->zip);
    s->zip = NULL;
    return xs_nomem(err);
}

int xs_source_open(const char *path, xs_source *s, xsnr_error *err) {
    *s = (xs_source){.path = path, .fd = open(path, O_RDONLY | O_CLOEXEC), .next_line = 1};
    if (s->fd < 0) return xs_fail_errno(err, "open", path);
    struct stat info;
    int rc = fstat(s->fd, &info) ? xs_fail_errno(err, "read", path) : XSNR_OK;
    if (rc == XSNR_OK && S_ISDIR(info.st_mode))
        rc = xs_fail_at(err, XSNR_ERR_IO, path, 0, "this is a folder; a file is needed");
    s->capacity = CHUNK;
    s->buffer = rc == XSNR_OK ? xs_malloc(s->capacity + 1) : NULL;
    if (rc == XSNR_OK && !s->buffer) rc = xs_nomem(err);
    while (rc == XSNR_OK && s->filled < 3) { // a pipe may give single bytes
        size_t n = 0;
        rc = read_some(s, s->buffer + s->filled, s->capacity - s->filled, &n, err);
        if (rc < 0 || !n) break;
        s->filled += n;
    }
    if (rc == XSNR_OK && s->filled >= 2 && memcmp(s->buffer, "\x1F\x8B", 2) == 0) {
        rc = start_gzip(s, err);
        if (rc == XSNR_OK) {
            memcpy(s->packed, s->buffer, s->filled);
            s->zip->next_in = s->packed;
            s->zip->avail_in = (unsigned)s->filled;
            s->filled = 0;
        }
    } else if (rc == XSNR_OK && s->filled >= 3 && memcmp(s->buffer, "\xEF\xBB\xBF", 3) == 0) {
        s->at = 3; // a byte-order mark
    }
    if (rc < 0) xs_source_close(s);
    return rc;
}

void xs_source_close(xs_source *s) {
    if (s->zip) inflateEnd(s->zip);
    if (s->fd >= 0) close(s->fd);
    xs_free(s->zip);
    xs_free(s->packed);
    xs_free(s->buffer);
    *s = (xs_source){.fd = -1};
}

/* ------------------------------------------------------------ filling */

static int inflate_some(xs_source *s, char *to, size_t size, size_t *n, xsnr_error *err) {
    z_stream *z = s->zip;
    z->next_out = (unsigned char *)to;
    z->avail_out = (unsigned)size;
    while (z->avail_out == size) {
        if (!z->avail_in) {
            size_t got = 0;
            XS_TRY(read_some(s, s->packed, CHUNK, &got, err));
            z->next_in = s->packed;
            z->avail_in = (unsigned)got;
            if (!got && s->member_over) break;
            if (!got) return xs_fail_at(err, XSNR_ERR_DATA, s->path, 0, "this gzip file was cut short");
        }
        if (s->member_over) inflateReset(z); // another member follows
        int code = inflate(z, Z_NO_FLUSH);
        if (code == Z_MEM_ERROR) return xs_nomem(err);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return xs_fail_at(err, XSNR_ERR_DATA, s->path, 0, "this gzip file is damaged");
        s->member_over = code == Z_STREAM_END;
    }
    *n = size - z->avail_out;
    return XSNR_OK;
}

// More bytes behind `filled`; `over` is set when there are none.
static int fill(xs_source *s, size_t limit, xsnr_error *err) {
    if (s->at) {
        memmove(s->buffer, s->buffer + s->at, s->filled - s->at);
        s->filled -= s->at;
        s->at = 0;
    }
    if (s->filled >= limit)
        return xs_fail_at(err, XSNR_ERR_DATA, s->path, s->next_line, "more than %zu MiB without an end; is this the right format?",
                          limit >> 20);
    if (s->filled > s->capacity / 2) {
        char *more = xs_realloc(s->buffer, 2 * s->capacity + 1);
        if (!more) return xs_nomem(err);
        s->buffer = more;
        s->capacity *= 2;
    }
    size_t n = 0, room = s->capacity - s->filled;
    if (room > CHUNK) room = CHUNK;
    XS_TRY(s->zip ? inflate_some(s, s->buffer + s->filled, room, &n, err)
                  : read_some(s, s->buffer + s->filled, room, &n, err));
    s->over = n == 0;
    s->filled += n;
    return XSNR_OK;
}

/* ------------------------------------------------------------ handing out */

static size_t count(const char *p, const char *end, char c) {
    size_t n = 0;
    for (; (p = memchr(p, c, (size_t)(end - p))); p++) n++;
    return n;
}

int xs_source_line(xs_source *s, bool quoted, char **line, size_t *length, xsnr_error *err) {
    size_t looked = 0; // bytes behind `at` that hold no end of the line
    size_t quotes = 0;
    long lines = 1;
    s->line = s->next_line;
    for (;;) {
        char *begin = s->buffer + s->at, *end = s->buffer + s->filled, *newline;
        while ((newline = memchr(begin + looked, '\n', (size_t)(end - begin) - looked))) {
            if (quoted) quotes += count(begin + looked, newline, '"');
            looked = (size_t)(newline - begin) + 1;
            if (quotes % 2 == 0) break;
            lines++;
        }
        if (newline || (s->over && begin < end)) {
            *line = begin;
            *length = newline ? looked - 1 : (size_t)(end - begin);
            begin[*length] = '\0';
            s->at += newline ? looked : *length;
            s->next_line += lines;
            return 1;
        }
        if (s->over) return 0;
        if (!quoted) looked = (size_t)(end - begin);
        XS_TRY(fill(s, XS_LINE_LIMIT, err));
    }
}

int xs_source_all(xs_source *s, char **text, size_t *length, xsnr_error *err) {
    while (!s->over) XS_TRY(fill(s, XS_DOCUMENT_LIMIT, err));
    s->line = s->next_line;
    *text = s->buffer + s->at;
    *length = s->filled - s->at;
    (*text)[*length] = '\0';
    s->at = s->filled;
    return XSNR_OK;
}
