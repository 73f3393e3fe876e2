// The family bag: streams are independent, models are kept to the bit, absent words, the inside, bad input, a
// study with the same bits for any number of threads, accuracy on real texts.
//
// subj's expectation: bench/bag_vs_numpy.py trains the same model by NumPy (docs/bag.md has its figures).
#include "base/alloc.h"
#include "base/file.h"
#include "check.h"
#include "registry.h"
#include "study/small.h"

enum { TEXTS = 60 };
static xsnr_error err;
static char folder[] = "/tmp/xsnr-bag-XXXXXX";
static xs_corpus *corpus;
static const xs_family *family;

static int open_corpus(void **state) {
    (void)state;
    static const char *const good[] = {"a fine story told well", "warm and funny film", "the best thing this year"};
    static const char *const bad[] = {"dull and slow", "a waste of an evening , sadly", "the worst plot of all"};
    if (!mkdtemp(folder)) return -1;
    xs_str s = {0};
    xs_str_put(&s, "text\tlabel\n");
    for (int i = 0; i < TEXTS; i++)
        xs_str_printf(&s, "%s %d\t%s\n", i % 2 ? good[i / 2 % 3] : bad[i / 2 % 3], i, i % 2 ? "good" : "bad");
    char path[64];
    snprintf(path, sizeof path, "%s/train.tsv", folder);
    assert_ok(xs_file_write(path, s.data, s.length, &err));
    xs_str_free(&s);
    xs_corpus_source source = {.path = {path, path, path}, .text = "text", .label = "label", .language = "en"};
    assert_ok(xs_corpus_load(&source, 1, &corpus, &err));
    family = xs_family_find("bag", NULL, 0, &err);
    return family ? 0 : -1;
}

static int close_corpus(void **state) {
    (void)state;
    char command[100];
    xs_corpus_free(corpus);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

// A small bag's settings; `more` is "name=value name=value".
static int prepare_on(const xs_corpus *on, const char *more, void **shared) {
    xs_settings s;
    char copy[300], *rest = copy;
    snprintf(copy, sizeof copy, "hidden=16 layer=12 epochs=3 batch=8 rate=0.01 %s", more);
    assert_ok(xs_settings_init(&s, family->params, &err));
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        assert_ok(xs_settings_set(&s, word, value, NULL, 0, &err));
    }
    int rc = family->prepare(&s, on, 1, shared, &err);
    xs_settings_free(&s);
    return rc;
}

static void *prepare(const char *more) {
    void *shared = NULL;
    assert_ok(prepare_on(corpus, more, &shared));
    return shared;
}

// Logits (TEXTS, 2) after training with the seeds.
static void logits_of(void *shared, xs_seeds seeds, double *logits) {
    xs_arena scratch = {0};
    xs_training record;
    void *model;
    assert_ok(family->train(shared, &seeds, &scratch, &model, &record, &err));
    assert_ok(family->predict_split(shared, model, XS_TEST, &scratch, logits, &err));
    family->free_model(model);
    xs_arena_free(&scratch);
}

static bool same(void *shared, xs_seeds a, xs_seeds b) {
    double x[2 * TEXTS], y[2 * TEXTS];
    logits_of(shared, a, x);
    logits_of(shared, b, y);
    return memcmp(x, y, sizeof x) == 0;
}

static void test_streams(void **state) {
    (void)state;
    void *shared = prepare("");
    xs_seeds seeds = {1, 2, 3, 0, 0};
    double a[2 * TEXTS], b[2 * TEXTS];
    assert_true(same(shared, seeds, seeds)); // a used trainer is as good as a new one
    assert_false(same(shared, seeds, (xs_seeds){9, 2, 3, 0, 0}));
    assert_false(same(shared, seeds, (xs_seeds){1, 9, 3, 0, 0}));
    assert_false(same(shared, seeds, (xs_seeds){1, 2, 9, 0, 0}));
    assert_false(same(shared, seeds, (xs_seeds){1, 2, 3, 9, 0}));
    family->release(shared);
    static const char *const one_dropout[] = {"dropout=0", "word_dropout=0"};
    for (int i = 0; i < 2; i++) {
        shared = prepare(one_dropout[i]);
        assert_false(same(shared, seeds, (xs_seeds){1, 2, 9, 0, 0}));
        family->release(shared);
    }
    shared = prepare("dropout=0 word_dropout=0");
    assert_true(same(shared, seeds, (xs_seeds){1, 2, 9, 0, 0})); // nothing else draws from the stream dropout
    family->release(shared);
    shared = prepare("batch=64"); // one batch of all texts: their order changes rounding alone
    logits_of(shared, seeds, a);
    logits_of(shared, (xs_seeds){1, 9, 3, 0, 0}, b);
    for (int i = 0; i < 2 * TEXTS; i++) assert_near(a[i], b[i], 0, 1e-4); // init and dropout drew the same
    family->release(shared);
}

