// Everything that goes into a study file comes out of it, to the bit.
#include "store/study.h"

static void write_study(const char *path) {
    xsnr_error err = {0};
    xs_store *store;
    int64_t family = 0;
    assert_ok(xs_store_open(path, XS_STORE_WRITE, &store, &err));
    assert_ok(put_study(store, &family, &err));
    for (uint32_t m = 4; m-- > 1;) assert_ok(put_model(store, family, m, &err)); // in no order
    xs_store_model failed = {.family = family, .index = 0, .failure = "training diverged", .training = {.loss = NAN}};
    assert_ok(xs_store_put_model(store, &failed, NULL, 0, &err));
    xs_store_close(store);
    assert_false(exists(path, "-wal"));
    assert_false(exists(path, "-shm"));
    assert_false(exists(path, ".lock"));
}

static void check_study(xs_store *store, xs_arena *arena) {
    xsnr_error err = {0};
    const char *value, **labels;
    xs_fact *facts;
    size_t n;
    int classes;
    assert_ok(xs_store_fact(store, "study", arena, &value, &err));
    assert_string_equal(value, "a small one");
    assert_ok(xs_store_fact(store, "nothing", arena, &value, &err));
    assert_null(value);
    assert_ok(xs_store_facts(store, arena, &facts, &n, &err));
    assert_int_equal(n, 1);
    assert_string_equal(facts[0].key, "study");
    assert_ok(xs_store_labels(store, arena, &labels, &classes, &err));
    assert_int_equal(classes, 2);
    assert_string_equal(labels[1], "subjective");
    xs_store_text *texts;
    assert_ok(xs_store_texts(store, arena, &texts, &n, &err));
    assert_int_equal(n, TEXTS);
    for (int t = 0; t < TEXTS; t++) {
        const xs_store_text *was = &study_texts[t], *is = &texts[t];
        assert_int_equal(is->id, was->id);
        assert_string_equal(is->name, was->name);
        assert_string_equal(is->split, was->split);
        assert_string_equal(is->text, was->text);
        assert_int_equal(is->label, was->label);
        assert_int_equal(is->n_words, was->n_words);
        for (size_t w = 0; w < was->n_words; w++) {
            assert_string_equal(is->words[w].text, was->words[w].text);
            assert_int_equal(is->words[w].start, was->words[w].start);
            assert_int_equal(is->words[w].end, was->words[w].end);
            assert_int_equal(is->words[w].byte_start, was->words[w].byte_start);
            assert_int_equal(is->words[w].byte_end, was->words[w].byte_end);
            assert_int_equal(is->words[w].sentence, was->words[w].sentence);
        }
    }
    int32_t *gold;
    assert_ok(xs_store_gold(store, "test", arena, &gold, &n, &err));
    assert_int_equal(n, 4);
    assert_int_equal(gold[3], -1);
    assert_ok(xs_store_gold(store, "valid", arena, &gold, &n, &err));
    assert_int_equal(n, 0);
}

static void check_models(xs_store *store, xs_arena *arena) {
    xsnr_error err = {0};
    xs_store_family *families;
    size_t n;
    assert_ok(xs_store_families(store, arena, &families, &n, &err));
    assert_int_equal(n, 2);
    assert_string_equal(families[0].name, "tfidf");
    assert_string_equal(families[0].settings, "{\"l2\": 0.1}");
    assert_int_equal(families[0].models, 4);
    xs_store_model *models;
    assert_ok(xs_store_models(store, families[0].id, XS_LOGITS_BOTH, arena, &models, &n, &err));
    assert_int_equal(n, 4);
    assert_string_equal(models[0].failure, "training diverged");
    assert_true(isnan(models[0].training.loss));
    assert_false(models[0].has_test);
    assert_null(models[0].test_logits);
    for (uint32_t m = 1; m < 4; m++) {
        const xs_store_model *is = &models[m], was = study_model(families[0].id, m);
        assert_int_equal(is->index, m);
        assert_null(is->failure);
        assert_memory_equal(&is->seeds, &was.seeds, sizeof was.seeds);
        assert_true(is->training.steps == 1000 + m && is->training.loss == 0.25 && is->training.converged);
        assert_int_equal(is->training.epochs, 4);
        assert_false(is->has_valid);
        assert_true(is->has_test && is->test.texts == 4 && is->test.accuracy == 0.75);
        assert_true(isnan(is->test.calibration_error));
        assert_int_equal(is->n_test_logits, 8);
        assert_memory_equal(is->test_logits, study_logits, sizeof study_logits);
        assert_int_equal(is->n_explain_logits, 6);
        assert_null(is->bytes);
    }
    assert_ok(xs_store_models(store, families[0].id, XS_LOGITS_EXPLAIN, arena, &models, &n, &err));
    assert_null(models[1].test_logits);
    const void *bytes;
    assert_ok(xs_store_model_bytes(store, families[0].id, 2, arena, &bytes, &n, &err));
    assert_int_equal(n, 11);
    assert_memory_equal(bytes, "saved model", 11);
    assert_ok(xs_store_model_bytes(store, families[0].id, 0, arena, &bytes, &n, &err));
    assert_null(bytes);
}

