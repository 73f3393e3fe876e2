// What a terminal says of families with many explainers: one sentence a family, a pair of families, a finding, where
// verdict.h has one for every explainer.
#ifndef XSNR_REPORT_SUMMARY_H
#define XSNR_REPORT_SUMMARY_H
#include "base/str.h"
#include "stats/results.h"

/// With so many explainers of a family, or of a pair of families, the sentences are joined.
enum { XS_MANY = 3 };

/// "one model's explanation is mostly signal by attn_lrp and occlusion (SNR 1.30 to 3.40); is mostly noise by …": a sentence without its subject.
void xs_put_family_verdict(xs_str *out, const xs_family_result *f);
/// How many comparisons from c[0] on are of the same two families, each under one explainer; at least 1.
size_t xs_same_pair(const xs_comparison *c, size_t n);
/// "the SNR of tfidf is 65.8 to 68.8 times that of linguistic (4 explainers, every interval above 1)"; n from xs_same_pair.
void xs_put_pair(xs_str *out, const xs_comparison *c, size_t n);
/// Note `index` (verdict.h) of every explainer of the family, those that say the same in one: "a, b and c: note".  `first` is the explainer to look at;
/// false: it has nothing to say there, or what it says was said with an earlier one.
bool xs_put_shared_note(xs_str *out, const xs_family_result *f, size_t first, size_t index);
#endif
