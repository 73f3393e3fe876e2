// Averaged stochastic gradient descent on sparse rows, O(nonzeros) a step.
//
// Step t (t = 1, 2, …) takes one text, with η the step length and g = ∂ℓ/∂z its derivative:
//
//     w ← (1 − η l2) w − η g x.
//
// Nothing dense is done in a step.  The shrinking is kept as a scale, w = s v (Bottou, "Stochastic gradient
// descent tricks", 2012, section 5.1), so that only the text's own features change: v ← v + δ x with
// δ = −η g / s.  The average is kept by the same trick (Xu, "Towards optimal one pass large scale learning with
// averaged SGD", 2011): with weights c_t and B_t = Σ_{k ≤ t} c_k s_k,
//
//     Σ_t c_t w_t = B_T v_T − u,   u = Σ_t B_{t−1} δ_t x_t,
//
// since a change at step t is missing from the iterates before it.  The weights are c_t = t: they forget the
// start as 1/T², and with steps ∝ 1/t the mean reaches the optimum at rate 1/T (Lacoste-Julien, Schmidt & Bach,
// arXiv:1212.2002).
//
// Steps: `decay` is Bottou's η_t = η₀ / (1 + η₀ l2 t); `constant`; `linear` falls to 0 at the end.  η₀ is given
// in units of 1 / (curvature × mean ‖x‖²), so that it means the same for any features: curvature is the largest
// second derivative of ℓ (1/4, 1/2 for softmax, 2 for the squared hinge; the hinge has none and takes 1).
// The bias, which every text moves, starts with shorter steps (BIAS_RATE η₀); the optimum stays where it is.
//
// Random: the start, uniform with standard deviation init_scale, is stream `init`; epoch e goes through the
// texts in the permutation (order, e).  Neither depends on the other.
#include "base/alloc.h"
#include "base/random.h"
#include "model/linear.h"
#include <math.h>

#define BIAS_RATE 0.1
#define SMALLEST_SCALE 1e-3 // B v − u loses at most as many digits

// A weight v and its part u of the average lie side by side: one cache line, one vector instruction for both.
typedef double cell __attribute__((vector_size(16)));
enum { WEIGHT, PART }; // v, u

typedef struct descent {
    cell *cells;           // (D, V)
    double *bias, *bias_sum; // (V) b, Σ c_t b_t
    double *z, *dz;        // (V)
    double scale;          // s
    double B, c_sum;       // Σ c_t s_t, Σ c_t
    int64_t step;          // t, of the step that comes next
    int64_t total;         // T
    double first_rate;     // η₀
} descent;

int xs_sgd_pack(const xs_csr *x, xs_linear_entry **out, xsnr_error *err) {
    size_t n = x->begin[x->rows];
    xs_linear_entry *entry = XS_NEW_ARRAY(xs_linear_entry, n);
    if (!entry) return xs_nomem(err);
    for (size_t i = 0; i < n; i++) entry[i] = (xs_linear_entry){x->index[i], (float)x->value[i]};
    *out = entry;
    return XSNR_OK;
}

// η of the step that comes next, from its first value.
static double step_length(const descent *d, const xs_sgd_options *o, double l2, double first) {
    double t = (double)(d->step - 1);
    switch (o->schedule) {
    case XS_SCHEDULE_DECAY: return first / (1 + first * l2 * t);
    case XS_SCHEDULE_LINEAR: return first * (1 - t / (double)d->total);
    default: return first;
    }
}

// One text.  Inlined with V known, so that two classes pay nothing for the general case.
static inline __attribute__((always_inline)) void take_step(descent *d, const xs_linear_problem *p,
                                                            const xs_sgd_options *o, const xs_linear_entry *e,
                                                            size_t n, int32_t label, size_t V) {
    cell *cells = d->cells;
    double *z = d->z, *dz = d->dz;
    if (V == 1) {
        double a = 0, b = 0, c = 0, f = 0; // four chains of additions
        size_t i = 0;
        for (; i + 3 < n; i += 4) {
            a += cells[e[i].index][WEIGHT] * (double)e[i].value;
            b += cells[e[i + 1].index][WEIGHT] * (double)e[i + 1].value;
            c += cells[e[i + 2].index][WEIGHT] * (double)e[i + 2].value;
            f += cells[e[i + 3].index][WEIGHT] * (double)e[i + 3].value;
        }
        for (; i < n; i++) a += cells[e[i].index][WEIGHT] * (double)e[i].value;
        z[0] = (a + b) + (c + f);
    } else {
        for (size_t k = 0; k < V; k++) z[k] = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < V; k++) z[k] += cells[e[i].index * V + k][WEIGHT] * (double)e[i].value;
    }
    for (size_t k = 0; k < V; k++) z[k] = z[k] * d->scale + d->bias[k];
    xs_linear_slopes(p, z, label, dz);

    double eta = step_length(d, o, p->l2, d->first_rate), weight = (double)d->step;
    double bias_eta = step_length(d, o, p->l2, BIAS_RATE * d->first_rate);
    d->scale *= 1 - eta * p->l2;
    double length = -eta / d->scale;
    for (size_t k = 0; k < V; k++) {
        double delta = length * dz[k];
        cell change = {delta, d->B * delta};
        if (delta != 0)
            for (size_t i = 0; i < n; i++) cells[e[i].index * V + k] += change * (double)e[i].value;
        d->bias[k] -= bias_eta * (dz[k] + p->l2 * d->bias[k]);
        d->bias_sum[k] += weight * d->bias[k];
    }
    d->B += weight * d->scale;
    d->c_sum += weight;
    d->step++;
}

