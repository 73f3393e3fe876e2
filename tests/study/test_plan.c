// study.yaml: what is read from good ones, and the one line that every bad one gets.
#include "base/alloc.h"
#include "base/file.h"
#include "check.h"
#include "stats/scores.h"
#include "study/plan.h"

static int parse(const char *yaml, xs_plan **plan, xsnr_error *err) {
    *err = (xsnr_error){0};
    return xs_plan_parse(yaml, strlen(yaml), "dir/my.yaml", plan, err);
}

#define CORPUS "corpus: {train: a.tsv, valid: b.tsv, test: c.tsv}\n"
#define FAMILY "families:\n  - {name: tfidf, type: linear}\n"

// Everything that does not get as far as the families.
static const struct {
    const char *yaml;
    long line;
    const char *message;
} bad[] = {
    {"", 0, "the file is empty; a study has at least corpus and families"},
    {"# nothing\n", 0, "the file is empty; a study has at least corpus and families"},
    {"~\n", 0, "the file is empty; a study has at least corpus and families"},
    {"- a\n- b\n", 1, "a list; a study is a map of keys (study, corpus, families, …)"},
    {"hello\n", 1, "a value; a study is a map of keys (study, corpus, families, …)"},
    {"seed: 1\n", 0, "corpus.train is missing; it names the file with the training texts"},
    {CORPUS, 0, "families is missing; it lists the families of models to train"},
    {CORPUS "families: []\n", 2, "families: the list is empty; at least one, as in '- name: tfidf'"},
    {CORPUS "families:\n", 2, "families: the list is empty; at least one, as in '- name: tfidf'"},
    {CORPUS "families: {name: a}\n", 2, "families: a list is expected, as in '- name: tfidf', not a map"},
    {CORPUS "families: tfidf\n", 2, "families: a list is expected, as in '- name: tfidf', not a value"},
    {CORPUS "families: [a]\n", 2, "a family is a map of keys (name, type, …), not a value"},
    {CORPUS "families:\n  - type: linear\n", 3, "a family needs a name, as in 'name: tfidf'"},
    {CORPUS "families:\n  - name:\n", 3, "a family needs a name, as in 'name: tfidf'"},
    {CORPUS "families:\n  - name: [a]\n", 3, "a family needs a name, as in 'name: tfidf'"},
    {CORPUS "families:\n  - name: a b\n", 3,
     "name: 'a b' is not a name; letters, digits, '_', '.' and '-', at most 64 of them"},
    {CORPUS "families:\n  - name: a\n", 3, "family 'a' needs a type, as in 'type: linear'"},
    {CORPUS "famlies:\n", 2, "unknown key 'famlies'; did you mean 'families'?"},
    {"corpsu: {train: a}\n", 1, "unknown key 'corpsu'; did you mean 'corpus'?"},
    {"corpus:\n  trian: a\n", 2, "unknown key 'corpus.trian'; did you mean 'corpus.train'?"},
    {"corpus:\n  train: a\n  explain: {form: test}\n", 3,
     "unknown key 'corpus.explain.form'; did you mean 'corpus.explain.from'?"},
    {"train: a.tsv\n", 1, "unknown key 'train'; did you mean 'corpus.train'?"},
    {"report: {figures: svg}\n", 1,
     "unknown key 'report.figures'; it is one of report.html, report.page_mb, report.json, report.words"},
    {"report: {xyzzyx: 1}\n", 1,
     "unknown key 'report.xyzzyx'; it is one of report.html, report.page_mb, report.json, report.words"},
    {"corpus: a.tsv\n", 1, "corpus: a map of keys is expected, not a value"},
    {"corpus:\n", 1, "corpus: a map of keys is expected, not nothing"},
    {"corpus: {train: a, explain: [1]}\n", 1, "corpus.explain: a map of keys is expected, not a list"},
    {"corpus:\n  train: [a, b]\n", 2, "corpus.train: a single value is expected, not a list"},
    {"seed: {a: 1}\n", 1, "seed: a single value is expected, not a map"},
    {"seed:\n", 1, "seed: no value; leave the line out for the default (1)"},
    {"corpus: {train: ~}\n", 1, "corpus.train: no value; leave the line out for the default"},
    {"seed: -1\n", 1, "seed: -1 is too small; at least 0"},
    {"seed: one\n", 1, "seed: 'one' is not a whole number"},
    {"seed: 1.5\n", 1, "seed: '1.5' is not a whole number"},
    {"seed: 99999999999999999999\n", 1, "seed: 99999999999999999999 is too large; at most 9223372036854775807"},
    {"absolute: yes\n", 1, "absolute: 'yes' is not true or false"},
    {"reliability: 2\n", 1, "reliability: 2 is outside 0.01 to 0.999"},
    {"corpus: {train: a, explain: {count: 0}}\n", 1, "corpus.explain.count: 0 is too small; at least 1"},
    {"corpus: {train: a, explain: {count: -4}}\n", 1, "corpus.explain.count: -4 is too small; at least 1"},
    {"normalize: l3\n", 1,
     "normalize: 'l3' is not one of none, l1, l2, max-abs, min-max, min-max-sum, z-score, rank; did you mean "
     "'l1'?"},
    {CORPUS "target: winner\n", 2, "target: 'winner' is not predicted, gold or class:NAME"},
    {CORPUS "target: 'class:'\n", 2, "target: 'class:' is not predicted, gold or class:NAME"},
    {"corpus: {train: a, explain: {from: test}}\n", 1,
     "corpus.explain.from: texts are to come from test, but there is no corpus.test"},
    {CORPUS "equivalence: ttest:0.05\n", 2,
     "equivalence: 'ttest:0.05' is not one of all, best:K, closest:K, ztest:LEVEL, mcnemar:LEVEL"},
    {CORPUS "equivalence: ztest:2\n", 2,
     "equivalence: 'ztest:2': ztest needs a level between 0 and 1, e.g. ztest:0.05"},
    {"corpus: {train: a}\nequivalence: ztest:0.05\n", 2,
     "equivalence: ztest:0.05 compares models on corpus.test, and there is none; 'all' needs none"},
    {"seed: 1\nstudy: a\nseed: 2\n", 3, "'seed' stands twice; first on line 1"},
    {"corpus: {train: a}\ncorpus.train: b\n", 2, "'corpus.train' stands twice"},
    {"corpus:\n\ttrain: a\n", 2, "a tab in the indentation; YAML is indented with spaces only"},
    {"corpus:\n  train: a\n \tvalid: a\n", 3, "a tab in the indentation; YAML is indented with spaces only"},
    {"corpus:\n  train: a\n valid: b\n", 3,
     "the indentation fits no line above it, or a quote or bracket is wrong"},
    {"study: a: b\n", 1, "a ':' stands where none may; check the indentation, or put the value in quotes"},
    {"study: @home\n", 1, "a value cannot begin with this character; put it in quotes"},
    {"seed: 1\nstudy: \"never closed\n\n\n", 2, "a quote is opened and never closed"},
    {"seed: 1\nexplainers: [a, b\nstudy: x\n", 2, "a '[' is opened and not closed, or a ',' is missing"},
    {"seed: 1\ncorpus: {train: a\nstudy\n", 2, "a '{' is opened and not closed, or a ',' is missing"},
    {"seed: 1\nnothing\n", 2, "a key without ':' after it"},
    {"seed: &x 1\n", 1,
     "anchors and aliases (&name, *name) are not used in a study; write the value out, or in quotes"},
    {"seed: *x\n", 1,
     "anchors and aliases (&name, *name) are not used in a study; write the value out, or in quotes"},
    {"seed: !!int 1\n", 1, "tags (!name) are not used in a study; put the value in quotes"},
    {"seed: 1\n---\nseed: 2\n", 2, "a second document begins here; a study is one"},
    {"? [a, b]\n: 1\n", 1, "a key is made of letters, digits, '_', '-' and '.', at most 64 of them"},
    {"'a b': 1\n", 1, "a key is made of letters, digits, '_', '-' and '.', at most 64 of them"},
    {"study: \"two\\nlines\"\n", 1,
     "a value with a line break or control character in it; values stand on one line"},
    {"study: |\n  two\n  lines\n", 1,
     "a value with a line break or control character in it; values stand on one line"},
    {"study: [[[[[[[[[[[[[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n", 1,
     "nested more than 16 levels deep; a study needs four"},
    {"seed: 1\nstudy: caf\xe9 noir\n", 2, "not UTF-8 at byte 18; save the file as UTF-8"},
    {"seed: 1\nstudy: \x01\n", 2, "control character U+0001 at byte 15; a study is plain text"},
};

