// What a study says of its explanations where the answer is known: the explainer's own noise, and whether the mean explanation
// is true of each single model.
#include "small.h"
#include <math.h>

static xsnr_error err;

static json_t *results_of(const small_study *s) {
    return small_results(s->file, &(xsnr_results_options){.statistics = "none"});
}

static json_t *of_pooled(json_t *results, size_t family, size_t explainer, const char *key) {
    json_t *f = json_array_get(json_object_get(results, "families"), family);
    json_t *e = json_array_get(json_object_get(f, "explainers"), explainer);
    return json_object_get(json_object_get(e, "pooled"), key);
}

static double pooled(json_t *results, size_t family, size_t explainer, const char *key) {
    json_t *x = of_pooled(results, family, explainer, key);
    if (!json_is_number(x)) fail_msg("%s is no number", key);
    return json_number_value(x);
}

static void plan_noise(const small_study *s, int repeats) {
    char yaml[900];
    snprintf(yaml, sizeof yaml,
             "study: noise\nseed: 3\nnormalize: none\nagreeing: false\nequivalence: all\ntarget: class:opinion\n"
             "corpus: {train: train.tsv, test: test.tsv, id: id, explain: {count: 12}}\n"
             "families:\n"
             "  - {name: moving, type: linear, features: {kind: bow, ngrams: 4}, vary: [order], epochs: 30, init_scale: 0.01, models: 16}\n"
             "  - {name: still, type: linear, features: {kind: bow, ngrams: 4}, solver: liblinear, vary: [init], models: 16}\n"
             "explainers: [contribution, {name: shapley, exact_words: 2, pairs: 2, repeats: %d}]\n",
             repeats);
    small_write(s->folder, "study.yaml", yaml);
}

// Of a bag of n-grams the contributions are the exact Shapley values; so drawn Shapley values scatter as the contributions
// do, by training, and by their own draws.  What a study takes off is what they scatter more.  A converged model does not
// scatter at all: there everything has to come off.
static void own_noise_is_taken_off(void **state) {
    (void)state;
    small_study s = small_new(100, 40, 3, SMALL_EXPLAINERS);
    double own[2];
    for (int k = 0; k < 2; k++) {
        small_reset(&s);
        plan_noise(&s, k ? 4 : 1);
        assert_ok(small_run(&s, 2, XSNR_TRAIN | XSNR_EXPLAIN, &err));
        json_t *results = results_of(&s);
        double training = pooled(results, 0, 0, "noise"), both = pooled(results, 0, 1, "noise");
        own[k] = pooled(results, 0, 1, "explainer_noise");
        assert_true(training > 0 && pooled(results, 0, 0, "explainer_noise") == 0);
        assert_true(own[k] > 2 * training); // there is something to take off
        assert_near(both - own[k], training, 0.15, 0);
        double snr = pooled(results, 0, 1, "signal") / (both - own[k]);
        if (k) assert_near(pooled(results, 0, 1, "snr_training"), snr, 1e-9, 0);
        else assert_true(json_is_null(of_pooled(results, 0, 1, "snr_training"))); // nine tenths are its own: less than three errors are left
        assert_near(pooled(results, 1, 0, "noise"), 0, 0, 1e-12);
        assert_near(pooled(results, 1, 1, "explainer_noise"), pooled(results, 1, 1, "noise"), 0.2, 0);
        // of the model that does not scatter nothing can be said beside its draws
        assert_true(json_is_null(of_pooled(results, 1, 1, "snr_training")));
        json_decref(results);
    }
    assert_near(own[1], own[0] / 4, 0.2, 0); // the mean of four runs
    small_remove(&s);
}

/* ------------------------------------------------------------------ the mean explanation, by hand */

enum { WORDS = 10, MODELS = 3, TEXTS = 2 };
static const char *const names[WORDS] = {"ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay"};
static const double weight[MODELS][WORDS] = {{1.5, -0.4, 0.3, 0.9, -1.1, 0.2, 0.6, -0.7, 0.05, 0.45},
                                             {-0.6, 1.3, 0.35, 0.8, 0.1, -0.9, 0.7, 0.25, -0.15, 0.5},
                                             {0.4, 0.65, -1.2, 1.0, 0.15, 0.55, -0.3, 0.75, 0.95, -0.05}};
static const int order[TEXTS][WORDS] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {7, 3, 9, 1, 5, 0, 8, 2, 6, 4}};

