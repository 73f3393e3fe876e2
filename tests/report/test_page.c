// The page: whole, self-contained, and closed to hostile texts.  XSNR_PAGE=FILE keeps it, to be looked at.
#include "base/file.h"
#include "check.h"
#include "fixture.h"
#include "report/report.h"
#include <jansson.h>

static xsnr_error err;

static size_t count(const char *text, const char *what) {
    size_t n = 0;
    for (const char *p = strstr(text, what); p; p = strstr(p + 1, what)) n++;
    return n;
}

// The JSON between the data element's tags.
static json_t *data_of(const char *page) {
    const char *from = strstr(page, "id=\"data\">");
    assert_non_null(from);
    from = strchr(from, '>') + 1;
    const char *to = strstr(from, "</script>");
    assert_non_null(to);
    json_error_t where;
    json_t *tree = json_loadb(from, (size_t)(to - from), 0, &where);
    if (!tree) fail_msg("the data of the page: %s", where.text);
    return tree;
}

static void self_contained(void **state) {
    (void)state;
    xs_results r = fixture_study();
    xs_str page = {0};
    assert_ok(xs_report_html(&r, &page, &err));
    if (getenv("XSNR_PAGE")) assert_ok(xs_file_write(getenv("XSNR_PAGE"), page.data, page.length, &err));
    assert_int_equal(count(page.data, "http://"), 1); // the namespace of SVG is a name, not a place
    assert_int_equal(count(page.data, "http://www.w3.org/2000/svg"), 1);
    static const char *const loads[] = {"https://", "//cdn",  " src=",   "@import",
                                        "url(",     "fetch(", "XMLHttp", "import("};
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
        if (strstr(page.data, loads[i])) fail_msg("the page holds '%s'", loads[i]);
    assert_non_null(strstr(page.data, "default-src 'none'"));
    assert_null(strstr(page.data, "innerHTML"));
    assert_null(strstr(page.data, "{{"));
    xs_str_free(&page);
    fixture_free(&r);
}

static void hostile_text(void **state) {
    (void)state;
    xs_results r = fixture_study();
    r.study = "</title><script>alert(1)</script>";
    xs_str page = {0};
    assert_ok(xs_report_html(&r, &page, &err));
    assert_null(strstr(page.data, "<script>alert"));
    assert_int_equal(count(page.data, "</script>"), 3); // data, plot, page
    assert_null(strstr(page.data, "\xe2\x80\xa8"));     // U+2028 ends a line of JavaScript
    assert_null(strchr(page.data, '\x1b'));
    json_t *tree = data_of(page.data);
    json_t *texts = json_object_get(
        json_array_get(json_object_get(json_array_get(json_object_get(tree, "families"), 0), "explainers"),
                       0),
        "texts");
    json_t *word = json_array_get(json_object_get(json_array_get(texts, 5), "word"), 0);
    assert_string_equal(json_string_value(json_object_get(word, "text")),
                        "</script><script>alert(\"x\")</script>");
    json_decref(tree);
    xs_str_free(&page);
    fixture_free(&r);
}

static unsigned sextet(char c) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return (unsigned)(strchr(digit, c) - digit);
}

static void scores_come_back(void **state) {
    (void)state;
    xs_results r = fixture_study();
    xs_str page = {0};
    assert_ok(xs_report_html(&r, &page, &err));
    json_t *tree = data_of(page.data);
    json_t *families = json_object_get(tree, "families");
    const xs_text_result *t = &r.families[1].explainers[0].texts[1];
    json_t *text = json_array_get(
        json_object_get(json_array_get(json_object_get(json_array_get(families, 1), "explainers"), 0),
                        "texts"),
        1);
    const char *code = json_string_value(json_object_get(text, "scores"));
    size_t n = t->models_kept * t->n_words;
    assert_int_equal(strlen(code), (4 * n + 2) / 3 * 4);
    for (size_t i = 0; i < n; i++) {
        unsigned char byte[4];
        for (size_t k = 0; k < 4; k++) {
            size_t at = 4 * i + k, group = at / 3 * 4, place = at % 3;
            unsigned a = sextet(code[group + place]), b = sextet(code[group + place + 1]);
            byte[k] = (unsigned char)(a << (2 + 2 * place) | b >> (4 - 2 * place));
        }
        uint32_t bits =
            (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
        float f;
        memcpy(&f, &bits, sizeof f);
        assert_true(f == (float)t->scores[i]);
    }
    assert_int_equal(json_array_size(json_object_get(text, "model")), t->models_kept);
    json_decref(tree);
    xs_str_free(&page);
    fixture_free(&r);
}

static void nothing_defined(void **state) {
    (void)state;
    xs_results (*const fixtures[])(void) = {fixture_array, fixture_undefined};
    for (size_t i = 0; i < 2; i++) {
        xs_results r = fixtures[i]();
        xs_str page = {0};
        assert_ok(xs_report_html(&r, &page, &err));
        char name[1024];
        if (getenv("XSNR_PAGE")) {
            snprintf(name, sizeof name, "%s.%zu.html", getenv("XSNR_PAGE"), i);
            assert_ok(xs_file_write(name, page.data, page.length, &err));
        }
        json_decref(data_of(page.data));
        xs_str_free(&page);
        fixture_free(&r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(self_contained), cmocka_unit_test(hostile_text),
                                       cmocka_unit_test(scores_come_back), cmocka_unit_test(nothing_defined)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
