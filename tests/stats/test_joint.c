// Beyond univariate: spectrum, modes, spans, several explainers, against NumPy, SciPy and scikit-learn
// (scripts/golden-beyond.py), against textbook forms, and in simulation.
#include "base/random.h"
#include "beyond.h"
#include "stats/eigen.h"
#include "stats/joint.h"

enum { M = 12, N = 9 };
static xs_arena arena;
static xsnr_error err;

static void eigenvectors_solve(void **state) {
    (void)state;
    enum { SIZE = 17 };
    double a[SIZE * SIZE], copy[SIZE * SIZE], values[SIZE], v[SIZE * SIZE];
    xs_rng rng = xs_rng_at(1, XS_STREAM_STATS, 0, 0);
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j <= i; j++) a[i * SIZE + j] = a[j * SIZE + i] = xs_rng_normal(&rng);
    memcpy(copy, a, sizeof a);
    xs_eigen_symmetric(a, SIZE, values, v);
    for (int k = 0; k < SIZE; k++) {
        if (k) assert_true(values[k] <= values[k - 1]);
        for (int i = 0; i < SIZE; i++) { // A v = λ v
            double sum = 0;
            for (int j = 0; j < SIZE; j++) sum += copy[i * SIZE + j] * v[k * SIZE + j];
            assert_near(sum, values[k] * v[k * SIZE + i], 0, 1e-13);
        }
    }
}

static void spectrum(void **state) {
    (void)state;
    double e[M * N], want[N], values[N], x[M * XS_COMPONENTS], ratio;
    xs_centered c;
    read_numbers(json_object_get(golden, "scores"), e);
    read_numbers(json_object_get(golden, "eigenvalues"), want);
    assert_ok(xs_center((xs_scores){e, M, N}, &arena, &c, &err));
    assert_ok(xs_spectrum(&c, &arena, values, x, &ratio, &err));
    for (int k = 0; k < N; k++) assert_near(values[k], want[k], 1e-11, 1e-14);
    assert_near(ratio, json_number_value(json_object_get(golden, "participation_ratio")), 1e-12, 0);
    for (int k = 0; k < XS_COMPONENTS; k++) { // components have the eigenvalues as variances, from either side
        double square = 0;
        for (int m = 0; m < M; m++) square += x[m * XS_COMPONENTS + k] * x[m * XS_COMPONENTS + k];
        assert_near(square / (M - 1), want[k], 1e-11, 0);
    }
    assert_ok(xs_center((xs_scores){e, 5, N}, &arena, &c, &err)); // more words than models
    assert_ok(xs_spectrum(&c, &arena, values, x, &ratio, &err));
    double trace = 0, sum = 0;
    for (int w = 0; w < N; w++) trace += c.ss[w] / 4;
    for (int k = 0; k < 5; k++) sum += values[k];
    assert_near(sum, trace, 1e-12, 0);
    assert_near(values[4], 0, 0, 1e-14);
}

static void check_snr(const xs_moment_snr *got, const json_t *want) {
    double x[5];
    assert_int_equal(read_numbers(want, x), 5);
    assert_near(got->signal_raw, x[0], 1e-12, 0);
    assert_near(got->noise, x[1], 1e-12, 0);
    assert_near(got->ms_interaction, x[2], 1e-12, 0);
    assert_near(got->signal, x[3], 1e-11, 0);
    assert_near(got->snr, x[4], 1e-11, 0);
}

static void spans(void **state) {
    (void)state;
    static const uint32_t sentence[N] = {0, 0, 0, 0, 1, 1, 2, 2, 2};
    static const char *const names[] = {"2", "3", "4", "5"};
    double e[M * N];
    xs_moment_snr got;
    json_t *want = json_object_get(golden, "spans");
    read_numbers(json_object_get(golden, "scores"), e);
    xs_scores s = {e, M, N};
    for (size_t k = 0; k < 4; k++) {
        assert_ok(xs_ngram_snr(s, k + 2, &arena, &got, &err));
        check_snr(&got, json_object_get(want, names[k]));
    }
    assert_ok(xs_sentence_snr(s, sentence, &arena, &got, &err));
    check_snr(&got, json_object_get(want, "sentences"));
    xs_moment_snr words;
    assert_ok(xs_ngram_snr(s, 1, &arena, &got, &err));
    assert_ok(xs_signal_noise(xs_score_row, &s, M, N, &arena, &words, NULL, &err));
    assert_memory_equal(&got, &words, sizeof got);
    assert_ok(xs_ngram_snr(s, N + 1, &arena, &got, &err));
    assert_true(isnan(got.snr) && got.columns == 0);
    assert_int_equal(xs_span_snr(s, &(xs_span){3, N + 1}, 1, &arena, &got, &err), XSNR_ERR_DATA);
}

