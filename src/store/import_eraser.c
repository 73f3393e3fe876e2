// ERASER's JSONL (DeYoung and others: "ERASER: A benchmark to evaluate rationalized NLP models", ACL 2020).
//
// Predictions have a score for every token of a document, under rationales/soft_rationale_predictions; annotations have
// spans of tokens under evidences, and become scores of 1 and 0.  Documents are beside the file, in docs.jsonl or docs/,
// or where --docs says: a sentence a line, tokens with spaces between.  A text is a document of an annotation, named
// ANNOTATION, or ANNOTATION/DOCUMENT where the two names differ; the file is the model.
#include "base/alloc.h"
#include "base/file.h"
#include "store/importer.h"
#include "store/source.h"
#include <math.h>
#include <string.h>
#include <sys/stat.h>

typedef struct document {
    xs_json_span *token; // (n)
    size_t n;
    bool loaded;
} document;

typedef struct reader {
    xs_importer *imp;
    const char *path;
    char *docs;         // the file docs.jsonl, or the folder
    bool folder;
    xs_intern names;    // of documents
    document *document; // (names.count)
    size_t capacity;
    xs_json json;
    xs_json_span annotation, class;
    xs_intern told;     // documents of the line at work
    float **scores;     // (told) of each; in the arena of the line
    size_t *n_scores;
    long line;
    bool lost; // a score of the line is 0 as a float alone
} reader;

enum { MOST_DOCUMENTS = 4096 }; // of one annotation

/* ------------------------------------------------------------ documents */

static int room_for(reader *r, uint32_t d, xsnr_error *err) {
    if (d < r->capacity) return XSNR_OK;
    size_t want = r->capacity ? 2 * r->capacity : 64;
    document *more = xs_realloc_array(r->document, want, sizeof *more);
    if (!more) return xs_nomem(err);
    memset(more + r->capacity, 0, (want - r->capacity) * sizeof *more);
    r->document = more;
    r->capacity = want;
    return XSNR_OK;
}

static int add_document(reader *r, xs_json_span name, const char *text, size_t size, uint32_t *out, xsnr_error *err) {
    *out = xs_intern_add(&r->names, name.text, name.length);
    if (*out == XS_NOT_INTERNED) return xs_nomem(err);
    XS_TRY(room_for(r, *out, err));
    document *d = &r->document[*out];
    size_t n = 0;
    for (size_t i = 0; i < size;) {
        size_t width = xs_json_utf8(text + i);
        if (!width || !text[i]) return xs_fail_at(err, XSNR_ERR_DATA, r->docs, 0, "document '%.60s' is not UTF-8", r->names.text[*out]);
        i += width;
    }
    for (size_t i = 0; i < size; i++) n += !strchr(" \t\r\n", text[i]) && (i + 1 == size || strchr(" \t\r\n", text[i + 1]));
    d->token = XS_ARENA_ARRAY(&r->imp->arena, xs_json_span, n);
    char *copy = xs_arena_strndup(&r->imp->arena, text, size);
    if (!d->token || !copy) return xs_nomem(err);
    d->n = 0;
    for (size_t i = 0; i < size;) {
        i += strspn(copy + i, " \t\r\n");
        size_t length = strcspn(copy + i, " \t\r\n");
        if (length) d->token[d->n++] = (xs_json_span){copy + i, length};
        i += length;
    }
    d->loaded = true;
    return XSNR_OK;
}

// docs.jsonl: {"docid": …, "document": …} a line.
static int load_documents(reader *r, xsnr_error *err) {
    xs_source source;
    char *line;
    size_t length;
    xs_json j;
    xs_json_span key, name, text;
    uint32_t unused;
    int rc;
    XS_TRY(xs_source_open(r->docs, &source, err));
    while ((rc = xs_source_line(&source, false, &line, &length, err)) == 1) {
        xs_arena_mark mark = xs_arena_save(&r->imp->line);
        name = text = (xs_json_span){NULL, 0};
        xs_json_open(&j, line, length, r->docs, source.line);
        rc = strspn(line, " \t\r") < length ? xs_json_enter(&j, '{', err) : 1;
        if (rc == 1) continue;
        while (rc == XSNR_OK && (rc = xs_json_member(&j, &r->imp->line, &key, err)) == 1)
            rc = xs_json_is(&key, "docid")      ? xs_json_string(&j, &r->imp->line, &name, err)
                 : xs_json_is(&key, "document") ? xs_json_string(&j, &r->imp->line, &text, err)
                                                : xs_json_skip(&j, NULL, err);
        if (rc == XSNR_OK) rc = xs_json_close(&j, err);
        if (rc == XSNR_OK && (!name.length || !text.text))
            rc = xs_fail_at(err, XSNR_ERR_DATA, r->docs, source.line, "a document has a docid and a document");
        if (rc == XSNR_OK) rc = add_document(r, name, text.text, text.length, &unused, err);
        xs_arena_rewind(&r->imp->line, mark);
        if (rc < 0) break;
    }
    xs_source_close(&source);
    return rc;
}

