// The encoder's network on a backend: forward, backward, and what it keeps in between.
//
// Post-layer-norm transformer (Vaswani et al. 2017; Devlin et al. 2019), in Hugging Face's three forms:
//
//     x₀ = dropout(LN(word + type + position))
//     a = dropout(O attention(x)),  y = LN(x + a),  f = dropout(W₂ gelu(W₁ y)),  x′ = LN(y + f)         layer
//     bert: classify(dropout(tanh(dense x₀)));  roberta: classify(dropout(tanh(dense(dropout x₀))));
//     distilbert: classify(dropout(relu(dense x₀)))                                 x₀: the first token
//
// The classifier reads the first token alone.  So in the last layer only that token needs a query, an output
// and a feed-forward; its keys and values need all tokens.  With `first_only` nothing else is computed: the
// logits and gradients are the same numbers, at less than three fifths of the work of two layers.
#ifndef XSNR_MODEL_ENCODER_NETWORK_H
#define XSNR_MODEL_ENCODER_NETWORK_H
#include "math/backend.h"
#include "model/batch.h"
#include "model/encoder_layout.h"

/// What a layer keeps of its forward pass, (rows, width) each; with first_only the last layer's rows are B.
typedef struct xs_layer_state {
    xs_view x;            // (N, H) its input
    xs_view qkv;          // (N, 3H)
    xs_view probability;  // (h Σ T²)
    xs_view context;      // (N, H)
    xs_view sum1, stat1;  // (N, H) x + a, (N, 2)
    xs_view y;            // (N, H)
    xs_view up, slope;    // (N, F) gelu(W₁ y + b₁), its derivative
    xs_view sum2, stat2;  // (N, H) y + f
} xs_layer_state;

typedef struct xs_network {
    const xs_backend *ops;
    xs_device *device;
    const xs_encoder_layout *layout;
    xs_batch_room room;
    bool keeps;                    // layers keep what the backward pass needs
    xs_buffer *memory, *integers;  // everything below
    xs_packed packed;              // the batch
    xs_view id, kind, place, document, label;
    xs_view embedded, stat;        // (N, H) before the first layer norm
    xs_layer_state *layer;         // (layers)
    xs_view output;                // (N, H) of the last layer; (B, H) with first_only
    xs_view cls, pooled, pooled_slope; // (B, H) input of the head's dense layer, input of classify, f′
    xs_view logits, loss, dlogits; // (B, C), (B), (B, C)
    xs_view dx, dy, dqkv, dup;     // gradients on their way: (N, H), (N, H), (N, 3H), (N, F)
    bool first_only;               // of the last forward pass
    xs_step_noise noise;           // of the last forward pass
    uint32_t *host;                // room to compose what is put into `integers`
} xs_network;

/// `keeps`: for training and explanations; else only forward passes are possible.
int xs_network_new(const xs_backend *ops, xs_device *device, const xs_encoder_layout *layout,
                   const xs_batch_room *room, bool keeps, xs_network **out, xsnr_error *err);
void xs_network_free(xs_network *n);
/// Bytes that xs_network_new would take.
size_t xs_network_bytes(const xs_backend *ops, const xs_encoder_layout *layout, const xs_batch_room *room, bool keeps);

/// Puts a batch, which must fit into the room.
void xs_network_put(xs_network *n, const xs_batch *batch);
/// Embeddings, then layers and head.  Between the two a caller may change `embedded`.
void xs_network_embed(xs_network *n, xs_view parameters);
void xs_network_forward(xs_network *n, xs_view parameters, xs_step_noise noise, bool first_only);
/// Mean cross-entropy of the batch: n->loss, n->dlogits.
void xs_network_loss(xs_network *n, double smoothing);
/// From n->dlogits to gradients (+=), all but the embedding tables' unless `gradients` is none; afterwards n->dx is
/// the gradient at `embedded`.
void xs_network_backward(xs_network *n, xs_view parameters, xs_view gradients);
/// Gradients (+=) of the embedding tables from n->dx.
void xs_network_backward_tables(xs_network *n, xs_view gradients);
#endif
