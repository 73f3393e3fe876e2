// What takes more than one text, or more than one explainer: word types, sources of the noise, several explainers at once; see
// assess.h.
#include "base/intern.h"
#include "base/random.h"
#include "base/threads.h"
#include "study/assess.h"
#include <math.h>
#include <string.h>

enum { RESAMPLES = 200, ROUND = 64 }; // of the levels of a crossed design; texts a thread whose sums are kept at once

/* ------------------------------------------------------------------ word or context */

// A type is a word as it is written, a context a text that has it.  Means and deviations of the words are all it takes.
typedef struct typing {
    const xs_explainer_result *e;
    xs_intern *forms;
    uint32_t *latest; // (forms) of each form: its context in this text
    size_t *seen_in;  // (forms) and 1 + the text that it is of
} typing;

// The words of a text, of which something is known: places (n), of so many contexts.
static int list_places(const typing *ty, size_t t, xs_arena *scratch, xs_word_place **places, size_t *n, uint32_t *contexts,
                       xsnr_error *err) {
    const xs_text_result *text = xs_text_at(ty->e, t);
    *n = *contexts = 0;
    if (!(*places = XS_ARENA_ARRAY(scratch, xs_word_place, text->n_words))) return xs_nomem(err);
    for (size_t w = 0; text->words && w < text->n_words; w++) {
        const xs_word_stats *s = &text->word[w];
        if (isnan(s->mean)) continue;
        uint32_t type = xs_intern_find(ty->forms, text->words[w].text, strlen(text->words[w].text));
        if (ty->seen_in[type] != t + 1) ty->latest[type] = (*contexts)++;
        ty->seen_in[type] = t + 1;
        double models = (double)text->models_kept;
        (*places)[(*n)++] = (xs_word_place){type, ty->latest[type], models, s->mean, models > 1 ? s->sd * s->sd * (models - 1) : 0};
    }
    return XSNR_OK;
}

static int go_through(const typing *ty, bool again, xs_type_sums *sums, xs_arena *scratch, xsnr_error *err) {
    memset(ty->seen_in, 0, ty->forms->count * sizeof *ty->seen_in);
    for (size_t t = 0; t < ty->e->n_texts; t++) {
        xs_arena_mark mark = xs_arena_save(scratch);
        xs_word_place *places;
        size_t n;
        uint32_t contexts;
        XS_TRY(list_places(ty, t, scratch, &places, &n, &contexts, err));
        XS_TRY(again ? xs_types_see_again(sums, places, n, contexts, scratch, err) : xs_types_see(sums, places, n, err));
        xs_arena_rewind(scratch, mark);
    }
    return XSNR_OK;
}

static int gather_types(const xs_explainer_result *e, xs_intern *forms, xs_arena *scratch, xs_nested *out, xsnr_error *err) {
    for (size_t t = 0; t < e->n_texts; t++) {
        const xs_text_result *text = xs_text_at(e, t);
        for (size_t w = 0; text->words && w < text->n_words; w++)
            if (xs_intern_add(forms, text->words[w].text, strlen(text->words[w].text)) == XS_NOT_INTERNED) return xs_nomem(err);
    }
    typing ty = {e, forms, XS_ARENA_ARRAY(scratch, uint32_t, forms->count), XS_ARENA_ARRAY(scratch, size_t, forms->count)};
    xs_type_sums sums;
    if (!ty.latest || !ty.seen_in) return xs_nomem(err);
    XS_TRY(xs_types_begin(&sums, forms->count, scratch, err));
    XS_TRY(go_through(&ty, false, &sums, scratch, err));
    XS_TRY(go_through(&ty, true, &sums, scratch, err));
    xs_types_end(&sums, out);
    return XSNR_OK;
}

