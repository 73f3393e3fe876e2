// A config.json of an encoder from memory.  What is taken is within its limits, is written, and read back the same.
#include "fuzz/fuzz.h"
#include "model/encoder_config.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    xs_arena arena = {0};
    xs_encoder_config c, again;
    xsnr_error err = {0};
    int rc = xs_encoder_config_parse((const char *)data, size, "fuzz", &arena, &c, &err);
    if (rc < 0) {
        FUZZ_REQUIRE(err.code == rc && *err.message && !strpbrk(err.message, "\r\n"));
        xs_arena_free(&arena);
        return 0;
    }
    FUZZ_REQUIRE(c.hidden && c.layers && c.heads && c.hidden % c.heads == 0 && c.intermediate && c.vocabulary && c.labels);
    xs_encoder_longest(&c);
    xs_str text = {0};
    FUZZ_REQUIRE(xs_encoder_config_write(&c, &text, &err) == XSNR_OK);
    FUZZ_REQUIRE(xs_encoder_config_parse(text.data, text.length, "again", &arena, &again, &err) == XSNR_OK);
    FUZZ_REQUIRE(again.architecture == c.architecture && again.hidden == c.hidden && again.layers == c.layers && again.heads == c.heads &&
                 again.intermediate == c.intermediate && again.vocabulary == c.vocabulary && again.positions == c.positions && again.labels == c.labels);
    xs_str_free(&text);
    xs_arena_free(&arena);
    return 0;
}
