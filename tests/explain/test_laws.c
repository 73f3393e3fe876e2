// Laws that every explanation method keeps on every family it serves: the whole registry, on small trained models.
//
// The same answer one by one and together, from a kept model and again; classes that do not exist are refused; weights
// that are not finite are an error; numbers told beside the scores are theirs; probabilities of two classes are negatives; and
// completeness, symmetry, dummy words where a method claims them.
#include "base/alloc.h"
#include "base/file.h"
#include "check.h"
#include "explain/faithfulness.h"
#include "registry.h"
#include "text/corpus.h"

enum { TEXTS = 7 };

static xsnr_error err;
static char folder[] = "/tmp/xsnr-laws-XXXXXX";
static xs_corpus *corpus;
static xs_arena arena;

typedef struct subject {
    const xs_family *family;
    void *shared, *model;
    xs_subject s;
} subject;

static int open_corpus(void **state) {
    (void)state;
    static const char *const words[2][6] = {{"fine", "warm", "funny", "best", "lovely", "great"},
                                            {"dull", "slow", "waste", "worst", "sadly", "poor"}};
    char path[64];
    if (!mkdtemp(folder)) return -1;
    xs_str s = {0};
    xs_str_put(&s, "text\tlabel\n");
    for (int i = 0; i < 96; i++)
        xs_str_printf(&s, "the %s story of a %s evening , %s %s\t%s\n", words[i % 2][i / 2 % 6], words[i % 2][(i / 2 + 2) % 6],
                      i % 3 ? "told" : "seen", i % 5 ? "twice twice" : "once", i % 2 ? "bad" : "good");
    snprintf(path, sizeof path, "%s/t.tsv", folder);
    assert_ok(xs_file_write(path, s.data, s.length, &err));
    xs_str_free(&s);
    xs_corpus_source source = {.path = {path, NULL, path}, .text = "text", .label = "label", .language = "en"};
    assert_ok(xs_corpus_load(&source, 1, &corpus, &err));
    return 0;
}

