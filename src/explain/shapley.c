// shapley: every word's mean gain over all orders in which the words could enter the text.
//
//     φ[w] = Σ_{S ∌ w} |S|! (n−|S|−1)! / n! · (v(S ∪ w) − v(S))                         (Shapley 1953)
//
// Up to `exact_words` words all 2^n coalitions are asked for.  Above that, orders are drawn at random
// (Castro, Gómez and Tejada 2009), each together with its reverse (antithetic: Mitchell, Cooper, Frank and
// Holmes 2022): the pair's mean gain of w is one draw, φ[w] the mean of the draws and its standard error
// their s/√pairs. Efficiency, Σ φ = v(N) − v(∅), holds for every single order, since gains telescope; so it
// holds for the mean.
//
// Draws are named by the number of the pair, so no result depends on batches.
#include "base/random.h"
#include "explain/explainer.h"
#include "explain/game.h"
#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------ all coalitions */

// Coalition `index` holds word w if bit w of the index is set.
static void by_bits(const void *context, size_t index, uint8_t *present) {
    const xs_document *doc = context;
    for (uint32_t w = 0; w < doc->n_words; w++) present[w] = index >> w & 1;
}

static int enumerate(xs_game *game, xs_explanation *out, xsnr_error *err) {
    uint32_t n = game->doc->n_words;
    size_t coalitions = (size_t)1 << n;
    double *v = XS_ARENA_ARRAY(game->scratch, double, coalitions); // (2^n)
    double *weight = XS_ARENA_ARRAY(game->scratch, double, n + 1); // (n) of a coalition's size
    if (!v || !weight) return xs_nomem(err);
    XS_TRY(xs_game_play(game, 0, coalitions, by_bits, game->doc, v, err));
    out->f_baseline = v[0];
    out->f_input = v[coalitions - 1];
    weight[0] = n ? 1.0 / n : 0;
    for (uint32_t s = 1; s < n; s++) weight[s] = weight[s - 1] * s / (n - s);
    for (uint32_t w = 0; w < n; w++) {
        double sum = 0;
        for (size_t S = 0; S < coalitions; S++)
            if (!(S >> w & 1)) sum += weight[__builtin_popcountll(S)] * (v[S | (size_t)1 << w] - v[S]);
        out->scores[w] = sum;
        out->standard_error[w] = 0;
    }
    return XSNR_OK;
}

/* ------------------------------------------------------------------ random orders, in pairs */

typedef struct pair {
    const uint32_t *order; // (n)
    uint32_t n;
} pair;

// Coalitions 0 .. n−2: the first 1 .. n−1 words of the order; n−1 .. 2n−3: of the reversed order.
static void by_prefix(const void *context, size_t index, uint8_t *present) {
    const pair *p = context;
    size_t inner = p->n - 1;
    if (index < inner)
        for (size_t t = 0; t <= index; t++) present[p->order[t]] = 1;
    else
        for (size_t t = 0; t <= index - inner; t++) present[p->order[p->n - 1 - t]] = 1;
}

// Half of every word's gain along one order is added to gain (n).  v (n−1) of its prefixes.
static void add_gains(const uint32_t *order, size_t n, bool reversed, const double *v, double empty,
                      double full, double *gain) {
    double before = empty;
    for (size_t t = 0; t < n; t++) {
        double after = t + 1 < n ? v[t] : full;
        gain[order[reversed ? n - 1 - t : t]] += 0.5 * (after - before);
        before = after;
    }
}

static int sample(xs_game *game, int64_t pairs, uint64_t seed, xs_explanation *out, xsnr_error *err) {
    uint32_t n = game->doc->n_words;
    double *v = XS_ARENA_ARRAY(game->scratch, double, 2 * (size_t)n); // (2, n−1)
    double *gain = XS_ARENA_ARRAY(game->scratch, double, n);          // (n) of this pair
    uint32_t *order = XS_ARENA_ARRAY(game->scratch, uint32_t, n);     // (n)
    if (!v || !gain || !order) return xs_nomem(err);
    XS_TRY(xs_game_ends(game, &out->f_baseline, &out->f_input, err));
    double *mean = out->scores, *squares = out->standard_error; // Welford: mean, and Σ (gain − mean)²
    memset(mean, 0, n * sizeof *mean);
    memset(squares, 0, n * sizeof *squares);
    for (int64_t k = 0; k < pairs; k++) {
        xs_rng rng = xs_rng_at(seed, XS_STREAM_EXPLAIN, (uint32_t)k, 0);
        for (uint32_t w = 0; w < n; w++) order[w] = w;
        xs_rng_permute(&rng, order, n);
        pair p = {order, n};
        XS_TRY(xs_game_play(game, 0, 2 * ((size_t)n - 1), by_prefix, &p, v, err));
        memset(gain, 0, n * sizeof *gain);
        add_gains(order, n, false, v, out->f_baseline, out->f_input, gain);
        add_gains(order, n, true, v + n - 1, out->f_baseline, out->f_input, gain);
        for (uint32_t w = 0; w < n; w++) {
            double from_mean = gain[w] - mean[w];
            mean[w] += from_mean / (double)(k + 1);
            squares[w] += from_mean * (gain[w] - mean[w]);
        }
    }
    for (uint32_t w = 0; w < n; w++) squares[w] = sqrt(squares[w] / ((double)(pairs - 1) * (double)pairs));
    return XSNR_OK;
}

static int shapley(const xs_settings *settings, const xs_subject *subject, const xs_document *doc, int target,
                   uint64_t seed, xs_arena *scratch, xs_explanation *out, xsnr_error *err) {
    xs_game game;
    XS_TRY(xs_game_begin(&game, settings, subject, doc, target, scratch, err));
    xs_arena_mark start = xs_arena_save(scratch);
    bool exact = doc->n_words <= (uint64_t)xs_settings_int(settings, "exact_words");
    int rc = exact ? enumerate(&game, out, err)
                   : sample(&game, xs_settings_int(settings, "pairs"), seed, out, err);
    xs_arena_rewind(scratch, start);
    XS_TRY(rc);
    double sum = 0;
    for (uint32_t w = 0; w < doc->n_words; w++) sum += out->scores[w];
    out->gap = sum - (out->f_input - out->f_baseline);
    out->unattributed = 0;
    out->evaluations = game.evaluations;
    return XSNR_OK;
}

static const xs_param params[] = {
    XS_OUTPUT_PARAM,
    XS_REMOVAL_PARAM,
    {"exact_words", XS_INT, "10", 1, 20, NULL, "longest text of which all 2^n coalitions are asked for"},
    {"pairs", XS_INT, "100", 2, 1e6, NULL, "random orders of a longer text's words, each with its reverse"},
    XS_REPEATS_PARAM,
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

const xs_explainer xs_explainer_shapley = {
    .name = "shapley",
    .help = "mean gain of the word over all orders in which words enter the text; exact for short texts",
    .params = params,
    .needs = XS_PREDICTS,
    .samples = true,
    .explain = shapley,
};
