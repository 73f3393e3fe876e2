// xsnr_file: what a study file holds, read as it is: families, texts with their words, scores.
//
// Lists are read when the file is opened; scores when they are asked for, one family, explainer and text at a time, so
// that a study of gigabytes is read in the memory of one text.
#include "base/alloc.h"
#include "given.h"
#include "store/store.h"
#include <string.h>
#include <xsnr/xsnr.h>

struct xsnr_file {
    xs_store *store;
    xs_arena arena;
    const char *study;
    const char **labels; // (n_labels)
    int n_labels;
    int64_t *family_ids;   // (n_families)
    xsnr_family *families; // (n_families)
    size_t n_families;
    xsnr_text *texts; // (n_texts)
    size_t n_texts;
};

static int read_family(xsnr_file *f, const xs_store_family *stored, xsnr_family *out, xsnr_error *err) {
    const char **explainers, **settings;
    size_t n_settings;
    unsigned char *done = XS_ARENA_ARRAY(&f->arena, unsigned char, stored->models);
    if (!done) return xs_nomem(err);
    *out = (xsnr_family){.name = stored->name, .type = stored->type, .settings = stored->settings};
    XS_TRY(xs_store_explainers(f->store, stored->id, &f->arena, &explainers, &out->n_explainers, err));
    XS_TRY(xs_store_explainer_settings(f->store, stored->id, &f->arena, &settings, &n_settings, err));
    if (n_settings < out->n_explainers) out->n_explainers = n_settings; // a run beside this one may add some, in between
    out->explainers = explainers;
    out->explainer_settings = settings;
    XS_TRY(xs_store_progress(f->store, stored->id, NULL, stored->models, done, err));
    for (uint32_t m = 0; m < stored->models; m++) out->models += done[m] == 1; // there, and not failed
    return XSNR_OK;
}

static int read_families(xsnr_file *f, xsnr_error *err) {
    xs_store_family *stored;
    XS_TRY(xs_store_families(f->store, &f->arena, &stored, &f->n_families, err));
    f->families = XS_ARENA_ARRAY(&f->arena, xsnr_family, f->n_families);
    f->family_ids = XS_ARENA_ARRAY(&f->arena, int64_t, f->n_families);
    if (!f->families || !f->family_ids) return xs_nomem(err);
    for (size_t i = 0; i < f->n_families; i++) {
        f->family_ids[i] = stored[i].id;
        XS_TRY(read_family(f, &stored[i], &f->families[i], err));
    }
    return XSNR_OK;
}

static int read_texts(xsnr_file *f, const char *path, xsnr_error *err) {
    xs_store_text *stored;
    XS_TRY(xs_store_texts(f->store, &f->arena, &stored, &f->n_texts, err));
    f->texts = XS_ARENA_ARRAY(&f->arena, xsnr_text, f->n_texts);
    if (!f->texts) return xs_nomem(err);
    for (size_t i = 0; i < f->n_texts; i++) {
        const xs_store_text *t = &stored[i];
        xsnr_word *words = XS_ARENA_ARRAY(&f->arena, xsnr_word, t->n_words);
        if (!words) return xs_nomem(err);
        if (t->id != (int64_t)i || t->label >= f->n_labels)
            return xs_fail_at(err, XSNR_ERR_CORRUPT, path, 0, "text '%.100s' is not the text number %zu of a known class", t->name, i);
        for (size_t w = 0; w < t->n_words; w++) words[w] = (xsnr_word){t->words[w].text, t->words[w].start, t->words[w].end};
        f->texts[i] = (xsnr_text){.id = t->name, .text = t->text, .split = t->split, .words = words, .n_words = t->n_words,
                                  .label = t->label >= 0 ? f->labels[t->label] : NULL};
    }
    return XSNR_OK;
}

