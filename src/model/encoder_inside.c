// The inside of encoders: tokens, gradients, attention, relevance, for texts and points batch by batch.
//
// Every method wants the first token's logits alone, so the last layer is computed for that token only.
#include "base/alloc.h"
#include "model/encoder_probe.h"
#include <math.h>
#include <string.h>

static int encoder_inputs(const void *shared, const xs_document *const *docs, size_t texts, xs_arena *arena,
                          xs_inputs *out, xsnr_error *err) {
    const xs_encoder_shared *s = shared;
    return xs_encode_inputs(&s->reader, docs, texts, s->layout.config.hidden, arena, out, err);
}

static int encoder_vectors(const void *shared, const void *model, const xs_inputs *in, xs_vectors which, double *out,
                           xsnr_error *err) {
    const xs_encoder_shared *s = shared;
    xs_token_roles roles = s->reader.roles;
    int32_t other = which == XS_VECTORS_PAD ? roles.pad : roles.mask;
    if ((which == XS_VECTORS_PAD || which == XS_VECTORS_MASK) && other < 0)
        return xs_fail(err, XSNR_ERR_UNSUPPORTED, "the tokenizer has no %s token; use baseline: zero",
                       which == XS_VECTORS_PAD ? "pad" : "mask");
    xs_encoder_probe *p;
    XS_TRY(xs_encoder_probe_borrow(model, XS_PROBE_GRADIENT, &p, err));
    for (size_t i = 0; i < in->tokens; i++) {
        uint32_t id = in->special[i] || which == XS_VECTORS_OWN ? in->id[i] : (uint32_t)other;
        if (which == XS_VECTORS_ZERO && !in->special[i]) memset(out + i * in->width, 0, in->width * sizeof *out);
        else xs_encoder_probe_words(p, which == XS_VECTORS_ZERO ? &in->id[i] : &id, 1, out + i * in->width);
    }
    xs_encoder_probe_return(s, p);
    return XSNR_OK;
}

int xs_encoder_predict(const void *shared, const void *model, const xs_document *doc, const uint8_t *present,
                       size_t count, xs_removal removal, xs_arena *scratch, double *logits, xsnr_error *err) {
    const xs_encoder_shared *s = shared;
    xs_arena_mark mark = xs_arena_save(scratch);
    xs_inputs in;
    xs_encoder_probe *p;
    XS_TRY(xs_encode_masked(&s->reader, doc, present, count, removal, scratch, &in, err));
    XS_TRY(xs_encoder_probe_borrow(model, XS_PROBE_GRADIENT, &p, err));
    int rc = XSNR_OK;
    for (size_t first = 0, n = 0, rows; rc == XSNR_OK && first < count; first += n) {
        n = xs_encoder_probe_put(p, &in, NULL, first, count, &rows);
        rc = xs_encoder_probe_forward(p, NULL, logits + first * s->layout.config.labels, err);
    }
    xs_encoder_probe_return(s, p);
    xs_arena_rewind(scratch, mark);
    return rc;
}

/* ------------------------------------------------------------------ gradients */

// One batch: `n` points from `first` on, whose rows start at `row`.
static int gradient_batch(xs_encoder_probe *p, const xs_points *points, size_t first, size_t row, size_t rows,
                          double *logits, double *value, double *gradient, double *at, xsnr_error *err) {
    xs_network *net = p->network;
    size_t n = net->packed.texts, H = net->layout->config.hidden, C = net->layout->config.labels;
    XS_TRY(xs_encoder_probe_forward(p, points->vectors ? points->vectors + row * H : NULL, logits, err));
    for (size_t i = 0; i < n; i++)
        value[first + i] = xs_encoder_probe_start((int)C, logits + i * C, points->target[first + i], points->probability, p->host + i * C);
    if (!gradient) return XSNR_OK;
    p->ops->put_reals(p->device, net->dlogits, p->host, n * C);
    xs_view none = {0};
    if (points->place == XS_AT_INPUT) xs_network_backward_layers(net, p->parameters, none, 0, true);
    else xs_network_backward(net, p->parameters, none);
    p->ops->get_reals(p->device, net->dx, gradient + row * H, rows * H);
    if (at && points->place == XS_AT_INPUT) p->ops->get_reals(p->device, net->layer[0].x, at + row * H, rows * H);
    else if (at && points->vectors) memcpy(at + row * H, points->vectors + row * H, rows * H * sizeof *at);
    else if (at) xs_encoder_probe_words(p, p->id, rows, at + row * H);
    return p->ops->status(p->device, err);
}

