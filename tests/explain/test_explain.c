// Explainers on hand-made games with known solutions: a "model" here is a function of the words that are
// present.
//
// Solutions: majority and weighted voting, Shapley and Shubik 1954; gloves, Shapley and Shubik 1969; airport,
// Littlechild and Owen 1973; the Security Council's 421/2145 and 4/2145.
#include "base/alloc.h"
#include "base/random.h"
#include "check.h"
#include "registry.h"
#include <jansson.h>

/* ------------------------------------------------------------------ models that are games */

typedef struct game {
    double (*v)(const struct game *g, const uint8_t *present, uint32_t n);
    const double *number; // (n) weights, costs, …; or (2^n) values
    double quota;
    uint64_t seed;
    double bias;        // additive: v(∅)
    double lie;         // additive: what `contribution` adds to its first score
    size_t most;        // out: most masks asked for at once
    xs_removal removal; // out: the last one asked for
} game;

static int predict(const void *shared, const void *model, const xs_document *doc, const uint8_t *present,
                   size_t count, xs_removal removal, xs_arena *scratch, double *logits, xsnr_error *err) {
    (void)shared, (void)scratch, (void)err;
    game *g = (game *)(uintptr_t)model;
    uint8_t all[8192];
    memset(all, 1, sizeof all);
    if (count > g->most) g->most = count;
    g->removal = removal;
    for (size_t i = 0; i < count; i++) {
        logits[2 * i + 1] = g->v(g, present ? present + i * doc->n_words : all, doc->n_words);
        logits[2 * i] = -logits[2 * i + 1];
    }
    return XSNR_OK;
}

static int contribution(const void *shared, const void *model, const xs_document *doc, int target,
                        xs_arena *scratch, double *scores, double *bias, double *unattributed,
                        xsnr_error *err) {
    (void)shared, (void)scratch, (void)err;
    const game *g = model;
    double sign = target ? 1 : -1;
    for (uint32_t w = 0; w < doc->n_words; w++) scores[w] = sign * g->number[w];
    if (doc->n_words) scores[0] += g->lie;
    *bias = sign * g->bias;
    *unattributed = 0.25;
    return XSNR_OK;
}

static xs_link link_of(const void *shared) {
    (void)shared;
    return XS_LINK_PAIR;
}

static const xs_family family = {.name = "game",
                                 .provides = XS_PREDICTS | XS_ADDITIVE,
                                 .predict = predict,
                                 .contribution = contribution,
                                 .link = link_of};

static double additive(const game *g, const uint8_t *present, uint32_t n) {
    double sum = g->bias;
    for (uint32_t w = 0; w < n; w++) sum += present[w] ? g->number[w] : 0;
    return sum;
}

static double weighted_vote(const game *g, const uint8_t *present, uint32_t n) {
    return additive(g, present, n) >= g->quota;
}

static double gloves(const game *g, const uint8_t *present, uint32_t n) { // number: −1 left, 1 right
    double left = 0, right = 0;
    for (uint32_t w = 0; w < n; w++) *(g->number[w] < 0 ? &left : &right) += present[w] != 0;
    return fmin(left, right);
}

static double airport(const game *g, const uint8_t *present, uint32_t n) {
    double most = 0;
    for (uint32_t w = 0; w < n; w++) most = present[w] ? fmax(most, g->number[w]) : most;
    return most;
}

static double looked_up(const game *g, const uint8_t *present, uint32_t n) {
    size_t S = 0;
    for (uint32_t w = 0; w < n; w++) S |= (size_t)(present[w] != 0) << w;
    return g->number[S];
}

// A random number for every coalition; players 1 and 2 are interchangeable, player 0 is a dummy worth 2.
static double random_game(const game *g, const uint8_t *present, uint32_t n) {
    uint32_t S = (uint32_t)(present[1] != 0) + (present[2] != 0);
    for (uint32_t w = 3; w < n; w++) S |= (uint32_t)(present[w] != 0) << w;
    xs_rng rng = xs_rng_at(g->seed, XS_STREAM_STATS, S, 0);
    return xs_rng_normal(&rng) + (present[0] ? 2 : 0);
}

