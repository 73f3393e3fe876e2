// The runner: what is missing in the study file becomes a list of jobs for a crew.
//
//   plan ─► read and cut the corpus ─► open the file, compare plan and data ─► jobs (family, model) in order ─►
//   prepare the families ─► a crew does the jobs (crew.h): each model is stored whole
//
// Invariant: whatever the file already holds came from the same plan (its identity), the same data (their
// hash) and the same explained texts; otherwise nothing is written.
#include "base/alloc.h"
#include "base/file.h"
#include "base/threads.h"
#include "study/crew.h"
#include "study/identity.h"
#include "study/phrases.h"
#include "study/rationales.h"
#include "study/study.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void xs_study_tell(xs_study *s, const char *stage, const char *family, uint64_t done) {
    pthread_mutex_lock(s->progress_lock);
    s->done += done;
    if (s->progress)
        s->progress(s->progress_user, &(xsnr_progress){stage, family, s->done, s->total, s->resumed, NULL, s->helpers});
    pthread_mutex_unlock(s->progress_lock);
}

void xs_study_say(xs_study *s, const char *family, const char *notice) {
    pthread_mutex_lock(s->progress_lock);
    if (s->progress)
        s->progress(s->progress_user, &(xsnr_progress){"notice", family, s->done, s->total, s->resumed, notice, s->helpers});
    pthread_mutex_unlock(s->progress_lock);
}

// A path of the plan, relative to the folder of study.yaml; NULL if it is not given.
static int corpus_path(xs_study *s, const char *key, const char **path, xsnr_error *err) {
    char *expanded;
    *path = NULL;
    if (!*xs_settings_string(&s->plan->general, key)) return XSNR_OK;
    XS_TRY(xs_plan_expand(s->plan, key, &expanded, err));
    char *whole = xs_path_beside(s->plan->path, expanded);
    xs_free(expanded);
    *path = whole ? xs_arena_strdup(&s->arena, whole) : NULL;
    xs_free(whole);
    if (!*path) return xs_nomem(err);
    if (access(*path, F_OK) == 0) return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_IO, s->plan->path, xs_plan_line(s->plan, key), "%s: cannot open '%.200s': %s", key, *path, strerror(errno));
}

// More texts were asked for than there are: all are explained, and that is said.
static void tell_fewer(xs_study *s) {
    char text[200];
    long long asked = xs_settings_int(&s->plan->general, "corpus.explain.count");
    if (!xs_plan_line(s->plan, "corpus.explain.count") || (unsigned long long)asked <= s->explained.count) return;
    snprintf(text, sizeof text, "corpus.explain.count is %lld, the split has %zu texts: all of them are explained", asked, s->explained.count);
    xs_study_say(s, NULL, text);
}

// Models that nothing explains are trained and judged, which may be all that is wanted; it is said before their time is spent.
static void tell_unexplained(xs_study *s) {
    for (size_t k = 0; k < s->plan->n_families; k++) {
        bool served = false;
        for (size_t i = 0; i < s->plan->n_explainers; i++) served |= xs_explainer_serves(s->plan->explainers[i].method, s->plan->families[k].type);
        if (!served)
            xs_study_say(s, s->plan->families[k].name, "none of the explainers serves this family: its models are judged, not explained (`xsnr list explainers`)");
    }
}

int xs_study_read(xs_study *s, xsnr_error *err) {
    const xs_settings *g = &s->plan->general;
    const char *id = xs_settings_string(g, "corpus.id");
    xs_corpus_source source = {.text = xs_settings_string(g, "corpus.text"),
                               .label = xs_settings_string(g, "corpus.label"),
                               .id = *id ? id : NULL,
                               .language = xs_settings_string(g, "corpus.language"),
                               .eraser = strcmp(xs_settings_choice(g, "corpus.format"), "eraser") == 0};
    XS_TRY(corpus_path(s, "corpus.docs", &source.documents, err));
    XS_TRY(corpus_path(s, "corpus.train", &source.path[XS_TRAIN], err));
    XS_TRY(corpus_path(s, "corpus.valid", &source.path[XS_VALID], err));
    XS_TRY(corpus_path(s, "corpus.test", &source.path[XS_TEST], err));
    XS_TRY(xs_corpus_load(&source, s->threads, &s->corpus, err));
    const char *slash = strrchr(s->plan->path, '/');
    s->corpus->folder = slash ? xs_arena_strndup(&s->arena, s->plan->path, (size_t)(slash - s->plan->path) + 1) : NULL;
    if (slash && !s->corpus->folder) return xs_nomem(err);
    s->labels = s->corpus->labels;
    s->n_labels = s->corpus->n_labels;
    XS_TRY(xs_plan_check_class(s->plan, s->labels, s->n_labels, err));
    XS_TRY(xs_select_texts(g, s->corpus, s->seed, &s->arena, &s->explained, err));
    tell_fewer(s);
    return XSNR_OK;
}

