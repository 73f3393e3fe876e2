// What was asked for beside the SNR, as JSON: keys that are there if it was made; see tree_parts.h.
#include "report/tree_parts.h"

json_t *xs_information_json(const xs_text_result *t) {
    json_t *o = json_object();
    bool made = t->beyond && t->beyond->made & (XS_STAT_INFORMATION | XS_STAT_KDE);
    bool ok = o && put(o, "gaussian", t->snr.gaussian_bits);
    if (made) {
        const xs_information *i = &t->beyond->information;
        ok = ok && put(o, "pi1", i->pi1) && put(o, "pi2", i->pi2);
        if (t->beyond->made & XS_STAT_KDE) ok = ok && put(o, "kde", i->kde);
    }
    return finish(o, ok);
}

static json_t *list(const double *x, size_t n) {
    json_t *o = json_array();
    bool ok = o;
    for (size_t i = 0; ok && i < n; i++) ok = json_array_append_new(o, number(x[i])) == 0;
    return finish(o, ok);
}

static json_t *counts(const size_t *x, size_t n) {
    json_t *o = json_array();
    bool ok = o;
    for (size_t i = 0; ok && i < n; i++) ok = json_array_append_new(o, count(x[i])) == 0;
    return finish(o, ok);
}

// {"ngrams": {"2": …, "5": …}, "sentences": …, "phrases": …}; phrases only where the data give any.
static json_t *spans(const xs_moment_snr *ngram, const xs_moment_snr *sentence, const xs_moment_snr *phrase) {
    json_t *o = json_object(), *ngrams = json_object();
    static const char *const keys[XS_NGRAMS] = {"2", "3", "4", "5"};
    bool ok = o && ngrams;
    for (size_t k = 0; ok && k < XS_NGRAMS; k++) ok = xs_json_put(ngrams, keys[k], moment(&ngram[k], "spans"));
    ok = ok && xs_json_put(o, "ngrams", json_incref(ngrams)) && xs_json_put(o, "sentences", moment(sentence, "spans")) &&
         (!phrase->columns || xs_json_put(o, "phrases", moment(phrase, "spans")));
    json_decref(ngrams);
    return finish(o, ok);
}

static json_t *complexity(const xs_complexity *c) {
    json_t *o = json_object();
    return finish(o, o && put(o, "entropy", c->entropy) && put(o, "effective_words", c->effective_words) &&
                         put(o, "gini", c->gini) && put(o, "words80", c->words80));
}

json_t *xs_plausibility_json(const xs_plausibility *p) {
    json_t *o = json_object();
    return finish(o, o && put(o, "token_f1", p->token_f1) && put(o, "iou_f1", p->iou_f1) && put(o, "auprc", p->auprc) &&
                         put(o, "average_precision", p->average_precision) && put(o, "auroc", p->auroc));
}

json_t *xs_marked_json(const xs_text_result *t) {
    json_t *o = json_array();
    bool ok = o;
    for (size_t w = 0, end; ok && t->marked && w < t->n_words; w = end) {
        for (end = w + 1; end < t->n_words && !(t->marked[end] < t->marked[w]) && !(t->marked[end] > t->marked[w]);) end++;
        json_t *run = json_array();
        if (t->marked[w] > 0)
            ok = run && json_array_append_new(run, count(w)) == 0 && json_array_append_new(run, count(end)) == 0 &&
                 json_array_append_new(run, number(t->marked[w])) == 0 && json_array_append(o, run) == 0;
        json_decref(run);
    }
    return finish(o, ok);
}

// {"class", "annotators", "words"}: what people were asked, and how many words at least half of them marked.
static json_t *rationale(const xs_text_result *t) {
    json_t *o = json_object();
    size_t words = 0;
    for (size_t w = 0; w < t->n_words; w++) words += t->marked[w] >= 0.5;
    return finish(o, o && xs_json_put(o, "class", xs_json_text(t->target)) && xs_json_put(o, "annotators", count(t->annotators)) &&
                         xs_json_put(o, "words", count(words)));
}

// {"models": of single models, "mean": of the mean explanation}
static json_t *twice(json_t *models, json_t *mean) {
    json_t *o = json_object();
    bool ok = o && models && mean && xs_json_put(o, "models", json_incref(models)) && xs_json_put(o, "mean", json_incref(mean));
    json_decref(models);
    json_decref(mean);
    return finish(o, ok);
}

