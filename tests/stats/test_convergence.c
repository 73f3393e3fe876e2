// Convergence and power: against all subsets counted by hand, against closed forms, and simulation against simulation.
#include "base/random.h"
#include "check.h"
#include "math/distribution.h"
#include "stats/convergence.h"

static xs_arena arena;
static xsnr_error err;

static void all_models_say_what_all_say(void **state) {
    (void)state;
    double e[8 * 6];
    const size_t sizes[] = {2, 4, 8};
    xs_convergence curve[3];
    xs_moment_snr all;
    xs_rng rng = xs_rng_at(16, XS_STREAM_STATS, 0, 0);
    for (int i = 0; i < 48; i++) e[i] = xs_rng_normal(&rng) + 2 * (i % 6 == 0);
    xs_scores s = {e, 8, 6};
    const uint32_t model[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const xs_text_rows text = {s, model};
    assert_ok(xs_signal_noise(xs_score_row, &s, 8, 6, &arena, &all, NULL, &err));
    assert_ok(xs_converge(&text, 1, 8, 1, sizes, 3, 3000, 1, &arena, curve, &err));
    assert_near(curve[2].snr, all.snr, 1e-12, 0);
    assert_near(curve[2].sd, 0, 0, 1e-12);
    assert_near(curve[2].spearman, 1, 1e-14, 0);
    assert_true(curve[2].top_same == 1);
    // every pair of models by hand
    double sum = 0, same = 0;
    for (int a = 0; a < 8; a++)
        for (int b = a + 1; b < 8; b++) {
            double two[12];
            int top = 0;
            xs_scores pair = {two, 2, 6};
            memcpy(two, e + a * 6, 6 * sizeof *e);
            memcpy(two + 6, e + b * 6, 6 * sizeof *e);
            assert_ok(xs_signal_noise(xs_score_row, &pair, 2, 6, &arena, &all, NULL, &err));
            for (int w = 1; w < 6; w++)
                if (fabs(two[w] + two[6 + w]) > fabs(two[top] + two[6 + top])) top = w;
            sum += all.snr / 28;
            same += (top == 0) / 28.0;
        }
    assert_near(curve[0].snr, sum, 0, 4 * curve[0].sd / sqrt(3000));
    assert_near(curve[0].top_same, same, 0, 0.04);
    assert_int_equal(xs_converge(&text, 1, 8, 1, (size_t[]){9}, 1, 1, 1, &arena, curve, &err), XSNR_ERR_ARGUMENT);
    assert_int_equal(xs_converge(&text, 1, 8, 1, (size_t[]){1}, 1, 1, 1, &arena, curve, &err), XSNR_ERR_ARGUMENT);
}

// Two texts, one of which lacks a model: all models pool what both have, and pairs with the model have one text alone.
static void texts_are_pooled(void **state) {
    (void)state;
    double a[4 * 5], b[3 * 3], signal = 0, noise = 0;
    const uint32_t all[] = {0, 1, 2, 3}, some[] = {3, 0, 2};
    xs_rng rng = xs_rng_at(18, XS_STREAM_STATS, 0, 0);
    for (int i = 0; i < 20; i++) a[i] = xs_rng_normal(&rng) + i % 5;
    for (int i = 0; i < 9; i++) b[i] = xs_rng_normal(&rng) + 3 * (i % 3);
    const xs_text_rows texts[] = {{{a, 4, 5}, all}, {{b, 3, 3}, some}};
    xs_convergence curve[2];
    assert_ok(xs_converge(texts, 2, 4, 1, (size_t[]){2, 4}, 2, 4000, 1, &arena, curve, &err));
    for (int t = 0; t < 2; t++) {
        xs_moment_snr one;
        xs_scores s = texts[t].s;
        assert_ok(xs_signal_noise(xs_score_row, &s, s.models, s.words, &arena, &one, NULL, &err));
        signal += one.signal;
        noise += one.noise;
    }
    assert_near(curve[1].snr, signal / noise, 1e-12, 0);
    double mean = 0;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < i; k++) {
            double two[10], sums[2] = {0};
            for (int t = 0; t < 2; t++) {
                size_t n = texts[t].s.words, kept = 0;
                for (size_t m = 0; m < texts[t].s.models; m++)
                    if (texts[t].model[m] == i || texts[t].model[m] == k) memcpy(two + kept++ * n, texts[t].s.e + m * n, n * sizeof *two);
                if (kept < 2) continue;
                xs_moment_snr one;
                xs_scores s = {two, 2, n};
                assert_ok(xs_signal_noise(xs_score_row, &s, 2, n, &arena, &one, NULL, &err));
                sums[0] += one.signal;
                sums[1] += one.noise;
            }
            mean += sums[0] / sums[1] / 6;
        }
    assert_near(curve[0].snr, mean, 0, 4 * curve[0].sd / sqrt(4000));
}

