// Probes of encoders; see encoder_probe.h.
#include "model/encoder_probe.h"
#include "base/alloc.h"
#include <string.h>

enum { PROBE_ROWS = 512 }; // tokens of a batch: enough for products at full speed, few enough for the second cache

static void probe_free(xs_encoder_probe *p) {
    if (!p) return;
    xs_network_free(p->network);
    if (p->own) p->ops->release(p->device, p->own);
    if (p->absolute) p->ops->release(p->device, p->absolute);
    if (p->way) p->ops->release(p->device, p->way);
    if (p->way_rows) p->ops->release(p->device, p->way_rows);
    if (p->device) p->ops->close(p->device);
    xs_free(p->begin);
    xs_free(p->id);
    xs_free(p->token_kind);
    xs_free(p->document);
    xs_free(p->host);
    xs_free(p);
}

void xs_encoder_probes_free(xs_encoder_shared *s) {
    while (s->probes) {
        xs_encoder_probe *p = s->probes;
        s->probes = p->next;
        probe_free(p);
    }
}

// A text has two tokens at least, but for tokenizers without a template.
static xs_batch_room room_of(const xs_encoder_shared *s) {
    size_t longest = s->trained.longest, rows = longest > PROBE_ROWS ? longest : PROBE_ROWS;
    return (xs_batch_room){.texts = (uint32_t)rows, .rows = (uint32_t)rows, .longest = s->trained.longest, .squares = rows * longest};
}

// Numbers of one row on their way.
static size_t widest_of(const xs_encoder_shared *s) {
    const xs_encoder_config *c = &s->layout.config;
    return c->labels > c->hidden ? c->labels : c->hidden;
}

size_t xs_encoder_probe_size(const xs_encoder_shared *s) {
    xs_batch_room room = room_of(s);
    size_t packed = s->layout.total * s->trained.ops->real; // of the model that is asked
    return xs_network_bytes(s->trained.ops, &s->layout, &room, XS_KEEP_GRADIENT) + packed + room.rows * widest_of(s) * sizeof(double);
}

static int fill_probe(xs_encoder_probe *p, const xs_encoder_shared *s, xsnr_error *err) {
    xs_batch_room room = room_of(s);
    size_t rows = room.rows;
    p->begin = XS_NEW_ARRAY(uint32_t, rows + 1);
    p->id = XS_NEW_ARRAY(uint32_t, rows);
    p->token_kind = XS_NEW_ARRAY(uint32_t, rows);
    p->document = XS_NEW_ARRAY(uint32_t, rows);
    p->host = XS_NEW_ARRAY(double, rows *widest_of(s));
    if (!p->begin || !p->id || !p->token_kind || !p->document || !p->host) return xs_nomem(err);
    XS_TRY(p->ops->open(&p->device, err));
    bool relevance = p->kind != XS_PROBE_GRADIENT;
    XS_TRY(xs_network_new(p->ops, p->device, &s->layout, &room, relevance ? XS_KEEP_RELEVANCE : XS_KEEP_GRADIENT,
                          &p->network, err));
    if (!relevance) return XSNR_OK;
    if (p->kind == XS_PROBE_RELEVANCE) XS_TRY(p->ops->reals(p->device, s->layout.total, &p->own, err));
    return p->ops->reals(p->device, s->layout.total, &p->absolute, err);
}

// The model's parameters as the probe's reals.
static int take_model(xs_encoder_probe *p, const xs_trained_model *m, xsnr_error *err) {
    const xs_encoder_shared *s = (const xs_encoder_shared *)m->shared;
    p->parameters = (xs_view){p->own ? p->own : m->parameters, 0};
    if (p->holds == m->number) return XSNR_OK;
    p->ops->constant(p->device, (xs_view){0}, 0);
    p->holds = 0;
    if (p->own) {
        double *wide = XS_NEW_ARRAY(double, s->layout.total);
        if (!wide) return xs_nomem(err);
        s->trained.ops->get_reals(s->trained.home, (xs_view){m->parameters, 0}, wide, s->layout.total);
        p->ops->put_reals(p->device, p->parameters, wide, s->layout.total);
        xs_free(wide);
    }
    p->ops->constant(p->device, p->parameters, s->layout.total);
    if (p->absolute) {
        xs_network_absolute(p->network, p->parameters, (xs_view){p->absolute, 0});
        p->ops->constant(p->device, (xs_view){p->absolute, 0}, s->layout.total);
    }
    p->holds = m->number;
    return XSNR_OK;
}

