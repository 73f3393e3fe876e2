// Explanations as arrays in one .npz (docs/formats.md).
//
// Texts lie side by side in the columns of `scores` (models, total words); `lengths` says where each ends.  The
// arrays of several families or explainers are told apart by names that begin with FAMILY/EXPLAINER/.
#include "store/exporter.h"
#include "store/npy.h"
#include <math.h>
#include <string.h>

static int add_numbers(xs_npz *npz, const char *name, const char *dtype, int rank, const size_t *shape,
                       const double *data, xsnr_error *err) {
    xs_str npy = {0};
    int rc = xs_npy_format(dtype, rank, shape, data, &npy, err);
    if (rc == XSNR_OK) rc = xs_npz_add(npz, name, npy.data, npy.length, err);
    xs_str_free(&npy);
    return rc;
}

static int add_texts(xs_npz *npz, const char *name, const char *const *texts, size_t n, xsnr_error *err) {
    xs_str npy = {0};
    int rc = xs_npy_format_text(texts, n, &npy, err);
    if (rc == XSNR_OK) rc = xs_npz_add(npz, name, npy.data, npy.length, err);
    xs_str_free(&npy);
    return rc;
}

static size_t total_words(const xs_export *e) {
    size_t words = 0;
    for (size_t t = 0; t < e->n_texts; t++) words += e->texts[t].n_words;
    return words;
}

static int add_study(xs_export *e, xs_npz *npz, xsnr_error *err) {
    size_t n = e->n_texts, words = total_words(e), column = 0;
    double *lengths = XS_ARENA_ARRAY(&e->arena, double, n), *labels = XS_ARENA_ARRAY(&e->arena, double, n);
    double *offsets = XS_ARENA_ARRAY(&e->arena, double, 2 * words);
    const char **names = XS_ARENA_ARRAY(&e->arena, const char *, n);
    const char **contents = XS_ARENA_ARRAY(&e->arena, const char *, n), **splits = XS_ARENA_ARRAY(&e->arena, const char *, n);
    const char **spelled = XS_ARENA_ARRAY(&e->arena, const char *, words);
    if (!lengths || !labels || !offsets || !names || !spelled || !contents || !splits) return xs_nomem(err);
    for (size_t t = 0; t < n; t++) {
        const xs_store_text *text = &e->texts[t];
        lengths[t] = (double)text->n_words;
        labels[t] = text->label;
        names[t] = text->name;
        contents[t] = text->text;
        splits[t] = text->split;
        for (size_t w = 0; w < text->n_words; w++, column++) {
            spelled[column] = text->words[w].text;
            offsets[2 * column] = text->words[w].start;
            offsets[2 * column + 1] = text->words[w].end;
        }
    }
    if (e->n_pairs == 1) { // else the arrays' names say it
        XS_TRY(add_texts(npz, "family", &e->pairs->family->name, 1, err));
        XS_TRY(add_texts(npz, "explainer", &e->pairs->explainer, 1, err));
    }
    XS_TRY(add_numbers(npz, "lengths", "<i8", 1, &n, lengths, err));
    XS_TRY(add_texts(npz, "texts", names, n, err));
    XS_TRY(add_texts(npz, "contents", contents, n, err));
    XS_TRY(add_texts(npz, "splits", splits, n, err));
    XS_TRY(add_texts(npz, "words", spelled, words, err));
    XS_TRY(add_numbers(npz, "offsets", "<i8", 2, (size_t[]){words, 2}, offsets, err));
    XS_TRY(add_numbers(npz, "labels", "<i8", 1, &n, labels, err));
    return add_texts(npz, "classes", e->labels, (size_t)e->n_labels, err);
}

/* ------------------------------------------------------------ one family, one explainer */

typedef struct arrays {
    size_t n_models, n_texts, words;
    double *scores;               // (models, words) NaN: not explained
    double *targets, *predictions; // (models, texts) −1: not known
    double *models;               // (models)
} arrays;

