// Tables: what is read from good files, and the one line that each bad one gets.
#include "base/alloc.h"
#include "check.h"
#include "text/document.h"
#include "text/table.h"
#include "text/utf8.h"

static const char *const TEXT_LABEL[] = {"text", "label"};

// The table as "line:text/label|line:text/label…", or as "line: message".
static const char *rendered(xs_table_format format, const char *bytes, size_t size) {
    static char out[2048];
    xsnr_error err = {0};
    xs_table table;
    if (xs_table_parse(bytes, size, format, "f", TEXT_LABEL, 2, &table, &err) < 0) {
        assert_string_equal(err.file, "f");
        snprintf(out, sizeof out, "%ld: %s", err.line, err.message);
        return out;
    }
    size_t n = 0;
    for (size_t i = 0; i < table.rows; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%ld:%s/%s", i ? "|" : "", table.lines[i],
                              xs_table_cell(&table, i, 0).text, xs_table_cell(&table, i, 1).text);
    xs_table_free(&table);
    return out;
}

typedef struct example {
    xs_table_format format;
    const char *bytes, *expected;
} example;

static const example good[] = {
    {XS_CSV, "text,label\na,x\nb,y\n", "2:a/x|3:b/y"},
    {XS_CSV, "text,label\r\na,x\r\nb,y", "2:a/x|3:b/y"},
    {XS_CSV, "\xEF\xBB\xBFlabel,n,text\nx,1,a\n", "2:a/x"},
    {XS_CSV, "text,label\n\"a, \"\"b\"\"\",x\n", "2:a, \"b\"/x"},
    {XS_CSV, "text,label\n\"a\r\nb\n\nc\",\"x\"\r\nd,y\n", "2:a\r\nb\n\nc/x|6:d/y"},
    {XS_CSV, "text,label\n5\" pipe,x\n\"\",y\n,z", "2:5\" pipe/x|3:/y|4:/z"},
    {XS_CSV, "\n\r\ntext,label\n\n\na,x\n\r\n", "6:a/x"},
    {XS_CSV, "\r\nlabel;text\r\nx;a, b\r\ny;\"c; d\"\r\n", "3:a, b/x|4:c; d/y"} /* of a spreadsheet that writes 0,5 */,
    {XS_CSV, "\"te,xt\";text;label\n1;a,x;x\n", "2:a,x/x"},
    {XS_CSV, "\"text\",\"label\"\n\"\"\"\",x\r", "2:\"/x"},
    {XS_TSV, "text\tlabel\na, \"b\"\tx\n", "2:a, \"b\"/x"},
    {XS_TSV, "text\tlabel\r\na\tx\r\n\t\n", "2:a/x|3:/"},
    {XS_TSV, "text\tlabel\n\" catch me \" feels\tx\n\" all of it \"\ty\n", "2:\" catch me \" feels/x|3:\" all of it \"/y"},
    {XS_TSV, "text\tlabel\n\"the \"\"best\"\" one\"\tx\n\"a \"b\" c\"\ty\n", "2:the \"best\" one/x|3:\"a \"b\" c\"/y"},
    {XS_TSV, "\"text\"\t\"label\"\n\"a\"\t\"x\"\n\"\tx\n", "2:a/x|3:\"/x"},
    {XS_JSONL, "{\"text\": \"a\\n\\u00e9\", \"label\": \"x\", \"other\": [1]}\n\n \t\r\n{\"label\": 1, \"text\": true}", "1:a\n\xC3\xA9/x|4:true/1"},
    {XS_JSONL, "\xEF\xBB\xBF{\"text\": -1.5, \"label\": 0.1}\r\n", "1:-1.5/0.1"},
};

