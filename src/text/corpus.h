// The corpus of a study: train, valid and test, read, checked, segmented.
#ifndef XSNR_TEXT_CORPUS_H
#define XSNR_TEXT_CORPUS_H
#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/intern.h"
#include "text/document.h"
#include <stdbool.h>

typedef enum xs_split_id { XS_TRAIN, XS_VALID, XS_TEST, XS_SPLITS } xs_split_id;

/// What to read.  Strings are not owned.
typedef struct xs_corpus_source {
    const char *path[XS_SPLITS]; // train is required; valid and test may be NULL
    const char *text, *label;    // column names
    const char *id;              // column name, or NULL: rows are numbered
    const char *language;        // "en", "fr", …; chooses elisions and word lists
    bool eraser;                 // files are ERASER's annotations (text/eraser.h); columns are not asked for
    const char *documents;       // of ERASER: docs.jsonl or the folder; NULL: beside the file
} xs_corpus_source;

typedef struct xs_split {
    xs_document *docs; // (count)
    size_t count;
    const char *path;
} xs_split;

/// Immutable once loaded; safe to read from many threads.
typedef struct xs_corpus {
    xs_split split[XS_SPLITS];
    const char **labels; // (n_labels) names of the classes, sorted by bytes
    int n_labels;
    const char *language;
    const char *folder; // that other paths of the study are relative to; NULL: the working folder
    xs_intern forms; // lower-cased words of all splits
    char hash[XS_HASH_HEX]; // of every text, label and id, in order: the data the study was made from
    xs_arena arena; // everything above
} xs_corpus;

/// Reads, checks (at least two classes in train, no label elsewhere that train lacks, UTF-8, no NUL) and
/// segments, on `threads` threads; the result does not depend on their number.
int xs_corpus_load(const xs_corpus_source *source, int threads, xs_corpus **out, xsnr_error *err);
void xs_corpus_free(xs_corpus *corpus);
const char *xs_split_name(xs_split_id split); // "train", "valid", "test"
#endif
