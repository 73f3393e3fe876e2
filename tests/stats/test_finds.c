// What is looked for is found, and nothing else: of words that differ in their means, in their variances, that move in pairs, or of
// families that fall into modes, each analysis sees its own; on the golden arrays and in simulation.  Seeded; XSNR_LONG=1 repeats
// more often.
#include "base/random.h"
#include "check.h"
#include "npy_float.h"
#include "stats/analysis.h"
#include "stats/joint.h"

static xs_arena arena;
static xsnr_error err;

enum { MODELS = 80, WORDS = 24 };
typedef enum planted { NOTHING, MEANS, VARIANCES, PAIRS, MODES, KINDS } planted;
static const char *const names[KINDS] = {"nothing", "means", "variances", "pairs", "modes"};

typedef struct found {
    double first, second, bivariate; // SNR
    size_t modes;
} found;

static found look(xs_scores s) {
    xs_text_result text = {.n_words = s.words};
    xs_arena_mark mark = xs_arena_save(&arena);
    xs_centered c;
    xs_modes modes;
    assert_ok(xs_analyze_text(s, 0.9, 1, &arena, &text, &err));
    assert_ok(xs_center(s, &arena, &c, &err));
    assert_ok(xs_find_modes(s, &c, 1, &arena, &modes, NULL, &err));
    xs_arena_rewind(&arena, mark);
    return (found){text.snr.snr, text.order2.snr, text.bivariate_window5.snr, modes.modes};
}

static void draw(planted kind, xs_rng *rng, double *e) {
    double apart[WORDS];
    for (size_t w = 0; w < WORDS; w++) apart[w] = xs_rng_normal(rng);
    for (size_t m = 0; m < MODELS; m++) {
        double *x = e + m * WORDS, side = xs_rng_uniform(rng) < 0.5 ? -1 : 1; // by chance, as models fall
        for (size_t w = 0; w < WORDS; w++) x[w] = xs_rng_normal(rng);
        for (size_t w = 0; w < WORDS; w++) {
            if (kind == MEANS) x[w] += 0.7 * sin(1.7 * (double)w);
            if (kind == VARIANCES) x[w] *= w % 3 ? 0.5 : 2;
            if (kind == PAIRS && w % 4 == 1) x[w] = 0.8 * x[w - 1] + 0.6 * x[w]; // variance 1 as the others'
            if (kind == MODES) x[w] += side * apart[w];
        }
    }
}

static void in_simulation(void **state) {
    (void)state;
    static double e[MODELS * WORDS];
    int runs = getenv("XSNR_LONG") ? 400 : 30;
    for (int kind = 0; kind < KINDS; kind++) {
        double mean[3] = {0}, square[3] = {0}, error[3];
        int one = 0, two = 0;
        for (int r = 0; r < runs; r++) {
            xs_rng rng = xs_rng_at(41, XS_STREAM_STATS, (uint32_t)kind, (uint32_t)r);
            draw((planted)kind, &rng, e);
            found f = look((xs_scores){e, MODELS, WORDS});
            const double x[3] = {f.first, f.second, f.bivariate};
            for (int i = 0; i < 3; i++) mean[i] += x[i] / runs, square[i] += x[i] * x[i] / runs;
            one += f.modes == 1;
            two += f.modes == 2;
        }
        for (int i = 0; i < 3; i++) error[i] = sqrt(fmax(square[i] - mean[i] * mean[i], 0) / runs);
        print_message("%-9s first order %7.4f +- %.4f, second %7.4f +- %.4f, pairs of words %7.4f +- %.4f, one mode in %d, two in %d of %d\n",
                      names[kind], mean[0], error[0], mean[1], error[1], mean[2], error[2], one, two, runs);
        const bool there[3] = {kind == MEANS, kind == VARIANCES || kind == MODES, kind == PAIRS || kind == MODES};
        for (int i = 0; i < 3; i++) {
            if (there[i]) assert_true(mean[i] > 0.03 && mean[i] > 5 * error[i]);
            else assert_true(fabs(mean[i]) < 0.005 + 4 * error[i]);
        }
        if (kind == MODES) assert_true(two >= runs * 9 / 10);
        else assert_true(one >= runs * 9 / 10);
    }
}

// gauss, hetero, pairs, modes: what each was made for (golden/README.md), and the others' absence.
static void on_the_golden_arrays(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool first, second, bivariate;
        size_t modes; // 0: not asked
    } arrays[] = {{"gauss", true, false, false, 1}, {"hetero", false, true, false, 1}, {"pairs", false, false, true, 1},
                  {"modes", true, true, true, 2},   {"nosignal", false, false, false, 1}};
    if (!golden_folder()) skip();
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) {
        char path[512];
        snprintf(path, sizeof path, "%s/stats/%s.npy", golden_folder(), arrays[k].name);
        size_t models, words;
        double *e = read_golden_array(path, &models, &words);
        found f = look((xs_scores){e, models, words});
        print_message("%-8s first %.4f, second %.4f, pairs %.4f, %zu modes\n", arrays[k].name, f.first, f.second, f.bivariate, f.modes);
        assert_true(arrays[k].first ? f.first > 0.2 : fabs(f.first) < 0.01);
        assert_true(arrays[k].second ? f.second > 0.1 : fabs(f.second) < 0.01);
        assert_true(arrays[k].bivariate ? f.bivariate > 0.05 : fabs(f.bivariate) < 0.01);
        assert_int_equal(f.modes, arrays[k].modes);
        free(e);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_simulation), cmocka_unit_test(on_the_golden_arrays)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    xs_arena_free(&arena);
    return failed;
}
