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
} xs_subject;

/// One explanation of one text by one model.  `scores` is the caller's, (n_words).
typedef struct xs_explanation {
    double *scores;
    double *standard_error; // (n_words) the explainer's own sampling error; caller's, filled with 0 if exact
    double f_input;      // the explained quantity (logit or probability) of the whole text
    double f_baseline;   // of the baseline (all words absent; the bias for contribution)
    double gap;          // Σ scores − (f_input − f_baseline): 0 up to rounding for complete methods; NaN if not claimed
    double unattributed; // part of Σ scores that no word triggered and that was spread evenly
    int64_t evaluations; // of the model
} xs_explanation;

typedef struct xs_explainer {
    const char *name, *help;
    const xs_param *params;
    unsigned needs; // bits of xs_provides that a family must have
    bool samples;   // draws random numbers: its own noise is not the training's
    /// `target`: the class explained.  `seed`: of the `explain` stream, only for methods that sample.
    int (*explain)(const xs_settings *settings, const xs_subject *subject, const xs_document *doc, int target,
                   uint64_t seed, xs_arena *scratch, xs_explanation *out, xsnr_error *err);
} xs_explainer;

#define XS_OUTPUT_PARAM                                                                                       \
    {"output", XS_CHOICE, "logit", 0, 0, "logit|probability", "what is explained: the target's logit or probability"}
#define XS_REMOVAL_PARAM                                                                                      \
    {"removal", XS_CHOICE, "mask", 0, 0, "mask|delete", "absent words become unknown words, or are cut out"}
#endif
