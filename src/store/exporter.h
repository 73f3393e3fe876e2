// Between export.c, which knows what is exported, and the files that each know one format.
#ifndef XSNR_STORE_EXPORTER_H
#define XSNR_STORE_EXPORTER_H
#include "store/store.h"

/// All models of one family, explained by one explainer.
typedef struct xs_export_pair {
    const xs_store_family *family;
    const char *explainer;
    xs_store_model *models; // (n_models) that have not failed, in index order
    size_t n_models;
    const char **model_names; // (n_models) of imported models, or NULL: their numbers are their names
    int *predictions;       // (n_models, texts) class with the largest logit; −1: not known
} xs_export_pair;

/// What is exported: the study's labels and texts, and the pairs that were chosen.
typedef struct xs_export {
    xs_store *store;
    xs_arena arena; // of everything here
    const char **labels; // (n_labels)
    int n_labels;
    xs_store_text *texts; // (n_texts)
    size_t n_texts;
    bool predictions_told, seeds_told; // false only where an import was not told them
    xs_export_pair *pairs; // (n_pairs)
    size_t n_pairs;
} xs_export;

/// The place in pair->models of the model with this index; models are asked for in ascending order, from
/// `from` on.  n_models: it is not there (it has failed).
size_t xs_export_model(const xs_export_pair *pair, size_t from, uint32_t index);

/// A score with the fewest digits (6 to 9) that read back as the same float.
void xs_export_score(xs_str *out, double score);
/// A text as a JSON string, or null.
int xs_export_json(xs_str *out, const char *text, xsnr_error *err);

int xs_export_jsonl(xs_export *e, const char *path, xsnr_error *err);
int xs_export_csv(xs_export *e, const char *path, xsnr_error *err);
int xs_export_npz(xs_export *e, const char *path, xsnr_error *err);
int xs_export_eraser(xs_export *e, const char *path, xsnr_error *err);
#endif
