// Variance components of crossed designs against least squares and expected mean squares by NumPy
// (scripts/golden-beyond.py), against textbook one- and two-way forms, and in simulation.
#include "base/random.h"
#include "beyond.h"
#include "stats/sources.h"

static xs_arena arena;
static xsnr_error err;

static void as_numpy(void **state) {
    (void)state;
    double y[24 * 2], want[14], level[72], got[14];
    uint32_t levels[72];
    const json_t *crossed = json_object_get(golden, "crossed");
    xs_design d;
    xs_sources pooled;
    read_numbers(json_object_get(crossed, "y"), y);
    read_numbers(json_object_get(crossed, "components"), want); // (word, set)
    read_numbers(json_object_get(crossed, "level"), level);
    for (int i = 0; i < 72; i++) levels[i] = 10 + 3 * (uint32_t)level[i]; // names do not matter
    assert_ok(xs_find_design(levels, 24, 3, &arena, &d, &err));
    xs_scores s = {y, 24, 2};
    assert_ok(xs_components(&d, s, &arena, got, &err));
    for (int i = 0; i < 14; i++) assert_near(got[i], want[i], 1e-10, 1e-12);
    assert_ok(xs_noise_sources(&d, &s, 1, 200, 1, &arena, &pooled, &err));
    double sum = 0;
    for (int i = 0; i < 7; i++) {
        assert_near(pooled.component[i], (want[i] + want[7 + i]) / 2, 1e-10, 1e-12);
        assert_true(pooled.share_ci[i][0] <= pooled.share_ci[i][1]);
        sum += pooled.share[i];
    }
    assert_near(sum, 1, 1e-12, 0);
}

static void one_factor_is_the_variance(void **state) {
    (void)state;
    double y[] = {1, 4, -2, 3, 3.5}, got, mean = 9.5 / 5, square = 0;
    uint32_t level[] = {4, 2, 9, 1, 7};
    xs_design d;
    for (int i = 0; i < 5; i++) square += (y[i] - mean) * (y[i] - mean);
    assert_ok(xs_find_design(level, 5, 1, &arena, &d, &err));
    assert_ok(xs_components(&d, (xs_scores){y, 5, 1}, &arena, &got, &err));
    assert_near(got, square / 4, 1e-14, 0);
}

// Two-way without replication: σ²_A = (MS_A − MS_AB)/b, as in any textbook.
static void two_factors_by_hand(void **state) {
    (void)state;
    enum { A = 3, B = 4 };
    double y[A * B], row[A] = {0}, column[B] = {0}, grand = 0, ms_a = 0, ms_b = 0, ms_ab = 0, got[3];
    uint32_t level[A * B * 2];
    xs_rng rng = xs_rng_at(3, XS_STREAM_STATS, 0, 0);
    xs_design d;
    for (uint32_t i = 0; i < A * B; i++) {
        y[i] = xs_rng_normal(&rng) + i % B;
        level[2 * i] = i / B;
        level[2 * i + 1] = i % B;
        row[i / B] += y[i] / B;
        column[i % B] += y[i] / A;
        grand += y[i] / (A * B);
    }
    for (int i = 0; i < A; i++) ms_a += B * (row[i] - grand) * (row[i] - grand) / (A - 1);
    for (int j = 0; j < B; j++) ms_b += A * (column[j] - grand) * (column[j] - grand) / (B - 1);
    for (int i = 0; i < A * B; i++) ms_ab += pow(y[i] - row[i / B] - column[i % B] + grand, 2) / ((A - 1) * (B - 1));
    assert_ok(xs_find_design(level, A * B, 2, &arena, &d, &err));
    assert_ok(xs_components(&d, (xs_scores){y, A * B, 1}, &arena, got, &err));
    assert_near(got[0], (ms_a - ms_ab) / B, 1e-12, 0);
    assert_near(got[1], (ms_b - ms_ab) / A, 1e-12, 0);
    assert_near(got[2], ms_ab, 1e-12, 0);
}

