// Arenas as chains of blocks; see arena.h.
// Invariant: blocks after `current` are empty and kept for reuse; blocks before it are full enough.
#include "base/arena.h"
#include "base/alloc.h"
#include <stdint.h>
#include <string.h>

#define ALIGNMENT 64u
#define FIRST_BLOCK 65536u

struct xs_arena_block {
    xs_arena_block *next;
    size_t size, used; // bytes of `data`
    unsigned char *data;
};

static xs_arena_block *new_block(size_t size) {
    if (size > SIZE_MAX - sizeof(xs_arena_block) - ALIGNMENT) return NULL;
    xs_arena_block *block = xs_malloc(sizeof *block + ALIGNMENT + size);
    if (!block) return NULL;
    uintptr_t start = ((uintptr_t)(block + 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *block = (xs_arena_block){.size = size, .data = (unsigned char *)start};
    return block;
}

void *xs_arena_alloc(xs_arena *arena, size_t size) {
    if (size > SIZE_MAX - ALIGNMENT) return NULL;
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    xs_arena_block *block = arena->current;
    while (block && block->size - block->used < size && block->next) block = block->next;
    if (!block || block->size - block->used < size) {
        size_t want = block ? block->size * 2 : FIRST_BLOCK; // doubling: few blocks however much is asked
        xs_arena_block *fresh = new_block(want < size ? size : want);
        if (!fresh) return NULL;
        if (block)
            block->next = fresh;
        else
            arena->first = fresh;
        block = fresh;
    }
    arena->current = block;
    void *p = block->data + block->used;
    block->used += size;
    return p;
}

void *xs_arena_array(xs_arena *arena, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    void *p = xs_arena_alloc(arena, count * size);
    if (p) memset(p, 0, count * size);
    return p;
}

char *xs_arena_strndup(xs_arena *arena, const char *s, size_t n) {
    char *copy = xs_arena_alloc(arena, n + 1);
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
    *arena = (xs_arena){0};
}

void xs_arena_adopt(xs_arena *arena, xs_arena *other) {
    if (!other->first) return;
    if (!arena->first) {
        *arena = *other;
    } else {
        xs_arena_block *last = other->first;
        while (last->next) last = last->next;
        last->next = arena->first; // in front: `current` goes on where it was
        arena->first = other->first;
    }
    *other = (xs_arena){0};
}
