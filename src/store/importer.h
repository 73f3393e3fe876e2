// Between import.c, which makes a study of rows, and the files that each read one format.
#ifndef XSNR_STORE_IMPORTER_H
#define XSNR_STORE_IMPORTER_H
#include "base/intern.h"
#include "store/import.h"
#include "store/json.h"
#include <stdint.h>
#include <stdio.h>

enum { XS_IMPORT_TOKENS = 1 << 20 }; // most tokens of a text: more is another format, or a lie
enum { XS_SPANS = 4 }; // what a tokenisation is recognised by: tokens, offsets, text, kind, as they stand in the file

/// One way in which a text was cut.  Most texts have one.
typedef struct xs_import_cut {
    uint32_t text, family;
    uint32_t next;            // another of the same text; XS_NOT_INTERNED: none
    xs_json_span raw[XS_SPANS]; // in the importer's arena
    size_t n;
    const xs_json_span *token; // (n)
    const uint32_t *offsets;   // (n, 2) code points, or NULL
    const char *content;       // the text, or NULL
    bool words;                // tokens are words already
    bool unnamed;              // they have numbers for names: nothing is known of them but their number
    const char *file;
    long line;         // where it was first seen
    int32_t *word;     // (n) the word that each token is part of, −1: none; when joined
    size_t n_words;
} xs_import_cut;

/// A text, a model, as far as the rows have told.
typedef struct xs_import_text {
    const char *split; // NULL: not told
    int label;         // class, −1: none
    uint32_t tokens;   // first tokenisation; XS_NOT_INTERNED: none
    const char *content;       // when joined
    const xs_text_word *words; // (n_words)
    size_t n_words;
    bool dropped;
} xs_import_text;
typedef struct xs_import_model {
    uint32_t family;
    const char *name;
    int64_t number; // −1: its name is no number
    bool has_seeds;
    xs_seeds seeds;
    uint32_t position; // in its family, when all is read
    bool dropped;
} xs_import_model;

/// One explanation, as a format hands it over.  Spans without text: not told.
typedef struct xs_import_row {
    uint32_t family, explainer, model, text, tokens; // numbers that the importer gave
    int label, prediction, target;                   // classes, −1: not told
    const char *split;                               // in the importer's arena, NULL: not told
    const float *scores;                             // (n_scores)
    size_t n_scores;
    bool has_seeds, has_seed;
    xs_seeds seeds; // of the model
    uint64_t seed;  // of the explainer
    double gap, unattributed, standard_error, outside; // NaN: not told
    bool lost;      // a score is 0 as a float, and was not 0 where it came from
    long line;
} xs_import_row;

/// A row in the temporary file, followed by its scores; and where it is.
typedef struct xs_import_record {
    uint32_t tokens, n_scores, file, has_seed;
    int32_t target, prediction;
    int64_t line;
    uint64_t seed;
    double gap, unattributed, standard_error, outside;
} xs_import_record;
typedef struct xs_import_key {
    uint64_t order; // model, explainer, text
    uint64_t place;
} xs_import_key;
enum { XS_KEY_TEXT = 28, XS_KEY_EXPLAINER = 12, XS_KEY_MODEL = 24 }; // bits

typedef struct xs_importer {
    const xs_import_options *options;
    const char *const *files;
    size_t file; // at work
    xs_arena arena, line; // of everything; of one row
    xs_intern family_names, explainer_names, model_names, text_names, class_names;
    xs_import_model *models;
    xs_import_text *texts;
    xs_import_cut *tokens;
    size_t n_tokens, models_capacity, texts_capacity, tokens_capacity;
    xs_join *join; // (families) when all is read
    FILE *rows;    // unlinked
    uint64_t rows_size;
    xs_import_key *keys; // (n_keys)
    size_t n_keys, keys_capacity, double_rows;
    bool any_prediction, any_target; // of any row
    xs_str name; // room for composed names
    xs_str notes; // lines for the user
} xs_importer;

/// Numbers of names, given at their first appearance; XS_NOT_INTERNED: failed.
int xs_import_family(xs_importer *imp, xs_json_span name, uint32_t *out, xsnr_error *err);
int xs_import_explainer(xs_importer *imp, xs_json_span name, uint32_t *out, xsnr_error *err);
int xs_import_model_of(xs_importer *imp, uint32_t family, xs_json_span name, uint32_t *out, xsnr_error *err);
int xs_import_text_of(xs_importer *imp, xs_json_span name, long line, uint32_t *out, xsnr_error *err);
int xs_import_class(xs_importer *imp, xs_json_span name, int *out, xsnr_error *err);
/// The tokenisation of this text and family with these raw spans; XS_NOT_INTERNED: it is new.
uint32_t xs_import_known(const xs_importer *imp, uint32_t text, uint32_t family, const xs_json_span raw[XS_SPANS]);
/// Adds one; everything but next, word, n_words is the caller's, and is copied.
int xs_import_tokens(xs_importer *imp, const xs_import_cut *tokens, uint32_t *out, xsnr_error *err);
/// A row is complete.
int xs_import_add(xs_importer *imp, const xs_import_row *row, xsnr_error *err);
/// A line for the user, said once; the format as printf's.
void xs_import_note(xs_importer *imp, const char *format, ...) __attribute__((format(printf, 2, 3)));
/// Everything that an importer holds; its temporary file too.
void xs_import_free(xs_importer *imp);
/// The row whose numbers are not told.
xs_import_row xs_import_empty_row(void);
/// The name of the file at work without folder and endings: the model, where a format names none.
xs_json_span xs_import_stem(const xs_importer *imp);

/// import_words.c: is it [CLS], padding, …, a token that stands for no part of the text?
bool xs_import_special(const xs_json_span *token);
/// The byte that a character of GPT-2's alphabet stands for, -1: none.
int xs_import_byte(int32_t c);
/// import_offsets.c: an error if the offsets of a tokenisation do not belong to its tokens.
int xs_import_fit(xs_importer *imp, const xs_import_cut *tokens, xsnr_error *err);
/// The words of every text and tokenisation.
int xs_import_join(xs_importer *imp, xsnr_error *err);
/// import_write.c: sorts the rows, settles what is double or missing, writes the study to `path`.
int xs_import_write(xs_importer *imp, const char *path, xs_import_report *report, xsnr_error *err);

/// Formats: all rows of the file at work.
int xs_import_jsonl(xs_importer *imp, const char *path, xsnr_error *err);
int xs_import_csv(xs_importer *imp, const char *path, xsnr_error *err);
int xs_import_npz(xs_importer *imp, const char *path, xsnr_error *err);
int xs_import_thermostat(xs_importer *imp, const char *path, xsnr_error *err);
int xs_import_eraser(xs_importer *imp, const char *path, xsnr_error *err);
int xs_import_inseq(xs_importer *imp, const char *path, xsnr_error *err);
#endif
