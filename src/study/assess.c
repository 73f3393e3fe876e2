// From the study file to results: which models are equivalent, which agree, and what their scores say.
//
//   models ─► equivalence (statistics, section 0) ─► per text: those that agree with the majority ─►
//   normalise ─► statistics of the text ─► pooled over texts ─► families compared
//
// Texts are analysed in parallel, each into a slot of its own; everything else runs in index order.
#include "study/assess.h"
#include "base/threads.h"
#include "stats/analysis.h"
#include "study/settings.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MEMORY ((size_t)16 << 20) // bytes of results that lie in memory; what is more lies in a temporary file

int xs_assess_goes_on(const xs_assessment *a, xsnr_error *err) {
    const atomic_int *stop = a->options->stop;
    return stop && atomic_load(stop) ? xs_fail(err, XSNR_ERR_INTERRUPTED, "stopped on request") : XSNR_OK;
}

static void spread_add(xs_spread *s, double x, size_t n) { // Welford
    if (n == 0) *s = (xs_spread){.min = x, .max = x};
    double d = x - s->mean;
    s->mean += d / (double)(n + 1);
    s->sd += d * (x - s->mean); // Σ of squares until spread_end
    s->min = fmin(s->min, x);
    s->max = fmax(s->max, x);
}

static void spread_end(xs_spread *s, size_t n) {
    if (!n)
        *s = (xs_spread){NAN, NAN, NAN, NAN};
    else
        s->sd = n > 1 ? sqrt(s->sd / (double)(n - 1)) : NAN;
}

// Quality over the equivalent models.
static void summarize_quality(const xs_member *m, bool test, xs_split_quality *out) {
    size_t n = 0;
    *out = (xs_split_quality){0};
    for (size_t i = 0; i < m->n; i++) {
        const xs_store_model *row = &m->models[i];
        if (!m->keep[row->index] || !(test ? row->has_test : row->has_valid)) continue;
        const xs_quality *q = test ? &row->test : &row->valid;
        out->texts = q->texts;
        spread_add(&out->accuracy, q->accuracy, n);
        spread_add(&out->macro_f1, q->macro_f1, n);
        spread_add(&out->log_loss, q->log_loss, n);
        spread_add(&out->calibration_error, q->calibration_error, n);
        n++;
    }
    spread_end(&out->accuracy, n);
    spread_end(&out->macro_f1, n);
    spread_end(&out->log_loss, n);
    spread_end(&out->calibration_error, n);
}

static int arg_max(const float *x, int n) {
    int best = 0;
    for (int c = 1; c < n; c++)
        if (x[c] > x[best]) best = c;
    return best;
}

// Whether one class makes up 99 % of the texts; `count` is scratch, a number a class.
static bool is_one_class(const int *class_of, size_t texts, int classes, size_t *count) {
    for (int c = 0; c < classes; c++) count[c] = 0;
    for (size_t t = 0; t < texts; t++) count[class_of[t]]++;
    for (int c = 0; c < classes; c++)
        if (100 * count[c] >= 99 * texts) return true;
    return false;
}

// What a model predicts for the test texts: predicted (n_gold).
static int read_test(const xs_member *m, const xs_store_model *row, xs_arena *scratch, int *predicted, xsnr_error *err) {
    size_t texts = m->a->n_gold, classes = (size_t)m->a->n_labels, n;
    const float *logits;
    xs_arena_mark mark = xs_arena_save(scratch);
    XS_TRY(xs_store_logits(m->a->store, m->row->id, row->index, XS_LOGITS_TEST, scratch, &logits, &n, err));
    if (n != texts * classes)
        return xs_fail(err, XSNR_ERR_CORRUPT, "model %u of '%s' has predictions for another test set", row->index, m->row->name);
    for (size_t t = 0; t < texts; t++) predicted[t] = arg_max(logits + t * classes, m->a->n_labels);
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}

