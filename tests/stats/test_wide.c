// Many texts side by side: the same numbers as text by text in double precision; values of NumPy; the same bits for any number of
// threads; what has no answer, and what is refused.
#include "base/random.h"
#include "check.h"
#include "stats/wide.h"
#include "stats/parts.h"
#include <jansson.h>

static xs_arena arena;
static xsnr_error err;

enum { MODELS = 23, TEXTS = 400, MOST = 40 };
static size_t lengths[TEXTS], words;
static float *e;

static int make_array(void **state) {
    (void)state;
    xs_rng rng = xs_rng_at(7, XS_STREAM_STATS, 0, 0);
    for (size_t t = 0; t < TEXTS; t++) words += lengths[t] = t == 200 ? 5000 : 1 + xs_rng_below(&rng, MOST);
    e = malloc(MODELS * words * sizeof *e);
    if (!e) return -1;
    for (size_t m = 0; m < MODELS; m++)
        for (size_t w = 0; w < words; w++) e[m * words + w] = (float)(sin((double)w) + 0.5 * xs_rng_normal(&rng) + 0.1 * (double)m);
    for (size_t m = 0; m < MODELS; m++) e[m * words + 3] = 0.3f; // a constant word
    return 0;
}

static int free_array(void **state) {
    (void)state;
    free(e);
    xs_arena_free(&arena);
    return 0;
}

static void as_text_by_text(void **state) {
    (void)state;
    double *mean = XS_ARENA_ARRAY(&arena, double, words), *variance = XS_ARENA_ARRAY(&arena, double, words);
    xs_moment_snr *texts = XS_ARENA_ARRAY(&arena, xs_moment_snr, TEXTS);
    assert_ok(xs_wide_moments(&(xs_wide){e, MODELS, words, lengths, TEXTS}, 2, mean, variance, texts, &err));
    for (size_t t = 0, at = 0; t < TEXTS; at += lengths[t++]) {
        size_t n = lengths[t];
        double *one = XS_ARENA_ARRAY(&arena, double, MODELS *n);
        for (size_t m = 0; m < MODELS; m++)
            for (size_t w = 0; w < n; w++) one[m * n + w] = (double)e[m * words + at + w];
        xs_scores s = {one, MODELS, n};
        xs_moment_snr right;
        xs_centered c;
        assert_ok(xs_signal_noise(xs_score_row, &s, MODELS, n, &arena, &right, NULL, &err));
        assert_ok(xs_center(s, &arena, &c, &err));
        assert_int_equal(texts[t].columns, n);
        assert_near(texts[t].signal_raw, right.signal_raw, 1e-11, 1e-15);
        assert_near(texts[t].noise, right.noise, 1e-11, 1e-15);
        assert_near(texts[t].ms_interaction, right.ms_interaction, 1e-10, 1e-15);
        assert_near(texts[t].signal, right.signal, 1e-10, 1e-14);
        assert_near(texts[t].snr, right.snr, 1e-10, 1e-13);
        for (size_t w = 0; w < n; w++) {
            assert_near(mean[at + w], c.mean[w], 1e-14, 1e-15);
            assert_near(variance[at + w], c.ss[w] / (MODELS - 1), 1e-12, 1e-16);
        }
    }
    assert_true(mean[3] >= 0.3f && mean[3] <= 0.3f && !(variance[3] > 0)); // exactly
}

static void as_numpy(void **state) {
    (void)state;
    json_t *golden = json_load_file(TEST_SOURCE_DIR "/tests/stats/golden/wide.json", 0, NULL), *row, *x;
    size_t m, w, n[8], texts = json_array_size(json_object_get(golden, "lengths"));
    json_t *rows = json_object_get(golden, "scores");
    size_t models = json_array_size(rows), columns = json_array_size(json_array_get(rows, 0));
    float *scores = XS_ARENA_ARRAY(&arena, float, models *columns);
    json_array_foreach(rows, m, row) json_array_foreach(row, w, x) scores[m * columns + w] = (float)json_number_value(x);
    json_array_foreach(json_object_get(golden, "lengths"), w, x) n[w] = (size_t)json_integer_value(x);
    double *mean = XS_ARENA_ARRAY(&arena, double, columns), *variance = XS_ARENA_ARRAY(&arena, double, columns);
    xsnr_signal of[8];
    assert_ok(xsnr_moments(scores, models, columns, n, texts, 1, mean, variance, of, &err));
    for (w = 0; w < columns; w++) {
        assert_near(mean[w], json_number_value(json_array_get(json_object_get(golden, "mean"), w)), 1e-13, 1e-16);
        assert_near(variance[w], json_number_value(json_array_get(json_object_get(golden, "variance"), w)), 1e-12, 1e-16);
    }
    for (size_t t = 0; t < texts; t++) {
        const double got[] = {of[t].signal_raw, of[t].noise, of[t].ms_interaction, of[t].signal, of[t].snr};
        for (size_t k = 0; k < 5; k++)
            assert_near(got[k], json_number_value(json_array_get(json_array_get(json_object_get(golden, "texts"), t), k)), 1e-11, 1e-15);
    }
    json_decref(golden);
}

