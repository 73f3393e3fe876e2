// Features: scikit-learn's numbers, the laws of rows and occurrences, linguistic triggers word by word.
#include "text/features.h"
#include "base/alloc.h"
#include "base/file.h"
#include "check.h"
#include <jansson.h>

static const xs_param table[] = {XS_FEATURE_PARAMS, {NULL, 0, NULL, 0, 0, NULL, NULL}};

// A corpus of the given texts, labels x and y in turn; the same texts are train and test unless test is given.
static xs_corpus *corpus_of(const char *const *train, size_t n_train, const char *const *test, size_t n_test,
                            const char *language) {
    char path[2][64];
    xsnr_error err = {0};
    for (int k = 0; k < 2; k++) {
        xs_str tsv = {0};
        xs_str_put(&tsv, "text\tlabel\n");
        const char *const *texts = k ? test : train;
        for (size_t i = 0; i < (k ? n_test : n_train); i++) xs_str_printf(&tsv, "%s\t%c\n", texts[i], i % 2 ? 'y' : 'x');
        snprintf(path[k], sizeof path[k], "/tmp/xsnr-features-%d-%d.tsv", (int)getpid(), k);
        assert_ok(xs_file_write(path[k], tsv.data, tsv.length, &err));
        xs_str_free(&tsv);
    }
    xs_corpus *corpus;
    xs_corpus_source source = {.path = {path[0], NULL, n_test ? path[1] : NULL}, .text = "text", .label = "label",
                               .language = language};
    assert_ok(xs_corpus_load(&source, 1, &corpus, &err));
    unlink(path[0]);
    unlink(path[1]);
    return corpus;
}

static xs_featurizer *fit(const xs_corpus *corpus, const char *const (*settings)[2], size_t n) {
    xsnr_error err = {0};
    xs_settings s;
    xs_featurizer *f;
    assert_ok(xs_settings_init(&s, table, &err));
    for (size_t i = 0; i < n; i++) assert_ok(xs_settings_set(&s, settings[i][0], settings[i][1], NULL, 0, &err));
    assert_ok(xs_featurizer_fit(&s, corpus, 2, &f, &err));
    xs_settings_free(&s);
    return f;
}

static uint32_t feature_named(const xs_featurizer *f, const char *name) {
    for (uint32_t k = 0; k < xs_featurizer_size(f); k++) {
        xs_str s = {0};
        assert_int_equal(xs_featurizer_name(f, k, &s), 0);
        bool same = strcmp(s.data, name) == 0;
        xs_str_free(&s);
        if (same) return k;
    }
    fail_msg("there is no feature '%s'", name);
    return 0;
}

static json_t *golden(void) {
    json_error_t error;
    json_t *json = json_load_file(TEST_SOURCE_DIR "/tests/text/golden/tfidf.json", 0, &error);
    if (!json) fail_msg("tfidf.json: %s", error.text);
    return json;
}

static size_t texts_of(json_t *list, const char **texts) {
    for (size_t i = 0; i < json_array_size(list); i++) texts[i] = json_string_value(json_array_get(list, i));
    return json_array_size(list);
}

// Every value of scikit-learn's rows, and as many values as it has.
static void compare_rows(const xs_featurizer *f, const xs_split *split, json_t *rows) {
    xsnr_error err = {0};
    xs_csr m;
    assert_ok(xs_featurizer_matrix(f, split->docs, split->count, 2, &m, &err));
    for (size_t i = 0; i < split->count; i++) {
        json_t *row = json_array_get(rows, i), *value;
        const char *name;
        assert_int_equal(m.begin[i + 1] - m.begin[i], json_object_size(row));
        json_object_foreach(row, name, value) {
            uint32_t k = feature_named(f, name);
            double got = NAN;
            for (size_t j = m.begin[i]; j < m.begin[i + 1]; j++)
                if (m.index[j] == k) got = m.value[j];
            assert_near(got, json_number_value(value), 1e-12, 0);
        }
    }
    xs_csr_free(&m);
}

