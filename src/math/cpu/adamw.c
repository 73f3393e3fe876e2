// AdamW, fused: one pass over parameter, gradient and moments; and the same for tables of which a step touches
// few rows.
//
//     p ← p (1 − rate decay);  m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²
//     p ← p − rate / (1 − β₁ᵗ) m / (√v / √(1 − β₂ᵗ) + ε)           g: the gradient times `clip`
//
// A row without gradient still moves: its moments fade and its weights decay.  Such steps need nothing but the
// row's own numbers, so they are made up for when the row is next needed, many at once in registers, in the place
// of a pass over the whole table at every step.  Moments fade below the smallest normal number: on x86 they are
// flushed to zero, as slow arithmetic on denormal numbers would give nothing.
#include "math/cpu/flush.h"
#include "math/cpu/kernel.h"
#include <math.h>

enum { LINE = 64 / (int)sizeof(real) };

typedef struct moves { // of one step, as reals
    real keep, b1, c1, b2, c2, rate, root, epsilon, clip;
} moves;

static moves moves_of(const xs_adamw *o) {
    return (moves){.keep = (real)(1 - o->rate * o->decay),
                   .b1 = (real)o->beta1,
                   .c1 = (real)(1 - o->beta1),
                   .b2 = (real)o->beta2,
                   .c2 = (real)(1 - o->beta2),
                   .rate = (real)(o->rate / (1 - pow(o->beta1, o->step))),
                   .root = (real)(1 / sqrt(1 - pow(o->beta2, o->step))),
                   .epsilon = (real)o->epsilon,
                   .clip = (real)o->clip};
}

static inline vec vec_sqrt(vec x) {
    vec y = {0};
    for (int i = 0; i < LANES; i++) y[i] = (real)__builtin_sqrt((double)x[i]);
    return y;
}

static inline void step(const moves *s, vec *p, vec g, vec *m, vec *v) {
    g *= s->clip;
    *m = s->b1 * *m + s->c1 * g;
    *v = s->b2 * *v + s->c2 * (g * g);
    *p = s->keep * *p - s->rate * *m / (vec_sqrt(*v) * s->root + s->epsilon);
}

static void cpu_adamw(xs_device *d, size_t n, const xs_adamw *o, xs_view p, xs_view g, xs_view m, xs_view v) {
    double began = xs_device_begin(d);
    unsigned mode = flush_denormals();
    moves s = moves_of(o);
    real *pp = reals_of(p), *gg = reals_of(g), *mm = reals_of(m), *vv = reals_of(v);
    for (size_t i = 0; i < n; i += LANES) {
        size_t part = n - i < LANES ? n - i : LANES;
        vec x = LOAD(pp + i, part), first = LOAD(mm + i, part), second = LOAD(vv + i, part);
        step(&s, &x, LOAD(gg + i, part), &first, &second);
        STORE(pp + i, x, part);
        STORE(mm + i, first, part);
        STORE(vv + i, second, part);
    }
    memset(gg, 0, n * sizeof(real));
    restore_denormals(mode);
    xs_device_end(d, XS_OP_OPTIMISE, began, 0);
}

static void cpu_adamw_rows(xs_device *d, size_t n, size_t width, const uint32_t *row, uint32_t *since, uint32_t last,
                           bool idle, const xs_adamw *o, xs_view p, xs_view g, xs_view m, xs_view v) {
    double began = xs_device_begin(d);
    uint32_t oldest = last;
    for (size_t r = 0; r < n; r++)
        if (since[row[r]] < oldest) oldest = since[row[r]];
    moves *s = xs_device_scratch(d, XS_SCRATCH_OPERATION, (last - oldest + 1) * sizeof *s);
    if (!s) return;
    for (uint32_t t = oldest + 1; t <= last; t++) s[t - oldest] = moves_of(&o[t]);
    unsigned mode = flush_denormals();
    for (size_t r = 0; r < n; r++) {
        size_t at = row[r] * width;
        real *pp = reals_of(p) + at, *gg = reals_of(g) + at, *mm = reals_of(m) + at, *vv = reals_of(v) + at;
        if (r + 1 < n) {
            size_t next = row[r + 1] * width;
            for (size_t i = 0; i < width; i += LINE) {
                __builtin_prefetch(reals_of(p) + next + i, 1);
                __builtin_prefetch(reals_of(m) + next + i, 1);
                __builtin_prefetch(reals_of(v) + next + i, 1);
            }
        }
        for (size_t i = 0; i < width; i += LANES) {
            size_t part = width - i < LANES ? width - i : LANES;
            vec x = LOAD(pp + i, part), first = LOAD(mm + i, part), second = LOAD(vv + i, part);
            for (uint32_t t = since[row[r]] + 1; t <= last; t++)
                step(&s[t - oldest], &x, t == last && !idle ? LOAD(gg + i, part) : (vec){0}, &first, &second);
            STORE(pp + i, x, part);
            STORE(mm + i, first, part);
            STORE(vv + i, second, part);
        }
        if (!idle) memset(gg, 0, width * sizeof(real));
        since[row[r]] = last;
    }
    restore_denormals(mode);
    xs_device_end(d, XS_OP_OPTIMISE, began, 0);
}

void XS_KERNEL(xs_cpu_add_adamw)(xs_backend *b) {
    b->adamw = cpu_adamw;
    b->adamw_rows = cpu_adamw_rows;
}
