// Members of a tokenizer.json with their types checked; errors name the element and the member.
#ifndef XSNR_TEXT_TOKENIZER_JSON_H
#define XSNR_TEXT_TOKENIZER_JSON_H
#include "text/tokenizer_parts.h"

/// An element as messages name it: "normalizer BertNormalizer".
typedef struct xs_element {
    const json_t *json;
    const char *what; // "normalizer", "pre_tokenizer", "post_processor", "model", "added token"
    const char *type; // its "type", "" if it has none
    const char *path; // the file
} xs_element;

/// Fails with "WHAT TYPE: 'NAME' MUST".
int xs_element_fail(const xs_element *e, const char *name, const char *must, xsnr_error *err);
int xs_element_bool(const xs_element *e, const char *name, bool fallback, bool *out, xsnr_error *err);
/// A string; absent or null: `fallback`.  What it points to lives as long as the JSON; NULL as fallback: required.
int xs_element_string(const xs_element *e, const char *name, const char *fallback, const char **out, xsnr_error *err);
int xs_element_int(const xs_element *e, const char *name, int64_t low, int64_t high, int64_t fallback, int64_t *out,
                   xsnr_error *err);
/// "WHAT 'TYPE' is not supported; supported: LIST".
int xs_element_unsupported(const xs_element *e, const char *list, xsnr_error *err);
/// Code points of a string, in the arena.
int xs_code_points_of(const char *text, xs_arena *arena, xs_code_points *out, xsnr_error *err);
#endif
