// xs_store_check finds every damage that is planted, says it in one line, and finds nothing in a sound file.
#include "base/alloc.h"
#include "store/study.h"
#include <sqlite3.h>

static void make_study(const char *path) {
    xsnr_error err = {0};
    xs_store *store;
    int64_t family = 0;
    assert_ok(xs_store_open(path, XS_STORE_WRITE, &store, &err));
    assert_ok(put_study(store, &family, &err));
    for (uint32_t m = 0; m < 3; m++) assert_ok(put_model(store, family, m, &err));
    xs_store_close(store);
}

static void run(const char *path, const char *sql) {
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message)) fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static void check_finds(const char *sql, const char *findings) {
    const char *path = fresh_path();
    xsnr_error err = {0};
    xs_str found = {0};
    size_t n, lines = 0;
    make_study(path);
    if (sql) run(path, sql);
    assert_ok(xs_store_check(path, &found, &n, &err));
    assert_string_equal(found.data ? found.data : "", findings);
    for (const char *p = findings; *p; p++) lines += *p == '\n';
    assert_int_equal(n, lines);
    xs_str_free(&found);
    remove_study(path);
}

static void planted_damage(void **state) {
    (void)state;
    check_finds(NULL, "");
    check_finds("UPDATE explanation SET scores = x'00000000' WHERE model = 2 AND explainer = 1 AND text = 0",
                "model 1 of family 'tfidf', occlusion, text 't-1': 4 bytes of scores, 3 words need 12\n");
    check_finds("UPDATE explanation SET scores = x'0000c07f00000000' WHERE model = 1 AND explainer = 2 AND text = 1",
                "model 0 of family 'tfidf', shapley, text 't-2': a score is not finite\n");
    check_finds("UPDATE model SET test_logits = zeroblob(28), explain_logits = x'0000807f0000000000000000000000000000000000000000' WHERE model = 3",
                "model 2 of family 'tfidf': 28 bytes of logits of the test texts, 32 are right\n"
                "model 2 of family 'tfidf': a logit is not finite\n");
    check_finds("UPDATE model SET explain_logits = zeroblob(20) WHERE model = 3",
                "model 2 of family 'tfidf': 20 bytes of logits of the explained texts, 24 are right\n");
    check_finds("DELETE FROM explanation WHERE model = 1 AND explainer = 1 AND text = 2",
                "model 0 of family 'tfidf': explained by occlusion are 2 of 3 texts\n");
    check_finds("CREATE TABLE phrase (text, first, last); INSERT INTO phrase VALUES (0, 0, 2), (1, 1, 3)",
                "a phrase of text 1 goes from word 1 to before word 3; the text has 2 words\n");
    check_finds("DELETE FROM word WHERE text = 1 AND position = 1", "text 't-2' should have 2 words and has 1\n");
    check_finds("UPDATE word SET position = 5 WHERE text = 1 AND position = 1", "text 't-2' should have 2 words and has 2\n");
    check_finds("UPDATE word SET end = 99 WHERE text = 1 AND position = 1", "text 't-2': word 2 does not lie in the text\n");
    check_finds("DELETE FROM model WHERE position = 2",
                "explanation refers to rows of model that are not there (6 times)\n"
                "saved refers to rows of model that are not there (1 times)\n");
    check_finds("UPDATE model SET seed_init = 1, seed_order = 2 WHERE position > 0",
                "models 1 and 2 of family 'tfidf' have the same seeds: one of them tells nothing new\n");
    check_finds("UPDATE model SET failure = 'two' || char(10) || 'lines' WHERE position = 1",
                "model 1 of family 'tfidf': it has failed and has explanations all the same\n");
    check_finds("UPDATE gold SET classes = x'010000'",
                "model 0 of family 'tfidf': 32 bytes of logits of the test texts, 6 are right\n"
                "model 1 of family 'tfidf': 32 bytes of logits of the test texts, 6 are right\n"
                "model 2 of family 'tfidf': 32 bytes of logits of the test texts, 6 are right\n"
                "gold classes of 'test': 3 bytes are no whole number of classes\n");
    check_finds("UPDATE explanation SET target = 5 WHERE model = 1 AND explainer = 2 AND text = 1",
                "model 0 of family 'tfidf', shapley, text 't-2': its target 5 is not a class\n");
    check_finds("UPDATE explanation SET scores = x'0000803f0000803f' WHERE model = 1 AND explainer = 2 AND text = 1",
                "model 0 of family 'tfidf', shapley: changed since it was written (its checksum is another)\n");
    check_finds("UPDATE explanation SET target = 1 - target, seed = seed + 1 WHERE text = 0 AND model = 2",
                "model 1 of family 'tfidf', occlusion: changed since it was written (its checksum is another)\n"
                "model 1 of family 'tfidf', shapley: changed since it was written (its checksum is another)\n");
    check_finds("UPDATE model SET test_accuracy = 0.5 WHERE position = 1; UPDATE saved SET bytes = CAST('saved modem' AS BLOB) WHERE model = 3",
                "model 1 of family 'tfidf': changed since it was written (its checksum is another)\n"
                "model 2 of family 'tfidf': changed since it was written (its checksum is another)\n");
    check_finds("DROP TABLE checksum; UPDATE model SET test_accuracy = 0.5", ""); // a file of before there were any
    check_finds("UPDATE model SET test_accuracy = 1.5 WHERE position = 0",
                "model 0 of family 'tfidf': its accuracy is not between 0 and 1\n");
    check_finds("UPDATE text SET name = 'a' || char(10) || 'b' WHERE text = 1; DELETE FROM word WHERE text = 1",
                "text 'a b' should have 2 words and has 0\n");
    check_finds("DELETE FROM text WHERE text = 0; DELETE FROM explanation WHERE text = 0; DELETE FROM word WHERE text = 0;"
                "UPDATE model SET explain_logits = NULL", "texts are numbered up to 2, but there are 2\n");
}

