// Offsets of imports: those of real tokenizers are taken as they are, those that count something else or are another text's are not.
#include "folder.h"
#include "base/alloc.h"
#include "base/file.h"
#include "store/import.h"
#include <jansson.h>
#include <stdlib.h>

// Imports one line; the code, and the message in *said.
static int import_line(const char *line, xsnr_error *said) {
    const char *file = in_folder("a.jsonl"), *study = in_folder("a.xsnr");
    xs_import_report report;
    xsnr_error err = {0};
    assert_ok(xs_file_write(file, line, strlen(line), &err));
    int rc = xs_store_import(&file, 1, &(xs_import_options){0}, study, &report, &err);
    *said = err;
    if (rc == XSNR_OK) assert_int_equal(unlink(study), 0);
    return rc;
}

// message NULL: it is taken.
static void check(const char *text, const char *tokens, const char *offsets, const char *more, const char *message) {
    static const char begin[] = "{\"text_id\": \"t\", \"tokens\": ";
    xsnr_error err;
    xs_str line = {0};
    json_t *list = json_loads(tokens, 0, NULL);
    assert_non_null(list);
    xs_str_printf(&line, "%s%s, \"offsets\": %s%s, \"attributions\": [", begin, tokens, offsets, more);
    for (size_t i = 0; i < json_array_size(list); i++) xs_str_put(&line, i ? ", 1" : "1");
    xs_str_put(&line, "]");
    if (text) xs_str_printf(&line, ", \"text\": \"%s\"", text);
    xs_str_put(&line, "}\n");
    int rc = import_line(line.data, &err);
    if (!message && rc < 0) fail_msg("%s: %s", line.data, err.message);
    if (message && (rc >= 0 || !strstr(err.message, message))) fail_msg("%s: '%s', expected '%s'", line.data, rc < 0 ? err.message : "", message);
    json_decref(list);
    xs_str_free(&line);
}

#define BYTES "offsets count bytes; code points are wanted"

static void wrong(void **state) {
    (void)state;
    static const char french[] = "été très bon film, oui vraiment", words[] = ", \"unit\": \"word\"";
    check(french, "[\"été\", \"très\", \"bon\", \"film\"]", "[[0,5],[6,11],[12,15],[16,20]]", "",
          "token 1 is 'été', at its offsets [0, 5) the text has 'été t': " BYTES);
    check(french, "[\"été\", \"très\", \"bon\", \"film\"]", "[[0,5],[6,11],[12,15],[16,20]]", words, "word 1 is 'été'");
    check("été", "[\"été\"]", "[[0,5]]", "", "at its offsets [0, 5) the text has nothing: " BYTES); // beyond the text
    check("这部电影很好", "[\"这\", \"部\", \"电影\", \"很\", \"好\"]", "[[0,3],[3,6],[6,12],[12,15],[15,18]]", "", BYTES);
    check(NULL, "[\"été\", \"bon\"]", "[[0,5],[6,9]]", "", "its offsets are [0, 5): " BYTES);
    check("😀 good film 😀", "[\"😀\", \"good\", \"film\", \"😀\"]", "[[0,2],[3,7],[8,12],[13,15]]", "", "offsets count units of UTF-16");
    check("a good film", "[\"a\", \"good\", \"film\"]", "[[1,2],[3,7],[8,11]]", "", "these offsets do not belong to this text");
    check("a good film and more", "[\"a\", \"good\", \"film\"]", "[[0,1],[2,6],[6,10]]", "", "token 3 is 'film', at its offsets [6, 10) the text has ' fil'");
    check("p q r s", "[\"aa\", \"bb\", \"cc\"]", "[[0,1],[2,3],[4,5]]", "", "these offsets do not belong to this text");
    check("x y", "[\"x\", \"y\"]", "[[2,3],[0,1]]", "", "the offsets [0, 1) of token 2 go back behind [2, 3) of the one before");
    check("x y", "[\"y\", \"[SEP]\", \"x\"]", "[[2,3],[0,0],[0,1]]", "", "they go back behind those of a token before it");
    check("x y", "[\"x\", \"y\"]", "[[0,1],[3,2]]", "", "the offsets [3, 2) of token 2 end before they begin");
    check(NULL, "[\"xyz\", \"q\"]", "[[5,3],[6,7]]", words, "the offsets [5, 3) of word 1 end before they begin");
    check(NULL, "[\"xyz\", \"q\"]", "[[0,3],[0,4]]", words, "the offsets [0, 4) of word 2 overlap [0, 3) of the one before");
}

