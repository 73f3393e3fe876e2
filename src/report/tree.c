// The results as a JSON tree; see tree.h.  Key names are those of the design and of the golden values.
#include "report/tree.h"
#include "base/str.h"
#include "report/tree_parts.h"
#include "report/verdict.h"
#include <math.h>
#include <string.h>
#include <unicode/utf8.h>

json_t *xs_json_text(const char *text) {
    if (!text) return json_null();
    json_t *value = json_string(text);
    if (value) return value;
    // Not UTF-8, or no memory: once more, repaired.
    xs_str repaired = {0};
    size_t n = strlen(text);
    for (size_t i = 0; i < n;) {
        UChar32 c;
        uint8_t utf8[U8_MAX_LENGTH];
        int32_t length = 0;
        U8_NEXT_OR_FFFD((const uint8_t *)text, i, n, c);
        U8_APPEND_UNSAFE(utf8, length, (uint32_t)c);
        xs_str_append(&repaired, utf8, (size_t)length);
    }
    value = xs_str_failed(&repaired) ? NULL : json_stringn(repaired.data, repaired.length);
    xs_str_free(&repaired);
    return value;
}

bool xs_json_put(json_t *object, const char *key, json_t *value) {
    return json_object_set_new(object, key, value) == 0;
}

static json_t *word(const xs_text_result *t, size_t i) {
    const xs_word_stats *w = &t->word[i];
    json_t *o = json_object();
    bool ok = o;
    if (t->words)
        ok = ok && xs_json_put(o, "text", xs_json_text(t->words[i].text)) &&
             xs_json_put(o, "start", count(t->words[i].start)) &&
             xs_json_put(o, "end", count(t->words[i].end)) &&
             xs_json_put(o, "sentence", count(t->words[i].sentence));
    ok = ok && put(o, "mean", w->mean) && put(o, "sd", w->sd) &&
         put(o, "standard_error", w->standard_error) && put(o, "skewness", w->skewness) &&
         put(o, "excess_kurtosis", w->excess_kurtosis) && put(o, "min", w->minimum) &&
         put(o, "q25", w->q25) && put(o, "median", w->median) && put(o, "q75", w->q75) &&
         put(o, "max", w->maximum) && put(o, "whisker_low", w->whisker_low) &&
         put(o, "whisker_high", w->whisker_high) && put(o, "positive_share", w->positive_share) &&
         put(o, "sign_stability", w->sign_stability) && put(o, "signal", w->signal) &&
         put(o, "noise", w->noise) && put(o, "snr_raw", w->snr_raw) && put(o, "snr", w->snr) &&
         xs_json_put(o, "ci", pair(w->ci)) && put(o, "p", w->p) && put(o, "p_adjusted", w->p_adjusted) &&
         (!t->marked || put(o, "marked", t->marked[i]));
    return finish(o, ok);
}

static bool put_snr(json_t *o, const xs_snr *s) {
    return xs_json_put(o, "models", count(s->models)) && xs_json_put(o, "words", count(s->words)) &&
           put(o, "signal_raw", s->signal_raw) && put(o, "noise", s->noise) &&
           put(o, "noise_shift", s->noise_shift) && put(o, "ms_interaction", s->ms_interaction) &&
           put(o, "signal", s->signal) && xs_json_put(o, "no_signal", json_boolean(s->no_signal)) &&
           put(o, "snr_raw", s->snr_raw) && put(o, "snr", s->snr) &&
           xs_json_put(o, "snr_ci", pair(s->snr_ci)) && put(o, "icc", s->icc) &&
           xs_json_put(o, "models_needed", whole(s->models_needed)) && put(o, "f", s->f) &&
           put(o, "greenhouse_geisser", s->greenhouse_geisser) && put(o, "f_p", s->f_p) &&
           put(o, "gaussian_bits", s->gaussian_bits);
}

static bool put_agreement(json_t *o, const xs_agreement *a) {
    return put(o, "participation_ratio", a->participation_ratio) &&
           put(o, "pearson_pairs_mean", a->pearson) && put(o, "spearman_pairs_mean", a->spearman) &&
           put(o, "kendall_tau_b_first12_pairs_mean", a->kendall_tau_b_first12) &&
           put(o, "jaccard_top5_abs_pairs_mean", a->jaccard_top5_abs) &&
           put(o, "leave_one_out_correlation", a->leave_one_out_correlation) &&
           xs_json_put(o, "leave_one_out_ci", pair(a->leave_one_out_ci)) &&
           put(o, "split_half", a->split_half) && put(o, "split_half_predicted", a->split_half_predicted) &&
           put(o, "entropy_nats_mean", a->entropy_nats);
}

