// Training of networks on a backend: one model after another in the same memory.
//
// AdamW with linear warm-up and decay over the true number of steps, gradients clipped at a norm, batches of
// similar length.  The seeds' streams are independent: `init` draws the new weights, `order` the order of texts
// and batches, `dropout` what is dropped, `sample` a bootstrap of the training texts.
//
// A network here is anything that begins with a table of word embeddings and ends with logits.
#ifndef XSNR_MODEL_TRAINER_H
#define XSNR_MODEL_TRAINER_H
#include "math/backend.h"
#include "model/batch.h"
#include "model/model.h"
#include "model/parameters.h"

/// Texts as ids, cut to the model's length.  Text i has begin[i] .. begin[i+1].
typedef struct xs_encoded {
    size_t count;
    size_t *begin;   // (count + 1)
    uint32_t *id;    // (begin[count])
    uint32_t *kind;  // (begin[count]) token types, or NULL: all 0
    int32_t *label;  // (count) −1: none
} xs_encoded;
void xs_encoded_free(xs_encoded *e);

/// A kind of network, as far as its training sees it.  Parameters and gradients are views of the whole block.
typedef struct xs_network_kind {
    int (*open)(const xs_backend *ops, xs_device *device, const void *layout, const xs_batch_room *room, void **network,
                xsnr_error *err);
    void (*close)(void *network); // NULL: nothing happens
    size_t (*bytes)(const xs_backend *ops, const void *layout, const xs_batch_room *room); // that open would take
    /// New values (count) of a parameter, by its own stream of `seed`.
    void (*initialise)(const void *layout, size_t parameter, uint64_t seed, double *values);
    void (*put)(void *network, const xs_batch *batch);
    xs_view (*forward)(void *network, xs_view parameters, xs_step_noise noise); // logits (B, C)
    xs_view (*loss)(void *network, double smoothing);                           // cross-entropies (B)
    void (*backward)(void *network, xs_view parameters, xs_view gradients);     // of the mean loss, +=
} xs_network_kind;

/// What is trained.  Parameter 0 is the word embeddings (vocabulary, hidden).
typedef struct xs_trainee {
    const xs_network_kind *kind;
    const void *layout;            // the kind's own
    const xs_parameter *parameter; // (n)
    size_t n, total;               // tensors, numbers
    uint32_t vocabulary, hidden, labels;
    uint32_t unknown; // id that stands for dropped words
} xs_trainee;

typedef struct xs_recipe {
    double rate, warmup, decay, clip, smoothing; // warmup: share of the steps; clip 0: none
    int epochs, patience;                        // patience: epochs without a better valid loss; 0: no early stop
    uint32_t batch;
    bool constant; // the rate stays as it is
    bool bf16; // linear layers round what they multiply to bfloat16, while a model is trained
    bool lazy; // rows of the word embeddings that a step does not touch do not move: not AdamW any more
    double word_dropout; // probability that a token of a training batch is `unknown` instead
} xs_recipe;

typedef struct xs_trainer xs_trainer;

/// For texts of at most `longest` tokens.  `trainee` is copied; everything else given must outlive the trainer.
int xs_trainer_open(const xs_backend *ops, const xs_trainee *trainee, const xs_recipe *recipe, uint32_t longest,
                    xs_trainer **out, xsnr_error *err);
void xs_trainer_free(xs_trainer *t);
/// Bytes that xs_trainer_open would take, with the model it trains.
size_t xs_trainer_size(const xs_backend *ops, const xs_trainee *trainee, const xs_recipe *recipe, uint32_t longest);
const xs_profile *xs_trainer_profile(const xs_trainer *t); // of all that it did
/// Its network, of the trainee's kind, with room for the recipe's batch of longest texts: for other uses of it.
void *xs_trainer_network(xs_trainer *t);

/// New values by `seed`; where `start` (total floats) is given, all of it but the tensors that `absent` (n) marks.
int xs_trainer_initialise(xs_trainer *t, xs_buffer *parameters, uint64_t seed, const float *start, const bool *absent,
                          xsnr_error *err);
/// Trains `parameters` on the labelled texts.  `valid` is used with patience alone.  Loss or weights that are not
/// finite are XSNR_ERR_NUMERIC.
int xs_trainer_run(xs_trainer *t, xs_buffer *parameters, const xs_seeds *seeds, const xs_encoded *train,
                   const xs_encoded *valid, xs_training *record, xsnr_error *err);
/// Logits (count, C) of texts: text i has ids id[begin[i]] .. id[begin[i+1]].  Dropout is off.
int xs_trainer_predict(xs_trainer *t, const xs_buffer *parameters, size_t count, const size_t *begin,
                       const uint32_t *id, double *logits, xsnr_error *err);
#endif
