// Feeds every file of a folder, and every beginning of the small ones, to a fuzz target: its finds and its
// seeds are tests like any other.  Inputs are copied to blocks of their exact size, so that a sanitizer sees
// every byte read too many.
#include "fuzz/fuzz.h"
#include <dirent.h>
#include <string.h>

#define PREFIXES_UP_TO 2048u // bytes of a file whose every beginning is tried

static void feed(const uint8_t *bytes, size_t size) {
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact) abort();
    memcpy(exact, bytes, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static int replay(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return perror(path), -1;
    size_t size = 0, capacity = 1u << 16;
    uint8_t *bytes = malloc(capacity);
    for (size_t n; bytes && (n = fread(bytes + size, 1, capacity - size, file)) > 0;) {
        size += n;
        if (size == capacity) bytes = realloc(bytes, capacity *= 2);
    }
    fclose(file);
    if (!bytes) abort();
    for (size_t n = 0; size <= PREFIXES_UP_TO && n < size; n++) feed(bytes, n);
    feed(bytes, size);
    free(bytes);
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: %s FOLDER\n", argv[0]), 2;
    struct dirent **entries;
    int n = scandir(argv[1], &entries, NULL, alphasort), failed = 0, fed = 0;
    if (n < 0) return perror(argv[1]), 1;
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.') {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
            fprintf(stderr, "%s\n", path); // the last one named is the one that failed
            failed |= replay(path) < 0;
            fed++;
        }
        free(entries[i]);
    }
    free(entries);
    if (!fed) return fprintf(stderr, "%s: no inputs\n", argv[1]), 1;
    printf("%d inputs\n", fed);
    return failed;
}
