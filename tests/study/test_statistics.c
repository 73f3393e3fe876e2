// What a study's results hold beside signal and noise, as its key `statistics` says; word types and several explainers, by hand.
#include "small.h"
#include <math.h>

static json_t *results_of(const small_study *s, const char *statistics, int threads) {
    return small_results(s->file, &(xsnr_results_options){.threads = threads, .statistics = statistics});
}

static json_t *family_of(json_t *results, size_t f) {
    return json_array_get(json_object_get(results, "families"), f);
}

static json_t *pooled_of(json_t *results, size_t f, size_t e) {
    return json_object_get(json_array_get(json_object_get(family_of(results, f), "explainers"), e), "pooled");
}

static double at(json_t *object, const char *key) {
    json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static char *shown(const small_study *s, const char *only, const char *id, size_t *texts) {
    xsnr_error err = {0};
    xsnr_results *results;
    char *text;
    assert_ok(xsnr_results_open_as(s->file, &(xsnr_results_options){.threads = 2, .statistics = "all", .text = only}, &results, &err));
    *texts = xsnr_results_texts(results);
    assert_ok(xsnr_results_show_json(results, id, NULL, NULL, &text, &err));
    xsnr_results_free(results);
    return text;
}

// One text analysed alone has the numbers that it has among all; of an id that no text has, all are analysed.
static void one_text_alone(void **state) {
    (void)state;
    xsnr_error err = {0};
    xsnr_results *results;
    size_t all, one;
    char *text;
    small_study s = small_new(60, 20, 12, "explainers: [contribution, occlusion]\n");
    assert_ok(small_run(&s, 2, XSNR_TRAIN | XSNR_EXPLAIN, &err));
    assert_ok(xsnr_results_open_as(s.file, &(xsnr_results_options){.statistics = "none"}, &results, &err));
    for (size_t t = 0; t < xsnr_results_texts(results); t += 3) {
        const char *id = xsnr_results_text_id(results, t);
        char *among = shown(&s, NULL, id, &all), *alone = shown(&s, id, id, &one);
        assert_string_equal(among, alone);
        assert_true(all == xsnr_results_texts(results) && all > 3 && one == 1);
        xsnr_free(among);
        xsnr_free(alone);
    }
    xsnr_free(shown(&s, "nobody", xsnr_results_text_id(results, 0), &all));
    assert_int_equal(all, xsnr_results_texts(results));
    assert_int_equal(xsnr_results_show_json(results, "nobody", NULL, NULL, &text, &err), XSNR_ERR_NOT_FOUND);
    xsnr_results_free(results);
    small_remove(&s);
}

static void the_list_decides(void **state) {
    (void)state;
    static const char *const keys[] = {"spectrum", "modes", "spans", "complexity", "normalizations", "snr_bootstrap_ci"};
    xsnr_error err = {0};
    small_study s = small_new(60, 20, 12, "explainers: [contribution, occlusion]\n");
    assert_ok(small_run(&s, 2, XSNR_TRAIN | XSNR_EXPLAIN, &err));
    json_t *fast = results_of(&s, NULL, 2), *all = results_of(&s, "all", 2), *none = results_of(&s, "none", 2);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        json_t *of[] = {fast, all, none};
        bool there[3];
        for (size_t i = 0; i < 3; i++) {
            json_t *explainer = json_array_get(json_object_get(family_of(of[i], 0), "explainers"), 0);
            json_t *text = json_array_get(json_object_get(explainer, "texts"), 0);
            there[i] = json_object_get(text, keys[k]);
        }
        assert_true(there[1]);
        assert_false(there[2]);
        assert_int_equal(there[0], k == 0 || k == 2 || k == 3);
    }
    assert_non_null(json_object_get(pooled_of(all, 0, 0), "types"));
    assert_null(json_object_get(pooled_of(fast, 0, 0), "types"));
    assert_null(json_object_get(pooled_of(all, 0, 0), "sources")); // not crossed
    json_t *several = json_object_get(family_of(all, 0), "several");
    assert_int_equal(json_array_size(json_object_get(several, "explainers")), 2);
    assert_true(at(several, "largest_root_raw") > 0 && at(several, "largest_root") <= at(several, "trace") + 1e3);
    // normalisation none of the table is what a study normalised so gives: the study's own is l1
    json_t *l1 = json_object_get(json_object_get(pooled_of(all, 0, 0), "normalizations"), "l1");
    assert_true(fabs(at(l1, "snr") - at(pooled_of(all, 0, 0), "snr")) < 1e-9 * fabs(at(l1, "snr")));
    json_t *again = results_of(&s, "all", 1);
    assert_true(json_equal(all, again)); // whatever the number of threads
    json_decref(fast);
    json_decref(all);
    json_decref(none);
    json_decref(again);
    xsnr_results *results;
    xsnr_results_options wrong = {.statistics = "mode"};
    assert_int_equal(xsnr_results_open_as(s.file, &wrong, &results, &err), XSNR_ERR_CONFIG);
    assert_non_null(strstr(err.message, "modes"));
    small_remove(&s);
}