// The document, read from the folder when it is first asked for.  Its name is a file name and no way out of the folder.
static int find_document(reader *r, xs_json_span name, uint32_t *out, xsnr_error *err) {
    char shown[64], copy[256];
    *out = xs_intern_find(&r->names, name.text, name.length);
    if (*out != XS_NOT_INTERNED) return XSNR_OK;
    snprintf(copy, sizeof copy, "%.*s", (int)(name.length < 255 ? name.length : 255), name.text);
    xs_printable(shown, sizeof shown, copy);
    if (!r->folder) return xs_fail_at(err, XSNR_ERR_DATA, r->path, r->line, "document '%s' is not in %s", shown, r->docs);
    if (!name.length || name.length > 255 || name.text[0] == '.' || memchr(name.text, '/', name.length))
        return xs_fail_at(err, XSNR_ERR_DATA, r->path, r->line, "document '%s' is no name of a file in %s", shown, r->docs);
    xs_str path = {0};
    xs_str_printf(&path, "%s/%s", r->docs, copy);
    char *text = NULL;
    size_t size = 0;
    int rc = xs_str_failed(&path) ? xs_nomem(err) : xs_file_read(path.data, &text, &size, err);
    if (rc == XSNR_OK) rc = add_document(r, name, text, size, out, err);
    xs_free(text);
    xs_str_free(&path);
    return rc;
}

static int find_documents(reader *r, xsnr_error *err) {
    const char *given = r->imp->options->documents;
    struct stat info;
    r->docs = given ? xs_strdup(given) : xs_path_beside(r->path, "docs.jsonl");
    if (!r->docs) return xs_nomem(err);
    if (!given && stat(r->docs, &info)) {
        xs_free(r->docs);
        r->docs = xs_path_beside(r->path, "docs");
        if (!r->docs) return xs_nomem(err);
    }
    if (stat(r->docs, &info))
        return xs_fail_at(err, XSNR_ERR_IO, r->path, 0, "the documents are not there: neither docs.jsonl nor docs/ is beside this file; say --docs");
    r->folder = S_ISDIR(info.st_mode);
    return r->folder ? XSNR_OK : load_documents(r, err);
}

/* ------------------------------------------------------------ lines */

// The scores of a document of this line, zeros at first.
static int scores_of(reader *r, xs_json_span name, size_t n, float **out, xsnr_error *err) {
    uint32_t before = r->told.count, k = xs_intern_add(&r->told, name.text, name.length);
    if (k == XS_NOT_INTERNED) return xs_nomem(err);
    if (k == MOST_DOCUMENTS) return xs_fail_at(err, XSNR_ERR_DATA, r->path, r->line, "more than %d documents in one annotation", MOST_DOCUMENTS);
    if (k == before) {
        r->scores[k] = XS_ARENA_ARRAY(&r->imp->line, float, n);
        r->n_scores[k] = n;
    }
    *out = r->scores[k];
    return *out ? XSNR_OK : xs_nomem(err);
}

// [{"docid": …, "soft_rationale_predictions": […], "hard_rationale_predictions": …}]
static int read_rationales(reader *r, xsnr_error *err) {
    xs_json *j = &r->json;
    xs_json_span key, name;
    XS_TRY(xs_json_enter(j, '[', err));
    for (int rc; (rc = xs_json_item(j, err)) != 0;) {
        if (rc < 0) return rc;
        xs_json_span soft = {NULL, 0};
        name = soft;
        XS_TRY(xs_json_enter(j, '{', err));
        while ((rc = xs_json_member(j, &r->imp->line, &key, err)) == 1) {
            if (xs_json_is(&key, "docid")) XS_TRY(xs_json_string(j, &r->imp->line, &name, err));
            else if (xs_json_is(&key, "soft_rationale_predictions")) XS_TRY(xs_json_skip(j, &soft, err));
            else XS_TRY(xs_json_skip(j, NULL, err));
        }
        if (rc < 0) return rc;
        if (!name.length || !soft.text) return xs_json_fail(j, err, "a rationale needs docid and soft_rationale_predictions");
        xs_json list;
        size_t n = 1, i = 0;
        float *scores;
        for (size_t k = 0; k < soft.length; k++) n += soft.text[k] == ',';
        list = xs_json_inside(j, soft);
        XS_TRY(scores_of(r, name, n, &scores, err));
        size_t told = r->n_scores[xs_intern_find(&r->told, name.text, name.length)];
        XS_TRY(xs_json_enter(&list, '[', err));
        while ((rc = xs_json_item(&list, err)) == 1) {
            if (i == told) return xs_json_fail(&list, err, "a document is there twice, with other lengths");
            XS_TRY(xs_json_float(&list, &scores[i++], err));
        }
        if (rc < 0) return rc;
        r->n_scores[xs_intern_find(&r->told, name.text, name.length)] = i;
        r->lost |= list.lost;
    }
    return XSNR_OK;
}

