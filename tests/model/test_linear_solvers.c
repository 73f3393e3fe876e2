// The solvers of the linear family on small random matrices: derivatives, sgd against a dense twin of itself,
// both solvers against each other and against scikit-learn, streams, bytes, and every allocation that can fail.
#include "base/alloc.h"
#include "base/random.h"
#include "base/threads.h"
#include "golden_text.h"
#include "model/linear.h"

enum { TEXTS = 40, FEATURES = 12, CLASSES = 3 };

// A matrix whose values are exact in single precision, so that a dense twin sees the same numbers.
typedef struct small {
    xs_csr x;
    size_t begin[TEXTS + 1];
    uint32_t index[TEXTS * FEATURES];
    double value[TEXTS * FEATURES];
    int32_t label[TEXTS];
    uint32_t rows[TEXTS];
    xs_linear_entry *entry;
} small;

static void make(small *s, int classes, uint64_t seed) {
    xs_rng rng = xs_rng_at(seed, XS_STREAM_CORPUS, 0, 0);
    size_t n = 0;
    for (uint32_t i = 0; i < TEXTS; i++) {
        double z = 0;
        s->begin[i] = n;
        for (uint32_t j = 0; j < FEATURES; j++) {
            if (i == 7 || xs_rng_below(&rng, 3) == 0) continue; // text 7 has no features
            s->index[n] = j;
            s->value[n] = (1 + xs_rng_below(&rng, 31)) / 16.0;
            z += s->value[n] * (j % 3 == 0 ? 1 : -0.4);
            n++;
        }
        s->label[i] = z + xs_rng_normal(&rng) > 0;
        if (classes > 2 && xs_rng_below(&rng, 3) == 0) s->label[i] = 2;
        s->rows[i] = i;
    }
    s->begin[TEXTS] = n;
    s->x = (xs_csr){TEXTS, FEATURES, s->begin, s->index, s->value};
    assert_int_equal(xs_sgd_pack(&s->x, &s->entry, NULL), XSNR_OK);
}

static xs_linear_problem problem_of(const small *s, int classes, xs_loss loss, bool one_vs_rest, double l2) {
    return (xs_linear_problem){&s->x, s->label, classes == 2 ? 1 : classes, loss, one_vs_rest, l2};
}

static xs_linear_model *new_model(int vectors) {
    xs_linear_model *m = NULL;
    assert_int_equal(xs_linear_model_new(FEATURES, vectors, &m, NULL), XSNR_OK);
    return m;
}

static size_t size_of(const xs_linear_model *m) { return ((size_t)m->columns + 1) * m->vectors; }

static void gradient_is_the_slope(void **state) {
    (void)state;
    small s;
    for (int classes = 2; classes <= CLASSES; classes++) {
        make(&s, classes, 1);
        for (int loss = XS_LOSS_LOGISTIC; loss <= XS_LOSS_SQUARED_HINGE; loss++)
            for (int ovr = 0; ovr < 2; ovr++) {
                xs_linear_problem p = problem_of(&s, classes, (xs_loss)loss, ovr, 0.05);
                xs_linear_model *m = new_model(p.vectors);
                xs_rng rng = xs_rng_at(2, XS_STREAM_INIT, 0, 0);
                size_t n = size_of(m);
                double gradient[(FEATURES + 1) * CLASSES];
                for (size_t i = 0; i < n; i++) m->weight[i] = 0.3 * xs_rng_normal(&rng);
                xs_linear_objective(&p, s.rows, TEXTS, m, gradient);
                for (size_t i = 0; i < n; i++) {
                    double h = 1e-6, w = m->weight[i];
                    m->weight[i] = w + h;
                    double above = xs_linear_objective(&p, s.rows, TEXTS, m, NULL);
                    m->weight[i] = w - h;
                    double below = xs_linear_objective(&p, s.rows, TEXTS, m, NULL);
                    m->weight[i] = w;
                    assert_near((above - below) / (2 * h), gradient[i], 1e-6, 1e-8);
                }
                xs_free(m);
            }
        xs_free(s.entry);
    }
}

static double dense_step(const xs_sgd_options *o, double first, double l2, double t) {
    return o->schedule == XS_SCHEDULE_DECAY    ? first / (1 + first * l2 * t)
           : o->schedule == XS_SCHEDULE_LINEAR ? first * (1 - t / (TEXTS * (double)o->epochs))
                                               : first;
}

