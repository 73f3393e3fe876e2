// What texts say together of all that is asked for beside their SNR; see beyond.h.
//
// Ratios are ratios of sums, as that of section 3, so that a text without noise, or of few words, cannot outweigh the others;
// what is no ratio is a plain mean.  Texts in which a number is undefined are left out of that number alone.
#include "stats/beyond.h"
#include "stats/mean.h"
#include <math.h>

// Σ over texts with both signal and noise.
typedef struct moment_sum {
    xs_moment_snr sum;
    double texts;
} moment_sum;

static void add_moment(moment_sum *to, const xs_moment_snr *one) {
    if (!isfinite(one->signal) || !isfinite(one->noise)) return;
    to->sum.columns += one->columns;
    to->sum.signal_raw += one->signal_raw;
    to->sum.noise += one->noise;
    to->sum.ms_interaction += one->ms_interaction;
    to->sum.signal += one->signal;
    ++to->texts;
}

static xs_moment_snr moment_of(const moment_sum *from) {
    xs_moment_snr s = from->sum;
    double k = from->texts > 0 ? from->texts : NAN;
    s.signal_raw /= k;
    s.noise /= k;
    s.ms_interaction /= k;
    s.signal /= k;
    s.snr_raw = xs_ratio(s.signal_raw, s.noise);
    s.snr = xs_ratio(s.signal, s.noise);
    return s;
}

typedef struct complexity_sum {
    xs_mean entropy, effective, gini, words;
} complexity_sum;

static void add_complexity(complexity_sum *to, const xs_complexity *c) {
    xs_mean_add(&to->entropy, c->entropy);
    xs_mean_add(&to->effective, c->effective_words);
    xs_mean_add(&to->gini, c->gini);
    xs_mean_add(&to->words, c->words80);
}

static xs_complexity complexity_of(const complexity_sum *s) {
    return (xs_complexity){xs_mean_of(&s->entropy), xs_mean_of(&s->effective), xs_mean_of(&s->gini), xs_mean_of(&s->words)};
}

typedef struct plausibility_sum {
    xs_mean f1, iou, auprc, precision, auroc;
} plausibility_sum;

static void add_plausibility(plausibility_sum *to, const xs_plausibility *p) {
    xs_mean_add(&to->f1, p->token_f1);
    xs_mean_add(&to->iou, p->iou_f1);
    xs_mean_add(&to->auprc, p->auprc);
    xs_mean_add(&to->precision, p->average_precision);
    xs_mean_add(&to->auroc, p->auroc);
}

static xs_plausibility plausibility_of(const plausibility_sum *s) {
    return (xs_plausibility){xs_mean_of(&s->f1), xs_mean_of(&s->iou), xs_mean_of(&s->auprc), xs_mean_of(&s->precision), xs_mean_of(&s->auroc)};
}

// All of it, while one text after the other is added: they may lie in a file, and are looked at once.
typedef struct pool {
    moment_sum order[4], ngram[XS_NGRAMS], sentence, phrase, normalized[XS_NORMS];
    xs_mean gaussian, pi1, pi2, kde;               // information
    xs_mean ratio, share[XS_COMPONENTS];           // directions
    xs_mean between, noise_within, signal_within;  // modes
    complexity_sum complexity, complexity_of_mean; // of models, of the mean explanation
    plausibility_sum plausibility, plausibility_of_mean;
    struct {
        complexity_sum complexity;
        plausibility_sum plausibility;
    } view[XS_VIEWS];
    xs_mean kendall, cosine, overlap, sign, jaccard[XS_TOPS]; // pairs of models
} pool;

static void add_information(pool *p, const xs_information *i) {
    xs_mean_add(&p->gaussian, i->gaussian);
    xs_mean_add(&p->pi1, i->pi1);
    xs_mean_add(&p->pi2, i->pi2);
    xs_mean_add(&p->kde, i->kde);
}

static void add_modes(pool *p, const xs_modes *m, xs_pooled_beyond *out) {
    if (!m->modes) return;
    out->texts_by_modes[m->modes - 1]++;
    xs_mean_add(&p->between, m->share_between);
    if (isnan(m->signal_within) || isnan(m->noise_within)) return;
    xs_mean_add(&p->signal_within, m->signal_within);
    xs_mean_add(&p->noise_within, m->noise_within);
}

static void add_all_complexity(pool *p, const xs_beyond *b) {
    add_complexity(&p->complexity, &b->complexity);
    add_complexity(&p->complexity_of_mean, &b->complexity_of_mean);
    for (size_t v = 0; v < XS_VIEWS; v++) add_complexity(&p->view[v].complexity, &b->view[v].complexity);
}

static void add_all_plausibility(pool *p, const xs_beyond *b) {
    add_plausibility(&p->plausibility, &b->plausibility);
    add_plausibility(&p->plausibility_of_mean, &b->plausibility_of_mean);
    for (size_t v = 0; v < XS_VIEWS; v++) add_plausibility(&p->view[v].plausibility, &b->view[v].plausibility);
}