static xs_encoder_probe *idle_probe(xs_encoder_shared *s, xs_probe_kind kind) {
    pthread_mutex_lock(&s->lock);
    xs_encoder_probe **at = &s->probes;
    while (*at && (*at)->kind != kind) at = &(*at)->next;
    xs_encoder_probe *p = *at;
    if (p) *at = p->next;
    pthread_mutex_unlock(&s->lock);
    return p;
}

int xs_encoder_probe_borrow(const xs_trained_model *m, xs_probe_kind kind, xs_encoder_probe **out, xsnr_error *err) {
    const xs_encoder_shared *s = (const xs_encoder_shared *)m->shared;
    xs_encoder_probe *p = idle_probe((xs_encoder_shared *)(uintptr_t)s, kind); // the pool alone changes
    int rc = XSNR_OK;
    if (!p) {
        p = XS_NEW(xs_encoder_probe);
        if (!p) return xs_nomem(err);
        p->kind = kind;
        p->ops = kind == XS_PROBE_RELEVANCE ? xs_cpu_backend(XS_DOUBLE, 0) : s->trained.ops;
        rc = fill_probe(p, s, err);
    }
    if (rc == XSNR_OK) rc = take_model(p, m, err);
    if (rc < 0) probe_free(p);
    else *out = p;
    return rc;
}

void xs_encoder_probe_return(const xs_encoder_shared *shared, xs_encoder_probe *p) {
    xs_encoder_shared *s = (xs_encoder_shared *)(uintptr_t)shared;
    pthread_mutex_lock(&s->lock);
    p->next = s->probes;
    s->probes = p;
    pthread_mutex_unlock(&s->lock);
}

size_t xs_encoder_probe_put(xs_encoder_probe *p, const xs_inputs *in, const uint32_t *text, size_t first, size_t count,
                            size_t *rows) {
    const xs_batch_room *room = &p->network->room;
    size_t n = 0, used = 0, squares = 0;
    for (size_t i = first; i < count && n < room->texts; i++, n++) {
        size_t t = text ? text[i] : i, T = in->begin[t + 1] - in->begin[t];
        if (n && (used + T > room->rows || squares + T * T > room->squares)) break;
        for (size_t k = 0; k < T; k++) {
            p->id[used + k] = in->id[in->begin[t] + k];
            p->token_kind[used + k] = in->kind ? in->kind[in->begin[t] + k] : 0;
        }
        used += T;
        squares += T * T;
        p->begin[n + 1] = (uint32_t)used;
    }
    xs_network_put(p->network, &(xs_batch){.texts = (uint32_t)n,
                                           .begin = p->begin,
                                           .id = p->id,
                                           .kind = p->token_kind,
                                           .document = p->document});
    *rows = used;
    return n;
}

int xs_encoder_probe_forward(xs_encoder_probe *p, const double *vectors, double *logits, xsnr_error *err) {
    xs_network *n = p->network;
    if (vectors) {
        p->ops->put_reals(p->device, n->dy, vectors, n->packed.rows * n->layout->config.hidden);
        xs_network_embed_vectors(n, p->parameters, n->dy);
    } else {
        xs_network_embed(n, p->parameters);
    }
    xs_network_forward(n, p->parameters, (xs_step_noise){0}, true);
    p->ops->get_reals(p->device, n->logits, logits, n->packed.texts * n->layout->config.labels);
    return p->ops->status(p->device, err);
}

double xs_encoder_probe_start(int classes, const double *logits, int target, bool probability, double *d) {
    if (!probability) {
        memset(d, 0, (size_t)classes * sizeof *d);
        d[target] = 1;
        return logits[target];
    }
    xs_probabilities(XS_LINK_SOFTMAX, classes, logits, d);
    double p = d[target];
    for (int c = 0; c < classes; c++) d[c] = p * ((c == target) - d[c]);
    return p;
}

void xs_encoder_probe_words(xs_encoder_probe *p, const uint32_t *id, size_t n, double *out) {
    const xs_encoder_layout *l = p->network->layout;
    size_t H = l->config.hidden;
    for (size_t i = 0; i < n; i++)
        p->ops->get_reals(p->device, xs_view_at(p->parameters, l->word + id[i] * H), out + i * H, H);
}
