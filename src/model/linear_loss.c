// The objective of linear models, its gradient, and the scores of a text; formulas in linear.h.
#include "base/alloc.h"
#include "math/softmax.h"
#include "model/linear.h"
#include <math.h>
#include <string.h>

int xs_linear_model_new(uint32_t columns, int vectors, xs_linear_model **out, xsnr_error *err) {
    size_t weights;
    if (__builtin_mul_overflow((size_t)columns + 1, (size_t)vectors, &weights) ||
        weights > (SIZE_MAX - sizeof(xs_linear_model)) / sizeof(double))
        return xs_nomem(err);
    xs_linear_model *m = xs_calloc(1, sizeof *m + weights * sizeof(double));
    if (!m) return xs_nomem(err);
    m->columns = columns;
    m->vectors = (uint32_t)vectors;
    *out = m;
    return XSNR_OK;
}

int xs_linear_model_check(const xs_linear_model *m, xsnr_error *err) {
    size_t n = ((size_t)m->columns + 1) * m->vectors;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(m->weight[i]))
            return xs_fail(err, XSNR_ERR_NUMERIC,
                           "training of the linear model diverged: weight %zu is not finite; a smaller rate or a "
                           "larger l2 may help",
                           i);
    return XSNR_OK;
}

// φ(m) of a margin: ln(1 + e^−m), max(0, 1 − m), or its square.
static double margin_loss(xs_loss loss, double m) {
    if (loss == XS_LOSS_LOGISTIC) return log1p(exp(-fabs(m))) + (m >= 0 ? 0 : -m); // never overflows
    double slack = m >= 1 ? 0 : 1 - m;
    return loss == XS_LOSS_HINGE ? slack : slack * slack;
}

// φ′(m)
static double margin_slope(xs_loss loss, double m) {
    if (loss == XS_LOSS_LOGISTIC) return -1 / (1 + exp(m)); // exp may be infinite: 0 is right
    double slack = m >= 1 ? 0 : 1 - m;
    return loss == XS_LOSS_HINGE ? -(slack > 0) : -2 * slack;
}

static bool is_softmax(const xs_linear_problem *p) {
    return p->loss == XS_LOSS_LOGISTIC && p->vectors > 1 && !p->one_vs_rest;
}

// ±1; the one vector of a pair speaks for class 1.
static double sign_of(const xs_linear_problem *p, int k, int32_t label) {
    return label == k + (p->vectors == 1) ? 1 : -1;
}

double xs_linear_loss(const xs_linear_problem *p, const double *z, int32_t label) {
    double loss = 0;
    if (is_softmax(p)) return xs_log_sum_exp(z, p->vectors) - z[label];
    for (int k = 0; k < p->vectors; k++) loss += margin_loss(p->loss, sign_of(p, k, label) * z[k]);
    return loss;
}

void xs_linear_slopes(const xs_linear_problem *p, const double *z, int32_t label, double *dz) {
    if (is_softmax(p)) {
        xs_softmax(z, p->vectors, dz);
        dz[label] -= 1;
        return;
    }
    for (int k = 0; k < p->vectors; k++) {
        double y = sign_of(p, k, label);
        dz[k] = y * margin_slope(p->loss, y * z[k]);
    }
}

void xs_linear_scores(const xs_linear_model *m, const uint32_t *index, const double *value, size_t n, double *z) {
    size_t V = m->vectors;
    const double *bias = m->weight + (size_t)m->columns * V;
    if (V == 1) {
        double sum = 0;
        for (size_t i = 0; i < n; i++) sum += m->weight[index[i]] * value[i];
        z[0] = sum + *bias;
        return;
    }
    memset(z, 0, V * sizeof *z);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < V; k++) z[k] += m->weight[index[i] * V + k] * value[i];
    for (size_t k = 0; k < V; k++) z[k] += bias[k];
}

double xs_linear_objective(const xs_linear_problem *p, const uint32_t *rows, size_t n, const xs_linear_model *m,
                           double *gradient) {
    size_t V = m->vectors, weights = ((size_t)m->columns + 1) * V;
    double z[XS_LINEAR_CLASSES] = {0}, dz[XS_LINEAR_CLASSES] = {0}, loss = 0, square = 0;
    if (gradient) memset(gradient, 0, weights * sizeof *gradient);
    for (size_t r = 0; r < n; r++) {
        size_t begin = p->x->begin[rows[r]], end = p->x->begin[rows[r] + 1];
        xs_linear_scores(m, p->x->index + begin, p->x->value + begin, end - begin, z);
        loss += xs_linear_loss(p, z, p->label[rows[r]]);
        if (!gradient) continue;
        xs_linear_slopes(p, z, p->label[rows[r]], dz);
        for (size_t k = 0; k < V; k++) {
            for (size_t i = begin; i < end; i++) gradient[p->x->index[i] * V + k] += dz[k] * p->x->value[i];
            gradient[weights - V + k] += dz[k];
        }
    }
    for (size_t i = 0; i < weights; i++) square += m->weight[i] * m->weight[i];
    if (gradient)
        for (size_t i = 0; i < weights; i++) gradient[i] = gradient[i] / (double)n + p->l2 * m->weight[i];
    return loss / (double)n + 0.5 * p->l2 * square;
}
