// Agreement of every two models: values of NumPy and SciPy (scripts/golden-pairs.py), slow forms, and what has no answer.
#include "base/random.h"
#include "check.h"
#include "stats/pairs.h"
#include <jansson.h>

static xs_arena arena;
static xsnr_error err;

static size_t read_rows(const json_t *rows, double *out) {
    size_t n = 0, i, k;
    json_t *row, *x;
    json_array_foreach(rows, i, row) json_array_foreach(row, k, x) out[n++] = json_number_value(x);
    return n;
}

static void as_scipy(void **state) {
    (void)state;
    json_t *golden = json_load_file(TEST_SOURCE_DIR "/tests/stats/golden/pairs.json", 0, NULL), *one;
    size_t i;
    assert_true(json_array_size(golden) >= 4);
    json_array_foreach(golden, i, one) {
        double e[2000];
        const json_t *rows = json_object_get(one, "scores"), *jaccard = json_object_get(one, "jaccard");
        size_t n = read_rows(rows, e), models = json_array_size(rows);
        xs_pair_agreement got;
        assert_ok(xs_agree_pairs((xs_scores){e, models, n / models}, XS_PAIRS_MOST, 1, &arena, &got, &err));
        assert_int_equal(got.pairs, models * (models - 1) / 2);
        assert_near(got.kendall_tau_b, json_number_value(json_object_get(one, "kendall_tau_b")), 1e-12, 1e-14);
        assert_near(got.cosine, json_number_value(json_object_get(one, "cosine")), 1e-12, 1e-14);
        assert_near(got.rank_biased_overlap, json_number_value(json_object_get(one, "rank_biased_overlap")), 1e-12, 1e-14);
        assert_near(got.sign, json_number_value(json_object_get(one, "sign")), 1e-12, 1e-14);
        for (size_t k = 0; k < XS_TOPS; k++) assert_near(got.jaccard[k], json_number_value(json_array_get(jaccard, k)), 1e-12, 1e-14);
    }
    json_decref(golden);
}

/* ------------------------------------------------------------ as defined */

enum { M = 6, N = 37 };

static double slow_kendall(const double *a, const double *b) {
    double s = 0, x = 0, y = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = i + 1; j < N; j++) {
            double u = (a[i] > a[j]) - (a[i] < a[j]), v = (b[i] > b[j]) - (b[i] < b[j]);
            s += u * v, x += u * u, y += v * v;
        }
    return x > 0 && y > 0 ? s / sqrt(x * y) : NAN;
}

// Is w among the k words with the largest |e|?
static bool in_top(const double *e, size_t w, size_t k) {
    size_t before = 0;
    for (size_t v = 0; v < N; v++) before += fabs(e[v]) > fabs(e[w]) || (!(fabs(e[v]) < fabs(e[w])) && v < w);
    return before < k;
}

static double common(const double *a, const double *b, size_t k) {
    double n = 0;
    for (size_t w = 0; w < N; w++) n += in_top(a, w, k) && in_top(b, w, k);
    return n;
}

static void as_defined(void **state) {
    (void)state;
    static const size_t tops[XS_TOPS] = {1, 3, 5, 10, 4};
    for (uint32_t r = 0; r < 40; r++) {
        double e[M * N], kendall = 0, pairs = 0, overlap = 0, jaccard[XS_TOPS] = {0}, sign = 0;
        xs_rng rng = xs_rng_at(31, XS_STREAM_STATS, 0, r);
        for (size_t i = 0; i < M * N; i++) // ties, zeros and both signs
            e[i] = r % 2 ? (double)xs_rng_below(&rng, 9) - 4 : xs_rng_normal(&rng);
        for (size_t a = 0; a < M; a++)
            for (size_t b = a + 1; b < M; b++, pairs++) {
                const double *x = e + a * N, *y = e + b * N;
                double sum = pow(0.9, N);
                for (size_t d = 1; d <= N; d++) sum += 0.1 / 0.9 * pow(0.9, (double)d) * common(x, y, d) / (double)d;
                overlap += sum;
                kendall += slow_kendall(x, y);
                for (size_t k = 0; k < XS_TOPS; k++) jaccard[k] += common(x, y, tops[k]) / (2 * (double)tops[k] - common(x, y, tops[k]));
                for (size_t w = 0; w < N; w++) sign += ((x[w] > 0) - (x[w] < 0) == (y[w] > 0) - (y[w] < 0)) / (double)N;
            }
        xs_pair_agreement got;
        assert_ok(xs_agree_pairs((xs_scores){e, M, N}, XS_PAIRS_MOST, 1, &arena, &got, &err));
        assert_near(got.kendall_tau_b, kendall / pairs, 1e-12, 1e-14);
        assert_near(got.rank_biased_overlap, overlap / pairs, 1e-12, 1e-14);
        assert_near(got.sign, sign / pairs, 1e-12, 1e-14);
        for (size_t k = 0; k < XS_TOPS; k++) assert_near(got.jaccard[k], jaccard[k] / pairs, 1e-12, 1e-14);
    }
}

