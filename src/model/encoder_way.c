// Gradients of an encoder along a straight way of its word embeddings, at less than the cost of as many gradients.
//
// From vectors b to e, token by token, with d = e − b; everything below is of the sums with position and type, and ₀ means
// less the mean over the hidden numbers.  At place a the embeddings' layer norm gives the first layer
//
//     x = s (B + a D) + β,   B = w ∘ b₀,   D = w ∘ d₀,   s = 1 / √((b₀·b₀ + 2 a b₀·d₀ + a² d₀·d₀) / H + ε),
//
// so that queries, keys and values are s (W B + a W D) + (W β + bias): two products of the ends in the place of one for
// every place.  Backward, only d · ∂f/∂vectors is wanted, and
//
//     ∂x/∂a = α D + γ B,   γ = −s³ (b₀·d₀ + a d₀·d₀) / H,   α = s + a γ,
//
// so that it is ∂f/∂x · (α D + γ B), by the residual, plus ∂f/∂qkv · (α W D + γ W B): no product at all.
#include "base/alloc.h"
#include "model/encoder_probe.h"
#include <math.h>

// Where things lie in the probe's memory: B, D (L, H), W B, W D (L, 3H), W β + bias (3H), β's copy (H), mix (N, 2), out (N).
typedef struct places {
    xs_view B, D, WB, WD, bias, beta, mix, out;
    xs_view token; // ints (N): which of the text's tokens a row is
} places;

typedef struct token {
    double bb, bd, dd; // b₀·b₀, b₀·d₀, d₀·d₀
} token;

static int find_places(xs_encoder_probe *p, places *at, xsnr_error *err) {
    size_t L = p->network->room.longest, H = p->network->layout->config.hidden, N = p->network->room.rows;
    if (!p->way) XS_TRY(p->ops->reals(p->device, 8 * L * H + 4 * H + 3 * N, &p->way, err));
    if (!p->way_rows) XS_TRY(p->ops->ints(p->device, N, &p->way_rows, err));
    at->B = (xs_view){p->way, 0};
    at->D = xs_view_at(at->B, L * H);
    at->WB = xs_view_at(at->D, L * H);
    at->WD = xs_view_at(at->WB, 3 * L * H);
    at->bias = xs_view_at(at->WD, 3 * L * H);
    at->beta = xs_view_at(at->bias, 3 * H);
    at->mix = xs_view_at(at->beta, H);
    at->out = xs_view_at(at->mix, 2 * N);
    at->token = (xs_view){p->way_rows, 0};
    return XSNR_OK;
}

// Sums of the embeddings at both ends (2, T, H).
static int embed_ends(xs_encoder_probe *p, const xs_inputs *in, const xs_way *way, size_t T, double *ends, xsnr_error *err) {
    size_t size = T * p->network->layout->config.hidden, rows;
    for (size_t k = 0; k < 2; k++) {
        xs_encoder_probe_put(p, in, &way->text, 0, 1, &rows);
        p->ops->put_reals(p->device, p->network->dy, k ? way->to : way->from, size);
        xs_network_embed_vectors(p->network, p->parameters, p->network->dy);
        p->ops->get_reals(p->device, p->network->embedded, ends + k * size, size);
    }
    return p->ops->status(p->device, err);
}

static void centre(size_t n, double *x) {
    double mean = 0;
    for (size_t i = 0; i < n; i++) mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++) x[i] -= mean;
}

// ends become B and D; their products with W.
static void prepare(xs_encoder_probe *p, size_t T, double *ends, const double *w, const places *at, token *tokens) {
    const xs_encoder_layout *l = p->network->layout;
    size_t H = l->config.hidden;
    for (size_t t = 0; t < T; t++) {
        double *b = ends + t * H, *d = ends + (T + t) * H;
        for (size_t i = 0; i < H; i++) d[i] -= b[i];
        centre(H, b);
        centre(H, d);
        tokens[t] = (token){0};
        for (size_t i = 0; i < H; i++) {
            tokens[t].bb += b[i] * b[i], tokens[t].bd += b[i] * d[i], tokens[t].dd += d[i] * d[i];
            b[i] *= w[i], d[i] *= w[i];
        }
    }
    xs_view W = xs_view_at(p->parameters, l->layer[0].qkv.w), none = {0};
    p->ops->put_reals(p->device, at->B, ends, T * H);
    p->ops->put_reals(p->device, at->D, ends + T * H, T * H);
    p->ops->linear(p->device, T, H, 3 * H, at->B, W, none, at->WB);
    p->ops->linear(p->device, T, H, 3 * H, at->D, W, none, at->WD);
    p->ops->copy(p->device, at->beta, xs_view_at(p->parameters, l->norm.b), H);
    p->ops->linear(p->device, 1, H, 3 * H, at->beta, W, xs_view_at(p->parameters, l->layer[0].qkv.b), at->bias);
}

