// What a kind of features is: one const struct of functions behind the front of features.h.
#ifndef XSNR_TEXT_FEATURE_KIND_H
#define XSNR_TEXT_FEATURE_KIND_H
#include "text/features.h"

typedef struct xs_feature_kind {
    const char *name; // as in features.kind
    /// Fits on the training texts; *state is immutable afterwards.
    int (*fit)(const xs_settings *settings, const xs_corpus *corpus, int threads, void **state, xsnr_error *err);
    void (*free)(void *state);
    uint32_t (*size)(const void *state);
    int (*feature_name)(const void *state, uint32_t feature, xs_str *out);
    /// One row in `arena`.  Occurrences only if `occurrences` (then present is NULL).
    int (*row)(const void *state, const xs_document *doc, const uint8_t *present, xs_removal removal,
               bool occurrences, xs_arena *arena, xs_features_row *out, xsnr_error *err);
} xs_feature_kind;

extern const xs_feature_kind xs_features_bow, xs_features_tfidf, xs_features_linguistic;
#endif