static int put_explained(xs_study *s, xsnr_error *err) {
    xs_store_text *rows = XS_ARENA_ARRAY(&s->arena, xs_store_text, s->explained.count);
    if (!rows) return xs_nomem(err);
    for (size_t t = 0; t < s->explained.count; t++) {
        const xs_document *doc = s->explained.docs[t];
        xs_text_word *words = XS_ARENA_ARRAY(&s->arena, xs_text_word, doc->n_words);
        if (!words) return xs_nomem(err);
        for (uint32_t w = 0; w < doc->n_words; w++) {
            const xs_word *word = &doc->words[w];
            char *text = xs_arena_strndup(&s->arena, doc->text + word->start, word->end - word->start);
            if (!text) return xs_nomem(err);
            words[w] =
                (xs_text_word){text, word->cp_start, word->cp_end, word->start, word->end, word->sentence};
        }
        rows[t] =
            (xs_store_text){(int64_t)t, doc->id,     xs_split_name(s->explained.split), doc->text, doc->label,
                            words,      doc->n_words};
    }
    return xs_store_put_texts(s->store, rows, s->explained.count, err);
}

static int put_gold(xs_study *s, xsnr_error *err) {
    const xs_split *test = &s->corpus->split[XS_TEST];
    if (!test->count) return XSNR_OK;
    int32_t *labels = XS_ARENA_ARRAY(&s->arena, int32_t, test->count);
    if (!labels) return xs_nomem(err);
    for (size_t i = 0; i < test->count; i++) labels[i] = test->docs[i].label;
    return xs_store_put_gold(s->store, "test", labels, test->count, err);
}

static void say_surplus(void *study, const char *family, const char *notice) { xs_study_say(study, family, notice); }

// What the file must know before its first model; a file that knows it already is compared.
static int put_study(xs_study *s, const char *path, xsnr_error *err) {
    const char *known;
    bool same;
    XS_TRY(xs_identity_settle(s->store, s->plan, s->corpus->hash, path, err));
    XS_TRY(xs_identity_explainers(s->store, s->plan, err));
    XS_TRY(xs_identity_surplus(s->store, s->plan, say_surplus, s, err));
    XS_TRY(xs_store_put_fact(s->store, "plan", s->plan->text, err)); // statistics' settings may change
    XS_TRY(xs_store_put_fact(s->store, "plan_path", s->plan->path, err));
    XS_TRY(xs_store_put_fact(s->store, "xsnr", xsnr_version(), err));
    XS_TRY(xs_store_fact(s->store, "texts_stored", &s->arena, &known, err));
    if (!known) {
        XS_TRY(xs_store_put_labels(s->store, s->labels, s->n_labels, err));
        XS_TRY(put_explained(s, err));
        XS_TRY(put_gold(s, err));
        XS_TRY(xs_store_put_fact(s->store, "texts_stored", "1", err));
    }
    XS_TRY(xs_study_rationales(s->store, s->plan, true, &same, err));
    return xs_study_phrases(s->store, s->plan, true, &same, err);
}

// A part says which it is: xsnr merge tells from that what is missing.
static int put_shard(xs_study *s, xsnr_error *err) {
    char shard[32];
    snprintf(shard, sizeof shard, "%u/%u", (unsigned)s->shard, (unsigned)s->shards);
    return xs_store_put_fact(s->store, "shard", shard, err);
}

int xs_study_family_room(xs_study *s, xs_study_family *f, xsnr_error *err) {
    f->done = XS_ARENA_ARRAY(&s->arena, unsigned char, f->plan->models);
    f->missing = XS_ARENA_ARRAY(&s->arena, uint64_t, f->plan->models);
    return f->done && f->missing ? XSNR_OK : xs_nomem(err);
}

