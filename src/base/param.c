// Tables of parameters and their values; see param.h.
#include "base/param.h"
#include "base/alloc.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CHOICES 32

static size_t table_size(const xs_param *table) {
    size_t n = 0;
    while (table[n].name) n++;
    return n;
}

int xs_param_index(const xs_param *table, const char *name) {
    for (int i = 0; table[i].name; i++)
        if (strcmp(table[i].name, name) == 0) return i;
    return -1;
}

static bool is_text(const xs_param *p) { return p->type == XS_STRING || p->type == XS_LIST; }

// The index of `word` (n bytes) in "a|b|c", or −1.
static int choice_index(const char *choices, const char *word, size_t n) {
    int index = 0;
    for (const char *p = choices;; index++) {
        size_t length = strcspn(p, "|");
        if (length == n && memcmp(p, word, n) == 0) return index;
        if (!p[length]) return -1;
        p += length + 1;
    }
}

static void choice_word(const char *choices, unsigned index, char *word, size_t size) {
    const char *p = choices;
    for (; index; index--) p += strcspn(p, "|") + 1;
    size_t n = strcspn(p, "|");
    if (n >= size) n = size - 1;
    memcpy(word, p, n);
    word[n] = '\0';
}

int xs_param_unknown(const xs_param *table, const char *what, const char *name, const char *file, long line,
                     xsnr_error *err) {
    const char *names[64];
    size_t n = 0;
    xs_str all = {0};
    for (; n < 64 && table[n].name; n++) {
        names[n] = table[n].name;
        xs_str_printf(&all, "%s%s", n ? ", " : "", names[n]);
    }
    const char *near = xs_nearest(name, names, n);
    int rc = near ? xs_fail_at(err, XSNR_ERR_CONFIG, file, line, "unknown %s '%s'; did you mean '%s'?", what,
                               name, near)
                  : xs_fail_at(err, XSNR_ERR_CONFIG, file, line, "unknown %s '%s'; it is one of %s", what, name,
                               all.data ? all.data : "none");
    xs_str_free(&all);
    return rc;
}

static int wrong_type(const xs_param *p, const char *text, const char *file, long line, xsnr_error *err) {
    static const char *const expected[] = {[XS_BOOL] = "true or false",  [XS_INT] = "a whole number",
                                           [XS_REAL] = "a number",       [XS_STRING] = "text",
                                           [XS_CHOICE] = "a word",       [XS_CHOICES] = "a list of words",
                                           [XS_LIST] = "a list of texts"};
    return xs_fail_at(err, XSNR_ERR_CONFIG, file, line, "%s: '%.60s' is not %s", p->name, text,
                      expected[p->type]);
}

static int out_of_range(const xs_param *p, const char *text, const char *file, long line, xsnr_error *err) {
    if (isinf(p->max) && *text != '-' && strtod(text, NULL) > p->min)
        return xs_fail_at(err, XSNR_ERR_CONFIG, file, line, "%s: %.60s is too large; at most %lld", p->name, text, (long long)INT64_MAX);
    if (isinf(p->max))
        return xs_fail_at(err, XSNR_ERR_CONFIG, file, line, "%s: %.60s is too small; at least %g", p->name, text,
                          p->min);
    return xs_fail_at(err, XSNR_ERR_CONFIG, file, line, "%s: %.60s is outside %g to %g", p->name, text, p->min,
                      p->max);
}

static int wrong_choice(const xs_param *p, const char *word, int n, const char *file, long line,
                        xsnr_error *err) {
    char words[MOST_CHOICES][64], typed[64];
    const char *candidates[MOST_CHOICES];
    xs_str all = {0};
    size_t count = 0;
    for (const char *c = p->choices; count < MOST_CHOICES; count++) {
        choice_word(p->choices, (unsigned)count, words[count], sizeof words[count]);
        candidates[count] = words[count];
        xs_str_printf(&all, "%s%s", count ? ", " : "", words[count]);
        c += strcspn(c, "|");
        if (!*c++) {
            count++;
            break;
        }
    }
    snprintf(typed, sizeof typed, "%.*s", n, word);
    const char *near = xs_nearest(typed, candidates, count);
    int rc = xs_fail_at(err, XSNR_ERR_CONFIG, file, line, "%s: '%s' is not one of %s%s%s%s", p->name, typed,
                        all.data ? all.data : "", near ? "; did you mean '" : "", near ? near : "",
                        near ? "'?" : "");
    xs_str_free(&all);
    return rc;
}

