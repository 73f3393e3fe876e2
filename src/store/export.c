// What is exported; see export.h.  How: export_text.c, export_npz.c and export_eraser.c.
#include "store/export.h"
#include "store/exporter.h"
#include <jansson.h>
#include <string.h>

static const struct {
    const char *name;
    int (*write)(xs_export *e, const char *path, xsnr_error *err);
} formats[] = {{"jsonl", xs_export_jsonl}, {"csv", xs_export_csv}, {"npz", xs_export_npz}, {"eraser", xs_export_eraser}};
enum { N_FORMATS = sizeof formats / sizeof *formats };

size_t xs_export_model(const xs_export_pair *pair, size_t from, uint32_t index) {
    while (from < pair->n_models && pair->models[from].index < index) from++;
    return from < pair->n_models && pair->models[from].index == index ? from : pair->n_models;
}

static int predict(xs_export *e, xs_export_pair *pair, xsnr_error *err) {
    size_t classes = (size_t)e->n_labels;
    if (pair->n_models && e->n_texts > SIZE_MAX / sizeof(int) / pair->n_models) return xs_nomem(err);
    pair->predictions = XS_ARENA_ARRAY(&e->arena, int, pair->n_models * e->n_texts);
    if (!pair->predictions) return xs_nomem(err);
    for (size_t m = 0; m < pair->n_models; m++) {
        const xs_store_model *model = &pair->models[m];
        bool known = e->predictions_told && classes && model->n_explain_logits == e->n_texts * classes;
        for (size_t t = 0; t < e->n_texts; t++) {
            const float *logits = known ? model->explain_logits + t * classes : NULL;
            int best = known ? 0 : -1;
            for (size_t c = 1; known && c < classes; c++)
                if (logits[c] > logits[best]) best = (int)c;
            pair->predictions[m * e->n_texts + t] = best;
        }
    }
    return XSNR_OK;
}

// The names of imported models, in the family's settings.
static int name_models(xs_export *e, xs_export_pair *pair, xsnr_error *err) {
    json_t *settings = json_loads(pair->family->settings, 0, NULL), *names = json_object_get(settings, "model_names");
    int rc = XSNR_OK;
    if (json_is_array(names)) {
        pair->model_names = XS_ARENA_ARRAY(&e->arena, const char *, pair->n_models);
        if (!pair->model_names) rc = xs_nomem(err);
    }
    for (size_t m = 0; rc == XSNR_OK && pair->model_names && m < pair->n_models; m++) {
        const char *name = json_string_value(json_array_get(names, pair->models[m].index));
        if (!name) rc = xs_fail(err, XSNR_ERR_CORRUPT, "family '%s' has no name for its model %u", pair->family->name, pair->models[m].index);
        else if (!(pair->model_names[m] = xs_arena_strdup(&e->arena, name))) rc = xs_nomem(err);
    }
    json_decref(settings);
    return rc;
}

static int add_family(xs_export *e, const xs_store_family *family, const char *explainer, xs_export_pair **room,
                      xsnr_error *err) {
    xs_export_pair pair = {.family = family};
    const char **names;
    size_t n_names, n;
    XS_TRY(xs_store_explainers(e->store, family->id, &e->arena, &names, &n_names, err));
    XS_TRY(xs_store_models(e->store, family->id, XS_LOGITS_EXPLAIN, &e->arena, &pair.models, &n, err));
    for (size_t m = 0; m < n; m++)
        if (!pair.models[m].failure) pair.models[pair.n_models++] = pair.models[m];
    XS_TRY(predict(e, &pair, err));
    XS_TRY(name_models(e, &pair, err));
    *room = XS_ARENA_ARRAY(&e->arena, xs_export_pair, e->n_pairs + n_names);
    if (!*room) return xs_nomem(err);
    if (e->n_pairs) memcpy(*room, e->pairs, e->n_pairs * sizeof pair);
    for (size_t k = 0; k < n_names; k++) {
        if (explainer && strcmp(names[k], explainer) != 0) continue;
        pair.explainer = names[k];
        (*room)[e->n_pairs++] = pair;
    }
    e->pairs = *room;
    return XSNR_OK;
}

static int load(xs_export *e, const xs_export_choice *choice, const char *path, xsnr_error *err) {
    xs_store_family *families;
    xs_export_pair *room;
    size_t n;
    bool known = !choice->family;
    const char *predictions, *seeds;
    XS_TRY(xs_store_fact(e->store, "import.predictions", &e->arena, &predictions, err));
    XS_TRY(xs_store_fact(e->store, "import.seeds", &e->arena, &seeds, err));
    e->predictions_told = !predictions || strcmp(predictions, "given") == 0;
    e->seeds_told = !seeds || strcmp(seeds, "given") == 0;
    XS_TRY(xs_store_labels(e->store, &e->arena, &e->labels, &e->n_labels, err));
    XS_TRY(xs_store_texts(e->store, &e->arena, &e->texts, &e->n_texts, err));
    XS_TRY(xs_store_families(e->store, &e->arena, &families, &n, err));
    for (size_t f = 0; f < n; f++) {
        if (choice->family && strcmp(families[f].name, choice->family) != 0) continue;
        known = true;
        XS_TRY(add_family(e, &families[f], choice->explainer, &room, err));
    }
    if (!known) return xs_fail(err, XSNR_ERR_NOT_FOUND, "the study has no family '%s'", choice->family);
    if (e->n_pairs) return XSNR_OK;
    if (choice->explainer)
        return xs_fail(err, XSNR_ERR_NOT_FOUND, "the study has no explanations by '%s'", choice->explainer);
    return xs_fail(err, XSNR_ERR_NOT_FOUND, "there is nothing to write to %s: the study has no explanations yet", path);
}

int xs_store_export(xs_store *store, const char *format, const xs_export_choice *choice, const char *path,
                    xsnr_error *err) {
    static const xs_export_choice everything = {0};
    size_t i = 0;
    while (i < N_FORMATS && strcmp(formats[i].name, format) != 0) i++;
    if (i == N_FORMATS)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "unknown format '%s'; jsonl, csv, npz and eraser are written", format);
    xs_export e = {.store = store};
    int rc = load(&e, choice ? choice : &everything, path, err);
    if (rc == XSNR_OK) rc = formats[i].write(&e, path, err);
    xs_arena_free(&e.arena);
    return rc;
}