static void simulated_as_drawn_in_full(void **state) {
    (void)state; // sufficient statistics against families drawn score by score
    enum { MODELS = 10, WORDS = 12 };
    static double e[MODELS * WORDS];
    const size_t size = MODELS;
    xs_convergence quick;
    int runs = getenv("XSNR_LONG") ? 20000 : 2000;
    double mean = 0, square = 0;
    assert_ok(xs_simulate_power(0.4, WORDS, 1, 3, &size, 1, (size_t)runs, 1, &arena, &quick, &err));
    for (int r = 0; r < runs; r++) {
        double mu[WORDS], centre = 0, spread = 0;
        xs_rng rng = xs_rng_at(17, XS_STREAM_STATS, 0, (uint32_t)r);
        for (int w = 0; w < WORDS; w++) centre += (mu[w] = xs_rng_normal(&rng)) / WORDS;
        for (int w = 0; w < WORDS; w++) spread += (mu[w] - centre) * (mu[w] - centre) / (WORDS - 1);
        for (int i = 0; i < MODELS * WORDS; i++)
            e[i] = (mu[i % WORDS] - centre) * sqrt(0.4 / spread) + xs_rng_normal(&rng);
        xs_scores s = {e, MODELS, WORDS};
        xs_moment_snr one;
        assert_ok(xs_signal_noise(xs_score_row, &s, MODELS, WORDS, &arena, &one, NULL, &err));
        mean += one.snr / runs;
        square += one.snr * one.snr / runs;
    }
    double sd = sqrt(square - mean * mean);
    print_message("SNR 0.4: by sufficient statistics %.4f +- %.4f, in full %.4f +- %.4f\n", quick.snr, quick.sd, mean, sd);
    assert_near(quick.snr, mean, 0, 5 * sd * sqrt(2.0 / runs));
    assert_near(quick.sd, sd, 0.12, 0);
}

static void more_models_more_sure(void **state) {
    (void)state;
    const size_t sizes[] = {5, 20, 80, 2000, 200000};
    xs_convergence curve[5];
    assert_ok(xs_simulate_power(0.5, 20, 4, 1, sizes, 5, 200, 1, &arena, curve, &err));
    for (int i = 0; i < 5; i++) {
        assert_true(curve[i].low <= curve[i].snr && curve[i].snr <= curve[i].high);
        if (i) assert_true(curve[i].sd < curve[i - 1].sd && curve[i].top_same >= curve[i - 1].top_same);
        // reliability of the mean is the squared correlation with the truth
        assert_true(curve[i].spearman * curve[i].spearman < 1.02 * xs_reliability(0.5, (double)sizes[i]));
    }
    assert_near(curve[4].snr, 0.5, 0.01, 0);
    assert_int_equal(xs_stable_models(curve, 5, 0.95), curve[3].top_same >= 0.95 ? 2000 : 200000);
    assert_int_equal(xs_stable_models(curve, 2, 0.999), 0);
    assert_int_equal(xs_simulate_power(NAN, 20, 4, 1, sizes, 5, 200, 1, &arena, curve, &err), XSNR_ERR_ARGUMENT);
    assert_int_equal(xs_simulate_power(1, 1, 4, 1, sizes, 5, 200, 1, &arena, curve, &err), XSNR_ERR_ARGUMENT);
}

static void width_by_search(void **state) {
    (void)state;
    for (double width = 0.05; width < 3; width *= 1.7) {
        double want = 3;
        while (2 * xs_t_quantile(0.975, want - 1) * 0.2 * sqrt(20 / want) > width) want++;
        assert_near(xs_models_for_width(0.2, 20, width), want, 0, 0);
    }
    assert_true(isnan(xs_models_for_width(NAN, 20, 1)) && isnan(xs_models_for_width(1, 20, 0)));
    assert_true(isnan(xs_models_for_width(1, 20, 1e-9)));
    assert_near(xs_models_for_width(0, 20, 1), 3, 0, 0);
}

static int done(void **state) {
    (void)state;
    xs_arena_free(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_pooled), cmocka_unit_test(all_models_say_what_all_say),
        cmocka_unit_test(simulated_as_drawn_in_full),
        cmocka_unit_test(more_models_more_sure),
        cmocka_unit_test(width_by_search),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
