// What people marked: what explanations are judged by, and as a family of their own; and phrases that the data give; see assess.h.
//
// Explanations of a class are judged by the words that were marked for that class, or for whatever class is explained.  Of
// several annotators a word counts as marked if at least half of those asked marked it.  As a family they stand in the place of
// models: what an annotator marked (1, else 0) is normalised like any explanation, and signal, noise and SNR are the very same.
#include "study/assess.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool speaks_for(const xs_store_rationale *r, int target) {
    return r->label < 0 || r->label == target;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int xs_assess_rationales(xs_assessment *a, xs_arena *arena, xsnr_error *err) {
    xs_store_rationale *rows;
    size_t n;
    XS_TRY(xs_store_rationales(a->store, &a->out->arena, &rows, &n, err));
    if (!n) return XSNR_OK;
    a->rationales = XS_ARENA_ARRAY(arena, const xs_store_rationale *, a->n_texts);
    a->n_rationales = XS_ARENA_ARRAY(arena, size_t, a->n_texts);
    const char **names = XS_ARENA_ARRAY(arena, const char *, n);
    if (!a->rationales || !a->n_rationales || !names) return xs_nomem(err);
    for (size_t i = 0, t = 0; i < n; i++) { // both ascend by text
        while (t < a->n_texts && a->texts[t].id < rows[i].text) t++;
        names[i] = rows[i].annotator;
        if (a->n_texts < a->explained && (t == a->n_texts || a->texts[t].id != rows[i].text)) continue; // of another text
        if (t == a->n_texts || a->texts[t].id != rows[i].text || rows[i].n_words != a->texts[t].n_words)
            return xs_fail(err, XSNR_ERR_CORRUPT, "a rationale is of no text of this study");
        if (!a->n_rationales[t]++) a->rationales[t] = &rows[i];
    }
    qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0; i < n; i++)
        if (!i || strcmp(names[i], names[a->n_annotators - 1]) != 0) names[a->n_annotators++] = names[i];
    a->annotators = names;
    return XSNR_OK;
}

int xs_assess_phrases(xs_assessment *a, xs_arena *arena, xsnr_error *err) {
    xs_store_phrases all;
    XS_TRY(xs_store_phrases_of(a->store, &a->out->arena, &all, err));
    if (!all.n) return XSNR_OK;
    a->phrases = XS_ARENA_ARRAY(arena, const xs_span *, a->n_texts);
    a->n_phrases = XS_ARENA_ARRAY(arena, size_t, a->n_texts);
    if (!a->phrases || !a->n_phrases) return xs_nomem(err);
    for (size_t i = 0, t = 0; i < all.n; i++) { // both ascend by text
        while (t < a->n_texts && a->texts[t].id < all.text[i]) t++;
        if (t == a->n_texts || a->texts[t].id != all.text[i]) continue; // of another text than the one that is asked for
        if (!a->n_phrases[t]++) a->phrases[t] = &all.span[i];
    }
    return XSNR_OK;
}

static size_t count_for(const xs_assessment *a, size_t t, int target) {
    size_t n = 0;
    for (size_t i = 0; a->rationales && i < a->n_rationales[t]; i++) n += speaks_for(&a->rationales[t][i], target);
    return n;
}

int xs_marked_for(const xs_assessment *a, size_t t, int target, xs_arena *arena, double **marked, size_t *annotators,
                  xsnr_error *err) {
    size_t words = a->texts[t].n_words, n = *annotators = count_for(a, t, target);
    *marked = NULL;
    if (!n) return XSNR_OK;
    if (!(*marked = XS_ARENA_ARRAY(arena, double, words))) return xs_nomem(err);
    for (size_t i = 0; i < a->n_rationales[t]; i++) {
        const xs_store_rationale *r = &a->rationales[t][i];
        for (size_t w = 0; speaks_for(r, target) && w < words; w++) (*marked)[w] += r->marks[w];
    }
    for (size_t w = 0; w < words; w++) (*marked)[w] /= (double)n;
    return XSNR_OK;
}

/* ------------------------------------------------------------------ annotators as a family */

