// The reports, compared whole with tests/report/golden; XSNR_BLESS=1 writes those files anew (then look at
// them).
#include "base/alloc.h"
#include "base/file.h"
#include "check.h"
#include "fixture.h"
#include "report/verdict.h"
#include "report/report.h"
#include "report/verdict.h"
#include "report/width.h"
#include <jansson.h>

#define WHOLE(text) &(xs_sink){(text), NULL, NULL}

static xsnr_error err;

static void compare(const char *name, xs_str *out) {
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/report/golden/%s", TEST_SOURCE_DIR, name);
    assert_false(xs_str_failed(out));
    if (getenv("XSNR_BLESS")) {
        assert_ok(xs_file_write(path, out->data, out->length, &err));
    } else {
        char *data;
        size_t size;
        assert_ok(xs_file_read(path, &data, &size, &err));
        if (size != out->length || memcmp(data, out->data, size))
            fail_msg("%s differs from what is written now (XSNR_BLESS=1 accepts it):\n%s", name, out->data);
        xs_free(data);
    }
    xs_str_free(out);
}

static const xs_terminal wide = {160, XS_COLOR_NONE, XS_PALETTE_RED_BLUE, false};
static const xs_terminal narrow = {60, XS_COLOR_NONE, XS_PALETTE_RED_BLUE, true};

// No line of a text without colour codes is wider than the terminal.
static void check_width(const xs_str *out, size_t columns) {
    for (const char *p = out->data; *p;) {
        size_t n = strcspn(p, "\n");
        if (xs_text_width(p, n, false) > columns)
            fail_msg("wider than %zu columns: %.*s", columns, (int)n, p);
        if (n && p[n - 1] == ' ') fail_msg("trailing blank: %.*s", (int)n, p);
        p += n + (p[n] == '\n');
    }
}

// A family with many explainers, and the pairs of two families under many: one sentence each, and notes that are the same are said once.
static void many_explainers(void) {
    xs_results r = fixture_study();
    xs_family_result *f = &r.families[0];
    xs_explainer_result explainers[6];
    static const char *const names[] = {"contribution", "occlusion", "input_x_gradient", "attn_lrp", "lime", "attention"};
    for (size_t e = 0; e < 6; e++) {
        explainers[e] = f->explainers[e == 1];
        explainers[e].name = names[e];
    }
    explainers[3].pooled.snr_ci[0] = -0.2, explainers[3].pooled.snr = 0.1, explainers[3].pooled.snr_ci[1] = 0.4;
    explainers[4].pooled.snr = explainers[5].pooled.snr = NAN;
    f->explainers = explainers;
    f->n_explainers = 6;
    xs_comparison pairs[7];
    for (size_t c = 0; c < 7; c++) {
        pairs[c] = (xs_comparison){f->name, r.families[1].name, names[c % 6], names[c % 6], 6, 2 + (double)c, {1.5 + (double)c, 2.5 + (double)c}, 0.01};
        if (c >= 3) pairs[c].family_b = "bag";
    }
    pairs[4].ratio = 0.5, pairs[4].ratio_ci[0] = 0.4, pairs[4].ratio_ci[1] = 0.6;
    pairs[5].ratio = NAN;
    pairs[6].explainer_b = "lime"; // of two explainers: a sentence of its own
    r.comparisons = pairs;
    r.n_comparisons = 7;
    for (size_t i = 0; i < 2; i++) {
        xs_str out = {0};
        assert_ok(xs_report_table(&r, i ? &narrow : &wide, &out, &err));
        check_width(&out, i ? 60 : 160);
        compare(i ? "table-many-60.txt" : "table-many.txt", &out);
    }
    fixture_free(&r);
}

