// The runner: same bits whatever the threads and stages, resumable, extensible, and strict about what changed.
#include "base/alloc.h"
#include "small.h"

static void same_bits_for_any_threads(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(120, 40, 6, SMALL_EXPLAINERS);
    char first[XS_HASH_HEX], again[XS_HASH_HEX];
    size_t n, m;
    assert_ok(small_run(&s, 1, XSNR_RUN, &err));
    small_hash(&s, first, &n);
    assert_true(n > 6 * 3 * 3 * 6 * 10);
    assert_true(small_exists(&s, "results.json") && small_exists(&s, "words.csv") && small_exists(&s, "report.html"));
    for (int threads = 2; threads <= 7; threads += 5) {
        small_reset(&s);
        assert_ok(small_run(&s, threads, XSNR_RUN, &err));
        small_hash(&s, again, &m);
        assert_string_equal(first, again);
    }
    small_remove(&s);
}

// Stage after stage, with and without the models kept, ends as one run does.
static void stages_end_as_one_run(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(120, 40, 4, SMALL_EXPLAINERS);
    char whole[XS_HASH_HEX], staged[XS_HASH_HEX];
    size_t n;
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    small_hash(&s, whole, &n);
    for (int kept = 0; kept < 2; kept++) {
        small_reset(&s);
        small_plan(&s, 4, kept ? "explainers: [occlusion]\n" : "keep_models: false\nexplainers: [occlusion]\n");
        assert_int_equal(small_run(&s, 2, XSNR_EXPLAIN, &err), XSNR_ERR_NOT_FOUND);
        assert_false(small_exists(&s, "study.xsnr"));
        assert_ok(small_run(&s, 2, XSNR_TRAIN, &err));
        assert_ok(small_run(&s, 2, XSNR_EXPLAIN, &err));
        // explainers that come later need no new study
        small_plan(&s, 4, kept ? SMALL_EXPLAINERS : "keep_models: false\n" SMALL_EXPLAINERS);
        assert_ok(small_run(&s, 2, XSNR_EXPLAIN, &err));
        assert_ok(small_run(&s, 2, XSNR_ANALYZE, &err));
        small_hash(&s, staged, &n);
        assert_string_equal(whole, staged);
    }
    small_remove(&s);
}

static void models_may_be_added_and_the_plan_may_not_change(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(120, 40, 6, SMALL_EXPLAINERS);
    char whole[XS_HASH_HEX], grown[XS_HASH_HEX];
    size_t n;
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    small_hash(&s, whole, &n);
    small_reset(&s);
    small_plan(&s, 2, SMALL_EXPLAINERS);
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    small_plan(&s, 6, SMALL_EXPLAINERS);
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    small_hash(&s, grown, &n);
    assert_string_equal(whole, grown);

    small_plan(&s, 6, SMALL_EXPLAINERS "normalize: none\n"); // statistics alone: allowed
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    small_plan(&s, 6, SMALL_EXPLAINERS "target: gold\n");
    assert_int_equal(small_run(&s, 2, XSNR_RUN, &err), XSNR_ERR_SCHEMA);
    assert_non_null(strstr(err.message, "target was \"predicted\" and is \"gold\""));
    small_plan(&s, 6, SMALL_EXPLAINERS "seed: 4\n"); // twice in the file: the plan itself is wrong
    assert_int_equal(small_run(&s, 2, XSNR_RUN, &err), XSNR_ERR_CONFIG);
    small_plan(&s, 6, SMALL_EXPLAINERS);
    small_corpus(s.folder, 119, 41);
    assert_int_equal(small_run(&s, 2, XSNR_RUN, &err), XSNR_ERR_SCHEMA);
    assert_non_null(strstr(err.message, "other data"));
    small_remove(&s);
}

static void stop_after_three(void *study, const xsnr_progress *p) {
    if (p->done >= 3) xsnr_study_stop(*(xsnr_study **)study);
}

// A stopped run keeps what is done; the next one ends with the same bits.
static void stopped_and_taken_up(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(120, 40, 4, SMALL_EXPLAINERS);
    char whole[XS_HASH_HEX], resumed[XS_HASH_HEX];
    size_t n;
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    small_hash(&s, whole, &n);
    small_reset(&s);
    xsnr_study *study;
    assert_ok(xsnr_study_load(s.yaml, &(xsnr_run_options){.threads = 1, .progress = stop_after_three, .user = &study},
                              &study, &err));
    assert_int_equal(xsnr_study_run(study, XSNR_RUN, &err), XSNR_ERR_INTERRUPTED);
    xsnr_study_free(study);
    assert_false(small_exists(&s, "results.json"));
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    small_hash(&s, resumed, &n);
    assert_string_equal(whole, resumed);
    small_remove(&s);
}

static void stop_at_second_family(void *study, const xsnr_progress *p) {
    if (strcmp(p->stage, "analyze") == 0 && p->done == 1) xsnr_study_stop(*(xsnr_study **)study);
}

