// What stands behind the opaque handles of xsnr.h.
#ifndef XSNR_API_HANDLES_H
#define XSNR_API_HANDLES_H
#include "stats/results.h"
#include "store/store.h"
#include "study/plan.h"
#include <xsnr/xsnr.h>

struct xsnr_results {
    xs_results r;
    const char **text_ids; // (n_text_ids) distinct ids, in the order of the texts
    size_t n_text_ids;
};

/// An empty result handle, or NULL.
xsnr_results *xs_results_handle(void);
/// The plan that a study file carries; texts in `arena`.
int xs_stored_plan(xs_store *store, const char *file, xs_arena *arena, xs_plan **plan, xsnr_error *err);
/// The plan of a study, which owns it.
xs_plan *xs_plan_of(xsnr_study *study);
/// Fills text_ids from what r holds.
int xs_results_index(xsnr_results *results, xsnr_error *err);
#endif
