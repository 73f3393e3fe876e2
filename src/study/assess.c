// From the study file to results: which models are equivalent, which agree, and what their scores say.
//
//   models ─► equivalence (statistics, section 0) ─► per text: those that agree with the majority ─►
//   normalise ─► statistics of the text ─► pooled over texts ─► families compared
//
// Texts are analysed in parallel, each into a slot of its own; everything else runs in index order.
#include "base/alloc.h"
#include "base/threads.h"
#include "stats/analysis.h"
#include "study/study.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct assessment {
    xs_store *store;
    const xs_settings *general;
    int threads;
    const atomic_int *stop;
    xsnr_progress_fn *progress;
    void *user;
    xs_store_text *texts;
    size_t n_texts;
    const char **labels;
    int n_labels;
    int32_t *gold;
    size_t n_gold;
    xs_arena *workers; // (threads) of the parallel loop; their memory goes to the results
    xs_results *out;
} assessment;

// One family while it is assessed.
typedef struct member {
    assessment *a;
    xs_store_family *row;
    xs_store_model *models; // (n)
    size_t n;               // rows in the store, failed ones too
    uint32_t highest;       // 1 + the largest model index
    unsigned char *keep;    // (highest) equivalent
    const int **predicted;  // (highest) class predicted for every explained text, or NULL
    xs_family_result *result;
} member;

