// Inputs that have no answer, or only some: NaN where a number is undefined, an error where input is wrong.
#include "check.h"
#include "stats/analysis.h"
#include "stats/parts.h"

static xs_arena arena;

static xs_text_result analyze(const double *e, size_t models, size_t words) {
    xsnr_error err = {0};
    xs_text_result r = {.n_words = words};
    assert_ok(xs_analyze_text((xs_scores){e, models, words}, 0.9, 1, &arena, &r, &err));
    return r;
}

static void never_infinite(const void *numbers, size_t bytes) {
    for (size_t i = 0; i + sizeof(double) <= bytes; i += sizeof(double)) {
        double x;
        memcpy(&x, (const char *)numbers + i, sizeof x);
        assert_true(!isinf(x));
    }
}

static void check_no_infinity(const xs_text_result *r) {
    never_infinite(&r->snr.signal_raw, offsetof(xs_snr, no_signal) - offsetof(xs_snr, signal_raw));
    never_infinite(&r->order2.signal_raw, sizeof r->order2 - offsetof(xs_moment_snr, signal_raw));
    never_infinite(&r->order3.signal_raw, sizeof r->order2 - offsetof(xs_moment_snr, signal_raw));
    never_infinite(&r->order4.signal_raw, sizeof r->order2 - offsetof(xs_moment_snr, signal_raw));
    never_infinite(&r->bivariate_window5.signal_raw, sizeof r->order2 - offsetof(xs_moment_snr, signal_raw));
    never_infinite(&r->agreement, sizeof r->agreement);
    for (size_t w = 0; w < r->n_words; w++) never_infinite(&r->word[w], sizeof *r->word);
}

static void not_finite(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *message;
    } bad[] = {
        {NAN, "the score of model 1, word 2 (counted from 0) is NaN; every score must be a finite number"},
        {INFINITY,
         "the score of model 1, word 2 (counted from 0) is infinite; every score must be a finite number"},
        {-INFINITY,
         "the score of model 1, word 2 (counted from 0) is infinite; every score must be a finite number"},
    };
    for (size_t i = 0; i < 3; i++) {
        double e[6] = {1, 2, 3, 4, 5, bad[i].value};
        xsnr_error err = {0};
        xs_text_result r = {.n_words = 3};
        size_t zero_rows;
        assert_int_equal(xs_analyze_text((xs_scores){e, 2, 3}, 0.9, 1, &arena, &r, &err), XSNR_ERR_DATA);
        assert_string_equal(err.message, bad[i].message);
        err = (xsnr_error){0};
        assert_int_equal(xs_normalize(e, 2, 3, XS_NORM_L1, false, &zero_rows, &err), XSNR_ERR_DATA);
        assert_string_equal(err.message, bad[i].message);
        assert_true(e[0] == 1); // untouched
    }
    xsnr_error err = {0};
    xs_text_result r = {0};
    assert_int_equal(xs_analyze_text((xs_scores){(double[]){1}, 1, 1}, 1, 1, &arena, &r, &err),
                     XSNR_ERR_ARGUMENT);
}

static void one_model(void **state) {
    (void)state;
    double e[] = {1, -2, 4};
    xs_text_result r = analyze(e, 1, 3);
    assert_near(r.snr.signal_raw, 9, 1e-15, 0);
    assert_true(isnan(r.snr.noise) && isnan(r.snr.signal) && isnan(r.snr.snr) && isnan(r.snr.f_p) &&
                isnan(r.snr.icc));
    assert_true(isnan(r.snr.snr_ci[0]) && isnan(r.snr.models_needed) && isnan(r.snr.gaussian_bits));
    assert_false(r.snr.no_signal);
    assert_true(r.word[0].mean == 1 && r.word[0].median == 1 && r.word[1].sign_stability == 1);
    assert_true(isnan(r.word[0].sd) && isnan(r.word[0].ci[0]) && isnan(r.word[0].p) &&
                isnan(r.word[0].skewness));
    assert_true(isnan(r.agreement.pearson) && isnan(r.agreement.split_half) &&
                isnan(r.agreement.jaccard_top5_abs));
    assert_true(isfinite(r.agreement.entropy_nats));
    check_no_infinity(&r);
}

