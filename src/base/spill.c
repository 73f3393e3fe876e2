// Memory in a temporary file; see spill.h.
// Invariant: every piece is a shared mapping of a part of the file for which the disk has room; bytes that were not handed out
// are zero.
#include "base/spill.h"
#include "base/alloc.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define UNIT ((size_t)4096)            // pieces are multiples of it; a page may be larger, and divides a piece
#define PIECE ((size_t)16 << 20)       // bytes of a mapping: few calls, and little of the disk for nothing
#define RESIDENT ((size_t)4 << 20)     // bytes taken, or looked at, after which pages are given back

typedef struct piece {
    unsigned char *start;
    size_t size;
} piece;

struct xs_spill {
    atomic_int holders;
    pthread_mutex_t mutex; // of all that follows but `seen`
    size_t heap;           // bytes that may still come from it
    char *beside;          // owned, or NULL
    char *folder;          // of the file, owned; NULL: there is none yet
    int fd, reason;        // −1; errno of what failed, 0: nothing did
    size_t size, taken;    // bytes of the file; handed out since pages were last given back
    piece *pieces;         // (n_pieces)
    size_t n_pieces, room; // room: bytes of the newest piece that are left
    atomic_size_t seen;
};

xs_spill *xs_spill_new(size_t heap, const char *beside) {
    xs_spill *s = XS_NEW(xs_spill);
    if (!s) return NULL;
    s->heap = heap;
    s->fd = -1;
    s->beside = beside ? xs_strdup(beside) : NULL;
    if (beside && !s->beside) {
        xs_free(s);
        return NULL;
    }
    pthread_mutex_init(&s->mutex, NULL);
    atomic_init(&s->holders, 1);
    return s;
}

xs_spill *xs_spill_hold(xs_spill *s) {
    if (s) atomic_fetch_add(&s->holders, 1);
    return s;
}

void xs_spill_drop(xs_spill *s) {
    if (!s || atomic_fetch_sub(&s->holders, 1) > 1) return;
    for (size_t i = 0; i < s->n_pieces; i++) munmap(s->pieces[i].start, s->pieces[i].size);
    if (s->fd >= 0) close(s->fd);
    pthread_mutex_destroy(&s->mutex);
    xs_free(s->pieces);
    xs_free(s->beside);
    xs_free(s->folder);
    xs_free(s);
}

/* ------------------------------------------------------------ the file */

static int open_nameless(const char *folder) {
#ifdef O_TMPFILE
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) return fd;
#endif
    xs_str path = {0};
    xs_str_printf(&path, "%s/xsnr-XXXXXX", folder);
    int named = xs_str_failed(&path) ? -1 : mkostemp(path.data, O_CLOEXEC);
    if (named >= 0) unlink(path.data);
    xs_str_free(&path);
    return named;
}

static bool try_folder(xs_spill *s, const char *folder) {
    s->fd = open_nameless(folder);
    if (s->fd < 0) return false;
    s->folder = xs_strdup(folder);
    return true;
}

static bool try_beside(xs_spill *s) {
    if (!s->beside) return false;
    const char *slash = strrchr(s->beside, '/');
    char *folder = slash ? xs_strndup(s->beside, slash == s->beside ? 1 : (size_t)(slash - s->beside)) : xs_strdup(".");
    bool made = folder && try_folder(s, folder);
    xs_free(folder);
    return made;
}

static bool open_file(xs_spill *s) {
    const char *given = getenv("TMPDIR");
    return (given && *given && try_folder(s, given)) || try_folder(s, "/var/tmp") || try_folder(s, "/tmp") || try_beside(s);
}

// One more piece of at least `size` bytes.
static int add_piece(xs_spill *s, size_t size) {
    size_t want = s->size / 16 > size ? s->size / 16 : size; // few pieces however much is asked
    want = (want + PIECE - 1) / PIECE * PIECE;               // so that any page size divides where it begins
    piece *more = xs_realloc_array(s->pieces, s->n_pieces + 1, sizeof *more);
    if (!more) return ENOMEM;
    s->pieces = more;
    int reason;
    do reason = posix_fallocate(s->fd, (off_t)s->size, (off_t)want);
    while (reason == EINTR);
    if (reason) return reason;
    void *start = mmap(NULL, want, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, (off_t)s->size);
    if (start == MAP_FAILED) return errno;
    s->pieces[s->n_pieces++] = (piece){start, want};
    s->size += want;
    s->room = want;
    return 0;
}

static void rest(xs_spill *s) {
    for (size_t i = 0; i < s->n_pieces; i++) madvise(s->pieces[i].start, s->pieces[i].size, MADV_DONTNEED);
    s->taken = 0;
    atomic_store_explicit(&s->seen, 0, memory_order_relaxed);
}

static int take(xs_spill *s, size_t size, void **data) {
    if (size <= s->heap) {
        s->heap -= size;
        return XSNR_OK;
    }
    if (s->fd < 0 && !open_file(s)) {
        s->heap = SIZE_MAX; // there is nowhere to lie but in memory
        return XSNR_OK;
    }
    size = (size + UNIT - 1) / UNIT * UNIT;
    if (size > s->room && (s->reason = add_piece(s, size))) return XSNR_ERR_NOMEM;
    const piece *p = &s->pieces[s->n_pieces - 1];
    *data = p->start + (p->size - s->room);
    s->room -= size;
    s->taken += size;
    if (s->taken > RESIDENT) rest(s);
    return XSNR_OK;
}

int xs_spill_take(xs_spill *s, size_t size, void **data) {
    *data = NULL;
    if (size > SIZE_MAX / 4) return XSNR_ERR_NOMEM;
    pthread_mutex_lock(&s->mutex);
    int rc = take(s, size, data);
    pthread_mutex_unlock(&s->mutex);
    return rc;
}

void xs_spill_rest(xs_spill *s) {
    if (!s) return;
    pthread_mutex_lock(&s->mutex);
    rest(s);
    pthread_mutex_unlock(&s->mutex);
}

void xs_spill_seen(xs_spill *s, size_t bytes) {
    if (s && atomic_fetch_add_explicit(&s->seen, bytes, memory_order_relaxed) + bytes > RESIDENT) xs_spill_rest(s);
}

int xs_spill_explain(const xs_spill *s, int rc, xsnr_error *err) {
    if (rc != XSNR_ERR_NOMEM || !s || !s->reason || s->reason == ENOMEM) return rc;
    return xs_fail_at(err, XSNR_ERR_IO, s->folder, 0,
                      "no room for the temporary file of the results, which has %zu MB: %s; TMPDIR names a folder with more",
                      s->size >> 20, strerror(s->reason));
}

size_t xs_spill_size(const xs_spill *s) { return s ? s->size : 0; }
