// Groups of texts and types of words: against exact permutations, against quadratic forms by NumPy
// (scripts/golden-beyond.py), and in simulation.
#include "base/random.h"
#include "beyond.h"
#include "stats/groups.h"

static xs_arena arena;
static xsnr_error err;

// All 2^8 ways to put 4 of 8 texts into group 1: the exact p value, which draws approach.
static void p_is_near_the_exact_one(void **state) {
    (void)state;
    xs_group_text texts[8];
    xs_group groups[2];
    xs_group_pair pair;
    double p, observed = 0;
    int reached = 0, all = 0;
    xs_rng rng = xs_rng_at(13, XS_STREAM_STATS, 0, 0);
    for (uint32_t i = 0; i < 8; i++)
        texts[i] = (xs_group_text){xs_rng_uniform(&rng) + (i < 4 ? 0.4 : 0), 1 + xs_rng_uniform(&rng), i >= 4, 0};
    for (unsigned set = 0x0f; set < 256; set++) {
        double s[2] = {0}, n[2] = {0};
        if (__builtin_popcount(set) != 4) continue;
        for (unsigned i = 0; i < 8; i++) {
            s[set >> i & 1] += texts[i].signal;
            n[set >> i & 1] += texts[i].noise;
        }
        double d = fabs(s[1] / n[1] - s[0] / n[0]);
        if (set == 0x0f) observed = d;
        reached += d >= observed * (1 - 1e-12);
        all++;
    }
    assert_ok(xs_compare_groups(texts, 8, 2, 20000, 1, &arena, groups, &p, &pair, &err));
    assert_int_equal(all, 70);
    assert_near(pair.p, (double)reached / all, 0, 0.01);
    assert_near(pair.p, p, 0, 0.01); // two groups of equal size: both statistics order alike, nearly
    assert_near(pair.p_adjusted, pair.p, 0, 0);
    assert_near(pair.ratio, groups[0].snr / groups[1].snr, 1e-14, 0);
    assert_int_equal(groups[0].texts, 4);
}

// Both groups in every text: all 2^8 ways to exchange them inside texts, and no other.
static void blocks_are_exchanged_inside(void **state) {
    (void)state;
    xs_group_text both[16];
    xs_group groups[2];
    xs_group_pair pair;
    double p, observed = 0;
    int reached = 0;
    xs_rng rng = xs_rng_at(15, XS_STREAM_STATS, 0, 0);
    for (uint32_t i = 0; i < 8; i++) {
        double size = i < 2 ? 20 : 1; // texts differ far more than the groups do
        both[2 * i] = (xs_group_text){size * (i == 0 ? 0.3 : i == 1 ? 3 : 1), size, 0, i + 1};
        both[2 * i + 1] = (xs_group_text){both[2 * i].signal * (0.55 + 0.4 * xs_rng_uniform(&rng)), size, 1, i + 1};
    }
    for (unsigned flips = 0; flips < 256; flips++) {
        double s[2] = {0}, n[2] = {0};
        for (unsigned i = 0; i < 16; i++) {
            unsigned to = both[i].group ^ (flips >> i / 2 & 1);
            s[to] += both[i].signal;
            n[to] += both[i].noise;
        }
        double d = fabs(s[1] / n[1] - s[0] / n[0]);
        if (flips == 0) observed = d;
        reached += d >= observed * (1 - 1e-12);
    }
    assert_ok(xs_compare_groups(both, 16, 2, 20000, 1, &arena, groups, &p, &pair, &err));
    assert_near(pair.p, reached / 256.0, 0, 0.01);
    assert_true(pair.p < 0.05); // whole texts exchanged anywhere would not tell
    for (uint32_t i = 0; i < 16; i++) both[i].block = 0;
    assert_ok(xs_compare_groups(both, 16, 2, 2000, 1, &arena, groups, &p, &pair, &err));
    assert_true(pair.p > 0.05);
}

static void effects_as_defined(void **state) {
    (void)state;
    const xs_group_text texts[] = {{4, 1, 0, 0}, {3, 1, 0, 0}, {NAN, 1, 0, 0}, {1, 1, 1, 0}, {3, 2, 1, 0}, {5, 1, 1, 0}, {0, 0, 2, 0}};
    xs_group groups[3];
    xs_group_pair pairs[3];
    double p;
    assert_ok(xs_compare_groups(texts, 7, 3, 99, 1, &arena, groups, &p, pairs, &err));
    assert_near(groups[0].snr, 3.5, 1e-15, 0);
    assert_near(groups[1].snr, 9.0 / 4, 1e-15, 0);
    assert_true(isnan(groups[2].snr) && isnan(p) && isnan(pairs[1].p) && isnan(pairs[1].ratio));
    assert_near(pairs[0].cliff, (2 + 2 - 2) / 6.0, 1e-15, 0); // 4 > 1, 1.5; 3 > 1, 1.5; both < 5
    assert_int_equal(xs_compare_groups(texts, 7, 2, 99, 1, &arena, groups, &p, pairs, &err), XSNR_ERR_ARGUMENT);
}

static double p_of(size_t n, double apart, uint32_t r, xs_group_pair *pair) {
    xs_group_text texts[80];
    xs_group groups[2];
    double p;
    xs_rng rng = xs_rng_at(14, XS_STREAM_STATS, (uint32_t)(apart * 10), r);
    for (uint32_t i = 0; i < n; i++)
        texts[i] = (xs_group_text){exp(0.5 * xs_rng_normal(&rng)) * (i % 2 ? 1 : exp(apart)), 1, i % 2, 0};
    assert_ok(xs_compare_groups(texts, n, 2, 199, r, &arena, groups, &p, pair, &err));
    return pair->p;
}

