// What the files that read study.yaml have in common; see plan.h.
#ifndef XSNR_STUDY_PLAN_PARTS_H
#define XSNR_STUDY_PLAN_PARTS_H
#include "study/plan.h"
#include "study/yaml.h"

/// A name with nothing in it that a file name, a column of CSV or a command line would stumble over.
bool xs_is_plan_name(const char *s);
/// A list of at least one, or an error with an example.
int xs_plan_expect_list(const xs_yaml *node, const char *example, const xs_plan *plan, xsnr_error *err);
/// `explainers` of study.yaml; without it exact contributions if every family has them, else occlusion.
int xs_plan_read_explainers(xs_plan *plan, const xs_yaml *root, xsnr_error *err);
#endif