int xsnr_file_open(const char *study_file, xsnr_file **out, xsnr_error *err) {
    XS_GIVEN(out);
    *out = NULL;
    XS_GIVEN(study_file);
    xsnr_file *f = XS_NEW(xsnr_file);
    if (!f) return xs_nomem(err);
    int rc = xs_store_open(study_file, XS_STORE_READ, &f->store, err);
    if (rc == XSNR_OK) rc = xs_store_fact(f->store, "study", &f->arena, &f->study, err);
    if (rc == XSNR_OK) rc = xs_store_labels(f->store, &f->arena, &f->labels, &f->n_labels, err);
    if (rc == XSNR_OK) rc = read_families(f, err);
    if (rc == XSNR_OK) rc = read_texts(f, study_file, err);
    if (rc < 0) xsnr_file_close(f);
    else *out = f;
    return rc;
}

void xsnr_file_close(xsnr_file *f) {
    if (!f) return;
    xs_store_close(f->store);
    xs_arena_free(&f->arena);
    xs_free(f);
}

const char *xsnr_file_study(const xsnr_file *f) { return !f ? NULL : f->study ? f->study : ""; }
size_t xsnr_file_families(const xsnr_file *f) { return f ? f->n_families : 0; }
const xsnr_family *xsnr_file_family(const xsnr_file *f, size_t i) { return f && i < f->n_families ? &f->families[i] : NULL; }
size_t xsnr_file_texts(const xsnr_file *f) { return f ? f->n_texts : 0; }
const xsnr_text *xsnr_file_text(const xsnr_file *f, size_t i) { return f && i < f->n_texts ? &f->texts[i] : NULL; }
size_t xsnr_file_labels(const xsnr_file *f) { return f ? (size_t)f->n_labels : 0; }
const char *xsnr_file_label(const xsnr_file *f, size_t i) { return f && i < (size_t)f->n_labels ? f->labels[i] : NULL; }

// The explainer that is meant: the only one if none is named.
static int choose_explainer(const xsnr_family *family, const char *name, const char **out, xsnr_error *err) {
    for (size_t e = 0; e < family->n_explainers; e++)
        if (name ? strcmp(name, family->explainers[e]) == 0 : family->n_explainers == 1) return *out = family->explainers[e], XSNR_OK;
    if (name) return xs_fail(err, XSNR_ERR_NOT_FOUND, "family '%.100s' has no explanations by '%.100s'", family->name, name);
    if (!family->n_explainers) return xs_fail(err, XSNR_ERR_NOT_FOUND, "family '%.100s' has no explanations", family->name);
    return xs_fail(err, XSNR_ERR_ARGUMENT, "family '%.100s' has explanations by %zu methods: name one", family->name, family->n_explainers);
}

int xsnr_file_scores(xsnr_file *f, size_t family, const char *explainer, size_t text, xsnr_scores *out, xsnr_error *err) {
    XS_GIVEN(out);
    *out = (xsnr_scores){0};
    XS_GIVEN_AS(f, "file");
    if (family >= f->n_families || text >= f->n_texts)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "there is no family %zu or no text %zu: the study has %zu and %zu", family, text,
                       f->n_families, f->n_texts);
    XS_TRY(choose_explainer(&f->families[family], explainer, &explainer, err));
    xs_arena *memory = XS_NEW(xs_arena);
    if (!memory) return xs_nomem(err);
    xs_store_scores s;
    int rc = xs_store_scores_of(f->store, f->family_ids[family], explainer, (int64_t)text, memory, &s, err);
    *out = (xsnr_scores){.memory = memory};
    if (rc < 0) {
        xsnr_scores_free(out);
        return rc;
    }
    out->models = s.models;
    out->words = s.words;
    out->scores = s.scores;
    out->model = s.model;
    out->target = s.target;
    return XSNR_OK;
}

void xsnr_scores_free(xsnr_scores *scores) {
    if (!scores) return;
    if (scores->memory) xs_arena_free(scores->memory);
    xs_free(scores->memory);
    *scores = (xsnr_scores){0};
}
