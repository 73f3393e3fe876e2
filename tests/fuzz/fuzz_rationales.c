// What people marked, from memory, in its three forms.  What is read is laid on a text.
#include "fuzz/fuzz.h"
#include "text/rationale.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { WORDS = 5 };
    static const char text[] = "a gr\xC3\xBC\xC3\x9F film , \xF0\x9F\x98\x80"; // words of one, two and four bytes a character
    static const uint32_t starts[WORDS] = {0, 2, 7, 12, 14}, ends[WORDS] = {1, 6, 11, 13, 15};
    char path[64];
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET)) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    xs_rationales all = {0};
    xsnr_error err = {0};
    int rc = xs_rationales_read(path, &all, &err);
    if (rc < 0) FUZZ_REQUIRE(err.code == rc && *err.message && !strpbrk(err.message, "\n\r"));
    for (size_t i = 0; rc == XSNR_OK && i < all.n; i++) {
        xs_arena scratch = {0};
        unsigned char mark[WORDS] = {0};
        err = (xsnr_error){0};
        FUZZ_REQUIRE(all.rows[i].id);
        if (xs_rationale_mark(&all.rows[i], text, starts, ends, WORDS, &scratch, mark, &err) == XSNR_OK)
            for (size_t w = 0; w < WORDS; w++) FUZZ_REQUIRE(mark[w] <= 1);
        else FUZZ_REQUIRE(*err.message);
        uint32_t(*words)[2] = xs_arena_array(&scratch, all.rows[i].n, sizeof *words);
        size_t n;
        if (!words) abort();
        rc = xs_rationale_words(&all.rows[i], text, starts, ends, WORDS, &scratch, words, &n, &err);
        FUZZ_REQUIRE(n <= all.rows[i].n);
        for (size_t k = 0; k < n; k++) FUZZ_REQUIRE(words[k][0] < words[k][1] && words[k][1] <= WORDS);
        if (rc < 0) FUZZ_REQUIRE(*err.message);
        rc = XSNR_OK;
        xs_arena_free(&scratch);
    }
    xs_rationales_free(&all);
    close(fd);
    return 0;
}
