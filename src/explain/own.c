// Explainers of the calling program: a function of its own asks the model and fills in scores.
//
// A callback is trusted with memory, as all C is, and with nothing else: scores start as NaN, so that one that was left out is
// found; every score must be finite, as a float too, since that is what is stored; what it returns must be an xsnr_code; and an
// error names explainer, text, model and family, which the callback cannot be expected to say.
//
// XSNR_ERR_NUMERIC is a fact about the model (its logits are not finite), as for the methods of xsnr: recorded, and the study
// goes on.  Scores that are not finite are a mistake of the callback: it must not cost a model its place in the study.
#include "explain/own.h"
#include "base/alloc.h"
#include "explain/game.h"
#include <math.h>
#include <string.h>

typedef struct own {
    xs_explainer method; // first: what the rest of the program sees
    xsnr_explainer given;
} own;

struct xsnr_model {
    const xs_subject *subject;
    const xs_document *doc;
    xs_arena *scratch;
    int64_t evaluations;
};

enum { MOST_MASKS = 64, MOST_MASK_BYTES = 1 << 18 }; // of a batch

static int ask_some(xsnr_model *m, const unsigned char *present, size_t count, xs_removal removal, bool probability, double *out,
                    xsnr_error *err) {
    const xs_subject *s = m->subject;
    size_t classes = (size_t)s->classes;
    double *logits = XS_ARENA_ARRAY(m->scratch, double, count * classes);
    if (!logits) return xs_nomem(err);
    XS_TRY(s->family->predict(s->shared, s->model, m->doc, present, count, removal, m->scratch, logits, err));
    for (size_t i = 0; i < count * classes; i++)
        if (!isfinite(logits[i])) return xs_not_finite(m->doc, "a logit of the model", logits[i], err);
    m->evaluations += (int64_t)count;
    if (!probability) memcpy(out, logits, count * classes * sizeof *out);
    for (size_t i = 0; probability && i < count; i++)
        xs_probabilities(s->family->link(s->shared), s->classes, logits + i * classes, out + i * classes);
    return XSNR_OK;
}

int xs_own_ask(xsnr_model *m, const unsigned char *present, size_t count, xs_removal removal, bool probability, double *out,
               xsnr_error *err) {
    size_t words = m->doc->n_words, batch = words ? MOST_MASK_BYTES / words : MOST_MASKS;
    if (batch > MOST_MASKS) batch = MOST_MASKS;
    if (batch < 1) batch = 1;
    if (!present && count != 1)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "the whole text (present is NULL) is asked about once, not %zu times", count);
    int rc = XSNR_OK;
    for (size_t done = 0; rc == XSNR_OK && done < count; done += batch) {
        size_t n = count - done < batch ? count - done : batch;
        xs_arena_mark mark = xs_arena_save(m->scratch);
        rc = ask_some(m, present ? present + done * words : NULL, n, removal, probability, out + done * (size_t)m->subject->classes,
                      err);
        xs_arena_rewind(m->scratch, mark);
    }
    return rc;
}

// The text with its words as strings, as xsnr.h hands it out.
static int public_text(const xs_subject *s, const xs_document *doc, xs_arena *arena, xsnr_text *out, xsnr_error *err) {
    xsnr_word *words = XS_ARENA_ARRAY(arena, xsnr_word, doc->n_words);
    if (!words) return xs_nomem(err);
    for (uint32_t w = 0; w < doc->n_words; w++) {
        const xs_word *word = &doc->words[w];
        words[w] = (xsnr_word){xs_arena_strndup(arena, doc->text + word->start, word->end - word->start), word->cp_start, word->cp_end};
        if (!words[w].word) return xs_nomem(err);
    }
    *out = (xsnr_text){.id = doc->id, .text = doc->text, .split = s->split, .words = words, .n_words = doc->n_words,
                       .label = doc->label >= 0 && s->labels ? s->labels[doc->label] : NULL};
    return XSNR_OK;
}

// The callback's error with the place that it happened at.
static int failed(const own *o, const xs_subject *s, const xs_document *doc, int rc, const xsnr_error *why, xsnr_error *err) {
    bool code = rc < 0 && rc >= XSNR_ERR_CALLBACK;
    char where[300];
    snprintf(where, sizeof where, "explainer '%s' on text '%.60s' of model %u of family '%s'", o->method.name, doc->id, (unsigned)s->index,
             s->name ? s->name : s->family->name);
    if (!code) return xs_fail(err, XSNR_ERR_CALLBACK, "%s returned %d, which is no code of an error", where, rc);
    return xs_fail_at(err, rc, why->file, why->line, "%s: %s", where, why->message[0] ? why->message : "it failed, and does not say why");
}

