// A file of explanations from memory, in the format that xs_import_FORMAT reads: a program each.  What is read is joined
// to words, and the words must lie in their texts.  Of a format with documents (XS_FUZZ_DOCUMENTS) what stands before the
// first NUL is the file of documents.
#include "fuzz/fuzz.h"
#include "store/importer.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_words(const xs_importer *imp) {
    for (uint32_t t = 0; t < imp->text_names.count; t++) {
        const xs_import_text *text = &imp->texts[t];
        if (!text->content) continue;
        size_t size = strlen(text->content);
        for (size_t w = 0; w < text->n_words; w++) {
            const xs_text_word *word = &text->words[w];
            FUZZ_REQUIRE(word->byte_start <= word->byte_end && word->byte_end <= size && word->start <= word->end);
            FUZZ_REQUIRE(memcmp(text->content + word->byte_start, word->text, word->byte_end - word->byte_start) == 0);
        }
    }
    for (size_t k = 0; k < imp->n_tokens; k++)
        for (size_t i = 0; imp->tokens[k].word && i < imp->tokens[k].n; i++)
            FUZZ_REQUIRE(imp->tokens[k].word[i] >= -1 && imp->tokens[k].word[i] < (int32_t)imp->tokens[k].n_words);
}

// A file in memory, and a path to it.
static int put_file(const uint8_t *data, size_t size, char path[64]) {
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET)) abort();
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64], documents[64];
    int beside = -1;
    xs_import_options options = {0};
#ifdef XS_FUZZ_DOCUMENTS
    const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
    if (!nul) return 0;
    beside = put_file(data, (size_t)(nul - data), documents);
    options.documents = documents;
    size -= (size_t)(nul + 1 - data);
    data = nul + 1;
#else
    (void)documents;
#endif
    int fd = put_file(data, size, path);
    const char *files[] = {path};
    xs_importer imp = {.options = &options, .files = files, .rows = fopen("/dev/null", "w")};
    xsnr_error err = {0};
    int rc = imp.rows ? XS_FUZZ_FORMAT(&imp, path, &err) : XSNR_ERR_NOMEM;
    if (rc == XSNR_OK) rc = xs_import_join(&imp, &err);
    if (rc == XSNR_OK) check_words(&imp);
    else FUZZ_REQUIRE(rc < 0 && *err.message && !strpbrk(err.message, "\n\r"));
    xs_import_free(&imp);
    close(fd);
    if (beside >= 0) close(beside);
    return 0;
}
