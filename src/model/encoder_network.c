// Forward and backward passes of the encoder; formulas in encoder_network.h.
#include "model/encoder_network.h"
#include "base/alloc.h"
#include <string.h>

// Views are carved out of one block; the first walk, without a block, only counts.
static xs_view carve(xs_buffer *block, size_t *used, size_t n) {
    xs_view v = {block, *used};
    *used += (n + 15) / 16 * 16; // every array starts on a line of the cache
    return v;
}

static size_t carve_reals(xs_network *n, const xs_batch_room *r) {
    const xs_encoder_config *c = &n->layout->config;
    size_t used = 0, N = r->rows, B = r->texts, H = c->hidden, F = c->intermediate, C = c->labels;
    xs_buffer *m = n->memory;
    n->embedded = carve(m, &used, N * H);
    n->stat = carve(m, &used, N * 2);
    for (uint32_t i = 0; i < c->layers; i++) {
        xs_layer_state *s = &n->layer[i];
        bool own = n->keeps || i == 0;
        if (!own) *s = n->layer[0]; // a network that keeps nothing has the room of one layer, and two inputs
        if (n->keeps || i < 2) s->x = carve(m, &used, N * H);
        else s->x = n->layer[i % 2].x;
        if (!own) continue;
        s->qkv = carve(m, &used, N * 3 * H);
        s->probability = carve(m, &used, c->heads * r->squares);
        s->context = carve(m, &used, N * H);
        s->sum1 = carve(m, &used, N * H);
        s->stat1 = carve(m, &used, N * 2);
        s->y = carve(m, &used, N * H);
        s->up = carve(m, &used, N * F);
        if (n->keeps) s->slope = carve(m, &used, N * F);
        s->sum2 = carve(m, &used, N * H);
        s->stat2 = carve(m, &used, N * 2);
        if (n->keeps < XS_KEEP_RELEVANCE) continue;
        s->a = carve(m, &used, N * H);
        s->z = carve(m, &used, N * F);
        s->f = carve(m, &used, N * H);
        s->dprobability = carve(m, &used, c->heads * r->squares);
        s->relevance = carve(m, &used, c->heads * r->squares);
    }
    n->asked = carve(m, &used, B * (2 * c->heads + 1) * H);
    n->output = carve(m, &used, N * H);
    n->cls = carve(m, &used, B * H);
    n->pooled = carve(m, &used, B * H);
    n->pooled_slope = carve(m, &used, B * H);
    n->logits = carve(m, &used, B * C);
    n->loss = carve(m, &used, B);
    n->dlogits = carve(m, &used, B * C);
    if (n->keeps) {
        n->dx = carve(m, &used, N * H);
        n->dy = carve(m, &used, N * H);
        n->dqkv = carve(m, &used, N * 3 * H);
        n->dup = carve(m, &used, N * (F > H ? F : H));
    }
    if (n->keeps == XS_KEEP_RELEVANCE) {
        n->dense = carve(m, &used, B * H);
        for (int i = 0; i < 3; i++) n->spare[i] = carve(m, &used, N * (F > 3 * H ? F : 3 * H));
    }
    return used;
}

static size_t carve_ints(xs_network *n, const xs_batch_room *r) {
    size_t used = 0;
    n->packed.begin = carve(n->integers, &used, r->texts + 1);
    n->packed.squares = carve(n->integers, &used, r->texts + 1);
    n->id = carve(n->integers, &used, r->rows);
    n->place = carve(n->integers, &used, r->rows);
    n->kind = carve(n->integers, &used, r->rows);
    n->document = carve(n->integers, &used, r->texts);
    n->label = carve(n->integers, &used, r->texts);
    if (n->keeps) n->row = carve(n->integers, &used, r->rows);
    return used;
}

