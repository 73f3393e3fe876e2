// A trie over code points, kept as one hash table of its edges: where tokens begin and how far they reach.
//
// An edge (node, character) leads to one node; the value of a token lies in the edge to its last character, so
// that a step and its value are one look into the table.
#ifndef XSNR_TEXT_TOKEN_TRIE_H
#define XSNR_TEXT_TOKEN_TRIE_H
#include <stddef.h>
#include <stdint.h>

typedef struct xs_trie_edge {
    uint32_t node, child; // child 0: a free slot (the root, 0, is no node's child)
    int32_t c;
    int32_t value; // ≥ 0: a token ends here
} xs_trie_edge;

typedef struct xs_trie {
    xs_trie_edge *edge; // (1 << bits), NULL when empty
    unsigned bits;
    uint32_t nodes; // nodes but the root
} xs_trie; // zero-initialised is empty and ready

/// Adds a string of well-formed UTF-8, n > 0; a string that is there gets the new value.  XSNR_ERR_NOMEM.
int xs_trie_add(xs_trie *trie, const char *text, size_t n, int32_t value);
void xs_trie_free(xs_trie *trie);

static inline uint32_t xs_trie_slot(const xs_trie *trie, uint32_t node, int32_t c) {
    return (uint32_t)(((uint64_t)node << 21 | (uint32_t)c) * 0x9E3779B97F4A7C15u >> (64 - trie->bits));
}
/// The edge from `node` (0: the root) by character c, or NULL.
static inline const xs_trie_edge *xs_trie_step(const xs_trie *trie, uint32_t node, int32_t c) {
    if (!trie->edge) return NULL;
    for (uint32_t i = xs_trie_slot(trie, node, c);; i = (i + 1) & ((1u << trie->bits) - 1)) {
        const xs_trie_edge *e = &trie->edge[i];
        if (e->node == node && e->c == c && e->child) return e;
        if (!e->child) return NULL;
    }
}
#endif
