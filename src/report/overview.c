// The one table: family, explainer, analysis; see stats/overview.h.
#include "stats/overview.h"
#include "report/csv.h"
#include "report/grid.h"
#include "report/report.h"
#include "report/tree.h"
#include "report/tree_parts.h"
#include "report/width.h"
#include <math.h>

// A number, or nothing where there is none.
static void put_shown(xs_grid *g, double v) {
    if (isnan(v)) xs_grid_text(g, NULL);
    else xs_grid_shown(g, xs_show_number(v));
}

static void put_row(xs_grid *g, const xs_overview_row *row) {
    bool interval = isfinite(row->snr_ci[0]) && isfinite(row->snr_ci[1]);
    xs_grid_text(g, row->family);
    xs_grid_text(g, row->explainer);
    xs_grid_text(g, row->unit);
    xs_grid_text(g, row->analysis);
    if (interval) xs_grid_shown(g, xs_show_estimate(row->snr, row->snr_ci[0], row->snr_ci[1]));
    else put_shown(g, row->snr);
    if (interval) xs_grid_shown(g, xs_show_interval(row->snr, row->snr_ci[0], row->snr_ci[1]));
    else xs_grid_text(g, NULL);
    put_shown(g, row->bits);
    put_shown(g, row->plausibility.token_f1);
    put_shown(g, row->plausibility.iou_f1);
    put_shown(g, row->plausibility.auprc);
    put_shown(g, row->plausibility.auroc);
    put_shown(g, row->comprehensiveness);
    put_shown(g, row->sufficiency);
    put_shown(g, row->complexity.effective_words);
    put_shown(g, row->accuracy);
}

static void put_explanation(xs_str *out, const xs_terminal *t) {
    xs_put_wrapped(out,
                   "token F1 to AUROC: how well the mean explanation finds what people marked; compr. and suff.: what the probability "
                   "loses without the strongest words, and with these alone; words: effective number of words, or spans, that carry the "
                   "mean explanation; --format csv has every column",
                   t->width > 0 ? (size_t)t->width : 80, 2, t->ascii);
}

int xs_report_overview(const xs_results *r, const xs_terminal *t, xs_str *out, xsnr_error *err) {
    static const char *const heading[] = {"family", "explainer", "unit",  "analysis", "SNR",    "95 % interval", "bits",    "token F1",
                                          "IOU F1", "AUPRC",     "AUROC", "compr.",   "suff.", "words",         "accuracy"};
    xs_arena arena = {0};
    xs_overview table;
    xs_grid g;
    int rc = xs_overview_of(r, &arena, &table, err);
    xs_grid_begin(&g, heading, "llllrrrrrrrrrrr", t->ascii);
    for (size_t i = 0; rc == XSNR_OK && i < table.n; i++) put_row(&g, &table.rows[i]);
    bool whole = xs_grid_end(&g, out);
    xs_arena_free(&arena);
    if (rc == XSNR_OK) put_explanation(out, t);
    return rc < 0 ? rc : whole && !xs_str_failed(out) ? XSNR_OK : xs_nomem(err);
}

/* ------------------------------------------------------------------ CSV, JSON */

// Every number of a row, with its name.
static size_t numbers_of(const xs_overview_row *row, const char *const **names, double *out) {
    static const char *const all[] = {"signal", "noise", "snr", "snr_ci_low", "snr_ci_high", "bits",
                                      "token_f1", "iou_f1", "auprc", "average_precision", "auroc",
                                      "token_f1_models", "iou_f1_models", "auprc_models", "average_precision_models", "auroc_models",
                                      "comprehensiveness", "sufficiency", "comprehensiveness_mean", "sufficiency_mean",
                                      "entropy", "effective_words", "gini", "words80",
                                      "entropy_models", "effective_words_models", "gini_models", "words80_models", "accuracy"};
    const xs_plausibility *p = &row->plausibility, *pm = &row->plausibility_of_models;
    const xs_complexity *c = &row->complexity, *cm = &row->complexity_of_models;
    const double x[] = {row->signal, row->noise, row->snr, row->snr_ci[0], row->snr_ci[1], row->bits,
                        p->token_f1, p->iou_f1, p->auprc, p->average_precision, p->auroc,
                        pm->token_f1, pm->iou_f1, pm->auprc, pm->average_precision, pm->auroc,
                        row->comprehensiveness, row->sufficiency, row->comprehensiveness_of_mean, row->sufficiency_of_mean,
                        c->entropy, c->effective_words, c->gini, c->words80,
                        cm->entropy, cm->effective_words, cm->gini, cm->words80, row->accuracy};
    _Static_assert(sizeof x / sizeof *x == sizeof all / sizeof *all, "a name for every number");
    if (names) *names = all;
    for (size_t i = 0; out && i < sizeof x / sizeof *x; i++) out[i] = x[i];
    return sizeof x / sizeof *x;
}

