// All rows are read: what is missing or double is settled, tokens' scores become words' scores, the study is written.
#include "base/alloc.h"
#include "store/importer.h"
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 1 << 16, AHEAD = 512 }; // bytes of the temporary file that are read at once, in order and not

typedef struct writer {
    xs_importer *imp;
    xs_store *store;
    xs_import_report *report;
    uint32_t *rank;       // (models) before sorting: place in the order of families and positions
    uint32_t *model_of;   // (models) the other way
    uint32_t *number;     // (texts) in the study
    size_t n_texts;       // that are kept
    int64_t *families;    // (families) rows of the store
    char window[WINDOW];
    uint64_t window_at;
    size_t window_size;
} writer;

static uint32_t text_of(uint64_t order) { return (uint32_t)(order & ((1u << XS_KEY_TEXT) - 1)); }
static uint32_t explainer_of(uint64_t order) { return (uint32_t)(order >> XS_KEY_TEXT & ((1u << XS_KEY_EXPLAINER) - 1)); }
static uint32_t model_of(uint64_t order) { return (uint32_t)(order >> (XS_KEY_TEXT + XS_KEY_EXPLAINER)); }

/* ------------------------------------------------------------ the temporary file */

static int load(writer *w, uint64_t place, size_t size, const void **out, xsnr_error *err) {
    uint64_t end = w->window_at + w->window_size;
    if (place < w->window_at || place + size > end) {
        size_t got = 0, want = place >= w->window_at && place <= end ? WINDOW : size + AHEAD; // on, or a leap
        if (want > WINDOW) want = WINDOW;
        while (got < want) {
            ssize_t n = pread(fileno(w->imp->rows), w->window + got, want - got, (off_t)(place + got));
            if (n < 0) return xs_fail_errno(err, "read back the scores of", w->imp->files[0]);
            if (n == 0) break;
            got += (size_t)n;
        }
        w->window_at = place;
        w->window_size = got;
    }
    if (place + size > w->window_at + w->window_size)
        return xs_fail_at(err, XSNR_ERR_IO, w->imp->files[0], 0, "the temporary file of scores was cut short");
    *out = w->window + (place - w->window_at);
    return XSNR_OK;
}

static int load_record(writer *w, uint64_t place, xs_import_record *record, xsnr_error *err) {
    const void *bytes = NULL;
    XS_TRY(load(w, place, sizeof *record, &bytes, err));
    memcpy(record, bytes, sizeof *record);
    return XSNR_OK;
}

// (n_scores) of the row, in `arena`.
static int load_scores(writer *w, uint64_t place, size_t n, xs_arena *arena, const float **out, xsnr_error *err) {
    float *scores = XS_ARENA_ARRAY(arena, float, n);
    if (!scores) return xs_nomem(err);
    const void *bytes = NULL;
    for (size_t done = 0, step; done < n; done += step) {
        step = n - done < WINDOW / sizeof *scores ? n - done : WINDOW / sizeof *scores;
        XS_TRY(load(w, place + sizeof(xs_import_record) + done * sizeof *scores, step * sizeof *scores, &bytes, err));
        memcpy(scores + done, bytes, step * sizeof *scores);
    }
    *out = scores;
    return XSNR_OK;
}

/* ------------------------------------------------------------ order */

