// The recentred bootstrap: resamples against section 2 done on the rows drawn, coverage by simulation; and the bias of the
// ratio, with and without the jackknife's correction.
#include "base/random.h"
#include "check.h"
#include "stats/bootstrap.h"
#include "stats/order.h"

enum { WORDS = 30 };
static xs_arena arena;
static xsnr_error err;

static double snr_of(const double *e, size_t models, size_t words) {
    xs_scores s = {e, models, words};
    xs_moment_snr out;
    assert_ok(xs_signal_noise(xs_score_row, &s, models, words, &arena, &out, NULL, &err));
    return out.snr;
}

static void resamples_are_rows_drawn_again(void **state) {
    (void)state;
    enum { M = 9, N = 6, B = 50, DRAW = 8 };
    double e[M * N], rows[M * N], want[B], got[B], interval[2], mean = 0;
    xs_rng rng = xs_rng_at(20, XS_STREAM_STATS, 0, 0);
    xs_centered c;
    for (int i = 0; i < M * N; i++) e[i] = 5 + xs_rng_normal(&rng) + i % N;
    for (uint32_t b = 0; b < B; b++) {
        rng = xs_rng_at(3, XS_STREAM_STATS, DRAW, b);
        for (size_t m = 0; m < M; m++) memcpy(rows + m * N, e + xs_rng_below(&rng, M) * N, N * sizeof *e);
        want[b] = snr_of(rows, M, N);
        mean += want[b] / B;
    }
    double wider = sqrt(9.0 / 8) * 2.306004135204166 / 1.959963984540054; // Student's t at 8 degrees of freedom (SciPy)
    for (int b = 0; b < B; b++) want[b] = snr_of(e, M, N) + wider * (want[b] - mean);
    xs_sort(want, B);
    assert_ok(xs_center((xs_scores){e, M, N}, &arena, &c, &err));
    assert_ok(xs_bootstrap_interval(&c, 1, B, 3, &arena, interval, got, &err));
    for (int b = 0; b < B; b++) assert_near(got[b], want[b], 1e-10, 1e-12);
    assert_near(interval[0], xs_quantile(want, B, 0.025), 1e-10, 0);
    c.models = 2;
    assert_ok(xs_bootstrap_interval(&c, 1, B, 3, &arena, interval, NULL, &err));
    assert_true(isnan(interval[0]));
}

// Residuals: independent normal; Student's t at 5 degrees of freedom; with a shift of all words of a model; their sum zero.
typedef enum residuals { GAUSSIAN, HEAVY, SHIFTED, TRADING, RESIDUALS } residuals;
static const char *const names[RESIDUALS] = {"gaussian", "heavy-tailed", "shifted", "trading"};
static const double noise_of[RESIDUALS] = {1, 1, 5, 1 - 1.0 / WORDS};

static double heavy(xs_rng *rng) {
    double z = xs_rng_normal(rng), square = 0;
    for (int i = 0; i < 5; i++) square += pow(xs_rng_normal(rng), 2);
    return z * sqrt(3 / square);
}

static void draw_kind(residuals kind, double *e, size_t models, double snr, xs_rng *rng) {
    double mu[WORDS], mean = 0, square = 0;
    for (size_t w = 0; w < WORDS; w++) mean += (mu[w] = sin(1.7 * (double)w)) / WORDS;
    for (size_t w = 0; w < WORDS; w++) square += (mu[w] - mean) * (mu[w] - mean) / (WORDS - 1);
    for (size_t m = 0; m < models; m++) {
        double *row = e + m * WORDS, own = 0, shift = kind == SHIFTED ? 2 * xs_rng_normal(rng) : 0;
        for (size_t w = 0; w < WORDS; w++) own += (row[w] = kind == HEAVY ? heavy(rng) : xs_rng_normal(rng)) / WORDS;
        for (size_t w = 0; w < WORDS; w++)
            row[w] += (mu[w] - mean) * sqrt(snr * noise_of[kind] / square) + (kind == TRADING ? -own : shift);
    }
}

