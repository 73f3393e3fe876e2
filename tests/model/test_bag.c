// The bag's network in double: a plain reference beside it, finite differences of every parameter and of the words'
// vectors, AdamW against a plain loop; its rows of words; its laws in float.
#include "base/alloc.h"
#include "base/random.h"
#include "check.h"
#include "model/bag_network.h"
#include "model/bag_words.h"

static xsnr_error err;

/* ------------------------------------------------------------------ a network with a batch */

enum { ROWS = 19, H = 6, C = 3, B = 4, N = 17 };
static const uint32_t begin[] = {0, 5, 6, 13, 17}, document[] = {3, 0, 8, 5}, label[] = {0, 2, 1, 1};
static const uint32_t id[] = {2, 5, 9, 9, 3, 0, 2, 7, 18, 11, 5, 6, 3, 2, 0, 17, 3};
static const xs_batch batch = {B, begin, id, NULL, document, label};

typedef struct rig {
    const xs_backend *ops;
    xs_device *device;
    xs_bag_layout layout;
    xs_bag_network *net;
    xs_buffer *parameters, *gradients;
    double *values; // (total)
} rig;

static xs_bag_config small(uint32_t layer, xs_activate f, double dropout) {
    return (xs_bag_config){.rows = ROWS, .hidden = H, .layer = layer, .labels = C, .activation = f, .dropout = dropout,
                           .init_scale = 0.5};
}

static void rig_open(rig *r, xs_bag_config config, xs_precision precision, int level) {
    *r = (rig){.ops = xs_cpu_backend(precision, level)};
    xs_bag_layout_new(&config, &r->layout);
    assert_ok(r->ops->open(&r->device, &err));
    xs_batch_room room = {.texts = 6, .rows = 40, .longest = 12, .squares = 720};
    assert_ok(xs_bag_network_new(r->ops, r->device, &r->layout, &room, &r->net, &err));
    assert_ok(r->ops->reals(r->device, r->layout.total, &r->parameters, &err));
    assert_ok(r->ops->reals(r->device, r->layout.total, &r->gradients, &err));
    r->values = XS_NEW_ARRAY(double, r->layout.total);
    xs_trainee t = xs_bag_trainee(&r->layout);
    for (size_t i = 0; i < t.n; i++) t.kind->initialise(t.layout, i, 7, r->values + t.parameter[i].at);
    xs_rng rng = xs_rng_at(9, XS_STREAM_CORPUS, 0, 0);
    for (size_t i = 0; i < t.total; i++) r->values[i] += 0.1 * xs_rng_normal(&rng); // biases too
    r->ops->put_reals(r->device, (xs_view){r->parameters, 0}, r->values, t.total);
}

static void rig_close(rig *r) {
    xs_free(r->values);
    xs_bag_network_free(r->net);
    r->ops->release(r->device, r->parameters);
    r->ops->release(r->device, r->gradients);
    r->ops->close(r->device);
}

static double mean_loss(rig *r, xs_step_noise noise, double smoothing) {
    double loss[B], sum = 0;
    xs_view P = {r->parameters, 0};
    xs_bag_network_embed(r->net, P);
    xs_bag_network_forward(r->net, P, noise);
    xs_bag_network_loss(r->net, smoothing);
    r->ops->get_reals(r->device, r->net->loss, loss, B);
    for (int b = 0; b < B; b++) sum += loss[b];
    return sum / B;
}

static void gradients(rig *r, xs_step_noise noise, double smoothing, double *g) {
    xs_trainee t = xs_bag_trainee(&r->layout);
    xs_view P = {r->parameters, 0}, G = {r->gradients, 0};
    mean_loss(r, noise, smoothing);
    r->ops->zero(r->device, G, t.total);
    t.kind->backward(r->net, P, G);
    r->ops->get_reals(r->device, G, g, t.total);
    assert_ok(r->ops->status(r->device, &err));
}

/* ------------------------------------------------------------------ a plain reference */

