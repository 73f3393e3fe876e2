// Results for eyes and machines: terminal, JSON, CSV, HTML.  Each composes text; whoever calls writes it, the long ones piece
// by piece.
#ifndef XSNR_REPORT_REPORT_H
#define XSNR_REPORT_REPORT_H
#include "base/error.h"
#include "base/sink.h"
#include "stats/contrasts.h"
#include "stats/power.h"
#include "stats/results.h"

typedef enum xs_color { XS_COLOR_NONE, XS_COLOR_16, XS_COLOR_256, XS_COLOR_TRUE } xs_color;
typedef enum xs_palette { XS_PALETTE_RED_BLUE, XS_PALETTE_CAPTUM /* green for, red against */ } xs_palette;
typedef struct xs_terminal {
    int width; // columns
    xs_color color;
    xs_palette palette;
    bool ascii; // no UTF-8
} xs_terminal;

/// The table of families: models, accuracy, signal, noise, SNR with interval, ICC, models needed.
int xs_report_table(const xs_results *r, const xs_terminal *t, xs_str *out, xsnr_error *err);
/// The one table (stats/overview.h), for a terminal and as CSV.
int xs_report_overview(const xs_results *r, const xs_terminal *t, xs_str *out, xsnr_error *err);
int xs_report_overview_csv(const xs_results *r, xs_str *out, xsnr_error *err);
/// One text as a heat map with uncertainty; family and explainer NULL: all, side by side on one scale.
/// An id that is not there: XSNR_ERR_NOT_FOUND naming the nearest.
int xs_report_show(const xs_results *r, const char *text_id, const char *family, const char *explainer,
                   const xs_terminal *t, xs_str *out, xsnr_error *err);
/// The same as JSON: results.json of that text alone, without what is said of all texts.
int xs_report_show_json(const xs_results *r, const char *text_id, const char *family, const char *explainer, xs_str *out,
                        xsnr_error *err);
/// {"texts": [id, …]}
int xs_report_ids_json(const char *const *ids, size_t n, xs_str *out, xsnr_error *err);
/// Fails as xs_report_show does if there is no such text; family and explainer NULL: any.
int xs_report_find(const xs_results *r, const char *id, const char *family, const char *explainer, xsnr_error *err);
/// What a comparison says, as a table and as JSON.
int xs_report_contrasts(const xs_contrasts *c, const xs_terminal *t, xs_str *out, xsnr_error *err);
int xs_report_contrasts_json(const xs_contrasts *c, xs_str *out, xsnr_error *err);
/// How many models are enough, as tables and as JSON.
int xs_report_power(const xs_power *p, const xs_terminal *t, xs_str *out, xsnr_error *err);
int xs_report_power_json(const xs_power *p, xs_str *out, xsnr_error *err);
/// results.json (keys: design, interface; those of golden/stats).
int xs_report_json(const xs_results *r, const xs_sink *to, xsnr_error *err);
/// words.csv: one line a family, explainer, text and word.
int xs_report_words_csv(const xs_results *r, const xs_sink *to, xsnr_error *err);
/// One self-contained page, no network; its data are kept to r->page_mb.
int xs_report_html(const xs_results *r, const xs_sink *to, xsnr_error *err);
/// The page's figures as NAME.svg and NAME.csv in `folder`, which is made; of texts those named, or (count 0) the first ten.
/// Runs the program `node`.
int xs_report_figures(const xs_results *r, const char *folder, const char *const *texts, size_t count,
                      xsnr_error *err);
#endif
