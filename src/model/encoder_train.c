// The encoder's network as the trainer sees it.  Its classifier reads the first token alone: nothing else is computed
// in the last layer.
#include "model/encoder_train.h"

static int open_network(const xs_backend *ops, xs_device *device, const void *layout, const xs_batch_room *room,
                        void **network, xsnr_error *err) {
    xs_network *n;
    XS_TRY(xs_network_new(ops, device, layout, room, true, &n, err));
    *network = n;
    return XSNR_OK;
}

static void close_network(void *network) { xs_network_free(network); }

static size_t bytes(const xs_backend *ops, const void *layout, const xs_batch_room *room) {
    return xs_network_bytes(ops, layout, room, true);
}

static void initialise(const void *layout, size_t parameter, uint64_t seed, double *values) {
    xs_parameter_initialise(layout, parameter, seed, values);
}

static void put(void *network, const xs_batch *batch) { xs_network_put(network, batch); }

static xs_view forward(void *network, xs_view parameters, xs_step_noise noise) {
    xs_network *n = network;
    xs_network_embed(n, parameters);
    xs_network_forward(n, parameters, noise, true);
    return n->logits;
}

static xs_view loss(void *network, double smoothing) {
    xs_network *n = network;
    xs_network_loss(n, smoothing);
    return n->loss;
}

static void backward(void *network, xs_view parameters, xs_view gradients) {
    xs_network_backward(network, parameters, gradients);
    xs_network_backward_tables(network, gradients);
}

static const xs_network_kind encoder_kind = {open_network, close_network, bytes, initialise, put, forward, loss, backward};

xs_trainee xs_encoder_trainee(const xs_encoder_layout *l) {
    return (xs_trainee){.kind = &encoder_kind,
                        .layout = l,
                        .parameter = l->parameter,
                        .n = l->n,
                        .total = l->total,
                        .vocabulary = l->config.vocabulary,
                        .hidden = l->config.hidden,
                        .labels = l->config.labels};
}