static int parse_choices(const xs_param *p, const char *text, unsigned *bits, const char *file, long line,
                         xsnr_error *err) {
    unsigned chosen = 0;
    for (const char *s = text; *s;) {
        s += strspn(s, " \t,|[]");
        size_t n = strcspn(s, " \t,|[]");
        if (!n) break;
        int k = choice_index(p->choices, s, n);
        if (k < 0) return wrong_choice(p, s, (int)n, file, line, err);
        chosen |= 1u << k;
        s += n;
    }
    *bits = chosen;
    return XSNR_OK;
}

static int parse(const xs_param *p, const char *text, xs_value *value, const char *file, long line,
                 xsnr_error *err) {
    char *end;
    errno = 0;
    switch (p->type) {
    case XS_BOOL:
        if (strcmp(text, "true") && strcmp(text, "false")) return wrong_type(p, text, file, line, err);
        value->flag = text[0] == 't';
        return XSNR_OK;
    case XS_INT: {
        long long v = strtoll(text, &end, 10);
        if (end == text || *end) return wrong_type(p, text, file, line, err);
        if (errno == ERANGE || (double)v < p->min || (double)v > p->max) return out_of_range(p, text, file, line, err);
        value->integer = v;
        return XSNR_OK;
    }
    case XS_REAL: {
        double v = strtod(text, &end);
        if (end == text || *end || !isfinite(v)) return wrong_type(p, text, file, line, err);
        if (v < p->min || v > p->max) return out_of_range(p, text, file, line, err);
        value->real = v;
        return XSNR_OK;
    }
    case XS_STRING:
    case XS_LIST: {
        char *copy = xs_strdup(text);
        if (!copy) return xs_nomem(err);
        xs_free(value->string);
        value->string = copy;
        return XSNR_OK;
    }
    case XS_CHOICE: {
        int k = choice_index(p->choices, text, strlen(text));
        if (k < 0) return wrong_choice(p, text, (int)strlen(text), file, line, err);
        value->choice = (unsigned)k;
        return XSNR_OK;
    }
    case XS_CHOICES: return parse_choices(p, text, &value->choice, file, line, err);
    }
    return XSNR_ERR_CONFIG;
}

int xs_settings_init(xs_settings *s, const xs_param *table, xsnr_error *err) {
    *s = (xs_settings){.table = table, .count = table_size(table)};
    s->values = XS_NEW_ARRAY(xs_value, s->count);
    s->given = XS_NEW_ARRAY(bool, s->count);
    int rc = s->values && s->given ? XSNR_OK : xs_nomem(err);
    for (size_t i = 0; rc == XSNR_OK && i < s->count; i++)
        rc = parse(&table[i], table[i].fallback, &s->values[i], NULL, 0, err);
    if (rc < 0) xs_settings_free(s);
    return rc;
}

void xs_settings_free(xs_settings *s) {
    for (size_t i = 0; s->values && i < s->count; i++)
        if (is_text(&s->table[i])) xs_free(s->values[i].string);
    xs_free(s->values);
    xs_free(s->given);
    *s = (xs_settings){0};
}

int xs_settings_copy(xs_settings *to, const xs_settings *from, xsnr_error *err) {
    XS_TRY(xs_settings_init(to, from->table, err));
    for (size_t i = 0; i < from->count; i++) {
        to->given[i] = from->given[i];
        if (!is_text(&from->table[i])) {
            to->values[i] = from->values[i];
            continue;
        }
        char *copy = xs_strdup(from->values[i].string);
        if (!copy) {
            xs_settings_free(to);
            return xs_nomem(err);
        }
        xs_free(to->values[i].string);
        to->values[i].string = copy;
    }
    return XSNR_OK;
}

int xs_settings_set(xs_settings *s, const char *name, const char *text, const char *file, long line,
                    xsnr_error *err) {
    int i = xs_param_index(s->table, name);
    if (i < 0) return xs_param_unknown(s->table, "key", name, file, line, err);
    XS_TRY(parse(&s->table[i], text, &s->values[i], file, line, err));
    s->given[i] = true;
    return XSNR_OK;
}

// The value of a name that the code itself wrote: a wrong one is a bug, not an error.
static const xs_value *value_of(const xs_settings *s, const char *name, xs_param_type type) {
    int i = xs_param_index(s->table, name);
    assert(i >= 0 && s->table[i].type == type);
    (void)type;
    return &s->values[i];
}

