// Training of encoders: one model after another in the same memory.
//
// AdamW with linear warm-up and decay over the true number of steps, gradients clipped at a norm, batches of
// similar length.  The seeds' streams are independent: `init` draws the new weights, `order` the order of texts
// and batches, `dropout` what is dropped, `sample` a bootstrap of the training texts.
#ifndef XSNR_MODEL_ENCODER_TRAIN_H
#define XSNR_MODEL_ENCODER_TRAIN_H
#include "model/encoder_network.h"
#include "model/model.h"

/// Texts as ids, with the template's tokens, cut to the model's length.  Text i has begin[i] .. begin[i+1].
typedef struct xs_encoded {
    size_t count;
    size_t *begin;   // (count + 1)
    uint32_t *id;    // (begin[count])
    uint32_t *kind;  // (begin[count]) token types, or NULL: all 0
    int32_t *label;  // (count) −1: none
} xs_encoded;

typedef struct xs_encoder_recipe {
    double rate, warmup, decay, clip, smoothing; // warmup: share of the steps; clip 0: none
    int epochs, patience;                        // patience: epochs without a better valid loss; 0: no early stop
    uint32_t batch;
    bool constant; // the rate stays as it is
    bool lazy; // rows of the word embeddings that a step does not touch do not move: not AdamW any more
} xs_encoder_recipe;

typedef struct xs_trainer xs_trainer;

/// For texts of at most `longest` tokens.  Everything given must outlive it.
int xs_trainer_new(const xs_backend *ops, const xs_encoder_layout *layout, const xs_encoder_recipe *recipe,
                   uint32_t longest, xs_trainer **out, xsnr_error *err);
void xs_trainer_free(xs_trainer *t);
/// Bytes that a trainer takes, with the model it trains.
size_t xs_trainer_bytes(const xs_backend *ops, const xs_encoder_layout *layout, const xs_encoder_recipe *recipe,
                        uint32_t longest);
const xs_profile *xs_trainer_profile(const xs_trainer *t); // of all that it did

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
