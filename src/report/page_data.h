// The data that stand in the page; see page_data.c.
#ifndef XSNR_REPORT_PAGE_DATA_H
#define XSNR_REPORT_PAGE_DATA_H
#include "base/intern.h"
#include "base/sink.h"
#include "stats/results.h"

/// The script elements that hold the data.
int xs_page_data(const xs_results *r, const xs_sink *to, xsnr_error *err);

/// What the page can hold of each text, within r->page_mb.
enum { XS_PAGE_TEXT = 1, XS_PAGE_WORDS = 2, XS_PAGE_SCORES = 4 };
typedef struct xs_page_room {
    xs_intern ids;        // of the texts, in the order in which they are met
    unsigned char *holds; // (ids.count) bits
    bool half;            // scores are float16
    size_t left_out[3];   // texts without each of the three, of those that have it
} xs_page_room;
/// How jansson writes them.
#define XS_PAGE_JSON (JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6))
int xs_page_plan(const xs_results *r, xs_page_room *room, xsnr_error *err);
void xs_page_room_free(xs_page_room *room);
#endif
