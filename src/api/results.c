// xsnr_results: opened, read, turned into text.
#include "base/alloc.h"
#include "given.h"
#include "handles.h"
#include "report/report.h"
#include "study/arrays.h"
#include "study/study.h"
#include <string.h>

xsnr_results *xs_results_handle(void) { return XS_NEW(xsnr_results); }

int xs_results_index(xsnr_results *results, xsnr_error *err) {
    xs_results *r = &results->r;
    size_t most = 0;
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; e < r->families[f].n_explainers; e++) most += r->families[f].explainers[e].n_texts;
    results->text_ids = XS_ARENA_ARRAY(&r->arena, const char *, most);
    if (!results->text_ids) return xs_spill_explain(r->arena.spill, xs_nomem(err), err);
    xs_intern seen = {0};
    int rc = XSNR_OK;
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; e < r->families[f].n_explainers; e++)
            for (size_t t = 0; rc == XSNR_OK && t < r->families[f].explainers[e].n_texts; t++) {
                const char *id = xs_text_at(&r->families[f].explainers[e], t)->id;
                uint32_t k = xs_intern_add(&seen, id, strlen(id));
                if (k == XS_NOT_INTERNED) rc = xs_nomem(err);
                else if (k == results->n_text_ids) results->text_ids[results->n_text_ids++] = id;
            }
    xs_intern_free(&seen);
    return rc;
}

void xsnr_results_free(xsnr_results *results) {
    if (!results) return;
    xs_arena_free(&results->r.arena);
    xs_free(results);
}

size_t xsnr_results_texts(const xsnr_results *results) { return results ? results->n_text_ids : 0; }

const char *xsnr_results_text_id(const xsnr_results *results, size_t index) {
    return results && index < results->n_text_ids ? results->text_ids[index] : NULL;
}

int xs_stored_plan(xs_store *store, const char *file, xs_arena *arena, xs_plan **plan, xsnr_error *err) {
    const char *text, *path, *imported;
    XS_TRY(xs_store_fact(store, "import.settings", arena, &imported, err));
    if (imported) {
        XS_TRY(xs_store_fact(store, "study", arena, &text, err));
        return xs_plan_imported(text ? text : "", imported, plan, err);
    }
    XS_TRY(xs_store_fact(store, "plan", arena, &text, err));
    XS_TRY(xs_store_fact(store, "plan_path", arena, &path, err));
    if (!text || !path)
        return xs_fail_at(err, XSNR_ERR_NOT_FOUND, file, 0, "this study has not begun: it holds no plan");
    return xs_plan_parse(text, strlen(text), path, plan, err);
}

int xsnr_results_open(const char *study_file, int threads, xsnr_results **out, xsnr_error *err) {
    return xsnr_results_open_as(study_file, &(xsnr_results_options){.threads = threads, .scores = 1}, out, err);
}

int xsnr_results_open_as(const char *study_file, const xsnr_results_options *options, xsnr_results **out, xsnr_error *err) {
    static const xsnr_results_options defaults;
    if (!options) options = &defaults;
    xs_assess_options how = {
        .threads = options->threads, .statistics = options->statistics, .keep_scores = options->scores != 0, .page_mb = options->page_mb, .text = options->text};
    XS_GIVEN(out);
    *out = NULL;
    XS_GIVEN(study_file);
    xs_store *store = NULL;
    XS_TRY(xs_store_open(study_file, XS_STORE_READ, &store, err));
    xs_plan *plan = NULL;
    xsnr_results *results = xs_results_handle();
    int rc = results ? xs_stored_plan(store, study_file, &results->r.arena, &plan, err) : xs_nomem(err);
    if (rc == XSNR_OK) rc = xs_study_assess(store, plan, &how, &results->r, err);
    if (rc == XSNR_OK) rc = xs_results_index(results, err);
    xs_plan_free(plan);
    xs_store_close(store);
    if (rc < 0) {
        xsnr_results_free(results);
        return rc;
    }
    *out = results;
    return XSNR_OK;
}