// Pages overwritten: findings or an error that says "damaged", never a crash, never silence where the tables are.
static void overwritten_pages(void **state) {
    (void)state;
    const char *path = fresh_path();
    xsnr_error err = {0};
    make_study(path);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    int found = 0;
    for (long at = 4096; at < size; at += 4096) {
        unsigned char was[64], zeros[64] = {0xFF, 7, 3};
        fseek(file, at, SEEK_SET);
        assert_int_equal(fread(was, 1, sizeof was, file), sizeof was);
        fseek(file, at, SEEK_SET);
        fwrite(zeros, 1, sizeof zeros, file);
        fflush(file);
        xs_str lines = {0};
        size_t n;
        int rc = xs_store_check(path, &lines, &n, &err);
        found += rc == XSNR_ERR_CORRUPT || (rc == 0 && n > 0);
        assert_true(rc == 0 || rc == XSNR_ERR_CORRUPT);
        xs_str_free(&lines);
        fseek(file, at, SEEK_SET);
        fwrite(was, 1, sizeof was, file);
        fflush(file);
    }
    fclose(file);
    assert_int_equal(found, size / 4096 - 1);
    xs_str lines = {0};
    size_t n;
    assert_ok(xs_store_check(path, &lines, &n, &err));
    assert_int_equal(n, 0);
    xs_str_free(&lines);
    remove_study(path);
}

static void schema_is_gone(void **state) {
    (void)state;
    const char *path = fresh_path();
    xsnr_error err = {0};
    xs_str lines = {0};
    size_t n;
    make_study(path);
    run(path, "DROP TABLE word");
    assert_ok(xs_store_check(path, &lines, &n, &err));
    assert_int_equal(n, 2); // of words: counts and places
    assert_non_null(strstr(lines.data, "the study file does not follow its schema (no such table: word)\n"));
    xs_str_free(&lines);
    remove_study(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_damage),
        cmocka_unit_test(overwritten_pages),
        cmocka_unit_test(schema_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