int xs_network_new(const xs_backend *ops, xs_device *device, const xs_encoder_layout *layout,
                   const xs_batch_room *room, xs_keeps keeps, xs_network **out, xsnr_error *err) {
    xs_network *n = XS_NEW(xs_network);
    if (!n) return xs_nomem(err);
    *n = (xs_network){.ops = ops, .device = device, .layout = layout, .room = *room, .keeps = keeps};
    size_t most = room->rows > room->texts ? room->rows : room->texts;
    n->layer = XS_NEW_ARRAY(xs_layer_state, layout->config.layers);
    n->host = XS_NEW_ARRAY(uint32_t, most + 1);
    int rc = n->layer && n->host ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK) rc = ops->reals(device, carve_reals(n, room), &n->memory, err);
    if (rc == XSNR_OK) rc = ops->ints(device, carve_ints(n, room), &n->integers, err);
    if (rc < 0) {
        xs_network_free(n);
        return rc;
    }
    carve_reals(n, room);
    carve_ints(n, room);
    for (uint32_t i = 0; keeps && i < room->rows; i++) n->host[i] = i;
    if (keeps) ops->put_ints(device, n->row, n->host, room->rows);
    *out = n;
    return XSNR_OK;
}

void xs_network_free(xs_network *n) {
    if (!n) return;
    n->ops->release(n->device, n->memory);
    n->ops->release(n->device, n->integers);
    xs_free(n->layer);
    xs_free(n->host);
    xs_free(n);
}

size_t xs_network_bytes(const xs_backend *ops, const xs_encoder_layout *layout, const xs_batch_room *room,
                        xs_keeps keeps) {
    const xs_encoder_config *c = &layout->config;
    size_t N = room->rows, H = c->hidden, F = c->intermediate, B = room->texts;
    size_t layer = N * (8 * H + F + (keeps ? F : 0) + 4) + c->heads * room->squares;
    size_t reals = N * (2 * H + 2) + (keeps ? c->layers : 1) * layer + (keeps ? 0 : N * H) + B * ((2 * c->heads + 4) * H + 2 * c->labels + 1) +
                   (keeps ? N * (5 * H + (F > H ? F : H)) : 0);
    if (keeps == XS_KEEP_RELEVANCE)
        reals += c->layers * (N * (2 * H + F) + 2 * c->heads * room->squares) + B * H + 3 * N * (F > 3 * H ? F : 3 * H);
    return reals * ops->real + ((keeps ? 4 : 3) * N + 4 * B) * sizeof(uint32_t);
}

void xs_network_put(xs_network *n, const xs_batch *batch) {
    const xs_backend *ops = n->ops;
    const xs_encoder_config *c = &n->layout->config;
    uint32_t B = batch->texts, N = batch->begin[B], squares = 0, longest = 0;
    for (uint32_t b = 0; b < B; b++) {
        uint32_t T = batch->begin[b + 1] - batch->begin[b];
        n->host[b] = squares;
        squares += T * T;
        if (T > longest) longest = T;
    }
    n->host[B] = squares;
    n->packed.texts = B;
    n->packed.rows = N;
    n->packed.longest = longest;
    ops->put_ints(n->device, n->packed.begin, batch->begin, B + 1);
    ops->put_ints(n->device, n->packed.squares, n->host, B + 1);
    ops->put_ints(n->device, n->id, batch->id, N);
    ops->put_ints(n->device, n->document, batch->document, B);
    if (batch->label) ops->put_ints(n->device, n->label, batch->label, B);
    // RoBERTa counts positions from the pad token's id + 1.
    uint32_t start = c->architecture == XS_ROBERTA ? (uint32_t)c->pad + 1 : 0;
    for (uint32_t b = 0; b < B; b++)
        for (uint32_t r = batch->begin[b]; r < batch->begin[b + 1]; r++) n->host[r] = start + r - batch->begin[b];
    ops->put_ints(n->device, n->place, n->host, N);
    if (!c->types) return;
    if (!batch->kind) memset(n->host, 0, N * sizeof *n->host);
    ops->put_ints(n->device, n->kind, batch->kind ? batch->kind : n->host, N);
}

static void embed(xs_network *n, xs_view parameters, xs_view id, xs_view table) {
    const xs_encoder_layout *l = n->layout;
    xs_view none = {0};
    n->ops->embed(n->device, n->packed.rows, l->config.hidden, id, n->place, l->config.types ? n->kind : none, table,
                  xs_view_at(parameters, l->position), xs_view_at(parameters, l->type), n->embedded);
}

void xs_network_embed(xs_network *n, xs_view parameters) {
    embed(n, parameters, n->id, xs_view_at(parameters, n->layout->word));
}

// The given vectors are a table of which row i is token i's.
void xs_network_embed_vectors(xs_network *n, xs_view parameters, xs_view vectors) {
    embed(n, parameters, n->row, vectors);
}

