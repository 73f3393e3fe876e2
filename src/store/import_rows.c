// Rows as they arrive: names become numbers, tokenisations are kept once, scores go to the temporary file.
#include "base/alloc.h"
#include "store/importer.h"
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ------------------------------------------------------------ names */

static int add_name(xs_importer *imp, xs_intern *table, xs_json_span name, const char *what, uint32_t limit,
                    uint32_t *out, xsnr_error *err) {
    if (!name.length || memchr(name.text, '\0', name.length))
        return xs_fail_at(err, XSNR_ERR_DATA, imp->files[imp->file], 0, "%s has an empty name", what);
    if (name.length > 4096)
        return xs_fail_at(err, XSNR_ERR_DATA, imp->files[imp->file], 0, "%s has a name of %zu bytes; at most 4096", what,
                          name.length);
    *out = xs_intern_add(table, name.text, name.length);
    if (*out == XS_NOT_INTERNED) return xs_nomem(err);
    if (*out < limit) return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_DATA, imp->files[imp->file], 0, "more than %" PRIu32 " different names: %s", limit, what);
}

// Room for item n of an array that doubles.
static int reserve(void *array, size_t *capacity, size_t n, size_t size, xsnr_error *err) {
    if (n < *capacity) return XSNR_OK;
    size_t want = *capacity ? 2 * *capacity : 64;
    void *more = xs_realloc_array(*(void **)array, want, size);
    if (!more) return xs_nomem(err);
    *(void **)array = more;
    *capacity = want;
    return XSNR_OK;
}

static xs_json_span fallback(xs_json_span name, const char *given) {
    if (name.text) return name;
    if (!given) given = "imported";
    return (xs_json_span){given, strlen(given)};
}

int xs_import_family(xs_importer *imp, xs_json_span name, uint32_t *out, xsnr_error *err) {
    return add_name(imp, &imp->family_names, fallback(name, imp->options->family), "a family", 4096, out, err);
}

int xs_import_explainer(xs_importer *imp, xs_json_span name, uint32_t *out, xsnr_error *err) {
    return add_name(imp, &imp->explainer_names, fallback(name, imp->options->explainer), "an explainer",
                    1u << XS_KEY_EXPLAINER, out, err);
}

int xs_import_class(xs_importer *imp, xs_json_span name, int *out, xsnr_error *err) {
    uint32_t class;
    XS_TRY(add_name(imp, &imp->class_names, name, "a class", 10000, &class, err));
    *out = (int)class;
    return XSNR_OK;
}

int xs_import_text_of(xs_importer *imp, xs_json_span name, long line, uint32_t *out, xsnr_error *err) {
    uint32_t before = imp->text_names.count;
    int rc = add_name(imp, &imp->text_names, name, "a text", 1u << XS_KEY_TEXT, out, err);
    if (rc < 0 && err && err->file[0]) err->line = line;
    if (rc < 0 || *out < before) return rc;
    XS_TRY(reserve(&imp->texts, &imp->texts_capacity, *out, sizeof *imp->texts, err));
    imp->texts[*out] = (xs_import_text){.label = -1, .tokens = XS_NOT_INTERNED};
    return XSNR_OK;
}

// A name that is a number up to 99999, written as numbers are, or −1.
static int64_t number_of(xs_json_span name) {
    int64_t n = 0;
    if (name.length > 5 || (name.length > 1 && name.text[0] == '0')) return -1;
    for (size_t i = 0; i < name.length; i++) {
        if (name.text[i] < '0' || name.text[i] > '9') return -1;
        n = 10 * n + (name.text[i] - '0');
    }
    return n;
}

// Models of two families may have the same name: the family's number comes first.
int xs_import_model_of(xs_importer *imp, uint32_t family, xs_json_span name, uint32_t *out, xsnr_error *err) {
    char prefix[16];
    int n = snprintf(prefix, sizeof prefix, "%" PRIu32 "/", family);
    uint32_t before = imp->model_names.count;
    if (!name.length) return xs_fail_at(err, XSNR_ERR_DATA, imp->files[imp->file], 0, "a model has an empty name");
    imp->name.length = 0;
    xs_str_append(&imp->name, prefix, (size_t)n);
    if (xs_str_append(&imp->name, name.text, name.length)) return xs_nomem(err);
    XS_TRY(add_name(imp, &imp->model_names, (xs_json_span){imp->name.data, imp->name.length}, "a model",
                    1u << XS_KEY_MODEL, out, err));
    if (*out < before) return XSNR_OK;
    XS_TRY(reserve(&imp->models, &imp->models_capacity, *out, sizeof *imp->models, err));
    imp->models[*out] = (xs_import_model){.family = family, .name = imp->model_names.text[*out] + n, .number = number_of(name)};
    return XSNR_OK;
}