// Options with their defaults filled in, as the room study wants them.
static int array_options(const xsnr_analysis_options *given, const char *statistics, xs_array_options *out,
                         xsnr_error *err) {
    static const xsnr_analysis_options defaults;
    if (!given) given = &defaults;
    const char *name = given->normalize ? given->normalize : "l1";
    int how = xs_normalization_find(name);
    if (how < 0) {
        const char *names[XS_NORMS];
        for (int k = 0; k < XS_NORMS; k++) names[k] = xs_normalization_name((xs_normalization)k);
        const char *near = xs_nearest(name, names, XS_NORMS);
        return xs_fail(err, XSNR_ERR_ARGUMENT, "unknown normalization '%s'; %s%s%s", name,
                       near ? "did you mean '" : "see `xsnr list normalizations`", near ? near : "", near ? "'?" : "");
    }
    double reliability = given->reliability == 0 ? 0.9 : given->reliability;
    if (!(reliability > 0 && reliability < 1))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "reliability must be between 0 and 1, not %g", reliability);
    *out = (xs_array_options){.normalize = (xs_normalization)how,
                              .absolute = given->absolute != 0,
                              .reliability = reliability,
                              .seed = given->seed,
                              .threads = given->threads,
                              .choose = !statistics};
    return statistics ? xs_statistics_parse(statistics, &out->statistics, err) : XSNR_OK;
}

static int finish(int rc, xsnr_results *results, xsnr_results **out, xsnr_error *err) {
    if (rc == XSNR_OK) rc = xs_results_index(results, err);
    if (rc < 0) xsnr_results_free(results);
    else *out = results;
    return rc;
}

int xsnr_analyze(const double *scores, size_t models, size_t words, const xsnr_analysis_options *options,
                 xsnr_results **out, xsnr_error *err) {
    xs_array_options how;
    XS_GIVEN(out);
    *out = NULL;
    XS_GIVEN(scores);
    XS_TRY(array_options(options, NULL, &how, err));
    if (!models || !words) return xs_fail(err, XSNR_ERR_ARGUMENT, "an array without models or without words");
    xsnr_results *results = xs_results_handle();
    if (!results) return xs_nomem(err);
    return finish(xs_analyze_arrays(&(xs_named_scores){"array", {scores, models, words}}, 1, &how, &results->r, err),
                  results, out, err);
}

int xsnr_analyze_files(const char *const *paths, size_t count, const xsnr_analysis_options *options,
                       xsnr_results **out, xsnr_error *err) {
    return xsnr_analyze_files_as(paths, count, options, NULL, out, err);
}

int xsnr_analyze_files_as(const char *const *paths, size_t count, const xsnr_analysis_options *options,
                          const char *statistics, xsnr_results **out, xsnr_error *err) {
    xs_array_options how;
    XS_GIVEN(out);
    *out = NULL;
    XS_GIVEN(paths);
    XS_GIVEN_ALL(paths, count);
    XS_TRY(array_options(options, statistics, &how, err));
    xsnr_results *results = xs_results_handle();
    if (!results) return xs_nomem(err);
    return finish(xs_analyze_array_files(paths, count, &how, &results->r, err), results, out, err);
}

static xs_terminal terminal_of(const xsnr_terminal *t) {
    if (!t) return (xs_terminal){.width = 80};
    return (xs_terminal){.width = t->width > 0 ? t->width : 80,
                         .color = t->colors >= 1 << 24 ? XS_COLOR_TRUE
                                  : t->colors >= 256   ? XS_COLOR_256
                                  : t->colors >= 8     ? XS_COLOR_16
                                                       : XS_COLOR_NONE,
                         .palette = t->captum ? XS_PALETTE_CAPTUM : XS_PALETTE_RED_BLUE,
                         .ascii = t->ascii != 0};
}