// Are these tokens what the evidence says that they are, with one blank between?
static bool says(xs_json_span said, const xs_json_span *token, size_t n) {
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (i && (at == said.length || said.text[at++] != ' ')) return false;
        if (said.length - at < token[i].length || memcmp(said.text + at, token[i].text, token[i].length) != 0) return false;
        at += token[i].length;
    }
    return at == said.length;
}

static int read_evidence(reader *r, xsnr_error *err) {
    xs_json *j = &r->json;
    xs_json_span key, name = {NULL, 0}, said = {NULL, 0};
    double begin = -1, end = -1;
    uint32_t d;
    float *scores;
    int rc;
    XS_TRY(xs_json_enter(j, '{', err));
    while ((rc = xs_json_member(j, &r->imp->line, &key, err)) == 1) {
        if (xs_json_is(&key, "docid")) XS_TRY(xs_json_string(j, &r->imp->line, &name, err));
        else if (xs_json_is(&key, "start_token")) XS_TRY(xs_json_double(j, &begin, err));
        else if (xs_json_is(&key, "end_token")) XS_TRY(xs_json_double(j, &end, err));
        else if (xs_json_is(&key, "text") && xs_json_peek(j) == '"') XS_TRY(xs_json_string(j, &r->imp->line, &said, err));
        else XS_TRY(xs_json_skip(j, NULL, err));
    }
    if (rc < 0) return rc;
    if (!name.length) return xs_json_fail(j, err, "an evidence needs docid, start_token and end_token");
    XS_TRY(find_document(r, name, &d, err));
    XS_TRY(scores_of(r, name, r->document[d].n, &scores, err));
    if (!(begin >= 0 && begin <= end && end <= (double)r->document[d].n)) return xs_json_fail(j, err, "an evidence does not lie in its document");
    if (said.text && begin < end && !says(said, r->document[d].token + (size_t)begin, (size_t)end - (size_t)begin)) { // empty ones are in ERASER's own files
        char quoted[64];
        const char *text = xs_arena_strndup(&r->imp->line, said.text, said.length);
        if (!text) return xs_nomem(err);
        return xs_json_fail(j, err, "tokens %.0f to %.0f of '%.60s' are not \"%s\"; these are evidences of other documents", begin, end, r->names.text[d],
                            xs_printable(quoted, sizeof quoted, text));
    }
    for (size_t i = (size_t)begin; i < (size_t)end; i++) scores[i] = 1;
    return XSNR_OK;
}

// [[evidence, …], …]: any group is enough for the answer; all are marked.
static int read_evidences(reader *r, xsnr_error *err) {
    int rc, inner;
    XS_TRY(xs_json_enter(&r->json, '[', err));
    while ((rc = xs_json_item(&r->json, err)) == 1) {
        XS_TRY(xs_json_enter(&r->json, '[', err));
        while ((inner = xs_json_item(&r->json, err)) == 1) XS_TRY(read_evidence(r, err));
        if (inner < 0) return inner;
    }
    return rc;
}

// The file's name is the model's, with %XX for what is no letter or digit, as `xsnr export` writes it.
static int model_of(reader *r, uint32_t family, uint32_t *out, xsnr_error *err) {
    xs_json_span stem = xs_import_stem(r->imp);
    char *name = xs_arena_strndup(&r->imp->line, stem.text, stem.length);
    unsigned byte;
    size_t n = 0;
    if (!name) return xs_nomem(err);
    for (size_t i = 0; i < stem.length; i++) {
        bool code = stem.text[i] == '%' && strspn(stem.text + i + 1, "0123456789ABCDEF") >= 2 && sscanf(stem.text + i + 1, "%2X", &byte) == 1 && byte;
        name[n++] = code ? (char)byte : stem.text[i];
        i += code ? 2 : 0;
    }
    return xs_import_model_of(r->imp, family, (xs_json_span){name, n}, out, err);
}

