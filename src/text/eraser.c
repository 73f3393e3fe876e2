// Annotations and their documents as a table of texts; see eraser.h.
#include "text/eraser.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/intern.h"
#include "text/json_lines.h"
#include "text/utf8.h"
#include <string.h>
#include <sys/stat.h>

typedef struct reader {
    const char *path;
    char *documents;   // docs.jsonl, or the folder
    bool folder;
    xs_intern names;   // of the documents of docs.jsonl
    xs_cell *document; // (names.count)
    size_t capacity;
    xs_table *table;
} reader;

/* ------------------------------------------------------------ documents */

// Keeps a document in the table's arena, without the line breaks at its end.
static int keep(reader *r, const char *text, size_t length, long line, xs_cell *out, xsnr_error *err) {
    while (length && strchr("\r\n", text[length - 1])) length--;
    XS_TRY(xs_table_check_length(r->documents, line, "document", length, err));
    out->text = xs_arena_strndup(&r->table->arena, text, length);
    out->length = length;
    return out->text ? XSNR_OK : xs_nomem(err);
}

static int add_document(void *context, json_t *object, long line, xsnr_error *err) {
    reader *r = context;
    json_t *name = json_object_get(object, "docid"), *text = json_object_get(object, "document");
    if (!json_is_string(name) || !json_is_string(text))
        return xs_fail_at(err, XSNR_ERR_DATA, r->documents, line, "a document has a docid and a document, both of them strings");
    uint32_t before = r->names.count, k = xs_intern_add(&r->names, json_string_value(name), json_string_length(name));
    if (k == XS_NOT_INTERNED) return xs_nomem(err);
    if (k != before) return xs_fail_at(err, XSNR_ERR_DATA, r->documents, line, "document '%.60s' stands twice", json_string_value(name));
    if (k == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 64;
        xs_cell *more = xs_realloc_array(r->document, capacity, sizeof *more);
        if (!more) return xs_nomem(err);
        r->document = more;
        r->capacity = capacity;
    }
    return keep(r, json_string_value(text), json_string_length(text), line, &r->document[k], err);
}

// A document's name is that of a file, and no way out of the folder.
static int read_document(reader *r, const char *name, long line, xs_cell *out, xsnr_error *err) {
    char shown[64];
    xs_printable(shown, sizeof shown, name);
    if (!*name || strlen(name) > 255 || name[0] == '.' || strchr(name, '/'))
        return xs_fail_at(err, XSNR_ERR_DATA, r->path, line, "document '%s' is no name of a file in %s", shown, r->documents);
    xs_str path = {0};
    xs_str_printf(&path, "%s/%s", r->documents, name);
    char *text = NULL;
    size_t size = 0;
    int rc = xs_str_failed(&path) ? xs_nomem(err) : xs_file_read(path.data, &text, &size, err);
    if (rc == XSNR_OK) rc = xs_utf8_require(text, size, path.data, err);
    if (rc == XSNR_OK) rc = keep(r, text, size, 0, out, err);
    xs_free(text);
    xs_str_free(&path);
    return rc;
}

static int find_document(reader *r, const char *name, long line, xs_cell *out, xsnr_error *err) {
    if (r->folder) return read_document(r, name, line, out, err);
    uint32_t k = xs_intern_find(&r->names, name, strlen(name));
    if (k == XS_NOT_INTERNED)
        return xs_fail_at(err, XSNR_ERR_DATA, r->path, line, "document '%.60s' is not in %s", name, r->documents);
    *out = r->document[k];
    return XSNR_OK;
}

static int find_documents(reader *r, const char *given, xsnr_error *err) {
    struct stat info;
    r->documents = given ? xs_strdup(given) : xs_path_beside(r->path, "docs.jsonl");
    if (!r->documents) return xs_nomem(err);
    if (!given && stat(r->documents, &info)) {
        xs_free(r->documents);
        r->documents = xs_path_beside(r->path, "docs");
        if (!r->documents) return xs_nomem(err);
    }
    if (stat(r->documents, &info))
        return given ? xs_fail_errno(err, "open", given)
                     : xs_fail_at(err, XSNR_ERR_IO, r->path, 0,
                                  "the documents are not there: neither docs.jsonl nor docs/ is beside this file; say corpus.docs");
    r->folder = S_ISDIR(info.st_mode);
    return r->folder ? XSNR_OK : xs_json_lines_file(r->documents, "docid", add_document, r, err);
}

/* ------------------------------------------------------------ annotations */

// `*out` becomes `name`, unless it is another name already.
static int settle(const char *name, const char *file, long line, const char **out, xsnr_error *err) {
    if (*out && strcmp(*out, name) != 0)
        return xs_fail_at(err, XSNR_ERR_DATA, file, line, "the annotation is about '%.60s' and '%.60s'; a text is one document", *out, name);
    *out = name;
    return XSNR_OK;
}

int xs_eraser_document(const json_t *annotation, const char *file, long line, const char **out, xsnr_error *err) {
    json_t *evidences = json_object_get(annotation, "evidences"), *group, *evidence, *name;
    size_t i, k;
    *out = NULL;
    json_array_foreach(evidences, i, group) json_array_foreach(group, k, evidence) {
        const char *document = json_string_value(json_object_get(evidence, "docid"));
        if (document) XS_TRY(settle(document, file, line, out, err));
    }
    if (*out) return XSNR_OK;
    json_array_foreach(json_object_get(annotation, "docids"), i, name)
        if (json_is_string(name)) XS_TRY(settle(json_string_value(name), file, line, out, err));
    return XSNR_OK;
}

void xs_eraser_id(const char *annotation, const char *document, xs_str *out) {
    xs_str_put(out, annotation);
    if (document && strcmp(annotation, document) != 0) xs_str_printf(out, "/%s", document);
}

static int add_annotation(void *context, json_t *object, long line, xsnr_error *err) {
    reader *r = context;
    const char *id = json_string_value(json_object_get(object, "annotation_id")), *document;
    json_t *class = json_object_get(object, "classification");
    if (!id || !*id) return xs_fail_at(err, XSNR_ERR_DATA, r->path, line, "\"annotation_id\" is missing");
    if (!json_is_string(class)) return xs_fail_at(err, XSNR_ERR_DATA, r->path, line, "\"classification\" is missing; it is the class");
    XS_TRY(xs_eraser_document(object, r->path, line, &document, err));
    xs_cell *row = xs_table_add_row(r->table, line);
    if (!row) return xs_nomem(err);
    XS_TRY(find_document(r, document ? document : id, line, &row[0], err));
    xs_str name = {0};
    xs_eraser_id(id, document, &name);
    const char *copies[2] = {xs_arena_strdup(&r->table->arena, json_string_value(class)),
                             xs_str_failed(&name) ? NULL : xs_arena_strdup(&r->table->arena, name.data)};
    xs_str_free(&name);
    if (!copies[0] || !copies[1]) return xs_nomem(err);
    row[1] = (xs_cell){copies[0], strlen(copies[0])};
    row[2] = (xs_cell){copies[1], strlen(copies[1])};
    return XSNR_OK;
}

int xs_eraser_read(const char *path, const char *documents, xs_table *out, xsnr_error *err) {
    *out = (xs_table){.columns = 3};
    reader r = {.path = path, .table = out};
    int rc = find_documents(&r, documents, err);
    if (rc == XSNR_OK) rc = xs_json_lines_file(path, "annotation_id", add_annotation, &r, err);
    xs_intern_free(&r.names);
    xs_free(r.document);
    xs_free(r.documents);
    if (rc < 0) xs_table_free(out);
    return rc;
}
