// Which words a token belongs to: those whose bytes it overlaps.
#include "text/tokenizer.h"

void xs_tokens_to_words(const xs_tokens *tokens, const xs_document *doc, xs_token_words *words) {
    for (uint32_t i = 0; i < tokens->n; i++) {
        const xs_token *t = &tokens->token[i];
        uint32_t low = 0, high = doc->n_words; // the first word that ends behind the token's start
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (doc->words[middle].end > t->start)
                high = middle;
            else
                low = middle + 1;
        }
        uint32_t count = 0;
        while (t->start < t->end && low + count < doc->n_words && doc->words[low + count].start < t->end) count++;
        words[i] = (xs_token_words){count ? low : 0, count};
    }
}