// Averaged SGD as the formula has it, every step dense.
static void dense_sgd(const small *s, const xs_linear_problem *p, const xs_sgd_options *o, const xs_seeds *seeds,
                      double curvature, double *out) {
    size_t V = (size_t)p->vectors, n = (FEATURES + 1) * V, features = FEATURES * V;
    double w[(FEATURES + 1) * CLASSES] = {0}, sum[(FEATURES + 1) * CLASSES] = {0}, weights = 0, square = 0;
    xs_rng rng = xs_rng_at(seeds->init, XS_STREAM_INIT, 0, 0);
    for (size_t i = 0; i < features; i++)
        w[i] = o->init_scale * sqrt(12.0) * (xs_rng_u32(&rng) * 0x1p-32 - 0.5);
    for (size_t i = 0; i < s->begin[TEXTS]; i++) square += s->value[i] * s->value[i];
    double first = o->rate / (curvature * square / TEXTS), t = 0;
    for (int epoch = 0; epoch < o->epochs; epoch++) {
        uint32_t order[TEXTS];
        memcpy(order, s->rows, sizeof order);
        rng = xs_rng_at(seeds->order, XS_STREAM_ORDER, (uint32_t)epoch, 0);
        xs_rng_permute(&rng, order, TEXTS);
        for (int i = 0; i < TEXTS; i++, t++) {
            double z[CLASSES], dz[CLASSES];
            double eta = dense_step(o, first, p->l2, t), bias_eta = dense_step(o, 0.1 * first, p->l2, t);
            uint32_t row = order[i];
            for (size_t k = 0; k < V; k++) {
                z[k] = w[features + k];
                for (size_t e = s->begin[row]; e < s->begin[row + 1]; e++)
                    z[k] += w[s->index[e] * V + k] * s->value[e];
            }
            xs_linear_slopes(p, z, s->label[row], dz);
            for (size_t k = 0; k < V; k++) {
                for (size_t j = 0; j < FEATURES; j++) w[j * V + k] *= 1 - eta * p->l2;
                for (size_t e = s->begin[row]; e < s->begin[row + 1]; e++)
                    w[s->index[e] * V + k] -= eta * dz[k] * s->value[e];
                w[features + k] -= bias_eta * (dz[k] + p->l2 * w[features + k]);
            }
            for (size_t j = 0; j < n; j++) sum[j] += (t + 1) * w[j];
            weights += t + 1;
        }
    }
    for (size_t j = 0; j < n; j++) out[j] = o->average ? sum[j] / weights : w[j];
}

static void sgd_is_its_dense_twin(void **state) {
    (void)state;
    const double curvature[] = {0.25, 1, 2};
    xs_arena scratch = {0};
    xsnr_error err = {0};
    small s;
    for (int classes = 2; classes <= CLASSES; classes++) {
        make(&s, classes, 3);
        for (int loss = XS_LOSS_LOGISTIC; loss <= XS_LOSS_SQUARED_HINGE; loss++)
            for (int schedule = XS_SCHEDULE_DECAY; schedule <= XS_SCHEDULE_LINEAR; schedule++)
                for (int variant = 0; variant < 4; variant++) {
                    // a large penalty makes the scale so small that it has to be folded into the weights
                    double l2 = variant & 1 ? 1.0 : 1e-3;
                    xs_linear_problem p = problem_of(&s, classes, (xs_loss)loss, false, l2);
                    xs_sgd_options o = {4, (xs_schedule)schedule, 0.3, variant >> 1, 0.5};
                    xs_seeds seeds = {.init = 11, .order = 12};
                    xs_linear_model *m = new_model(p.vectors);
                    xs_training record;
                    double want[(FEATURES + 1) * CLASSES];
                    bool softmax = classes > 2 && loss == XS_LOSS_LOGISTIC;
                    dense_sgd(&s, &p, &o, &seeds, softmax ? 0.5 : curvature[loss], want);
                    assert_ok(xs_sgd_train(&p, s.entry, &o, s.rows, TEXTS, &seeds, &scratch, m, &record, &err));
                    for (size_t i = 0; i < size_of(m); i++) assert_near(m->weight[i], want[i], 1e-10, 1e-12);
                    assert_int_equal(record.steps, 4 * TEXTS);
                    assert_near(record.loss, xs_linear_objective(&p, s.rows, TEXTS, m, NULL), 0, 0);
                    xs_free(m);
                }
        xs_free(s.entry);
    }
    xs_arena_free(&scratch);
}

