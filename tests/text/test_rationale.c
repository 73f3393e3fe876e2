// Rationales and ERASER's corpora: three forms of lines, words by their characters and tokens, and what is refused.
#include "base/file.h"
#include "check.h"
#include "text/corpus.h"
#include "text/rationale.h"
#include <sys/stat.h>

static char folder[] = "/tmp/xsnr-rationale-XXXXXX";
static xs_arena arena;
static xsnr_error err;

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    xs_arena_free(&arena);
    return system(command);
}

static const char *write_file(const char *name, const char *content) {
    static char path[32][128];
    static int next;
    char *p = path[next++ % 32];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    err = (xsnr_error){0};
    assert_ok(xs_file_write(p, content, strlen(content), &err));
    return p;
}

static xs_rationales read_lines(const char *content) {
    xs_rationales r = {0};
    assert_ok(xs_rationales_read(write_file("r.jsonl", content), &r, &err));
    return r;
}

// "Déjà vu, isn't it?" cut as xsnr cuts English: Déjà | vu | , | isn't | it | ?
static const char TEXT[] = "Déjà vu, isn't it?";
static const uint32_t starts[] = {0, 5, 7, 9, 15, 17}, ends[] = {4, 7, 8, 14, 17, 18};
enum { WORDS = 6 };

static void expect(const xs_rationale *r, const char *marks) {
    unsigned char mark[WORDS];
    char got[WORDS + 1] = "";
    assert_ok(xs_rationale_mark(r, TEXT, starts, ends, WORDS, &arena, mark, &err));
    for (size_t w = 0; w < WORDS; w++) got[w] = mark[w] ? '1' : '0';
    assert_string_equal(got, marks);
}

static void three_forms(void **state) {
    (void)state;
    xs_rationales r = read_lines("{\"id\": \"a\", \"annotator\": 7, \"class\": \"X\", \"spans\": [[0, 4], [12, 16]]}\n\n"
                                 "{\"annotation_id\": \"a\", \"classification\": \"Y\", \"evidences\": [[{\"docid\": \"a\", \"start_token\": 1, "
                                 "\"end_token\": 2, \"text\": \"vu,\"}], [{\"docid\": \"a\", \"start_token\": 2, \"end_token\": 2, \"text\": \"\"}]]}\n"
                                 "{\"annotation_id\": \"a\", \"evidences\": [[{\"docid\": \"b\", \"start_token\": 2, \"end_token\": 4}]]}\n"
                                 "{\"id\": 3, \"label\": \"Z\", \"words\": [{\"start\": 0, \"end\": 4, \"truth\": \"pro\"}, {\"start\": 5, "
                                 "\"end\": 7, \"truth\": \"neutral\"}, {\"start\": 15, \"end\": 17, \"truth\": \"con\"}, {\"start\": 17, \"end\": 18, \"truth\": \"pro\"}]}\n"
                                 "{\"id\": \"none\", \"spans\": []}\n");
    assert_int_equal(r.n, 6);
    expect(&r.rows[0], "100110"); // the span ends inside of "it" and begins inside of "isn't"
    assert_string_equal(r.rows[0].annotator, "7");
    assert_string_equal(r.rows[0].label, "X");
    expect(&r.rows[1], "011000"); // the token "vu," is two words
    assert_string_equal(r.rows[1].label, "Y");
    expect(&r.rows[2], "000111");
    assert_string_equal(r.rows[2].id, "a/b"); // as xsnr import names them
    assert_null(r.rows[2].label);
    assert_null(r.rows[2].annotator);
    expect(&r.rows[3], "100001");
    assert_string_equal(r.rows[3].id, "3");
    assert_string_equal(r.rows[3].label, "pro"); // the words' own, not the text's
    expect(&r.rows[4], "000010");
    assert_string_equal(r.rows[4].label, "con");
    expect(&r.rows[5], "000000");
    assert_int_equal(r.rows[5].line, 6);
    xs_rationales_free(&r);
}

