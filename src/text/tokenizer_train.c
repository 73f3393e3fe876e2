// Training a tokenizer: the steps are fixed, the texts' words are counted, and a trainer finds the vocabulary.
//
// What comes out is built as a tokenizer.json and read by the same reader as any other, so that it can be
// nothing that could not be written and read again.
#include "text/tokenizer_train.h"
#include "base/alloc.h"
#include "text/tokenizer_train_parts.h"
#include "text/utf8.h"
#include <stdlib.h>
#include <string.h>

#define ADDED(id, name)                                                                                        \
    "{\"id\":" #id ",\"content\":\"" name "\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"          \
    "\"normalized\":false,\"special\":true}"
#define AROUND(first, a, last, b)                                                                              \
    "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"" first "\",\"type_id\":0}},"      \
    "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"SpecialToken\":{\"id\":\"" last "\",\"type_id\":0}}],"       \
    "\"pair\":[{\"SpecialToken\":{\"id\":\"" first "\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}," \
    "{\"SpecialToken\":{\"id\":\"" last "\",\"type_id\":0}},{\"Sequence\":{\"id\":\"B\",\"type_id\":1}},"        \
    "{\"SpecialToken\":{\"id\":\"" last "\",\"type_id\":1}}],\"special_tokens\":{"                               \
    "\"" first "\":{\"id\":\"" first "\",\"ids\":[" #a "],\"tokens\":[\"" first "\"]},"                          \
    "\"" last "\":{\"id\":\"" last "\",\"ids\":[" #b "],\"tokens\":[\"" last "\"]}}}"

// Before training: only the special tokens.  %s: whether letters are lowered, as each needs it.
static const char WORDPIECE[] =
    "{\"version\":\"1.0\",\"added_tokens\":[" ADDED(0, "[PAD]") "," ADDED(1, "[UNK]") "," ADDED(2, "[CLS]") ","
    ADDED(3, "[SEP]") "," ADDED(4, "[MASK]") "],\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":true,"
    "\"handle_chinese_chars\":true,\"strip_accents\":false,\"lowercase\":%s},"
    "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":" AROUND("[CLS]", 2, "[SEP]", 3) ","
    "\"decoder\":{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true},\"model\":{\"type\":\"WordPiece\","
    "\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":100,"
    "\"vocab\":{\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"[MASK]\":4}}}";