xs_json_span xs_import_stem(const xs_importer *imp) {
    const char *path = imp->files[imp->file], *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t n = strcspn(name + 1, ".") + 1;
    return (xs_json_span){name, *name ? n : 0};
}

/* ------------------------------------------------------------ tokenisations */

static bool same_span(const xs_json_span *a, const xs_json_span *b) {
    return a->length == b->length && (!a->length || memcmp(a->text, b->text, a->length) == 0);
}

uint32_t xs_import_known(const xs_importer *imp, uint32_t text, uint32_t family, const xs_json_span raw[XS_SPANS]) {
    uint32_t k = imp->texts[text].tokens;
    for (; k != XS_NOT_INTERNED; k = imp->tokens[k].next) {
        const xs_import_cut *t = &imp->tokens[k];
        bool same = t->family == family;
        for (int i = 0; same && i < XS_SPANS; i++) same = same_span(&t->raw[i], &raw[i]);
        if (same) break;
    }
    return k;
}

static int copy_span(xs_importer *imp, const xs_json_span *from, xs_json_span *to, xsnr_error *err) {
    char *copy = from->text ? xs_arena_strndup(&imp->arena, from->text, from->length) : NULL;
    if (from->text && !copy) return xs_nomem(err);
    *to = (xs_json_span){copy, from->length};
    return XSNR_OK;
}

int xs_import_tokens(xs_importer *imp, const xs_import_cut *given, uint32_t *out, xsnr_error *err) {
    XS_TRY(reserve(&imp->tokens, &imp->tokens_capacity, imp->n_tokens, sizeof *imp->tokens, err));
    xs_import_cut kept = *given;
    xs_json_span *token = XS_ARENA_ARRAY(&imp->arena, xs_json_span, given->n);
    uint32_t *offsets = given->offsets ? XS_ARENA_ARRAY(&imp->arena, uint32_t, 2 * given->n) : NULL;
    if (!token || (given->offsets && !offsets)) return xs_nomem(err);
    for (int i = 0; i < XS_SPANS; i++) XS_TRY(copy_span(imp, &given->raw[i], &kept.raw[i], err));
    for (size_t i = 0; i < given->n; i++) XS_TRY(copy_span(imp, &given->token[i], &token[i], err));
    if (offsets) memcpy(offsets, given->offsets, 2 * given->n * sizeof *offsets);
    if (given->content && !(kept.content = xs_arena_strdup(&imp->arena, given->content))) return xs_nomem(err);
    kept.token = token;
    kept.offsets = offsets;
    kept.next = XS_NOT_INTERNED;
    *out = (uint32_t)imp->n_tokens;
    uint32_t *link = &imp->texts[given->text].tokens;
    while (*link != XS_NOT_INTERNED) link = &imp->tokens[*link].next;
    *link = *out; // at the end: the first stays the first
    imp->tokens[imp->n_tokens++] = kept;
    return XSNR_OK;
}

/* ------------------------------------------------------------ rows */

xs_import_row xs_import_empty_row(void) {
    return (xs_import_row){.label = -1, .prediction = -1, .target = -1, .gap = NAN, .unattributed = NAN,
                           .standard_error = NAN, .outside = NAN};
}

static int fail_row(const xs_importer *imp, const xs_import_row *row, xsnr_error *err, const char *what, const char *before,
                    const char *now) {
    char text[64], a[64], b[64];
    return xs_fail_at(err, XSNR_ERR_DATA, imp->files[imp->file], row->line, "text '%s': %s was '%s' before and is '%s' here",
                      xs_printable(text, sizeof text, imp->text_names.text[row->text]), what, xs_printable(a, sizeof a, before),
                      xs_printable(b, sizeof b, now));
}

