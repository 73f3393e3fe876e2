// Post-processors by their specification: what is put around a text, and what byte-level tokens cover.
//
// Hugging Face's `process_offsets` (tokenizers, pre_tokenizers/byte_level.rs) written plainly once more is laid on the
// 96 golden texts of GPT-2, whose library values have neither; small texts were worked out by hand.
#include "check.h"
#include "base/alloc.h"
#include "text/tokenizer_train.h"
#include <jansson.h>

static xsnr_error err;

#define SPACE "\xC4\xA0" // Ġ, how a byte-level token writes a space

// Ids of single bytes a, b, c, a space and a line's end, and some merges.
#define BYTES(steps)                                                                                           \
    "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"<s>\":0,\"</s>\":1,\"a\":2,\"b\":3,\"" SPACE "\":4,\"\xC4\x8A\":5,\"" SPACE "a\":6,"     \
    "\"" SPACE "b\":7,\"ab\":8,\"" SPACE SPACE "\":9,\"\xC3\x83\":10,\"\xC2\xA9\":11,\"\xC3\x83\xC2\xA9\":12,\"" SPACE "ab\":13,\"fr\":14},"           \
    "\"merges\":[\"" SPACE " a\",\"" SPACE " b\",\"a b\",\"" SPACE " " SPACE "\",\"\xC3\x83 \xC2\xA9\",\"" SPACE "a b\"]}" steps "}"
#define BEFORE(prefix) ",\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":" prefix "}"
#define ROBERTA(trim, prefix)                                                                                  \
    "{\"type\":\"RobertaProcessing\",\"cls\":[\"<s>\",0],\"sep\":[\"</s>\",1],\"trim_offsets\":" trim                            \
    ",\"add_prefix_space\":" prefix "}"
#define AFTER(processor) ",\"post_processor\":" processor

static xs_tokenizer *parse(const char *json) {
    xs_tokenizer *t;
    assert_ok(xs_tokenizer_parse(json, strlen(json), true, "test.json", &t, &err));
    return t;
}

// "token[start,end) …" in code points; a token of its own, put around the text, has a star.
static void assert_encodes(const char *json, const char *text, uint32_t most, const char *expected) {
    xs_tokenizer *t = parse(json);
    xs_arena arena = {0};
    xs_tokens got;
    xs_str line = {0};
    assert_ok(xs_tokenizer_encode(t, text, strlen(text), most, &arena, &got, &err));
    for (uint32_t i = 0; i < got.n; i++)
        xs_str_printf(&line, "%s%s%s[%u,%u)", i ? " " : "", xs_tokenizer_token(t, got.token[i].id),
                      got.token[i].special ? "*" : "", got.token[i].cp_start, got.token[i].cp_end);
    char *string = xs_str_take(&line);
    assert_string_equal(string, expected);
    xs_free(string), xs_arena_free(&arena), xs_tokenizer_free(t);
}

// One token's offsets, trimmed as the library does it.
static void trim_plainly(const char *token, bool first, bool prefix_space, int64_t *start, int64_t *end) {
    int64_t leading = 0, trailing = 0;
    size_t n = strlen(token);
    while ((size_t)(leading + 1) * 2 <= n && memcmp(token + 2 * leading, SPACE, 2) == 0) leading++;
    while ((size_t)(trailing + 1) * 2 <= n && memcmp(token + n - 2 * (size_t)(trailing + 1), SPACE, 2) == 0) trailing++;
    if (leading > 0) {
        if ((first || *start == 0) && prefix_space) leading--;
        *start = *start + leading < *end ? *start + leading : *end;
    }
    if (trailing > 0 && *end >= trailing) *end = *end - trailing > *start ? *end - trailing : *start;
}

static int64_t number(const json_t *list, size_t i) { return json_integer_value(json_array_get(list, i)); }

