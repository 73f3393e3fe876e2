// Tries of tokens; see token_trie.h.  Invariant: at least half of the slots are free.
#include "text/token_trie.h"
#include "base/alloc.h"
#include "text/utf8.h"

static xs_trie_edge *slot_of(const xs_trie *t, uint32_t node, int32_t c) {
    uint32_t i = xs_trie_slot(t, node, c), mask = (1u << t->bits) - 1;
    while (t->edge[i].child && !(t->edge[i].node == node && t->edge[i].c == c)) i = (i + 1) & mask;
    return &t->edge[i];
}

static int grow(xs_trie *t) {
    xs_trie bigger = {.bits = t->edge ? t->bits + 1 : 8, .nodes = t->nodes};
    if (bigger.bits > 30) return XSNR_ERR_NOMEM;
    bigger.edge = XS_NEW_ARRAY(xs_trie_edge, (size_t)1 << bigger.bits);
    if (!bigger.edge) return XSNR_ERR_NOMEM;
    for (size_t i = 0; t->edge && i < (size_t)1 << t->bits; i++)
        if (t->edge[i].child) *slot_of(&bigger, t->edge[i].node, t->edge[i].c) = t->edge[i];
    xs_free(t->edge);
    *t = bigger;
    return XSNR_OK;
}

int xs_trie_add(xs_trie *t, const char *text, size_t n, int32_t value) {
    xs_trie_edge *edge = NULL;
    uint32_t node = 0;
    for (uint32_t i = 0; i < n;) {
        int32_t c = xs_utf8_next(text, &i, (uint32_t)n);
        if (!t->edge || t->nodes + 1 > (1u << t->bits) / 2) XS_TRY(grow(t));
        edge = slot_of(t, node, c);
        if (!edge->child) *edge = (xs_trie_edge){node, ++t->nodes, c, -1};
        node = edge->child;
    }
    if (edge) edge->value = value;
    return XSNR_OK;
}

void xs_trie_free(xs_trie *t) {
    xs_free(t->edge);
    *t = (xs_trie){0};
}
