// Scores of tokens become scores of words: by hand, token by token.
#include "check.h"
#include "explain/tokens.h"

// Five words: one of three tokens, one of one, two that share a token, one without (beyond the model's length).  The first
// and the last token are the template's.  The text is the second of two.
enum { T = 7, N = 5, BEFORE = 3 };
static const double tokens[T] = {5, 1, -4, 2, 3, -2, -7};
static const bool special[T] = {true, false, false, false, false, false, true};
static const xs_token_words words[T] = {{0, 0}, {0, 1}, {0, 1}, {0, 1}, {1, 1}, {2, 2}, {0, 1}}; // an id's own word may be special

static xsnr_error err;
static double scores[N], errors[N];

static int join(const char *how, const double *x, xs_explanation *out) {
    static const xs_param params[] = {XS_WORDS_PARAM, {NULL, 0, NULL, 0, 0, NULL, NULL}};
    static const size_t begin[] = {0, BEFORE, BEFORE + T};
    static const uint32_t id[BEFORE + T];
    bool all_special[BEFORE + T] = {0};
    xs_token_words all_words[BEFORE + T] = {{0, 0}};
    memcpy(all_special + BEFORE, special, sizeof special);
    memcpy(all_words + BEFORE, words, sizeof words);
    xs_inputs in = {.texts = 2, .tokens = BEFORE + T, .width = 1, .begin = begin, .id = id, .special = all_special, .words = all_words};
    xs_document doc = {.id = "t", .text = "", .n_words = N, .label = -1};
    xs_settings settings;
    assert_ok(xs_settings_init(&settings, params, &err));
    assert_ok(xs_settings_set(&settings, "words", how, NULL, 0, &err));
    for (int w = 0; w < N; w++) scores[w] = errors[w] = 99;
    *out = (xs_explanation){.scores = scores, .standard_error = errors};
    int rc = xs_tokens_to_explanation(&settings, &in, 1, &doc, x, out, &err);
    xs_settings_free(&settings);
    return rc;
}

static void test_joined(void **state) {
    (void)state;
    static const struct {
        const char *how;
        double expected[N];
    } cases[] = {
        {"sum", {-1, 3, -1, -1, 0}},
        {"mean", {-1.0 / 3, 3, -1, -1, 0}},
        {"max_abs", {-4, 3, -1, -1, 0}},
        {"first", {1, 3, -1, -1, 0}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        xs_explanation e;
        assert_ok(join(cases[k].how, tokens, &e));
        for (int w = 0; w < N; w++) {
            assert_near(scores[w], cases[k].expected[w], 1e-15, 1e-15);
            assert_true(errors[w] == 0);
        }
        assert_near(e.outside, 12.0 / 24, 1e-15, 0); // 5 and −7 of Σ|·| = 24
        assert_int_equal(e.n_tokens, T);
        assert_ptr_equal(e.tokens, tokens); // raw, as they came
    }
}

static void test_edges(void **state) {
    (void)state;
    double x[T] = {0};
    xs_explanation e;
    assert_ok(join("sum", x, &e));
    assert_true(e.outside == 0); // nothing of nothing
    x[0] = 2;
    assert_ok(join("max_abs", x, &e));
    assert_true(e.outside == 1);
    for (int w = 0; w < N; w++) assert_true(scores[w] == 0);
    x[4] = NAN;
    assert_int_equal(join("sum", x, &e), XSNR_ERR_NUMERIC);
    assert_string_equal(err.message, "text 't': the score of a token is not a number; did the training diverge?");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_joined), cmocka_unit_test(test_edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
