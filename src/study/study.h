// A study at work: the plan, its corpus, its families prepared, its file open.
#ifndef XSNR_STUDY_STUDY_H
#define XSNR_STUDY_STUDY_H
#include "stats/results.h"
#include "store/store.h"
#include "study/plan.h"
#include "study/selection.h"
#include "text/corpus.h"
#include <pthread.h>
#include <stdatomic.h>

struct xs_crew;

/// A family of the study while it runs.
typedef struct xs_study_family {
    const xs_plan_family *plan;
    xs_store_family row;
    void *shared;        // what the family prepared; NULL while not needed
    unsigned char *done; // (models) bits of xs_store_progress
    uint64_t *missing;   // (models) bit k: explainer k of the plan is to be run
} xs_study_family;

typedef struct xs_study {
    xs_plan *plan;
    xs_store *store; // NULL: another process has the file
    xs_corpus *corpus;
    xs_selection explained;
    const char **labels; // (n_labels), of the corpus
    int n_labels;
    xs_study_family *families; // (plan->n_families)
    int threads;
    uint32_t shard, shards; // see xs_work_options
    uint64_t seed;
    const atomic_int *stop;
    bool profile;
    xsnr_progress_fn *progress;
    void *progress_user;
    pthread_mutex_t *progress_lock;
    uint64_t done, total, resumed;
    uint32_t helpers; // other processes at work on it now
    xs_arena arena;
} xs_study;

/// How a study is worked on; zero-initialised: all processors, every model.
typedef struct xs_work_options {
    int threads;            // 0: all processors
    uint32_t shard, shards; // only every shards-th model, the shard-th (from 1) first; shards 0: all models
    bool profile;
    const struct xs_crew *crew; // who does the jobs; NULL: threads of this process
    const atomic_int *stop;
    xsnr_progress_fn *progress;
    void *user;
} xs_work_options;

/// Trains and explains whatever is missing in the file at `path` (created if absent): stages is a set of
/// XSNR_TRAIN and XSNR_EXPLAIN.  Refuses a file of another plan or other data.
int xs_study_work(xs_plan *plan, const char *path, unsigned stages, const xs_work_options *how, xsnr_error *err);

/// What a job has made, to be kept.
typedef struct xs_outcome {
    enum xs_outcome_kind {
        XS_MADE_MODEL,        // with its explanations, or failed
        XS_MADE_EXPLANATIONS, // of a model that is there: only family and index of `model` are set
        XS_MADE_FAILURE       // a model that is there cannot be explained: and failure
    } kind;
    xs_store_model model;
    const xs_store_explanation *explanations; // (n)
    size_t n;
} xs_outcome;
typedef int xs_keep_fn(void *context, const xs_outcome *outcome, xsnr_error *err);
/// Keeps it in the study file, in one transaction; `context` is the xs_store.
xs_keep_fn xs_study_keep;

/// One model: trained unless it is there, evaluated, explained by whatever is missing, and given to `keep` as a whole.
/// Divergence is recorded with the model, and is not an error.
typedef struct xs_job_way {
    unsigned stages;
    const void *saved; // bytes of a model that is there, where the study has no store; NULL: it was not saved
    size_t n_saved;
    xs_keep_fn *keep;
    void *context;
} xs_job_way;
int xs_study_job(xs_study *study, xs_study_family *family, uint32_t model, const xs_job_way *way, xs_arena *scratch,
                 xsnr_error *err);

/// Reads corpus and explained texts.
int xs_study_read(xs_study *study, xsnr_error *err);
/// Room for `done` and `missing`, all zero.
int xs_study_family_room(xs_study *study, xs_study_family *family, xsnr_error *err);
/// As many threads as memory holds models in training; what a model needs is said.
int xs_study_threads_that_fit(xs_study *study);
/// Something that the user should know, once.
void xs_study_say(xs_study *study, const char *family, const char *notice);
/// Releases families, store, corpus and arena.
void xs_study_end(xs_study *study);

/// A model that is in the file: from its bytes, or trained again from its seeds, to the same bits.
int xs_study_model(xs_study *study, const xs_study_family *family, uint32_t index, xs_arena *scratch, void **model,
                   xsnr_error *err);
/// Prepares the family unless it is; what it has to say is passed on.
int xs_study_prepare(xs_study *study, xs_study_family *family, xsnr_error *err);
/// Passes rc on; a setting that these data do not bear (XSNR_ERR_CONFIG) has the line of its family for its place.
int xs_study_place(const xs_study *study, const xs_study_family *family, int rc, xsnr_error *err);
/// Progress: `done` more of the stage.
void xs_study_tell(xs_study *study, const char *stage, const char *family, uint64_t done);
/// Judges all explanations as the plan's `faithfulness` says, where that was not done yet.
int xs_study_faithfulness(xs_study *study, xsnr_error *err);

/// The seeds of model `index`: streams that do not vary have the family's seed 0; `sample` is 0 (no
/// bootstrap) unless it varies.
xs_seeds xs_study_seeds(const xs_plan_family *family, uint64_t seed, uint32_t index);

/// How a study is assessed beside what its plan says.
typedef struct xs_assess_options {
    int threads; // 0: as many as there are processors
    const atomic_int *stop;
    xsnr_progress_fn *progress;
    void *user;
    const char *statistics; // a list in the place of the plan's; NULL: the plan's
    bool keep_scores;       // of single models, with the results, of as many texts as the page has room for
    double page_mb;         // in the place of the plan's report.page_mb; 0: the plan's
    const char *words;      // signal and noise of groups of words too: those of xs_word_groups("part" or "type"); NULL: none
    size_t memory;          // bytes of results that may lie in memory before a temporary file takes them; 0: 16 MB
    const char *text;       // id of the only text that is assessed; NULL, or of no text: all are
} xs_assess_options;

/// Statistics of everything in the store, as the plan's settings say.  `results` is the caller's, zero-initialised; its arena is
/// to be freed even after a failure.
int xs_study_assess(xs_store *store, const xs_plan *plan, const xs_assess_options *options, xs_results *results,
                    xsnr_error *err);
/// The groups of words that "part" and "type" have, NULL-terminated; NULL: there is no such grouping.
const char *const *xs_word_groups(const char *by);
/// The bits of a list of statistics, "a, b"; `all` resolved.
int xs_statistics_parse(const char *list, unsigned *bits, xsnr_error *err);
#endif
