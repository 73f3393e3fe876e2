// xsnr_file: what an imported study holds, read back; wrong indices; every allocation failing once.
#include "base/alloc.h"
#include "check.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char study[] = "/tmp/xsnr-file-XXXXXX/study.xsnr";

static int make(void **state) {
    (void)state;
    char *slash = strrchr(study, '/');
    *slash = '\0';
    assert_non_null(mkdtemp(study));
    char lines[64];
    snprintf(lines, sizeof lines, "%s/seeds.jsonl", study);
    *slash = '/';
    FILE *f = fopen(lines, "w");
    assert_non_null(f);
    for (int m = 0; m < 3; m++)
        fprintf(f,
                "{\"model\": %d, \"text_id\": \"a\", \"tokens\": [\"l'\", \"été\"], \"unit\": \"word\", "
                "\"attributions\": [%d, 1], \"label\": \"neg\", \"prediction\": \"pos\"}\n",
                m, m);
    fclose(f);
    const char *files[] = {lines};
    xsnr_error err = {0};
    int rc = xsnr_import(files, 1, &(xsnr_import_options){.study = "three"}, study, NULL, &err);
    if (rc < 0) fail_msg("%s", err.message);
    remove(lines);
    return 0;
}

static int clean(void **state) {
    (void)state;
    remove(study);
    *strrchr(study, '/') = '\0';
    return rmdir(study);
}

static void reads_what_was_imported(void **state) {
    (void)state;
    xsnr_file *file;
    assert_int_equal(xsnr_file_open(study, &file, NULL), XSNR_OK);
    assert_string_equal(xsnr_file_study(file), "three");
    assert_int_equal(xsnr_file_families(file), 1);
    const xsnr_family *family = xsnr_file_family(file, 0);
    assert_string_equal(family->name, "imported");
    assert_int_equal(family->models, 3);
    assert_int_equal(family->n_explainers, 1);
    assert_int_equal(xsnr_file_texts(file), 1);
    const xsnr_text *text = xsnr_file_text(file, 0);
    assert_string_equal(text->id, "a");
    assert_string_equal(text->label, "neg");
    assert_int_equal(text->n_words, 2);
    assert_string_equal(text->words[1].word, "été");
    assert_int_equal(text->words[1].end - text->words[1].start, 3);
    assert_null(xsnr_file_family(file, 1));
    assert_null(xsnr_file_text(file, 1));
    assert_null(xsnr_file_label(file, xsnr_file_labels(file)));
    xsnr_scores s;
    assert_int_equal(xsnr_file_scores(file, 0, NULL, 0, &s, NULL), XSNR_OK);
    xsnr_file_close(file); // the scores stay
    assert_int_equal(s.models, 3);
    assert_int_equal(s.words, 2);
    for (size_t m = 0; m < 3; m++) {
        assert_true(s.scores[2 * m] == (double)m && s.scores[2 * m + 1] == 1);
        assert_int_equal(s.model[m], m);
    }
    xsnr_scores_free(&s);
    xsnr_scores_free(&s);
}

static void refuses_what_is_not_there(void **state) {
    (void)state;
    xsnr_file *file;
    xsnr_scores s;
    assert_int_equal(xsnr_file_open("/nonexistent/study.xsnr", &file, NULL), XSNR_ERR_IO);
    assert_null(file);
    assert_int_equal(xsnr_file_open(study, &file, NULL), XSNR_OK);
    assert_int_equal(xsnr_file_scores(file, 1, NULL, 0, &s, NULL), XSNR_ERR_ARGUMENT);
    assert_int_equal(xsnr_file_scores(file, 0, NULL, 1, &s, NULL), XSNR_ERR_ARGUMENT);
    assert_int_equal(xsnr_file_scores(file, 0, "lime", 0, &s, NULL), XSNR_ERR_NOT_FOUND);
    assert_null(s.memory);
    xsnr_file_close(file);
}

static void survives_every_failing_allocation(void **state) {
    (void)state;
    for (long n = 1;; n++) {
        xsnr_file *file;
        xsnr_scores s = {0};
        xs_alloc_fail_at(n);
        int rc = xsnr_file_open(study, &file, NULL);
        if (rc == XSNR_OK) rc = xsnr_file_scores(file, 0, NULL, 0, &s, NULL);
        xs_alloc_fail_at(0);
        xsnr_scores_free(&s);
        xsnr_file_close(file);
        if (rc == XSNR_OK) break;
        assert_int_equal(rc, XSNR_ERR_NOMEM);
        assert_true(n < 1000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_was_imported),
        cmocka_unit_test(refuses_what_is_not_there),
        cmocka_unit_test(survives_every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