// s and a s of every row, or γ and α.
static void put_mix(xs_encoder_probe *p, size_t T, size_t n, const double *place, const token *tokens, bool slope, double *mix,
                    const places *at) {
    const xs_encoder_config *c = &p->network->layout->config;
    double H = c->hidden;
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < T; t++) {
            double a = place[i], *m = mix + 2 * (i * T + t);
            double s = 1 / sqrt((tokens[t].bb + 2 * a * tokens[t].bd + a * a * tokens[t].dd) / H + c->layer_norm_eps);
            double gamma = -s * s * s * (tokens[t].bd + a * tokens[t].dd) / H;
            m[0] = slope ? gamma : s;
            m[1] = slope ? s + a * gamma : a * s;
        }
    p->ops->put_reals(p->device, at->mix, mix, 2 * n * T);
}

// n places from `first` on, whose batch is put.
static int walk(xs_encoder_probe *p, const xs_way *way, size_t T, size_t first, size_t n, const token *tokens, double *mix, double *logits,
                const places *at, double *value, double *along, xsnr_error *err) {
    xs_network *net = p->network;
    const xs_backend *o = p->ops;
    size_t H = net->layout->config.hidden, C = net->layout->config.labels, rows = n * T;
    xs_view none = {0};
    put_mix(p, T, n, way->place + first, tokens, false, mix, at);
    o->blend(p->device, rows, H, at->token, at->mix, at->B, at->D, at->beta, net->layer[0].x);
    o->blend(p->device, rows, 3 * H, at->token, at->mix, at->WB, at->WD, at->bias, net->layer[0].qkv);
    xs_network_forward_given(net, p->parameters);
    o->get_reals(p->device, net->logits, logits, n * C);
    for (size_t i = 0; i < n; i++)
        value[first + i] = xs_encoder_probe_start((int)C, logits + i * C, way->target, way->probability, p->host + i * C);
    o->put_reals(p->device, net->dlogits, p->host, n * C);
    xs_network_backward_layers(net, p->parameters, none, 0, false); // n->dqkv, and n->dx by the residual
    put_mix(p, T, n, way->place + first, tokens, true, mix, at);
    o->zero(p->device, at->out, rows);
    o->along(p->device, rows, H, at->token, at->mix, at->B, at->D, net->dx, at->out);
    o->along(p->device, rows, 3 * H, at->token, at->mix, at->WB, at->WD, net->dqkv, at->out);
    o->get_reals(p->device, at->out, along + first * T, rows);
    return o->status(p->device, err);
}

static int walk_all(xs_encoder_probe *p, const xs_inputs *in, const xs_way *way, double *ends, double *w, double *mix, double *logits,
                    uint32_t *numbers, token *tokens, double *value, double *along, xsnr_error *err) {
    const xs_encoder_layout *l = p->network->layout;
    size_t T = in->begin[way->text + 1] - in->begin[way->text], n, rows;
    places at;
    XS_TRY(find_places(p, &at, err));
    XS_TRY(embed_ends(p, in, way, T, ends, err));
    p->ops->get_reals(p->device, xs_view_at(p->parameters, l->norm.w), w, l->config.hidden);
    prepare(p, T, ends, w, &at, tokens);
    for (size_t r = 0; r < p->network->room.rows; r++) numbers[r] = (uint32_t)(r % T);
    p->ops->put_ints(p->device, at.token, numbers, p->network->room.rows);
    uint32_t *texts = numbers + p->network->room.rows;
    for (size_t i = 0; i < way->count; i++) texts[i] = way->text;
    for (size_t first = 0; first < way->count; first += n) { // in batches of about one size
        size_t left = way->count - first, batches = 1, each = left;
        while (each * T > p->network->room.rows) batches++, each = (left + batches - 1) / batches;
        n = xs_encoder_probe_put(p, in, texts, first, first + each, &rows);
        XS_TRY(walk(p, way, T, first, n, tokens, mix, logits, &at, value, along, err));
    }
    return XSNR_OK;
}

int xs_encoder_way(const void *shared, const void *model, const xs_inputs *in, const xs_way *way, double *value, double *along,
                   xsnr_error *err) {
    const xs_encoder_shared *s = shared;
    xs_encoder_probe *p;
    XS_TRY(xs_encoder_probe_borrow(model, XS_PROBE_GRADIENT, &p, err));
    const xs_batch_room *room = &p->network->room;
    size_t H = s->layout.config.hidden, C = s->layout.config.labels;
    double *memory = XS_NEW_ARRAY(double, 2 * (size_t)room->longest * H + H + 2 * (size_t)room->rows + room->texts * C);
    token *tokens = XS_NEW_ARRAY(token, room->longest);
    uint32_t *numbers = XS_NEW_ARRAY(uint32_t, room->rows + way->count);
    int rc = memory && tokens && numbers ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK) {
        double *w = memory + 2 * (size_t)room->longest * H, *mix = w + H, *logits = mix + 2 * (size_t)room->rows;
        rc = walk_all(p, in, way, memory, w, mix, logits, numbers, tokens, value, along, err);
    }
    xs_free(memory);
    xs_free(tokens);
    xs_free(numbers);
    xs_encoder_probe_return(s, p);
    return rc;
}
