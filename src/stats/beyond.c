// What is asked for beside the SNR of one text; see beyond.h.  Every part stands in a file of its own; here they are put
// together, each on the same scores.
#include "stats/beyond.h"
#include "stats/bootstrap.h"
#include <math.h>
#include <string.h>

static int find_directions(const xs_centered *c, xs_arena *scratch, xs_beyond *out, xsnr_error *err) {
    size_t size = c->models < c->words ? c->models : c->words;
    double *values = XS_ARENA_ARRAY(scratch, double, size), participation, sum = 0;
    if (!values) return xs_nomem(err);
    XS_TRY(xs_spectrum(c, scratch, values, NULL, &participation, err));
    for (size_t i = 0; i < size; i++) sum += values[i];
    for (size_t i = 0; i < XS_COMPONENTS; i++) {
        out->eigenvalue[i] = i < size ? values[i] : 0;
        out->share[i] = xs_ratio(out->eigenvalue[i], sum);
    }
    return XSNR_OK;
}

static int find_information(const xs_beyond_input *in, xs_arena *scratch, xs_beyond *out, xsnr_error *err) {
    uint32_t *fold = XS_ARENA_ARRAY(scratch, uint32_t, in->scores.models);
    uint32_t folds = in->scores.models < XS_FOLDS ? (uint32_t)in->scores.models : XS_FOLDS;
    if (!fold) return xs_nomem(err);
    if (folds) xs_draw_folds(in->seed, in->scores.models, folds, fold);
    return xs_perceived_information(in->scores, in->snr, fold, folds, in->wanted & XS_STAT_KDE, scratch, &out->information,
                                    err);
}

static int find_spans(const xs_beyond_input *in, xs_arena *scratch, xs_beyond *out, xsnr_error *err) {
    for (size_t k = 0; k < XS_NGRAMS; k++) XS_TRY(xs_ngram_snr(in->scores, k + 2, scratch, &out->ngram[k], err));
    out->sentence = out->phrase = (xs_moment_snr){0, NAN, NAN, NAN, NAN, NAN, NAN};
    if (in->n_phrases) XS_TRY(xs_span_snr(in->scores, in->phrases, in->n_phrases, scratch, &out->phrase, err));
    return in->sentence ? xs_sentence_snr(in->scores, in->sentence, scratch, &out->sentence, err) : XSNR_OK;
}

static int find_complexity(const xs_beyond_input *in, const xs_centered *c, xs_arena *scratch, xs_beyond *out,
                           xsnr_error *err) {
    size_t n = in->scores.words, defined = 0;
    xs_complexity one, *mean = &out->complexity;
    *mean = (xs_complexity){0};
    for (size_t m = 0; m < in->scores.models; m++) {
        XS_TRY(xs_complex(in->scores.e + m * n, n, scratch, &one, err));
        if (isnan(one.entropy)) continue;
        mean->entropy += one.entropy;
        mean->effective_words += one.effective_words;
        mean->gini += one.gini;
        mean->words80 += one.words80;
        defined++;
    }
    double k = defined ? (double)defined : NAN;
    *mean = (xs_complexity){mean->entropy / k, mean->effective_words / k, mean->gini / k, mean->words80 / k};
    return xs_complex(c->mean, n, scratch, &out->complexity_of_mean, err);
}

static int find_normalized(const xs_beyond_input *in, xs_arena *scratch, xs_beyond *out, xsnr_error *err) {
    size_t models = in->scores.models, n = in->scores.words, zero_rows;
    double *e = XS_ARENA_ARRAY(scratch, double, models *n);
    if (!e) return xs_nomem(err);
    for (int k = 0; k < XS_NORMS; k++) {
        memcpy(e, in->raw, models * n * sizeof *e);
        XS_TRY(xs_normalize(e, models, n, (xs_normalization)k, in->absolute, &zero_rows, err));
        xs_scores s = {e, models, n};
        XS_TRY(xs_signal_noise(xs_score_row, &s, models, n, scratch, &out->normalized[k], NULL, err));
    }
    return XSNR_OK;
}

// The text's own interval, from the same draws as all texts' where it has all of their models.
static int find_bootstrap(const xs_beyond_input *in, const xs_centered *c, xs_arena *scratch, xs_beyond *out, xsnr_error *err) {
    xs_resamples own;
    const uint32_t *count = in->resamples ? in->resamples->count : NULL;
    if (!count) XS_TRY(xs_draw_resamples(in->candidates, XS_RESAMPLES, in->seed, scratch, &count, err));
    XS_TRY(xs_resamples_new(in->candidates, XS_RESAMPLES, count, scratch, &own, err));
    XS_TRY(xs_resample_text(c, in->place, scratch, &own, err));
    if (in->resamples) xs_resamples_add(in->resamples, &own);
    return xs_resamples_interval(&own, scratch, out->bootstrap_ci, NULL, err);
}

typedef struct chosen { // some words of all models
    xs_scores scores;
    const uint32_t *word; // (count)
    size_t count;
} chosen;