static double f_of(xs_activate f, double x) {
    return f == XS_ACTIVATE_RELU ? fmax(x, 0) : f == XS_ACTIVATE_TANH ? tanh(x) : x * 0.5 * erfc(-x / sqrt(2));
}

static double slope_of(xs_activate f, double x) {
    return f == XS_ACTIVATE_RELU   ? x > 0
           : f == XS_ACTIVATE_TANH ? 1 - tanh(x) * tanh(x)
                                   : 0.5 * erfc(-x / sqrt(2)) + x * exp(-x * x / 2) / sqrt(2 * M_PI);
}

// Mean loss of the batch with smoothing s, its logits (B, C) and its gradient g (total) += , as the formulas stand.
static double reference(const xs_bag_layout *l, const double *P, double s, double *logits, double *g) {
    const xs_bag_config *c = &l->config;
    uint32_t F = c->layer, W = F ? F : H;
    const double *w1 = P + l->dense.w, *b1 = P + l->dense.b, *w2 = P + l->classify.w, *b2 = P + l->classify.b;
    double total = 0;
    for (int b = 0; b < B; b++) {
        double m[H] = {0}, a[32] = {0}, h[32], *z = logits + b * C, dz[C], dh[32] = {0}, dm[H] = {0}, sum = 0;
        uint32_t T = begin[b + 1] - begin[b];
        for (uint32_t r = begin[b]; r < begin[b + 1]; r++)
            for (int i = 0; i < H; i++) m[i] += P[id[r] * H + (uint32_t)i] / T;
        for (uint32_t j = 0; j < W; j++) {
            if (!F) {
                h[j] = m[j];
                continue;
            }
            a[j] = b1[j];
            for (uint32_t i = 0; i < H; i++) a[j] += w1[j * H + i] * m[i];
            h[j] = f_of(c->activation, a[j]);
        }
        for (uint32_t k = 0; k < C; k++) {
            z[k] = b2[k];
            for (uint32_t j = 0; j < W; j++) z[k] += w2[k * W + j] * h[j];
            sum += exp(z[k]);
        }
        for (uint32_t k = 0; k < C; k++) {
            double target = s / C + (k == label[b] ? 1 - s : 0);
            total -= target * (z[k] - log(sum)) / B;
            dz[k] = (exp(z[k]) / sum - target) / B;
            g[l->classify.b + k] += dz[k];
            for (uint32_t j = 0; j < W; j++) {
                g[l->classify.w + k * W + j] += dz[k] * h[j];
                dh[j] += dz[k] * w2[k * W + j];
            }
        }
        for (uint32_t j = 0; j < W; j++) {
            if (!F) {
                dm[j] = dh[j];
                continue;
            }
            double da = dh[j] * slope_of(c->activation, a[j]);
            g[l->dense.b + j] += da;
            for (uint32_t i = 0; i < H; i++) {
                g[l->dense.w + j * H + i] += da * m[i];
                dm[i] += da * w1[j * H + i];
            }
        }
        for (uint32_t r = begin[b]; r < begin[b + 1]; r++)
            for (uint32_t i = 0; i < H; i++) g[id[r] * H + i] += dm[i] / T;
    }
    return total;
}

