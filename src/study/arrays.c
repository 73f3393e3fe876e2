// Arrays of scores without a study; see arrays.h.
#include "study/arrays.h"
#include "base/alloc.h"
#include "base/threads.h"
#include "stats/analysis.h"
#include "stats/beyond.h"
#include "store/npz.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct loop {
    const xs_named_scores *arrays;
    const xs_array_options *options;
    xs_text_result *texts;
    xs_arena *workers;
    xs_resamples *resamples; // of each array of a round, or NULL: none asked for
    size_t begun;            // first array of the round
} loop;

static unsigned wanted_of(const xs_array_options *o, xs_scores given) {
    const unsigned slow = XS_STAT_KDE | XS_STAT_MODES | XS_STAT_BOOTSTRAP | XS_STAT_AGREEMENT;
    if (!o->choose) return o->statistics;
    return given.models * given.words > XS_LARGE_ARRAY ? (XS_STAT_ALL - 1) & ~slow : XS_STAT_ALL - 1;
}

static int look_beyond(const loop *l, xs_scores given, xs_resamples *resamples, xs_arena *arena, xs_text_result *out, xsnr_error *err) {
    unsigned wanted = wanted_of(l->options, given);
    xs_beyond_input in = {.scores = {out->scores, given.models, given.words},
                          .raw = given.e,
                          .absolute = l->options->absolute,
                          .candidates = resamples ? resamples->candidates : given.models,
                          .snr = out->snr.snr,
                          .seed = l->options->seed,
                          .wanted = wanted,
                          .resamples = wanted & XS_STAT_BOOTSTRAP ? resamples : NULL};
    return xs_look_beyond(&in, arena, &out->beyond, err);
}

static int analyze_one(void *context, size_t item, int worker, xsnr_error *err) {
    const loop *l = context;
    size_t i = l->begun + item;
    const xs_named_scores *a = &l->arrays[i];
    size_t models = a->scores.models, words = a->scores.words;
    xs_arena *arena = &l->workers[worker];
    xs_text_result *out = &l->texts[i];
    double *e = XS_ARENA_ARRAY(arena, double, models *words);
    uint32_t *model = XS_ARENA_ARRAY(arena, uint32_t, models);
    if (!e || !model || !(out->id = xs_arena_strdup(arena, a->name))) return xs_nomem(err);
    memcpy(e, a->scores.e, models * words * sizeof *e);
    for (size_t m = 0; m < models; m++) model[m] = (uint32_t)m;
    out->models_kept = models;
    out->n_words = words;
    out->scores = e;
    out->model = model;
    int rc =
        xs_normalize(e, models, words, l->options->normalize, l->options->absolute, &out->zero_rows, err);
    if (rc == XSNR_OK)
        rc = xs_analyze_text((xs_scores){e, models, words}, l->options->reliability, l->options->seed, arena,
                             out, err);
    if (rc == XSNR_OK) rc = look_beyond(l, a->scores, l->resamples ? &l->resamples[item] : NULL, arena, out, err);
    if (rc < 0 && err && !err->file[0]) snprintf(err->file, sizeof err->file, "%s", a->name);
    return rc;
}

// Resamples have a number for every resample and model, so only a few arrays have room for them at once.
static int analyze_resampled(loop *l, size_t n, size_t models, int threads, xs_arena *scratch, xs_resamples *all, xsnr_error *err) {
    size_t round = 2 * (size_t)threads;
    const uint32_t *count;
    XS_TRY(xs_draw_resamples(models, XS_RESAMPLES, l->options->seed, scratch, &count, err));
    XS_TRY(xs_resamples_new(models, XS_RESAMPLES, count, scratch, all, err));
    if (!(l->resamples = XS_ARENA_ARRAY(scratch, xs_resamples, round))) return xs_nomem(err);
    for (; l->begun < n; l->begun += round) {
        size_t here = n - l->begun < round ? n - l->begun : round;
        xs_arena_mark mark = xs_arena_save(scratch);
        for (size_t k = 0; k < here; k++) XS_TRY(xs_resamples_new(models, XS_RESAMPLES, count, scratch, &l->resamples[k], err));
        XS_TRY(xs_parallel(threads, here, analyze_one, l, NULL, err));
        for (size_t k = 0; k < here; k++) xs_resamples_add(all, &l->resamples[k]);
        xs_arena_rewind(scratch, mark);
    }
    return XSNR_OK;
}

