// The JSON reader: what is JSON and what is not, numbers rounded once, strings.
#include "check.h"
#include "store/decimal.h"
#include "store/json.h"

static int skip_all(const char *text) {
    xs_json j;
    xsnr_error err = {0};
    xs_json_open(&j, text, strlen(text), "t", 1);
    int rc = xs_json_skip(&j, NULL, &err);
    return rc < 0 ? rc : xs_json_close(&j, &err);
}

static void syntax(void **state) {
    (void)state;
    static const char *const good[] = {"{}", "[]", " [ 1 , -0.5e+10, \"a\\u00e9\\n\", true,false,null ] ", "{\"a\":{\"b\":[[],{}]},\"a\":1}", "0", "-0", "1E5",
                                       "\"\"", "\"\x7f é € 😀 \\ud83d\\ude00 long enough for eight bytes\"", "\t\n\r 1"};
    static const char *const bad[] = {"", "{", "[", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "01", "1.", ".5", "+1", "1e", "1e+", "-",
                                      "tru", "nul", "NaN", "Infinity", "-Infinity", "'a'", "\"", "\"a", "\"\\x\"", "\"\\u12g4\"", "\"\\u123\"", "\"\n\"", "\"\x01\"", "\"\x80\"",
                                      "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xe2\x82\"", "[1 2]", "1 2", "]", "}", "[}", "{]", "[1}", "\"12345678\xff\"", "// a", "[1]x"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (skip_all(good[i]) != XSNR_OK) fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (skip_all(bad[i]) != XSNR_ERR_DATA) fail_msg("taken: %s", bad[i]);
    char deep[2 * XS_JSON_DEPTH + 3];
    memset(deep, '[', XS_JSON_DEPTH);
    memset(deep + XS_JSON_DEPTH, ']', XS_JSON_DEPTH);
    deep[2 * XS_JSON_DEPTH] = '\0';
    assert_int_equal(skip_all(deep), XSNR_OK);
    memset(deep, '[', XS_JSON_DEPTH + 1);
    assert_int_equal(skip_all(deep), XSNR_ERR_DATA);
}

static void strings(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"\"plain\"", "plain"}, {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"}, {"\"\\u0041\\u00e9\\u20ac\\uD83D\\uDE00\"", "Aé€😀"}};
    static const char *const bad[] = {"\"\\ud83d\"", "\"\\ud83dx\"", "\"\\ude00\"", "\"\\ud83d\\u0041\"", "\"\\u0000\""};
    xs_arena arena = {0};
    xs_json_span out;
    xs_json j;
    xsnr_error err = {0};
    for (size_t i = 0; i < 3; i++) {
        xs_json_open(&j, pairs[i][0], strlen(pairs[i][0]), "t", 1);
        assert_ok(xs_json_string(&j, &arena, &out, &err));
        assert_true(xs_json_is(&out, pairs[i][1]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        xs_json_open(&j, bad[i], strlen(bad[i]), "t", 1);
        assert_int_equal(xs_json_string(&j, &arena, &out, &err), XSNR_ERR_DATA);
    }
    xs_arena_free(&arena);
}

static void places(void **state) {
    (void)state;
    xs_json j;
    xsnr_error err = {0};
    const char *text = "{\n  \"a\": [1,\n   oops]}";
    xs_json_open(&j, text, strlen(text), "file", 10);
    assert_int_equal(xs_json_skip(&j, NULL, &err), XSNR_ERR_DATA);
    assert_int_equal(err.line, 12);
    assert_string_equal(err.message, "not JSON: 'o' where a value should be (column 4)");
}

static void kinds(void **state) {
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {{"null", "null where a number should be (column 1)"}, {" \"1\"", "a string where a number should be (column 2)"},
                 {"[1]", "a list where a number should be (column 1)"}, {"{}", "an object where a number should be (column 1)"},
                 {"true", "true where a number should be (column 1)"}, {",", "not JSON: ',' where a number should be (column 1)"},
                 {"", "not JSON: it ends where a number should be (column 1)"}, {"nul", "not JSON: 'n' where a number should be (column 1)"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        xs_json j;
        xsnr_error err = {0};
        double x;
        xs_json_open(&j, cases[i].text, strlen(cases[i].text), "t", 1);
        assert_int_equal(xs_json_double(&j, &x, &err), XSNR_ERR_DATA);
        assert_string_equal(err.message, cases[i].said);
    }
}

// A value that was passed is read again, and keeps its place.
static void inside(void **state) {
    (void)state;
    xs_json j, again;
    xsnr_error err = {0};
    xs_json_span list, string;
    xs_arena arena = {0};
    const char *text = "{\"a\":1}\n [\"x\", 2]";
    xs_json_open(&j, text, strlen(text), "t", 5);
    assert_ok(xs_json_skip(&j, NULL, &err));
    assert_ok(xs_json_skip(&j, &list, &err));
    again = xs_json_inside(&j, list);
    assert_ok(xs_json_enter(&again, '[', &err));
    assert_int_equal(xs_json_item(&again, &err), 1);
    assert_ok(xs_json_string(&again, &arena, &string, &err));
    assert_int_equal(xs_json_item(&again, &err), 1);
    assert_int_equal(xs_json_string(&again, &arena, &string, &err), XSNR_ERR_DATA);
    assert_string_equal(err.message, "a number where a string should be (column 8)");
    assert_int_equal(err.line, 6);
    xs_arena_free(&arena);
}

static void nearer_to_zero_than_floats(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool lost;
    } cases[] = {{"1e-60", true}, {"-0.00001e-50", true}, {"0", false}, {"-0.0", false}, {"0e-60", false}, {"0.000E5", false}, {"1e-30", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        xs_json j;
        xsnr_error err = {0};
        float x;
        xs_json_open(&j, cases[i].text, strlen(cases[i].text), "t", 1);
        assert_ok(xs_json_float(&j, &x, &err));
        if (j.lost != cases[i].lost || (j.lost && x != 0)) fail_msg("%s: %g", cases[i].text, (double)x);
    }
}

// Against strtof and strtod: floats as they are printed, their middles, and digits at random.
static void numbers(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 400000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t bits = (uint32_t)(seed >> 32);
        float f, next, got;
        double d, gotd;
        char text[64];
        memcpy(&f, &bits, sizeof f);
        if (!isfinite(f)) continue;
        next = nextafterf(f, INFINITY);
        double middle = ((double)f + (double)next) / 2;
        switch (i % 7) {
        case 0: snprintf(text, sizeof text, "%.9g", (double)f); break;
        case 1: snprintf(text, sizeof text, "%.17g", (double)f * (1 + 1e-9)); break;
        case 2: snprintf(text, sizeof text, "%.*g", 17 + i % 4, middle); break;
        case 3: snprintf(text, sizeof text, "%s%u.%09u%09u", i & 8 ? "-" : "", bits % 1000, (unsigned)(seed % 1000000000), bits % 1000000000); break;
        case 4: snprintf(text, sizeof text, "%s%.*f", i & 8 ? "-" : "", i % 13, (double)(bits >> 8) / 16777216); break;
        case 5: snprintf(text, sizeof text, "%u%s", bits, i & 8 ? "" : ".0"); break; // many of these are middles
        default: snprintf(text, sizeof text, "%ue%d", bits, (int)(seed % 80) - 40); break;
        }
        float right = strtof(text, NULL);
        bool finite = xs_decimal_float(text, strlen(text), &got);
        if (finite != isfinite(right) || (finite && memcmp(&got, &right, sizeof got) != 0)) fail_msg("%s: %.9g, expected %.9g", text, (double)got, (double)right);
        xs_json j;
        xs_json_open(&j, text, strlen(text), "numbers", 1);
        if ((xs_json_float(&j, &got, NULL) == XSNR_OK) != isfinite(right) || (finite && (memcmp(&got, &right, sizeof got) != 0 || *j.at)))
            fail_msg("%s: %.9g, expected %.9g", text, (double)got, (double)right);
        d = strtod(text, NULL);
        assert_true(xs_decimal_double(text, strlen(text), &gotd));
        if (memcmp(&d, &gotd, sizeof d) != 0) fail_msg("%s: %.17g, expected %.17g", text, gotd, d);
    }
    float f;
    assert_true(xs_decimal_float("0.00000000000000000000000000000000000000000000001", 49, &f));
    assert_true(xs_decimal_float("0e999999999999", 14, &f) && f == 0);
    assert_false(xs_decimal_float("1e999999999999", 14, &f));
    assert_true(xs_decimal_float("-0.0", 4, &f) && signbit(f));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(syntax), cmocka_unit_test(strings), cmocka_unit_test(places), cmocka_unit_test(kinds), cmocka_unit_test(inside),
                                       cmocka_unit_test(nearer_to_zero_than_floats), cmocka_unit_test(numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
