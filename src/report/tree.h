// The results as a JSON tree: what results.json and the page are written from.
#ifndef XSNR_REPORT_TREE_H
#define XSNR_REPORT_TREE_H
#include "base/error.h"
#include "base/str.h"
#include "stats/results.h"
#include <jansson.h>

/// The tree, each explainer's list of texts empty; NULL (and err) out of memory.  Undefined numbers are null; broken UTF-8
/// becomes U+FFFD.
json_t *xs_results_tree(const xs_results *r, xsnr_error *err);
/// One of the texts; NULL out of memory.
json_t *xs_text_tree(const xs_text_result *t);
/// What a page says of a text beside its words; NULL out of memory.
json_t *xs_text_summary(const xs_text_result *t);
/// Writes a tree, which is released; NULL is out of memory.
int xs_json_write(json_t *tree, xs_str *out, xsnr_error *err);
/// A string made valid; NULL gives null.
json_t *xs_json_text(const char *text);
/// Sets a key, taking the value over; false out of memory (a NULL value, too).
bool xs_json_put(json_t *object, const char *key, json_t *value);
#endif