json_t *xs_text_tree(const xs_text_result *t) {
    json_t *o = json_object(), *words = json_array();
    bool ok = o && words && xs_json_put(o, "id", xs_json_text(t->id)) &&
              xs_json_put(o, "class", xs_json_text(t->label)) &&
              xs_json_put(o, "target", xs_json_text(t->target)) &&
              xs_json_put(o, "predicted", xs_json_text(t->predicted)) &&
              xs_json_put(o, "split", xs_json_text(t->split)) && put_snr(o, &t->snr) &&
              put(o, "snr_corrected", t->snr_corrected) &&
              xs_json_put(o, "models_disagreeing", count(t->models_disagreeing)) &&
              xs_json_put(o, "zero_rows", count(t->zero_rows)) &&
              xs_json_put(o, "order2", moment(&t->order2, NULL)) &&
              xs_json_put(o, "order3", moment(&t->order3, NULL)) &&
              xs_json_put(o, "order4", moment(&t->order4, NULL)) &&
              xs_json_put(o, "bivariate_window5", moment(&t->bivariate_window5, "pairs")) &&
              put_agreement(o, &t->agreement) && xs_json_put(o, "information", xs_information_json(t)) &&
              xs_put_text_beyond(o, t);
    for (size_t i = 0; ok && i < t->n_words; i++) ok = json_array_append_new(words, word(t, i)) == 0;
    ok = ok && xs_json_put(o, "word", json_incref(words));
    json_decref(words);
    return finish(o, ok);
}

json_t *xs_text_summary(const xs_text_result *t) {
    json_t *o = json_object();
    const xs_snr *s = &t->snr;
    bool ok = o && xs_json_put(o, "id", xs_json_text(t->id)) && xs_json_put(o, "class", xs_json_text(t->label)) &&
              xs_json_put(o, "target", xs_json_text(t->target)) && xs_json_put(o, "models", count(s->models)) &&
              xs_json_put(o, "words", count(s->words)) && put(o, "signal", s->signal) && put(o, "noise", s->noise) &&
              xs_json_put(o, "no_signal", json_boolean(s->no_signal)) && put(o, "snr", s->snr) &&
              xs_json_put(o, "snr_ci", pair(s->snr_ci)) && put(o, "pearson_pairs_mean", t->agreement.pearson);
    json_t *beyond = json_object(), *modes = NULL, *plausibility = NULL;
    ok = ok && beyond && xs_put_text_beyond(beyond, t);
    if (ok) modes = json_object_get(beyond, "modes"), plausibility = json_object_get(beyond, "plausibility");
    if (modes) ok = xs_json_put(o, "modes", json_incref(modes));
    if (plausibility) ok = ok && xs_json_put(o, "plausibility", json_incref(plausibility));
    if (t->marked) ok = ok && xs_json_put(o, "marked", xs_marked_json(t));
    json_decref(beyond);
    return finish(o, ok);
}

static json_t *pooled(const xs_results *r, const xs_explainer_result *e) {
    const xs_pooled *p = &e->pooled;
    json_t *o = json_object();
    bool ok = o && xs_json_put(o, "texts", count(p->texts)) && xs_json_put(o, "models", count(p->models)) &&
              put(o, "signal_raw", p->signal_raw) && put(o, "noise", p->noise) &&
              put(o, "ms_interaction", p->ms_interaction) && put(o, "signal", p->signal) &&
              put(o, "snr_raw", p->snr_raw) && put(o, "snr", p->snr) &&
              xs_json_put(o, "snr_ci", pair(p->snr_ci)) && put(o, "icc", p->icc) &&
              xs_json_put(o, "models_needed", whole(p->models_needed)) &&
              put(o, "snr_median", p->snr_median) && put(o, "snr_q25", p->snr_q25) &&
              put(o, "snr_q75", p->snr_q75) && put(o, "completeness_gap", p->completeness_gap) &&
              put(o, "unattributed", p->unattributed) && put(o, "outside_words", p->outside_words) &&
              put(o, "explainer_noise", p->explainer_noise) && put(o, "snr_training", p->snr_training) &&
              put(o, "snr_corrected", p->snr_corrected) && put(o, "f_p", p->f_p) &&
              xs_json_put(o, "texts_no_signal", count(p->texts_no_signal)) &&
              xs_json_put(o, "texts_undefined", count(p->texts_undefined)) && xs_put_pooled_beyond(o, e);
    xs_str verdict = {0};
    xs_put_verdict(&verdict, r, e);
    ok = ok && !xs_str_failed(&verdict) && xs_json_put(o, "verdict", xs_json_text(verdict.data)) &&
         xs_json_put(o, "standing", xs_json_text(xs_standing_name(xs_standing_of(p))));
    xs_str_free(&verdict);
    return finish(o, ok);
}

