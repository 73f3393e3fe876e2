// The golden arrays: every number beside them, under both normalisations, by the whole analysis of a text.
#include "check.h"
#include "npy_float.h"
#include "stats/analysis.h"
#include <jansson.h>

static size_t checked;

// Relative 1e-9 and absolute 1e-12; p values relative 1e-6.  null is NaN.
static void compare(const char *where, const json_t *expected, double got, double relative) {
    checked++;
    if (!expected) fail_msg("%s: no such key", where);
    if (json_is_null(expected)) {
        if (!isnan(got)) fail_msg("%s = %.17g, expected undefined", where, got);
        return;
    }
    double want = json_number_value(expected);
    if (!(fabs(got - want) <= 1e-12 + relative * fabs(want)))
        fail_msg("%s = %.17g, expected %.17g", where, got, want);
}

// A p value that an absolute tolerance would wave through: relative all the way down.
static void compare_p(const char *where, const json_t *expected, double got) {
    double want = json_number_value(expected);
    checked++;
    if (!(fabs(got - want) <= 1e-6 * want)) fail_msg("%s = %.17g, expected %.17g", where, got, want);
}

static void compare_moment(const char *where, const json_t *expected, const xs_moment_snr *got) {
    char name[320];
    const struct {
        const char *key;
        double value;
    } all[] = {
        {"signal_raw", got->signal_raw}, {"noise", got->noise},     {"ms_interaction", got->ms_interaction},
        {"signal", got->signal},         {"snr_raw", got->snr_raw}, {"snr", got->snr}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        snprintf(name, sizeof name, "%s.%s", where, all[i].key);
        compare(name, json_object_get(expected, all[i].key), all[i].value, 1e-9);
    }
    json_t *pairs = json_object_get(expected, "pairs");
    if (pairs) assert_int_equal(json_integer_value(pairs), got->columns);
    assert_int_equal(json_object_size(expected), pairs ? 7 : 6);
}

static void compare_words(const char *where, const json_t *expected, const xs_text_result *r) {
    static const struct {
        const char *key;
        size_t at;
    } all[] = {{"mean", offsetof(xs_word_stats, mean)},
               {"sd", offsetof(xs_word_stats, sd)},
               {"skewness", offsetof(xs_word_stats, skewness)},
               {"excess_kurtosis", offsetof(xs_word_stats, excess_kurtosis)},
               {"q25", offsetof(xs_word_stats, q25)},
               {"median", offsetof(xs_word_stats, median)},
               {"q75", offsetof(xs_word_stats, q75)},
               {"positive_share", offsetof(xs_word_stats, positive_share)}};
    char name[256];
    assert_int_equal(json_object_size(expected), sizeof all / sizeof *all);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (size_t w = 0; w < r->n_words; w++) {
            snprintf(name, sizeof name, "%s.word[%zu].%s", where, w, all[i].key);
            double value;
            memcpy(&value, (const char *)&r->word[w] + all[i].at, sizeof value);
            compare(name, json_array_get(json_object_get(expected, all[i].key), w), value, 1e-9);
        }
}

static void compare_text(const char *where, const json_t *x, const xs_text_result *r) {
    const struct {
        const char *key;
        double value;
    } all[] = {{"models", (double)r->snr.models},
               {"words", (double)r->snr.words},
               {"signal_raw", r->snr.signal_raw},
               {"noise", r->snr.noise},
               {"signal", r->snr.signal},
               {"snr_raw", r->snr.snr_raw},
               {"snr", r->snr.snr},
               {"icc", r->snr.icc},
               {"f", r->snr.f},
               {"greenhouse_geisser", r->snr.greenhouse_geisser},
               {"noise_shift", r->snr.noise_shift},
               {"ms_interaction", r->snr.ms_interaction},
               {"models_needed", r->snr.models_needed},
               {"gaussian_bits", r->snr.gaussian_bits},
               {"participation_ratio", r->agreement.participation_ratio},
               {"pearson_pairs_mean", r->agreement.pearson},
               {"spearman_pairs_mean", r->agreement.spearman},
               {"kendall_tau_b_first12_pairs_mean", r->agreement.kendall_tau_b_first12},
               {"jaccard_top5_abs_pairs_mean", r->agreement.jaccard_top5_abs},
               {"leave_one_out_correlation", r->agreement.leave_one_out_correlation},
               {"entropy_nats_mean", r->agreement.entropy_nats}};
    const struct {
        const char *key;
        const xs_moment_snr *value;
    } moments[] = {{"order2", &r->order2},
                   {"order3", &r->order3},
                   {"order4", &r->order4},
                   {"bivariate_window5", &r->bivariate_window5}};
    size_t n = sizeof all / sizeof *all, n_moments = sizeof moments / sizeof *moments;
    char name[256];
    assert_int_equal(json_object_size(x), n + n_moments + 2); // and f_p, word: nothing goes unchecked
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%s.%s", where, all[i].key);
        compare(name, json_object_get(x, all[i].key), all[i].value, 1e-9);
    }
    for (size_t i = 0; i < n_moments; i++) {
        snprintf(name, sizeof name, "%s.%s", where, moments[i].key);
        compare_moment(name, json_object_get(x, moments[i].key), moments[i].value);
    }
    snprintf(name, sizeof name, "%s.f_p", where);
    compare_p(name, json_object_get(x, "f_p"), r->snr.f_p);
    compare_words(where, json_object_get(x, "word"), r);
}

static void golden_arrays(void **state) {
    (void)state;
    static const char *const arrays[] = {"small", "gauss",    "heavy", "hetero",
                                         "modes", "nosignal", "pairs", "shift"};
    static const xs_normalization norms[] = {XS_NORM_NONE, XS_NORM_L1};
    if (!golden_folder()) skip();
    xs_arena arena = {0};
    xsnr_error err = {0};
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++) {
        char path[4096];
        json_error_t bad;
        snprintf(path, sizeof path, "%s/stats/%s.json", golden_folder(), arrays[a]);
        json_t *golden = json_load_file(path, 0, &bad);
        assert_non_null(golden);
        assert_int_equal(json_object_size(golden), 2);
        for (size_t k = 0; k < 2; k++) {
            size_t models, words, zero_rows;
            snprintf(path, sizeof path, "%s/stats/%s.npy", golden_folder(), arrays[a]);
            double *e = read_golden_array(path, &models, &words);
            xs_text_result r = {.n_words = words};
            assert_ok(xs_normalize(e, models, words, norms[k], false, &zero_rows, &err));
            assert_int_equal(zero_rows, 0);
            assert_ok(xs_analyze_text((xs_scores){e, models, words}, 0.9, 1, &arena, &r, &err));
            const char *name = xs_normalization_name(norms[k]);
            char where[64];
            snprintf(where, sizeof where, "%s.%s", arrays[a], name);
            compare_text(where, json_object_get(golden, name), &r);
            free(e);
        }
        json_decref(golden);
    }
    xs_arena_free(&arena);
    print_message("%zu golden values\n", checked);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden_arrays)};
    return golden_folder() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