static void as_scikit_learn(void **state) {
    (void)state;
    json_t *json = golden(), *c;
    const char *train[32], *test[32];
    size_t n_train = texts_of(json_object_get(json, "train"), train), k;
    size_t n_test = texts_of(json_object_get(json, "test"), test);
    xs_corpus *corpus = corpus_of(train, n_train, test, n_test, "en");
    json_array_foreach(json_object_get(json, "cases"), k, c) {
        char numbers[3][24];
        static const char *const keys[] = {"ngrams", "min_count", "max_features"};
        for (int i = 0; i < 3; i++)
            snprintf(numbers[i], sizeof numbers[i], "%lld", (long long)json_integer_value(json_object_get(c, keys[i])));
        const char *const settings[][2] = {
            {"features.kind", json_string_value(json_object_get(c, "kind"))},
            {"features.ngrams", numbers[0]},
            {"features.min_count", numbers[1]},
            {"features.max_features", numbers[2]},
            {"features.sublinear", json_is_true(json_object_get(c, "sublinear")) ? "true" : "false"}};
        xs_featurizer *f = fit(corpus, settings, 5);
        assert_int_equal(xs_featurizer_size(f), json_integer_value(json_object_get(c, "features")));
        compare_rows(f, &corpus->split[XS_TRAIN], json_object_get(c, "train"));
        compare_rows(f, &corpus->split[XS_TEST], json_object_get(c, "test"));
        xs_featurizer_free(f);
    }
    xs_corpus_free(corpus);
    json_decref(json);
}

static const char *const sentences[] = {
    "I think the bridge is a shameful waste, a shameful waste!", "According to the mayor, the bridge was built in 1998.",
    "On the other hand, nobody said that on Monday.",            "Was the bridge really destroyed? No: it never opened…",
    "The police officer arrested a man in the street.",          "We believe in freedom, justice and equality.",
};
enum { SENTENCES = sizeof sentences / sizeof *sentences };
static const char *const kinds[] = {"bow", "tfidf", "linguistic"};

// The row of a text is that of the matrix, bit for bit; all present is the same; occurrences lie in the text.
static void rows_and_matrices(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_corpus *corpus = corpus_of(sentences, SENTENCES, NULL, 0, "en");
    for (int kind = 0; kind < 3; kind++) {
        const char *const settings[][2] = {{"features.kind", kinds[kind]}, {"features.ngrams", "3"}};
        xs_featurizer *f = fit(corpus, settings, 2);
        xs_csr one, many;
        const xs_split *train = &corpus->split[XS_TRAIN];
        assert_ok(xs_featurizer_matrix(f, train->docs, train->count, 1, &one, &err));
        assert_ok(xs_featurizer_matrix(f, train->docs, train->count, 7, &many, &err));
        size_t n = one.begin[one.rows];
        assert_memory_equal(one.begin, many.begin, (one.rows + 1) * sizeof *one.begin);
        assert_memory_equal(one.index, many.index, n * sizeof *one.index);
        assert_memory_equal(one.value, many.value, n * sizeof *one.value);
        xs_arena arena = {0};
        for (size_t i = 0; i < train->count; i++) {
            const xs_document *doc = &train->docs[i];
            uint8_t present[64];
            memset(present, 1, sizeof present);
            xs_features_row row, all[2];
            assert_ok(xs_featurizer_row(f, doc, NULL, XS_REMOVE_MASK, &arena, &row, &err));
            assert_ok(xs_featurizer_row(f, doc, present, XS_REMOVE_MASK, &arena, &all[0], &err));
            assert_ok(xs_featurizer_row(f, doc, present, XS_REMOVE_DELETE, &arena, &all[1], &err));
            size_t at = one.begin[i];
            assert_int_equal(row.n, one.begin[i + 1] - at);
            for (int k = 0; k < 2; k++) assert_int_equal(all[k].n, row.n);
            for (uint32_t j = 0; j < row.n; j++) {
                assert_int_equal(row.feature[j], one.index[at + j]);
                assert_true(row.value[j] == one.value[at + j]);
                for (int k = 0; k < 2; k++)
                    assert_true(all[k].feature[j] == row.feature[j] && all[k].value[j] == row.value[j]);
                if (j) assert_true(row.feature[j] > row.feature[j - 1]);
                for (uint32_t o = row.occurrence_begin[j]; o < row.occurrence_begin[j + 1]; o++)
                    assert_true(row.occurrence[o].count > 0 &&
                                row.occurrence[o].first + row.occurrence[o].count <= doc->n_words);
            }
        }
        xs_arena_free(&arena);
        xs_csr_free(&one);
        xs_csr_free(&many);
        xs_featurizer_free(f);
    }
    xs_corpus_free(corpus);
}