int xs_report_overview_csv(const xs_results *r, xs_str *out, xsnr_error *err) {
    static const xs_overview_row none;
    const char *const *names;
    xs_arena arena = {0};
    xs_overview table;
    double x[64];
    int rc = xs_overview_of(r, &arena, &table, err);
    size_t n = numbers_of(&none, &names, NULL);
    xs_str_put(out, "family,explainer,unit,analysis,texts");
    for (size_t k = 0; k < n; k++) xs_str_printf(out, ",%s", names[k]);
    xs_str_put(out, "\r\n");
    for (size_t i = 0; rc == XSNR_OK && i < table.n; i++) {
        const xs_overview_row *row = &table.rows[i];
        const char *const texts[] = {row->family, row->explainer, row->unit, row->analysis};
        for (size_t k = 0; k < 4; k++) {
            xs_csv_text(out, texts[k]);
            xs_str_put(out, ",");
        }
        xs_str_printf(out, "%zu", row->texts);
        numbers_of(row, NULL, x);
        for (size_t k = 0; k < n; k++) xs_csv_number(out, x[k]);
        xs_str_put(out, "\r\n");
    }
    xs_arena_free(&arena);
    return rc < 0 ? rc : xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}

static json_t *row_json(const xs_overview_row *row) {
    json_t *o = json_object();
    bool judged = !isnan(row->plausibility.token_f1), judged_models = !isnan(row->plausibility_of_models.token_f1);
    bool ok = o && xs_json_put(o, "family", xs_json_text(row->family)) && xs_json_put(o, "explainer", xs_json_text(row->explainer)) &&
              xs_json_put(o, "unit", xs_json_text(row->unit)) && xs_json_put(o, "analysis", xs_json_text(row->analysis)) &&
              xs_json_put(o, "texts", count(row->texts)) && put(o, "signal", row->signal) && put(o, "noise", row->noise) &&
              put(o, "snr", row->snr) && xs_json_put(o, "snr_ci", pair(row->snr_ci)) && put(o, "bits", row->bits) &&
              xs_json_put(o, "plausibility", judged ? xs_plausibility_json(&row->plausibility) : json_null()) &&
              xs_json_put(o, "plausibility_models", judged_models ? xs_plausibility_json(&row->plausibility_of_models) : json_null()) &&
              put(o, "comprehensiveness", row->comprehensiveness) && put(o, "sufficiency", row->sufficiency) &&
              put(o, "comprehensiveness_mean", row->comprehensiveness_of_mean) &&
              put(o, "sufficiency_mean", row->sufficiency_of_mean) && put(o, "entropy", row->complexity.entropy) &&
              put(o, "effective_words", row->complexity.effective_words) && put(o, "gini", row->complexity.gini) &&
              put(o, "words80", row->complexity.words80) &&
              put(o, "effective_words_models", row->complexity_of_models.effective_words) && put(o, "accuracy", row->accuracy);
    return finish(o, ok);
}

json_t *xs_overview_json(const xs_results *r) {
    xs_arena arena = {0};
    xs_overview table = {0};
    json_t *list = json_array();
    bool ok = list && xs_overview_of(r, &arena, &table, NULL) == XSNR_OK;
    for (size_t i = 0; ok && i < table.n; i++) ok = json_array_append_new(list, row_json(&table.rows[i])) == 0;
    xs_arena_free(&arena);
    return finish(list, ok);
}
