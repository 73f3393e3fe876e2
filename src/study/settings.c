// Maps of YAML become settings; see settings.h.
#include "study/settings.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { MOST_NAMES = 128, LONGEST_NAME = 1200 }; // 16 levels of keys of 64 bytes

unsigned xs_settings_bits(const xs_settings *s, const char *name) {
    int i = xs_param_index(s->table, name);
    assert(i >= 0 && s->table[i].type == XS_CHOICES);
    return s->values[i].choice;
}

// The settings that have a key of that dotted name, or NULL.
static xs_settings *owner(const xs_scope *scope, const char *name) {
    for (size_t i = 0; i < 2; i++)
        if (scope->settings[i] && xs_param_index(scope->settings[i]->table, name) >= 0)
            return scope->settings[i];
    return NULL;
}

// All names that could have been meant: keys, the maps that hold them ("corpus"), and keys read elsewhere.
static int gather_names(const xs_scope *scope, const char **names, size_t *count, xsnr_error *err) {
    size_t n = 0;
    for (size_t t = 0; t < 2 && scope->settings[t]; t++)
        for (const xs_param *p = scope->settings[t]->table; p->name && n < MOST_NAMES; p++) {
            for (const char *dot = strchr(p->name, '.'); dot && n < MOST_NAMES; dot = strchr(dot + 1, '.')) {
                size_t length = (size_t)(dot - p->name), k = 0;
                while (k < n && (strlen(names[k]) != length || strncmp(names[k], p->name, length))) k++;
                if (k == n && !(names[n++] = xs_arena_strndup(scope->arena, p->name, length)))
                    return xs_nomem(err);
            }
            if (n < MOST_NAMES) names[n++] = p->name;
        }
    for (size_t i = 0; scope->others && scope->others[i] && n < MOST_NAMES; i++)
        names[n++] = scope->others[i];
    *count = n;
    return XSNR_OK;
}

