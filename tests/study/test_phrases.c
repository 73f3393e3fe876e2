// Phrases that the data give, end to end: from a file's code points to words, their SNR on the scores of the study file, files that
// change, parts that are merged, imports, what is refused.
#include "small.h"
#include "stats/analysis.h"
#include "stats/joint.h"
#include "stats/parts.h"

static xs_arena arena;

static json_t *results_of(const char *file, int threads) {
    return small_results(file, &(xsnr_results_options){.threads = threads, .scores = 1});
}

static json_t *phrases_in(json_t *object) { return json_object_get(json_object_get(object, "spans"), "phrases"); }

// Runs the plan with these phrases; fails with `message` unless that is NULL.
static void run_with(const small_study *s, const char *phrases, const char *message) {
    xsnr_error err = {0};
    xs_str yaml = {0};
    xs_str_printf(&yaml,
                  "study: small\nseed: 3\ncorpus: {train: train.tsv, test: test.tsv, id: id, explain: {count: 6}%s%s}\n"
                  "target: gold\nequivalence: all\nagreeing: false\n"
                  "families:\n  - {name: tfidf, type: linear, models: 6}\nexplainers: [contribution]\n",
                  *phrases ? ", phrases: " : "", phrases);
    small_write(s->folder, "study.yaml", yaml.data);
    xs_str_free(&yaml);
    int rc = small_run(s, 2, XSNR_RUN, &err);
    if (!message) {
        assert_ok(rc);
        return;
    }
    assert_true(rc < 0);
    if (!strstr(err.message, message)) fail_msg("%s: %s", err.file, err.message);
}

// Of the study's texts: their first two words, each pair of the next two that overlap, and all words; in code points, the last
// phrase twice.
static void write_phrases(const small_study *s, xs_store_text **texts, size_t *n) {
    xsnr_error err = {0};
    xs_store *store;
    xs_str out = {0};
    assert_ok(xs_store_open(s->file, XS_STORE_READ, &store, &err));
    assert_ok(xs_store_texts(store, &arena, texts, n, &err));
    xs_store_close(store);
    for (size_t t = 0; t < *n; t++) {
        const xs_text_word *w = (*texts)[t].words;
        size_t last = (*texts)[t].n_words - 1;
        xs_str_printf(&out, "{\"id\": \"%s\", \"spans\": [[%u, %u], [%u, %u], [%u, %u]]}\n", (*texts)[t].name, w[0].start, w[1].end,
                      w[2].start, w[3].start + 1, w[3].start, w[4].end);
        xs_str_printf(&out, "{\"id\": \"%s\", \"spans\": [[%u, %u], [%u, %u]]}\n", (*texts)[t].name, w[0].start, w[last].end, w[3].start,
                      w[4].end);
    }
    xs_str_put(&out, "{\"id\": \"nobody\", \"spans\": [[0, 1]]}\n");
    small_write(s->folder, "phrases.jsonl", out.data);
    xs_str_free(&out);
}

// The same from the scores of the file and the words that are meant.
static double expected(const small_study *s, const xs_store_text *text, xs_moment_snr *out) {
    xsnr_error err = {0};
    xs_store *store;
    xs_store_scores e;
    size_t zero;
    const xs_span span[] = {{0, 2}, {0, (uint32_t)text->n_words}, {2, 4}, {3, 5}};
    assert_ok(xs_store_open(s->file, XS_STORE_READ, &store, &err));
    assert_ok(xs_store_scores_of(store, 1, "contribution", text->id, &arena, &e, &err));
    xs_store_close(store);
    assert_ok(xs_normalize(e.scores, e.models, e.words, XS_NORM_L1, false, &zero, &err));
    assert_ok(xs_span_snr((xs_scores){e.scores, e.models, e.words}, span, 4, &arena, out, &err));
    return out->snr;
}

static void of_a_study(void **state) {
    (void)state;
    small_study s = small_new(60, 20, 6, "");
    xs_store_text *texts;
    size_t n, i;
    double signal = 0, noise = 0;
    run_with(&s, "", NULL);
    json_t *results = results_of(s.file, 2), *text;
    assert_null(phrases_in(json_object_get(small_explainer(results, 0, 0), "pooled")));
    assert_null(json_object_get(json_object_get(results, "made"), "phrases"));
    json_decref(results);
    write_phrases(&s, &texts, &n);
    run_with(&s, "phrases.jsonl", NULL);
    results = results_of(s.file, 2);
    json_array_foreach(json_object_get(small_explainer(results, 0, 0), "texts"), i, text) {
        xs_moment_snr want;
        double snr = expected(&s, &texts[i], &want);
        assert_int_equal(small_number(phrases_in(text), "spans"), 4);
        assert_near(small_number(phrases_in(text), "snr"), snr, 1e-9, 0);
        assert_near(small_number(phrases_in(text), "noise"), want.noise, 1e-9, 0);
        signal += want.signal, noise += want.noise;
    }
    assert_near(small_number(phrases_in(json_object_get(small_explainer(results, 0, 0), "pooled")), "snr"), signal / noise, 1e-9, 0);
    assert_true(json_is_string(json_object_get(json_object_get(results, "made"), "phrases")));
    json_t *row, *found = NULL;
    json_array_foreach(json_object_get(results, "table"), i, row)
        if (!strcmp(json_string_value(json_object_get(row, "unit")), "phrase")) found = row;
    assert_near(small_number(found, "snr"), signal / noise, 1e-9, 0);
    assert_true(small_number(found, "effective_words") >= 1); // of four phrases
    json_t *one = results_of(s.file, 1);
    assert_true(json_equal(results, one));
    json_decref(one);
    json_decref(results);
    char path[128], *page;
    size_t size;
    xsnr_error err = {0};
    snprintf(path, sizeof path, "%s/report.html", s.folder);
    assert_ok(xs_file_read(path, &page, &size, &err));
    assert_non_null(strstr(page, "\"phrases\":[[0,2],[0,"));
    xsnr_free(page);
    run_with(&s, "", NULL); // they may go again, and nothing is trained for it
    results = results_of(s.file, 2);
    assert_null(phrases_in(json_object_get(small_explainer(results, 0, 0), "pooled")));
    json_decref(results);
    small_remove(&s);
}