static void test_vary(void **state) {
    (void)state;
    xs_settings s;
    assert_ok(xs_settings_init(&s, family->params, &err));
    assert_string_equal(family->vary(&s), "init, order, dropout");
    assert_ok(xs_settings_set(&s, "dropout", "0", NULL, 0, &err));
    assert_string_equal(family->vary(&s), "init, order, dropout");
    assert_ok(xs_settings_set(&s, "word_dropout", "0", NULL, 0, &err));
    assert_string_equal(family->vary(&s), "init, order");
    xs_settings_free(&s);
}

static void test_kept_models(void **state) {
    (void)state;
    static const char *const shapes[] = {"", "layer=0", "ngrams=3 buckets=50", "embeddings=lazy activation=tanh"};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        void *shared = prepare(shapes[k]), *model, *again;
        xs_arena scratch = {0};
        xs_training record;
        xs_str bytes = {0}, twice = {0};
        double a[2 * TEXTS], b[2 * TEXTS], one[2];
        assert_ok(family->train(shared, &(xs_seeds){1, 2, 3, 0, 0}, &scratch, &model, &record, &err));
        assert_int_equal(record.steps, 24);
        assert_ok(family->save(shared, model, &bytes, &err));
        assert_ok(family->load(shared, bytes.data, bytes.length, &again, &err));
        assert_ok(family->save(shared, again, &twice, &err));
        assert_int_equal(bytes.length, twice.length);
        assert_memory_equal(bytes.data, twice.data, bytes.length);
        assert_ok(family->predict_split(shared, model, XS_TEST, &scratch, a, &err));
        assert_ok(family->predict_split(shared, again, XS_TEST, &scratch, b, &err));
        assert_memory_equal(a, b, sizeof a);
        for (size_t i = 0; i < TEXTS; i++) { // alone or in a batch: the same bits
            assert_ok(family->predict(shared, model, &corpus->split[XS_TEST].docs[i], NULL, 1, XS_REMOVE_MASK, &scratch,
                                      one, &err));
            assert_memory_equal(one, a + 2 * i, sizeof one);
        }
        family->free_model(again);
        assert_true(family->load(shared, bytes.data, bytes.length - 4, &again, &err) < 0); // cut short
        void *other = prepare("hidden=8");
        assert_true(family->load(other, bytes.data, bytes.length, &again, &err) < 0);
        assert_non_null(strstr(err.message, "configuration says"));
        family->release(other);
        family->free_model(model);
        xs_str_free(&bytes), xs_str_free(&twice), xs_arena_free(&scratch);
        family->release(shared);
    }
}

// Without any word a text is one unknown word, whatever the removal; a text of none is that already.
static void test_absent_words(void **state) {
    (void)state;
    void *shared = prepare("ngrams=2"), *model;
    xs_arena scratch = {0};
    xs_training record;
    const xs_document *doc = &corpus->split[XS_TEST].docs[1], none = {.id = "none", .text = "", .label = -1};
    uint8_t present[3 * 16] = {0};
    double nothing[2], z[6];
    assert_ok(family->train(shared, &(xs_seeds){1, 2, 3, 0, 0}, &scratch, &model, &record, &err));
    assert_ok(family->predict(shared, model, &none, NULL, 1, XS_REMOVE_MASK, &scratch, nothing, &err));
    assert_true(isfinite(nothing[0]) && isfinite(nothing[1]));
    for (int removal = XS_REMOVE_MASK; removal <= XS_REMOVE_DELETE; removal++) {
        memset(present, 0, sizeof present);
        memset(present + doc->n_words, 1, doc->n_words); // none, all, all but the first
        memset(present + 2 * doc->n_words + 1, 1, doc->n_words - 1);
        assert_ok(family->predict(shared, model, doc, present, 3, (xs_removal)removal, &scratch, z, &err));
        for (int c = 0; c < 2; c++) assert_near(z[c], nothing[c], 1e-5, 1e-6);
        double whole[2];
        assert_ok(family->predict(shared, model, doc, NULL, 1, (xs_removal)removal, &scratch, whole, &err));
        assert_memory_equal(z + 2, whole, sizeof whole);
        assert_memory_not_equal(z + 4, whole, sizeof whole);
    }
    family->free_model(model);
    xs_arena_free(&scratch);
    family->release(shared);
}