// Spans one by one, as phrases are read.
static void words_of_spans(void **state) {
    (void)state;
    uint32_t words[4][2];
    size_t n;
    xs_rationales r = read_lines("{\"id\": \"a\", \"spans\": [[0, 7], [10, 16], [0, 7], [8, 9]]}\n"
                                 "{\"annotation_id\": \"a\", \"evidences\": [[{\"docid\": \"a\", \"start_token\": 1, \"end_token\": 3}, "
                                 "{\"docid\": \"a\", \"start_token\": 2, \"end_token\": 2}]]}\n"
                                 "{\"id\": \"a\", \"spans\": [[0, 19]]}\n");
    assert_int_equal(xs_rationale_words(&r.rows[0], TEXT, starts, ends, WORDS, &arena, words, &n, &err), XSNR_ERR_DATA);
    assert_string_equal(err.message, "the span 8 to 9 of 'a' holds no word"); // the blank
    assert_int_equal(err.line, 1);
    assert_int_equal(n, 3);
    assert_true(words[0][0] == 0 && words[0][1] == 2 && words[1][0] == 3 && words[1][1] == 5 && words[2][1] == 2);
    assert_ok(xs_rationale_words(&r.rows[1], TEXT, starts, ends, WORDS, &arena, words, &n, &err));
    assert_int_equal(n, 1); // of no length is none
    assert_true(words[0][0] == 1 && words[0][1] == 4);
    assert_int_equal(xs_rationale_words(&r.rows[2], TEXT, starts, ends, WORDS, &arena, words, &n, &err), XSNR_ERR_DATA);
    assert_int_equal(xs_rationale_words(&r.rows[0], TEXT, starts, ends, 0, &arena, words, &n, &err), XSNR_ERR_DATA);
    xs_rationales_free(&r);
}

static void bad_lines(void **state) {
    (void)state;
    static const struct {
        const char *line, *message;
    } bad[] = {
        {"", "this file has blank lines only; an object a line is needed"},
        {"[]", "each line must be an object, {\"id\": …}"},
        {"{\"id\": \"a\"", "not JSON"},
        {"{\"id\": \"a\"}", "one of \"spans\", \"evidences\" and \"words\" says what is marked"},
        {"{\"id\": \"a\", \"spans\": [], \"words\": []}", "one of \"spans\", \"evidences\" and \"words\" says what is marked"},
        {"{\"spans\": []}", "the text is not named: \"id\" or \"annotation_id\""},
        {"{\"id\": [1], \"spans\": []}", "\"id\" is a string or a whole number"},
        {"{\"id\": \"\", \"spans\": []}", "\"id\" is empty"},
        {"{\"id\": \"a\", \"annotator\": true, \"spans\": []}", "\"annotator\" is a string or a whole number"},
        {"{\"id\": \"a\", \"label\": [[0, 1, \"X\"]], \"spans\": []}", "\"label\" is a string or a whole number"},
        {"{\"id\": \"a\", \"spans\": {}}", "\"spans\" is a list of [start, end]"},
        {"{\"id\": \"a\", \"spans\": [[1]]}", "a span is [start, end], code points of the text, start before end"},
        {"{\"id\": \"a\", \"spans\": [[2, 2]]}", "a span is [start, end], code points of the text, start before end"},
        {"{\"id\": \"a\", \"spans\": [[-1, 2]]}", "a span is [start, end], code points of the text, start before end"},
        {"{\"id\": \"a\", \"spans\": [[0, 1.5]]}", "a span is [start, end], code points of the text, start before end"},
        {"{\"id\": \"a\", \"evidences\": [{}]}", "\"evidences\" is a list of lists"},
        {"{\"id\": \"a\", \"evidences\": [[{\"start_token\": 3, \"end_token\": 2}]]}",
         "an evidence has start_token and end_token, the end not before the start"},
        {"{\"id\": \"a\", \"evidences\": [[7]]}", "an evidence has start_token and end_token, the end not before the start"},
        {"{\"annotation_id\": \"a\", \"evidences\": [[{\"docid\": \"x\", \"start_token\": 0, \"end_token\": 1}, {\"docid\": \"y\", "
         "\"start_token\": 0, \"end_token\": 1}]]}",
         "the annotation is about 'x' and 'y'; a text is one document"},
        {"{\"id\": \"a\", \"words\": [{\"start\": 0, \"end\": 1}]}",
         "a word has start, end and truth: \"neutral\", or the class that it speaks for"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char content[512];
        snprintf(content, sizeof content, "\n%s\n", bad[i].line);
        xs_rationales r = {0};
        const char *path = write_file("bad.jsonl", content);
        assert_int_equal(xs_rationales_read(path, &r, &err), XSNR_ERR_DATA);
        assert_non_null(strstr(err.message, bad[i].message));
        assert_string_equal(err.file, path);
        assert_int_equal(err.line, i ? 2 : 0);
        xs_rationales_free(&r);
    }
}

static void outside_of_the_text(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"{\"id\": \"a\", \"spans\": [[0, 19]]}", "the span 0 to 19 is not in the text 'a', which has 18 characters"},
        {"{\"id\": \"a\", \"evidences\": [[{\"start_token\": 3, \"end_token\": 5}]]}", "the span 3 to 5 is not in the text 'a', which has 4 tokens"},
        {"{\"id\": \"a\", \"evidences\": [[{\"start_token\": 5, \"end_token\": 5}]]}", "the span 5 to 5 is not in the text 'a', which has 4 tokens"},
        {"{\"id\": \"a\", \"evidences\": [[{\"start_token\": 0, \"end_token\": 2, \"text\": \"Deja vu,\"}]]}",
         "tokens 0 to 2 of 'a' are not \"Deja vu,\"; these are rationales of other documents"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        unsigned char mark[WORDS];
        xs_rationales r = read_lines(bad[i][0]);
        assert_int_equal(xs_rationale_mark(&r.rows[0], TEXT, starts, ends, WORDS, &arena, mark, &err), XSNR_ERR_DATA);
        assert_string_equal(err.message, bad[i][1]);
        assert_int_equal(err.line, 1);
        xs_rationales_free(&r);
    }
}

