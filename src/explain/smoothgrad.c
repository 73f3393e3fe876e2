// smoothgrad: the gradient's mean over noisy copies of the text's vectors (Smilkov et al. 2017).
//
//     ḡ = 1/S Σ_s ∂f/∂e (e + σ ε_s),  ε_s ~ N(0, I),  σ = noise · (largest − smallest number of e)
//     score = ‖ḡ‖₂ (of: saliency),  or  e · ḡ (of: input_x_gradient)
//
// Standard error, from the spread over the copies: of the mean of u · g_s, with u = ḡ/‖ḡ‖ (the length's first-order
// change) or u = e.  Copy s draws from its own place of the stream, whatever the batches.
#include "base/random.h"
#include "explain/game.h"
#include "explain/tokens.h"
#include "math/backend.h"
#include <math.h>
#include <string.h>

typedef struct copies {
    size_t samples;
    double noise;
    bool multiply, probability;
} copies;

static double range_of(const double *e, size_t n) {
    double low = e[0], high = e[0];
    for (size_t k = 1; k < n; k++) low = fmin(low, e[k]), high = fmax(high, e[k]);
    return high - low;
}

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += a[k] * b[k];
    return sum;
}

// A token's score and its error, from its vector e and gradients g, (samples) of them `size` apart.
static void score_token(const copies *c, const double *e, const double *g, size_t size, size_t width, double *mean,
                        double *score, double *error) {
    double squares = 0;
    memset(mean, 0, width * sizeof *mean);
    for (size_t s = 0; s < c->samples; s++)
        for (size_t k = 0; k < width; k++) mean[k] += g[s * size + k] / (double)c->samples;
    double length = sqrt(dot(mean, mean, width));
    *score = c->multiply ? dot(e, mean, width) : length;
    for (size_t s = 0; s < c->samples; s++) {
        double part = c->multiply ? dot(e, g + s * size, width) : length > 0 ? dot(mean, g + s * size, width) / length : 0;
        squares += (part - *score) * (part - *score);
    }
    *error = sqrt(squares / ((double)(c->samples - 1) * (double)c->samples));
}

// The noisy copies of one text and its scores; the first point is the text itself.
static int explain_text(const copies *c, const xs_subject *subject, const xs_inputs *in, uint32_t text,
                        const xs_task *task, const double *e, xs_arena *scratch, double *tokens, double *errors,
                        xs_explanation *out, xsnr_error *err) {
    size_t T = in->begin[text + 1] - in->begin[text], width = in->width, size = T * width, points = c->samples + 1;
    double *vectors = XS_ARENA_ARRAY(scratch, double, points *size), *gradient = XS_ARENA_ARRAY(scratch, double, points *size);
    double *value = XS_ARENA_ARRAY(scratch, double, points), *mean = XS_ARENA_ARRAY(scratch, double, width);
    uint32_t *number = XS_ARENA_ARRAY(scratch, uint32_t, points);
    int *targets = XS_ARENA_ARRAY(scratch, int, points);
    double *noise = XS_ARENA_ARRAY(scratch, double, size);
    if (!vectors || !gradient || !value || !mean || !noise || !number || !targets) return xs_nomem(err);
    void (*draw)(uint64_t, uint32_t, uint32_t, uint32_t, size_t, double *) = xs_cpu_backend(XS_FLOAT, 0)->normals;
    double sigma = c->noise * range_of(e, size);
    for (size_t p = 0; p < points; p++) {
        number[p] = text;
        targets[p] = task->target;
        memcpy(vectors + p * size, e, size * sizeof *e);
        if (p == 0) continue;
        draw(task->seed, XS_STREAM_EXPLAIN, (uint32_t)(p - 1), 0, size, noise);
        for (size_t k = 0; k < size; k++) vectors[p * size + k] += sigma * noise[k];
    }
    xs_points all = {.count = points, .text = number, .target = targets, .vectors = vectors, .probability = c->probability};
    XS_TRY(subject->family->inside->gradient(subject->shared, subject->model, in, &all, value, gradient, NULL, err));
    for (size_t t = 0; t < T; t++)
        score_token(c, e + t * width, gradient + size + t * width, size, width, mean, &tokens[t], &errors[t]);
    out->f_input = value[0];
    out->f_baseline = NAN;
    out->unattributed = 0;
    out->evaluations = (int64_t)points;
    return XSNR_OK;
}

// The errors of a word's tokens, as if they were independent.
static void word_errors(const xs_inputs *in, size_t text, const double *errors, const xs_document *doc, double *out) {
    for (size_t t = in->begin[text]; t < in->begin[text + 1]; t++) {
        xs_token_words w = in->words[t];
        double part = w.count ? errors[t - in->begin[text]] / w.count : 0;
        for (uint32_t k = w.first; !in->special[t] && k < w.first + w.count; k++) out[k] += part * part;
    }
    for (uint32_t k = 0; k < doc->n_words; k++) out[k] = sqrt(out[k]);
}

static int smoothgrad(const xs_settings *settings, const xs_subject *subject, const xs_task *tasks, size_t count,
                      xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    copies c = {.samples = (size_t)xs_settings_int(settings, "samples"),
                .noise = xs_settings_real(settings, "noise"),
                .multiply = strcmp(xs_settings_choice(settings, "of"), "input_x_gradient") == 0,
                .probability = xs_of_probability(settings)};
    xs_inputs in;
    XS_TRY(xs_task_inputs(subject, tasks, count, scratch, &in, err));
    double *e = XS_ARENA_ARRAY(scratch, double, in.tokens *in.width);
    double *tokens = XS_ARENA_ARRAY(scratch, double, in.tokens), *errors = XS_ARENA_ARRAY(scratch, double, in.tokens);
    if (!e || !tokens || !errors) return xs_nomem(err);
    XS_TRY(subject->family->inside->vectors(subject->shared, subject->model, &in, XS_VECTORS_OWN, e, err));
    for (size_t i = 0; i < count; i++) {
        size_t at = in.begin[i];
        xs_arena_mark mark = xs_arena_save(scratch);
        int rc = explain_text(&c, subject, &in, (uint32_t)i, &tasks[i], e + at * in.width, scratch, tokens + at,
                              errors + at, &out[i], err);
        xs_arena_rewind(scratch, mark);
        XS_TRY(rc);
        XS_TRY(xs_tokens_to_explanation(settings, &in, i, tasks[i].doc, tokens + at, &out[i], err));
        word_errors(&in, i, errors + at, tasks[i].doc, out[i].standard_error);
    }
    return XSNR_OK;
}

static const xs_param params[] = {
    XS_OUTPUT_PARAM,
    XS_WORDS_PARAM,
    {"of", XS_CHOICE, "saliency", 0, 0, "saliency|input_x_gradient", "what becomes of the mean gradient"},
    {"samples", XS_INT, "50", 2, 1e5, NULL, "noisy copies"},
    {"noise", XS_REAL, "0.15", 0, 10, NULL, "standard deviation of the noise, as a share of the vectors' range"},
    XS_REPEATS_PARAM,
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

const xs_explainer xs_explainer_smoothgrad = {
    .name = "smoothgrad",
    .help = "gradient, mean over noisy copies of the text's embeddings",
    .params = params,
    .needs = XS_GRADIENTS,
    .samples = true,
    .explain_all = smoothgrad,
};