static json_t *pair_agreement(const xs_pair_agreement *p) {
    static const char *const keys[XS_TOPS] = {"1", "3", "5", "10", "tenth"};
    json_t *o = json_object(), *jaccard = json_object();
    bool ok = o && jaccard;
    for (size_t k = 0; ok && k < XS_TOPS; k++) ok = put(jaccard, keys[k], p->jaccard[k]);
    ok = ok && xs_json_put(o, "pairs", count(p->pairs)) && put(o, "kendall_tau_b", p->kendall_tau_b) && put(o, "cosine", p->cosine) &&
         put(o, "rank_biased_overlap", p->rank_biased_overlap) && put(o, "sign", p->sign) &&
         xs_json_put(o, "jaccard", json_incref(jaccard));
    json_decref(jaccard);
    return finish(o, ok);
}

static json_t *normalizations(const xs_moment_snr *s) {
    json_t *o = json_object();
    bool ok = o;
    for (int k = 0; ok && k < XS_NORMS; k++) ok = xs_json_put(o, xs_normalization_name((xs_normalization)k), moment(&s[k], NULL));
    return finish(o, ok);
}

static json_t *modes(const xs_beyond *b, size_t models) {
    const xs_modes *m = &b->modes;
    json_t *o = json_object(), *of_model = json_array();
    bool ok = o && of_model;
    for (size_t i = 0; ok && m->modes && i < models; i++) ok = json_array_append_new(of_model, count(b->mode[i])) == 0;
    ok = ok && xs_json_put(o, "number", m->modes ? count(m->modes) : json_null()) &&
         xs_json_put(o, "sizes", counts(m->size, m->modes)) && xs_json_put(o, "gap", list(m->gap, XS_MODES_MOST)) &&
         xs_json_put(o, "gap_error", list(m->gap_error, XS_MODES_MOST)) && put(o, "share_between", m->share_between) &&
         put(o, "signal_within", m->signal_within) && put(o, "noise_within", m->noise_within) &&
         put(o, "snr_within", m->snr_within) && put(o, "snr_between", m->snr_between) &&
         xs_json_put(o, "of_model", json_incref(of_model));
    json_decref(of_model);
    return finish(o, ok);
}

bool xs_put_text_beyond(json_t *o, const xs_text_result *t) {
    const xs_beyond *b = t->beyond;
    bool ok = !t->marked || xs_json_put(o, "rationale", rationale(t));
    if (!b) return ok;
    if (b->made & XS_STAT_SPECTRUM)
        ok = ok && xs_json_put(o, "spectrum", finish(json_object(), true)) &&
             xs_json_put(json_object_get(o, "spectrum"), "eigenvalues", list(b->eigenvalue, XS_COMPONENTS)) &&
             xs_json_put(json_object_get(o, "spectrum"), "share", list(b->share, XS_COMPONENTS));
    if (b->made & XS_STAT_MODES) ok = ok && xs_json_put(o, "modes", modes(b, t->models_kept));
    if (b->made & XS_STAT_SPANS) ok = ok && xs_json_put(o, "spans", spans(b->ngram, &b->sentence, &b->phrase));
    if (b->made & XS_STAT_COMPLEXITY)
        ok = ok && xs_json_put(o, "complexity", twice(complexity(&b->complexity), complexity(&b->complexity_of_mean)));
    if (b->made & XS_STAT_NORMALIZATIONS) ok = ok && xs_json_put(o, "normalizations", normalizations(b->normalized));
    if (b->made & XS_STAT_AGREEMENT) ok = ok && xs_json_put(o, "agreement", pair_agreement(&b->pairs));
    if (b->made & XS_STAT_BOOTSTRAP) ok = ok && xs_json_put(o, "snr_bootstrap_ci", pair(b->bootstrap_ci));
    if (b->judged)
        ok = ok &&
             xs_json_put(o, "plausibility", twice(xs_plausibility_json(&b->plausibility), xs_plausibility_json(&b->plausibility_of_mean)));
    return ok;
}

/* ------------------------------------------------------------------ over texts */

static json_t *pooled_modes(const xs_pooled_beyond *p) {
    json_t *o = json_object();
    return finish(o, o && xs_json_put(o, "texts_by_number", counts(p->texts_by_modes, XS_MODES_MOST)) &&
                         put(o, "share_between", p->share_between) && put(o, "signal_within", p->signal_within) &&
                         put(o, "noise_within", p->noise_within) && put(o, "snr_within", p->snr_within));
}

static json_t *pooled_information(const xs_pooled_beyond *p) {
    json_t *o = json_object();
    bool ok = o && put(o, "gaussian", p->information.gaussian) && put(o, "pi1", p->information.pi1) &&
              put(o, "pi2", p->information.pi2);
    if (p->made & XS_STAT_KDE) ok = ok && put(o, "kde", p->information.kde);
    return finish(o, ok);
}

static json_t *types(const xs_nested *n) {
    json_t *o = json_object();
    double sum = n->type + n->context + n->model;
    return finish(o, o && xs_json_put(o, "types", count(n->types)) && xs_json_put(o, "contexts", count(n->contexts)) &&
                         xs_json_put(o, "scores", count(n->scores)) && put(o, "type", n->type) &&
                         put(o, "context", n->context) && put(o, "model", n->model) && put(o, "share_type", n->type / sum) &&
                         put(o, "share_context", n->context / sum) && put(o, "share_model", n->model / sum));
}

