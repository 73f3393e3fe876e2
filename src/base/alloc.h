// Allocation: every byte that xsnr allocates itself passes here.
//
// Sizes are checked for overflow (count × size); a request of 0 bytes returns a valid pointer.  NULL means
// "out of memory" and the caller turns it into xs_nomem(err).  Tests make the nth allocation fail.
#ifndef XSNR_BASE_ALLOC_H
#define XSNR_BASE_ALLOC_H
#include <stddef.h>

void *xs_malloc(size_t size);
/// Aligned to 64 bytes; blocks of megabytes lie on huge pages where the system has them.  Freed by xs_free.
void *xs_malloc_aligned(size_t size);
void *xs_calloc(size_t count, size_t size);
void *xs_realloc(void *old, size_t size);
/// Like realloc of an array, `count × size` checked; `old` stays valid when NULL is returned.
void *xs_realloc_array(void *old, size_t count, size_t size);
char *xs_strdup(const char *s);
char *xs_strndup(const char *s, size_t n);
void xs_free(void *p);

/// Test hook: the nth allocation from now on (1 = the next) fails, and all after it; 0 switches it off.
void xs_alloc_fail_at(long n);
/// Allocations made since xs_alloc_fail_at was last called.
long xs_alloc_count(void);

#define XS_NEW(type) ((type *)xs_calloc(1, sizeof(type)))
#define XS_NEW_ARRAY(type, n) ((type *)xs_calloc((n), sizeof(type)))
#endif
