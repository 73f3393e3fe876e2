// BertNormalizer: control characters out, white space to spaces, CJK ideographs apart, accents off, lower case.
//
// All but taking off accents looks at one character at a time.  ASCII text, nearly all there is, is done in
// place in one pass.
#include "text/tokenizer_parts.h"
#include <unicode/uchar.h>

// The CJK blocks of BERT's own code: ideographs, not kana and hangul, which stand between spaces in words.
static bool is_ideograph(int32_t c) {
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

// Controls, formats and private use, but not what counts as white space; unassigned characters stay.
static bool is_removed(int32_t c) {
    if (c < 0x80) return (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
    return c == 0xFFFD || (U_GET_GC_MASK(c) & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK)) != 0;
}

static void clean(xs_chars *text) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < text->n; i++) {
        xs_char c = text->at[i];
        if (c.c > ' ' && c.c < 0x7F) {
            text->at[kept++] = c;
            continue;
        }
        if (is_removed(c.c)) continue;
        if (xs_is_space(c.c)) c.c = ' ';
        text->at[kept++] = c;
    }
    text->n = kept;
}

static int separate_ideographs(xs_chars *text) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < text->n; i++) n += is_ideograph(text->at[i].c);
    if (!n) return XSNR_OK;
    xs_chars made = {.arena = text->arena};
    XS_TRY(xs_chars_reserve(&made, (size_t)text->n + 2 * (size_t)n));
    for (uint32_t i = 0; i < text->n; i++) {
        xs_char c = text->at[i];
        bool apart = is_ideograph(c.c);
        if (apart) xs_chars_put(&made, ' ', c.start, c.end);
        made.at[made.n++] = c;
        if (apart) xs_chars_put(&made, ' ', c.start, c.end);
    }
    *text = made;
    return XSNR_OK;
}

static int take_off_accents(xs_chars *text) {
    XS_TRY(xs_normalize_form(XS_NORMALIZE_NFD, text, NULL));
    uint32_t kept = 0;
    for (uint32_t i = 0; i < text->n; i++)
        if (text->at[i].c < 0x300 || u_charType(text->at[i].c) != U_NON_SPACING_MARK) text->at[kept++] = text->at[i];
    text->n = kept;
    return XSNR_OK;
}

// All that there is to do to ASCII, in one pass.
static void normalize_ascii(const xs_normalizer *step, xs_chars *text) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < text->n; i++) {
        xs_char c = text->at[i];
        if (step->clean_text && (c.c < ' ' || c.c == 0x7F)) {
            if (is_removed(c.c)) continue;
            if (xs_is_space(c.c)) c.c = ' ';
        }
        if (step->lowercase && c.c >= 'A' && c.c <= 'Z') c.c += 32;
        text->at[kept++] = c;
    }
    text->n = kept;
}

int xs_normalize_bert(const xs_normalizer *step, xs_chars *text) {
    int32_t all = 0; // bits that some character has
    for (uint32_t i = 0; i < text->n; i++) all |= text->at[i].c;
    if (all < 0x80) {
        normalize_ascii(step, text);
        return XSNR_OK;
    }
    if (step->clean_text) clean(text);
    if (step->chinese) XS_TRY(separate_ideographs(text));
    if (step->strip_accents) XS_TRY(take_off_accents(text));
    return step->lowercase ? xs_normalize_lowercase(text) : XSNR_OK;
}
