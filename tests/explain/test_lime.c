// LIME against scikit-learn on the same texts (scripts/golden-lime.py), against the regression written out with its
// intercept, and its laws.
//
// The model here is a function of the words that are there, and keeps what it was asked.
#include "base/random.h"
#include "check.h"
#include "explain/explainer.h"
#include "math/cholesky.h"
#include "registry.h"
#include <jansson.h>

enum { MOST = 2000, WORDS = 700 };

static xsnr_error err;
static uint8_t asked[MOST][WORDS];
static double said[MOST];
static size_t n_asked;
static bool additive;

static const double weight[] = {0.5, -1.25, 0, 3, 1e-3, -0.75, 2};

// A random number for every coalition; or 0.3 + Σ weights.
static int predict(const void *shared, const void *model, const xs_document *doc, const uint8_t *present, size_t count,
                   xs_removal removal, xs_arena *scratch, double *logits, xsnr_error *e) {
    (void)shared, (void)model, (void)removal, (void)scratch, (void)e;
    for (size_t i = 0; i < count; i++, n_asked++) {
        double v = 0.3;
        uint32_t name = 0;
        for (uint32_t w = 0; w < doc->n_words; w++) {
            asked[n_asked][w] = present[i * doc->n_words + w];
            v += asked[n_asked][w] ? weight[w % 7] : 0;
            name = name * 31 + (asked[n_asked][w] ? w + 1 : 0);
        }
        xs_rng rng = xs_rng_at(1, XS_STREAM_STATS, name, 0);
        if (!additive) v = floor(1000 * xs_rng_uniform(&rng)) / 1000; // three digits: to be written down elsewhere
        logits[2 * i + 1] = said[n_asked] = v;
        logits[2 * i] = -v;
    }
    return XSNR_OK;
}

static xs_link link_of(const void *shared) {
    (void)shared;
    return XS_LINK_PAIR;
}

static const xs_family family = {.name = "game", .provides = XS_PREDICTS, .predict = predict, .link = link_of};
static double scores[WORDS], errors[WORDS];

static int explain(uint32_t n, uint64_t seed, const char *options) {
    const xs_explainer *method;
    xs_settings settings;
    xs_arena arena = {0};
    char spec[200];
    n_asked = 0;
    snprintf(spec, sizeof spec, "lime:%s", options);
    assert_ok(xs_explainer_parse(spec, &method, &settings, &err));
    xs_document doc = {.id = "text", .text = "", .n_words = n, .label = -1};
    xs_subject subject = {.family = &family, .classes = 2};
    xs_explanation e = {.scores = scores, .standard_error = errors};
    int rc = xs_explain(method, &settings, &subject, &(xs_task){&doc, 1, seed}, 1, &arena, &e, &err);
    xs_settings_free(&settings);
    xs_arena_free(&arena);
    return rc;
}

// The normal equations with the intercept as a column of ones, without penalty, by Gauss and Jordan.
static void written_out(uint32_t n, double width, double ridge, double *beta) {
    size_t m = n + 1;
    double *a = calloc(m * (m + 1), sizeof *a);
    for (size_t s = 0; s < n_asked; s++) {
        double there = 0, z[WORDS + 2];
        for (uint32_t w = 0; w < n; w++) there += z[w] = asked[s][w];
        z[n] = 1, z[n + 1] = said[s];
        double d = 1 - there / (sqrt(there) * sqrt(n));
        if (there == 0) d = 1;
        double k = exp(-0.5 * d * d / (width * width));
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j <= m; j++) a[i * (m + 1) + j] += k * z[i] * z[j];
    }
    for (uint32_t w = 0; w < n; w++) a[w * (m + 1) + w] += ridge;
    for (size_t i = 0; i < m; i++) {
        size_t best = i;
        for (size_t r = i; r < m; r++) if (fabs(a[r * (m + 1) + i]) > fabs(a[best * (m + 1) + i])) best = r;
        for (size_t j = 0; j <= m; j++) {
            double t = a[i * (m + 1) + j];
            a[i * (m + 1) + j] = a[best * (m + 1) + j], a[best * (m + 1) + j] = t;
        }
        for (size_t r = 0; r < m; r++) {
            double f = r == i ? 0 : a[r * (m + 1) + i] / a[i * (m + 1) + i];
            for (size_t j = 0; j <= m; j++) a[r * (m + 1) + j] -= f * a[i * (m + 1) + j];
        }
    }
    for (uint32_t w = 0; w < n; w++) beta[w] = a[w * (m + 1) + m] / a[w * (m + 1) + w];
    free(a);
}

static void test_regression(void **state) {
    (void)state;
    double beta[WORDS];
    static const struct {
        uint32_t n;
        const char *options;
        double width, ridge;
    } cases[] = {{5, "samples=60", 0.25, 1}, {12, "samples=300,width=0.5,ridge=0.01", 0.5, 0.01}, {1, "samples=10", 0.25, 1},
                 {40, "samples=20,ridge=2", 0.25, 2}, {30, "samples=30", 0.25, 1}}; // more words than texts: the dual form
    additive = false;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(explain(cases[i].n, 7, cases[i].options));
        for (uint32_t w = 0; w < cases[i].n; w++) assert_true(asked[0][w] == 1); // the text itself is asked first
        written_out(cases[i].n, cases[i].width, cases[i].ridge, beta);
        for (uint32_t w = 0; w < cases[i].n; w++) assert_near(scores[w], beta[w], 1e-8, 1e-9);
    }
}