static void one_word(void **state) {
    (void)state;
    double e[] = {1, 2, 3, 6};
    xs_text_result r = analyze(e, 4, 1);
    assert_near(r.snr.noise, 14.0 / 3, 1e-15, 0);
    assert_true(isnan(r.snr.signal_raw) && isnan(r.snr.signal) && isnan(r.snr.snr) && isnan(r.snr.f));
    assert_true(r.word[0].mean == 3 && r.word[0].p > 0 && r.word[0].p_adjusted == r.word[0].p);
    assert_true(isnan(r.bivariate_window5.snr) && r.bivariate_window5.columns == 0 &&
                isnan(r.agreement.spearman));
    check_no_infinity(&r);
}

static void no_models_or_words(void **state) {
    (void)state;
    xs_text_result r = analyze(NULL, 0, 3);
    assert_true(isnan(r.snr.snr) && isnan(r.word[2].mean) && isnan(r.word[2].p_adjusted));
    r = analyze(NULL, 3, 0);
    assert_true(isnan(r.snr.snr) && isnan(r.agreement.entropy_nats));
}

static void no_noise(void **state) { // every model says the same
    (void)state;
    double e[5 * 4];
    for (size_t i = 0; i < 20; i++) e[i] = 0.1 * (double)(i % 4) + 0.1; // sums of 0.1 that round
    xs_text_result r = analyze(e, 5, 4);
    assert_true(r.snr.noise == 0 && r.snr.ms_interaction == 0 && r.snr.signal > 0);
    assert_true(isnan(r.snr.snr) && isnan(r.snr.snr_raw) && isnan(r.snr.f) && isnan(r.snr.f_p) &&
                isnan(r.snr.snr_ci[1]));
    assert_true(isnan(r.word[1].snr) && isnan(r.word[1].p) && isnan(r.word[1].skewness) && r.word[1].sd == 0);
    assert_true(r.word[1].ci[0] == r.word[1].mean && r.word[1].ci[1] == r.word[1].mean);
    assert_true(isnan(r.order2.snr) && r.order3.columns == 0 && isnan(r.agreement.participation_ratio));
    assert_near(r.agreement.pearson, 1, 1e-14, 0);
    assert_near(r.agreement.leave_one_out_correlation, 1, 1e-14, 0);
    assert_near(r.agreement.split_half, 1, 1e-14, 0);
    check_no_infinity(&r);
}

static void
constant_word(void **state) { // one word is the same in all models: only its own numbers are undefined
    (void)state;
    double e[] = {0.3, 1, 2, 0.3, 3, 1, 0.3, 2, 4, 0.3, 5, 3};
    xs_text_result r = analyze(e, 4, 3);
    assert_true(isnan(r.word[0].snr) && isnan(r.word[0].p_adjusted) && r.word[0].sd == 0);
    assert_true(isfinite(r.word[1].p_adjusted) && isfinite(r.snr.snr) && isfinite(r.snr.snr_ci[0]));
    assert_true(r.order2.columns == 3 && r.order3.columns == 2 && isfinite(r.order3.snr));
    check_no_infinity(&r);
}

static void all_zero(void **state) {
    (void)state;
    double e[12] = {0}, some[] = {0, 0, 0, 1, 2, -1, 2, 1, 0, 1, 3, 0};
    xs_text_result r = analyze(e, 3, 4);
    assert_true(r.snr.signal_raw == 0 && r.snr.noise == 0 && isnan(r.snr.snr) && r.snr.no_signal);
    assert_true(isnan(r.agreement.pearson) && isnan(r.agreement.entropy_nats) &&
                isnan(r.agreement.jaccard_top5_abs));
    check_no_infinity(&r);
    r = analyze(some, 4, 3); // a row of zeros agrees with nobody, and is left out of what is undefined for it
    assert_true(isfinite(r.agreement.pearson) && isfinite(r.agreement.kendall_tau_b_first12) &&
                isfinite(r.snr.snr));
    check_no_infinity(&r);
}

