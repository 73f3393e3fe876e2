// The encoder's network: finite differences of every parameter in double, and its laws.
#include "check.h"
#include "base/alloc.h"
#include "base/random.h"
#include "model/encoder_train.h"

static xsnr_error err;

typedef struct rig {
    const xs_backend *ops;
    xs_device *device;
    xs_arena arena;
    xs_encoder_layout layout;
    xs_network *net;
    xs_buffer *parameters, *gradients;
    double *values; // (total)
} rig;

static xs_encoder_config small(xs_architecture a) {
    return (xs_encoder_config){.architecture = a, .hidden = 12, .layers = 2, .heads = 3, .intermediate = 20,
                               .vocabulary = 23, .positions = 16, .types = a == XS_DISTILBERT ? 0 : 2, .labels = 3,
                               .pad = a == XS_ROBERTA ? 1 : 0, .activation = XS_GELU, .layer_norm_eps = 1e-5,
                               .hidden_dropout = 0.2, .attention_dropout = 0.3, .classifier_dropout = 0.25,
                               .initializer_range = 0.3};
}

static void rig_open(rig *r, const xs_encoder_config *config, xs_precision precision, int level) {
    *r = (rig){.ops = xs_cpu_backend(precision, level)};
    assert_ok(xs_encoder_layout_new(config, &r->arena, &r->layout, &err));
    assert_ok(r->ops->open(&r->device, &err));
    xs_batch_room room = {.texts = 6, .rows = 60, .longest = 12, .squares = 720};
    assert_ok(xs_network_new(r->ops, r->device, &r->layout, &room, true, &r->net, &err));
    assert_ok(r->ops->reals(r->device, r->layout.total, &r->parameters, &err));
    assert_ok(r->ops->reals(r->device, r->layout.total, &r->gradients, &err));
    r->values = XS_NEW_ARRAY(double, r->layout.total);
    for (size_t i = 0; i < r->layout.n; i++)
        xs_parameter_initialise(&r->layout, i, 7, r->values + r->layout.parameter[i].at);
    xs_rng rng = xs_rng_at(9, XS_STREAM_CORPUS, 0, 0);
    for (size_t i = 0; i < r->layout.total; i++) r->values[i] += 0.1 * xs_rng_normal(&rng); // biases too
    r->ops->put_reals(r->device, (xs_view){r->parameters, 0}, r->values, r->layout.total);
}

static void rig_close(rig *r) {
    xs_free(r->values);
    xs_network_free(r->net);
    r->ops->release(r->device, r->parameters);
    r->ops->release(r->device, r->gradients);
    r->ops->close(r->device);
    xs_arena_free(&r->arena);
}

static const uint32_t begin[] = {0, 5, 6, 13, 17}, document[] = {3, 0, 8, 5}, label[] = {0, 2, 1, 1};
static const uint32_t id[] = {2, 5, 9, 9, 3, 2, 2, 7, 22, 11, 5, 6, 3, 2, 20, 19, 3};
static const uint32_t kind[] = {0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1};
static const xs_batch batch = {4, begin, id, kind, document, label};

static double loss_at(rig *r, xs_step_noise noise, bool first_only) {
    double loss[4], sum = 0;
    xs_view P = {r->parameters, 0};
    xs_network_embed(r->net, P);
    xs_network_forward(r->net, P, noise, first_only);
    xs_network_loss(r->net, 0.1);
    r->ops->get_reals(r->device, r->net->loss, loss, 4);
    for (int b = 0; b < 4; b++) sum += loss[b];
    return sum / 4;
}

static void gradients_at(rig *r, xs_step_noise noise, bool first_only, double *g) {
    xs_view P = {r->parameters, 0}, G = {r->gradients, 0};
    loss_at(r, noise, first_only);
    r->ops->zero(r->device, G, r->layout.total);
    xs_network_backward(r->net, P, G);
    xs_network_backward_tables(r->net, G);
    r->ops->get_reals(r->device, G, g, r->layout.total);
    assert_ok(r->ops->status(r->device, &err));
}

// Every parameter's derivative against fourth-order central differences.
static void check_differences(xs_architecture a, xs_activation f, bool noise_on, bool first_only) {
    rig r;
    xs_encoder_config config = small(a);
    config.activation = f;
    rig_open(&r, &config, XS_DOUBLE, 0);
    xs_step_noise noise = {noise_on ? 77 : 0, 4, noise_on};
    xs_network_put(r.net, &batch);
    double *g = XS_NEW_ARRAY(double, r.layout.total), h = 1e-4;
    gradients_at(&r, noise, first_only, g);
    for (size_t t = 0; t < r.layout.n; t++) {
        const xs_parameter *p = &r.layout.parameter[t];
        for (size_t k = 0; k < p->count; k += 1 + p->count / 24) { // some two dozen of each tensor
            double f4[4], x = r.values[p->at + k];
            for (int s = 0; s < 4; s++) {
                double moved = x + h * (s < 2 ? s - 2 : s - 1);
                r.ops->put_reals(r.device, (xs_view){r.parameters, p->at + k}, &moved, 1);
                f4[s] = loss_at(&r, noise, first_only);
            }
            r.ops->put_reals(r.device, (xs_view){r.parameters, p->at + k}, &x, 1);
            double slope = (8 * (f4[2] - f4[1]) - (f4[3] - f4[0])) / (12 * h);
            if (fabs(slope - g[p->at + k]) > 1e-8 + 1e-6 * fabs(slope))
                fail_msg("%s[%zu]: %.12g, differences give %.12g", p->name, k, g[p->at + k], slope);
        }
    }
    xs_free(g);
    rig_close(&r);
}

