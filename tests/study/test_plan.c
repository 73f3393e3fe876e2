// study.yaml: what is read from good ones, and the one line that every bad one gets.
#include "base/alloc.h"
#include "base/file.h"
#include "check.h"
#include "registry.h"
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
     "unknown key 'report.figures'; it is one of report.html, report.json, report.words"},
    {"report: {xyzzyx: 1}\n", 1,
     "unknown key 'report.xyzzyx'; it is one of report.html, report.json, report.words"},
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
    {"seed: 99999999999999999999\n", 1, "seed: '99999999999999999999' is not a whole number"},
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
    {"corpus: {train: a}\nequivalence: ztest:0.05\n", 2,
     "equivalence: ztest:0.05 compares models on corpus.test or corpus.valid, and there is neither; 'all' "
     "needs "
     "none"},
    {"corpus:\n  train: ${XSNR_NO_SUCH}/a\n", 2,
     "corpus.train: the environment variable XSNR_NO_SUCH is not set"},
    {"corpus:\n  train: ${XSNR_NO_SUCH\n", 2,
     "corpus.train: '${XSNR_NO_SUCH': a variable is written ${NAME}"},
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
        cmocka_unit_test(nul_bytes_and_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