static int make_arrays(xs_export *e, const xs_export_pair *pair, arrays *a, xsnr_error *err) {
    size_t cells;
    *a = (arrays){.n_models = pair->n_models, .n_texts = e->n_texts, .words = total_words(e)};
    if (__builtin_mul_overflow(a->n_models, a->words, &cells)) return xs_nomem(err);
    a->scores = XS_ARENA_ARRAY(&e->arena, double, cells);
    a->targets = XS_ARENA_ARRAY(&e->arena, double, a->n_models * a->n_texts);
    a->predictions = XS_ARENA_ARRAY(&e->arena, double, a->n_models * a->n_texts);
    a->models = XS_ARENA_ARRAY(&e->arena, double, a->n_models);
    if (!a->scores || !a->targets || !a->predictions || !a->models) return xs_nomem(err);
    for (size_t i = 0; i < cells; i++) a->scores[i] = NAN;
    for (size_t m = 0; m < a->n_models; m++) a->models[m] = pair->models[m].index;
    for (size_t i = 0; i < a->n_models * a->n_texts; i++) {
        a->targets[i] = -1;
        a->predictions[i] = pair->predictions[i];
    }
    return XSNR_OK;
}

static int fill_text(xs_export *e, const xs_export_pair *pair, size_t t, size_t column, arrays *a, xsnr_error *err) {
    xs_store_scores s;
    xs_arena_mark mark = xs_arena_save(&e->arena);
    XS_TRY(xs_store_scores_of(e->store, pair->family->id, pair->explainer, e->texts[t].id, &e->arena, &s, err));
    size_t m = 0;
    for (size_t i = 0; i < s.models; i++) {
        size_t found = xs_export_model(pair, m, s.model[i]);
        if (found == pair->n_models) continue;
        m = found;
        a->targets[m * a->n_texts + t] = s.target[i];
        if (s.words) memcpy(a->scores + m * a->words + column, s.scores + i * s.words, s.words * sizeof *s.scores);
    }
    xs_arena_rewind(&e->arena, mark);
    return XSNR_OK;
}

// Names of a pair's arrays begin with it, if there are several.
static int pair_name(const xs_export *e, const xs_export_pair *pair, const char *name, xs_str *out, xsnr_error *err) {
    if (e->n_pairs > 1) xs_str_printf(out, "%s/%s/", pair->family->name, pair->explainer);
    xs_str_put(out, name);
    return xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}

static int add_pair(xs_export *e, const xs_export_pair *pair, xs_npz *npz, xsnr_error *err) {
    arrays a;
    XS_TRY(make_arrays(e, pair, &a, err));
    for (size_t t = 0, column = 0; t < e->n_texts; column += e->texts[t++].n_words)
        XS_TRY(fill_text(e, pair, t, column, &a, err));
    const struct {
        const char *name, *dtype;
        int rank;
        size_t columns;
        const double *data;
    } members[] = {{"scores", "<f4", 2, a.words, a.scores},
                   {"models", "<i8", 1, 0, a.models},
                   {"targets", "<i8", 2, a.n_texts, a.targets},
                   {"predictions", "<i8", 2, a.n_texts, a.predictions}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        xs_str name = {0};
        int rc = pair_name(e, pair, members[i].name, &name, err);
        if (rc == XSNR_OK)
            rc = add_numbers(npz, name.data, members[i].dtype, members[i].rank, (size_t[]){a.n_models, members[i].columns},
                             members[i].data, err);
        xs_str_free(&name);
        XS_TRY(rc);
    }
    if (!pair->model_names) return XSNR_OK;
    xs_str name = {0};
    int rc = pair_name(e, pair, "model_names", &name, err);
    if (rc == XSNR_OK) rc = add_texts(npz, name.data, pair->model_names, pair->n_models, err);
    xs_str_free(&name);
    return rc;
}

int xs_export_npz(xs_export *e, const char *path, xsnr_error *err) {
    xs_npz *npz;
    XS_TRY(xs_npz_new(&npz, err));
    int rc = add_study(e, npz, err);
    for (size_t p = 0; p < e->n_pairs && rc == XSNR_OK; p++) {
        xs_arena_mark mark = xs_arena_save(&e->arena);
        rc = add_pair(e, &e->pairs[p], npz, err);
        xs_arena_rewind(&e->arena, mark);
    }
    if (rc == XSNR_OK) rc = xs_npz_write(npz, path, err);
    xs_npz_free(npz);
    return rc;
}