static int close_corpus(void **state) {
    (void)state;
    char command[100];
    xs_corpus_free(corpus);
    xs_arena_free(&arena);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static subject train(const xs_family *f) {
    static const char *const small[][2] = {{"layers", "2"}, {"hidden", "16"}, {"heads", "2"}, {"length", "24"},
                                           {"vocabulary", "90"}, {"epochs", "3"}, {"batch", "8"}, {"layer", "8"}, {"min_count", "1"}};
    subject x = {.family = f};
    xs_settings s;
    xs_training record;
    assert_ok(xs_settings_init(&s, f->params, &err));
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (xs_param_index(f->params, small[i][0]) >= 0) assert_ok(xs_settings_set(&s, small[i][0], small[i][1], NULL, 0, &err));
    assert_ok(f->prepare(&s, corpus, 1, &x.shared, &err));
    assert_ok(f->train(x.shared, &(xs_seeds){1, 2, 3, 0, 0}, &arena, &x.model, &record, &err));
    xs_settings_free(&s);
    x.s = (xs_subject){.family = f, .shared = x.shared, .model = x.model, .classes = 2};
    return x;
}

static void release(subject *x) {
    x->family->free_model(x->model);
    x->family->release(x->shared);
}

typedef struct answer {
    xs_explanation e[TEXTS];
    double scores[TEXTS][64], error[TEXTS][64];
    int rc;
} answer;

static answer a, b;

// Texts first .. first+n−1 into their places of the answer.
static void explain(const xs_explainer *m, const xs_subject *s, const char *options, int target, size_t first, size_t n, answer *out) {
    const xs_explainer *method;
    xs_settings settings;
    xs_task tasks[TEXTS];
    char spec[200];
    snprintf(spec, sizeof spec, "%s:%s", m->name, options);
    assert_ok(xs_explainer_parse(spec, &method, &settings, &err));
    for (size_t i = 0; i < n; i++) {
        tasks[i] = (xs_task){&corpus->split[XS_TEST].docs[first + i], target, 100 + first + i};
        out->e[first + i] = (xs_explanation){.scores = out->scores[first + i], .standard_error = out->error[first + i]};
    }
    out->rc = xs_explain(method, &settings, s, tasks, n, &arena, out->e + first, &err);
    xs_settings_free(&settings);
}

static const char *few(const xs_explainer *m) { return strcmp(m->name, "shapley") == 0 ? "exact_words=4,pairs=3" : strcmp(m->name, "lime") == 0 ? "samples=60" : ""; }

static void assert_same(const char *what, const xs_explainer *m, const xs_family *f) {
    assert_ok(a.rc);
    assert_ok(b.rc);
    for (size_t i = 0; i < TEXTS; i++)
        for (uint32_t w = 0; w < corpus->split[XS_TEST].docs[i].n_words; w++) {
            if (!isfinite(a.scores[i][w])) fail_msg("%s of %s: a score is not finite", m->name, f->name);
            if (a.scores[i][w] != b.scores[i][w]) fail_msg("%s of %s: %s", m->name, f->name, what);
        }
}

// Calls `law` for every method and every family that it serves.
static void for_all(void (*law)(const xs_explainer *, subject *)) {
    for (const xs_family *const *f = xs_families(); *f; f++) {
        if (xs_param_index((*f)->params, "command") >= 0) continue; // somebody else's program
        subject x = train(*f);
        for (const xs_explainer *const *m = xs_explainers(); *m; m++)
            if (xs_explainer_serves(*m, *f)) law(*m, &x);
        release(&x);
    }
}

static void alone_and_together(const xs_explainer *m, subject *x) {
    explain(m, &x->s, few(m), 1, 0, TEXTS, &a);
    for (size_t i = 0; i < TEXTS; i++) explain(m, &x->s, few(m), 1, i, 1, &b);
    assert_same("texts alone differ from texts together", m, x->family);
    explain(m, &x->s, few(m), 1, 0, TEXTS, &b);
    assert_same("a second time differs", m, x->family);
    for (size_t i = 0; i < TEXTS; i++)
        if (a.e[i].tokens) assert_true(a.e[i].outside >= 0 && a.e[i].outside <= 1);
}

static void kept_model(const xs_explainer *m, subject *x) {
    xs_str bytes = {0};
    subject again = *x;
    assert_ok(x->family->save(x->shared, x->model, &bytes, &err));
    assert_ok(x->family->load(x->shared, bytes.data, bytes.length, &again.model, &err));
    again.s.model = again.model;
    explain(m, &x->s, few(m), 0, 0, TEXTS, &a);
    explain(m, &again.s, few(m), 0, 0, TEXTS, &b);
    assert_same("a model that was saved and loaded differs", m, x->family);
    x->family->free_model(again.model);
    xs_str_free(&bytes);
}

static void no_such_class(const xs_explainer *m, subject *x) {
    explain(m, &x->s, few(m), 2, 0, 1, &a);
    assert_int_equal(a.rc, XSNR_ERR_ARGUMENT);
    explain(m, &x->s, few(m), -1, 0, 1, &a);
    assert_int_equal(a.rc, XSNR_ERR_ARGUMENT);
}

// What is told beside the scores belongs to them: the gap is their sum less f(x) − f(baseline), nothing but rounding where a
// method is complete; the share of the tokens of no word is that of |scores|.
static void what_is_told(const xs_explainer *m, subject *x) {
    explain(m, &x->s, few(m), 1, 0, TEXTS, &a);
    bool complete = strcmp(m->name, "contribution") == 0 || strcmp(m->name, "shapley") == 0;
    assert_ok(a.rc);
    for (size_t i = 0; i < TEXTS; i++) {
        const xs_document *doc = &corpus->split[XS_TEST].docs[i];
        const xs_explanation *e = &a.e[i];
        double words = 0, sum = 0, all = 0;
        for (uint32_t w = 0; w < doc->n_words; w++) words += a.scores[i][w];
        for (size_t t = 0; t < e->n_tokens; t++) sum += e->tokens[t], all += fabs(e->tokens[t]);
        if (!e->tokens) sum = words;
        else assert_near(sum - words, 0, 0, e->outside * all + 1e-9); // words have all but the others' tokens
        if (complete) assert_near(e->gap, 0, 0, 1e-5);
        if (!isnan(e->gap)) assert_near(e->gap, sum - (e->f_input - e->f_baseline), 1e-6, 1e-9);
        assert_true(isfinite(e->f_input) && e->evaluations > 0);
        if (!e->tokens || !(x->family->provides & XS_ATTENTION)) continue;
        double outside = fabs(e->tokens[0]) + fabs(e->tokens[e->n_tokens - 1]); // [CLS] and [SEP]
        assert_near(e->outside, all > 0 ? outside / all : 0, 1e-9, 1e-12);
    }
}

// Probabilities of two classes add up to 1: what speaks for one speaks against the other.
static void probabilities(const xs_explainer *m, subject *x) {
    char options[100];
    if (xs_param_index(m->params, "output") < 0 || strcmp(m->name, "saliency") == 0) return;
    snprintf(options, sizeof options, "output=probability%s%s%s", *few(m) ? "," : "", few(m), strcmp(m->name, "smoothgrad") ? "" : ",of=input_x_gradient");
    explain(m, &x->s, options, 0, 0, TEXTS, &a);
    if (a.rc == XSNR_ERR_UNSUPPORTED && x->family->provides & XS_ADDITIVE) return; // its sum is the logit's
    explain(m, &x->s, options, 1, 0, TEXTS, &b);
    assert_ok(a.rc);
    assert_ok(b.rc);
    for (size_t i = 0; i < TEXTS; i++) {
        assert_near(a.e[i].f_input + b.e[i].f_input, 1, 1e-6, 0);
        for (uint32_t w = 0; w < corpus->split[XS_TEST].docs[i].n_words; w++) assert_near(a.scores[i][w], -b.scores[i][w], 1e-4, 2e-6);
    }
}

// A word that the model does not know is what an absent word becomes: it changes nothing, and gets nothing, from every method
// that compares with its absence.
static void dummy_word(const xs_explainer *m, subject *x) {
    static const char *const by_absence[] = {"occlusion", "shapley", "integrated_gradients", "contribution"};
    bool compares = false;
    for (size_t k = 0; k < 4; k++) compares |= strcmp(m->name, by_absence[k]) == 0;
    if (!compares && !(x->family->provides & XS_ADDITIVE && strcmp(m->name, "input_x_gradient") == 0)) return;
    if (x->family->provides & XS_ATTENTION) return; // a trained WordPiece knows every word, by its letters
    xs_document docs[TEXTS];
    xs_word words[TEXTS][64];
    for (size_t i = 0; i < TEXTS; i++) {
        docs[i] = corpus->split[XS_TEST].docs[i];
        memcpy(words[i], docs[i].words, docs[i].n_words * sizeof(xs_word));
        words[i][2].form = XS_NOT_INTERNED;
        docs[i].words = words[i];
    }
    xs_settings settings;
    xs_task tasks[TEXTS];
    const xs_explainer *method;
    char spec[200];
    snprintf(spec, sizeof spec, "%s:%s", m->name, strcmp(m->name, "integrated_gradients") ? few(m) : "baseline=mask");
    assert_ok(xs_explainer_parse(spec, &method, &settings, &err));
    for (size_t i = 0; i < TEXTS; i++) {
        tasks[i] = (xs_task){&docs[i], 1, 5 + i};
        a.e[i] = (xs_explanation){.scores = a.scores[i], .standard_error = a.error[i]};
    }
    assert_ok(xs_explain(method, &settings, &x->s, tasks, TEXTS, &arena, a.e, &err));
    xs_settings_free(&settings);
    for (size_t i = 0; i < TEXTS; i++) {
        bool others = false;
        for (uint32_t w = 0; w < docs[i].n_words; w++) others |= fabs(a.scores[i][w]) > 1e-4;
        if (fabs(a.scores[i][2]) > 1e-9 || !others) fail_msg("%s of %s: the word has %g", m->name, x->family->name, a.scores[i][2]);
    }
}

// Two classes of a linear model are each other's negatives.
static void negatives(const xs_explainer *m, subject *x) {
    if (strcmp(x->family->name, "linear")) return;
    explain(m, &x->s, few(m), 0, 0, TEXTS, &a);
    explain(m, &x->s, few(m), 1, 0, TEXTS, &b);
    for (size_t i = 0; i < TEXTS; i++)
        for (uint32_t w = 0; w < corpus->split[XS_TEST].docs[i].n_words; w++) assert_near(a.scores[i][w], -b.scores[i][w], 1e-9, 1e-9);
}

// A word twice in one text has the same score twice, where the family does not see order.
static void symmetry(const xs_explainer *m, subject *x) {
    if (strcmp(x->family->name, "bag") || m->samples) return;
    explain(m, &x->s, few(m), 1, 0, TEXTS, &a);
    for (size_t i = 0; i < TEXTS; i++) {
        const xs_document *doc = &corpus->split[XS_TEST].docs[i];
        for (uint32_t v = 0; v < doc->n_words; v++)
            for (uint32_t w = v + 1; w < doc->n_words; w++)
                if (doc->words[v].form == doc->words[w].form) assert_near(a.scores[i][v], a.scores[i][w], 1e-5, 1e-6);
    }
}

static void test_alone_and_together(void **state) { (void)state, for_all(alone_and_together); }
static void test_kept_model(void **state) { (void)state, for_all(kept_model); }
static void test_no_such_class(void **state) { (void)state, for_all(no_such_class); }
static void test_negatives(void **state) { (void)state, for_all(negatives); }
static void test_symmetry(void **state) { (void)state, for_all(symmetry); }
static void test_what_is_told(void **state) { (void)state, for_all(what_is_told); }
static void test_probabilities(void **state) { (void)state, for_all(probabilities); }
static void test_dummy_word(void **state) { (void)state, for_all(dummy_word); }

// Integrated gradients: the gap shrinks with the points, for every baseline, logit and probability.
static void test_completeness(void **state) {
    (void)state;
    static const char *const families[] = {"encoder", "bag"};
    const xs_explainer *ig = xs_explainer_find("integrated_gradients", NULL, 0, &err);
    for (size_t f = 0; f < 2; f++) {
        subject x = train(xs_family_find(families[f], NULL, 0, &err));
        static const char *const baselines[] = {"pad", "mask", "zero"};
        for (size_t k = 0; k < 3; k++)
            for (int p = 0; p < 2; p++) {
                double gap[3];
                static const int steps[] = {1, 5, 100};
                for (size_t i = 0; i < 3; i++) {
                    char options[100];
                    snprintf(options, sizeof options, "steps=%d,baseline=%s,output=%s", steps[i], baselines[k], p ? "probability" : "logit");
                    explain(ig, &x.s, options, 1, 0, TEXTS, &a);
                    if (a.rc == XSNR_ERR_UNSUPPORTED) break; // a bag has no pad or mask token
                    assert_ok(a.rc);
                    gap[i] = 0;
                    for (size_t t = 0; t < TEXTS; t++) gap[i] = fmax(gap[i], fabs(a.e[t].gap));
                }
                if (a.rc == XSNR_ERR_UNSUPPORTED) continue;
                assert_true(gap[1] <= gap[0] + 1e-5);
                assert_true(gap[2] <= gap[1] + 1e-5);
                if (f == 0) assert_true(gap[2] < 1e-4 * (1 + fabs(a.e[0].f_input)));
            }
        release(&x);
    }
}

// The short way of encoders of two layers and more gives what whole gradients give, point by point summed: against the definition
// with 3 points, for the model as it is and, by the family's gradients, without the short way.
static void test_short_way(void **state) {
    (void)state;
    subject x = train(xs_family_find("encoder", NULL, 0, &err));
    xs_inside inside = *x.family->inside;
    xs_family plain = *x.family;
    inside.way = NULL;
    plain.inside = &inside;
    xs_subject s = x.s;
    s.family = &plain;
    const xs_explainer *ig = xs_explainer_find("integrated_gradients", NULL, 0, &err);
    static const char *const options[] = {"steps=3", "steps=40,baseline=mask", "steps=7,baseline=zero,output=probability"};
    for (size_t k = 0; k < 3; k++) {
        double largest = 0;
        explain(ig, &x.s, options[k], 1, 0, TEXTS, &a);
        explain(ig, &s, options[k], 1, 0, TEXTS, &b);
        assert_ok(a.rc);
        assert_ok(b.rc);
        for (size_t i = 0; i < TEXTS; i++) {
            double most = 0;
            for (uint32_t w = 0; w < corpus->split[XS_TEST].docs[i].n_words; w++) most = fmax(most, fabs(b.scores[i][w]));
            for (uint32_t w = 0; w < corpus->split[XS_TEST].docs[i].n_words; w++) assert_near(a.scores[i][w], b.scores[i][w], 0, 1e-4 * most + 1e-9);
            largest = fmax(largest, most);
        }
        if (!(largest > 1e-6)) fail_msg("%s: scores of %g are nothing to compare", options[k], largest);
    }
    release(&x);
}

// Of a linear model, gradient times input, integrated gradients and contributions are one thing.
static void test_linear_is_closed(void **state) {
    (void)state;
    static const char *const names[] = {"input_x_gradient", "integrated_gradients"};
    subject x = train(xs_family_find("linear", NULL, 0, &err));
    explain(xs_explainer_find("contribution", NULL, 0, &err), &x.s, "", 1, 0, TEXTS, &a);
    for (size_t k = 0; k < 2; k++) {
        explain(xs_explainer_find(names[k], NULL, 0, &err), &x.s, "", 1, 0, TEXTS, &b);
        assert_same("not the exact contributions", xs_explainer_find(names[k], NULL, 0, &err), x.family);
        explain(xs_explainer_find(names[k], NULL, 0, &err), &x.s, "output=probability", 1, 0, 1, &b);
        assert_int_equal(b.rc, XSNR_ERR_UNSUPPORTED);
    }
    release(&x);
}

// Weights that are not finite: every method says so, none gives scores.
static void test_not_finite(void **state) {
    (void)state;
    subject x = train(xs_family_find("encoder", NULL, 0, &err));
    xs_str bytes = {0};
    void *broken;
    assert_ok(x.family->save(x.shared, x.model, &bytes, &err));
    float nan = NAN;
    memcpy(bytes.data + bytes.length - 4, &nan, 4); // a number of the last tensor
    int rc = x.family->load(x.shared, bytes.data, bytes.length, &broken, &err);
    if (rc == XSNR_OK) {
        xs_subject s = x.s;
        s.model = broken;
        for (const xs_explainer *const *m = xs_explainers(); *m; m++) {
            if (!xs_explainer_serves(*m, x.family)) continue;
            explain(*m, &s, few(*m), 1, 0, 1, &a);
            if (a.rc == XSNR_OK) explain(*m, &s, few(*m), 0, 0, 1, &a);
            if (a.rc != XSNR_ERR_NUMERIC) fail_msg("%s explains a model whose weights are not finite", (*m)->name);
        }
        x.family->free_model(broken);
    } else {
        assert_int_equal(rc, XSNR_ERR_NUMERIC);
    }
    xs_str_free(&bytes);
    release(&x);
}

// What a word has of the sum of |scores|, by floats and by doubles, is the same to a thousandth of the largest.
static void test_precision(void **state) {
    (void)state;
    subject x = train(xs_family_find("encoder", NULL, 0, &err));
    static const char *const methods[] = {"lrp_chefer", "attn_lrp"};
    for (size_t k = 0; k < 2; k++)
        for (int target = 0; target < 2; target++) {
            const xs_explainer *m = xs_explainer_find(methods[k], NULL, 0, &err);
            explain(m, &x.s, "precision=float", target, 0, TEXTS, &a);
            explain(m, &x.s, "precision=double", target, 0, TEXTS, &b);
            for (size_t i = 0; i < TEXTS; i++) {
                double sums[2] = {0, 0}, largest = 0;
                uint32_t n = corpus->split[XS_TEST].docs[i].n_words;
                for (uint32_t w = 0; w < n; w++) sums[0] += fabs(a.scores[i][w]), sums[1] += fabs(b.scores[i][w]), largest = fmax(largest, fabs(b.scores[i][w]));
                assert_true(sums[0] > 0 && sums[1] > 0);
                for (uint32_t w = 0; w < n; w++) assert_near(a.scores[i][w] / sums[0], b.scores[i][w] / sums[1], 0, 1e-3 * largest / sums[1]);
            }
            if (memcmp(a.scores, b.scores, sizeof a.scores) == 0) fail_msg("%s: precision changes nothing", methods[k]);
        }
    release(&x);
}

// Start layers, signs and words' pooling.
static void test_settings(void **state) {
    (void)state;
    subject x = train(xs_family_find("encoder", NULL, 0, &err));
    const xs_explainer *chefer = xs_explainer_find("lrp_chefer", NULL, 0, &err), *grad = xs_explainer_find("input_x_gradient", NULL, 0, &err);
    explain(chefer, &x.s, "start_layer=2", 1, 0, 1, &a);
    assert_int_equal(a.rc, XSNR_ERR_CONFIG);
    explain(chefer, &x.s, "", 0, 0, TEXTS, &a);
    explain(chefer, &x.s, "signed=true", 0, 0, TEXTS, &b);
    for (uint32_t w = 0; w < 8; w++) assert_near(a.scores[0][w], -b.scores[0][w], 0, 0);
    double largest[64];
    explain(grad, &x.s, "words=max_abs", 1, 0, 1, &a);
    memcpy(largest, a.scores[0], sizeof largest);
    explain(grad, &x.s, "words=sum", 1, 0, 1, &a);
    explain(grad, &x.s, "words=mean", 1, 0, 1, &b);
    for (uint32_t w = 0; w < corpus->split[XS_TEST].docs[0].n_words; w++) {
        assert_true(fabs(b.scores[0][w]) <= fabs(largest[w]) + 1e-12); // the mean of parts is no larger than the largest
        assert_true(fabs(b.scores[0][w]) <= fabs(a.scores[0][w]) + 1e-12);
    }
    release(&x);
}

// Comprehensiveness and sufficiency by their definition, one mask at a time.
static void test_faithfulness(void **state) {
    (void)state;
    subject x = train(xs_family_find("bag", NULL, 0, &err));
    const xs_document *doc = &corpus->split[XS_TEST].docs[0];
    uint32_t n = doc->n_words;
    double scores[64], logits[2], p[2];
    for (uint32_t w = 0; w < n; w++) scores[w] = (double)(w * 7 % n); // a permutation, unless 7 divides n
    const double *rankings[2] = {scores, NULL};
    xs_faithfulness f[2];
    assert_ok(xs_faithfulness_of(&x.s, doc, 1, XS_REMOVE_DELETE, rankings, 2, &arena, f, &err));
    assert_true(isnan(f[1].comprehensiveness[0]));
    uint8_t all[64];
    memset(all, 1, sizeof all);
    assert_ok(x.family->predict(x.shared, x.model, doc, all, 1, XS_REMOVE_DELETE, &arena, logits, &err));
    xs_probabilities(x.family->link(x.shared), 2, logits, p);
    double whole = p[1];
    for (int k = 0; k < XS_FAITH_SHARES; k++) {
        uint8_t without[64], alone[64];
        uint32_t most = (uint32_t)ceil(xs_faith_share[k] * n);
        for (uint32_t w = 0; w < n; w++) {
            uint32_t above = 0;
            for (uint32_t v = 0; v < n; v++) above += scores[v] > scores[w] || (scores[v] == scores[w] && v < w);
            alone[w] = above < most;
            without[w] = !alone[w];
        }
        assert_ok(x.family->predict(x.shared, x.model, doc, without, 1, XS_REMOVE_DELETE, &arena, logits, &err));
        xs_probabilities(x.family->link(x.shared), 2, logits, p);
        assert_near(f[0].comprehensiveness[k], whole - p[1], 1e-5, 1e-6);
        assert_ok(x.family->predict(x.shared, x.model, doc, alone, 1, XS_REMOVE_DELETE, &arena, logits, &err));
        xs_probabilities(x.family->link(x.shared), 2, logits, p);
        assert_near(f[0].sufficiency[k], whole - p[1], 1e-5, 1e-6);
    }
    release(&x);
}

// The explainer's own noise where it is all there is: one model, many seeds.  What a run says of its error, and what
// repeated runs say, is the variance over seeds.
static void test_own_noise(void **state) {
    (void)state;
    subject x = train(xs_family_find("encoder", NULL, 0, &err));
    static const char *const options[] = {"exact_words=2,pairs=4", "exact_words=2,pairs=4,repeats=4"};
    const xs_explainer *method = xs_explainer_find("shapley", NULL, 0, &err);
    const xs_document *doc = &corpus->split[XS_TEST].docs[0];
    for (size_t k = 0; k < 2; k++) {
        enum { RUNS = 120 };
        double mean[64] = {0}, squares[64] = {0}, claimed = 0, seen = 0;
        xs_settings settings;
        char spec[100];
        snprintf(spec, sizeof spec, "shapley:%s", options[k]);
        assert_ok(xs_explainer_parse(spec, &method, &settings, &err));
        for (int r = 0; r < RUNS; r++) {
            xs_explanation e = {.scores = a.scores[0], .standard_error = a.error[0]};
            assert_ok(xs_explain(method, &settings, &x.s, &(xs_task){doc, 1, 1000 + (uint64_t)r}, 1, &arena, &e, &err));
            for (uint32_t w = 0; w < doc->n_words; w++) {
                double from = e.scores[w] - mean[w];
                mean[w] += from / (r + 1);
                squares[w] += from * (e.scores[w] - mean[w]);
                claimed += e.standard_error[w] * e.standard_error[w] / RUNS;
            }
        }
        for (uint32_t w = 0; w < doc->n_words; w++) seen += squares[w] / (RUNS - 1);
        assert_true(claimed > 0.8 * seen && claimed < 1.25 * seen);
        xs_settings_free(&settings);
    }
    release(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alone_and_together), cmocka_unit_test(test_kept_model), cmocka_unit_test(test_no_such_class),
        cmocka_unit_test(test_negatives),          cmocka_unit_test(test_symmetry),   cmocka_unit_test(test_completeness),
        cmocka_unit_test(test_linear_is_closed),   cmocka_unit_test(test_not_finite), cmocka_unit_test(test_settings), cmocka_unit_test(test_precision),
        cmocka_unit_test(test_faithfulness),       cmocka_unit_test(test_own_noise),  cmocka_unit_test(test_what_is_told),
        cmocka_unit_test(test_probabilities),      cmocka_unit_test(test_dummy_word), cmocka_unit_test(test_short_way),
    };
    return cmocka_run_group_tests(tests, open_corpus, close_corpus);
}