// What tokenizers write that is not in the text.
static void right(void **state) {
    (void)state;
    check("Été très bon", "[\"[CLS]\", \"ete\", \"tre\", \"##s\", \"bon\"]", "[[0,0],[0,3],[4,7],[7,8],[9,12]]", "", NULL);
    check("x ☃ ☃", "[\"x\", \"[UNK]\", \"<unk>\"]", "[[0,1],[2,3],[4,5]]", "", NULL);
    check("Hello ½ world", "[\"▁Hello\", \"▁\", \"1\", \"⁄\", \"2\", \"▁world\"]", "[[0,5],[5,6],[6,7],[6,7],[6,7],[7,13]]", "", NULL);
    check("a ☃", "[\"▁a\", \"▁\", \"<0xE2>\", \"<0x98>\", \"<0x83>\"]", "[[0,1],[1,2],[2,3],[2,3],[2,3]]", "", NULL);
    check("l’été", "[\"l\", \"âĢ\", \"Ļ\", \"Ã©\", \"t\", \"Ã\", \"©\"]", "[[0,1],[1,2],[1,2],[2,3],[3,4],[4,5],[4,5]]", "", NULL);
    check("Hello  world", "[\"Hello\", \"Ġ\", \"Ġworld\"]", "[[0,5],[6,6],[7,12]]", "", NULL);
    check("``good'' film", "[\"\\\"\", \"good\", \"\\\"\", \"film\"]", "[[0,2],[2,6],[6,8],[9,13]]", "", NULL);
    check("see http://t.co/abc now", "[\"see\", \"HTTPURL\", \"now\"]", "[[0,3],[4,19],[20,23]]", "", NULL);
    check("ﬁlm oﬃce", "[\"film\", \"office\"]", "[[0,3],[4,8]]", "", NULL);
    check("e\u0301te\u0301 a\u200bb", "[\"ete\", \"ab\"]", "[[0,5],[6,9]]", "", NULL);
    check("Good film", "[\"good</w>\", \"fi@@\", \"lm\"]", "[[0,4],[5,7],[7,9]]", "", NULL);
    check("Straße İstanbul ΟΔΟΣ", "[\"strasse\", \"istanbul\", \"οδος\"]", "[[0,6],[7,15],[16,20]]", "", NULL);
    check(NULL, "[\"été\", \"bon\"]", "[[0,3],[4,7]]", "", NULL);
}

// Where the nth code point begins, in bytes.
static size_t byte_at(const char *text, size_t n) {
    size_t i = 0;
    for (; n; n--)
        for (i++; ((unsigned char)text[i] & 0xC0) == 0x80;) i++;
    return i;
}

// Offsets of Hugging Face's own tokenizers are taken; the same in bytes are told from them.
static void real_tokenizers(void **state) {
    (void)state;
    static const char *const names[] = {"barthez-fr", "bert-uncased", "gpt2-bytelevel", "mbart-unigram32k"};
    if (!golden_folder()) skip();
    size_t texts = 0, in_bytes = 0;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        char path[512];
        snprintf(path, sizeof path, "%s/tokenizers/%s.json", golden_folder(), names[k]);
        xs_str all = {0};
        json_t *list = json_load_file(path, JSON_ALLOW_NUL, NULL), *one;
        size_t i;
        assert_non_null(list);
        json_array_foreach(list, i, one) {
            const char *text = json_string_value(json_object_get(one, "text"));
            json_t *tokens = json_object_get(one, "tokens"), *offsets = json_object_get(one, "offsets"), *pair;
            if (!text || !*text || strlen(text) != json_string_length(json_object_get(one, "text")) || !json_array_size(tokens)) continue;
            for (int bytes = 0; bytes < 2; bytes++) {
                json_t *line = json_pack("{s:I, s:s, s:O, s:o, s:o}", "text_id", (json_int_t)i, "text", text, "tokens", tokens, "offsets", json_array(), "attributions", json_array());
                bool differ = false;
                size_t t;
                json_array_foreach(offsets, t, pair) {
                    size_t from = (size_t)json_integer_value(json_array_get(pair, 0)), to = (size_t)json_integer_value(json_array_get(pair, 1));
                    size_t a = bytes ? byte_at(text, from) : from, b = bytes ? byte_at(text, to) : to;
                    differ |= a != from || b != to;
                    json_array_append_new(json_object_get(line, "offsets"), json_pack("[I, I]", (json_int_t)a, (json_int_t)b));
                    json_array_append_new(json_object_get(line, "attributions"), json_integer(1));
                }
                xsnr_error err;
                char *written = json_dumps(line, JSON_COMPACT);
                assert_non_null(written);
                if (!bytes) assert_int_equal(xs_str_printf(&all, "%s\n", written), 0);
                int rc = differ ? import_line(written, &err) : XSNR_OK;
                if (differ && (rc >= 0 || !strstr(err.message, BYTES))) fail_msg("%s: %s", rc < 0 ? err.message : "taken", written);
                texts += !bytes;
                in_bytes += differ;
                free(written);
                json_decref(line);
            }
        }
        xsnr_error err;
        if (import_line(all.data, &err) < 0) fail_msg("%s: %s", names[k], err.message);
        xs_str_free(&all);
        json_decref(list);
    }
    assert_true(texts > 350 && in_bytes > 150);
}

static void out_of_memory(void **state) {
    (void)state;
    static const char line[] = "{\"text_id\": \"t\", \"text\": \"été bon\", \"tokens\": [\"ete\", \"film\"], \"offsets\": [[0,3],[4,7]], \"attributions\": [1, 2]}\n";
    const char *file = in_folder("a.jsonl"), *study = in_folder("b.xsnr");
    xs_import_report report;
    xsnr_error err = {0};
    assert_ok(xs_file_write(file, line, strlen(line), &err));
    for (long n = 1;; n++) {
        xs_alloc_fail_at(n);
        int rc = xs_store_import(&file, 1, &(xs_import_options){0}, study, &report, &err);
        bool reached = xs_alloc_count() >= n;
        xs_alloc_fail_at(0);
        if (rc == XSNR_OK) assert_int_equal(unlink(study), 0);
        if (!reached) break;
        if (rc < 0) assert_int_equal(rc, XSNR_ERR_NOMEM);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(wrong), cmocka_unit_test(right), cmocka_unit_test(real_tokenizers), cmocka_unit_test(out_of_memory)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