// Planted: init 0.5, order 0.2, dropout 0.1, init × order 0.1, the rest 0.1; 5 × 5 × 4 models, 20 words.
static void planted_shares_are_found(void **state) {
    (void)state;
    enum { I = 5, O = 5, D = 4, MODELS = I * O * D, WORDS = 20 };
    static const double truth[7] = {0.5, 0.2, 0.1, 0.1, 0, 0, 0.1}; // init, order, both, dropout, …
    static double e[MODELS * WORDS];
    uint32_t level[MODELS * 3];
    double mean[7] = {0};
    int runs = getenv("XSNR_LONG") ? 400 : 25, covered = 0;
    xs_design d;
    for (uint32_t m = 0; m < MODELS; m++) {
        level[3 * m] = m / (O * D);
        level[3 * m + 1] = m / D % O;
        level[3 * m + 2] = m % D;
    }
    assert_ok(xs_find_design(level, MODELS, 3, &arena, &d, &err));
    for (int r = 0; r < runs; r++) {
        xs_rng rng = xs_rng_at(10, XS_STREAM_STATS, 0, (uint32_t)r);
        for (size_t w = 0; w < WORDS; w++) {
            double init[I], order[O], both[I][O], dropout[D];
            for (int i = 0; i < I; i++) init[i] = sqrt(0.5) * xs_rng_normal(&rng);
            for (int i = 0; i < O; i++) order[i] = sqrt(0.2) * xs_rng_normal(&rng);
            for (int i = 0; i < D; i++) dropout[i] = sqrt(0.1) * xs_rng_normal(&rng);
            for (int i = 0; i < I * O; i++) both[i / O][i % O] = sqrt(0.1) * xs_rng_normal(&rng);
            for (size_t m = 0; m < MODELS; m++) {
                uint32_t i = level[3 * m], o = level[3 * m + 1];
                e[m * WORDS + w] = init[i] + order[o] + both[i][o] + dropout[level[3 * m + 2]] + sqrt(0.1) * xs_rng_normal(&rng);
            }
        }
        xs_sources got;
        xs_scores s = {e, MODELS, WORDS};
        assert_ok(xs_noise_sources(&d, &s, 1, 100, (uint64_t)r, &arena, &got, &err));
        for (int k = 0; k < 7; k++) mean[k] += got.component[k] / runs;
        covered += got.share_ci[0][0] <= 0.5 && 0.5 <= got.share_ci[0][1];
    }
    print_message("init %.3f of 0.5, order %.3f of 0.2, init x order %.3f of 0.1, dropout %.3f of 0.1, rest %.3f of 0.1;"
                  " interval of init's share covers %.0f %%\n",
                  mean[0], mean[1], mean[2], mean[3], mean[6], 100.0 * covered / runs);
    for (int k = 0; k < 7; k++) assert_near(mean[k], truth[k], 0, 0.05);
    xs_arena_free(&arena);
}

static void designs_that_are_none(void **state) {
    (void)state;
    uint32_t missing[] = {0, 0, 0, 1, 1, 0}, twice[] = {0, 0, 0, 1, 1, 0, 1, 0}, constant[] = {0, 1, 0, 2};
    xs_design d;
    assert_int_equal(xs_find_design(missing, 3, 2, &arena, &d, &err), XSNR_ERR_DATA);
    assert_int_equal(xs_find_design(twice, 4, 2, &arena, &d, &err), XSNR_ERR_DATA);
    assert_int_equal(xs_find_design(constant, 2, 2, &arena, &d, &err), XSNR_ERR_DATA);
    assert_int_equal(xs_find_design(constant, 2, 5, &arena, &d, &err), XSNR_ERR_ARGUMENT);
}

static int done(void **state) {
    xs_arena_free(&arena);
    return unload_golden(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_numpy),
        cmocka_unit_test(one_factor_is_the_variance),
        cmocka_unit_test(two_factors_by_hand),
        cmocka_unit_test(planted_shares_are_found),
        cmocka_unit_test(designs_that_are_none),
    };
    return cmocka_run_group_tests(tests, load_golden, done);
}