static double broken(const game *g, const uint8_t *present, uint32_t n) {
    (void)n;
    return present[0] ? g->bias : NAN;
}

/* ------------------------------------------------------------------ asking */

typedef struct answer {
    double scores[8192], se[8192];
    xs_explanation e;
    int rc;
    xsnr_error err;
} answer;

static answer a, b;

// Explains a text of n words; `options` is "name=value name=value".
static void explain(answer *to, const xs_explainer *method, game *g, uint32_t n, int target, uint64_t seed,
                    const char *options) {
    xs_settings settings;
    xs_arena scratch = {0};
    to->err = (xsnr_error){0};
    if (xs_settings_init(&settings, method->params, &to->err) < 0) {
        to->rc = to->err.code;
        return;
    }
    char copy[200], *rest = copy;
    snprintf(copy, sizeof copy, "%s", options);
    to->rc = XSNR_OK;
    for (char *word; to->rc == XSNR_OK && (word = strtok_r(rest, " ", &rest));) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        to->rc = xs_settings_set(&settings, word, value, NULL, 0, &to->err);
    }
    xs_document doc = {.id = "test:3", .text = "", .n_words = n, .label = -1};
    xs_subject subject = {.family = &family, .model = g, .classes = 2};
    to->e = (xs_explanation){.scores = to->scores, .standard_error = to->se};
    if (to->rc == XSNR_OK)
        to->rc = xs_explain(method, &settings, &subject, &(xs_task){&doc, target, seed}, 1, &scratch, &to->e, &to->err);
    xs_arena_free(&scratch);
    xs_settings_free(&settings);
}

static const xs_explainer *find(const char *name) {
    const xs_explainer *method = xs_explainer_find(name, NULL, 0, NULL);
    assert_non_null(method);
    return method;
}

static void assert_scores(const answer *x, const double *expected, size_t n) {
    if (x->rc < 0) fail_msg("%s", x->err.message);
    for (size_t w = 0; w < n; w++) assert_near(x->scores[w], expected[w], 1e-12, 1e-12);
}

/* ------------------------------------------------------------------ tests */

static const double seven[] = {0.5, -1.25, 0, 3, 1e-3, -0.75, 2};

static void all_agree_on_sums(void **state) {
    (void)state;
    static const char *const names[] = {"contribution", "occlusion", "shapley"};
    game g = {.v = additive, .number = seven, .bias = -0.3};
    for (int i = 0; i < 3; i++) {
        explain(&a, find(names[i]), &g, 7, 1, 1, "");
        assert_scores(&a, seven, 7);
        assert_near(a.e.f_baseline, -0.3, 1e-12, 0);
        assert_near(a.e.f_input, 3.201, 1e-12, 0);
        assert_near(a.e.gap, i == 1 ? NAN : 0, 0, 1e-12);
        assert_near(a.e.unattributed, i == 0 ? 0.25 : 0, 0, 0);
        assert_int_equal(a.e.evaluations, i == 0 ? 1 : i == 1 ? 9 : 128);
        for (int w = 0; w < 7; w++) assert_true(a.se[w] == 0);
        explain(&b, find(names[i]), &g, 7, 0, 1, ""); // the other class, with the other sign
        for (int w = 0; w < 7; w++) assert_near(b.scores[w], -a.scores[w], 1e-12, 1e-15);
    }
    explain(&a, find("shapley"), &g, 7, 1, 1, "exact_words=2 pairs=3"); // any order gives a sum's terms
    assert_scores(&a, seven, 7);
    for (int w = 0; w < 7; w++) assert_near(a.se[w], 0, 0, 1e-12);
}