static int check_scores(const own *o, const xs_subject *s, const xs_document *doc, const xsnr_text *text, const double *scores,
                        xsnr_error *err) {
    for (uint32_t w = 0; w < doc->n_words; w++) {
        if (isfinite((float)scores[w])) continue;
        xsnr_error why = {0};
        snprintf(why.message, sizeof why.message, "the score of word %u, '%.60s', is %s", w + 1, text->words[w].word,
                 isnan(scores[w]) ? "not a number; was it set at all?" : isinf(scores[w]) ? "infinite" : "too large to be stored");
        return failed(o, s, doc, XSNR_ERR_CALLBACK, &why, err);
    }
    return XSNR_OK;
}

static int call(const own *o, const xs_settings *settings, const xs_subject *s, const xs_task *task, xs_arena *scratch,
                xs_explanation *out, xsnr_error *err) {
    const xs_document *doc = task->doc;
    size_t classes = (size_t)s->classes;
    bool probability = strcmp(xs_settings_choice(settings, "output"), "probability") == 0;
    xsnr_model model = {.subject = s, .doc = doc, .scratch = scratch};
    double *ends = XS_ARENA_ARRAY(scratch, double, 2 * classes); // of no word, and of all
    unsigned char *present = XS_ARENA_ARRAY(scratch, unsigned char, 2 * (size_t)doc->n_words);
    if (!ends || !present) return xs_nomem(err);
    memset(present + doc->n_words, 1, doc->n_words);
    XS_TRY(xs_own_ask(&model, present, 2, XS_REMOVE_MASK, probability, ends, err));
    xsnr_text text;
    XS_TRY(public_text(s, doc, scratch, &text, err));
    xsnr_question question = {.family = s->name,    .type = s->family->name, .model = s->index,        .text = &text,
                              .classes = classes,   .labels = s->labels,     .target = task->target, .seed = task->seed};
    for (uint32_t w = 0; w < doc->n_words; w++) {
        out->scores[w] = NAN;
        out->standard_error[w] = 0;
    }
    xsnr_error why = {0};
    int rc = o->given.explain(o->given.user, &question, &model, out->scores, &why);
    if (rc != XSNR_OK) return failed(o, s, doc, rc, &why, err);
    XS_TRY(check_scores(o, s, doc, &text, out->scores, err));
    out->f_baseline = ends[task->target];
    out->f_input = ends[classes + (size_t)task->target];
    out->gap = NAN;
    out->unattributed = 0;
    out->evaluations = model.evaluations;
    if (!o->given.complete) return XSNR_OK;
    out->gap = out->f_baseline - out->f_input;
    for (uint32_t w = 0; w < doc->n_words; w++) out->gap += out->scores[w];
    return XSNR_OK;
}

static int explain_self(const xs_explainer *self, const xs_settings *settings, const xs_subject *subject, const xs_task *task,
                        xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = call((const own *)(const void *)self, settings, subject, task, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

static const xs_param params[] = {
    {"foreign", XS_BOOL, "true", 0, 0, NULL, "the scores are those of a function of the calling program"},
    {"version", XS_STRING, "", 0, 0, NULL, "of that function"},
    {"settings", XS_STRING, "", 0, 0, NULL, "as it calls them"},
    XS_OUTPUT_PARAM,
    XS_REPEATS_PARAM,
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

static int set_all(const xsnr_explainer *given, xs_settings *settings, xsnr_error *err) {
    char repeats[16];
    snprintf(repeats, sizeof repeats, "%d", given->repeats ? given->repeats : 1);
    if (given->version) XS_TRY(xs_settings_set(settings, "version", given->version, NULL, 0, err));
    if (given->settings) XS_TRY(xs_settings_set(settings, "settings", given->settings, NULL, 0, err));
    if (given->probability) XS_TRY(xs_settings_set(settings, "output", "probability", NULL, 0, err));
    return xs_settings_set(settings, "repeats", repeats, NULL, 0, err);
}

int xs_own_explainer(const xsnr_explainer *given, xs_arena *arena, const xs_explainer **method, xs_settings *settings,
                     xsnr_error *err) {
    own *o = XS_ARENA_ARRAY(arena, own, 1);
    if (!o) return xs_nomem(err);
    memcpy(&o->given, given, given->size < sizeof o->given ? given->size : sizeof o->given);
    if (o->given.repeats < 0 || o->given.repeats > 1000)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "explainer '%s': repeats is 0 to 1000, not %d", o->given.name, o->given.repeats);
    if (o->given.repeats > 1 && !o->given.random)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "explainer '%s' is to be repeated, but draws no random numbers", o->given.name);
    o->method = (xs_explainer){.name = xs_arena_strdup(arena, o->given.name),
                               .help = "an explainer of the calling program",
                               .params = params,
                               .needs = XS_PREDICTS,
                               .samples = o->given.random != 0,
                               .explain_self = explain_self};
    if (!o->method.name) return xs_nomem(err);
    XS_TRY(xs_settings_init(settings, params, err));
    int rc = set_all(&o->given, settings, err);
    if (rc < 0) xs_settings_free(settings);
    else *method = &o->method;
    return rc;
}
