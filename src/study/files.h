// Files that a key of the plan names.
#ifndef XSNR_STUDY_FILES_H
#define XSNR_STUDY_FILES_H
#include "base/arena.h"
#include "study/plan.h"

/// The paths of a list, beside study.yaml: *files (n) in `arena`; key NULL: none.
int xs_plan_files(const xs_plan *plan, const char *key, xs_arena *arena, const char ***files, size_t *n, xsnr_error *err);
#endif
