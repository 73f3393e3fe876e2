// Forward and backward passes of the bag; formulas in bag_network.h.
#include "model/bag_network.h"
#include "base/alloc.h"
#include "base/random.h"
#include <math.h>

static size_t add(xs_bag_layout *l, const char *name, xs_tensor_role role, size_t rows, size_t columns) {
    xs_parameter *p = &l->parameter[l->n++];
    *p = (xs_parameter){.name = name,
                        .role = role,
                        .rank = columns ? 2 : 1,
                        .shape = {rows, columns},
                        .at = l->total,
                        .count = rows * (columns ? columns : 1)};
    l->total += p->count;
    return p->at;
}

void xs_bag_layout_new(const xs_bag_config *c, xs_bag_layout *l) {
    *l = (xs_bag_layout){.config = *c};
    add(l, "embeddings.weight", XS_ROLE_WORD, c->rows, c->hidden);
    if (c->layer) {
        l->dense.w = add(l, "hidden.weight", XS_ROLE_MATRIX, c->layer, c->hidden);
        l->dense.b = add(l, "hidden.bias", XS_ROLE_BIAS, c->layer, 0);
    }
    l->classify.w = add(l, "classifier.weight", XS_ROLE_MATRIX, c->labels, c->layer ? c->layer : c->hidden);
    l->classify.b = add(l, "classifier.bias", XS_ROLE_BIAS, c->labels, 0);
}

static void initialise(const void *layout, size_t parameter, uint64_t seed, double *values) {
    const xs_bag_layout *l = layout;
    const xs_parameter *p = &l->parameter[parameter];
    double scale = p->role == XS_ROLE_BIAS   ? 0
                   : p->role == XS_ROLE_WORD ? l->config.init_scale
                                             : 1 / sqrt((double)p->shape[1]);
    xs_rng rng = xs_rng_at(seed, XS_STREAM_INIT, (uint32_t)parameter, 0);
    for (size_t i = 0; i < p->count; i++) values[i] = scale > 0 ? scale * xs_rng_normal(&rng) : 0;
}

// Views are carved out of one block; the first walk, without a block, only counts.
static xs_view carve(xs_buffer *block, size_t *used, size_t n) {
    xs_view v = {block, *used};
    *used += (n + 15) / 16 * 16; // every array starts on a line of the cache
    return v;
}

static size_t carve_reals(xs_bag_network *n, const xs_bag_config *c, const xs_batch_room *r) {
    size_t used = 0, N = r->rows, B = r->texts, H = c->hidden, F = c->layer, C = c->labels;
    xs_buffer *m = n->memory;
    n->embedded = carve(m, &used, N * H);
    n->mean = carve(m, &used, B * H);
    n->layer = carve(m, &used, B * F);
    n->slope = carve(m, &used, B * F);
    n->logits = carve(m, &used, B * C);
    n->loss = carve(m, &used, B);
    n->dlogits = carve(m, &used, B * C);
    n->dx = carve(m, &used, N * H);
    n->dmean = carve(m, &used, B * H);
    n->dlayer = carve(m, &used, B * F);
    return used;
}

static size_t carve_ints(xs_bag_network *n, const xs_batch_room *r) {
    size_t used = 0;
    n->packed.begin = carve(n->integers, &used, r->texts + 1);
    n->id = carve(n->integers, &used, r->rows);
    n->document = carve(n->integers, &used, r->texts);
    n->label = carve(n->integers, &used, r->texts);
    return used;
}

int xs_bag_network_new(const xs_backend *ops, xs_device *device, const xs_bag_layout *layout, const xs_batch_room *room,
                       xs_bag_network **out, xsnr_error *err) {
    const xs_bag_config *c = &layout->config;
    xs_bag_network *n = XS_NEW(xs_bag_network);
    if (!n) return xs_nomem(err);
    *n = (xs_bag_network){.ops = ops, .device = device, .layout = layout};
    n->host = XS_NEW_ARRAY(double, (size_t)room->texts * c->labels);
    int rc = n->host ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK) rc = ops->reals(device, carve_reals(n, c, room), &n->memory, err);
    if (rc == XSNR_OK) rc = ops->ints(device, carve_ints(n, room), &n->integers, err);
    if (rc < 0) {
        xs_bag_network_free(n);
        return rc;
    }
    carve_reals(n, c, room);
    carve_ints(n, room);
    *out = n;
    return XSNR_OK;
}

