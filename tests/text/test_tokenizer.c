// Tokenizers against Hugging Face's library: ids, tokens, offsets of 96 texts with each of four tokenizers.
#include "check.h"
#include "base/alloc.h"
#include "base/file.h"
#include "text/corpus.h"
#include "text/segment.h"
#include "text/tokenizer_train.h"
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

// A written tokenizer reads back to the same: the same file, the same golden texts.
static void written_and_read(void **state) {
    (void)state;
    static const char *const names[][2] = {{"tok-bert-uncased", "bert-uncased"},
                                           {"tok-gpt2", "gpt2-bytelevel"},
                                           {"tok-barthez-fr-spm-bpe50k", "barthez-fr"},
                                           {"tok-mbart-trim-unigram32k", "mbart-unigram32k"}};
    for (size_t i = 0; i < 4; i++) {
        xs_tokenizer *t = load(names[i][0], ""), *again;
        xs_str first = {0}, second = {0};
        xsnr_error err = {0};
        assert_ok(xs_tokenizer_write(t, &first, &err));
        xs_tokenizer_free(t);
        assert_ok(xs_tokenizer_parse(first.data, first.length, true, "written", &again, &err));
        json_t *texts = golden(names[i][1]);
        for (size_t k = 0; k < json_array_size(texts); k++) compare_text(again, json_array_get(texts, k), i == 3);
        json_decref(texts);
        assert_ok(xs_tokenizer_write(again, &second, &err));
        assert_string_equal(first.data, second.data);
        xs_tokenizer_free(again);
        xs_str_free(&first);
        xs_str_free(&second);
    }
}

#define WORDPIECE(steps, vocabulary)                                                                           \
    "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0," vocabulary "}}" steps "}"

static xs_tokenizer *parse(const char *json) {
    xs_tokenizer *t;
    xsnr_error err = {0};
    assert_ok(xs_tokenizer_parse(json, strlen(json), true, "test.json", &t, &err));
    return t;
}

// "token token|…" with the text that each covers in brackets.
static void assert_encodes(const xs_tokenizer *t, const char *text, uint32_t most, const char *expected) {
    xs_arena arena = {0};
    xs_tokens got;
    xs_str line = {0};
    xsnr_error err = {0};
    assert_ok(xs_tokenizer_encode(t, text, strlen(text), most, &arena, &got, &err));
    for (uint32_t i = 0; i < got.n; i++)
        xs_str_printf(&line, "%s%s[%.*s]", i ? " " : "", xs_tokenizer_token(t, got.token[i].id),
                      (int)(got.token[i].end - got.token[i].start), text + got.token[i].start);
    char *string = xs_str_take(&line);
    assert_string_equal(string, expected);
    xs_free(string);
    xs_arena_free(&arena);
}

static void added_tokens(void **state) {
    (void)state;
    xs_tokenizer *t = parse(WORDPIECE(
        ",\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"normalizer\":{\"type\":\"Lowercase\"},\"added_tokens\":["
        "{\"id\":10,\"content\":\"<m>\",\"lstrip\":true,\"special\":true},"
        "{\"id\":11,\"content\":\"Foo\",\"single_word\":true,\"normalized\":true},"
        "{\"id\":12,\"content\":\"<m>>\",\"rstrip\":true,\"normalized\":false}]",
        "\"a\":1,\"##a\":2,\"foo\":3,\"##l\":4"));
    assert_encodes(t, "aa  <m> a", 0, "a[a] ##a[a] <m>[  <m>] a[a]");
    assert_encodes(t, "a<m>>  FOO fool", 0, "a[a] <m>>[<m>>  ] Foo[FOO] foo[foo] ##l[l]");
    assert_encodes(t, "a <m> aaa", 3, "a[a] <m>[ <m>] a[a]");
    assert_int_equal(xs_tokenizer_size(t), 13);
    assert_null(xs_tokenizer_token(t, 7));
    assert_null(xs_tokenizer_token(t, 13));
    xs_tokenizer_free(t);
}

static void steps(void **state) {
    (void)state;
    xs_tokenizer *t = parse(WORDPIECE(
        ",\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Strip\"},{\"type\":\"NFKC\"},"
        "{\"type\":\"Replace\",\"pattern\":{\"String\":\"xy\"},\"content\":\"b\"},{\"type\":\"StripAccents\"}]},"
        "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Whitespace\"},"
        "{\"type\":\"Digits\",\"individual_digits\":true},{\"type\":\"Punctuation\"}]}",
        "\"a\":1,\"b\":2,\"fi\":3,\"1\":4,\"##2\":5,\"2\":6,\"_\":7,\"é\":8,\"!!\":9,\"!\":10"));
    assert_encodes(t, "  a xy ", 0, "a[a] b[y]");
    assert_encodes(t, "\uFB01 e\u0301", 0, "fi[\uFB01] é[e]");
    assert_encodes(t, "12 a_a !!", 0, "1[1] 2[2] a[a] _[_] a[a] ![!] ![!]");
    xs_tokenizer_free(t);
}

