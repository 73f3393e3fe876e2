// NULL in every place of every exported function: an error that names the argument, or the stated answer; never a crash.
#include "../study/small.h"

static small_study the;
static xsnr_study *study;
static xsnr_results *results;
static xsnr_file *file;

// The call, with an error and without one, is refused, and the error names the argument.
#define REFUSED(name, call)                                                                                    \
    do {                                                                                                       \
        xsnr_error why = {0}, *err = &why;                                                                     \
        int rc = (call);                                                                                       \
        if (rc != XSNR_ERR_ARGUMENT || !strstr(why.message, name " is NULL"))                                  \
            fail_msg("%s: returned %d, '%s'", #call, rc, why.message);                                         \
        err = NULL;                                                                                            \
        assert_int_equal((call), XSNR_ERR_ARGUMENT);                                                           \
    } while (0)

static const double numbers[] = {1, 2, 3, 4};
static const char *const hole[] = {"a", NULL};
static char *text, *text2;
static const char *address;
static size_t count;
static xsnr_results *r;
static xsnr_study *s;
static xsnr_file *f;
static xsnr_tokenizer *t;
static xsnr_scores scores;

static void analyze(void) {
    REFUSED("scores", xsnr_analyze(NULL, 2, 2, NULL, &r, err));
    REFUSED("out", xsnr_analyze(numbers, 2, 2, NULL, NULL, err));
    assert_int_equal(xsnr_analyze(numbers, 2, 2, NULL, &r, NULL), XSNR_OK);
    xsnr_results_free(r);
}
static void analyze_files(void) {
    REFUSED("paths", xsnr_analyze_files(NULL, 0, NULL, &r, err));
    REFUSED("paths[1]", xsnr_analyze_files(hole, 2, NULL, &r, err));
    REFUSED("out", xsnr_analyze_files(hole, 1, NULL, NULL, err));
}
static void analyze_files_as(void) {
    REFUSED("paths", xsnr_analyze_files_as(NULL, 1, NULL, NULL, &r, err));
    REFUSED("paths[1]", xsnr_analyze_files_as(hole, 2, NULL, NULL, &r, err));
    REFUSED("out", xsnr_analyze_files_as(hole, 1, NULL, NULL, NULL, err));
}
static void check(void) {
    REFUSED("study_file", xsnr_check(NULL, &text, &count, err));
    REFUSED("findings", xsnr_check(the.file, NULL, &count, err));
    REFUSED("count", xsnr_check(the.file, &text, NULL, err));
}
static void compare(void) {
    REFUSED("study_a", xsnr_compare(NULL, the.file, NULL, &text, err));
    REFUSED("text", xsnr_compare(the.file, NULL, NULL, NULL, err));
    assert_int_equal(xsnr_compare(the.file, NULL, NULL, &text, NULL), XSNR_OK);
    xsnr_free(text);
}
static void explain_one(void) {
    xsnr_single_options o = {.text = "a", .explainers = hole, .n_explainers = 2}, no_list = {.text = "a", .n_explainers = 1}, empty = {0};
    REFUSED("folder", xsnr_explain_one(NULL, &empty, &text, err));
    REFUSED("options", xsnr_explain_one(the.folder, NULL, &text, err));
    REFUSED("text", xsnr_explain_one(the.folder, &empty, NULL, err));
    REFUSED("options->explainers[1]", xsnr_explain_one(the.folder, &o, &text, err));
    REFUSED("options->explainers", xsnr_explain_one(the.folder, &no_list, &text, err));
    assert_true(xsnr_explain_one(the.folder, &empty, &text, NULL) < 0);
    assert_null(text);
}
static void export(void) {
    REFUSED("study_file", xsnr_export(NULL, "csv", "/tmp/none/x.csv", err));
    REFUSED("format", xsnr_export(the.file, NULL, "/tmp/none/x.csv", err));
    REFUSED("path", xsnr_export(the.file, "csv", NULL, err));
}
static void file_close(void) { xsnr_file_close(NULL); }
static void file_families(void) { assert_int_equal(xsnr_file_families(NULL), 0); }
static void file_family(void) {
    assert_null(xsnr_file_family(NULL, 0));
    assert_null(xsnr_file_family(file, 99));
    assert_null(xsnr_file_family(file, SIZE_MAX));
}
static void file_label(void) {
    assert_null(xsnr_file_label(NULL, 0));
    assert_null(xsnr_file_label(file, SIZE_MAX));
}
static void file_labels(void) { assert_int_equal(xsnr_file_labels(NULL), 0); }
static void file_open(void) {
    REFUSED("study_file", xsnr_file_open(NULL, &f, err));
    REFUSED("out", xsnr_file_open(the.file, NULL, err));
}
static void file_scores(void) {
    REFUSED("file", xsnr_file_scores(NULL, 0, "contribution", 0, &scores, err));
    REFUSED("out", xsnr_file_scores(file, 0, "contribution", 0, NULL, err));
    assert_int_equal(xsnr_file_scores(file, SIZE_MAX, NULL, 0, &scores, NULL), XSNR_ERR_ARGUMENT);
    assert_int_equal(xsnr_file_scores(file, 0, NULL, SIZE_MAX, &scores, NULL), XSNR_ERR_ARGUMENT);
    assert_int_equal(xsnr_file_scores(file, 0, "none", 0, &scores, NULL), XSNR_ERR_NOT_FOUND);
    assert_null(scores.scores);
    assert_int_equal(xsnr_file_scores(file, 0, NULL, 0, &scores, NULL), XSNR_OK); // the only explainer
    xsnr_scores_free(&scores);
}
static void file_study(void) { assert_null(xsnr_file_study(NULL)); }
static void file_text(void) {
    assert_null(xsnr_file_text(NULL, 0));
    assert_null(xsnr_file_text(file, SIZE_MAX));
}
static void file_texts(void) { assert_int_equal(xsnr_file_texts(NULL), 0); }
static void free_(void) { xsnr_free(NULL); }
static void gazette(void) {
    xsnr_gazette_options o = {.count = 1, .strength = 1};
    REFUSED("options", xsnr_gazette(NULL, &text, &text2, err));
    REFUSED("tsv", xsnr_gazette(&o, NULL, &text2, err));
    REFUSED("truth", xsnr_gazette(&o, &text, NULL, err));
    assert_null(text);
}
static void import(void) {
    char path[128];
    snprintf(path, sizeof path, "%s/new.xsnr", the.folder);
    REFUSED("files", xsnr_import(NULL, 0, NULL, path, &text, err));
    REFUSED("files[1]", xsnr_import(hole, 2, NULL, path, &text, err));
    REFUSED("study_file", xsnr_import(hole, 1, NULL, NULL, &text, err));
    xsnr_import_options o = {.rationales = hole, .n_rationales = 2};
    REFUSED("o->rationales[1]", xsnr_import(hole, 1, &o, path, &text, err));
    o = (xsnr_import_options){.phrases = hole, .n_phrases = 2};
    REFUSED("o->phrases[1]", xsnr_import(hole, 1, &o, path, &text, err));
    assert_true(xsnr_import(hole, 1, NULL, path, NULL, NULL) < 0); // there is no such file
    assert_true(xsnr_import(hole, 0, NULL, path, NULL, NULL) < 0);
    assert_int_equal(access(path, F_OK), -1);
}
static void init(void) { REFUSED("folder", xsnr_init(NULL, NULL, 1, err)); }
static void list(void) {
    REFUSED("what", xsnr_list(NULL, 0, &text, err));
    REFUSED("text", xsnr_list("families", 0, NULL, err));
}
static void merge(void) {
    REFUSED("parts", xsnr_merge(NULL, 0, the.file, &text, err));
    REFUSED("parts[1]", xsnr_merge(hole, 2, the.file, &text, err));
    REFUSED("study_file", xsnr_merge(hole, 1, NULL, &text, err));
    assert_true(xsnr_merge(hole, 1, the.file, NULL, NULL) < 0);
}
static void model_logits(void) {
    double logits[2];
    REFUSED("model", xsnr_model_logits(NULL, NULL, 1, XSNR_MASK, logits, err));
}
static void model_probabilities(void) {
    double p[2];
    REFUSED("model", xsnr_model_probabilities(NULL, NULL, 1, XSNR_MASK, p, err));
}
static void moments(void) {
    static const float one[] = {1, 2, 3, 4};
    static const size_t two[] = {2};
    REFUSED("scores", xsnr_moments(NULL, 2, 2, two, 1, 1, NULL, NULL, NULL, err));
    REFUSED("lengths", xsnr_moments(one, 2, 2, NULL, 1, 1, NULL, NULL, NULL, err));
    assert_int_equal(xsnr_moments(one, 2, 2, two, 1, 1, NULL, NULL, NULL, NULL), XSNR_OK);
}
static void power(void) {
    REFUSED("text", xsnr_power(the.file, NULL, NULL, err));
    assert_int_equal(xsnr_power(NULL, NULL, &text, NULL), XSNR_OK); // an SNR of 0
    xsnr_free(text);
}
static void results_figures(void) {
    REFUSED("results", xsnr_results_figures(NULL, the.folder, NULL, 0, err));
    REFUSED("folder", xsnr_results_figures(results, NULL, NULL, 0, err));
    REFUSED("texts", xsnr_results_figures(results, the.folder, NULL, 2, err));
    REFUSED("texts[1]", xsnr_results_figures(results, the.folder, hole, 2, err));
}
static void results_free(void) { xsnr_results_free(NULL); }
static void results_open(void) {
    REFUSED("study_file", xsnr_results_open(NULL, 1, &r, err));
    REFUSED("out", xsnr_results_open(the.file, 1, NULL, err));
}
static void results_open_as(void) {
    REFUSED("study_file", xsnr_results_open_as(NULL, NULL, &r, err));
    REFUSED("out", xsnr_results_open_as(the.file, NULL, NULL, err));
    assert_int_equal(xsnr_results_open_as(the.file, NULL, &r, NULL), XSNR_OK);
    xsnr_results_free(r);
}
static void results_show(void) {
    REFUSED("results", xsnr_results_show(NULL, "a", NULL, NULL, NULL, &text, err));
    REFUSED("text_id", xsnr_results_show(results, NULL, NULL, NULL, NULL, &text, err));
    REFUSED("text", xsnr_results_show(results, "a", NULL, NULL, NULL, NULL, err));
}
static int take(void *user, const char *bytes, size_t n, xsnr_error *err) {
    (void)bytes, (void)err;
    *(size_t *)user += n;
    return XSNR_OK;
}
static void results_show_json(void) {
    REFUSED("results", xsnr_results_show_json(NULL, NULL, NULL, NULL, &text, err));
    REFUSED("text", xsnr_results_show_json(results, NULL, NULL, NULL, NULL, err));
    assert_int_equal(xsnr_results_show_json(results, NULL, NULL, NULL, &text, NULL), XSNR_OK);
    xsnr_free(text);
}
static void results_write(void) {
    size_t size = 0;
    REFUSED("results", xsnr_results_write(NULL, XSNR_JSON, NULL, take, &size, err));
    REFUSED("write", xsnr_results_write(results, XSNR_JSON, NULL, NULL, &size, err));
    assert_int_equal(xsnr_results_write(results, XSNR_JSON, NULL, take, &size, NULL), XSNR_OK);
    assert_true(size > 0);
    assert_int_equal(xsnr_results_write(results, (xsnr_format)99, NULL, take, &size, NULL), XSNR_ERR_ARGUMENT);
}
static void results_text(void) {
    REFUSED("results", xsnr_results_text(NULL, XSNR_TABLE, NULL, &text, err));
    REFUSED("text", xsnr_results_text(results, XSNR_TABLE, NULL, NULL, err));
    assert_int_equal(xsnr_results_text(results, (xsnr_format)99, NULL, &text, NULL), XSNR_ERR_ARGUMENT);
    assert_null(text);
}
static void results_text_id(void) {
    assert_null(xsnr_results_text_id(NULL, 0));
    assert_null(xsnr_results_text_id(results, SIZE_MAX));
}
static void results_texts(void) { assert_int_equal(xsnr_results_texts(NULL), 0); }
static void scores_free(void) { xsnr_scores_free(NULL); }
static void study_explainer(void) {
    xsnr_explainer e = {.size = sizeof e, .name = "a"};
    REFUSED("study", xsnr_study_explainer(NULL, &e, err));
    REFUSED("explainer", xsnr_study_explainer(study, NULL, err));
    REFUSED("explainer->explain", xsnr_study_explainer(study, &e, err));
}
static void study_file(void) { assert_null(xsnr_study_file(NULL)); }
static void study_free(void) { xsnr_study_free(NULL); }
static void study_join(void) {
    REFUSED("study", xsnr_study_join(NULL, "a", err));
    REFUSED("address", xsnr_study_join(study, NULL, err));
    assert_int_equal(xsnr_study_join(study, "", NULL), XSNR_ERR_ARGUMENT);
}
static void study_load(void) {
    xsnr_run_options o = {.explainers = hole, .n_explainers = 2};
    REFUSED("path", xsnr_study_load(NULL, NULL, &s, err));
    REFUSED("out", xsnr_study_load(the.yaml, NULL, NULL, err));
    REFUSED("options->explainers[1]", xsnr_study_load(the.yaml, &o, &s, err));
}
static void study_results(void) { assert_null(xsnr_study_results(NULL)); }
static void study_run(void) {
    REFUSED("study", xsnr_study_run(NULL, XSNR_RUN, err));
    assert_int_equal(xsnr_study_run(study, 0, NULL), XSNR_ERR_ARGUMENT);
    assert_int_equal(xsnr_study_run(study, 16, NULL), XSNR_ERR_ARGUMENT);
}
static void study_share(void) {
    REFUSED("study", xsnr_study_share(NULL, NULL, &address, err));
    REFUSED("address", xsnr_study_share(study, NULL, NULL, err));
}
static void study_statistics(void) {
    REFUSED("study", xsnr_study_statistics(NULL, "all", err));
    REFUSED("statistics", xsnr_study_statistics(study, NULL, err));
}
static void study_stop(void) { xsnr_study_stop(NULL); }
static void tokenize(void) {
    REFUSED("tokenizer", xsnr_tokenize(NULL, "a", 1, 0, &text, err));
    REFUSED("line", xsnr_tokenize(t, "a", 1, 0, NULL, err));
    REFUSED("text", xsnr_tokenize(t, NULL, 1, 0, &text, err));
    assert_int_equal(xsnr_tokenize(t, NULL, 0, 0, &text, NULL), XSNR_OK); // an empty text
    xsnr_free(text);
}
static void tokenizer_free(void) { xsnr_tokenizer_free(NULL); }
static void tokenizer_open(void) {
    xsnr_tokenizer *none;
    REFUSED("path", xsnr_tokenizer_open(NULL, &none, err));
    REFUSED("out", xsnr_tokenizer_open(the.folder, NULL, err));
}
static void version(void) { assert_non_null(xsnr_version()); }
static void write_file(void) {
    REFUSED("path", xsnr_write_file(NULL, "a", err));
    REFUSED("text", xsnr_write_file("/tmp/none/a", NULL, err));
}

static const struct {
    const char *name;
    void (*test)(void);
} functions[] = {
    {"xsnr_analyze", analyze}, {"xsnr_analyze_files", analyze_files}, {"xsnr_analyze_files_as", analyze_files_as}, {"xsnr_check", check},
    {"xsnr_compare", compare}, {"xsnr_explain_one", explain_one}, {"xsnr_export", export}, {"xsnr_file_close", file_close},
    {"xsnr_file_families", file_families}, {"xsnr_file_family", file_family}, {"xsnr_file_label", file_label},
    {"xsnr_file_labels", file_labels}, {"xsnr_file_open", file_open}, {"xsnr_file_scores", file_scores}, {"xsnr_file_study", file_study},
    {"xsnr_file_text", file_text}, {"xsnr_file_texts", file_texts}, {"xsnr_free", free_}, {"xsnr_gazette", gazette},
    {"xsnr_import", import}, {"xsnr_init", init}, {"xsnr_list", list}, {"xsnr_merge", merge}, {"xsnr_model_logits", model_logits},
    {"xsnr_model_probabilities", model_probabilities}, {"xsnr_moments", moments}, {"xsnr_power", power}, {"xsnr_results_figures", results_figures},
    {"xsnr_results_free", results_free}, {"xsnr_results_open", results_open}, {"xsnr_results_open_as", results_open_as},
    {"xsnr_results_show", results_show}, {"xsnr_results_show_json", results_show_json}, {"xsnr_results_text", results_text}, {"xsnr_results_text_id", results_text_id},
    {"xsnr_results_texts", results_texts}, {"xsnr_results_write", results_write}, {"xsnr_scores_free", scores_free}, {"xsnr_study_explainer", study_explainer},
    {"xsnr_study_file", study_file}, {"xsnr_study_free", study_free}, {"xsnr_study_join", study_join}, {"xsnr_study_load", study_load},
    {"xsnr_study_results", study_results}, {"xsnr_study_run", study_run}, {"xsnr_study_share", study_share},
    {"xsnr_study_statistics", study_statistics}, {"xsnr_study_stop", study_stop}, {"xsnr_tokenize", tokenize},
    {"xsnr_tokenizer_free", tokenizer_free}, {"xsnr_tokenizer_open", tokenizer_open}, {"xsnr_version", version},
    {"xsnr_write_file", write_file},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static void every_function(void **state) {
    (void)state;
    for (size_t i = 0; i < FUNCTIONS; i++) functions[i].test();
}

// The table has every function that the library exports, and no other.
static void the_table_is_whole(void **state) {
    (void)state;
    xsnr_error err = {0};
    char *map, *save = NULL;
    size_t size, n = 0;
    assert_ok(xs_file_read(TEST_SOURCE_DIR "/src/xsnr.map", &map, &size, &err));
    for (char *line = strtok_r(map, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char name[64];
        if (sscanf(line, " xsnr_%50[a-z_];", name) != 1) continue;
        if (n == FUNCTIONS || strcmp(functions[n].name + strlen("xsnr_"), name) != 0)
            fail_msg("line '%s' of src/xsnr.map: the table has '%s' there", line, n < FUNCTIONS ? functions[n].name : "its end");
        n++;
    }
    assert_int_equal(n, FUNCTIONS);
    xsnr_free(map);
}

static int begin(void **state) {
    (void)state;
    xsnr_error err = {0};
    the = small_new(60, 20, 3, "explainers: [contribution]\n");
    small_write(the.folder, "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n");
    assert_ok(small_run(&the, 1, XSNR_RUN, &err));
    assert_ok(xsnr_study_load(the.yaml, NULL, &study, &err));
    assert_ok(xsnr_results_open(the.file, 1, &results, &err));
    assert_ok(xsnr_file_open(the.file, &file, &err));
    char path[128];
    snprintf(path, sizeof path, "%s/vocab.txt", the.folder);
    assert_ok(xsnr_tokenizer_open(path, &t, &err));
    return 0;
}

static int end(void **state) {
    (void)state;
    xsnr_tokenizer_free(t);
    xsnr_file_close(file);
    xsnr_results_free(results);
    xsnr_study_free(study);
    small_remove(&the);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_function), cmocka_unit_test(the_table_is_whole)};
    return cmocka_run_group_tests(tests, begin, end);
}
