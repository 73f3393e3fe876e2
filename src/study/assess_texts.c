// One text by one explainer after the other: gathered from the store, normalised, analysed, pooled; see assess.h.
//
// Batches of a few texts run in parallel, each read in one go, in the order in which the file has them.  What a batch needs while it
// is analysed lies in its worker's scratch and is gone with it, so that memory holds the scores of as many batches at once as there
// are threads, and results as long as they are few (base/spill.h).
#include "study/assess.h"
#include "base/threads.h"
#include "stats/analysis.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

// The class that a model predicts for a text; −1: not known.
static int prediction(const xs_member *m, size_t text, uint32_t k) {
    return m->predicted ? m->predicted[text * m->highest + k] - 1 : -1;
}

// The class that most equivalent models predict for a text; ties: the first class; −1: no model has told.
static int majority(const xs_member *m, size_t text, xs_arena *scratch, int *out, xsnr_error *err) {
    size_t *votes = XS_ARENA_ARRAY(scratch, size_t, (size_t)m->a->n_labels);
    if (!votes) return xs_nomem(err);
    for (uint32_t k = 0; k < m->highest; k++)
        if (m->keep[k] && prediction(m, text, k) >= 0) votes[prediction(m, text, k)]++;
    *out = -1;
    size_t all = 0;
    for (int c = 0; c < m->a->n_labels; c++) all += votes[c];
    if (!all) return XSNR_OK;
    *out = 0;
    for (int c = 1; c < m->a->n_labels; c++)
        if (votes[c] > votes[*out]) *out = c;
    return XSNR_OK;
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

// Variance that the explainer's own draws give a normalised score, of each model and in the mean: error (kept) is the root mean
// square over the words of its standard errors, size (kept) the rows' lengths before they were normalised.
static double explainer_noise(const double *scores, size_t kept, size_t n, const double *error, const double *size, double *own) {
    double sum = 0;
    for (size_t i = 0; i < kept; i++) {
        double factor = size[i] > 0 ? length_of(scores + i * n, n) / size[i] : 0;
        sum += own[i] = error[i] * error[i] * factor * factor;
    }
    return kept ? sum / (double)kept : NAN;
}

// The rows that count: of equivalent models that predict what the majority does.
static void select_rows(const xs_member *m, const xs_store_scores *all, size_t text, xs_gathered *out, double *error) {
    bool agreeing = xs_settings_bool(m->a->general, "agreeing");
    size_t n = out->words;
    for (size_t i = 0; i < all->models; i++) {
        uint32_t k = all->model[i];
        if (k >= m->highest || !m->keep[k]) continue;
        int predicted = prediction(m, text, k);
        if (agreeing && predicted >= 0 && predicted != out->vote) {
            out->disagreeing++;
            continue;
        }
        const double *row = all->scores + i * n;
        double sum = 0;
        for (size_t w = 0; w < n; w++) sum += fabs(row[w]);
        memcpy(out->raw + out->models * n, row, n * sizeof *row);
        error[out->models] = all->standard_error[i];
        out->model[out->models++] = k;
        out->target = all->target[i];
        out->gap = fmax(out->gap, fabs(all->gap[i])); // fmax passes over NaN
        if (sum > 0 && !isnan(all->unattributed[i])) out->unattributed += fabs(all->unattributed[i]) / sum;
        if (!isnan(all->outside[i])) out->outside = (isnan(out->outside) ? 0 : out->outside) + all->outside[i];
    }
}

int xs_gather(const xs_member *m, const xs_store_scores *stored, size_t text, xs_arena *arena, xs_gathered *out, xsnr_error *err) {
    const xs_settings *general = m->a->general;
    *out = (xs_gathered){.target = -1, .gap = NAN, .outside = NAN, .explainer_noise = NAN};
    if (!m->row) {
        out->unattributed = NAN;
        return xs_gather_people(m->a, text, arena, out, err);
    }
    XS_TRY(majority(m, text, arena, &out->vote, err));
    size_t n = out->words = m->a->texts[text].n_words;
    out->model = XS_ARENA_ARRAY(arena, uint32_t, stored->models);
    out->raw = XS_ARENA_ARRAY(arena, double, stored->models *n);
    out->scores = XS_ARENA_ARRAY(arena, double, stored->models *n);
    double *error = XS_ARENA_ARRAY(arena, double, stored->models), *size = XS_ARENA_ARRAY(arena, double, stored->models);
    if (!out->model || !out->raw || !out->scores || !error || !size) return xs_nomem(err);
    select_rows(m, stored, text, out, error);
    if (out->models) {
        out->unattributed /= (double)out->models;
        out->outside /= (double)out->models;
    }
    memcpy(out->scores, out->raw, out->models * n * sizeof *out->raw);
    for (size_t i = 0; i < out->models; i++) size[i] = length_of(out->raw + i * n, n);
    xs_normalization how = (xs_normalization)xs_normalization_find(xs_settings_choice(general, "normalize"));
    XS_TRY(xs_normalize(out->scores, out->models, n, how, xs_settings_bool(general, "absolute"), &out->zero_rows, err));
    if (!scales(how)) return XSNR_OK;
    if (!(out->own_noise = XS_ARENA_ARRAY(arena, double, out->models))) return xs_nomem(err);
    out->explainer_noise = explainer_noise(out->scores, out->models, n, error, size, out->own_noise);
    return XSNR_OK;
}

/* ------------------------------------------------------------------ texts by one explainer */

// How many texts are read at once: enough to read the file in long pieces, few enough to fit in a cache and to keep all threads busy
// to the end.
enum { BATCH_TEXTS = 32, BATCH_BYTES = 8 << 20 };

typedef struct batch {
    size_t first, texts;
    xs_resamples *resamples; // of its texts together, while it is analysed; NULL: not asked for
} batch;

// Of a text, as in xs_pooled.
typedef struct xs_said {
    double completeness_gap, unattributed, explainer_noise, outside_words;
} xs_said;

typedef struct text_loop {
    xs_member *m;
    const char *explainer;
    xs_explainer_result *result;
    xs_said *extra;       // (texts) what the explainer said of itself
    unsigned char *keeps; // (texts) whether its scores are kept
    batch *batches;       // (n_batches)
    size_t n_batches, begun;
} text_loop;

static const char *name_of(const xs_assessment *a, int label) {
    return label >= 0 && label < a->n_labels ? a->labels[label] : NULL;
}

// Indices of the text's models: nearly always those of all equivalent ones, which stand there once.
static int list_models(const xs_member *m, const xs_gathered *g, xs_arena *arena, const uint32_t **out, xsnr_error *err) {
    size_t size = g->models * sizeof *g->model;
    if (m->everyone && g->models == m->equivalent && memcmp(g->model, m->everyone, size) == 0) {
        *out = m->everyone;
        return XSNR_OK;
    }
    uint32_t *model = XS_ARENA_ARRAY(arena, uint32_t, g->models);
    if (!model) return xs_nomem(err);
    memcpy(model, g->model, size);
    *out = model;
    return XSNR_OK;
}

static int describe_text(const xs_member *m, size_t t, const xs_gathered *g, bool keep_scores, xs_arena *arena,
                         xs_text_result *out, xsnr_error *err) {
    const xs_assessment *a = m->a;
    const xs_store_text *text = &a->texts[t];
    out->id = text->name;
    out->text = text->text;
    out->split = text->split;
    out->label = name_of(a, text->label);
    out->target = name_of(a, g->target);
    out->predicted = name_of(a, g->vote);
    out->n_words = text->n_words;
    out->words = text->words;
    if (a->phrases) out->phrases = a->phrases[t], out->n_phrases = a->n_phrases[t];
    out->models_kept = g->models;
    out->models_disagreeing = g->disagreeing;
    out->zero_rows = g->zero_rows;
    out->crossing = m->crossing;
    XS_TRY(list_models(m, g, arena, &out->model, err));
    if (g->explainer_noise > 0) {
        double *own = XS_ARENA_ARRAY(arena, double, g->models);
        if (!own) return xs_nomem(err);
        memcpy(own, g->own_noise, g->models * sizeof *own);
        out->own_noise = own;
    }
    if (!keep_scores) return XSNR_OK;
    double *scores = XS_ARENA_ARRAY(arena, double, g->models *g->words);
    if (!scores) return xs_nomem(err);
    memcpy(scores, g->scores, g->models * g->words * sizeof *scores);
    out->scores = scores;
    return XSNR_OK;
}

static int look_beyond(const xs_member *m, size_t t, const xs_gathered *g, const batch *b, xs_arena *scratch, xs_arena *arena,
                       xs_text_result *out, xsnr_error *err) {
    const xs_assessment *a = m->a;
    uint32_t *place = XS_ARENA_ARRAY(scratch, uint32_t, g->models);
    if (!place) return xs_nomem(err);
    for (size_t i = 0; i < g->models; i++) place[i] = m->place[g->model[i]];
    unsigned char *human = out->marked ? XS_ARENA_ARRAY(scratch, unsigned char, g->words) : NULL;
    if (out->marked && !human) return xs_nomem(err);
    for (size_t w = 0; human && w < g->words; w++) human[w] = out->marked[w] >= 0.5;
    uint32_t *sentence = XS_ARENA_ARRAY(scratch, uint32_t, g->words);
    if (!sentence) return xs_nomem(err);
    for (size_t w = 0; w < g->words; w++) sentence[w] = a->texts[t].words[w].sentence;
    xs_beyond_input in = {.scores = {g->scores, g->models, g->words},
                          .raw = g->raw,
                          .absolute = xs_settings_bool(a->general, "absolute"),
                          .sentence = sentence,
                          .phrases = out->phrases,
                          .n_phrases = out->n_phrases,
                          .human = human,
                          .word_group = a->word_group ? a->word_group[t] : NULL,
                          .word_groups = a->word_groups,
                          .place = place,
                          .candidates = m->equivalent,
                          .snr = out->snr.snr,
                          .seed = (uint64_t)xs_settings_int(a->general, "seed"),
                          .wanted = m->crossing ? a->statistics & ~(unsigned)XS_STAT_BOOTSTRAP : a->statistics};
    in.resamples = b->resamples;
    return xs_look_beyond(&in, arena, &out->beyond, err);
}

static int analyze_text(const text_loop *loop, const batch *b, size_t t, const xs_store_scores *stored, xs_arena *scratch,
                        xs_arena *arena, xsnr_error *err) {
    const xs_assessment *a = loop->m->a;
    xs_text_result *out = &loop->result->texts[t];
    xs_gathered g;
    XS_TRY(xs_gather(loop->m, stored, t, scratch, &g, err));
    loop->extra[t] = (xs_said){.completeness_gap = g.gap,
                                 .unattributed = g.unattributed,
                                 .outside_words = g.outside,
                                 .explainer_noise = g.explainer_noise};
    XS_TRY(describe_text(loop->m, t, &g, loop->keeps[t], arena, out, err));
    if (loop->m->row && g.models) {
        double *marked;
        XS_TRY(xs_marked_for(a, t, g.target, arena, &marked, &out->annotators, err));
        out->marked = marked;
    }
    XS_TRY(xs_analyze_text((xs_scores){g.scores, g.models, g.words}, xs_settings_real(a->general, "reliability"),
                           (uint64_t)xs_settings_int(a->general, "seed"), arena, out, err));
    return look_beyond(loop->m, t, &g, b, scratch, arena, out, err);
}

static int assess_texts(const text_loop *loop, const batch *b, int worker, xsnr_error *err) {
    const xs_assessment *a = loop->m->a;
    xs_arena *scratch = &a->scratch[worker];
    xs_store_scores *stored = loop->m->row ? XS_ARENA_ARRAY(scratch, xs_store_scores, b->texts) : NULL;
    if (loop->m->row) {
        if (!stored) return xs_nomem(err);
        XS_TRY(xs_store_scores_of_texts(a->store, loop->m->row->id, loop->explainer, a->texts + b->first, b->texts, scratch, stored, err));
    }
    for (size_t t = 0; t < b->texts; t++) {
        XS_TRY(xs_assess_goes_on(a, err)); // of a long text the statistics take seconds
        xs_arena_mark mark = xs_arena_save(scratch);
        XS_TRY(analyze_text(loop, b, b->first + t, stored ? &stored[t] : NULL, scratch, &a->workers[worker], err));
        xs_arena_rewind(scratch, mark);
    }
    return XSNR_OK;
}

static int assess_batch(void *context, size_t item, int worker, xsnr_error *err) {
    const text_loop *loop = context;
    xs_arena *scratch = &loop->m->a->scratch[worker];
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = assess_texts(loop, &loop->batches[loop->begun + item], worker, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

// Batches into `out`, or only how many there are (NULL).
static size_t cut(const text_loop *loop, batch *out) {
    const xs_assessment *a = loop->m->a;
    size_t most = a->n_texts / BATCH_TEXTS < 1 ? 1 : a->n_texts / BATCH_TEXTS, bytes = 0, texts = 0, n = 0;
    if (most > BATCH_TEXTS) most = BATCH_TEXTS;
    for (size_t t = 0; t < a->n_texts; t++) {
        size_t size = loop->m->n * a->texts[t].n_words * sizeof(double);
        if (!n || texts == most || bytes + size > BATCH_BYTES) {
            if (out) out[n] = (batch){.first = t};
            n++;
            bytes = texts = 0;
        }
        texts++;
        bytes += size;
        if (out) out[n - 1].texts = texts;
    }
    return n;
}

static int cut_batches(text_loop *loop, xs_arena *scratch, xsnr_error *err) {
    loop->n_batches = cut(loop, NULL);
    loop->batches = XS_ARENA_ARRAY(scratch, batch, loop->n_batches);
    if (!loop->batches) return xs_nomem(err);
    cut(loop, loop->batches);
    return XSNR_OK;
}

// Resamples of a text have a number for every resample and model, so only a few batches have room for them at once; they are added
// up in the order of the batches.
static int assess_resampled(text_loop *loop, xs_arena *scratch, xs_resamples *all, xsnr_error *err) {
    const xs_assessment *a = loop->m->a;
    size_t round = 2 * (size_t)a->threads, candidates = loop->m->equivalent;
    const uint32_t *count;
    XS_TRY(xs_draw_resamples(candidates, XS_RESAMPLES, (uint64_t)xs_settings_int(a->general, "seed"), scratch, &count, err));
    XS_TRY(xs_resamples_new(candidates, XS_RESAMPLES, count, scratch, all, err));
    xs_resamples *slots = XS_ARENA_ARRAY(scratch, xs_resamples, round);
    if (!slots) return xs_nomem(err);
    for (; loop->begun < loop->n_batches; loop->begun += round) {
        size_t here = loop->n_batches - loop->begun < round ? loop->n_batches - loop->begun : round;
        xs_arena_mark mark = xs_arena_save(scratch);
        for (size_t i = 0; i < here; i++) {
            XS_TRY(xs_resamples_new(candidates, XS_RESAMPLES, count, scratch, &slots[i], err));
            loop->batches[loop->begun + i].resamples = &slots[i];
        }
        XS_TRY(xs_parallel(a->threads, here, assess_batch, loop, a->options->stop, err));
        for (size_t i = 0; i < here; i++) xs_resamples_add(all, &slots[i]);
        xs_arena_rewind(scratch, mark);
    }
    return XSNR_OK;
}

// Which texts' scores are kept: the first ones, as long as there is room, whatever the number of threads.
static void share_room(const xs_assessment *a, size_t models, unsigned char *keeps) {
    size_t room = a->room;
    for (size_t t = 0; t < a->n_texts; t++) {
        size_t size = models * a->texts[t].n_words;
        keeps[t] = size <= room;
        room = keeps[t] ? room - size : 0;
    }
}

/* ------------------------------------------------------------------ pooled */

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

typedef struct judging {
    const xs_member *m;
    xs_faith_result *out;
} judging;

static void see_judged(void *context, const xs_store_faithfulness *row) {
    const judging *j = context;
    j->out->judged = true;
    if (row->model >= j->m->highest || !j->m->keep[row->model]) return;
    add_judged(&j->out->own, row->judged[0]);
    add_judged(&j->out->mean, row->judged[1]);
    add_judged(&j->out->random, row->judged[2]);
}

static int read_faithfulness(const xs_member *m, const char *name, const char *removal, xs_faith_result *out, xsnr_error *err) {
    judging j = {m, out};
    XS_TRY(xs_store_each_faithfulness(m->a->store, m->row->id, name, removal, see_judged, &j, err));
    divide_judged(&out->own);
    divide_judged(&out->mean);
    divide_judged(&out->random);
    return XSNR_OK;
}

// What the explainer said of itself, over the texts that have a model at all.
static void pool_extra(const xs_explainer_result *r, const xs_said *extra, xs_pooled *p) {
    size_t asked = 0;
    p->completeness_gap = NAN;
    p->unattributed = p->explainer_noise = p->outside_words = 0;
    for (size_t t = 0; t < r->n_texts; t++) asked += xs_text_at(r, t)->models_kept > 0;
    for (size_t t = 0; t < r->n_texts; t++) {
        if (!xs_text_at(r, t)->models_kept) continue;
        p->completeness_gap = fmax(p->completeness_gap, extra[t].completeness_gap);
        p->unattributed += extra[t].unattributed / (double)asked;
        p->outside_words += extra[t].outside_words / (double)asked;
        p->explainer_noise += extra[t].explainer_noise / (double)asked;
    }
    p->snr_training = p->signal / (p->noise - p->explainer_noise);
    if (!(p->noise - p->explainer_noise > (p->explainer_noise > 0 ? 3 * p->training_error : 0))) p->snr_training = NAN; // nothing but error is left
}

// Texts that nobody annotated are none of the annotators'.
static void leave_out_unasked(xs_explainer_result *r, xs_said *extra) {
    size_t n = 0;
    for (size_t t = 0; t < r->n_texts; t++) {
        if (!xs_text_at(r, t)->models_kept) continue;
        r->texts[n] = r->texts[t];
        extra[n++] = extra[t];
    }
    r->n_texts = n;
}

int xs_assess_explainer(xs_member *m, const char *name, xs_explainer_result *out, xs_arena *scratch, xsnr_error *err) {
    xs_assessment *a = m->a;
    *out = (xs_explainer_result){.name = name, .n_texts = a->n_texts, .people = !m->row, .crossing = m->crossing, .spill = a->spill};
    out->texts = XS_ARENA_ARRAY(&a->out->arena, xs_text_result, a->n_texts);
    text_loop loop = {m, name, out, XS_ARENA_ARRAY(scratch, xs_said, a->n_texts),
                      XS_ARENA_ARRAY(scratch, unsigned char, a->n_texts), NULL, 0, 0};
    if (!out->texts || !loop.extra || !loop.keeps) return xs_nomem(err);
    share_room(a, m->equivalent, loop.keeps);
    XS_TRY(cut_batches(&loop, scratch, err));
    xs_resamples all;
    bool resampled = a->statistics & XS_STAT_BOOTSTRAP && !m->crossing; // resamples are of independent models
    if (resampled) XS_TRY(assess_resampled(&loop, scratch, &all, err));
    else XS_TRY(xs_parallel(a->threads, loop.n_batches, assess_batch, &loop, a->options->stop, err));
    if (!m->row) leave_out_unasked(out, loop.extra);
    XS_TRY(xs_pool_texts(out, m->highest, xs_settings_real(a->general, "reliability"),
                         scratch, &out->pooled, err));
    pool_extra(out, loop.extra, &out->pooled);
    if (m->row) {
        XS_TRY(read_faithfulness(m, name, "mask", &out->faithfulness[0], err));
        XS_TRY(read_faithfulness(m, name, "delete", &out->faithfulness[1], err));
    }
    xs_pooled_beyond *beyond;
    XS_TRY(xs_pool_beyond(out, resampled ? &all : NULL, &a->out->arena, &beyond, err));
    if (a->statistics & XS_STAT_TYPES) XS_TRY(xs_assess_types(out, scratch, &beyond->types, err));
    if (m->row && a->statistics & XS_STAT_SOURCES) XS_TRY(xs_assess_sources(m, name, scratch, beyond, err));
    out->beyond = beyond;
    return XSNR_OK;
}