static int analyze_all(const xs_named_scores *arrays, size_t n, const xs_array_options *options,
                       xs_results *out, int threads, xs_arena *workers, xs_arena *scratch, xsnr_error *err) {
    xs_arena *arena = &out->arena;
    xs_family_result *family = XS_ARENA_ARRAY(arena, xs_family_result, 1);
    xs_explainer_result *explainer = XS_ARENA_ARRAY(arena, xs_explainer_result, 1);
    xs_text_result *texts = XS_ARENA_ARRAY(arena, xs_text_result, n);
    if (!family || !explainer || !texts) return xs_nomem(err);
    loop l = {.arrays = arrays, .options = options, .texts = texts, .workers = workers};
    size_t models = 0;
    bool resampled = false;
    for (size_t i = 0; i < n; i++) {
        if (arrays[i].scores.models > models) models = arrays[i].scores.models;
        resampled |= wanted_of(options, arrays[i].scores) & XS_STAT_BOOTSTRAP;
    }
    xs_resamples all;
    if (resampled) XS_TRY(analyze_resampled(&l, n, models, threads, scratch, &all, err));
    else XS_TRY(xs_parallel(threads, n, analyze_one, &l, NULL, err));
    *explainer = (xs_explainer_result){.name = "given", .texts = texts, .n_texts = n};
    XS_TRY(xs_pool_texts(explainer, models, options->reliability, arena, &explainer->pooled, err));
    xs_pooled_beyond *beyond;
    XS_TRY(xs_pool_beyond(explainer, resampled ? &all : NULL, arena, &beyond, err));
    explainer->beyond = beyond;
    xs_spread none = {NAN, NAN, NAN, NAN};
    xs_split_quality unknown = {0, none, none, none, none};
    explainer->pooled.completeness_gap = explainer->pooled.unattributed = NAN;
    *family = (xs_family_result){.name = "array",
                                 .type = "array",
                                 .models_trained = models,
                                 .models_equivalent = models,
                                 .dropped_by = "all",
                                 .valid = unknown,
                                 .test = unknown,
                                 .explainers = explainer,
                                 .n_explainers = 1};
    out->study = "array";
    out->normalize = xs_normalization_name(options->normalize);
    out->equivalence = "all";
    out->reliability = options->reliability;
    out->families = family;
    out->n_families = 1;
    return XSNR_OK;
}

int xs_analyze_arrays(const xs_named_scores *arrays, size_t n, const xs_array_options *options,
                      xs_results *out, xsnr_error *err) {
    int threads = options->threads > 0 ? options->threads : xs_processors();
    xs_arena *workers = XS_NEW_ARRAY(xs_arena, (size_t)threads);
    if (!workers) return xs_nomem(err);
    xs_arena scratch = {0};
    int rc = analyze_all(arrays, n, options, out, threads, workers, &scratch, err);
    xs_arena_free(&scratch);
    for (int i = 0; i < threads; i++) xs_arena_adopt(&out->arena, &workers[i]);
    xs_free(workers);
    return rc;
}

// lenghts would make one text of many.
static int check_names(const char *path, xsnr_error *err) {
    xs_npz_reader reader;
    XS_TRY(xs_npz_open(path, &reader, err));
    int rc = reader.archive ? xs_npz_check_names(&reader, NULL, err) : XSNR_OK;
    xs_npz_close(&reader);
    return rc;
}