static const struct shape {
    uint32_t layer;
    xs_activate f;
} shapes[] = {{10, XS_ACTIVATE_RELU}, {7, XS_ACTIVATE_GELU}, {10, XS_ACTIVATE_TANH}, {0, XS_ACTIVATE_RELU}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void test_reference(void **state) {
    (void)state;
    for (size_t k = 0; k < SHAPES; k++)
        for (int level = 1; level <= 4; level++)
            for (int precision = XS_FLOAT; precision <= XS_DOUBLE; precision++) {
                rig r;
                rig_open(&r, small(shapes[k].layer, shapes[k].f, 0.3), (xs_precision)precision, level);
                size_t total = r.layout.total;
                double *g = XS_NEW_ARRAY(double, total), *expected = XS_NEW_ARRAY(double, total), z[B * C], own[B * C];
                double loss = reference(&r.layout, r.values, 0.2, z, expected);
                double error = precision == XS_FLOAT ? 1e-5 : 1e-12;
                xs_bag_network_put(r.net, &batch);
                assert_near(mean_loss(&r, (xs_step_noise){0}, 0.2), loss, error, 0);
                gradients(&r, (xs_step_noise){0}, 0.2, g);
                r.ops->get_reals(r.device, r.net->logits, own, B * C);
                for (size_t i = 0; i < B * C; i++) assert_near(own[i], z[i], error, error);
                for (size_t i = 0; i < total; i++) assert_near(g[i], expected[i], error, error);
                xs_free(g), xs_free(expected);
                rig_close(&r);
            }
}

// Every parameter's derivative, dropout or not, against fourth-order central differences.
static void test_differences(void **state) {
    (void)state;
    double h = 1e-4;
    for (size_t k = 0; k < SHAPES; k++)
        for (int on = 0; on < 2; on++) {
            rig r;
            rig_open(&r, small(shapes[k].layer, shapes[k].f, 0.3), XS_DOUBLE, 0);
            xs_step_noise noise = {on ? 77 : 0, 4, on};
            double *g = XS_NEW_ARRAY(double, r.layout.total);
            xs_bag_network_put(r.net, &batch);
            gradients(&r, noise, 0.1, g);
            for (size_t i = 0; i < r.layout.total; i++) {
                double f4[4], x = r.values[i];
                for (int s = 0; s < 4; s++) {
                    double moved = x + h * (s < 2 ? s - 2 : s - 1);
                    r.ops->put_reals(r.device, (xs_view){r.parameters, i}, &moved, 1);
                    f4[s] = mean_loss(&r, noise, 0.1);
                }
                r.ops->put_reals(r.device, (xs_view){r.parameters, i}, &x, 1);
                assert_near(g[i], (8 * (f4[2] - f4[1]) - (f4[3] - f4[0])) / (12 * h), 1e-6, 1e-8);
            }
            xs_free(g);
            rig_close(&r);
        }
}

// The derivative of one class's logit or probability at the words' vectors.
static void test_vectors(void **state) {
    (void)state;
    static const int target[] = {2, 0, 1, 1};
    double h = 1e-4, vectors[N * H], g[N * H], value[B], moved[B];
    for (size_t k = 0; k < SHAPES; k++)
        for (int probability = 0; probability < 2; probability++) {
            rig r;
            rig_open(&r, small(shapes[k].layer, shapes[k].f, 0.3), XS_DOUBLE, 0);
            xs_view P = {r.parameters, 0};
            double z[B * C], unused[400] = {0};
            for (size_t i = 0; i < N; i++) memcpy(vectors + i * H, r.values + id[i] * H, H * sizeof *vectors);
            reference(&r.layout, r.values, 0, z, unused);
            assert_ok(xs_bag_network_gradient(r.net, P, B, begin, vectors, target, probability, value, g, &err));
            for (int b = 0; b < B; b++) {
                double sum = 0;
                for (int c = 0; c < C; c++) sum += exp(z[b * C + c]);
                double own = z[b * C + target[b]];
                assert_near(value[b], probability ? exp(own) / sum : own, 1e-12, 1e-14);
                for (size_t i = begin[b] * H; i < begin[b + 1] * H; i++) {
                    double f4[4], x = vectors[i];
                    for (int s = 0; s < 4; s++) {
                        vectors[i] = x + h * (s < 2 ? s - 2 : s - 1);
                        assert_ok(xs_bag_network_gradient(r.net, P, B, begin, vectors, target, probability, moved, NULL,
                                                          &err));
                        f4[s] = moved[b];
                    }
                    vectors[i] = x;
                    assert_near(g[i], (8 * (f4[2] - f4[1]) - (f4[3] - f4[0])) / (12 * h), 1e-6, 1e-8);
                }
            }
            rig_close(&r);
        }
}

// Logits, and gradients at the vectors, have the same bits alone and in any company.
static void test_neighbours(void **state) {
    (void)state;
    static const int target[] = {2, 0, 1, 1};
    for (int level = 1; level <= 4; level++) {
        rig r;
        rig_open(&r, small(10, XS_ACTIVATE_GELU, 0.3), XS_FLOAT, level);
        xs_view P = {r.parameters, 0};
        double together[B * C], alone[C], vectors[N * H], g[N * H], one[N * H], value[B], own_value;
        for (size_t i = 0; i < N; i++) memcpy(vectors + i * H, r.values + id[i] * H, H * sizeof *vectors);
        assert_ok(xs_bag_network_gradient(r.net, P, B, begin, vectors, target, false, value, g, &err));
        for (uint32_t b = 0; b < B; b++) {
            uint32_t own[2] = {0, begin[b + 1] - begin[b]};
            assert_ok(xs_bag_network_gradient(r.net, P, 1, own, vectors + begin[b] * H, target + b, false, &own_value,
                                              one, &err));
            assert_memory_equal(&own_value, value + b, sizeof own_value);
            assert_memory_equal(one, g + begin[b] * H, own[1] * H * sizeof *one);
        }
        for (int on = 0; on < 2; on++) {
            xs_step_noise noise = {on ? 3 : 0, 2, on};
            xs_bag_network_put(r.net, &batch);
            mean_loss(&r, noise, 0);
            r.ops->get_reals(r.device, r.net->logits, together, B * C);
            for (uint32_t b = 0; b < B; b++) {
                uint32_t own[2] = {0, begin[b + 1] - begin[b]};
                xs_bag_network_put(r.net, &(xs_batch){1, own, id + begin[b], NULL, document + b, NULL});
                xs_bag_network_embed(r.net, P);
                xs_bag_network_forward(r.net, P, noise);
                r.ops->get_reals(r.device, r.net->logits, alone, C);
                assert_memory_equal(alone, together + b * C, sizeof alone);
            }
        }
        rig_close(&r);
    }
}

/* ------------------------------------------------------------------ training */

static const int32_t labels[] = {0, 2, 1, 1};

static xs_encoded texts_of(size_t at[B + 1]) {
    for (int b = 0; b <= B; b++) at[b] = begin[b];
    return (xs_encoded){B, at, (uint32_t *)(uintptr_t)id, NULL, (int32_t *)(uintptr_t)labels};
}

// Five steps of the trainer on one batch, in double, against AdamW as it is written down.
static void test_training(void **state) {
    (void)state;
    for (size_t k = 0; k < SHAPES; k++) {
        rig r;
        rig_open(&r, small(shapes[k].layer, shapes[k].f, 0), XS_DOUBLE, 0);
        size_t n = r.layout.total, at[B + 1];
        xs_recipe recipe = {.rate = 0.02, .decay = 0.1, .clip = 0.05, .smoothing = 0.1, .epochs = 5, .batch = 8,
                            .warmup = 0.4};
        static const double share[] = {1.0 / 3, 2.0 / 3, 1, 2.0 / 3, 1.0 / 3}; // floor(0.4 × 5) = 2 steps of warm-up
        xs_trainee trainee = xs_bag_trainee(&r.layout);
        xs_encoded texts = texts_of(at);
        xs_trainer *t;
        xs_training record;
        double *x = XS_NEW_ARRAY(double, n), *m = XS_NEW_ARRAY(double, n), *v = XS_NEW_ARRAY(double, n), z[B * C], loss = 0;
        double *got = XS_NEW_ARRAY(double, n);
        memcpy(x, r.values, n * sizeof *x);
        for (int step = 1; step <= 5; step++) {
            double *g = XS_NEW_ARRAY(double, n), squares = 0, rate = recipe.rate * share[step - 1];
            loss = reference(&r.layout, x, 0.1, z, g);
            for (size_t i = 0; i < n; i++) squares += g[i] * g[i];
            double clip = fmin(1, 0.05 / (sqrt(squares) + 1e-6));
            for (size_t p = 0; p < r.layout.n; p++)
                for (size_t i = r.layout.parameter[p].at; i < r.layout.parameter[p].at + r.layout.parameter[p].count; i++) {
                    double d = clip * g[i];
                    if (r.layout.parameter[p].role != XS_ROLE_BIAS) x[i] *= 1 - rate * 0.1;
                    m[i] = 0.9 * m[i] + 0.1 * d;
                    v[i] = 0.999 * v[i] + 0.001 * d * d;
                    x[i] -= rate * (m[i] / (1 - pow(0.9, step))) / (sqrt(v[i] / (1 - pow(0.999, step))) + 1e-8);
                }
            xs_free(g);
        }
        assert_ok(xs_trainer_open(r.ops, &trainee, &recipe, 12, &t, &err));
        assert_ok(xs_trainer_run(t, r.parameters, &(xs_seeds){1, 2, 3, 0, 0}, &texts, &texts, &record, &err));
        r.ops->get_reals(r.device, (xs_view){r.parameters, 0}, got, n);
        for (size_t i = 0; i < n; i++) assert_near(got[i], x[i], 1e-9, 1e-10);
        assert_near(record.loss, loss, 1e-10, 0);
        assert_int_equal(record.steps, 5);
        xs_trainer_free(t);
        xs_free(x), xs_free(m), xs_free(v), xs_free(got);
        rig_close(&r);
    }
}

static void test_divergence(void **state) {
    (void)state;
    rig r;
    size_t at[B + 1];
    xs_encoded texts = texts_of(at);
    xs_trainer *t;
    xs_training record;
    rig_open(&r, small(10, XS_ACTIVATE_RELU, 0), XS_FLOAT, 0);
    xs_trainee trainee = xs_bag_trainee(&r.layout);
    xs_recipe recipe = {.rate = 1e30, .epochs = 5, .batch = 2};
    assert_ok(xs_trainer_open(r.ops, &trainee, &recipe, 12, &t, &err));
    assert_int_equal(xs_trainer_run(t, r.parameters, &(xs_seeds){1, 2, 3, 0, 0}, &texts, &texts, &record, &err),
                     XSNR_ERR_NUMERIC);
    assert_non_null(strstr(err.message, "diverged"));
    xs_trainer_free(t);
    rig_close(&r);
}

// Nothing is allocated after the first training; words are dropped as often as they should be.
static void test_no_allocation(void **state) {
    (void)state;
    rig r;
    size_t at[B + 1];
    xs_encoded texts = texts_of(at);
    xs_trainer *t;
    xs_training record;
    rig_open(&r, small(10, XS_ACTIVATE_RELU, 0.2), XS_FLOAT, 0);
    xs_trainee trainee = xs_bag_trainee(&r.layout);
    xs_recipe recipe = {.rate = 1e-3, .epochs = 5, .batch = 2, .clip = 1, .word_dropout = 0.5};
    assert_ok(xs_trainer_open(r.ops, &trainee, &recipe, 12, &t, &err));
    assert_ok(xs_trainer_run(t, r.parameters, &(xs_seeds){1, 2, 3, 0, 0}, &texts, &texts, &record, &err));
    xs_alloc_fail_at(1);
    int rc = xs_trainer_run(t, r.parameters, &(xs_seeds){1, 2, 4, 0, 0}, &texts, &texts, &record, &err);
    long made = xs_alloc_count();
    xs_alloc_fail_at(0);
    assert_int_equal(rc, XSNR_OK);
    assert_int_equal(made, 0);
    xs_trainer_free(t);
    rig_close(&r);
}

/* ------------------------------------------------------------------ rows of words */

static void test_rows(void **state) {
    (void)state;
    uint32_t row[] = {1, 2, 0, 3}; // of forms 0 .. 3; form 2 is unknown
    xs_bag_words w = {.row = row, .forms = 4, .known = 4, .ngrams = 1, .length = 100};
    static const xs_word words[] = {{.form = 0}, {.form = 2}, {.form = 1}, {.form = 3}, {.form = XS_NOT_INTERNED}, {.form = 0}};
    xs_document doc = {.words = words, .n_words = 6};
    static const uint8_t present[] = {1, 1, 0, 1, 1, 1}, nothing[6] = {0};
    uint32_t got[32], other[32];
    xs_token_words owner[32];
    assert_int_equal(xs_bag_rows_most(&w, 6), 6);
    assert_int_equal(xs_bag_rows(&w, &doc, NULL, XS_REMOVE_MASK, got, owner), 6);
    assert_memory_equal(got, ((uint32_t[]){1, 0, 2, 3, 0, 1}), 6 * sizeof *got);
    assert_int_equal(xs_bag_rows(&w, &doc, present, XS_REMOVE_MASK, got, NULL), 6);
    assert_memory_equal(got, ((uint32_t[]){1, 0, 0, 3, 0, 1}), 6 * sizeof *got);
    assert_int_equal(xs_bag_rows(&w, &doc, present, XS_REMOVE_DELETE, got, NULL), 5);
    assert_memory_equal(got, ((uint32_t[]){1, 0, 3, 0, 1}), 5 * sizeof *got);
    assert_int_equal(xs_bag_rows(&w, &doc, nothing, XS_REMOVE_DELETE, got, owner), 1);
    assert_int_equal(got[0], 0);
    assert_int_equal(owner[0].count, 0);
    xs_document empty = {0};
    assert_int_equal(xs_bag_rows_most(&w, 0), 1);
    assert_int_equal(xs_bag_rows(&w, &empty, NULL, XS_REMOVE_MASK, got, NULL), 1);
    assert_int_equal(got[0], 0);

    w.ngrams = 3, w.buckets = 1000; // each word's n-grams follow it
    assert_int_equal(xs_bag_rows_most(&w, 6), 6 + 5 + 4);
    assert_int_equal(xs_bag_rows(&w, &doc, NULL, XS_REMOVE_MASK, got, owner), 15);
    static const xs_token_words whose[] = {{0, 1}, {0, 2}, {0, 3}, {1, 1}, {1, 2}, {1, 3}, {2, 1}, {2, 2}, {2, 3},
                                           {3, 1}, {3, 2}, {3, 3}, {4, 1}, {4, 2}, {5, 1}};
    assert_memory_equal(owner, whose, sizeof whose);
    for (int i = 0; i < 15; i++) { // the one n-gram of known words alone is words 2 and 3
        if (i == 7) assert_true(got[i] >= 4 && got[i] < 1004);
        else if (whose[i].count > 1) assert_int_equal(got[i], 0);
    }
    // Masked words change their own n-grams and nothing else; cut words make neighbours.
    static const uint8_t no_third[] = {1, 1, 1, 0, 1, 1}, ends[] = {0, 0, 1, 1, 0, 0}, far[] = {0, 0, 1, 0, 0, 1};
    assert_int_equal(xs_bag_rows(&w, &doc, no_third, XS_REMOVE_MASK, other, NULL), 15);
    for (int i = 0; i < 15; i++) assert_int_equal(other[i], i == 7 || i == 9 ? 0 : got[i]);
    assert_int_equal(xs_bag_rows(&w, &doc, ends, XS_REMOVE_DELETE, other, NULL), 3);
    assert_memory_equal(other, ((uint32_t[]){2, got[7], 3}), 3 * sizeof *other);
    assert_int_equal(xs_bag_rows(&w, &doc, far, XS_REMOVE_DELETE, other, owner), 3);
    assert_int_equal(owner[1].first, 2);
    assert_int_equal(owner[1].count, 4); // from its first word to its last
    assert_true(other[1] >= 4 && other[1] != got[7]);
    w.length = 2;
    assert_int_equal(xs_bag_rows_most(&w, 6), 3);
    assert_int_equal(xs_bag_rows(&w, &doc, NULL, XS_REMOVE_MASK, got, NULL), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),  cmocka_unit_test(test_differences), cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_neighbours), cmocka_unit_test(test_training),    cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_no_allocation), cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
