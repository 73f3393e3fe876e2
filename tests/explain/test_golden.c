// Explanations of the golden encoders, which independent code made (PyTorch, captum, the authors' LRP): every method,
// on bert, roberta and distilbert, for the predicted class and for class 0.
#include "base/alloc.h"
#include "check.h"
#include "explain/explainer.h"
#include "model/encoder_single.h"
#include "registry.h"
#include <jansson.h>

static xsnr_error err;
extern const xs_family xs_family_encoder;

typedef struct golden {
    xs_encoder_shared *shared;
    xs_trained_model *model;
    xs_subject subject;
    json_t *inputs, *explain;
    xs_arena arena;
} golden;

static json_t *read_json(const char *folder, const char *name) {
    char path[600];
    json_error_t e;
    snprintf(path, sizeof path, "%s/encoder/%s/%s", golden_folder(), folder, name);
    json_t *json = json_load_file(path, 0, &e);
    if (!json) fail_msg("%s: %s", path, e.text);
    return json;
}

static void golden_open(golden *g, const char *name) {
    char folder[600];
    snprintf(folder, sizeof folder, "%s/encoder/%s", golden_folder(), name);
    *g = (golden){.inputs = read_json(name, "inputs.json"), .explain = read_json(name, "explain.json")};
    assert_ok(xs_encoder_open(folder, -1, &g->shared, &g->model, &err));
    g->subject = (xs_subject){.family = &xs_family_encoder, .shared = g->shared, .model = g->model, .classes = (int)g->shared->layout.config.labels};
}

static void golden_close(golden *g) {
    xs_family_encoder.free_model(g->model);
    xs_family_encoder.release(g->shared);
    json_decref(g->inputs);
    json_decref(g->explain);
    xs_arena_free(&g->arena);
}

static json_t *item(const json_t *list, size_t i) { return json_array_get(list, i); }
static double real(const json_t *object, const char *key) { return json_number_value(json_object_get(object, key)); }

// Input i as a text of ids; its words are all tokens, or only those that are not special.
static void text_of(golden *g, size_t i, bool all, char *text, xs_word *words, xs_document *doc) {
    const json_t *ids = item(json_object_get(g->inputs, "input_ids"), i), *kinds = json_object_get(g->inputs, "token_type_ids");
    const json_t *special = item(json_object_get(g->inputs, "special_positions"), i);
    size_t T = (size_t)json_integer_value(item(json_object_get(g->inputs, "lengths"), i));
    uint32_t at = 0, n = 0;
    for (size_t t = 0; t < T; t++) {
        bool is_special = false;
        for (size_t k = 0; k < json_array_size(special); k++) is_special |= (size_t)json_integer_value(item(special, k)) == t;
        uint32_t start = at;
        at += (uint32_t)sprintf(text + at, "%lld", (long long)json_integer_value(item(ids, t)));
        if (kinds) at += (uint32_t)sprintf(text + at, ":%lld", (long long)json_integer_value(item(item(kinds, i), t)));
        if (all || !is_special) words[n++] = (xs_word){start, at, start, at, 0, 0, 0};
        text[at++] = ' ';
    }
    text[at] = 0;
    *doc = (xs_document){"golden", text, at, -1, words, n, 1};
}

static double scores[64], errors[64];

// One or two options, "key=value"; NULL: none.
static xs_explanation explain(golden *g, const char *method, const char *option, const char *other, const xs_document *doc, int target) {
    const xs_explainer *e;
    xs_settings s;
    xs_explanation out = {.scores = scores, .standard_error = errors};
    xs_task task = {doc, target, 7};
    char spec[200];
    snprintf(spec, sizeof spec, "%s:%s%s%s", method, option ? option : "", option && *option && other ? "," : "", other ? other : "");
    assert_ok(xs_explainer_parse(spec, &e, &s, &err));
    int rc = xs_explain(e, &s, &g->subject, &task, 1, &g->arena, &out, &err);
    xs_settings_free(&s);
    if (rc < 0) fail_msg("%s: %s", spec, err.message);
    return out;
}

// |got − expected| ≤ relative · largest |expected| + absolute
static void compare(const char *what, const double *got, const json_t *expected, double relative, double absolute) {
    double most = 0;
    if (json_array_size(expected) == 0) fail_msg("%s: no expected values", what);
    for (size_t i = 0; i < json_array_size(expected); i++) most = fmax(most, fabs(json_number_value(item(expected, i))));
    for (size_t i = 0; i < json_array_size(expected); i++) {
        double e = json_number_value(item(expected, i));
        if (!(fabs(got[i] - e) <= relative * most + absolute))
            fail_msg("%s: token %zu is %.9g, not %.9g (largest %.3g)", what, i, got[i], e, most);
    }
}