// Places of dropout: 0 the embeddings; layer i: 1 + 3i attention, 2 + 3i its output, 3 + 3i the feed-forward's;
// then the head's input (roberta) and the classifier's.
static xs_dropout noise_at(const xs_network *n, double p, uint32_t site) {
    return (xs_dropout){.p = n->noise.on ? p : 0,
                        .seed = n->noise.seed,
                        .site = site,
                        .step = n->noise.step,
                        .document = n->document};
}

static void drop_rows(xs_network *n, bool first_only, double p, uint32_t site, xs_view x) {
    xs_dropout o = noise_at(n, p, site);
    n->ops->dropout(n->device, &n->packed, n->layout->config.hidden, first_only, &o, x);
}

static xs_attention attention_of(const xs_network *n, uint32_t i, bool first_only) {
    const xs_encoder_config *c = &n->layout->config;
    return (xs_attention){.heads = c->heads,
                          .hidden = c->hidden,
                          .first_only = first_only,
                          .dropout = noise_at(n, c->attention_dropout, 1 + 3 * i)};
}

// Does layer i compute the first tokens only?
static bool narrow(const xs_network *n, uint32_t i) { return n->first_only && i + 1 == n->layout->config.layers; }

// Is that done without keys and values?  Relevance needs them.
static bool direct(const xs_network *n, uint32_t i) { return narrow(n, i) && n->keeps < XS_KEEP_RELEVANCE; }

static void layer_forward(xs_network *n, uint32_t i, xs_view P, xs_view out) {
    const xs_backend *o = n->ops;
    const xs_encoder_config *c = &n->layout->config;
    const struct xs_encoder_layer *w = &n->layout->layer[i];
    xs_layer_state *s = &n->layer[i];
    xs_device *d = n->device;
    bool first = narrow(n, i);
    size_t N = n->packed.rows, M = first ? n->packed.texts : N, H = c->hidden, F = c->intermediate;
    xs_attention a = attention_of(n, i, first);
    xs_view none = {0};

    if (direct(n, i)) {
        o->attention_first(d, &n->packed, &a, s->x, xs_view_at(P, w->qkv.w), xs_view_at(P, w->qkv.b), n->asked,
                           s->probability, s->context);
    } else {
        if (i || !n->given) o->linear(d, N, H, 3 * H, s->x, xs_view_at(P, w->qkv.w), xs_view_at(P, w->qkv.b), s->qkv);
        o->attention(d, &n->packed, &a, s->qkv, s->probability, s->context);
    }
    o->linear(d, M, H, H, s->context, xs_view_at(P, w->out.w), xs_view_at(P, w->out.b), s->sum1);
    if (s->a.buffer) o->copy(d, s->a, s->sum1, M * H);
    drop_rows(n, first, c->hidden_dropout, 2 + 3 * i, s->sum1);
    if (first) { // s->y is free until the layer norm
        o->first(d, &n->packed, H, s->x, s->y);
        o->add(d, s->sum1, s->y, 1, M * H);
    } else {
        o->add(d, s->sum1, s->x, 1, M * H);
    }
    o->norm(d, M, H, c->layer_norm_eps, s->sum1, xs_view_at(P, w->norm1.w), xs_view_at(P, w->norm1.b), s->y, s->stat1);
    o->linear(d, M, H, F, s->y, xs_view_at(P, w->up.w), xs_view_at(P, w->up.b), s->up);
    if (s->z.buffer) o->copy(d, s->z, s->up, M * F);
    o->activate(d, c->activation == XS_GELU ? XS_ACTIVATE_GELU : XS_ACTIVATE_RELU, M * F, s->up, s->up,
                n->keeps ? s->slope : none);
    o->linear(d, M, F, H, s->up, xs_view_at(P, w->down.w), xs_view_at(P, w->down.b), s->sum2);
    if (s->f.buffer) o->copy(d, s->f, s->sum2, M * H);
    drop_rows(n, first, c->hidden_dropout, 3 + 3 * i, s->sum2);
    o->add(d, s->sum2, s->y, 1, M * H);
    o->norm(d, M, H, c->layer_norm_eps, s->sum2, xs_view_at(P, w->norm2.w), xs_view_at(P, w->norm2.b), out, s->stat2);
}