// Which test texts each model has right: correct (good models, n_gold).  And how many models learned no more than which class is
// frequent: their accuracy can be the highest, and says nothing.
static int read_tests(xs_member *m, unsigned char *correct, xs_arena *scratch, xsnr_error *err) {
    xs_assessment *a = m->a;
    size_t texts = a->n_gold, g = 0;
    int *predicted = XS_ARENA_ARRAY(scratch, int, texts);
    size_t *count = XS_ARENA_ARRAY(scratch, size_t, (size_t)a->n_labels);
    if (!predicted || !count) return xs_nomem(err);
    bool says = !is_one_class(a->gold, texts, a->n_labels, count);
    for (size_t i = 0; i < m->n; i++) {
        if (m->models[i].failure) continue;
        XS_TRY(read_test(m, &m->models[i], scratch, predicted, err));
        for (size_t t = 0; t < texts; t++) correct[g * texts + t] = predicted[t] == a->gold[t];
        if (says) m->result->models_one_class += is_one_class(predicted, texts, a->n_labels, count);
        g++;
    }
    return XSNR_OK;
}

// Which models may be compared.  Without a test set only `all` is defined, and the result says so.
static int find_equivalent(xs_member *m, xs_arena *scratch, xsnr_error *err) {
    xs_assessment *a = m->a;
    const char *rule = xs_settings_string(a->general, "equivalence");
    size_t good = 0, texts = a->n_gold;
    for (size_t i = 0; i < m->n; i++) good += !m->models[i].failure;
    unsigned char *keep = XS_ARENA_ARRAY(scratch, unsigned char, good);
    unsigned char *correct = texts ? XS_ARENA_ARRAY(scratch, unsigned char, good *texts) : NULL;
    if (!keep || (texts && !correct)) return xs_nomem(err);
    if (!texts && strcmp(rule, "all") != 0) rule = "all (there is no test set)";
    m->result->dropped_by = xs_arena_strdup(&a->out->arena, rule);
    if (!m->result->dropped_by) return xs_nomem(err);
    if (texts) XS_TRY(read_tests(m, correct, scratch, err));
    if (good) XS_TRY(xs_equivalent_models(texts ? rule : "all", correct, good, texts, keep, err));
    size_t g = 0;
    for (size_t i = 0; i < m->n; i++)
        if (!m->models[i].failure) m->keep[m->models[i].index] = keep[g++];
    return XSNR_OK;
}

// Of some texts, [from, to): what each model predicts.
static int read_predictions(xs_member *m, size_t from, size_t to, xs_arena *scratch, xsnr_error *err) {
    xs_assessment *a = m->a;
    size_t classes = (size_t)a->n_labels;
    for (size_t i = 0; i < m->n; i++) {
        const xs_store_model *row = &m->models[i];
        const float *logits;
        size_t n;
        if (row->failure) continue;
        xs_arena_mark mark = xs_arena_save(scratch);
        XS_TRY(xs_store_logits(a->store, m->row->id, row->index, XS_LOGITS_EXPLAIN, scratch, &logits, &n, err));
        if (n == a->explained * classes && n) {
            if (!m->predicted && !(m->predicted = XS_ARENA_ARRAY(&a->out->arena, int32_t, a->n_texts * m->highest))) return xs_nomem(err);
            for (size_t t = from; t < to; t++)
                m->predicted[t * m->highest + row->index] = 1 + arg_max(logits + (a->first + t) * classes, a->n_labels);
        }
        xs_arena_rewind(scratch, mark);
    }
    xs_spill_rest(a->spill);
    return XSNR_OK;
}

// The class that each model predicts for each explained text.  The study has them by model, they are asked by text: of so many
// texts that memory holds them, then of the next.
static int find_predictions(xs_member *m, xs_arena *scratch, xsnr_error *err) {
    const size_t n = m->a->n_texts, most = ((size_t)8 << 20) / sizeof *m->predicted / ((size_t)m->highest + 1) + 1;
    for (size_t t = 0; t < n; t += most) XS_TRY(read_predictions(m, t, n - t < most ? n : t + most, scratch, err));
    return XSNR_OK;
}

// How many the plan wants, which may have grown since the study file was made.
static uint32_t planned_models(const xs_member *m) {
    for (size_t k = 0; k < m->a->plan->n_families; k++)
        if (strcmp(m->a->plan->families[k].name, m->row->name) == 0) return m->a->plan->families[k].models;
    return m->row->models;
}

