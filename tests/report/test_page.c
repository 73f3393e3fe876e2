// The page: whole, self-contained, closed to hostile texts, and no larger than its room.  XSNR_PAGE=FILE keeps it, to be
// looked at.
#include "base/file.h"
#include "check.h"
#include "fixture.h"
#include "report/page_data.h"
#include "report/report.h"
#include <jansson.h>
#include <math.h>

#define WHOLE(text) &(xs_sink){(text), NULL, NULL}

static xsnr_error err;

static size_t count(const char *text, const char *what) {
    size_t n = 0;
    for (const char *p = strstr(text, what); p; p = strstr(p + 1, what)) n++;
    return n;
}

// The JSON of the nth script of a part.
static json_t *part_of(const char *page, const char *part, size_t nth) {
    char tag[64];
    snprintf(tag, sizeof tag, "data-part=\"%s\">", part);
    const char *from = strstr(page, tag);
    for (size_t i = 0; from && i < nth; i++) from = strstr(from + 1, tag);
    assert_non_null(from);
    from += strlen(tag);
    const char *to = strstr(from, "</script>");
    assert_non_null(to);
    json_error_t where;
    json_t *tree = json_loadb(from, (size_t)(to - from), JSON_DECODE_ANY, &where);
    if (!tree) fail_msg("the data of the page: %s", where.text);
    return tree;
}

static void self_contained(void **state) {
    (void)state;
    xs_results r = fixture_study();
    xs_str page = {0};
    assert_ok(xs_report_html(&r, WHOLE(&page), &err));
    if (getenv("XSNR_PAGE")) assert_ok(xs_file_write(getenv("XSNR_PAGE"), page.data, page.length, &err));
    static const char *const loads[] = {" src=", "<link rel=\"stylesheet", "@import", "url(http", "fetch(", "XMLHttp", "import(", "//cdn"};
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
        if (strstr(page.data, loads[i])) fail_msg("the page holds '%s'", loads[i]);
    assert_non_null(strstr(page.data, "default-src 'none'"));
    assert_null(strstr(page.data, "{{"));
    xs_str_free(&page);
    fixture_free(&r);
}

static void hostile_text(void **state) {
    (void)state;
    xs_results r = fixture_study();
    r.study = "</title><script>alert(1)</script>";
    xs_str page = {0};
    assert_ok(xs_report_html(&r, WHOLE(&page), &err));
    assert_null(strstr(page.data, "<script>alert"));
    size_t series = 0;
    for (size_t f = 0; f < r.n_families; f++) series += r.families[f].n_explainers;
    assert_int_equal(count(page.data, "</script>"), series + 3); // texts of each; words, study; the page's own
    assert_null(strstr(page.data, "\xe2\x80\xa8"));               // U+2028 ends a line of JavaScript
    assert_null(strchr(page.data, '\x1b'));
    json_t *words = part_of(page.data, "words", 0), *texts = part_of(page.data, "texts", 0);
    const char *id = json_string_value(json_object_get(json_array_get(texts, 5), "id"));
    json_t *word = json_array_get(json_object_get(json_object_get(words, id), "words"), 0);
    assert_string_equal(json_string_value(word), "</script><script>alert(\"x\")</script>");
    json_decref(words);
    json_decref(texts);
    xs_str_free(&page);
    fixture_free(&r);
}

static unsigned sextet(char c) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return (unsigned)(strchr(digit, c) - digit);
}

// Byte i of base64.
static unsigned byte_of(const char *code, size_t i) {
    size_t group = i / 3 * 4, place = i % 3;
    unsigned a = sextet(code[group + place]), b = sextet(code[group + place + 1]);
    return (a << (2 + 2 * place) | b >> (4 - 2 * place)) & 0xff;
}

static float float_of(const char *code, size_t i) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 4; k++) bits |= (uint32_t)byte_of(code, 4 * i + k) << (8 * k);
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static double half_of(const char *code, size_t i) {
    unsigned bits = byte_of(code, 2 * i) | byte_of(code, 2 * i + 1) << 8, exponent = bits >> 10 & 31, fraction = bits & 1023;
    double size = exponent ? ldexp(1024 + fraction, (int)exponent - 25) : ldexp(fraction, -24);
    return bits & 0x8000 ? -size : size;
}