// The composed string, handed over; after a failure nothing.
static int hand_over(int rc, xs_str *s, char **text, xsnr_error *err) {
    *text = rc == XSNR_OK ? xs_str_take(s) : NULL;
    xs_str_free(s);
    return rc == XSNR_OK && !*text ? xs_nomem(err) : rc;
}

static int compose(const xsnr_results *results, xsnr_format format, const xsnr_terminal *terminal, const xs_sink *to,
                   xsnr_error *err) {
    const xs_results *r = &results->r;
    xs_terminal t = terminal_of(terminal);
    switch (format) {
    case XSNR_TABLE: XS_TRY(xs_report_table(r, &t, to->text, err)); return xs_sink_end(to, err);
    case XSNR_JSON: return xs_report_json(r, to, err);
    case XSNR_CSV: return xs_report_words_csv(r, to, err);
    case XSNR_HTML: return xs_report_html(r, to, err);
    case XSNR_OVERVIEW: XS_TRY(xs_report_overview(r, &t, to->text, err)); return xs_sink_end(to, err);
    case XSNR_OVERVIEW_CSV: XS_TRY(xs_report_overview_csv(r, to->text, err)); return xs_sink_end(to, err);
    }
    return xs_fail(err, XSNR_ERR_ARGUMENT, "no such format: %d", (int)format);
}

int xsnr_results_text(const xsnr_results *results, xsnr_format format, const xsnr_terminal *terminal, char **text,
                      xsnr_error *err) {
    XS_GIVEN(text);
    *text = NULL;
    XS_GIVEN(results);
    xs_str s = {0};
    return hand_over(compose(results, format, terminal, &(xs_sink){&s, NULL, NULL}, err), &s, text, err);
}

typedef struct receiver {
    xsnr_write_fn *write;
    void *user;
} receiver;

static int pass(void *context, const void *bytes, size_t n, xsnr_error *err) {
    const receiver *to = context;
    return to->write(to->user, bytes, n, err);
}

int xsnr_results_write(const xsnr_results *results, xsnr_format format, const xsnr_terminal *terminal, xsnr_write_fn *write,
                       void *user, xsnr_error *err) {
    XS_GIVEN(results);
    XS_GIVEN(write);
    xs_str s = {0};
    int rc = compose(results, format, terminal, &(xs_sink){&s, pass, &(receiver){write, user}}, err);
    xs_str_free(&s);
    return rc;
}

int xsnr_results_figures(const xsnr_results *results, const char *folder, const char *const *texts, size_t count,
                         xsnr_error *err) {
    XS_GIVEN(results);
    XS_GIVEN(folder);
    XS_GIVEN_ALL(texts, count);
    if (!*folder) return xs_fail(err, XSNR_ERR_ARGUMENT, "figures need a folder");
    return xs_report_figures(&results->r, folder, texts, count, err);
}

int xsnr_results_show(const xsnr_results *results, const char *text_id, const char *family, const char *explainer,
                      const xsnr_terminal *terminal, char **text, xsnr_error *err) {
    XS_GIVEN(text);
    *text = NULL;
    XS_GIVEN(results);
    XS_GIVEN(text_id);
    xs_str s = {0};
    xs_terminal t = terminal_of(terminal);
    return hand_over(xs_report_show(&results->r, text_id, family, explainer, &t, &s, err), &s, text, err);
}

int xsnr_results_show_json(const xsnr_results *results, const char *text_id, const char *family, const char *explainer,
                           char **text, xsnr_error *err) {
    XS_GIVEN(text);
    *text = NULL;
    XS_GIVEN(results);
    xs_str s = {0};
    if (!text_id) return hand_over(xs_report_ids_json(results->text_ids, results->n_text_ids, &s, err), &s, text, err);
    return hand_over(xs_report_show_json(&results->r, text_id, family, explainer, &s, err), &s, text, err);
}