// A masked word takes its n-grams with it; a deleted one makes neighbours of its neighbours.
static void removal(void **state) {
    (void)state;
    static const char *const texts[] = {"a x b", "a b", "x", "b"};
    static const char *const settings[][2] = {{"features.kind", "bow"}, {"features.ngrams", "2"}};
    xsnr_error err = {0};
    xs_corpus *corpus = corpus_of(texts, 4, NULL, 0, "en");
    xs_featurizer *f = fit(corpus, settings, 2);
    const uint8_t present[] = {1, 0, 1};
    xs_arena arena = {0};
    xs_features_row mask, delete;
    assert_ok(xs_featurizer_row(f, &corpus->split[XS_TRAIN].docs[0], present, XS_REMOVE_MASK, &arena, &mask, &err));
    assert_ok(xs_featurizer_row(f, &corpus->split[XS_TRAIN].docs[0], present, XS_REMOVE_DELETE, &arena, &delete, &err));
    assert_int_equal(mask.n, 2);   // a, b
    assert_int_equal(delete.n, 3); // a, b, a b
    uint32_t joined = feature_named(f, "a b");
    bool found = false;
    for (uint32_t k = 0; k < delete.n; k++) found = found || delete.feature[k] == joined;
    assert_true(found);
    xs_arena_free(&arena);
    xs_featurizer_free(f);
    xs_corpus_free(corpus);
}

// The same of phrases and passives: none forms over a masked word, one may over a deleted one.
static void removal_in_phrases(void **state) {
    (void)state;
    static const struct {
        const char *text, *feature;
        uint8_t present[8];
        uint32_t mask, delete; // triggers that remain
    } cases[] = {
        {"It was in fact never arrested", "passives", {1, 1, 0, 0, 0, 1}, 0, 1},
        {"It was arrested in fact", "passives", {0, 1, 1, 1, 1}, 1, 1},
        {"It was arrested in fact", "passives", {1, 0, 1, 1, 1}, 0, 0},
        {"On the left other hand", "discourse markers", {1, 1, 0, 1, 1}, 0, 1},
        {"On the other hand it failed", "discourse markers", {1, 1, 1, 1, 0, 0}, 1, 1},
    };
    // One trigger in four words, and none: rates ¼ and 0, mean and deviation ⅛.
    static const char *const passive[] = {"was arrested : :", "it : : :"};
    static const char *const discourse[] = {"on the other hand", "it : : :"};
    static const char *const settings[][2] = {{"features.kind", "linguistic"}};
    xsnr_error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool passives = strcmp(cases[i].feature, "passives") == 0;
        xs_corpus *corpus = corpus_of(passives ? passive : discourse, 2, &cases[i].text, 1, "en");
        xs_featurizer *f = fit(corpus, settings, 1);
        uint32_t k = feature_named(f, cases[i].feature), words = 0;
        const xs_document *doc = &corpus->split[XS_TEST].docs[0];
        for (uint32_t w = 0; w < doc->n_words; w++) words += cases[i].present[w];
        xs_arena arena = {0};
        for (int removed = XS_REMOVE_MASK; removed <= XS_REMOVE_DELETE; removed++) {
            xs_features_row row;
            assert_ok(xs_featurizer_row(f, doc, cases[i].present, (xs_removal)removed, &arena, &row, &err));
            double rate = 0.125; // a standardised value of 0 is left out
            for (uint32_t j = 0; j < row.n; j++)
                if (row.feature[j] == k) rate += 0.125 * row.value[j];
            assert_near(rate * words, removed == XS_REMOVE_MASK ? cases[i].mask : cases[i].delete, 0, 1e-12);
        }
        xs_arena_free(&arena);
        xs_featurizer_free(f);
        xs_corpus_free(corpus);
    }
}