// Tokens are words; values are logits to the bit; points in one batch or another have the same gradient; without a
// hidden layer the logit is a sum over words: Σ e · ∂z/∂e = z − z of vectors 0.
static void test_inside(void **state) {
    (void)state;
    enum { POINTS = 30, WIDTH = 16 };
    void *shared = prepare("layer=0 ngrams=2"), *model;
    xs_arena scratch = {0};
    xs_training record;
    const xs_document *all = corpus->split[XS_TEST].docs, *docs[] = {&all[1], &all[2], &all[5]};
    const xs_inside *inside = family->inside;
    xs_inputs in;
    assert_ok(family->train(shared, &(xs_seeds){1, 2, 3, 0, 0}, &scratch, &model, &record, &err));
    assert_ok(inside->inputs(shared, docs, 3, &scratch, &in, &err));
    assert_int_equal(in.width, WIDTH);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(in.begin[i + 1] - in.begin[i], 2 * docs[i]->n_words - 1);
        for (size_t t = in.begin[i]; t < in.begin[i + 1]; t++) assert_false(in.special[t]);
    }
    uint32_t text[POINTS];
    int target[POINTS];
    size_t rows = 0;
    for (uint32_t p = 0; p < POINTS; p++) {
        text[p] = p % 3, target[p] = p / 3 % 2;
        rows += in.begin[text[p] + 1] - in.begin[text[p]];
    }
    double *g = XS_NEW_ARRAY(double, rows *WIDTH), *at = XS_NEW_ARRAY(double, rows *WIDTH);
    double *one = XS_NEW_ARRAY(double, rows *WIDTH), *own = XS_NEW_ARRAY(double, in.tokens *WIDTH);
    double *zero = XS_NEW_ARRAY(double, in.tokens *WIDTH), value[POINTS], nothing[3], z[2];
    xs_points points = {.count = POINTS, .text = text, .target = target};
    assert_ok(inside->gradient(shared, model, &in, &points, value, g, at, &err));
    assert_ok(inside->vectors(shared, model, &in, XS_VECTORS_OWN, own, &err));
    assert_memory_equal(own, at, in.tokens * WIDTH * sizeof *own); // the first three points are the texts
    assert_ok(inside->vectors(shared, model, &in, XS_VECTORS_PAD, zero, &err));
    for (size_t i = 0; i < in.tokens * WIDTH; i++) assert_true(zero[i] == 0);
    size_t row = 0;
    for (uint32_t p = 0; p < POINTS; p++) {
        double sum = 0, value_one;
        size_t size = (in.begin[text[p] + 1] - in.begin[text[p]]) * WIDTH;
        assert_ok(family->predict(shared, model, docs[text[p]], NULL, 1, XS_REMOVE_MASK, &scratch, z, &err));
        assert_true(value[p] == z[target[p]]);
        xs_points alone = {.count = 1, .text = text + p, .target = target + p, .vectors = own + in.begin[text[p]] * WIDTH};
        assert_ok(inside->gradient(shared, model, &in, &alone, &value_one, one, NULL, &err));
        assert_true(value_one == value[p]);
        assert_memory_equal(one, g + row, size * sizeof *one);
        for (size_t i = 0; i < size; i++) sum += g[row + i] * at[row + i];
        alone.vectors = zero;
        assert_ok(inside->gradient(shared, model, &in, &alone, nothing, NULL, NULL, &err));
        assert_near(sum, value[p] - nothing[0], 1e-5, 1e-6);
        row += size;
    }
    assert_ok(inside->vectors(shared, model, &in, XS_VECTORS_MASK, own, &err)); // the unknown word's, everywhere
    points = (xs_points){.count = 3, .text = text, .target = target, .vectors = own};
    assert_ok(inside->gradient(shared, model, &in, &points, value, NULL, NULL, &err));
    uint8_t absent[32] = {0};
    for (int i = 0; i < 3; i++) {
        assert_ok(family->predict(shared, model, docs[i], absent, 1, XS_REMOVE_MASK, &scratch, z, &err));
        assert_true(value[i] == z[target[i]]);
    }
    xs_free(g), xs_free(at), xs_free(one), xs_free(own), xs_free(zero);
    family->free_model(model);
    xs_arena_free(&scratch);
    family->release(shared);
}

