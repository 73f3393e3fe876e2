// `xsnr list`: what can be named in a study, from the registry and the tables of parameters.
#include "base/alloc.h"
#include "given.h"
#include "registry.h"
#include "stats/scores.h"
#include "study/plan.h"
#include <stdlib.h>
#include <string.h>

static const char *const provided[] = {"predictions", "additive", "gradients", "attention", "relevance"};

static json_t *needs_json(unsigned bits) {
    json_t *list = json_array();
    for (unsigned k = 0; k < sizeof provided / sizeof *provided; k++)
        if (bits >> k & 1) json_array_append_new(list, json_string(provided[k]));
    return list;
}

static void needs_text(unsigned bits, xs_str *out) {
    const char *between = "";
    for (unsigned k = 0; k < sizeof provided / sizeof *provided; k++)
        if (bits >> k & 1) {
            xs_str_printf(out, "%s%s", between, provided[k]);
            between = ", ";
        }
}

static void list_families(xs_str *out, json_t *json) {
    for (const xs_family *const *f = xs_families(); *f; f++) {
        if (json) {
            json_array_append_new(json, json_pack("{s:s, s:s, s:o, s:o}", "name", (*f)->name, "help", (*f)->help,
                                                  "provides", needs_json((*f)->provides), "parameters",
                                                  xs_param_json((*f)->params)));
            continue;
        }
        xs_str_printf(out, "%s: %s\n  gives ", (*f)->name, (*f)->help);
        needs_text((*f)->provides, out);
        xs_str_printf(out, "; random streams: %s\n", (*f)->streams);
        xs_param_help((*f)->params, out);
    }
}

static void list_explainers(xs_str *out, json_t *json) {
    for (const xs_explainer *const *e = xs_explainers(); *e; e++) {
        if (json) {
            json_array_append_new(json, json_pack("{s:s, s:s, s:o, s:o, s:b, s:o}", "name", (*e)->name, "help", (*e)->help,
                                                  "needs", needs_json((*e)->needs), "or_needs",
                                                  needs_json((*e)->or_needs), "samples", (*e)->samples,
                                                  "parameters", xs_param_json((*e)->params)));
            continue;
        }
        xs_str_printf(out, "%s: %s\n  needs ", (*e)->name, (*e)->help);
        needs_text((*e)->needs, out);
        if ((*e)->or_needs) xs_str_put(out, " (or "), needs_text((*e)->or_needs, out), xs_str_put(out, ")");
        const char *before = "; serves ";
        for (const xs_family *const *f = xs_families(); *f; f++)
            if (xs_explainer_serves(*e, *f)) xs_str_printf(out, "%s%s", before, (*f)->name), before = ", ";
        xs_str_put(out, (*e)->samples ? "; draws random numbers\n" : "\n");
        xs_param_help((*e)->params, out);
    }
}

static void list_normalizations(xs_str *out, json_t *json) {
    for (int k = 0; k < XS_NORMS; k++) {
        const char *name = xs_normalization_name((xs_normalization)k), *help = xs_normalization_help((xs_normalization)k);
        if (json) json_array_append_new(json, json_pack("{s:s, s:s}", "name", name, "help", help));
        else xs_str_printf(out, "%-12s %s\n", name, help);
    }
}

static void list_statistics(xs_str *out, json_t *json) {
    static const struct {
        const char *name, *help;
    } rows[] = {
        {"signal", "variance over words of the mean over models, less what the noise adds to it"},
        {"noise", "mean over words of the variance over models"},
        {"snr", "signal / noise, with a 95 % interval by the jackknife over models"},
        {"icc", "reliability of one model's explanation, SNR / (1 + SNR)"},
        {"models_needed", "models to average for a reliability of 0.9"},
        {"f", "test of no signal, with Greenhouse and Geisser's correction"},
        {"noise_shift", "part of the noise that moves all words of a model together"},
        {"ms_interaction", "mean square of model × word: what the correction of the signal stands on"},
        {"gaussian_bits", "information of a Gaussian channel with this SNR, bits a score"},
        {"order2, order3, order4", "the same SNR of the scores' higher central moments"},
        {"bivariate_window5", "the same SNR of products of words up to five apart"},
        {"agreement", "Pearson, Spearman, Kendall, top-5 overlap, split halves, leave-one-out"},
        {"participation_ratio", "how many directions the models' differences have"},
        {"entropy_nats", "spread of an explanation over the words"},
        {"information", "perceived information of templates: means (pi1), and variances (pi2); statistics: information"},
        {"kde", "the same of kernel densities; statistics: kde"},
        {"spectrum", "directions in which the models differ; statistics: spectrum"},
        {"modes", "how many explanations there are, by k-means and the gap statistic; statistics: modes"},
        {"spans", "SNR of n-grams and sentences; statistics: spans"},
        {"complexity", "entropy, Gini, words that carry 80 %; statistics: complexity"},
        {"normalizations", "SNR under every normalisation; statistics: normalizations"},
        {"bootstrap", "studentised bootstrap interval of the SNR; statistics: bootstrap"},
        {"types", "variance by word type, context and model; statistics: types"},
        {"several", "all explainers at once: trace and largest root; statistics: several"},
        {"sources", "what init, order, dropout and sample give to the noise of a crossed family; statistics: sources"},
        {"word", "mean, sd, interval, quantiles, SNR and p of every word"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        if (json) json_array_append_new(json, json_pack("{s:s, s:s}", "name", rows[k].name, "help", rows[k].help));
        else xs_str_printf(out, "%-24s %s\n", rows[k].name, rows[k].help);
    }
}

static void list_plan(xs_str *out, json_t *json) {
    if (json) {
        json_array_append_new(json, json_pack("{s:s, s:o}", "of", "study", "parameters", xs_param_json(xs_plan_params())));
        json_array_append_new(json, json_pack("{s:s, s:o}", "of", "families", "parameters",
                                              xs_param_json(xs_plan_family_params())));
        return;
    }
    xs_str_put(out, "keys of study.yaml:\n");
    xs_param_help(xs_plan_params(), out);
    xs_str_put(out, "keys of every family:\n");
    xs_param_help(xs_plan_family_params(), out);
}

int xsnr_list(const char *what, int as_json, char **text, xsnr_error *err) {
    static const struct {
        const char *name;
        void (*list)(xs_str *out, json_t *json);
    } lists[] = {{"families", list_families},
                 {"explainers", list_explainers},
                 {"statistics", list_statistics},
                 {"normalizations", list_normalizations},
                 {"plan", list_plan}};
    const char *names[sizeof lists / sizeof *lists];
    size_t n = sizeof lists / sizeof *lists;
    XS_GIVEN(text);
    *text = NULL;
    XS_GIVEN(what);
    for (size_t k = 0; k < n; k++) {
        names[k] = lists[k].name;
        if (strcmp(what, lists[k].name) != 0) continue;
        xs_str out = {0};
        json_t *json = as_json ? json_array() : NULL;
        lists[k].list(&out, json);
        char *dumped = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
        json_decref(json);
        if (dumped) xs_str_printf(&out, "%s\n", dumped);
        free(dumped);
        *text = as_json && !dumped ? NULL : xs_str_take(&out);
        xs_str_free(&out);
        return *text ? XSNR_OK : xs_nomem(err);
    }
    const char *near = xs_nearest(what, names, n);
    return xs_fail(err, XSNR_ERR_ARGUMENT, "nothing called '%s' to list; %s%s%s", what,
                   near ? "did you mean '" : "it is families, explainers, statistics, normalizations or plan",
                   near ? near : "", near ? "'?" : "");
}