static void draw(double *e, size_t models, double snr, xs_rng *rng) {
    double mu[WORDS], mean = 0, square = 0;
    for (size_t w = 0; w < WORDS; w++) mean += (mu[w] = sin(1.7 * (double)w)) / WORDS;
    for (size_t w = 0; w < WORDS; w++) square += (mu[w] - mean) * (mu[w] - mean) / (WORDS - 1);
    for (size_t i = 0; i < models * WORDS; i++) e[i] = (mu[i % WORDS] - mean) * sqrt(snr / square) + xs_rng_normal(rng);
}

static void covers(void **state) {
    (void)state;
    static double e[50 * WORDS];
    static const double ratios[] = {0.05, 0.5};
    int runs = getenv("XSNR_LONG") ? 3000 : 200;
    for (size_t models = 20; models <= 50; models += 30)
        for (size_t q = 0; q < 2; q++) {
            int covered = 0;
            for (int r = 0; r < runs; r++) {
                xs_rng rng = xs_rng_at(21, XS_STREAM_STATS, (uint32_t)(models * 2 + q), (uint32_t)r);
                double interval[2];
                xs_centered c;
                xs_arena_mark mark = xs_arena_save(&arena);
                draw(e, models, ratios[q], &rng);
                assert_ok(xs_center((xs_scores){e, models, WORDS}, &arena, &c, &err));
                assert_ok(xs_bootstrap_interval(&c, 1, 300, (uint64_t)r, &arena, interval, NULL, &err));
                covered += interval[0] <= ratios[q] && ratios[q] <= interval[1];
                xs_arena_rewind(&arena, mark);
            }
            print_message("M = %2zu, SNR %.2f: the bootstrap covers %.1f %%\n", models, ratios[q], 100.0 * covered / runs);
            assert_true(covered > 0.88 * runs); // near no signal it is wide, as the jackknife is: the statistic degenerates
            if (ratios[q] > 0.1) assert_true(covered < 0.99 * runs);
        }
}

// At 100 models, and for residuals of every kind.
static void covers_any_residuals(void **state) {
    (void)state;
    static double e[100 * WORDS];
    int runs = getenv("XSNR_LONG") ? 2000 : 100;
    for (int kind = 0; kind < RESIDUALS; kind++)
        for (size_t models = 20; models <= 100; models += 80) {
            int covered = 0;
            for (int r = 0; r < runs; r++) {
                xs_rng rng = xs_rng_at(23, XS_STREAM_STATS, (uint32_t)(kind * 2) + (models > 20), (uint32_t)r);
                double interval[2];
                xs_centered c;
                xs_arena_mark mark = xs_arena_save(&arena);
                draw_kind((residuals)kind, e, models, 0.5, &rng);
                assert_ok(xs_center((xs_scores){e, models, WORDS}, &arena, &c, &err));
                assert_ok(xs_bootstrap_interval(&c, 1, 300, (uint64_t)r, &arena, interval, NULL, &err));
                covered += interval[0] <= 0.5 && 0.5 <= interval[1];
                xs_arena_rewind(&arena, mark);
            }
            double share = (double)covered / runs;
            print_message("%-12s M = %3zu, SNR 0.50: the bootstrap covers %.1f %%\n", names[kind], models, 100 * share);
            if (getenv("XSNR_LONG")) assert_true(share >= 0.92 && share <= 0.985);
            else assert_true(share >= 0.87); // standard error 2 to 3 %
        }
}

