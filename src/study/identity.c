// The identity of a study: what decides its models and explanations, kept in its file as canonical JSON.
#include "study/identity.h"
#include "base/alloc.h"
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

static int settle_plan(xs_store *store, const json_t *identity, const char *path, xs_arena *arena, xsnr_error *err) {
    const char *before;
    char *now = json_dumps(identity, JSON_COMPACT | JSON_SORT_KEYS);
    if (!now) return xs_nomem(err);
    int rc = xs_store_fact(store, "identity", arena, &before, err);
    if (rc == XSNR_OK && !before) rc = xs_store_put_fact(store, "identity", now, err);
    else if (rc == XSNR_OK && strcmp(before, now) != 0) rc = refuse_plan(before, identity, path, err);
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
    int rc = identity ? settle_plan(store, identity, path, &arena, err) : xs_nomem(err);
    if (rc == XSNR_OK) rc = settle_data(store, data, path, &arena, err);
    json_decref(identity);
    xs_arena_free(&arena);
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
