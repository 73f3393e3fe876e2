// study.yaml becomes a plan: every key is looked up in a table of parameters, everything that can be known to
// be wrong before any work starts is refused here, with its line; see plan.h.
#include "study/plan_parts.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/random.h"
#include "registry.h"
#include "stats/analysis.h"
#include "stats/beyond.h"
#include "study/settings.h"
#include "text/table.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const xs_param general_params[] = {
    {"study", XS_STRING, "", 0, 0, NULL, "title of the study; the name of its file if there is none"},
    {"seed", XS_INT, "1", 0, INFINITY, NULL, "everything random is derived from it"},
    {"corpus.train", XS_STRING, "", 0, 0, NULL,
     "training texts: CSV (commas or semicolons), TSV or JSONL, beside the study; ${NAME} is an environment variable"},
    {"corpus.valid", XS_STRING, "", 0, 0, NULL, "validation texts"},
    {"corpus.test", XS_STRING, "", 0, 0, NULL, "test texts: quality and equivalence of the models"},
    {"corpus.text", XS_STRING, "text", 0, 0, NULL, "column of the text"},
    {"corpus.label", XS_STRING, "label", 0, 0, NULL, "column of the class"},
    {"corpus.id", XS_STRING, "", 0, 0, NULL, "column of the text's name; rows are numbered if there is none"},
    {"corpus.language", XS_STRING, "en", 0, 0, NULL, "en, fr, …: elisions and word lists"},
    {"corpus.format", XS_CHOICE, "table", 0, 0, "table|eraser",
     "table: CSV, TSV, JSONL, by the files' names; eraser: ERASER's annotations, whose documents lie apart"},
    {"corpus.docs", XS_STRING, "", 0, 0, NULL, "eraser: docs.jsonl or the folder of documents; beside the files if it is not said"},
    {"corpus.rationales", XS_LIST, "", 0, 0, NULL,
     "files of words that people marked (docs/formats.md), to judge explanations by; eraser: the annotations' evidences"},
    {"corpus.phrases", XS_LIST, "", 0, 0, NULL, "files of phrases (docs/formats.md), over which scores are summed beside n-grams and sentences"},
    {"corpus.explain.from", XS_CHOICE, "test", 0, 0, "train|valid|test", "texts to explain are drawn from"},
    {"corpus.explain.count", XS_INT, "40", 1, INFINITY, NULL, "number of texts to explain"},
    {"corpus.explain.per_class", XS_BOOL, "true", 0, 0, NULL, "the same number of every class"},
    {"target", XS_STRING, "predicted", 0, 0, NULL, "class explained: predicted, gold or class:NAME"},
    {"normalize", XS_CHOICE, "l1", 0, 0, "none|l1|l2|max-abs|min-max|min-max-sum|z-score|rank",
     "what is done to a model's scores of a text before models are compared"},
    {"absolute", XS_BOOL, "false", 0, 0, NULL, "|scores|, taken before they are normalised"},
    {"equivalence", XS_STRING, "ztest:0.05", 0, 0, NULL,
     "which models count as equivalent: all, best:K, closest:K, ztest:LEVEL, mcnemar:LEVEL"},
    {"agreeing", XS_BOOL, "true", 0, 0, NULL, "of a text, only models that predict the majority's class"},
    {"statistics", XS_CHOICES, XS_STATISTICS_FAST, 0, 0, XS_STATISTICS,
     "what is made of every text beside signal, noise and agreement; \"\" for none of these"},
    {"reliability", XS_REAL, "0.9", 0.01, 0.999, NULL, "reliability that `models_needed` is for"},
    {"keep_models", XS_BOOL, "true", 0, 0, NULL,
     "trained models are kept in the study file, to be explained again"},
    {"faithfulness", XS_CHOICES, "", 0, 0, "mask|delete",
     "judge explanations by comprehensiveness and sufficiency, words masked or cut out; nothing: do not"},
    {"report.html", XS_STRING, "report.html", 0, 0, NULL, "web page, beside the study; \"\" for none"},
    {"report.page_mb", XS_REAL, "24", 1, 4000, NULL,
     "room for the page's data in MB: words, then single models, are left out of the last texts, and that is said"},
    {"report.json", XS_STRING, "results.json", 0, 0, NULL, "results; \"\" for none"},
    {"report.words", XS_STRING, "words.csv", 0, 0, NULL, "a line for every word; \"\" for none"},
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

