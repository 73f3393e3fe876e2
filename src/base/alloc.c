// Checked allocation with a switch that makes the nth request fail; see alloc.h.
#include "base/alloc.h"
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static atomic_long fail_at;
static atomic_long made;

// True if this request is one that a test wants to see fail.
static int refused(void) {
    long n = atomic_fetch_add_explicit(&made, 1, memory_order_relaxed) + 1;
    long at = atomic_load_explicit(&fail_at, memory_order_relaxed);
    return at > 0 && n >= at;
}

void xs_alloc_fail_at(long n) {
    atomic_store(&made, 0);
    atomic_store(&fail_at, n);
}

long xs_alloc_count(void) { return atomic_load(&made); }

void *xs_malloc(size_t size) { return refused() ? NULL : malloc(size ? size : 1); }

void *xs_malloc_aligned(size_t size) {
    const size_t huge = (size_t)2 << 20;
    size_t unit = size >= 2 * huge ? huge : 64;
    if (refused() || size > SIZE_MAX - unit) return NULL;
    void *p = aligned_alloc(unit, size ? (size + unit - 1) / unit * unit : unit);
#ifdef MADV_HUGEPAGE
    if (p && unit == huge) madvise(p, size, MADV_HUGEPAGE); // only faster; a refusal changes nothing
#endif
    return p;
}

void *xs_calloc(size_t count, size_t size) {
    if (refused()) return NULL;
    return calloc(count ? count : 1, size ? size : 1); // calloc itself checks the product
}

void *xs_realloc(void *old, size_t size) { return refused() ? NULL : realloc(old, size ? size : 1); }

void *xs_realloc_array(void *old, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    return xs_realloc(old, count * size);
}

char *xs_strndup(const char *s, size_t n) {
    char *copy = xs_malloc(n + 1);
    if (!copy) return NULL;
    memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *xs_strdup(const char *s) { return xs_strndup(s, strlen(s)); }

void xs_free(void *p) { free(p); }