static void check_target(golden *g, const json_t *expected, const xs_document *doc) {
    int target = (int)json_integer_value(json_object_get(expected, "class"));
    static const struct {
        const char *key, *method, *option;
        double relative, absolute;
    } rows[] = {
        {"saliency", "saliency", NULL, 1e-4, 2e-6},
        {"input_x_gradient", "input_x_gradient", NULL, 1e-4, 2e-6},
        {"input_x_gradient_encoder_input", "input_x_gradient", "at=encoder_input", 1e-4, 2e-6},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        xs_explanation e = explain(g, rows[k].method, rows[k].option, NULL, doc, target);
        compare(rows[k].key, e.tokens, json_object_get(expected, rows[k].key), rows[k].relative, rows[k].absolute);
    }
    const json_t *ig = json_object_get(expected, "integrated_gradients"), *chefer = json_object_get(expected, "lrp_chefer");
    xs_explanation e = explain(g, "integrated_gradients", NULL, NULL, doc, target);
    compare("integrated gradients", e.tokens, json_object_get(ig, "attributions"), 1e-4, 2e-6);
    assert_near(e.gap, real(ig, "delta"), 0, 2e-5);
    assert_near(e.f_input, real(ig, "f_input"), 0, 2e-5);
    assert_near(e.f_baseline, real(ig, "f_baseline"), 0, 2e-5);
    // in floats and in doubles: the reference's tolerances for each
    static const struct {
        const char *precision;
        double chefer, lrp, absolute;
    } kinds[] = {{"precision=float", 5e-3, 2e-4, 2e-6}, {"precision=double", 1e-6, 1e-7, 1e-10}, {"", 5e-3, 2e-4, 2e-6}};
    const json_t *lrp = json_object_get(expected, "attn_lrp");
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        e = explain(g, "lrp_chefer", kinds[k].precision, NULL, doc, target);
        compare("lrp_chefer from layer 0", e.tokens, json_object_get(chefer, "start_layer_0"), kinds[k].chefer, 1e-12);
        e = explain(g, "lrp_chefer", kinds[k].precision, "start_layer=1", doc, target);
        compare("lrp_chefer from layer 1", e.tokens, json_object_get(chefer, "start_layer_1"), kinds[k].chefer, 1e-12);
        e = explain(g, "attn_lrp", kinds[k].precision, NULL, doc, target);
        compare("attn_lrp", e.tokens, json_object_get(lrp, "word"), kinds[k].lrp, kinds[k].absolute);
        e = explain(g, "attn_lrp", kinds[k].precision, "at=encoder_input", doc, target);
        compare("attn_lrp at the input", e.tokens, json_object_get(lrp, "encoder_input"), kinds[k].lrp, kinds[k].absolute);
    }
    e = explain(g, "occlusion", NULL, NULL, doc, target);
    compare("occlusion", e.scores, json_object_get(expected, "occlusion_logit"), 0, 1e-5);
    e = explain(g, "occlusion", "output=probability", NULL, doc, target);
    compare("occlusion of the probability", e.scores, json_object_get(expected, "occlusion_probability"), 0, 1e-5);
}

static void check_inputs(golden *g) {
    const json_t *inputs = json_object_get(g->explain, "inputs");
    for (size_t i = 0; i < json_array_size(inputs); i++) {
        char text[1024];
        xs_word words[64];
        xs_document doc;
        const json_t *expected = item(inputs, i), *targets = json_object_get(expected, "targets");
        size_t input = (size_t)json_integer_value(json_object_get(expected, "input"));
        text_of(g, input, true, text, words, &doc);
        xs_explanation e = explain(g, "attention", NULL, NULL, &doc, 0);
        compare("attention", e.tokens, json_object_get(expected, "attention"), 0, 5e-6);
        e = explain(g, "attention_rollout", NULL, NULL, &doc, 0);
        compare("rollout", e.tokens, json_object_get(expected, "attention_rollout_half"), 0, 5e-6);
        compare("rollout", e.tokens, json_object_get(expected, "attention_rollout_chefer"), 0, 5e-6);
        check_target(g, json_object_get(targets, "predicted"), &doc);
        check_target(g, json_object_get(targets, "class0"), &doc);
    }
}

static void check_shapley(golden *g) {
    char text[1024];
    xs_word words[64];
    xs_document doc;
    const json_t *expected = json_object_get(g->explain, "shapley"), *targets = json_object_get(expected, "targets");
    text_of(g, (size_t)json_integer_value(json_object_get(expected, "input")), false, text, words, &doc);
    static const char *const which[] = {"predicted", "class0"};
    for (size_t k = 0; k < 2; k++) {
        const json_t *t = json_object_get(targets, which[k]);
        int target = (int)json_integer_value(json_object_get(t, "class"));
        xs_explanation e = explain(g, "shapley", NULL, NULL, &doc, target);
        compare("shapley", e.scores, json_object_get(t, "shapley_logit"), 0, 1e-5);
        assert_near(e.f_baseline, real(t, "v_empty_logit"), 0, 1e-5);
        assert_near(e.f_input, real(t, "v_full_logit"), 0, 1e-5);
        assert_near(e.gap, 0, 0, 1e-5);
        e = explain(g, "shapley", "output=probability", NULL, &doc, target);
        compare("shapley of the probability", e.scores, json_object_get(t, "shapley_probability"), 0, 1e-5);
    }
}

static void each(void (*check)(golden *)) {
    static const char *const folders[] = {"a_bert", "b_roberta", "c_distilbert"};
    for (size_t i = 0; i < 3; i++) {
        golden g;
        golden_open(&g, folders[i]);
        check(&g);
        golden_close(&g);
    }
}

static void test_inputs(void **state) { (void)state, each(check_inputs); }
static void test_shapley(void **state) { (void)state, each(check_shapley); }

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_inputs), cmocka_unit_test(test_shapley)};
    if (!golden_folder()) return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