static void scores_come_back(void **state) {
    (void)state;
    xs_results r = fixture_study();
    xs_str page = {0};
    assert_ok(xs_report_html(&r, WHOLE(&page), &err));
    size_t series = r.families[0].n_explainers; // the first of the second family
    const xs_text_result *t = &r.families[1].explainers[0].texts[1];
    json_t *texts = part_of(page.data, "texts", series), *text = json_array_get(texts, 1);
    const char *code = json_string_value(json_object_get(text, "scores")), *stats = json_string_value(json_object_get(text, "stats"));
    size_t n = t->models_kept * t->n_words;
    assert_int_equal(strlen(code), (4 * n + 2) / 3 * 4);
    for (size_t i = 0; i < n; i++) assert_true(float_of(code, i) == (float)t->scores[i]);
    for (size_t w = 0; w < t->n_words; w++) {
        assert_true(float_of(stats, 14 * w) == (float)t->word[w].mean);
        assert_true(float_of(stats, 14 * w + 13) == (float)t->word[w].maximum);
    }
    assert_int_equal(json_array_size(json_object_get(text, "model")), t->models_kept);
    json_decref(texts);
    xs_str_free(&page);
    fixture_free(&r);
}

// Many scores are halves: within 2^-11 of their size, or 2^-25 near zero.
static void many_scores(void **state) {
    (void)state;
    enum { MODELS = 3000, WORDS = 1000 };
    xs_results r = fixture_study();
    xs_text_result *t = &r.families[0].explainers[0].texts[0];
    double *scores = calloc((size_t)MODELS * WORDS, sizeof *scores);
    uint32_t *model = calloc(MODELS, sizeof *model);
    xs_word_stats *word = calloc(WORDS, sizeof *word);
    for (size_t i = 0; i < (size_t)MODELS * WORDS; i++) scores[i] = sin((double)i) * pow(10, -(double)(i % 9));
    t->scores = scores, t->model = model, t->word = word, t->words = NULL, t->models_kept = MODELS, t->n_words = WORDS;
    xs_str page = {0};
    assert_ok(xs_page_data(&r, WHOLE(&page), &err));
    json_t *texts = part_of(page.data, "texts", 0), *text = json_array_get(texts, 0);
    assert_int_equal(json_integer_value(json_object_get(text, "bytes")), 2);
    const char *code = json_string_value(json_object_get(text, "scores"));
    for (size_t i = 0; i < (size_t)MODELS * WORDS; i += 7)
        assert_true(fabs(half_of(code, i) - scores[i]) <= fmax(fabs(scores[i]) * 0x1p-11, 0x1p-25));
    json_decref(texts);
    xs_str_free(&page);
    free(scores), free(model), free(word);
    fixture_free(&r);
}

static long long left(const char *page, const char *what) {
    json_t *study = part_of(page, "study", 0);
    long long n = json_integer_value(json_object_get(json_object_get(study, "left_out"), what));
    json_decref(study);
    return n;
}

// A study of many texts: those of the fixture again and again, each with scores of as many models, in every series.
typedef struct many {
    xs_text_result *texts;
    char (*ids)[8];
    double *scores;
    uint32_t *model;
} many;

static many fixture_many(xs_results *r, size_t n, size_t models) {
    many m = {calloc(n, sizeof *m.texts), calloc(n, sizeof *m.ids), calloc(models * 64, sizeof(double)), calloc(models, sizeof(uint32_t))};
    for (size_t i = 0; i < models * 64; i++) m.scores[i] = sin((double)i) / 16;
    for (size_t i = 0; i < models; i++) m.model[i] = (uint32_t)i;
    for (size_t i = 0; i < n; i++) {
        m.texts[i] = r->families[0].explainers[0].texts[i % 3];
        snprintf(m.ids[i], sizeof m.ids[i], "t%zu", i);
        m.texts[i].id = m.ids[i], m.texts[i].scores = m.scores, m.texts[i].model = m.model, m.texts[i].models_kept = models;
    }
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; e < r->families[f].n_explainers; e++) r->families[f].explainers[e].texts = m.texts, r->families[f].explainers[e].n_texts = n;
    return m;
}

static void free_many(many *m) { free(m->texts), free(m->ids), free(m->scores), free(m->model); }