static int count_models(xs_member *m, xsnr_error *err) {
    xs_family_result *r = m->result;
    double *accuracy = XS_ARENA_ARRAY(&m->a->out->arena, double, m->highest);
    if (!accuracy) return xs_nomem(err);
    for (uint32_t k = 0; k < m->highest; k++) {
        accuracy[k] = NAN;
        r->models_equivalent += m->keep[k];
    }
    for (size_t i = 0; i < m->n; i++) {
        const xs_store_model *row = &m->models[i];
        if (row->failure)
            r->models_failed++;
        else if (row->has_test)
            accuracy[row->index] = row->test.accuracy;
    }
    r->models_trained = m->n;
    r->models_planned = planned_models(m);
    r->model_slots = m->highest;
    r->model_accuracy = accuracy;
    r->equivalent = m->keep;
    summarize_quality(m, false, &r->valid);
    summarize_quality(m, true, &r->test);
    return XSNR_OK;
}

static int assess_family(xs_assessment *a, xs_store_family *row, xs_family_result *out, xs_arena *scratch,
                         xsnr_error *err) {
    xs_arena *keep = &a->out->arena;
    xs_member m = {.a = a, .row = row, .result = out};
    *out = (xs_family_result){.name = row->name, .type = row->type, .settings = row->settings};
    XS_TRY(xs_store_models(a->store, row->id, XS_LOGITS_NONE, scratch, &m.models, &m.n, err));
    if (!m.n) return xs_fail(err, XSNR_ERR_NOT_FOUND, "family '%s' has no model yet; train first", row->name);
    m.highest = m.models[m.n - 1].index + 1;
    m.keep = XS_ARENA_ARRAY(keep, unsigned char, m.highest);
    m.place = XS_ARENA_ARRAY(scratch, uint32_t, m.highest);
    if (!m.keep || !m.place) return xs_nomem(err);
    XS_TRY(find_equivalent(&m, scratch, err));
    uint32_t *everyone = XS_ARENA_ARRAY(keep, uint32_t, m.highest);
    if (!everyone) return xs_nomem(err);
    for (uint32_t k = 0; k < m.highest; k++) {
        if (!m.keep[k]) continue;
        everyone[m.equivalent] = k;
        m.place[k] = (uint32_t)m.equivalent++;
    }
    m.everyone = everyone;
    XS_TRY(find_predictions(&m, scratch, err));
    XS_TRY(count_models(&m, err));
    XS_TRY(xs_assess_crossing(&m, scratch, keep, &m.crossing, err));
    const char **names, **settings;
    size_t n_settings;
    XS_TRY(xs_store_explainers(a->store, row->id, keep, &names, &out->n_explainers, err));
    XS_TRY(xs_store_explainer_settings(a->store, row->id, keep, &settings, &n_settings, err));
    out->explainers = XS_ARENA_ARRAY(keep, xs_explainer_result, out->n_explainers);
    if (!out->explainers) return xs_nomem(err);
    for (size_t k = 0; k < out->n_explainers; k++) {
        xs_arena_mark mark = xs_arena_save(scratch);
        XS_TRY(xs_assess_explainer(&m, names[k], &out->explainers[k], scratch, err));
        xs_arena_rewind(scratch, mark);
        if (k < n_settings) out->explainers[k].settings = settings[k];
    }
    return a->statistics & XS_STAT_SEVERAL ? xs_assess_several(&m, scratch, &out->several, err) : XSNR_OK;
}

// Two families under the explainers that both have.
static int compare_pair(xs_assessment *assessment, const xs_family_result *a, const xs_family_result *b,
                        xs_arena *scratch, xsnr_error *err) {
    xs_results *r = assessment->out;
    for (size_t i = 0; i < a->n_explainers; i++)
        for (size_t j = 0; j < b->n_explainers; j++) {
            const xs_explainer_result *x = &a->explainers[i], *y = &b->explainers[j];
            if (strcmp(x->name, y->name) != 0) continue;
            XS_TRY(xs_assess_goes_on(assessment, err));
            xs_comparison *c = &r->comparisons[r->n_comparisons++];
            XS_TRY(xs_compare_families(x, a->model_slots, y, b->model_slots, scratch, c, err));
            c->family_a = a->name, c->family_b = b->name;
            c->explainer_a = x->name, c->explainer_b = y->name;
        }
    return XSNR_OK;
}