static void bad_studies(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        xsnr_error err;
        xs_plan *plan;
        int rc = parse(bad[i].yaml, &plan, &err);
        if (rc != XSNR_ERR_CONFIG || err.line != bad[i].line || strcmp(err.message, bad[i].message))
            fail_msg("case %zu (%s)\n got %d, %s:%ld: %s\nwant %ld: %s", i, bad[i].yaml, rc, err.file,
                     err.line, err.message, bad[i].line, bad[i].message);
        assert_null(plan);
        assert_string_equal(err.file, "dir/my.yaml");
    }
}

// What is seen once the registry has been asked.
static const struct {
    const char *yaml;
    long line;
    int code;
    const char *message;
} bad_families[] = {
    {"  - {name: a, type: liner}\n", 3, XSNR_ERR_NOT_FOUND, "unknown family 'liner'; did you mean 'linear'?"},
    {"  - name: a\n    type: linear\n    modles: 3\n", 5, XSNR_ERR_CONFIG,
     "unknown key 'modles'; did you mean 'models'?"},
    {"  - name: a\n    type: linear\n    feature: {kind: bow}\n", 5, XSNR_ERR_CONFIG,
     "unknown key 'feature'; did you mean 'features'?"},
    {"  - name: a\n    type: linear\n    features: {kid: bow}\n", 5, XSNR_ERR_CONFIG,
     "unknown key 'features.kid'; did you mean 'features.kind'?"},
    {"  - name: a\n    type: linear\n    ngrams: 2\n", 5, XSNR_ERR_CONFIG,
     "unknown key 'ngrams'; did you mean 'features.ngrams'?"},
    {"  - name: a\n    type: linear\n    features: tfidf\n", 5, XSNR_ERR_CONFIG,
     "features: a map of keys is expected, not a value"},
    {"  - name: a\n    type: linear\n    features: {kind: tfidff}\n", 5, XSNR_ERR_CONFIG,
     "features.kind: 'tfidff' is not one of bow, tfidf, linguistic; did you mean 'tfidf'?"},
    {"  - name: a\n    type: linear\n    features: {ngrams: [1, 2]}\n", 5, XSNR_ERR_CONFIG,
     "features.ngrams: a single value is expected, not a list"},
    {"  - name: a\n    type: linear\n    models: 0\n", 5, XSNR_ERR_CONFIG,
     "models: 0 is outside 1 to 100000"},
    {"  - name: a\n    type: linear\n    models: -5\n", 5, XSNR_ERR_CONFIG,
     "models: -5 is outside 1 to 100000"},
    {"  - name: a\n    type: linear\n    models: many\n", 5, XSNR_ERR_CONFIG,
     "models: 'many' is not a whole number"},
    {"  - name: a\n    type: linear\n    vary: [init, dropout]\n", 5, XSNR_ERR_CONFIG,
     "vary: a family of type linear does not draw from 'dropout'; it draws from init|order|sample"},
    {"  - name: a\n    type: linear\n    vary: [init, ordre]\n", 5, XSNR_ERR_CONFIG,
     "vary: 'ordre' is not one of init, order, dropout, sample; did you mean 'order'?"},
    {"  - name: a\n    type: linear\n    crossed: {init: 3, dropout: 3}\n", 3, XSNR_ERR_CONFIG,
     "crossed: a family of type linear does not draw from 'dropout'; it draws from init|order|sample"},
    {"  - name: a\n    type: linear\n    crossed: {init: 3}\n", 5, XSNR_ERR_CONFIG,
     "crossed: one stream alone crosses nothing; use vary and models"},
    {"  - name: a\n    type: linear\n    crossed: {init: 3, order: 1}\n", 5, XSNR_ERR_CONFIG, "crossed.order: one seed does not vary; at least 2, or leave it out"},
    {"  - name: a\n    type: linear\n    crossed: {init: 0}\n", 5, XSNR_ERR_CONFIG, "crossed: nothing is crossed, as in {init: 5, order: 5}"},
    {"  - name: a\n    type: linear\n    models: 9\n    crossed: {init: 3, order: 3}\n", 5, XSNR_ERR_CONFIG,
     "models: crossed says it already (9 models); leave it out"},
    {"  - name: a\n    type: linear\n    vary: [init]\n    crossed: {init: 3, order: 3}\n", 5, XSNR_ERR_CONFIG,
     "vary: crossed says it already (9 models); leave it out"},
    {"  - name: a\n    type: linear\n    crossed: {init: 1000, order: 1000}\n", 5, XSNR_ERR_CONFIG, "crossed: more than 100000 models"},
    {"  - name: a\n    type: linear\n    vary: []\n", 5, XSNR_ERR_CONFIG,
     "vary: nothing is to differ, so all models would be one; name some of init|order|sample"},
    {"  - name: a\n    type: linear\n    vary: [[init]]\n", 5, XSNR_ERR_CONFIG,
     "vary: a list of words is expected"},
    {"  - name: a\n    type: linear\n  - name: a\n    type: linear\n", 5, XSNR_ERR_CONFIG,
     "a second family named 'a'; the first is on line 3"},
    {"  - name: a\n    type: linear\n    models: [a, b]\n", 5, XSNR_ERR_CONFIG,
     "models: a single value is expected, not a list"},
    {"  - name: a\n    type: command\n", 3, XSNR_ERR_CONFIG,
     "a family of type command needs `models: [\"./predict --seed 1\", …]`, or `command: ./predict --seed {model}`"},
    {"  - name: a\n    type: command\n    commands: ./predict\n", 3, XSNR_ERR_CONFIG,
     "a family of type command needs `models: [\"./predict --seed 1\", …]`, or `command: ./predict --seed {model}`"},
    {"  - name: a\n    type: command\n    command: ./predict\n    models: 3\n", 3, XSNR_ERR_CONFIG,
     "command: without {model}, for the number of the model, all 3 models would be the same program"},
    {"  - name: a\n    type: command\n    command: ./predict {model}\n    models: [./predict]\n", 3, XSNR_ERR_CONFIG,
     "the programs are those of `command`, or those that `models` lists, not both"},
    {"  - name: a\n    type: command\n    models: []\n", 5, XSNR_ERR_CONFIG,
     "models: the list is empty; at least one, as in 'models: [\"./predict --seed 1\"]'"},
    {"  - name: a\n    type: command\n    models: [./predict 1, {a: b}]\n", 5, XSNR_ERR_CONFIG,
     "models: a program is needed here, as in \"./predict --seed 1\""},
    {"  - name: a\n    type: command\n    models: [./predict 1, '']\n", 5, XSNR_ERR_CONFIG,
     "models: a program is needed here, as in \"./predict --seed 1\""},
    {"  - name: a\n    type: command\n    command: ./predict {model}\n    vary: [order]\n", 6, XSNR_ERR_CONFIG,
     "vary: a family of type command does not draw from 'order'; it draws from init"},
    {"  - {name: a, type: linear}\nexplainers: contribution\n", 4, XSNR_ERR_CONFIG,
     "explainers: a list is expected, as in '[contribution, occlusion]', not a value"},
    {"  - {name: a, type: linear}\nexplainers: []\n", 4, XSNR_ERR_CONFIG,
     "explainers: the list is empty; at least one, as in '[contribution, occlusion]'"},
    {"  - {name: a, type: linear}\nexplainers: [oclusion]\n", 4, XSNR_ERR_NOT_FOUND,
     "unknown explainer 'oclusion'; did you mean 'occlusion'?"},
    {"  - {name: a, type: linear}\nexplainers: [attention]\n", 4, XSNR_ERR_UNSUPPORTED,
     "explainer 'attention' needs attention, which family 'a' (type linear) does not give; families that do: encoder"},
    {"  - {name: a, type: linear}\n  - {name: b, type: bag}\nexplainers: [lrp_chefer]\n", 5, XSNR_ERR_UNSUPPORTED,
     "explainer 'lrp_chefer' needs attention, which family 'a' (type linear) does not give, nor any other family; families that do: encoder"},
    {"  - {name: a, type: bag}\nexplainers:\n  - {name: integrated_gradients, steps: 0}\n", 5, XSNR_ERR_CONFIG, "steps: 0 is outside 1 to 1000"},
    {"  - {name: a, type: bag}\nexplainers:\n  - {name: smoothgrad, samples: 0}\n", 5, XSNR_ERR_CONFIG, "samples: 0 is outside 2 to 100000"},
    {"  - {name: a, type: linear}\nexplainers: [shapley, shapley]\n", 4, XSNR_ERR_CONFIG,
     "explainer 'shapley' stands twice; first on line 4"},
    {"  - {name: a, type: linear}\nexplainers:\n  - {name: shapley, exact_word: 3}\n", 5, XSNR_ERR_CONFIG,
     "unknown key 'exact_word'; did you mean 'exact_words'?"},
    {"  - {name: a, type: linear}\nexplainers:\n  - {name: shapley, exact_words: 40}\n", 5, XSNR_ERR_CONFIG,
     "exact_words: 40 is outside 1 to 20"},
    {"  - {name: a, type: linear}\nexplainers:\n  - {removal: mask}\n", 5, XSNR_ERR_CONFIG,
     "an explainer is a name, or a map with one, as in '{name: occlusion, removal: delete}'"},
};

