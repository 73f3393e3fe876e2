// What the parts of the assessment of a study share; study.h has its entrance.
#ifndef XSNR_STUDY_ASSESS_H
#define XSNR_STUDY_ASSESS_H
#include "stats/beyond.h"
#include "stats/crossed.h"
#include "study/study.h"

typedef struct xs_assessment {
    xs_store *store;
    const xs_plan *plan;
    const xs_settings *general; // the plan's
    const xs_assess_options *options;
    unsigned statistics; // bits, XS_STAT_ALL resolved
    int threads;
    xs_store_text *texts;
    size_t n_texts;
    size_t first, explained;    // which of the study's texts, `explained` of them, the first of these is
    const uint32_t **word_group; // (n_texts) of every word, or NULL
    uint32_t word_groups;
    const xs_store_rationale **rationales; // (n_texts) of each text, n_rationales of them; NULL: the study has none
    size_t *n_rationales;                  // (n_texts)
    const xs_span **phrases;               // (n_texts) of each text, n_phrases of them; NULL: the study has none
    size_t *n_phrases;                     // (n_texts)
    const char **annotators;               // (n_annotators) of all texts, by bytes
    size_t n_annotators;
    const char **labels;
    int n_labels;
    int32_t *gold;
    size_t n_gold;
    size_t room;                 // scores of one family and explainer that are kept with the results
    xs_arena *workers, *scratch; // (threads) of the parallel loops: memory that goes to the results, and that does not
    xs_spill *spill;             // where results lie that are too many for memory
    xs_results *out;
} xs_assessment;

/// One family while it is assessed.
typedef struct xs_member {
    xs_assessment *a;
    xs_store_family *row;   // NULL: the family is the annotators
    xs_store_model *models; // (n)
    size_t n;               // rows in the store, failed ones too
    uint32_t highest;       // 1 + the largest model index
    unsigned char *keep;    // (highest) equivalent
    uint32_t *place;        // (highest) among the equivalent ones
    size_t equivalent;
    const uint32_t *everyone; // (equivalent) their indices, in order
    const xs_crossing *crossing; // in the results' arena; NULL: no two models share a seed by design
    int32_t *predicted;       // (n_texts, highest) 1 + the class that each predicts, 0: not known; NULL: of none
    xs_family_result *result;
} xs_member;

/// One text and explainer of a family, as it comes from the store, in `arena`: the models that count, in order.
typedef struct xs_gathered {
    size_t models, words, disagreeing;
    uint32_t *model; // (models) index in the family
    double *raw;     // (models, words)
    double *scores;  // the same, normalised
    size_t zero_rows;
    int target, vote; // class explained, class that most models predict; −1: not known
    double gap, unattributed, outside, explainer_noise; // largest, and means over models
    double *own_noise; // (models) what the explainer's draws add to the variance of each model's scores; NULL: not known
} xs_gathered;
/// `stored`: as it came from the store, of a family of models.
int xs_gather(const xs_member *m, const xs_store_scores *stored, size_t text, xs_arena *arena, xs_gathered *out, xsnr_error *err);

/// Fails if the analysis was asked to stop: looked at between two texts, and between two steps that take long.
int xs_assess_goes_on(const xs_assessment *a, xsnr_error *err);

/// Phrases by text.
int xs_assess_phrases(xs_assessment *a, xs_arena *arena, xsnr_error *err);
/// Rationales by text, and who marked them.
int xs_assess_rationales(xs_assessment *a, xs_arena *arena, xsnr_error *err);
/// Has any text two annotators, so that they are a family?
bool xs_assess_has_people(const xs_assessment *a);
/// Annotators as a family: what each marked, in the place of a model's explanation.
int xs_assess_people(xs_assessment *a, xs_family_result *out, xs_arena *scratch, xsnr_error *err);
/// The text as annotators marked it, for the class of most of them.
int xs_gather_people(const xs_assessment *a, size_t text, xs_arena *arena, xs_gathered *out, xsnr_error *err);
/// Share of the annotators of `target` that marked each word, in `arena`; *annotators 0 and *marked NULL: nobody was asked.
int xs_marked_for(const xs_assessment *a, size_t text, int target, xs_arena *arena, double **marked, size_t *annotators,
                  xsnr_error *err);

/// Is the family crossed?  NULL if not; in `arena`.
int xs_assess_crossing(const xs_member *m, xs_arena *scratch, xs_arena *arena, const xs_crossing **out, xsnr_error *err);
/// Groups of words as the options ask for them.
int xs_group_words(xs_assessment *a, xs_arena *arena, xsnr_error *err);
/// The statistics of all texts by one explainer, pooled.
int xs_assess_explainer(xs_member *m, const char *name, xs_explainer_result *out, xs_arena *scratch, xsnr_error *err);
/// Word types over texts, into `out`.
int xs_assess_types(const xs_explainer_result *explainer, xs_arena *scratch, xs_nested *out, xsnr_error *err);
/// The sources of the noise, if the family is crossed; else nothing changes.
int xs_assess_sources(xs_member *m, const char *explainer, xs_arena *scratch, xs_pooled_beyond *out, xsnr_error *err);
/// All explainers of a family at once; *out stays NULL if there is but one.
int xs_assess_several(xs_member *m, xs_arena *scratch, const xs_several **out, xsnr_error *err);
#endif
