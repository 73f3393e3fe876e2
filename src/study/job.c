// One job of a study: a model is trained, judged, explained, and kept whole.
//
// Invariant: what is stored depends on the plan, the data and the model's seeds alone; not on the worker, nor
// on what other jobs do, nor on whether the model was trained now or read back from the file.
#include "base/alloc.h"
#include "base/random.h"
#include "study/study.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

xs_seeds xs_study_seeds(const xs_plan_family *family, uint64_t seed, uint32_t index) {
    uint64_t drawn[4];
    for (unsigned k = 0; k < 4; k++) {
        bool varies = family->vary >> k & 1;
        uint32_t level = family->crossed[k] ? xs_crossed_level(family->crossed, k, index) : index;
        drawn[k] = xs_seed_derive(seed, (xs_stream)(XS_STREAM_INIT + k), family->name, varies ? level + 1 : 0);
        if (k == XS_STREAM_SAMPLE - XS_STREAM_INIT && !varies) drawn[k] = 0;
    }
    return (xs_seeds){.init = drawn[0], .order = drawn[1], .dropout = drawn[2], .sample = drawn[3], .model = index};
}

static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int arg_max(const double *x, int n) {
    int best = 0;
    for (int c = 1; c < n; c++)
        if (x[c] > x[best]) best = c; // ties: the first class
    return best;
}

static const float *to_float(const double *x, size_t n, xs_arena *arena) {
    float *y = XS_ARENA_ARRAY(arena, float, n);
    for (size_t i = 0; y && i < n; i++) y[i] = (float)x[i];
    return y;
}

// Logits of one split, its quality if it is labelled; *logits NULL if the split is empty.
static int judge(const xs_study *s, const xs_family *type, const void *shared, const void *model,
                 xs_split_id split, xs_arena *scratch, double **logits, bool *has, xs_quality *quality,
                 xsnr_error *err) {
    const xs_split *texts = &s->corpus->split[split];
    *logits = NULL;
    *has = false;
    if (!texts->count) return XSNR_OK;
    *logits = XS_ARENA_ARRAY(scratch, double, texts->count *(size_t)s->n_labels);
    if (!*logits) return xs_nomem(err);
    XS_TRY(type->predict_split(shared, model, split, scratch, *logits, err));
    XS_TRY(xs_quality_of(type->link(shared), s->n_labels, *logits, texts, scratch, quality, err));
    *has = true;
    return XSNR_OK;
}

// The class that the plan wants explained, given the model's logits (C) of the text.
static int target_of(const xs_study *s, const xs_document *doc, const double *logits, int *target,
                     xsnr_error *err) {
    const char *rule = xs_settings_string(&s->plan->general, "target");
    if (strcmp(rule, "predicted") == 0) {
        *target = arg_max(logits, s->n_labels);
        return XSNR_OK;
    }
    if (strcmp(rule, "gold") == 0) {
        *target = doc->label;
        if (doc->label < 0)
            return xs_fail(err, XSNR_ERR_CONFIG, "target is gold, but text '%s' has no label", doc->id);
        return XSNR_OK;
    }
    const char *name = xs_plan_class(s->plan); // checked before any model was trained
    for (*target = 0; strcmp(s->labels[*target], name) != 0; ++*target) continue;
    return XSNR_OK;
}

// explain's own randomness: by method, family, model and text.
static int task_seed(const xs_study *s, const xs_study_family *f, const xs_plan_explainer *e, uint32_t index,
                     const xs_document *doc, uint64_t *seed, xsnr_error *err) {
    xs_str stream = {0};
    xs_str_printf(&stream, "%s/%s/%s", e->method->name, f->plan->name, doc->id);
    char *name = xs_str_take(&stream);
    if (!name) return xs_nomem(err);
    *seed = e->method->samples ? xs_seed_derive(s->seed, XS_STREAM_EXPLAIN, name, index + 1) : 0;
    xs_free(name);
    return XSNR_OK;
}