static void textbook_shapley_values(void **state) {
    (void)state;
    static const double ones[5] = {1, 1, 1, 1, 1}, fifth[5] = {0.2, 0.2, 0.2, 0.2, 0.2};
    static const double shares[3] = {50, 49, 1}, power[3] = {2.0 / 3, 1.0 / 6, 1.0 / 6};
    static const double hands[3] = {-1, -1, 1}, pair[3] = {1.0 / 6, 1.0 / 6, 4.0 / 6};
    static const double planes[4] = {8, 11, 13, 18}, fees[4] = {2, 3, 4, 9};
    static const double council[15] = {7, 7, 7, 7, 7, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    double seats[15];
    for (int w = 0; w < 15; w++) seats[w] = w < 5 ? 421.0 / 2145 : 4.0 / 2145;
    const struct {
        game g;
        uint32_t n;
        const double *expected;
    } cases[] = {
        {{.v = weighted_vote, .number = ones, .quota = 3}, 5, fifth},
        {{.v = weighted_vote, .number = shares, .quota = 51}, 3, power},
        {{.v = gloves, .number = hands}, 3, pair},
        {{.v = airport, .number = planes}, 4, fees},
        {{.v = weighted_vote, .number = council, .quota = 39}, 15, seats},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        game g = cases[i].g;
        explain(&a, find("shapley"), &g, cases[i].n, 1, 1, "exact_words=15");
        assert_scores(&a, cases[i].expected, cases[i].n);
        assert_near(a.e.gap, 0, 0, 1e-12);
        assert_int_equal(a.e.evaluations, 1 << cases[i].n);
    }
    // Occlusion of the same: nobody's vote decides a majority of five, everybody's decides one of one.
    game g = cases[0].g;
    explain(&a, find("occlusion"), &g, 5, 1, 1, "");
    static const double zeros[5] = {0};
    assert_scores(&a, zeros, 5);
    g.quota = 5;
    explain(&a, find("occlusion"), &g, 5, 1, 1, "");
    assert_scores(&a, ones, 5);
}

static void axioms(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        game g = {.v = random_game, .seed = seed};
        explain(&a, find("shapley"), &g, 8, 1, 1, "");
        assert_near(a.scores[0], 2, 1e-12, 0);               // dummy
        assert_near(a.scores[1], a.scores[2], 1e-12, 1e-12); // symmetry
        assert_near(a.e.gap, 0, 0, 1e-12);                   // efficiency
        explain(&b, find("shapley"), &g, 8, 1, seed, "exact_words=3 pairs=20");
        assert_near(b.scores[0], 2, 1e-12, 0);
        assert_near(b.e.gap, 0, 0, 1e-9);
        assert_int_equal(b.e.evaluations, 2 + 20 * 14);
    }
}

// Sampled values lie about the exact ones as their standard errors say.
static void sampling_errors_are_calibrated(void **state) {
    (void)state;
    game g = {.v = random_game, .seed = 7};
    explain(&a, find("shapley"), &g, 7, 1, 1, "");
    double squares = 0, sum = 0, worst = 0;
    int n = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        explain(&b, find("shapley"), &g, 7, 1, seed, "exact_words=1 pairs=60");
        assert_int_equal(b.rc, 0);
        for (int w = 1; w < 7; w++, n++) {
            double z = (b.scores[w] - a.scores[w]) / b.se[w];
            squares += z * z;
            sum += z;
            worst = fmax(worst, fabs(z));
        }
    }
    assert_near(squares / n, 1.03, 0, 0.15); // Student's t with 59 degrees of freedom: variance 59/57
    assert_near(sum / n, 0, 0, 0.12);
    assert_true(worst < 5);
    explain(&b, find("shapley"), &g, 7, 1, 3, "exact_words=1 pairs=20000");
    for (int w = 0; w < 7; w++) assert_near(b.scores[w], a.scores[w], 0, 4 * b.se[w] + 1e-12);
    for (int w = 1; w < 7; w++) assert_true(b.se[w] < 0.02);
}