#define STREAMS "init|order|dropout|sample" // in the order of xs_stream, from XS_STREAM_INIT

static const xs_param family_params[] = {
    {"name", XS_STRING, "", 0, 0, NULL, "name of the family in this study: letters, digits, '_', '.', '-'"},
    {"type", XS_STRING, "", 0, 0, NULL, "what its models are (`xsnr list families`)"},
    {"models", XS_INT, "100", 1, 100000, NULL, "models to train"},
    {"vary", XS_CHOICES, "", 0, 0, STREAMS, "sources of randomness that differ from model to model"},
    {"crossed.init", XS_INT, "0", 0, 100000, NULL,
     "crossed: so many seeds of each stream, one model for every combination; tells the sources of the noise apart"},
    {"crossed.order", XS_INT, "0", 0, 100000, NULL, "the same"},
    {"crossed.dropout", XS_INT, "0", 0, 100000, NULL, "the same"},
    {"crossed.sample", XS_INT, "0", 0, 100000, NULL, "the same"},
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

const xs_param *xs_plan_params(void) {
    return general_params;
}
const xs_param *xs_plan_family_params(void) {
    return family_params;
}

// A name with nothing in it that a file name, a column of CSV or a command line would stumble over.
bool xs_is_plan_name(const char *s) {
    size_t n = strlen(s);
    return n && n <= 64 &&
           s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")] == '\0';
}

int xs_plan_expect_list(const xs_yaml *node, const char *example, const xs_plan *plan, xsnr_error *err) {
    if (node->kind == XS_YAML_LIST && node->first) return XSNR_OK;
    if (node->kind == XS_YAML_LIST || node->null)
        return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, node->key_line,
                          "%s: the list is empty; at least one, as in %s", node->key, example);
    return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, node->key_line,
                      "%s: a list is expected, as in %s, not %s", node->key, example,
                      xs_yaml_kind_name(node));
}

/* ------------------------------------------------------------------ general keys */

long xs_plan_line(const xs_plan *plan, const char *key) {
    return plan->lines[xs_param_index(general_params, key)];
}

// Appends the value of the variable in "${NAME}…"; *end is what follows.
static int append_variable(const xs_plan *plan, const char *key, const char *written, const char **end,
                           xs_str *out, xsnr_error *err) {
    char name[128];
    size_t n = strcspn(written + 2, "}");
    if (!n || n >= sizeof name || !written[2 + n])
        return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, xs_plan_line(plan, key),
                          "%s: '%.200s': a variable is written ${NAME}", key, written);
    memcpy(name, written + 2, n);
    name[n] = '\0';
    const char *value = getenv(name);
    if (!value)
        return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, xs_plan_line(plan, key),
                          "%s: the environment variable %s is not set", key, name);
    *end = written + n + 3;
    return xs_str_put(out, value) ? xs_nomem(err) : XSNR_OK;
}

int xs_plan_expand(const xs_plan *plan, const char *key, char **out, xsnr_error *err) {
    xs_str expanded = {0};
    int rc = XSNR_OK;
    for (const char *p = xs_settings_string(&plan->general, key); rc == XSNR_OK && *p;) {
        if (p[0] == '$' && p[1] == '{')
            rc = append_variable(plan, key, p, &p, &expanded, err);
        else if (xs_str_append(&expanded, p++, 1))
            rc = xs_nomem(err);
    }
    *out = rc == XSNR_OK ? xs_str_take(&expanded) : NULL;
    xs_str_free(&expanded);
    return rc < 0 || *out ? rc : xs_nomem(err);
}