static const char *last_part(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

// Does `name` stand directly in the same map as `full`?
static bool same_map(const char *name, const char *full) {
    size_t n = (size_t)(last_part(full) - full);
    return (size_t)(last_part(name) - name) == n && strncmp(name, full, n) == 0;
}

// The name that was most likely meant: the same last part in another map ("ngrams" for "features.ngrams"),
// else a similar one in the same map, else a similar one anywhere; NULL if there is none.
static const char *nearest(const char *full, const char *const *names, size_t n) {
    const char *parts[MOST_NAMES] = {NULL}, *whole[MOST_NAMES] = {NULL};
    for (size_t i = 0; i < n; i++)
        if (strcmp(last_part(names[i]), last_part(full)) == 0) return names[i];
    for (int anywhere = 0; anywhere < 2; anywhere++) {
        size_t count = 0;
        for (size_t i = 0; i < n; i++)
            if (anywhere || same_map(names[i], full))
                parts[count] = last_part(names[i]), whole[count++] = names[i];
        const char *best = xs_nearest(last_part(full), parts, count);
        for (size_t i = 0; best && i < count; i++)
            if (parts[i] == best) return whole[i];
    }
    return NULL;
}

static int unknown_key(const xs_scope *scope, const char *full, long line, xsnr_error *err) {
    const char *names[MOST_NAMES] = {NULL};
    size_t n = 0;
    XS_TRY(gather_names(scope, names, &n, err));
    const char *near = nearest(full, names, n);
    if (near)
        return xs_fail_at(err, XSNR_ERR_CONFIG, scope->path, line, "unknown key '%s'; did you mean '%s'?",
                          full, near);
    xs_str all = {0};
    for (size_t i = 0; i < n && names[i]; i++)
        if (same_map(names[i], full)) xs_str_printf(&all, "%s%s", all.length ? ", " : "", names[i]);
    int rc = xs_str_failed(&all)
                 ? xs_nomem(err)
                 : xs_fail_at(err, XSNR_ERR_CONFIG, scope->path, line, "unknown key '%s'; it is one of %s",
                              full, all.data ? all.data : "");
    xs_str_free(&all);
    return rc;
}

// Is there a key NAME.something?
static bool is_map_of_keys(const xs_scope *scope, const char *name) {
    size_t n = strlen(name);
    for (size_t t = 0; t < 2 && scope->settings[t]; t++)
        for (const xs_param *p = scope->settings[t]->table; p->name; p++)
            if (strncmp(p->name, name, n) == 0 && p->name[n] == '.') return true;
    return false;
}

static int set_list(const xs_scope *scope, xs_settings *s, const char *name, const xs_yaml *list,
                    xsnr_error *err) {
    xs_str joined = {0};
    int rc = XSNR_OK;
    for (const xs_yaml *item = list->first; rc == XSNR_OK && item; item = item->next) {
        if (item->kind != XS_YAML_VALUE || item->null)
            rc = xs_fail_at(err, XSNR_ERR_CONFIG, scope->path, item->line, "%s: a list of words is expected",
                            name);
        else if (s->table[xs_param_index(s->table, name)].type == XS_LIST && strchr(item->text, ','))
            rc = xs_fail_at(err, XSNR_ERR_CONFIG, scope->path, item->line, "%s: '%.80s': a comma parts the texts of this list", name,
                            item->text);
        else if (xs_str_printf(&joined, "%s%s", joined.length ? ", " : "", item->text))
            rc = xs_nomem(err);
    }
    if (rc == XSNR_OK)
        rc = xs_settings_set(s, name, joined.data ? joined.data : "", scope->path, list->line, err);
    xs_str_free(&joined);
    return rc;
}

static int set_value(const xs_scope *scope, xs_settings *s, const char *name, const xs_yaml *node,
                     xsnr_error *err) {
    int index = xs_param_index(s->table, name);
    const xs_param *param = &s->table[index];
    if (s->given[index])
        return xs_fail_at(err, XSNR_ERR_CONFIG, scope->path, node->key_line, "'%s' stands twice", name);
    if (scope->lines && s == scope->settings[0]) scope->lines[index] = node->line;
    if (node->kind == XS_YAML_LIST && (param->type == XS_CHOICES || param->type == XS_LIST)) return set_list(scope, s, name, node, err);
    if (node->kind != XS_YAML_VALUE)
        return xs_fail_at(err, XSNR_ERR_CONFIG, scope->path, node->key_line,
                          "%s: a single value is expected, not %s", name, xs_yaml_kind_name(node));
    if (node->null)
        return xs_fail_at(err, XSNR_ERR_CONFIG, scope->path, node->key_line,
                          "%s: no value; leave the line out for the default%s%s%s", name,
                          *param->fallback ? " (" : "", param->fallback, *param->fallback ? ")" : "");
    return xs_settings_set(s, name, node->text, scope->path, node->line, err);
}

static int read_map(const xs_scope *scope, const xs_yaml *map, const char *prefix, xsnr_error *err) {
    char name[LONGEST_NAME];
    for (const xs_yaml *node = map->first; node; node = node->next) {
        bool elsewhere = false;
        for (size_t i = 0; !*prefix && scope->others && scope->others[i]; i++)
            elsewhere |= strcmp(scope->others[i], node->key) == 0;
        if (elsewhere) continue;
        snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", node->key);
        xs_settings *s = owner(scope, name);
        if (s) {
            XS_TRY(set_value(scope, s, name, node, err));
        } else if (!is_map_of_keys(scope, name)) {
            return unknown_key(scope, name, node->key_line, err);
        } else if (node->kind != XS_YAML_MAP) {
            return xs_fail_at(err, XSNR_ERR_CONFIG, scope->path, node->key_line,
                              "%s: a map of keys is expected, not %s", name,
                              node->null ? "nothing" : xs_yaml_kind_name(node));
        } else {
            XS_TRY(read_map(scope, node, name, err));
        }
    }
    return XSNR_OK;
}

int xs_settings_read(const xs_scope *scope, const xs_yaml *map, xsnr_error *err) {
    return read_map(scope, map, "", err);
}
