// Converged linear models by LIBLINEAR (Fan et al., JMLR 2008): its trust-region Newton solvers L2R_LR and
// L2R_L2LOSS_SVC, which draw no random numbers and so depend on the texts alone.
//
// LIBLINEAR minimises ½‖w‖² + C Σ ℓ; ours is that divided by C n, with C = 1 / (l2 n).  The bias is a feature
// of value 1.  More than two classes are trained one against the rest, each as a problem of its own, so that a
// bootstrap sample without a text of some class is a problem like any other.  LIBLINEAR calls the label that
// comes first positive; the sign is turned back here.
//
// It prints unless told not to, and does not check its own allocations: sizes are checked before it is called.
#include "base/alloc.h"
#include "model/linear.h"
#include <limits.h>
#include <linear.h>
#include <math.h>
#include <pthread.h>

struct xs_liblinear {
    struct feature_node **row; // (N) into `node`; each ends with the bias and index −1
    struct feature_node *node;
};

static void say_nothing(const char *text) { (void)text; }
static void silence(void) { set_print_string_function(say_nothing); }

int xs_liblinear_new(const xs_csr *x, xs_liblinear **out, xsnr_error *err) {
    if (x->rows > INT_MAX / 4 || x->columns > INT_MAX - 2)
        return xs_fail(err, XSNR_ERR_UNSUPPORTED, "solver liblinear takes at most %d texts and %d features; use sgd",
                       INT_MAX / 4, INT_MAX - 2);
    xs_liblinear *matrix = XS_NEW(xs_liblinear);
    if (!matrix) return xs_nomem(err);
    matrix->row = XS_NEW_ARRAY(struct feature_node *, x->rows);
    matrix->node = XS_NEW_ARRAY(struct feature_node, x->begin[x->rows] + 2 * x->rows);
    if (!matrix->row || !matrix->node) {
        xs_liblinear_free(matrix);
        return xs_nomem(err);
    }
    struct feature_node *node = matrix->node;
    for (size_t i = 0; i < x->rows; i++) {
        matrix->row[i] = node;
        for (size_t e = x->begin[i]; e < x->begin[i + 1]; e++)
            *node++ = (struct feature_node){(int)x->index[e] + 1, x->value[e]}; // counted from 1
        *node++ = (struct feature_node){(int)x->columns + 1, 1.0};
        *node++ = (struct feature_node){-1, 0.0};
    }
    *out = matrix;
    return XSNR_OK;
}

void xs_liblinear_free(xs_liblinear *matrix) {
    if (!matrix) return;
    xs_free(matrix->row);
    xs_free(matrix->node);
    xs_free(matrix);
}

static double squared_norm(const double *v, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i] * v[i];
    return sum;
}

// One vector: the texts of class `positive` against all others.
static int train_vector(const struct problem *prob, const struct parameter *param, size_t vector,
                        xs_linear_model *m, xsnr_error *err) {
    const char *complaint = check_parameter(prob, param);
    if (complaint) return xs_fail(err, XSNR_ERR_CONFIG, "liblinear: %s", complaint);
    struct model *trained = train(prob, param);
    if (!trained) return xs_nomem(err);
    double sign = trained->label[0] == 1 ? 1 : -1;
    for (size_t j = 0; j <= m->columns; j++) m->weight[j * m->vectors + vector] = sign * trained->w[j];
    free_and_destroy_model(&trained);
    return XSNR_OK;
}

int xs_liblinear_train(const xs_linear_problem *p, const xs_liblinear *matrix, double tolerance,
                       const uint32_t *rows, size_t n, xs_arena *scratch, xs_linear_model *m,
                       xs_training *record, xsnr_error *err) {
    static pthread_once_t silenced = PTHREAD_ONCE_INIT;
    pthread_once(&silenced, silence);
    if (p->loss == XS_LOSS_HINGE)
        return xs_fail(err, XSNR_ERR_CONFIG,
                       "solver liblinear minimises the squared hinge: write loss: squared_hinge, or solver: sgd");

    xs_arena_mark mark = xs_arena_save(scratch);
    size_t weights = ((size_t)m->columns + 1) * m->vectors;
    struct feature_node **x = XS_ARENA_ARRAY(scratch, struct feature_node *, n);
    double *y = XS_ARENA_ARRAY(scratch, double, n);
    double *gradient = XS_ARENA_ARRAY(scratch, double, weights);
    int rc = x && y && gradient ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK) {
        xs_linear_objective(p, rows, n, m, gradient); // at the start, where all weights are 0
        double start = squared_norm(gradient, weights);

        struct problem prob = {.l = (int)n, .n = (int)m->columns + 1, .y = y, .x = x, .bias = 1};
        struct parameter param = {.solver_type = p->loss == XS_LOSS_LOGISTIC ? L2R_LR : L2R_L2LOSS_SVC,
                                  .eps = tolerance,
                                  .C = 1 / (p->l2 * (double)n)};
        for (size_t r = 0; r < n; r++) x[r] = matrix->row[rows[r]];
        for (int k = 0; k < p->vectors && rc == XSNR_OK; k++) {
            int positive = p->vectors == 1 ? 1 : k;
            for (size_t r = 0; r < n; r++) y[r] = p->label[rows[r]] == positive ? 1 : -1;
            rc = train_vector(&prob, &param, (size_t)k, m, err);
        }
        if (rc == XSNR_OK) rc = xs_linear_model_check(m, err);
        if (rc == XSNR_OK) {
            double loss = xs_linear_objective(p, rows, n, m, gradient);
            *record = (xs_training){
                .loss = loss, .converged = squared_norm(gradient, weights) <= tolerance * tolerance * start};
        }
    }
    xs_arena_rewind(scratch, mark);
    return rc;
}