static void tables(void **state) {
    (void)state;
    static const int widths[] = {160, 80, 60, 30};
    for (size_t i = 0; i < 4; i++) {
        xs_results r = fixture_study();
        xs_terminal t = wide;
        t.width = widths[i];
        t.ascii = i == 2;
        xs_str out = {0};
        assert_ok(xs_report_table(&r, &t, &out, &err));
        check_width(&out, (size_t)(widths[i] < 60 ? 60 : widths[i]));
        char name[40];
        snprintf(name, sizeof name, "table-%d.txt", widths[i]);
        compare(name, &out);
        fixture_free(&r);
    }
    many_explainers();
    xs_results (*const others[])(void) = {fixture_array, fixture_undefined};
    for (size_t i = 0; i < 2; i++) {
        xs_results r = others[i]();
        xs_str out = {0};
        assert_ok(xs_report_table(&r, &wide, &out, &err));
        compare(i ? "table-undefined.txt" : "table-array.txt", &out);
        fixture_free(&r);
    }
}

static void shows(void **state) {
    (void)state;
    static const struct {
        const char *id, *family, *explainer, *file;
        xs_terminal t;
    } table[] = {
        {"t2", NULL, NULL, "show-t2-160.txt", {160, XS_COLOR_NONE, 0, false}},
        {"t2", NULL, "contribution", "show-t2-60.txt", {60, XS_COLOR_NONE, 0, true}},
        {"t3", NULL, NULL, "show-t3-true.txt", {130, XS_COLOR_TRUE, XS_PALETTE_RED_BLUE, false}},
        {"t3", "tfidf", NULL, "show-t3-captum.txt", {80, XS_COLOR_256, XS_PALETTE_CAPTUM, false}},
        {"t1", "tfidf", "contribution", "show-t1-16.txt", {80, XS_COLOR_16, XS_PALETTE_RED_BLUE, false}},
        {"t4", NULL, "contribution", "show-t4-undefined.txt", {130, XS_COLOR_NONE, 0, false}},
        {"t5", NULL, "contribution", "show-t5-wide.txt", {130, XS_COLOR_NONE, 0, false}},
        {"t6", NULL, NULL, "show-t6-hostile.txt", {60, XS_COLOR_NONE, 0, false}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        xs_results r = fixture_study();
        xs_str out = {0};
        assert_ok(
            xs_report_show(&r, table[i].id, table[i].family, table[i].explainer, &table[i].t, &out, &err));
        if (table[i].t.color == XS_COLOR_NONE) {
            check_width(&out, (size_t)table[i].t.width);
            assert_null(strchr(out.data, '\x1b'));
        }
        compare(table[i].file, &out);
        fixture_free(&r);
    }
    xs_results r = fixture_undefined();
    xs_str out = {0};
    assert_ok(xs_report_show(&r, "scores.npy", NULL, NULL, &narrow, &out, &err));
    compare("show-undefined.txt", &out);
    fixture_free(&r);
}

static void absent(void **state) {
    (void)state;
    static const struct {
        const char *id, *family, *explainer, *message;
    } table[] = {
        {"t7", NULL, NULL, "there is no text 't7'; did you mean 't1'?"},
        {"nowhere", NULL, NULL, "there is no text 'nowhere'; there are 6, from 't1' to 't6'"},
        {"t1", "tf-idf", NULL, "there is no family 'tf-idf'; did you mean 'tfidf'?"},
        {"t1", "linguistic", "occlusion",
         "there is no explainer 'occlusion'; there is 1, from 'contribution' to 'contribution'"},
    };
    xs_results r = fixture_study();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        xs_str out = {0};
        err = (xsnr_error){0};
        assert_int_equal(
            xs_report_show(&r, table[i].id, table[i].family, table[i].explainer, &wide, &out, &err),
            XSNR_ERR_NOT_FOUND);
        assert_string_equal(err.message, table[i].message);
        assert_null(out.data);
    }
    fixture_free(&r);
}

// Leaves `n` texts of every explanation, to keep the golden files small.
static void keep_texts(xs_results *r, size_t n) {
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; e < r->families[f].n_explainers; e++) r->families[f].explainers[e].n_texts = n;
}

