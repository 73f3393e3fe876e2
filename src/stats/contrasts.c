// Comparisons for the user; see contrasts.h.
//
// Families on the same texts are two groups of which every text has both: the permutation test exchanges the families text by
// text, and the interval over texts leaves out one text for both.  Beside it stands the interval over models (compare.c), which
// says what other models of the same families would give, where the first says what other texts would.
#include "stats/contrasts.h"
#include "stats/analysis.h"
#include "stats/beyond.h"
#include <math.h>
#include <string.h>

static bool is_wanted(const char *name, const char *only) {
    return !only || strcmp(name, only) == 0;
}

/* ------------------------------------------------------------------ families */

typedef struct side { // a family and one of its explainers
    const xs_family_result *family;
    const xs_explainer_result *explainer;
} side;

static const xs_text_result *find_text(const xs_explainer_result *e, const char *id, size_t *next) {
    for (size_t tries = 0; tries < e->n_texts; tries++) {
        size_t t = (*next + tries) % e->n_texts; // texts come in the same order as a rule
        const xs_text_result *text = xs_text_at(e, t);
        if (strcmp(text->id, id) != 0) continue;
        *next = t + 1;
        return text;
    }
    return NULL;
}

static int contrast_pair(side a, side b, const xs_contrast_options *how, xs_arena *scratch, xs_contrast *out, xsnr_error *err) {
    size_t n = 0, next = 0;
    xs_group_text *both = XS_ARENA_ARRAY(scratch, xs_group_text, 2 * a.explainer->n_texts);
    if (!both) return xs_nomem(err);
    for (size_t t = 0; t < a.explainer->n_texts; t++) {
        const xs_text_result *x = xs_text_at(a.explainer, t), *y = find_text(b.explainer, x->id, &next);
        if (!y || !isfinite(x->snr.signal) || !isfinite(x->snr.noise) || !isfinite(y->snr.signal) || !isfinite(y->snr.noise))
            continue;
        both[n] = (xs_group_text){x->snr.signal, x->snr.noise, 0, (uint32_t)n / 2 + 1};
        both[n + 1] = (xs_group_text){y->snr.signal, y->snr.noise, 1, (uint32_t)n / 2 + 1};
        n += 2;
    }
    xs_group group[2];
    xs_group_pair pair;
    xs_comparison models;
    double p;
    XS_TRY(xs_compare_groups(both, n, 2, how->permutations, how->seed, scratch, group, &p, &pair, err));
    XS_TRY(xs_compare_families(a.explainer, a.family->model_slots, b.explainer, b.family->model_slots, scratch, &models, err));
    *out = (xs_contrast){.explainer = a.explainer->name,
                         .a = a.family->name,
                         .b = b.family->name,
                         .texts_a = n / 2,
                         .texts_b = n / 2,
                         .snr_a = group[0].snr,
                         .snr_b = group[1].snr,
                         .ratio = models.ratio,
                         .ratio_ci = {pair.ratio_ci[0], pair.ratio_ci[1]},
                         .models_ci = {models.ratio_ci[0], models.ratio_ci[1]},
                         .cliff = pair.cliff,
                         .p = pair.p,
                         .wilcoxon_p = models.wilcoxon_p};
    return XSNR_OK;
}

// Benjamini–Hochberg over all contrasts, and over all groupings.
static int adjust(xs_contrasts *c, xs_arena *scratch, xsnr_error *err) {
    size_t n = c->n_contrasts > c->n_groupings ? c->n_contrasts : c->n_groupings;
    double *p = XS_ARENA_ARRAY(scratch, double, n), *adjusted = XS_ARENA_ARRAY(scratch, double, n);
    if (!p || !adjusted) return xs_nomem(err);
    for (size_t i = 0; i < c->n_contrasts; i++) p[i] = c->contrasts[i].p;
    XS_TRY(xs_benjamini_hochberg(p, c->n_contrasts, scratch, adjusted, err));
    for (size_t i = 0; i < c->n_contrasts; i++) c->contrasts[i].p_adjusted = adjusted[i];
    for (size_t i = 0; i < c->n_groupings; i++) p[i] = c->groupings[i].p;
    XS_TRY(xs_benjamini_hochberg(p, c->n_groupings, scratch, adjusted, err));
    for (size_t i = 0; i < c->n_groupings; i++) c->groupings[i].p_adjusted = adjusted[i];
    return XSNR_OK;
}

// Are these two families to be compared?
static bool is_pair(const xs_contrast_options *how, const char *a, const char *b, bool two_studies) {
    if (how->family_a && how->family_b) return strcmp(a, how->family_a) == 0 && strcmp(b, how->family_b) == 0;
    return two_studies ? strcmp(a, b) == 0 && is_wanted(a, how->family_a) : true;
}

static int contrast_all(const xs_results *a, const xs_results *b, const xs_contrast_options *how, xs_arena *arena,
                        xs_contrasts *out, xsnr_error *err) {
    const xs_results *other = b ? b : a;
    for (size_t i = 0; i < a->n_families; i++)
        for (size_t j = 0; j < other->n_families; j++) {
            const xs_family_result *x = &a->families[i], *y = &other->families[j];
            bool named = how->family_a && how->family_b;
            if ((!b && !named && j <= i) || !is_pair(how, x->name, y->name, b)) continue;
            for (size_t e = 0; e < x->n_explainers; e++)
                for (size_t f = 0; f < y->n_explainers; f++) {
                    side left = {x, &x->explainers[e]}, right = {y, &y->explainers[f]};
                    if (strcmp(left.explainer->name, right.explainer->name) != 0) continue;
                    if (!is_wanted(left.explainer->name, how->explainer)) continue;
                    xs_arena_mark mark = xs_arena_save(arena);
                    XS_TRY(contrast_pair(left, right, how, arena, &out->contrasts[out->n_contrasts++], err));
                    xs_arena_rewind(arena, mark);
                }
        }
    return adjust(out, arena, err);
}

