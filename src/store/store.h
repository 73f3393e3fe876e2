// The study file: one SQLite database, schema.sql is its documentation.
//
// WAL, foreign keys on, application_id and user_version set.  There is one writer (the process that holds the
// lock); xs_store functions may be called from several threads, they serialise themselves.  A model's row, its
// test predictions and its explanations are written in one transaction: after kill -9 a model is there whole
// or not at all.  Scores are little-endian float32, predictions little-endian float32 logits.
#ifndef XSNR_STORE_STORE_H
#define XSNR_STORE_STORE_H
#include "base/arena.h"
#include "base/error.h"
#include "model/model.h"
#include "stats/results.h"
#include <stdbool.h>

#define XS_STORE_SCHEMA 1 // user_version
enum { XS_STORE_MODELS = 1 << 20 }; // most models of a family
typedef struct xs_store xs_store;

typedef enum xs_store_mode {
    XS_STORE_READ,
    XS_STORE_WRITE, // created if absent; takes the lock
    XS_STORE_MAKE,  // the same, of a file that nobody knows yet and that is removed if anything fails: its journal is
                    // in memory, so that nothing is written twice; complete after xs_store_finish
} xs_store_mode;

/// Opens a study file.  Not SQLite, another application's, a later schema, cut short: an error that says so.
/// XS_STORE_WRITE takes an flock on PATH.lock (holder's process id, host and start time inside); if it is held:
/// XSNR_ERR_BUSY naming the holder.  A new file appears whole (schema in one transaction) or not at all.
int xs_store_open(const char *path, xs_store_mode mode, xs_store **out, xsnr_error *err);
/// Checkpoints, closes, releases the lock.  Safe on NULL.
void xs_store_close(xs_store *store);
const char *xs_store_path(const xs_store *store);
/// Of XS_STORE_MAKE: what was written since the last call begins to go to the disk, so that xs_store_finish need not wait long.
void xs_store_flow(xs_store *store);
/// Of XS_STORE_MAKE: the file is on the disk, and is from now on written like any other.
int xs_store_finish(xs_store *store, xsnr_error *err);

/// Facts of the study (plan, name, seed, data hash, version, …): text by key.
int xs_store_put_fact(xs_store *store, const char *key, const char *value, xsnr_error *err);
/// *value in `arena`; NULL if there is none.
int xs_store_fact(xs_store *store, const char *key, xs_arena *arena, const char **value, xsnr_error *err);
int xs_store_facts(xs_store *store, xs_arena *arena, xs_fact **facts, size_t *n, xsnr_error *err); // by key

/// A family of the study.  The same name again must bring the same type and settings, or XSNR_ERR_SCHEMA.
typedef struct xs_store_family {
    int64_t id; // out
    const char *name, *type, *settings; // settings: one-line JSON
    uint32_t models; // planned, or the highest that is there if the plan has shrunk
    uint32_t made;   // out, of xs_store_families: models that are there, failed ones too
} xs_store_family;
int xs_store_put_family(xs_store *store, xs_store_family *family, xsnr_error *err);
int xs_store_families(xs_store *store, xs_arena *arena, xs_store_family **out, size_t *n, xsnr_error *err);

/// The classes, by index; and the texts that are explained, with their words.
int xs_store_put_labels(xs_store *store, const char *const *labels, int n, xsnr_error *err);
int xs_store_labels(xs_store *store, xs_arena *arena, const char ***labels, int *n, xsnr_error *err);
typedef struct xs_store_text {
    int64_t id;              // 0, 1, …: position among the explained texts
    const char *name;        // the document's id
    const char *split, *text;
    int label;               // −1: none
    const xs_text_word *words; // (n_words)
    size_t n_words;
} xs_store_text;
int xs_store_put_texts(xs_store *store, const xs_store_text *texts, size_t n, xsnr_error *err);
int xs_store_texts(xs_store *store, xs_arena *arena, xs_store_text **out, size_t *n, xsnr_error *err);
/// Labels of the split that equivalence is decided on ("test"); (n) indices.
int xs_store_put_gold(xs_store *store, const char *split, const int32_t *labels, size_t n, xsnr_error *err);
int xs_store_gold(xs_store *store, const char *split, xs_arena *arena, int32_t **labels, size_t *n, xsnr_error *err);