static void one_step_is_minus_the_gradient(void **state) {
    (void)state;
    xs_arena scratch = {0};
    xsnr_error err = {0};
    small s;
    make(&s, 2, 4);
    xs_linear_problem p = problem_of(&s, 2, XS_LOSS_LOGISTIC, false, 0.01);
    xs_sgd_options o = {0, XS_SCHEDULE_CONSTANT, 0.5, false, 0.4};
    xs_seeds seeds = {.init = 5, .order = 6};
    xs_linear_model *start = new_model(1), *end = new_model(1);
    xs_training record;
    uint32_t row = 3;
    double square = 0, gradient[FEATURES + 1];
    for (size_t e = s.begin[row]; e < s.begin[row + 1]; e++) square += s.value[e] * s.value[e];
    assert_ok(xs_sgd_train(&p, s.entry, &o, &row, 1, &seeds, &scratch, start, &record, &err));
    o.epochs = 1;
    assert_ok(xs_sgd_train(&p, s.entry, &o, &row, 1, &seeds, &scratch, end, &record, &err));
    xs_linear_objective(&p, &row, 1, start, gradient);
    double eta = 0.5 / (0.25 * square);
    for (int i = 0; i <= FEATURES; i++) // the bias takes a tenth of the step
        assert_near(end->weight[i] - start->weight[i], -eta * (i == FEATURES ? 0.1 : 1) * gradient[i], 1e-10, 1e-13);
    xs_free(start);
    xs_free(end);
    xs_free(s.entry);
    xs_arena_free(&scratch);
}

static void sgd_approaches_the_optimum(void **state) {
    (void)state;
    xs_arena scratch = {0};
    xsnr_error err = {0};
    small s;
    make(&s, 2, 5);
    xs_liblinear *matrix;
    assert_ok(xs_liblinear_new(&s.x, &matrix, &err));
    const xs_loss losses[] = {XS_LOSS_LOGISTIC, XS_LOSS_SQUARED_HINGE};
    for (int l = 0; l < 2; l++) {
        xs_linear_problem p = problem_of(&s, 2, losses[l], false, 0.05);
        xs_linear_model *m = new_model(1);
        xs_training best, record;
        assert_ok(xs_liblinear_train(&p, matrix, 1e-7, s.rows, TEXTS, &scratch, m, &best, &err));
        assert_true(best.converged);
        double gap = INFINITY;
        for (int epochs = 5; epochs <= 5000; epochs *= 10) {
            xs_sgd_options o = {epochs, XS_SCHEDULE_DECAY, 0.3, true, 0.2};
            xs_seeds seeds = {.init = 1, .order = 2};
            assert_ok(xs_sgd_train(&p, s.entry, &o, s.rows, TEXTS, &seeds, &scratch, m, &record, &err));
            assert_true(record.loss > best.loss - 1e-9);
            assert_true(record.loss - best.loss < gap / 2);
            gap = record.loss - best.loss;
        }
        assert_true(gap < 1e-6);
        xs_free(m);
    }
    xs_liblinear_free(matrix);
    xs_free(s.entry);
    xs_arena_free(&scratch);
}

