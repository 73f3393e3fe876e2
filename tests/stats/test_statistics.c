// The statistics of one text against NumPy and SciPy (scripts/golden-stats.py) and against slow textbook
// forms.
#include "base/alloc.h"
#include "base/random.h"
#include "check.h"
#include "math/distribution.h"
#include "stats/analysis.h"
#include "stats/parts.h"
#include <jansson.h>

static json_t *golden;

static int load(void **state) {
    (void)state;
    golden = json_load_file(TEST_SOURCE_DIR "/tests/stats/golden/stats.json", 0, NULL);
    return golden ? 0 : -1;
}

static int unload(void **state) {
    (void)state;
    json_decref(golden);
    return 0;
}

enum { M = 9, N = 11 }; // the golden scores

static void read_rows(const json_t *rows, double *out) {
    assert_int_equal(json_array_size(rows), M);
    for (size_t m = 0; m < M; m++)
        for (size_t w = 0; w < N; w++)
            out[m * N + w] = json_number_value(json_array_get(json_array_get(rows, m), w));
}

static void normalizations(void **state) {
    (void)state;
    json_t *all = json_object_get(golden, "normalized");
    assert_int_equal(json_object_size(all), XS_NORMS);
    for (int k = 0; k < XS_NORMS; k++) {
        const char *name = xs_normalization_name((xs_normalization)k);
        double e[M * N], expected[M * N];
        size_t zero_rows;
        xsnr_error err = {0};
        read_rows(json_object_get(golden, "scores"), e);
        read_rows(json_object_get(all, name), expected);
        assert_int_equal(xs_normalization_find(name), k);
        assert_true(strlen(xs_normalization_help((xs_normalization)k)) > 10);
        assert_ok(xs_normalize(e, M, N, (xs_normalization)k, false, &zero_rows, &err));
        assert_int_equal(zero_rows, 0);
        for (size_t i = 0; i < M * N; i++) assert_near(e[i], expected[i], 1e-13, 1e-15);
    }
    assert_int_equal(xs_normalization_find("l3"), -1);
}

static void normalization_corners(void **state) {
    (void)state;
    xsnr_error err = {0};
    size_t zero_rows;
    for (int k = 0; k < XS_NORMS; k++) { // a row of zeros, a constant one, a huge one, a tiny one
        double e[4 * 3] = {0, 0, 0, 2, 2, 2, 1e308, -1e308, 0, 3e-310, 1e-310, -1e-310};
        assert_ok(xs_normalize(e, 4, 3, (xs_normalization)k, false, &zero_rows, &err));
        assert_int_equal(zero_rows, 1);
        for (size_t i = 0; i < 12; i++) assert_true(isfinite(e[i]));
        assert_true(e[0] == 0 && e[1] == 0 && e[2] == 0);
        bool spread_only = k == XS_NORM_MIN_MAX || k == XS_NORM_MIN_MAX_SUM || k == XS_NORM_Z_SCORE;
        assert_true(spread_only ? e[3] == 0 : e[3] > 0);
        if (k == XS_NORM_L1) assert_near(e[6], 0.5, 1e-15, 0);
        if (k == XS_NORM_L1) assert_near(e[9], 0.6, 1e-12, 0);
    }
    double e[] = {-1, 3, 0};
    assert_ok(xs_normalize(e, 1, 3, XS_NORM_L1, true, &zero_rows, &err));
    assert_true(e[0] == 0.25 && e[1] == 0.75 && e[2] == 0);
}

static xs_text_result analyze(const double *e, size_t models, size_t words, xs_arena *arena) {
    xsnr_error err = {0};
    xs_text_result r = {.n_words = words};
    assert_ok(xs_analyze_text((xs_scores){e, models, words}, 0.9, 1, arena, &r, &err));
    return r;
}

static void words_and_agreement(void **state) {
    (void)state;
    static const struct {
        const char *key;
        size_t at;
    } fields[] = {{"p", offsetof(xs_word_stats, p)},
                  {"p_adjusted", offsetof(xs_word_stats, p_adjusted)},
                  {"skewness", offsetof(xs_word_stats, skewness)},
                  {"excess_kurtosis", offsetof(xs_word_stats, excess_kurtosis)},
                  {"ci_low", offsetof(xs_word_stats, ci)},
                  {"ci_high", offsetof(xs_word_stats, ci) + sizeof(double)},
                  {"q25", offsetof(xs_word_stats, q25)},
                  {"q50", offsetof(xs_word_stats, median)},
                  {"q75", offsetof(xs_word_stats, q75)}};
    double e[M * N];
    xs_arena arena = {0};
    read_rows(json_object_get(golden, "scores"), e);
    xs_text_result r = analyze(e, M, N, &arena);
    json_t *word = json_object_get(golden, "word");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        for (size_t w = 0; w < N; w++) {
            double got;
            memcpy(&got, (const char *)&r.word[w] + fields[i].at, sizeof got);
            assert_near(got, json_number_value(json_array_get(json_object_get(word, fields[i].key), w)),
                        1e-10, 1e-13);
        }
    assert_near(r.agreement.pearson, json_number_value(json_object_get(golden, "pearson")), 1e-12, 0);
    assert_near(r.agreement.spearman, json_number_value(json_object_get(golden, "spearman")), 1e-12, 0);
    assert_near(r.agreement.kendall_tau_b_first12, json_number_value(json_object_get(golden, "kendall")),
                1e-12, 0);
    xs_arena_free(&arena);
}

