// xsnr_compare: families, or groups of texts, against each other.
#include "base/alloc.h"
#include "given.h"
#include "handles.h"
#include "report/report.h"
#include "study/grouping.h"
#include "study/study.h"
#include <string.h>

typedef struct opened { // a study file with its plan and results
    xs_store *store;
    xs_plan *plan;
    xs_results results;
} opened;

static void close_study(opened *o) {
    xs_arena_free(&o->results.arena);
    xs_plan_free(o->plan);
    xs_store_close(o->store);
}

static int open_study(const char *file, const xs_assess_options *how, opened *out, xsnr_error *err) {
    XS_TRY(xs_store_open(file, XS_STORE_READ, &out->store, err));
    XS_TRY(xs_stored_plan(out->store, file, &out->results.arena, &out->plan, err));
    return xs_study_assess(out->store, out->plan, how, &out->results, err);
}

// "A,B" or "A", cut in `arena`.
static int cut_families(const char *list, xs_contrast_options *how, xs_arena *arena, xsnr_error *err) {
    if (!list) return XSNR_OK;
    char *copy = xs_arena_strdup(arena, list);
    if (!copy) return xs_nomem(err);
    char *comma = strchr(copy, ',');
    if (comma) *comma = '\0';
    how->family_a = copy;
    how->family_b = comma ? comma + 1 : NULL;
    if (!*copy || (comma && (!comma[1] || strchr(comma + 1, ','))))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "families are named as in A,B, not '%.80s'", list);
    return XSNR_OK;
}

static int check_name(const xs_results *r, const char *family, const char *explainer, xsnr_error *err) {
    bool has_family = !family, has_explainer = !explainer;
    const char *names[64], *explainers[64];
    size_t n = 0, m = 0;
    for (size_t f = 0; f < r->n_families; f++) {
        has_family |= family && strcmp(r->families[f].name, family) == 0;
        if (n < 64) names[n++] = r->families[f].name;
        for (size_t e = 0; e < r->families[f].n_explainers; e++) {
            has_explainer |= explainer && strcmp(r->families[f].explainers[e].name, explainer) == 0;
            if (m < 64) explainers[m++] = r->families[f].explainers[e].name;
        }
    }
    if (has_family && has_explainer) return XSNR_OK;
    const char *wrong = has_family ? explainer : family, *near = has_family ? xs_nearest(wrong, explainers, m) : xs_nearest(wrong, names, n);
    return xs_fail(err, XSNR_ERR_NOT_FOUND, "%s has no %s '%.80s'%s%s%s", r->study, has_family ? "explainer" : "family", wrong,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int compare_groups(const opened *a, const xsnr_compare_options *o, const xs_contrast_options *how, xs_arena *arena,
                          xs_contrasts *out, xsnr_error *err) {
    const char *const *words = o->data ? NULL : xs_word_groups(o->by);
    XS_TRY(check_name(&a->results, how->family_a, how->explainer, err));
    if (words) {
        uint32_t n = 0;
        while (words[n]) n++;
        return xs_contrast_groups(&a->results, o->by, NULL, NULL, words, n, how, arena, out, err);
    }
    xs_text_groups g;
    XS_TRY(xs_group_texts(&a->results, a->plan, o->by, o->data, arena, &g, err));
    return xs_contrast_groups(&a->results, o->by, xs_group_of, &g, (const char *const *)g.name, g.groups, how, arena, out, err);
}

static int compare_families(const opened *a, const opened *b, const xs_contrast_options *how, xs_arena *arena, xs_contrasts *out,
                            xsnr_error *err) {
    const xs_results *other = b ? &b->results : NULL;
    XS_TRY(check_name(&a->results, how->family_a, how->explainer, err));
    XS_TRY(check_name(other ? other : &a->results, how->family_b, how->explainer, err));
    XS_TRY(xs_contrast_families(&a->results, other, how, arena, out, err));
    if (out->n_contrasts) return XSNR_OK;
    if (other)
        return xs_fail(err, XSNR_ERR_ARGUMENT,
                       "the two studies have no family and explainer of the same names; name the families as in --families %s,%s",
                       a->results.families[0].name, other->families[0].name);
    return xs_fail(err, XSNR_ERR_ARGUMENT, "%s has %s to compare with one another; a second study file, or --by, is needed",
                   a->results.study, a->results.n_families > 1 ? "no two families with the same explainer" : "only one family");
}

static int compare(const char *study_a, const char *study_b, const xsnr_compare_options *o, opened study[2], xs_arena *arena,
                   xs_str *text, xsnr_error *err) {
    bool by_type = o->by && !o->data && strcmp(o->by, "type") == 0;
    xs_assess_options how = {.threads = o->threads,
                             .statistics = by_type ? "types" : "none",
                             .words = o->by && !o->data && xs_word_groups(o->by) ? o->by : NULL};
    xs_contrast_options options = {
        .explainer = o->explainer, .permutations = o->permutations ? o->permutations : 9999, .seed = o->seed};
    xs_contrasts contrasts;
    XS_TRY(cut_families(o->families, &options, arena, err));
    if (o->by && study_b) return xs_fail(err, XSNR_ERR_ARGUMENT, "groups are compared inside one study; leave '%.80s' out", study_b);
    if (o->by && options.family_b) return xs_fail(err, XSNR_ERR_ARGUMENT, "with groups, one family at most is named");
    if (o->data && !o->by) return xs_fail(err, XSNR_ERR_ARGUMENT, "data without the column to compare by");
    XS_TRY(open_study(study_a, &how, &study[0], err));
    if (study_b) XS_TRY(open_study(study_b, &how, &study[1], err));
    if (o->by) XS_TRY(compare_groups(&study[0], o, &options, arena, &contrasts, err));
    else XS_TRY(compare_families(&study[0], study_b ? &study[1] : NULL, &options, arena, &contrasts, err));
    xs_terminal plain = {.width = 80, .ascii = o->ascii != 0};
    return o->json ? xs_report_contrasts_json(&contrasts, text, err) : xs_report_contrasts(&contrasts, &plain, text, err);
}

int xsnr_compare(const char *study_a, const char *study_b, const xsnr_compare_options *options, char **text, xsnr_error *err) {
    static const xsnr_compare_options defaults;
    XS_GIVEN(text);
    *text = NULL;
    XS_GIVEN(study_a);
    opened study[2] = {0};
    xs_arena arena = {0};
    xs_str out = {0};
    int rc = compare(study_a, study_b, options ? options : &defaults, study, &arena, &out, err);
    *text = rc == XSNR_OK ? xs_str_take(&out) : NULL;
    if (rc == XSNR_OK && !*text) rc = xs_nomem(err);
    xs_str_free(&out);
    xs_arena_free(&arena);
    close_study(&study[0]);
    close_study(&study[1]);
    return rc;
}
