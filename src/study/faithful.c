// Faithfulness of a study's explanations: every model is asked about texts without their strongest words.
//
// Three rankings of a text's words are judged on every model: by the model's own scores; by the mean over the family's
// models that explain the same class (each divided by Σ|scores| first), which answers whether the mean explanation is
// faithful to each single model; and at random, which is what any ranking has to beat.  When the family has grown,
// everything is judged again, for the mean is another one.
#include "base/random.h"
#include "base/threads.h"
#include "explain/faithfulness.h"
#include "study/study.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const removals[] = {"mask", "delete"};

// One text's scores by one explainer, and their mean.
typedef struct judged_text {
    xs_store_scores scores;
    int target;         // of the mean: the majority's
    const double *mean; // (words) NULL: no model
} judged_text;

typedef struct judging {
    xs_study *s;
    xs_study_family *f;
    const char **explainers;
    size_t n_explainers, texts;
    judged_text *text;    // (n_explainers, texts)
    uint32_t models;      // that the means are of
    const uint32_t *todo; // indices of models
    unsigned char *missing[2];
    xs_arena *scratch; // (threads)
} judging;

static int mean_of(judged_text *t, int classes, xs_arena *arena, xsnr_error *err) {
    const xs_store_scores *s = &t->scores;
    size_t *votes = XS_ARENA_ARRAY(arena, size_t, (size_t)classes), used = 0;
    double *mean = XS_ARENA_ARRAY(arena, double, s->words);
    if (!votes || !mean) return xs_nomem(err);
    for (size_t i = 0; i < s->models; i++) votes[s->target[i]]++;
    for (int c = 1; c < classes; c++)
        if (votes[c] > votes[t->target]) t->target = c;
    for (size_t i = 0; i < s->models; i++) {
        const double *row = s->scores + i * s->words;
        double size = 0;
        if (s->target[i] != t->target) continue;
        for (size_t w = 0; w < s->words; w++) size += fabs(row[w]);
        for (size_t w = 0; w < s->words && size > 0; w++) mean[w] += row[w] / size;
        used++;
    }
    t->mean = used ? mean : NULL; // a ranking: the division by `used` changes nothing
    return XSNR_OK;
}

static int read_scores(judging *j, xs_arena *arena, xsnr_error *err) {
    j->text = XS_ARENA_ARRAY(arena, judged_text, j->n_explainers * j->texts);
    if (!j->text) return xs_nomem(err);
    for (size_t e = 0; e < j->n_explainers; e++)
        for (size_t t = 0; t < j->texts; t++) {
            judged_text *text = &j->text[e * j->texts + t];
            XS_TRY(xs_store_scores_of(j->s->store, j->f->row.id, j->explainers[e], (int64_t)t, arena, &text->scores, err));
            XS_TRY(mean_of(text, j->s->n_labels, arena, err));
        }
    return XSNR_OK;
}

// A ranking at random: of this text, by this model.
static double *random_scores(const judging *j, const xs_document *doc, uint32_t model, xs_arena *scratch) {
    double *scores = XS_ARENA_ARRAY(scratch, double, doc->n_words);
    uint64_t seed = xs_seed_derive(j->s->seed, XS_STREAM_EXPLAIN, doc->id, model + 1);
    xs_rng rng = xs_rng_at(seed, XS_STREAM_EXPLAIN, 0, 0);
    for (uint32_t w = 0; scores && w < doc->n_words; w++) scores[w] = xs_rng_uniform(&rng);
    return scores;
}

static int judge_text(const judging *j, const xs_subject *subject, uint32_t model, size_t e, size_t t, int removal,
                      xs_arena *scratch, xs_store_faithfulness *out, xsnr_error *err) {
    const judged_text *text = &j->text[e * j->texts + t];
    const xs_document *doc = j->s->explained.docs[t];
    size_t i = 0;
    while (i < text->scores.models && text->scores.model[i] != model) i++;
    if (i == text->scores.models) return 0; // not explained
    int target = text->scores.target[i];
    const double *rankings[3] = {text->scores.scores + i * text->scores.words, target == text->target ? text->mean : NULL,
                                 random_scores(j, doc, model, scratch)};
    xs_faithfulness judged[3];
    if (!rankings[2]) return xs_nomem(err);
    XS_TRY(xs_faithfulness_of(subject, doc, target, removal ? XS_REMOVE_DELETE : XS_REMOVE_MASK, rankings, 3, scratch,
                              judged, err));
    *out = (xs_store_faithfulness){.text = (int64_t)t, .explainer = j->explainers[e], .removal = removals[removal], .models = j->models};
    for (int r = 0; r < 3; r++) {
        memcpy(out->judged[r][0], judged[r].comprehensiveness, sizeof judged[r].comprehensiveness);
        memcpy(out->judged[r][1], judged[r].sufficiency, sizeof judged[r].sufficiency);
    }
    return 1;
}