/// The words of a text that one annotator marked for one class.
typedef struct xs_store_rationale {
    int64_t text;               // xs_store_text.id
    const char *annotator;      // "": not named
    int label;                  // class, −1: whatever is explained
    const unsigned char *marks; // (n_words) 1: marked
    size_t n_words;
} xs_store_rationale;
/// Replaces all rationales of the study and the fact `rationales`, in one transaction; `hash` NULL: there are none, and no fact.
int xs_store_put_rationales(xs_store *store, const xs_store_rationale *rows, size_t n, const char *hash, xsnr_error *err);
/// By text, class, annotator.  A file made before there were any has none.
int xs_store_rationales(xs_store *store, xs_arena *arena, xs_store_rationale **out, size_t *n, xsnr_error *err);

/// Phrases that the data give, by text and place; they may overlap.
typedef struct xs_store_phrases {
    int64_t *text; // (n) xs_store_text.id
    xs_span *span; // (n)
    size_t n;
} xs_store_phrases;
/// As rationales; the fact is `phrases`.
int xs_store_put_phrases(xs_store *store, const xs_store_phrases *phrases, const char *hash, xsnr_error *err);
int xs_store_phrases_of(xs_store *store, xs_arena *arena, xs_store_phrases *out, xsnr_error *err);

/// One explanation of one text by one model.
typedef struct xs_store_explanation {
    int64_t text;          // xs_store_text.id
    const char *explainer; // name
    const char *settings;  // one-line JSON
    int target;            // class explained; −1: not known (of imports)
    uint64_t seed;         // of the explain stream
    double f_input, f_baseline, gap, unattributed; // NaN is stored as NULL
    double standard_error; // root mean square over words of the explainer's own sampling error
    double outside;        // share of the tokens' scores that tokens of no word had; NaN: no tokens
    size_t n_words;
    const float *scores;   // (n_words)
} xs_store_explanation;

/// One model of a family.
typedef struct xs_store_model {
    int64_t family;
    uint32_t index;         // 0, 1, … in the family
    xs_seeds seeds;
    const char *failure;    // why training failed, or NULL
    xs_training training;
    double seconds;         // of training
    bool has_valid, has_test;
    xs_quality valid, test;
    const float *test_logits; size_t n_test_logits;       // (texts × classes), may be NULL
    const float *explain_logits; size_t n_explain_logits; // (explained texts × classes)
    const void *bytes; size_t n_bytes;                    // the saved model, NULL if models are not kept
} xs_store_model;

/// Writes a model and its explanations in one transaction (replaces nothing: a model that is there is an error).
int xs_store_put_model(xs_store *store, const xs_store_model *model, const xs_store_explanation *explanations,
                       size_t n, xsnr_error *err);
/// Adds explanations to a model that is there, in one transaction.
int xs_store_put_explanations(xs_store *store, int64_t family, uint32_t index,
                              const xs_store_explanation *explanations, size_t n, xsnr_error *err);
/// Marks a model that is there as failed, and removes its explanations.
int xs_store_fail_model(xs_store *store, int64_t family, uint32_t index, const char *failure, xsnr_error *err);
/// done (models): bit 0 the model is there, bit 1 it has failed.  explainer NULL; else bit 2: all its texts are
/// explained by that explainer.
int xs_store_progress(xs_store *store, int64_t family, const char *explainer, uint32_t models, unsigned char *done,
                      xsnr_error *err);
/// All models of a family in index order, without their bytes, with the logits that are asked for.
typedef enum xs_logits { XS_LOGITS_NONE, XS_LOGITS_TEST, XS_LOGITS_EXPLAIN, XS_LOGITS_BOTH } xs_logits;
int xs_store_models(xs_store *store, int64_t family, xs_logits logits, xs_arena *arena, xs_store_model **out, size_t *n,
                    xsnr_error *err);
