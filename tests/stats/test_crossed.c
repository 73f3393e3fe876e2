// Families whose models share seeds: what the shared seeds do is noise, not signal, whatever cells are missing.
#include "base/random.h"
#include "check.h"
#include "stats/analysis.h"
#include "stats/crossed.h"
#include <math.h>
#include <string.h>

static xs_arena arena;
static xsnr_error err;

// Every combination of levels[0] × levels[1]: level (cells, 2).
static xs_crossing cross(size_t a, size_t b, uint32_t *level) {
    for (size_t i = 0; i < a * b; i++) level[2 * i] = (uint32_t)(i / b), level[2 * i + 1] = (uint32_t)(a + i % b);
    return (xs_crossing){.factors = 2, .levels = {a, b}, .all_levels = a + b, .level = level};
}

// e = signal·μ_w + σ_a·a[i,w] + σ_b·b[j,w] + σ_ab·ab[i,j,w] of the models that are in `model`.  Returns the variance of signal·μ.
static double draw(xs_rng *rng, const xs_crossing *c, const uint32_t *model, size_t models, size_t n, double signal, const double sigma[3], double *e) {
    double mean[64], effect[64][64];
    for (size_t w = 0; w < n; w++) mean[w] = signal * xs_rng_normal(rng);
    for (size_t l = 0; l < c->all_levels; l++)
        for (size_t w = 0; w < n; w++) effect[l][w] = sigma[l >= c->levels[0]] * xs_rng_normal(rng);
    for (size_t m = 0; m < models; m++)
        for (size_t w = 0; w < n; w++)
            e[m * n + w] = mean[w] + effect[c->level[2 * model[m]]][w] + effect[c->level[2 * model[m] + 1]][w] + sigma[2] * xs_rng_normal(rng);
    double sum = 0, square = 0;
    for (size_t w = 0; w < n; w++) sum += mean[w], square += mean[w] * mean[w];
    return (square - sum * sum / (double)n) / ((double)n - 1);
}

// A factor of which every model has a level of its own: the numbers of section 2, word by word, interval and all.
static void own_levels_are_independent_models(void **state) {
    (void)state;
    enum { M = 9, N = 6 };
    double e[M * N];
    uint32_t level[M], model[M];
    xs_rng rng = xs_rng_at(1, XS_STREAM_STATS, 0, 0);
    for (size_t i = 0; i < M * N; i++) e[i] = (double)(i % N) + xs_rng_normal(&rng);
    for (uint32_t m = 0; m < M; m++) level[m] = model[m] = m;
    xs_crossing own = {.factors = 1, .levels = {M}, .all_levels = M, .level = level};
    xs_text_result want = {.id = "t", .model = model, .models_kept = M, .n_words = N}, got = want;
    got.crossing = &own;
    assert_ok(xs_analyze_text((xs_scores){e, M, N}, 0.9, 1, &arena, &want, &err));
    assert_ok(xs_analyze_text((xs_scores){e, M, N}, 0.9, 1, &arena, &got, &err));
    const double a[] = {want.snr.signal, want.snr.noise, want.snr.snr, want.snr.ms_interaction, want.snr.icc, want.snr.snr_ci[0], want.snr.snr_ci[1]};
    const double b[] = {got.snr.signal, got.snr.noise, got.snr.snr, got.snr.ms_interaction, got.snr.icc, got.snr.snr_ci[0], got.snr.snr_ci[1]};
    for (size_t i = 0; i < sizeof a / sizeof *a; i++) assert_near(b[i], a[i], 1e-11, 1e-12);
    for (size_t m = 0; m < M; m++) assert_near(got.signal_without[m], want.signal_without[m], 1e-11, 1e-12);
    for (size_t w = 0; w < N; w++) {
        const xs_word_stats *x = &want.word[w], *y = &got.word[w];
        const double p[] = {x->sd, x->standard_error, x->signal, x->snr, x->ci[0], x->ci[1], x->p, x->p_adjusted};
        const double q[] = {y->sd, y->standard_error, y->signal, y->snr, y->ci[0], y->ci[1], y->p, y->p_adjusted};
        for (size_t i = 0; i < sizeof p / sizeof *p; i++) assert_near(q[i], p[i], 1e-10, 1e-12);
    }
    xs_explainer_result ea = {.texts = &want, .n_texts = 1}, eb = {.texts = &got, .n_texts = 1, .crossing = &own};
    xs_pooled pa, pb;
    assert_ok(xs_pool_texts(&ea, M, 0.9, &arena, &pa, &err));
    assert_ok(xs_pool_texts(&eb, M, 0.9, &arena, &pb, &err));
    for (int i = 0; i < 2; i++) assert_near(pb.snr_ci[i], pa.snr_ci[i], 1e-11, 1e-12);
    assert_int_equal(pb.models, M);
    assert_true(isnan(got.snr.f) && isnan(got.snr.f_p));
}