static void head_forward(xs_network *n, xs_view P) {
    const xs_backend *o = n->ops;
    const xs_encoder_config *c = &n->layout->config;
    const xs_encoder_layout *l = n->layout;
    size_t B = n->packed.texts, H = c->hidden;
    uint32_t site = 1 + 3 * c->layers;
    if (n->first_only) o->copy(n->device, n->cls, n->output, B * H);
    else o->first(n->device, &n->packed, H, n->output, n->cls);
    if (c->architecture == XS_ROBERTA) drop_rows(n, true, c->classifier_dropout, site, n->cls);
    o->linear(n->device, B, H, H, n->cls, xs_view_at(P, l->dense.w), xs_view_at(P, l->dense.b), n->pooled);
    if (n->dense.buffer) o->copy(n->device, n->dense, n->pooled, B * H);
    o->activate(n->device, c->architecture == XS_DISTILBERT ? XS_ACTIVATE_RELU : XS_ACTIVATE_TANH, B * H, n->pooled,
                n->pooled, n->pooled_slope);
    drop_rows(n, true, c->classifier_dropout, site + 1, n->pooled);
    o->linear(n->device, B, H, c->labels, n->pooled, xs_view_at(P, l->classify.w), xs_view_at(P, l->classify.b),
              n->logits);
}

static void layers_forward(xs_network *n, xs_view P) {
    uint32_t layers = n->layout->config.layers;
    for (uint32_t i = 0; i < layers; i++) layer_forward(n, i, P, i + 1 < layers ? n->layer[i + 1].x : n->output);
    head_forward(n, P);
}

void xs_network_forward(xs_network *n, xs_view P, xs_step_noise noise, bool first_only) {
    const xs_encoder_layout *l = n->layout;
    const xs_encoder_config *c = &l->config;
    n->noise = noise;
    n->first_only = first_only;
    n->given = false;
    n->ops->norm(n->device, n->packed.rows, c->hidden, c->layer_norm_eps, n->embedded, xs_view_at(P, l->norm.w),
                 xs_view_at(P, l->norm.b), n->layer[0].x, n->stat);
    drop_rows(n, false, c->hidden_dropout, 0, n->layer[0].x);
    layers_forward(n, P);
}

void xs_network_forward_given(xs_network *n, xs_view P) {
    n->noise = (xs_step_noise){0};
    n->first_only = n->given = true;
    layers_forward(n, P);
}

void xs_network_loss(xs_network *n, double smoothing) {
    n->ops->cross_entropy(n->device, n->packed.texts, n->layout->config.labels, n->logits, n->label, smoothing, n->loss,
                          n->dlogits);
}

// Gradients of a linear layer's parameters, if they are wanted.
static void linear_gradients(xs_network *n, size_t rows, size_t in, size_t out, xs_view x, xs_view dy, xs_view G,
                             xs_pair at) {
    if (G.buffer)
        n->ops->linear_weight(n->device, rows, in, out, x, dy, xs_view_at(G, at.w), xs_view_at(G, at.b));
}

// dx from dy through a layer norm, in place.
static void norm_gradients(xs_network *n, size_t rows, xs_view x, xs_view stat, xs_view P, xs_view G, xs_pair at,
                           xs_view dy) {
    n->ops->norm_backward(n->device, rows, n->layout->config.hidden, x, stat, xs_view_at(P, at.w), dy, false, dy,
                          xs_view_at(G, at.w), xs_view_at(G, at.b));
}