static int encoder_gradient(const void *shared, const void *model, const xs_inputs *in, const xs_points *points,
                            double *value, double *gradient, double *at, xsnr_error *err) {
    const xs_encoder_shared *s = shared;
    xs_encoder_probe *p;
    XS_TRY(xs_encoder_probe_borrow(model, XS_PROBE_GRADIENT, &p, err));
    double *logits = XS_NEW_ARRAY(double, (size_t)p->network->room.texts * s->layout.config.labels);
    int rc = logits ? XSNR_OK : xs_nomem(err);
    for (size_t first = 0, row = 0, rows = 0, n = 0; rc == XSNR_OK && first < points->count; first += n, row += rows) {
        n = xs_encoder_probe_put(p, in, points->text, first, points->count, &rows);
        rc = gradient_batch(p, points, first, row, rows, logits, value, gradient, at, err);
    }
    xs_free(logits);
    xs_encoder_probe_return(s, p);
    return rc;
}

/* ------------------------------------------------------------------ attention */

static uint32_t encoder_layers(const void *shared) { return ((const xs_encoder_shared *)shared)->layout.config.layers; }

// Maps (layers, T, T) of the batch's texts: the mean over heads of the probabilities; with relevance, of the positive
// part of gradient ∘ relevance.
static int read_maps(xs_encoder_probe *p, uint32_t start, bool relevance, double *maps, xsnr_error *err) {
    const xs_encoder_config *c = &p->network->layout->config;
    size_t longest = p->network->packed.longest, square = longest * longest, before = 0;
    double *a = XS_NEW_ARRAY(double, c->heads *square), *g = XS_NEW_ARRAY(double, c->heads *square);
    int rc = a && g ? XSNR_OK : xs_nomem(err);
    for (size_t b = 0; rc == XSNR_OK && b < p->network->packed.texts; b++) {
        size_t T = p->begin[b + 1] - p->begin[b], n = T * T;
        for (uint32_t l = start; l < c->layers; l++) {
            const xs_layer_state *s = &p->network->layer[l];
            size_t made = l + 1 == c->layers ? T : n;
            double *map = maps + l * n;
            p->ops->get_reals(p->device, xs_view_at(relevance ? s->relevance : s->probability, c->heads * before), a, c->heads * n);
            if (relevance) p->ops->get_reals(p->device, xs_view_at(s->dprobability, c->heads * before), g, c->heads * n);
            memset(map, 0, n * sizeof *map);
            for (uint32_t h = 0; h < c->heads; h++)
                for (size_t i = 0; i < made; i++) {
                    double x = a[h * n + i] * (relevance ? g[h * n + i] : 1);
                    map[i] += (relevance ? fmax(x, 0) : x) / c->heads; // fmax would hide NaN; logits were finite
                }
        }
        before += n;
        maps += c->layers * n;
    }
    xs_free(a);
    xs_free(g);
    return rc;
}

// Numbers of the maps of texts first .. first+n−1.
static size_t map_size(const xs_inputs *in, size_t first, size_t n, uint32_t layers) {
    size_t size = 0;
    for (size_t i = first; i < first + n; i++) {
        size_t T = in->begin[i + 1] - in->begin[i];
        size += layers * T * T;
    }
    return size;
}

static int encoder_attention(const void *shared, const void *model, const xs_inputs *in, double *maps, double *logits,
                             xsnr_error *err) {
    const xs_encoder_shared *s = shared;
    const xs_encoder_config *c = &s->layout.config;
    xs_encoder_probe *p;
    XS_TRY(xs_encoder_probe_borrow(model, XS_PROBE_GRADIENT, &p, err));
    int rc = XSNR_OK;
    for (size_t first = 0, n = 0, rows; rc == XSNR_OK && first < in->texts; first += n) {
        n = xs_encoder_probe_put(p, in, NULL, first, in->texts, &rows);
        rc = xs_encoder_probe_forward(p, NULL, logits + first * c->labels, err);
        if (rc == XSNR_OK) rc = read_maps(p, 0, false, maps, err);
        maps += map_size(in, first, n, c->layers);
    }
    xs_encoder_probe_return(s, p);
    return rc;
}

/* ------------------------------------------------------------------ relevance */

// The logit's value at every text's target, or, without logits, 1.
static void put_start(xs_encoder_probe *p, const int *target, const double *logits) {
    size_t n = p->network->packed.texts, C = p->network->layout->config.labels;
    memset(p->host, 0, n * C * sizeof *p->host);
    for (size_t i = 0; i < n; i++) p->host[i * C + (size_t)target[i]] = logits ? logits[i * C + (size_t)target[i]] : 1;
    p->ops->put_reals(p->device, p->network->dlogits, p->host, n * C);
}

