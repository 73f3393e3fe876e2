// Normalizers: the steps that a text passes before it is cut, and the ones that are short enough to stand here.
//
// Semantics are those of Hugging Face's tokenizers; see tokenizer_parts.h for how origins are kept.
#include "text/tokenizer_parts.h"
#include "base/alloc.h"
#include <string.h>
#include <unicode/uchar.h>

int xs_chars_reserve(xs_chars *chars, size_t more) {
    if (more <= chars->capacity - chars->n) return XSNR_OK;
    size_t capacity = 2 * (size_t)chars->capacity;
    if (capacity < chars->n + more) capacity = chars->n + more;
    if (capacity > UINT32_MAX / 2) return XSNR_ERR_NOMEM;
    xs_char *at = xs_arena_alloc(chars->arena, capacity * sizeof *at);
    if (!at) return XSNR_ERR_NOMEM;
    if (chars->n) memcpy(at, chars->at, chars->n * sizeof *at);
    chars->at = at;
    chars->capacity = (uint32_t)capacity;
    return XSNR_OK;
}

int xs_chars_transform(xs_chars *chars, const xs_change *changes, size_t n) {
    xs_chars made = {.arena = chars->arena};
    XS_TRY(xs_chars_reserve(&made, n));
    uint32_t old = 0; // the next old character
    for (size_t i = 0; i < n; i++) {
        xs_char origin = {0};
        if (changes[i].change > 0) {
            if (old) origin = chars->at[old - 1];
        } else {
            if (chars->n) origin = chars->at[old < chars->n ? old : chars->n - 1];
            uint32_t taken = 1 + (uint32_t)-changes[i].change;
            old = taken < chars->n - old ? old + taken : chars->n;
        }
        xs_chars_put(&made, changes[i].c, origin.start, origin.end);
    }
    *chars = made;
    return XSNR_OK;
}

bool xs_is_space(int32_t c) {
    if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
    return u_isUWhiteSpace(c);
}

bool xs_is_punctuation(int32_t c) {
    if (c < 0x80) return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
    return (U_GET_GC_MASK(c) & U_GC_P_MASK) != 0;
}

// One code point in lower case; İ alone becomes two (SpecialCasing without conditions), the second inserted.
int xs_normalize_lowercase(xs_chars *text) {
    uint32_t dotted = 0;
    for (uint32_t i = 0; i < text->n; i++) {
        int32_t c = text->at[i].c;
        if (c < 0x80)
            text->at[i].c = c >= 'A' && c <= 'Z' ? c + 32 : c;
        else if (c == 0x130)
            dotted++;
        else
            text->at[i].c = u_tolower(c);
    }
    if (!dotted) return XSNR_OK;
    xs_chars made = {.arena = text->arena};
    XS_TRY(xs_chars_reserve(&made, (size_t)text->n + dotted));
    for (uint32_t i = 0; i < text->n; i++) {
        xs_char c = text->at[i];
        xs_chars_put(&made, c.c == 0x130 ? 'i' : c.c, c.start, c.end);
        if (c.c == 0x130) xs_chars_put(&made, 0x307, c.start, c.end);
    }
    *text = made;
    return XSNR_OK;
}

static void strip(const xs_normalizer *step, xs_chars *text) {
    uint32_t first = 0, end = text->n;
    while (step->left && first < end && xs_is_space(text->at[first].c)) first++;
    while (step->right && end > first && xs_is_space(text->at[end - 1].c)) end--;
    if (first) memmove(text->at, text->at + first, (end - first) * sizeof *text->at);
    text->n = end - first;
}

static void strip_accents(xs_chars *text) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < text->n; i++)
        if (text->at[i].c < 0x300 || !(U_GET_GC_MASK(text->at[i].c) & U_GC_M_MASK)) text->at[kept++] = text->at[i];
    text->n = kept;
}

// How many characters at i the pattern of a replacement covers, 0: none.
static uint32_t covers(const xs_normalizer *step, const xs_chars *text, uint32_t i) {
    uint32_t n = 0;
    if (step->spaces) {
        while (i + n < text->n && text->at[i + n].c == ' ') n++;
        return n >= 2 ? n : 0;
    }
    if (step->pattern.n > text->n - i) return 0;
    while (n < step->pattern.n && text->at[i + n].c == step->pattern.c[n]) n++;
    return n == step->pattern.n ? n : 0;
}

// What is put in comes from where the last character that it replaces came from.
static int replace(const xs_normalizer *step, xs_chars *text) {
    xs_chars made = {.arena = text->arena};
    XS_TRY(xs_chars_reserve(&made, text->n));
    for (uint32_t i = 0; i < text->n;) {
        uint32_t n = covers(step, text, i);
        XS_TRY(xs_chars_reserve(&made, n ? step->content.n : 1));
        if (!n) {
            made.at[made.n++] = text->at[i++];
            continue;
        }
        xs_char last = text->at[i + n - 1];
        for (uint32_t k = 0; k < step->content.n; k++) xs_chars_put(&made, step->content.c[k], last.start, last.end);
        i += n;
    }
    *text = made;
    return XSNR_OK;
}

static int prepend(const xs_normalizer *step, xs_chars *text) {
    if (!text->n || !step->content.n) return XSNR_OK;
    xs_chars made = {.arena = text->arena};
    XS_TRY(xs_chars_reserve(&made, (size_t)text->n + step->content.n));
    for (uint32_t k = 0; k < step->content.n; k++)
        xs_chars_put(&made, step->content.c[k], text->at[0].start, text->at[0].end);
    memcpy(made.at + made.n, text->at, text->n * sizeof *text->at);
    made.n += text->n;
    *text = made;
    return XSNR_OK;
}

static int apply(const xs_normalizer *step, xs_chars *text, xsnr_error *err) {
    switch (step->kind) {
    case XS_NORMALIZE_BERT: return xs_normalize_bert(step, text);
    case XS_NORMALIZE_LOWERCASE: return xs_normalize_lowercase(text);
    case XS_NORMALIZE_NFC:
    case XS_NORMALIZE_NFD:
    case XS_NORMALIZE_NFKC:
    case XS_NORMALIZE_NFKD: return xs_normalize_form(step->kind, text, err);
    case XS_NORMALIZE_STRIP: strip(step, text); return XSNR_OK;
    case XS_NORMALIZE_STRIP_ACCENTS: strip_accents(text); return XSNR_OK;
    case XS_NORMALIZE_REPLACE: return replace(step, text);
    case XS_NORMALIZE_PREPEND: return prepend(step, text);
    case XS_NORMALIZE_PRECOMPILED: return xs_charsmap_apply(step->charsmap, text, err);
    }
    return XSNR_OK;
}

int xs_normalize_text(const xs_normalizer *steps, size_t n, xs_chars *text, xsnr_error *err) {
    for (size_t i = 0; i < n; i++)
        if (apply(&steps[i], text, err) < 0) return err && err->code < 0 ? err->code : xs_nomem(err);
    return XSNR_OK;
}
