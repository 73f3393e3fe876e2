// A table of distinct byte strings, numbered 0, 1, 2, … in the order in which they were first seen.
//
// Open addressing on a 64-bit hash; the bytes live in an arena of the table's own.  Looking up is safe from
// many threads once nobody adds any more.
#ifndef XSNR_BASE_INTERN_H
#define XSNR_BASE_INTERN_H
#include "base/arena.h"
#include <stddef.h>
#include <stdint.h>

#define XS_NOT_INTERNED UINT32_MAX

typedef struct xs_intern {
    uint32_t count; // strings held
    uint32_t slots; // a power of two, 0 when empty
    uint32_t *slot; // (slots) number + 1, 0: free
    uint64_t *hash; // (count) of each string
    const char **text; // (count) NUL-terminated
    uint32_t *length;  // (count) bytes, without the NUL
    uint32_t capacity;
    xs_arena bytes;
} xs_intern; // zero-initialised is empty and ready

/// The number of the string, added if new; XS_NOT_INTERNED: out of memory.
uint32_t xs_intern_add(xs_intern *table, const char *bytes, size_t n);
/// The number of the string, or XS_NOT_INTERNED if it is not there.
uint32_t xs_intern_find(const xs_intern *table, const char *bytes, size_t n);
void xs_intern_free(xs_intern *table);
#endif