static void seeds_decide_and_batches_do_not(void **state) {
    (void)state;
    game g = {.v = random_game, .seed = 11};
    explain(&a, find("shapley"), &g, 12, 1, 5, "pairs=10");
    explain(&b, find("shapley"), &g, 12, 1, 5, "pairs=10");
    assert_memory_equal(a.scores, b.scores, 12 * sizeof(double));
    assert_memory_equal(a.se, b.se, 12 * sizeof(double));
    explain(&b, find("shapley"), &g, 12, 1, 6, "pairs=10");
    assert_memory_not_equal(a.scores, b.scores, 12 * sizeof(double));
    explain(&b, find("shapley"), &g, 9, 1, 6, ""); // exact: the seed is nothing to it
    explain(&a, find("shapley"), &g, 9, 1, 7, "");
    assert_memory_equal(a.scores, b.scores, 9 * sizeof(double));
}

// Thousands of words: masks are asked for in batches, and every batch is asked for once.
static void long_texts(void **state) {
    (void)state;
    enum { N = 6000 };
    static double weights[N];
    for (int w = 0; w < N; w++) weights[w] = (w % 17 - 8) / 64.0;
    game g = {.v = additive, .number = weights};
    explain(&a, find("occlusion"), &g, N, 1, 1, "");
    assert_scores(&a, weights, N);
    assert_int_equal(g.most, (1 << 18) / N);
    assert_int_equal(a.e.evaluations, N + 2);
    explain(&a, find("contribution"), &g, N, 1, 1, "");
    assert_scores(&a, weights, N);
    g.most = 0;
    explain(&a, find("shapley"), &g, 300, 1, 1, "pairs=2");
    assert_scores(&a, weights, 300);
    assert_int_equal(g.most, 64);
}

static void short_texts(void **state) {
    (void)state;
    static const char *const names[] = {"contribution", "occlusion", "shapley"};
    game g = {.v = additive, .number = seven, .bias = 1};
    for (int i = 0; i < 3; i++) {
        explain(&a, find(names[i]), &g, 1, 1, 1, "");
        assert_scores(&a, seven, 1);
        explain(&a, find(names[i]), &g, 0, 1, 1, "");
        assert_int_equal(a.rc, 0);
        assert_near(a.e.f_input, 1, 0, 0);
        assert_near(a.e.f_baseline, 1, 0, 0);
    }
}

static double sigmoid(double z) {
    return 1 / (1 + exp(-z));
}

static void probability_and_removal(void **state) {
    (void)state;
    game g = {.v = additive, .number = seven, .bias = -0.3};
    explain(&a, find("occlusion"), &g, 7, 1, 1, "output=probability removal=delete");
    assert_int_equal(g.removal, XS_REMOVE_DELETE);
    assert_near(a.e.f_input, sigmoid(3.201), 1e-12, 0);
    for (int w = 0; w < 7; w++)
        assert_near(a.scores[w], sigmoid(3.201) - sigmoid(3.201 - seven[w]), 1e-9, 1e-12);
    explain(&a, find("shapley"), &g, 7, 0, 1, "output=probability");
    assert_int_equal(g.removal, XS_REMOVE_MASK);
    assert_near(a.e.f_input - a.e.f_baseline, sigmoid(-3.201) - sigmoid(0.3), 1e-12, 0);
    assert_near(a.e.gap, 0, 0, 1e-12);
}