// Texts to explain come from a split that is there, equivalence is decided on one that is there: what the
// user left open adapts to what the corpus has, what the user wrote must hold.
static int check_splits(xs_plan *plan, xsnr_error *err) {
    xs_settings *general = &plan->general;
    bool has_test = *xs_settings_string(general, "corpus.test");
    bool has_valid = *xs_settings_string(general, "corpus.valid");
    const char *from = xs_settings_choice(general, "corpus.explain.from");
    bool missing = (strcmp(from, "test") == 0 && !has_test) || (strcmp(from, "valid") == 0 && !has_valid);
    if (missing && xs_plan_line(plan, "corpus.explain.from"))
        return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, xs_plan_line(plan, "corpus.explain.from"),
                          "corpus.explain.from: texts are to come from %s, but there is no corpus.%s", from,
                          from);
    if (missing)
        XS_TRY(xs_settings_set(general, "corpus.explain.from", has_valid ? "valid" : "train", NULL, 0, err));
    const char *rule = xs_settings_string(general, "equivalence");
    XS_TRY(xs_equivalence_check(rule, plan->path, xs_plan_line(plan, "equivalence"), err));
    if (has_test || strcmp(rule, "all") == 0) return XSNR_OK;
    if (xs_plan_line(plan, "equivalence"))
        return xs_fail_at(
            err, XSNR_ERR_CONFIG, plan->path, xs_plan_line(plan, "equivalence"),
            "equivalence: %.60s compares models on corpus.test, and there is none; 'all' needs none", rule);
    return xs_settings_set(general, "equivalence", "all", NULL, 0, err);
}

const char *xs_plan_class(const xs_plan *plan) {
    static const char start[] = "class:";
    const char *target = xs_settings_string(&plan->general, "target");
    return strncmp(target, start, sizeof start - 1) == 0 ? target + sizeof start - 1 : NULL;
}

static int check_target(const xs_plan *plan, xsnr_error *err) {
    const char *target = xs_settings_string(&plan->general, "target");
    if (strcmp(target, "predicted") == 0 || strcmp(target, "gold") == 0) return XSNR_OK;
    if (xs_plan_class(plan) && *xs_plan_class(plan)) return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, xs_plan_line(plan, "target"),
                      "target: '%.100s' is not predicted, gold or class:NAME", target);
}

int xs_plan_check_class(const xs_plan *plan, const char *const *labels, int n, xsnr_error *err) {
    const char *name = xs_plan_class(plan);
    for (int c = 0; name && c < n; c++)
        if (strcmp(labels[c], name) == 0) return XSNR_OK;
    if (!name) return XSNR_OK;
    const char *near = xs_nearest(name, labels, (size_t)n);
    xs_str list = {0};
    if (!near) xs_quote_names(&list, labels, (size_t)n);
    int rc = xs_str_failed(&list)
                 ? xs_nomem(err)
                 : xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, xs_plan_line(plan, "target"), "target: the corpus has no class '%.100s'%s%s%s", name,
                              near ? "; did you mean '" : "; it has ", near ? near : list.data, near ? "'?" : "");
    xs_str_free(&list);
    return rc;
}

// A study without a title has its file's name, without folder and ending.
static int name_study(xs_plan *plan, xsnr_error *err) {
    if (*xs_settings_string(&plan->general, "study")) return XSNR_OK;
    const char *slash = strrchr(plan->path, '/'), *file = slash ? slash + 1 : plan->path,
               *dot = strrchr(file, '.');
    char *name = xs_strndup(file, dot && dot > file ? (size_t)(dot - file) : strlen(file));
    if (!name) return xs_nomem(err);
    int rc = xs_settings_set(&plan->general, "study", name, NULL, 0, err);
    xs_free(name);
    return rc;
}

static int read_general(xs_plan *plan, const xs_yaml *root, xsnr_error *err) {
    static const char *const others[] = {"families", "explainers", NULL};
    XS_TRY(xs_settings_init(&plan->general, general_params, err));
    plan->lines = XS_ARENA_ARRAY(&plan->arena, long, plan->general.count);
    if (!plan->lines) return xs_nomem(err);
    xs_scope scope = {.path = plan->path,
                      .settings = {&plan->general},
                      .lines = plan->lines,
                      .others = others,
                      .arena = &plan->arena};
    XS_TRY(xs_settings_read(&scope, root, err));
    if (!*xs_settings_string(&plan->general, "corpus.train"))
        return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, xs_plan_line(plan, "corpus.train"),
                          "corpus.train is missing; it names the file with the training texts");
    if (*xs_settings_string(&plan->general, "corpus.docs") && strcmp(xs_settings_choice(&plan->general, "corpus.format"), "eraser") != 0)
        return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, xs_plan_line(plan, "corpus.docs"), "corpus.docs: only corpus.format: eraser has documents apart");
    XS_TRY(check_splits(plan, err));
    XS_TRY(check_target(plan, err));
    return name_study(plan, err);
}

