// What texts say together of all that is asked for beside their SNR; see beyond.h.
//
// Ratios are ratios of sums, as that of section 3, so that a text without noise, or of few words, cannot outweigh the others;
// what is no ratio is a plain mean.  Texts in which a number is undefined are left out of that number alone.
#include "stats/beyond.h"
#include "stats/mean.h"
#include <math.h>

// Σ over texts with both signal and noise; pooled_end makes means and ratios of them.
static void pool_add(xs_moment_snr *to, double *texts, const xs_moment_snr *one) {
    if (!isfinite(one->signal) || !isfinite(one->noise)) return;
    to->columns += one->columns;
    to->signal_raw += one->signal_raw;
    to->noise += one->noise;
    to->ms_interaction += one->ms_interaction;
    to->signal += one->signal;
    ++*texts;
}

static void pool_end(xs_moment_snr *s, double texts) {
    double k = texts > 0 ? texts : NAN;
    s->signal_raw /= k;
    s->noise /= k;
    s->ms_interaction /= k;
    s->signal /= k;
    s->snr_raw = xs_ratio(s->signal_raw, s->noise);
    s->snr = xs_ratio(s->signal, s->noise);
}

// One array of every text: `pick` finds it.
static void pool_moment(const xs_text_result *texts, size_t n, const xs_moment_snr *(*pick)(const xs_text_result *, size_t),
                        size_t index, xs_moment_snr *out) {
    double count = 0;
    *out = (xs_moment_snr){0};
    for (size_t t = 0; t < n; t++) {
        const xs_moment_snr *one = pick(&texts[t], index);
        if (one) pool_add(out, &count, one);
    }
    pool_end(out, count);
}

static const xs_moment_snr *pick_order(const xs_text_result *t, size_t k) {
    const xs_moment_snr *const orders[] = {&t->order2, &t->order3, &t->order4, &t->bivariate_window5};
    return orders[k];
}

static const xs_moment_snr *pick_ngram(const xs_text_result *t, size_t k) {
    return t->beyond && t->beyond->made & XS_STAT_SPANS ? &t->beyond->ngram[k] : NULL;
}

static const xs_moment_snr *pick_sentence(const xs_text_result *t, size_t k) {
    (void)k;
    return t->beyond && t->beyond->made & XS_STAT_SPANS ? &t->beyond->sentence : NULL;
}

static const xs_moment_snr *pick_normalized(const xs_text_result *t, size_t k) {
    return t->beyond && t->beyond->made & XS_STAT_NORMALIZATIONS ? &t->beyond->normalized[k] : NULL;
}

static void pool_information(const xs_text_result *texts, size_t n, xs_information *out) {
    xs_mean gaussian = {0}, pi1 = {0}, pi2 = {0}, kde = {0};
    for (size_t t = 0; t < n; t++) {
        if (!texts[t].beyond) continue;
        const xs_information *i = &texts[t].beyond->information;
        xs_mean_add(&gaussian, i->gaussian);
        xs_mean_add(&pi1, i->pi1);
        xs_mean_add(&pi2, i->pi2);
        xs_mean_add(&kde, i->kde);
    }
    *out = (xs_information){xs_mean_of(&gaussian), xs_mean_of(&pi1), xs_mean_of(&pi2), xs_mean_of(&kde)};
}

static void pool_directions(const xs_text_result *texts, size_t n, xs_pooled_beyond *out) {
    xs_mean ratio = {0}, share[XS_COMPONENTS] = {{0, 0}};
    for (size_t t = 0; t < n; t++) {
        if (!texts[t].beyond) continue;
        xs_mean_add(&ratio, texts[t].agreement.participation_ratio);
        for (size_t k = 0; k < XS_COMPONENTS; k++) xs_mean_add(&share[k], texts[t].beyond->share[k]);
    }
    out->participation_ratio = xs_mean_of(&ratio);
    for (size_t k = 0; k < XS_COMPONENTS; k++) out->share[k] = xs_mean_of(&share[k]);
}

static void pool_modes(const xs_text_result *texts, size_t n, xs_pooled_beyond *out) {
    xs_mean between = {0}, noise = {0}, signal = {0};
    for (size_t t = 0; t < n; t++) {
        if (!texts[t].beyond) continue;
        const xs_modes *m = &texts[t].beyond->modes;
        if (!m->modes) continue;
        out->texts_by_modes[m->modes - 1]++;
        xs_mean_add(&between, m->share_between);
        if (isnan(m->signal_within) || isnan(m->noise_within)) continue;
        xs_mean_add(&signal, m->signal_within);
        xs_mean_add(&noise, m->noise_within);
    }
    out->share_between = xs_mean_of(&between);
    out->signal_within = xs_mean_of(&signal);
    out->noise_within = xs_mean_of(&noise);
    out->snr_within = xs_ratio(out->signal_within, out->noise_within);
}

// Which explanation of a text is judged.
enum { OF_MODELS, OF_MEAN, OF_VIEW /* and the next XS_VIEWS − 1 */ };

