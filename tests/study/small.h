// A small study in a temporary folder, and what its scores are, for the tests of the runner.
#ifndef XSNR_TESTS_STUDY_SMALL_H
#define XSNR_TESTS_STUDY_SMALL_H
#include "base/file.h"
#include "base/hash.h"
#include "base/str.h"
#include "check.h"
#include "store/store.h"
#include <dirent.h>
#include <jansson.h>
#include <sys/stat.h>

typedef struct small_study {
    char folder[64];
    char yaml[96], file[96]; // study.yaml and study.xsnr
} small_study;

static inline void small_write(const char *folder, const char *name, const char *text) {
    char path[256];
    xsnr_error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(xs_file_write(path, text, strlen(text), &err));
}

// gazette's texts, cut at the given line numbers of the corpus.
static inline void small_corpus(const char *folder, size_t train, size_t test) {
    xsnr_error err = {0};
    xsnr_gazette_options o = {.language = "en", .count = train + test, .seed = 5, .redundancy = 3, .strength = 1};
    char *tsv, *truth;
    assert_ok(xsnr_gazette(&o, &tsv, &truth, &err));
    xs_str parts[2] = {0};
    size_t line = 0;
    for (char *p = tsv, *end; *p; p = end, line++) {
        end = strchr(p, '\n') + 1;
        for (int k = 0; k < 2; k++)
            if (line == 0 || (k == 0) == (line <= train)) xs_str_append(&parts[k], p, (size_t)(end - p));
    }
    small_write(folder, "train.tsv", parts[0].data);
    small_write(folder, "test.tsv", parts[1].data);
    xs_str_free(&parts[0]);
    xs_str_free(&parts[1]);
    xsnr_free(tsv);
    xsnr_free(truth);
}

// The plan: three families (SGD on tf-idf, SGD on style, LIBLINEAR on bootstraps), three explainers.
static inline void small_plan(const small_study *s, int models, const char *extra) {
    xs_str yaml = {0};
    xs_str_printf(&yaml,
                  "study: small\nseed: 3\n"
                  "corpus: {train: train.tsv, test: test.tsv, id: id, explain: {count: 6}}\n"
                  "families:\n"
                  "  - {name: tfidf, type: linear, features: {kind: tfidf, ngrams: 2}, models: %d}\n"
                  "  - {name: style, type: linear, features: {kind: linguistic}, models: %d}\n"
                  "  - {name: converged, type: linear, features: {kind: bow}, solver: liblinear, models: %d}\n"
                  "%s",
                  models, models, models, extra);
    small_write(s->folder, "study.yaml", yaml.data);
    xs_str_free(&yaml);
}

#define SMALL_EXPLAINERS "explainers: [contribution, occlusion, {name: shapley, exact_words: 4, pairs: 2}]\n"

static inline small_study small_new(size_t train, size_t test, int models, const char *extra) {
    small_study s;
    snprintf(s.folder, sizeof s.folder, "/tmp/xsnr-study-XXXXXX");
    assert_non_null(mkdtemp(s.folder));
    snprintf(s.yaml, sizeof s.yaml, "%s/study.yaml", s.folder);
    snprintf(s.file, sizeof s.file, "%s/study.xsnr", s.folder);
    small_corpus(s.folder, train, test);
    small_plan(&s, models, extra);
    return s;
}

// Removes the study file and everything that was computed, not the inputs.
static inline void small_reset(const small_study *s) {
    static const char *const names[] = {"study.xsnr",      "study.xsnr-wal", "study.xsnr-shm", "study.xsnr.lock",
                                        "results.json",    "words.csv",      "report.html"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", s->folder, names[i]);
        unlink(path);
    }
}

static inline void small_remove(const small_study *s) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", s->folder);
    assert_int_equal(system(command), 0);
}

static inline int small_run(const small_study *s, int threads, unsigned stages, xsnr_error *err) {
    xsnr_study *study;
    int rc = xsnr_study_load(s->yaml, &(xsnr_run_options){.threads = threads}, &study, err);
    if (rc < 0) return rc;
    rc = xsnr_study_run(study, stages, err);
    xsnr_study_free(study);
    return rc;
}

static inline int small_by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

// SHA-256 over every score, target and model index: family by family, explainers by name.
static inline void small_hash(const small_study *s, char hex[XS_HASH_HEX], size_t *n_scores) {
    xsnr_error err = {0};
    xs_store *store;
    xs_arena arena = {0};
    xs_hash hash;
    xs_hash_begin(&hash);
    *n_scores = 0;
    assert_ok(xs_store_open(s->file, XS_STORE_READ, &store, &err));
    xs_store_family *families;
    xs_store_text *texts;
    size_t n_families, n_texts;
    assert_ok(xs_store_families(store, &arena, &families, &n_families, &err));
    assert_ok(xs_store_texts(store, &arena, &texts, &n_texts, &err));
    for (size_t f = 0; f < n_families; f++) {
        const char **explainers;
        size_t n;
        assert_ok(xs_store_explainers(store, families[f].id, &arena, &explainers, &n, &err));
        if (n) qsort(explainers, n, sizeof *explainers, small_by_name);
        for (size_t e = 0; e < n; e++)
            for (size_t t = 0; t < n_texts; t++) {
                xs_store_scores scores;
                assert_ok(xs_store_scores_of(store, families[f].id, explainers[e], texts[t].id, &arena, &scores, &err));
                xs_hash_bytes(&hash, scores.model, scores.models * sizeof *scores.model);
                xs_hash_bytes(&hash, scores.target, scores.models * sizeof *scores.target);
                xs_hash_bytes(&hash, scores.scores, scores.models * scores.words * sizeof *scores.scores);
                xs_hash_bytes(&hash, explainers[e], strlen(explainers[e]));
                *n_scores += scores.models * scores.words;
            }
    }
    xs_store_close(store);
    xs_arena_free(&arena);
    xs_hash_end(&hash, hex);
}

static inline bool small_exists(const small_study *s, const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    return access(path, F_OK) == 0;
}

// results.json of a study file, analysed so.
static inline json_t *small_results(const char *file, const xsnr_results_options *how) {
    xsnr_error err = {0};
    xsnr_results *results;
    char *text;
    assert_ok(xsnr_results_open_as(file, how, &results, &err));
    assert_ok(xsnr_results_text(results, XSNR_JSON, NULL, &text, &err));
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    xsnr_free(text);
    xsnr_results_free(results);
    return json;
}

static inline json_t *small_explainer(json_t *results, size_t family, size_t explainer) {
    json_t *of = json_array_get(json_object_get(results, "families"), family);
    return json_array_get(json_object_get(of, "explainers"), explainer);
}

static inline double small_number(const json_t *object, const char *key) {
    json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}
#endif
