// Plausibility and complexity against scikit-learn and SciPy (scripts/golden-beyond.py) and against slow textbook forms.
#include "base/random.h"
#include "beyond.h"
#include "stats/plausible.h"

static xs_arena arena;
static xsnr_error err;

static void as_sklearn(void **state) {
    (void)state;
    json_t *one;
    size_t i;
    json_array_foreach(json_object_get(golden, "rationales"), i, one) {
        double score[32], human[32];
        unsigned char mark[32];
        size_t n = read_numbers(json_object_get(one, "score"), score);
        read_numbers(json_object_get(one, "human"), human);
        for (size_t w = 0; w < n; w++) mark[w] = human[w] > 0;
        xs_plausibility got;
        xs_complexity complexity;
        assert_ok(xs_plausible(score, mark, n, &arena, &got, &err));
        assert_near(got.auprc, json_number_value(json_object_get(one, "auprc")), 1e-12, 0);
        assert_near(got.average_precision, json_number_value(json_object_get(one, "average_precision")), 1e-12, 0);
        assert_near(got.auroc, json_number_value(json_object_get(one, "auroc")), 1e-12, 0);
        assert_ok(xs_complex(score, n, &arena, &complexity, &err));
        assert_near(complexity.entropy, json_number_value(json_object_get(one, "entropy")), 1e-12, 0);
        assert_near(complexity.effective_words, exp(complexity.entropy), 1e-14, 0);
        assert_near(complexity.gini, json_number_value(json_object_get(one, "gini")), 1e-12, 0);
        assert_near(complexity.words80, json_number_value(json_object_get(one, "words80")), 0, 0);
    }
}

static void as_defined(void **state) {
    (void)state;
    for (uint32_t r = 0; r < 200; r++) {
        enum { N = 15 };
        double score[N], better = 0, pairs = 0;
        unsigned char human[N];
        size_t marked = 0, hits = 0;
        xs_rng rng = xs_rng_at(12, XS_STREAM_STATS, 0, r);
        for (size_t w = 0; w < N; w++) {
            score[w] = (double)xs_rng_below(&rng, 7);
            human[w] = xs_rng_below(&rng, 3) == 0;
            marked += human[w];
        }
        xs_plausibility got;
        assert_ok(xs_plausible(score, human, N, &arena, &got, &err));
        for (size_t a = 0; a < N; a++)
            for (size_t b = 0; b < N; b++) {
                if (!human[a] || human[b]) continue;
                better += score[a] > score[b] ? 1 : score[a] == score[b] ? 0.5 : 0;
                pairs++;
            }
        assert_near(got.auroc, pairs > 0 ? better / pairs : NAN, 1e-12, 0);
        for (size_t w = 0; w < N; w++) { // selected: fewer than `marked` words come before it
            size_t before = 0;
            for (size_t v = 0; v < N; v++) before += score[v] > score[w] || (score[v] == score[w] && v < w);
            hits += human[w] && before < marked;
        }
        assert_near(got.token_f1, marked ? (double)hits / (double)marked : NAN, 1e-12, 0);
    }
}

static void runs_are_matched(void **state) {
    (void)state;
    // selected 0-2 and 6; marked 1-3 and 8: {0,1,2} and {1,2,3} overlap by 2 of 4; the other runs match nothing
    double score[] = {9, 9, 9, 0, 0, 0, 9, 0, 0, 0};
    unsigned char human[] = {0, 1, 1, 1, 0, 0, 0, 0, 1, 0}, none[10] = {0}, wrong[10] = {2};
    xs_plausibility got;
    assert_ok(xs_plausible(score, human, 10, &arena, &got, &err));
    assert_near(got.iou_f1, 0.5, 1e-15, 0);
    assert_near(got.token_f1, 0.5, 1e-15, 0);
    assert_ok(xs_plausible(score, none, 10, &arena, &got, &err));
    assert_true(isnan(got.token_f1) && isnan(got.auprc) && isnan(got.auroc));
    assert_int_equal(xs_plausible(score, wrong, 10, &arena, &got, &err), XSNR_ERR_DATA);
}

static void extremes(void **state) {
    (void)state;
    double one[] = {0, 0, -3, 0, 0}, all[] = {1, -1, 1, -1, 1}, none[5] = {0};
    xs_complexity got;
    assert_ok(xs_complex(one, 5, &arena, &got, &err));
    assert_near(got.entropy, 0, 0, 1e-15);
    assert_near(got.gini, 0.8, 1e-14, 0);
    assert_near(got.words80, 1, 0, 0);
    assert_ok(xs_complex(all, 5, &arena, &got, &err));
    assert_near(got.effective_words, 5, 1e-14, 0);
    assert_near(got.gini, 0, 0, 1e-14);
    assert_near(got.words80, 4, 0, 0);
    assert_ok(xs_complex(none, 5, &arena, &got, &err));
    assert_true(isnan(got.entropy) && isnan(got.words80));
}

static int done(void **state) {
    xs_arena_free(&arena);
    return unload_golden(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_sklearn),
        cmocka_unit_test(as_defined),
        cmocka_unit_test(runs_are_matched),
        cmocka_unit_test(extremes),
    };
    return cmocka_run_group_tests(tests, load_golden, done);
}