// The words that trigger a linguistic feature of a text, between bars.
static void triggers(const char *text, const char *language, const char *feature, char *out, size_t size) {
    xsnr_error err = {0};
    const char *const texts[] = {text, language[0] == 'f' ? "Rien d'autre" : "nothing else"};
    static const char *const settings[][2] = {{"features.kind", "linguistic"}};
    xs_corpus *corpus = corpus_of(texts, 2, NULL, 0, language);
    xs_featurizer *f = fit(corpus, settings, 1);
    uint32_t k = feature_named(f, feature);
    xs_arena arena = {0};
    xs_features_row row;
    const xs_document *doc = &corpus->split[XS_TRAIN].docs[0];
    assert_ok(xs_featurizer_row(f, doc, NULL, XS_REMOVE_MASK, &arena, &row, &err));
    xs_str s = {0};
    for (uint32_t j = 0; j < row.n; j++)
        for (uint32_t o = row.occurrence_begin[j]; row.feature[j] == k && o < row.occurrence_begin[j + 1]; o++) {
            xs_occurrence at = row.occurrence[o];
            uint32_t end = doc->words[at.first + at.count - 1].end, start = doc->words[at.first].start;
            xs_str_printf(&s, "%s%.*s", s.length ? "|" : "", (int)(end - start), text + start);
        }
    snprintf(out, size, "%s", s.data ? s.data : "");
    xs_str_free(&s);
    xs_arena_free(&arena);
    xs_featurizer_free(f);
    xs_corpus_free(corpus);
}

