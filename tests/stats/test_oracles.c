// The second oracle of what has only one in its own test: values of NumPy and SciPy (scripts/golden-sure.py) for intervals, pooled
// texts, split halves, subsets and modes; slow textbook forms for information, spans, several explainers, k-means and modes.
#include "base/random.h"
#include "check.h"
#include "stats/analysis.h"
#include "stats/bootstrap.h"
#include "stats/convergence.h"
#include "stats/groups.h"
#include "stats/information.h"
#include "stats/joint.h"
#include <jansson.h>

enum { TEXTS = 3, MOST_MODELS = 12, MOST_WORDS = 9 };
static const size_t words_of[TEXTS] = {9, 7, 5};
static json_t *golden;
static xs_arena arena;
static xsnr_error err;

static int load(void **state) {
    (void)state;
    golden = json_load_file(TEST_SOURCE_DIR "/tests/stats/golden/sure.json", 0, NULL);
    return golden ? 0 : -1;
}

static int unload(void **state) {
    (void)state;
    json_decref(golden);
    xs_arena_free(&arena);
    return 0;
}

static double number(const char *key, const char *part) {
    const json_t *x = json_object_get(golden, key);
    if (part) x = json_object_get(x, part);
    assert_true(json_is_number(x));
    return json_number_value(x);
}

static double element(const char *key, const char *part, size_t i) {
    const json_t *x = json_object_get(golden, key);
    if (part) x = json_object_get(x, part);
    assert_true(i < json_array_size(x));
    return json_number_value(json_array_get(x, i));
}

static size_t read_scores(const json_t *rows, double *e) {
    size_t n = 0;
    for (size_t m = 0; m < json_array_size(rows); m++)
        for (size_t w = 0; w < json_array_size(json_array_get(rows, m)); w++) e[n++] = json_number_value(json_array_get(json_array_get(rows, m), w));
    return json_array_size(rows);
}

// A family of the golden file: its texts, analysed.
static xs_explainer_result make_family(const char *name, size_t *models) {
    static const char *const ids[TEXTS] = {"0", "1", "2"};
    xs_text_result *texts = XS_ARENA_ARRAY(&arena, xs_text_result, TEXTS);
    uint32_t *model = XS_ARENA_ARRAY(&arena, uint32_t, MOST_MODELS);
    for (uint32_t m = 0; m < MOST_MODELS; m++) model[m] = m;
    for (size_t t = 0; t < TEXTS; t++) {
        double *e = XS_ARENA_ARRAY(&arena, double, MOST_MODELS *MOST_WORDS);
        *models = read_scores(json_array_get(json_object_get(golden, name), t), e);
        texts[t] = (xs_text_result){.id = ids[t], .models_kept = *models, .n_words = words_of[t], .model = model, .scores = e};
        assert_ok(xs_analyze_text((xs_scores){e, *models, words_of[t]}, 0.9, 1, &arena, &texts[t], &err));
    }
    return (xs_explainer_result){.name = "x", .texts = texts, .n_texts = TEXTS};
}

static void intervals_as_numpy(void **state) {
    (void)state;
    size_t M, K;
    xs_explainer_result a = make_family("a", &M), b = make_family("b", &K);
    xs_pooled p;
    xs_comparison c;
    assert_near(a.texts[0].snr.snr, number("text", "snr"), 1e-12, 0);
    assert_near(a.texts[0].snr_corrected, number("text", "corrected"), 1e-10, 0);
    assert_ok(xs_pool_texts(&(xs_explainer_result){.texts = a.texts, .n_texts = TEXTS}, M, 0.9, &arena, &p, &err));
    assert_ok(xs_compare_families(&a, M, &b, K, &arena, &c, &err));
    assert_near(p.snr, number("pooled", "snr"), 1e-12, 0);
    assert_near(p.snr_corrected, number("pooled", "corrected"), 1e-10, 0);
    assert_near(c.ratio, number("ratio", "ratio"), 1e-12, 0);
    for (size_t i = 0; i < 2; i++) {
        assert_near(a.texts[0].snr.snr_ci[i], element("text", "ci", i), 1e-9, 0);
        assert_near(p.snr_ci[i], element("pooled", "ci", i), 1e-9, 0);
        assert_near(c.ratio_ci[i], element("ratio", "ci", i), 1e-9, 0);
    }
}

