// Logits, losses, attention, hidden states, gradients and AdamW steps of the golden encoders, which independent code
// computed: bert, roberta, distilbert.
#include "golden_encoder.h"
#include "model/safetensors.h"
#include "base/file.h"

static xsnr_error err;

static double number(const json_t *list, size_t i) { return json_number_value(json_array_get(list, i)); }
static json_t *item(const json_t *list, size_t i) { return json_array_get(list, i); }

static void forward(golden *g) {
    xs_view P = {g->parameters, 0};
    xs_network_embed(g->net, P);
    xs_network_forward(g->net, P, (xs_step_noise){0}, false);
    xs_network_loss(g->net, 0);
}

// Hidden state s: (N, H); l2 by token and by layer, the first numbers of the first token.
static void check_hidden(golden *g, const json_t *expected, size_t s) {
    size_t H = g->config.hidden, N = g->begin[g->batch.texts];
    double *x = golden_get(g, s < g->config.layers ? g->net->layer[s].x : g->net->output, N * H);
    for (size_t b = 0; b < g->batch.texts; b++) {
        double layer = 0;
        for (size_t t = g->begin[b]; t < g->begin[b + 1]; t++) {
            double sum = 0;
            for (size_t i = 0; i < H; i++) sum += x[t * H + i] * x[t * H + i];
            layer += sum;
            assert_near(sqrt(sum), number(item(item(json_object_get(expected, "hidden_l2_per_token"), s), b), t - g->begin[b]), 1e-5, 0);
        }
        assert_near(sqrt(layer), number(item(json_object_get(expected, "hidden_l2_per_layer"), s), b), 1e-5, 0);
        for (size_t i = 0; i < 8; i++)
            assert_near(x[g->begin[b] * H + i], number(item(item(json_object_get(expected, "hidden_cls_first8"), s), b), i), 0, 2e-5);
    }
    xs_free(x);
}

static void check_attention(golden *g, const json_t *expected) {
    size_t T = g->begin[1];
    for (size_t l = 0; l < g->config.layers; l++) {
        double *a = golden_get(g, g->net->layer[l].probability, g->config.heads * T * T);
        for (size_t h = 0; h < g->config.heads; h++)
            for (size_t q = 0; q < T; q++)
                for (size_t k = 0; k < T; k++)
                    assert_near(a[(h * T + q) * T + k], number(item(item(item(expected, l), h), q), k), 0, 5e-6);
        xs_free(a);
    }
}

static void check_forward(golden *g) {
    json_t *expected = golden_json(g, "expected.json");
    size_t B = g->batch.texts, C = g->config.labels;
    forward(g);
    double *logits = golden_get(g, g->net->logits, B * C), *loss = golden_get(g, g->net->loss, B), mean = 0;
    double *pooled = golden_get(g, g->net->pooled, B * g->config.hidden);
    for (size_t b = 0; b < B; b++) {
        for (size_t c = 0; c < C; c++) assert_near(logits[b * C + c], number(item(json_object_get(expected, "logits"), b), c), 0, 2e-5);
        assert_near(loss[b], number(json_object_get(expected, "loss_per_input"), b), 0, 1e-5);
        for (size_t i = 0; i < 8; i++)
            assert_near(pooled[b * g->config.hidden + i], number(item(json_object_get(expected, "pooled_first8"), b), i), 0, 2e-5);
        mean += loss[b] / (double)B;
    }
    assert_near(mean, json_number_value(json_object_get(expected, "loss")), 0, 1e-5);
    for (size_t s = 0; s <= g->config.layers; s++) check_hidden(g, expected, s);
    check_attention(g, json_object_get(expected, "attention_input0"));
    xs_free(logits), xs_free(loss), xs_free(pooled);
    json_decref(expected);
}

static void check_gradients(golden *g) {
    json_t *expected = golden_json(g, "expected.json");
    double norm = json_number_value(json_object_get(expected, "gradient_global_l2")), all = 0;
    float *reference = XS_NEW_ARRAY(float, g->layout.total);
    char path[600], *bytes;
    size_t size;
    snprintf(path, sizeof path, "%s/grads.safetensors", g->folder);
    assert_ok(xs_file_read(path, &bytes, &size, &err));
    assert_ok(xs_encoder_values_parse(&g->layout, bytes, size, path, reference, NULL, &err));
    xs_view P = {g->parameters, 0}, G = {g->gradients, 0};
    forward(g);
    g->ops->zero(g->device, G, g->layout.total);
    xs_network_backward(g->net, P, G);
    xs_network_backward_tables(g->net, G);
    double *got = golden_get(g, G, g->layout.total);
    for (size_t i = 0; i < g->layout.n; i++) {
        const xs_parameter *p = &g->layout.parameter[i];
        double difference = 0, length = 0, sum = 0;
        for (size_t k = p->at; k < p->at + p->count; k++) {
            difference += (got[k] - (double)reference[k]) * (got[k] - (double)reference[k]);
            length += (double)reference[k] * (double)reference[k];
            sum += got[k];
            all += got[k] * got[k];
        }
        if (!(sqrt(difference) <= 1e-4 * (sqrt(length) + 0.01 * norm)))
            fail_msg("%s %s: gradient is off by %g of %g", g->folder, p->name, sqrt(difference), sqrt(length));
        json_t *summary = json_object_get(json_object_get(expected, "gradient_summary"), p->name);
        assert_near(sum, json_number_value(json_object_get(summary, "sum")), 1e-4, 1e-4 * norm);
    }
    assert_near(sqrt(all), norm, 1e-5, 0);
    xs_free(reference), xs_free(bytes), xs_free(got);
    json_decref(expected);
}