static int compare_all(xs_assessment *a, xs_arena *scratch, xsnr_error *err) {
    xs_results *r = a->out;
    size_t most = 0;
    for (size_t f = 0; f < r->n_families; f++) most += r->n_families * r->families[f].n_explainers;
    r->comparisons = XS_ARENA_ARRAY(&r->arena, xs_comparison, most);
    if (!r->comparisons) return xs_nomem(err);
    for (size_t i = 0; i < r->n_families; i++)
        for (size_t j = i + 1; j < r->n_families; j++)
            XS_TRY(compare_pair(a, &r->families[i], &r->families[j], scratch, err));
    return XSNR_OK;
}

static int list_facts(xs_assessment *a, xsnr_error *err) {
    xs_fact *all;
    size_t n;
    XS_TRY(xs_store_facts(a->store, &a->out->arena, &all, &n, err));
    a->out->facts = XS_ARENA_ARRAY(&a->out->arena, xs_fact, n + 1);
    if (!a->out->facts) return xs_nomem(err);
    bool planned = false;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].key, "identity") == 0 || strcmp(all[i].key, "texts_stored") == 0) continue; // the file's own bookkeeping
        xs_fact *fact = &a->out->facts[a->out->n_facts++];
        *fact = all[i];
        if (strcmp(fact->key, "plan") != 0) continue;
        planned = true; // by this plan it is analysed; the file's may differ in what concerns statistics and report alone
        if (a->plan->text && !(fact->value = xs_arena_strdup(&a->out->arena, a->plan->text))) return xs_nomem(err);
    }
    if (!planned) return XSNR_OK; // imported: nothing was drawn here
    char seed[32];
    snprintf(seed, sizeof seed, "%lld", (long long)xs_settings_int(a->general, "seed"));
    const char *value = xs_arena_strdup(&a->out->arena, seed);
    if (!value) return xs_nomem(err);
    a->out->facts[a->out->n_facts++] = (xs_fact){"seed", value};
    return XSNR_OK;
}

// The scores of single models that are worth keeping: those that the page could hold, as many of every family and explainer.
static int find_room(xs_assessment *a, const xs_store_family *families, size_t n_families, xs_arena *scratch, xsnr_error *err) {
    const double score = 8.0 / 3; // bytes of a float16 in base64
    xs_results *r = a->out;
    r->page_mb = a->options->page_mb > 0 ? a->options->page_mb : xs_settings_real(a->general, "report.page_mb");
    if (!a->options->keep_scores) return XSNR_OK;
    size_t series = 0;
    for (size_t f = 0; f < n_families; f++) {
        const char **names;
        size_t n;
        XS_TRY(xs_store_explainers(a->store, families[f].id, scratch, &names, &n, err));
        series += n;
    }
    a->room = series ? (size_t)(1e6 * r->page_mb / score / (double)series) : 0;
    return XSNR_OK;
}

// If one text alone is asked for, the others are forgotten.
static void only_text(xs_assessment *a) {
    a->explained = a->n_texts;
    for (size_t t = 0; a->options->text && t < a->explained; t++)
        if (strcmp(a->texts[t].name, a->options->text) == 0) {
            a->first = t;
            a->texts += t;
            a->n_texts = 1;
            return;
        }
}