// Ratios of unbiased numbers are too large by little, whatever the residuals; the jackknife takes it off.
static void bias_for_any_residuals(void **state) {
    (void)state;
    static double e[20 * WORDS];
    int runs = getenv("XSNR_LONG") ? 20000 : 1000;
    for (int kind = 0; kind < RESIDUALS; kind++) {
        double plain = 0, corrected = 0, square = 0, plain_square = 0;
        for (int r = 0; r < runs; r++) {
            xs_rng rng = xs_rng_at(24, XS_STREAM_STATS, (uint32_t)kind, (uint32_t)r);
            double without[20], noise[20];
            xs_centered c;
            xs_arena_mark mark = xs_arena_save(&arena);
            draw_kind((residuals)kind, e, 20, 0.5, &rng);
            double snr = snr_of(e, 20, WORDS);
            assert_ok(xs_center((xs_scores){e, 20, WORDS}, &arena, &c, &err));
            xs_leave_one_out(&c, without, noise);
            for (size_t m = 0; m < 20; m++) without[m] /= noise[m];
            double x = xs_jackknife_corrected(snr, without, 20);
            plain += snr / runs, plain_square += snr * snr / runs;
            corrected += x / runs, square += x * x / runs;
            xs_arena_rewind(&arena, mark);
        }
        double error = sqrt((square - corrected * corrected) / runs), plain_error = sqrt((plain_square - plain * plain) / runs);
        print_message("%-12s M = 20, SNR 0.5: plain %.4f +- %.4f, corrected %.4f +- %.4f\n", names[kind], plain, plain_error, corrected, error);
        // a shift is one number a model: the noise has 19 degrees of freedom, and the ratio's bias is of order 2/19
        assert_near(plain, 0.5, 0, 4 * plain_error + (kind == SHIFTED ? 0.06 : 0.01));
        assert_near(corrected, 0.5, 0, 4 * error + (kind == SHIFTED ? 0.02 : 0.002));
    }
}

static void bias_of_the_ratio(void **state) {
    (void)state;
    static const size_t sizes[] = {5, 20};
    static double e[20 * WORDS];
    int runs = getenv("XSNR_LONG") ? 20000 : 2000;
    for (size_t k = 0; k < 2; k++) {
        size_t M = sizes[k];
        double plain = 0, corrected = 0, square = 0;
        for (int r = 0; r < runs; r++) {
            xs_rng rng = xs_rng_at(22, XS_STREAM_STATS, (uint32_t)k, (uint32_t)r);
            double without[20], noise[20], snr;
            xs_centered c;
            xs_arena_mark mark = xs_arena_save(&arena);
            draw(e, M, 0.5, &rng);
            snr = snr_of(e, M, WORDS);
            assert_ok(xs_center((xs_scores){e, M, WORDS}, &arena, &c, &err));
            xs_leave_one_out(&c, without, noise);
            for (size_t m = 0; m < M; m++) without[m] /= noise[m];
            double x = xs_jackknife_corrected(snr, without, M);
            plain += snr / runs;
            corrected += x / runs;
            square += x * x / runs;
            xs_arena_rewind(&arena, mark);
        }
        double error = sqrt((square - corrected * corrected) / runs);
        print_message("M = %2zu, SNR 0.5: plain %.4f, corrected %.4f, each +- %.4f\n", M, plain, corrected, error);
        assert_near(corrected, 0.5, 0, 4 * error + (M == 5 ? 0.01 : 0)); // too much by 1.4 % at 5 models: bias is not linear in 1/M
        // the noise is χ² and nearly the interaction: (SNR + 1/M)·E 1/noise − 1/M
        double inverse = 1 + 2 / (WORDS * ((double)M - 1) - 2), M1 = 1 / (double)M;
        assert_near(plain, (0.5 + M1) * inverse - M1, 0, 4 * error);
    }
}

static int done(void **state) {
    (void)state;
    xs_arena_free(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resamples_are_rows_drawn_again),
        cmocka_unit_test(covers),
        cmocka_unit_test(covers_any_residuals),
        cmocka_unit_test(bias_for_any_residuals),
        cmocka_unit_test(bias_of_the_ratio),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