static void check_scores(xs_store *store, xs_arena *arena) {
    xsnr_error err = {0};
    const char **names;
    size_t n;
    assert_ok(xs_store_explainers(store, 1, arena, &names, &n, &err));
    assert_int_equal(n, 2);
    assert_string_equal(names[0], "occlusion");
    assert_string_equal(names[1], "shapley");
    for (int k = 0; k < 2; k++) {
        for (int64_t t = 0; t < TEXTS; t++) {
            xs_store_scores s;
            assert_ok(xs_store_scores_of(store, 1, names[k], t, arena, &s, &err));
            assert_int_equal(s.models, 3);
            assert_int_equal(s.words, study_texts[t].n_words);
            for (uint32_t m = 0; m < 3; m++) {
                assert_int_equal(s.model[m], m + 1);
                assert_int_equal(s.target[m], t % 2);
                assert_true(k ? s.gap[m] == 1e-9 : isnan(s.gap[m]));
                assert_true(isnan(s.unattributed[m]) && s.standard_error[m] == 0.01);
                for (size_t w = 0; w < s.words; w++)
                    assert_true(s.scores[m * s.words + w] == (double)(study_score(m + 1, t, w) * (k ? -1 : 1)));
            }
        }
    }
    for (size_t first = 0; first < TEXTS; first++) // several texts at once: the same
        for (size_t count = 1; first + count <= TEXTS; count++) {
            xs_store_scores many[TEXTS];
            xs_store_text *texts;
            assert_ok(xs_store_texts(store, arena, &texts, &n, &err));
            assert_ok(xs_store_scores_of_texts(store, 1, "shapley", texts + first, count, arena, many, &err));
            for (size_t t = 0; t < count; t++) {
                xs_store_scores one;
                assert_ok(xs_store_scores_of(store, 1, "shapley", texts[first + t].id, arena, &one, &err));
                assert_int_equal(many[t].models, one.models);
                assert_int_equal(many[t].words, one.words);
                assert_memory_equal(many[t].model, one.model, one.models * sizeof *one.model);
                assert_memory_equal(many[t].seed, one.seed, one.models * sizeof *one.seed);
                assert_memory_equal(many[t].target, one.target, one.models * sizeof *one.target);
                assert_memory_equal(many[t].gap, one.gap, one.models * sizeof *one.gap);
                assert_memory_equal(many[t].scores, one.scores, one.models * one.words * sizeof *one.scores);
            }
            assert_ok(xs_store_scores_of_texts(store, 1, "lime", texts + first, count, arena, many, &err));
            assert_int_equal(many[0].models, 0);
        }
    xs_store_scores none;
    assert_ok(xs_store_scores_of(store, 1, "lime", 0, arena, &none, &err));
    assert_int_equal(none.models, 0);
    assert_int_equal(xs_store_scores_of(store, 1, "shapley", 99, arena, &none, &err), XSNR_ERR_NOT_FOUND);
    unsigned char done[5];
    assert_ok(xs_store_progress(store, 1, NULL, 5, done, &err));
    assert_memory_equal(done, "\3\1\1\1\0", 5);
    assert_ok(xs_store_progress(store, 1, "shapley", 5, done, &err));
    assert_memory_equal(done, "\3\5\5\5\0", 5);
    assert_ok(xs_store_progress(store, 1, "lime", 5, done, &err));
    assert_memory_equal(done, "\3\1\1\1\0", 5);
}

static void round_trip(void **state) {
    (void)state;
    const char *path = fresh_path();
    xsnr_error err = {0};
    write_study(path);
    for (int mode = XS_STORE_READ; mode <= XS_STORE_WRITE; mode++) {
        xs_store *store;
        xs_arena arena = {0};
        assert_ok(xs_store_open(path, (xs_store_mode)mode, &store, &err));
        check_study(store, &arena);
        check_models(store, &arena);
        check_scores(store, &arena);
        xs_store_close(store);
        xs_arena_free(&arena);
    }
    remove_study(path);
}