static int assess(xs_assessment *a, xs_arena *scratch, xsnr_error *err) {
    xs_results *r = a->out;
    XS_TRY(xs_store_texts(a->store, &r->arena, &a->texts, &a->n_texts, err));
    only_text(a);
    XS_TRY(xs_store_labels(a->store, &r->arena, &a->labels, &a->n_labels, err));
    XS_TRY(xs_assess_rationales(a, scratch, err));
    if (a->statistics & XS_STAT_SPANS) XS_TRY(xs_assess_phrases(a, scratch, err));
    if (a->options->words) XS_TRY(xs_group_words(a, scratch, err));
    XS_TRY(xs_store_gold(a->store, "test", scratch, &a->gold, &a->n_gold, err));
    for (size_t i = 0; i < a->n_gold; i++)
        if (a->gold[i] < 0) a->n_gold = 0; // a test set without labels decides nothing
    const char *names[] = {"study", "equivalence", "target"};
    const char **slots[] = {&r->study, &r->equivalence, &r->target};
    for (size_t i = 0; i < 3; i++)
        if (!(*slots[i] = xs_arena_strdup(&r->arena, xs_settings_string(a->general, names[i]))))
            return xs_nomem(err);
    r->reliability = xs_settings_real(a->general, "reliability");
    r->normalize = xs_normalization_name(
        (xs_normalization)xs_normalization_find(xs_settings_choice(a->general, "normalize")));
    xs_store_family *families;
    XS_TRY(xs_store_families(a->store, &r->arena, &families, &r->n_families, err));
    size_t n = r->n_families;
    r->n_families += xs_assess_has_people(a);
    r->families = XS_ARENA_ARRAY(&r->arena, xs_family_result, r->n_families);
    if (!r->families) return xs_nomem(err);
    XS_TRY(find_room(a, families, n, scratch, err));
    for (size_t f = 0; f < n; f++) {
        if (a->options->progress)
            a->options->progress(
                a->options->user,
                &(xsnr_progress){.stage = "analyze", .family = families[f].name, .done = f, .total = r->n_families});
        XS_TRY(assess_family(a, &families[f], &r->families[f], scratch, err));
    }
    if (r->n_families > n) XS_TRY(xs_assess_people(a, &r->families[n], scratch, err));
    XS_TRY(compare_all(a, scratch, err));
    return list_facts(a, err);
}

int xs_statistics_parse(const char *list, unsigned *bits, xsnr_error *err) {
    static const xs_param table[] = {{"statistics", XS_CHOICES, "", 0, 0, XS_STATISTICS, ""}, {NULL, 0, NULL, 0, 0, NULL, NULL}};
    xs_settings s;
    XS_TRY(xs_settings_init(&s, table, err));
    int rc = xs_settings_set(&s, "statistics", strcmp(list, "none") ? list : "", NULL, 0, err);
    if (rc == XSNR_OK) *bits = xs_settings_bits(&s, "statistics");
    if (rc == XSNR_OK && *bits & XS_STAT_ALL) *bits = XS_STAT_ALL - 1;
    xs_settings_free(&s);
    return rc;
}

int xs_study_assess(xs_store *store, const xs_plan *plan, const xs_assess_options *options, xs_results *results,
                    xsnr_error *err) {
    int threads = options->threads > 0 ? options->threads : xs_processors();
    xs_assessment a = {.store = store,
                       .plan = plan,
                       .general = &plan->general,
                       .options = options,
                       .statistics = xs_settings_bits(&plan->general, "statistics"),
                       .threads = threads,
                       .out = results};
    xs_arena scratch = {0};
    if (a.statistics & XS_STAT_ALL) a.statistics = XS_STAT_ALL - 1;
    if (options->statistics) XS_TRY(xs_statistics_parse(options->statistics, &a.statistics, err));
    a.workers = XS_ARENA_ARRAY(&results->arena, xs_arena, (size_t)threads);
    a.scratch = XS_ARENA_ARRAY(&results->arena, xs_arena, (size_t)threads);
    a.spill = xs_spill_new(options->memory ? options->memory : MEMORY, xs_store_path(store));
    if (!a.workers || !a.scratch || !a.spill) {
        xs_spill_drop(a.spill);
        return xs_nomem(err);
    }
    results->arena.spill = a.spill;
    for (int i = 0; i < threads; i++) a.workers[i].spill = xs_spill_hold(a.spill);
    int rc = xs_spill_explain(a.spill, assess(&a, &scratch, err), err);
    for (int i = 0; i < threads; i++) {
        xs_arena_adopt(&results->arena, &a.workers[i]);
        xs_arena_free(&a.scratch[i]);
    }
    xs_arena_free(&scratch);
    return rc;
}
