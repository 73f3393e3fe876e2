// Phrases of a study: from files to spans of words of its explained texts.
//
// The files are those of rationales (text/rationale.h), of which ids and spans count: every span is a phrase of the words that it
// touches.  Phrases may overlap; the same words twice are one phrase.  Texts that are not explained are passed over; a file
// without any that is explained is an error, and so is a phrase without a word.
#ifndef XSNR_STUDY_PHRASES_H
#define XSNR_STUDY_PHRASES_H
#include "store/store.h"
#include "study/plan.h"

/// As xs_store_read_rationales and xs_study_rationales; the plan's key is corpus.phrases.
int xs_store_read_phrases(xs_store *store, const char *const *files, size_t n, bool write, bool *same, xsnr_error *err);
int xs_study_phrases(xs_store *store, const xs_plan *plan, bool write, bool *same, xsnr_error *err);
#endif
