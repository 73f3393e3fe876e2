// What a fuzz target is: one function, the same for libFuzzer and for the replay of its corpus.
#ifndef XSNR_TESTS_FUZZ_H
#define XSNR_TESTS_FUZZ_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/// Takes any bytes; aborts if something that must hold does not.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_REQUIRE(condition)                                                                                \
    do {                                                                                                       \
        if (!(condition)) {                                                                                    \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                     \
            abort();                                                                                           \
        }                                                                                                      \
    } while (0)
#endif