static void any_threads(void **state) {
    (void)state;
    double *of[2][2];
    xs_moment_snr *texts[2];
    for (int k = 0; k < 2; k++) {
        of[k][0] = XS_ARENA_ARRAY(&arena, double, words);
        of[k][1] = XS_ARENA_ARRAY(&arena, double, words);
        texts[k] = XS_ARENA_ARRAY(&arena, xs_moment_snr, TEXTS);
        assert_ok(xs_wide_moments(&(xs_wide){e, MODELS, words, lengths, TEXTS}, k ? 7 : 1, of[k][0], of[k][1], texts[k], &err));
    }
    assert_memory_equal(of[0][0], of[1][0], words * sizeof(double));
    assert_memory_equal(of[0][1], of[1][1], words * sizeof(double));
    assert_memory_equal(texts[0], texts[1], TEXTS * sizeof *texts[0]);
}

// A word's numbers do not depend on where it stands, nor a text's: eight rows at once, and single ones; at the end of the array, and not.
static void anywhere(void **state) {
    (void)state;
    for (size_t models = 8; models <= MODELS; models += MODELS - 8) {
        for (size_t t = TEXTS - 40, at = words; t < TEXTS; t++) {
            size_t n = lengths[t];
            at = 0;
            for (size_t k = 0; k < t; k++) at += lengths[k];
            float *two = malloc(models * (n + 1) * sizeof *two); // exactly: whoever reads behind it is seen
            double *many[2] = {XS_ARENA_ARRAY(&arena, double, words), XS_ARENA_ARRAY(&arena, double, words)}, mean[MOST + 1], variance[MOST + 1];
            xs_moment_snr *texts = XS_ARENA_ARRAY(&arena, xs_moment_snr, TEXTS), of[2];
            assert_non_null(two);
            for (size_t m = 0; m < models; m++)
                for (size_t w = 0; w <= n; w++) two[m * (n + 1) + w] = w ? e[m * words + at + w - 1] : 0;
            assert_ok(xs_wide_moments(&(xs_wide){e, models, words, lengths, TEXTS}, 1, many[0], many[1], texts, &err));
            assert_ok(xs_wide_moments(&(xs_wide){two, models, n + 1, (size_t[]){1, n}, 2}, 1, mean, variance, of, &err));
            assert_memory_equal(mean + 1, many[0] + at, n * sizeof(double));
            assert_memory_equal(variance + 1, many[1] + at, n * sizeof(double));
            assert_memory_equal(&of[1], &texts[t], sizeof of[1]);
            free(two);
        }
        xs_arena_free(&arena);
    }
}

static void no_answer(void **state) {
    (void)state;
    float x[] = {1, 2, 3, 1, 2, 3};
    double mean[3], variance[3];
    xsnr_signal of[2];
    assert_ok(xsnr_moments(x, 1, 3, (size_t[]){3}, 1, 1, mean, variance, of, &err)); // one model
    assert_true(isnan(variance[0]) && isnan(of[0].noise) && isnan(of[0].signal) && isnan(of[0].snr));
    assert_near(of[0].signal_raw, 1, 1e-15, 0);
    assert_ok(xsnr_moments(x, 2, 3, (size_t[]){1, 2}, 2, 1, mean, variance, of, &err)); // one word; models that agree
    assert_true(isnan(of[0].signal_raw) && isnan(of[0].signal) && isnan(of[0].snr));
    assert_true(!(of[1].noise > 0) && isnan(of[1].snr) && !(variance[1] > 0));
    assert_near(of[1].signal, 0.5, 1e-15, 0);
    static const struct {
        size_t lengths[2];
        const char *message;
    } bad[] = {{{1, 1}, "the texts have 2 words, the array 3"},
               {{3, 0}, "text 1 cannot have 0 words: the array has 0 left"},
               {{2, 2}, "text 1 cannot have 2 words: the array has 1 left"}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(xsnr_moments(x, 2, 3, bad[i].lengths, 2, 1, NULL, NULL, of, &err), XSNR_ERR_ARGUMENT);
        assert_string_equal(err.message, bad[i].message);
    }
    assert_int_equal(xsnr_moments(NULL, 2, 3, bad[0].lengths, 2, 1, NULL, NULL, of, &err), XSNR_ERR_ARGUMENT);
    assert_int_equal(xsnr_moments(x, 0, 3, (size_t[]){3}, 1, 1, NULL, NULL, of, &err), XSNR_ERR_ARGUMENT);
    x[4] = NAN;
    assert_int_equal(xsnr_moments(x, 2, 3, (size_t[]){1, 2}, 2, 1, NULL, NULL, of, &err), XSNR_ERR_DATA);
    assert_string_equal(err.message, "the score of model 1, text 1, word 0 (counted from 0) is not a number");
    x[4] = 2, x[0] = INFINITY;
    assert_int_equal(xsnr_moments(x, 2, 3, (size_t[]){1, 2}, 2, 1, NULL, NULL, of, &err), XSNR_ERR_DATA);
    assert_string_equal(err.message, "the score of model 0, text 0, word 0 (counted from 0) is infinite");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_text_by_text), cmocka_unit_test(as_numpy), cmocka_unit_test(any_threads), cmocka_unit_test(anywhere),
                                       cmocka_unit_test(no_answer)};
    return cmocka_run_group_tests(tests, make_array, free_array);
}