static void test_differences(void **state) {
    (void)state;
    for (int a = XS_BERT; a <= XS_DISTILBERT; a++)
        for (int noise = 0; noise < 2; noise++)
            for (int first = 0; first < 2; first++) check_differences((xs_architecture)a, XS_GELU, noise, first);
    check_differences(XS_BERT, XS_RELU, true, true);
}

// Computing the first tokens alone gives the same logits and gradients, dropout or not.
static void test_first_only(void **state) {
    (void)state;
    for (int a = XS_BERT; a <= XS_DISTILBERT; a++) {
        rig r;
        xs_encoder_config config = small((xs_architecture)a);
        rig_open(&r, &config, XS_DOUBLE, 0);
        xs_network_put(r.net, &batch);
        double *all = XS_NEW_ARRAY(double, r.layout.total), *first = XS_NEW_ARRAY(double, r.layout.total);
        gradients_at(&r, (xs_step_noise){5, 1, true}, false, all);
        gradients_at(&r, (xs_step_noise){5, 1, true}, true, first);
        for (size_t i = 0; i < r.layout.total; i++) assert_near(first[i], all[i], 1e-10, 1e-13);
        xs_free(all);
        xs_free(first);
        rig_close(&r);
    }
}

// Every build of the kernels computes the same function.
static void test_builds_agree(void **state) {
    (void)state;
    rig a, b;
    xs_encoder_config config = small(XS_BERT);
    rig_open(&a, &config, XS_DOUBLE, 1);
    xs_network_put(a.net, &batch);
    double *expected = XS_NEW_ARRAY(double, a.layout.total), *got = XS_NEW_ARRAY(double, a.layout.total);
    gradients_at(&a, (xs_step_noise){5, 1, true}, true, expected);
    for (int level = 1; level <= 4; level++)
        for (int precision = XS_FLOAT; precision <= XS_DOUBLE; precision++) {
            rig_open(&b, &config, (xs_precision)precision, level);
            xs_network_put(b.net, &batch);
            gradients_at(&b, (xs_step_noise){5, 1, true}, true, got);
            double error = precision == XS_FLOAT ? 2e-5 : 1e-12;
            for (size_t i = 0; i < a.layout.total; i++) assert_near(got[i], expected[i], error, error);
            rig_close(&b);
        }
    xs_free(expected);
    xs_free(got);
    rig_close(&a);
}

// A text has the same bits alone and in any company.
static void test_neighbours(void **state) {
    (void)state;
    rig r;
    xs_encoder_config config = small(XS_ROBERTA);
    for (int level = 1; level <= 4; level++) {
        rig_open(&r, &config, XS_FLOAT, level);
        double together[12], alone[3];
        xs_view P = {r.parameters, 0};
        for (int noise = 0; noise < 2; noise++) {
            xs_step_noise n = {noise ? 3 : 0, 2, noise};
            xs_network_put(r.net, &batch);
            xs_network_embed(r.net, P);
            xs_network_forward(r.net, P, n, true);
            r.ops->get_reals(r.device, r.net->logits, together, 12);
            for (uint32_t b = 0; b < 4; b++) {
                uint32_t own[2] = {0, begin[b + 1] - begin[b]};
                xs_network_put(r.net, &(xs_batch){1, own, id + begin[b], kind + begin[b], document + b, NULL});
                xs_network_embed(r.net, P);
                xs_network_forward(r.net, P, n, true);
                r.ops->get_reals(r.device, r.net->logits, alone, 3);
                assert_memory_equal(alone, together + 3 * b, sizeof alone);
            }
        }
        rig_close(&r);
    }
}

// A network that keeps nothing gives the same logits.
static void test_without_keeping(void **state) {
    (void)state;
    rig r;
    xs_encoder_config config = small(XS_BERT);
    config.layers = 5;
    rig_open(&r, &config, XS_FLOAT, 0);
    xs_network *lean;
    xs_batch_room room = r.net->room;
    assert_ok(xs_network_new(r.ops, r.device, &r.layout, &room, false, &lean, &err));
    double a[12], b[12];
    xs_view P = {r.parameters, 0};
    xs_network_put(r.net, &batch);
    xs_network_embed(r.net, P);
    xs_network_forward(r.net, P, (xs_step_noise){0}, false);
    r.ops->get_reals(r.device, r.net->logits, a, 12);
    xs_network_put(lean, &batch);
    xs_network_embed(lean, P);
    xs_network_forward(lean, P, (xs_step_noise){0}, false);
    r.ops->get_reals(r.device, lean->logits, b, 12);
    assert_memory_equal(a, b, sizeof a);
    assert_true(xs_network_bytes(r.ops, &r.layout, &room, false) < xs_network_bytes(r.ops, &r.layout, &room, true));
    xs_network_free(lean);
    rig_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences),     cmocka_unit_test(test_first_only), cmocka_unit_test(test_builds_agree),
        cmocka_unit_test(test_neighbours),      cmocka_unit_test(test_without_keeping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