static void byte_fallback(void **state) {
    (void)state;
    xs_tokenizer *t = parse("{\"model\":{\"type\":\"BPE\",\"unk_token\":\"<unk>\",\"byte_fallback\":true,\"fuse_unk\":true,"
                            "\"vocab\":{\"<unk>\":0,\"<0xC3>\":1,\"<0xA9>\":2,\"a\":3,\"aa\":4},\"merges\":[\"a a\"]}}");
    assert_encodes(t, "aaa\u00E9zza", 0, "aa[aa] a[a] <0xC3>[\u00E9] <0xA9>[\u00E9] <unk>[zz] a[a]");
    xs_tokenizer_free(t);
}

static void refused(void **state) {
    (void)state;
    static const char *const files[][2] = {
        {"", "JSON"},
        {"[]", "object"},
        {"{}", "no 'model'"},
        {"{\"model\":{\"type\":\"WordLevel\"}}", "model 'WordLevel' is not supported; supported: BPE, Unigram, WordPiece"},
        {"{\"model\":{\"vocab\":{\"a\":0}}}", "'unk_token' is not in the vocabulary"},
        {WORDPIECE("", "\"a\":-1"), "ids are 0 to"},
        {WORDPIECE("", "\"a\":4294967296"), "ids are 0 to"},
        {WORDPIECE("", "\"a\":0"), "two tokens have the id 0"},
        {WORDPIECE("", "\"a\":1,\"a\":2"), "duplicate"},
        {WORDPIECE("", "\"a\":\"b\""), "integer id"},
        {WORDPIECE(",\"normalizer\":{\"type\":\"Nmt\"}", "\"a\":1"), "normalizer 'Nmt' is not supported; supported: Bert"},
        {WORDPIECE(",\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}", "\"a\":1"), "trie"},
        {WORDPIECE(",\"pre_tokenizer\":{\"type\":\"UnicodeScripts\"}", "\"a\":1"), "pre_tokenizer 'UnicodeScripts' is not"},
        {WORDPIECE(",\"post_processor\":{\"type\":\"BertProcessing\",\"sep\":[\"x\",9],\"cls\":[\"x\",0]}", "\"a\":1"),
         "'sep' must be the id of a token"},
        {WORDPIECE(",\"added_tokens\":[{\"id\":5,\"content\":\"a\"}]", "\"a\":1"), "two ids"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a b\"]}}", "not in the vocabulary"},
        {"{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\",0]],\"unk_id\":1}}", "'unk_id' must be an integer in its range"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        xs_tokenizer *t;
        xsnr_error err = {0};
        assert_int_equal(xs_tokenizer_parse(files[i][0], strlen(files[i][0]), true, "t.json", &t, &err), XSNR_ERR_DATA);
        if (!strstr(err.message, files[i][1])) fail_msg("%zu: '%s' lacks '%s'", i, err.message, files[i][1]);
        assert_null(t);
    }
}

// ---- training ----------------------------------------------------------------------------------------------
static const char *const SENTENCES[] = {"the lowest of the low", "lower and lower, the lowest", "newer, wider, newest",
                                        "the widest and the newest", "l'été est <s> l'été <s>", "low lower lowest new newer newest"};
#define N_SENTENCES 6

static void make_documents(xs_document *docs) {
    for (size_t i = 0; i < N_SENTENCES; i++)
        docs[i] = (xs_document){.text = SENTENCES[i], .length = (uint32_t)strlen(SENTENCES[i])};
}

static void trained(void **state) {
    (void)state;
    xs_document docs[N_SENTENCES];
    make_documents(docs);
    for (int kind = 0; kind < 2; kind++) {
        char *first = NULL;
        for (int threads = 1; threads < 4; threads++) {
            xs_tokenizer *t, *again;
            xs_str text = {0};
            xsnr_error err = {0};
            assert_ok(xs_tokenizer_train((xs_tokenizer_kind)kind, docs, N_SENTENCES, 70, true, threads, &t, &err));
            assert_ok(xs_tokenizer_write(t, &text, &err));
            assert_ok(xs_tokenizer_parse(text.data, text.length, true, "trained", &again, &err));
            assert_true(xs_tokenizer_size(t) <= 70 && xs_tokenizer_size(t) > 30);
            xs_token_roles roles = xs_tokenizer_roles(t);
            assert_true(roles.cls >= 0 && roles.sep >= 0 && roles.pad >= 0 && roles.mask >= 0 && roles.unknown >= 0);
            for (size_t i = 0; i < N_SENTENCES; i++) {
                xs_arena arena = {0};
                xs_tokens got;
                assert_ok(xs_tokenizer_encode(t, docs[i].text, docs[i].length, 0, &arena, &got, &err));
                for (uint32_t k = 0; k < got.n; k++) assert_int_not_equal(got.token[k].id, roles.unknown);
                xs_arena_free(&arena);
            }
            char *bytes = xs_str_take(&text);
            if (first) {
                assert_string_equal(first, bytes);
                xs_free(bytes);
            } else
                first = bytes;
            xs_tokenizer_free(t);
            xs_tokenizer_free(again);
        }
        xs_free(first);
    }
    xs_tokenizer *t;
    xsnr_error err = {0};
    assert_ok(xs_tokenizer_train(XS_TOKENIZER_WORDPIECE, docs, N_SENTENCES, 70, true, 1, &t, &err));
    assert_encodes(t, "The lowest?", 0, "[CLS][] the[The] lowest[lowest] [UNK][?] [SEP][]");
    xs_tokenizer_free(t);
}

static void words_of_tokens(void **state) {
    (void)state;
    xs_document docs[N_SENTENCES];
    make_documents(docs);
    xsnr_error err = {0};
    xs_segmenter *s;
    xs_tokenizer *t;
    xs_arena arena = {0};
    xs_intern forms = {0};
    xs_document doc = {.text = "lower, don't", .length = 12};
    assert_ok(xs_segmenter_new("en", &s, &err));
    assert_ok(xs_segment(s, &doc, &forms, true, &arena, &err)); // lower | , | don't
    assert_ok(xs_tokenizer_train(XS_TOKENIZER_WORDPIECE, docs, N_SENTENCES, 70, true, 1, &t, &err));
    xs_tokens got;
    assert_ok(xs_tokenizer_encode(t, doc.text, doc.length, 0, &arena, &got, &err));
    xs_token_words words[32];
    assert_true(got.n < 32 && got.n > 5);
    xs_tokens_to_words(&got, &doc, words);
    assert_int_equal(words[0].count, 0);
    assert_int_equal(words[got.n - 1].count, 0);
    for (uint32_t i = 1; i + 1 < got.n; i++) {
        assert_int_equal(words[i].count, 1);
        uint32_t expected = got.token[i].start < 5 ? 0 : got.token[i].start == 5 ? 1 : 2;
        assert_int_equal(words[i].first, expected);
    }
    xs_token across[] = {{.start = 3, .end = 8}, {.start = 6, .end = 7}};
    xs_tokens_to_words(&(xs_tokens){across, 2, 0}, &doc, words);
    assert_int_equal(words[0].first, 0);
    assert_int_equal(words[0].count, 3);
    assert_int_equal(words[1].count, 0);
    xs_tokenizer_free(t);
    xs_segmenter_free(s);
    xs_intern_free(&forms);
    xs_arena_free(&arena);
}

// Whichever allocation fails: XSNR_ERR_NOMEM, nothing leaked (the sanitizer's build sees), or it was not needed.
static void out_of_memory(void **state) {
    (void)state;
    xs_document docs[N_SENTENCES];
    make_documents(docs);
    for (int kind = 0; kind < 2; kind++)
        for (long n = 1, failed = 1; failed; n++) {
            xs_tokenizer *t = NULL;
            xs_str text = {0};
            xs_arena arena = {0};
            xs_tokens got;
            xsnr_error err = {0};
            xs_alloc_fail_at(n);
            int rc = xs_tokenizer_train((xs_tokenizer_kind)kind, docs, N_SENTENCES, 60, true, 1, &t, &err);
            if (rc == XSNR_OK) rc = xs_tokenizer_write(t, &text, &err);
            if (rc == XSNR_OK) rc = xs_tokenizer_encode(t, "l'été, ½ newest", 18, 0, &arena, &got, &err);
            failed = xs_alloc_count() >= n;
            xs_alloc_fail_at(0);
            if (failed) assert_int_equal(rc, XSNR_ERR_NOMEM);
            xs_tokenizer_free(t);
            xs_str_free(&text);
            xs_arena_free(&arena);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wordpiece),         cmocka_unit_test(wordpiece_vocabulary),  cmocka_unit_test(byte_level),
        cmocka_unit_test(sentencepiece_bpe), cmocka_unit_test(sentencepiece_unigram),
        cmocka_unit_test(written_and_read),  cmocka_unit_test(added_tokens),          cmocka_unit_test(steps),
        cmocka_unit_test(byte_fallback),     cmocka_unit_test(refused),               cmocka_unit_test(trained),
        cmocka_unit_test(words_of_tokens),   cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
