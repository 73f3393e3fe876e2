// Arenas as chains of blocks; see arena.h.
// Invariant: blocks after `current` are empty and kept for reuse; blocks before it are full enough.
#include "base/arena.h"
#include "base/alloc.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ALIGNMENT 64u
#define FIRST_BLOCK 65536u

#define SPILLED_BLOCK (1u << 20) // a block in a file: not doubled, pages of it are given back

struct xs_arena_block {
    xs_arena_block *next;
    size_t size, used; // bytes of `data`
    size_t dirty;      // bytes of `data` from here on are zero
    unsigned char *data;
};

static xs_arena_block *new_block(xs_arena *arena, size_t size) {
    void *spilled = NULL;
    if (size > SIZE_MAX - sizeof(xs_arena_block) - ALIGNMENT) return NULL;
    if (arena->spill && xs_spill_take(arena->spill, size, &spilled) < 0) return NULL;
    xs_arena_block *block = xs_malloc(sizeof *block + (spilled ? 0 : ALIGNMENT + size));
    if (!block) return NULL;
    uintptr_t start = ((uintptr_t)(block + 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *block = (xs_arena_block){.size = size, .dirty = spilled ? 0 : size, .data = spilled ? spilled : (unsigned char *)start};
    return block;
}

static bool has_room(const xs_arena_block *block, size_t start, size_t size) {
    return start <= block->size && block->size - start >= size;
}

// `unit`: what its place is a multiple of, a power of two.  *zero (may be NULL): is it zero already?
static void *take(xs_arena *arena, size_t size, size_t unit, bool *zero) {
    if (size > SIZE_MAX - ALIGNMENT) return NULL;
    xs_arena_block *block = arena->current;
    size_t start = 0;
    for (; block; block = block->next) {
        start = (block->used + unit - 1) / unit * unit;
        if (has_room(block, start, size) || !block->next) break;
    }
    if (!block || !has_room(block, start, size)) {
        size_t want = block ? block->size * 2 : FIRST_BLOCK; // doubling: few blocks however much is asked
        if (arena->spill && want > SPILLED_BLOCK) want = SPILLED_BLOCK;
        xs_arena_block *fresh = new_block(arena, want < size ? size : want);
        if (!fresh) return NULL;
        if (block)
            block->next = fresh;
        else
            arena->first = fresh;
        block = fresh;
        start = 0;
    }
    arena->current = block;
    if (zero) *zero = start >= block->dirty;
    block->used = start + size;
    if (block->dirty < block->used) block->dirty = block->used;
    return block->data + start;
}

void *xs_arena_alloc(xs_arena *arena, size_t size) { return take(arena, size, ALIGNMENT, NULL); }

void *xs_arena_array(xs_arena *arena, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    bool zero = false;
    void *p = take(arena, count * size, ALIGNMENT, &zero);
    if (p && !zero) memset(p, 0, count * size); // a large array in a file is not touched as a whole
    return p;
}

char *xs_arena_strndup(xs_arena *arena, const char *s, size_t n) {
    char *copy = take(arena, n + 1, 1, NULL);
    if (!copy) return NULL;
    memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *xs_arena_strdup(xs_arena *arena, const char *s) { return xs_arena_strndup(arena, s, strlen(s)); }

xs_arena_mark xs_arena_save(const xs_arena *arena) {
    return (xs_arena_mark){arena->current, arena->current ? arena->current->used : 0};
}

void xs_arena_rewind(xs_arena *arena, xs_arena_mark mark) {
    xs_arena_block *after = mark.block ? mark.block->next : arena->first;
    for (; after; after = after->next) after->used = 0;
    if (mark.block) mark.block->used = mark.used;
    arena->current = mark.block ? mark.block : arena->first;
}

void xs_arena_free(xs_arena *arena) {
    for (xs_arena_block *block = arena->first, *next; block; block = next) {
        next = block->next;
        xs_free(block);
    }
    xs_spill_drop(arena->spill);
    *arena = (xs_arena){0};
}

void xs_arena_adopt(xs_arena *arena, xs_arena *other) {
    if (!arena->spill) arena->spill = other->spill;
    else xs_spill_drop(other->spill);
    if (!other->first) {
        other->spill = NULL;
        return;
    }
    if (!arena->first) {
        arena->first = other->first;
        arena->current = other->current;
    } else {
        xs_arena_block *last = other->first;
        while (last->next) last = last->next;
        last->next = arena->first; // in front: `current` goes on where it was
        arena->first = other->first;
    }
    *other = (xs_arena){0};
}
