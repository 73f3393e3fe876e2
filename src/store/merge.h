// Parts of one study, made on machines that know nothing of each other, are joined in one study file.
#ifndef XSNR_STORE_MERGE_H
#define XSNR_STORE_MERGE_H
#include "base/error.h"
#include "base/str.h"

/// Joins the study files `parts` (n) in the one at `path`, which is made if it is not there and else added to.
/// What it says to the user is appended to `summary`.
///
/// Everything is looked at before anything is written: a part of another plan, other data or other texts, and a model or
/// an explanation that is there twice and differs, are XSNR_ERR_SCHEMA.  What is there twice and the same is taken once.
/// Models are then written whole, one by one, in the order of the parts: a merge that was killed leaves a study that
/// lacks some of them, and the same merge goes on.  Faithfulness is not taken over: its means are of all models.
int xs_store_merge(const char *const *parts, size_t n, const char *path, xs_str *summary, xsnr_error *err);
#endif