static void add_pairs(pool *p, const xs_pair_agreement *a, xs_pooled_beyond *out) {
    out->pairs.pairs += a->pairs;
    xs_mean_add(&p->kendall, a->kendall_tau_b);
    xs_mean_add(&p->cosine, a->cosine);
    xs_mean_add(&p->overlap, a->rank_biased_overlap);
    xs_mean_add(&p->sign, a->sign);
    for (size_t k = 0; k < XS_TOPS; k++) xs_mean_add(&p->jaccard[k], a->jaccard[k]);
}

static void add_text(pool *p, const xs_text_result *t, xs_pooled_beyond *out) {
    const xs_moment_snr *const orders[] = {&t->order2, &t->order3, &t->order4, &t->bivariate_window5};
    const xs_beyond *b = t->beyond;
    for (size_t k = 0; k < 4; k++) add_moment(&p->order[k], orders[k]);
    if (!b) return;
    out->made |= b->made;
    out->texts_judged += b->judged;
    add_information(p, &b->information);
    xs_mean_add(&p->ratio, t->agreement.participation_ratio);
    for (size_t k = 0; k < XS_COMPONENTS; k++) xs_mean_add(&p->share[k], b->share[k]);
    add_modes(p, &b->modes, out);
    if (b->made & XS_STAT_SPANS) {
        for (size_t k = 0; k < XS_NGRAMS; k++) add_moment(&p->ngram[k], &b->ngram[k]);
        add_moment(&p->sentence, &b->sentence);
        add_moment(&p->phrase, &b->phrase);
    }
    if (b->made & XS_STAT_COMPLEXITY) add_all_complexity(p, b);
    if (b->made & XS_STAT_NORMALIZATIONS)
        for (size_t k = 0; k < XS_NORMS; k++) add_moment(&p->normalized[k], &b->normalized[k]);
    if (b->judged) add_all_plausibility(p, b);
    if (b->made & XS_STAT_AGREEMENT) add_pairs(p, &b->pairs, out);
}

static void end(const pool *p, xs_pooled_beyond *out) {
    xs_moment_snr *const orders[] = {&out->order2, &out->order3, &out->order4, &out->bivariate_window5};
    for (size_t k = 0; k < 4; k++) *orders[k] = moment_of(&p->order[k]);
    out->information = (xs_information){xs_mean_of(&p->gaussian), xs_mean_of(&p->pi1), xs_mean_of(&p->pi2), xs_mean_of(&p->kde)};
    out->participation_ratio = xs_mean_of(&p->ratio);
    for (size_t k = 0; k < XS_COMPONENTS; k++) out->share[k] = xs_mean_of(&p->share[k]);
    out->share_between = xs_mean_of(&p->between);
    out->signal_within = xs_mean_of(&p->signal_within);
    out->noise_within = xs_mean_of(&p->noise_within);
    out->snr_within = xs_ratio(out->signal_within, out->noise_within);
    for (size_t k = 0; k < XS_NGRAMS; k++) out->ngram[k] = moment_of(&p->ngram[k]);
    out->sentence = moment_of(&p->sentence);
    out->phrase = moment_of(&p->phrase);
    for (size_t k = 0; k < XS_NORMS; k++) out->normalized[k] = moment_of(&p->normalized[k]);
    out->complexity = complexity_of(&p->complexity);
    out->complexity_of_mean = complexity_of(&p->complexity_of_mean);
    out->plausibility = plausibility_of(&p->plausibility);
    out->plausibility_of_mean = plausibility_of(&p->plausibility_of_mean);
    for (size_t v = 0; v < XS_VIEWS; v++)
        out->view[v] = (xs_view){complexity_of(&p->view[v].complexity), plausibility_of(&p->view[v].plausibility)};
    out->pairs.kendall_tau_b = xs_mean_of(&p->kendall);
    out->pairs.cosine = xs_mean_of(&p->cosine);
    out->pairs.rank_biased_overlap = xs_mean_of(&p->overlap);
    out->pairs.sign = xs_mean_of(&p->sign);
    for (size_t k = 0; k < XS_TOPS; k++) out->pairs.jaccard[k] = xs_mean_of(&p->jaccard[k]);
}

int xs_pool_beyond(const xs_explainer_result *e, const xs_resamples *resamples, xs_arena *arena, xs_pooled_beyond **out,
                   xsnr_error *err) {
    xs_pooled_beyond *result = XS_ARENA_ARRAY(arena, xs_pooled_beyond, 1);
    pool p = {0};
    if (!result) return xs_nomem(err);
    for (size_t t = 0; t < e->n_texts; t++) add_text(&p, xs_text_at(e, t), result);
    end(&p, result);
    result->types = (xs_nested){0, 0, 0, NAN, NAN, NAN};
    result->bootstrap_ci[0] = result->bootstrap_ci[1] = NAN;
    *out = result;
    return resamples ? xs_resamples_interval(resamples, arena, result->bootstrap_ci, NULL, err) : XSNR_OK;
}