/* ------------------------------------------------------------ ERASER's corpora */

static const char ANNOTATIONS[] =
    "{\"annotation_id\": \"one\", \"classification\": \"POS\", \"evidences\": [[{\"docid\": \"one\", \"start_token\": 0, \"end_token\": 1}]]}\n"
    "{\"annotation_id\": \"q\", \"classification\": \"NEG\", \"evidences\": [], \"docids\": [\"two\"]}\n"
    "{\"annotation_id\": \"two\", \"classification\": \"NEG\", \"evidences\": []}\n";

static int load(const char *train, const char *documents, xs_corpus **c) {
    xs_corpus_source source = {.path = {train}, .eraser = true, .documents = documents, .language = "en"};
    err = (xsnr_error){0};
    return xs_corpus_load(&source, 2, c, &err);
}

static void expect_corpus(const char *train, const char *documents) {
    xs_corpus *c;
    assert_ok(load(train, documents, &c));
    const xs_split *s = &c->split[XS_TRAIN];
    assert_int_equal(s->count, 3);
    assert_string_equal(s->docs[0].id, "one");
    assert_string_equal(s->docs[0].text, "great film .\nwell made .");
    assert_int_equal(s->docs[0].n_words, 6);
    assert_int_equal(s->docs[0].n_sentences, 2);
    assert_string_equal(s->docs[1].id, "q/two");
    assert_string_equal(s->docs[2].id, "two");
    assert_string_equal(s->docs[1].text, s->docs[2].text);
    assert_int_equal(s->docs[0].label, 1);
    assert_string_equal(c->labels[0], "NEG");
    xs_corpus_free(c);
}

