// What the families of trained networks have in common: a recipe, texts as ids, trainers that wait, models kept.
//
// A family's own shared state begins with an xs_trained, so that the functions below stand in the family's table as
// they are.  Models are of floats; they are kept as safetensors under the parameters' names.
#ifndef XSNR_MODEL_TRAINED_H
#define XSNR_MODEL_TRAINED_H
#include "model/trainer_pool.h"

/// Rows of the table of parameters that xs_recipe_of reads.
#define XS_RECIPE_PARAMS(epochs, rate, rate_help)                                                                      \
    {"epochs", XS_INT, epochs, 1, 1e6, NULL, "passes over the training texts"},                                        \
        {"batch", XS_INT, "32", 1, 4096, NULL, "texts a step"}, {"rate", XS_REAL, rate, 0, 1, NULL, rate_help},        \
        {"warmup", XS_REAL, "0.1", 0, 1, NULL, "share of the steps in which the rate grows; then it falls to 0"},      \
        {"schedule",         XS_CHOICE, "linear", 0, 0, "linear|constant",                                             \
         "after the warm-up the rate falls to 0; or it never changes"},                                                \
        {"decay", XS_REAL, "0.01", 0, 1, NULL, "weight decay of matrices and embeddings"},                             \
        {"clip", XS_REAL, "1", 0, 1e6, NULL, "longest gradient; 0: any"},                                              \
        {"smoothing", XS_REAL, "0", 0, 0.99, NULL, "label smoothing"},                                                 \
        {"patience", XS_INT, "0", 0, 1e6, NULL, "stop after so many epochs without a better valid loss; 0: never"},    \
    {"embeddings", XS_CHOICE, "dense", 0, 0, "dense|lazy", "lazy: words that a step does not see do not move"}

typedef struct xs_trained {
    const xs_backend *ops;
    xs_device *home; // owns the models' parameters
    xs_recipe recipe;
    xs_trainee trainee;
    uint32_t longest;       // most tokens of a text
    float *start;           // (total) what training starts from, or NULL: from nothing
    bool *absent;           // (n) what of it is new
    xs_encoded texts[XS_SPLITS];
    xs_trainer_pool *pool;  // NULL: nothing is trained here
    char notice[320];
} xs_trained;

typedef struct xs_trained_model {
    const xs_trained *shared;
    xs_buffer *parameters;
    uint64_t number; // no other parameters of the process have it
} xs_trained_model;

/// The CPU's floats.
int xs_trained_open(xs_trained *t, xsnr_error *err);
/// The recipe of `settings`, for the corpus's splits; patience without valid texts is an error.
int xs_trained_recipe(xs_trained *t, const xs_settings *settings, const xs_corpus *corpus, xsnr_error *err);
/// After trainee, recipe, longest and texts.
int xs_trained_ready(xs_trained *t, xsnr_error *err);
/// Says something before the training.
void xs_trained_tell(xs_trained *t, const char *what);
/// Says how many texts were cut to `longest` of `what`; none: nothing.
void xs_trained_cut(xs_trained *t, size_t cut, size_t texts, uint32_t longest, const char *what);
void xs_trained_close(xs_trained *t);

/// A model whose parameters are 0; free it with xs_trained_free_model.
int xs_trained_model_new(const xs_trained *t, xs_trained_model **out, xsnr_error *err);
/// Its parameters from values (total).
int xs_trained_model_put(xs_trained_model *m, const float *values, xsnr_error *err);

/// Functions of xs_family; `shared` begins with an xs_trained.
const char *xs_trained_notice(const void *shared);
void xs_trained_profile(const void *shared, xs_str *out);
size_t xs_trained_memory(const void *shared);
xs_link xs_trained_link(const void *shared);
int xs_trained_train(const void *shared, const xs_seeds *seeds, xs_arena *scratch, void **model, xs_training *record,
                     xsnr_error *err);
void xs_trained_free_model(void *model);
int xs_trained_save(const void *shared, const void *model, xs_str *out, xsnr_error *err);
int xs_trained_load(const void *shared, const void *bytes, size_t size, void **model, xsnr_error *err);
int xs_trained_predict_split(const void *shared, const void *model, xs_split_id split, xs_arena *scratch,
                             double *logits, xsnr_error *err);
/// Logits (count, C) of texts as ids, by a trainer of the pool.
int xs_trained_predict(const xs_trained *t, const xs_trained_model *m, size_t count, const size_t *begin,
                       const uint32_t *id, double *logits, xsnr_error *err);
#endif