void xs_bag_network_free(xs_bag_network *n) {
    if (!n) return;
    if (n->memory) n->ops->release(n->device, n->memory);
    if (n->integers) n->ops->release(n->device, n->integers);
    xs_free(n->host);
    xs_free(n);
}

void xs_bag_network_put(xs_bag_network *n, const xs_batch *batch) {
    const xs_backend *ops = n->ops;
    uint32_t B = batch->texts;
    n->packed.texts = B;
    n->packed.rows = batch->begin[B];
    n->packed.longest = 0;
    for (uint32_t b = 0; b < B; b++) {
        uint32_t T = batch->begin[b + 1] - batch->begin[b];
        if (T > n->packed.longest) n->packed.longest = T;
    }
    ops->put_ints(n->device, n->packed.begin, batch->begin, B + 1);
    if (batch->id) ops->put_ints(n->device, n->id, batch->id, n->packed.rows);
    if (batch->document) ops->put_ints(n->device, n->document, batch->document, B);
    if (batch->label) ops->put_ints(n->device, n->label, batch->label, B);
}

void xs_bag_network_embed(xs_bag_network *n, xs_view P) {
    xs_view none = {0};
    n->ops->embed(n->device, n->packed.rows, n->layout->config.hidden, n->id, none, none, P, none, none, n->embedded);
}

// Places of dropout: 0 whole words (the trainer's), 1 the mean, 2 the hidden layer.
static void drop(xs_bag_network *n, uint32_t site, size_t width, xs_view x) {
    xs_dropout o = {.p = n->noise.on ? n->layout->config.dropout : 0,
                    .seed = n->noise.seed,
                    .site = site,
                    .step = n->noise.step,
                    .document = n->document};
    n->ops->dropout(n->device, &n->packed, width, true, &o, x);
}

void xs_bag_network_forward(xs_bag_network *n, xs_view P, xs_step_noise noise) {
    const xs_backend *o = n->ops;
    const xs_bag_layout *l = n->layout;
    size_t B = n->packed.texts, H = l->config.hidden, F = l->config.layer, C = l->config.labels;
    n->noise = noise;
    o->mean(n->device, &n->packed, H, n->embedded, n->mean);
    drop(n, 1, H, n->mean);
    if (F) {
        o->linear(n->device, B, H, F, n->mean, xs_view_at(P, l->dense.w), xs_view_at(P, l->dense.b), n->layer);
        o->activate(n->device, l->config.activation, B * F, n->layer, n->layer, n->slope);
        drop(n, 2, F, n->layer);
    }
    o->linear(n->device, B, F ? F : H, C, F ? n->layer : n->mean, xs_view_at(P, l->classify.w),
              xs_view_at(P, l->classify.b), n->logits);
}

void xs_bag_network_loss(xs_bag_network *n, double smoothing) {
    n->ops->cross_entropy(n->device, n->packed.texts, n->layout->config.labels, n->logits, n->label, smoothing, n->loss,
                          n->dlogits);
}

// From y's gradient to x's, and to those of the layer's parameters if they are wanted.
static void linear_backward(xs_bag_network *n, size_t in, size_t out, xs_view x, xs_view dy, xs_pair at, xs_view P,
                            xs_view G, xs_view dx) {
    size_t B = n->packed.texts;
    if (G.buffer) n->ops->linear_weight(n->device, B, in, out, x, dy, xs_view_at(G, at.w), xs_view_at(G, at.b));
    n->ops->linear_input(n->device, B, in, out, dy, xs_view_at(P, at.w), false, dx);
}

void xs_bag_network_backward(xs_bag_network *n, xs_view P, xs_view G) {
    const xs_bag_layout *l = n->layout;
    size_t B = n->packed.texts, H = l->config.hidden, F = l->config.layer, C = l->config.labels;
    if (F) {
        linear_backward(n, F, C, n->layer, n->dlogits, l->classify, P, G, n->dlayer);
        drop(n, 2, F, n->dlayer);
        n->ops->multiply(n->device, n->dlayer, n->slope, B * F);
        linear_backward(n, H, F, n->mean, n->dlayer, l->dense, P, G, n->dmean);
    } else {
        linear_backward(n, H, C, n->mean, n->dlogits, l->classify, P, G, n->dmean);
    }
    drop(n, 1, H, n->dmean);
    n->ops->mean_backward(n->device, &n->packed, H, n->dmean, n->dx);
}

