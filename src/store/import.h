// Explanations made elsewhere become a study file (docs/formats.md).
//
// A format reads files and hands rows to the importer; the importer holds what is common to the rows (texts, tokens,
// models, classes) in memory and their scores in a temporary file beside the study, so that memory is bounded by the
// texts and not by the models.  When all files are read it joins tokens to words, finds what is missing or double, and
// writes the study; until then nothing stands under its name.
#ifndef XSNR_STORE_IMPORT_H
#define XSNR_STORE_IMPORT_H
#include "store/store.h"

/// How the scores of a word's tokens become its score.
typedef enum xs_pooling { XS_POOL_SUM, XS_POOL_MEAN, XS_POOL_MAX_ABS, XS_POOL_FIRST } xs_pooling;
/// Which tokens are a word.
typedef enum xs_join {
    XS_JOIN_AUTO,          // found out, for every family
    XS_JOIN_NONE,          // every token is a word
    XS_JOIN_OFFSETS,       // tokens that touch in the text, and have no mark at the seam
    XS_JOIN_WORDPIECE,     // ##ing goes on
    XS_JOIN_SENTENCEPIECE, // ▁ begins a word
    XS_JOIN_BYTELEVEL,     // Ġ begins a word; characters stand for bytes
} xs_join;
/// What happens to texts that some models have not explained.
typedef enum xs_missing { XS_MISSING_ERROR, XS_MISSING_DROP_TEXTS, XS_MISSING_DROP_MODELS } xs_missing;

typedef struct xs_import_options {
    const char *format;              // "jsonl", …; NULL: by the file's name
    const char *study;               // title
    const char *family, *explainer;  // names where the files have none; NULL: "imported"
    const char *documents;           // ERASER: docs.jsonl, or a folder of files; NULL: beside the file
    const char *settings;            // one-line JSON, of the analysis to come; a fact
    xs_join join;
    xs_pooling pooling;
    xs_missing missing;
    bool keep_first; // of rows that are there twice; else an error
    /// The token with this id, or NULL; NULL: ids stand for themselves (thermostat).
    const char *(*token)(void *context, uint32_t id);
    void *context;
    /// Asked when the study is written and has no name yet; NULL: nothing more is to be done.
    int (*complete)(void *context, xs_store *store, xsnr_error *err);
    void *complete_context;
} xs_import_options;

/// Names by value: "auto", "none", …; "sum", …; "error", ….
extern const char *const xs_join_names[6], *const xs_pooling_names[4], *const xs_missing_names[3];

/// What was done, for the user.
typedef struct xs_import_report {
    size_t texts, models, families, rows, dropped_texts, dropped_models, double_rows;
    char joined[256]; // "wordpiece" or "bert: wordpiece, roberta: offsets"
    char notes[2048]; // lines for the user, each with its end
} xs_import_report;

/// Imports `files` (n) to a new study file at `path`; one that is there is an error.
int xs_store_import(const char *const *files, size_t n, const xs_import_options *options, const char *path,
                    xs_import_report *report, xsnr_error *err);
#endif
