// Where a long text goes: kept whole in memory, or passed on piece by piece, so that memory never holds all of it.
//
//     xs_str text = {0};
//     xs_sink whole = {&text, NULL, NULL}, file = {&text, append_to_file, &writer};
//
// Whoever composes appends to sink->text, calls xs_sink_flow between pieces and xs_sink_end when all is said.
#ifndef XSNR_BASE_SINK_H
#define XSNR_BASE_SINK_H
#include "base/error.h"
#include "base/str.h"

typedef int xs_pass_fn(void *context, const void *bytes, size_t n, xsnr_error *err);

typedef struct xs_sink {
    xs_str *text;     // what is composed; where there is `pass`, what it has not got yet; the caller's
    xs_pass_fn *pass; // NULL: the text keeps it all
    void *context;
} xs_sink;

/// Passes on what has become long.
int xs_sink_flow(const xs_sink *sink, xsnr_error *err);
/// Passes on all that is left.  Both fail out of memory if an append did, or as `pass` does.
int xs_sink_end(const xs_sink *sink, xsnr_error *err);
#endif