static int open_family(xs_study *s, xs_study_family *f, xsnr_error *err) {
    json_t *json = xs_settings_json(&f->plan->settings);
    char *settings = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    f->row = (xs_store_family){.name = f->plan->name,
                               .type = f->plan->type->name,
                               .models = f->plan->models,
                               .settings = settings ? xs_arena_strdup(&s->arena, settings) : NULL};
    free(settings);
    uint32_t models = f->plan->models;
    unsigned char *explained = XS_ARENA_ARRAY(&s->arena, unsigned char, models);
    if (!f->row.settings || !explained) return xs_nomem(err);
    XS_TRY(xs_study_family_room(s, f, err));
    XS_TRY(xs_store_put_family(s->store, &f->row, err));
    XS_TRY(xs_store_progress(s->store, f->row.id, NULL, models, f->done, err));
    for (size_t k = 0; k < s->plan->n_explainers; k++) {
        if (!xs_explainer_serves(s->plan->explainers[k].method, f->plan->type)) continue; // not for this family
        XS_TRY(xs_store_progress(s->store, f->row.id, s->plan->explainers[k].method->name, models, explained,
                                 err));
        for (uint32_t m = 0; m < models; m++)
            if (!(explained[m] & 4)) f->missing[m] |= (uint64_t)1 << k;
    }
    return XSNR_OK;
}

// Is there anything to do for this model in these stages?
static bool job_needed(const xs_study_family *f, uint32_t m, unsigned stages) {
    bool there = f->done[m] & 1, failed = f->done[m] & 2;
    if (failed) return false;
    if (!there) return stages & XSNR_TRAIN;
    return (stages & XSNR_EXPLAIN) && f->missing[m];
}

static int list_jobs(xs_study *s, unsigned stages, xs_job **jobs, size_t *n, xsnr_error *err) {
    size_t all = 0, ours = 0, there = 0, at = 0;
    for (size_t k = 0; k < s->plan->n_families; k++) all += s->families[k].plan->models;
    *jobs = XS_ARENA_ARRAY(&s->arena, xs_job, all);
    if (!*jobs) return xs_nomem(err);
    *n = 0;
    for (size_t k = 0; k < s->plan->n_families; k++)
        for (uint32_t m = 0; m < s->families[k].plan->models; m++, at++) {
            if (s->shards && at % s->shards != s->shard - 1) continue; // dealt out like cards: shares of equal work
            ours++;
            there += s->families[k].done[m] & 1;
            if (job_needed(&s->families[k], m, stages)) (*jobs)[(*n)++] = (xs_job){k, m};
        }
    if (!(stages & XSNR_TRAIN) && there == 0)
        return xs_fail(err, XSNR_ERR_NOT_FOUND, "there is no model to explain yet; train first");
    s->total = ours;
    s->resumed = s->done = (stages & XSNR_TRAIN ? ours : there) - *n;
    if (!(stages & XSNR_TRAIN)) s->total = there;
    return XSNR_OK;
}

int xs_study_place(const xs_study *s, const xs_study_family *f, int rc, xsnr_error *err) {
    if (rc == XSNR_ERR_CONFIG && err && !*err->file) {
        snprintf(err->file, sizeof err->file, "%s", s->plan->path);
        err->line = f->plan->line;
    }
    return rc;
}

int xs_study_prepare(xs_study *s, xs_study_family *f, xsnr_error *err) {
    if (f->shared) return XSNR_OK;
    xs_study_tell(s, "prepare", f->plan->name, 0);
    const xs_family *type = f->plan->type;
    int rc = type->prepare(&f->plan->settings, s->corpus, s->threads, &f->shared, err);
    if (rc < 0) return xs_study_place(s, f, rc, err);
    const char *notice = type->notice ? type->notice(f->shared) : NULL;
    if (notice) xs_study_say(s, f->plan->name, notice);
    return XSNR_OK;
}

static int prepare_families(xs_study *s, const xs_job *jobs, size_t n, xsnr_error *err) {
    for (size_t i = 0; i < n; i++) XS_TRY(xs_study_prepare(s, &s->families[jobs[i].family], err));
    return XSNR_OK;
}

// Memory that is free now, in bytes; 0: the system does not say.
static double free_memory(void) {
    FILE *file = fopen("/proc/meminfo", "r");
    char line[128];
    unsigned long long kilobytes = 0;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1) break;
    if (file) fclose(file);
    return 1024.0 * (double)kilobytes;
}