static json_t *spread(const xs_spread *s) {
    json_t *o = json_object();
    return finish(o, o && put(o, "mean", s->mean) && put(o, "min", s->min) && put(o, "max", s->max) &&
                         put(o, "sd", s->sd));
}

static json_t *quality(const xs_split_quality *q) {
    if (!q->texts) return json_null();
    json_t *o = json_object();
    bool ok = o && xs_json_put(o, "texts", count(q->texts)) &&
              xs_json_put(o, "accuracy", spread(&q->accuracy)) &&
              xs_json_put(o, "macro_f1", spread(&q->macro_f1)) &&
              xs_json_put(o, "log_loss", spread(&q->log_loss)) &&
              xs_json_put(o, "calibration_error", spread(&q->calibration_error));
    return finish(o, ok);
}

// The notes on a family (e NULL) or an explainer, as a list of sentences.
static json_t *notes(const xs_family_result *f, const xs_explainer_result *e) {
    json_t *list = json_array();
    bool ok = list;
    for (size_t i = 0; ok && i < XS_NOTES; i++) {
        xs_str line = {0};
        if (xs_put_note(&line, f, e, i))
            ok = !xs_str_failed(&line) && json_array_append_new(list, xs_json_text(line.data)) == 0;
        xs_str_free(&line);
    }
    return finish(list, ok);
}

static json_t *five(const double *x) {
    json_t *list = json_array();
    bool ok = list;
    for (int k = 0; ok && k < 5; k++) ok = json_array_append_new(list, isnan(x[k]) ? json_null() : json_real(x[k])) == 0;
    return finish(list, ok);
}

static json_t *faith_summary(const xs_faith_summary *s) {
    json_t *o = json_object();
    return finish(o, o && xs_json_put(o, "explanations", count(s->explanations)) &&
                         xs_json_put(o, "comprehensiveness", five(s->comprehensiveness)) &&
                         xs_json_put(o, "sufficiency", five(s->sufficiency)) &&
                         put(o, "aopc_comprehensiveness", s->aopc_comprehensiveness) &&
                         put(o, "aopc_sufficiency", s->aopc_sufficiency));
}

// {"mask": {"own", "mean", "random"}, "delete": …}, whichever was judged; null: nothing was.
static json_t *faithfulness(const xs_explainer_result *e) {
    static const char *const removal[] = {"mask", "delete"};
    if (!e->faithfulness[0].judged && !e->faithfulness[1].judged) return json_null();
    json_t *o = json_object();
    bool ok = o;
    for (int i = 0; ok && i < 2; i++) {
        const xs_faith_result *f = &e->faithfulness[i];
        if (!f->judged) continue;
        json_t *one = json_object();
        ok = one && xs_json_put(one, "own", faith_summary(&f->own)) && xs_json_put(one, "mean", faith_summary(&f->mean)) &&
             xs_json_put(one, "random", faith_summary(&f->random)) && xs_json_put(o, removal[i], json_incref(one));
        json_decref(one);
    }
    return finish(o, ok);
}

// Its texts are written beside (json.c, page_data.c): all of them at once would need many times the results' memory.
static json_t *explainer(const xs_results *r, const xs_family_result *f, const xs_explainer_result *e) {
    json_t *o = json_object(), *texts = json_array(), *settings = e->settings ? json_loads(e->settings, 0, NULL) : NULL;
    bool ok = o && texts && xs_json_put(o, "name", xs_json_text(e->name)) &&
              (!settings || xs_json_put(o, "settings", json_incref(settings))) &&
              xs_json_put(o, "pooled", pooled(r, e)) && xs_json_put(o, "faithfulness", faithfulness(e)) &&
              xs_json_put(o, "notes", notes(f, e));
    ok = ok && xs_json_put(o, "texts", json_incref(texts));
    json_decref(settings);
    json_decref(texts);
    return finish(o, ok);
}