static const example bad[] = {
    {XS_CSV, "", "0: this file is empty"},
    {XS_CSV, "\xEF\xBB\xBF", "0: this file is empty"},
    {XS_TSV, "\n\r\n", "0: this file has blank lines only; a header with the names of the columns is needed"},
    {XS_JSONL, "\n\r\n", "0: this file has blank lines only; an object a line is needed"},
    {XS_CSV, "text,label\n", "1: no rows below the header"},
    {XS_CSV, "text,lable,n\na,x,1\n", "1: no column 'label'; did you mean 'lable'? (there are: text, lable, n)"},
    {XS_CSV, "text;lable\na;x\n", "1: no column 'label'; did you mean 'lable'? (there are: text, lable)"},
    {XS_CSV, "text;label\na;b;x\n", "2: 3 fields where the header has 2 (text, label): a semicolon in the wrong place"},
    {XS_CSV, "text;label,n\na;x,1\n", "1: no column 'text'; there are: text;label, n"},
    {XS_CSV, "text,label,text\na,x,b\n", "1: two columns have the name 'text'"},
    {XS_CSV, "text,label\na,x\nb, c,y\n",
     "3: 3 fields where the header has 2 (text, label): a comma in the wrong place"},
    {XS_CSV, "text,label\n\"a\nb\",x\n\nc\n", "5: 1 field where the header has 2 (text, label): a comma is missing"},
    {XS_CSV, "text,label\na,x\n\"b,y\nc,z\n", "3: the quote that opens a field here is never closed"},
    {XS_CSV, "text,label\n\"a\nb\"c,x\n",
     "3: text after the closing quote of a field; a quote inside quotes is written twice"},
    {XS_TSV, "text\tlabel\na\tb\tx\n", "2: 3 fields where the header has 2 (text, label): a tab in the wrong place"},
    {XS_TSV, "text\tlabel\na x\n", "2: 1 field where the header has 2 (text, label): a tab is missing"},
    {XS_TSV, "text\tlabel\na\tx\nb\xE9\tx\n", "3: invalid UTF-8 at byte offset 16 (0xE9); the file must be UTF-8"},
    {XS_CSV, "\xFF\xFEt", "1: this file is UTF-16 (byte offset 0); UTF-8 is needed"},
    {XS_JSONL, "{\"text\": \"a\", \"label\": 1,}\n", "1: not JSON: string or '}' expected (column 26)"},
    {XS_JSONL, "{\"text\": \"a\", \"label\": 1}\n[]\n", "2: each line must be an object, {\"text\": …}"},
    {XS_JSONL, "{\"text\": \"a\", \"text\": \"b\", \"label\": 1}\n", "1: not JSON: duplicate object key (column 20)"},
    {XS_JSONL, "{\"txt\": \"a\", \"label\": 1}\n",
     "1: no column 'text'; did you mean 'txt'? (there are: txt, label)"},
    {XS_JSONL, "{\"text\": null, \"label\": 1}\n", "1: 'text' is null here; a string or a number is needed"},
    {XS_JSONL, "{\"text\": {}, \"label\": 1}\n", "1: 'text' is an object here; a string or a number is needed"},
    {XS_JSONL, "{\"text\": \"a\", \"label\": [1]}\n", "1: 'label' is a list here; a string or a number is needed"},
};

static void examples(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_string_equal(rendered(good[i].format, good[i].bytes, strlen(good[i].bytes)), good[i].expected);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(rendered(bad[i].format, bad[i].bytes, strlen(bad[i].bytes)), bad[i].expected);
}

static void nul_bytes(void **state) {
    (void)state;
    static const char bytes[] = "text\tlabel\nab\0c\tx\n";
    for (xs_table_format f = XS_CSV; f <= XS_JSONL; f++)
        assert_string_equal(rendered(f, bytes, sizeof bytes - 1),
                            "2: NUL byte at byte offset 13; text in UTF-8 is needed");
}

