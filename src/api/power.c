// xsnr_power: how many models are enough.
#include "given.h"
#include "handles.h"
#include "report/report.h"
#include <math.h>

static int check(const xsnr_power_options *o, const char *study, xsnr_error *err) {
    if (o->width < 0 || !isfinite(o->width)) return xs_fail(err, XSNR_ERR_ARGUMENT, "width %g is no share of the SNR", o->width);
    if (!(o->probability >= 0 && o->probability < 1))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "probability %g is not between 0 and 1", o->probability);
    if (study) return XSNR_OK;
    if (o->family || o->explainer) return xs_fail(err, XSNR_ERR_ARGUMENT, "a family and an explainer are those of a study");
    if (o->models == 1 || o->models > 10000)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "%zu models at most; it is 2 to 10000", o->models);
    return XSNR_OK;
}

int xsnr_power(const char *study, const xsnr_power_options *options, char **text, xsnr_error *err) {
    static const xsnr_power_options defaults;
    const xsnr_power_options *o = options ? options : &defaults;
    XS_GIVEN(text);
    *text = NULL;
    XS_TRY(check(o, study, err));
    xs_power_options how = {.family = o->family, .explainer = o->explainer, .snr = o->snr, .seed = o->seed,
                            .words = o->words ? o->words : 25, .texts = o->texts ? o->texts : 40, .models = o->models ? o->models : 200,
                            .top = o->top ? o->top : 5, .repeats = o->repeats ? o->repeats : 200,
                            .width = o->width > 0 ? o->width : 0.2, .probability = o->probability > 0 ? o->probability : 0.95};
    xs_arena arena = {0};
    xs_str out = {0};
    xs_power power;
    xsnr_results *results = NULL;
    xs_terminal plain = {.width = 80, .ascii = o->ascii != 0};
    int rc = study ? xsnr_results_open_as(study, &(xsnr_results_options){.threads = o->threads, .statistics = "none", .scores = 1}, &results, err) : XSNR_OK;
    if (rc == XSNR_OK) rc = study ? xs_power_of(&results->r, &how, &arena, &power, err) : xs_power_assumed(&how, &arena, &power, err);
    if (rc == XSNR_OK) rc = o->json ? xs_report_power_json(&power, &out, err) : xs_report_power(&power, &plain, &out, err);
    if (rc == XSNR_OK && !(*text = xs_str_take(&out))) rc = xs_nomem(err);
    xs_str_free(&out);
    xs_arena_free(&arena);
    if (results) xsnr_results_free(results);
    return rc;
}
