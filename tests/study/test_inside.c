// Studies of encoders and bags by methods that look inside: the same bits for any threads, methods added to a finished
// study without training, faithfulness judged once, models that fail marked.
#include "base/alloc.h"
#include "small.h"
#include <sqlite3.h>

static xsnr_error err;

static void plan(const small_study *s, const char *explainers, const char *extra) {
    xs_str yaml = {0};
    xs_str_printf(&yaml,
                  "study: inside\nseed: 3\n"
                  "corpus: {train: train.tsv, test: test.tsv, id: id, explain: {count: 6}}\n"
                  "families:\n"
                  "  - {name: encoder, type: encoder, layers: 2, hidden: 16, heads: 2, vocabulary: 300, length: 48, epochs: 2, models: 3}\n"
                  "  - {name: bag, type: bag, epochs: 2, models: 3}\n"
                  "  - {name: tfidf, type: linear, models: 3}\n"
                  "explainers: [%s]\nequivalence: all\n%s",
                  explainers, extra);
    small_write(s->folder, "study.yaml", yaml.data);
    xs_str_free(&yaml);
}

#define ALL "saliency, input_x_gradient, {name: smoothgrad, samples: 3}, {name: integrated_gradients, steps: 4}, " \
            "attention, attention_rollout, lrp_chefer, attn_lrp, occlusion, {name: shapley, pairs: 2, repeats: 2}, " \
            "{name: lime, samples: 20}, contribution"

static void same_bits_for_any_threads(void **state) {
    (void)state;
    small_study s = small_new(120, 40, 3, SMALL_EXPLAINERS);
    plan(&s, ALL, "faithfulness: [mask, delete]\n");
    char first[XS_HASH_HEX], again[XS_HASH_HEX], *a, *b;
    size_t n, m, size;
    assert_ok(small_run(&s, 1, XSNR_RUN, &err));
    small_hash(&s, first, &n);
    char path[128];
    snprintf(path, sizeof path, "%s/words.csv", s.folder);
    assert_ok(xs_file_read(path, &a, &size, &err));
    for (int threads = 2; threads <= 7; threads += 5) {
        small_reset(&s);
        assert_ok(small_run(&s, threads, XSNR_RUN, &err));
        small_hash(&s, again, &m);
        assert_string_equal(first, again);
        assert_ok(xs_file_read(path, &b, &size, &err));
        assert_string_equal(a, b);
        xs_free(b);
    }
    xs_free(a);
    small_remove(&s);
}

