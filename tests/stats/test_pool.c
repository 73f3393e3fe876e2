// Texts pooled, families compared, models chosen: against slow forms and small cases worked by hand.
#include "base/alloc.h"
#include "base/random.h"
#include "check.h"
#include "math/distribution.h"
#include "stats/analysis.h"
#include "stats/parts.h"
#include <jansson.h>

enum { MODELS = 10, TEXTS = 4, MOST = 16 };

// Texts of one family: a text keeps the models whose bit is set in kept[t].
typedef struct family {
    xs_arena arena;
    xs_text_result texts[TEXTS];
    xs_explainer_result result;
} family;

static void make_family(family *f, double signal, uint32_t seed, const unsigned kept[TEXTS],
                        size_t leave_out) {
    static const char *const ids[TEXTS] = {"a", "b", "c", "d"};
    memset(f, 0, sizeof *f);
    for (size_t t = 0; t < TEXTS; t++) {
        size_t words = 6 + 3 * t, rows = 0;
        double *e = XS_ARENA_ARRAY(&f->arena, double, MODELS *words);
        uint32_t *model = XS_ARENA_ARRAY(&f->arena, uint32_t, MODELS);
        for (uint32_t m = 0; m < MODELS; m++) {
            xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, m, (uint32_t)t);
            if (!(kept[t] >> m & 1) || m == leave_out) continue;
            for (size_t w = 0; w < words; w++)
                e[rows * words + w] = signal * sin(1.0 + (double)(w * (t + 1))) + xs_rng_normal(&rng);
            model[rows++] = m;
        }
        xsnr_error err = {0};
        xs_text_result *r = &f->texts[t];
        *r = (xs_text_result){
            .id = ids[t], .models_kept = rows, .n_words = words, .scores = e, .model = model};
        assert_ok(xs_analyze_text((xs_scores){e, rows, words}, 0.9, 1, &f->arena, r, &err));
    }
    f->result = (xs_explainer_result){.name = "x", .texts = f->texts, .n_texts = TEXTS};
}

static const unsigned everyone[TEXTS] = {0x3ff, 0x3ff, 0x3ff, 0x3ff};
static const unsigned some[TEXTS] = {0x3ff, 0x0ff, 0x355, 0x3f0};

static double ratio_of(const family *f) { // Σ signal / Σ noise
    double signal = 0, noise = 0;
    for (size_t t = 0; t < TEXTS; t++) {
        signal += f->texts[t].snr.signal;
        noise += f->texts[t].snr.noise;
    }
    return signal / noise;
}

static void pooled_by_leaving_out(void **state) {
    (void)state;
    const unsigned *kept[2] = {everyone, some};
    for (int k = 0; k < 2; k++) {
        family whole, less;
        xs_pooled p;
        xsnr_error err = {0};
        double without[MODELS], mean = 0, square = 0;
        for (size_t m = 0; m < MODELS; m++) { // the whole computation again, without one model
            make_family(&less, 0.8, 3, kept[k], m);
            mean += (without[m] = ratio_of(&less)) / MODELS;
            xs_arena_free(&less.arena);
        }
        for (size_t m = 0; m < MODELS; m++) square += pow(without[m] - mean, 2);
        double reach = xs_t_quantile(0.975, MODELS - 1) * sqrt(square * (MODELS - 1) / MODELS);
        make_family(&whole, 0.8, 3, kept[k], MODELS);
        assert_ok(xs_pool_texts(&(xs_explainer_result){.texts = whole.texts, .n_texts = TEXTS}, MODELS, 0.9, &whole.arena, &p, &err));
        assert_int_equal(p.texts, TEXTS);
        assert_int_equal(p.models, MODELS);
        assert_near(p.snr, ratio_of(&whole), 1e-13, 0);
        assert_near(p.signal / p.noise, p.snr, 1e-13, 0);
        assert_near(p.signal_raw / p.noise, p.snr_raw, 1e-13, 0);
        assert_near(p.snr_ci[0], p.snr - reach, 1e-10, 0);
        assert_near(p.snr_ci[1], p.snr + reach, 1e-10, 0);
        assert_near(p.icc, p.snr / (1 + p.snr), 1e-13, 0);
        assert_true(p.models_needed == ceil(9 / p.snr));
        double snr[TEXTS];
        for (size_t t = 0; t < TEXTS; t++) snr[t] = whole.texts[t].snr.snr;
        double low = fmin(fmin(snr[0], snr[1]), fmin(snr[2], snr[3])),
               high = fmax(fmax(snr[0], snr[1]), fmax(snr[2], snr[3]));
        assert_near(p.snr_median, (snr[0] + snr[1] + snr[2] + snr[3] - low - high) / 2, 1e-13, 0);
        assert_true(p.snr_q25 >= low && p.snr_q25 <= p.snr_median && p.snr_q75 <= high);
        xs_arena_free(&whole.arena);
    }
}

