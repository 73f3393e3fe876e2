// Distributions against decimal arithmetic and SciPy (scripts/golden-stats.py), and against their own laws.
#include "check.h"
#include "math/distribution.h"
#include <jansson.h>

static json_t *golden;

static int load(void **state) {
    (void)state;
    golden = json_load_file(TEST_SOURCE_DIR "/tests/math/golden/distribution.json", 0, NULL);
    return golden ? 0 : -1;
}

static int unload(void **state) {
    (void)state;
    json_decref(golden);
    return 0;
}

// Rows of arguments and a value, every value to a relative tolerance.
static void check_rows(const char *key, size_t arguments, double (*f)(const double *), double relative) {
    json_t *rows = json_object_get(golden, key), *row;
    size_t i;
    assert_true(json_array_size(rows) > 5);
    json_array_foreach(rows, i, row) {
        double x[4];
        for (size_t k = 0; k <= arguments; k++) x[k] = json_number_value(json_array_get(row, k));
        double got = f(x), want = x[arguments];
        if (!(fabs(got - want) <= relative * fabs(want)))
            fail_msg("%s(%g, %g, %g) = %.17g, expected %.17g", key, x[0], arguments > 1 ? x[1] : 0,
                     arguments > 2 ? x[2] : 0, got, want);
    }
}

static double normal_upper(const double *x) {
    return xs_normal_upper(x[0]);
}
static double normal_quantile(const double *x) {
    return xs_normal_quantile(x[0]);
}
static double t_two_sided(const double *x) {
    return xs_t_two_sided(x[0], x[1]);
}
static double t_quantile(const double *x) {
    return xs_t_quantile(x[0], x[1]);
}
static double f_upper(const double *x) {
    return xs_f_upper(x[0], x[1], x[2]);
}
static double binomial(const double *x) {
    return xs_binomial_cdf(x[0], x[1], x[2]);
}

static void reference_values(void **state) {
    (void)state;
    check_rows("normal_upper", 1, normal_upper, 1e-12);
    check_rows("normal_quantile", 1, normal_quantile, 1e-13);
    check_rows("t_two_sided", 2, t_two_sided, 1e-12);
    check_rows("t_quantile", 2, t_quantile, 1e-12);
    check_rows("f_upper", 3, f_upper, 1e-11);
    check_rows("binomial_cdf", 3, binomial, 1e-12);
}

static void quantiles_invert(void **state) {
    (void)state;
    static const double probabilities[] = {1e-12, 0.001, 0.2, 0.4999, 0.75, 0.975, 0.999999};
    static const double df[] = {0.7, 1, 2, 5, 30.5, 999, 1e6};
    for (size_t i = 0; i < sizeof probabilities / sizeof *probabilities; i++) {
        double p = probabilities[i];
        assert_near(xs_normal_cdf(xs_normal_quantile(p)), p, 1e-13, 0);
        for (size_t k = 0; k < sizeof df / sizeof *df; k++)
            assert_near(xs_t_cdf(xs_t_quantile(p, df[k]), df[k]), p, 1e-12, 0);
    }
    // known in closed form: 1 and 2 degrees of freedom
    assert_near(xs_t_quantile(0.975, 1), tan(0.475 * 3.14159265358979323846), 1e-13, 0);
    assert_near(xs_t_quantile(0.9, 2), 0.8 / sqrt(2 * 0.9 * 0.1), 1e-13, 0);
}

static void laws(void **state) {
    (void)state;
    for (double a = 0.3; a < 40000; a *= 3.7)
        for (double b = 0.4; b < 40000; b *= 4.3)
            for (double x = 0.05; x < 1; x += 0.15) {
                double sum = xs_incomplete_beta(a, b, x, 1 - x) + xs_incomplete_beta(b, a, 1 - x, x);
                assert_near(sum, 1.0, 1e-11, 0);
            }
    assert_near(xs_f_upper(3.7 * 3.7, 1, 17.5), xs_t_two_sided(3.7, 17.5), 1e-13, 0); // F(1, v) is t² of v
    double exact = 0, ways = 1;
    for (int k = 0; k <= 12; k++) { // P(K ≤ k), n = 12, p = ½
        exact += ways / 4096;
        assert_near(xs_binomial_cdf(k, 12, 0.5), exact, 1e-14, 0);
        ways = ways * (12 - k) / (k + 1);
    }
}

static void edges(void **state) {
    (void)state;
    assert_true(xs_f_upper(0, 3, 4) == 1 && xs_f_upper(INFINITY, 3, 4) == 0);
    assert_true(xs_t_two_sided(0, 5) == 1 && xs_t_two_sided(-INFINITY, 5) == 0 && xs_t_cdf(INFINITY, 5) == 1);
    assert_true(xs_t_cdf(0, 5) == 0.5 && xs_t_quantile(0.5, 5) == 0);
    assert_true(xs_normal_quantile(0) == -INFINITY && xs_t_quantile(1, 3) == INFINITY);
    assert_true(xs_binomial_cdf(-1, 4, 0.5) == 0 && xs_binomial_cdf(4, 4, 0.5) == 1 &&
                xs_binomial_cdf(0, 0, 0.5) == 1);
    assert_true(isnan(xs_f_upper(NAN, 3, 4)) && isnan(xs_f_upper(1, 0, 4)) && isnan(xs_f_upper(1, 3, NAN)));
    assert_true(isnan(xs_t_two_sided(1, 0)) && isnan(xs_t_quantile(0.9, 0)) && isnan(xs_t_quantile(1.5, 3)));
    assert_true(isnan(xs_normal_quantile(-0.1)) && isnan(xs_incomplete_beta(1, -1, 0.5, 0.5)));
    double least = xs_f_upper(400, 143 * 0.54, 143 * 199 * 0.54); // far below the smallest double
    assert_true(least >= 0 && least < 1e-300);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reference_values), cmocka_unit_test(quantiles_invert),
                                       cmocka_unit_test(laws), cmocka_unit_test(edges)};
    return cmocka_run_group_tests(tests, load, unload);
}