/* ------------------------------------------------------------------ families */

// Bits of the streams that differ: what the user wrote, or else what the family says; each must be drawn
// from.
static int read_vary(xs_plan_family *family, const xs_settings *common, const xs_yaml *node,
                     const xs_plan *plan, xsnr_error *err) {
    const xs_yaml *written = xs_yaml_child(node, "vary");
    xs_settings streams; // `vary` beside the two strings of the family, as bits of the same choices
    XS_TRY(xs_settings_init(&streams, family_params, err));
    unsigned drawn = 0;
    int rc = xs_settings_set(&streams, "vary", family->type->streams, NULL, 0, err);
    if (rc == XSNR_OK) drawn = xs_settings_bits(&streams, "vary");
    if (rc == XSNR_OK && !written)
        rc = xs_settings_set(&streams, "vary", family->type->vary(&family->settings), NULL, 0, err);
    if (rc == XSNR_OK) family->vary = xs_settings_bits(written ? common : &streams, "vary");
    xs_settings_free(&streams);
    XS_TRY(rc);
    for (unsigned k = 0, crossed = 0; k < XS_STREAMS; k++) {
        crossed |= (unsigned)(family->crossed[k] > 0) << k;
        if (k + 1 == XS_STREAMS && crossed) family->vary = crossed;
    }
    static const char *const names[] = {"init", "order", "dropout", "sample"};
    if (!family->vary)
        return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, written ? written->line : family->line,
                          "vary: nothing is to differ, so all models would be one; name some of %s",
                          family->type->streams);
    for (unsigned k = 0; k < 4; k++)
        if ((family->vary & ~drawn) >> k & 1)
            return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, written ? written->line : family->line,
                              "%s: a family of type %s does not draw from '%s'; it draws from %s",
                              family->crossed[k] ? "crossed" : "vary", family->type->name, names[k], family->type->streams);
    return XSNR_OK;
}

// What a family must say about itself before its keys can be read: a name of its own and a type.
static int identify_family(xs_plan *plan, const xs_yaml *node, xs_plan_family *family, xsnr_error *err) {
    if (node->kind != XS_YAML_MAP)
        return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, node->line,
                          "a family is a map of keys (name, type, …), not %s", xs_yaml_kind_name(node));
    family->line = node->line;
    const xs_yaml *name = xs_yaml_child(node, "name"), *type = xs_yaml_child(node, "type");
    if (!name || name->kind != XS_YAML_VALUE || name->null)
        return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, name ? name->key_line : node->line,
                          "a family needs a name, as in 'name: tfidf'");
    if (!xs_is_plan_name(name->text))
        return xs_fail_at(
            err, XSNR_ERR_CONFIG, plan->path, name->line,
            "name: '%.80s' is not a name; letters, digits, '_', '.' and '-', at most 64 of them", name->text);
    if (!type || type->kind != XS_YAML_VALUE || type->null)
        return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, type ? type->key_line : node->line,
                          "family '%s' needs a type, as in 'type: linear'", name->text);
    family->name = name->text;
    for (size_t i = 0; i < plan->n_families; i++)
        if (strcmp(plan->families[i].name, family->name) == 0)
            return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, name->line,
                              "a second family named '%s'; the first is on line %ld", family->name,
                              plan->families[i].line);
    family->type = xs_family_find(type->text, plan->path, type->line, err);
    return family->type ? XSNR_OK : XSNR_ERR_NOT_FOUND;
}