static void liblinear_is_scikit_learns(void **state) {
    (void)state;
    xs_arena scratch = {0};
    xsnr_error err = {0};
    FILE *file = golden_open("linear.txt");
    size_t n, entries, ignored;
    double *begin = golden_next(file, "begin", &n), *index = golden_next(file, "index", &entries);
    double *value = golden_next(file, "value", &entries), *label2 = golden_next(file, "label2", &n);
    double *label3 = golden_next(file, "label3", &n), *l2 = golden_next(file, "l2", &ignored);
    size_t from[100];
    uint32_t column[1000], rows[100];
    int32_t label[2][100];
    assert_true(n < 100 && entries < 1000);
    for (size_t i = 0; i <= n; i++) from[i] = (size_t)begin[i];
    for (size_t i = 0; i < entries; i++) column[i] = (uint32_t)index[i];
    for (size_t i = 0; i < n; i++)
        rows[i] = (uint32_t)i, label[0][i] = (int32_t)label2[i], label[1][i] = (int32_t)label3[i];
    xs_csr x = {n, 8, from, column, value};
    xs_liblinear *matrix;
    assert_ok(xs_liblinear_new(&x, &matrix, &err));
    for (int loss = 0; loss < 2; loss++)
        for (int classes = 2; classes <= 3; classes++) {
            char name[32];
            size_t count;
            snprintf(name, sizeof name, "%s%d", loss ? "squared_hinge" : "logistic", classes);
            double *want = golden_next(file, name, &count);
            xs_linear_problem p = {&x, label[classes - 2], classes == 2 ? 1 : classes,
                                   loss ? XS_LOSS_SQUARED_HINGE : XS_LOSS_LOGISTIC, true, l2[0]};
            xs_linear_model *m = NULL;
            xs_training record;
            assert_ok(xs_linear_model_new(8, p.vectors, &m, &err));
            assert_ok(xs_liblinear_train(&p, matrix, 1e-10, rows, n, &scratch, m, &record, &err));
            assert_int_equal(count, size_of(m));
            for (size_t i = 0; i < count; i++) assert_near(m->weight[i], want[i], 1e-6, 1e-7);
            xs_free(m);
            free(want);
        }
    xs_liblinear_free(matrix);
    free(begin), free(index), free(value), free(label2), free(label3), free(l2);
    fclose(file);
    xs_arena_free(&scratch);
}

static void liblinear_takes_what_bootstraps_bring(void **state) {
    (void)state;
    xs_arena scratch = {0};
    xsnr_error err = {0};
    small s;
    make(&s, 3, 6);
    xs_liblinear *matrix;
    assert_ok(xs_liblinear_new(&s.x, &matrix, &err));
    uint32_t rows[TEXTS];
    size_t n = 0;
    for (uint32_t i = 0; i < TEXTS; i++)
        if (s.label[i] != 2) rows[n++] = i; // no text of class 2
    xs_linear_problem p = problem_of(&s, 3, XS_LOSS_LOGISTIC, true, 0.01);
    xs_linear_model *m = new_model(3);
    xs_training record;
    assert_ok(xs_liblinear_train(&p, matrix, 1e-6, rows, n, &scratch, m, &record, &err));
    double z[CLASSES];
    xs_linear_scores(m, s.index, s.value, s.begin[1], z);
    assert_true(z[2] < z[0] || z[2] < z[1]);
    p.loss = XS_LOSS_HINGE; // LIBLINEAR has no primal solver for it
    assert_int_equal(xs_liblinear_train(&p, matrix, 1e-6, rows, n, &scratch, m, &record, &err), XSNR_ERR_CONFIG);
    xs_free(m);
    xs_liblinear_free(matrix);
    xs_free(s.entry);
    xs_arena_free(&scratch);
}

static void streams_do_not_touch_each_other(void **state) {
    (void)state;
    xs_arena scratch = {0};
    xsnr_error err = {0};
    small s;
    make(&s, 2, 7);
    xs_linear_problem p = problem_of(&s, 2, XS_LOSS_LOGISTIC, false, 1e-3);
    const xs_seeds seeds[] = {{.init = 1, .order = 1}, {.init = 1, .order = 2}, {.init = 2, .order = 1}};
    xs_linear_model *start[3], *end[3];
    for (int i = 0; i < 3; i++) {
        xs_training record;
        xs_sgd_options o = {0, XS_SCHEDULE_DECAY, 1, true, 0.2};
        start[i] = new_model(1), end[i] = new_model(1);
        assert_ok(xs_sgd_train(&p, s.entry, &o, s.rows, TEXTS, &seeds[i], &scratch, start[i], &record, &err));
        o.epochs = 3;
        assert_ok(xs_sgd_train(&p, s.entry, &o, s.rows, TEXTS, &seeds[i], &scratch, end[i], &record, &err));
    }
    size_t bytes = FEATURES * sizeof(double);
    assert_memory_equal(start[0]->weight, start[1]->weight, bytes);
    assert_memory_not_equal(start[0]->weight, start[2]->weight, bytes);
    assert_memory_not_equal(end[0]->weight, end[1]->weight, bytes);
    assert_memory_not_equal(end[0]->weight, end[2]->weight, bytes);
    double square = 0;
    for (int i = 0; i < FEATURES; i++) {
        assert_true(fabs(start[0]->weight[i]) <= 0.2 * sqrt(3));
        square += start[0]->weight[i] * start[0]->weight[i];
    }
    assert_near(sqrt(square / FEATURES), 0.2, 0.5, 0);
    for (int i = 0; i < 3; i++) xs_free(start[i]), xs_free(end[i]);
    xs_free(s.entry);
    xs_arena_free(&scratch);
}

