// Words and sentences of any UTF-8, in French, English and Turkish; the rest of the bytes is thrown away.
#include "fuzz/fuzz.h"
#include "text/laws.h"
#include "text/segment.h"
#include "text/utf8.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static xs_segmenter *segmenters[3];
    static const char *const languages[3] = {"fr", "en", "tr"};
    size_t length = xs_utf8_check((const char *)data, size);
    char *text = malloc(length + 1);
    FUZZ_REQUIRE(text);
    memcpy(text, data, length);
    text[length] = '\0';
    for (int i = 0; i < 3; i++) {
        xsnr_error err = {0};
        if (!segmenters[i]) FUZZ_REQUIRE(xs_segmenter_new(languages[i], &segmenters[i], &err) == XSNR_OK);
        xs_document doc = {.text = text, .length = (uint32_t)length};
        xs_intern forms = {0};
        xs_arena arena = {0};
        FUZZ_REQUIRE(xs_segment(segmenters[i], &doc, &forms, true, &arena, &err) == XSNR_OK);
        const char *broken = broken_law(&doc);
        if (broken) fprintf(stderr, "%s: %s\n", languages[i], broken);
        FUZZ_REQUIRE(!broken);
        for (uint32_t k = 0; k < doc.n_words; k++) FUZZ_REQUIRE(doc.words[k].form < forms.count);
        for (uint32_t f = 0; f < forms.count; f++)
            FUZZ_REQUIRE(xs_utf8_check(forms.text[f], forms.length[f]) == forms.length[f]);
        xs_intern_free(&forms);
        xs_arena_free(&arena);
    }
    free(text);
    return 0;
}
