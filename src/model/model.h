// What a family of models is: one const struct of functions and a table of parameters.
//
// A family is prepared once a study (features, vocabulary, …: everything that its models share), then any
// number of its models is trained at the same time, each by one thread.  A model is immutable after training.
#ifndef XSNR_MODEL_MODEL_H
#define XSNR_MODEL_MODEL_H
#include "base/arena.h"
#include "base/param.h"
#include "base/str.h"
#include "model/inside.h"
#include "text/corpus.h"
#include "text/features.h"

/// What a family can give an explainer.
enum xs_provides {
    XS_PREDICTS = 1,   // logits of a text with any words removed
    XS_ADDITIVE = 2,   // logits are sums over features that words made: exact contributions
    XS_GRADIENTS = 4,  // gradients at the tokens' vectors
    XS_ATTENTION = 8,  // attention of every layer
    XS_RELEVANCE = 16, // relevance propagation
};

/// The independent sources of randomness of one training.  `sample` is 0 when the study does not vary it: then
/// every training text is used once; otherwise n of n texts are drawn with replacement.
typedef struct xs_seeds {
    uint64_t init, order, dropout, sample;
    uint64_t model; // number of the model in its family, for families that are not made from seeds
} xs_seeds;

/// How logits become probabilities.
typedef enum xs_link {
    XS_LINK_PAIR,    // two classes, logits are −z and z: p = σ(logit)
    XS_LINK_SOFTMAX, // p = softmax(logits)
} xs_link;

/// What a training leaves behind beside the model.
typedef struct xs_training {
    double loss;   // training loss at the end (the objective that was minimised)
    int64_t steps; // updates made
    int epochs;
    bool converged; // solvers that iterate to a tolerance; the others never claim it
} xs_training;

/// Quality of a model on a labelled split.
typedef struct xs_quality {
    size_t texts;
    double accuracy, macro_f1, log_loss, calibration_error; // ECE, 15 equal-width bins of confidence
} xs_quality;

typedef struct xs_family {
    const char *name, *help;
    const xs_param *params;  // ended by a row without a name
    unsigned provides;       // XS_PREDICTS | …
    const xs_inside *inside; // gradients, attention, relevance; NULL: none of them
    const char *streams;     // the seeds this family draws from, "init|order|sample"
    /// What a table of parameters cannot say of the settings of a family of `models` models; `file` and `line` are for the
    /// message.  May be NULL.
    int (*check)(const xs_settings *settings, uint32_t models, const char *file, long line, xsnr_error *err);
    /// Everything its models share.  `corpus` must outlive it.
    int (*prepare)(const xs_settings *settings, const xs_corpus *corpus, int threads, void **shared,
                   xsnr_error *err);
    void (*release)(void *shared);
    /// Something to be said once about the data ("12 of 8007 texts were cut to 64 tokens"), or NULL; may be NULL.
    const char *(*notice)(const void *shared);
    /// Where the time of all models so far went, as lines of a table; may be NULL.
    void (*profile)(const void *shared, xs_str *out);
    /// Bytes that training one model takes beside the shared ones; NULL: not worth counting.
    size_t (*memory)(const void *shared);
    /// Which streams differ from model to model if the study does not say ("init, order"), given the settings.
    const char *(*vary)(const xs_settings *settings);
    xs_link (*link)(const void *shared);
    /// Trains one model.  The same seeds give the same bits, whatever else runs.
    int (*train)(const void *shared, const xs_seeds *seeds, xs_arena *scratch, void **model, xs_training *record,
                 xsnr_error *err);
    void (*free_model)(void *model);
    /// The model as bytes that `load` reads back to the same bits (little-endian).
    int (*save)(const void *shared, const void *model, xs_str *out, xsnr_error *err);
    int (*load)(const void *shared, const void *bytes, size_t size, void **model, xsnr_error *err);
    /// Logits of all texts of a split: (count, C), row-major.
    int (*predict_split)(const void *shared, const void *model, xs_split_id split, xs_arena *scratch,
                         double *logits, xsnr_error *err);
    /// Logits of one text with words removed, for `count` masks: present (count, n_words) nonzero = kept;
    /// NULL with count 1 is the whole text.  logits (count, C).
    int (*predict)(const void *shared, const void *model, const xs_document *doc, const uint8_t *present,
                   size_t count, xs_removal removal, xs_arena *scratch, double *logits, xsnr_error *err);
    /// XS_ADDITIVE only: scores (n_words) of class `target`, the bias, and the part that no word triggered,
    /// which is already spread evenly over the words.  Σ scores + bias = logit.
    int (*contribution)(const void *shared, const void *model, const xs_document *doc, int target,
                        xs_arena *scratch, double *scores, double *bias, double *unattributed, xsnr_error *err);
} xs_family;

/// p (C) from logits (C).
void xs_probabilities(xs_link link, int classes, const double *logits, double *p);
/// Accuracy, macro F1, log loss and calibration error of logits (count, C) against the labels of the split.
int xs_quality_of(xs_link link, int classes, const double *logits, const xs_split *split, xs_arena *scratch,
                  xs_quality *out, xsnr_error *err);
#endif