// Softmax of one text's logits (C) in place.
static void softmax(double *z, size_t C) {
    double top = -INFINITY, sum = 0;
    for (size_t c = 0; c < C; c++) top = fmax(top, z[c]);
    for (size_t c = 0; c < C; c++) sum += z[c] = exp(z[c] - top);
    for (size_t c = 0; c < C; c++) z[c] /= sum;
}

int xs_bag_network_gradient(xs_bag_network *n, xs_view P, uint32_t texts, const uint32_t *begin, const double *vectors,
                            const int *target, bool probability, double *value, double *gradient, xsnr_error *err) {
    size_t C = n->layout->config.labels, numbers = begin[texts] * (size_t)n->layout->config.hidden;
    xs_bag_network_put(n, &(xs_batch){.texts = texts, .begin = begin});
    n->ops->put_reals(n->device, n->embedded, vectors, numbers);
    xs_bag_network_forward(n, P, (xs_step_noise){0});
    n->ops->get_reals(n->device, n->logits, n->host, texts * C);
    for (uint32_t b = 0; b < texts; b++) {
        double *z = n->host + b * C;
        size_t k = (size_t)target[b];
        if (probability) softmax(z, C);
        value[b] = z[k];
        for (size_t c = 0; c < C; c++) // ∂z_k = δ;  ∂p_k = p_k (δ − p)
            z[c] = !probability ? c == k : value[b] * ((c == k) - (c == k ? value[b] : z[c]));
    }
    if (gradient) {
        n->ops->put_reals(n->device, n->dlogits, n->host, texts * C);
        xs_bag_network_backward(n, P, (xs_view){0});
        n->ops->get_reals(n->device, n->dx, gradient, numbers);
    }
    return n->ops->status(n->device, err);
}

/* ------------------------------------------------------------------ as the trainer sees it */

static int open_network(const xs_backend *ops, xs_device *device, const void *layout, const xs_batch_room *room,
                        void **network, xsnr_error *err) {
    xs_bag_network *n;
    XS_TRY(xs_bag_network_new(ops, device, layout, room, &n, err));
    *network = n;
    return XSNR_OK;
}

static void close_network(void *network) { xs_bag_network_free(network); }

static size_t bytes(const xs_backend *ops, const void *layout, const xs_batch_room *room) {
    const xs_bag_layout *l = layout;
    xs_bag_network n = {0};
    return carve_reals(&n, &l->config, room) * ops->real + carve_ints(&n, room) * sizeof(uint32_t) +
           (size_t)room->texts * l->config.labels * sizeof *n.host;
}

static void put(void *network, const xs_batch *batch) { xs_bag_network_put(network, batch); }

static xs_view forward(void *network, xs_view parameters, xs_step_noise noise) {
    xs_bag_network *n = network;
    xs_bag_network_embed(n, parameters);
    xs_bag_network_forward(n, parameters, noise);
    return n->logits;
}

static xs_view loss(void *network, double smoothing) {
    xs_bag_network *n = network;
    xs_bag_network_loss(n, smoothing);
    return n->loss;
}

static void backward(void *network, xs_view parameters, xs_view gradients) {
    xs_bag_network *n = network;
    xs_bag_network_backward(n, parameters, gradients);
    n->ops->embed_backward(n->device, n->packed.rows, n->layout->config.hidden, n->id, n->dx, gradients);
}

static const xs_network_kind bag_kind = {open_network, close_network, bytes, initialise, put, forward, loss, backward};

xs_trainee xs_bag_trainee(const xs_bag_layout *l) {
    return (xs_trainee){.kind = &bag_kind,
                        .layout = l,
                        .parameter = l->parameter,
                        .n = l->n,
                        .total = l->total,
                        .vocabulary = l->config.rows,
                        .hidden = l->config.hidden,
                        .labels = l->config.labels,
                        .unknown = 0};
}