typedef struct crowd {
    const small *s;
    const xs_liblinear *matrix;
    xs_arena scratch[7];
    xs_linear_model *model[20]; // even ones by sgd
} crowd;

static int train_one(void *context, size_t item, int worker, xsnr_error *err) {
    crowd *c = context;
    xs_linear_problem p = problem_of(c->s, 3, XS_LOSS_LOGISTIC, item % 2, 1e-3);
    xs_sgd_options o = {5, XS_SCHEDULE_DECAY, 1, true, 0.2};
    xs_seeds seeds = {.init = item + 1, .order = 100 + item};
    xs_training record;
    xs_arena *scratch = &c->scratch[worker];
    if (item % 2)
        return xs_liblinear_train(&p, c->matrix, 1e-6, c->s->rows + item, TEXTS - item, scratch, c->model[item],
                                  &record, err);
    return xs_sgd_train(&p, c->s->entry, &o, c->s->rows, TEXTS, &seeds, scratch, c->model[item], &record, err);
}

static void threads_change_no_bit(void **state) {
    (void)state;
    static const int threads[] = {1, 2, 7};
    xsnr_error err = {0};
    small s;
    make(&s, 3, 8);
    xs_liblinear *matrix;
    assert_ok(xs_liblinear_new(&s.x, &matrix, &err));
    crowd c[3];
    for (int t = 0; t < 3; t++) {
        c[t] = (crowd){.s = &s, .matrix = matrix};
        for (int i = 0; i < 20; i++) c[t].model[i] = new_model(3);
        assert_ok(xs_parallel(threads[t], 20, train_one, &c[t], NULL, &err));
    }
    for (int t = 0; t < 3; t++)
        for (int i = 0; i < 20; i++)
            assert_memory_equal(c[t].model[i]->weight, c[0].model[i]->weight,
                                size_of(c[0].model[i]) * sizeof(double));
    for (int t = 0; t < 3; t++) {
        for (int i = 0; i < 20; i++) xs_free(c[t].model[i]);
        for (int w = 0; w < 7; w++) xs_arena_free(&c[t].scratch[w]);
    }
    xs_liblinear_free(matrix);
    xs_free(s.entry);
}

static void divergence_is_an_error(void **state) {
    (void)state;
    xs_arena scratch = {0};
    xsnr_error err = {0};
    small s;
    make(&s, 2, 9);
    xs_linear_problem p = problem_of(&s, 2, XS_LOSS_SQUARED_HINGE, false, 1e-9);
    xs_sgd_options o = {200, XS_SCHEDULE_CONSTANT, 100, true, 0.1};
    xs_seeds seeds = {.init = 1, .order = 1};
    xs_linear_model *m = new_model(1);
    xs_training record;
    assert_int_equal(xs_sgd_train(&p, s.entry, &o, s.rows, TEXTS, &seeds, &scratch, m, &record, &err),
                     XSNR_ERR_NUMERIC);
    assert_non_null(strstr(err.message, "diverged"));
    p.l2 = 1e3;
    assert_int_equal(xs_sgd_train(&p, s.entry, &o, s.rows, TEXTS, &seeds, &scratch, m, &record, &err),
                     XSNR_ERR_CONFIG);
    xs_free(m);
    xs_free(s.entry);
    xs_arena_free(&scratch);
}

