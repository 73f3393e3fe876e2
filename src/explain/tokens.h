// Tokens and words: what methods that score tokens share.
#ifndef XSNR_EXPLAIN_TOKENS_H
#define XSNR_EXPLAIN_TOKENS_H
#include "explain/explainer.h"

/// The tokens of the tasks' texts, in `scratch`.
int xs_task_inputs(const xs_subject *subject, const xs_task *tasks, size_t count, xs_arena *scratch, xs_inputs *in,
                   xsnr_error *err);
/// The tasks' targets (count), in `scratch`; NULL: no memory.
int *xs_task_targets(const xs_task *tasks, size_t count, xs_arena *scratch);
/// Fills in an explanation from the scores (T) of text `text`'s tokens, which must live as long as `out`.  A score
/// that is not finite is an error that names the text.
int xs_tokens_to_explanation(const xs_settings *settings, const xs_inputs *in, size_t text, const xs_document *doc,
                             const double *tokens, xs_explanation *out, xsnr_error *err);
/// Explains an additive model by its exact contributions, which is what gradient methods come to there.
int xs_explain_additive(const xs_settings *settings, const xs_subject *subject, const xs_task *task, xs_arena *scratch,
                        xs_explanation *out, xsnr_error *err);
/// Does the setting `output` ask for the probability?
bool xs_of_probability(const xs_settings *settings);
#endif