static void linguistic_triggers(void **state) {
    (void)state;
    static const struct {
        const char *language, *text, *feature, *words;
    } cases[] = {
        {"en", "I told my wife, and we left", "first-person pronouns", "I|my|we"},
        {"en", "There is no one who didn't see it", "negation", "no|didn't"},
        {"en", "There is no one who didn't see it", "relative pronouns", "who"},
        {"en", "There is hope", "impersonal pronoun", "There is"},
        {"en", "On the other hand, of course, it failed", "discourse markers", "On the other hand|of course"},
        {"en", "He was arrested and has been badly beaten", "passives", "was arrested|been badly beaten"},
        {"en", "Why? Because! Yes; no: well…", "question marks", "?"},
        {"en", "Why? Because! Yes; no: well…", "exclamation marks", "!"},
        {"en", "Why? Because! Yes; no: well…", "semicolons", ";"},
        {"en", "Why? Because! Yes; no: well…", "colons", ":"},
        {"en", "Why? Because! Yes; no: well…", "ellipses", "…"},
        {"en", "“So”, he said, \"good\"", "quotation marks", "“|”|\"|\""},
        {"en", "In 1998, 12 of them", "numbers", "1998|12"},
        {"en", "extraordinary but shortish", "long words", "extraordinary"},
        {"en", "A shameful, brilliant waste on Monday", "negative words", "shameful|waste"},
        {"en", "A shameful, brilliant waste on Monday", "positive words", "brilliant"},
        {"en", "A shameful, brilliant waste on Monday", "weekdays and time words", "Monday"},
        {"en", "According to him, she announced it", "citing verbs", "According to|announced"},
        {"en", "I think the horse has dignity", "thinking verbs", "I think"},
        {"en", "I think the horse has dignity", "concrete nouns", "horse"},
        {"en", "I think the horse has dignity", "abstract nouns", "dignity"},
        {"en", "A beautiful idea, readable and famous", "adjectives", "beautiful|readable|famous"},
        {"fr", "J’ai perdu mon chien, et nous l’aimions", "first-person pronouns", "J’|mon|nous"},
        {"fr", "On ne l'a pas vu", "impersonal pronoun", "On"},
        {"fr", "On ne l'a pas vu, je n’y crois plus", "negation", "ne|pas|n’"},
        {"fr", "L'homme qu'il a vu et dont on parle", "relative pronouns", "qu'|dont"},
        {"fr", "Le pont a été détruit", "passives", "été détruit"},
        {"fr", "D'une part c'est honteux, en effet", "discourse markers", "D'une part|en effet"},
        {"fr", "D'une part c'est honteux, en effet", "negative words", "honteux"},
        {"fr", "Lundi, une œuvre magnifique", "weekdays and time words", "Lundi"},
        {"fr", "Lundi, une œuvre magnifique", "positive words", "magnifique"},
        {"fr", "« Oui », a-t-il déclaré", "quotation marks", "«|»"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char got[256];
        triggers(cases[i].text, cases[i].language, cases[i].feature, got, sizeof got);
        if (strcmp(got, cases[i].words) != 0)
            fail_msg("%s in \"%s\": '%s', expected '%s'", cases[i].feature, cases[i].text, got, cases[i].words);
    }
}

// Lists of the user's own: all sections, and what can be wrong with them.
static void own_lists(void **state) {
    (void)state;
    static const char all[] = "[first person]\n[impersonal]\n[relative]\n[negation]\n[verbs]\n[adjectives]\n[positive]\n"
                              "[negative]\n[time]\n[discourse]\n[citing]\n[thinking]\n[concrete]\n[abstract]\n"
                              "[auxiliaries]\n";
    static const struct {
        const char *text, *message;
        long line;
    } cases[] = {
        {"[participles]\nseen # comment\n-ed\n!red\n", NULL, 0},
        {"", "section [participles] is missing (it may be empty)", 0},
        {"[participle]\n", "unknown section [participle]; did you mean [participles]?", 16},
        {"[participles]\n[verbs]\n", "section [verbs] is there already, on line 5", 17},
        {"[participles\n", "a section's name ends in ']'", 16},
        {"[participles]\n-\n", "a word is missing after '-'", 17},
        {"[participles]\n- ed\n", "one word, without a space, stands after '-'", 17},
        {"[participles]\n!not red\n", "one word, without a space, stands after '!'", 17},
        {"[participles]\nx\xff\n", "invalid UTF-8 at byte offset 183 (0xFF); the file must be UTF-8", 17},
        {"[participles]\na b c d e f g h i\n", "a phrase has at most 8 words", 17},
    };
    xs_corpus *corpus = corpus_of(sentences, SENTENCES, NULL, 0, "xx");
    char path[64];
    snprintf(path, sizeof path, "/tmp/xsnr-lists-%d.txt", (int)getpid());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        xsnr_error err = {0};
        xs_str text = {0};
        xs_str_printf(&text, "%s%s", all, cases[i].text);
        assert_ok(xs_file_write(path, text.data, text.length, &err));
        xs_str_free(&text);
        xs_settings s;
        xs_featurizer *f = NULL;
        assert_ok(xs_settings_init(&s, table, &err));
        assert_ok(xs_settings_set(&s, "features.kind", "linguistic", NULL, 0, &err));
        assert_int_equal(xs_featurizer_fit(&s, corpus, 1, &f, &err), XSNR_ERR_CONFIG); // no lists for xx
        assert_ok(xs_settings_set(&s, "features.lists", path, NULL, 0, &err));
        err = (xsnr_error){0};
        int rc = xs_featurizer_fit(&s, corpus, 1, &f, &err);
        if (cases[i].message) {
            assert_int_equal(rc, XSNR_ERR_DATA);
            assert_string_equal(err.message, cases[i].message);
            assert_int_equal(err.line, cases[i].line);
        } else {
            assert_int_equal(rc, XSNR_OK);
        }
        xs_featurizer_free(f);
        xs_settings_free(&s);
    }
    unlink(path);
    xs_corpus_free(corpus);
}

