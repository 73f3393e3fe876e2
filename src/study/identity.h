// What a study file was made from, and that it still is that.
#ifndef XSNR_STUDY_IDENTITY_H
#define XSNR_STUDY_IDENTITY_H
#include "base/hash.h"
#include "store/store.h"
#include "study/plan.h"

/// The file at `path` must have been made by this plan (its identity; the number of models may differ) from this
/// data (SHA-256 `data`); a new file takes both.  Otherwise XSNR_ERR_SCHEMA, naming the first key that changed.
int xs_identity_settle(xs_store *store, const xs_plan *plan, const char *data, const char *path, xsnr_error *err);
/// Adds a plan's identity to a hash.
int xs_identity_hash(const xs_plan *plan, xs_hash *hash, xsnr_error *err);
#endif