static int put_document(reader *r, uint32_t k, bool annotated, xsnr_error *err) {
    xs_importer *imp = r->imp;
    xs_import_row row = xs_import_empty_row();
    xs_json_span name = {r->told.text[k], r->told.length[k]}, id = r->annotation;
    uint32_t d;
    XS_TRY(find_document(r, name, &d, err));
    xs_str composed = {0};
    if (id.length != name.length || memcmp(id.text, name.text, id.length) != 0) {
        xs_str_append(&composed, id.text, id.length);
        xs_str_put(&composed, "/");
        if (xs_str_append(&composed, name.text, name.length)) return xs_str_free(&composed), xs_nomem(err);
        id = (xs_json_span){composed.data, composed.length};
    }
    int rc = xs_import_text_of(imp, id, r->line, &row.text, err);
    xs_str_free(&composed);
    XS_TRY(rc);
    XS_TRY(xs_import_family(imp, (xs_json_span){NULL, 0}, &row.family, err));
    XS_TRY(xs_import_explainer(imp, (xs_json_span){NULL, 0}, &row.explainer, err));
    XS_TRY(model_of(r, row.family, &row.model, err));
    if (r->class.text) XS_TRY(xs_import_class(imp, r->class, annotated ? &row.label : &row.prediction, err));
    if (annotated) row.target = row.label;
    row.line = r->line;
    row.scores = r->scores[k];
    row.n_scores = r->n_scores[k];
    row.lost = r->lost;
    xs_import_cut cut = {.text = row.text, .family = row.family, .n = r->document[d].n, .token = r->document[d].token, .words = true,
                         .file = r->path, .line = r->line, .raw = {{r->names.text[d], r->names.length[d]}}};
    row.tokens = xs_import_known(imp, row.text, row.family, cut.raw);
    if (row.tokens == XS_NOT_INTERNED) XS_TRY(xs_import_tokens(imp, &cut, &row.tokens, err));
    return xs_import_add(imp, &row, err);
}

static int read_line(reader *r, const char *line, size_t length, xsnr_error *err) {
    xs_json *j = &r->json;
    xs_json_span key;
    bool annotated = false;
    int rc;
    r->lost = false;
    r->annotation = r->class = (xs_json_span){NULL, 0};
    xs_json_open(j, line, length, r->path, r->line);
    XS_TRY(xs_json_enter(j, '{', err));
    while ((rc = xs_json_member(j, &r->imp->line, &key, err)) == 1) {
        if (xs_json_is(&key, "annotation_id")) XS_TRY(xs_json_string(j, &r->imp->line, &r->annotation, err));
        else if (xs_json_is(&key, "classification") && xs_json_peek(j) == '"') XS_TRY(xs_json_string(j, &r->imp->line, &r->class, err));
        else if (xs_json_is(&key, "rationales")) XS_TRY(read_rationales(r, err));
        else if (xs_json_is(&key, "evidences")) annotated = true, rc = read_evidences(r, err);
        else XS_TRY(xs_json_skip(j, NULL, err));
        if (rc < 0) return rc;
    }
    if (rc < 0) return rc;
    XS_TRY(xs_json_close(j, err));
    if (!r->annotation.length) return xs_fail_at(err, XSNR_ERR_DATA, r->path, r->line, "\"annotation_id\" is missing");
    for (uint32_t k = 0; k < r->told.count; k++) XS_TRY(put_document(r, k, annotated, err));
    return XSNR_OK;
}

static int read_lines(reader *r, xsnr_error *err) {
    xs_source source;
    char *line;
    size_t length;
    XS_TRY(find_documents(r, err));
    r->scores = XS_ARENA_ARRAY(&r->imp->arena, float *, MOST_DOCUMENTS);
    r->n_scores = XS_ARENA_ARRAY(&r->imp->arena, size_t, MOST_DOCUMENTS);
    if (!r->scores || !r->n_scores) return xs_nomem(err);
    XS_TRY(xs_source_open(r->path, &source, err));
    int rc = XSNR_OK;
    while (rc >= 0 && (rc = xs_source_line(&source, false, &line, &length, err)) == 1) {
        xs_arena_mark mark = xs_arena_save(&r->imp->line);
        r->line = source.line;
        if (strspn(line, " \t\r") < length) rc = read_line(r, line, length, err);
        xs_intern_free(&r->told);
        xs_arena_rewind(&r->imp->line, mark);
    }
    xs_source_close(&source);
    return rc;
}

int xs_import_eraser(xs_importer *imp, const char *path, xsnr_error *err) {
    reader r = {.imp = imp, .path = path};
    int rc = read_lines(&r, err);
    xs_intern_free(&r.names);
    xs_intern_free(&r.told);
    xs_free(r.document);
    xs_free(r.docs);
    return rc;
}