static void json(void **state) {
    (void)state;
    xs_results r = fixture_study();
    xs_str out = {0};
    assert_ok(xs_report_json(&r, WHOLE(&out), &err));
    json_error_t where;
    json_t *tree = json_loads(out.data, 0, &where);
    if (!tree) fail_msg("line %d: %s", where.line, where.text);
    json_t *text = json_array_get(
        json_object_get(
            json_array_get(
                json_object_get(json_array_get(json_object_get(tree, "families"), 0), "explainers"), 0),
            "texts"),
        0);
    static const char *const keys[] = {"id",
                                       "class",
                                       "models",
                                       "words",
                                       "signal_raw",
                                       "noise",
                                       "ms_interaction",
                                       "signal",
                                       "snr_raw",
                                       "snr",
                                       "snr_ci",
                                       "icc",
                                       "models_needed",
                                       "f",
                                       "f_p",
                                       "order2",
                                       "order3",
                                       "order4",
                                       "bivariate_window5",
                                       "information",
                                       "word",
                                       "noise_shift",
                                       "greenhouse_geisser",
                                       "gaussian_bits",
                                       "participation_ratio",
                                       "pearson_pairs_mean",
                                       "spearman_pairs_mean",
                                       "kendall_tau_b_first12_pairs_mean",
                                       "jaccard_top5_abs_pairs_mean",
                                       "leave_one_out_correlation",
                                       "entropy_nats_mean"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!json_object_get(text, keys[i])) fail_msg("no key %s", keys[i]);
    const xs_text_result *first = &r.families[0].explainers[0].texts[0];
    assert_true(json_real_value(json_object_get(text, "snr")) == first->snr.snr); // the same bits
    assert_int_equal(json_array_size(json_object_get(text, "word")), first->n_words);
    json_decref(tree);
    xs_str_free(&out);
    keep_texts(&r, 1);
    assert_ok(xs_report_json(&r, WHOLE(&out), &err));
    compare("results.json", &out);
    fixture_free(&r);

    r = fixture_undefined();
    assert_ok(xs_report_json(&r, WHOLE(&out), &err));
    assert_null(strstr(out.data, "nan"));
    compare("results-undefined.json", &out);
    fixture_free(&r);
}

static void csv(void **state) {
    (void)state;
    xs_results r = fixture_study();
    xs_str out = {0};
    assert_ok(xs_report_words_csv(&r, WHOLE(&out), &err));
    assert_non_null(strstr(out.data, "\"</script><script>alert(\"\"x\"\")</script>\""));
    xs_str_free(&out);
    keep_texts(&r, 1);
    assert_ok(xs_report_words_csv(&r, WHOLE(&out), &err));
    compare("words.csv", &out);
    fixture_free(&r);
    r = fixture_undefined();
    assert_ok(xs_report_words_csv(&r, WHOLE(&out), &err));
    assert_null(strstr(out.data, "nan"));
    compare("words-undefined.csv", &out);
    fixture_free(&r);
}

// Takes pieces, and fails when it has got as many as it may.
typedef struct taken {
    xs_str text;
    size_t pieces, longest, most;
} taken;
static int take(void *context, const void *bytes, size_t n, xsnr_error *error) {
    taken *t = context;
    if (++t->pieces > t->most) return xs_fail(error, XSNR_ERR_IO, "the disk is full");
    if (n > t->longest) t->longest = n;
    return xs_str_append(&t->text, bytes, n);
}

// Four models whose interval covers 0: that there is signal, and how much of it, are two questions.
static void signal_of_unknown_size(void **state) {
    (void)state;
    xs_results r = {.reliability = 0.9};
    xs_explainer_result e = {.name = "occlusion", .pooled = {.models = 4, .signal = 1, .snr = 254, .snr_ci = {-19, 526}, .f_p = 2e-6}};
    xs_str said = {0};
    xs_put_verdict(&said, &r, &e);
    assert_string_equal(said.data, "there is signal (F tests of the texts, p < 0.001), how much is not established: SNR 254 [-19, 526]; more models would tell");
    assert_string_equal(xs_standing_name(xs_standing_of(&e.pooled)), "some_signal");
    const double without[] = {0.06, NAN}; // not enough, not known
    for (int i = 0; i < 2; i++) {
        e.pooled.f_p = without[i];
        assert_string_equal(xs_standing_name(xs_standing_of(&e.pooled)), "not_established");
    }
    xs_str_free(&said);
}