typedef struct text_loop {
    member *m;
    const char *explainer;
    xs_explainer_result *result;
    xs_pooled *extra; // (texts) gap, unattributed, explainer_noise, outside_words of each text
} text_loop;

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
static void summarize_quality(const member *m, bool test, xs_split_quality *out) {
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

// Which models may be compared.  Without a test set only `all` is defined, and the result says so.
static int find_equivalent(member *m, xs_arena *scratch, xsnr_error *err) {
    assessment *a = m->a;
    const char *rule = xs_settings_string(a->general, "equivalence");
    size_t good = 0, texts = a->n_gold;
    for (size_t i = 0; i < m->n; i++) good += !m->models[i].failure;
    unsigned char *keep = XS_ARENA_ARRAY(scratch, unsigned char, good);
    unsigned char *correct = texts ? XS_ARENA_ARRAY(scratch, unsigned char, good *texts) : NULL;
    if (!keep || (texts && !correct)) return xs_nomem(err);
    if (!texts && strcmp(rule, "all") != 0) rule = "all (there is no test set)";
    m->result->dropped_by = xs_arena_strdup(&a->out->arena, rule);
    if (!m->result->dropped_by) return xs_nomem(err);
    size_t g = 0, classes = (size_t)a->n_labels;
    for (size_t i = 0; i < m->n; i++) {
        const xs_store_model *row = &m->models[i];
        if (row->failure) continue;
        if (texts && row->n_test_logits != texts * classes)
            return xs_fail(err, XSNR_ERR_CORRUPT, "model %u of '%s' has predictions for another test set",
                           row->index, m->row->name);
        for (size_t t = 0; t < texts; t++)
            correct[g * texts + t] = arg_max(row->test_logits + t * classes, a->n_labels) == a->gold[t];
        g++;
    }
    if (good) XS_TRY(xs_equivalent_models(texts ? rule : "all", correct, good, texts, keep, err));
    g = 0;
    for (size_t i = 0; i < m->n; i++)
        if (!m->models[i].failure) m->keep[m->models[i].index] = keep[g++];
    return XSNR_OK;
}

// The class that each model predicts for each explained text.
static int find_predictions(member *m, xs_arena *arena, xsnr_error *err) {
    assessment *a = m->a;
    for (size_t i = 0; i < m->n; i++) {
        const xs_store_model *row = &m->models[i];
        if (row->failure || row->n_explain_logits != a->n_texts * (size_t)a->n_labels) continue;
        int *predicted = XS_ARENA_ARRAY(arena, int, a->n_texts);
        if (!predicted) return xs_nomem(err);
        for (size_t t = 0; t < a->n_texts; t++)
            predicted[t] = arg_max(row->explain_logits + t * (size_t)a->n_labels, a->n_labels);
        m->predicted[row->index] = predicted;
    }
    return XSNR_OK;
}

// The class that most equivalent models predict for a text; ties: the first class.
static int majority(const member *m, size_t text, xs_arena *scratch, int *out, xsnr_error *err) {
    size_t *votes = XS_ARENA_ARRAY(scratch, size_t, (size_t)m->a->n_labels);
    if (!votes) return xs_nomem(err);
    for (uint32_t k = 0; k < m->highest; k++)
        if (m->keep[k] && m->predicted[k]) votes[m->predicted[k][text]]++;
    *out = 0;
    for (int c = 1; c < m->a->n_labels; c++)
        if (votes[c] > votes[*out]) *out = c;
    return XSNR_OK;
}

static void describe_text(const assessment *a, size_t t, int target, xs_text_result *out) {
    const xs_store_text *text = &a->texts[t];
    out->id = text->name;
    out->text = text->text;
    out->split = text->split;
    out->label = text->label >= 0 && text->label < a->n_labels ? a->labels[text->label] : NULL;
    out->target = target >= 0 ? a->labels[target] : NULL;
    out->n_words = text->n_words;
    out->words = text->words;
}

static double length_of(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

// Is a row only divided by a number of its own?  Then its errors are divided by the same.
static bool scales(xs_normalization how) {
    return how == XS_NORM_NONE || how == XS_NORM_L1 || how == XS_NORM_L2 || how == XS_NORM_MAX_ABS;
}

// Mean over models of the variance that the explainer's own draws give a normalised score: error (kept) is the root mean
// square over the words of its standard errors, size (kept) the rows' lengths before they were normalised.
static double explainer_noise(const double *scores, size_t kept, size_t n, const double *error, const double *size) {
    double sum = 0;
    for (size_t i = 0; i < kept; i++) {
        double factor = size[i] > 0 ? length_of(scores + i * n, n) / size[i] : 0;
        sum += error[i] * error[i] * factor * factor;
    }
    return kept ? sum / (double)kept : NAN;
}

// Scores of the models that count, normalised, and what the explainer said of itself.
static int gather(const text_loop *loop, size_t t, xs_arena *arena, xs_text_result *out, xs_pooled *extra,
                  xsnr_error *err) {
    const member *m = loop->m;
    const assessment *a = m->a;
    xs_store_scores all;
    int vote = 0, target = -1;
    XS_TRY(xs_store_scores_of(a->store, m->row->id, loop->explainer, a->texts[t].id, arena, &all, err));
    XS_TRY(majority(m, t, arena, &vote, err));
    bool agreeing = xs_settings_bool(a->general, "agreeing");
    size_t n = a->texts[t].n_words, kept = 0;
    uint32_t *model = XS_ARENA_ARRAY(arena, uint32_t, all.models);
    double *scores = XS_ARENA_ARRAY(arena, double, all.models *n);
    double *error = XS_ARENA_ARRAY(arena, double, all.models), *size = XS_ARENA_ARRAY(arena, double, all.models);
    if (!model || !scores || !error || !size) return xs_nomem(err);
    *extra = (xs_pooled){.completeness_gap = NAN, .outside_words = NAN};
    for (size_t i = 0; i < all.models; i++) {
        uint32_t k = all.model[i];
        if (k >= m->highest || !m->keep[k]) continue;
        if (agreeing && m->predicted[k] && m->predicted[k][t] != vote) {
            out->models_disagreeing++;
            continue;
        }
        const double *row = all.scores + i * n;
        double sum = 0;
        for (size_t w = 0; w < n; w++) sum += fabs(row[w]);
        memcpy(scores + kept * n, row, n * sizeof *row);
        model[kept++] = k;
        target = all.target[i];
        extra->completeness_gap = fmax(extra->completeness_gap, fabs(all.gap[i])); // fmax passes over NaN
        if (sum > 0 && !isnan(all.unattributed[i])) extra->unattributed += fabs(all.unattributed[i]) / sum;
        if (!isnan(all.outside[i])) extra->outside_words = (isnan(extra->outside_words) ? 0 : extra->outside_words) + all.outside[i];
        error[kept - 1] = all.standard_error[i];
    }
    if (kept) extra->unattributed /= (double)kept, extra->outside_words /= (double)kept;
    out->models_kept = kept;
    out->model = model;
    out->scores = scores;
    describe_text(a, t, target, out);
    for (size_t i = 0; i < kept; i++) size[i] = length_of(scores + i * n, n);
    xs_normalization how = (xs_normalization)xs_normalization_find(xs_settings_choice(a->general, "normalize"));
    XS_TRY(xs_normalize(scores, kept, n, how, xs_settings_bool(a->general, "absolute"), &out->zero_rows, err));
    extra->explainer_noise = scales(how) ? explainer_noise(scores, kept, n, error, size) : NAN;
    return XSNR_OK;
}

/* ------------------------------------------------------------------ texts by one explainer */

static int assess_text(void *context, size_t t, int worker, xsnr_error *err) {
    text_loop *loop = context;
    const assessment *a = loop->m->a;
    xs_arena *arena = &a->workers[worker];
    xs_text_result *out = &loop->result->texts[t];
    XS_TRY(gather(loop, t, arena, out, &loop->extra[t], err));
    xs_scores scores = {out->scores, out->models_kept, out->n_words};
    return xs_analyze_text(scores, xs_settings_real(a->general, "reliability"),
                           (uint64_t)xs_settings_int(a->general, "seed"), arena, out, err);
}

// Adds one explanation's numbers, unless they are NaN (there is no mean for its class).
static void add_judged(xs_faith_summary *to, const float judged[2][5]) {
    if (isnan(judged[0][0])) return;
    to->explanations++;
    for (int k = 0; k < 5; k++) to->comprehensiveness[k] += (double)judged[0][k], to->sufficiency[k] += (double)judged[1][k];
}

static void divide_judged(xs_faith_summary *s) {
    for (int k = 0; k < 5; k++) {
        s->comprehensiveness[k] /= (double)s->explanations; // NaN if there is none
        s->sufficiency[k] /= (double)s->explanations;
        s->aopc_comprehensiveness += s->comprehensiveness[k] / 5;
        s->aopc_sufficiency += s->sufficiency[k] / 5;
    }
}

static int read_faithfulness(const member *m, const char *name, const char *removal, xs_faith_result *out,
                             xs_arena *scratch, xsnr_error *err) {
    xs_store_faithfulness *rows;
    size_t n;
    XS_TRY(xs_store_faithfulness_of(m->a->store, m->row->id, name, removal, scratch, &rows, &n, err));
    out->judged = n > 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].model >= m->highest || !m->keep[rows[i].model]) continue;
        add_judged(&out->own, rows[i].judged[0]);
        add_judged(&out->mean, rows[i].judged[1]);
        add_judged(&out->random, rows[i].judged[2]);
    }
    divide_judged(&out->own);
    divide_judged(&out->mean);
    divide_judged(&out->random);
    return XSNR_OK;
}