// The golden texts of GPT-2 with RobertaProcessing: <s> is "!", </s> is "\"", ids 0 and 1 of its vocabulary.
static void golden_texts(void **state) {
    (void)state;
    if (!data_folder() || !golden_folder()) skip();
    char path[4096];
    snprintf(path, sizeof path, "%s/tokenizers/tok-gpt2/tokenizer.json", data_folder());
    if (access(path, R_OK) != 0) skip();
    json_t *file = json_load_file(path, 0, NULL);
    snprintf(path, sizeof path, "%s/tokenizers/gpt2-bytelevel.json", golden_folder());
    json_t *texts = json_load_file(path, JSON_ALLOW_NUL, NULL);
    assert_non_null(file), assert_non_null(texts);
    size_t moved = 0, compared = 0;
    for (int trims = 0; trims < 2; trims++)
        for (int prefix = 0; prefix < 2; prefix++) {
            json_object_set_new(file, "post_processor",
                                json_pack("{s:s,s:[si],s:[si],s:b,s:b}", "type", "RobertaProcessing", "cls", "!", 0, "sep", "\"", 1,
                                          "trim_offsets", trims, "add_prefix_space", prefix));
            char *json = json_dumps(file, JSON_COMPACT);
            xs_tokenizer *t;
            assert_ok(xs_tokenizer_parse(json, strlen(json), true, "gpt2", &t, &err));
            free(json);
            for (size_t i = 0; i < json_array_size(texts); i++) {
                const json_t *row = json_array_get(texts, i), *text = json_object_get(row, "text"), *ids = json_object_get(row, "ids");
                size_t n = json_array_size(ids);
                xs_arena arena = {0};
                xs_tokens got;
                assert_ok(xs_tokenizer_encode(t, json_string_value(text), json_string_length(text), 0, &arena, &got, &err));
                assert_int_equal(got.n, n + 2);
                assert_true(got.token[0].id == 0 && got.token[0].special && got.token[n + 1].id == 1 && got.token[n + 1].special);
                for (size_t k = 0; k < n; k++) {
                    const json_t *offset = json_array_get(json_object_get(row, "offsets"), k);
                    int64_t start = number(offset, 0), end = number(offset, 1);
                    if (trims)
                        trim_plainly(json_string_value(json_array_get(json_object_get(row, "tokens"), k)), k == 0, prefix, &start, &end);
                    moved += start != number(offset, 0) || end != number(offset, 1);
                    compared++;
                    const xs_token *token = &got.token[k + 1];
                    if (token->id != number(ids, k) || token->special || token->cp_start != start || token->cp_end != end)
                        fail_msg("'%s', trim %d, prefix %d: token %zu is %u [%u, %u), expected %d [%d, %d)", json_string_value(text), trims, prefix,
                                 k, token->id, token->cp_start, token->cp_end, (int)number(ids, k), (int)start, (int)end);
                }
                xs_arena_free(&arena);
            }
            xs_tokenizer_free(t);
        }
    assert_true(moved > 1000 && moved < compared); // trimming did something
    json_decref(file), json_decref(texts);
}

// A space that was put before the text is nobody's; spaces of the text are cut from what tokens cover.
static void roberta(void **state) {
    (void)state;
    const char *usual = BYTES(BEFORE("true") AFTER(ROBERTA("true", "true")));
    assert_encodes(usual, "a b", 0, "<s>*[0,0) " SPACE "a[0,1) " SPACE "b[2,3) </s>*[0,0)");
    assert_encodes(usual, " a b", 0, "<s>*[0,0) " SPACE "a[0,2) " SPACE "b[3,4) </s>*[0,0)"); // the first keeps one space
    assert_encodes(usual, "a  b", 0, "<s>*[0,0) " SPACE "a[0,1) " SPACE "[2,2) " SPACE "b[3,4) </s>*[0,0)");
    assert_encodes(usual, "ab\xC3\xA9", 0, "<s>*[0,0) " SPACE "ab[0,2) \xC3\x83\xC2\xA9[2,3) </s>*[0,0)");
    assert_encodes(usual, "a\nb", 0, "<s>*[0,0) " SPACE "a[0,1) \xC4\x8A[1,2) b[2,3) </s>*[0,0)"); // a line's end is no space
    assert_encodes(usual, "", 0, "<s>*[0,0) </s>*[0,0)");
    assert_encodes(usual, "a b a b a", 4, "<s>*[0,0) " SPACE "a[0,1) " SPACE "b[2,3) </s>*[0,0)"); // cut: what is around stays
    const char *bare = BYTES(BEFORE("false") AFTER(ROBERTA("true", "false")));
    assert_encodes(bare, "a b", 0, "<s>*[0,0) a[0,1) " SPACE "b[2,3) </s>*[0,0)");
    assert_encodes(bare, " a  ", 0, "<s>*[0,0) " SPACE "a[1,2) " SPACE SPACE "[4,4) </s>*[0,0)");
    assert_encodes(BYTES(BEFORE("false") AFTER(ROBERTA("false", "false"))), " a b", 0,
                   "<s>*[0,0) " SPACE "a[0,2) " SPACE "b[2,4) </s>*[0,0)");
}