// How many texts of a series' block have the key; it must be the first so many.
static size_t having(const char *page, size_t series, const char *key) {
    json_t *texts = part_of(page, "texts", series);
    size_t n = 0, last = 0;
    for (size_t i = 0; i < json_array_size(texts); i++)
        if (json_object_get(json_array_get(texts, i), key)) n++, last = i + 1;
    assert_int_equal(n, last);
    json_decref(texts);
    return n;
}

// What does not fit is left out, from the end, of all families and explainers alike, and counted; the page is as large as
// it may be, and fills its room.
static void no_room(void **state) {
    (void)state;
    enum { TEXTS = 3000, MODELS = 30 };
    xs_results r = fixture_study();
    xs_str page = {0};
    assert_ok(xs_page_data(&r, WHOLE(&page), &err));
    static const char *const kinds[] = {"texts", "words", "scores"};
    for (size_t k = 0; k < 3; k++) assert_int_equal(left(page.data, kinds[k]), 0);
    xs_str_free(&page);
    many m = fixture_many(&r, TEXTS, MODELS);
    static const struct {
        double mb;
        bool texts, words, scores; // are all there?
    } table[] = {{200, true, true, true}, {24, true, true, false}, {8, true, false, false}, {1.5, false, false, false}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        r.page_mb = table[i].mb;
        assert_ok(xs_page_data(&r, WHOLE(&page), &err));
        assert_true((double)page.length < 1.05e6 * table[i].mb);
        if (!table[i].scores && (double)page.length < 0.75e6 * table[i].mb) fail_msg("%.1f MB: %zu bytes", table[i].mb, page.length);
        size_t texts = having(page.data, 0, "id"), words = having(page.data, 0, "stats"), scores = having(page.data, 0, "scores");
        assert_int_equal(having(page.data, 2, "id"), texts);
        assert_int_equal(having(page.data, 2, "stats"), words);
        assert_int_equal(having(page.data, 2, "scores"), scores);
        if ((texts == TEXTS) != table[i].texts || (words == TEXTS) != table[i].words || (scores == TEXTS) != table[i].scores)
            fail_msg("%.1f MB, %zu bytes: %zu texts, %zu words, %zu scores", table[i].mb, page.length, texts, words, scores);
        assert_true(texts >= words && words >= scores && (texts < TEXTS || scores > 0));
        assert_int_equal(left(page.data, "texts"), TEXTS - texts);
        assert_int_equal(left(page.data, "words"), TEXTS - words);
        assert_int_equal(left(page.data, "scores"), TEXTS - scores);
        assert_int_equal(left(page.data, "of"), TEXTS);
        json_t *all = part_of(page.data, "words", 0);
        assert_int_equal(json_object_size(all), words);
        json_decref(all);
        xs_str_free(&page);
    }
    for (size_t i = 1000; i < TEXTS; i++) m.texts[i].scores = NULL; // results for a page of this size did not hold them
    for (r.page_mb = 200; r.page_mb > 2; r.page_mb /= 20) {
        assert_ok(xs_page_data(&r, WHOLE(&page), &err));
        assert_int_equal(left(page.data, "scores"), TEXTS - having(page.data, 0, "scores"));
        xs_str_free(&page);
    }
    free_many(&m);
    fixture_free(&r);
}

static void nothing_defined(void **state) {
    (void)state;
    xs_results (*const fixtures[])(void) = {fixture_array, fixture_undefined};
    for (size_t i = 0; i < 2; i++) {
        xs_results r = fixtures[i]();
        xs_str page = {0};
        assert_ok(xs_report_html(&r, WHOLE(&page), &err));
        char name[1024];
        if (getenv("XSNR_PAGE")) {
            snprintf(name, sizeof name, "%s.%zu.html", getenv("XSNR_PAGE"), i);
            assert_ok(xs_file_write(name, page.data, page.length, &err));
        }
        json_decref(part_of(page.data, "study", 0));
        json_decref(part_of(page.data, "texts", 0));
        xs_str_free(&page);
        fixture_free(&r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(self_contained),  cmocka_unit_test(hostile_text), cmocka_unit_test(scores_come_back),
                                       cmocka_unit_test(many_scores),     cmocka_unit_test(no_room),      cmocka_unit_test(nothing_defined)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