int xs_assess_types(const xs_explainer_result *e, xs_arena *scratch, xs_nested *out, xsnr_error *err) {
    xs_intern forms = {0};
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = gather_types(e, &forms, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    xs_intern_free(&forms);
    return rc;
}

/* ------------------------------------------------------------------ sources of the noise */

typedef struct source_loop {
    const xs_member *m;
    const char *explainer;
    const xs_design *design;
    size_t begun;  // first text of the round
    double **sums; // (texts of the round) each (1 + RESAMPLES, effects), or NULL: the text does not count
    xs_arena *kept; // (threads)
} source_loop;

// All models of the design, whatever was dropped elsewhere: without a cell there is no balance.  A text counts if they all
// explain the same class.
static int add_sources(const source_loop *l, size_t t, xs_arena *scratch, xs_arena *kept, xsnr_error *err) {
    const xs_assessment *a = l->m->a;
    xs_store_scores s;
    size_t zero_rows, effects = ((size_t)1 << l->design->factors) - 1;
    XS_TRY(xs_store_scores_of(a->store, l->m->row->id, l->explainer, a->texts[t].id, scratch, &s, err));
    if (s.models != l->m->n || !s.words) return XSNR_OK;
    for (size_t i = 1; i < s.models; i++)
        if (s.target[i] != s.target[0]) return XSNR_OK;
    XS_TRY(xs_normalize(s.scores, s.models, s.words,
                        (xs_normalization)xs_normalization_find(xs_settings_choice(a->general, "normalize")),
                        xs_settings_bool(a->general, "absolute"), &zero_rows, err));
    double *sums = XS_ARENA_ARRAY(kept, double, (1 + RESAMPLES) * effects);
    if (!sums) return xs_nomem(err);
    XS_TRY(xs_sources_text(l->design, (xs_scores){s.scores, s.models, s.words}, RESAMPLES,
                           (uint64_t)xs_settings_int(a->general, "seed"), scratch, sums, err));
    l->sums[t - l->begun] = sums;
    return XSNR_OK;
}

static int source_text(void *context, size_t item, int worker, xsnr_error *err) {
    const source_loop *l = context;
    xs_arena *scratch = &l->m->a->scratch[worker];
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = add_sources(l, l->begun + item, scratch, &l->kept[worker], err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

// Rounds of texts in parallel; after each their sums are added up in order.
static int add_up_sources(source_loop *l, xs_arena *scratch, xs_pooled_beyond *out, xsnr_error *err) {
    const xs_assessment *a = l->m->a;
    const size_t n = (1 + RESAMPLES) * (((size_t)1 << l->design->factors) - 1), round = ROUND * (size_t)a->threads;
    double *sums = XS_ARENA_ARRAY(scratch, double, n), words = 0;
    l->sums = XS_ARENA_ARRAY(scratch, double *, round);
    if (!sums || !l->sums) return xs_nomem(err);
    for (; l->begun < a->n_texts; l->begun += round) {
        size_t here = a->n_texts - l->begun < round ? a->n_texts - l->begun : round;
        memset((void *)l->sums, 0, round * sizeof *l->sums);
        XS_TRY(xs_parallel(a->threads, here, source_text, l, a->options->stop, err));
        for (size_t k = 0; k < here; k++) {
            if (!l->sums[k]) continue;
            for (size_t i = 0; i < n; i++) sums[i] += l->sums[k][i];
            words += (double)a->texts[l->begun + k].n_words;
            out->sources_texts++;
        }
        for (int i = 0; i < a->threads; i++) xs_arena_rewind(&l->kept[i], (xs_arena_mark){0});
    }
    return xs_sources_end(l->design, sums, words, RESAMPLES, scratch, &out->sources, err);
}

static int assess_sources(xs_member *m, const char *explainer, xs_arena *scratch, xs_pooled_beyond *out, xsnr_error *err) {
    const xs_crossing *c = m->crossing;
    xs_design design;
    if (!c) return XSNR_OK;
    uint32_t *level = XS_ARENA_ARRAY(scratch, uint32_t, m->n * c->factors);
    if (!level) return xs_nomem(err);
    for (size_t i = 0; i < m->n; i++)
        for (size_t k = 0; k < c->factors; k++) level[i * c->factors + k] = c->level[m->models[i].index * c->factors + k];
    XS_TRY(xs_find_design(level, m->n, c->factors, scratch, &design, err));
    out->factors = c->factors;
    for (size_t k = 0; k < c->factors; k++) {
        out->factor[k] = c->factor[k];
        out->levels[k] = c->levels[k];
    }
    source_loop loop = {m, explainer, &design, 0, NULL, XS_ARENA_ARRAY(scratch, xs_arena, (size_t)m->a->threads)};
    if (!loop.kept) return xs_nomem(err);
    int rc = add_up_sources(&loop, scratch, out, err);
    for (int i = 0; i < m->a->threads; i++) xs_arena_free(&loop.kept[i]);
    return rc;
}

int xs_assess_sources(xs_member *m, const char *explainer, xs_arena *scratch, xs_pooled_beyond *out, xsnr_error *err) {
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = assess_sources(m, explainer, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

/* ------------------------------------------------------------------ several explainers at once */

typedef struct several_loop {
    const xs_member *m;
    xs_multivariate *of_text; // (texts)
} several_loop;

// Only the models that every explainer has of this text.
static int join_explainers(const several_loop *l, size_t t, xs_arena *scratch, xsnr_error *err) {
    const xs_family_result *f = l->m->result;
    size_t p = f->n_explainers, n = l->m->a->texts[t].n_words, models = 0;
    xs_gathered *g = XS_ARENA_ARRAY(scratch, xs_gathered, p);
    xs_scores *scores = XS_ARENA_ARRAY(scratch, xs_scores, p);
    size_t *at = XS_ARENA_ARRAY(scratch, size_t, p);
    if (!g || !scores || !at) return xs_nomem(err);
    for (size_t k = 0; k < p; k++) {
        xs_store_scores stored;
        XS_TRY(xs_store_scores_of(l->m->a->store, l->m->row->id, f->explainers[k].name, l->m->a->texts[t].id, scratch, &stored, err));
        XS_TRY(xs_gather(l->m, &stored, t, scratch, &g[k], err));
    }
    for (size_t i = 0; i < g[0].models; i++) { // rows of each explainer ascend by model
        bool everywhere = true;
        for (size_t k = 0; k < p; k++) {
            while (at[k] < g[k].models && g[k].model[at[k]] < g[0].model[i]) at[k]++;
            everywhere &= at[k] < g[k].models && g[k].model[at[k]] == g[0].model[i];
        }
        for (size_t k = 0; everywhere && k < p; k++)
            memmove(g[k].scores + models * n, g[k].scores + at[k] * n, n * sizeof *g[k].scores);
        models += everywhere;
    }
    for (size_t k = 0; k < p; k++) scores[k] = (xs_scores){g[k].scores, models, n};
    return xs_several_explainers(scores, p, true, scratch, &l->of_text[t], err);
}

static int several_text(void *context, size_t t, int worker, xsnr_error *err) {
    const several_loop *l = context;
    xs_arena *scratch = &l->m->a->scratch[worker];
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = join_explainers(l, t, scratch, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

int xs_assess_several(xs_member *m, xs_arena *scratch, const xs_several **out, xsnr_error *err) {
    xs_assessment *a = m->a;
    size_t p = m->result->n_explainers;
    if (p < 2) return XSNR_OK;
    xs_several *made = XS_ARENA_ARRAY(&a->out->arena, xs_several, 1);
    const char **names = XS_ARENA_ARRAY(&a->out->arena, const char *, p);
    several_loop loop = {m, XS_ARENA_ARRAY(scratch, xs_multivariate, a->n_texts)};
    if (!made || !names || !loop.of_text) return xs_nomem(err);
    for (size_t k = 0; k < p; k++) names[k] = m->result->explainers[k].name;
    XS_TRY(xs_parallel(a->threads, a->n_texts, several_text, &loop, a->options->stop, err));
    *made = (xs_several){.explainer = names, .n_explainers = p};
    xs_multivariate *mean = &made->mean;
    for (size_t t = 0; t < a->n_texts; t++) {
        const xs_multivariate *x = &loop.of_text[t];
        if (isnan(x->trace) || isnan(x->trace_raw)) continue;
        mean->trace += x->trace;
        mean->largest_root += x->largest_root;
        mean->trace_raw += x->trace_raw;
        mean->root_raw += x->root_raw;
        mean->shrinkage += x->shrinkage;
        made->texts++;
    }
    double k = made->texts ? (double)made->texts : NAN;
    *mean = (xs_multivariate){mean->trace / k, mean->largest_root / k, mean->trace_raw / k, mean->root_raw / k,
                              mean->shrinkage / k};
    *out = made;
    return XSNR_OK;
}