bool xs_settings_bool(const xs_settings *s, const char *name) { return value_of(s, name, XS_BOOL)->flag; }
int64_t xs_settings_int(const xs_settings *s, const char *name) { return value_of(s, name, XS_INT)->integer; }
double xs_settings_real(const xs_settings *s, const char *name) { return value_of(s, name, XS_REAL)->real; }

const char *xs_settings_string(const xs_settings *s, const char *name) {
    int i = xs_param_index(s->table, name);
    assert(i >= 0 && is_text(&s->table[i]));
    return s->values[i].string;
}

const char *xs_settings_choice(const xs_settings *s, const char *name) {
    static _Thread_local char word[64];
    unsigned index = value_of(s, name, XS_CHOICE)->choice;
    choice_word(s->table[xs_param_index(s->table, name)].choices, index, word, sizeof word);
    return word;
}

bool xs_settings_has(const xs_settings *s, const char *name, const char *choice) {
    unsigned bits = value_of(s, name, XS_CHOICES)->choice;
    int k = choice_index(s->table[xs_param_index(s->table, name)].choices, choice, strlen(choice));
    assert(k >= 0);
    return bits >> k & 1;
}

static json_t *choices_json(const char *choices, unsigned bits) {
    json_t *list = json_array();
    char word[64];
    for (unsigned k = 0; bits >> k; k++) {
        if (!(bits >> k & 1)) continue;
        choice_word(choices, k, word, sizeof word);
        json_array_append_new(list, json_string(word));
    }
    return list;
}

// A bit for every word of "a|b|c".
static unsigned all_bits(const char *choices) {
    unsigned bits = 1;
    for (const char *p = choices; *p; p++)
        if (*p == '|') bits = bits << 1 | 1;
    return bits;
}

static json_t *value_json(const xs_param *p, const xs_value *v) {
    char word[64];
    switch (p->type) {
    case XS_BOOL: return json_boolean(v->flag);
    case XS_INT: return json_integer(v->integer);
    case XS_REAL: return json_real(v->real);
    case XS_STRING:
    case XS_LIST: return json_string(v->string);
    case XS_CHOICE: choice_word(p->choices, v->choice, word, sizeof word); return json_string(word);
    case XS_CHOICES: return choices_json(p->choices, v->choice);
    }
    return NULL;
}

json_t *xs_settings_json(const xs_settings *s) {
    json_t *object = json_object();
    for (size_t i = 0; object && i < s->count; i++)
        if (json_object_set_new(object, s->table[i].name, value_json(&s->table[i], &s->values[i]))) {
            json_decref(object);
            return NULL;
        }
    return object;
}

static const char *const type_names[] = {[XS_BOOL] = "true|false", [XS_INT] = "integer", [XS_REAL] = "number",
                                         [XS_STRING] = "text",     [XS_CHOICE] = "choice", [XS_CHOICES] = "list",
                                         [XS_LIST] = "texts"};

int xs_param_help(const xs_param *table, xs_str *out) {
    for (const xs_param *p = table; p->name; p++) {
        xs_str_printf(out, "  %-22s %s\n  %-22s ", p->name, p->help, "");
        if (p->type == XS_CHOICE || p->type == XS_CHOICES)
            xs_str_printf(out, "%s %s", p->type == XS_CHOICE ? "one of" : "some of", p->choices);
        else if ((p->type == XS_INT || p->type == XS_REAL) && isinf(p->max))
            xs_str_printf(out, "%s, at least %g", type_names[p->type], p->min);
        else if (p->type == XS_INT || p->type == XS_REAL)
            xs_str_printf(out, "%s, %g to %g", type_names[p->type], p->min, p->max);
        else
            xs_str_put(out, type_names[p->type]);
        xs_str_printf(out, "; default %s\n", *p->fallback ? p->fallback : "none");
    }
    return xs_str_failed(out) ? XSNR_ERR_NOMEM : XSNR_OK;
}

json_t *xs_param_json(const xs_param *table) {
    json_t *list = json_array();
    for (const xs_param *p = table; list && p->name; p++) {
        json_t *row = json_pack("{s:s, s:s, s:s, s:s}", "name", p->name, "type", type_names[p->type], "default",
                                p->fallback, "help", p->help);
        if (row && (p->type == XS_INT || p->type == XS_REAL)) {
            json_object_set_new(row, "min", isinf(p->min) ? json_null() : json_real(p->min));
            json_object_set_new(row, "max", isinf(p->max) ? json_null() : json_real(p->max));
        }
        if (row && p->choices) json_object_set_new(row, "choices", choices_json(p->choices, all_bits(p->choices)));
        json_array_append_new(list, row);
    }
    return list;
}