// From n->dx at the layer's output to n->dx at its input, or no further than its attention.
static void layer_backward(xs_network *n, uint32_t i, xs_view P, xs_view G, bool whole) {
    const xs_backend *o = n->ops;
    const xs_encoder_config *c = &n->layout->config;
    const struct xs_encoder_layer *w = &n->layout->layer[i];
    xs_layer_state *s = &n->layer[i];
    xs_device *d = n->device;
    bool first = narrow(n, i);
    size_t N = n->packed.rows, M = first ? n->packed.texts : N, H = c->hidden, F = c->intermediate;
    xs_attention a = attention_of(n, i, first);

    norm_gradients(n, M, s->sum2, s->stat2, P, G, w->norm2, n->dx); // at y + f
    o->copy(d, n->dy, n->dx, M * H);
    drop_rows(n, first, c->hidden_dropout, 3 + 3 * i, n->dy); // at f
    linear_gradients(n, M, F, H, s->up, n->dy, G, w->down);
    o->linear_input(d, M, F, H, n->dy, xs_view_at(P, w->down.w), false, n->dup);
    o->multiply(d, n->dup, s->slope, M * F);
    linear_gradients(n, M, H, F, s->y, n->dup, G, w->up);
    o->linear_input(d, M, H, F, n->dup, xs_view_at(P, w->up.w), true, n->dx); // at y

    norm_gradients(n, M, s->sum1, s->stat1, P, G, w->norm1, n->dx); // at x + a
    o->copy(d, n->dy, n->dx, M * H);
    drop_rows(n, first, c->hidden_dropout, 2 + 3 * i, n->dy); // at a
    linear_gradients(n, M, H, H, s->context, n->dy, G, w->out);
    o->linear_input(d, M, H, H, n->dy, xs_view_at(P, w->out.w), false, n->dup); // at the context
    if (first) { // the residual's gradient reaches the first tokens alone
        o->copy(d, n->dy, n->dx, M * H);
        o->zero(d, n->dx, N * H);
        o->first_backward(d, &n->packed, H, n->dy, n->dx);
    }
    if (direct(n, i)) {
        xs_view none = {0}, dw = G.buffer ? xs_view_at(G, w->qkv.w) : none, db = G.buffer ? xs_view_at(G, w->qkv.b) : none;
        o->attention_first_backward(d, &n->packed, &a, s->x, xs_view_at(P, w->qkv.w), xs_view_at(P, w->qkv.b), n->asked,
                                    s->probability, n->dup, n->dx, dw, db);
        return;
    }
    o->attention_backward(d, &n->packed, &a, s->qkv, s->probability, n->dup, false, s->dprobability, n->dqkv);
    if (!whole) return;
    linear_gradients(n, N, H, 3 * H, s->x, n->dqkv, G, w->qkv);
    o->linear_input(d, N, H, 3 * H, n->dqkv, xs_view_at(P, w->qkv.w), true, n->dx);
}

static void head_backward(xs_network *n, xs_view P, xs_view G) {
    const xs_backend *o = n->ops;
    const xs_encoder_config *c = &n->layout->config;
    const xs_encoder_layout *l = n->layout;
    size_t B = n->packed.texts, H = c->hidden;
    uint32_t site = 1 + 3 * c->layers;
    linear_gradients(n, B, H, c->labels, n->pooled, n->dlogits, G, l->classify);
    o->linear_input(n->device, B, H, c->labels, n->dlogits, xs_view_at(P, l->classify.w), false, n->dup);
    drop_rows(n, true, c->classifier_dropout, site + 1, n->dup);
    o->multiply(n->device, n->dup, n->pooled_slope, B * H);
    linear_gradients(n, B, H, H, n->cls, n->dup, G, l->dense);
    o->linear_input(n->device, B, H, H, n->dup, xs_view_at(P, l->dense.w), false, n->dy);
    if (c->architecture == XS_ROBERTA) drop_rows(n, true, c->classifier_dropout, site, n->dy);
    if (n->first_only) {
        o->copy(n->device, n->dx, n->dy, B * H);
    } else {
        o->zero(n->device, n->dx, n->packed.rows * H);
        o->first_backward(n->device, &n->packed, H, n->dy, n->dx);
    }
}

void xs_network_backward_layers(xs_network *n, xs_view P, xs_view G, uint32_t until, bool whole) {
    head_backward(n, P, G);
    for (uint32_t i = n->layout->config.layers; i-- > until;) layer_backward(n, i, P, G, i > until || whole);
}

void xs_network_backward(xs_network *n, xs_view P, xs_view G) {
    const xs_encoder_layout *l = n->layout;
    xs_network_backward_layers(n, P, G, 0, true);
    drop_rows(n, false, l->config.hidden_dropout, 0, n->dx);
    norm_gradients(n, n->packed.rows, n->embedded, n->stat, P, G, l->norm, n->dx);
}

void xs_network_backward_tables(xs_network *n, xs_view G) {
    const xs_encoder_layout *l = n->layout;
    size_t N = n->packed.rows, H = l->config.hidden;
    n->ops->embed_backward(n->device, N, H, n->id, n->dx, xs_view_at(G, l->word));
    n->ops->embed_backward(n->device, N, H, n->place, n->dx, xs_view_at(G, l->position));
    if (l->config.types) n->ops->embed_backward(n->device, N, H, n->kind, n->dx, xs_view_at(G, l->type));
}
