// Relevance propagation through the encoder: Chefer's rules and AttnLRP's, from the logits down.
//
// Chefer, Gur & Wolf (CVPR 2021), as their BERT code has it; sd(a, b) = a / (b + 1e-9), and 0 where b = 0:
//
//     linear z = W x + b     Z = x⁺ W⁺ᵀ + x⁻ W⁻ᵀ, S = sd(R, Z), R_x = x⁺ ∘ S W⁺ + x⁻ ∘ S W⁻
//     fork                   R_x = x ∘ sd(Σ R_i, x);      activation, layer norm: R unchanged
//
// Of the four products one is spared and the other three need no sorting by sign, since
//
//     Z = ½ (|x| |W|ᵀ + z − b),      R_x = ½ (x ∘ S W + |x| ∘ S |W|).
//
// That subtracts nearly equal numbers where almost all terms are negative: these passes want doubles.
//
// AttnLRP (Achtibat et al., ICML 2024), with stabilisers ε = 1e-8 (1e-6 in the layer norm):
//
//     linear R_x = x ∘ (R / (z + ε)) W;      sum R_a = a ∘ R / (z + ε);      fork: the sum;      activation: unchanged
//     layer norm R_x = x ∘ Jᵀ (R / (y + ε)),  J with the deviation held constant
//
// Sums of two tensors under Chefer's rules, and attention under both: math/cpu/relevance.c.
#include "model/encoder_network.h"

static const double chefer_epsilon = 1e-9, lrp_epsilon = 1e-8, lrp_norm_epsilon = 1e-6;

typedef struct pass {
    xs_network *n;
    xs_view P, absolute;
    xs_relevance_rule rule;
} pass;

// R at z (rows, out) = x Wᵀ + b, spoilt, becomes R at x (rows, in).
static void through_linear(const pass *p, size_t rows, size_t in, size_t out, xs_pair at, xs_view x, xs_view z, xs_view r,
                           xs_view rx) {
    const xs_backend *o = p->n->ops;
    xs_device *d = p->n->device;
    xs_view W = xs_view_at(p->P, at.w);
    if (p->rule == XS_RULE_ATTN_LRP) {
        o->quotient(d, rows * out, r, z, lrp_epsilon, false, r);
        o->linear_input(d, rows, in, out, r, W, false, rx);
        o->multiply(d, rx, x, rows * in);
        return;
    }
    xs_view size = p->n->spare[0], Z = p->n->spare[1], unsigned_part = p->n->spare[1];
    xs_view absW = xs_view_at(p->absolute, at.w), minus_b = xs_view_at(p->absolute, at.b);
    o->absolute(d, rows * in, x, size);
    o->linear(d, rows, in, out, size, absW, minus_b, Z);
    o->add(d, Z, z, 1, rows * out);                                          // 2 Z
    o->quotient(d, rows * out, r, Z, 2 * chefer_epsilon, true, r);           // S / 2
    o->linear_input(d, rows, in, out, r, W, false, rx);
    o->multiply(d, rx, x, rows * in);
    o->linear_input(d, rows, in, out, r, absW, false, unsigned_part);
    o->multiply(d, unsigned_part, size, rows * in);
    o->add(d, rx, unsigned_part, 1, rows * in);
}

// R at y = LN(x), in place.
static void through_norm(const pass *p, size_t rows, xs_pair at, xs_view x, xs_view stat, xs_view y, xs_view r) {
    const xs_backend *o = p->n->ops;
    size_t H = p->n->layout->config.hidden;
    xs_view none = {0};
    if (p->rule == XS_RULE_CHEFER) return;
    o->quotient(p->n->device, rows * H, r, y, lrp_norm_epsilon, false, r);
    o->norm_backward(p->n->device, rows, H, x, stat, xs_view_at(p->P, at.w), r, true, r, none, none);
    o->multiply(p->n->device, r, x, rows * H);
}

// R at a + b, in r, becomes R at a, in ra, and R at b, in r.
static void through_sum(const pass *p, bool first, size_t rows, xs_view a, xs_view b, xs_view sum, xs_view ra,
                        xs_view r) {
    const xs_backend *o = p->n->ops;
    xs_device *d = p->n->device;
    size_t H = p->n->layout->config.hidden;
    if (p->rule == XS_RULE_CHEFER) {
        o->split_sum(d, &p->n->packed, H, first, r, a, b, ra, r);
        return;
    }
    o->quotient(d, rows * H, r, sum, lrp_epsilon, false, r);
    o->copy(d, ra, r, rows * H);
    o->multiply(d, ra, a, rows * H);
    o->multiply(d, r, b, rows * H);
}

// R += the other branch's, at x that both read.
static void through_fork(const pass *p, size_t rows, xs_view x, xs_view other, xs_view r) {
    const xs_backend *o = p->n->ops;
    size_t n = rows * p->n->layout->config.hidden;
    o->add(p->n->device, r, other, 1, n);
    if (p->rule == XS_RULE_ATTN_LRP) return;
    o->quotient(p->n->device, n, r, x, chefer_epsilon, true, r);
    o->multiply(p->n->device, r, x, n);
}

