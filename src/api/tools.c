// Study files checked, joined and exported; corpora and examples written.
#include "base/alloc.h"
#include "given.h"
#include "store/export.h"
#include "store/merge.h"
#include "store/store.h"
#include "study/example.h"
#include "text/gazette.h"
#include <xsnr/xsnr.h>

int xsnr_check(const char *study_file, char **findings, size_t *count, xsnr_error *err) {
    xs_str lines = {0};
    XS_GIVEN(findings);
    *findings = NULL;
    XS_GIVEN(count);
    *count = 0;
    XS_GIVEN(study_file);
    int rc = xs_store_check(study_file, &lines, count, err);
    if (rc == XSNR_OK && !(*findings = xs_str_take(&lines))) rc = xs_nomem(err);
    xs_str_free(&lines);
    return rc;
}

int xsnr_export(const char *study_file, const char *format, const char *path, xsnr_error *err) {
    xs_store *store = NULL;
    XS_GIVEN(study_file);
    XS_GIVEN(format);
    XS_GIVEN(path);
    XS_TRY(xs_store_open(study_file, XS_STORE_READ, &store, err));
    int rc = xs_store_export(store, format, NULL, path, err);
    xs_store_close(store);
    return rc;
}

int xsnr_merge(const char *const *parts, size_t count, const char *study_file, char **summary, xsnr_error *err) {
    xs_str lines = {0};
    if (summary) *summary = NULL;
    XS_GIVEN(parts);
    XS_GIVEN_ALL(parts, count);
    XS_GIVEN(study_file);
    int rc = xs_store_merge(parts, count, study_file, &lines, err);
    if (rc == XSNR_OK && summary && !(*summary = xs_str_take(&lines))) rc = xs_nomem(err);
    xs_str_free(&lines);
    return rc;
}

int xsnr_gazette(const xsnr_gazette_options *options, char **tsv, char **truth, xsnr_error *err) {
    XS_GIVEN(tsv);
    *tsv = NULL;
    XS_GIVEN(truth);
    *truth = NULL;
    XS_GIVEN(options);
    xs_gazette_options o = {.language = options->language ? options->language : "en",
                            .count = options->count ? options->count : 4000,
                            .seed = options->seed,
                            .redundancy = options->redundancy ? options->redundancy : 3,
                            .strength = options->strength,
                            .label_noise = options->label_noise,
                            .negation = options->negation};
    xs_str texts = {0}, facts = {0};
    int rc = xs_gazette(&o, &texts, &facts, err);
    if (rc == XSNR_OK) {
        *tsv = xs_str_take(&texts);
        *truth = xs_str_take(&facts);
        if (!*tsv || !*truth) {
            xs_free(*tsv);
            xs_free(*truth);
            *tsv = *truth = NULL;
            rc = xs_nomem(err);
        }
    }
    xs_str_free(&texts);
    xs_str_free(&facts);
    return rc;
}

int xsnr_init(const char *folder, const char *language, int models, xsnr_error *err) {
    XS_GIVEN(folder);
    return xs_example_write(folder, language ? language : "en", models > 0 ? models : 100, err);
}