static void write_programs(const small_study *s) {
    xs_str text = {0};
    xs_str_put(&text, "import json, math, sys\nweight = [");
    for (int m = 0; m < MODELS; m++) {
        xs_str_put(&text, "{");
        for (int w = 0; w < WORDS; w++) xs_str_printf(&text, "'%s': %.17g,", names[w], weight[m][w]);
        xs_str_put(&text, "},");
    }
    xs_str_put(&text, "][int(sys.argv[1])]\n"
                      "for line in sys.stdin:\n"
                      "    p = 1 / (1 + math.exp(-sum(weight.get(word, 0) for word in json.loads(line)['text'].split())))\n"
                      "    print(json.dumps([1 - p, p]), flush=True)\n");
    small_write(s->folder, "p.py", text.data);
    text.length = 0;
    xs_str_put(&text, "text\tlabel\n");
    for (int t = 0; t < TEXTS; t++)
        for (int w = 0; w < WORDS; w++) xs_str_printf(&text, "%s%s", names[order[t][w]], w + 1 < WORDS ? " " : t ? "\tyes\n" : "\tno\n");
    small_write(s->folder, "train.tsv", text.data);
    xs_str_free(&text);
    small_write(s->folder, "study.yaml",
                "study: mean\nseed: 3\ntarget: class:yes\nequivalence: all\ncorpus: {train: train.tsv, explain: {from: train, count: 2}}\n"
                "families: [{name: p, type: command, models: [python3 p.py 0, python3 p.py 1, python3 p.py 2]}]\n"
                "explainers: [{name: occlusion, output: probability}]\nfaithfulness: mask\n");
}

static double sigmoid(double z) { return 1 / (1 + exp(-z)); }

// By the definition: how p falls when the `most` words of highest score go, and when they alone stay.
static void judge(const double *w, const double *scores, double share, double out[2]) {
    double all = 0, without = 0, alone = 0;
    for (int i = 0; i < WORDS; i++) {
        int above = 0;
        for (int k = 0; k < WORDS; k++) above += scores[k] > scores[i];
        all += w[i];
        *(above < ceil(share * WORDS - 1e-9) ? &alone : &without) += w[i];
    }
    out[0] = sigmoid(all) - sigmoid(without);
    out[1] = sigmoid(all) - sigmoid(alone);
}

typedef struct judged {
    xs_store_faithfulness rows[MODELS * 40];
    size_t n;
} judged;

static void add_row(void *context, const xs_store_faithfulness *row) {
    judged *to = context;
    assert_in_range(to->n, 0, sizeof to->rows / sizeof *to->rows - 1);
    to->rows[to->n++] = *row;
}

static void the_mean_is_judged_on_each_model(void **state) {
    (void)state;
    static const double shares[] = {0.01, 0.05, 0.1, 0.2, 0.5};
    small_study s = small_new(100, 40, 3, SMALL_EXPLAINERS);
    write_programs(&s);
    assert_ok(small_run(&s, 2, XSNR_TRAIN | XSNR_EXPLAIN, &err));
    double own[MODELS][WORDS], mean[WORDS] = {0}; // by names: the order of the words does not matter to these models
    for (int m = 0; m < MODELS; m++) {
        double z = 0, size = 0;
        for (int w = 0; w < WORDS; w++) z += weight[m][w];
        for (int w = 0; w < WORDS; w++) size += fabs(own[m][w] = sigmoid(z) - sigmoid(z - weight[m][w]));
        for (int w = 0; w < WORDS; w++) mean[w] += own[m][w] / size;
    }
    xs_store *store;
    xs_arena arena = {0};
    judged got = {0};
    const xs_store_faithfulness *rows = got.rows;
    int differ = 0;
    assert_ok(xs_store_open(s.file, XS_STORE_READ, &store, &err));
    assert_ok(xs_store_each_faithfulness(store, 1, "occlusion", "mask", add_row, &got, &err));
    size_t n = got.n;
    assert_int_equal(n, MODELS * TEXTS);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 5; k++) {
            double expected[2][2];
            const double *w = weight[rows[i].model];
            judge(w, own[rows[i].model], shares[k], expected[0]);
            judge(w, mean, shares[k], expected[1]);
            for (int r = 0; r < 2; r++)
                for (int c = 0; c < 2; c++) assert_near((double)rows[i].judged[r][c][k], expected[r][c], 0, 1e-6);
            differ += fabs(expected[0][0] - expected[1][0]) > 0.01;
        }
    assert_true(differ > 5); // the two rankings are not the same question
    xs_store_close(store);
    xs_arena_free(&arena);
    small_remove(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(own_noise_is_taken_off), cmocka_unit_test(the_mean_is_judged_on_each_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