static long long ask(const small_study *s, const char *sql) {
    sqlite3 *db;
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_open(s->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    long long x = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : -1;
    sqlite3_finalize(row);
    sqlite3_close(db);
    return x;
}

static void tell(const small_study *s, const char *sql) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(s->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

// A method that is added later says what it would have said at once, from kept models as from models trained again.
static void methods_are_added(void **state) {
    (void)state;
    static const char *const keep[] = {"", "keep_models: false\n"};
    small_study s = small_new(120, 40, 3, SMALL_EXPLAINERS);
    char at_once[XS_HASH_HEX], later[XS_HASH_HEX];
    size_t n;
    plan(&s, "saliency, attn_lrp, {name: lrp_chefer, start_layer: 1}", "");
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    small_hash(&s, at_once, &n);
    assert_true(n > 0);
    for (int k = 0; k < 2; k++) {
        small_reset(&s);
        plan(&s, "saliency", keep[k]);
        assert_ok(small_run(&s, 2, XSNR_RUN, &err));
        const char *more[] = {"attn_lrp", "lrp_chefer:start_layer=1"};
        xsnr_study *study;
        xsnr_run_options o = {.explainers = more, .n_explainers = 2};
        assert_ok(xsnr_study_load(s.yaml, &o, &study, &err));
        assert_ok(xsnr_study_run(study, XSNR_EXPLAIN, &err));
        xsnr_study_free(study);
        size_t m;
        small_hash(&s, later, &m);
        assert_int_equal(m, n);
        assert_string_equal(at_once, later);
    }
    const char *wrong[] = {"attn_lrp:at=nowhere"};
    xsnr_study *study;
    assert_int_equal(xsnr_study_load(s.yaml, &(xsnr_run_options){.explainers = wrong, .n_explainers = 1}, &study, &err), XSNR_ERR_CONFIG);
    small_remove(&s);
}

// How often the stage began, and how many models it counted to the end of a family.
typedef struct judged {
    unsigned stages, models;
} judged;

static void count_judged(void *user, const xsnr_progress *p) {
    judged *j = user;
    if (strcmp(p->stage, "faithfulness")) return;
    if (!p->family) j->stages++;
    else j->models++;
    assert_true(p->done <= p->total && p->total > 0 && !p->resumed);
}

// Judged once; again for all when the family has grown, for the mean is another one.
static void faithfulness_is_taken_up(void **state) {
    (void)state;
    small_study s = small_new(120, 40, 3, SMALL_EXPLAINERS);
    plan(&s, "input_x_gradient, lrp_chefer", "");
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    assert_int_equal(ask(&s, "SELECT count(*) FROM faithfulness"), 0);
    plan(&s, "input_x_gradient, lrp_chefer", "faithfulness: mask\n");
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    assert_int_equal(ask(&s, "SELECT count(*) FROM faithfulness"), (3 * 2 + 3 + 3) * 6);
    assert_int_equal(ask(&s, "SELECT count(*) FROM faithfulness WHERE length(judged) <> 120 OR models <> 3"), 0);
    tell(&s, "DELETE FROM faithfulness WHERE model = 2 AND text > 3");
    judged again = {0};
    xsnr_study *study;
    assert_ok(xsnr_study_load(s.yaml, &(xsnr_run_options){.threads = 2, .progress = count_judged, .user = &again}, &study, &err));
    assert_ok(xsnr_study_run(study, XSNR_RUN, &err));
    xsnr_study_free(study);
    assert_true(again.stages == again.models && again.stages > 0); // one model of each family
    assert_int_equal(ask(&s, "SELECT count(*) FROM faithfulness"), (3 * 2 + 3 + 3) * 6);
    small_remove(&s);
}

// A kept model whose weights are no numbers is marked as failed, by name, and the study goes on.
static void broken_models_are_marked(void **state) {
    (void)state;
    small_study s = small_new(120, 40, 3, SMALL_EXPLAINERS);
    plan(&s, "saliency", "");
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    long long model = ask(&s, "SELECT model FROM model JOIN family USING (family) WHERE name = 'encoder' AND position = 1");
    char sql[300];
    snprintf(sql, sizeof sql, "UPDATE saved SET bytes = CAST(substr(bytes, 1, length(bytes) - 8) || x'0000c07f0000c07f' AS BLOB) WHERE model = %lld", model);
    tell(&s, sql);
    plan(&s, "saliency, attn_lrp", "");
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    snprintf(sql, sizeof sql, "SELECT failure LIKE '%%not a number%%' OR failure LIKE '%%finite%%' FROM model WHERE model = %lld", model);
    assert_int_equal(ask(&s, sql), 1);
    assert_int_equal(ask(&s, "SELECT count(*) FROM model WHERE failure IS NOT NULL"), 1);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM explanation WHERE model = %lld", model);
    assert_int_equal(ask(&s, sql), 0);
    // The same where only faithfulness asks the model: the others are judged.
    model = ask(&s, "SELECT model FROM model JOIN family USING (family) WHERE name = 'bag' AND position = 2");
    snprintf(sql, sizeof sql, "UPDATE saved SET bytes = CAST(substr(bytes, 1, length(bytes) - 8) || x'0000c07f0000c07f' AS BLOB) WHERE model = %lld", model);
    tell(&s, sql);
    plan(&s, "saliency, attn_lrp", "faithfulness: mask\n");
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    snprintf(sql, sizeof sql, "SELECT count(*) FROM model WHERE failure IS NOT NULL AND model = %lld", model);
    assert_int_equal(ask(&s, sql), 1);
    assert_int_equal(ask(&s, "SELECT count(*) FROM faithfulness"), (2 * 2 + 2) * 6);
    small_remove(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits_for_any_threads),
        cmocka_unit_test(methods_are_added),
        cmocka_unit_test(faithfulness_is_taken_up),
        cmocka_unit_test(broken_models_are_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
