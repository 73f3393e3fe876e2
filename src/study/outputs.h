// Where the results of a study go, and what they must not overwrite.
#ifndef XSNR_STUDY_OUTPUTS_H
#define XSNR_STUDY_OUTPUTS_H
#include "study/plan.h"

/// The results, in `folder` ("" or ending in a slash), must not be what the study is read from (study.yaml, corpora, word lists,
/// models), its `file` or another study file, a folder, or each other: XSNR_ERR_CONFIG with the line of report.
int xs_outputs_check(const xs_plan *plan, const char *folder, const char *file, xsnr_error *err);
/// Before they are made: their folders must be there, and what stands in their places must be results of this study, or empty;
/// XSNR_ERR_CONFIG naming the study whose results they are.
int xs_outputs_free(const xs_plan *plan, const char *folder, xsnr_error *err);
#endif