static int by_order(const void *a_, const void *b_) {
    const xs_import_key *a = a_, *b = b_;
    if (a->order != b->order) return a->order < b->order ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static int by_position(const void *a_, const void *b_, void *models_) {
    const xs_import_model *models = models_, *a = &models[*(const uint32_t *)a_], *b = &models[*(const uint32_t *)b_];
    if (a->family != b->family) return a->family < b->family ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

// Numbers that are names are positions; if a family has another name, its models are counted.
static int number_models(writer *w, xsnr_error *err) {
    xs_importer *imp = w->imp;
    uint32_t n = imp->model_names.count;
    bool *named = XS_ARENA_ARRAY(&imp->arena, bool, imp->family_names.count);
    uint32_t *counted = XS_ARENA_ARRAY(&imp->arena, uint32_t, imp->family_names.count);
    w->rank = XS_ARENA_ARRAY(&imp->arena, uint32_t, n);
    w->model_of = XS_ARENA_ARRAY(&imp->arena, uint32_t, n);
    if (!named || !counted || !w->rank || !w->model_of) return xs_nomem(err);
    for (uint32_t m = 0; m < n; m++)
        if (imp->models[m].number < 0) named[imp->models[m].family] = true;
    for (uint32_t m = 0; m < n; m++) {
        xs_import_model *model = &imp->models[m];
        if (named[model->family]) model->number = -1;
        model->position = model->number >= 0 ? (uint32_t)model->number : counted[model->family]++;
        w->model_of[m] = m;
    }
    qsort_r(w->model_of, n, sizeof *w->model_of, by_position, imp->models);
    for (uint32_t r = 0; r < n; r++) w->rank[w->model_of[r]] = r;
    return XSNR_OK;
}

static int sort_rows(writer *w, xsnr_error *err) {
    xs_importer *imp = w->imp;
    if (fflush(imp->rows)) return xs_fail_errno(err, "write the scores of", imp->files[0]);
    uint64_t rest = ((uint64_t)1 << (XS_KEY_TEXT + XS_KEY_EXPLAINER)) - 1;
    bool sorted = true;
    for (size_t i = 0; i < imp->n_keys; i++) {
        uint64_t *order = &imp->keys[i].order;
        *order = (uint64_t)w->rank[model_of(*order)] << (XS_KEY_TEXT + XS_KEY_EXPLAINER) | (*order & rest);
        sorted = sorted && (!i || imp->keys[i - 1].order < *order);
    }
    if (!sorted) qsort(imp->keys, imp->n_keys, sizeof *imp->keys, by_order);
    return XSNR_OK;
}

/* ------------------------------------------------------------ double and missing */

static const xs_import_model *model_at(const writer *w, uint64_t order) { return &w->imp->models[w->model_of[model_of(order)]]; }

static int fail_double(writer *w, size_t i, xsnr_error *err) {
    const xs_importer *imp = w->imp;
    xs_import_record first, again;
    char text[64], model[64], line[24] = "";
    XS_TRY(load_record(w, imp->keys[i - 1].place, &first, err));
    XS_TRY(load_record(w, imp->keys[i].place, &again, err));
    if (first.line) snprintf(line, sizeof line, ":%" PRId64, first.line); // arrays have no lines
    return xs_fail_at(err, XSNR_ERR_DATA, imp->files[again.file], (long)again.line,
                      "text '%s' of model '%s' is explained by %.60s already in %s%s; keep one, or say --duplicates first",
                      xs_printable(text, sizeof text, imp->text_names.text[text_of(imp->keys[i].order)]),
                      xs_printable(model, sizeof model, model_at(w, imp->keys[i].order)->name),
                      imp->explainer_names.text[explainer_of(imp->keys[i].order)], imp->files[first.file], line);
}

static int drop_doubles(writer *w, xsnr_error *err) {
    xs_importer *imp = w->imp;
    size_t n = 0;
    for (size_t i = 0; i < imp->n_keys; i++) {
        bool again = n && imp->keys[i].order == imp->keys[n - 1].order;
        if (again && !imp->options->keep_first) return fail_double(w, i, err);
        if (again) imp->double_rows++;
        else imp->keys[n++] = imp->keys[i];
    }
    imp->n_keys = n;
    return XSNR_OK;
}

static int fail_missing(const writer *w, uint64_t order, uint32_t text, xsnr_error *err) {
    const xs_importer *imp = w->imp;
    const xs_import_model *m = model_at(w, order);
    char name[64], model[64];
    return xs_fail(err, XSNR_ERR_DATA,
                   "model '%s' of family '%.60s' has no explanation by %.60s of text '%s', which others have; give it, or say --missing "
                   "drop-texts or drop-models",
                   xs_printable(model, sizeof model, m->name), imp->family_names.text[m->family],
                   imp->explainer_names.text[explainer_of(order)], xs_printable(name, sizeof name, imp->text_names.text[text]));
}

// Every explainer of every model must have explained all texts.
static int settle_missing(writer *w, xsnr_error *err) {
    xs_importer *imp = w->imp;
    size_t groups = 0, all = imp->text_names.count;
    uint32_t *seen = XS_ARENA_ARRAY(&imp->arena, uint32_t, all); // groups that have the text
    if (!seen) return xs_nomem(err);
    for (size_t i = 0, end; i < imp->n_keys; i = end, groups++) {
        uint64_t group = imp->keys[i].order >> XS_KEY_TEXT;
        for (end = i; end < imp->n_keys && imp->keys[end].order >> XS_KEY_TEXT == group; end++) {
            uint32_t expected = (uint32_t)(end - i);
            if (text_of(imp->keys[end].order) != expected && imp->options->missing == XS_MISSING_ERROR)
                return fail_missing(w, imp->keys[i].order, expected, err);
            seen[text_of(imp->keys[end].order)]++;
        }
        if (end - i == all) continue;
        if (imp->options->missing == XS_MISSING_ERROR) return fail_missing(w, imp->keys[i].order, (uint32_t)(end - i), err);
        if (imp->options->missing == XS_MISSING_DROP_MODELS) imp->models[w->model_of[model_of(imp->keys[i].order)]].dropped = true;
    }
    for (size_t t = 0; t < all; t++) {
        imp->texts[t].dropped = imp->options->missing == XS_MISSING_DROP_TEXTS && seen[t] < groups;
        w->report->dropped_texts += imp->texts[t].dropped;
    }
    for (uint32_t m = 0; m < imp->model_names.count; m++) w->report->dropped_models += imp->models[m].dropped;
    if (w->report->dropped_texts == all)
        return xs_fail(err, XSNR_ERR_DATA, "no text is explained by all models; say --missing drop-models, or give the rest");
    if (w->report->dropped_models == imp->model_names.count)
        return xs_fail(err, XSNR_ERR_DATA, "no model explains all texts; say --missing drop-texts, or give the rest");
    return XSNR_OK;
}

/* ------------------------------------------------------------ what the rows have in common */

static int put_texts(writer *w, xs_arena *scratch, xsnr_error *err) {
    xs_importer *imp = w->imp;
    xs_store_text *texts = XS_ARENA_ARRAY(scratch, xs_store_text, imp->text_names.count);
    w->number = XS_ARENA_ARRAY(&imp->arena, uint32_t, imp->text_names.count);
    if (!texts || !w->number) return xs_nomem(err);
    for (uint32_t t = 0; t < imp->text_names.count; t++) {
        const xs_import_text *text = &imp->texts[t];
        if (text->dropped) continue;
        w->number[t] = (uint32_t)w->n_texts;
        texts[w->n_texts] = (xs_store_text){(int64_t)w->n_texts, imp->text_names.text[t], text->split ? text->split : "test",
                                            text->content, text->label, text->words, text->n_words};
        w->n_texts++;
    }
    w->report->texts = w->n_texts;
    return xs_store_put_texts(w->store, texts, w->n_texts, err);
}

static int put_families(writer *w, xsnr_error *err) {
    xs_importer *imp = w->imp;
    w->families = XS_ARENA_ARRAY(&imp->arena, int64_t, imp->family_names.count);
    if (!w->families) return xs_nomem(err);
    for (uint32_t f = 0; f < imp->family_names.count; f++) {
        json_t *names = json_array();
        uint32_t models = 0, named = 0;
        for (uint32_t r = 0; r < imp->model_names.count; r++) {
            const xs_import_model *m = &imp->models[w->model_of[r]];
            if (m->family != f) continue;
            models += !m->dropped;
            if (m->number < 0) named++;
            if (m->number < 0) json_array_append_new(names, json_string(m->name));
        }
        json_t *settings = json_pack("{s:s, s:s}", "join", xs_join_names[imp->join[f]], "pool", xs_pooling_names[imp->options->pooling]);
        if (settings && json_array_size(names) == named && named) json_object_set(settings, "model_names", names);
        json_decref(names);
        char *text = json_dumps(settings, JSON_COMPACT);
        json_decref(settings);
        xs_store_family family = {.name = imp->family_names.text[f], .type = "imported", .settings = text, .models = models};
        int rc = !text ? xs_nomem(err) : models ? xs_store_put_family(w->store, &family, err) : XSNR_OK;
        free(text);
        XS_TRY(rc);
        w->families[f] = family.id;
        w->report->families += models > 0;
    }
    return XSNR_OK;
}

static int put_facts(writer *w, xsnr_error *err) {
    const xs_importer *imp = w->imp;
    const xs_import_options *o = imp->options;
    bool seeds = false;
    for (uint32_t m = 0; m < imp->model_names.count; m++) seeds = seeds || imp->models[m].has_seeds;
    const char *const facts[][2] = {{"study", o->study},
                                    {"import.format", o->format},
                                    {"import.joined", w->report->joined},
                                    {"import.pool", xs_pooling_names[o->pooling]},
                                    {"import.predictions", w->imp->any_prediction ? "given" : w->imp->any_target ? "target" : "none"},
                                    {"import.seeds", seeds ? "given" : "none"},
                                    {"import.settings", o->settings ? o->settings : "{}"}};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        XS_TRY(xs_store_put_fact(w->store, facts[i][0], facts[i][1], err));
    const struct {
        const char *key;
        size_t n;
    } counts[] = {{"import.dropped_texts", w->report->dropped_texts},
                  {"import.dropped_models", w->report->dropped_models},
                  {"import.double_rows", imp->double_rows}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", counts[i].n);
        if (counts[i].n) XS_TRY(xs_store_put_fact(w->store, counts[i].key, number, err));
    }
    return XSNR_OK;
}

/* ------------------------------------------------------------ models */

// Scores of tokens to scores of words; *outside: share of |scores| that tokens of no word have; NaN: there are none.
static void pool(const xs_import_cut *t, xs_pooling how, const float *scores, size_t n_words, xs_arena *scratch, float *out, double *outside) {
    double *sum = XS_ARENA_ARRAY(scratch, double, n_words), beside = 0, total = 0;
    bool special = false;
    uint32_t *count = XS_ARENA_ARRAY(scratch, uint32_t, n_words);
    if (!sum || !count) return; // the caller has room for both: it asked first
    for (size_t i = 0; i < t->n; i++) {
        double s = (double)scores[i];
        total += fabs(s);
        if (t->word[i] < 0) {
            beside += fabs(s);
            special = true;
            continue;
        }
        size_t w = (size_t)t->word[i];
        count[w]++;
        if (how == XS_POOL_SUM || how == XS_POOL_MEAN) sum[w] += s;
        else if (count[w] == 1 || (how == XS_POOL_MAX_ABS && fabs(s) > fabs(sum[w]))) sum[w] = s;
    }
    for (size_t w = 0; w < n_words; w++)
        out[w] = (float)(how == XS_POOL_MEAN && count[w] ? sum[w] / count[w] : sum[w]);
    *outside = !special ? NAN : total > 0 ? beside / total : 0;
}

static int make_explanation(writer *w, const xs_import_key *key, xs_arena *scratch, xs_store_explanation *out, int *prediction,
                            xsnr_error *err) {
    xs_importer *imp = w->imp;
    xs_import_record r;
    XS_TRY(load_record(w, key->place, &r, err));
    const xs_import_cut *t = &imp->tokens[r.tokens];
    const xs_import_text *text = &imp->texts[t->text];
    const float *tokens = NULL;
    float *scores = XS_ARENA_ARRAY(scratch, float, text->n_words);
    if (!scores) return xs_nomem(err);
    XS_TRY(load_scores(w, key->place, t->n, scratch, &tokens, err));
    double outside = r.outside;
    if (t->words) {
        memcpy(scores, tokens, text->n_words * sizeof *scores);
    } else {
        xs_arena_mark mark = xs_arena_save(scratch);
        if (!xs_arena_array(scratch, text->n_words, sizeof(double) + sizeof(uint32_t) + 64)) return xs_nomem(err);
        xs_arena_rewind(scratch, mark);
        pool(t, imp->options->pooling, tokens, text->n_words, scratch, scores, &outside);
        xs_arena_rewind(scratch, mark);
    }
    *prediction = r.prediction >= 0 || w->imp->any_prediction ? r.prediction : r.target;
    *out = (xs_store_explanation){.text = w->number[t->text], .explainer = imp->explainer_names.text[explainer_of(key->order)],
                                  .settings = "{}", .target = r.target, .seed = r.seed,
                                  .f_input = NAN, .f_baseline = NAN, .gap = r.gap, .unattributed = r.unattributed,
                                  .standard_error = r.standard_error, .outside = outside, .n_words = text->n_words, .scores = scores};
    return XSNR_OK;
}

// Class by text of one model, −1: not told, made of its rows.
typedef struct predictions {
    int *class; // (texts)
    size_t told;
} predictions;

static int note_prediction(const writer *w, const xs_import_model *model, uint32_t number, int class, predictions *p, xsnr_error *err) {
    int *before = &p->class[number];
    char name[64];
    if (class < 0 || *before == class) return XSNR_OK;
    if (*before >= 0 && w->imp->any_prediction)
        return xs_fail(err, XSNR_ERR_DATA, "model '%s' predicts '%.60s' and '%.60s' for the same text",
                       xs_printable(name, sizeof name, model->name), w->imp->class_names.text[*before], w->imp->class_names.text[class]);
    if (*before < 0) p->told++;
    *before = class;
    return XSNR_OK;
}

// What a model predicts is kept as logits: 1 for the class, 0 for the others.
static int make_logits(const writer *w, const xs_import_model *model, const predictions *p, xs_arena *scratch, xs_store_model *row,
                       xsnr_error *err) {
    size_t classes = w->imp->class_names.count;
    char name[64];
    if (!p->told) return XSNR_OK;
    if (p->told < w->n_texts && w->imp->any_prediction)
        return xs_fail(err, XSNR_ERR_DATA, "model '%s' has predictions for %zu of its %zu texts; all or none are needed",
                       xs_printable(name, sizeof name, model->name), p->told, w->n_texts);
    if (p->told < w->n_texts) return XSNR_OK;
    float *logits = XS_ARENA_ARRAY(scratch, float, w->n_texts *classes);
    if (!logits) return xs_nomem(err);
    for (size_t t = 0; t < w->n_texts; t++) logits[t * classes + (size_t)p->class[t]] = 1;
    row->explain_logits = logits;
    row->n_explain_logits = w->n_texts * classes;
    return XSNR_OK;
}

// Rows [from, to) of one model.
static int put_model(writer *w, size_t from, size_t to, xs_arena *scratch, xsnr_error *err) {
    xs_importer *imp = w->imp;
    const xs_import_model *model = model_at(w, imp->keys[from].order);
    if (model->dropped) return XSNR_OK;
    xs_store_explanation *rows = XS_ARENA_ARRAY(scratch, xs_store_explanation, to - from);
    predictions p = {XS_ARENA_ARRAY(scratch, int, w->n_texts), 0};
    if (!rows || !p.class) return xs_nomem(err);
    for (size_t t = 0; t < w->n_texts; t++) p.class[t] = -1;
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        uint32_t text = text_of(imp->keys[i].order);
        int prediction = -1;
        if (imp->texts[text].dropped) continue;
        XS_TRY(make_explanation(w, &imp->keys[i], scratch, &rows[n++], &prediction, err));
        XS_TRY(note_prediction(w, model, w->number[text], prediction, &p, err));
    }
    // Seeds that were not told are 0 but the first, which is the model's number: no two models are the same.
    xs_store_model row = {.family = w->families[model->family], .index = model->position,
                          .seeds = model->has_seeds ? model->seeds : (xs_seeds){model->position, 0, 0, 0, 0},
                          .training = {.loss = NAN}, .seconds = NAN};
    XS_TRY(make_logits(w, model, &p, scratch, &row, err));
    w->report->models++;
    w->report->rows += n;
    return xs_store_put_model(w->store, &row, rows, n, err);
}

static int put_models(writer *w, xsnr_error *err) {
    xs_importer *imp = w->imp;
    xs_arena scratch = {0};
    int rc = XSNR_OK;
    for (size_t i = 0, end; rc == XSNR_OK && i < imp->n_keys; i = end) {
        uint32_t model = model_of(imp->keys[i].order);
        for (end = i; end < imp->n_keys && model_of(imp->keys[end].order) == model;) end++;
        xs_arena_mark mark = xs_arena_save(&scratch);
        rc = put_model(w, i, end, &scratch, err);
        xs_store_flow(w->store);
        xs_arena_rewind(&scratch, mark);
    }
    xs_arena_free(&scratch);
    return rc;
}

static void describe_joins(const xs_importer *imp, char *out, size_t size) {
    bool same = true;
    for (uint32_t f = 1; f < imp->family_names.count; f++) same = same && imp->join[f] == imp->join[0];
    size_t n = 0;
    for (uint32_t f = 0; f < imp->family_names.count && n < size; f++) {
        if (same && f) break;
        const char *rule = xs_join_names[imp->join[f]];
        int more = same ? snprintf(out, size, "%s", rule)
                        : snprintf(out + n, size - n, "%s%.40s: %s", f ? ", " : "", imp->family_names.text[f], rule);
        n += more > 0 ? (size_t)more : 0;
    }
}

static int write_study(writer *w, xsnr_error *err) {
    xs_importer *imp = w->imp;
    describe_joins(imp, w->report->joined, sizeof w->report->joined);
    XS_TRY(put_facts(w, err));
    XS_TRY(xs_store_put_labels(w->store, imp->class_names.text, (int)imp->class_names.count, err));
    XS_TRY(put_texts(w, &imp->line, err));
    XS_TRY(put_families(w, err));
    XS_TRY(put_models(w, err));
    const xs_import_options *o = imp->options;
    return o->complete ? o->complete(o->complete_context, w->store, err) : XSNR_OK;
}

int xs_import_write(xs_importer *imp, const char *path, xs_import_report *report, xsnr_error *err) {
    *report = (xs_import_report){0};
    writer *w = XS_NEW(writer);
    if (!w) return xs_nomem(err);
    w->imp = imp;
    w->report = report;
    w->window_at = UINT64_MAX - WINDOW;
    int rc = number_models(w, err);
    if (rc == XSNR_OK) rc = sort_rows(w, err);
    if (rc == XSNR_OK) rc = drop_doubles(w, err);
    if (rc == XSNR_OK) rc = settle_missing(w, err);
    if (rc == XSNR_OK) rc = xs_import_join(imp, err);
    if (rc == XSNR_OK) rc = xs_store_open(path, XS_STORE_MAKE, &w->store, err);
    if (rc == XSNR_OK) rc = write_study(w, err);
    if (rc == XSNR_OK) rc = xs_store_finish(w->store, err);
    xs_store_close(w->store);
    report->double_rows = imp->double_rows;
    xs_free(w);
    return rc;
}
