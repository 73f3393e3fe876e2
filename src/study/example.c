// The example study: gazette's corpus cut into three splits, and a commented study.yaml.
//
// One corpus is generated and cut, so that no text of a split stands in another.
#include "study/example.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "text/gazette.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXTS 4000 // 2800 train, 400 valid, 800 test
#define TRAIN 2800
#define VALID 400

extern const char xs_example_yaml[];

static const char *const names[] = {"study.yaml", "train.tsv", "valid.tsv", "test.tsv", "truth.jsonl"};

static char *path_in(const char *folder, const char *name) {
    xs_str s = {0};
    xs_str_printf(&s, "%s/%s", folder, name);
    return xs_str_take(&s);
}

static int refuse_if_there(const char *folder, xsnr_error *err) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = path_in(folder, names[i]);
        if (!path) return xs_nomem(err);
        bool there = access(path, F_OK) == 0;
        int rc = there ? xs_fail_at(err, XSNR_ERR_IO, path, 0,
                                    "this file is there already and is not overwritten; give another folder")
                       : XSNR_OK;
        xs_free(path);
        if (rc < 0) return rc;
    }
    return XSNR_OK;
}

// The template with @MODELS@ and @LANGUAGE@ filled in.
static int fill_template(const char *language, int models, xs_str *out, xsnr_error *err) {
    for (const char *p = xs_example_yaml; *p;) {
        size_t n = strcspn(p, "@");
        xs_str_append(out, p, n);
        p += n;
        if (strncmp(p, "@MODELS@", 8) == 0) xs_str_printf(out, "%d", models), p += 8;
        else if (strncmp(p, "@LANGUAGE@", 10) == 0) xs_str_put(out, language), p += 10;
        else if (*p) xs_str_append(out, p++, 1);
    }
    return xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}

static int write_in(const char *folder, const char *name, const xs_str *text, xsnr_error *err) {
    char *path = path_in(folder, name);
    int rc = path ? xs_file_write(path, text->data, text->length, err) : xs_nomem(err);
    xs_free(path);
    return rc;
}

// Lines first..last of the corpus under its header, as a file of its own.
static int write_split(const char *folder, const char *name, const xs_str *tsv, size_t first, size_t last,
                       xsnr_error *err) {
    xs_str part = {0};
    size_t line = 0;
    for (const char *p = tsv->data, *end; *p; p = end, line++) {
        end = strchr(p, '\n');
        end = end ? end + 1 : p + strlen(p);
        if (line == 0 || (line > first && line <= last)) xs_str_append(&part, p, (size_t)(end - p));
    }
    int rc = xs_str_failed(&part) ? xs_nomem(err) : write_in(folder, name, &part, err);
    xs_str_free(&part);
    return rc;
}

int xs_example_write(const char *folder, const char *language, int models, xsnr_error *err) {
    XS_TRY(refuse_if_there(folder, err));
    xs_gazette_options o = xs_gazette_defaults();
    o.language = language;
    o.count = TEXTS;
    xs_str tsv = {0}, truth = {0}, yaml = {0};
    int rc = xs_gazette(&o, &tsv, &truth, err);
    if (rc == XSNR_OK) rc = fill_template(language, models, &yaml, err);
    if (rc == XSNR_OK) rc = xs_make_folder(folder, err);
    if (rc == XSNR_OK) rc = write_split(folder, "train.tsv", &tsv, 0, TRAIN, err);
    if (rc == XSNR_OK) rc = write_split(folder, "valid.tsv", &tsv, TRAIN, TRAIN + VALID, err);
    if (rc == XSNR_OK) rc = write_split(folder, "test.tsv", &tsv, TRAIN + VALID, TEXTS, err);
    if (rc == XSNR_OK) rc = write_in(folder, "truth.jsonl", &truth, err);
    if (rc == XSNR_OK) rc = write_in(folder, "study.yaml", &yaml, err); // last: it is there when all is
    xs_str_free(&tsv);
    xs_str_free(&truth);
    xs_str_free(&yaml);
    return rc;
}