static int assess_explainer(member *m, const char *name, xs_explainer_result *out, xs_arena *scratch,
                            xsnr_error *err) {
    assessment *a = m->a;
    *out = (xs_explainer_result){.name = name, .n_texts = a->n_texts};
    out->texts = XS_ARENA_ARRAY(&a->out->arena, xs_text_result, a->n_texts);
    text_loop loop = {m, name, out, XS_ARENA_ARRAY(scratch, xs_pooled, a->n_texts)};
    if (!out->texts || !loop.extra) return xs_nomem(err);
    XS_TRY(xs_parallel(a->threads, a->n_texts, assess_text, &loop, a->stop, err));
    XS_TRY(xs_pool_texts(out->texts, a->n_texts, m->highest, xs_settings_real(a->general, "reliability"),
                         scratch, &out->pooled, err));
    xs_pooled *p = &out->pooled;
    p->completeness_gap = NAN;
    p->unattributed = p->explainer_noise = p->outside_words = 0;
    XS_TRY(read_faithfulness(m, name, "mask", &out->faithfulness[0], scratch, err));
    XS_TRY(read_faithfulness(m, name, "delete", &out->faithfulness[1], scratch, err));
    size_t asked = 0; // texts that have a model at all
    for (size_t t = 0; t < a->n_texts; t++) asked += out->texts[t].models_kept > 0;
    for (size_t t = 0; t < a->n_texts; t++) {
        if (!out->texts[t].models_kept) continue;
        p->completeness_gap = fmax(p->completeness_gap, loop.extra[t].completeness_gap);
        p->unattributed += loop.extra[t].unattributed / (double)asked;
        p->outside_words += loop.extra[t].outside_words / (double)asked;
        p->explainer_noise += loop.extra[t].explainer_noise / (double)asked;
    }
    p->snr_training = p->signal / (p->noise - p->explainer_noise);
    if (!(p->noise > p->explainer_noise)) p->snr_training = NAN;
    return XSNR_OK;
}

static int count_models(member *m, xsnr_error *err) {
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
    r->model_slots = m->highest;
    r->model_accuracy = accuracy;
    r->equivalent = m->keep;
    summarize_quality(m, false, &r->valid);
    summarize_quality(m, true, &r->test);
    return XSNR_OK;
}

