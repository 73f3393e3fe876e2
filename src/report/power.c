// What `xsnr power` says: how many models are enough, and the curve behind it, as tables or JSON.
#include "report/grid.h"
#include "report/report.h"
#include "report/tree_parts.h"

static void put_name(xs_grid *g, const xs_power_series *s) {
    xs_grid_text(g, s->family);
    xs_grid_text(g, s->explainer);
}

static void put_enough(const xs_power *p, bool ascii, xs_str *out) {
    xs_str width = {0}, top = {0};
    xs_str_printf(&width, "width %.3g %%", 100 * p->width);
    xs_str_put(&top, "top stays");
    const char *heading[] = {"family", "explainer", "models", "texts", "SNR",      "95 %",     "for 0.8",
                             "for 0.9", "for 0.95", "interval", width.data, top.data};
    xs_grid g;
    if (!xs_str_failed(&width) && !xs_str_failed(&top)) {
        xs_grid_begin(&g, heading, "llrrrrrrrrrr", ascii);
        for (size_t i = 0; i < p->n_series; i++) {
            const xs_power_series *s = &p->series[i];
            put_name(&g, s);
            xs_grid_count(&g, s->models);
            xs_grid_count(&g, s->texts);
            xs_grid_shown(&g, s->family ? xs_show_estimate(s->snr, s->snr_ci[0], s->snr_ci[1]) : xs_show_number(s->snr));
            if (s->family) xs_grid_shown(&g, xs_show_interval(s->snr, s->snr_ci[0], s->snr_ci[1]));
            else xs_grid_text(&g, NULL);
            for (int k = 0; k < XS_POWER_RELIABILITIES; k++) xs_grid_shown(&g, xs_show_count(s->needed[k]));
            xs_shown range = {""};
            if (s->family && !isnan(s->needed_ci[2][0]) && !isnan(s->needed_ci[2][1]))
                snprintf(range.text, sizeof range.text, "[%.0f, %.0f]", s->needed_ci[2][0], s->needed_ci[2][1]);
            xs_grid_shown(&g, range);
            xs_grid_shown(&g, xs_show_count(s->for_width));
            xs_shown stable;
            if (s->stable) snprintf(stable.text, sizeof stable.text, "%zu", s->stable);
            else snprintf(stable.text, sizeof stable.text, s->judged ? "> %zu" : "undefined", s->judged);
            xs_grid_shown(&g, stable);
        }
        xs_grid_end(&g, out);
    } else {
        out->failed = true;
    }
    xs_str_free(&width);
    xs_str_free(&top);
}

static void put_curves(const xs_power *p, bool ascii, xs_str *out) {
    static const char *const heading[] = {"family", "explainer", "models", "mean SNR", "2.5 %", "97.5 %", "ranks alike", "top alike"};
    xs_grid g;
    xs_grid_begin(&g, heading, "llrrrrrr", ascii);
    for (size_t i = 0; i < p->n_series; i++)
        for (size_t k = 0; k < p->series[i].n_sizes; k++) {
            const xs_convergence *c = &p->series[i].curve[k];
            if (k) xs_grid_text(&g, ""), xs_grid_text(&g, "");
            else put_name(&g, &p->series[i]);
            xs_grid_count(&g, c->models);
            xs_grid_shown(&g, xs_show_number(c->snr));
            xs_grid_shown(&g, xs_show_number(c->low));
            xs_grid_shown(&g, xs_show_number(c->high));
            xs_grid_shown(&g, xs_show_number(c->spearman));
            xs_grid_shown(&g, xs_show_number(c->top_same));
        }
    xs_grid_end(&g, out);
}

int xs_report_power(const xs_power *p, const xs_terminal *terminal, xs_str *out, xsnr_error *err) {
    put_enough(p, terminal->ascii, out);
    xs_str_put(out, "\n");
    put_curves(p, terminal->ascii, out);
    const xs_power_series *s = &p->series[0];
    xs_str_printf(out,
                  "\nfor R: models whose mean explanation has the reliability R; interval: of the last\n"
                  "width: models for a 95 %% interval of the SNR of %.3g %% of it, end to end\n"
                  "top stays: from so many models on the %zu strongest words are those of %s in %.3g %% of the\n"
                  "  draws, text by text; ranks alike: Spearman's correlation of the mean scores with %s\n",
                  100 * p->width, s->top, s->family ? "all models" : "the truth", 100 * p->probability,
                  s->family ? "those of all models" : "the truth");
    if (s->family) xs_str_put(out, "the curve nears 1 at all models as a matter of course: read it up to half of them\n");
    return xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}

static json_t *curve_json(const xs_power_series *s) {
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t k = 0; ok && k < s->n_sizes; k++) {
        const xs_convergence *c = &s->curve[k];
        json_t *o = json_object();
        double range[2] = {c->low, c->high};
        ok = o && xs_json_put(o, "models", count(c->models)) && put(o, "snr", c->snr) && put(o, "sd", c->sd) &&
             xs_json_put(o, "snr_range", pair(range)) && put(o, "spearman", c->spearman) && put(o, "top_same", c->top_same) &&
             json_array_append(list, o) == 0;
        json_decref(o);
    }
    return finish(list, ok);
}

static json_t *series_json(const xs_power_series *s) {
    static const char *const keys[XS_POWER_RELIABILITIES] = {"0.8", "0.9", "0.95"};
    json_t *o = json_object(), *needed = json_object();
    bool ok = o && needed && (!s->family || (xs_json_put(o, "family", xs_json_text(s->family)) &&
                                             xs_json_put(o, "explainer", xs_json_text(s->explainer)))) &&
              xs_json_put(o, "models", count(s->models)) && xs_json_put(o, "texts", count(s->texts)) && put(o, "snr", s->snr) &&
              xs_json_put(o, "snr_ci", pair(s->snr_ci)) && xs_json_put(o, "top", count(s->top));
    for (int k = 0; ok && k < XS_POWER_RELIABILITIES; k++) {
        json_t *one = json_object();
        double ci[2] = {s->needed_ci[k][0], s->needed_ci[k][1]};
        ok = one && xs_json_put(one, "models", whole(s->needed[k])) && xs_json_put(one, "ci", pair(ci)) &&
             json_object_set(needed, keys[k], one) == 0;
        json_decref(one);
    }
    ok = ok && xs_json_put(o, "reliability", json_incref(needed)) && xs_json_put(o, "models_for_width", whole(s->for_width)) &&
         xs_json_put(o, "models_top_stable", s->stable ? count(s->stable) : json_null()) &&
         xs_json_put(o, "models_judged", count(s->judged)) && xs_json_put(o, "curve", curve_json(s));
    json_decref(needed);
    return finish(o, ok);
}

int xs_report_power_json(const xs_power *p, xs_str *out, xsnr_error *err) {
    json_t *o = json_object(), *list = json_array();
    bool ok = o && list && xs_json_put(o, "xsnr", xs_json_text(xsnr_version())) && put(o, "width", p->width) &&
              put(o, "probability", p->probability);
    for (size_t i = 0; ok && i < p->n_series; i++) ok = json_array_append_new(list, series_json(&p->series[i])) == 0;
    ok = ok && xs_json_put(o, "series", json_incref(list));
    json_decref(list);
    return xs_json_write(finish(o, ok), out, err);
}