// From n->dx at the layer's output y₂ to n->dx at its input.
static void layer_relevance(const pass *p, uint32_t i, xs_view y2, bool whole) {
    xs_network *n = p->n;
    const xs_backend *o = n->ops;
    const xs_encoder_config *c = &n->layout->config;
    const struct xs_encoder_layer *w = &n->layout->layer[i];
    xs_layer_state *s = &n->layer[i];
    xs_device *d = n->device;
    bool first = n->first_only && i + 1 == c->layers;
    size_t N = n->packed.rows, M = first ? n->packed.texts : N, H = c->hidden, F = c->intermediate;
    xs_attention attention = {.heads = c->heads, .hidden = c->hidden, .first_only = first};

    through_norm(p, M, w->norm2, s->sum2, s->stat2, y2, n->dx);
    through_sum(p, first, M, s->f, s->y, s->sum2, n->dy, n->dx);
    through_linear(p, M, F, H, w->down, s->up, s->f, n->dy, n->dup);
    through_linear(p, M, H, F, w->up, s->y, s->z, n->dup, n->dy);
    through_fork(p, M, s->y, n->dy, n->dx);

    xs_view x = s->x;
    if (first) {
        x = n->spare[2];
        o->first(d, &n->packed, H, s->x, x);
    }
    through_norm(p, M, w->norm1, s->sum1, s->stat1, s->y, n->dx);
    through_sum(p, first, M, s->a, x, s->sum1, n->dy, n->dx);
    through_linear(p, M, H, H, w->out, s->context, s->a, n->dy, n->dup);
    o->attention_relevance(d, &n->packed, &attention, p->rule, s->qkv, s->probability, s->context, n->dup, s->relevance,
                           n->dqkv);
    if (!whole) return;
    if (first) { // the residual's relevance reaches the first tokens alone
        o->copy(d, n->dy, n->dx, M * H);
        o->zero(d, n->dx, N * H);
        o->first_backward(d, &n->packed, H, n->dy, n->dx);
    }
    through_linear(p, N, H, 3 * (size_t)H, w->qkv, s->x, s->qkv, n->dqkv, n->dup);
    through_fork(p, N, s->x, n->dup, n->dx);
}

void xs_network_relevance(xs_network *n, xs_view P, xs_view absolute, xs_relevance_rule rule, uint32_t until,
                          bool whole) {
    const xs_backend *o = n->ops;
    const xs_encoder_layout *l = n->layout;
    pass p = {n, P, absolute, rule};
    size_t B = n->packed.texts, H = l->config.hidden;
    through_linear(&p, B, H, l->config.labels, l->classify, n->pooled, n->logits, n->dlogits, n->dup);
    through_linear(&p, B, H, H, l->dense, n->cls, n->dense, n->dup, n->dy);
    if (n->first_only) {
        o->copy(n->device, n->dx, n->dy, B * H);
    } else {
        o->zero(n->device, n->dx, n->packed.rows * H);
        o->first_backward(n->device, &n->packed, H, n->dy, n->dx);
    }
    for (uint32_t i = l->config.layers; i-- > until;)
        layer_relevance(&p, i, i + 1 < l->config.layers ? n->layer[i + 1].x : n->output, i > until || whole);
}

static void absolute_pair(xs_network *n, xs_view P, xs_view absolute, xs_pair at, size_t in, size_t out) {
    n->ops->absolute(n->device, in * out, xs_view_at(P, at.w), xs_view_at(absolute, at.w));
    n->ops->zero(n->device, xs_view_at(absolute, at.b), out);
    n->ops->add(n->device, xs_view_at(absolute, at.b), xs_view_at(P, at.b), -1, out);
}

void xs_network_absolute(xs_network *n, xs_view P, xs_view absolute) {
    const xs_encoder_layout *l = n->layout;
    size_t H = l->config.hidden, F = l->config.intermediate;
    for (uint32_t i = 0; i < l->config.layers; i++) {
        const struct xs_encoder_layer *w = &l->layer[i];
        absolute_pair(n, P, absolute, w->qkv, H, 3 * H);
        absolute_pair(n, P, absolute, w->out, H, H);
        absolute_pair(n, P, absolute, w->up, H, F);
        absolute_pair(n, P, absolute, w->down, F, H);
    }
    absolute_pair(n, P, absolute, l->dense, H, H);
    absolute_pair(n, P, absolute, l->classify, H, l->config.labels);
}

void xs_network_relevance_embedded(xs_network *n, xs_view P) {
    pass p = {.n = n, .P = P, .rule = XS_RULE_ATTN_LRP};
    through_norm(&p, n->packed.rows, n->layout->norm, n->embedded, n->stat, n->layer[0].x, n->dx);
}
