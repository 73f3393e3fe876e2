// What the figures say, in plain words; see verdict.h.
//
// The bounds are those of the ratio itself: above 1, a single model's scores vary more between words than
// one word's score varies between models.  A statement is only made when the whole interval supports it.
#include "report/verdict.h"
#include "report/number.h"
#include "stats/beyond.h"
#include "stats/crossed.h"
#include <math.h>
#include <string.h>

enum { NAMED = 5 }; // at most so many texts are named in a note

xs_standing xs_standing_of(const xs_pooled *p) {
    if (isnan(p->snr)) return XS_UNDEFINED;
    if (p->signal <= 0) return XS_NO_SIGNAL;
    // Without an interval (two models, say), or with one that covers 0, nothing is claimed of its size.
    if (isnan(p->snr_ci[0]) || p->snr_ci[0] <= 0) return p->f_p <= 0.05 ? XS_SOME_SIGNAL : XS_NOT_ESTABLISHED;
    return p->snr_ci[0] > 1 ? XS_MOSTLY_SIGNAL : p->snr_ci[1] < 1 ? XS_MOSTLY_NOISE : XS_ABOUT_EVEN;
}

const char *xs_standing_name(xs_standing s) {
    static const char *const names[] = {"mostly_signal", "about_even", "mostly_noise", "some_signal",
                                        "not_established", "no_signal",  "undefined"};
    return names[s];
}

static void put_evidence(xs_str *out, const xs_pooled *p) {
    xs_shown interval = xs_show_interval(p->snr, p->snr_ci[0], p->snr_ci[1]);
    xs_str_printf(out, "SNR %s", xs_show_estimate(p->snr, p->snr_ci[0], p->snr_ci[1]).text);
    if (interval.text[0])
        xs_str_printf(out, " %s", interval.text);
    else
        xs_str_put(out, " (interval undefined)");
}

static size_t models_kept(const xs_text_result *t) { return t->models_kept; }
static size_t n_words(const xs_text_result *t) { return t->n_words; }

static size_t most_of(const xs_explainer_result *e, size_t (*of)(const xs_text_result *)) {
    size_t most = 0;
    for (size_t i = 0; i < e->n_texts; i++)
        if (of(xs_text_at(e, i)) > most) most = of(xs_text_at(e, i));
    return most;
}

void xs_put_verdict(xs_str *out, const xs_results *r, const xs_explainer_result *e) {
    const xs_pooled *p = &e->pooled;
    const char *one = e->people ? "annotator" : "model", *what = e->people ? "rationale" : "explanation";
    switch (xs_standing_of(p)) {
    case XS_UNDEFINED:
        xs_str_put(out, "undefined: ");
        if (most_of(e, models_kept) < 2)
            xs_str_printf(out, "signal and noise need at least two %ss", one);
        else if (most_of(e, n_words) < 2)
            xs_str_put(out, e->n_texts == 1 ? "the text has one word, and a signal needs two" : "no text has more than one word, and a signal needs two");
        else if (p->noise == 0)
            xs_str_printf(out, "all %ss give the same %s, so the noise is 0", one, what);
        else
            xs_str_printf(out, "no text has two words and two %ss that agree on its class", one);
        return;
    case XS_NO_SIGNAL:
        xs_str_printf(out, "no signal found: what the %ss agree on is no more than chance gives; ", one);
        put_evidence(out, p);
        return;
    case XS_SOME_SIGNAL:
        xs_str_printf(out, "there is signal (F tests of the texts, %s), how much is not established: ", xs_show_p(p->f_p).text);
        put_evidence(out, p);
        xs_str_printf(out, "; more %ss would tell", one);
        return;
    case XS_NOT_ESTABLISHED:
        xs_str_put(out, "signal is not established: ");
        put_evidence(out, p);
        if (!isnan(p->snr_ci[0])) xs_str_printf(out, " covers 0; more %ss would tell", one);
        return;
    case XS_MOSTLY_SIGNAL:
        xs_str_printf(out, "one %s's %s is mostly signal: ", one, what);
        break;
    case XS_ABOUT_EVEN:
        xs_str_printf(out, "one %s's %s holds about as much noise as signal: ", one, what);
        break;
    case XS_MOSTLY_NOISE:
        xs_str_printf(out, "one %s's %s is mostly noise: ", one, what);
        break;
    }
    put_evidence(out, p);
    double goal = r->reliability;
    xs_str_printf(out, "; its reliability is %s", xs_show_number(p->icc).text);
    if (p->models_needed <= 1)
        xs_str_printf(out, ", more than %g", goal);
    else if (!isnan(p->models_needed))
        xs_str_printf(out, ", the mean of %s %ss reaches %g", xs_show_count(p->models_needed).text, one, goal);
}

