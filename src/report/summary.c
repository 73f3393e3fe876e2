// Sentences for families with many explainers; see summary.h.
//
// A range "1.30 to 3.4" spans the estimates, not their intervals; what is claimed of all of them (mostly signal, every
// interval above 1) holds for each one's own interval, as in verdict.c.
#include "report/summary.h"
#include "report/number.h"
#include "report/verdict.h"
#include <math.h>
#include <string.h>

// "a, b and c": `nth` of `n` names.
static void put_name(xs_str *out, const char *name, size_t nth, size_t n) {
    xs_str_printf(out, "%s%s", nth == 0 ? "" : nth + 1 == n ? " and " : ", ", name);
}

// "1.30 to 3.4", or one number where both look the same.
static void put_range(xs_str *out, xs_shown low, xs_shown high) {
    xs_str_put(out, low.text);
    if (strcmp(low.text, high.text)) xs_str_printf(out, " to %s", high.text);
}

static xs_shown snr_of(const xs_explainer_result *e) {
    return xs_show_estimate(e->pooled.snr, e->pooled.snr_ci[0], e->pooled.snr_ci[1]);
}

static const char *standing_words(xs_standing s) {
    switch (s) {
    case XS_MOSTLY_SIGNAL:
        return "is mostly signal";
    case XS_ABOUT_EVEN:
        return "holds about as much noise as signal";
    case XS_MOSTLY_NOISE:
        return "is mostly noise";
    case XS_SOME_SIGNAL:
        return "has signal, of a size not established,";
    case XS_NOT_ESTABLISHED:
        return "has no established signal";
    case XS_NO_SIGNAL:
        return "shows no signal";
    case XS_UNDEFINED:
        break;
    }
    return "has no defined SNR";
}

void xs_put_family_verdict(xs_str *out, const xs_family_result *f) {
    const char *start = "one model's explanation ";
    for (int s = XS_MOSTLY_SIGNAL; s <= XS_UNDEFINED; s++) {
        const xs_explainer_result *least = f->explainers, *most = f->explainers;
        size_t n = 0, named = 0;
        for (size_t e = 0; e < f->n_explainers; e++) {
            const xs_explainer_result *x = &f->explainers[e];
            if ((int)xs_standing_of(&x->pooled) != s) continue;
            if (n == 0 || x->pooled.snr < least->pooled.snr) least = x;
            if (n == 0 || x->pooled.snr > most->pooled.snr) most = x;
            n++;
        }
        if (!n) continue;
        xs_str_printf(out, "%s%s by ", start, standing_words((xs_standing)s));
        start = "; ";
        if (n == f->n_explainers) {
            xs_str_printf(out, "each of %zu explainers", n);
        } else {
            for (size_t e = 0; e < f->n_explainers; e++)
                if ((int)xs_standing_of(&f->explainers[e].pooled) == s) put_name(out, f->explainers[e].name, named++, n);
        }
        if (s == XS_UNDEFINED) continue;
        xs_str_put(out, " (SNR ");
        put_range(out, snr_of(least), snr_of(most));
        xs_str_put(out, ")");
    }
}

size_t xs_same_pair(const xs_comparison *c, size_t n) {
    size_t same = 1;
    if (strcmp(c->explainer_a, c->explainer_b)) return same;
    while (same < n && !strcmp(c[same].family_a, c->family_a) && !strcmp(c[same].family_b, c->family_b) &&
           !strcmp(c[same].explainer_a, c[same].explainer_b))
        same++;
    return same;
}

void xs_put_pair(xs_str *out, const xs_comparison *c, size_t n) {
    const xs_comparison *least = c, *most = c;
    size_t above = 0, below = 0, defined = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(c[i].ratio)) continue;
        if (defined == 0 || c[i].ratio < least->ratio) least = &c[i];
        if (defined == 0 || c[i].ratio > most->ratio) most = &c[i];
        defined++;
        above += c[i].ratio_ci[0] > 1;
        below += c[i].ratio_ci[1] < 1;
    }
    if (!defined) {
        xs_str_printf(out, "ratio of the SNRs of %s and %s: undefined by each of %zu explainers, one of them shows no signal", c->family_a,
                      c->family_b, n);
        return;
    }
    xs_str_printf(out, "the SNR of %s is ", c->family_a);
    put_range(out, xs_show_estimate(least->ratio, least->ratio_ci[0], least->ratio_ci[1]),
              xs_show_estimate(most->ratio, most->ratio_ci[0], most->ratio_ci[1]));
    xs_str_printf(out, " times that of %s (%zu explainers, ", c->family_b, n);
    if (above == n || below == n) {
        xs_str_printf(out, "every interval %s 1", above ? "above" : "below");
    } else {
        xs_str_printf(out, "%zu of the intervals above 1, %zu below", above, below);
        if (defined < n) xs_str_printf(out, ", %zu undefined", n - defined);
    }
    xs_str_put(out, ")");
}

bool xs_put_shared_note(xs_str *out, const xs_family_result *f, size_t first, size_t index) {
    xs_str note = {0}, names = {0};
    bool said = !xs_put_note(&note, f, &f->explainers[first], index);
    for (size_t e = 0; e < f->n_explainers && !said; e++) {
        xs_str other = {0};
        bool same = e == first || (xs_put_note(&other, f, &f->explainers[e], index) && other.data && note.data && !strcmp(other.data, note.data));
        note.failed |= other.failed;
        xs_str_free(&other);
        said = same && e < first;
        if (!same || said) continue;
        xs_str_printf(&names, "%s%s", names.length ? ", " : "", f->explainers[e].name);
    }
    if (!said && note.data && names.data) xs_str_printf(out, "%s: %s", names.data, note.data);
    out->failed |= note.failed || names.failed;
    xs_str_free(&note);
    xs_str_free(&names);
    return !said && !out->failed;
}