static void bad_lists(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_families / sizeof *bad_families; i++) {
        char yaml[400];
        xsnr_error err;
        xs_plan *plan;
        snprintf(yaml, sizeof yaml, CORPUS "families:\n%s", bad_families[i].yaml);
        int rc = parse(yaml, &plan, &err);
        if (rc != bad_families[i].code || err.line != bad_families[i].line ||
            strcmp(err.message, bad_families[i].message))
            fail_msg("case %zu (%s)\n got %d, %s:%ld: %s\nwant %ld: %s", i, yaml, rc, err.file, err.line,
                     err.message, bad_families[i].line, bad_families[i].message);
        assert_null(plan);
    }
}

static const char whole[] = "study: \"subjective: or objective\"\n"
                            "seed: 7\n"
                            "corpus:\n"
                            "  train: ${XSNR_TEST_FOLDER}/train.tsv   # a comment\n"
                            "  test: test.tsv\n"
                            "  text: sentence\n"
                            "  explain: {from: test, count: 12, per_class: false}\n"
                            "families:\n"
                            "  - name: tfidf\n"
                            "    type: linear\n"
                            "    features: {kind: tfidf, ngrams: 2, min_count: 3}\n"
                            "    models: 25\n"
                            "  - name: resampled\n"
                            "    type: linear\n"
                            "    features.kind: bow\n"
                            "    solver: liblinear\n"
                            "  - {name: order.only, type: linear, vary: [order]}\n"
                            "explainers:\n"
                            "  - contribution\n"
                            "  - {name: occlusion, removal: delete}\n"
                            "target: class:subjective\n"
                            "normalize: max-abs\n"
                            "absolute: true\n"
                            "agreeing: false\n"
                            "reliability: 0.8\n"
                            "keep_models: false\n"
                            "equivalence: mcnemar:0.01\n"
                            "report: {html: '', json: r.json}\n";

