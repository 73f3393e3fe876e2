// JSON read in place: skipped as a whole, and walked member by member; both must agree that it is JSON.
#include "fuzz/fuzz.h"
#include "store/decimal.h"
#include "store/json.h"
#include <math.h>
#include <string.h>

static int walk(xs_json *j, xs_arena *arena, xsnr_error *err) {
    xs_json_span span;
    double number;
    float rounded;
    int rc;
    switch (xs_json_peek(j)) {
    case '{':
        XS_TRY(xs_json_enter(j, '{', err));
        while ((rc = xs_json_member(j, arena, &span, err)) == 1) XS_TRY(walk(j, arena, err));
        return rc;
    case '[':
        XS_TRY(xs_json_enter(j, '[', err));
        while ((rc = xs_json_item(j, err)) == 1) XS_TRY(walk(j, arena, err));
        return rc;
    case '"':
        XS_TRY(xs_json_string(j, arena, &span, err));
        FUZZ_REQUIRE(!memchr(span.text, 0, span.length));
        return XSNR_OK;
    case 't': case 'f': case 'n': return xs_json_skip(j, NULL, err);
    default:
        XS_TRY(xs_json_number(j, &span, err));
        if (*j->at == 'x' || *j->at == 'X') return XSNR_OK; // strtod would read 0x on: an error here, at the next call
        if (xs_decimal_double(span.text, span.length, &number)) FUZZ_REQUIRE(number == strtod(span.text, NULL));
        if (xs_decimal_float(span.text, span.length, &rounded)) FUZZ_REQUIRE(rounded == strtof(span.text, NULL));
        return XSNR_OK;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    if (!text) abort();
    memcpy(text, data, size);
    text[size] = '\0';
    xsnr_error err = {0}, again = {0};
    xs_json j;
    xs_arena arena = {0};
    xs_json_open(&j, text, size, "fuzz", 1);
    int skipped = xs_json_skip(&j, NULL, &err);
    FUZZ_REQUIRE(j.at <= j.end);
    xs_json_open(&j, text, size, "fuzz", 1);
    int walked = walk(&j, &arena, &again);
    FUZZ_REQUIRE(j.at <= j.end);
    if (skipped < 0) FUZZ_REQUIRE(walked < 0 && !strpbrk(err.message, "\n\r"));
    xs_arena_free(&arena);
    free(text);
    return 0;
}
