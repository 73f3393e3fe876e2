// contribution: the exact part of every word in a logit that is a sum.
//
//     e[w] = Σ over the features f that w triggered of  weight[f] · value[f] · (w's share of f)
//
// A feature's contribution is shared equally among its occurrences, an occurrence's among its words; what no
// word triggered is spread evenly and reported as `unattributed`.  The family computes it, for it alone knows
// its features; here the claim of completeness, Σ e + bias = logit, is held against the model's own logit.
#include "explain/explainer.h"
#include "explain/game.h"
#include <math.h>
#include <string.h>

static const double TOLERANCE = 1e-6; // relative to the largest of the numbers that are added

static int contribution(const xs_settings *settings, const xs_subject *subject, const xs_document *doc,
                        int target, uint64_t seed, xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    (void)settings;
    (void)seed;
    XS_TRY(xs_check_target(subject, target, err));
    const xs_family *family = subject->family;
    if (!(family->provides & XS_ADDITIVE))
        return xs_fail(err, XSNR_ERR_UNSUPPORTED, "family %s has no exact contributions", family->name);
    xs_arena_mark start = xs_arena_save(scratch);
    double *logits = XS_ARENA_ARRAY(scratch, double, (size_t)subject->classes); // (C)
    int rc = logits ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK)
        rc = family->predict(subject->shared, subject->model, doc, NULL, 1, XS_REMOVE_MASK, scratch, logits,
                             err);
    if (rc == XSNR_OK)
        rc = family->contribution(subject->shared, subject->model, doc, target, scratch, out->scores,
                                  &out->f_baseline, &out->unattributed, err);
    out->f_input = logits && rc == XSNR_OK ? logits[target] : 0;
    xs_arena_rewind(scratch, start);
    XS_TRY(rc);

    double sum = 0, scale = fmax(fabs(out->f_input), fabs(out->f_baseline));
    for (uint32_t w = 0; w < doc->n_words; w++) {
        if (!isfinite(out->scores[w])) return xs_not_finite(doc, "the score of a word", out->scores[w], err);
        sum += out->scores[w];
        scale = fmax(scale, fabs(out->scores[w]));
        out->standard_error[w] = 0;
    }
    if (!isfinite(scale)) return xs_not_finite(doc, "a logit of the model", scale, err);
    out->gap = sum - (out->f_input - out->f_baseline);
    out->evaluations = 1;
    if (!(fabs(out->gap) <= TOLERANCE * scale))
        return xs_fail(err, XSNR_ERR_NUMERIC,
                       "text '%.100s': contributions and bias add up to %.9g, the model's logit is %.9g",
                       doc->id, sum + out->f_baseline, out->f_input);
    return XSNR_OK;
}

static const xs_param params[] = {{NULL, 0, NULL, 0, 0, NULL, NULL}};

const xs_explainer xs_explainer_contribution = {
    .name = "contribution",
    .help = "exact part of every word in the logit of an additive model (weight × value)",
    .params = params,
    .needs = XS_PREDICTS | XS_ADDITIVE,
    .samples = false,
    .explain = contribution,
};
