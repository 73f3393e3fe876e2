// From bytes to words and sentences, by ICU.
#ifndef XSNR_TEXT_SEGMENT_H
#define XSNR_TEXT_SEGMENT_H
#include "base/arena.h"
#include "base/error.h"
#include "base/intern.h"
#include "text/document.h"
#include <stdbool.h>

typedef struct xs_segmenter xs_segmenter; // one a thread: ICU's iterators keep state

/// `language`: "en", "fr" (splits elisions: l'|été, qu'|il, not aujourd'hui), "" or any other ICU locale.
int xs_segmenter_new(const char *language, xs_segmenter **out, xsnr_error *err);
void xs_segmenter_free(xs_segmenter *s);
/// Cuts doc->text (doc->length bytes, valid UTF-8) and sets words, n_words, n_sentences; the words live in
/// `arena`.  Forms are looked up in `forms`, and added to it if `add`.
int xs_segment(xs_segmenter *s, xs_document *doc, xs_intern *forms, bool add, xs_arena *arena, xsnr_error *err);
#endif