static int settle_text(xs_importer *imp, const xs_import_row *row, xsnr_error *err) {
    xs_import_text *text = &imp->texts[row->text];
    if (!text->split) text->split = row->split;
    if (row->split && strcmp(text->split, row->split) != 0) return fail_row(imp, row, err, "the split", text->split, row->split);
    if (text->label < 0) text->label = row->label;
    if (row->label >= 0 && text->label != row->label)
        return fail_row(imp, row, err, "the label", imp->class_names.text[text->label], imp->class_names.text[row->label]);
    return XSNR_OK;
}

static int settle_model(xs_importer *imp, const xs_import_row *row, xsnr_error *err) {
    xs_import_model *m = &imp->models[row->model];
    if (!row->has_seeds) return XSNR_OK;
    if (m->has_seeds && memcmp(&m->seeds, &row->seeds, sizeof m->seeds) != 0)
        return xs_fail_at(err, XSNR_ERR_DATA, imp->files[imp->file], row->line, "model '%.100s' had other seeds before", m->name);
    m->has_seeds = true;
    m->seeds = row->seeds;
    return XSNR_OK;
}

// Scores beyond the tokens are padding, if they are zero; the number of tokens is what counts.
static int check_length(xs_importer *imp, const xs_import_row *row, xsnr_error *err) {
    size_t n = imp->tokens[row->tokens].n, i = n;
    char text[64];
    while (i < row->n_scores && row->scores[i] == 0) i++;
    if (row->n_scores >= n && i == row->n_scores) return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_DATA, imp->files[imp->file], row->line, "text '%s': %zu scores for %zu tokens%s",
                      xs_printable(text, sizeof text, imp->text_names.text[row->text]), row->n_scores, n,
                      row->n_scores > n ? "; beyond the tokens only zeros may follow, as padding" : "");
}

// Below the normal floats there are few digits, and then none: such scores would become others, or 0, and look the same.
static int check_scale(const xs_importer *imp, const xs_import_row *row, xsnr_error *err) {
    bool any = row->lost;
    char text[64];
    for (size_t i = 0; i < row->n_scores; i++) {
        float size = fabsf(row->scores[i]);
        if (size >= FLT_MIN) return XSNR_OK;
        any = any || size > 0;
    }
    if (!any) return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_DATA, imp->files[imp->file], row->line,
                      "text '%s': all scores are nearer to 0 than a float32 tells apart (%.1e); multiply those of all models by the same number",
                      xs_printable(text, sizeof text, imp->text_names.text[row->text]), (double)FLT_MIN);
}

int xs_import_add(xs_importer *imp, const xs_import_row *row, xsnr_error *err) {
    XS_TRY(settle_text(imp, row, err));
    XS_TRY(settle_model(imp, row, err));
    XS_TRY(check_length(imp, row, err));
    XS_TRY(check_scale(imp, row, err));
    XS_TRY(reserve(&imp->keys, &imp->keys_capacity, imp->n_keys, sizeof *imp->keys, err));
    xs_import_record record = {.tokens = row->tokens, .n_scores = (uint32_t)imp->tokens[row->tokens].n,
                               .file = (uint32_t)imp->file, .has_seed = row->has_seed,
                               .target = row->target >= 0 ? row->target : row->prediction, .prediction = row->prediction,
                               .line = row->line, .seed = row->seed, .gap = row->gap, .unattributed = row->unattributed,
                               .standard_error = row->standard_error, .outside = row->outside};
    imp->keys[imp->n_keys++] = (xs_import_key){(uint64_t)row->model << (XS_KEY_EXPLAINER + XS_KEY_TEXT) |
                                                   (uint64_t)row->explainer << XS_KEY_TEXT | row->text,
                                               imp->rows_size};
    if (record.prediction >= 0) imp->any_prediction = true;
    if (record.target >= 0) imp->any_target = true;
    size_t size = record.n_scores * sizeof *row->scores;
    if (fwrite_unlocked(&record, sizeof record, 1, imp->rows) != 1 || (size && fwrite_unlocked(row->scores, size, 1, imp->rows) != 1))
        return xs_fail_errno(err, "write the scores of", imp->files[imp->file]);
    imp->rows_size += sizeof record + size;
    return XSNR_OK;
}
