// What a study file was made from, and that it still is that.
#ifndef XSNR_STUDY_IDENTITY_H
#define XSNR_STUDY_IDENTITY_H
#include "base/hash.h"
#include "store/store.h"
#include "study/plan.h"

/// The file at `path` must have been made by this plan (its identity; the number of models may differ) from this
/// data (SHA-256 `data`); a new file takes both.  Otherwise XSNR_ERR_SCHEMA, naming the first key that changed.
int xs_identity_settle(xs_store *store, const xs_plan *plan, const char *data, const char *path, xsnr_error *err);
/// The same of a file that is only read: nothing is written, and the data, which are not needed, are not looked at.
int xs_identity_check(xs_store *store, const xs_plan *plan, xsnr_error *err);
/// What file and plan both explain by must have the same settings, or XSNR_ERR_SCHEMA with the line of study.yaml.
int xs_identity_explainers(xs_store *store, const xs_plan *plan, xsnr_error *err);
/// What the file holds beside what the plan asks for, models and explainers, in sentences: it is analysed all the same.
/// family NULL: of the study as a whole.
typedef void xs_say_fn(void *context, const char *family, const char *notice);
int xs_identity_surplus(xs_store *store, const xs_plan *plan, xs_say_fn *say, void *context, xsnr_error *err);
/// Adds a plan's identity to a hash.
int xs_identity_hash(const xs_plan *plan, xs_hash *hash, xsnr_error *err);
#endif