// As many workers as memory holds models in training; what a model needs is said before the start.
int xs_study_threads_that_fit(xs_study *s) {
    double most = 0, room = 0.9 * free_memory();
    const char *whose = NULL;
    for (size_t k = 0; k < s->plan->n_families; k++) {
        const xs_study_family *f = &s->families[k];
        if (!f->shared || !f->plan->type->memory) continue;
        double bytes = (double)f->plan->type->memory(f->shared);
        if (bytes > most) most = bytes, whose = f->plan->name;
    }
    if (!whose) return s->threads;
    int fit = room > 0 && room < most * s->threads ? (int)(room / most) : s->threads;
    if (fit < 1) fit = 1;
    char text[200];
    snprintf(text, sizeof text, "a model takes %.0f MB while it is trained; %d of them at a time%s", 1e-6 * most, fit,
             fit < s->threads ? ", as memory has no room for more" : "");
    xs_study_say(s, whose, text);
    return fit;
}

static int tell_profiles(xs_study *s, xsnr_error *err) {
    for (size_t k = 0; k < s->plan->n_families; k++) {
        const xs_study_family *f = &s->families[k];
        if (!f->shared || !f->plan->type->profile) continue;
        xs_str table = {0};
        f->plan->type->profile(f->shared, &table);
        char *text = xs_str_take(&table);
        if (!text) return xs_nomem(err);
        xs_study_say(s, f->plan->name, text);
        xs_free(text);
    }
    return XSNR_OK;
}

static int work(xs_study *s, const char *path, unsigned stages, const xs_crew *crew, xsnr_error *err) {
    xs_study_tell(s, "read", NULL, 0);
    XS_TRY(xs_study_read(s, err)); // before the file: bad data must not leave a new, empty study behind
    XS_TRY(xs_store_open(path, XS_STORE_WRITE, &s->store, err));
    XS_TRY(put_study(s, path, err));
    if (s->shards) XS_TRY(put_shard(s, err));
    for (size_t k = 0; k < s->plan->n_families; k++) {
        s->families[k].plan = &s->plan->families[k];
        XS_TRY(open_family(s, &s->families[k], err));
    }
    xs_job *jobs = NULL;
    size_t n = 0;
    if (stages & XSNR_EXPLAIN) tell_unexplained(s);
    XS_TRY(list_jobs(s, stages, &jobs, &n, err));
    XS_TRY(prepare_families(s, jobs, n, err));
    if (n) s->threads = xs_study_threads_that_fit(s);
    xs_study_tell(s, "models", NULL, 0);
    XS_TRY(crew->run(crew->context, s, stages, jobs, n, err));
    if ((stages & XSNR_EXPLAIN) && !s->shards) XS_TRY(xs_study_faithfulness(s, err)); // it needs all models' mean
    return s->profile ? tell_profiles(s, err) : XSNR_OK;
}

void xs_study_end(xs_study *s) {
    for (size_t k = 0; s->families && k < s->plan->n_families; k++)
        if (s->families[k].shared) s->families[k].plan->type->release(s->families[k].shared);
    xs_store_close(s->store);
    xs_corpus_free(s->corpus);
    xs_arena_free(&s->arena);
    s->store = NULL;
    s->corpus = NULL;
}

int xs_study_work(xs_plan *plan, const char *path, unsigned stages, const xs_work_options *how, xsnr_error *err) {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    xs_study s = {.plan = plan,
                  .threads = how->threads > 0 ? how->threads : xs_processors(),
                  .shard = how->shard,
                  .shards = how->shards,
                  .seed = (uint64_t)xs_settings_int(&plan->general, "seed"),
                  .stop = how->stop,
                  .profile = how->profile,
                  .progress = how->progress,
                  .progress_user = how->user,
                  .progress_lock = &lock};
    s.families = XS_ARENA_ARRAY(&s.arena, xs_study_family, plan->n_families);
    bool fresh = access(path, F_OK) != 0;
    int rc = s.families ? work(&s, path, stages, how->crew ? how->crew : &xs_crew_threads, err) : xs_nomem(err);
    bool opened = s.store != NULL;
    xs_study_end(&s);
    if (rc < 0 && fresh && opened && s.done == s.resumed) unlink(path); // no model yet: leave nothing behind
    pthread_mutex_destroy(&lock);
    return rc;
}
