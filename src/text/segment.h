// From bytes to words and sentences, by ICU.
//
// Words are those of UAX #29 as this ICU has it (its versions differ in "@user"), with these rules on top:
// * A segment without a letter or a number is a mark, and every mark is a word of its own: "..." is three
//   words, "…" (one character) is one, "___" is three.  Grapheme clusters stay whole: a flag, a family emoji
//   and a mark with its accents are one word each.
// * White space is in no word, not even the narrow no-break space that UAX #29 counts as a part of one
//   (« mot\u202F», 10\u202F000 is two words); nor are characters that show nothing at all.
// * French: an elided word keeps its apostrophe and is a word: l'|été, jusqu'|à, d'|aujourd'hui.  Only the
//   closed list of elided words is split: aujourd'hui, prud'homme, presqu'île, quelqu'un stay whole.  An
//   elided word that its apostrophe follows as a mark (l'« été », l'11 mai) takes it in.
// * Other languages keep the apostrophe inside: don't is one word.
//
// The form of a word is lower case (by the rules of the language) in NFC; ’ inside a word counts as '.
#ifndef XSNR_TEXT_SEGMENT_H
#define XSNR_TEXT_SEGMENT_H
#include "base/arena.h"
#include "base/error.h"
#include "base/intern.h"
#include "text/document.h"
#include <stdbool.h>

typedef struct xs_segmenter xs_segmenter; // one a thread: ICU's iterators keep state

/// `language`: "en", "fr" (splits elisions), "" or any other ICU locale.
int xs_segmenter_new(const char *language, xs_segmenter **out, xsnr_error *err);
void xs_segmenter_free(xs_segmenter *s);
/// Cuts doc->text (doc->length bytes, valid UTF-8) and sets words, n_words, n_sentences; the words live in
/// `arena`.  Forms are looked up in `forms`, and added to it if `add`.
int xs_segment(xs_segmenter *s, xs_document *doc, xs_intern *forms, bool add, xs_arena *arena, xsnr_error *err);
#endif