static void test_bad_input(void **state) {
    (void)state;
    static const struct {
        const char *settings, *says;
    } bad[] = {{"min_count=61", "min_count: 61 leaves no word: none is in so many of the 60 training texts"}};
    void *shared;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(prepare_on(corpus, bad[i].settings, &shared), XSNR_ERR_CONFIG);
        if (!strstr(err.message, bad[i].says)) fail_msg("'%s' does not say '%s'", err.message, bad[i].says);
    }
    xs_corpus without = *corpus;
    without.split[XS_VALID].count = 0;
    assert_int_equal(prepare_on(&without, "patience=2", &shared), XSNR_ERR_CONFIG);
    assert_non_null(strstr(err.message, "patience needs valid texts"));
    shared = prepare("length=3");
    assert_non_null(strstr(family->notice(shared), "of 180 texts are longer than length: 3 words and were cut"));
    assert_true(family->memory(shared) > 10000);
    family->release(shared);
    shared = prepare("patience=1 epochs=200 rate=0.1 schedule=constant");
    assert_null(family->notice(shared));
    xs_arena scratch = {0};
    xs_training record;
    void *model;
    assert_ok(family->train(shared, &(xs_seeds){1, 2, 3, 0, 0}, &scratch, &model, &record, &err));
    assert_true(record.epochs < 200);
    family->free_model(model);
    xs_arena_free(&scratch);
    family->release(shared);
}

// The nth allocation fails: an error each time, nothing is lost, until there are none left to fail.
static void test_out_of_memory(void **state) {
    (void)state;
    int rc = XSNR_ERR_NOMEM;
    xs_settings s;
    assert_ok(xs_settings_init(&s, family->params, &err));
    assert_ok(xs_settings_set(&s, "epochs", "1", NULL, 0, &err));
    for (long n = 1; rc != XSNR_OK && n < 400; n++) {
        void *shared = NULL, *model = NULL, *again = NULL;
        xs_arena scratch = {0};
        xs_training record;
        xs_str bytes = {0};
        double z[2 * TEXTS];
        xs_alloc_fail_at(n);
        rc = family->prepare(&s, corpus, 1, &shared, &err);
        if (rc == XSNR_OK) rc = family->train(shared, &(xs_seeds){1, 2, 3, 4, 0}, &scratch, &model, &record, &err);
        if (rc == XSNR_OK) rc = family->predict_split(shared, model, XS_TEST, &scratch, z, &err);
        if (rc == XSNR_OK)
            rc = family->predict(shared, model, corpus->split[XS_TEST].docs, NULL, 1, XS_REMOVE_MASK, &scratch, z, &err);
        const xs_document *doc = corpus->split[XS_TEST].docs;
        xs_inputs in;
        if (rc == XSNR_OK) rc = family->inside->inputs(shared, &doc, 1, &scratch, &in, &err);
        if (rc == XSNR_OK)
            rc = family->inside->gradient(shared, model, &in, &(xs_points){.count = 1, .text = &(uint32_t){0}, .target = &(int){0}},
                                          z, NULL, NULL, &err);
        if (rc == XSNR_OK) rc = family->save(shared, model, &bytes, &err);
        if (rc == XSNR_OK) rc = family->load(shared, bytes.data, bytes.length, &again, &err);
        xs_alloc_fail_at(0);
        if (rc != XSNR_OK) assert_int_equal(rc, XSNR_ERR_NOMEM);
        family->free_model(model), family->free_model(again);
        family->release(shared);
        xs_str_free(&bytes), xs_arena_free(&scratch);
    }
    assert_int_equal(rc, XSNR_OK);
    xs_settings_free(&s);
}