static void a_whole_study(void **state) {
    (void)state;
    xsnr_error err;
    xs_plan *plan;
    assert_ok(parse(whole, &plan, &err));
    const xs_settings *g = &plan->general;
    assert_string_equal(plan->path, "dir/my.yaml");
    assert_string_equal(plan->text, whole);
    assert_string_equal(xs_settings_string(g, "study"), "subjective: or objective");
    assert_int_equal(xs_settings_int(g, "seed"), 7);
    assert_string_equal(xs_settings_string(g, "corpus.train"), "${XSNR_TEST_FOLDER}/train.tsv");
    assert_string_equal(xs_settings_string(g, "corpus.valid"), "");
    assert_string_equal(xs_settings_string(g, "corpus.text"), "sentence");
    assert_string_equal(xs_settings_string(g, "corpus.label"), "label");
    assert_int_equal(xs_settings_int(g, "corpus.explain.count"), 12);
    assert_false(xs_settings_bool(g, "corpus.explain.per_class"));
    assert_string_equal(xs_settings_string(g, "target"), "class:subjective");
    assert_string_equal(xs_settings_choice(g, "normalize"), "max-abs");
    assert_string_equal(xs_settings_string(g, "equivalence"), "mcnemar:0.01");
    assert_string_equal(xs_settings_string(g, "report.html"), "");
    assert_string_equal(xs_settings_string(g, "report.json"), "r.json");
    assert_string_equal(xs_settings_string(g, "report.words"), "words.csv");
    assert_true(xs_settings_bool(g, "absolute") && !xs_settings_bool(g, "agreeing"));
    assert_false(xs_settings_bool(g, "keep_models"));
    assert_near(xs_settings_real(g, "reliability"), 0.8, 0, 0);

    enum { INIT = 1, ORDER = 2, SAMPLE = 8 };
    const struct {
        const char *name, *kind;
        uint32_t models, vary;
        long line;
    } families[] = {{"tfidf", "tfidf", 25, INIT | ORDER, 9},
                    {"resampled", "bow", 100, SAMPLE, 13},
                    {"order.only", "tfidf", 100, ORDER, 17}};
    assert_int_equal(plan->n_families, 3);
    for (int i = 0; i < 3; i++) {
        const xs_plan_family *f = &plan->families[i];
        assert_string_equal(f->name, families[i].name);
        assert_string_equal(f->type->name, "linear");
        assert_string_equal(xs_settings_choice(&f->settings, "features.kind"), families[i].kind);
        assert_int_equal(f->models, families[i].models);
        assert_int_equal(f->vary, families[i].vary);
        assert_int_equal(f->line, families[i].line);
    }
    assert_int_equal(xs_settings_int(&plan->families[0].settings, "features.ngrams"), 2);
    assert_int_equal(plan->n_explainers, 2);
    assert_string_equal(plan->explainers[1].method->name, "occlusion");
    assert_string_equal(xs_settings_choice(&plan->explainers[1].settings, "removal"), "delete");

    char *train;
    unsetenv("XSNR_TEST_FOLDER");
    assert_int_equal(xs_plan_expand(plan, "corpus.train", &train, &err), XSNR_ERR_CONFIG);
    assert_string_equal(err.message, "corpus.train: the environment variable XSNR_TEST_FOLDER is not set");
    assert_int_equal(err.line, 4);
    setenv("XSNR_TEST_FOLDER", "/data$", 1);
    assert_ok(xs_plan_expand(plan, "corpus.train", &train, &err));
    assert_string_equal(train, "/data$/train.tsv");
    xs_free(train);
    assert_ok(xs_plan_expand(plan, "corpus.valid", &train, &err));
    assert_string_equal(train, "");
    xs_free(train);
    xs_plan_free(plan);
    assert_ok(parse("corpus: {train: 'a$b${c'}\n" FAMILY, &plan, &err));
    assert_int_equal(xs_plan_expand(plan, "corpus.train", &train, &err), XSNR_ERR_CONFIG);
    assert_string_equal(err.message, "corpus.train: '${c': a variable is written ${NAME}");
    xs_plan_free(plan);
}

