// Lists of words that a user can replace: sections of words, phrases and endings.
#ifndef XSNR_TEXT_WORD_LISTS_H
#define XSNR_TEXT_WORD_LISTS_H
#include "base/arena.h"
#include "base/error.h"
#include "base/intern.h"
#include <stdint.h>

#define XS_MOST_SECTIONS 32

/// A phrase of two words or more, as numbers of forms.
typedef struct xs_phrase {
    unsigned section;
    uint32_t count;
    const uint32_t *form; // (count)
} xs_phrase;

/// The lists, matched against a lexicon: what every form of it belongs to.
typedef struct xs_word_lists {
    uint32_t *sections;   // (n_forms) bit s: the form is in section s
    uint32_t n_forms;
    xs_phrase *phrases;   // (n_phrases) by first form, longest first
    uint32_t n_phrases;
    uint32_t *first_phrase; // (n_forms + 1) phrases that begin with a form
    xs_arena arena;
} xs_word_lists;

/// Parses the text of a list file and matches it against `forms`.  `names` (n) are the sections that must be
/// there, each once; `file` is for messages.  Format: "[section]", then a line a word or phrase, "-ending" for
/// every word that ends so (and has three letters more), "!word" for one that an ending must not take; "#"
/// begins a comment.  Words are compared in lower case, with ’ as '.
int xs_word_lists_parse(const char *text, size_t size, const char *file, const char *const *names, unsigned n,
                        const xs_intern *forms, xs_word_lists *out, xsnr_error *err);
void xs_word_lists_free(xs_word_lists *lists);
/// The longest phrase of `section` that begins at word 0 of forms (n); 0: none, else its number of words.
uint32_t xs_word_lists_phrase(const xs_word_lists *lists, unsigned section, const uint32_t *forms, uint32_t n);
#endif
