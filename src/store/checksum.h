// Checksums of what a study file holds: SQLite has none, and a bit that turns in a score is a score all the same.
#ifndef XSNR_STORE_CHECKSUM_H
#define XSNR_STORE_CHECKSUM_H
#include "store/store.h"

/// Of a model as it was written: seeds, training, quality, logits, bytes.
uint64_t xs_checksum_model(const xs_store_model *model);
/// Of one explanation; those of a model by one explainer are joined by exclusive or, in whatever order they come.
uint64_t xs_checksum_explanation(const xs_store_explanation *explanation);
#endif
