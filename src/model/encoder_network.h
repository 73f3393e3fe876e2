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
// and a feed-forward, and with one query a text its keys and values need not be computed either (attention_first of
// backend.h).  With `first_only` nothing else is: the logits and gradients are the same numbers but for rounding, at
// hardly more than half the work of two layers.  A network that keeps relevance computes keys and values all the same.
#ifndef XSNR_MODEL_ENCODER_NETWORK_H
#define XSNR_MODEL_ENCODER_NETWORK_H
#include "math/backend.h"
#include "model/batch.h"
#include "model/encoder_layout.h"

/// What a network keeps of its forward pass: nothing but the logits; what the backward pass needs; and, beside that,
/// what relevance propagation needs.
typedef enum xs_keeps { XS_KEEP_NOTHING, XS_KEEP_GRADIENT, XS_KEEP_RELEVANCE } xs_keeps;

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
    xs_view a, z, f;      // (N, H) O attention, (N, F) W₁ y + b₁, (N, H) W₂ … + b₂, before sums and activation
    xs_view dprobability; // (h Σ T²) gradient at the probabilities
    xs_view relevance;    // (h Σ T²) relevance there
} xs_layer_state;

typedef struct xs_network {
    const xs_backend *ops;
    xs_device *device;
    const xs_encoder_layout *layout;
    xs_batch_room room;
    xs_keeps keeps;
    xs_buffer *memory, *integers;  // everything below
    xs_packed packed;              // the batch
    xs_view id, kind, place, document, label, row; // row: 0, 1, … N − 1
    xs_view embedded, stat;        // (N, H) before the first layer norm
    xs_layer_state *layer;         // (layers)
    xs_view asked;                 // (B, (2h + 1) H) of the last layer's attention with first_only
    xs_view output;                // (N, H) of the last layer; (B, H) with first_only
    xs_view cls, pooled, pooled_slope; // (B, H) input of the head's dense layer, input of classify, f′
    xs_view dense;                 // (B, H) the head's dense layer before its activation (relevance)
    xs_view logits, loss, dlogits; // (B, C), (B), (B, C)
    xs_view dx, dy, dqkv, dup;     // gradients on their way: (N, H), (N, H), (N, 3H), (N, F)
    xs_view spare[3];              // (N, max(F, 3H)) each (relevance)
    bool first_only, given;        // of the last forward pass: only first tokens; the first layer's qkv were there
    xs_step_noise noise;           // of the last forward pass
    uint32_t *host;                // room to compose what is put into `integers`
} xs_network;

int xs_network_new(const xs_backend *ops, xs_device *device, const xs_encoder_layout *layout,
                   const xs_batch_room *room, xs_keeps keeps, xs_network **out, xsnr_error *err);
void xs_network_free(xs_network *n);
/// Bytes that xs_network_new would take.
size_t xs_network_bytes(const xs_backend *ops, const xs_encoder_layout *layout, const xs_batch_room *room, xs_keeps keeps);

/// Puts a batch, which must fit into the room.
void xs_network_put(xs_network *n, const xs_batch *batch);
/// Embeddings, then layers and head.  Between the two a caller may change `embedded`.
void xs_network_embed(xs_network *n, xs_view parameters);
/// The same with the word embeddings given, vectors (N, H), which may be n->dy.
void xs_network_embed_vectors(xs_network *n, xs_view parameters, xs_view vectors);
void xs_network_forward(xs_network *n, xs_view parameters, xs_step_noise noise, bool first_only);
/// The same for who has put the first of two layers or more its input and its qkv already (layer[0].x, layer[0].qkv): without
/// dropout, of the first tokens only.
void xs_network_forward_given(xs_network *n, xs_view parameters);
/// Mean cross-entropy of the batch: n->loss, n->dlogits.
void xs_network_loss(xs_network *n, double smoothing);
/// From n->dlogits to gradients (+=), all but the embedding tables' unless `gradients` is none; afterwards n->dx is
/// the gradient at `embedded`.
void xs_network_backward(xs_network *n, xs_view parameters, xs_view gradients);
/// The first part of it: down to layer `until`, whose input's gradient n->dx is then if `whole`; else it ends at that
/// layer's probabilities.
void xs_network_backward_layers(xs_network *n, xs_view parameters, xs_view gradients, uint32_t until,
                                bool whole);
/// Gradients (+=) of the embedding tables from n->dx.
void xs_network_backward_tables(xs_network *n, xs_view gradients);

/// Relevance from n->dlogits, where the caller put it, down to layer `until`: every layer's `relevance`, and n->dx
/// at the layer's input if `whole` (else it ends at that layer's probabilities).  The network keeps relevance, and its
/// last forward pass had no dropout.  `absolute`: as xs_network_absolute made it (Chefer's rules only).
void xs_network_relevance(xs_network *n, xs_view parameters, xs_view absolute, xs_relevance_rule rule, uint32_t until,
                          bool whole);
/// |W| of every matrix of the layers and the head, −b of their biases; absolute (total).
void xs_network_absolute(xs_network *n, xs_view parameters, xs_view absolute);
/// AttnLRP's relevance at `embedded` from that at the first layer's input, both n->dx.
void xs_network_relevance_embedded(xs_network *n, xs_view parameters);
#endif