static void samples(void **state) {
    (void)state;
    enum { MANY = 40, FEW = 5 };
    double e[MANY * FEW];
    xs_rng rng = xs_rng_at(4, XS_STREAM_STATS, 0, 0);
    for (size_t i = 0; i < MANY * FEW; i++) e[i] = xs_rng_normal(&rng) + (double)(i % FEW);
    xs_scores s = {e, MANY, FEW};
    xs_pair_agreement all, some, again, other;
    assert_ok(xs_agree_pairs(s, 780, 1, &arena, &all, &err));
    assert_ok(xs_agree_pairs(s, 300, 1, &arena, &some, &err));
    assert_ok(xs_agree_pairs(s, 300, 1, &arena, &again, &err));
    assert_ok(xs_agree_pairs(s, 300, 2, &arena, &other, &err));
    assert_int_equal(all.pairs, 780);
    assert_int_equal(some.pairs, 300);
    assert_memory_equal(&some, &again, sizeof some);
    assert_true(some.kendall_tau_b < other.kendall_tau_b || some.kendall_tau_b > other.kendall_tau_b);
    assert_near(some.kendall_tau_b, all.kendall_tau_b, 0, 0.05);
}

static void no_answer(void **state) {
    (void)state;
    double e[] = {1, 1, 1, 0, 0, 0, 3, 1, 2};
    xs_pair_agreement got;
    assert_ok(xs_agree_pairs((xs_scores){e, 1, 3}, 10, 1, &arena, &got, &err)); // one model
    assert_int_equal(got.pairs, 0);
    assert_true(isnan(got.kendall_tau_b) && isnan(got.cosine) && isnan(got.sign) && isnan(got.rank_biased_overlap) && isnan(got.jaccard[0]));
    assert_ok(xs_agree_pairs((xs_scores){e, 2, 3}, 10, 1, &arena, &got, &err)); // a constant, and zeros
    assert_true(isnan(got.kendall_tau_b) && isnan(got.cosine) && isnan(got.jaccard[2]));
    assert_near(got.sign, 0, 0, 0);
    assert_ok(xs_agree_pairs((xs_scores){e + 6, 3, 1}, 10, 1, &arena, &got, &err)); // one word
    assert_true(isnan(got.kendall_tau_b));
    assert_near(got.cosine, 1, 1e-15, 0);
    assert_near(got.rank_biased_overlap, 1, 1e-15, 0);
    assert_near(got.jaccard[4], 1, 0, 0);
    assert_ok(xs_agree_pairs((xs_scores){e, 0, 0}, 10, 1, &arena, &got, &err));
    assert_true(isnan(got.sign));
    double huge[] = {1e200, -1e200, 0, 1e200, 1e200, 0};
    assert_ok(xs_agree_pairs((xs_scores){huge, 2, 3}, 10, 1, &arena, &got, &err));
    assert_true(isnan(got.cosine) || fabs(got.cosine) < 1e-12); // 0, or beyond what doubles hold; not a wrong number
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_scipy), cmocka_unit_test(as_defined), cmocka_unit_test(samples),
                                       cmocka_unit_test(no_answer)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    xs_arena_free(&arena);
    return failed;
}