static void pooled_texts_without_answer(void **state) {
    (void)state;
    static const unsigned thin[TEXTS] = {0x3ff, 0x001, 0x003, 0x000}; // ten models, one, two, none
    family f;
    xs_pooled p;
    xsnr_error err = {0};
    make_family(&f, 0.8, 3, thin, MODELS);
    assert_ok(xs_pool_texts(&(xs_explainer_result){.texts = f.texts, .n_texts = TEXTS}, MODELS, 0.9, &f.arena, &p, &err));
    assert_int_equal(p.texts, 2);
    assert_int_equal(p.texts_undefined, 2);
    assert_true(isfinite(p.snr_ci[0]) && isnan(p.completeness_gap));
    assert_near(p.signal, (f.texts[0].snr.signal + f.texts[2].snr.signal) / 2, 1e-14, 0);
    assert_ok(xs_pool_texts(&(xs_explainer_result){.texts = f.texts + 1, .n_texts = 1}, MODELS, 0.9, &f.arena, &p, &err)); // nothing to pool
    assert_true(p.texts == 0 && isnan(p.snr) && isnan(p.snr_ci[0]) && isnan(p.snr_median) && isnan(p.signal));
    assert_ok(xs_pool_texts(&(xs_explainer_result){.texts = f.texts, .n_texts = 0}, MODELS, 0.9, &f.arena, &p, &err));
    assert_true(p.texts == 0 && isnan(p.snr));
    assert_int_equal(xs_pool_texts(&(xs_explainer_result){.texts = f.texts, .n_texts = TEXTS}, 5, 0.9, &f.arena, &p, &err), XSNR_ERR_ARGUMENT);
    xs_arena_free(&f.arena);
}

static void families_compared(void **state) {
    (void)state;
    family a, b;
    xs_comparison c = {.family_a = "kept"}, back;
    xsnr_error err = {0};
    make_family(&a, 1.6, 3, everyone, MODELS);
    make_family(&b, 0.9, 4, some, MODELS);
    b.texts[2].id = "not in a";
    assert_ok(xs_compare_families(&a.result, MODELS, &b.result, MODELS, &a.arena, &c, &err));
    assert_ok(xs_compare_families(&b.result, MODELS, &a.result, MODELS, &a.arena, &back, &err));
    double of[2][2] = {{0}};
    for (size_t t = 0; t < TEXTS; t++) {
        if (t == 2) continue;
        of[0][0] += a.texts[t].snr.signal, of[0][1] += a.texts[t].snr.noise;
        of[1][0] += b.texts[t].snr.signal, of[1][1] += b.texts[t].snr.noise;
    }
    assert_int_equal(c.texts, 3);
    assert_string_equal(c.family_a, "kept");
    assert_near(c.ratio, of[0][0] / of[0][1] / (of[1][0] / of[1][1]), 1e-13, 0);
    assert_true(c.ratio_ci[0] > 0 && c.ratio_ci[0] < c.ratio && c.ratio_ci[1] > c.ratio);
    assert_near(back.ratio, 1 / c.ratio, 1e-12, 0); // on the logarithm the two ways are one
    assert_near(back.ratio_ci[0], 1 / c.ratio_ci[1], 1e-10, 0);
    assert_near(c.wilcoxon_p, back.wilcoxon_p, 1e-14, 0);
    assert_near(c.wilcoxon_p, 0.25, 1e-12, 0); // three texts, all the same way: 2/8
    xs_arena_free(&b.arena);
    make_family(&b, 0, 6, everyone, MODELS); // no signal: a leave-one-out value below 0, and the plain scale
    assert_ok(xs_compare_families(&b.result, MODELS, &a.result, MODELS, &a.arena, &c, &err));
    assert_near((c.ratio_ci[0] + c.ratio_ci[1]) / 2, c.ratio, 1e-9, 1e-12);
    if (ratio_of(&b) <= 0) {
        assert_ok(xs_compare_families(&a.result, MODELS, &b.result, MODELS, &a.arena, &c, &err));
        assert_true(isnan(c.ratio) && isnan(c.ratio_ci[0]));
    }
    b.result.n_texts = 0;
    assert_ok(xs_compare_families(&a.result, MODELS, &b.result, MODELS, &a.arena, &c, &err));
    assert_true(c.texts == 0 && isnan(c.ratio) && isnan(c.wilcoxon_p));
    xs_arena_free(&a.arena);
    xs_arena_free(&b.arena);
}