void xs_put_comparison(xs_str *out, const xs_comparison *c) {
    const char *mark = strcmp(c->explainer_a, c->explainer_b) ? ", " : "";
    const char *a = *mark ? c->explainer_a : "", *b = *mark ? c->explainer_b : "";
    if (isnan(c->ratio)) {
        xs_str_printf(out, "ratio of the SNRs of %s%s%s and %s%s%s: undefined, one of them shows no signal",
                      c->family_a, mark, a, c->family_b, mark, b);
        return;
    }
    xs_str_printf(out, "the SNR of %s%s%s is %s times", c->family_a, mark, a,
                  xs_show_estimate(c->ratio, c->ratio_ci[0], c->ratio_ci[1]).text);
    xs_shown interval = xs_show_interval(c->ratio, c->ratio_ci[0], c->ratio_ci[1]);
    if (interval.text[0]) xs_str_printf(out, " %s", interval.text);
    xs_str_printf(out, " that of %s%s%s (", c->family_b, mark, b);
    if (!*mark) xs_str_printf(out, "%s, ", c->explainer_a);
    xs_str_printf(out, "%zu text%s, Wilcoxon %s)", c->texts, c->texts == 1 ? "" : "s",
                  xs_show_p(c->wilcoxon_p).text);
}

typedef bool text_test(const xs_text_result *t);
static bool is_undefined(const xs_text_result *t) {
    return isnan(t->snr.snr);
}
static bool is_without_signal(const xs_text_result *t) {
    return !isnan(t->snr.snr) && t->snr.no_signal;
}
static bool has_zero_rows(const xs_text_result *t) {
    return t->zero_rows > 0;
}
static bool has_disagreement(const xs_text_result *t) {
    return t->models_disagreeing > 0;
}

// "WHAT in 2 of 40 texts: t3, t7".  False if no text passes the test.
static bool put_texts(xs_str *out, const xs_explainer_result *e, text_test *test, const char *what) {
    size_t n = 0;
    for (size_t i = 0; i < e->n_texts; i++) n += test(xs_text_at(e, i));
    if (!n) return false;
    xs_str_printf(out, "%s in %zu of %zu text%s: ", what, n, e->n_texts, e->n_texts == 1 ? "" : "s");
    size_t named = 0;
    for (size_t i = 0; i < e->n_texts && named < NAMED; i++) {
        const xs_text_result *text = xs_text_at(e, i);
        if (test(text)) xs_str_printf(out, "%s%s", named++ ? ", " : "", text->id);
    }
    if (n > named) xs_str_printf(out, " and %zu more", n - named);
    return true;
}

// Arrays are given by themselves: that row k of two of them is one model is taken on trust.
static bool put_uneven(xs_str *out, const xs_explainer_result *e) {
    size_t most = most_of(e, models_kept), least = most, n = 0;
    for (size_t i = 0; i < e->n_texts; i++) {
        size_t models = xs_text_at(e, i)->models_kept;
        n += models < most;
        if (models < least) least = models;
    }
    if (!n) return false;
    xs_str_printf(out, "%zu of %zu arrays %s fewer models than the others (%zu to %zu); the same row of two arrays is taken for the same model", n, e->n_texts,
                  n == 1 ? "has" : "have", least, most);
    return true;
}

static bool put_family_note(xs_str *out, const xs_family_result *f, size_t index) {
    size_t usable = f->models_trained > f->models_failed ? f->models_trained - f->models_failed : 0;
    if (index == 5 && f->models_planned > f->models_trained) {
        xs_str_printf(out, "not finished: %zu of %zu models missing; `xsnr run` of its study.yaml makes them", f->models_planned - f->models_trained,
                      f->models_planned);
        return true;
    }
    if (index == 0 && f->models_failed) {
        xs_str_printf(out, "%zu of %zu models could not be trained", f->models_failed, f->models_trained);
        return true;
    }
    if (index == 1 && usable > f->models_equivalent) {
        xs_str_printf(out, "%zu of %zu models dropped as not equivalent", usable - f->models_equivalent,
                      usable);
        if (f->dropped_by) xs_str_printf(out, " (%s)", f->dropped_by);
        return true;
    }
    if (index == 3 && f->models_one_class) {
        xs_str_printf(out, "%zu of %zu models predict one class for nearly all test texts: what their explanations say is not what tells the classes apart",
                      f->models_one_class, usable);
        return true;
    }
    if (index == 4 && !f->n_explainers && usable) {
        xs_str_put(out, "not explained: the study has no explainer that serves it (`xsnr list explainers` says which do)");
        return true;
    }
    const xs_crossing *c = f->n_explainers ? f->explainers[0].crossing : NULL;
    if (index == 7 && c) {
        xs_str_put(out, "crossed (");
        for (size_t k = 0; k < c->factors; k++) xs_str_printf(out, "%s%s %zu", k ? " × " : "", c->factor[k], c->levels[k]);
        xs_str_put(out, "): signal and noise are of pairs of models that share no seed, intervals leave out a seed at a time");
        return true;
    }
    if (index == 6 && f->n_explainers && f->type && strcmp(f->type, "array") == 0) return put_uneven(out, &f->explainers[0]);
    // What a model predicts does not hang on how it is explained: the first explainer speaks for all.
    return index == 2 && f->n_explainers &&
           put_texts(out, &f->explainers[0], has_disagreement, "models that predict another class dropped");
}