static int judge_all(const judging *j, const xs_subject *subject, uint32_t model, xs_arena *scratch, xsnr_error *err) {
    xs_store_faithfulness *rows = XS_ARENA_ARRAY(scratch, xs_store_faithfulness, 2 * j->n_explainers * j->texts);
    size_t n = 0;
    if (!rows) return xs_nomem(err);
    for (int removal = 0; removal < 2; removal++)
        for (size_t e = 0; j->missing[removal] && j->missing[removal][model] && e < j->n_explainers; e++)
            for (size_t t = 0; t < j->texts; t++) {
                int rc = judge_text(j, subject, model, e, t, removal, scratch, &rows[n], err);
                if (rc < 0) return rc;
                n += (size_t)rc;
            }
    return xs_store_put_faithfulness(j->s->store, j->f->row.id, model, rows, n, err);
}

static int judge_model(void *context, size_t item, int worker, xsnr_error *err) {
    judging *j = context;
    const xs_family *type = j->f->plan->type;
    xs_arena *scratch = &j->scratch[worker];
    xs_arena_mark mark = xs_arena_save(scratch);
    void *model = NULL;
    int rc = xs_study_model(j->s, j->f, j->todo[item], scratch, &model, err);
    xs_subject subject = {.family = type, .shared = j->f->shared, .model = model, .classes = j->s->n_labels};
    if (rc == XSNR_OK) rc = judge_all(j, &subject, j->todo[item], scratch, err);
    if (model) type->free_model(model);
    if (rc == XSNR_ERR_NUMERIC)
        rc = xs_store_fail_model(j->s->store, j->f->row.id, j->todo[item], err ? err->message : "not finite", err);
    xs_arena_rewind(scratch, mark);
    if (rc == XSNR_OK) xs_study_tell(j->s, "faithfulness", j->f->plan->name, 1);
    return rc;
}

static int run_models(judging *j, size_t n, xs_arena *arena, xsnr_error *err) {
    XS_TRY(xs_study_prepare(j->s, j->f, err));
    XS_TRY(read_scores(j, arena, err));
    j->scratch = XS_ARENA_ARRAY(arena, xs_arena, (size_t)j->s->threads);
    if (!j->scratch) return xs_nomem(err);
    uint64_t done = j->s->done, total = j->s->total, resumed = j->s->resumed; // of the models
    j->s->done = j->s->resumed = 0;
    j->s->total = n;
    xs_study_tell(j->s, "faithfulness", NULL, 0);
    int rc = xs_parallel(j->s->threads, n, judge_model, j, j->s->stop, err);
    j->s->done = done, j->s->total = total, j->s->resumed = resumed;
    for (int i = 0; i < j->s->threads; i++) xs_arena_free(&j->scratch[i]);
    return rc;
}

static int judge_family(xs_study *s, xs_study_family *f, xs_arena *arena, xsnr_error *err) {
    judging j = {.s = s, .f = f, .texts = s->explained.count};
    xs_store_model *models;
    size_t n;
    XS_TRY(xs_store_models(s->store, f->row.id, XS_LOGITS_NONE, arena, &models, &n, err));
    uint32_t slots = n ? models[n - 1].index + 1 : 0, *todo = XS_ARENA_ARRAY(arena, uint32_t, n);
    if (!todo) return xs_nomem(err);
    for (size_t i = 0; i < n; i++) j.models += !models[i].failure;
    for (int r = 0; r < 2; r++) {
        if (!xs_settings_has(&s->plan->general, "faithfulness", removals[r])) continue;
        j.missing[r] = XS_ARENA_ARRAY(arena, unsigned char, slots);
        if (!j.missing[r]) return xs_nomem(err);
        XS_TRY(xs_store_faithfulness_missing(s->store, f->row.id, removals[r], j.models, slots, j.missing[r], err));
    }
    size_t missing = 0;
    for (uint32_t m = 0; m < slots; m++)
        if ((j.missing[0] && j.missing[0][m]) || (j.missing[1] && j.missing[1][m])) todo[missing++] = m;
    if (!missing) return XSNR_OK;
    j.todo = todo;
    XS_TRY(xs_store_explainers(s->store, f->row.id, arena, &j.explainers, &j.n_explainers, err));
    return run_models(&j, missing, arena, err);
}

int xs_study_faithfulness(xs_study *s, xsnr_error *err) {
    int rc = XSNR_OK;
    for (size_t k = 0; rc == XSNR_OK && k < s->plan->n_families; k++) {
        xs_arena arena = {0};
        rc = judge_family(s, &s->families[k], &arena, err);
        xs_arena_free(&arena);
    }
    return rc;
}