static void wilcoxon(void **state) {
    (void)state;
    xs_arena arena = {0};
    xsnr_error err = {0};
    json_t *cases = json_object_get(golden, "wilcoxon"), *one;
    size_t i;
    assert_int_equal(json_array_size(cases), 4);
    json_array_foreach(cases, i, one) {
        json_t *values = json_object_get(one, "x");
        double x[64], p;
        size_t n = json_array_size(values);
        for (size_t k = 0; k < n; k++) x[k] = json_number_value(json_array_get(values, k));
        x[n] = 0, x[n + 1] = NAN; // left out
        assert_ok(xs_wilcoxon(x, n + 2, &arena, &p, &err));
        assert_near(p, json_number_value(json_object_get(one, "p")), 1e-11, 0);
    }
    double p, zero[2] = {0, NAN};
    assert_ok(xs_wilcoxon(zero, 2, &arena, &p, &err));
    assert_true(isnan(p));
    xs_arena_free(&arena);
}

static double *noise(size_t models, size_t words, uint32_t seed) {
    double *e = malloc(models * words * sizeof *e);
    assert_non_null(e);
    xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, 99, 0);
    for (size_t m = 0; m < models; m++) {
        double shift = 0.5 * xs_rng_normal(&rng);
        for (size_t w = 0; w < words; w++) e[m * words + w] = sin((double)w) + shift + xs_rng_normal(&rng);
    }
    return e;
}

// Section 2, word for word, without one model (`skip` ≥ models: with all).
static void textbook(const double *e, size_t models, size_t words, size_t skip, double *signal,
                     double *noise_out) {
    double *of_word = calloc(words, sizeof *of_word), *of_model = calloc(models, sizeof *of_model), grand = 0;
    double kept = (double)models - (skip < models), n = (double)words;
    assert_non_null(of_word);
    assert_non_null(of_model);
    for (size_t m = 0; m < models; m++)
        for (size_t w = 0; m != skip && w < words; w++) {
            of_word[w] += e[m * words + w] / kept;
            of_model[m] += e[m * words + w] / n;
            grand += e[m * words + w] / kept / n;
        }
    double raw = 0, within = 0, interaction = 0;
    for (size_t w = 0; w < words; w++) {
        raw += pow(of_word[w] - grand, 2) / (n - 1);
        for (size_t m = 0; m < models; m++) {
            if (m == skip) continue;
            within += pow(e[m * words + w] - of_word[w], 2) / (kept - 1) / n;
            interaction += pow(e[m * words + w] - of_word[w] - of_model[m] + grand, 2) / (n - 1) / (kept - 1);
        }
    }
    *signal = raw - interaction / kept;
    *noise_out = within;
    free(of_word);
    free(of_model);
}

static void leaving_one_out(void **state) {
    (void)state;
    enum { MODELS = 13, WORDS = 8 };
    double *e = noise(MODELS, WORDS, 5), signal[MODELS], within[MODELS], ratio[MODELS], mean = 0, square = 0;
    xs_arena arena = {0};
    xsnr_error err = {0};
    xs_centered c;
    assert_ok(xs_center((xs_scores){e, MODELS, WORDS}, &arena, &c, &err));
    xs_leave_one_out(&c, signal, within);
    for (size_t m = 0; m < MODELS; m++) {
        double s, w;
        textbook(e, MODELS, WORDS, m, &s, &w);
        assert_near(signal[m], s, 1e-11, 1e-14);
        assert_near(within[m], w, 1e-11, 0);
        mean += (ratio[m] = s / w) / MODELS;
    }
    for (size_t m = 0; m < MODELS; m++) square += pow(ratio[m] - mean, 2);
    double error = sqrt(square * (MODELS - 1) / MODELS), s, w;
    textbook(e, MODELS, WORDS, MODELS, &s, &w);
    xs_text_result r = analyze(e, MODELS, WORDS, &arena);
    assert_near(r.snr.snr, s / w, 1e-12, 0);
    assert_near(r.snr.snr_ci[0], s / w - xs_t_quantile(0.975, MODELS - 1) * error, 1e-10, 0);
    assert_near(r.snr.snr_ci[1], s / w + xs_t_quantile(0.975, MODELS - 1) * error, 1e-10, 0);
    free(e);
    xs_arena_free(&arena);
}