int xs_contrast_families(const xs_results *a, const xs_results *b, const xs_contrast_options *how, xs_arena *arena,
                         xs_contrasts *out, xsnr_error *err) {
    const xs_results *other = b ? b : a;
    size_t most = 0;
    for (size_t i = 0; i < a->n_families; i++)
        for (size_t j = 0; j < other->n_families; j++) most += a->families[i].n_explainers;
    *out = (xs_contrasts){.by = "family", .study_a = a->study, .study_b = other->study, .paired = true,
                          .permutations = how->permutations};
    out->contrasts = XS_ARENA_ARRAY(arena, xs_contrast, most);
    return out->contrasts ? contrast_all(a, b, how, arena, out, err) : xs_nomem(err);
}

/* ------------------------------------------------------------------ groups */

typedef struct grouped {
    xs_group_fn *of; // NULL: parts of texts
    const void *context;
    const char *const *name;
    uint32_t groups;
} grouped;

// What texts give to their groups, or their parts to theirs.
static size_t gather(const xs_explainer_result *e, const grouped *g, xs_group_text *entry) {
    size_t n = 0;
    for (size_t t = 0; t < e->n_texts; t++) {
        const xs_text_result *text = xs_text_at(e, t);
        if (g->of) {
            uint32_t k = g->of(g->context, text, t);
            if (k < g->groups) entry[n++] = (xs_group_text){text->snr.signal, text->snr.noise, k, 0};
            continue;
        }
        for (uint32_t k = 0; text->beyond && text->beyond->of_group && k < g->groups; k++) {
            const xs_moment_snr *part = &text->beyond->of_group[k];
            if (isfinite(part->signal) && isfinite(part->noise))
                entry[n++] = (xs_group_text){part->signal, part->noise, k, (uint32_t)t + 1};
        }
    }
    return n;
}

static int group_explainer(const xs_family_result *f, const xs_explainer_result *e, const grouped *g,
                           const xs_contrast_options *how, xs_arena *arena, xs_contrasts *out, xsnr_error *err) {
    size_t pairs = (size_t)g->groups * (g->groups - 1) / 2;
    xs_group *group = XS_ARENA_ARRAY(arena, xs_group, g->groups);
    if (!group) return xs_nomem(err);
    xs_arena_mark mark = xs_arena_save(arena);
    xs_group_text *entry = XS_ARENA_ARRAY(arena, xs_group_text, e->n_texts * (g->of ? 1 : g->groups));
    xs_group_pair *pair = XS_ARENA_ARRAY(arena, xs_group_pair, pairs);
    if (!entry || !pair) return xs_nomem(err);
    size_t n = gather(e, g, entry);
    xs_grouping *made = &out->groupings[out->n_groupings++];
    *made = (xs_grouping){.family = f->name, .explainer = e->name, .name = g->name, .group = group, .groups = g->groups};
    if (e->beyond) made->types = e->beyond->types;
    XS_TRY(xs_compare_groups(entry, n, g->groups, how->permutations, how->seed, arena, group, &made->p, pair, err));
    for (size_t i = 0; i < pairs; i++) {
        uint32_t a = pair[i].a, b = pair[i].b;
        out->contrasts[out->n_contrasts++] = (xs_contrast){.family = f->name,
                                                           .explainer = e->name,
                                                           .a = g->name[a],
                                                           .b = g->name[b],
                                                           .texts_a = group[a].texts,
                                                           .texts_b = group[b].texts,
                                                           .snr_a = group[a].snr,
                                                           .snr_b = group[b].snr,
                                                           .ratio = pair[i].ratio,
                                                           .ratio_ci = {pair[i].ratio_ci[0], pair[i].ratio_ci[1]},
                                                           .models_ci = {NAN, NAN},
                                                           .cliff = pair[i].cliff,
                                                           .p = pair[i].p,
                                                           .wilcoxon_p = NAN};
    }
    xs_arena_rewind(arena, mark);
    return XSNR_OK;
}

int xs_contrast_groups(const xs_results *r, const char *by, xs_group_fn *of, const void *context, const char *const *name,
                       uint32_t groups, const xs_contrast_options *how, xs_arena *arena, xs_contrasts *out, xsnr_error *err) {
    size_t most = 0, pairs = groups ? (size_t)groups * (groups - 1) / 2 : 0;
    for (size_t f = 0; f < r->n_families; f++) most += r->families[f].n_explainers;
    *out = (xs_contrasts){.by = by, .study_a = r->study, .study_b = r->study, .paired = !of, .permutations = how->permutations};
    out->groupings = XS_ARENA_ARRAY(arena, xs_grouping, most);
    out->contrasts = XS_ARENA_ARRAY(arena, xs_contrast, most *pairs);
    if (!out->groupings || !out->contrasts) return xs_nomem(err);
    grouped g = {of, context, name, groups};
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; groups && e < r->families[f].n_explainers; e++) {
            const xs_family_result *family = &r->families[f];
            if (!is_wanted(family->name, how->family_a) || !is_wanted(family->explainers[e].name, how->explainer)) continue;
            XS_TRY(group_explainer(family, &family->explainers[e], &g, how, arena, out, err));
        }
    return adjust(out, arena, err);
}