static int assess_family(assessment *a, xs_store_family *row, xs_family_result *out, xs_arena *scratch,
                         xsnr_error *err) {
    xs_arena *keep = &a->out->arena;
    member m = {.a = a, .row = row, .result = out};
    *out = (xs_family_result){.name = row->name, .type = row->type, .settings = row->settings};
    XS_TRY(xs_store_models(a->store, row->id, true, scratch, &m.models, &m.n, err));
    if (!m.n) return xs_fail(err, XSNR_ERR_NOT_FOUND, "family '%s' has no model yet; train first", row->name);
    m.highest = m.models[m.n - 1].index + 1;
    m.keep = XS_ARENA_ARRAY(keep, unsigned char, m.highest);
    m.predicted = XS_ARENA_ARRAY(scratch, const int *, m.highest);
    if (!m.keep || !m.predicted) return xs_nomem(err);
    XS_TRY(find_equivalent(&m, scratch, err));
    XS_TRY(find_predictions(&m, scratch, err));
    XS_TRY(count_models(&m, err));
    const char **names;
    XS_TRY(xs_store_explainers(a->store, row->id, keep, &names, &out->n_explainers, err));
    out->explainers = XS_ARENA_ARRAY(keep, xs_explainer_result, out->n_explainers);
    if (!out->explainers) return xs_nomem(err);
    for (size_t k = 0; k < out->n_explainers; k++)
        XS_TRY(assess_explainer(&m, names[k], &out->explainers[k], scratch, err));
    return XSNR_OK;
}

// Two families under the explainers that both have.
static int compare_pair(xs_results *r, const xs_family_result *a, const xs_family_result *b,
                        xs_arena *scratch, xsnr_error *err) {
    for (size_t i = 0; i < a->n_explainers; i++)
        for (size_t j = 0; j < b->n_explainers; j++) {
            const xs_explainer_result *x = &a->explainers[i], *y = &b->explainers[j];
            if (strcmp(x->name, y->name) != 0) continue;
            xs_comparison *c = &r->comparisons[r->n_comparisons++];
            XS_TRY(xs_compare_families(x, a->model_slots, y, b->model_slots, scratch, c, err));
            c->family_a = a->name, c->family_b = b->name;
            c->explainer_a = x->name, c->explainer_b = y->name;
        }
    return XSNR_OK;
}

static int compare_all(xs_results *r, xs_arena *scratch, xsnr_error *err) {
    size_t most = 0;
    for (size_t f = 0; f < r->n_families; f++) most += r->n_families * r->families[f].n_explainers;
    r->comparisons = XS_ARENA_ARRAY(&r->arena, xs_comparison, most);
    if (!r->comparisons) return xs_nomem(err);
    for (size_t i = 0; i < r->n_families; i++)
        for (size_t j = i + 1; j < r->n_families; j++)
            XS_TRY(compare_pair(r, &r->families[i], &r->families[j], scratch, err));
    return XSNR_OK;
}

static int list_facts(assessment *a, xsnr_error *err) {
    xs_fact *all;
    size_t n;
    XS_TRY(xs_store_facts(a->store, &a->out->arena, &all, &n, err));
    a->out->facts = XS_ARENA_ARRAY(&a->out->arena, xs_fact, n);
    if (!a->out->facts) return xs_nomem(err);
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].key, "identity") &&
            strcmp(all[i].key, "texts_stored")) // the file's own bookkeeping
            a->out->facts[a->out->n_facts++] = all[i];
    return XSNR_OK;
}

static int assess(assessment *a, xs_arena *scratch, xsnr_error *err) {
    xs_results *r = a->out;
    XS_TRY(xs_store_texts(a->store, &r->arena, &a->texts, &a->n_texts, err));
    XS_TRY(xs_store_labels(a->store, &r->arena, &a->labels, &a->n_labels, err));
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
    r->families = XS_ARENA_ARRAY(&r->arena, xs_family_result, r->n_families);
    if (!r->families) return xs_nomem(err);
    for (size_t f = 0; f < r->n_families; f++) {
        if (a->progress)
            a->progress(a->user, &(xsnr_progress){"analyze", families[f].name, f, r->n_families, 0, NULL});
        XS_TRY(assess_family(a, &families[f], &r->families[f], scratch, err));
    }
    XS_TRY(compare_all(r, scratch, err));
    return list_facts(a, err);
}

int xs_study_assess(xs_store *store, const xs_plan *plan, int threads, const atomic_int *stop,
                    xsnr_progress_fn *progress, void *user, xs_results *results, xsnr_error *err) {
    if (threads <= 0) threads = xs_processors();
    assessment a = {.store = store,
                    .general = &plan->general,
                    .threads = threads,
                    .stop = stop,
                    .progress = progress,
                    .user = user,
                    .out = results};
    xs_arena scratch = {0};
    a.workers = XS_ARENA_ARRAY(&results->arena, xs_arena, (size_t)threads);
    if (!a.workers) return xs_nomem(err);
    int rc = assess(&a, &scratch, err);
    for (int i = 0; i < threads; i++) xs_arena_adopt(&results->arena, &a.workers[i]);
    xs_arena_free(&scratch);
    return rc;
}