// Puts the scale back into v and the sum so far, Σ c_t w_t = B v − u, into u alone: were B to go on, it would
// count old iterates at the present scale, and B v − u would lose its digits.
static void fold_scale(descent *d, size_t cells) {
    for (size_t i = 0; i < cells; i++) {
        d->cells[i][PART] -= d->B * d->cells[i][WEIGHT];
        d->cells[i][WEIGHT] *= d->scale;
    }
    d->B = 0;
    d->scale = 1;
}

static inline __attribute__((always_inline)) void run_epoch(descent *d, const xs_linear_problem *p,
                                                            const xs_sgd_options *o, const xs_linear_entry *entry,
                                                            const uint32_t *order, size_t n, size_t V) {
    const size_t *begin = p->x->begin;
    for (size_t i = 0; i < n; i++) {
        if (i + 2 < n) { // the texts come in random order: ask for the next but one in time
            const char *ahead = (const char *)(entry + begin[order[i + 2]]);
            for (int line = 0; line < 4; line++) __builtin_prefetch(ahead + 64 * line);
        }
        uint32_t row = order[i];
        take_step(d, p, o, entry + begin[row], begin[row + 1] - begin[row], p->label[row], V);
        if (d->scale < SMALLEST_SCALE) fold_scale(d, (size_t)p->x->columns * V);
    }
}

// η₀: see above.  Texts without features have no say.
static double first_rate(const xs_linear_problem *p, const xs_linear_entry *entry, const uint32_t *rows, size_t n,
                         double rate) {
    double curvature = p->loss == XS_LOSS_LOGISTIC ? (p->vectors > 1 && !p->one_vs_rest ? 0.5 : 0.25)
                       : p->loss == XS_LOSS_HINGE  ? 1
                                                   : 2;
    double square = 0;
    for (size_t r = 0; r < n; r++)
        for (size_t i = p->x->begin[rows[r]]; i < p->x->begin[rows[r] + 1]; i++)
            square += (double)entry[i].value * (double)entry[i].value;
    double mean = square / (double)n;
    return rate / (curvature * (mean > 0 ? mean : 1));
}

int xs_sgd_train(const xs_linear_problem *p, const xs_linear_entry *entry, const xs_sgd_options *o,
                 const uint32_t *rows, size_t n, const xs_seeds *seeds, xs_arena *scratch, xs_linear_model *m,
                 xs_training *record, xsnr_error *err) {
    size_t V = (size_t)p->vectors, cells = (size_t)p->x->columns * V;
    xs_arena_mark mark = xs_arena_save(scratch);
    descent d = {.cells = XS_ARENA_ARRAY(scratch, cell, cells),
                 .bias = XS_ARENA_ARRAY(scratch, double, V),
                 .bias_sum = XS_ARENA_ARRAY(scratch, double, V),
                 .z = XS_ARENA_ARRAY(scratch, double, V),
                 .dz = XS_ARENA_ARRAY(scratch, double, V),
                 .scale = 1,
                 .step = 1,
                 .total = (int64_t)n * o->epochs,
                 .first_rate = first_rate(p, entry, rows, n, o->rate)};
    uint32_t *order = XS_ARENA_ARRAY(scratch, uint32_t, n);
    if (!d.cells || !d.bias || !d.bias_sum || !d.z || !d.dz || !order) {
        xs_arena_rewind(scratch, mark);
        return xs_nomem(err);
    }
    if (d.first_rate * p->l2 >= 1) { // the shrinking would turn every weight's sign
        xs_arena_rewind(scratch, mark);
        return xs_fail(err, XSNR_ERR_CONFIG, "rate: %g is too long a step for l2 %g", o->rate, p->l2);
    }

    if (o->init_scale > 0) {
        xs_rng rng = xs_rng_at(seeds->init, XS_STREAM_INIT, 0, 0);
        double width = o->init_scale * sqrt(12.0) * 0x1p-32; // of a uniform u32
        for (size_t i = 0; i < cells; i++) d.cells[i][WEIGHT] = width * ((double)xs_rng_u32(&rng) - 0x1p31);
    }
    for (int epoch = 0; epoch < o->epochs; epoch++) {
        xs_rng rng = xs_rng_at(seeds->order, XS_STREAM_ORDER, (uint32_t)epoch, 0);
        for (size_t i = 0; i < n; i++) order[i] = rows[i];
        xs_rng_permute(&rng, order, n);
        if (V == 1)
            run_epoch(&d, p, o, entry, order, n, 1);
        else
            run_epoch(&d, p, o, entry, order, n, V);
    }

    bool average = o->average && d.c_sum > 0;
    for (size_t i = 0; i < cells; i++)
        m->weight[i] = average ? (d.B * d.cells[i][WEIGHT] - d.cells[i][PART]) / d.c_sum : d.scale * d.cells[i][WEIGHT];
    for (size_t k = 0; k < V; k++) m->weight[cells + k] = average ? d.bias_sum[k] / d.c_sum : d.bias[k];
    xs_arena_rewind(scratch, mark);
    XS_TRY(xs_linear_model_check(m, err));
    *record = (xs_training){.loss = xs_linear_objective(p, rows, n, m, NULL),
                            .steps = d.step - 1,
                            .epochs = o->epochs};
    if (!isfinite(record->loss))
        return xs_fail(err, XSNR_ERR_NUMERIC,
                       "training of the linear model diverged: the loss is not finite; a smaller rate or a larger "
                       "l2 may help");
    return XSNR_OK;
}