// Unbiased, with and without signal, with and without all cells; the intervals of pooled texts cover, of words too.
static void shared_seeds_are_noise(void **state) {
    (void)state;
    enum { A = 5, B = 4, N = 12, TEXTS = 6, RUNS = 400 };
    static const struct {
        double signal, sigma[3];
        size_t drop; // every drop-th cell is missing; 0: none
    } cases[] = {{0, {1, 1, 0}, 0}, {0, {1, 0.5, 1}, 7}, {1, {0.7, 0.7, 0.7}, 0}, {1, {0, 0, 1}, 6}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        uint32_t level[2 * A * B], model[A * B];
        const double *s = cases[k].sigma;
        double signal = 0, noise = 0, error = 0, truth = cases[k].signal * cases[k].signal, all = s[0] * s[0] + s[1] * s[1] + s[2] * s[2];
        size_t models = 0, covered = 0, words = 0;
        xs_crossing c = cross(A, B, level);
        for (uint32_t m = 0; m < A * B; m++)
            if (!cases[k].drop || m % cases[k].drop) model[models++] = m;
        for (uint64_t run = 0; run < RUNS; run++) {
            xs_arena_mark mark = xs_arena_save(&arena);
            xs_rng rng = xs_rng_at(7 + run, XS_STREAM_STATS, 0, (uint32_t)k);
            xs_text_result texts[TEXTS];
            double e[A * B * N], real = 0;
            for (size_t t = 0; t < TEXTS; t++) {
                texts[t] = (xs_text_result){.id = "t", .model = model, .models_kept = models, .n_words = N, .crossing = &c};
                real += draw(&rng, &c, model, models, N, cases[k].signal, s, e) / TEXTS;
                assert_ok(xs_analyze_text((xs_scores){e, models, N}, 0.9, 1, &arena, &texts[t], &err));
                for (size_t w = 0; !(truth > 0) && w < N; w++, words++) covered += texts[t].word[w].ci[0] <= 0 && texts[t].word[w].ci[1] >= 0;
            }
            xs_explainer_result result = {.texts = texts, .n_texts = TEXTS, .crossing = &c};
            xs_pooled p;
            assert_ok(xs_pool_texts(&result, A * B, 0.9, &arena, &p, &err));
            signal += (p.signal - real) / RUNS, noise += p.noise / RUNS, error += (p.signal - real) * (p.signal - real) / RUNS;
            if (truth > 0) words++, covered += p.snr_ci[0] <= real / all && p.snr_ci[1] >= real / all;
            xs_arena_rewind(&arena, mark);
        }
        error = sqrt((error - signal * signal) / RUNS);
        print_message("signal %.0f, shares %.1f %.1f %.1f, %zu models: signal off by %.4f (standard error %.4f), noise %.4f of %.4f; %s intervals cover %.3f\n", truth,
                      s[0] * s[0], s[1] * s[1], s[2] * s[2], models, signal, error, noise, all, truth > 0 ? "SNR's" : "words'", (double)covered / (double)words);
        assert_true(fabs(signal) < 4 * error);
        assert_near(noise, all, 0.02, 0);
        assert_true((double)covered / (double)words > 0.92);
    }
}

// Two levels: there is an SNR, but no interval.  A factor that is all that remains of the pairs: nothing is defined.
static void too_few_levels(void **state) {
    (void)state;
    uint32_t level[2 * 6], model[6] = {0, 1, 2, 3, 4, 5};
    double e[6 * 5];
    xs_rng rng = xs_rng_at(3, XS_STREAM_STATS, 0, 0);
    for (size_t i = 0; i < 30; i++) e[i] = (double)(i % 5) + xs_rng_normal(&rng);
    xs_crossing c = cross(2, 3, level);
    xs_text_result text = {.id = "t", .model = model, .models_kept = 6, .n_words = 5, .crossing = &c};
    assert_ok(xs_analyze_text((xs_scores){e, 6, 5}, 0.9, 1, &arena, &text, &err));
    assert_true(isfinite(text.snr.snr) && isnan(text.snr.snr_ci[0]));
    text = (xs_text_result){.id = "t", .model = model, .models_kept = 3, .n_words = 5, .crossing = &c}; // all of one level
    assert_ok(xs_analyze_text((xs_scores){e, 3, 5}, 0.9, 1, &arena, &text, &err));
    assert_true(isnan(text.snr.signal) && isnan(text.snr.noise) && isnan(text.snr.snr) && isnan(text.word[0].sd) && isfinite(text.word[0].mean));
}

static int done(void **state) {
    (void)state;
    xs_arena_free(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_levels_are_independent_models),
        cmocka_unit_test(shared_seeds_are_noise),
        cmocka_unit_test(too_few_levels),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
