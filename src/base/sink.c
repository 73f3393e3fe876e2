// Texts passed on piece by piece; see sink.h.
#include "base/sink.h"

enum { LONG = 1 << 18 };

static int pass_on(const xs_sink *sink, size_t from, xsnr_error *err) {
    if (xs_str_failed(sink->text)) return xs_nomem(err);
    if (!sink->pass || sink->text->length < from) return XSNR_OK;
    XS_TRY(sink->pass(sink->context, sink->text->data, sink->text->length, err));
    sink->text->length = 0;
    return XSNR_OK;
}

int xs_sink_flow(const xs_sink *sink, xsnr_error *err) { return pass_on(sink, LONG, err); }

int xs_sink_end(const xs_sink *sink, xsnr_error *err) { return pass_on(sink, 1, err); }
