// What an explanation method is: one const struct of functions and a table of parameters.
#ifndef XSNR_EXPLAIN_EXPLAINER_H
#define XSNR_EXPLAIN_EXPLAINER_H
#include "base/arena.h"
#include "base/param.h"
#include "model/model.h"

/// The model that is explained: a family's functions on one trained model.
typedef struct xs_subject {
    const xs_family *family;
    const void *shared, *model;
    int classes;
    // What an explainer of the calling program is told beside (own.h); the others need none of it.
    const char *name;          // of the family in its study
    uint32_t index;            // of the model in its family
    const char *const *labels; // (classes)
    const char *split;         // that the texts are of
} xs_subject;

/// What is to be explained: a text's class `target`.  `seed`: of the `explain` stream, only for methods that sample.
typedef struct xs_task {
    const xs_document *doc;
    int target;
    uint64_t seed;
} xs_task;

/// One explanation of one text by one model.  `scores` is the caller's, (n_words).
typedef struct xs_explanation {
    double *scores;
    double *standard_error; // (n_words) the explainer's own sampling error; caller's, filled with 0 if exact
    double f_input;      // the explained quantity (logit or probability) of the whole text
    double f_baseline;   // of the baseline (all words absent; the bias for contribution)
    double gap;          // Σ scores − (f_input − f_baseline): 0 up to rounding for complete methods; NaN if not claimed
    double unattributed; // part of Σ scores that no word triggered and that was spread evenly
    double outside;      // share of Σ|scores of tokens| that tokens of no word got ([CLS], </s>, …); NaN: no tokens
    int64_t evaluations; // of the model
    const double *tokens; // (n_tokens) before they are joined to words, in the scratch arena; NULL: words only
    size_t n_tokens;
} xs_explanation;

typedef struct xs_explainer xs_explainer;
struct xs_explainer {
    const char *name, *help;
    const xs_param *params;
    unsigned needs; // bits of xs_provides that a family must have
    unsigned or_needs; // or these; 0: there is no other way
    bool samples;   // draws random numbers: its own noise is not the training's
    /// One text; or, for methods that gain by it, several at once (the others are NULL).
    int (*explain)(const xs_settings *settings, const xs_subject *subject, const xs_document *doc, int target,
                   uint64_t seed, xs_arena *scratch, xs_explanation *out, xsnr_error *err);
    int (*explain_all)(const xs_settings *settings, const xs_subject *subject, const xs_task *tasks, size_t count,
                       xs_arena *scratch, xs_explanation *out, xsnr_error *err);
    /// One text, for a method that is made at run time and finds what it needs behind itself (own.c); else NULL.
    int (*explain_self)(const xs_explainer *self, const xs_settings *settings, const xs_subject *subject, const xs_task *task,
                        xs_arena *scratch, xs_explanation *out, xsnr_error *err);
};

/// Can the method explain models of this family?
bool xs_explainer_serves(const xs_explainer *method, const xs_family *family);
/// Explains `count` texts into out (count), by whichever function the method has.
int xs_explain(const xs_explainer *method, const xs_settings *settings, const xs_subject *subject,
               const xs_task *tasks, size_t count, xs_arena *scratch, xs_explanation *out, xsnr_error *err);

#define XS_OUTPUT_PARAM                                                                                       \
    {"output", XS_CHOICE, "logit", 0, 0, "logit|probability", "what is explained: the target's logit or probability"}
#define XS_REPEATS_PARAM                                                                                      \
    {"repeats", XS_INT, "1", 1, 1000, NULL, "runs on each model, whose mean is kept; they measure the method's own noise"}
#define XS_PRECISION_PARAM                                                                                    \
    {"precision", XS_CHOICE, "float", 0, 0, "double|float", "of the relevance; double: about twice the time, errors of 1e-9 in the place of 1e-3"}
#define XS_WORDS_PARAM                                                                                        \
    {"words", XS_CHOICE, "sum", 0, 0, "sum|mean|max_abs|first", "how the scores of a word's tokens become one"}
#define XS_REMOVAL_PARAM                                                                                      \
    {"removal", XS_CHOICE, "mask", 0, 0, "mask|delete", "absent words become unknown words, or are cut out"}
#endif
