// WordPiece: from the left, always the longest token that fits; a word that cannot be covered is unknown.
//
// One walk down the trie finds the longest token.  Pieces inside a word are tokens with the prefix ("##"): they
// lie below the node that the prefix leads to.
#include "text/tokenizer_parts.h"
#include "text/utf8.h"
#include <string.h>

void xs_wordpiece_index(xs_token_model *model) {
    uint32_t n = (uint32_t)strlen(model->prefix);
    model->inside = 0;
    for (uint32_t i = 0; i < n && model->inside != UINT32_MAX;) {
        const xs_trie_edge *edge = xs_trie_step(&model->trie, model->inside, xs_utf8_next(model->prefix, &i, n));
        model->inside = edge ? edge->child : UINT32_MAX;
    }
}

int xs_wordpiece(const xs_token_model *model, const xs_char *c, uint32_t n, xs_token_list *out) {
    uint32_t before = out->n, node = 0;
    bool unknown = n > model->most_chars;
    for (uint32_t first = 0; first < n && !unknown;) {
        const xs_trie_edge *best = NULL, *edge;
        uint32_t end = first;
        for (uint32_t i = first; i < n && (edge = xs_trie_step(&model->trie, node, c[i].c)); i++) {
            node = edge->child;
            if (edge->value >= 0) {
                best = edge;
                end = i + 1;
            }
        }
        if (!best) {
            unknown = true;
            break;
        }
        XS_TRY(xs_token_list_put(out, (uint32_t)best->value, c[first].start, c[end - 1].end, false));
        first = end;
        if (first < n && (node = model->inside) == UINT32_MAX) unknown = true;
    }
    if (!unknown) return XSNR_OK;
    out->n = before;
    return xs_token_list_put(out, (uint32_t)model->unknown, c[0].start, c[n - 1].end, false);
}