// Enough texts that several are read at once: the same for any number of threads.
static void many_texts(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(60, 130, 5, "explainers: [contribution]\n");
    small_write(s.folder, "study.yaml",
                "study: many\ncorpus: {train: train.tsv, test: test.tsv, id: id, explain: {count: 130}}\n"
                "families: [{name: tfidf, type: linear, models: 5}]\nexplainers: [contribution]\n");
    assert_ok(small_run(&s, 2, XSNR_TRAIN | XSNR_EXPLAIN, &err));
    json_t *one = results_of(&s, "information,bootstrap,spans", 1);
    json_t *texts = json_object_get(json_array_get(json_object_get(family_of(one, 0), "explainers"), 0), "texts");
    assert_true(json_array_size(texts) >= 128); // two a batch and more
    for (int threads = 2; threads <= 7; threads += 5) {
        json_t *more = results_of(&s, "information,bootstrap,spans", threads);
        assert_true(json_equal(one, more));
        json_decref(more);
    }
    json_decref(one);
    small_remove(&s);
}

// A crossed family says where its noise comes from; its models share seeds by rows and columns.
static void crossed_families(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(60, 20, 4, SMALL_EXPLAINERS);
    small_write(s.folder, "study.yaml",
                "study: crossed\nseed: 3\ncorpus: {train: train.tsv, test: test.tsv, id: id, explain: {count: 6}}\nagreeing: false\n"
                "families:\n  - {name: a, type: linear, features: {kind: bow}, crossed: {order: 4, sample: 3}}\n"
                "explainers: [contribution]\n");
    assert_ok(small_run(&s, 2, XSNR_TRAIN | XSNR_EXPLAIN, &err));
    xs_store *store;
    xs_arena arena = {0};
    xs_store_model *models;
    size_t n;
    assert_ok(xs_store_open(s.file, XS_STORE_READ, &store, &err));
    assert_ok(xs_store_models(store, 1, XS_LOGITS_EXPLAIN, &arena, &models, &n, &err));
    assert_int_equal(n, 12);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            assert_int_equal(models[i].seeds.order == models[j].seeds.order, i / 3 == j / 3);
            assert_int_equal(models[i].seeds.sample == models[j].seeds.sample, i % 3 == j % 3);
            assert_int_equal(models[i].seeds.init, models[j].seeds.init);
        }
    xs_store_close(store);
    xs_arena_free(&arena);
    json_t *results = results_of(&s, NULL, 2), *sources = json_object_get(pooled_of(results, 0, 0), "sources");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(sources, "levels"), "order")), 4);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(sources, "levels"), "sample")), 3);
    json_t *effects = json_object_get(sources, "effects"), *effect;
    size_t i;
    double sum = 0;
    assert_int_equal(json_array_size(effects), 3);
    json_array_foreach(effects, i, effect) sum += at(effect, "share");
    assert_true(fabs(sum - 1) < 1e-9);
    assert_true(at(json_array_get(effects, 1), "share") > at(json_array_get(effects, 0), "share")); // other texts outweigh their order
    json_decref(results);
    small_remove(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_list_decides), cmocka_unit_test(one_text_alone), cmocka_unit_test(many_texts),
                                       cmocka_unit_test(crossed_families)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