// A list of programs, and one with the model's number in it.
static void programs(void **state) {
    (void)state;
    xsnr_error err;
    xs_plan *plan;
    assert_ok(parse(CORPUS "families:\n"
                           "  - name: listed\n    models: [\"./predict --seed 1, 2\", ./predict]\n    type: command\n"
                           "  - {name: numbered, type: command, command: './predict {model}', models: 7, timeout: 2.5}\n",
                    &plan, &err));
    assert_int_equal(plan->families[0].models, 2);
    assert_string_equal(xs_settings_string(&plan->families[0].settings, "commands"), "./predict --seed 1, 2\n./predict");
    assert_string_equal(xs_settings_string(&plan->families[0].settings, "command"), "");
    assert_int_equal(plan->families[1].models, 7);
    assert_string_equal(xs_settings_string(&plan->families[1].settings, "command"), "./predict {model}");
    assert_near(xs_settings_real(&plan->families[1].settings, "timeout"), 2.5, 0, 0);
    xs_plan_free(plan);
}

static void what_is_left_open(void **state) {
    (void)state;
    static const struct {
        const char *corpus, *from, *rule;
    } cases[] = {{"corpus: {train: a}\n", "train", "all"},
                 {"corpus: {train: a, valid: b}\n", "valid", "all"},
                 {"corpus: {train: a, test: b}\n", "test", "ztest:0.05"},
                 {"corpus: {train: a}\nequivalence: all\n", "train", "all"}};
    for (int i = 0; i < 4; i++) {
        char yaml[200];
        xsnr_error err;
        xs_plan *plan;
        snprintf(yaml, sizeof yaml, "\xef\xbb\xbf%s%s", cases[i].corpus,
                 FAMILY); // a byte-order mark is no matter
        assert_ok(parse(yaml, &plan, &err));
        assert_string_equal(xs_settings_choice(&plan->general, "corpus.explain.from"), cases[i].from);
        assert_string_equal(xs_settings_string(&plan->general, "equivalence"), cases[i].rule);
        assert_string_equal(xs_settings_string(&plan->general, "study"), "my");
        assert_int_equal(plan->n_explainers, 1);
        assert_string_equal(plan->explainers[0].method->name, "contribution");
        xs_plan_free(plan);
    }
}

