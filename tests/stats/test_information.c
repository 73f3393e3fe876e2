// Perceived information against SciPy (scripts/golden-beyond.py), against a slow textbook form, and in a case with a
// closed form: two words, Gaussian scores.
#include "base/random.h"
#include "beyond.h"
#include "stats/information.h"

enum { M = 12, N = 9 };
static xs_arena arena;
static xsnr_error err;

static void as_scipy(void **state) {
    (void)state;
    double e[M * N];
    uint32_t fold[M];
    xs_information got;
    json_t *want = json_object_get(golden, "information");
    read_numbers(json_object_get(golden, "scores"), e);
    for (uint32_t m = 0; m < M; m++) fold[m] = m % 4;
    assert_ok(xs_perceived_information((xs_scores){e, M, N}, 3, fold, 4, true, &arena, &got, &err));
    assert_near(got.gaussian, 1, 1e-15, 0);
    assert_near(got.pi1, json_number_value(json_object_get(want, "pi1")), 1e-10, 0);
    assert_near(got.pi2, json_number_value(json_object_get(want, "pi2")), 1e-10, 0);
    assert_near(got.kde, json_number_value(json_object_get(want, "kde")), 1e-10, 0);
}

// Word 1 with density N(0,1), word 2 with N(d,1): 1 − E log2(1 + exp(−d²/2 + d z)), by Simpson's rule.
static double true_information(double d) {
    double sum = 0;
    for (int i = 0; i <= 4000; i++) {
        double z = -10 + i * 0.005, f = exp(-0.5 * z * z) / sqrt(2 * acos(-1)) * log2(1 + exp(d * z - 0.5 * d * d));
        sum += f * (i == 0 || i == 4000 ? 1 : i % 2 ? 4 : 2);
    }
    return 1 - sum * 0.005 / 3;
}

static void converges_from_below(void **state) {
    (void)state;
    static const size_t sizes[] = {10, 40, 200};
    static double e[2 * 200];
    static uint32_t fold[200];
    double truth = true_information(1.5), last = -1;
    int runs = getenv("XSNR_LONG") ? 1000 : 60;
    for (size_t k = 0; k < 3; k++) {
        double mean[3] = {0};
        for (int r = 0; r < runs; r++) {
            xs_rng rng = xs_rng_at(8, XS_STREAM_STATS, (uint32_t)k, (uint32_t)r);
            xs_information got;
            for (size_t i = 0; i < 2 * sizes[k]; i++) e[i] = xs_rng_normal(&rng) + (i % 2 ? 1.5 : 0);
            xs_draw_folds((uint64_t)r, sizes[k], 10, fold);
            assert_ok(xs_perceived_information((xs_scores){e, sizes[k], 2}, 0, fold, 10, true, &arena, &got, &err));
            mean[0] += got.pi1 / runs;
            mean[1] += got.pi2 / runs;
            mean[2] += got.kde / runs;
        }
        print_message("%3zu models: pi1 %.4f, pi2 %.4f, kde %.4f of %.4f bits\n", sizes[k], mean[0], mean[1], mean[2], truth);
        for (int i = 0; i < 3; i++) assert_true(mean[i] < truth + 0.02); // room for chance
        assert_true(mean[0] > last);
        last = mean[0];
    }
    assert_true(last > truth - 0.02);
    xs_arena_free(&arena);
}

static void variances_inform_the_second_order(void **state) {
    (void)state; // two words of the same mean: only the variance tells them apart
    static double e[2 * 200];
    uint32_t fold[200];
    xs_information got;
    xs_rng rng = xs_rng_at(9, XS_STREAM_STATS, 0, 0);
    for (size_t i = 0; i < 400; i++) e[i] = xs_rng_normal(&rng) * (i % 2 ? 4 : 1);
    xs_draw_folds(1, 200, 10, fold);
    assert_ok(xs_perceived_information((xs_scores){e, 200, 2}, 0, fold, 10, true, &arena, &got, &err));
    assert_true(got.pi1 < 0.01 && got.pi2 > 0.2 && got.kde > 0.2);
    for (size_t i = 0; i < 400; i += 2) e[i] = 1; // a constant word
    assert_ok(xs_perceived_information((xs_scores){e, 200, 2}, 0, fold, 10, true, &arena, &got, &err));
    assert_true(isfinite(got.pi2) && isfinite(got.kde));
    for (size_t i = 1; i < 400; i += 2) e[i] = 2; // no noise
    assert_ok(xs_perceived_information((xs_scores){e, 200, 2}, NAN, fold, 10, true, &arena, &got, &err));
    assert_true(isnan(got.gaussian) && isnan(got.pi1) && isnan(got.pi2) && isnan(got.kde));
    assert_ok(xs_perceived_information((xs_scores){e, 200, 1}, 0, fold, 10, true, &arena, &got, &err));
    assert_true(isnan(got.pi1));
}

static int done(void **state) {
    xs_arena_free(&arena);
    return unload_golden(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_scipy),
        cmocka_unit_test(converges_from_below),
        cmocka_unit_test(variances_inform_the_second_order),
    };
    return cmocka_run_group_tests(tests, load_golden, done);
}