// The class that most annotators of a text marked for: the gold one, else the first of these.
static int class_of(const xs_assessment *a, size_t t) {
    int best = a->texts[t].label;
    for (int c = 0; c < a->n_labels; c++)
        if (best < 0 || count_for(a, t, c) > count_for(a, t, best)) best = c;
    return best;
}

bool xs_assess_has_people(const xs_assessment *a) {
    for (size_t t = 0; a->rationales && t < a->n_texts; t++)
        if (count_for(a, t, class_of(a, t)) > 1) return true;
    return false;
}

static uint32_t place_of(const xs_assessment *a, const char *annotator) {
    const char **found = bsearch(&annotator, a->annotators, a->n_annotators, sizeof *a->annotators, by_name);
    return (uint32_t)(found - a->annotators);
}

int xs_gather_people(const xs_assessment *a, size_t t, xs_arena *arena, xs_gathered *out, xsnr_error *err) {
    const xs_settings *general = a->general;
    int target = class_of(a, t);
    size_t n = out->words = a->texts[t].n_words, most = count_for(a, t, target);
    out->target = most ? target : -1;
    out->vote = -1;
    out->model = XS_ARENA_ARRAY(arena, uint32_t, most);
    out->raw = XS_ARENA_ARRAY(arena, double, most *n);
    out->scores = XS_ARENA_ARRAY(arena, double, most *n);
    if (!out->model || !out->raw || !out->scores) return xs_nomem(err);
    for (size_t k = 0; most && k < a->n_annotators; k++) // rows ascend by annotator
        for (size_t i = 0; i < a->n_rationales[t]; i++) {
            const xs_store_rationale *r = &a->rationales[t][i];
            if (!speaks_for(r, target) || place_of(a, r->annotator) != k) continue;
            if (out->models && out->model[out->models - 1] == k) continue; // for the class, and for any: the first counts
            for (size_t w = 0; w < n; w++) out->raw[out->models * n + w] = r->marks[w];
            out->model[out->models++] = (uint32_t)k;
        }
    memcpy(out->scores, out->raw, out->models * n * sizeof *out->raw);
    return xs_normalize(out->scores, out->models, n,
                        (xs_normalization)xs_normalization_find(xs_settings_choice(general, "normalize")),
                        xs_settings_bool(general, "absolute"), &out->zero_rows, err);
}

// A name that no family has.
static const char *name_of_people(const xs_assessment *a) {
    static const char *const names[] = {"human", "annotators", "people"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool taken = false;
        for (size_t f = 0; f + 1 < a->out->n_families; f++) taken |= strcmp(a->out->families[f].name, names[i]) == 0;
        if (!taken) return names[i];
    }
    return "(human)"; // no name of a family has brackets
}

int xs_assess_people(xs_assessment *a, xs_family_result *out, xs_arena *scratch, xsnr_error *err) {
    xs_arena *keep = &a->out->arena;
    size_t n = a->n_annotators;
    xs_member m = {.a = a, .highest = (uint32_t)n, .equivalent = n, .result = out};
    double *accuracy = XS_ARENA_ARRAY(keep, double, n);
    m.keep = XS_ARENA_ARRAY(keep, unsigned char, n);
    m.place = XS_ARENA_ARRAY(scratch, uint32_t, n);
    *out = (xs_family_result){.name = name_of_people(a), .type = "human", .settings = "{}", .models_trained = n,
                              .models_equivalent = n, .model_slots = n, .dropped_by = "all", .n_explainers = 1};
    out->explainers = XS_ARENA_ARRAY(keep, xs_explainer_result, 1);
    if (!accuracy || !m.keep || !m.place || !out->explainers) return xs_nomem(err);
    for (uint32_t k = 0; k < n; k++) {
        accuracy[k] = NAN;
        m.keep[k] = 1;
        m.place[k] = k;
    }
    out->model_accuracy = accuracy;
    out->equivalent = m.keep;
    xs_spread none = {NAN, NAN, NAN, NAN};
    out->valid = out->test = (xs_split_quality){0, none, none, none, none};
    return xs_assess_explainer(&m, "rationale", &out->explainers[0], scratch, err);
}
