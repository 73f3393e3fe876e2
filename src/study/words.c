// Groups of a text's words: its parts, and kinds of words; see assess.h.
//
//   part   thirds of the text by number of words: beginning, middle, end
//   type   frequent: a form (as written) in at least a tenth of the texts explained, and in two; rare: any other with a letter;
//          number: digits without a letter; punctuation: neither.  No list of words, so it holds in every language.
#include "base/intern.h"
#include "study/assess.h"
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

static const char *const parts[] = {"beginning", "middle", "end", NULL};
static const char *const types[] = {"frequent", "rare", "number", "punctuation", NULL};
enum { FREQUENT, RARE, NUMBER, PUNCTUATION };

const char *const *xs_word_groups(const char *by) {
    return strcmp(by, "part") == 0 ? parts : strcmp(by, "type") == 0 ? types : NULL;
}

static uint32_t kind_of(const char *word) {
    bool digit = false;
    int32_t n = (int32_t)strlen(word);
    for (int32_t i = 0; i < n;) {
        UChar32 c;
        U8_NEXT((const uint8_t *)word, i, n, c);
        if (c >= 0 && u_isalpha(c)) return RARE;
        digit |= c >= 0 && u_isdigit(c);
    }
    return digit ? NUMBER : PUNCTUATION;
}

// In how many texts every form is.
static int count_forms(const xs_assessment *a, xs_intern *forms, size_t *count, size_t *seen_in, xsnr_error *err) {
    for (size_t t = 0; t < a->n_texts; t++)
        for (size_t w = 0; w < a->texts[t].n_words; w++) {
            const char *word = a->texts[t].words[w].text;
            uint32_t k = xs_intern_add(forms, word, strlen(word));
            if (k == XS_NOT_INTERNED) return xs_nomem(err);
            count[k] += seen_in[k] != t + 1;
            seen_in[k] = t + 1;
        }
    return XSNR_OK;
}

static int find_types(xs_assessment *a, xs_intern *forms, uint32_t **group, xs_arena *arena, xsnr_error *err) {
    size_t most = 0;
    for (size_t t = 0; t < a->n_texts; t++) most += a->texts[t].n_words;
    size_t *count = XS_ARENA_ARRAY(arena, size_t, most), *seen_in = XS_ARENA_ARRAY(arena, size_t, most);
    if (!count || !seen_in) return xs_nomem(err);
    XS_TRY(count_forms(a, forms, count, seen_in, err));
    for (size_t t = 0; t < a->n_texts; t++)
        for (size_t w = 0; w < a->texts[t].n_words; w++) {
            const char *word = a->texts[t].words[w].text;
            size_t in = count[xs_intern_find(forms, word, strlen(word))];
            group[t][w] = kind_of(word);
            if (group[t][w] == RARE && in > 1 && 10 * in >= a->n_texts) group[t][w] = FREQUENT;
        }
    return XSNR_OK;
}

int xs_group_words(xs_assessment *a, xs_arena *arena, xsnr_error *err) {
    const char *const *names = xs_word_groups(a->options->words);
    uint32_t **group = XS_ARENA_ARRAY(arena, uint32_t *, a->n_texts);
    if (!group) return xs_nomem(err);
    for (a->word_groups = 0; names[a->word_groups]; a->word_groups++) {
    }
    for (size_t t = 0; t < a->n_texts; t++) {
        size_t n = a->texts[t].n_words;
        if (!(group[t] = XS_ARENA_ARRAY(arena, uint32_t, n))) return xs_nomem(err);
        for (size_t w = 0; w < n; w++) group[t][w] = (uint32_t)(3 * w / n);
    }
    xs_intern forms = {0};
    int rc = names == types ? find_types(a, &forms, group, arena, err) : XSNR_OK;
    xs_intern_free(&forms);
    a->word_group = (const uint32_t **)group;
    return rc;
}