static void eraser_corpora(void **state) {
    (void)state;
    char docs[64];
    snprintf(docs, sizeof docs, "%s/docs", folder);
    assert_int_equal(mkdir(docs, 0777), 0);
    const char *train = write_file("train.jsonl", ANNOTATIONS);
    xs_corpus *c;
    write_file("docs/one", "great film .\nwell made .\n");
    write_file("docs/two", "dull .");
    expect_corpus(train, NULL); // docs/ beside the file
    const char *lines = write_file("documents.jsonl", "{\"docid\": \"one\", \"document\": \"great film .\\nwell made .\"}\n"
                                                      "{\"docid\": \"two\", \"document\": \"dull .\"}\n");
    expect_corpus(train, lines);
    expect_corpus(train, docs);
    static const char *const bad[][2] = {
        {"{\"classification\": \"A\", \"evidences\": []}", "\"annotation_id\" is missing"},
        {"{\"annotation_id\": \"one\"}", "\"classification\" is missing; it is the class"},
        {"{\"annotation_id\": \"three\", \"classification\": \"A\"}", "document 'three' is not in"},
        {"{\"annotation_id\": \"one\", \"classification\": \"A\", \"docids\": [\"one\", \"two\"]}", "the annotation is about 'one' and 'two'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(load(write_file("bad.jsonl", bad[i][0]), lines, &c), XSNR_ERR_DATA);
        assert_non_null(strstr(err.message, bad[i][1]));
        assert_int_equal(err.line, 1);
    }
    const char *away = write_file("bad.jsonl", "{\"annotation_id\": \"../one\", \"classification\": \"A\"}");
    assert_int_equal(load(away, docs, &c), XSNR_ERR_DATA);
    assert_non_null(strstr(err.message, "document '../one' is no name of a file in"));
    const char *twice = write_file("twice.jsonl", "{\"docid\": \"one\", \"document\": \"x\"}\n{\"docid\": \"one\", \"document\": \"y\"}\n");
    assert_int_equal(load(train, twice, &c), XSNR_ERR_DATA);
    assert_string_equal(err.message, "document 'one' stands twice");
    assert_int_equal(load(train, write_file("not.jsonl", "{\"docid\": \"one\"}\n"), &c), XSNR_ERR_DATA);
    assert_int_equal(load(train, "/tmp/xsnr-no-such-folder", &c), XSNR_ERR_IO);
    write_file("docs/two", "d\xff");
    assert_int_equal(load(train, NULL, &c), XSNR_ERR_DATA);
    assert_non_null(strstr(err.file, "docs/two"));
}

// All of ERASER's movies: every evidence is in its document, word for word.
static void movies(void **state) {
    (void)state;
    const char *data = data_folder();
    static const char *const files[] = {"train", "val", "test"};
    static const size_t texts[] = {1600, 200, 199};
    if (!data) skip();
    for (size_t f = 0; f < 3; f++) {
        char path[512];
        snprintf(path, sizeof path, "%s/movies-eraser/%s.jsonl", data, files[f]);
        xs_corpus *c;
        xs_rationales r = {0};
        assert_ok(load(path, NULL, &c));
        assert_ok(xs_rationales_read(path, &r, &err));
        const xs_split *s = &c->split[XS_TRAIN];
        assert_int_equal(s->count, texts[f]);
        assert_int_equal(r.n, texts[f]);
        size_t marked = 0, words = 0;
        for (size_t t = 0; t < s->count; t++) {
            const xs_document *doc = &s->docs[t];
            uint32_t *from = XS_ARENA_ARRAY(&arena, uint32_t, doc->n_words), *to = XS_ARENA_ARRAY(&arena, uint32_t, doc->n_words);
            unsigned char *mark = XS_ARENA_ARRAY(&arena, unsigned char, doc->n_words);
            for (size_t w = 0; w < doc->n_words; w++) from[w] = doc->words[w].cp_start, to[w] = doc->words[w].cp_end;
            assert_string_equal(r.rows[t].id, doc->id);
            assert_string_equal(r.rows[t].label, c->labels[doc->label]);
            assert_ok(xs_rationale_mark(&r.rows[t], doc->text, from, to, doc->n_words, &arena, mark, &err));
            for (size_t w = 0; w < doc->n_words; w++) marked += mark[w];
            words += doc->n_words;
        }
        double share = (double)marked / (double)words; // test's annotators marked all of it, the others what sufficed
        assert_true(f < 2 ? share > 0.05 && share < 0.15 : share > 0.25 && share < 0.4);
        xs_rationales_free(&r);
        xs_corpus_free(c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(three_forms), cmocka_unit_test(words_of_spans), cmocka_unit_test(bad_lines),
                                       cmocka_unit_test(outside_of_the_text), cmocka_unit_test(eraser_corpora), cmocka_unit_test(movies)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
