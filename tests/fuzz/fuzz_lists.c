// A file of word lists from memory, matched against a few words.
#include "fuzz/fuzz.h"
#include "text/word_lists.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"a", "b"}, *const words[] = {"it", "is", "not", "running", "l'été", "quickly", "c'est"};
    xs_intern forms = {0};
    uint32_t form[7];
    for (int i = 0; i < 7; i++) form[i] = xs_intern_add(&forms, words[i], strlen(words[i]));
    xs_word_lists lists;
    xsnr_error err = {0};
    int rc = xs_word_lists_parse((const char *)data, size, "fuzz", names, 2, &forms, &lists, &err);
    if (rc < 0) {
        FUZZ_REQUIRE(err.code == rc && *err.message && !strpbrk(err.message, "\r\n"));
    } else {
        for (uint32_t i = 0; i < 7; i++) {
            FUZZ_REQUIRE(lists.sections[form[i]] < 4);
            for (unsigned s = 0; s < 2; s++) FUZZ_REQUIRE(xs_word_lists_phrase(&lists, s, form + i, 7 - i) <= 7 - i);
        }
        xs_word_lists_free(&lists);
    }
    xs_intern_free(&forms);
    return 0;
}
