// Tokenizers against Hugging Face's library: ids, tokens, offsets of 96 texts with each of four tokenizers.
#include "check.h"
#include "base/alloc.h"
#include "base/file.h"
#include "text/tokenizer.h"
#include <jansson.h>

static xs_tokenizer *load(const char *folder, const char *file) {
    const char *data = data_folder();
    if (!data || !golden_folder()) skip();
    char path[4096];
    xsnr_error err = {0};
    xs_tokenizer *t;
    snprintf(path, sizeof path, "%s/tokenizers/%s%s", data, folder, file);
    if (access(path, R_OK) != 0) skip();
    assert_ok(xs_tokenizer_load(path, &t, &err));
    return t;
}

static json_t *golden(const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/tokenizers/%s.json", golden_folder(), name);
    json_t *texts = json_load_file(path, JSON_ALLOW_NUL, NULL);
    assert_non_null(texts);
    return texts;
}

static int64_t number(const json_t *list, size_t i) { return json_integer_value(json_array_get(list, i)); }

// `surface`: an unknown token's text is what it covers, not its name (Hugging Face's Unigram).
static void compare_text(const xs_tokenizer *t, const json_t *row, bool surface) {
    const json_t *text = json_object_get(row, "text"), *ids = json_object_get(row, "ids");
    const json_t *offsets = json_object_get(row, "offsets"), *special = json_object_get(row, "special");
    xs_arena arena = {0};
    xs_tokens got;
    xsnr_error err = {0};
    assert_ok(xs_tokenizer_encode(t, json_string_value(text), json_string_length(text), 0, &arena, &got, &err));
    size_t n = json_array_size(ids);
    for (size_t i = 0; i < n && i < got.n; i++) {
        const json_t *offset = json_array_get(offsets, i);
        const xs_token *k = &got.token[i];
        if (k->id != number(ids, i) || k->cp_start != number(offset, 0) || k->cp_end != number(offset, 1) ||
            k->special != number(special, i))
            fail_msg("'%s': token %zu is %u '%s' [%u, %u) special %d, expected %d [%d, %d) special %d",
                     json_string_value(text), i, k->id, xs_tokenizer_token(t, k->id), k->cp_start, k->cp_end, k->special,
                     (int)number(ids, i), (int)number(offset, 0), (int)number(offset, 1), (int)number(special, i));
        bool unknown = (int32_t)k->id == xs_tokenizer_roles(t).unknown;
        if (!(surface && unknown))
            assert_string_equal(xs_tokenizer_token(t, k->id), json_string_value(json_array_get(json_object_get(row, "tokens"), i)));
    }
    if (got.n != n) fail_msg("'%s': %u tokens, expected %zu", json_string_value(text), got.n, n);
    xs_arena_free(&arena);
}

static void compare(const char *folder, const char *file, const char *name, bool surface) {
    xs_tokenizer *t = load(folder, file);
    json_t *texts = golden(name);
    assert_int_equal(json_array_size(texts), 96);
    for (size_t i = 0; i < json_array_size(texts); i++) compare_text(t, json_array_get(texts, i), surface);
    json_decref(texts);
    xs_tokenizer_free(t);
}

static void wordpiece(void **state) {
    (void)state;
    compare("tok-bert-uncased", "", "bert-uncased", false);
}
static void wordpiece_vocabulary(void **state) {
    (void)state;
    compare("tok-bert-uncased", "/vocab.txt", "bert-uncased", false);
}
static void byte_level(void **state) {
    (void)state;
    compare("tok-gpt2", "", "gpt2-bytelevel", false);
}
static void sentencepiece_bpe(void **state) {
    (void)state;
    compare("tok-barthez-fr-spm-bpe50k", "", "barthez-fr", false);
}
static void sentencepiece_unigram(void **state) {
    (void)state;
    compare("tok-mbart-trim-unigram32k", "", "mbart-unigram32k", true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wordpiece),         cmocka_unit_test(wordpiece_vocabulary),  cmocka_unit_test(byte_level),
        cmocka_unit_test(sentencepiece_bpe), cmocka_unit_test(sentencepiece_unigram),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
