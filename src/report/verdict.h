// What the figures say, in plain words with the evidence beside them; the same for terminal and page.
#ifndef XSNR_REPORT_VERDICT_H
#define XSNR_REPORT_VERDICT_H
#include "base/str.h"
#include "stats/results.h"

/// How an explanation fares; the order is from best to worst.
typedef enum xs_standing {
    XS_MOSTLY_SIGNAL,   // the interval lies above 1
    XS_ABOUT_EVEN,      // the interval covers 1
    XS_MOSTLY_NOISE,    // the interval lies between 0 and 1
    XS_SOME_SIGNAL,     // the interval covers 0, but the F tests of the texts find signal
    XS_NOT_ESTABLISHED, // the interval covers 0
    XS_NO_SIGNAL,       // the corrected signal is not above 0
    XS_UNDEFINED
} xs_standing;

xs_standing xs_standing_of(const xs_pooled *p);
/// "mostly_signal", …: for machines and style sheets.
const char *xs_standing_name(xs_standing s);
/// "one model's explanation is mostly signal: SNR 3.21 [2.89, 3.53]; …", one sentence without its subject.
void xs_put_verdict(xs_str *out, const xs_results *r, const xs_explainer_result *e);
/// "tfidf's SNR is 2.1 times [1.7, 2.6] that of linguistic (…)".
void xs_put_comparison(xs_str *out, const xs_comparison *c);
/// What the reader should know of this family (no explainer: NULL) or explainer: dropped models, texts
/// without signal.  `index` is one of 0..XS_NOTES−1; false: nothing to say there.
enum { XS_NOTES = 9 };
bool xs_put_note(xs_str *out, const xs_family_result *f, const xs_explainer_result *e, size_t index);
#endif