// Piece by piece comes what would come as a whole, and no piece is long however many texts there are.
static void pieces(void **state) {
    (void)state;
    enum { TEXTS = 2000 };
    typedef int report(const xs_results *r, const xs_sink *to, xsnr_error *err);
    report *const all[] = {xs_report_json, xs_report_words_csv, xs_report_html};
    xs_results r = fixture_study();
    xs_explainer_result *e = &r.families[0].explainers[0];
    xs_text_result *texts = calloc(TEXTS, sizeof *texts), *own = e->texts;
    char (*ids)[8] = calloc(TEXTS, sizeof *ids);
    for (size_t i = 0; i < TEXTS; i++) {
        texts[i] = own[i % 4];
        snprintf(ids[i], sizeof ids[i], "t%zu", i);
        texts[i].id = ids[i];
    }
    e->texts = texts, e->n_texts = TEXTS;
    for (size_t k = 0; k < 3; k++) {
        xs_str whole = {0}, piece = {0};
        taken got = {.most = SIZE_MAX};
        assert_ok(all[k](&r, WHOLE(&whole), &err));
        assert_ok(all[k](&r, &(xs_sink){&piece, take, &got}, &err));
        assert_int_equal(got.text.length, whole.length);
        assert_memory_equal(got.text.data, whole.data, whole.length);
        assert_true(got.pieces > 4);
        assert_true(got.longest < 1000000);
        piece.length = 0;
        taken full = {.most = 2};
        assert_int_equal(all[k](&r, &(xs_sink){&piece, take, &full}, &err), XSNR_ERR_IO);
        assert_string_equal(err.message, "the disk is full");
        assert_int_equal(full.pieces, 3); // and nobody asks it again
        xs_str_free(&whole), xs_str_free(&piece), xs_str_free(&got.text), xs_str_free(&full.text);
    }
    e->texts = own, e->n_texts = 6;
    free(texts), free(ids);
    fixture_free(&r);
}

// One text as JSON has the numbers of results.json; the ids alone.
static void show_json(void **state) {
    (void)state;
    xs_results r = fixture_study();
    xs_str out = {0}, all = {0};
    assert_ok(xs_report_show_json(&r, "t3", "tfidf", NULL, &out, &err));
    assert_ok(xs_report_json(&r, WHOLE(&all), &err));
    json_t *one = json_loads(out.data, 0, NULL), *whole = json_loads(all.data, 0, NULL), *families = json_object_get(one, "families");
    assert_int_equal(json_array_size(families), 1);
    json_t *family = json_array_get(families, 0), *same = json_array_get(json_object_get(whole, "families"), 0);
    assert_string_equal(json_string_value(json_object_get(family, "name")), "tfidf");
    size_t n = json_array_size(json_object_get(family, "explainers"));
    assert_int_equal(n, json_array_size(json_object_get(same, "explainers")));
    for (size_t e = 0; e < n; e++) {
        json_t *texts = json_object_get(json_array_get(json_object_get(family, "explainers"), e), "texts");
        assert_int_equal(json_array_size(texts), 1);
        assert_true(json_equal(json_array_get(texts, 0),
                               json_array_get(json_object_get(json_array_get(json_object_get(same, "explainers"), e), "texts"), 2)));
    }
    json_decref(one);
    json_decref(whole);
    xs_str_free(&out), xs_str_free(&all);
    assert_int_equal(xs_report_show_json(&r, "t9", NULL, NULL, &out, &err), XSNR_ERR_NOT_FOUND);
    assert_ok(xs_report_ids_json((const char *const[]){"a", "\xff"}, 2, &out, &err));
    assert_string_equal(out.data, "{\n \"texts\": [\n  \"a\",\n  \"\xef\xbf\xbd\"\n ]\n}\n");
    xs_str_free(&out);
    fixture_free(&r);
}

