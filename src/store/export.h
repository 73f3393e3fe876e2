// Explanations of a study file in the formats of others: JSONL, CSV, NPZ, ERASER (docs/formats.md).
#ifndef XSNR_STORE_EXPORT_H
#define XSNR_STORE_EXPORT_H
#include "store/store.h"

/// Which explanations; NULL: all families, all explainers.  A name that is not in the file is an error.
typedef struct xs_export_choice {
    const char *family, *explainer;
} xs_export_choice;

/// Writes the explanations to `path`: format "jsonl", "csv" or "npz", a file, or "eraser", a folder that must not be there
/// yet.  It appears whole or not at all.
/// `choice` NULL: everything.
int xs_store_export(xs_store *store, const char *format, const xs_export_choice *choice, const char *path,
                    xsnr_error *err);
#endif
