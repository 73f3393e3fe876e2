// Explanations as ERASER's predictions (DeYoung and others, ACL 2020): a folder with the documents, and a file a family,
// explainer and model (docs/formats.md).
//
//     FOLDER/docs.jsonl                       {"docid": …, "document": words with spaces between, a sentence a line}
//     FOLDER/FAMILY/EXPLAINER/MODEL.jsonl     {"annotation_id": …, "rationales": [{"docid": …,
//                                              "soft_rationale_predictions": a score a word}], "classification": …}
//
// It is written under another name and renamed, so that it is there whole or not at all.
#include "base/alloc.h"
#include "base/file.h"
#include "store/exporter.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Everything that was made, in its order: what is removed, backwards, if something fails.
typedef struct folder {
    char *name; // for now
    const char **made;
    size_t n;
} folder;

/* ------------------------------------------------------------ names */

// A name of ours as the name of a file: what is more than a letter, digit, '-' or '_' in ASCII is %XX, so that a name is
// no path, has no ending, and can be read back.
static void put_name(xs_str *out, const char *name) {
    for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
        bool plain = isalnum(*p) || *p == '-' || *p == '_' || *p >= 0x80;
        if (plain) xs_str_append(out, p, 1);
        else xs_str_printf(out, "%%%02X", *p);
    }
}

static int note(xs_export *e, folder *f, const char *path, xsnr_error *err) {
    if (!(f->n & (f->n - 1))) {
        const char **more = XS_ARENA_ARRAY(&e->arena, const char *, f->n ? 2 * f->n : 1);
        if (!more) return xs_nomem(err);
        if (f->n) memcpy(more, f->made, f->n * sizeof *more);
        f->made = more;
    }
    if (!(f->made[f->n] = xs_arena_strdup(&e->arena, path))) return xs_nomem(err);
    f->n++;
    return XSNR_OK;
}

static int make_folder(xs_export *e, folder *f, const char *path, xsnr_error *err) {
    if (mkdir(path, 0777)) return errno == EEXIST && f->n ? XSNR_OK : xs_fail_errno(err, "make the folder", path);
    return note(e, f, path, err);
}

static void remove_all(folder *f) {
    while (f->n) remove(f->made[--f->n]);
}

/* ------------------------------------------------------------ files */

static int put_document(xs_str *out, const xs_store_text *t, xsnr_error *err) {
    xs_str document = {0};
    for (size_t w = 0; w < t->n_words; w++) {
        const xs_text_word *word = &t->words[w];
        if (!*word->text || word->text[strcspn(word->text, " \t\r\n")]) {
            char text[64], shown[64];
            xs_str_free(&document);
            return xs_fail(err, XSNR_ERR_UNSUPPORTED, "text '%s' has the word '%s': in ERASER's documents blanks are between words", xs_printable(text, sizeof text, t->name),
                           xs_printable(shown, sizeof shown, word->text));
        }
        if (w) xs_str_put(&document, word->sentence == word[-1].sentence ? " " : "\n");
        xs_str_put(&document, word->text);
    }
    xs_str_put(out, "{\"docid\": ");
    int rc = xs_export_json(out, t->name, err);
    xs_str_put(out, ", \"document\": ");
    if (rc == XSNR_OK) rc = xs_str_failed(&document) ? xs_nomem(err) : xs_export_json(out, document.data ? document.data : "", err);
    xs_str_put(out, "}\n");
    xs_str_free(&document);
    return rc;
}

static int put_prediction(xs_str *out, const xs_export *e, const xs_export_pair *pair, size_t m, const xs_store_explanation *x, size_t t, xsnr_error *err) {
    const char *name = e->texts[t].name;
    int class = pair->predictions[m * e->n_texts + t];
    xs_str_put(out, "{\"annotation_id\": ");
    XS_TRY(xs_export_json(out, name, err));
    xs_str_put(out, ", \"rationales\": [{\"docid\": ");
    XS_TRY(xs_export_json(out, name, err));
    xs_str_put(out, ", \"soft_rationale_predictions\": [");
    for (size_t w = 0; w < x->n_words; w++) {
        if (w) xs_str_put(out, ", ");
        xs_export_score(out, (double)x->scores[w]);
    }
    xs_str_put(out, "]}]");
    if (class >= 0 && class < e->n_labels) {
        xs_str_put(out, ", \"classification\": ");
        XS_TRY(xs_export_json(out, e->labels[class], err));
    }
    return xs_str_put(out, "}\n") ? xs_nomem(err) : XSNR_OK;
}