/* ------------------------------------------------------------------ whole studies */

static void test_study(void **state) {
    (void)state;
    small_study s = small_new(120, 40, 2, "");
    char first[XS_HASH_HEX], again[XS_HASH_HEX], path[128], *words = NULL, *words_again = NULL;
    size_t n, m, size;
    snprintf(path, sizeof path, "%s/words.csv", s.folder);
    small_write(s.folder, "study.yaml",
                "study: bags\nseed: 3\n"
                "corpus: {train: train.tsv, test: test.tsv, id: id, explain: {count: 4}}\n"
                "families:\n"
                "  - {name: bag, type: bag, epochs: 2, models: 5}\n"
                "  - {name: pairs, type: bag, ngrams: 2, layer: 0, epochs: 2, models: 5, vary: [sample]}\n"
                "explainers: [occlusion, {name: shapley, exact_words: 4, pairs: 2}, saliency, input_x_gradient,\n"
                "  {name: smoothgrad, samples: 5}, {name: integrated_gradients, steps: 5, baseline: mask}]\n");
    assert_ok(small_run(&s, 1, XSNR_RUN, &err));
    assert_ok(xs_file_read(path, &words, &size, &err)); // has every explainer
    assert_non_null(strstr(words, "integrated_gradients"));
    small_hash(&s, first, &n);
    assert_true(n > 2 * 2 * 5 * 4 * 10);
    for (int threads = 2; threads <= 7; threads += 5) {
        small_reset(&s);
        assert_ok(small_run(&s, threads, XSNR_RUN, &err));
        small_hash(&s, again, &m);
        assert_string_equal(first, again);
        assert_ok(xs_file_read(path, &words_again, &size, &err));
        assert_string_equal(words, words_again);
        xs_free(words_again);
    }
    xs_free(words);
    small_remove(&s);
}

static void test_subj(void **state) {
    (void)state;
    if (!data_folder()) skip();
    char path[2][1024];
    snprintf(path[0], sizeof path[0], "%s/subj/train.tsv", data_folder());
    snprintf(path[1], sizeof path[1], "%s/subj/test.tsv", data_folder());
    xs_corpus_source source = {.path = {path[0], NULL, path[1]}, .text = "text", .label = "label", .language = "en"};
    xs_corpus *subj;
    xs_settings settings;
    void *shared, *model;
    xs_arena scratch = {0};
    xs_training record;
    xs_quality quality;
    assert_ok(xs_corpus_load(&source, 2, &subj, &err));
    assert_ok(xs_settings_init(&settings, family->params, &err));
    assert_ok(family->prepare(&settings, subj, 2, &shared, &err));
    const xs_split *test = &subj->split[XS_TEST];
    double *logits = XS_NEW_ARRAY(double, 2 * test->count);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        xs_seeds seeds = {seed, seed + 100, seed + 200, 0, 0};
        assert_ok(family->train(shared, &seeds, &scratch, &model, &record, &err));
        assert_ok(family->predict_split(shared, model, XS_TEST, &scratch, logits, &err));
        assert_ok(xs_quality_of(XS_LINK_SOFTMAX, 2, logits, test, &scratch, &quality, &err));
        print_message("  loss %.4f, test: accuracy %.4f, log loss %.4f, ECE %.4f\n", record.loss, quality.accuracy,
                      quality.log_loss, quality.calibration_error);
        assert_true(quality.accuracy >= 0.88);
        family->free_model(model);
    }
    xs_free(logits);
    family->release(shared);
    xs_settings_free(&settings);
    xs_arena_free(&scratch);
    xs_corpus_free(subj);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams),   cmocka_unit_test(test_vary),          cmocka_unit_test(test_kept_models),
        cmocka_unit_test(test_absent_words), cmocka_unit_test(test_inside),     cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_study),     cmocka_unit_test(test_subj),
    };
    return cmocka_run_group_tests(tests, open_corpus, close_corpus);
}
