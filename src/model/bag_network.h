// The bag's network on a backend: the mean of word embeddings through one hidden layer.
//
//     m = dropout(mean_t E[id_t]),  h = dropout(f(W₁ m + b₁)),  logits = W₂ h + b₂
//
// Deep averaging network of one layer (Iyyer, Manjunatha, Boyd-Graber, Daumé 2015); without the hidden layer
// (`layer` 0: logits = W₂ m + b₂) it is fastText's classifier (Joulin, Grave, Bojanowski, Mikolov 2017).
#ifndef XSNR_MODEL_BAG_NETWORK_H
#define XSNR_MODEL_BAG_NETWORK_H
#include "math/backend.h"
#include "model/trainer.h"

enum { XS_BAG_TENSORS = 5 };

typedef struct xs_bag_config {
    uint32_t rows, hidden, layer, labels; // of E, its width, width of the hidden layer (0: none), classes
    xs_activate activation;
    double dropout;
    double init_scale; // standard deviation of new embeddings; new matrices have 1 / √columns, biases 0
} xs_bag_config;

typedef struct xs_bag_layout {
    xs_bag_config config;
    xs_parameter parameter[XS_BAG_TENSORS]; // (n)
    size_t n, total;
    xs_pair dense, classify; // E starts at 0
} xs_bag_layout;

typedef struct xs_bag_network {
    const xs_backend *ops;
    xs_device *device;
    const xs_bag_layout *layout;
    xs_buffer *memory, *integers; // everything below
    xs_packed packed;             // the batch
    xs_view id, document, label;
    xs_view embedded;             // (N, H) E[id]
    xs_view mean;                 // (B, H)
    xs_view layer, slope;         // (B, F) f(W₁ m + b₁), f′
    xs_view logits, loss, dlogits; // (B, C), (B), (B, C)
    xs_view dx, dmean, dlayer;    // gradients on their way: (N, H), (B, H), (B, F)
    xs_step_noise noise;          // of the last forward pass
    double *host;                 // (B, C) logits and their gradients on their way
} xs_bag_network;

void xs_bag_layout_new(const xs_bag_config *config, xs_bag_layout *out);
/// As the trainer sees it.
xs_trainee xs_bag_trainee(const xs_bag_layout *layout);

int xs_bag_network_new(const xs_backend *ops, xs_device *device, const xs_bag_layout *layout, const xs_batch_room *room,
                       xs_bag_network **out, xsnr_error *err);
void xs_bag_network_free(xs_bag_network *n);
/// Puts a batch, which must fit into the room.  Every text has at least one row.
void xs_bag_network_put(xs_bag_network *n, const xs_batch *batch);
/// Embeddings, then the rest.  Between the two a caller may change `embedded`.
void xs_bag_network_embed(xs_bag_network *n, xs_view parameters);
void xs_bag_network_forward(xs_bag_network *n, xs_view parameters, xs_step_noise noise);
/// Mean cross-entropy of the batch: n->loss, n->dlogits.
void xs_bag_network_loss(xs_bag_network *n, double smoothing);
/// From n->dlogits to n->dx, the gradient at `embedded`; and to gradients (+=) of all but E unless it is none.
void xs_bag_network_backward(xs_bag_network *n, xs_view parameters, xs_view gradients);

/// The logit of class target[b], or its probability, of texts given as matrices of their words' vectors: text b has
/// rows begin[b] .. begin[b+1] of vectors (N, H).  value (B), and unless NULL its gradient (N, H) at the vectors.
/// Dropout is off; a text's answer has the same bits whatever the others.
int xs_bag_network_gradient(xs_bag_network *n, xs_view parameters, uint32_t texts, const uint32_t *begin,
                            const double *vectors, const int *target, bool probability, double *value, double *gradient,
                            xsnr_error *err);
#endif
