// The explainers of a plan: a name, or a map of a name and settings, of study.yaml; those added by a command or a program.
//
// Invariant: every explainer stands once, and some family gives what it needs.
#include "base/alloc.h"
#include "explain/own.h"
#include "registry.h"
#include "study/plan_parts.h"
#include "study/settings.h"
#include <stdio.h>
#include <string.h>

static const xs_param explainer_params[] = {
    {"name", XS_STRING, "", 0, 0, NULL, "which method (`xsnr list explainers`)"},
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

enum { MOST_EXPLAINERS = 64 }; // the bits of xs_study_family.missing

// Some family must give what the method needs: known before any model is trained.  The others go without it.
static int check_needs(const xs_plan *plan, const xs_plan_explainer *explainer, xsnr_error *err) {
    for (size_t i = 0; i < plan->n_families; i++)
        if (xs_explainer_serves(explainer->method, plan->families[i].type)) return XSNR_OK;
    const xs_plan_family *first = &plan->families[0];
    char whose[300];
    snprintf(whose, sizeof whose, "family '%.100s' (type %s) does not give%s", first->name, first->type->name,
             plan->n_families > 1 ? ", nor any other family" : "");
    return xs_explainer_refuse(explainer->method, first->type, whose, plan->path, explainer->line, err);
}

// One method by name, at its defaults.
static int add_explainer(xs_plan *plan, const char *name, long line, xsnr_error *err) {
    xs_plan_explainer *explainer = &plan->explainers[plan->n_explainers];
    for (size_t i = 0; i < plan->n_explainers; i++)
        if (strcmp(plan->explainers[i].method->name, name) == 0)
            return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, line,
                              "explainer '%s' stands twice; first on line %ld", name,
                              plan->explainers[i].line);
    explainer->line = line;
    explainer->method = xs_explainer_find(name, plan->path, line, err);
    if (!explainer->method) return XSNR_ERR_NOT_FOUND;
    XS_TRY(xs_settings_init(&explainer->settings, explainer->method->params, err));
    plan->n_explainers++;
    return check_needs(plan, explainer, err);
}

static int read_explainer(xs_plan *plan, const xs_yaml *node, xsnr_error *err) {
    if (node->kind == XS_YAML_VALUE && !node->null) return add_explainer(plan, node->text, node->line, err);
    const xs_yaml *name = node->kind == XS_YAML_MAP ? xs_yaml_child(node, "name") : NULL;
    if (!name || name->kind != XS_YAML_VALUE || name->null)
        return xs_fail_at(
            err, XSNR_ERR_CONFIG, plan->path, node->line,
            "an explainer is a name, or a map with one, as in '{name: occlusion, removal: delete}'");
    XS_TRY(add_explainer(plan, name->text, name->line, err));
    xs_settings common;
    XS_TRY(xs_settings_init(&common, explainer_params, err));
    xs_scope scope = {.path = plan->path,
                      .settings = {&common, &plan->explainers[plan->n_explainers - 1].settings},
                      .arena = &plan->arena};
    int rc = xs_settings_read(&scope, node, err);
    xs_settings_free(&common);
    return rc;
}

// Takes the settings over, also if it fails.
static int append_explainer(xs_plan *plan, const xs_explainer *method, xs_settings settings, xsnr_error *err) {
    size_t n = plan->n_explainers;
    xs_plan_explainer *more = n < MOST_EXPLAINERS ? XS_ARENA_ARRAY(&plan->arena, xs_plan_explainer, n + 1) : NULL;
    if (!more) {
        xs_settings_free(&settings);
        return n < MOST_EXPLAINERS ? xs_nomem(err) : xs_fail(err, XSNR_ERR_ARGUMENT, "a study has at most %d explainers", MOST_EXPLAINERS);
    }
    memcpy(more, plan->explainers, n * sizeof *more);
    more[n] = (xs_plan_explainer){.method = method, .settings = settings};
    plan->explainers = more;
    plan->n_explainers++;
    return check_needs(plan, &plan->explainers[n], err);
}

int xs_plan_add_explainer(xs_plan *plan, const char *spec, xsnr_error *err) {
    const xs_explainer *method;
    xs_settings settings;
    XS_TRY(xs_explainer_parse(spec, &method, &settings, err));
    xs_plan_explainer *there = NULL;
    for (size_t i = 0; i < plan->n_explainers; i++)
        if (plan->explainers[i].method == method) there = &plan->explainers[i];
    if (there) { // asked for again: the settings that were named count
        xs_settings_free(&there->settings);
        there->settings = settings;
        there->line = 0; // they stand in no file
        return XSNR_OK;
    }
    return append_explainer(plan, method, settings, err);
}

int xs_plan_add_own(xs_plan *plan, const xsnr_explainer *given, xsnr_error *err) {
    const xs_explainer *method;
    xs_settings settings;
    if (!xs_is_plan_name(given->name))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "'%.80s' is no name for an explainer; letters, digits, '_', '.' and '-', at most 64 of them",
                       given->name);
    for (const xs_explainer *const *e = xs_explainers(); *e; e++)
        if (strcmp((*e)->name, given->name) == 0)
            return xs_fail(err, XSNR_ERR_ARGUMENT, "'%s' is a method of xsnr; an explainer of your own needs another name", given->name);
    for (size_t i = 0; i < plan->n_explainers; i++)
        if (strcmp(plan->explainers[i].method->name, given->name) == 0)
            return xs_fail(err, XSNR_ERR_ARGUMENT, "this study has an explainer '%s' already", given->name);
    XS_TRY(xs_own_explainer(given, &plan->arena, &method, &settings, err));
    return append_explainer(plan, method, settings, err);
}

// Without a list: exact contributions if every family has them, else what every model can be asked for.
static int default_explainer(xs_plan *plan, xsnr_error *err) {
    bool additive = true;
    for (size_t i = 0; i < plan->n_families; i++)
        additive &= (plan->families[i].type->provides & XS_ADDITIVE) != 0;
    return add_explainer(plan, additive ? "contribution" : "occlusion", 0, err);
}

int xs_plan_read_explainers(xs_plan *plan, const xs_yaml *root, xsnr_error *err) {
    const xs_yaml *list = xs_yaml_child(root, "explainers");
    if (list) XS_TRY(xs_plan_expect_list(list, "'[contribution, occlusion]'", plan, err));
    plan->explainers = XS_ARENA_ARRAY(&plan->arena, xs_plan_explainer, list ? xs_yaml_count(list) : 1);
    if (!plan->explainers) return xs_nomem(err);
    if (!list) return default_explainer(plan, err);
    for (const xs_yaml *node = list->first; node; node = node->next) XS_TRY(read_explainer(plan, node, err));
    return XSNR_OK;
}