static void byte_level(void **state) {
    (void)state;
    assert_encodes(BYTES(BEFORE("true") AFTER("{\"type\":\"ByteLevel\",\"trim_offsets\":true}")), "a b", 0, SPACE "a[0,1) " SPACE "b[2,3)");
    assert_encodes(BYTES(BEFORE("true") AFTER("{\"type\":\"ByteLevel\",\"trim_offsets\":false}")), "a b", 0, SPACE "a[0,1) " SPACE "b[1,3)");
    assert_encodes(BYTES(BEFORE("false")), "a b", 0, "a[0,1) " SPACE "b[1,3)");
    assert_encodes(BYTES(",\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false}"), "a  b", 0,
                   "a[0,1) " SPACE "[1,2) " SPACE "b[2,4)");
}

#define SPECIAL(name, id) "\"" name "\":{\"id\":\"" name "\",\"ids\":[" id "],\"tokens\":[\"" name "\"]}"
#define PUT(name) "{\"SpecialToken\":{\"id\":\"" name "\",\"type_id\":0}}"
#define TEXT "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}"

// Templates as CamemBERT's and mBART's, BertProcessing, and several after one another.
static void templates(void **state) {
    (void)state;
    assert_encodes(BYTES(BEFORE("false") AFTER("{\"type\":\"TemplateProcessing\",\"single\":[" PUT("<s>") "," TEXT "," PUT("</s>") "],\"special_tokens\":{" SPECIAL("<s>", "0") "," SPECIAL("</s>", "1") "}}")),
                   "ab", 0, "<s>*[0,0) ab[0,2) </s>*[0,0)");
    const char *mbart = BYTES(BEFORE("false") AFTER("{\"type\":\"TemplateProcessing\",\"single\":[" TEXT "," PUT("</s>") "," PUT("fr") "],\"special_tokens\":{" SPECIAL("</s>", "1") "," SPECIAL("fr", "14") "}}"));
    assert_encodes(mbart, "ab", 0, "ab[0,2) </s>*[0,0) fr*[0,0)");
    assert_encodes(mbart, "a b ab", 3, "a[0,1) </s>*[0,0) fr*[0,0)");
    assert_encodes(BYTES(BEFORE("false") AFTER("{\"type\":\"BertProcessing\",\"cls\":[\"<s>\",0],\"sep\":[\"</s>\",1]}")), "ab", 0,
                   "<s>*[0,0) ab[0,2) </s>*[0,0)");
    assert_encodes(BYTES(BEFORE("false") AFTER("{\"type\":\"Sequence\",\"processors\":[{\"type\":\"ByteLevel\",\"trim_offsets\":true,\"add_prefix_space\":false},"
                                               "{\"type\":\"TemplateProcessing\",\"single\":[" PUT("<s>") "," TEXT "],\"special_tokens\":{" SPECIAL("<s>", "0") "}}]}")),
                   "a b", 0, "<s>*[0,0) a[0,1) " SPACE "b[2,3)");
}

static void refused(void **state) {
    (void)state;
    static const char *const files[][2] = {
        {BYTES(AFTER("{\"type\":\"Nothing\"}")), "post_processor 'Nothing' is not supported; supported: Bert"},
        {BYTES(AFTER("{\"type\":\"RobertaProcessing\",\"cls\":[\"<s>\",99],\"sep\":[\"</s>\",1]}")), "'cls' must be the id of a token"},
        {BYTES(AFTER("{\"type\":\"RobertaProcessing\",\"cls\":[\"<s>\",0]}")), "'sep' must be the id of a token"},
        {BYTES(AFTER("{\"type\":\"RobertaProcessing\",\"trim_offsets\":1}")), "'trim_offsets' must be true or false"},
        {BYTES(AFTER("{\"type\":\"Sequence\",\"processors\":[{\"type\":\"ByteLevel\"},{\"type\":\"ByteLevel\"}]}")), "asked for twice"},
        {BYTES(AFTER("{\"type\":\"Sequence\"}")), "'processors' must be a list"},
        {BYTES(AFTER("{\"type\":\"TemplateProcessing\"}")), "'single'"},
        {BYTES(AFTER("{\"type\":\"TemplateProcessing\",\"single\":[" PUT("<s>") "," TEXT "],\"special_tokens\":{}}")), "post_processor"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        xs_tokenizer *t;
        assert_int_equal(xs_tokenizer_parse(files[i][0], strlen(files[i][0]), true, "t.json", &t, &err), XSNR_ERR_DATA);
        if (!strstr(err.message, files[i][1])) fail_msg("%zu: '%s' lacks '%s'", i, err.message, files[i][1]);
        assert_null(t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden_texts), cmocka_unit_test(roberta), cmocka_unit_test(byte_level),
                                       cmocka_unit_test(templates), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
