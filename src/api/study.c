// xsnr_study: study.yaml at work.
#include "base/alloc.h"
#include "base/file.h"
#include "given.h"
#include "handles.h"
#include "report/report.h"
#include "study/crew.h"
#include "study/identity.h"
#include "study/outputs.h"
#include "study/phrases.h"
#include "study/rationales.h"
#include "study/study.h"
#include <stdio.h>
#include <string.h>

struct xsnr_study {
    xs_plan *plan;
    char *folder; // where everything is written, "" or ending in a slash
    char *file;   // the study file
    int threads;
    uint32_t shard, shards;
    bool profile;
    double page_mb;
    xsnr_progress_fn *progress;
    void *user;
    atomic_int stop;
    xsnr_results *results;
    char *statistics; // in the place of the plan's, or NULL
    xs_hub *hub; // NULL: the study is not shared
};

// The folder that results go to: the given one, or that of study.yaml.
static char *result_folder(const char *yaml, const char *given) {
    xs_str s = {0};
    if (!given) return xs_path_beside(yaml, "");
    xs_str_printf(&s, "%s%s", given, *given && given[strlen(given) - 1] == '/' ? "" : "/");
    return xs_str_take(&s);
}

// study.yaml becomes study.xsnr; a part of it study.2-of-3.xsnr.
static char *study_file(const char *folder, const char *yaml, const xsnr_run_options *options) {
    const char *name = strrchr(yaml, '/');
    name = name ? name + 1 : yaml;
    const char *dot = strrchr(name, '.');
    xs_str s = {0};
    xs_str_printf(&s, "%s%.*s", folder, dot && dot > name ? (int)(dot - name) : (int)strlen(name), name);
    if (options->shards) xs_str_printf(&s, ".%u-of-%u", (unsigned)options->shard, (unsigned)options->shards);
    xs_str_put(&s, ".xsnr");
    return xs_str_take(&s);
}

int xsnr_study_load(const char *path, const xsnr_run_options *options, xsnr_study **out, xsnr_error *err) {
    static const xsnr_run_options defaults;
    if (!options) options = &defaults;
    XS_GIVEN(out);
    *out = NULL;
    XS_GIVEN(path);
    XS_GIVEN_ALL(options->explainers, options->n_explainers);
    if (options->shards && (options->shard < 1 || options->shard > options->shards))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "shard %u of %u: the shards are 1 to %u", (unsigned)options->shard,
                       (unsigned)options->shards, (unsigned)options->shards);
    xsnr_study *s = XS_NEW(xsnr_study);
    if (!s) return xs_nomem(err);
    s->threads = options->threads;
    s->shard = options->shard;
    s->shards = options->shards;
    s->progress = options->progress;
    s->user = options->user;
    s->profile = options->profile != 0;
    s->page_mb = options->page_mb;
    int rc = xs_plan_read(path, &s->plan, err);
    for (size_t i = 0; rc == XSNR_OK && i < options->n_explainers; i++)
        rc = xs_plan_add_explainer(s->plan, options->explainers[i], err);
    if (rc == XSNR_OK) {
        s->folder = result_folder(path, options->folder);
        s->file = s->folder ? study_file(s->folder, path, options) : NULL;
        rc = s->file ? xs_outputs_check(s->plan, s->folder, s->file, err) : xs_nomem(err);
    }
    if (rc < 0) {
        xsnr_study_free(s);
        return rc;
    }
    *out = s;
    return XSNR_OK;
}

void xsnr_study_free(xsnr_study *s) {
    if (!s) return;
    xsnr_results_free(s->results);
    xs_hub_close(s->hub);
    xs_plan_free(s->plan);
    xs_free(s->folder);
    xs_free(s->file);
    xs_free(s->statistics);
    xs_free(s);
}

void xsnr_study_stop(xsnr_study *s) {
    if (s) atomic_store(&s->stop, 1);
}

xs_plan *xs_plan_of(xsnr_study *s) { return s->plan; }

int xsnr_study_statistics(xsnr_study *s, const char *statistics, xsnr_error *err) {
    unsigned bits;
    XS_GIVEN_AS(s, "study");
    XS_GIVEN(statistics);
    XS_TRY(xs_statistics_parse(statistics, &bits, err));
    char *copy = xs_strdup(statistics);
    if (!copy) return xs_nomem(err);
    xs_free(s->statistics);
    s->statistics = copy;
    return XSNR_OK;
}

const xsnr_results *xsnr_study_results(const xsnr_study *s) { return s ? s->results : NULL; }

const char *xsnr_study_file(const xsnr_study *s) { return s ? s->file : NULL; }

static xs_work_options options_of(xsnr_study *s) {
    return (xs_work_options){.threads = s->threads,
                             .shard = s->shard,
                             .shards = s->shards,
                             .profile = s->profile,
                             .stop = &s->stop,
                             .progress = s->progress,
                             .user = s->user};
}

int xsnr_study_share(xsnr_study *s, const char *listen, const char **address, xsnr_error *err) {
    XS_GIVEN(address);
    *address = NULL;
    XS_GIVEN_AS(s, "study");
    if (!s->hub) XS_TRY(xs_hub_open(listen, &s->hub, err));
    *address = xs_hub_address(s->hub);
    return XSNR_OK;
}