// An analysis that is stopped leaves the results of the one before.
static void stopped_analysis(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(120, 40, 4, SMALL_EXPLAINERS);
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    static const char *const names[] = {"results.json", "words.csv"};
    char *before[2], path[2][128];
    size_t size[2];
    for (int k = 0; k < 2; k++) {
        snprintf(path[k], sizeof path[k], "%s/%s", s.folder, names[k]);
        assert_ok(xs_file_read(path[k], &before[k], &size[k], &err));
    }
    xsnr_study *study;
    assert_ok(xsnr_study_load(s.yaml, &(xsnr_run_options){.threads = 1, .progress = stop_at_second_family, .user = &study},
                              &study, &err));
    assert_ok(xsnr_study_statistics(study, "none", &err));
    assert_int_equal(xsnr_study_run(study, XSNR_ANALYZE, &err), XSNR_ERR_INTERRUPTED);
    assert_null(xsnr_study_results(study));
    xsnr_study_free(study);
    for (int k = 0; k < 2; k++) {
        char *now;
        size_t n;
        assert_ok(xs_file_read(path[k], &now, &n, &err));
        assert_int_equal(n, size[k]);
        assert_memory_equal(now, before[k], n);
        xs_free(now);
        xs_free(before[k]);
    }
    small_remove(&s);
}

// Everything that is wrong with a study is one line, and leaves nothing behind.
static void bad_studies(void **state) {
    (void)state;
    static const struct {
        const char *extra; // of the plan
        const char *train; // instead of train.tsv; NULL: the good one
        int code;
        const char *message; // part of it
    } bad[] = {
        {"", "", XSNR_ERR_DATA, "empty"},
        {"", "id\ttext\tlabel\na\tone two\tx\nb\tthree\tx\n", XSNR_ERR_DATA, "class"},
        {"", "id\ttext\tlabel\na\tone two\tx\nb\tthree\ty\n", XSNR_ERR_DATA, "is not one of x, y"},
        {"", "id\ttext\tlabel\na\tone\ttwo\tx\n", XSNR_ERR_DATA, "4"},
        {"", "id\ttext\tlabel\na\tone \xff\tx\nb\tthree\ty\n", XSNR_ERR_DATA, "UTF-8"},
        {"", "id\twords\tlabel\na\tone\tx\nb\tthree\ty\n", XSNR_ERR_DATA, "text"},
        {"target: class:nobody\n", NULL, XSNR_ERR_CONFIG, "no class 'nobody'"},
        {"explainers: [contributoin]\n", NULL, XSNR_ERR_CONFIG, "did you mean 'contribution'?"},
        {"modles: 3\n", NULL, XSNR_ERR_CONFIG, "modles"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        xsnr_error err = {0};
        small_study s = small_new(60, 20, 2, bad[i].extra);
        if (bad[i].train) small_write(s.folder, "train.tsv", bad[i].train);
        int rc = small_run(&s, 2, XSNR_RUN, &err);
        if (rc >= 0 || !strstr(err.message, bad[i].message))
            fail_msg("case %zu: returned %d, %s:%ld: %s", i, rc, err.file, err.line, err.message);
        assert_null(strchr(err.message, '\n'));
        assert_true(err.message[0] && err.message[strlen(err.message) - 1] != '.');
        assert_false(small_exists(&s, "study.xsnr") || small_exists(&s, "results.json") ||
                     small_exists(&s, "study.xsnr.lock") || small_exists(&s, "study.xsnr-wal"));
        small_remove(&s);
    }
}

// A study file alone gives what the run gave.
static void results_of_a_study_file(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(120, 40, 5, SMALL_EXPLAINERS);
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    xsnr_results *results;
    assert_ok(xsnr_results_open(s.file, 2, &results, &err));
    assert_int_equal(xsnr_results_texts(results), 6);
    char *text;
    assert_ok(xsnr_results_text(results, XSNR_JSON, NULL, &text, &err));
    char path[128], *written;
    size_t size;
    snprintf(path, sizeof path, "%s/results.json", s.folder);
    assert_ok(xs_file_read(path, &written, &size, &err));
    assert_string_equal(text, written); // the file alone gives what the run gave
    xs_free(written);
    xsnr_free(text);
    assert_ok(xsnr_results_show(results, xsnr_results_text_id(results, 0), NULL, NULL, NULL, &text, &err));
    assert_true(strlen(text) > 100);
    xsnr_free(text);
    assert_int_equal(xsnr_results_show(results, "nothing", NULL, NULL, NULL, &text, &err), XSNR_ERR_NOT_FOUND);
    xsnr_results_free(results);
    char *findings;
    assert_ok(xsnr_check(s.file, &findings, &size, &err));
    assert_string_equal(findings, "");
    xsnr_free(findings);
    small_remove(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits_for_any_threads),
        cmocka_unit_test(stages_end_as_one_run),
        cmocka_unit_test(models_may_be_added_and_the_plan_may_not_change),
        cmocka_unit_test(stopped_and_taken_up), cmocka_unit_test(stopped_analysis),
        cmocka_unit_test(bad_studies),
        cmocka_unit_test(results_of_a_study_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