// The factors of an effect: ["init", "order"].
static json_t *effect_factors(const xs_pooled_beyond *p, unsigned effect) {
    json_t *o = json_array();
    bool ok = o;
    for (size_t k = 0; ok && k < p->factors; k++)
        if (effect >> k & 1) ok = json_array_append_new(o, xs_json_text(p->factor[k])) == 0;
    return finish(o, ok);
}

static json_t *sources(const xs_pooled_beyond *p) {
    json_t *o = json_object(), *effects = json_array(), *levels = json_object();
    bool ok = o && effects && levels && xs_json_put(o, "texts", count(p->sources_texts));
    for (size_t k = 0; ok && k < p->factors; k++) ok = xs_json_put(levels, p->factor[k], count(p->levels[k]));
    for (unsigned i = 0; ok && i < p->sources.effects; i++) {
        json_t *one = json_object();
        ok = one && xs_json_put(one, "effect", effect_factors(p, i + 1)) && put(one, "component", p->sources.component[i]) &&
             put(one, "share", p->sources.share[i]) && xs_json_put(one, "share_ci", pair(p->sources.share_ci[i])) &&
             json_array_append(effects, one) == 0;
        json_decref(one);
    }
    ok = ok && xs_json_put(o, "levels", json_incref(levels)) && xs_json_put(o, "effects", json_incref(effects));
    json_decref(levels);
    json_decref(effects);
    return finish(o, ok);
}

bool xs_put_pooled_beyond(json_t *o, const xs_explainer_result *e) {
    const xs_pooled_beyond *p = e->beyond;
    if (!p) return true;
    bool ok = xs_json_put(o, "order2", moment(&p->order2, NULL)) && xs_json_put(o, "order3", moment(&p->order3, NULL)) &&
              xs_json_put(o, "order4", moment(&p->order4, NULL)) &&
              xs_json_put(o, "bivariate_window5", moment(&p->bivariate_window5, NULL));
    if (p->made & (XS_STAT_INFORMATION | XS_STAT_KDE)) ok = ok && xs_json_put(o, "information", pooled_information(p));
    if (p->made & XS_STAT_SPECTRUM)
        ok = ok && put(o, "participation_ratio", p->participation_ratio) &&
             xs_json_put(o, "eigenvalue_share", list(p->share, XS_COMPONENTS));
    if (p->made & XS_STAT_MODES) ok = ok && xs_json_put(o, "modes", pooled_modes(p));
    if (p->made & XS_STAT_SPANS) ok = ok && xs_json_put(o, "spans", spans(p->ngram, &p->sentence, &p->phrase));
    if (p->made & XS_STAT_COMPLEXITY)
        ok = ok && xs_json_put(o, "complexity", twice(complexity(&p->complexity), complexity(&p->complexity_of_mean)));
    if (p->made & XS_STAT_NORMALIZATIONS) ok = ok && xs_json_put(o, "normalizations", normalizations(p->normalized));
    if (p->made & XS_STAT_AGREEMENT) ok = ok && xs_json_put(o, "agreement", pair_agreement(&p->pairs));
    if (p->made & XS_STAT_BOOTSTRAP) ok = ok && xs_json_put(o, "snr_bootstrap_ci", pair(p->bootstrap_ci));
    if (p->types.scores) ok = ok && xs_json_put(o, "types", types(&p->types));
    if (p->factors) ok = ok && xs_json_put(o, "sources", sources(p));
    if (p->texts_judged)
        ok = ok && xs_json_put(o, "texts_judged", count(p->texts_judged)) &&
             xs_json_put(o, "plausibility", twice(xs_plausibility_json(&p->plausibility), xs_plausibility_json(&p->plausibility_of_mean)));
    return ok;
}

bool xs_put_several(json_t *object, const xs_several *s) {
    json_t *o = json_object(), *names = json_array();
    bool ok = o && names;
    for (size_t k = 0; ok && k < s->n_explainers; k++) ok = json_array_append_new(names, xs_json_text(s->explainer[k])) == 0;
    ok = ok && xs_json_put(o, "explainers", json_incref(names)) && xs_json_put(o, "texts", count(s->texts)) &&
         put(o, "trace", s->mean.trace) && put(o, "largest_root", s->mean.largest_root) &&
         put(o, "trace_raw", s->mean.trace_raw) && put(o, "largest_root_raw", s->mean.root_raw) &&
         put(o, "shrinkage", s->mean.shrinkage) && xs_json_put(object, "several", json_incref(o));
    json_decref(o);
    json_decref(names);
    return ok;
}