static void of_parts(void **state) {
    (void)state;
    small_study s = small_new(60, 20, 6, "");
    xs_store_text *texts;
    size_t n;
    char part[2][128], whole[128];
    xsnr_error err = {0};
    run_with(&s, "", NULL);
    write_phrases(&s, &texts, &n);
    run_with(&s, "phrases.jsonl", NULL);
    json_t *all = results_of(s.file, 2);
    for (uint32_t k = 0; k < 2; k++) {
        xsnr_study *study;
        assert_ok(xsnr_study_load(s.yaml, &(xsnr_run_options){.threads = 1, .shard = k + 1, .shards = 2}, &study, &err));
        assert_ok(xsnr_study_run(study, XSNR_TRAIN | XSNR_EXPLAIN, &err));
        snprintf(part[k], sizeof part[k], "%s", xsnr_study_file(study));
        xsnr_study_free(study);
    }
    snprintf(whole, sizeof whole, "%s/whole.xsnr", s.folder);
    assert_ok(xsnr_merge((const char *[]){part[0], part[1]}, 2, whole, NULL, &err));
    json_t *merged = results_of(whole, 2);
    assert_true(json_equal(small_explainer(all, 0, 0), small_explainer(merged, 0, 0)));
    json_decref(all);
    json_decref(merged);
    small_remove(&s);
}

static void of_an_import(void **state) {
    (void)state;
    small_study s = small_new(10, 10, 2, "");
    char in[128], by[128], file[128];
    xsnr_error err = {0};
    snprintf(in, sizeof in, "%s/in.jsonl", s.folder);
    snprintf(by, sizeof by, "%s/by.jsonl", s.folder);
    snprintf(file, sizeof file, "%s/imported.xsnr", s.folder);
    xs_str lines = {0};
    for (int m = 0; m < 5; m++)
        xs_str_printf(&lines, "{\"model\": \"%d\", \"text_id\": \"d\", \"unit\": \"word\", \"tokens\": [\"a\", \"bee\", \"sees\", \"it\"], \"attributions\": [1, %d, 2, %d]}\n",
                      m, m % 3 - 1, m % 2);
    small_write(s.folder, "in.jsonl", lines.data);
    xs_str_free(&lines);
    small_write(s.folder, "by.jsonl", "{\"id\": \"d\", \"spans\": [[0, 5], [6, 13]]}\n");
    const char *files[] = {in}, *phrases[] = {by};
    xsnr_import_options how = {.phrases = phrases, .n_phrases = 1};
    assert_ok(xsnr_import(files, 1, &how, file, NULL, &err));
    json_t *results = results_of(file, 2);
    assert_int_equal(small_number(phrases_in(json_object_get(small_explainer(results, 0, 0), "pooled")), "spans"), 2);
    json_decref(results);
    unlink(file);
    small_write(s.folder, "by.jsonl", "{\"id\": \"d\", \"spans\": [[0, 14]]}\n");
    assert_int_equal(xsnr_import(files, 1, &how, file, NULL, &err), XSNR_ERR_DATA);
    assert_non_null(strstr(err.message, "the span 0 to 14 is not in the text 'd', which has 13 characters"));
    assert_false(small_exists(&s, "imported.xsnr"));
    small_remove(&s);
}

static void what_is_refused(void **state) {
    (void)state;
    small_study s = small_new(60, 20, 6, "");
    xs_store_text *texts;
    size_t n;
    run_with(&s, "", NULL);
    write_phrases(&s, &texts, &n);
    run_with(&s, "nowhere.jsonl", "cannot open");
    xs_str line = {0};
    xs_str_printf(&line, "{\"id\": \"%s\", \"spans\": [[%u, %u]]}\n", texts[0].name, texts[0].words[0].end, texts[0].words[0].end + 1);
    small_write(s.folder, "blank.jsonl", line.data);
    xs_str_free(&line);
    run_with(&s, "blank.jsonl", "holds no word");
    small_write(s.folder, "others.jsonl", "{\"id\": \"nobody\", \"spans\": [[0, 1]]}\n");
    run_with(&s, "others.jsonl", "no line has the id of a text that is explained");
    run_with(&s, "[phrases.jsonl, others.jsonl]", "no line has the id of a text that is explained");
    small_write(s.folder, "shape.jsonl", "{\"id\": \"t\", \"spans\": 3}\n");
    run_with(&s, "shape.jsonl", "\"spans\" is a list of [start, end]");
    run_with(&s, "phrases.jsonl", NULL);
    small_remove(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_a_study), cmocka_unit_test(of_parts), cmocka_unit_test(of_an_import),
                                       cmocka_unit_test(what_is_refused)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    xs_arena_free(&arena);
    return failed;
}