static const double *chosen_row(const void *context, size_t m, double *buffer) {
    const chosen *c = context;
    for (size_t i = 0; i < c->count; i++) buffer[i] = c->scores.e[m * c->scores.words + c->word[i]];
    return buffer;
}

// Signal and noise of every group of words alone.
static int find_groups(const xs_beyond_input *in, xs_moment_snr *of_group, xs_arena *scratch, xs_beyond *out, xsnr_error *err) {
    uint32_t *word = XS_ARENA_ARRAY(scratch, uint32_t, in->scores.words);
    if (!word) return xs_nomem(err);
    for (uint32_t g = 0; g < in->word_groups; g++) {
        chosen c = {in->scores, word, 0};
        for (uint32_t w = 0; w < in->scores.words; w++)
            if (in->word_group[w] == g) word[c.count++] = w;
        XS_TRY(xs_signal_noise(chosen_row, &c, in->scores.models, c.count, scratch, &of_group[g], NULL, err));
    }
    out->of_group = of_group;
    return XSNR_OK;
}

// What people marked: the words that count for the class explained, hence signed scores.
static int judge(const xs_beyond_input *in, const xs_centered *c, xs_arena *scratch, xs_beyond *out, xsnr_error *err) {
    size_t n = in->scores.words, defined = 0;
    xs_plausibility one, *mean = &out->plausibility;
    *mean = (xs_plausibility){0};
    for (size_t m = 0; m < in->scores.models; m++) {
        XS_TRY(xs_plausible(in->scores.e + m * n, in->human, n, scratch, &one, err));
        if (isnan(one.token_f1)) continue;
        mean->token_f1 += one.token_f1;
        mean->iou_f1 += one.iou_f1;
        mean->auprc += one.auprc;
        mean->average_precision += one.average_precision;
        mean->auroc += one.auroc;
        defined++;
    }
    double k = defined ? (double)defined : NAN;
    *mean = (xs_plausibility){mean->token_f1 / k, mean->iou_f1 / k, mean->auprc / k, mean->average_precision / k,
                              mean->auroc / k};
    out->judged = defined > 0;
    return xs_plausible(c->mean, in->human, n, scratch, &out->plausibility_of_mean, err);
}

typedef struct results { // arrays that outlive the scratch
    uint32_t *mode;
    xs_moment_snr *of_group;
} results;

static int look(const xs_beyond_input *in, const results *kept, xs_arena *scratch, xs_beyond *out, xsnr_error *err) {
    xs_centered c;
    unsigned wanted = in->wanted;
    XS_TRY(xs_center(in->scores, scratch, &c, err));
    if (wanted & (XS_STAT_INFORMATION | XS_STAT_KDE)) XS_TRY(find_information(in, scratch, out, err));
    if (wanted & XS_STAT_SPECTRUM) XS_TRY(find_directions(&c, scratch, out, err));
    if (wanted & XS_STAT_MODES)
        XS_TRY(xs_find_modes(in->scores, &c, in->seed, scratch, &out->modes, kept->mode, err));
    if (wanted & XS_STAT_SPANS) XS_TRY(find_spans(in, scratch, out, err));
    if (wanted & XS_STAT_COMPLEXITY) XS_TRY(find_complexity(in, &c, scratch, out, err));
    if (wanted & XS_STAT_NORMALIZATIONS) XS_TRY(find_normalized(in, scratch, out, err));
    if (wanted & XS_STAT_AGREEMENT) XS_TRY(xs_agree_pairs(in->scores, XS_PAIRS_MOST, in->seed, scratch, &out->pairs, err));
    if (wanted & XS_STAT_BOOTSTRAP) XS_TRY(find_bootstrap(in, &c, scratch, out, err));
    XS_TRY(xs_look_from_views(in, &c, wanted & XS_STAT_MODES ? &out->modes : NULL, kept->mode, scratch, out->view, err));
    if (in->word_group) XS_TRY(find_groups(in, kept->of_group, scratch, out, err));
    return in->human ? judge(in, &c, scratch, out, err) : XSNR_OK;
}

int xs_look_beyond(const xs_beyond_input *in, xs_arena *arena, const xs_beyond **out, xsnr_error *err) {
    xs_beyond *made = XS_ARENA_ARRAY(arena, xs_beyond, 1);
    bool modes = in->wanted & XS_STAT_MODES;
    results kept = {modes ? XS_ARENA_ARRAY(arena, uint32_t, in->scores.models) : NULL,
                    in->word_group ? XS_ARENA_ARRAY(arena, xs_moment_snr, in->word_groups) : NULL};
    if ((in->word_group && !kept.of_group) || !made || (modes && !kept.mode)) return xs_nomem(err);
    made->made = in->wanted;
    made->mode = kept.mode;
    xs_arena_mark mark = xs_arena_save(arena);
    int rc = look(in, &kept, arena, made, err);
    xs_arena_rewind(arena, mark);
    *out = made;
    return rc;
}