static int encoder_chefer(const void *shared, const void *model, const xs_inputs *in, const int *target, uint32_t start,
                          bool fast, double *maps, double *logits, xsnr_error *err) {
    const xs_encoder_shared *s = shared;
    const xs_encoder_config *c = &s->layout.config;
    xs_encoder_probe *p;
    XS_TRY(xs_encoder_probe_borrow(model, fast ? XS_PROBE_FAST_RELEVANCE : XS_PROBE_RELEVANCE, &p, err));
    xs_view absolute = {p->absolute, 0}, none = {0};
    int rc = XSNR_OK;
    for (size_t first = 0, n = 0, rows; rc == XSNR_OK && first < in->texts; first += n) {
        n = xs_encoder_probe_put(p, in, NULL, first, in->texts, &rows);
        rc = xs_encoder_probe_forward(p, NULL, logits + first * c->labels, err);
        put_start(p, target + first, NULL);
        xs_network_backward_layers(p->network, p->parameters, none, start, false);
        put_start(p, target + first, NULL);
        xs_network_relevance(p->network, p->parameters, absolute, XS_RULE_CHEFER, start, false);
        if (rc == XSNR_OK) rc = p->ops->status(p->device, err);
        if (rc == XSNR_OK) rc = read_maps(p, start, true, maps, err);
        maps += map_size(in, first, n, c->layers);
    }
    xs_encoder_probe_return(s, p);
    return rc;
}

// Rows of R at `embedded` = (word + type) + position become the tokens' relevance: the word's share, summed.
static void word_shares(const xs_encoder_probe *p, size_t rows, const double *r, const double *embedded,
                        const double *word, const double *type, double *relevance) {
    size_t H = p->network->layout->config.hidden;
    const double epsilon = 1e-8;
    for (size_t i = 0; i < rows; i++) {
        relevance[i] = 0;
        for (size_t k = i * H; k < (i + 1) * H; k++) {
            double both = word[k] + (type ? type[p->token_kind[i] * H + k % H] : 0);
            double share = both * r[k] / (embedded[k] + epsilon);
            relevance[i] += type ? word[k] * share / (both + epsilon) : share;
        }
    }
}

static int attn_lrp_batch(xs_encoder_probe *p, size_t rows, xs_place place, double *scratch, double *relevance,
                          xsnr_error *err) {
    xs_network *n = p->network;
    const xs_encoder_layout *l = n->layout;
    size_t H = l->config.hidden, size = rows * H;
    double *r = scratch, *embedded = r + size, *word = embedded + size, *type = word + size;
    xs_network_relevance(n, p->parameters, (xs_view){0}, XS_RULE_ATTN_LRP, 0, true);
    if (place == XS_AT_WORD) xs_network_relevance_embedded(n, p->parameters);
    p->ops->get_reals(p->device, n->dx, r, size);
    XS_TRY(p->ops->status(p->device, err));
    if (place == XS_AT_INPUT) {
        for (size_t i = 0; i < rows; i++) {
            relevance[i] = 0;
            for (size_t k = 0; k < H; k++) relevance[i] += r[i * H + k];
        }
        return XSNR_OK;
    }
    p->ops->get_reals(p->device, n->embedded, embedded, size);
    xs_encoder_probe_words(p, p->id, rows, word);
    if (l->config.types) p->ops->get_reals(p->device, xs_view_at(p->parameters, l->type), type, l->config.types * H);
    word_shares(p, rows, r, embedded, word, l->config.types ? type : NULL, relevance);
    return XSNR_OK;
}

static int encoder_attn_lrp(const void *shared, const void *model, const xs_inputs *in, const int *target,
                            xs_place place, bool fast, double *relevance, double *logits, xsnr_error *err) {
    const xs_encoder_shared *s = shared;
    const xs_encoder_config *c = &s->layout.config;
    xs_encoder_probe *p;
    XS_TRY(xs_encoder_probe_borrow(model, fast ? XS_PROBE_FAST_RELEVANCE : XS_PROBE_RELEVANCE, &p, err));
    size_t H = c->hidden;
    double *scratch = XS_NEW_ARRAY(double, (3 * (size_t)p->network->room.rows + c->types) * H);
    int rc = scratch ? XSNR_OK : xs_nomem(err);
    for (size_t first = 0, row = 0, n = 0, rows = 0; rc == XSNR_OK && first < in->texts; first += n, row += rows) {
        n = xs_encoder_probe_put(p, in, NULL, first, in->texts, &rows);
        rc = xs_encoder_probe_forward(p, NULL, logits + first * c->labels, err);
        put_start(p, target + first, logits + first * c->labels);
        if (rc == XSNR_OK) rc = attn_lrp_batch(p, rows, place, scratch, relevance + row, err);
    }
    xs_free(scratch);
    xs_encoder_probe_return(s, p);
    return rc;
}

const xs_inside xs_encoder_inside = {
    .inputs = encoder_inputs,
    .vectors = encoder_vectors,
    .gradient = encoder_gradient,
    .way = xs_encoder_way,
    .layers = encoder_layers,
    .attention = encoder_attention,
    .chefer = encoder_chefer,
    .attn_lrp = encoder_attn_lrp,
};