static void p_is_uniform_and_has_power(void **state) {
    (void)state;
    int runs = getenv("XSNR_LONG") ? 4000 : 400, rejected = 0, found = 0, covered = 0;
    for (int r = 0; r < runs; r++) {
        xs_group_pair pair;
        rejected += p_of(20, 0, (uint32_t)r, &pair) <= 0.05;
        found += p_of(80, 0.5, (uint32_t)r, &pair) <= 0.05;
        covered += pair.ratio_ci[0] <= exp(0.5) && exp(0.5) <= pair.ratio_ci[1];
    }
    print_message("groups alike: %.1f %% below 0.05; ratio 1.65: found in %.1f %%, covered in %.1f %%\n",
                  100.0 * rejected / runs, 100.0 * found / runs, 100.0 * covered / runs);
    assert_near((double)rejected / runs, 0.05, 0, 4 * sqrt(0.05 * 0.95 / runs));
    assert_true(found > runs * 0.95);
    assert_near((double)covered / runs, 0.95, 0, 0.03);
}

// One block of scores that stand each for itself.
static int word_types(const double *y, const uint32_t *type, const uint32_t *context, size_t n, uint32_t types, uint32_t contexts,
                      xs_nested *out) {
    xs_word_place place[64];
    xs_type_sums sums;
    assert_in_range(n, 1, 64);
    for (size_t i = 0; i < n; i++) place[i] = (xs_word_place){type[i], context[i], 1, y[i], 0};
    XS_TRY(xs_types_begin(&sums, types, &arena, &err));
    XS_TRY(xs_types_see(&sums, place, n, &err));
    XS_TRY(xs_types_see_again(&sums, place, n, contexts, &arena, &err));
    xs_types_end(&sums, out);
    return XSNR_OK;
}

static void henderson_as_numpy(void **state) {
    (void)state;
    double y[14], x[14], want[3];
    uint32_t type[14], context[14];
    const json_t *nested = json_object_get(golden, "nested");
    xs_nested got;
    read_numbers(json_object_get(nested, "type"), x);
    for (int i = 0; i < 14; i++) type[i] = (uint32_t)x[i];
    read_numbers(json_object_get(nested, "context"), x);
    for (int i = 0; i < 14; i++) context[i] = (uint32_t)x[i];
    read_numbers(json_object_get(nested, "y"), y);
    read_numbers(json_object_get(nested, "variance"), want);
    assert_ok(word_types(y, type, context, 14, 3, 7, &got));
    assert_near(got.type, want[0], 1e-10, 0);
    assert_near(got.context, want[1], 1e-10, 0);
    assert_near(got.model, want[2], 1e-10, 0);
    context[13] = 0;
    assert_int_equal(word_types(y, type, context, 14, 3, 7, &got), XSNR_ERR_ARGUMENT);
    assert_ok(word_types(y, type, type, 14, 3, 3, &got)); // a context a type: cannot be told apart
    assert_true(isnan(got.context) && isnan(got.type) && got.model > 0);
}

// Balanced: the textbook's nested analysis of variance.
static void nested_by_hand(void **state) {
    (void)state;
    enum { T = 4, C = 3, R = 5, ALL = T * C * R };
    double y[ALL], of_t[T] = {0}, of_c[T * C] = {0}, mean = 0, ms_t = 0, ms_c = 0, ms_m = 0;
    uint32_t type[ALL], context[ALL];
    xs_rng rng = xs_rng_at(15, XS_STREAM_STATS, 0, 0);
    xs_nested got;
    for (uint32_t i = 0; i < ALL; i++) {
        type[i] = i / (C * R);
        context[i] = i / R;
        y[i] = xs_rng_normal(&rng) + type[i] + 0.5 * (context[i] % 2);
        of_t[type[i]] += y[i] / (C * R);
        of_c[context[i]] += y[i] / R;
        mean += y[i] / ALL;
    }
    for (int i = 0; i < T; i++) ms_t += C * R * pow(of_t[i] - mean, 2) / (T - 1);
    for (int j = 0; j < T * C; j++) ms_c += R * pow(of_c[j] - of_t[j / C], 2) / (T * (C - 1));
    for (int i = 0; i < ALL; i++) ms_m += pow(y[i] - of_c[context[i]], 2) / (T * C * (R - 1));
    assert_ok(word_types(y, type, context, ALL, T, T * C, &got));
    assert_near(got.model, ms_m, 1e-12, 0);
    assert_near(got.context, (ms_c - ms_m) / R, 1e-11, 0);
    assert_near(got.type, (ms_t - ms_c) / (C * R), 1e-11, 0);
}

static int done(void **state) {
    xs_arena_free(&arena);
    return unload_golden(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_exchanged_inside), cmocka_unit_test(p_is_near_the_exact_one),
        cmocka_unit_test(effects_as_defined),
        cmocka_unit_test(p_is_uniform_and_has_power),
        cmocka_unit_test(henderson_as_numpy),
        cmocka_unit_test(nested_by_hand),
    };
    return cmocka_run_group_tests(tests, load_golden, done);
}
