// The results as a JSON tree: what results.json and the page are written from.
#ifndef XSNR_REPORT_TREE_H
#define XSNR_REPORT_TREE_H
#include "base/error.h"
#include "stats/results.h"
#include <jansson.h>

/// What a caller adds to the object of a text; returns false out of memory.
typedef bool xs_text_extra(json_t *object, const xs_text_result *text, void *context);
/// The tree, NULL (and err) out of memory.  Undefined numbers are null; broken UTF-8 becomes U+FFFD.
json_t *xs_results_tree(const xs_results *r, xs_text_extra *extra, void *context, xsnr_error *err);
/// A string made valid; NULL gives null.
json_t *xs_json_text(const char *text);
/// Sets a key, taking the value over; false out of memory (a NULL value, too).
bool xs_json_put(json_t *object, const char *key, json_t *value);
#endif
