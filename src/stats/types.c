// Is it the word or its context (section 3)?  Nested random effects, y = μ + type + context(type) + model.
//
// Henderson's method 1 (Biometrics 1953; Searle, Casella, McCulloch, ch. 5) for unequal numbers: N scores, c contexts, t types, n_i
// scores of type i, n_ij of its context j.
//
//   E SS_model   = (N − c) σ²_m
//   E SS_context = (c − t) σ²_m + (N − k₁) σ²_c                      k₁ = Σ_i Σ_j n_ij² / n_i
//   E SS_type    = (t − 1) σ²_m + (k₁ − k₂) σ²_c + (N − k₃) σ²_t      k₂ = Σ n_ij² / N,  k₃ = Σ n_i² / N
//
// N, k₃ and the means of types take a first look at all scores; sums of squares, k₁ and k₂ a second.  Contexts are of one block
// (a text), so that only types are held.
#include "stats/groups.h"
#include <math.h>

typedef struct xs_type_cell {
    double n, sum; // sum: less the origin
} cell;

int xs_types_begin(xs_type_sums *s, uint32_t types, xs_arena *arena, xsnr_error *err) {
    *s = (xs_type_sums){.types = types, .of_type = XS_ARENA_ARRAY(arena, cell, types)};
    return s->of_type ? XSNR_OK : xs_nomem(err);
}

int xs_types_see(xs_type_sums *s, const xs_word_place *y, size_t n, xsnr_error *err) {
    if (n && !s->begun) s->origin = y[0].mean;
    s->begun |= n > 0;
    for (size_t i = 0; i < n; i++) {
        if (y[i].type >= s->types) return xs_fail(err, XSNR_ERR_ARGUMENT, "score %zu has type %u of %u", i, y[i].type, s->types);
        double sum = y[i].n * (y[i].mean - s->origin);
        s->mean += sum;
        s->scores += y[i].n;
        s->of_type[y[i].type].n += y[i].n;
        s->of_type[y[i].type].sum += sum;
    }
    return XSNR_OK;
}

typedef struct context {
    double n, sum;
    uint32_t type;
} context;

// Sums of the block's contexts.
static int add_contexts(const xs_type_sums *s, const xs_word_place *y, size_t n, uint32_t contexts, context *of_context,
                        xsnr_error *err) {
    for (size_t i = 0; i < n; i++) {
        if (y[i].context >= contexts)
            return xs_fail(err, XSNR_ERR_ARGUMENT, "score %zu has context %u of %u", i, y[i].context, contexts);
        context *c = &of_context[y[i].context];
        if (c->n > 0 && c->type != y[i].type)
            return xs_fail(err, XSNR_ERR_ARGUMENT, "context %u has scores of types %u and %u; a context belongs to one type",
                           y[i].context, c->type, y[i].type);
        c->type = y[i].type;
        c->n += y[i].n;
        c->sum += y[i].n * (y[i].mean - s->origin);
    }
    return XSNR_OK;
}

int xs_types_see_again(xs_type_sums *s, const xs_word_place *y, size_t n, uint32_t contexts, xs_arena *scratch, xsnr_error *err) {
    xs_arena_mark mark = xs_arena_save(scratch);
    context *of_context = XS_ARENA_ARRAY(scratch, context, contexts);
    if (!of_context) return xs_nomem(err);
    XS_TRY(add_contexts(s, y, n, contexts, of_context, err));
    double N = s->scores, mean = s->mean / N;
    for (size_t i = 0; i < n; i++) {
        if (!(y[i].n > 0)) continue;
        const cell *t = &s->of_type[y[i].type];
        const context *c = &of_context[y[i].context];
        double x = y[i].mean - s->origin, dt = x - t->sum / t->n, dc = x - c->sum / c->n;
        s->total += y[i].ss + y[i].n * (x - mean) * (x - mean);
        s->within_types += y[i].ss + y[i].n * dt * dt;
        s->within += y[i].ss + y[i].n * dc * dc;
    }
    for (uint32_t j = 0; j < contexts; j++) {
        if (!(of_context[j].n > 0)) continue;
        s->contexts++;
        s->k1 += of_context[j].n * of_context[j].n / s->of_type[of_context[j].type].n;
        s->k2 += of_context[j].n * of_context[j].n / N;
    }
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}

void xs_types_end(const xs_type_sums *s, xs_nested *out) {
    double N = s->scores, c = s->contexts, t = 0, k3 = 0;
    *out = (xs_nested){0, 0, (size_t)N, NAN, NAN, NAN};
    if (!(N > 0)) return;
    for (uint32_t i = 0; i < s->types; i++) {
        t += s->of_type[i].n > 0;
        k3 += s->of_type[i].n * s->of_type[i].n / N;
    }
    out->types = (size_t)t;
    out->contexts = (size_t)c;
    if (N > c) out->model = s->within / (N - c);
    if (c > t) out->context = (s->within_types - s->within - (c - t) * out->model) / (N - s->k1);
    if (t > 1) out->type = (s->total - s->within_types - (t - 1) * out->model - (s->k1 - s->k2) * out->context) / (N - k3);
}