// What the probability loses without the strongest words, beside what any words cost.
static bool put_faithfulness(xs_str *out, const xs_faith_result *f, const char *how) {
    if (!f->judged || !f->own.explanations) return false;
    xs_str_printf(out, "strongest words %s, the probability falls by %.3f (at random %.3f); kept alone, by %.3f (%.3f)", how,
                  f->own.aopc_comprehensiveness, f->random.aopc_comprehensiveness, f->own.aopc_sufficiency,
                  f->random.aopc_sufficiency);
    if (f->mean.explanations)
        xs_str_printf(out, "; ranked by the mean over models %.3f and %.3f", f->mean.aopc_comprehensiveness,
                      f->mean.aopc_sufficiency);
    return true;
}

// How well the mean explanation, and single models', find the words that people marked; at random AUPRC is about the share marked.
static bool put_plausibility(xs_str *out, const xs_explainer_result *e) {
    if (!e->beyond || !e->beyond->texts_judged) return false;
    const xs_plausibility *mean = &e->beyond->plausibility_of_mean, *models = &e->beyond->plausibility;
    double marked = 0, words = 0;
    for (size_t t = 0; t < e->n_texts; t++) {
        const xs_text_result *text = xs_text_at(e, t);
        for (size_t w = 0; text->marked && w < text->n_words; w++, words++) marked += text->marked[w] >= 0.5;
    }
    xs_str_printf(out, "against what people marked (%zu text%s, %.3g %% of the words): AUPRC %.3f, token F1 %.3f, IOU F1 %.3f of the mean "
                  "explanation; %.3f, %.3f, %.3f of single models'",
                  e->beyond->texts_judged, e->beyond->texts_judged == 1 ? "" : "s", 100 * marked / words, mean->auprc, mean->token_f1,
                  mean->iou_f1, models->auprc, models->token_f1, models->iou_f1);
    return true;
}

bool xs_put_note(xs_str *out, const xs_family_result *f, const xs_explainer_result *e, size_t index) {
    if (!e) return put_family_note(out, f, index);
    switch (index) {
    case 0:
        return put_texts(out, e, is_without_signal, "no signal found");
    case 1:
        return put_texts(out, e, is_undefined, "SNR undefined");
    case 2:
        return put_texts(out, e, has_zero_rows, "some models' explanation is zero for every word");
    case 3:
        if (!(e->pooled.explainer_noise > 0)) return false;
        if (isnan(e->pooled.snr_training)) {
            xs_str_printf(out, "the explainer draws random numbers, and %s of the noise is its own: what training leaves cannot be told; raise its samples or repeats",
                          e->pooled.explainer_noise < 0.995 * e->pooled.noise ? "nearly all" : "all");
            return true;
        }
        xs_str_printf(out, "the explainer draws random numbers: %.*f %% of the noise is its own; without it the SNR is %s",
                      e->pooled.explainer_noise < 0.01 * e->pooled.noise ? 1 : 0,
                      100 * e->pooled.explainer_noise / e->pooled.noise, xs_show_number(e->pooled.snr_training).text);
        return true;
    case 4:
        if (!(e->pooled.unattributed >= 0.01)) return false;
        xs_str_printf(out, "%.0f %% of an explanation belongs to no word (unattributed)",
                      100 * e->pooled.unattributed);
        return true;
    case 5:
        if (!(e->pooled.outside_words >= 0.01)) return false;
        xs_str_printf(out, "%.0f %% of the tokens' scores belong to special tokens, which are in no word",
                      100 * e->pooled.outside_words);
        return true;
    case 6:
        return put_faithfulness(out, &e->faithfulness[0], "masked");
    case 7:
        return put_faithfulness(out, &e->faithfulness[1], "cut out");
    case 8:
        return put_plausibility(out, e);
    default:
        return false;
    }
}
