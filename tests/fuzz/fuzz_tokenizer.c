// Tokenizers from memory, and a text through them.  The first byte chooses the format (v: vocab.txt, else
// tokenizer.json); what follows a NUL is the text, if it is UTF-8.
#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "text/tokenizer.h"
#include "text/utf8.h"
#include <string.h>

static void check_tokens(const xs_tokenizer *t, const char *text, size_t size, uint32_t most) {
    xs_arena arena = {0};
    xs_tokens got;
    xsnr_error err = {0};
    int rc = xs_tokenizer_encode(t, text, size, most, &arena, &got, &err);
    FUZZ_REQUIRE(rc == XSNR_OK || (err.code == rc && *err.message && got.n == 0));
    FUZZ_REQUIRE(!most || got.n <= most);
    for (uint32_t i = 0; i < got.n; i++) {
        const xs_token *k = &got.token[i];
        FUZZ_REQUIRE(xs_tokenizer_token(t, k->id));
        FUZZ_REQUIRE(k->start <= k->end && k->end <= size && k->cp_start <= k->cp_end && k->cp_end <= size);
        FUZZ_REQUIRE(k->start == size || ((unsigned char)text[k->start] & 0xC0) != 0x80);
        FUZZ_REQUIRE(k->end == size || ((unsigned char)text[k->end] & 0xC0) != 0x80);
    }
    xs_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size) return 0;
    const char *file = (const char *)data + 1, *nul = memchr(file, 0, size - 1);
    size_t length = nul ? (size_t)(nul - file) : size - 1, text_size = nul ? size - 2 - length : 0;
    xs_tokenizer *t;
    xsnr_error err = {0};
    int rc = xs_tokenizer_parse(file, length, data[0] != 'v', "fuzz", &t, &err);
    if (rc < 0) {
        FUZZ_REQUIRE(err.code == rc && *err.message && !strpbrk(err.message, "\n\r") && !t);
        FUZZ_REQUIRE(xs_utf8_check(err.message, strlen(err.message)) == strlen(err.message));
        return 0;
    }
    check_tokens(t, "L'\xC3\xA9t\xC3\xA9  12 [CLS] a", 18, 0);
    if (nul && xs_utf8_check(nul + 1, text_size) == text_size) {
        check_tokens(t, nul + 1, text_size, 0);
        check_tokens(t, nul + 1, text_size, 3);
    }
    xs_str first = {0}, second = {0};
    xs_tokenizer *again;
    FUZZ_REQUIRE(xs_tokenizer_write(t, &first, &err) == XSNR_OK);
    if (xs_tokenizer_parse(first.data, first.length, true, "again", &again, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    FUZZ_REQUIRE(xs_tokenizer_write(again, &second, &err) == XSNR_OK && strcmp(first.data, second.data) == 0);
    xs_tokenizer_free(again);
    xs_tokenizer_free(t);
    xs_str_free(&first);
    xs_str_free(&second);
    return 0;
}
