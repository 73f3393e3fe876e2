// What holds of the words of every text in every language.
#ifndef XSNR_TESTS_TEXT_LAWS_H
#define XSNR_TESTS_TEXT_LAWS_H
#include "text/document.h"
#include "text/utf8.h"
#include <stdbool.h>
#include <stddef.h>
#include <unicode/uchar.h>

static inline bool law_blank(int32_t c) {
    return u_isUWhiteSpace(c) || u_charType(c) == U_CONTROL_CHAR ||
           u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

/// The law that the document's words break, NULL if they keep them all.
static inline const char *broken_law(const xs_document *doc) {
    uint32_t at = 0, cp = 0, sentence = 0; // how far the text was read
    for (uint32_t k = 0; k < doc->n_words; k++) {
        const xs_word *w = &doc->words[k];
        if (w->start < at) return "words are in order and do not overlap";
        if (w->start >= w->end || w->end > doc->length) return "a word has bytes, and they are the text's";
        for (; at < w->start; cp++)
            if (!law_blank(xs_utf8_next(doc->text, &at, doc->length))) return "what is in no word shows nothing";
        if (at != w->start || cp != w->cp_start) return "a word begins at a code point, and is counted right";
        bool alphanumeric = false;
        for (; at < w->end; cp++) {
            int32_t c = xs_utf8_next(doc->text, &at, doc->length);
            if (u_isUWhiteSpace(c)) return "white space is in no word";
            alphanumeric |= u_isUAlphabetic(c) || (U_GET_GC_MASK(c) & U_GC_N_MASK) != 0;
        }
        if (at != w->end || cp != w->cp_end) return "a word ends at a code point, and is counted right";
        if (alphanumeric == (w->kind == XS_WORD_MARK)) return "marks have no letters and no numbers, others have";
        if (w->sentence != sentence && (k == 0 || w->sentence != ++sentence)) return "sentences have no gaps";
    }
    while (at < doc->length)
        if (!law_blank(xs_utf8_next(doc->text, &at, doc->length))) return "what is in no word shows nothing";
    if (doc->n_sentences != (doc->n_words ? sentence + 1 : 0)) return "sentences are counted";
    return NULL;
}
#endif
