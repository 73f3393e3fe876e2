// The example study that `xsnr init` writes.
#ifndef XSNR_STUDY_EXAMPLE_H
#define XSNR_STUDY_EXAMPLE_H
#include "base/error.h"

/// Writes study.yaml, train.tsv, valid.tsv, test.tsv and truth.jsonl into `folder` (created), from gazette in
/// `language`.  If one of them is there already, nothing is written.
int xs_example_write(const char *folder, const char *language, int models, xsnr_error *err);
#endif