// `models` as a list: one program a model, kept as the setting `commands` (type command).  *count 0: it is no such list.
static int read_programs(xs_plan_family *family, const xs_yaml *node, const xs_plan *plan, uint32_t *count,
                         xsnr_error *err) {
    const xs_yaml *list = xs_yaml_child(node, "models");
    *count = 0;
    if (!list || list->kind != XS_YAML_LIST || xs_param_index(family->type->params, "commands") < 0) return XSNR_OK;
    XS_TRY(xs_plan_expect_list(list, "'models: [\"./predict --seed 1\"]'", plan, err));
    xs_str lines = {0};
    int rc = XSNR_OK;
    for (const xs_yaml *line = list->first; rc == XSNR_OK && line; line = line->next, ++*count) {
        if (line->kind != XS_YAML_VALUE || line->null || !*line->text)
            rc = xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, line->line, "models: a program is needed here, as in \"./predict --seed 1\"");
        else xs_str_printf(&lines, "%s%s", *count ? "\n" : "", line->text);
    }
    if (rc == XSNR_OK && xs_str_failed(&lines)) rc = xs_nomem(err);
    if (rc == XSNR_OK) rc = xs_settings_set(&family->settings, "commands", lines.data, plan->path, list->line, err);
    xs_str_free(&lines);
    return rc;
}

static int read_family(xs_plan *plan, const xs_yaml *node, xsnr_error *err) {
    static const char *const read_before[] = {"models", NULL};
    xs_plan_family *family = &plan->families[plan->n_families];
    XS_TRY(identify_family(plan, node, family, err));
    XS_TRY(xs_settings_init(&family->settings, family->type->params, err));
    plan->n_families++; // from here on xs_plan_free releases its settings
    uint32_t programs;
    XS_TRY(read_programs(family, node, plan, &programs, err));
    xs_settings common;
    XS_TRY(xs_settings_init(&common, family_params, err));
    xs_scope scope = {.path = plan->path, .settings = {&common, &family->settings}, .arena = &plan->arena};
    if (programs) scope.others = read_before;
    int rc = xs_settings_read(&scope, node, err);
    if (rc == XSNR_OK) family->models = programs ? programs : (uint32_t)xs_settings_int(&common, "models");
    if (rc == XSNR_OK) rc = xs_crossed_read(&common, node, plan->path, family->crossed, &family->models, err);
    if (rc == XSNR_OK && family->type->check)
        rc = family->type->check(&family->settings, family->models, plan->path, node->line, err);
    if (rc == XSNR_OK) rc = read_vary(family, &common, node, plan, err);
    xs_settings_free(&common);
    return rc;
}

static int read_families(xs_plan *plan, const xs_yaml *root, xsnr_error *err) {
    const xs_yaml *list = xs_yaml_child(root, "families");
    if (!list)
        return xs_fail_at(err, XSNR_ERR_CONFIG, plan->path, 0,
                          "families is missing; it lists the families of models to train");
    XS_TRY(xs_plan_expect_list(list, "'- name: tfidf'", plan, err));
    plan->families = XS_ARENA_ARRAY(&plan->arena, xs_plan_family, xs_yaml_count(list));
    if (!plan->families) return xs_nomem(err);
    for (const xs_yaml *node = list->first; node; node = node->next) XS_TRY(read_family(plan, node, err));
    return XSNR_OK;
}

/* ------------------------------------------------------------------ the whole */

static int read_plan(xs_plan *plan, const char *yaml, size_t size, const char *path, xsnr_error *err) {
    plan->path = xs_arena_strdup(&plan->arena, path);
    plan->text = xs_arena_strndup(&plan->arena, yaml, size);
    if (!plan->path || !plan->text) return xs_nomem(err);
    xs_yaml *root;
    XS_TRY(xs_yaml_parse(yaml, size, plan->path, &plan->arena, &root, err));
    XS_TRY(read_general(plan, root, err));
    XS_TRY(read_families(plan, root, err));
    return xs_plan_read_explainers(plan, root, err);
}

int xs_plan_parse(const char *yaml, size_t size, const char *path, xs_plan **out, xsnr_error *err) {
    *out = NULL;
    xs_plan *plan = XS_NEW(xs_plan);
    if (!plan) return xs_nomem(err);
    int rc = read_plan(plan, yaml, size, path, err);
    if (rc < 0)
        xs_plan_free(plan);
    else
        *out = plan;
    return rc;
}