static void only_shift(void **state) { // models differ by a constant: noise, but no interaction
    (void)state;
    double e[] = {1, 2, 4, 2, 3, 5, 5, 6, 8};
    xs_text_result r = analyze(e, 3, 3);
    assert_true(r.snr.noise > 0 && isfinite(r.snr.snr));
    assert_near(r.snr.ms_interaction, 0, 0, 1e-28);
    assert_near(r.snr.noise_shift, r.snr.noise, 1e-14, 0);
    check_no_infinity(&r);
}

static void two_models(void **state) {
    (void)state;
    double e[] = {1, 2, 4, 2, 1, 5};
    xs_text_result r = analyze(e, 2, 3);
    assert_true(isfinite(r.snr.snr) && isnan(r.snr.snr_ci[0]) && isnan(r.order2.snr) &&
                isnan(r.bivariate_window5.snr));
    check_no_infinity(&r);
}

static void extreme_sizes(void **state) {
    (void)state;
    static const double sizes[] = {1e-300, 1e-160, 1e-70, 1e69, 1e160};
    for (size_t i = 0; i < 5; i++) {
        double e[] = {1, 2, 4, 2, 1, 5, 1, 1, 7, 2, 2, 4};
        for (size_t k = 0; k < 12; k++) e[k] *= sizes[i];
        if (sizes[i] > 1e70) { // a square is no number any more: refused, not answered with infinity
            xsnr_error err = {0};
            xs_text_result r = {.n_words = 3};
            assert_int_equal(xs_analyze_text((xs_scores){e, 4, 3}, 0.9, 1, &arena, &r, &err), XSNR_ERR_DATA);
            assert_string_equal(err.message,
                                "the score of model 0, word 0 (counted from 0) is 1e+160; scores beyond "
                                "1e+70 overflow: normalise or rescale");
            continue;
        }
        xs_text_result r = analyze(e, 4, 3);
        check_no_infinity(&r);
        if (sizes[i] < 1e-100)
            assert_true(isnan(r.snr.snr)); // squares vanish: undefined
        else {
            assert_near(r.snr.snr, 4.25, 1e-12, 0);
            assert_true(r.snr.greenhouse_geisser > 0.5);
        }
    }
}

static void no_signal_is_flagged(void **state) {
    (void)state;
    double e[] = {1, -1, 0, -1, 1, 0, 1, -1, 0.5, -1, 1, -0.5};
    xs_text_result r = analyze(e, 4, 3);
    assert_true(r.snr.signal < 0 && r.snr.snr < 0 && r.snr.no_signal); // reported as it is
    assert_true(r.snr.signal_raw >= 0 && r.snr.gaussian_bits == 0 && isnan(r.snr.models_needed));
}

// Models that are multiples of each other are the same once normalised, whatever rounding leaves; a difference that the numbers can
// hold is one.
static void rounding_is_no_noise(void **state) {
    (void)state;
    static const double scale[] = {1, 3, 7, 1.1, 13.7}, word[] = {.1, .25, .33, -.7, .9};
    double e[25];
    for (int m = 0; m < 5; m++) {
        double sum = 0;
        for (int w = 0; w < 5; w++) sum += fabs(scale[m] * word[w]);
        for (int w = 0; w < 5; w++) e[m * 5 + w] = scale[m] * word[w] / sum;
    }
    xs_text_result r = analyze(e, 5, 5);
    assert_true(r.snr.noise == 0 && r.snr.signal > 0 && isnan(r.snr.snr) && isnan(r.snr.f_p) && r.word[1].sd == 0);
    for (int i = 0; i < 25; i++) e[i] += i % 3 * 1e-13;
    r = analyze(e, 5, 5);
    assert_true(r.snr.noise > 1e-27 && r.snr.snr > 1e20);
}

static int release(void **state) {
    (void)state;
    xs_arena_free(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_finite),
        cmocka_unit_test(one_model),
        cmocka_unit_test(one_word),
        cmocka_unit_test(no_models_or_words),
        cmocka_unit_test(no_noise),
        cmocka_unit_test(constant_word),
        cmocka_unit_test(all_zero),
        cmocka_unit_test(only_shift),
        cmocka_unit_test(two_models),
        cmocka_unit_test(extreme_sizes),
        cmocka_unit_test(no_signal_is_flagged),
        cmocka_unit_test(rounding_is_no_noise),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