// What is kept of an explanation.
static int keep_explanation(const xs_explainer *method, const xs_task *task, const xs_explanation *out, size_t text,
                            const char *settings, xs_arena *keep, xs_store_explanation *row, xsnr_error *err) {
    uint32_t n = task->doc->n_words;
    double squares = 0;
    for (uint32_t w = 0; w < n; w++) {
        if (!isfinite(out->scores[w]))
            return xs_fail(err, XSNR_ERR_NUMERIC, "%s on text '%s': word %u has no finite score", method->name,
                           task->doc->id, w + 1);
        squares += out->standard_error[w] * out->standard_error[w];
    }
    *row = (xs_store_explanation){.text = (int64_t)text,
                                  .explainer = method->name,
                                  .settings = settings,
                                  .target = task->target,
                                  .seed = task->seed,
                                  .f_input = out->f_input,
                                  .f_baseline = out->f_baseline,
                                  .gap = out->gap,
                                  .unattributed = out->unattributed,
                                  .standard_error = n ? sqrt(squares / n) : 0,
                                  .outside = out->outside,
                                  .n_words = n,
                                  .scores = to_float(out->scores, n, keep)};
    return row->scores ? XSNR_OK : xs_nomem(err);
}

// Texts are explained some at a time: enough for full speed, few enough for memory.
static size_t some_texts(const xs_task *tasks, size_t count) {
    enum { MOST_WORDS = 1000 };
    size_t n = 0, words = 0;
    for (; n < count && (n == 0 || words + tasks[n].doc->n_words <= MOST_WORDS); n++) words += tasks[n].doc->n_words;
    return n;
}

// All texts by one explainer; rows (texts).
static int explain_by(const xs_study *s, const xs_subject *subject, const xs_plan_explainer *e,
                      const xs_task *tasks, xs_arena *arena, xs_store_explanation *rows, xsnr_error *err) {
    size_t texts = s->explained.count, words = 0, at = 0;
    json_t *json = xs_settings_json(&e->settings);
    char *dumped = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    const char *settings = dumped ? xs_arena_strdup(arena, dumped) : NULL;
    free(dumped);
    for (size_t t = 0; t < texts; t++) words += tasks[t].doc->n_words;
    xs_explanation *out = XS_ARENA_ARRAY(arena, xs_explanation, texts);
    double *scores = XS_ARENA_ARRAY(arena, double, words), *errors = XS_ARENA_ARRAY(arena, double, words);
    if (!settings || !out || !scores || !errors) return xs_nomem(err);
    for (size_t t = 0; t < texts; at += tasks[t].doc->n_words, t++)
        out[t].scores = scores + at, out[t].standard_error = errors + at;
    for (size_t t = 0, n; t < texts; t += n) {
        n = some_texts(tasks + t, texts - t);
        xs_arena_mark mark = xs_arena_save(arena);
        int rc = xs_explain(e->method, &e->settings, subject, tasks + t, n, arena, out + t, err);
        xs_arena_rewind(arena, mark);
        XS_TRY(rc);
    }
    for (size_t t = 0; t < texts; t++)
        XS_TRY(keep_explanation(e->method, &tasks[t], &out[t], t, settings, arena, &rows[t], err));
    return XSNR_OK;
}