static void pool_complexity(const xs_text_result *texts, size_t n, size_t of, xs_complexity *out) {
    xs_mean entropy = {0}, effective = {0}, gini = {0}, words = {0};
    for (size_t t = 0; t < n; t++) {
        const xs_beyond *b = texts[t].beyond;
        if (!b || !(b->made & XS_STAT_COMPLEXITY)) continue;
        const xs_complexity *c = of == OF_MODELS ? &b->complexity : of == OF_MEAN ? &b->complexity_of_mean : &b->view[of - OF_VIEW].complexity;
        xs_mean_add(&entropy, c->entropy);
        xs_mean_add(&effective, c->effective_words);
        xs_mean_add(&gini, c->gini);
        xs_mean_add(&words, c->words80);
    }
    *out = (xs_complexity){xs_mean_of(&entropy), xs_mean_of(&effective), xs_mean_of(&gini), xs_mean_of(&words)};
}

static void pool_plausibility(const xs_text_result *texts, size_t n, size_t of, xs_plausibility *out) {
    xs_mean f1 = {0}, iou = {0}, auprc = {0}, precision = {0}, auroc = {0};
    for (size_t t = 0; t < n; t++) {
        const xs_beyond *b = texts[t].beyond;
        if (!b || !b->judged) continue;
        const xs_plausibility *p =
            of == OF_MODELS ? &b->plausibility : of == OF_MEAN ? &b->plausibility_of_mean : &b->view[of - OF_VIEW].plausibility;
        xs_mean_add(&f1, p->token_f1);
        xs_mean_add(&iou, p->iou_f1);
        xs_mean_add(&auprc, p->auprc);
        xs_mean_add(&precision, p->average_precision);
        xs_mean_add(&auroc, p->auroc);
    }
    *out = (xs_plausibility){xs_mean_of(&f1), xs_mean_of(&iou), xs_mean_of(&auprc), xs_mean_of(&precision), xs_mean_of(&auroc)};
}

static void pool_pairs(const xs_text_result *texts, size_t n, xs_pair_agreement *out) {
    xs_mean kendall = {0}, cosine = {0}, overlap = {0}, sign = {0}, jaccard[XS_TOPS] = {{0, 0}};
    *out = (xs_pair_agreement){0};
    for (size_t t = 0; t < n; t++) {
        if (!texts[t].beyond || !(texts[t].beyond->made & XS_STAT_AGREEMENT)) continue;
        const xs_pair_agreement *p = &texts[t].beyond->pairs;
        out->pairs += p->pairs;
        xs_mean_add(&kendall, p->kendall_tau_b);
        xs_mean_add(&cosine, p->cosine);
        xs_mean_add(&overlap, p->rank_biased_overlap);
        xs_mean_add(&sign, p->sign);
        for (size_t k = 0; k < XS_TOPS; k++) xs_mean_add(&jaccard[k], p->jaccard[k]);
    }
    out->kendall_tau_b = xs_mean_of(&kendall);
    out->cosine = xs_mean_of(&cosine);
    out->rank_biased_overlap = xs_mean_of(&overlap);
    out->sign = xs_mean_of(&sign);
    for (size_t k = 0; k < XS_TOPS; k++) out->jaccard[k] = xs_mean_of(&jaccard[k]);
}

int xs_pool_beyond(const xs_text_result *texts, size_t n, const xs_resamples *resamples, xs_arena *arena, xs_pooled_beyond **out,
                   xsnr_error *err) {
    xs_pooled_beyond *p = XS_ARENA_ARRAY(arena, xs_pooled_beyond, 1);
    if (!p) return xs_nomem(err);
    for (size_t t = 0; t < n; t++) {
        if (!texts[t].beyond) continue;
        p->made |= texts[t].beyond->made;
        p->texts_judged += texts[t].beyond->judged;
    }
    p->types = (xs_nested){0, 0, 0, NAN, NAN, NAN};
    xs_moment_snr *const orders[] = {&p->order2, &p->order3, &p->order4, &p->bivariate_window5};
    for (size_t k = 0; k < 4; k++) pool_moment(texts, n, pick_order, k, orders[k]);
    pool_information(texts, n, &p->information);
    pool_directions(texts, n, p);
    pool_modes(texts, n, p);
    for (size_t k = 0; k < XS_NGRAMS; k++) pool_moment(texts, n, pick_ngram, k, &p->ngram[k]);
    pool_moment(texts, n, pick_sentence, 0, &p->sentence);
    pool_complexity(texts, n, OF_MODELS, &p->complexity);
    pool_complexity(texts, n, OF_MEAN, &p->complexity_of_mean);
    for (size_t k = 0; k < XS_NORMS; k++) pool_moment(texts, n, pick_normalized, k, &p->normalized[k]);
    pool_plausibility(texts, n, OF_MODELS, &p->plausibility);
    pool_plausibility(texts, n, OF_MEAN, &p->plausibility_of_mean);
    pool_pairs(texts, n, &p->pairs);
    for (size_t v = 0; v < XS_VIEWS; v++) {
        pool_complexity(texts, n, OF_VIEW + v, &p->view[v].complexity);
        pool_plausibility(texts, n, OF_VIEW + v, &p->view[v].plausibility);
    }
    p->bootstrap_ci[0] = p->bootstrap_ci[1] = NAN;
    *out = p;
    return resamples ? xs_resamples_interval(resamples, arena, p->bootstrap_ci, NULL, err) : XSNR_OK;
}
