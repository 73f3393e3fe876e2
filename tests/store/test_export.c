// Exports: JSONL and CSV to the byte, .npz array by array, and nothing half-written.
#include "base/alloc.h"
#include "base/file.h"
#include "store/export.h"
#include "store/npy.h"
#include "store/study.h"

static xs_store *open_study(const char *path) {
    xsnr_error err = {0};
    xs_store *store;
    int64_t family = 0;
    assert_ok(xs_store_open(path, XS_STORE_WRITE, &store, &err));
    assert_ok(put_study(store, &family, &err));
    xs_store_model failed = {.family = family, .index = 0, .failure = "training diverged"};
    assert_ok(xs_store_put_model(store, &failed, NULL, 0, &err));
    for (uint32_t m = 1; m < 3; m++) assert_ok(put_model(store, family, m, &err));
    // A third that has explained its second text only.
    xs_store_model model = study_model(family, 3);
    const float scores[2] = {0.1f, -1e-20f};
    xs_store_explanation row = {.text = 1, .explainer = "occlusion", .settings = "{\"removal\": \"delete\"}",
                                .target = 1, .seed = 9, .n_words = 2, .scores = scores};
    assert_ok(xs_store_put_model(store, &model, &row, 1, &err));
    return store;
}

static char *export(xs_store *store, const char *format, const xs_export_choice *choice, const char *path) {
    xsnr_error err = {0};
    char name[160], *text;
    size_t size;
    snprintf(name, sizeof name, "%s.export", path);
    assert_ok(xs_store_export(store, format, choice, name, &err));
    assert_ok(xs_file_read(name, &text, &size, &err));
    return text;
}

static const char *line(char *text, int n) {
    for (; n > 0; n--) text = strchr(text, '\n') + 1;
    static char copy[1024];
    snprintf(copy, sizeof copy, "%.*s", (int)strcspn(text, "\n"), text);
    return copy;
}

static void jsonl(void **state) {
    (void)state;
    const char *path = fresh_path();
    xs_store *store = open_study(path);
    char *text = export(store, "jsonl", NULL, path);
    int lines = 0;
    for (const char *p = text; *p; p++) lines += *p == '\n';
    assert_int_equal(lines, 2 * 2 * TEXTS + 1);
    assert_string_equal(
        line(text, 0),
        "{\"model\": 1, \"text_id\": \"t-1\", \"family\": \"tfidf\", \"explainer\": \"occlusion\", "
        "\"text\": \"Une fête gâchée\", \"split\": \"test\", \"unit\": \"word\", \"tokens\": [\"Une\", \"fête\", \"gâchée\"], \"offsets\": [[0, 3], [4, 8], [9, 15]], "
        "\"label\": \"subjective\", \"prediction\": \"subjective\", \"target\": \"objective\", "
        "\"attributions\": [0.14285715, -0.1904762, -0.52380955], \"standard_error\": 0.01, \"outside\": 0, \"seeds\": {\"init\": \"18446744073709551614\", "
        "\"order\": \"1\", \"dropout\": \"3\", \"sample\": \"9223372036854775808\", \"explain\": \"4294967296\"}}");
    assert_string_equal(
        line(text, 4),
        "{\"model\": 3, \"text_id\": \"t-2\", \"family\": \"tfidf\", \"explainer\": \"occlusion\", "
        "\"text\": \"plain \\\"x, y\\\"\", \"split\": \"test\", \"unit\": \"word\", \"tokens\": [\"plain\", \"\\\"x, y\\\"\"], \"offsets\": [[0, 5], [6, 12]], "
        "\"label\": null, \"prediction\": \"objective\", \"target\": \"subjective\", "
        "\"attributions\": [0.1, -1e-20], \"gap\": 0, \"unattributed\": 0, \"standard_error\": 0, \"outside\": 0, \"seeds\": {\"init\": \"18446744073709551612\", "
        "\"order\": \"3\", \"dropout\": \"3\", \"sample\": \"9223372036854775808\", \"explain\": \"9\"}}");
    xs_free(text);
    xs_store_close(store);
    remove_study(path);
}

static void csv(void **state) {
    (void)state;
    const char *path = fresh_path();
    xs_store *store = open_study(path);
    char *text = export(store, "csv", &(xs_export_choice){.explainer = "occlusion"}, path);
    assert_string_equal(text, "family,model,explainer,text,word_index,word,start,end,score,label,prediction,target\n"
                              "tfidf,1,occlusion,t-1,0,Une,0,3,0.14285715,subjective,subjective,objective\n"
                              "tfidf,1,occlusion,t-1,1,fête,4,8,-0.1904762,subjective,subjective,objective\n"
                              "tfidf,1,occlusion,t-1,2,gâchée,9,15,-0.52380955,subjective,subjective,objective\n"
                              "tfidf,2,occlusion,t-1,0,Une,0,3,0.2857143,subjective,subjective,objective\n"
                              "tfidf,2,occlusion,t-1,1,fête,4,8,-0.047619045,subjective,subjective,objective\n"
                              "tfidf,2,occlusion,t-1,2,gâchée,9,15,-0.3809524,subjective,subjective,objective\n"
                              "tfidf,1,occlusion,t-2,0,plain,0,5,10.142858,,objective,subjective\n"
                              "tfidf,1,occlusion,t-2,1,\"\"\"x, y\"\"\",6,12,9.809525,,objective,subjective\n"
                              "tfidf,2,occlusion,t-2,0,plain,0,5,10.285714,,objective,subjective\n"
                              "tfidf,2,occlusion,t-2,1,\"\"\"x, y\"\"\",6,12,9.952381,,objective,subjective\n"
                              "tfidf,3,occlusion,t-2,0,plain,0,5,0.1,,objective,subjective\n"
                              "tfidf,3,occlusion,t-2,1,\"\"\"x, y\"\"\",6,12,-1e-20,,objective,subjective\n");
    xs_free(text);
    xs_store_close(store);
    remove_study(path);
}

