// Explainers as the rest of the program uses them: whom they serve, texts one by one or all at once, repeated runs.
//
// A method that draws random numbers has a noise of its own.  With `repeats` R > 1 it is run R times on the same model;
// the mean is kept, and the runs' variance / R is what the explainer's noise adds to the variance over models.
#include "base/random.h"
#include "explain/explainer.h"
#include "explain/game.h"
#include <math.h>

bool xs_explainer_serves(const xs_explainer *method, const xs_family *family) {
    return !(method->needs & ~family->provides) || (method->or_needs && !(method->or_needs & ~family->provides));
}

// One run of all tasks.
static int run(const xs_explainer *method, const xs_settings *settings, const xs_subject *subject,
               const xs_task *tasks, size_t count, xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    if (method->explain_all) XS_TRY(method->explain_all(settings, subject, tasks, count, scratch, out, err));
    for (size_t i = 0; method->explain && i < count; i++)
        XS_TRY(method->explain(settings, subject, tasks[i].doc, tasks[i].target, tasks[i].seed, scratch, &out[i], err));
    for (size_t i = 0; method->explain_self && i < count; i++)
        XS_TRY(method->explain_self(method, settings, subject, &tasks[i], scratch, &out[i], err));
    for (size_t i = 0; i < count; i++) // a gradient can be finite where the logit is not
        if (!isfinite(out[i].f_input)) return xs_not_finite(tasks[i].doc, "a logit of the model", out[i].f_input, err);
    return XSNR_OK;
}

// One task `repeats` times with other seeds: out's scores become their mean, its standard errors s / √repeats.  The
// tokens' scores and all numbers beside them are the first run's.
static int repeat(const xs_explainer *method, const xs_settings *settings, const xs_subject *subject, xs_task task,
                  int64_t repeats, xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    size_t n = task.doc->n_words;
    double *mean = XS_ARENA_ARRAY(scratch, double, n), *squares = XS_ARENA_ARRAY(scratch, double, n);
    if (!mean || !squares) return xs_nomem(err);
    uint64_t seed = task.seed;
    int64_t evaluations = 0;
    for (int64_t r = 0; r < repeats; r++) {
        xs_explanation again = *out;
        task.seed = r ? xs_seed_derive(seed, XS_STREAM_EXPLAIN, "repeat", (uint32_t)r) : seed;
        XS_TRY(run(method, settings, subject, &task, 1, scratch, r ? &again : out, err));
        evaluations += r ? again.evaluations : out->evaluations;
        for (size_t w = 0; w < n; w++) { // Welford
            double from_mean = out->scores[w] - mean[w];
            mean[w] += from_mean / (double)(r + 1);
            squares[w] += from_mean * (out->scores[w] - mean[w]);
        }
    }
    for (size_t w = 0; w < n; w++) {
        out->scores[w] = mean[w];
        out->standard_error[w] = sqrt(squares[w] / ((double)(repeats - 1) * (double)repeats));
    }
    out->evaluations = evaluations;
    return XSNR_OK;
}

int xs_explain(const xs_explainer *method, const xs_settings *settings, const xs_subject *subject,
               const xs_task *tasks, size_t count, xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    for (size_t i = 0; i < count; i++) {
        XS_TRY(xs_check_target(subject, tasks[i].target, err));
        out[i].gap = out[i].outside = NAN;
        out[i].tokens = NULL;
    }
    int64_t repeats = method->samples ? xs_settings_int(settings, "repeats") : 1;
    if (repeats < 2) return run(method, settings, subject, tasks, count, scratch, out, err);
    for (size_t i = 0; i < count; i++)
        XS_TRY(repeat(method, settings, subject, tasks[i], repeats, scratch, &out[i], err));
    return XSNR_OK;
}