static double real(const json_t *object, const char *key) { return json_number_value(json_object_get(object, key)); }

// The same texts, what was said of them, and what scikit-learn makes of it.
static void test_golden(void **state) {
    (void)state;
    json_error_t e;
    json_t *root = json_load_file(TEST_SOURCE_DIR "/tests/explain/golden/lime.json", 0, &e), *golden;
    if (!root) fail_msg("lime.json:%d: %s", e.line, e.text);
    size_t i, cases = 0;
    additive = false;
    json_array_foreach(json_object_get(root, "cases"), i, golden) {
        char options[100];
        uint32_t n = (uint32_t)real(golden, "words"), samples = (uint32_t)real(golden, "samples");
        double there = 0, v = 0;
        snprintf(options, sizeof options, "samples=%u,width=%g,ridge=%g", samples, real(golden, "width"), real(golden, "ridge"));
        assert_ok(explain(n, (uint64_t)json_integer_value(json_object_get(golden, "seed")), options));
        assert_int_equal(n_asked, samples);
        for (size_t s = 0; s < n_asked; s++) {
            for (uint32_t w = 0; w < n; w++) there += asked[s][w];
            v += said[s];
        }
        assert_near(there, real(golden, "masks_sum"), 0, 0);
        assert_near(v, real(golden, "said_sum"), 0, 1e-9);
        const json_t *coefficient = json_object_get(golden, "scores"), *error = json_object_get(golden, "standard_error");
        assert_int_equal(json_array_size(coefficient), n);
        for (uint32_t w = 0; w < n; w++) {
            assert_near(scores[w], json_number_value(json_array_get(coefficient, w)), 1e-7, 1e-9);
            assert_near(errors[w], json_number_value(json_array_get(error, w)), 1e-7, 1e-9);
        }
        cases++;
    }
    assert_int_equal(cases, 6);
    json_decref(root);
}

// A sum of words is found, whatever else; a word that never matters gets 0.
static void test_sums(void **state) {
    (void)state;
    additive = true;
    assert_ok(explain(7, 3, "samples=100,ridge=1e-9"));
    for (int w = 0; w < 7; w++) {
        assert_near(scores[w], weight[w], 1e-6, 1e-8);
        assert_near(errors[w], 0, 0, 1e-7);
    }
    assert_ok(explain(7, 3, "samples=100,ridge=1e-9,output=logit,removal=mask"));
    assert_near(scores[2], 0, 0, 1e-8);
    assert_ok(explain(7, 3, "samples=400,ridge=1e-9,repeats=3"));
    for (int w = 0; w < 7; w++) assert_near(scores[w], weight[w], 1e-6, 1e-8);
}

// What it says of its own errors is what its seeds do.
static void test_errors(void **state) {
    (void)state;
    enum { RUNS = 300, N = 6 };
    double mean[N] = {0}, squares[N] = {0}, claimed = 0, seen = 0;
    additive = false;
    for (int r = 0; r < RUNS; r++) {
        assert_ok(explain(N, 100 + (uint64_t)r, "samples=120,ridge=1e-6,width=1"));
        for (int w = 0; w < N; w++) {
            double from = scores[w] - mean[w];
            mean[w] += from / (r + 1);
            squares[w] += from * (scores[w] - mean[w]);
            claimed += errors[w] * errors[w] / RUNS;
        }
    }
    for (int w = 0; w < N; w++) seen += squares[w] / (RUNS - 1);
    if (!(claimed > 0.8 * seen && claimed < 1.25 * seen)) fail_msg("claimed variance %g, seen %g", claimed, seen);
}

static void test_seeds(void **state) {
    (void)state;
    double first[8];
    additive = false;
    assert_ok(explain(8, 5, ""));
    assert_int_equal(n_asked, 500);
    memcpy(first, scores, sizeof first);
    assert_ok(explain(8, 5, ""));
    assert_memory_equal(first, scores, sizeof first);
    assert_ok(explain(8, 6, ""));
    assert_memory_not_equal(first, scores, sizeof first);
    assert_ok(explain(0, 5, "")); // a text without words
    assert_int_equal(n_asked, 1);
}

static void test_cholesky(void **state) {
    (void)state;
    double a[9] = {4, 0, 0, 2, 5, 0, -2, 1, 6}, x[3] = {2, 3, 8}; // x from (1, 0.2, ...): checked by multiplication
    const double full[9] = {4, 2, -2, 2, 5, 1, -2, 1, 6}, b[3] = {2, 3, 8};
    assert_true(xs_cholesky(3, a));
    xs_cholesky_solve(3, a, x);
    for (int i = 0; i < 3; i++) assert_near(full[3 * i] * x[0] + full[3 * i + 1] * x[1] + full[3 * i + 2] * x[2], b[i], 1e-12, 0);
    double singular[4] = {1, 0, 2, 4}, negative[4] = {1, 0, 3, 4}, none[1] = {0};
    assert_false(xs_cholesky(2, singular));
    assert_false(xs_cholesky(2, negative));
    assert_false(xs_cholesky(1, none));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden), cmocka_unit_test(test_regression), cmocka_unit_test(test_sums), cmocka_unit_test(test_errors),
                                       cmocka_unit_test(test_seeds), cmocka_unit_test(test_cholesky)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