static void what_cannot_be_explained(void **state) {
    (void)state;
    game g = {.v = broken, .bias = INFINITY};
    explain(&a, find("occlusion"), &g, 3, 1, 1, "");
    assert_int_equal(a.rc, XSNR_ERR_NUMERIC);
    assert_string_equal(a.err.message,
                        "text 'test:3': a logit of the model is not a number; did the training diverge?");
    explain(&a, find("shapley"), &g, 13, 1, 1, "");
    assert_int_equal(a.rc, XSNR_ERR_NUMERIC);
    g = (game){.v = additive, .number = (const double[]){1, INFINITY}};
    explain(&a, find("contribution"), &g, 2, 1, 1, "");
    assert_int_equal(a.rc, XSNR_ERR_NUMERIC);
    assert_string_equal(a.err.message,
                        "text 'test:3': the score of a word is infinite; did the training diverge?");
    g = (game){.v = additive, .number = seven, .lie = 0.01};
    explain(&a, find("contribution"), &g, 7, 1, 1, "");
    assert_int_equal(a.rc, XSNR_ERR_NUMERIC);
    assert_string_equal(a.err.message,
                        "text 'test:3': contributions and bias add up to 3.511, the model's logit is 3.501");
    g.lie = 1e-7; // rounding
    explain(&a, find("contribution"), &g, 7, 1, 1, "");
    assert_int_equal(a.rc, 0);
    for (int i = 0; i < 2; i++) {
        explain(&a, find(i ? "contribution" : "shapley"), &g, 7, 2, 1, "");
        assert_int_equal(a.rc, XSNR_ERR_ARGUMENT);
        assert_string_equal(a.err.message, "class 2 cannot be explained; the model has classes 0 to 1");
    }
}

static void no_memory(void **state) {
    (void)state;
    static const char *const names[] = {"contribution", "occlusion", "shapley", "shapley"};
    game g = {.v = additive, .number = seven};
    for (int i = 0; i < 4; i++)
        for (long nth = 1;; nth++) {
            const xs_explainer *method = find(names[i]);
            xs_alloc_fail_at(nth);
            explain(&a, method, &g, 7, 1, 1, i == 3 ? "exact_words=2" : "");
            long made = xs_alloc_count();
            xs_alloc_fail_at(0);
            if (made < nth) {
                assert_int_equal(a.rc, 0);
                break;
            }
            assert_int_equal(a.rc, XSNR_ERR_NOMEM);
        }
}

// Coalition values and exact Shapley values of three encoders, made by independent code.
static void golden_encoders(void **state) {
    (void)state;
    static const char *const folders[] = {"a_bert", "b_roberta", "c_distilbert"};
    static const char *const targets[] = {"predicted", "class0"};
    if (!golden_folder()) skip();
    for (int i = 0; i < 6; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/encoder/%s/explain.json", golden_folder(), folders[i / 2]);
        json_t *root = json_load_file(path, 0, NULL);
        json_t *target =
            json_object_get(json_object_get(json_object_get(root, "shapley"), "targets"), targets[i % 2]);
        json_t *coalitions = json_object_get(target, "coalition_logit");
        json_t *expected = json_object_get(target, "shapley_logit");
        if (coalitions) {
            uint32_t n = (uint32_t)json_array_size(expected);
            assert_int_equal(json_array_size(coalitions), 1 << n);
            double values[1 << 12], phi[12];
            assert_true(n <= 12);
            for (size_t S = 0; S < (size_t)1 << n; S++)
                values[S] = json_number_value(json_array_get(coalitions, S));
            for (size_t w = 0; w < n; w++) phi[w] = json_number_value(json_array_get(expected, w));
            game g = {.v = looked_up, .number = values};
            explain(&a, find("shapley"), &g, n, 1, 1, "exact_words=12");
            assert_scores(&a, phi, n);
            assert_near(a.e.f_baseline, json_number_value(json_object_get(target, "v_empty_logit")), 1e-12,
                        0);
            assert_near(a.e.f_input, json_number_value(json_object_get(target, "v_full_logit")), 1e-12, 0);
        }
        assert_true(coalitions || i % 2); // every folder has them for the predicted class
        json_decref(root);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_agree_on_sums),
        cmocka_unit_test(textbook_shapley_values),
        cmocka_unit_test(axioms),
        cmocka_unit_test(sampling_errors_are_calibrated),
        cmocka_unit_test(seeds_decide_and_batches_do_not),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(short_texts),
        cmocka_unit_test(probability_and_removal),
        cmocka_unit_test(what_cannot_be_explained),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(golden_encoders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