// All texts by all explainers whose bit is set in `which`.
static int explain_all(const xs_study *s, const xs_study_family *f, uint32_t index, const void *model,
                       const double *logits, uint64_t which, xs_arena *arena, xs_store_explanation **rows,
                       size_t *n, xsnr_error *err) {
    size_t texts = s->explained.count;
    xs_subject subject = {.family = f->plan->type,
                          .shared = f->shared,
                          .model = model,
                          .classes = s->n_labels,
                          .name = f->plan->name,
                          .index = index,
                          .labels = s->labels,
                          .split = xs_split_name(s->explained.split)};
    xs_task *tasks = XS_ARENA_ARRAY(arena, xs_task, texts);
    *rows = XS_ARENA_ARRAY(arena, xs_store_explanation, texts * s->plan->n_explainers);
    *n = 0;
    if (!*rows || !tasks) return xs_nomem(err);
    for (size_t k = 0; k < s->plan->n_explainers; k++) {
        if (!(which >> k & 1)) continue;
        const xs_plan_explainer *e = &s->plan->explainers[k];
        for (size_t t = 0; t < texts; t++) {
            const xs_document *doc = tasks[t].doc = s->explained.docs[t];
            XS_TRY(target_of(s, doc, logits + t * (size_t)s->n_labels, &tasks[t].target, err));
            XS_TRY(task_seed(s, f, e, index, doc, &tasks[t].seed, err));
        }
        XS_TRY(explain_by(s, &subject, e, tasks, arena, *rows + *n, err));
        *n += texts;
    }
    return XSNR_OK;
}

// Logits (texts, C) of the explained texts.
static int predict_explained(const xs_study *s, const xs_study_family *f, const void *model,
                             xs_arena *scratch, double **logits, xsnr_error *err) {
    *logits = XS_ARENA_ARRAY(scratch, double, s->explained.count *(size_t)s->n_labels);
    if (!*logits) return xs_nomem(err);
    for (size_t t = 0; t < s->explained.count; t++)
        XS_TRY(f->plan->type->predict(f->shared, model, s->explained.docs[t], NULL, 1, XS_REMOVE_MASK,
                                      scratch, *logits + t * (size_t)s->n_labels, err));
    return XSNR_OK;
}

// A trained model with its judgement and explanations, kept.
static int keep_new_model(xs_study *s, xs_study_family *f, xs_store_model *row, const void *model, const xs_job_way *way,
                          xs_arena *scratch, xsnr_error *err) {
    const xs_family *type = f->plan->type;
    double *valid, *test, *explained;
    XS_TRY(judge(s, type, f->shared, model, XS_VALID, scratch, &valid, &row->has_valid, &row->valid, err));
    XS_TRY(judge(s, type, f->shared, model, XS_TEST, scratch, &test, &row->has_test, &row->test, err));
    XS_TRY(predict_explained(s, f, model, scratch, &explained, err));
    size_t classes = (size_t)s->n_labels;
    if (test) {
        row->n_test_logits = s->corpus->split[XS_TEST].count * classes;
        row->test_logits = to_float(test, row->n_test_logits, scratch);
    }
    row->n_explain_logits = s->explained.count * classes;
    row->explain_logits = to_float(explained, row->n_explain_logits, scratch);
    if ((test && !row->test_logits) || !row->explain_logits) return xs_nomem(err);
    xs_store_explanation *rows = NULL;
    size_t n = 0;
    if (way->stages & XSNR_EXPLAIN)
        XS_TRY(
            explain_all(s, f, row->index, model, explained, f->missing[row->index], scratch, &rows, &n, err));
    xs_str bytes = {0};
    int rc = XSNR_OK;
    if (xs_settings_bool(&s->plan->general, "keep_models")) {
        rc = type->save(f->shared, model, &bytes, err);
        row->bytes = bytes.data;
        row->n_bytes = bytes.length;
    }
    if (rc == XSNR_OK) rc = way->keep(way->context, &(xs_outcome){XS_MADE_MODEL, *row, rows, n}, err);
    xs_str_free(&bytes);
    return rc;
}

