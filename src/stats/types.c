// Is it the word or its context (section 3)?  Nested random effects, y = μ + type + context(type) + model.
//
// Henderson's method 1 (Biometrics 1953; Searle, Casella, McCulloch, ch. 5) for unequal numbers: N scores, c contexts, t types, n_i
// scores of type i, n_ij of its context j.
//
//   E SS_model   = (N − c) σ²_m
//   E SS_context = (c − t) σ²_m + (N − k₁) σ²_c                      k₁ = Σ_i Σ_j n_ij² / n_i
//   E SS_type    = (t − 1) σ²_m + (k₁ − k₂) σ²_c + (N − k₃) σ²_t      k₂ = Σ n_ij² / N,  k₃ = Σ n_i² / N
#include "stats/groups.h"
#include <math.h>

typedef struct cell {
    double n, sum;
    uint32_t type; // of a context
} cell;

static int estimate(const xs_word_place *y, size_t n, uint32_t types, uint32_t contexts, xs_arena *scratch, xs_nested *out,
                    xsnr_error *err) {
    cell *of_type = XS_ARENA_ARRAY(scratch, cell, types), *of_context = XS_ARENA_ARRAY(scratch, cell, contexts);
    if (!of_type || !of_context) return xs_nomem(err);
    double mean = 0, N = 0, total = 0, within_types = 0, within = 0, origin = y[0].mean;
    for (size_t i = 0; i < n; i++) {
        if (y[i].type >= types || y[i].context >= contexts)
            return xs_fail(err, XSNR_ERR_ARGUMENT, "score %zu has type %u of %u, context %u of %u", i, y[i].type, types,
                           y[i].context, contexts);
        cell *t = &of_type[y[i].type], *c = &of_context[y[i].context];
        if (c->n > 0 && c->type != y[i].type)
            return xs_fail(err, XSNR_ERR_ARGUMENT, "context %u has scores of types %u and %u; a context belongs to one type",
                           y[i].context, c->type, y[i].type);
        c->type = y[i].type;
        double sum = y[i].n * (y[i].mean - origin);
        mean += sum;
        N += y[i].n;
        t->n += y[i].n;
        c->n += y[i].n;
        t->sum += sum;
        c->sum += sum;
    }
    if (!(N > 0)) return XSNR_OK;
    mean /= N;
    for (size_t i = 0; i < n; i++) {
        if (!(y[i].n > 0)) continue;
        const cell *t = &of_type[y[i].type], *c = &of_context[y[i].context];
        double x = y[i].mean - origin, dt = x - t->sum / t->n, dc = x - c->sum / c->n;
        total += y[i].ss + y[i].n * (x - mean) * (x - mean);
        within_types += y[i].ss + y[i].n * dt * dt;
        within += y[i].ss + y[i].n * dc * dc;
    }
    double k1 = 0, k2 = 0, k3 = 0, t = 0, c = 0;
    for (uint32_t i = 0; i < types; i++) {
        t += of_type[i].n > 0;
        k3 += of_type[i].n * of_type[i].n / N;
    }
    for (uint32_t j = 0; j < contexts; j++) {
        if (!(of_context[j].n > 0)) continue;
        c++;
        k1 += of_context[j].n * of_context[j].n / of_type[of_context[j].type].n;
        k2 += of_context[j].n * of_context[j].n / N;
    }
    out->types = (size_t)t;
    out->contexts = (size_t)c;
    if (N > c) out->model = within / (N - c);
    if (c > t) out->context = (within_types - within - (c - t) * out->model) / (N - k1);
    if (t > 1) out->type = (total - within_types - (t - 1) * out->model - (k1 - k2) * out->context) / (N - k3);
    return XSNR_OK;
}

int xs_word_types_of(const xs_word_place *y, size_t n, uint32_t types, uint32_t contexts, xs_arena *scratch, xs_nested *out,
                     xsnr_error *err) {
    double scores = 0;
    for (size_t i = 0; i < n; i++) scores += y[i].n;
    *out = (xs_nested){0, 0, (size_t)scores, NAN, NAN, NAN};
    if (!n) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = estimate(y, n, types, contexts, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

int xs_word_types(const double *y, const uint32_t *type, const uint32_t *context, size_t n, uint32_t types,
                  uint32_t contexts, xs_arena *scratch, xs_nested *out, xsnr_error *err) {
    xs_arena_mark mark = xs_arena_save(scratch);
    xs_word_place *each = XS_ARENA_ARRAY(scratch, xs_word_place, n);
    if (!each) return xs_nomem(err);
    for (size_t i = 0; i < n; i++) each[i] = (xs_word_place){type[i], context[i], 1, y[i], 0};
    int rc = xs_word_types_of(each, n, types, contexts, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}
