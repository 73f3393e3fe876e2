// The family `linear` as the rest of xsnr meets it: on random little corpora, every kind of features, both
// solvers, two classes and three; all laws hold for each.
#include "base/alloc.h"
#include "base/random.h"
#include "base/threads.h"
#include "check.h"
#include "model/model.h"
#include "registry.h"

enum { TRAIN_TEXTS = 60, TEST_TEXTS = 25, MAX_WORDS = 20, MAX_CLASSES = 3 };

typedef struct study {
    char folder[64], path[2][96];
    xs_corpus *corpus;
    xs_settings settings;
    const xs_family *family;
    void *shared;
    xs_arena scratch;
} study;

// Texts of random words, of which each class prefers some; words of test that train may lack; one text without words.
static void write_table(const char *path, int texts, int classes, uint64_t seed) {
    static const char *const words[] = {"good", "bad",  "film", "the",   "was",  "never", "I",    "1984",
                                        "odd",  "slow", "it",   "Seems", "that", "clear", "long", "unhappily"};
    xs_rng rng = xs_rng_at(seed, XS_STREAM_CORPUS, 0, 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("text\tlabel\n", file);
    for (int i = 0; i < texts; i++) {
        uint32_t label = (uint32_t)i % (uint32_t)classes;
        uint32_t n = 1 + xs_rng_below(&rng, MAX_WORDS - 1);
        for (uint32_t w = 0; w < n; w++) {
            uint32_t word = xs_rng_below(&rng, 3) == 0 ? label + 3 * xs_rng_below(&rng, 4) : xs_rng_below(&rng, 16);
            if (xs_rng_below(&rng, 20) == 0)
                fprintf(file, "rare%u ", xs_rng_below(&rng, 1000));
            else
                fprintf(file, "%s%s ", words[word], xs_rng_below(&rng, 9) == 0 ? "!" : "");
        }
        fprintf(file, "\tclass%u\n", label);
    }
    fclose(file);
}

static void set(study *s, const char *name, const char *value) {
    xsnr_error err = {0};
    assert_ok(xs_settings_set(&s->settings, name, value, NULL, 0, &err));
}

static void open_study(study *s, int classes, const char *solver, const char *kind) {
    xsnr_error err = {0};
    *s = (study){0};
    strcpy(s->folder, "/tmp/xsnr-linear-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    snprintf(s->path[0], sizeof s->path[0], "%s/train.tsv", s->folder);
    snprintf(s->path[1], sizeof s->path[1], "%s/test.tsv", s->folder);
    write_table(s->path[0], TRAIN_TEXTS, classes, 1);
    write_table(s->path[1], TEST_TEXTS, classes, 2);
    xs_corpus_source source = {.path = {s->path[0], NULL, s->path[1]}, .text = "text", .label = "label", .language = "en"};
    assert_ok(xs_corpus_load(&source, 1, &s->corpus, &err));
    s->family = xs_family_find("linear", NULL, 0, &err);
    assert_non_null(s->family);
    assert_ok(xs_settings_init(&s->settings, s->family->params, &err));
    set(s, "solver", solver);
    set(s, "features.kind", kind);
    set(s, "features.ngrams", "2");
    set(s, "l2", "1e-3");
}

static void prepare(study *s) {
    xsnr_error err = {0};
    assert_ok(s->family->prepare(&s->settings, s->corpus, 2, &s->shared, &err));
}

static void close_study(study *s) {
    if (s->shared) s->family->release(s->shared);
    xs_settings_free(&s->settings);
    xs_corpus_free(s->corpus);
    xs_arena_free(&s->scratch);
    unlink(s->path[0]);
    unlink(s->path[1]);
    rmdir(s->folder);
}

static void *train(study *s, xs_seeds seeds) {
    xsnr_error err = {0};
    void *model = NULL;
    xs_training record;
    assert_ok(s->family->train(s->shared, &seeds, &s->scratch, &model, &record, &err));
    assert_true(isfinite(record.loss));
    return model;
}

// (TEST_TEXTS, C)
static void logits_of(study *s, const void *model, double *logits) {
    xsnr_error err = {0};
    assert_ok(s->family->predict_split(s->shared, model, XS_TEST, &s->scratch, logits, &err));
}

static void predictions_and_bytes_agree(study *s, const void *model, int classes) {
    xsnr_error err = {0};
    double all[TEST_TEXTS * MAX_CLASSES], again[TEST_TEXTS * MAX_CLASSES];
    logits_of(s, model, all);
    xs_str bytes = {0};
    void *back;
    assert_ok(s->family->save(s->shared, model, &bytes, &err));
    assert_ok(s->family->load(s->shared, bytes.data, bytes.length, &back, &err));
    logits_of(s, back, again);
    assert_memory_equal(all, again, (size_t)(TEST_TEXTS * classes) * sizeof(double));
    assert_true(s->family->load(s->shared, bytes.data, bytes.length - 8, &back, &err) < 0);
    s->family->free_model(back);
    xs_str_free(&bytes);
    for (size_t i = 0; i < TEST_TEXTS; i++) {
        const xs_document *doc = &s->corpus->split[XS_TEST].docs[i];
        double *want = all + i * (size_t)classes, got[3 * MAX_CLASSES];
        uint8_t *present = calloc(3, doc->n_words + 1);
        memset(present, 1, doc->n_words); // all; none; the first only
        present[2 * doc->n_words] = 1;
        assert_ok(s->family->predict(s->shared, model, doc, NULL, 1, XS_REMOVE_MASK, &s->scratch, got, &err));
        for (int c = 0; c < classes; c++) assert_near(got[c], want[c], 1e-12, 1e-13);
        assert_ok(s->family->predict(s->shared, model, doc, present, 3, XS_REMOVE_DELETE, &s->scratch, got, &err));
        for (int c = 0; c < classes; c++) assert_near(got[c], want[c], 1e-12, 1e-13);
        for (int c = 0; c < 3 * classes; c++) assert_true(isfinite(got[c]));
        if (classes == 2) assert_near(got[2], -got[3], 0, 0);
        free(present);
    }
}

static bool in_train(const study *s, uint32_t form) {
    const xs_split *split = &s->corpus->split[XS_TRAIN];
    for (size_t i = 0; i < split->count; i++)
        for (uint32_t w = 0; w < split->docs[i].n_words; w++)
            if (split->docs[i].words[w].form == form) return true;
    return false;
}

static void contributions_are_complete(study *s, const void *model, int classes, bool linguistic) {
    xsnr_error err = {0};
    double logits[TEST_TEXTS * MAX_CLASSES], first[200];
    logits_of(s, model, logits);
    for (size_t i = 0; i < TEST_TEXTS; i++) {
        const xs_document *doc = &s->corpus->split[XS_TEST].docs[i];
        for (int c = 0; c < classes; c++) {
            double scores[200], bias, unattributed, sum = 0, size = 0;
            assert_true(doc->n_words < 200);
            assert_ok(s->family->contribution(s->shared, model, doc, c, &s->scratch, scores, &bias, &unattributed,
                                              &err));
            for (uint32_t w = 0; w < doc->n_words; w++) sum += scores[w], size += fabs(scores[w]);
            assert_near(sum + bias, logits[i * (size_t)classes + (size_t)c], 1e-9, 1e-9 * (size + fabs(bias)));
            if (!linguistic) {
                assert_near(unattributed, 0, 0, 0);
                for (uint32_t w = 0; w < doc->n_words; w++) // a word that train lacks is in no feature
                    if (!in_train(s, doc->words[w].form)) assert_near(scores[w], 0, 0, 0);
            }
            if (classes == 2 && c == 1)
                for (uint32_t w = 0; w < doc->n_words; w++) assert_near(scores[w], -first[w], 0, 0);
            memcpy(first, scores, sizeof first);
        }
    }
}

static void laws_hold_for_every_kind(void **state) {
    (void)state;
    static const char *const solvers[] = {"sgd", "liblinear"}, *const kinds[] = {"bow", "tfidf", "linguistic"};
    for (int classes = 2; classes <= MAX_CLASSES; classes++)
        for (int solver = 0; solver < 2; solver++)
            for (int kind = 0; kind < 3; kind++) {
                study s;
                open_study(&s, classes, solvers[solver], kinds[kind]);
                assert_string_equal(s.family->vary(&s.settings), solver ? "sample" : "init, order");
                prepare(&s);
                assert_int_equal(s.family->link(s.shared), classes == 2 ? XS_LINK_PAIR : XS_LINK_SOFTMAX);
                void *model = train(&s, (xs_seeds){.init = 1, .order = 2, .sample = solver ? 3 : 0});
                predictions_and_bytes_agree(&s, model, classes);
                contributions_are_complete(&s, model, classes, kind == 2);
                s.family->free_model(model);
                close_study(&s);
            }
}

static void seeds_do_what_their_names_say(void **state) {
    (void)state;
    static const struct {
        const char *solver;
        xs_seeds seeds;
        bool differs; // from the first of its solver
    } cases[] = {
        {"sgd", {.init = 1, .order = 1}, false},
        {"sgd", {.init = 1, .order = 1, .dropout = 9}, false},
        {"sgd", {.init = 2, .order = 1}, true},
        {"sgd", {.init = 1, .order = 2}, true},
        {"sgd", {.init = 1, .order = 1, .sample = 1}, true},
        {"liblinear", {.init = 1, .order = 1}, false},
        {"liblinear", {.init = 2, .order = 2, .dropout = 2}, false}, // converged: nothing else can vary it
        {"liblinear", {.init = 1, .order = 1, .sample = 1}, true},
    };
    double first[TEST_TEXTS * 2], logits[TEST_TEXTS * 2];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        study s;
        open_study(&s, 2, cases[i].solver, "tfidf");
        prepare(&s);
        void *model = train(&s, cases[i].seeds);
        logits_of(&s, model, logits);
        if (i == 0 || strcmp(cases[i].solver, cases[i - 1].solver) != 0) memcpy(first, logits, sizeof first);
        assert_int_equal(memcmp(first, logits, sizeof first) != 0, cases[i].differs);
        s.family->free_model(model);
        close_study(&s);
    }
}

static void what_cannot_be_is_said_at_once(void **state) {
    (void)state;
    xsnr_error err = {0};
    study s;
    open_study(&s, 2, "liblinear", "tfidf");
    set(&s, "loss", "hinge");
    assert_int_equal(s.family->prepare(&s.settings, s.corpus, 1, &s.shared, &err), XSNR_ERR_CONFIG);
    assert_non_null(strstr(err.message, "squared_hinge"));
    close_study(&s);
}

// Everything once; returns the first error.
static int whole_life(study *s) {
    void *shared = NULL, *model = NULL, *back = NULL;
    xs_arena scratch = {0};
    xs_str bytes = {0};
    xs_training record;
    const xs_family *f = s->family;
    const xs_document *doc = &s->corpus->split[XS_TEST].docs[0];
    const xs_seeds seeds = {.init = 1, .order = 1, .sample = 1};
    double logits[TEST_TEXTS * 2], scores[200], bias, unattributed;
    int rc = f->prepare(&s->settings, s->corpus, 1, &shared, NULL);
    if (rc == XSNR_OK) rc = f->train(shared, &seeds, &scratch, &model, &record, NULL);
    if (rc == XSNR_OK) rc = f->save(shared, model, &bytes, NULL);
    if (rc == XSNR_OK) rc = f->load(shared, bytes.data, bytes.length, &back, NULL);
    xs_arena_free(&scratch); // so that predicting allocates anew
    if (rc == XSNR_OK) rc = f->predict_split(shared, back, XS_TEST, &scratch, logits, NULL);
    if (rc == XSNR_OK) rc = f->predict(shared, back, doc, NULL, 1, XS_REMOVE_MASK, &scratch, logits, NULL);
    xs_arena_free(&scratch);
    if (rc == XSNR_OK) rc = f->contribution(shared, back, doc, 0, &scratch, scores, &bias, &unattributed, NULL);
    f->release(shared);
    f->free_model(model);
    f->free_model(back);
    xs_str_free(&bytes);
    xs_arena_free(&scratch);
    return rc;
}

static void memory_runs_out_anywhere(void **state) {
    (void)state;
    static const char *const solvers[] = {"sgd", "liblinear"}, *const kinds[] = {"tfidf", "linguistic"};
    for (int i = 0; i < 2; i++) {
        study s;
        open_study(&s, 2, solvers[i], kinds[i]);
        long n = 1;
        for (; n < 5000; n++) {
            xs_alloc_fail_at(n);
            int rc = whole_life(&s);
            xs_alloc_fail_at(0);
            if (rc == XSNR_OK) break;
            assert_int_equal(rc, XSNR_ERR_NOMEM);
        }
        assert_in_range(n, 10, 4999);
        close_study(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laws_hold_for_every_kind),
        cmocka_unit_test(seeds_do_what_their_names_say),
        cmocka_unit_test(what_cannot_be_is_said_at_once),
        cmocka_unit_test(memory_runs_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