static int write_all(const xs_results *r, int which, xs_str *out) {
    static const xs_terminal color = {130, XS_COLOR_TRUE, XS_PALETTE_RED_BLUE, false};
    switch (which) {
    case 0:
        return xs_report_table(r, &wide, out, &err);
    case 1:
        return xs_report_show(r, "t5", NULL, NULL, &color, out, &err);
    case 2:
        return xs_report_show(r, "nowhere", NULL, NULL, &color, out, &err);
    case 3:
        return xs_report_json(r, WHOLE(out), &err);
    case 5:
        return xs_report_show_json(r, "t5", NULL, "contribution", out, &err);
    case 4:
        return xs_report_html(r, WHOLE(out), &err);
    default:
        return xs_report_words_csv(r, WHOLE(out), &err);
    }
}

static void memory_runs_out(void **state) {
    (void)state;
    xs_results r = fixture_study();
    for (int which = 0; which < 7; which++) {
        xs_str out = {0};
        xs_alloc_fail_at(0);
        int expected = write_all(&r, which, &out);
        long n = xs_alloc_count();
        xs_str_free(&out);
        assert_true(n > 0);
        for (long at = 1; at <= n; at++) {
            xs_alloc_fail_at(at);
            err = (xsnr_error){0};
            int rc = write_all(&r, which, &out);
            xs_alloc_fail_at(0);
            xs_str_free(&out);
            if (rc != XSNR_ERR_NOMEM)
                fail_msg(
                    "report %d, allocation %ld of %ld failed: returned %d, not %d (expected %d otherwise)",
                    which, at, n, rc, XSNR_ERR_NOMEM, expected);
            assert_string_not_equal(err.message, "");
        }
    }
    fixture_free(&r);
}

static const char *verdict_of(size_t n, const size_t *models, const size_t *words) {
    static char said[512];
    xs_text_result texts[4] = {{0}};
    xs_explainer_result e = {.name = "given", .texts = texts, .n_texts = n, .pooled = {.snr = NAN, .noise = NAN}};
    xs_results r = {.reliability = 0.9};
    xs_str out = {0};
    for (size_t i = 0; i < n; i++) texts[i].models_kept = models[i], texts[i].n_words = words[i];
    xs_put_verdict(&out, &r, &e);
    snprintf(said, sizeof said, "%s", out.data);
    xs_str_free(&out);
    return said;
}

// What it is that is missing is said, and nothing else.
static void why_undefined(void **state) {
    (void)state;
    assert_string_equal(verdict_of(1, (size_t[]){1}, (size_t[]){9}), "undefined: signal and noise need at least two models");
    assert_string_equal(verdict_of(1, (size_t[]){5}, (size_t[]){1}), "undefined: the text has one word, and a signal needs two");
    assert_string_equal(verdict_of(2, (size_t[]){5, 4}, (size_t[]){1, 0}), "undefined: no text has more than one word, and a signal needs two");
    assert_string_equal(verdict_of(2, (size_t[]){5, 1}, (size_t[]){1, 9}), "undefined: no text has two words and two models that agree on its class");
}

static void uneven_arrays(void **state) {
    (void)state;
    xs_text_result texts[] = {{.models_kept = 10}, {.models_kept = 2}, {.models_kept = 10}};
    xs_explainer_result e = {.name = "given", .texts = texts, .n_texts = 3};
    xs_family_result f = {.name = "array", .type = "array", .models_trained = 10, .models_equivalent = 10, .explainers = &e, .n_explainers = 1};
    for (int even = 0; even < 2; even++) {
        xs_str said = {0};
        bool any = false;
        texts[1].models_kept = even ? 10 : 2;
        for (size_t i = 0; i < XS_NOTES; i++) any |= xs_put_note(&said, &f, NULL, i);
        assert_int_equal(any, !even);
        if (any) assert_string_equal(said.data, "1 of 3 arrays has fewer models than the others (2 to 10); the same row of two arrays is taken for the same model");
        xs_str_free(&said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables), cmocka_unit_test(shows), cmocka_unit_test(absent),
        cmocka_unit_test(json),   cmocka_unit_test(csv),   cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(signal_of_unknown_size), cmocka_unit_test(pieces), cmocka_unit_test(show_json),
        cmocka_unit_test(why_undefined), cmocka_unit_test(uneven_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