static void nothing_is_written_twice(void **state) {
    (void)state;
    const char *path = fresh_path(), *labels[2] = {"objective", "neutral"};
    xsnr_error err = {0};
    xs_store *store;
    int64_t family = 0;
    unsigned char done[4];
    assert_ok(xs_store_open(path, XS_STORE_WRITE, &store, &err));
    assert_ok(put_study(store, &family, &err));
    assert_ok(put_study(store, &family, &err)); // the same again
    assert_ok(put_model(store, family, 2, &err));
    assert_int_equal(put_model(store, family, 2, &err), XSNR_ERR_ARGUMENT);
    assert_string_equal(err.message, "model 2 of family 'tfidf' is there already");
    assert_string_equal(err.file, path);
    assert_int_equal(xs_store_put_labels(store, labels, 2, &err), XSNR_ERR_SCHEMA);
    assert_int_equal(xs_store_put_texts(store, study_texts, 2, &err), XSNR_ERR_SCHEMA);
    assert_int_equal(xs_store_put_gold(store, "test", &(int32_t){1}, 1, &err), XSNR_ERR_SCHEMA);
    xs_store_family changed = {.name = "tfidf", .type = "linear", .settings = "{\"l2\": 0.2}", .models = 4};
    assert_int_equal(xs_store_put_family(store, &changed, &err), XSNR_ERR_SCHEMA);
    xs_store_family more = {.name = "tfidf", .type = "linear", .settings = "{\"l2\": 0.1}", .models = 40};
    assert_ok(xs_store_put_family(store, &more, &err));
    assert_int_equal(more.id, family);
    xs_store_family two = {.name = "bag", .type = "bag", .settings = "{\"l2\": 0.1, \"rate\": 2}", .models = 4};
    assert_ok(xs_store_put_family(store, &two, &err));
    xs_store_family turned = {.name = "bag", .type = "bag", .settings = "{\"rate\":2,\"l2\":0.1}", .models = 4};
    assert_ok(xs_store_put_family(store, &turned, &err)); // keys in another order are the same settings
    assert_int_equal(turned.id, two.id);
    assert_ok(xs_store_progress(store, family, "occlusion", 4, done, &err));
    assert_memory_equal(done, "\0\0\5\0", 4);
    xs_store_close(store);
    remove_study(path);
}

// A model whose last explanation is wrong leaves nothing behind.
static void whole_or_not_at_all(void **state) {
    (void)state;
    const char *path = fresh_path();
    xsnr_error err = {0};
    xs_store *store;
    int64_t family = 0;
    unsigned char done[1];
    float scores[3] = {1, NAN, 3};
    assert_ok(xs_store_open(path, XS_STORE_WRITE, &store, &err));
    assert_ok(put_study(store, &family, &err));
    xs_store_model model = study_model(family, 0);
    xs_store_explanation rows[2] = {
        {.text = 2, .explainer = "occlusion", .settings = "{}", .scores = scores},
        {.text = 0, .explainer = "occlusion", .settings = "{}", .scores = scores, .n_words = 3}};
    assert_int_equal(xs_store_put_model(store, &model, rows, 2, &err), XSNR_ERR_NUMERIC);
    assert_string_equal(err.message, "occlusion gave word 2 of text number 0 a score that is not finite");
    rows[1].n_words = 1;
    assert_int_equal(xs_store_put_model(store, &model, rows, 2, &err), XSNR_ERR_ARGUMENT);
    assert_string_equal(err.message, "occlusion gave 1 scores for text number 0, which has 3 words");
    rows[1].text = 7;
    assert_int_equal(xs_store_put_model(store, &model, rows, 2, &err), XSNR_ERR_NOT_FOUND);
    rows[1] = rows[0];
    assert_int_equal(xs_store_put_model(store, &model, rows, 2, &err), XSNR_ERR_ARGUMENT);
    model.family = 77;
    assert_int_equal(xs_store_put_model(store, &model, rows, 1, &err), XSNR_ERR_NOT_FOUND);
    assert_ok(xs_store_progress(store, family, NULL, 1, done, &err));
    assert_int_equal(done[0], 0);
    assert_int_equal(xs_store_put_explanations(store, family, 0, rows, 1, &err), XSNR_ERR_NOT_FOUND);
    model.family = family;
    assert_ok(xs_store_put_model(store, &model, rows, 1, &err));
    rows[1] = (xs_store_explanation){.text = 1, .explainer = "occlusion", .settings = "{}", .scores = scores};
    rows[1].n_words = 2;
    scores[1] = 2;
    assert_ok(xs_store_put_explanations(store, family, 0, rows + 1, 1, &err));
    rows[1].text = 2, rows[1].n_words = 0, rows[1].settings = "{\"removal\": \"mask\"}";
    assert_int_equal(xs_store_put_explanations(store, family, 0, rows + 1, 1, &err), XSNR_ERR_SCHEMA);
    xs_store_close(store);
    remove_study(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(nothing_is_written_twice),
        cmocka_unit_test(whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
