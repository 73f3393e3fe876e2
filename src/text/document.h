// Documents: a text, cut once into words that every family shares.
//
// Words × models is what everything else stands on, so a text has one segmentation for all families.  Words
// are ICU's (UAX #29), a punctuation mark is a word of its own, white space belongs to none.
// Invariants: words are in order and do not overlap; start < end ≤ length; byte offsets lie on UTF-8
// boundaries; sentences are numbered 0, 1, … without gaps.
#ifndef XSNR_TEXT_DOCUMENT_H
#define XSNR_TEXT_DOCUMENT_H
#include <stdint.h>

/// Longest text, in bytes: a novel still fits, and no line of a hostile file can keep a study busy.
#define XS_TEXT_LIMIT (1u << 20)

typedef enum xs_word_kind { XS_WORD_LETTERS, XS_WORD_NUMBER, XS_WORD_MARK } xs_word_kind;

typedef struct xs_word {
    uint32_t start, end;           // bytes of the text
    uint32_t cp_start, cp_end;     // the same in Unicode code points
    uint32_t sentence;             // number of its sentence in the text
    uint32_t kind;                 // xs_word_kind
    uint32_t form;                 // its lower-cased form in the corpus's lexicon, XS_NOT_INTERNED if not there
} xs_word;

typedef struct xs_document {
    const char *id;   // from the corpus's `id` column, or SPLIT:NUMBER, NUMBER = 1-based row
    const char *text; // UTF-8, NUL-terminated, without a NUL inside
    uint32_t length;  // bytes
    int32_t label;    // index of its class; −1: none given
    const xs_word *words;
    uint32_t n_words, n_sentences;
} xs_document;

/// How words that are not `present` are taken away from a text when a model is asked without them.
typedef enum xs_removal {
    XS_REMOVE_MASK,   // each is replaced by an unknown word (encoders: the mask token): nothing moves together
    XS_REMOVE_DELETE, // they are cut out: their neighbours become neighbours
} xs_removal;
#endif