int xs_plan_read(const char *path, xs_plan **out, xsnr_error *err) {
    char *data;
    size_t size;
    *out = NULL;
    XS_TRY(xs_file_read(path, &data, &size, err));
    int rc = xs_plan_parse(data, size, path, out, err);
    xs_free(data);
    return rc;
}

static int imported_settings(xs_settings *general, const char *study, const char *settings, xsnr_error *err) {
    XS_TRY(xs_settings_init(general, general_params, err));
    XS_TRY(xs_settings_set(general, "study", study, NULL, 0, err));
    XS_TRY(xs_settings_set(general, "equivalence", "all", NULL, 0, err));
    json_t *json = json_loads(settings, JSON_REJECT_DUPLICATES, NULL), *value;
    if (!json_is_object(json)) {
        json_decref(json);
        return xs_fail(err, XSNR_ERR_CORRUPT, "the settings of the imported study are no JSON object");
    }
    const char *key;
    int rc = XSNR_OK;
    json_object_foreach(json, key, value) {
        const char *text = json_string_value(value);
        if (rc == XSNR_OK) rc = xs_settings_set(general, key, text ? text : "", NULL, 0, err);
    }
    json_decref(json);
    return rc;
}

int xs_plan_imported(const char *study, const char *settings, xs_plan **out, xsnr_error *err) {
    *out = NULL;
    xs_plan *plan = XS_NEW(xs_plan);
    if (!plan) return xs_nomem(err);
    int rc = imported_settings(&plan->general, study, settings, err);
    if (rc < 0) xs_plan_free(plan);
    else *out = plan;
    return rc;
}

void xs_plan_free(xs_plan *plan) {
    if (!plan) return;
    for (size_t i = 0; i < plan->n_families; i++) xs_settings_free(&plan->families[i].settings);
    for (size_t i = 0; i < plan->n_explainers; i++) xs_settings_free(&plan->explainers[i].settings);
    xs_settings_free(&plan->general);
    xs_arena_free(&plan->arena);
    xs_free(plan);
}

/* ------------------------------------------------------------------ identity */

static json_t *family_json(const xs_plan_family *family) {
    static const char *const names[] = {"init", "order", "dropout", "sample"};
    json_t *vary = json_array();
    for (unsigned k = 0; k < 4; k++)
        if (family->vary >> k & 1) json_array_append_new(vary, json_string(names[k]));
    json_t *json = json_pack("{s:s, s:s, s:I, s:o, s:o}", "name", family->name, "type", family->type->name, "models",
                             (json_int_t)family->models, "vary", vary, "settings", xs_settings_json(&family->settings));
    bool crossed = false, failed = !json;
    for (unsigned k = 0; k < XS_STREAMS; k++) crossed |= family->crossed[k] > 0;
    json_t *levels = crossed ? json_object() : NULL;
    for (unsigned k = 0; levels && k < XS_STREAMS; k++)
        failed |= json_object_set_new(levels, names[k], json_integer(family->crossed[k])) < 0;
    if (json && crossed) failed |= json_object_set_new(json, "crossed", levels) < 0;
    else json_decref(levels);
    if (!failed) return json;
    json_decref(json);
    return NULL;
}

json_t *xs_plan_json(const xs_plan *plan) {
    json_t *general = xs_settings_json(&plan->general), *families = json_array();
    for (size_t i = 0; general && i < plan->general.count; i++) {
        const char *name = general_params[i].name;
        if (strncmp(name, "corpus.", 7) && strcmp(name, "seed") && strcmp(name, "target"))
            json_object_del(general, name);
    }
    // Keys that came after the first study files: what they do not say is as it was then.
    json_object_del(general, "corpus.rationales"); // may change at any time
    json_object_del(general, "corpus.phrases");
    if (general && strcmp(xs_settings_choice(&plan->general, "corpus.format"), "table") == 0) {
        json_object_del(general, "corpus.format");
        json_object_del(general, "corpus.docs");
    }
    for (size_t i = 0; families && i < plan->n_families; i++)
        if (json_array_append_new(families, family_json(&plan->families[i]))) {
            json_decref(families);
            families = NULL;
        }
    return json_pack("{s:o, s:o}", "general", general, "families", families); // frees both if one is NULL
}
