// What the files that build the JSON tree share: a number, a pair, an array's signal and noise.
#ifndef XSNR_REPORT_TREE_PARTS_H
#define XSNR_REPORT_TREE_PARTS_H
#include "report/tree.h"
#include "stats/beyond.h"
#include <math.h>

static inline json_t *number(double v) {
    return isfinite(v) ? json_real(v) : json_null();
}

// A whole number that is kept as a double.
static inline json_t *whole(double v) {
    return isfinite(v) && fabs(v) < 9e15 ? json_integer((json_int_t)v) : number(v);
}

static inline json_t *count(size_t n) {
    return json_integer((json_int_t)n);
}

static inline bool put(json_t *o, const char *key, double v) {
    return xs_json_put(o, key, number(v));
}

static inline json_t *pair(const double v[2]) {
    json_t *list = json_array();
    if (list && (json_array_append_new(list, number(v[0])) || json_array_append_new(list, number(v[1])))) {
        json_decref(list);
        list = NULL;
    }
    return list;
}

// `ok` says whether all went in; an object that is not whole is let go.
static inline json_t *finish(json_t *object, bool ok) {
    if (!ok) json_decref(object);
    return ok ? object : NULL;
}

// `columns`: the key under which their number is said, or NULL.
static inline json_t *moment(const xs_moment_snr *m, const char *columns) {
    json_t *o = json_object();
    bool ok = o && (!columns || xs_json_put(o, columns, count(m->columns))) &&
              put(o, "signal_raw", m->signal_raw) && put(o, "noise", m->noise) &&
              put(o, "ms_interaction", m->ms_interaction) && put(o, "signal", m->signal) &&
              put(o, "snr_raw", m->snr_raw) && put(o, "snr", m->snr);
    return finish(o, ok);
}

/// Puts what was asked for beside (stats/beyond.h) into the objects of a text, of its explainer's pooled texts, of
/// a family.
bool xs_put_text_beyond(json_t *object, const xs_text_result *text);
bool xs_put_pooled_beyond(json_t *object, const xs_explainer_result *explainer);
bool xs_put_several(json_t *object, const xs_several *several);
/// {"token_f1", …}
json_t *xs_plausibility_json(const xs_plausibility *p);
/// [[first, end, share], …]: runs of words that the same share of annotators marked, without those that none did.
json_t *xs_marked_json(const xs_text_result *text);
/// The one table, a list of rows.
json_t *xs_overview_json(const xs_results *r);
/// {"gaussian", …}: the information of one text or the mean of many.
json_t *xs_information_json(const xs_text_result *text);
#endif
