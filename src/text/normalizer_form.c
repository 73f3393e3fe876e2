// Unicode normal forms character by character, so that each result knows where it comes from (UAX #15).
//
// ICU has the data (decompositions, combining classes, compositions) and no origins; the algorithm is short:
// decompose every character, put runs of marks into the order of their classes, and for NFC and NFKC compose.
// Changes are those of Hugging Face's: the first character of a decomposition stands for its character, the
// others are inserted; a composition adds up its parts' changes, less one for each part that it takes in.
#include "text/tokenizer_parts.h"
#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#define DECOMPOSED 32 // UTF-16 units of the longest decomposition: 18

typedef struct sequence {
    xs_change *at; // (n)
    size_t n, capacity;
    xs_arena *arena;
} sequence;

static int push(sequence *s, int32_t c, int32_t change) {
    if (s->n == s->capacity) {
        size_t capacity = s->capacity * 2 + 64;
        xs_change *at = xs_arena_alloc(s->arena, capacity * sizeof *at);
        if (!at) return XSNR_ERR_NOMEM;
        if (s->n) memcpy(at, s->at, s->n * sizeof *at);
        s->at = at;
        s->capacity = capacity;
    }
    s->at[s->n++] = (xs_change){c, change};
    return XSNR_OK;
}

// Sorts the marks [first, s->n) by their classes, stably: runs are short and are sorted by insertion; one that a
// hostile text makes long is sorted by counting over the classes.
static int order_marks(sequence *s, size_t first) {
    size_t n = s->n - first;
    if (n < 2) return XSNR_OK;
    xs_change *run = s->at + first;
    if (n <= 32) {
        for (size_t i = 1; i < n; i++) {
            xs_change mark = run[i];
            uint8_t class = u_getCombiningClass(mark.c);
            size_t k = i;
            for (; k && u_getCombiningClass(run[k - 1].c) > class; k--) run[k] = run[k - 1];
            run[k] = mark;
        }
        return XSNR_OK;
    }
    size_t place[257] = {0};
    xs_change *copy = xs_arena_alloc(s->arena, n * sizeof *copy);
    if (!copy) return XSNR_ERR_NOMEM;
    memcpy(copy, run, n * sizeof *copy);
    for (size_t i = 0; i < n; i++) place[u_getCombiningClass(copy[i].c) + 1]++;
    for (size_t k = 1; k < 257; k++) place[k] += place[k - 1];
    for (size_t i = 0; i < n; i++) run[place[u_getCombiningClass(copy[i].c)]++] = copy[i];
    return XSNR_OK;
}

static int decompose(const UNormalizer2 *form, const xs_chars *text, sequence *out) {
    size_t starter = 0; // behind the last character of class 0
    for (uint32_t i = 0; i < text->n; i++) {
        int32_t c = text->at[i].c;
        UChar units[DECOMPOSED] = {0};
        UErrorCode status = U_ZERO_ERROR;
        int32_t n = c < 0xA0 ? -1 : unorm2_getDecomposition(form, c, units, DECOMPOSED, &status);
        if (U_FAILURE(status)) n = -1;
        for (int32_t k = 0, part = 0; k < (n < 0 ? 1 : n); part++) {
            UChar32 d = n < 0 ? c : units[k];
            k++;
            if (n >= 0 && U16_IS_LEAD(units[k - 1]) && k < n) d = U16_GET_SUPPLEMENTARY(units[k - 1], units[k]), k++;
            bool is_starter = d < 0x300 || u_getCombiningClass(d) == 0;
            if (is_starter) XS_TRY(order_marks(out, starter));
            XS_TRY(push(out, d, part > 0));
            if (is_starter) starter = out->n;
        }
    }
    return order_marks(out, starter);
}

// Composes in place: the starter takes in what follows unless a mark of the same or a higher class stands between.
static void compose(const UNormalizer2 *form, sequence *s) {
    size_t kept = 0, starter = SIZE_MAX;
    int last_class = -1; // of the last mark kept after the starter; −1: none
    for (size_t i = 0; i < s->n; i++) {
        xs_change here = s->at[i];
        int class = u_getCombiningClass(here.c);
        if (starter != SIZE_MAX && last_class < class) {
            UChar32 both = unorm2_composePair(form, s->at[starter].c, here.c);
            if (both >= 0) {
                s->at[starter].c = both;
                s->at[starter].change += here.change - 1;
                continue;
            }
        }
        if (class == 0) {
            starter = kept;
            last_class = -1;
        } else
            last_class = class;
        s->at[kept++] = here;
    }
    s->n = kept;
}

int xs_normalize_form(xs_normalizer_kind kind, xs_chars *text, xsnr_error *err) {
    bool compatible = kind == XS_NORMALIZE_NFKC || kind == XS_NORMALIZE_NFKD;
    bool composed = kind == XS_NORMALIZE_NFC || kind == XS_NORMALIZE_NFKC;
    int32_t all = 0;
    for (uint32_t i = 0; i < text->n; i++) all |= text->at[i].c;
    if (all < 0x80) return XSNR_OK;
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
    const UNormalizer2 *form = compatible ? unorm2_getNFKCInstance(&status) : nfc;
    if (U_FAILURE(status)) return xs_fail(err, XSNR_ERR_NOMEM, "ICU has no normalizer: %s", u_errorName(status));
    sequence s = {.arena = text->arena};
    XS_TRY(decompose(form, text, &s));
    if (composed) compose(nfc, &s);
    return xs_chars_transform(text, s.at, s.n);
}
