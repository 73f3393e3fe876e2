// Arenas: memory that is released together.
//
// A scratch arena belongs to one worker: a function takes a mark, allocates as it likes and rewinds.  Blocks
// are kept for reuse, so a steady loop allocates nothing.  Alignment is 64 bytes, but of strings.  NULL: out of memory.
#ifndef XSNR_BASE_ARENA_H
#define XSNR_BASE_ARENA_H
#include "base/spill.h"

typedef struct xs_arena_block xs_arena_block;
typedef struct xs_arena {
    xs_arena_block *first, *current;
    xs_spill *spill; // held; where blocks lie that are too many for memory; NULL: all lie in memory
} xs_arena; // zero-initialised is empty and ready

typedef struct xs_arena_mark {
    xs_arena_block *block;
    size_t used;
} xs_arena_mark;

void *xs_arena_alloc(xs_arena *arena, size_t size);                // uninitialised
void *xs_arena_array(xs_arena *arena, size_t count, size_t size);  // zeroed; product checked
char *xs_arena_strndup(xs_arena *arena, const char *s, size_t n);
char *xs_arena_strdup(xs_arena *arena, const char *s);
xs_arena_mark xs_arena_save(const xs_arena *arena);
void xs_arena_rewind(xs_arena *arena, xs_arena_mark mark);
/// `arena` takes over everything that `other` holds, to be released with it; `other` is empty afterwards.  If what it holds may lie
/// in a file, it is that of both.
void xs_arena_adopt(xs_arena *arena, xs_arena *other);
void xs_arena_free(xs_arena *arena); // releases every block and the file; the arena is empty and ready again

#define XS_ARENA_ARRAY(arena, type, n) ((type *)xs_arena_array((arena), (n), sizeof(type)))
#endif