static char *identity(const char *yaml) {
    xsnr_error err;
    xs_plan *plan;
    assert_ok(parse(yaml, &plan, &err));
    json_t *json = xs_plan_json(plan);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    assert_non_null(text);
    json_decref(json);
    xs_plan_free(plan);
    return text;
}

static void what_makes_a_study_another(void **state) {
    (void)state;
    static const char base[] = CORPUS FAMILY;
    static const struct {
        const char *yaml;
        bool same;
    } others[] = {
        {FAMILY CORPUS "seed: 1\nstudy: its title\nreport: {html: x.html}\nnormalize: l2\n", true},
        {CORPUS FAMILY "explainers: [occlusion]\nequivalence: all\nkeep_models: false\nreliability: 0.8\n",
         true},
        {CORPUS "families: [{type: linear, vary: [order, init], models: 100, name: tfidf}]\n", true},
        {CORPUS FAMILY "seed: 2\n", false},
        {CORPUS FAMILY "target: gold\n", false},
        {CORPUS "families: [{name: tfidf, type: linear, vary: [order]}]\n", false},
        {CORPUS "families: [{name: tfidf, type: linear, solver: liblinear}]\n", false},
        {CORPUS "families: [{name: other, type: linear}]\n", false},
        {"corpus: {train: a.tsv, valid: b.tsv, test: c.tsv, explain: {count: 41}}\n" FAMILY, false},
    };
    char *mine = identity(base);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char *theirs = identity(others[i].yaml);
        if ((strcmp(mine, theirs) == 0) != others[i].same) fail_msg("case %zu: %s", i, theirs);
        free(theirs);
    }
    free(mine);
}