// A byte order mark is passed over; the three letters before an ending are letters, not bytes.
static void endings(void **state) {
    (void)state;
    static const char *const texts[] = {"éter muter ôtéer er", "rien"};
    static const char lists[] = "\xef\xbb\xbf[verbs]\n-er\n[first person]\n[impersonal]\n[relative]\n[negation]\n"
                                "[adjectives]\n[positive]\n[negative]\n[time]\n[discourse]\n[citing]\n[thinking]\n"
                                "[concrete]\n[abstract]\n[auxiliaries]\n[participles]\n";
    char path[64];
    snprintf(path, sizeof path, "/tmp/xsnr-endings-%d.txt", (int)getpid());
    xsnr_error err = {0};
    assert_ok(xs_file_write(path, lists, sizeof lists - 1, &err));
    const char *const settings[][2] = {{"features.kind", "linguistic"}, {"features.lists", path}};
    xs_corpus *corpus = corpus_of(texts, 2, NULL, 0, "fr");
    xs_featurizer *f = fit(corpus, settings, 2);
    unlink(path);
    uint32_t verbs = feature_named(f, "verbs"), found = 0;
    xs_arena arena = {0};
    xs_features_row row;
    assert_ok(xs_featurizer_row(f, &corpus->split[XS_TRAIN].docs[0], NULL, XS_REMOVE_MASK, &arena, &row, &err));
    for (uint32_t j = 0; j < row.n; j++)
        for (uint32_t o = row.occurrence_begin[j]; row.feature[j] == verbs && o < row.occurrence_begin[j + 1]; o++) {
            assert_int_equal(row.occurrence[o].first, 1 + found); // muter, ôtéer; éter has two letters before -er
            found++;
        }
    assert_int_equal(found, 2);
    xs_arena_free(&arena);
    xs_featurizer_free(f);
    xs_corpus_free(corpus);
}

static void no_ngram_left(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_corpus *corpus = corpus_of(sentences, SENTENCES, NULL, 0, "en");
    xs_settings s;
    xs_featurizer *f;
    assert_ok(xs_settings_init(&s, table, &err));
    assert_ok(xs_settings_set(&s, "features.min_count", "100", NULL, 0, &err));
    assert_int_equal(xs_featurizer_fit(&s, corpus, 1, &f, &err), XSNR_ERR_CONFIG);
    xs_settings_free(&s);
    xs_corpus_free(corpus);
}

// Every allocation of fit, matrix and row fails once.
static void no_memory(void **state) {
    (void)state;
    xs_corpus *corpus = corpus_of(sentences, SENTENCES, NULL, 0, "en");
    for (int kind = 0; kind < 3; kind++) {
        xsnr_error err = {0};
        xs_settings s;
        assert_ok(xs_settings_init(&s, table, &err));
        assert_ok(xs_settings_set(&s, "features.kind", kinds[kind], NULL, 0, &err));
        for (long n = 1, done = 0; !done; n++) {
            xs_featurizer *f = NULL;
            xs_csr m = {0};
            xs_alloc_fail_at(n);
            int rc = xs_featurizer_fit(&s, corpus, 1, &f, &err);
            if (rc == XSNR_OK)
                rc = xs_featurizer_matrix(f, corpus->split[XS_TRAIN].docs, SENTENCES, 1, &m, &err);
            xs_alloc_fail_at(0);
            assert_true(rc == XSNR_OK || rc == XSNR_ERR_NOMEM);
            done = rc == XSNR_OK;
            assert_true(!done || n > 5);
            xs_csr_free(&m);
            xs_featurizer_free(f);
        }
        xs_settings_free(&s);
    }
    xs_corpus_free(corpus);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_scikit_learn), cmocka_unit_test(rows_and_matrices), cmocka_unit_test(removal),
        cmocka_unit_test(removal_in_phrases),
        cmocka_unit_test(linguistic_triggers), cmocka_unit_test(own_lists), cmocka_unit_test(endings), cmocka_unit_test(no_ngram_left),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