static const char UNIGRAM[] =
    "{\"version\":\"1.0\",\"added_tokens\":[" ADDED(0, "<s>") "," ADDED(1, "<pad>") "," ADDED(2, "</s>") ","
    ADDED(3, "<unk>") "," ADDED(4, "<mask>") "],\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":["
    "{\"type\":\"NFKC\"}%s]},\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":["
    "{\"type\":\"WhitespaceSplit\"},{\"type\":\"Metaspace\",\"replacement\":\"\xE2\x96\x81\","
    "\"prepend_scheme\":\"always\",\"split\":true}]},\"post_processor\":" AROUND("<s>", 0, "</s>", 2) ","
    "\"decoder\":{\"type\":\"Metaspace\",\"replacement\":\"\xE2\x96\x81\",\"prepend_scheme\":\"always\","
    "\"split\":true},\"model\":{\"type\":\"Unigram\",\"unk_id\":3,\"byte_fallback\":false,\"vocab\":["
    "[\"<s>\",0.0],[\"<pad>\",0.0],[\"</s>\",0.0],[\"<unk>\",0.0],[\"<mask>\",0.0]]}}";
#define SPECIAL 5

static int add_word(xs_word_counts *words, const char *word, size_t n) {
    if (words->words.count == words->capacity) {
        size_t capacity = words->capacity ? words->capacity * 2 : 4096;
        uint64_t *count = xs_realloc_array(words->count, capacity, sizeof *count);
        if (!count) return XSNR_ERR_NOMEM;
        words->count = count;
        words->capacity = capacity;
    }
    uint32_t had = words->words.count, k = xs_intern_add(&words->words, word, n);
    if (k == XS_NOT_INTERNED) return XSNR_ERR_NOMEM;
    if (k == had) words->count[k] = 0;
    words->count[k]++;
    return XSNR_OK;
}

static int by_bytes(const void *a, const void *b, void *words) {
    const xs_intern *w = words;
    return strcmp(w->text[*(const uint32_t *)a], w->text[*(const uint32_t *)b]);
}

// Words of more than 100 characters are unknown to WordPiece whatever the vocabulary; no trainer needs them.
static int count_text(const xs_tokenizer *t, const xs_document *doc, xs_word_counts *words, xs_arena *arena,
                      xsnr_error *err) {
    xs_chars chars = {.arena = arena};
    xs_pieces pieces = {.arena = arena};
    XS_TRY(xs_tokenizer_pieces(t, doc->text, doc->length, &chars, &pieces, err));
    for (uint32_t i = 0; i < pieces.n; i++) {
        char word[400];
        size_t n = 0;
        if (pieces.at[i].n > 100) continue;
        for (uint32_t k = 0; k < pieces.at[i].n; k++) n += xs_utf8_put(chars.at[pieces.at[i].first + k].c, word + n);
        if (add_word(words, word, n) < 0) return xs_nomem(err);
    }
    return XSNR_OK;
}

static int count_words(const xs_tokenizer *t, const xs_document *docs, size_t n, xs_word_counts *words,
                       xsnr_error *err) {
    xs_arena arena = {0};
    int rc = XSNR_OK;
    for (size_t i = 0; i < n && rc == XSNR_OK; i++) {
        xs_arena_mark mark = xs_arena_save(&arena);
        rc = count_text(t, &docs[i], words, &arena, err);
        xs_arena_rewind(&arena, mark);
    }
    xs_arena_free(&arena);
    if (rc == XSNR_OK && !words->words.count) rc = xs_fail(err, XSNR_ERR_DATA, "the texts have no words to train a tokenizer on");
    if (rc < 0) return rc;
    words->order = XS_NEW_ARRAY(uint32_t, words->words.count);
    if (!words->order) return xs_nomem(err);
    for (uint32_t i = 0; i < words->words.count; i++) words->order[i] = i;
    qsort_r(words->order, words->words.count, sizeof *words->order, by_bytes, &words->words);
    return XSNR_OK;
}

static int parse(const json_t *root, xs_tokenizer **out, xsnr_error *err) {
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (!text) return xs_nomem(err);
    int rc = xs_tokenizer_parse(text, strlen(text), true, "trained tokenizer", out, err);
    free(text); // jansson's
    return rc;
}

int xs_tokenizer_train(xs_tokenizer_kind kind, const xs_document *docs, size_t count, uint32_t vocabulary,
                       bool lowercase, int threads, xs_tokenizer **out, xsnr_error *err) {
    (void)threads; // one does it in the time that starting more would take
    bool unigram = kind == XS_TOKENIZER_UNIGRAM;
    *out = NULL;
    if (vocabulary <= SPECIAL || vocabulary > XS_TOKEN_IDS)
        return xs_fail(err, XSNR_ERR_CONFIG, "a vocabulary of %u tokens; it must have %u to %u, %u of them special", vocabulary,
                       SPECIAL + 1, XS_TOKEN_IDS, SPECIAL);
    xs_str text = {0};
    if (unigram)
        xs_str_printf(&text, UNIGRAM, lowercase ? ",{\"type\":\"Lowercase\"}" : "");
    else
        xs_str_printf(&text, WORDPIECE, lowercase ? "true" : "false");
    json_t *root = xs_str_failed(&text) ? NULL : json_loads(text.data, 0, NULL);
    xs_tokenizer *steps = NULL;
    xs_word_counts words = {0};
    int rc = root ? xs_tokenizer_parse(text.data, text.length, true, "tokenizer", &steps, err) : xs_nomem(err);
    if (rc == XSNR_OK) rc = count_words(steps, docs, count, &words, err);
    json_t *vocab = json_object_get(json_object_get(root, "model"), "vocab");
    if (rc == XSNR_OK)
        rc = unigram ? xs_train_unigram(&words, SPECIAL, vocabulary, vocab, err)
                     : xs_train_wordpiece(&words, SPECIAL, vocabulary, vocab, err);
    if (rc == XSNR_OK) rc = parse(root, out, err);
    json_decref(root);
    xs_str_free(&text);
    xs_tokenizer_free(steps);
    xs_intern_free(&words.words);
    xs_free(words.count);
    xs_free(words.order);
    return rc;
}
