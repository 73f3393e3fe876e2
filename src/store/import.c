// From files to a study file; see import.h.
#include "store/import.h"
#include "base/alloc.h"
#include "store/importer.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const xs_join_names[6] = {"auto", "none", "offsets", "wordpiece", "sentencepiece", "bytelevel"};
const char *const xs_pooling_names[4] = {"sum", "mean", "max-abs", "first"};
const char *const xs_missing_names[3] = {"error", "drop-texts", "drop-models"};

static const struct {
    const char *name;
    const char *endings; // of file names, "|" around each
    int (*read)(xs_importer *imp, const char *path, xsnr_error *err);
} formats[] = {{"jsonl", "|jsonl|ndjson|", xs_import_jsonl},
               {"csv", "|csv|tsv|", xs_import_csv},
               {"npz", "|npz|npy|", xs_import_npz},
               {"thermostat", "", xs_import_thermostat},
               {"inseq", "|json|", xs_import_inseq},
               {"eraser", "", xs_import_eraser}};
enum { N_FORMATS = sizeof formats / sizeof *formats };

// "a.jsonl.gz" ends in jsonl.
static size_t format_of_name(const char *path) {
    size_t n = strlen(path);
    if (n > 3 && strcmp(path + n - 3, ".gz") == 0) n -= 3;
    size_t begin = n;
    while (begin && path[begin - 1] != '.' && path[begin - 1] != '/') begin--;
    char ending[16];
    size_t i = 0;
    if (!begin || path[begin - 1] != '.' || n - begin > sizeof ending - 3) return N_FORMATS;
    snprintf(ending, sizeof ending, "|%.*s|", (int)(n - begin), path + begin);
    while (i < N_FORMATS && !strstr(formats[i].endings, ending)) i++;
    return i;
}

static int find_format(const xs_import_options *options, const char *path, size_t *out, xsnr_error *err) {
    xs_str names = {0};
    *out = 0;
    if (options->format)
        while (*out < N_FORMATS && strcmp(formats[*out].name, options->format) != 0) ++*out;
    else *out = format_of_name(path);
    if (*out < N_FORMATS) return XSNR_OK;
    for (size_t i = 0; i < N_FORMATS; i++) xs_str_printf(&names, "%s%s", i ? ", " : "", formats[i].name);
    const char *list = xs_str_failed(&names) ? "" : names.data;
    int rc = options->format ? xs_fail(err, XSNR_ERR_ARGUMENT, "unknown format '%.40s'; it is one of %s", options->format, list)
                             : xs_fail_at(err, XSNR_ERR_ARGUMENT, path, 0, "the name does not say which format this is; say --format, one of %s", list);
    xs_str_free(&names);
    return rc;
}

static int read_files(xs_importer *imp, size_t n, const size_t *format, xsnr_error *err) {
    for (imp->file = 0; imp->file < n; imp->file++) XS_TRY(formats[format[imp->file]].read(imp, imp->files[imp->file], err));
    if (!imp->n_keys) return xs_fail_at(err, XSNR_ERR_DATA, imp->files[0], 0, "there is no explanation in this file");
    return XSNR_OK;
}

// Scores wait in a file that has no name any more: whatever happens, it goes with the process.
static int open_rows(xs_importer *imp, const char *beside, xsnr_error *err) {
    if (remove(beside) && errno != ENOENT) return xs_fail_errno(err, "remove", beside);
    imp->rows = fopen(beside, "w+bxe");
    if (!imp->rows || unlink(beside)) return xs_fail_errno(err, "write", beside);
    setvbuf(imp->rows, NULL, _IOFBF, 1 << 20);
    return XSNR_OK;
}

void xs_import_note(xs_importer *imp, const char *format, ...) {
    xs_str line = {0};
    va_list args;
    va_start(args, format);
    xs_str_vprintf(&line, format, args);
    va_end(args);
    xs_str_put(&line, "\n");
    bool said = imp->notes.length && line.length && strstr(imp->notes.data, line.data);
    if (!said) xs_str_append(&imp->notes, line.data, line.length);
    xs_str_free(&line);
}

void xs_import_free(xs_importer *imp) {
    if (imp->rows) fclose(imp->rows);
    xs_intern_free(&imp->family_names);
    xs_intern_free(&imp->explainer_names);
    xs_intern_free(&imp->model_names);
    xs_intern_free(&imp->text_names);
    xs_intern_free(&imp->class_names);
    xs_free(imp->models);
    xs_free(imp->texts);
    xs_free(imp->tokens);
    xs_free(imp->keys);
    xs_str_free(&imp->name);
    xs_str_free(&imp->notes);
    xs_arena_free(&imp->line);
    xs_arena_free(&imp->arena);
}

// A study in the making, and what belongs to it.
static void remove_study(const char *path) {
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char name[4096 + 8]; // no allocation: memory may be what was short
        int n = snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        if (n > 0 && (size_t)n < sizeof name) unlink(name);
    }
}

static int import(const char *const *files, size_t n, const xs_import_options *options, const size_t *format, const char *path,
                  const char *making, xs_import_report *report, xsnr_error *err) {
    xs_importer imp = {.options = options, .files = files};
    int rc = open_rows(&imp, making, err);
    if (rc == XSNR_OK) rc = read_files(&imp, n, format, err);
    if (rc == XSNR_OK) {
        remove_study(making); // of an import that was killed
        rc = xs_import_write(&imp, making, report, err);
        if (rc == XSNR_OK && imp.notes.length && !xs_str_failed(&imp.notes)) snprintf(report->notes, sizeof report->notes, "%s", imp.notes.data);
        if (rc == XSNR_OK && link(making, path)) // unlike rename, this replaces nothing
            rc = xs_fail_errno(err, "make the study file", path);
        remove_study(making);
    }
    xs_import_free(&imp);
    return rc;
}

int xs_store_import(const char *const *files, size_t n, const xs_import_options *options, const char *path,
                    xs_import_report *report, xsnr_error *err) {
    *report = (xs_import_report){0};
    if (!n) return xs_fail(err, XSNR_ERR_ARGUMENT, "there is no file to import");
    if (access(path, F_OK) == 0)
        return xs_fail_at(err, XSNR_ERR_ARGUMENT, path, 0, "this file is there already; give another name, or remove it");
    xs_import_options o = *options;
    size_t *format = XS_NEW_ARRAY(size_t, n);
    xs_str making = {0};
    xs_str_printf(&making, "%s.import", path);
    int rc = format && !xs_str_failed(&making) ? XSNR_OK : xs_nomem(err);
    for (size_t i = 0; rc == XSNR_OK && i < n; i++) rc = find_format(&o, files[i], &format[i], err);
    if (rc == XSNR_OK) {
        o.format = formats[format[0]].name; // for the record
        if (!o.study) o.study = path;
        rc = import(files, n, &o, format, path, making.data, report, err);
    }
    xs_str_free(&making);
    xs_free(format);
    return rc;
}
