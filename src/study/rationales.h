// Rationales of a study: from files to marks on the words of its explained texts.
//
// Texts that are not explained are passed over; a file without any that is explained is an error, and so is an annotator who
// marks a text twice for one class.  A rationale that names no class speaks for the text's gold class, if it has one.
#ifndef XSNR_STUDY_RATIONALES_H
#define XSNR_STUDY_RATIONALES_H
#include "store/store.h"
#include "study/plan.h"

/// Reads the files (n) and keeps in the store what they say of its texts, in the place of what it had; n = 0: nothing.
/// `write` false: nothing is kept, and *same tells whether the store has the same already.
int xs_store_read_rationales(xs_store *store, const char *const *files, size_t n, bool write, bool *same, xsnr_error *err);
/// The same of a plan's files: those of corpus.rationales, else those of ERASER's explained split.
int xs_study_rationales(xs_store *store, const xs_plan *plan, bool write, bool *same, xsnr_error *err);
#endif
