// Philox against Random123's known answers, and the laws of what is drawn from it.
#include "base/random.h"
#include "check.h"

// From Random123's kat_vectors, philox4x32 with 10 rounds.
static void known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], expected[4];
    } kat[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof kat / sizeof *kat; i++) {
        uint32_t out[4];
        xs_philox4x32(kat[i].counter, kat[i].key, out);
        assert_memory_equal(out, kat[i].expected, sizeof out);
    }
}

// Another seed, kind or name is another stream; the same is the same.
static void streams_are_independent(void **state) {
    (void)state;
    xs_rng a = xs_rng_at(1, XS_STREAM_INIT, 0, 0), same = xs_rng_at(1, XS_STREAM_INIT, 0, 0);
    xs_rng others[] = {xs_rng_at(2, XS_STREAM_INIT, 0, 0), xs_rng_at(1, XS_STREAM_ORDER, 0, 0),
                       xs_rng_at(1, XS_STREAM_INIT, 1, 0), xs_rng_at(1, XS_STREAM_INIT, 0, 1),
                       xs_rng_at(1ull << 32, XS_STREAM_INIT, 0, 0)};
    for (int i = 0; i < 1000; i++) {
        uint64_t v = xs_rng_u64(&a);
        assert_true(v == xs_rng_u64(&same));
        for (size_t k = 0; k < sizeof others / sizeof *others; k++) assert_true(v != xs_rng_u64(&others[k]));
    }
    assert_true(xs_seed_derive(1, XS_STREAM_INIT, "a", 0) != xs_seed_derive(1, XS_STREAM_INIT, "b", 0));
    assert_true(xs_seed_derive(1, XS_STREAM_INIT, "a", 0) != xs_seed_derive(1, XS_STREAM_ORDER, "a", 0));
    assert_true(xs_seed_derive(1, XS_STREAM_INIT, "a", 0) != xs_seed_derive(1, XS_STREAM_INIT, "a", 1));
    assert_true(xs_seed_derive(1, XS_STREAM_INIT, "a", 0) != xs_seed_derive(2, XS_STREAM_INIT, "a", 0));
}

// Moments of 200,000 draws within five standard errors.
static void distributions(void **state) {
    (void)state;
    enum { N = 200000 };
    xs_rng rng = xs_rng_at(7, XS_STREAM_STATS, 0, 0);
    double sum = 0, squares = 0, uniform = 0;
    for (int i = 0; i < N; i++) {
        double z = xs_rng_normal(&rng), u = xs_rng_uniform(&rng);
        assert_true(isfinite(z) && u >= 0 && u < 1);
        sum += z, squares += z * z, uniform += u;
    }
    assert_near(sum / N, 0, 0, 5 / sqrt(N));
    assert_near(squares / N, 1, 0, 5 * sqrt(2.0 / N));
    assert_near(uniform / N, 0.5, 0, 5 / sqrt(12.0 * N));
}

static void below_is_uniform(void **state) {
    (void)state;
    enum { N = 70000 };
    int counts[7] = {0};
    xs_rng rng = xs_rng_at(8, XS_STREAM_STATS, 0, 0);
    for (int i = 0; i < N; i++) counts[xs_rng_below(&rng, 7)]++;
    double chi2 = 0;
    for (int k = 0; k < 7; k++) chi2 += (counts[k] - N / 7.0) * (counts[k] - N / 7.0) / (N / 7.0);
    assert_true(chi2 < 22.5); // 0.999 quantile at 6 degrees of freedom
}

static void permutations_hold_every_item(void **state) {
    (void)state;
    uint32_t items[100];
    bool seen[100] = {0};
    for (uint32_t i = 0; i < 100; i++) items[i] = i;
    xs_rng rng = xs_rng_at(9, XS_STREAM_ORDER, 0, 0);
    xs_rng_permute(&rng, items, 100);
    int moved = 0;
    for (uint32_t i = 0; i < 100; i++) seen[items[i]] = true, moved += items[i] != i;
    for (int i = 0; i < 100; i++) assert_true(seen[i]);
    assert_true(moved > 80);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),    cmocka_unit_test(streams_are_independent),
        cmocka_unit_test(distributions),    cmocka_unit_test(below_is_uniform),
        cmocka_unit_test(permutations_hold_every_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