static json_t *family(const xs_results *r, const xs_family_result *f) {
    json_t *o = json_object(), *list = json_array();
    const xs_spread *accuracy = f->test.texts    ? &f->test.accuracy
                                : f->valid.texts ? &f->valid.accuracy
                                                 : NULL;
    json_t *settings = f->settings ? json_loads(f->settings, 0, NULL) : NULL;
    bool ok = o && list && xs_json_put(o, "name", xs_json_text(f->name)) &&
              xs_json_put(o, "type", xs_json_text(f->type)) &&
              xs_json_put(o, "settings", settings ? json_incref(settings) : json_null()) &&
              (!f->models_planned || xs_json_put(o, "models_planned", count(f->models_planned))) &&
              xs_json_put(o, "models_trained", count(f->models_trained)) &&
              xs_json_put(o, "models_failed", count(f->models_failed)) &&
              xs_json_put(o, "models_equivalent", count(f->models_equivalent)) &&
              xs_json_put(o, "models_one_class", count(f->models_one_class)) &&
              xs_json_put(o, "accuracy", accuracy ? spread(accuracy) : json_null()) &&
              xs_json_put(o, "valid", quality(&f->valid)) && xs_json_put(o, "test", quality(&f->test)) &&
              (!f->several || xs_put_several(o, f->several)) && xs_json_put(o, "notes", notes(f, NULL));
    for (size_t i = 0; ok && i < f->n_explainers; i++)
        ok = json_array_append_new(list, explainer(r, f, &f->explainers[i])) == 0;
    ok = ok && xs_json_put(o, "explainers", json_incref(list));
    json_decref(settings);
    json_decref(list);
    return finish(o, ok);
}

static json_t *comparison(const xs_comparison *c) {
    json_t *o = json_object();
    bool ok = o && xs_json_put(o, "family_a", xs_json_text(c->family_a)) &&
              xs_json_put(o, "explainer_a", xs_json_text(c->explainer_a)) &&
              xs_json_put(o, "family_b", xs_json_text(c->family_b)) &&
              xs_json_put(o, "explainer_b", xs_json_text(c->explainer_b)) &&
              xs_json_put(o, "texts", count(c->texts)) && put(o, "ratio", c->ratio) &&
              xs_json_put(o, "ratio_ci", pair(c->ratio_ci)) && put(o, "wilcoxon_p", c->wilcoxon_p);
    xs_str sentence = {0};
    xs_put_comparison(&sentence, c);
    ok = ok && !xs_str_failed(&sentence) && xs_json_put(o, "verdict", xs_json_text(sentence.data));
    xs_str_free(&sentence);
    return finish(o, ok);
}

json_t *xs_results_tree(const xs_results *r, xsnr_error *err) {
    json_t *o = json_object(), *families = json_array(), *comparisons = json_array(), *made = json_object();
    bool ok = o && families && comparisons && made && xs_json_put(o, "xsnr", xs_json_text(xsnr_version())) &&
              xs_json_put(o, "study", xs_json_text(r->study)) &&
              xs_json_put(o, "normalize", xs_json_text(r->normalize)) &&
              xs_json_put(o, "equivalence", xs_json_text(r->equivalence)) &&
              xs_json_put(o, "target", xs_json_text(r->target)) &&
              xs_json_put(o, "reliability", json_real(r->reliability));
    for (size_t i = 0; ok && i < r->n_families; i++)
        ok = json_array_append_new(families, family(r, &r->families[i])) == 0;
    for (size_t i = 0; ok && i < r->n_comparisons; i++)
        ok = json_array_append_new(comparisons, comparison(&r->comparisons[i])) == 0;
    for (size_t i = 0; ok && i < r->n_facts; i++)
        ok = xs_json_put(made, r->facts[i].key, xs_json_text(r->facts[i].value));
    ok = ok && xs_json_put(o, "families", json_incref(families)) &&
         xs_json_put(o, "comparisons", json_incref(comparisons)) &&
         xs_json_put(o, "table", xs_overview_json(r)) && xs_json_put(o, "made", json_incref(made));
    json_decref(families);
    json_decref(comparisons);
    json_decref(made);
    if (!ok) xs_nomem(err);
    return finish(o, ok);
}
