// The identity of a study: what decides its models and explanations, kept in its file as canonical JSON.
#include "study/identity.h"
#include "base/alloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The part of a plan that must not change.
static json_t *identity_of(const xs_plan *plan) {
    json_t *json = xs_plan_json(plan), *family;
    size_t i;
    json_array_foreach(json_object_get(json, "families"), i, family) json_object_del(family, "models"); // may grow
    return json;
}

static void put_value(xs_str *out, const json_t *value) {
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9)) : NULL;
    xs_str_printf(out, "%.120s", text ? text : "not there");
    free(text);
}

// "KEY was X and is Y" of the first difference; false if there is none.  `path` holds the way to it.
static bool difference(const json_t *before, const json_t *now, xs_str *path, xs_str *out) {
    if (json_equal(before, now)) return false;
    size_t length = path->length, i;
    if (json_is_object(before) && json_is_object(now)) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)now, key, value) {
            xs_str_printf(path, "%s%s", length ? "." : "", key);
            if (difference(json_object_get(before, key), value, path, out)) return true;
            path->length = length;
        }
        json_object_foreach((json_t *)before, key, value) {
            xs_str_printf(path, "%s%s", length ? "." : "", key);
            if (!json_object_get(now, key) && difference(value, NULL, path, out)) return true;
            path->length = length;
        }
    } else if (json_is_array(before) && json_is_array(now)) {
        size_t n = json_array_size(before) > json_array_size(now) ? json_array_size(before) : json_array_size(now);
        for (i = 0; i < n; i++) {
            const json_t *x = json_array_get(before, i), *y = json_array_get(now, i);
            const char *name = json_string_value(json_object_get(y ? y : x, "name"));
            if (name) xs_str_printf(path, "[%s]", name);
            else xs_str_printf(path, "[%zu]", i);
            if (difference(x, y, path, out)) return true;
            path->length = length;
        }
    }
    xs_str_printf(out, "%.*s was ", (int)path->length, path->data ? path->data : "");
    put_value(out, before);
    xs_str_put(out, " and is ");
    put_value(out, now);
    return true;
}

static int refuse(const char *path, const char *changed, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_SCHEMA, path, 0,
                      "this study file was made %s; give another folder (-o) or remove the file", changed);
}

static int refuse_plan(const char *before, const json_t *now, const char *path, xsnr_error *err) {
    json_t *old = json_loads(before, 0, NULL);
    xs_str way = {0}, what = {0};
    xs_str_put(&what, "by another plan: ");
    bool found = difference(json_object_get(old, "general"), json_object_get(now, "general"), &way, &what);
    if (!found) { // the keys of the study itself stand in study.yaml without a name above them
        xs_str_put(&way, "families");
        found = difference(json_object_get(old, "families"), json_object_get(now, "families"), &way, &what);
    }
    int rc = refuse(path, found && !xs_str_failed(&what) ? what.data : "by another plan", err);
    xs_str_free(&way);
    xs_str_free(&what);
    json_decref(old);
    return rc;
}

// Explanations that were imported have no plan to be compared with.
static int refuse_imported(xs_store *store, xs_arena *arena, xsnr_error *err) {
    const char *imported;
    XS_TRY(xs_store_fact(store, "import.settings", arena, &imported, err));
    if (!imported) return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_SCHEMA, xs_store_path(store), 0,
                      "the explanations in this study file were imported and belong to no study.yaml; `xsnr analyze %s` reads it",
                      xs_store_path(store));
}

static int settle_plan(xs_store *store, const json_t *identity, const char *path, bool write, xs_arena *arena, xsnr_error *err) {
    const char *before;
    XS_TRY(refuse_imported(store, arena, err));
    char *now = json_dumps(identity, JSON_COMPACT | JSON_SORT_KEYS);
    if (!now) return xs_nomem(err);
    int rc = xs_store_fact(store, "identity", arena, &before, err);
    if (rc == XSNR_OK && before && strcmp(before, now) != 0) rc = refuse_plan(before, identity, path, err);
    else if (rc == XSNR_OK && !before && write) rc = xs_store_put_fact(store, "identity", now, err);
    free(now);
    return rc;
}

static int settle_data(xs_store *store, const char *data, const char *path, xs_arena *arena, xsnr_error *err) {
    const char *before;
    XS_TRY(xs_store_fact(store, "data_sha256", arena, &before, err));
    if (!before) return xs_store_put_fact(store, "data_sha256", data, err);
    return strcmp(before, data) == 0 ? XSNR_OK : refuse(path, "from other data (their SHA-256 differs)", err);
}

int xs_identity_settle(xs_store *store, const xs_plan *plan, const char *data, const char *path, xsnr_error *err) {
    xs_arena arena = {0};
    json_t *identity = identity_of(plan);
    int rc = identity ? settle_plan(store, identity, path, true, &arena, err) : xs_nomem(err);
    if (rc == XSNR_OK) rc = settle_data(store, data, path, &arena, err);
    json_decref(identity);
    xs_arena_free(&arena);
    return rc;
}

int xs_identity_check(xs_store *store, const xs_plan *plan, xsnr_error *err) {
    xs_arena arena = {0};
    json_t *identity = identity_of(plan);
    int rc = identity ? settle_plan(store, identity, xs_store_path(store), false, &arena, err) : xs_nomem(err);
    json_decref(identity);
    xs_arena_free(&arena);
    return rc == XSNR_OK ? xs_identity_explainers(store, plan, err) : rc;
}

