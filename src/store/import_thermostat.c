// Thermostat's JSONL (Feldhus, Schwarzenberg, Möller: "Thermostat: A large collection of NLP model explanations and
// analysis tools", EMNLP 2021 demonstrations): a line a text, as run_explainer.py writes it and its data sets hold it.
//
// A line has token ids, not tokens; a tokenizer names them.  `predictions` are logits, and their largest is explained.
#include "base/alloc.h"
#include "store/importer.h"
#include "store/source.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct reader {
    xs_importer *imp;
    const char *path;
    xs_json json;
    xs_json_span dataset, model, checkpoint, explainer, classes[256];
    size_t n_classes;
    double idx, running, instance, label;
    int predicted; // −1: not told
    bool has_ids, has_scores;
    uint32_t *ids;
    float *scores;
    size_t n_ids, n_scores, ids_capacity, scores_capacity;
    xs_json_span ids_raw;
} reader;

static int grow(void *array, size_t *capacity, size_t size, xsnr_error *err) {
    size_t want = *capacity ? 2 * *capacity : 512;
    void *more = xs_realloc_array(*(void **)array, want, size);
    if (!more) return xs_nomem(err);
    *(void **)array = more;
    *capacity = want;
    return XSNR_OK;
}

static int read_list(reader *r, bool ids, xsnr_error *err) {
    xs_json *j = &r->json;
    size_t *n = ids ? &r->n_ids : &r->n_scores;
    *n = 0;
    XS_TRY(xs_json_enter(j, '[', err));
    for (int rc; (rc = xs_json_item(j, err)) != 0; ++*n) {
        if (rc < 0) return rc;
        double id;
        if (ids) {
            if (*n == r->ids_capacity) XS_TRY(grow(&r->ids, &r->ids_capacity, sizeof *r->ids, err));
            XS_TRY(xs_json_double(j, &id, err));
            if (!(id >= 0 && id < 4294967295.0 && id == floor(id))) return xs_json_fail(j, err, "an id is a whole number from 0");
            r->ids[*n] = (uint32_t)id;
        } else {
            if (*n == r->scores_capacity) XS_TRY(grow(&r->scores, &r->scores_capacity, sizeof *r->scores, err));
            XS_TRY(xs_json_float(j, &r->scores[*n], err));
        }
    }
    return XSNR_OK;
}

static int read_predictions(reader *r, xsnr_error *err) {
    xs_json *j = &r->json;
    double best = -INFINITY, x;
    XS_TRY(xs_json_enter(j, '[', err));
    for (int rc, c = 0; (rc = xs_json_item(j, err)) != 0; c++) {
        if (rc < 0) return rc;
        XS_TRY(xs_json_double(j, &x, err));
        if (x > best) best = x, r->predicted = c;
    }
    return XSNR_OK;
}

static int read_classes(reader *r, xsnr_error *err) {
    xs_json *j = &r->json;
    XS_TRY(xs_json_enter(j, '[', err));
    for (int rc; (rc = xs_json_item(j, err)) != 0;) {
        if (rc < 0) return rc;
        if (r->n_classes == sizeof r->classes / sizeof *r->classes) return xs_json_fail(j, err, "more than 256 classes");
        XS_TRY(xs_json_string(j, &r->imp->line, &r->classes[r->n_classes++], err));
    }
    return XSNR_OK;
}

// dataset, model or explainer: an object with a name, or the name.
static int read_part(reader *r, xs_json_span *name, bool model, bool dataset, xsnr_error *err) {
    xs_json *j = &r->json;
    xs_json_span key;
    if (xs_json_peek(j) == '"') return xs_json_string(j, &r->imp->line, name, err);
    XS_TRY(xs_json_enter(j, '{', err));
    for (int rc; (rc = xs_json_member(j, &r->imp->line, &key, err)) != 0;) {
        if (rc < 0) return rc;
        bool string = xs_json_peek(j) == '"';
        if (xs_json_is(&key, "name") && string) XS_TRY(xs_json_string(j, &r->imp->line, name, err));
        else if (model && xs_json_is(&key, "path_model") && string) XS_TRY(xs_json_string(j, &r->imp->line, &r->checkpoint, err));
        else if (dataset && xs_json_is(&key, "label_names")) XS_TRY(read_classes(r, err));
        else XS_TRY(xs_json_skip(j, NULL, err));
    }
    return XSNR_OK;
}

static int read_member(reader *r, const xs_json_span *key, xsnr_error *err) {
    xs_json *j = &r->json;
    if (xs_json_is(key, "dataset")) return read_part(r, &r->dataset, false, true, err);
    if (xs_json_is(key, "model")) return read_part(r, &r->model, true, false, err);
    if (xs_json_is(key, "explainer")) return read_part(r, &r->explainer, false, false, err);
    if (xs_json_is(key, "idx")) return xs_json_double(j, &r->idx, err);
    if (xs_json_is(key, "index_running")) return xs_json_double(j, &r->running, err);
    if (xs_json_is(key, "instance")) return xs_json_double(j, &r->instance, err);
    if (xs_json_is(key, "label")) return xs_json_double(j, &r->label, err);
    if (xs_json_is(key, "predictions")) return read_predictions(r, err);
    if (xs_json_is(key, "attributions")) return r->has_scores = true, read_list(r, false, err);
    if (!xs_json_is(key, "input_ids")) return xs_json_skip(j, NULL, err);
    r->has_ids = true;
    xs_json_peek(j);
    const char *begin = j->at;
    XS_TRY(read_list(r, true, err));
    r->ids_raw = (xs_json_span){begin, (size_t)(j->at - begin)};
    return XSNR_OK;
}

