// Scores of tokens become scores of words; see tokens.h.
//
// A token that several words share gives each an equal part.  Of the parts that a word has: their sum, which keeps
// completeness; their mean; the one of largest size, with its sign; or the first.  Tokens of no word (the template's)
// are left out, and the share that they had is reported.
#include "explain/tokens.h"
#include "base/alloc.h"
#include "explain/game.h"
#include <math.h>
#include <string.h>

int xs_task_inputs(const xs_subject *subject, const xs_task *tasks, size_t count, xs_arena *scratch, xs_inputs *in,
                   xsnr_error *err) {
    const xs_document **docs = XS_ARENA_ARRAY(scratch, const xs_document *, count);
    if (!docs) return xs_nomem(err);
    for (size_t i = 0; i < count; i++) docs[i] = tasks[i].doc;
    return subject->family->inside->inputs(subject->shared, docs, count, scratch, in, err);
}

int *xs_task_targets(const xs_task *tasks, size_t count, xs_arena *scratch) {
    int *target = XS_ARENA_ARRAY(scratch, int, count);
    for (size_t i = 0; target && i < count; i++) target[i] = tasks[i].target;
    return target;
}

bool xs_of_probability(const xs_settings *settings) {
    return strcmp(xs_settings_choice(settings, "output"), "probability") == 0;
}

typedef enum pooling { POOL_SUM, POOL_MEAN, POOL_MAX_ABS, POOL_FIRST } pooling;

// One part more of a word that has `parts` already.
static double joined(pooling how, double so_far, uint32_t parts, double part) {
    switch (how) {
    case POOL_SUM: return so_far + part;
    case POOL_MEAN: return so_far + (part - so_far) / (parts + 1);
    case POOL_MAX_ABS: return fabs(part) > fabs(so_far) ? part : so_far;
    case POOL_FIRST: break;
    }
    return parts ? so_far : part;
}

int xs_tokens_to_explanation(const xs_settings *settings, const xs_inputs *in, size_t text, const xs_document *doc,
                             const double *tokens, xs_explanation *out, xsnr_error *err) {
    static const char *const names[] = {"sum", "mean", "max_abs", "first"};
    size_t begin = in->begin[text], T = in->begin[text + 1] - begin;
    const char *name = xs_settings_choice(settings, "words");
    pooling how = POOL_SUM;
    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0) how = (pooling)i;
    uint32_t *parts = XS_NEW_ARRAY(uint32_t, doc->n_words); // (n_words) so far
    if (!parts) return xs_nomem(err);
    memset(out->scores, 0, doc->n_words * sizeof *out->scores);
    memset(out->standard_error, 0, doc->n_words * sizeof *out->standard_error);
    double all = 0, outside = 0;
    int rc = XSNR_OK;
    for (size_t t = 0; t < T && rc == XSNR_OK; t++) {
        xs_token_words words = in->words[begin + t];
        if (!isfinite(tokens[t])) rc = xs_not_finite(doc, "the score of a token", tokens[t], err);
        if (in->special[begin + t]) words.count = 0; // an id's own word may be there
        all += fabs(tokens[t]);
        if (!words.count) outside += fabs(tokens[t]);
        for (uint32_t w = words.first; w < words.first + words.count; w++) {
            out->scores[w] = joined(how, out->scores[w], parts[w], tokens[t] / words.count);
            parts[w]++;
        }
    }
    xs_free(parts);
    out->outside = all > 0 ? outside / all : 0;
    out->tokens = tokens;
    out->n_tokens = T;
    return rc;
}

int xs_explain_additive(const xs_settings *settings, const xs_subject *subject, const xs_task *task, xs_arena *scratch,
                        xs_explanation *out, xsnr_error *err) {
    extern const xs_explainer xs_explainer_contribution;
    if (xs_of_probability(settings))
        return xs_fail(err, XSNR_ERR_UNSUPPORTED,
                       "family %s is a sum of its words in the logit, not in the probability; use output: logit",
                       subject->family->name);
    return xs_explainer_contribution.explain(settings, subject, task->doc, task->target, task->seed, scratch, out, err);
}