/* ------------------------------------------------------------ explainers */

static const xs_plan_explainer *planned_explainer(const xs_plan *plan, const char *name) {
    for (size_t i = 0; i < plan->n_explainers; i++)
        if (strcmp(plan->explainers[i].method->name, name) == 0) return &plan->explainers[i];
    return NULL;
}

// `before`: the settings by which the file's explanations were made.
static int same_explainer(xs_store *store, const xs_plan *plan, const xs_plan_explainer *e, const char *before, xsnr_error *err) {
    json_t *old = json_loads(before, 0, NULL), *now = xs_settings_json(&e->settings);
    xs_str way = {0}, what = {0};
    const char *file = strrchr(xs_store_path(store), '/');
    file = file ? file + 1 : xs_store_path(store);
    int rc = now ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK && difference(old, now, &way, &what))
        rc = xs_str_failed(&what) || xs_str_failed(&way)
                 ? xs_nomem(err)
                 : xs_fail_at(err, XSNR_ERR_SCHEMA, e->line ? plan->path : xs_store_path(store), e->line,
                              "explainer '%s': %s, but %s keeps what it explained before; give another folder (-o) or remove the file",
                              e->method->name, what.data, file);
    xs_str_free(&way);
    xs_str_free(&what);
    json_decref(old);
    json_decref(now);
    return rc;
}

typedef int family_fn(void *context, xs_store *store, const xs_plan *plan, const xs_store_family *family, const char *const *explainers,
                      const char *const *settings, size_t n, xsnr_error *err);

// Every family of the file, with its explainers.
static int each_family(xs_store *store, const xs_plan *plan, family_fn *see, void *context, xsnr_error *err) {
    xs_arena arena = {0};
    xs_store_family *families;
    const char **explainers, **settings;
    size_t n_families = 0, n, n_settings;
    int rc = xs_store_families(store, &arena, &families, &n_families, err);
    for (size_t f = 0; rc == XSNR_OK && f < n_families; f++) {
        rc = xs_store_explainers(store, families[f].id, &arena, &explainers, &n, err);
        if (rc == XSNR_OK) rc = xs_store_explainer_settings(store, families[f].id, &arena, &settings, &n_settings, err);
        if (rc == XSNR_OK) rc = see(context, store, plan, &families[f], explainers, settings, n < n_settings ? n : n_settings, err);
    }
    xs_arena_free(&arena);
    return rc;
}

static int compare_explainers(void *context, xs_store *store, const xs_plan *plan, const xs_store_family *family,
                              const char *const *explainers, const char *const *settings, size_t n, xsnr_error *err) {
    (void)context;
    (void)family;
    for (size_t i = 0; i < n; i++) {
        const xs_plan_explainer *e = planned_explainer(plan, explainers[i]);
        if (e) XS_TRY(same_explainer(store, plan, e, settings[i], err));
    }
    return XSNR_OK;
}

int xs_identity_explainers(xs_store *store, const xs_plan *plan, xsnr_error *err) {
    return each_family(store, plan, compare_explainers, NULL, err);
}

/* ------------------------------------------------------------ more than the plan asks for */

typedef struct surplus {
    xs_say_fn *say;
    void *context;
    xs_str explainers; // "a, b" that the plan does not name
    size_t n;
} surplus;

static bool stands_in(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *p = list; p && (p = strstr(p, name)); p += n)
        if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ',')) return true;
    return false;
}

static int find_surplus(void *context, xs_store *store, const xs_plan *plan, const xs_store_family *family, const char *const *explainers,
                        const char *const *settings, size_t n, xsnr_error *err) {
    (void)store;
    (void)settings;
    surplus *s = context;
    for (size_t i = 0; i < n; i++)
        if (!planned_explainer(plan, explainers[i]) && !stands_in(s->explainers.data, explainers[i]) &&
            xs_str_printf(&s->explainers, "%s%s", s->n++ ? ", " : "", explainers[i]) < 0)
            return xs_nomem(err);
    for (size_t k = 0; k < plan->n_families; k++) {
        const xs_plan_family *planned = &plan->families[k];
        if (strcmp(planned->name, family->name) != 0 || family->made <= planned->models) continue;
        char notice[160];
        snprintf(notice, sizeof notice, "the study has %u models, the plan asks for %u: all %u of them are analysed",
                 (unsigned)family->made, (unsigned)planned->models, (unsigned)family->made);
        s->say(s->context, family->name, notice);
    }
    return XSNR_OK;
}

int xs_identity_surplus(xs_store *store, const xs_plan *plan, xs_say_fn *say, void *context, xsnr_error *err) {
    surplus s = {.say = say, .context = context};
    xs_str notice = {0};
    int rc = each_family(store, plan, find_surplus, &s, err);
    if (rc == XSNR_OK && s.n) {
        xs_str_printf(&notice, "the study has explanations by %s, too, which the plan does not name: they are analysed all the same", s.explainers.data);
        if (xs_str_failed(&notice)) rc = xs_nomem(err);
        else say(context, NULL, notice.data);
    }
    xs_str_free(&notice);
    xs_str_free(&s.explainers);
    return rc;
}

int xs_identity_hash(const xs_plan *plan, xs_hash *hash, xsnr_error *err) {
    json_t *identity = identity_of(plan);
    char *text = identity ? json_dumps(identity, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(identity);
    if (!text) return xs_nomem(err);
    xs_hash_text(hash, text);
    free(text);
    return XSNR_OK;
}
