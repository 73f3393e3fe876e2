// The golden encoders: opened as networks on a backend, with their batch and their expected values.
#ifndef XSNR_TESTS_GOLDEN_ENCODER_H
#define XSNR_TESTS_GOLDEN_ENCODER_H
#include "base/alloc.h"
#include "check.h"
#include "model/encoder_folder.h"
#include "model/encoder_train.h"
#include <jansson.h>

static const char *const golden_encoders[] = {"a_bert", "b_roberta", "c_distilbert"};

typedef struct golden {
    char folder[512];
    const xs_backend *ops;
    xs_device *device;
    xs_arena arena;
    xs_encoder_config config;
    xs_encoder_layout layout;
    xs_network *net;
    xs_buffer *parameters, *gradients;
    float *values; // (total)
    uint32_t begin[8], id[256], kind[256], document[8], label[8];
    xs_batch batch;
} golden;

static inline json_t *golden_json(const golden *g, const char *name) {
    char path[600];
    json_error_t e;
    snprintf(path, sizeof path, "%s/%s", g->folder, name);
    json_t *json = json_load_file(path, 0, &e);
    if (!json) fail_msg("%s: %s", path, e.text);
    return json;
}

static inline uint32_t golden_int(const json_t *list, size_t i, size_t k) {
    return (uint32_t)json_integer_value(json_array_get(json_array_get(list, i), k));
}

/// The texts without their padding.
static inline void golden_batch(golden *g) {
    json_t *in = golden_json(g, "inputs.json"), *kinds = json_object_get(in, "token_type_ids");
    size_t n = json_array_size(json_object_get(in, "input_ids"));
    for (size_t b = 0; b < n; b++) {
        size_t T = (size_t)json_integer_value(json_array_get(json_object_get(in, "lengths"), b)), at = g->begin[b];
        for (size_t t = 0; t < T; t++) {
            g->id[at + t] = golden_int(json_object_get(in, "input_ids"), b, t);
            g->kind[at + t] = kinds ? golden_int(kinds, b, t) : 0;
        }
        g->begin[b + 1] = (uint32_t)(at + T);
        g->label[b] = (uint32_t)json_integer_value(json_array_get(json_object_get(in, "labels"), b));
        g->document[b] = (uint32_t)b;
    }
    g->batch = (xs_batch){(uint32_t)n, g->begin, g->id, g->kind, g->document, g->label};
    json_decref(in);
}

static inline void golden_open(golden *g, const char *name, xs_precision precision, int level) {
    xsnr_error err = {0};
    *g = (golden){.ops = xs_cpu_backend(precision, level)};
    snprintf(g->folder, sizeof g->folder, "%s/encoder/%s", golden_folder(), name);
    assert_ok(xs_folder_config(g->folder, &g->arena, &g->config, &err));
    assert_ok(xs_encoder_layout_new(&g->config, &g->arena, &g->layout, &err));
    g->values = XS_NEW_ARRAY(float, g->layout.total);
    assert_ok(xs_folder_values(g->folder, &g->layout, g->values, NULL, &err));
    assert_ok(g->ops->open(&g->device, &err));
    golden_batch(g);
    xs_batch_room room = {.texts = 8, .rows = 256, .longest = 64, .squares = 8192};
    assert_ok(xs_network_new(g->ops, g->device, &g->layout, &room, true, &g->net, &err));
    assert_ok(g->ops->reals(g->device, g->layout.total, &g->parameters, &err));
    assert_ok(g->ops->reals(g->device, g->layout.total, &g->gradients, &err));
    for (size_t i = 0; i < g->layout.total; i++) {
        double x = (double)g->values[i];
        g->ops->put_reals(g->device, (xs_view){g->parameters, i}, &x, 1);
    }
    xs_network_put(g->net, &g->batch);
}

static inline void golden_close(golden *g) {
    xs_network_free(g->net);
    g->ops->release(g->device, g->parameters);
    g->ops->release(g->device, g->gradients);
    g->ops->close(g->device);
    xs_free(g->values);
    xs_arena_free(&g->arena);
}

/// Numbers of a view.
static inline double *golden_get(golden *g, xs_view v, size_t n) {
    double *x = XS_NEW_ARRAY(double, n);
    g->ops->get_reals(g->device, v, x, n);
    return x;
}
#endif