static void no_memory(void **state) {
    (void)state;
    for (long nth = 1;; nth++) {
        xsnr_error err;
        xs_plan *plan;
        xs_alloc_fail_at(nth);
        int rc = parse(whole, &plan, &err);
        long made = xs_alloc_count();
        xs_alloc_fail_at(0);
        if (made < nth) {
            assert_ok(rc);
            xs_plan_free(plan);
            break;
        }
        if (rc != XSNR_ERR_NOMEM) fail_msg("allocation %ld: %d, %s", nth, rc, err.message);
        assert_null(plan);
    }
}

static void normalizations_are_those_of_the_statistics(void **state) {
    (void)state;
    const xs_param *normalize = &xs_plan_params()[xs_param_index(xs_plan_params(), "normalize")];
    xs_str names = {0};
    for (int i = 0; i < XS_NORMS; i++)
        xs_str_printf(&names, "%s%s", i ? "|" : "", xs_normalization_name((xs_normalization)i));
    assert_string_equal(normalize->choices, names.data);
    xs_str_free(&names);
}

static void nul_bytes_and_size(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_plan *plan;
    assert_int_equal(xs_plan_parse("seed: 1\0\n", 9, "s", &plan, &err), XSNR_ERR_CONFIG);
    assert_string_equal(err.message, "control character U+0000 at byte 7; a study is plain text");
    size_t size = (size_t)2 << 20;
    char *big = malloc(size);
    memset(big, ' ', size);
    assert_int_equal(xs_plan_parse(big, size, "s", &plan, &err), XSNR_ERR_CONFIG);
    assert_string_equal(err.message, "2097152 bytes are too many for a study; at most 1048576");
    size_t n = 0;
    for (int i = 0; n < 1000000; i++) n += (size_t)sprintf(big + n, "k%d: 1\n", i);
    assert_int_equal(xs_plan_parse(big, n, "s", &plan, &err), XSNR_ERR_CONFIG);
    assert_string_equal(err.message, "more than 10000 values; this is no study");
    free(big);
    assert_int_equal(xs_plan_read("/nowhere/study.yaml", &plan, &err), XSNR_ERR_IO);
    assert_null(plan);
    assert_int_equal(xs_plan_read("/tmp", &plan, &err), XSNR_ERR_IO);
    assert_string_equal(err.message, "this is a folder; a file is needed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_studies),
        cmocka_unit_test(bad_lists),
        cmocka_unit_test(a_whole_study),
        cmocka_unit_test(programs), cmocka_unit_test(what_is_left_open),
        cmocka_unit_test(what_makes_a_study_another),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(normalizations_are_those_of_the_statistics),
        cmocka_unit_test(nul_bytes_and_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
