// Explainers of the calling program, from its side; see xsnr.h, "explainers of your own".
#include "base/alloc.h"
#include "explain/own.h"
#include "given.h"
#include "handles.h"
#include <stddef.h>

// A program of a later release may know fields that this library does not: it must not have set them.
static int check_size(const xsnr_explainer *e, xsnr_error *err) {
    const unsigned char *bytes = (const void *)e;
    if (e->size < offsetof(xsnr_explainer, user) + sizeof e->user)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "xsnr_explainer.size is %zu; it is to be sizeof(xsnr_explainer)", e->size);
    for (size_t i = sizeof *e; i < e->size; i++)
        if (bytes[i])
            return xs_fail(err, XSNR_ERR_ARGUMENT, "the program sets fields of xsnr_explainer that xsnr %s does not know", xsnr_version());
    return XSNR_OK;
}

int xsnr_study_explainer(xsnr_study *study, const xsnr_explainer *explainer, xsnr_error *err) {
    XS_GIVEN(study);
    XS_GIVEN(explainer);
    XS_TRY(check_size(explainer, err));
    XS_GIVEN(explainer->name);
    XS_GIVEN(explainer->explain);
    return xs_plan_add_own(xs_plan_of(study), explainer, err);
}

static int ask(xsnr_model *model, const unsigned char *present, size_t count, enum xsnr_removal removal, bool probability,
               double *out, xsnr_error *err) {
    if (removal != XSNR_MASK && removal != XSNR_DELETE)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "no such way to take words away: %d", (int)removal);
    return xs_own_ask(model, present, count, removal == XSNR_MASK ? XS_REMOVE_MASK : XS_REMOVE_DELETE, probability, out, err);
}

int xsnr_model_logits(xsnr_model *model, const unsigned char *present, size_t count, enum xsnr_removal removal, double *logits,
                      xsnr_error *err) {
    XS_GIVEN(model);
    XS_GIVEN(logits);
    return ask(model, present, count, removal, false, logits, err);
}

int xsnr_model_probabilities(xsnr_model *model, const unsigned char *present, size_t count, enum xsnr_removal removal,
                             double *probabilities, xsnr_error *err) {
    XS_GIVEN(model);
    XS_GIVEN(probabilities);
    return ask(model, present, count, removal, true, probabilities, err);
}
