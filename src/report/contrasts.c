// What `xsnr compare` says: a table with the sentences that it needs, or JSON.
#include "report/grid.h"
#include "report/report.h"
#include "report/tree_parts.h"

/* ------------------------------------------------------------------ for people */

static void put_groups(const xs_contrasts *c, bool ascii, xs_str *out) {
    static const char *const heading[] = {"family", "explainer", "group", "texts", "SNR", "all alike", "adjusted"};
    xs_grid g;
    xs_grid_begin(&g, heading, "lllrrrr", ascii);
    for (size_t i = 0; i < c->n_groupings; i++)
        for (uint32_t k = 0; k < c->groupings[i].groups; k++) {
            const xs_grouping *x = &c->groupings[i];
            xs_grid_text(&g, k ? "" : x->family);
            xs_grid_text(&g, k ? "" : x->explainer);
            xs_grid_text(&g, x->name[k]);
            xs_grid_count(&g, x->group[k].texts);
            xs_grid_shown(&g, xs_show_number(x->group[k].snr));
            if (k) xs_grid_text(&g, NULL), xs_grid_text(&g, NULL);
            else xs_grid_p(&g, x->p), xs_grid_p(&g, x->p_adjusted);
        }
    xs_grid_end(&g, out);
}

static void put_types(const xs_contrasts *c, bool ascii, xs_str *out) {
    static const char *const heading[] = {"family", "explainer", "types", "variance: type", "context", "model"};
    xs_grid g;
    bool any = false;
    xs_grid_begin(&g, heading, "llrrrr", ascii);
    for (size_t i = 0; i < c->n_groupings; i++) {
        const xs_nested *n = &c->groupings[i].types;
        if (!n->scores) continue;
        any = true;
        xs_grid_text(&g, c->groupings[i].family);
        xs_grid_text(&g, c->groupings[i].explainer);
        xs_grid_count(&g, n->types);
        xs_grid_shown(&g, xs_show_number(n->type));
        xs_grid_shown(&g, xs_show_number(n->context));
        xs_grid_shown(&g, xs_show_number(n->model));
    }
    if (any) xs_str_put(out, "\n");
    xs_str rows = {0};
    xs_grid_end(&g, any ? out : &rows);
    xs_str_free(&rows);
}

static void put_pairs(const xs_contrasts *c, bool ascii, xs_str *out) {
    static const char *const heading[] = {"family",        "explainer", "a",      "b",         "texts", "SNR a",   "SNR b", "a / b",
                                          "95 % by texts", "by models", "Cliff", "p", "adjusted"};
    xs_grid g;
    xs_grid_begin(&g, heading, "llllrrrrrrrrr", ascii);
    for (size_t i = 0; i < c->n_contrasts; i++) {
        const xs_contrast *x = &c->contrasts[i];
        xs_grid_text(&g, x->family);
        xs_grid_text(&g, x->explainer);
        xs_grid_text(&g, x->a);
        xs_grid_text(&g, x->b);
        xs_grid_count(&g, c->paired || x->family == NULL ? x->texts_a : x->texts_a + x->texts_b);
        xs_grid_shown(&g, xs_show_number(x->snr_a));
        xs_grid_shown(&g, xs_show_number(x->snr_b));
        xs_grid_shown(&g, xs_show_estimate(x->ratio, x->ratio_ci[0], x->ratio_ci[1]));
        xs_grid_shown(&g, xs_show_interval(x->ratio, x->ratio_ci[0], x->ratio_ci[1]));
        if (x->family) xs_grid_text(&g, NULL);
        else xs_grid_shown(&g, xs_show_interval(x->ratio, x->models_ci[0], x->models_ci[1]));
        xs_grid_shown(&g, xs_show_number(x->cliff));
        xs_grid_p(&g, x->p);
        xs_grid_p(&g, x->p_adjusted);
    }
    xs_grid_end(&g, out);
}