static int train_new(xs_study *s, xs_study_family *f, uint32_t index, const xs_job_way *way, xs_arena *scratch,
                     xsnr_error *err) {
    const xs_family *type = f->plan->type;
    xs_store_model row = {
        .family = f->row.id, .index = index, .seeds = xs_study_seeds(f->plan, s->seed, index)};
    void *model = NULL;
    double start = seconds_now();
    int rc = type->train(f->shared, &row.seeds, scratch, &model, &row.training, err);
    row.seconds = seconds_now() - start;
    if (rc == XSNR_OK) rc = keep_new_model(s, f, &row, model, way, scratch, err);
    if (rc == XSNR_ERR_NUMERIC) { // diverged: a fact about the family, recorded; the study goes on
        xs_store_model failed = {.family = row.family, .index = index, .seeds = row.seeds, .training = row.training, .seconds = row.seconds};
        failed.failure = err && err->message[0] ? err->message : "training diverged";
        rc = way->keep(way->context, &(xs_outcome){XS_MADE_MODEL, failed, NULL, 0}, err);
    }
    type->free_model(model);
    return rc;
}

static int model_from(const xs_study *s, const xs_study_family *f, uint32_t index, const void *saved, size_t n_saved,
                      xs_arena *scratch, void **model, xsnr_error *err) {
    xs_seeds seeds = xs_study_seeds(f->plan, s->seed, index);
    xs_training again;
    return saved ? f->plan->type->load(f->shared, saved, n_saved, model, err)
                 : f->plan->type->train(f->shared, &seeds, scratch, model, &again, err);
}

int xs_study_model(xs_study *s, const xs_study_family *f, uint32_t index, xs_arena *scratch, void **model,
                   xsnr_error *err) {
    const void *bytes;
    size_t size;
    XS_TRY(xs_store_model_bytes(s->store, f->row.id, index, scratch, &bytes, &size, err));
    return model_from(s, f, index, bytes, size, scratch, model, err);
}

// A model that is there gets the explanations it lacks.
static int explain_stored(xs_study *s, xs_study_family *f, uint32_t index, const xs_job_way *way, xs_arena *scratch,
                          xsnr_error *err) {
    void *model = NULL;
    if (s->store) XS_TRY(xs_study_model(s, f, index, scratch, &model, err));
    else XS_TRY(model_from(s, f, index, way->saved, way->n_saved, scratch, &model, err));
    double *logits;
    xs_store_explanation *rows = NULL;
    size_t n = 0;
    xs_outcome made = {.kind = XS_MADE_EXPLANATIONS, .model = {.family = f->row.id, .index = index}};
    int rc = predict_explained(s, f, model, scratch, &logits, err);
    if (rc == XSNR_OK)
        rc = explain_all(s, f, index, model, logits, f->missing[index], scratch, &rows, &n, err);
    made.explanations = rows;
    made.n = n;
    if (rc == XSNR_OK) rc = way->keep(way->context, &made, err);
    if (rc == XSNR_ERR_NUMERIC) {
        made = (xs_outcome){.kind = XS_MADE_FAILURE, .model = {.family = f->row.id, .index = index}};
        made.model.failure = err ? err->message : "not finite";
        rc = way->keep(way->context, &made, err);
    }
    f->plan->type->free_model(model);
    return rc;
}

int xs_study_job(xs_study *s, xs_study_family *f, uint32_t index, const xs_job_way *way, xs_arena *scratch,
                 xsnr_error *err) {
    bool there = f->done[index] & 1;
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = there ? explain_stored(s, f, index, way, scratch, err) : train_new(s, f, index, way, scratch, err);
    xs_arena_rewind(scratch, mark);
    return xs_study_place(s, f, rc, err);
}

int xs_study_keep(void *context, const xs_outcome *made, xsnr_error *err) {
    xs_store *store = context;
    const xs_store_model *m = &made->model;
    switch (made->kind) {
    case XS_MADE_MODEL: return xs_store_put_model(store, m, made->explanations, made->n, err);
    case XS_MADE_EXPLANATIONS:
        return xs_store_put_explanations(store, m->family, m->index, made->explanations, made->n, err);
    default: return xs_store_fail_model(store, m->family, m->index, m->failure, err);
    }
}
