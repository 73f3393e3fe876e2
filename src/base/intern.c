// Numbered distinct strings; see intern.h.  Invariant: at least half of the slots are free.
#include "base/intern.h"
#include "base/alloc.h"
#include <string.h>

// FNV-1a with a final mix (Murmur3's), because the low bits choose the slot.
static uint64_t hash_bytes(const char *bytes, size_t n) {
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)bytes[i]) * 1099511628211u;
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    return h ^ h >> 33;
}

// The slot that holds the string, or the free one where it would go.
static uint32_t slot_of(const xs_intern *t, const char *bytes, size_t n, uint64_t h) {
    uint32_t mask = t->slots - 1, i = (uint32_t)h & mask;
    while (t->slot[i]) {
        uint32_t k = t->slot[i] - 1;
        if (t->hash[k] == h && t->length[k] == n && memcmp(t->text[k], bytes, n) == 0) break;
        i = (i + 1) & mask;
    }
    return i;
}

static int grow_slots(xs_intern *t) {
    uint32_t slots = t->slots ? t->slots * 2 : 1024;
    uint32_t *slot = XS_NEW_ARRAY(uint32_t, slots);
    if (!slot) return -1;
    for (uint32_t k = 0; k < t->count; k++) {
        uint32_t i = (uint32_t)t->hash[k] & (slots - 1);
        while (slot[i]) i = (i + 1) & (slots - 1);
        slot[i] = k + 1;
    }
    xs_free(t->slot);
    t->slot = slot;
    t->slots = slots;
    return 0;
}

static int grow_strings(xs_intern *t) {
    uint32_t capacity = t->capacity ? t->capacity * 2 : 512;
    uint64_t *hash = xs_realloc_array(t->hash, capacity, sizeof *hash);
    if (hash) t->hash = hash;
    const char **text = xs_realloc_array((void *)t->text, capacity, sizeof *text);
    if (text) t->text = text;
    uint32_t *length = xs_realloc_array(t->length, capacity, sizeof *length);
    if (length) t->length = length;
    if (!hash || !text || !length) return -1;
    t->capacity = capacity;
    return 0;
}

uint32_t xs_intern_add(xs_intern *t, const char *bytes, size_t n) {
    if (t->count >= t->slots / 2 && (t->slots > UINT32_MAX / 2 || grow_slots(t))) return XS_NOT_INTERNED;
    uint64_t h = hash_bytes(bytes, n);
    uint32_t i = slot_of(t, bytes, n, h);
    if (t->slot[i]) return t->slot[i] - 1;
    if (n >= UINT32_MAX || (t->count == t->capacity && grow_strings(t))) return XS_NOT_INTERNED;
    char *copy = xs_arena_strndup(&t->bytes, bytes, n);
    if (!copy) return XS_NOT_INTERNED;
    uint32_t k = t->count++;
    t->hash[k] = h;
    t->text[k] = copy;
    t->length[k] = (uint32_t)n;
    t->slot[i] = k + 1;
    return k;
}

uint32_t xs_intern_find(const xs_intern *t, const char *bytes, size_t n) {
    if (!t->slots) return XS_NOT_INTERNED;
    uint32_t i = slot_of(t, bytes, n, hash_bytes(bytes, n));
    return t->slot[i] ? t->slot[i] - 1 : XS_NOT_INTERNED;
}

void xs_intern_free(xs_intern *t) {
    xs_free(t->slot);
    xs_free(t->hash);
    xs_free((void *)t->text);
    xs_free(t->length);
    xs_arena_free(&t->bytes);
    *t = (xs_intern){0};
}
