// What one process of a study says to another: a header of 16 bytes, then the bytes of a message.  What is understood is packed
// again, and that must be understood as the same.
#include "fuzz/fuzz.h"
#include "study/message.h"
#include <string.h>

static void check_job(const uint8_t *data, size_t size) {
    xs_job_message job, again;
    xs_str first = {0}, second = {0};
    if (!xs_unpack_job(data, size, &job)) return;
    xs_pack_job(&first, &job);
    FUZZ_REQUIRE(xs_unpack_job(first.data + XS_MESSAGE_HEADER, first.length - XS_MESSAGE_HEADER, &again));
    xs_pack_job(&second, &again);
    FUZZ_REQUIRE(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
    xs_str_free(&first);
    xs_str_free(&second);
}

static void check_outcome(const uint8_t *data, size_t size) {
    xs_outcome made, again;
    xs_arena arena = {0};
    xs_str first = {0}, second = {0};
    bool nomem;
    if (xs_unpack_outcome(data, size, &arena, &made, &nomem)) {
        for (size_t i = 0; i < made.n; i++) FUZZ_REQUIRE(made.explanations[i].explainer && made.explanations[i].scores);
        xs_pack_outcome(&first, &made);
        FUZZ_REQUIRE(xs_unpack_outcome(first.data + XS_MESSAGE_HEADER, first.length - XS_MESSAGE_HEADER, &arena, &again, &nomem));
        xs_pack_outcome(&second, &again);
        FUZZ_REQUIRE(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
    }
    xs_str_free(&first);
    xs_str_free(&second);
    xs_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    xs_message_kind kind;
    xs_hello hello;
    xsnr_error error;
    size_t told;
    if (size < XS_MESSAGE_HEADER || !xs_unpack_header(data, XS_MESSAGE_LIMIT, &kind, &told)) return 0;
    FUZZ_REQUIRE(kind >= XS_HELLO && kind <= XS_FINISHED && told <= XS_MESSAGE_LIMIT);
    data += XS_MESSAGE_HEADER;
    size -= XS_MESSAGE_HEADER;
    if (kind == XS_HELLO && xs_unpack_hello(data, size, &hello)) FUZZ_REQUIRE(strlen(hello.who) < sizeof hello.who);
    if (kind == XS_JOB) check_job(data, size);
    if (kind == XS_DONE) check_outcome(data, size);
    if (kind == XS_FAILED && xs_unpack_error(data, size, &error)) FUZZ_REQUIRE(error.code < 0);
    return 0;
}