// right[m] of `texts` texts are answered correctly by model m, the first ones.
static void fill(unsigned char *correct, const size_t *right, size_t models, size_t texts) {
    for (size_t m = 0; m < models; m++)
        for (size_t t = 0; t < texts; t++) correct[m * texts + t] = t < right[m];
}

static void check_kept(const char *rule, const unsigned char *correct, size_t models, size_t texts,
                       const char *expected) {
    unsigned char keep[MOST];
    char got[MOST + 1] = {0};
    xsnr_error err = {0};
    assert_ok(xs_equivalent_models(rule, correct, models, texts, keep, &err));
    for (size_t m = 0; m < models; m++) got[m] = keep[m] ? '1' : '.';
    assert_string_equal(got, expected);
}

static void equivalent_models(void **state) {
    (void)state;
    enum { N = 1000 };
    static unsigned char correct[8 * N];
    static const size_t right[8] = {900, 700, 890, 910, 872, 910, 860, 899};
    fill(correct, right, 8, N);
    check_kept("all", NULL, 8, 0, "11111111");
    check_kept("best:1", correct, 8, N, "...1....");
    check_kept("best:3", correct, 8, N, "1..1.1..");
    check_kept("best:99", correct, 8, N, "11111111");
    check_kept("closest:2", correct, 8, N, "...1.1..");
    check_kept("closest:3", correct, 8, N, "1..1.1..");  // 910 910 900 spans 10, and so does 900 899 890
    check_kept("ztest:0.05", correct, 8, N, "1.11.1.1"); // 910 against 872: z = 2.7; against 890: 1.5
    check_kept("ztest:0.001", correct, 8, N, "1.1111.1");
    check_kept("mcnemar:0.05", correct, 8, N, "...1.1.."); // nested errors: 10 to 0 is far beyond chance
    static const size_t perfect[3] = {N, N, 0};
    fill(correct, perfect, 3, N);
    check_kept("ztest:0.05", correct, 3, N, "11.");
    check_kept("mcnemar:0.05", correct, 3, N, "11.");
    check_kept("ztest:0.05", correct, 1, N, "1");
}

static void mcnemar_is_exact(void **state) {
    (void)state;
    json_t *golden = json_load_file(TEST_SOURCE_DIR "/tests/stats/golden/stats.json", 0, NULL), *row;
    size_t i;
    assert_non_null(golden);
    json_array_foreach(json_object_get(golden, "mcnemar"), i, row) {
        size_t b = (size_t)json_integer_value(json_array_get(row, 0)),
               c = (size_t)json_integer_value(json_array_get(row, 1));
        double p = json_number_value(json_array_get(row, 2));
        static unsigned char correct[2 * 120];
        memset(correct, 0, sizeof correct);
        for (size_t t = 0; t < b; t++) correct[t] = 1;
        for (size_t t = b; t < b + c; t++) correct[120 + t] = 1;
        for (int side = -1; side <= 1 && p < 0.99; side += 2) { // just below and just above the p value
            char rule[64];
            xsnr_error err = {0};
            unsigned char keep[2];
            snprintf(rule, sizeof rule, "mcnemar:%.15f", p * (1 + side * 1e-9));
            assert_ok(xs_equivalent_models(rule, correct, 2, 120, keep, &err));
            assert_int_equal(keep[0] + keep[1], side < 0 ? 2 : 1);
        }
    }
    json_decref(golden);
}