static void several(void **state) {
    (void)state;
    double e[2][M * N];
    read_numbers(json_object_get(golden, "scores"), e[0]);
    read_numbers(json_object_get(golden, "other"), e[1]);
    xs_scores s[2] = {{e[0], M, N}, {e[1], M, N}};
    for (size_t shrink = 0; shrink < 2; shrink++) {
        double want[5];
        xs_multivariate got;
        read_numbers(json_array_get(json_object_get(golden, "several"), shrink), want);
        assert_ok(xs_several_explainers(s, 2, shrink, &arena, &got, &err));
        assert_near(got.trace, want[0], 1e-11, 0);
        assert_near(got.largest_root, want[1], 1e-11, 0);
        assert_near(got.trace_raw, want[2], 1e-11, 0);
        assert_near(got.root_raw, want[3], 1e-11, 0);
        assert_near(got.shrinkage, want[4], 1e-11, 0);
        // scales of explainers do not matter
        for (int i = 0; i < M * N; i++) e[1][i] *= 1000;
        double before = got.largest_root;
        assert_ok(xs_several_explainers(s, 2, shrink, &arena, &got, &err));
        assert_near(got.largest_root, before, 1e-11, 0);
        for (int i = 0; i < M * N; i++) e[1][i] /= 1000;
    }
    xs_multivariate got; // one explainer: the SNR of section 2
    xs_moment_snr one;
    assert_ok(xs_several_explainers(s, 1, true, &arena, &got, &err));
    assert_ok(xs_signal_noise(xs_score_row, &s[0], M, N, &arena, &one, NULL, &err));
    assert_near(got.trace, one.snr, 1e-12, 0);
    assert_near(got.largest_root, one.snr, 1e-12, 0);
    assert_near(got.root_raw, one.snr_raw, 1e-12, 0);
}

static void kmeans_finds_the_optimum(void **state) {
    (void)state;
    double x[21 * 4], want[4], work[300];
    uint32_t of[21];
    assert_true(xs_kmeans_work(21, 4, 4) <= sizeof work / sizeof *work);
    read_numbers(json_object_get(golden, "clusters"), x);
    read_numbers(json_object_get(golden, "inertia"), want);
    for (size_t k = 1; k <= 4; k++) assert_near(xs_kmeans(x, 21, 4, k, 50, 1, 0, work, of), want[k - 1], 1e-10, 0);
}

// M models in `modes` modes of equal size whose means lie `apart` noise deviations apart in every word.
static void draw_modes(double *e, size_t models, size_t words, size_t modes, double apart, uint32_t r) {
    xs_rng rng = xs_rng_at(7, XS_STREAM_STATS, (uint32_t)modes, r);
    double mean[3][30];
    for (size_t k = 0; k < modes; k++)
        for (size_t w = 0; w < words; w++) mean[k][w] = apart * xs_rng_normal(&rng);
    for (size_t m = 0; m < models; m++)
        for (size_t w = 0; w < words; w++) e[m * words + w] = mean[m % modes][w] + xs_rng_normal(&rng);
}

static void gap_finds_modes(void **state) {
    (void)state;
    enum { MODELS = 60, WORDS = 20 };
    static double e[MODELS * WORDS];
    int runs = getenv("XSNR_LONG") ? 200 : 12;
    for (size_t modes = 1; modes <= 3; modes++) {
        int right = 0, astray = 0; // models whose errors take them to another mode
        for (int r = 0; r < runs; r++) {
            draw_modes(e, MODELS, WORDS, modes, 1.5, (uint32_t)r);
            xs_centered c;
            xs_modes out;
            uint32_t of[MODELS];
            assert_ok(xs_center((xs_scores){e, MODELS, WORDS}, &arena, &c, &err));
            assert_ok(xs_find_modes((xs_scores){e, MODELS, WORDS}, &c, 1, &arena, &out, of, &err));
            right += out.modes == modes;
            if (out.modes != modes) continue;
            for (size_t m = modes; m < MODELS; m++) astray += of[m] != of[m % modes];
            assert_true(modes == 1 ? isnan(out.snr_between) && fabs(out.share_between) < 1e-12 : out.snr_between > 0.5);
            assert_near(out.noise_within, 1, 0, 0.2);
        }
        print_message("%zu modes: found in %d of %d families, %d models astray\n", modes, right, runs, astray);
        assert_true(astray <= runs * MODELS / 100);
        assert_true(right >= runs * 9 / 10);
        xs_arena_free(&arena);
    }
}

static void undefined(void **state) {
    (void)state;
    double e[12] = {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3};
    xs_centered c;
    xs_modes out;
    xs_multivariate several_of;
    assert_ok(xs_center((xs_scores){e, 4, 3}, &arena, &c, &err));
    assert_ok(xs_find_modes((xs_scores){e, 4, 3}, &c, 1, &arena, &out, NULL, &err));
    assert_true(out.modes == 0 && isnan(out.gap[0]) && isnan(out.snr_within)); // no noise
    assert_ok(xs_find_modes((xs_scores){e, 3, 3}, &c, 1, &arena, &out, NULL, &err));
    assert_int_equal(out.modes, 0);
    assert_ok(xs_several_explainers(&(xs_scores){e, 4, 3}, 1, true, &arena, &several_of, &err));
    assert_true(isnan(several_of.trace));
    e[3] = e[4] = e[5] = e[9] = e[10] = e[11] = 7; // two exact modes
    assert_ok(xs_center((xs_scores){e, 4, 3}, &arena, &c, &err));
    assert_ok(xs_find_modes((xs_scores){e, 4, 3}, &c, 1, &arena, &out, NULL, &err));
    assert_true(!isinf(out.gap[1]) && isnan(out.snr_within));
}

static int done(void **state) {
    xs_arena_free(&arena);
    return unload_golden(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eigenvectors_solve), cmocka_unit_test(spectrum),
        cmocka_unit_test(spans),              cmocka_unit_test(several),
        cmocka_unit_test(kmeans_finds_the_optimum), cmocka_unit_test(gap_finds_modes),
        cmocka_unit_test(undefined),
    };
    return cmocka_run_group_tests(tests, load_golden, done);
}
