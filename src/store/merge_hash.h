// What merge compares parts by: SHA-256 in hex.
#ifndef XSNR_STORE_MERGE_HASH_H
#define XSNR_STORE_MERGE_HASH_H
#include "base/hash.h"
#include "store/store.h"

/// What a study is about: classes, texts with their words, gold labels of the test split.
int xs_merge_hash_about(xs_store *store, xs_arena *arena, char hex[XS_HASH_HEX], xsnr_error *err);
/// A model: its seeds, quality, predictions and saved bytes.
void xs_merge_hash_model(const xs_store_model *m, char hex[XS_HASH_HEX]);
/// What one explainer says of one model: rows (n).
void xs_merge_hash_explanations(const xs_store_explanation *rows, size_t n, char hex[XS_HASH_HEX]);
#endif