static void agreement_as_numpy(void **state) {
    (void)state;
    size_t M;
    xs_explainer_result a = make_family("a", &M);
    const xs_agreement *g = &a.texts[0].agreement;
    assert_near(g->leave_one_out_correlation, element("leave_one_out", NULL, 0), 1e-11, 0);
    assert_near(g->leave_one_out_ci[0], element("leave_one_out", NULL, 1), 1e-11, 0);
    assert_near(g->leave_one_out_ci[1], element("leave_one_out", NULL, 2), 1e-11, 0);
    assert_near(g->split_half, element("split_half", NULL, 0), 0, 4 * element("split_half", NULL, 1) / 10); // 100 of 924 splits
    // as halves are drawn: the last six of a shuffle, and the rest
    xs_scores s = {a.texts[0].scores, M, 9};
    double sum = 0;
    for (uint32_t split = 0; split < 100; split++) {
        uint32_t order[MOST_MODELS];
        double half[2][MOST_WORDS] = {{0}}, mean[2] = {0}, products[3] = {0};
        xs_rng rng = xs_rng_at(1, XS_STREAM_STATS, 1, split);
        for (uint32_t m = 0; m < M; m++) order[m] = m;
        xs_rng_permute(&rng, order, M);
        for (size_t m = 0; m < M; m++)
            for (size_t w = 0; w < 9; w++) half[m >= M / 2][w] += s.e[order[m] * 9 + w], mean[m >= M / 2] += s.e[order[m] * 9 + w] / 9;
        for (size_t w = 0; w < 9; w++) {
            double x = half[0][w] - mean[0], y = half[1][w] - mean[1];
            products[0] += x * y, products[1] += x * x, products[2] += y * y;
        }
        sum += products[0] / sqrt(products[1] * products[2]) / 100;
    }
    assert_near(g->split_half, sum, 1e-11, 0);
}

static void resamples_as_numpy(void **state) {
    (void)state;
    size_t M;
    xs_explainer_result a = make_family("a", &M);
    static double z[20000];
    xs_centered c;
    double interval[2];
    assert_ok(xs_center((xs_scores){a.texts[0].scores, M, 9}, &arena, &c, &err));
    assert_ok(xs_bootstrap_interval(&c, 1, 20000, 3, &arena, interval, z, &err));
    double width = element("bootstrap", NULL, 1) - element("bootstrap", NULL, 0); // NumPy drew others; quantiles have an error of 2 %
    assert_near(interval[0], element("bootstrap", NULL, 0), 0, 0.04 * width);
    assert_near(interval[1], element("bootstrap", NULL, 1), 0, 0.04 * width);
}

