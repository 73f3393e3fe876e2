// An explainer of the calling program, as one of xsnr's own methods; see xsnr.h, "explainers of your own".
#ifndef XSNR_EXPLAIN_OWN_H
#define XSNR_EXPLAIN_OWN_H
#include "explain/explainer.h"

/// `method` in `arena`, which must outlive its use, and its settings: what the study file is to say of it, freed by the
/// caller.  `given` is copied; what its `size` does not cover is zero.
int xs_own_explainer(const xsnr_explainer *given, xs_arena *arena, const xs_explainer **method, xs_settings *settings,
                     xsnr_error *err);
/// What stands behind xsnr_model_logits and xsnr_model_probabilities.
int xs_own_ask(xsnr_model *model, const unsigned char *present, size_t count, xs_removal removal, bool probability, double *out,
               xsnr_error *err);
#endif
