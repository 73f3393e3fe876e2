// Columns of text on a terminal, and numbers for human eyes.
#include "check.h"
#include "report/number.h"
#include "report/width.h"

static void widths(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
    } table[] = {
        {"", 0},
        {"plain", 5},
        {"été", 3},
        {"e\xcc\x81t\xc3\xa9", 3},
        {"東京", 4},
        {"🙂", 2},
        {"ｆｕｌｌ", 8},
        {"ｱ", 1},
        {"a\xe2\x80\x8d\x62", 2} /* ZWJ */,
        {"한글", 4},
        {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 2} /* conjoining */,
        {"naïve—…", 7},
        {"\x1b[31m", 5} /* the escape is shown as a blank */,
        {"\xff\xfe", 2} /* U+FFFD each */,
        {"עברית", 5},
        {"किताब", 5} /* its vowel signs are spacing marks */,
        {"\xef\xbb\xbf", 0} /* BOM */,
        {"👩‍👩‍👧‍👦", 2} /* joined by ZWJ */,
        {"👨🏽‍⚕️", 2} /* skin tone, ZWJ, a sign with VS16 */,
        {"👍🏽", 2} /* skin tone */,
        {"a🏽", 3} /* a skin tone of nobody */,
        {"🇫🇷", 2},
        {"🇫🇷🇩🇪", 4},
        {"🇫🇷🇩", 3} /* a letter alone */,
        {"❤", 1},
        {"❤️", 2} /* VS16 */,
        {"1️⃣", 2} /* keycap */,
        {"x\xef\xb8\x8f", 1} /* VS16 after what is no emoji */,
        {"🏴\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xbf", 2} /* tags */,
        {"👩\xe2\x80\x8d", 2} /* ends in ZWJ */,
        {"👩\xe2\x80\x8d東", 4} /* ZWJ before what is no picture */,
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t columns = xs_text_width(table[i].text, strlen(table[i].text), false);
        if (columns != table[i].columns)
            fail_msg("'%s' takes %zu columns, expected %zu", table[i].text, columns, table[i].columns);
    }
}

static void shown(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
        bool ascii;
        const char *result;
    } table[] = {
        {"whole", 5, false, "whole"},
        {"too long", 5, false, "too …"},
        {"too long", 5, true, "too ~"},
        {"東京都", 4, false, "東…"},
        {"東京", 4, true, "??"},
        {"été", 3, true, "?t?"},
        {"a\tb\nc\x1b[2J", 20, false, "a b c [2J"},
        {"x\xe2\x80\xaey", 9, false, "x y"} /* right-to-left override */,
        {"abc", 0, false, ""},
        {"\xc3", 3, false, "\xef\xbf\xbd"},
        {"👩‍👩‍👧‍👦!", 3, false, "👩‍👩‍👧‍👦!"},
        {"👩‍👩‍👧‍👦!!", 3, false, "👩‍👩‍👧‍👦…"} /* whole or not at all */,
        {"a👩‍👩‍👧‍👦b", 3, false, "a…"},
        {"🇫🇷🇩🇪", 3, false, "🇫🇷…"},
        {"👩‍👩‍👧‍👦🇫🇷e\xcc\x81", 9, true, "???"} /* one for each picture */,
        {"👩\xe2\x80\xae🏽", 9, false, "👩 🏽"} /* an override joins nothing */,
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        xs_str out = {0};
        xs_str_put(&out, "");
        size_t columns =
            xs_put_shown(&out, table[i].text, strlen(table[i].text), table[i].columns, table[i].ascii);
        assert_string_equal(out.data, table[i].result);
        assert_true(columns <= table[i].columns || table[i].columns == 0);
        xs_str_free(&out);
    }
}

static void wrapping(void **state) {
    (void)state;
    xs_str out = {0};
    xs_put_wrapped(&out, "one two  three abcdefghijkl", 9, 2, false);
    assert_string_equal(out.data, "one two\n  three\n  abcdef…\n");
    xs_str_free(&out);
}

static void numbers(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } plain[] = {{0.408130, "0.408"},    {12.345, "12.3"},   {1234.5, "1234"},   {0.00123596, "0.00124"},
                 {1.3e-188, "1.3e-188"}, {0, "0"},           {-0.5, "-0.500"},   {1e6, "1.0e+06"},
                 {NAN, "undefined"},     {0.99999, "1.000"}, {-INFINITY, "-inf"}};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_string_equal(xs_show_number(plain[i].value).text, plain[i].text);
    static const struct {
        double value, low, high;
        const char *text, *interval;
    } with[] = {
        {0.40451, 0.3712, 0.4378, "0.405", "[0.371, 0.438]"},
        {3.2134, 2.9012, 3.5312, "3.21", "[2.90, 3.53]"},
        {0.00123, -0.0136, 0.0161, "0.001", "[-0.014, 0.016]"},
        {1e-9, -2e-9, 3e-9, "1.0e-09", "[-2.0e-09, 3.0e-09]"},
        {153.2, 102.3, 204.1, "153", "[102, 204]"},
        {NAN, NAN, NAN, "undefined", ""},
        {2, NAN, NAN, "2.00", ""},
        {0.25, 0.25, 0.25, "0.250", "[0.250, 0.250]"},
        {-0.0004, -0.12, 0.11, "0.00", "[-0.12, 0.11]"},
    };
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        assert_string_equal(xs_show_estimate(with[i].value, with[i].low, with[i].high).text, with[i].text);
        assert_string_equal(xs_show_interval(with[i].value, with[i].low, with[i].high).text,
                            with[i].interval);
    }
    assert_string_equal(xs_show_p(1e-188).text, "p < 0.001");
    assert_string_equal(xs_show_p(0.03149).text, "p = 0.031");
    assert_string_equal(xs_show_count(7282).text, "7282");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(widths), cmocka_unit_test(shown),
                                       cmocka_unit_test(wrapping), cmocka_unit_test(numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
