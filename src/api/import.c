// Explanations made elsewhere become a study file.
#include "base/alloc.h"
#include "base/param.h"
#include "given.h"
#include "stats/scores.h"
#include "store/import.h"
#include "study/plan.h"
#include "study/phrases.h"
#include "study/rationales.h"
#include "text/tokenizer.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <xsnr/xsnr.h>

// The place of `name` in a list; NULL is the first.
static int choose(const char *what, const char *name, const char *const *names, size_t n, int *out, xsnr_error *err) {
    *out = 0;
    if (!name) return XSNR_OK;
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0) return *out = (int)i, XSNR_OK;
    xs_str list = {0};
    for (size_t i = 0; i < n; i++) xs_str_printf(&list, "%s%s", i ? ", " : "", names[i]);
    int rc = xs_fail(err, XSNR_ERR_ARGUMENT, "%s is one of %s, not '%.40s'", what, xs_str_failed(&list) ? "" : list.data, name);
    xs_str_free(&list);
    return rc;
}

// How the study is to be analysed, checked, as JSON.  Freed with free.
static int settings_of(const xsnr_import_options *o, char **out, xsnr_error *err) {
    json_t *json = json_object();
    if (o->normalize && json) json_object_set_new(json, "normalize", json_string(o->normalize));
    if (o->absolute && json) json_object_set_new(json, "absolute", json_string("true"));
    *out = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!*out) return xs_nomem(err);
    xs_plan *plan;
    XS_TRY(xs_plan_imported("", *out, &plan, err));
    xs_plan_free(plan);
    return XSNR_OK;
}

static int describe(const xs_import_report *r, char **text, xsnr_error *err) {
    xs_str s = {0};
    *text = NULL;
    xs_str_printf(&s, "%zu model%s in %zu famil%s, %zu text%s, %zu explanation%s; tokens joined: %s\n", r->models, r->models == 1 ? "" : "s",
                  r->families, r->families == 1 ? "y" : "ies", r->texts, r->texts == 1 ? "" : "s", r->rows, r->rows == 1 ? "" : "s", r->joined);
    if (r->dropped_texts) xs_str_printf(&s, "%zu text%s left out: not every model explains %s\n", r->dropped_texts, r->dropped_texts == 1 ? " was" : "s were",
                                        r->dropped_texts == 1 ? "it" : "them");
    if (r->dropped_models) xs_str_printf(&s, "%zu model%s left out: %s not explain every text\n", r->dropped_models, r->dropped_models == 1 ? " was" : "s were",
                                         r->dropped_models == 1 ? "it does" : "they do");
    if (r->double_rows) xs_str_printf(&s, "%zu explanation%s left out: %s there already\n", r->double_rows, r->double_rows == 1 ? " was" : "s were",
                                      r->double_rows == 1 ? "it was" : "they were");
    xs_str_put(&s, r->notes);
    *text = xs_str_take(&s);
    return *text ? XSNR_OK : xs_nomem(err);
}

static int add_marks(void *options, xs_store *store, xsnr_error *err) {
    const xsnr_import_options *o = options;
    bool same;
    XS_TRY(xs_store_read_rationales(store, o->rationales, o->n_rationales, true, &same, err));
    return xs_store_read_phrases(store, o->phrases, o->n_phrases, true, &same, err);
}

static const char *token_of(void *tokenizer, uint32_t id) { return xs_tokenizer_token(tokenizer, id); }

int xsnr_import(const char *const *files, size_t count, const xsnr_import_options *options, const char *study_file, char **summary,
                xsnr_error *err) {
    static const xsnr_import_options defaults;
    static const char *const duplicates[] = {"error", "first"};
    const xsnr_import_options *o = options ? options : &defaults;
    int join, pool, missing, twice;
    char *settings = NULL;
    if (summary) *summary = NULL;
    XS_GIVEN(files);
    XS_GIVEN_ALL(files, count);
    XS_GIVEN(study_file);
    XS_GIVEN_ALL(o->rationales, o->n_rationales);
    XS_GIVEN_ALL(o->phrases, o->n_phrases);
    XS_TRY(choose("join", o->join, xs_join_names, 6, &join, err));
    XS_TRY(choose("pool", o->pool, xs_pooling_names, 4, &pool, err));
    XS_TRY(choose("missing", o->missing, xs_missing_names, 3, &missing, err));
    XS_TRY(choose("duplicates", o->duplicates, duplicates, 2, &twice, err));
    int rc = settings_of(o, &settings, err);
    xs_import_report report;
    xs_import_options how = {.format = o->format, .study = o->study, .family = o->family, .explainer = o->explainer,
                             .documents = o->documents, .settings = settings, .join = (xs_join)join, .pooling = (xs_pooling)pool,
                             .missing = (xs_missing)missing, .keep_first = twice == 1};
    xs_tokenizer *tokenizer = NULL;
    if (rc == XSNR_OK && o->tokenizer) rc = xs_tokenizer_load(o->tokenizer, &tokenizer, err);
    xsnr_import_options asked = *o;
    if (o->n_rationales || o->n_phrases) how.complete = add_marks, how.complete_context = &asked;
    if (tokenizer) how.token = token_of, how.context = tokenizer;
    if (rc == XSNR_OK) rc = xs_store_import(files, count, &how, study_file, &report, err);
    xs_tokenizer_free(tokenizer);
    free(settings);
    if (rc == XSNR_OK && summary) rc = describe(&report, summary, err);
    return rc;
}
