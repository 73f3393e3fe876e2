// Explainers on real linear models, where closed forms tie them together.
//
// The logit of a bag of n-grams is a sum of "all of these words are there" games, and the Shapley value of
// such a game is an equal share for each of its words: just what `contribution` gives.  With single words
// occlusion is the same again.
#include "base/random.h"
#include "check.h"
#include "registry.h"
#include "text/corpus.h"

static const char *const words[] = {"report", "says", "good",  "bad",  "not",    "very", "film",
                                    "plot",   "the",  "never", "dull", "bright", "?",    "minister"};

static char path[] = "/tmp/xsnr-explain-XXXXXX.tsv";
static xs_corpus *corpus;

// 120 texts of 2 to 9 words, three classes: which words a text holds hints at its class.
static int write_corpus(void **state) {
    (void)state;
    xsnr_error err = {0};
    FILE *file = fdopen(mkstemps(path, 4), "w");
    fprintf(file, "text\tlabel\n");
    for (uint32_t i = 0; i < 120; i++) {
        xs_rng rng = xs_rng_at(5, XS_STREAM_CORPUS, i, 0);
        uint32_t n = 2 + xs_rng_below(&rng, 8), label = i % 3;
        for (uint32_t w = 0; w < n; w++)
            fprintf(file, "%s%s", w ? " " : "", words[(xs_rng_below(&rng, 8) + 3 * label) % 14]);
        fprintf(file, "\tclass%u\n", label);
    }
    fclose(file);
    xs_corpus_source source = {.path = {path}, .text = "text", .label = "label", .language = "en"};
    assert_ok(xs_corpus_load(&source, 1, &corpus, &err));
    return 0;
}

static int remove_corpus(void **state) {
    (void)state;
    xs_corpus_free(corpus);
    return unlink(path);
}

typedef struct model {
    xs_settings settings;
    void *shared, *trained;
    xs_subject subject;
    xs_arena scratch;
} model;

// `options` is "name=value name=value".
static void set_all(xs_settings *settings, const char *options) {
    xsnr_error err = {0};
    char copy[200], *rest = copy;
    snprintf(copy, sizeof copy, "%s", options);
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        assert_ok(xs_settings_set(settings, word, value, NULL, 0, &err));
    }
}

static void train(model *m, const char *options) {
    xsnr_error err = {0};
    const xs_family *linear = xs_family_find("linear", NULL, 0, &err);
    assert_non_null(linear);
    *m = (model){0};
    assert_ok(xs_settings_init(&m->settings, linear->params, &err));
    set_all(&m->settings, options);
    assert_ok(linear->prepare(&m->settings, corpus, 1, &m->shared, &err));
    xs_training record;
    assert_ok(linear->train(m->shared, &(xs_seeds){1, 2, 3, 0, 0}, &m->scratch, &m->trained, &record, &err));
    m->subject = (xs_subject){.family = linear, .shared = m->shared, .model = m->trained, .classes = corpus->n_labels};
}

static void release(model *m) {
    m->subject.family->free_model(m->trained);
    m->subject.family->release(m->shared);
    xs_settings_free(&m->settings);
    xs_arena_free(&m->scratch);
}

typedef struct answer {
    double scores[32], se[32];
    xs_explanation e;
} answer;

static void explain(answer *to, model *m, const char *method, const char *options, const xs_document *doc,
                    int target) {
    xsnr_error err = {0};
    xs_settings settings;
    const xs_explainer *x = xs_explainer_find(method, NULL, 0, &err);
    assert_non_null(x);
    assert_true(doc->n_words <= 32);
    assert_ok(xs_settings_init(&settings, x->params, &err));
    set_all(&settings, options);
    to->e = (xs_explanation){.scores = to->scores, .standard_error = to->se};
    assert_ok(x->explain(&settings, &m->subject, doc, target, 9, &m->scratch, &to->e, &err));
    xs_settings_free(&settings);
}

static void assert_same(const answer *a, const answer *b, const xs_document *doc) {
    for (uint32_t w = 0; w < doc->n_words; w++)
        if (!(fabs(a->scores[w] - b->scores[w]) <= 1e-10))
            fail_msg("'%s', word %u: %.15g, %.15g", doc->text, w, a->scores[w], b->scores[w]);
    assert_near(a->e.f_input, b->e.f_input, 1e-12, 1e-12);
}

static void bags_have_closed_forms(void **state) {
    (void)state;
    static const char *const options[] = {"features.kind=bow", "features.kind=bow features.ngrams=2",
                                          "features.kind=bow features.ngrams=3 solver=liblinear"};
    static answer exact, shapley, sampled, occlusion;
    for (int i = 0; i < 3; i++) {
        model m;
        train(&m, options[i]);
        for (size_t d = 0; d < 30; d++) {
            const xs_document *doc = &corpus->split[XS_TRAIN].docs[d];
            int target = (int)(d % 3);
            explain(&exact, &m, "contribution", "", doc, target);
            explain(&shapley, &m, "shapley", "", doc, target);
            explain(&occlusion, &m, "occlusion", "", doc, target);
            assert_same(&exact, &shapley, doc);
            assert_near(shapley.e.f_baseline, exact.e.f_baseline, 1e-12, 1e-12); // of no word: the bias
            if (i == 0) {
                assert_same(&exact, &occlusion, doc);
                explain(&occlusion, &m, "occlusion", "removal=delete", doc, target);
                assert_same(&exact, &occlusion, doc);
            }
            if (doc->n_words < 3) continue;
            // A pair of words is worth the same half to each along an order and its reverse: no sampling
            // error.
            explain(&sampled, &m, "shapley", "exact_words=2 pairs=2", doc, target);
            if (i < 2) assert_same(&exact, &sampled, doc);
            assert_near(sampled.e.gap, 0, 0, 1e-10);
        }
        release(&m);
    }
}

static void every_kind_of_features_is_complete(void **state) {
    (void)state;
    static const char *const options[] = {"features.kind=tfidf features.ngrams=2", "features.kind=linguistic",
                                          "features.kind=tfidf solver=liblinear loss=squared_hinge"};
    static answer exact, shapley, probability;
    for (int i = 0; i < 3; i++) {
        model m;
        train(&m, options[i]);
        double unattributed = 0;
        for (size_t d = 0; d < 30; d++) {
            const xs_document *doc = &corpus->split[XS_TRAIN].docs[d];
            for (int target = 0; target < 3; target++) {
                explain(&exact, &m, "contribution", "", doc, target);
                assert_near(exact.e.gap, 0, 0, 1e-9);
                explain(&shapley, &m, "shapley", "removal=delete", doc, target);
                assert_near(shapley.e.gap, 0, 0, 1e-10);
                assert_near(shapley.e.f_input, exact.e.f_input, 1e-12, 1e-12);
                explain(&probability, &m, "shapley", "output=probability", doc, target);
                assert_near(probability.e.gap, 0, 0, 1e-10);
                assert_true(probability.e.f_input > 0 && probability.e.f_input < 1);
                unattributed += fabs(exact.e.unattributed);
            }
        }
        assert_true((unattributed > 0) ==
                    (i == 1)); // only linguistic features have parts that no word triggered
        release(&m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bags_have_closed_forms),
        cmocka_unit_test(every_kind_of_features_is_complete),
    };
    return cmocka_run_group_tests(tests, write_corpus, remove_corpus);
}