static void utf8(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t good;
    } cases[] = {{"", 0}, {"abcdefghijkl", 12}, {"h\xC3\xA9", 3}, {"\xE2\x82\xAC\xF0\x9F\x98\x80", 7},
                 {"abcdefgh\x80", 8}, {"a\xC0\x80", 1}, {"\xC1\xBF", 0}, {"\xE0\x9F\xBF", 0}, {"\xED\xA0\x80", 0},
                 {"\xED\x9F\xBF", 3}, {"\xF0\x8F\xBF\xBF", 0}, {"\xF4\x8F\xBF\xBF", 4}, {"\xF4\x90\x80\x80", 0},
                 {"\xF5\x80\x80\x80", 0}, {"ab\xE2\x82", 2}, {"ab\xC3", 2}, {"\xF0\x9F\x98", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(xs_utf8_check(cases[i].bytes, strlen(cases[i].bytes)), cases[i].good);
    for (size_t at = 0; at < 40; at++) { // a NUL is found wherever it stands
        char bytes[40];
        memset(bytes, 'a', sizeof bytes);
        bytes[at] = '\0';
        assert_int_equal(xs_utf8_check(bytes, sizeof bytes), at);
    }
}

// Messages stay one readable line whatever the file holds.
static void messages_are_cut(void **state) {
    (void)state;
    xs_str header = {0};
    for (int i = 0; i < 9999; i++) xs_str_printf(&header, "\"%d\n\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9%080d\",", i, i);
    xs_str_put(&header, "z\n");
    xsnr_error err = {0};
    xs_table table;
    assert_int_equal(xs_table_parse(header.data, header.length, XS_CSV, "f", TEXT_LABEL, 2, &table, &err),
                     XSNR_ERR_DATA);
    assert_null(strchr(err.message, '\n'));
    assert_non_null(strstr(err.message, "(10000 in all)"));
    assert_int_equal(xs_utf8_check(err.message, strlen(err.message)), strlen(err.message));
    header.length--; // without the line's end: a field more than may be
    xs_str_put(&header, ",z\n");
    assert_int_equal(xs_table_parse(header.data, header.length, XS_CSV, "f", TEXT_LABEL, 2, &table, &err),
                     XSNR_ERR_DATA);
    assert_string_equal(err.message, "more than 10000 fields in a row; is this a table of texts?");
    xs_str_free(&header);
}

// 50 MB without a line break: in every format one line of error, at once.
static void one_huge_line(void **state) {
    (void)state;
    static const struct {
        xs_table_format format;
        const char *before, *after, *message;
    } cases[] = {
        {XS_TSV, "text\tlabel\n", "\tx\n", "'text' has 52428800 bytes here; a text may have at most 1048576"},
        {XS_CSV, "text,label\n\"", "\",x\n", "'text' has 52428800 bytes here; a text may have at most 1048576"},
        {XS_JSONL, "\n{\"text\": \"", "\", \"label\": 1}", "this line has 52428824 bytes; it may have at most 8388608"},
        {XS_TSV, "\ntext", "", "no column 'text'; there are: textaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…"},
    };
    size_t huge = 50u << 20;
    char *bytes = xs_malloc(huge + 64);
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = strlen(cases[i].before), m = strlen(cases[i].after);
        memcpy(bytes, cases[i].before, n);
        memset(bytes + n, 'a', huge);
        memcpy(bytes + n + huge, cases[i].after, m);
        xsnr_error err = {0};
        xs_table table;
        assert_int_equal(
            xs_table_parse(bytes, n + huge + m, cases[i].format, "f", TEXT_LABEL, 2, &table, &err), XSNR_ERR_DATA);
        assert_int_equal(err.line, 2);
        assert_string_equal(err.message, cases[i].message);
    }
    xs_free(bytes);
}

static void longest_text(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_table table;
    char *bytes = xs_malloc(XS_TEXT_LIMIT + 64);
    assert_non_null(bytes);
    size_t n = (size_t)sprintf(bytes, "text\tlabel\n");
    memset(bytes + n, 'a', XS_TEXT_LIMIT);
    n += XS_TEXT_LIMIT;
    memcpy(bytes + n, "\tx", 2);
    assert_ok(xs_table_parse(bytes, n + 2, XS_TSV, "f", TEXT_LABEL, 2, &table, &err));
    assert_int_equal(xs_table_cell(&table, 0, 0).length, XS_TEXT_LIMIT);
    xs_table_free(&table);
    xs_free(bytes);
}

static void formats_by_name(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_table_format f;
    assert_ok(xs_table_format_of("a/b.csv", &f, &err));
    assert_int_equal(f, XS_CSV);
    assert_ok(xs_table_format_of("B.TSV", &f, &err));
    assert_int_equal(f, XS_TSV);
    assert_ok(xs_table_format_of("x.y.ndjson", &f, &err));
    assert_int_equal(f, XS_JSONL);
    assert_int_equal(xs_table_format_of("a.csv/b", &f, &err), XSNR_ERR_DATA);
    assert_int_equal(xs_table_format_of("a.xlsx", &f, &err), XSNR_ERR_DATA);
    assert_string_equal(err.message,
                        "the name must say what is inside: it has to end in .csv, .tsv, .jsonl or .ndjson");
    xs_table table;
    assert_int_equal(xs_table_read("/nowhere/a.csv", TEXT_LABEL, 2, &table, &err), XSNR_ERR_IO);
    assert_string_equal(err.file, "/nowhere/a.csv");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),      cmocka_unit_test(nul_bytes),     cmocka_unit_test(utf8),
        cmocka_unit_test(messages_are_cut), cmocka_unit_test(one_huge_line), cmocka_unit_test(longest_text),
        cmocka_unit_test(formats_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