static void bytes_come_back(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_linear_model *m = new_model(3), *back = NULL;
    xs_rng rng = xs_rng_at(1, XS_STREAM_INIT, 0, 0);
    for (size_t i = 0; i < size_of(m); i++) m->weight[i] = xs_rng_normal(&rng) * 1e-200;
    xs_str bytes = {0};
    assert_ok(xs_linear_write(m, &bytes, &err));
    assert_int_equal(bytes.length, 24 + 8 * size_of(m));
    assert_ok(xs_linear_read(bytes.data, bytes.length, FEATURES, 3, &back, &err));
    assert_memory_equal(back->weight, m->weight, size_of(m) * sizeof(double));
    xs_free(back);
    for (size_t n = 0; n < bytes.length; n++) // cut short, in a block of its own so that ASan sees a read beyond
    {
        char *cut = malloc(n + 1);
        memcpy(cut, bytes.data, n);
        assert_int_equal(xs_linear_read(cut, n, FEATURES, 3, &back, &err), XSNR_ERR_CORRUPT);
        free(cut);
    }
    assert_int_equal(xs_linear_read(bytes.data, bytes.length, FEATURES + 1, 3, &back, &err), XSNR_ERR_CORRUPT);
    assert_int_equal(xs_linear_read(bytes.data, bytes.length, FEATURES, 1, &back, &err), XSNR_ERR_CORRUPT);
    bytes.data[8] = 2;
    assert_int_equal(xs_linear_read(bytes.data, bytes.length, FEATURES, 3, &back, &err), XSNR_ERR_SCHEMA);
    bytes.data[8] = 1;
    memset(bytes.data + 24, 0xff, 8); // a NaN
    assert_int_equal(xs_linear_read(bytes.data, bytes.length, FEATURES, 3, &back, &err), XSNR_ERR_CORRUPT);
    bytes.data[0] = 'x';
    assert_int_equal(xs_linear_read(bytes.data, bytes.length, FEATURES, 3, &back, &err), XSNR_ERR_CORRUPT);
    xs_str_free(&bytes);
    xs_free(m);
}

// Everything that allocates, once; returns the first error.
static int whole_life(const small *s, int solver) {
    xs_linear_problem p = problem_of(s, 3, XS_LOSS_LOGISTIC, solver, 1e-3);
    xs_sgd_options o = {1, XS_SCHEDULE_DECAY, 1, true, 0.1};
    xs_seeds seeds = {.init = 1, .order = 1};
    xs_arena scratch = {0};
    xs_linear_entry *entry = NULL;
    xs_liblinear *matrix = NULL;
    xs_linear_model *m = NULL, *back = NULL;
    xs_str bytes = {0};
    xs_training record;
    int rc = xs_sgd_pack(&s->x, &entry, NULL);
    if (rc == XSNR_OK) rc = xs_liblinear_new(&s->x, &matrix, NULL);
    if (rc == XSNR_OK) rc = xs_linear_model_new(FEATURES, 3, &m, NULL);
    if (rc == XSNR_OK && solver)
        rc = xs_liblinear_train(&p, matrix, 1e-3, s->rows, TEXTS, &scratch, m, &record, NULL);
    if (rc == XSNR_OK && !solver)
        rc = xs_sgd_train(&p, entry, &o, s->rows, TEXTS, &seeds, &scratch, m, &record, NULL);
    if (rc == XSNR_OK) rc = xs_linear_write(m, &bytes, NULL);
    if (rc == XSNR_OK) rc = xs_linear_read(bytes.data, bytes.length, FEATURES, 3, &back, NULL);
    xs_free(entry);
    xs_liblinear_free(matrix);
    xs_free(m);
    xs_free(back);
    xs_str_free(&bytes);
    xs_arena_free(&scratch);
    return rc;
}

static void memory_runs_out_anywhere(void **state) {
    (void)state;
    small s;
    make(&s, 3, 10);
    for (int solver = 0; solver < 2; solver++) {
        long n = 1;
        for (; n < 100; n++) {
            xs_alloc_fail_at(n);
            int rc = whole_life(&s, solver);
            xs_alloc_fail_at(0);
            if (rc == XSNR_OK) break;
            assert_int_equal(rc, XSNR_ERR_NOMEM);
        }
        assert_in_range(n, 5, 99);
    }
    xs_free(s.entry);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_is_the_slope),
        cmocka_unit_test(sgd_is_its_dense_twin),
        cmocka_unit_test(one_step_is_minus_the_gradient),
        cmocka_unit_test(sgd_approaches_the_optimum),
        cmocka_unit_test(liblinear_is_scikit_learns),
        cmocka_unit_test(liblinear_takes_what_bootstraps_bring),
        cmocka_unit_test(streams_do_not_touch_each_other),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(divergence_is_an_error),
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(memory_runs_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