static int write_documents(xs_export *e, xs_file_writer *file, xs_str *line, xsnr_error *err) {
    for (size_t t = 0; t < e->n_texts; t++) {
        line->length = 0;
        XS_TRY(put_document(line, &e->texts[t], err));
        if (xs_str_failed(line)) return xs_nomem(err);
        XS_TRY(xs_file_append(file, line->data, line->length, err));
    }
    return XSNR_OK;
}

static int write_predictions(xs_export *e, const xs_export_pair *pair, size_t m, xs_file_writer *file, xs_str *line, xsnr_error *err) {
    xs_store_explanation *rows;
    size_t n, t = 0;
    XS_TRY(xs_store_explanations_of(e->store, pair->family->id, pair->models[m].index, &e->arena, &rows, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].explainer, pair->explainer) != 0) continue;
        while (t < e->n_texts && e->texts[t].id < rows[i].text) t++; // both are in order
        if (t == e->n_texts || e->texts[t].id != rows[i].text || rows[i].n_words != e->texts[t].n_words) continue;
        line->length = 0;
        XS_TRY(put_prediction(line, e, pair, m, &rows[i], t, err));
        XS_TRY(xs_file_append(file, line->data, line->length, err));
    }
    return XSNR_OK;
}

// pair NULL: the documents.
static int write_file(xs_export *e, folder *f, const char *path, const xs_export_pair *pair, size_t m, xsnr_error *err) {
    xs_file_writer file;
    xs_str line = {0};
    xs_arena_mark mark;
    XS_TRY(note(e, f, path, err));
    XS_TRY(xs_file_begin(&file, path, err));
    mark = xs_arena_save(&e->arena);
    int rc = pair ? write_predictions(e, pair, m, &file, &line, err) : write_documents(e, &file, &line, err);
    xs_arena_rewind(&e->arena, mark);
    xs_str_free(&line);
    return xs_file_end(&file, rc, err);
}

static int write_pair(xs_export *e, folder *f, const xs_export_pair *pair, xs_str *path, xsnr_error *err) {
    path->length = 0;
    xs_str_printf(path, "%s/", f->name);
    put_name(path, pair->family->name);
    if (xs_str_failed(path)) return xs_nomem(err);
    XS_TRY(make_folder(e, f, path->data, err));
    xs_str_put(path, "/");
    put_name(path, pair->explainer);
    if (xs_str_failed(path)) return xs_nomem(err);
    XS_TRY(make_folder(e, f, path->data, err));
    size_t n = path->length;
    for (size_t m = 0; m < pair->n_models; m++) {
        path->length = n;
        xs_str_put(path, "/");
        if (pair->model_names) put_name(path, pair->model_names[m]);
        else xs_str_printf(path, "%" PRIu32, pair->models[m].index);
        if (xs_str_put(path, ".jsonl")) return xs_nomem(err);
        XS_TRY(write_file(e, f, path->data, pair, m, err));
    }
    return XSNR_OK;
}

static int write_all(xs_export *e, folder *f, xs_str *path, xsnr_error *err) {
    XS_TRY(make_folder(e, f, f->name, err));
    if (xs_str_printf(path, "%s/docs.jsonl", f->name)) return xs_nomem(err);
    XS_TRY(write_file(e, f, path->data, NULL, 0, err));
    for (size_t p = 0; p < e->n_pairs; p++) XS_TRY(write_pair(e, f, &e->pairs[p], path, err));
    return XSNR_OK;
}

int xs_export_eraser(xs_export *e, const char *path, xsnr_error *err) {
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    char *target = xs_arena_strndup(&e->arena, path, n);
    xs_str part = {0}, room = {0};
    if (!target || xs_str_printf(&part, "%s.part", target)) return xs_str_free(&part), xs_nomem(err);
    folder f = {.name = part.data};
    int rc = access(target, F_OK) == 0 ? xs_fail_at(err, XSNR_ERR_ARGUMENT, path, 0, "this is there already; predictions of ERASER are a new folder") : XSNR_OK;
    if (rc == XSNR_OK) rc = write_all(e, &f, &room, err);
    if (rc == XSNR_OK && rename(part.data, target)) rc = xs_fail_errno(err, "make the folder", path);
    if (rc < 0) remove_all(&f);
    xs_str_free(&room);
    xs_str_free(&part);
    return rc;
}