int xsnr_study_join(xsnr_study *s, const char *address, xsnr_error *err) {
    XS_GIVEN_AS(s, "study");
    XS_GIVEN(address);
    xs_work_options how = options_of(s);
    return xs_study_join(s->plan, address, &how, err);
}

static void say(void *study, const char *family, const char *notice) {
    const xsnr_study *s = study;
    if (s->progress) s->progress(s->user, &(xsnr_progress){.stage = "notice", .family = family, .notice = notice});
}

// Results are of this plan only if the file is: as the runner asks, without the data.
static int check_plan(xsnr_study *s, xsnr_error *err) {
    xs_store *store;
    XS_TRY(xs_store_open(s->file, XS_STORE_READ, &store, err));
    int rc = xs_identity_check(store, s->plan, err);
    if (rc == XSNR_OK) rc = xs_identity_surplus(store, s->plan, say, s, err);
    xs_store_close(store);
    return rc;
}

// Rationales and phrases may have changed since the last run; the file is written to only if they have.
static int renew_marks(xsnr_study *s, xsnr_error *err) {
    xs_store *store;
    bool same = true, also = true;
    for (int write = 0; write < 2; write++) {
        XS_TRY(xs_store_open(s->file, write ? XS_STORE_WRITE : XS_STORE_READ, &store, err));
        int rc = xs_study_rationales(store, s->plan, write, &same, err);
        if (rc == XSNR_OK) rc = xs_study_phrases(store, s->plan, write, &also, err);
        xs_store_close(store);
        if (rc < 0 || (same && also)) return rc;
    }
    return XSNR_OK;
}

static int analyze(xsnr_study *s, xsnr_error *err) {
    xs_store *store = NULL;
    XS_TRY(renew_marks(s, err));
    XS_TRY(xs_store_open(s->file, XS_STORE_READ, &store, err));
    xsnr_results *results = xs_results_handle();
    xs_assess_options how = {.threads = s->threads,
                             .stop = &s->stop,
                             .progress = s->progress,
                             .user = s->user,
                             .statistics = s->statistics,
                             .keep_scores = true,
                             .page_mb = s->page_mb};
    int rc = results ? xs_study_assess(store, s->plan, &how, &results->r, err) : xs_nomem(err);
    xs_store_close(store);
    if (rc == XSNR_OK) rc = xs_results_index(results, err);
    if (rc < 0) {
        xsnr_results_free(results);
        return rc;
    }
    xsnr_results_free(s->results);
    s->results = results;
    return XSNR_OK;
}

typedef struct writing {
    xs_file_writer file;
    const atomic_int *stop;
} writing;

// Results of many texts are hundreds of megabytes: a request to stop is heard while they are written, and the file stays as it was.
static int append_to_file(void *context, const char *text, size_t n, xsnr_error *err) {
    writing *w = context;
    if (atomic_load(w->stop)) return xs_fail(err, XSNR_ERR_INTERRUPTED, "stopped on request");
    return xs_file_append(&w->file, text, n, err);
}

// Writes one kind of result where the plan says; an empty name: not wanted.
static int write_result(const xsnr_study *s, const char *key, xsnr_format format, xsnr_error *err) {
    const char *name = xs_settings_string(&s->plan->general, key);
    if (!*name) return XSNR_OK;
    char *path = xs_path_beside(s->folder, name);
    writing w = {.stop = &s->stop};
    int rc = path ? xs_file_begin(&w.file, path, err) : xs_nomem(err);
    if (rc == XSNR_OK) rc = xs_file_end(&w.file, xsnr_results_write(s->results, format, NULL, append_to_file, &w, err), err);
    xs_free(path);
    return rc;
}

int xsnr_study_run(xsnr_study *s, unsigned stages, xsnr_error *err) {
    XS_GIVEN_AS(s, "study");
    if (!stages || stages > XSNR_RUN) return xs_fail(err, XSNR_ERR_ARGUMENT, "no such stage: %u", stages);
    unsigned work = stages & (XSNR_TRAIN | XSNR_EXPLAIN);
    if (*s->folder) XS_TRY(xs_make_folder(s->folder, err));
    XS_TRY(xs_outputs_check(s->plan, s->folder, s->file, err)); // again: in a folder that was not there, names may meet
    if (stages & (XSNR_ANALYZE | XSNR_REPORT) && !s->shards) XS_TRY(xs_outputs_free(s->plan, s->folder, err)); // before hours of training
    xs_work_options how = options_of(s);
    xs_crew helped = s->hub ? xs_hub_crew(s->hub) : xs_crew_threads;
    how.crew = &helped;
    if (work) XS_TRY(xs_study_work(s->plan, s->file, work, &how, err));
    if (s->shards) return XSNR_OK; // statistics of a part would be those of another study
    if (!work) XS_TRY(check_plan(s, err));
    if (stages & (XSNR_ANALYZE | XSNR_REPORT)) XS_TRY(analyze(s, err));
    if (stages & XSNR_ANALYZE) {
        XS_TRY(write_result(s, "report.json", XSNR_JSON, err));
        XS_TRY(write_result(s, "report.words", XSNR_CSV, err));
    }
    if (stages & XSNR_REPORT) XS_TRY(write_result(s, "report.html", XSNR_HTML, err));
    return XSNR_OK;
}