static int find_class(reader *r, double number, int *class, long line, xsnr_error *err) {
    char name[16];
    if (!(number >= 0 && number < 10000 && number == floor(number)) || (r->n_classes && number >= (double)r->n_classes))
        return xs_fail_at(err, XSNR_ERR_DATA, r->path, line, "%g is no class of this data set", number);
    snprintf(name, sizeof name, "%.0f", number);
    xs_json_span span = r->n_classes ? r->classes[(size_t)number] : (xs_json_span){name, strlen(name)};
    return xs_import_class(r->imp, span, class, err);
}

static int find_tokens(reader *r, xs_import_row *row, xsnr_error *err) {
    const xs_import_options *o = r->imp->options;
    xs_arena *arena = &r->imp->line;
    xs_import_cut cut = {.text = row->text, .family = row->family, .n = r->n_ids, .file = r->path, .line = row->line, .raw = {r->ids_raw}};
    row->tokens = xs_import_known(r->imp, row->text, row->family, cut.raw);
    if (row->tokens != XS_NOT_INTERNED) return XSNR_OK;
    xs_json_span *token = XS_ARENA_ARRAY(arena, xs_json_span, cut.n);
    if (!token) return xs_nomem(err);
    for (size_t i = 0; i < cut.n; i++) {
        char number[16];
        snprintf(number, sizeof number, "%" PRIu32, r->ids[i]);
        const char *name = o->token ? o->token(o->context, r->ids[i]) : xs_arena_strdup(arena, number);
        if (!name && !o->token) return xs_nomem(err);
        if (!name || !*name) return xs_fail_at(err, XSNR_ERR_DATA, r->path, row->line, "the tokenizer has no token %" PRIu32 "; is it the model's?", r->ids[i]);
        token[i] = (xs_json_span){name, strlen(name)};
    }
    cut.token = token;
    return xs_import_tokens(r->imp, &cut, &row->tokens, err);
}

static int read_line(reader *r, const char *line, size_t length, long number, xsnr_error *err) {
    xs_importer *imp = r->imp;
    xs_json_span key;
    r->dataset = r->model = r->checkpoint = r->explainer = (xs_json_span){NULL, 0};
    r->n_classes = 0;
    r->idx = r->running = r->label = NAN;
    r->instance = 0;
    r->predicted = -1;
    r->has_ids = r->has_scores = false;
    xs_json_open(&r->json, line, length, r->path, number);
    XS_TRY(xs_json_enter(&r->json, '{', err));
    for (int rc; (rc = xs_json_member(&r->json, &imp->line, &key, err)) != 0;) {
        if (rc < 0) return rc;
        XS_TRY(read_member(r, &key, err));
    }
    XS_TRY(xs_json_close(&r->json, err));
    if (!r->has_ids || !r->has_scores)
        return xs_fail_at(err, XSNR_ERR_DATA, r->path, number, "a line of thermostat has input_ids and attributions; one is missing here");
    xs_import_row row = xs_import_empty_row();
    row.line = number;
    row.scores = r->scores;
    row.n_scores = r->n_scores;
    row.lost = r->json.lost;
    char id[32]; // of the text: its place in the data set
    double place = !isnan(r->idx) ? r->idx : !isnan(r->running) ? r->running + r->instance : (double)(number - 1);
    snprintf(id, sizeof id, "%.0f", place);
    XS_TRY(xs_import_family(imp, imp->options->family ? (xs_json_span){NULL, 0} : r->model, &row.family, err));
    XS_TRY(xs_import_explainer(imp, r->explainer, &row.explainer, err));
    XS_TRY(xs_import_model_of(imp, row.family, r->checkpoint.length ? r->checkpoint : xs_import_stem(imp), &row.model, err));
    XS_TRY(xs_import_text_of(imp, (xs_json_span){id, strlen(id)}, number, &row.text, err));
    for (size_t c = 0; c < r->n_classes; c++) XS_TRY(xs_import_class(imp, r->classes[c], &(int){0}, err)); // in their order
    if (!isnan(r->label)) XS_TRY(find_class(r, r->label, &row.label, number, err));
    if (r->predicted >= 0) XS_TRY(find_class(r, r->predicted, &row.prediction, number, err));
    if (!imp->options->token)
        xs_import_note(imp, "thermostat names tokens by their ids: without --tokenizer the words are numbers, and [CLS], [SEP] and [PAD] are among them");
    XS_TRY(find_tokens(r, &row, err));
    return xs_import_add(imp, &row, err);
}

int xs_import_thermostat(xs_importer *imp, const char *path, xsnr_error *err) {
    xs_source source;
    char *line;
    size_t length;
    XS_TRY(xs_source_open(path, &source, err));
    reader *r = XS_NEW(reader);
    int rc = r ? XSNR_OK : xs_nomem(err);
    if (r) r->imp = imp, r->path = path;
    while (rc >= 0 && (rc = xs_source_line(&source, false, &line, &length, err)) == 1) {
        xs_arena_mark mark = xs_arena_save(&imp->line);
        if (strspn(line, " \t\r") < length) rc = read_line(r, line, length, source.line, err);
        xs_arena_rewind(&imp->line, mark);
    }
    if (r) {
        xs_free(r->ids);
        xs_free(r->scores);
    }
    xs_free(r);
    xs_source_close(&source);
    return rc;
}
