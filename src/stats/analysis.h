// From arrays to results: the statistics of one text, of many texts pooled, of which models are equivalent.
#ifndef XSNR_STATS_ANALYSIS_H
#define XSNR_STATS_ANALYSIS_H
#include "stats/results.h"
#include "stats/scores.h"

/// Everything of sections 1, 2, 6 and the moments of section 4 for one text: fills snr, order2…bivariate,
/// agreement, word.  `s` is already normalised; allocates in `arena`.  NaN or infinity in the input is an
/// error that names model and word.  `seed` is for the split halves.
int xs_analyze_text(xs_scores s, double reliability, uint64_t seed, xs_arena *arena, xs_text_result *out,
                    xsnr_error *err);
/// Section 3: texts of one family and explainer pooled.  e->texts come from xs_analyze_text, with `model` of each
/// set; `models` is the number of models of the family (indices in `model` are below it).
int xs_pool_texts(const xs_explainer_result *e, size_t models, double reliability, xs_arena *scratch, xs_pooled *out,
                  xsnr_error *err);
/// Ratio of the pooled SNRs of two families over the texts that both have (matched by id).
int xs_compare_families(const xs_explainer_result *a, size_t models_a, const xs_explainer_result *b,
                        size_t models_b, xs_arena *scratch, xs_comparison *out, xsnr_error *err);

/// Which of `models` models are equivalent (section 0).  `rule`: all | best:K | closest:K | ztest:α | mcnemar:α.
/// correct (models, texts): 1 where model m is right on test text t; NULL if there is no test set (then only
/// `all` is defined).  keep (models) is filled with 0 and 1.
int xs_equivalent_models(const char *rule, const unsigned char *correct, size_t models, size_t texts,
                         unsigned char *keep, xsnr_error *err);
/// Is the rule well-formed?  Error with place otherwise.
int xs_equivalence_check(const char *rule, const char *file, long line, xsnr_error *err);
#endif