static void check_parameters(golden *g, const json_t *expected, const char *when) {
    json_t *after = json_object_get(json_object_get(expected, "parameters"), when);
    double *p = golden_get(g, (xs_view){g->parameters, 0}, g->layout.total);
    for (size_t i = 0; i < g->layout.n; i++) {
        const xs_parameter *t = &g->layout.parameter[i];
        if (strstr(t->name, "key.bias") || strstr(t->name, "k_lin.bias")) continue; // their gradient is rounding alone
        json_t *e = json_object_get(after, t->name);
        double sum = 0, squares = 0, change = 0, changes = 0;
        for (size_t k = t->at; k < t->at + t->count; k++) {
            double moved = p[k] - (double)g->values[k];
            sum += p[k], squares += p[k] * p[k], change += moved, changes += moved * moved;
            if (k - t->at < 8) {
                assert_near(p[k], number(json_object_get(e, "first8"), k - t->at), 0, 5e-6);
                assert_near(moved, number(json_object_get(e, "change_first8"), k - t->at), 0, 5e-6);
            }
        }
        assert_near(sqrt(squares), json_number_value(json_object_get(e, "l2")), 1e-5, 0);
        assert_near(sqrt(changes), json_number_value(json_object_get(e, "change_l2")), 5e-4, 0);
        assert_near(sum, json_number_value(json_object_get(e, "sum")), 0, 5e-4);
        assert_near(change, json_number_value(json_object_get(e, "change_sum")), 0, 5e-4);
    }
    xs_free(p);
}

// Three steps on the same batch by the trainer itself: constant rate, clip 1, no dropout.
static void check_training(golden *g) {
    json_t *expected = golden_json(g, "train.json");
    xs_encoder_layout still = g->layout;
    still.config.hidden_dropout = still.config.attention_dropout = still.config.classifier_dropout = 0;
    size_t begin[8];
    int32_t label[8];
    for (size_t b = 0; b <= g->batch.texts; b++) begin[b] = g->begin[b];
    for (size_t b = 0; b < g->batch.texts; b++) label[b] = (int32_t)g->label[b];
    xs_encoded texts = {g->batch.texts, begin, g->id, g->config.types ? g->kind : NULL, label};
    for (int steps = 1; steps <= 3; steps += 2) {
            xs_recipe recipe = {.rate = 1e-3, .decay = 0.01, .clip = 1, .epochs = steps, .batch = 8, .constant = true};
            xs_trainer *t;
            xs_training record;
            xs_trainee trainee = xs_encoder_trainee(&still);
            assert_ok(xs_trainer_open(g->ops, &trainee, &recipe, 48, &t, &err));
            bool *absent = XS_NEW_ARRAY(bool, still.n);
            assert_ok(xs_trainer_initialise(t, g->parameters, 1, g->values, absent, &err));
            assert_ok(xs_trainer_run(t, g->parameters, &(xs_seeds){0}, &texts, &texts, &record, &err));
            assert_int_equal(record.steps, steps);
            assert_near(record.loss, number(json_object_get(expected, "loss_before_step"), (size_t)steps - 1), 0, 2e-5);
            check_parameters(g, expected, steps == 1 ? "after_1" : "after_3");
            xs_free(absent);
            xs_trainer_free(t);
        }
    json_decref(expected);
}

static void each(void (*check)(golden *), bool both) {
    if (!golden_folder()) skip();
    for (size_t i = 0; i < 3; i++)
        for (int precision = XS_FLOAT; precision <= (both ? XS_DOUBLE : XS_FLOAT); precision++)
            for (int level = 1; level <= 4; level += precision == XS_FLOAT ? 2 : 3) {
                golden g;
                golden_open(&g, golden_encoders[i], (xs_precision)precision, level);
                check(&g);
                golden_close(&g);
            }
}

static void test_forward(void **state) { (void)state, each(check_forward, true); }
static void test_gradients(void **state) { (void)state, each(check_gradients, true); }

static void test_training(void **state) { (void)state, each(check_training, false); }

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forward), cmocka_unit_test(test_gradients),
                                       cmocka_unit_test(test_training)};
    if (!golden_folder()) return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