// ε from the whole covariance matrix, and participation from the other Gram matrix.
static void covariance_shortcuts(void **state) {
    (void)state;
    static const size_t shapes[][2] = {{6, 17}, {17, 6}, {9, 9}, {2, 5}};
    for (size_t k = 0; k < 4; k++) {
        size_t models = shapes[k][0], words = shapes[k][1];
        double *e = noise(models, words, 7), trace = 0, square = 0, trace_inter = 0, square_inter = 0;
        xs_arena arena = {0};
        xsnr_error err = {0};
        xs_centered c;
        assert_ok(xs_center((xs_scores){e, models, words}, &arena, &c, &err));
        double *s = calloc(words * words, sizeof *s), *row = calloc(words, sizeof *row), all = 0,
               n = (double)words;
        assert_non_null(s);
        assert_non_null(row);
        for (size_t i = 0; i < words; i++)
            for (size_t j = 0; j < words; j++) {
                for (size_t m = 0; m < models; m++)
                    s[i * words + j] += c.d[m * words + i] * c.d[m * words + j];
                row[i] += s[i * words + j] / n;
                all += s[i * words + j] / n / n;
            }
        for (size_t i = 0; i < words; i++)
            for (size_t j = 0; j < words; j++) {
                double x = s[i * words + j], y = x - row[i] - row[j] + all; // double-centred
                square += x * x;
                square_inter += y * y;
                trace += i == j ? x : 0;
                trace_inter += i == j ? y : 0;
            }
        xs_text_result r = analyze(e, models, words, &arena);
        assert_near(r.agreement.participation_ratio, trace * trace / square, 1e-11, 0);
        assert_near(r.snr.greenhouse_geisser, trace_inter * trace_inter / square_inter / (n - 1), 1e-11, 0);
        free(s);
        free(row);
        free(e);
        xs_arena_free(&arena);
    }
}

// Numbers that a shift, a scale or an order of the models must not change.
static void invariances(void **state) {
    (void)state;
    enum { MODELS = 21, WORDS = 14 };
    double *e = noise(MODELS, WORDS, 11), *f = noise(MODELS, WORDS, 11);
    xs_arena arena = {0};
    for (size_t m = 0; m < MODELS; m++)
        for (size_t w = 0; w < WORDS; w++) f[(MODELS - 1 - m) * WORDS + w] = 1e6 + 3 * e[m * WORDS + w];
    xs_text_result a = analyze(e, MODELS, WORDS, &arena), b = analyze(f, MODELS, WORDS, &arena);
    assert_near(b.snr.snr, a.snr.snr, 1e-8, 0);
    assert_near(b.snr.noise, 9 * a.snr.noise, 1e-8, 0);
    assert_near(b.snr.greenhouse_geisser, a.snr.greenhouse_geisser, 1e-8, 0);
    assert_near(b.snr.f_p, a.snr.f_p, 1e-6, 0);
    assert_near(b.snr.snr_ci[0], a.snr.snr_ci[0], 1e-7, 0);
    assert_near(b.order3.snr, a.order3.snr, 1e-7, 0);
    assert_near(b.bivariate_window5.snr, a.bivariate_window5.snr, 1e-7, 0);
    assert_near(b.agreement.pearson, a.agreement.pearson, 1e-8, 0);
    assert_near(b.agreement.leave_one_out_correlation, a.agreement.leave_one_out_correlation, 1e-8, 0);
    xs_text_result again = analyze(e, MODELS, WORDS, &arena); // the same bits
    assert_memory_equal(&again.snr, &a.snr, sizeof a.snr);
    assert_memory_equal(&again.agreement, &a.agreement, sizeof a.agreement);
    assert_memory_equal(again.word, a.word, WORDS * sizeof *a.word);
    free(e);
    free(f);
    xs_arena_free(&arena);
}

static void allocations_fail(void **state) {
    (void)state;
    double *e = noise(60, 40, 3);
    for (long n = 1;; n++) {
        xs_arena arena = {0};
        xsnr_error err = {0};
        xs_text_result r = {.n_words = 40};
        xs_alloc_fail_at(n);
        int rc = xs_analyze_text((xs_scores){e, 60, 40}, 0.9, 1, &arena, &r, &err);
        xs_alloc_fail_at(0);
        xs_arena_free(&arena);
        if (rc == XSNR_OK) break;
        assert_int_equal(rc, XSNR_ERR_NOMEM);
        assert_int_equal(err.code, XSNR_ERR_NOMEM);
    }
    free(e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalizations),      cmocka_unit_test(normalization_corners),
        cmocka_unit_test(words_and_agreement), cmocka_unit_test(wilcoxon),
        cmocka_unit_test(leaving_one_out),     cmocka_unit_test(covariance_shortcuts),
        cmocka_unit_test(invariances),         cmocka_unit_test(allocations_fail),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