// The texts of one file: an .npy is one text, an .npz of `xsnr export` is cut at its lengths.
static int read_file(const char *path, xs_arena *arena, xs_named_scores **list, size_t *n, xsnr_error *err) {
    size_t length = strlen(path);
    bool zip = length > 4 && strcmp(path + length - 4, ".npz") == 0;
    xs_npy scores = {0}, lengths = {0};
    if (zip) XS_TRY(check_names(path, err));
    XS_TRY(xs_npy_read(path, NULL, &scores, err));
    int rc = XSNR_OK;
    if (scores.rank != 2)
        rc = xs_fail_at(err, XSNR_ERR_DATA, path, 0,
                        "the array has %d dimension%s; scores have two, models × words", scores.rank,
                        scores.rank == 1 ? "" : "s");
    else if (!scores.shape[0] || !scores.shape[1])
        rc = xs_fail_at(err, XSNR_ERR_DATA, path, 0, "the array is empty: %zu models × %zu words",
                        scores.shape[0], scores.shape[1]);
    size_t texts = 1, models = scores.shape[0], words = scores.shape[1], total = 0;
    int told = rc == XSNR_OK && zip ? xs_npy_read(path, "lengths", &lengths, err) : XSNR_ERR_NOT_FOUND;
    if (told < 0 && told != XSNR_ERR_NOT_FOUND) rc = told;
    if (told == XSNR_OK) {
        texts = lengths.rank == 1 ? lengths.shape[0] : 0;
        for (size_t t = 0; t < texts; t++) {
            double size = lengths.data[t];
            if (!(size >= 1 && size <= (double)(words - total)))
                texts = 0;
            else
                total += (size_t)size;
        }
        if (!texts || total != words)
            rc = xs_fail_at(err, XSNR_ERR_DATA, path, 0, "lengths do not add up to the %zu words of scores",
                            words);
    }
    *list = rc == XSNR_OK ? XS_ARENA_ARRAY(arena, xs_named_scores, texts) : NULL;
    size_t first = 0;
    for (size_t t = 0; rc == XSNR_OK && t < texts; t++) {
        size_t size = lengths.data ? (size_t)lengths.data[t] : words;
        double *e = *list ? XS_ARENA_ARRAY(arena, double, models *size) : NULL;
        char name[512];
        snprintf(name, sizeof name, lengths.data ? "%s#%zu" : "%s", path, t + 1);
        char *kept = xs_arena_strdup(arena, name);
        if (!e || !kept) {
            rc = xs_nomem(err);
            break;
        }
        for (size_t m = 0; m < models; m++)
            memcpy(e + m * size, scores.data + m * words + first, size * sizeof *e);
        (*list)[t] = (xs_named_scores){kept, {e, models, size}};
        first += size;
    }
    *n = texts;
    xs_npy_free(&scores);
    xs_npy_free(&lengths);
    return rc;
}

int xs_analyze_array_files(const char *const *paths, size_t n, const xs_array_options *options,
                           xs_results *out, xsnr_error *err) {
    xs_arena scratch = {0};
    xs_named_scores **lists = XS_ARENA_ARRAY(&scratch, xs_named_scores *, n);
    size_t *counts = XS_ARENA_ARRAY(&scratch, size_t, n), total = 0, k = 0;
    int rc = lists && counts ? XSNR_OK : xs_nomem(err);
    for (size_t i = 0; rc == XSNR_OK && i < n; i++) {
        rc = read_file(paths[i], &scratch, &lists[i], &counts[i], err);
        if (rc == XSNR_OK) total += counts[i];
    }
    xs_named_scores *all = rc == XSNR_OK ? XS_ARENA_ARRAY(&scratch, xs_named_scores, total) : NULL;
    if (rc == XSNR_OK && !all) rc = xs_nomem(err);
    for (size_t i = 0; rc == XSNR_OK && i < n; i++)
        for (size_t t = 0; t < counts[i]; t++) all[k++] = lists[i][t];
    if (rc == XSNR_OK) rc = xs_analyze_arrays(all, total, options, out, err);
    xs_arena_free(&scratch);
    return rc;
}