static void equivalence_rules(void **state) {
    (void)state;
    static const char *const good[] = {"all",        "best:1",      "closest:20",
                                       "ztest:0.05", "mcnemar:.01", "ztest:1e-3"};
    static const char *const bad[] = {"",
                                      "none",
                                      "all:3",
                                      "best",
                                      "best:",
                                      "best:0",
                                      "best:-1",
                                      "best:2x",
                                      "best:1.5",
                                      "ztest",
                                      "ztest:",
                                      "ztest:0",
                                      "ztest:1",
                                      "ztest:nan",
                                      "ztest:-0.1",
                                      "ztest:5%",
                                      "Best:3",
                                      "best:99999999999999999999999",
                                      "mcnemar:inf",
                                      " all"};
    xsnr_error err = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_ok(xs_equivalence_check(good[i], "s.yaml", 3, &err));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err = (xsnr_error){0};
        assert_int_equal(xs_equivalence_check(bad[i], "s.yaml", 3, &err), XSNR_ERR_CONFIG);
        assert_true(err.line == 3 && strcmp(err.file, "s.yaml") == 0 &&
                    strncmp(err.message, "equivalence: '", 14) == 0);
    }
    unsigned char keep[2];
    assert_int_equal(xs_equivalent_models("ztest:0.05", NULL, 2, 0, keep, &err), XSNR_ERR_ARGUMENT);
}

// What pooling, comparing, choosing and ranking allocate fails once at every place.
static int work_on(family *a, family *b, const unsigned char *correct, xsnr_error *err) {
    xs_arena scratch = {0};
    xs_pooled p;
    xs_comparison c;
    unsigned char keep[3];
    double e[6] = {1, 2, 2, 4, 0, 1};
    size_t zero_rows;
    int rc = xs_pool_texts(&(xs_explainer_result){.texts = a->texts, .n_texts = TEXTS}, MODELS, 0.9, &scratch, &p, err);
    if (rc == XSNR_OK) rc = xs_compare_families(&a->result, MODELS, &b->result, MODELS, &scratch, &c, err);
    if (rc == XSNR_OK) rc = xs_equivalent_models("ztest:0.05", correct, 3, 4, keep, err);
    if (rc == XSNR_OK) rc = xs_normalize(e, 2, 3, XS_NORM_RANK, false, &zero_rows, err);
    xs_arena_free(&scratch);
    return rc;
}

static void allocations_fail(void **state) {
    (void)state;
    static const unsigned char correct[12] = {1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1};
    family a, b;
    make_family(&a, 1.6, 3, everyone, MODELS);
    make_family(&b, 0.9, 4, some, MODELS);
    for (long n = 1;; n++) {
        xsnr_error err = {0};
        xs_alloc_fail_at(n);
        int rc = work_on(&a, &b, correct, &err);
        xs_alloc_fail_at(0);
        if (rc == XSNR_OK) break;
        assert_int_equal(rc, XSNR_ERR_NOMEM);
        assert_int_equal(err.code, XSNR_ERR_NOMEM);
    }
    xs_arena_free(&a.arena);
    xs_arena_free(&b.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pooled_by_leaving_out), cmocka_unit_test(pooled_texts_without_answer),
        cmocka_unit_test(families_compared),     cmocka_unit_test(equivalent_models),
        cmocka_unit_test(mcnemar_is_exact),      cmocka_unit_test(equivalence_rules),
        cmocka_unit_test(allocations_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