/// One model's of XS_LOGITS_TEST or XS_LOGITS_EXPLAIN: *out (n) in `arena`; n = 0: it has none.
int xs_store_logits(xs_store *store, int64_t family, uint32_t index, xs_logits which, xs_arena *arena, const float **out,
                    size_t *n, xsnr_error *err);
/// The saved bytes of one model, in `arena`; *bytes NULL if it was not kept.
int xs_store_model_bytes(xs_store *store, int64_t family, uint32_t index, xs_arena *arena, const void **bytes,
                         size_t *n, xsnr_error *err);
/// One model with all that belongs to it, its bytes and test logits included; it must be there.
int xs_store_model_of(xs_store *store, int64_t family, uint32_t index, xs_arena *arena, xs_store_model *out,
                      xsnr_error *err);
/// All its explanations, by explainer in the order in which they were first written, then by text.
int xs_store_explanations_of(xs_store *store, int64_t family, uint32_t index, xs_arena *arena, xs_store_explanation **out,
                             size_t *n, xsnr_error *err);
/// Names of the explainers that a family has, in the order in which they were first written.
int xs_store_explainers(xs_store *store, int64_t family, xs_arena *arena, const char ***names, size_t *n,
                        xsnr_error *err);
/// Their settings, JSON objects, in the same order.
int xs_store_explainer_settings(xs_store *store, int64_t family, xs_arena *arena, const char ***settings, size_t *n,
                                xsnr_error *err);
/// All explanations of one text by one family and explainer, in model order.
typedef struct xs_store_scores {
    size_t models, words;
    uint32_t *model; // (models) index in the family
    double *scores;  // (models, words)
    int *target;     // (models)
    uint64_t *seed;  // (models) of the explain stream
    double *gap, *unattributed, *standard_error, *outside; // (models) NaN: none
} xs_store_scores;
int xs_store_scores_of(xs_store *store, int64_t family, const char *explainer, int64_t text, xs_arena *arena,
                       xs_store_scores *out, xsnr_error *err);

/// The same of several texts, ascending by id, in the order in which they are stored: out (n_texts), each with room for every model of
/// the family.
int xs_store_scores_of_texts(xs_store *store, int64_t family, const char *explainer, const xs_store_text *texts, size_t n_texts,
                             xs_arena *arena, xs_store_scores *out, xsnr_error *err);

/// How faithful one explanation is, and its text's ranking by the mean over models, and one at random.
typedef struct xs_store_faithfulness {
    uint32_t model;      // index in the family (reading)
    int64_t text;
    const char *explainer, *removal; // "mask" or "delete"
    uint32_t models;     // that the mean is of
    float judged[3][2][5]; // own, mean, random; comprehensiveness, sufficiency; shares of the words
} xs_store_faithfulness;
/// Rows of one model, in one transaction; those that are there are replaced.
int xs_store_put_faithfulness(xs_store *store, int64_t family, uint32_t index, const xs_store_faithfulness *rows,
                              size_t n, xsnr_error *err);
/// missing (slots): set to 1 for models that were not judged beside `models` models on all that they explain.
int xs_store_faithfulness_missing(xs_store *store, int64_t family, const char *removal, uint32_t models,
                                  uint32_t slots, unsigned char *missing, xsnr_error *err);
/// All rows of one explainer, by model and text, one after the other: they are as many as explanations.
typedef void xs_store_judged_fn(void *context, const xs_store_faithfulness *row);
int xs_store_each_faithfulness(xs_store *store, int64_t family, const char *explainer, const char *removal, xs_store_judged_fn *see,
                               void *context, xsnr_error *err);

/// Is the file whole and consistent: SQLite's integrity and foreign keys, sizes of blobs against words, counts,
/// finite scores, seeds distinct where they should vary, models and explanations as they were written (checksums).  One line a finding is appended to `findings`;
/// *n_findings counts them.
int xs_store_check(const char *path, xs_str *findings, size_t *n_findings, xsnr_error *err);
#endif
