// Where an encoder's parameters lie: one table of names and shapes, in Hugging Face's order of modules.
//
// All parameters are one block; gradients and optimiser states are blocks of the same layout.  The three matrices
// of query, key and value follow each other, and so do their biases: one product computes all three.
#ifndef XSNR_MODEL_ENCODER_LAYOUT_H
#define XSNR_MODEL_ENCODER_LAYOUT_H
#include "base/arena.h"
#include "model/encoder_config.h"
#include "model/parameters.h"

typedef struct xs_encoder_layout {
    xs_encoder_config config;
    xs_parameter *parameter; // (n)
    size_t n, total;         // tensors, numbers
    size_t word, position, type;
    xs_pair norm;            // of the embeddings
    struct xs_encoder_layer {
        xs_pair qkv, out, norm1, up, down, norm2; // qkv (3H, H)
    } *layer;                // (layers)
    xs_pair dense, classify; // the head's two linear layers
    const char *prefix;      // "bert.", "roberta.", "distilbert."
} xs_encoder_layout;

/// Everything lives in `arena`.  `config` is copied, but not its strings.
int xs_encoder_layout_new(const xs_encoder_config *config, xs_arena *arena, xs_encoder_layout *out, xsnr_error *err);
/// New values (count) of parameter `index`, by its own stream of `seed`: normal with initializer_range, 0, or 1.
void xs_parameter_initialise(const xs_encoder_layout *l, size_t index, uint64_t seed, double *values);
#endif