static void check_array(const char *path, const char *member, int rank, size_t rows, size_t columns,
                        const double *expected) {
    xsnr_error err = {0};
    xs_npy a;
    char name[160];
    snprintf(name, sizeof name, "%s.export", path);
    assert_ok(xs_npy_read(name, member, &a, &err));
    assert_int_equal(a.rank, rank);
    assert_int_equal(a.shape[0], rows);
    if (rank == 2) assert_int_equal(a.shape[1], columns);
    for (size_t i = 0; i < rows * columns; i++)
        if (!(a.data[i] == expected[i]) && !(isnan(a.data[i]) && isnan(expected[i])))
            fail_msg("%s[%zu] is %g, expected %g", member, i, a.data[i], expected[i]);
    xs_npy_free(&a);
}

static void npz(void **state) {
    (void)state;
    const char *path = fresh_path();
    xs_store *store = open_study(path);
    double scores[3][5];
    for (uint32_t m = 1; m < 4; m++) {
        for (size_t w = 0; w < 3; w++) scores[m - 1][w] = m == 3 ? (double)NAN : (double)study_score(m, 0, w);
        for (size_t w = 0; w < 2; w++) scores[m - 1][3 + w] = (double)study_score(m, 1, w);
    }
    scores[2][3] = (double)0.1f, scores[2][4] = (double)-1e-20f;
    xs_free(export(store, "npz", &(xs_export_choice){"tfidf", "occlusion"}, path));
    check_array(path, NULL, 2, 3, 5, scores[0]);
    check_array(path, "lengths", 1, TEXTS, 1, (double[]){3, 2, 0});
    check_array(path, "labels", 1, TEXTS, 1, (double[]){1, -1, 0});
    check_array(path, "offsets", 2, 5, 2, (double[]){0, 3, 4, 8, 9, 15, 0, 5, 6, 12});
    check_array(path, "models", 1, 3, 1, (double[]){1, 2, 3});
    check_array(path, "targets", 2, 3, TEXTS, (double[]){0, 1, 0, 0, 1, 0, -1, 1, -1});
    check_array(path, "predictions", 2, 3, TEXTS, (double[]){1, 0, 0, 1, 0, 0, 1, 0, 0});
    xs_free(export(store, "npz", NULL, path));
    check_array(path, "tfidf/occlusion/scores", 2, 3, 5, scores[0]);
    for (int m = 0; m < 2; m++)
        for (int w = 0; w < 5; w++) scores[m][w] = -scores[m][w];
    for (int w = 0; w < 5; w++) scores[2][w] = (double)NAN;
    check_array(path, "tfidf/shapley/scores", 2, 3, 5, scores[0]);
    xs_store_close(store);
    remove_study(path);
}

static void refusals(void **state) {
    (void)state;
    const char *path = fresh_path();
    xsnr_error err = {0};
    char name[160];
    snprintf(name, sizeof name, "%s.export", path);
    xs_store *store = open_study(path);
    assert_int_equal(xs_store_export(store, "xlsx", NULL, name, &err), XSNR_ERR_ARGUMENT);
    assert_string_equal(err.message, "unknown format 'xlsx'; jsonl, csv, npz and eraser are written");
    assert_int_equal(xs_store_export(store, "csv", &(xs_export_choice){"x", NULL}, name, &err), XSNR_ERR_NOT_FOUND);
    assert_string_equal(err.message, "the study has no family 'x'");
    assert_int_equal(xs_store_export(store, "csv", &(xs_export_choice){NULL, "lime"}, name, &err), XSNR_ERR_NOT_FOUND);
    assert_string_equal(err.message, "the study has no explanations by 'lime'");
    assert_int_equal(xs_store_export(store, "csv", &(xs_export_choice){"other", NULL}, name, &err), XSNR_ERR_NOT_FOUND);
    assert_int_equal(xs_store_export(store, "csv", NULL, "/nowhere/x.csv", &err), XSNR_ERR_IO);
    assert_false(exists(path, ".export"));
    xs_store_close(store);
    remove_study(path);
}

static void nth_allocation_fails(void **state) {
    (void)state;
    const char *path = fresh_path(), *formats[] = {"jsonl", "csv", "npz"};
    char name[160];
    snprintf(name, sizeof name, "%s.export", path);
    xs_store *store = open_study(path);
    for (int f = 0; f < 3; f++) {
        for (long n = 1, rc = -1; rc < 0; n++) {
            xsnr_error err = {0};
            unlink(name);
            xs_alloc_fail_at(n);
            rc = xs_store_export(store, formats[f], NULL, name, &err);
            xs_alloc_fail_at(0);
            if (rc < 0 && rc != XSNR_ERR_NOMEM) fail_msg("allocation %ld: %ld %s", n, rc, err.message);
            assert_true(exists(path, ".export") == (rc == 0));
        }
    }
    xs_store_close(store);
    remove_study(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jsonl),    cmocka_unit_test(csv),
        cmocka_unit_test(npz),      cmocka_unit_test(refusals),
        cmocka_unit_test(nth_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