int xs_report_contrasts(const xs_contrasts *c, const xs_terminal *terminal, xs_str *out, xsnr_error *err) {
    if (c->n_groupings) {
        put_groups(c, terminal->ascii, out);
        put_types(c, terminal->ascii, out);
        xs_str_put(out, "\n");
    }
    put_pairs(c, terminal->ascii, out);
    xs_str_printf(out,
                  "\np: %zu permutations of %s; adjusted: Benjamini-Hochberg over these rows\n"
                  "Cliff: P(SNR a > SNR b) - P(SNR a < SNR b) of texts\n",
                  c->permutations, c->paired ? "what each text has in a and in b" : "whole texts");
    return xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}

/* ------------------------------------------------------------------ for machines */

static json_t *grouping_json(const xs_grouping *x) {
    json_t *o = json_object(), *groups = json_array();
    bool ok = o && groups && xs_json_put(o, "family", xs_json_text(x->family)) &&
              xs_json_put(o, "explainer", xs_json_text(x->explainer));
    for (uint32_t k = 0; ok && k < x->groups; k++) {
        json_t *one = json_object();
        ok = one && xs_json_put(one, "name", xs_json_text(x->name[k])) && xs_json_put(one, "texts", count(x->group[k].texts)) &&
             put(one, "snr", x->group[k].snr) && json_array_append(groups, one) == 0;
        json_decref(one);
    }
    ok = ok && xs_json_put(o, "groups", json_incref(groups)) && put(o, "p", x->p) && put(o, "p_adjusted", x->p_adjusted);
    if (x->types.scores)
        ok = ok && put(o, "variance_type", x->types.type) && put(o, "variance_context", x->types.context) &&
             put(o, "variance_model", x->types.model);
    json_decref(groups);
    return finish(o, ok);
}

static json_t *contrast_json(const xs_contrast *x) {
    json_t *o = json_object();
    bool ok = o && (!x->family || xs_json_put(o, "family", xs_json_text(x->family))) &&
              xs_json_put(o, "explainer", xs_json_text(x->explainer)) && xs_json_put(o, "a", xs_json_text(x->a)) &&
              xs_json_put(o, "b", xs_json_text(x->b)) && xs_json_put(o, "texts_a", count(x->texts_a)) &&
              xs_json_put(o, "texts_b", count(x->texts_b)) && put(o, "snr_a", x->snr_a) && put(o, "snr_b", x->snr_b) &&
              put(o, "ratio", x->ratio) && xs_json_put(o, "ratio_ci_texts", pair(x->ratio_ci)) && put(o, "cliffs_delta", x->cliff) &&
              put(o, "p", x->p) && put(o, "p_adjusted", x->p_adjusted);
    if (!x->family)
        ok = ok && xs_json_put(o, "ratio_ci_models", pair(x->models_ci)) && put(o, "wilcoxon_p", x->wilcoxon_p);
    return finish(o, ok);
}

int xs_report_contrasts_json(const xs_contrasts *c, xs_str *out, xsnr_error *err) {
    json_t *o = json_object(), *groupings = json_array(), *contrasts = json_array();
    bool ok = o && groupings && contrasts && xs_json_put(o, "xsnr", xs_json_text(xsnr_version())) &&
              xs_json_put(o, "study_a", xs_json_text(c->study_a)) && xs_json_put(o, "study_b", xs_json_text(c->study_b)) &&
              xs_json_put(o, "by", xs_json_text(c->by)) && xs_json_put(o, "paired", json_boolean(c->paired)) &&
              xs_json_put(o, "permutations", count(c->permutations));
    for (size_t i = 0; ok && i < c->n_groupings; i++) ok = json_array_append_new(groupings, grouping_json(&c->groupings[i])) == 0;
    for (size_t i = 0; ok && i < c->n_contrasts; i++) ok = json_array_append_new(contrasts, contrast_json(&c->contrasts[i])) == 0;
    ok = ok && xs_json_put(o, "groupings", json_incref(groupings)) && xs_json_put(o, "contrasts", json_incref(contrasts));
    json_decref(groupings);
    json_decref(contrasts);
    return xs_json_write(finish(o, ok), out, err);
}
