// The data that stand in the page; see page_data.c.
#ifndef XSNR_REPORT_PAGE_DATA_H
#define XSNR_REPORT_PAGE_DATA_H
#include "base/error.h"
#include "base/str.h"
#include "stats/results.h"

/// Bytes that a page may hold, about; what does not fit is left out and said.
typedef struct xs_page_room {
    size_t texts, words, scores;
} xs_page_room;

/// The script elements that hold the data, appended to `out`.  `room` NULL: the usual one.
int xs_page_data(const xs_results *r, const xs_page_room *room, xs_str *out, xsnr_error *err);
#endif