static void subsets_as_numpy(void **state) {
    (void)state;
    size_t M;
    xs_explainer_result a = make_family("a", &M);
    const uint32_t model[MOST_MODELS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const xs_text_rows text = {{a.texts[0].scores, M, 9}, model};
    const size_t size = 4;
    xs_convergence curve;
    enum { REPEATS = 20000 };
    assert_ok(xs_converge(&text, 1, M, 2, &size, 1, REPEATS, 1, &arena, &curve, &err));
    double sd = element("subsets", NULL, 3);
    assert_near(curve.snr, element("subsets", NULL, 0), 0, 4 * sd / sqrt(REPEATS));
    assert_near(curve.sd, sd, 0.05, 0);
    assert_near(curve.spearman, element("subsets", NULL, 1), 0, 0.003);
    assert_near(curve.top_same, element("subsets", NULL, 2), 0, 4 * 0.5 / sqrt(REPEATS));
}

// The references are drawn by each in its own way, so that means over 25 of them are compared with means over 400: within 4 standard
// errors; a deviation over 25 within half and twice of theirs.
static void gap_as_scikit_learn(void **state) {
    (void)state;
    enum { M = 24, N = 8, REFERENCES = 25 };
    double e[M * N];
    xs_modes got;
    xs_centered c;
    assert_int_equal(read_scores(json_object_get(json_object_get(golden, "gap"), "scores"), e), M);
    assert_ok(xs_center((xs_scores){e, M, N}, &arena, &c, &err));
    assert_ok(xs_find_modes((xs_scores){e, M, N}, &c, 1, &arena, &got, NULL, &err));
    assert_int_equal(got.modes, 3);
    for (size_t k = 0; k < XS_MODES_MOST; k++) {
        double w = element("gap", "log_within", k), sd = element("gap", "deviation", k);
        assert_near(log(got.within[k]), w, 0, k < 3 ? 1e-9 : 0.05); // modes that are there are found by any search; halves of them are not
        assert_near(got.gap[k] + log(got.within[k]), element("gap", "reference", k), 0, 4 * sd / sqrt(REFERENCES));
        assert_true(got.gap_error[k] > sd / 2 && got.gap_error[k] < 2 * sd);
    }
}

// Share of the noise between modes, noise and signal inside, from labels, as they are written.
static void modes_as_numpy_and_defined(void **state) {
    (void)state;
    enum { M = 9, N = 7 };
    static const uint32_t label[M] = {0, 1, 0, 0, 1, 1, 0, 0, 1};
    double e[M * N], total = 0, within = 0, between = 0;
    uint32_t of[M];
    xs_centered c;
    xs_modes got;
    assert_int_equal(read_scores(json_object_get(json_object_get(golden, "modes"), "scores"), e), M);
    assert_ok(xs_center((xs_scores){e, M, N}, &arena, &c, &err));
    assert_ok(xs_find_modes((xs_scores){e, M, N}, &c, 1, &arena, &got, of, &err));
    assert_int_equal(got.modes, 2);
    for (size_t m = 0; m < M; m++) assert_int_equal(of[m], label[m]);
    assert_near(got.share_between, number("modes", "share_between"), 1e-12, 0);
    assert_near(got.noise_within, number("modes", "noise_within"), 1e-12, 0);
    assert_near(got.signal_within, number("modes", "signal_within"), 1e-11, 0);
    assert_near(got.snr_within, number("modes", "snr_within"), 1e-11, 0);
    assert_near(got.snr_between, number("modes", "snr_between"), 1e-11, 0);
    for (size_t w = 0; w < N; w++) {
        double mean[2] = {0}, all = 0;
        for (size_t m = 0; m < M; m++) mean[label[m]] += e[m * N + w] / (label[m] ? 4 : 5), all += e[m * N + w] / M;
        for (size_t m = 0; m < M; m++) total += pow(e[m * N + w] - all, 2), within += pow(e[m * N + w] - mean[label[m]], 2);
        between += 5 * pow(mean[0] - all, 2) + 4 * pow(mean[1] - all, 2);
    }
    double noise = within / (N * (M - 2)), m0 = M - (25.0 + 16.0) / M;
    assert_near(got.share_between, between / total, 1e-12, 0);
    assert_near(got.noise_within, noise, 1e-12, 0);
    assert_near(got.snr_between, (between / N - noise) / m0 / noise, 1e-11, 0);
}

// The best of all partitions of nine points into two and three.
static void kmeans_by_all_partitions(void **state) {
    (void)state;
    enum { POINTS = 9 };
    double x[POINTS * 2], work[100];
    uint32_t of[POINTS];
    assert_true(xs_kmeans_work(POINTS, 2, 3) <= sizeof work / sizeof *work);
    xs_rng rng = xs_rng_at(31, XS_STREAM_STATS, 0, 0);
    for (int i = 0; i < POINTS * 2; i++) x[i] = xs_rng_normal(&rng);
    for (size_t k = 2; k <= 3; k++) {
        double least = INFINITY;
        for (size_t code = 0, codes = (size_t)pow((double)k, POINTS); code < codes; code++) {
            double sum[3][2] = {{0}}, count[3] = {0}, within = 0;
            for (size_t i = 0, left = code; i < POINTS; i++, left /= k) {
                sum[left % k][0] += x[2 * i], sum[left % k][1] += x[2 * i + 1];
                count[left % k]++;
            }
            for (size_t i = 0, left = code; i < POINTS; i++, left /= k)
                within += pow(x[2 * i] - sum[left % k][0] / count[left % k], 2) + pow(x[2 * i + 1] - sum[left % k][1] / count[left % k], 2);
            least = fmin(least, within);
        }
        assert_near(xs_kmeans(x, POINTS, 2, k, 50, 1, 0, work, of), least, 1e-12, 0);
    }
}

static double normal(double x, double mean, double variance) {
    return exp(-0.5 * (x - mean) * (x - mean) / variance) / sqrt(2 * acos(-1) * variance);
}

// Densities and Bayes' rule as they are written, score by score; some words lie close, one far away, one varies little.
static void information_as_defined(void **state) {
    (void)state;
    enum { M = 23, N = 11, FOLDS = 5 };
    double e[M * N], want[3] = {0};
    uint32_t fold[M];
    xs_information got;
    xs_rng rng = xs_rng_at(32, XS_STREAM_STATS, 0, 0);
    for (size_t i = 0; i < M * N; i++) e[i] = (i % N == 3 ? 9 : 0.4 * (double)(i % N)) + (i % N == 5 ? 0.05 : 1) * xs_rng_normal(&rng);
    xs_draw_folds(4, M, FOLDS, fold);
    for (size_t m = 0; m < M; m++) {
        double mean[N] = {0}, variance[N] = {0}, pooled = 0, k = 0;
        for (size_t i = 0; i < M; i++)
            for (size_t w = 0; fold[i] != fold[m] && w < N; w++) mean[w] += e[i * N + w], k += w == 0;
        for (size_t w = 0; w < N; w++) mean[w] /= k;
        for (size_t i = 0; i < M; i++)
            for (size_t w = 0; fold[i] != fold[m] && w < N; w++) variance[w] += pow(e[i * N + w] - mean[w], 2) / (k - 1);
        for (size_t w = 0; w < N; w++) pooled += variance[w] / N;
        for (size_t w = 0; w < N; w++) {
            double x = e[m * N + w], sum[3] = {0}, own[3] = {0};
            for (size_t v = 0; v < N; v++) {
                double f[3] = {normal(x, mean[v], pooled), normal(x, mean[v], variance[v]), 0};
                for (size_t i = 0; i < M; i++)
                    if (fold[i] != fold[m]) f[2] += normal(x, e[i * N + v], variance[v] * pow(0.75 * k, -0.4)) / k;
                for (int q = 0; q < 3; q++) {
                    sum[q] += f[q];
                    if (v == w) own[q] = f[q];
                }
            }
            for (int q = 0; q < 3; q++) want[q] += log2(own[q] / sum[q]) / (M * N);
        }
    }
    assert_ok(xs_perceived_information((xs_scores){e, M, N}, 0, fold, FOLDS, true, &arena, &got, &err));
    assert_near(got.pi1, log2(N) + want[0], 1e-11, 1e-12);
    assert_near(got.pi2, log2(N) + want[1], 1e-11, 1e-12);
    assert_near(got.kde, log2(N) + want[2], 1e-11, 1e-12);
}

// Signal and noise of columns (models, columns) by their definitions.
static void by_definition(const double *y, size_t M, size_t n, double *signal, double *noise) {
    double all = 0, raw = 0, interaction = 0;
    *noise = 0;
    for (size_t i = 0; i < M * n; i++) all += y[i] / (double)(M * n);
    for (size_t w = 0; w < n; w++) {
        double of_word = 0;
        for (size_t m = 0; m < M; m++) of_word += y[m * n + w] / (double)M;
        raw += pow(of_word - all, 2) / (double)(n - 1);
        for (size_t m = 0; m < M; m++) {
            double of_model = 0;
            for (size_t v = 0; v < n; v++) of_model += y[m * n + v] / (double)n;
            *noise += pow(y[m * n + w] - of_word, 2) / (double)(M - 1) / (double)n;
            interaction += pow(y[m * n + w] - of_word - of_model + all, 2) / (double)((n - 1) * (M - 1));
        }
    }
    *signal = raw - interaction / (double)M;
}

static void spans_as_defined(void **state) {
    (void)state;
    size_t M;
    xs_explainer_result a = make_family("a", &M);
    static const xs_span span[] = {{0, 2}, {2, 6}, {3, 4}, {1, 9}}; // phrases, of which some overlap
    double sums[MOST_MODELS * 4] = {0}, signal, noise;
    xs_moment_snr got;
    for (size_t m = 0; m < M; m++)
        for (size_t k = 0; k < 4; k++)
            for (uint32_t w = span[k].first; w < span[k].last; w++) sums[m * 4 + k] += a.texts[0].scores[m * 9 + w];
    by_definition(sums, M, 4, &signal, &noise);
    assert_ok(xs_span_snr((xs_scores){a.texts[0].scores, M, 9}, span, 4, &arena, &got, &err));
    assert_near(got.signal, signal, 1e-11, 0);
    assert_near(got.noise, noise, 1e-12, 0);
    assert_near(got.snr, signal / noise, 1e-11, 0);
}

// The largest root is the greatest SNR of any mixture of two explainers: found by trying them.
static void several_by_search(void **state) {
    (void)state;
    size_t M;
    xs_explainer_result a = make_family("a", &M);
    double other[MOST_MODELS * 9], mixed[MOST_MODELS * 9], most = -INFINITY, most_raw = -INFINITY;
    xs_rng rng = xs_rng_at(33, XS_STREAM_STATS, 0, 0);
    xs_multivariate got;
    for (size_t i = 0; i < M * 9; i++) other[i] = cos((double)(i % 9)) + 0.5 * a.texts[0].scores[i] + xs_rng_normal(&rng);
    xs_scores s[2] = {{a.texts[0].scores, M, 9}, {other, M, 9}};
    assert_ok(xs_several_explainers(s, 2, false, &arena, &got, &err));
    for (double angle = 0; angle < acos(-1); angle += 1e-4) {
        xs_moment_snr one;
        for (size_t i = 0; i < M * 9; i++) mixed[i] = cos(angle) * s[0].e[i] + sin(angle) * other[i];
        xs_scores mixture = {mixed, M, 9};
        xs_arena_mark mark = xs_arena_save(&arena);
        assert_ok(xs_signal_noise(xs_score_row, &mixture, M, 9, &arena, &one, NULL, &err));
        xs_arena_rewind(&arena, mark);
        most = fmax(most, one.snr);
        most_raw = fmax(most_raw, one.snr_raw);
    }
    assert_near(got.largest_root, most, 1e-6, 0);
    assert_near(got.root_raw, most_raw, 1e-6, 0);
    assert_true(got.trace >= got.largest_root);
}

static void cliff_as_scipy(void **state) {
    (void)state;
    xs_group_text texts[16];
    xs_group of[2];
    xs_group_pair pair;
    double p;
    size_t n = 0;
    for (size_t i = 0; i < 9; i++) texts[n++] = (xs_group_text){element("cliff", "a", i), 1, 0, 0};
    for (size_t i = 0; i < 7; i++) texts[n++] = (xs_group_text){element("cliff", "b", i), 1, 1, 0};
    assert_ok(xs_compare_groups(texts, n, 2, 100, 1, &arena, of, &p, &pair, &err));
    assert_near(pair.cliff, number("cliff", "delta"), 1e-14, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_as_numpy),     cmocka_unit_test(agreement_as_numpy),
        cmocka_unit_test(resamples_as_numpy),     cmocka_unit_test(subsets_as_numpy),
        cmocka_unit_test(gap_as_scikit_learn), cmocka_unit_test(modes_as_numpy_and_defined), cmocka_unit_test(kmeans_by_all_partitions),
        cmocka_unit_test(information_as_defined), cmocka_unit_test(spans_as_defined),
        cmocka_unit_test(several_by_search),      cmocka_unit_test(cliff_as_scipy),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
