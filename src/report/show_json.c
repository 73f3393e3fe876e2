// One text's numbers as JSON, in the shape of results.json: what reads the one reads the other.
#include "report/report.h"
#include "report/tree.h"
#include <string.h>

static bool matches(const char *wanted, const char *name) { return !wanted || strcmp(wanted, name) == 0; }

static bool append(json_t *list, json_t *value) { return json_array_append_new(list, value) == 0; }

// {"name", "texts": [the text]}; JSON's null: it has not got it.
static json_t *explainer(const xs_explainer_result *e, const char *id) {
    for (size_t i = 0; i < e->n_texts; i++) {
        if (strcmp(xs_text_at(e, i)->id, id) != 0) continue;
        json_t *o = json_object(), *texts = json_array();
        bool ok = o && texts && append(texts, xs_text_tree(&e->texts[i])) && xs_json_put(o, "name", xs_json_text(e->name)) &&
                  xs_json_put(o, "texts", json_incref(texts));
        json_decref(texts);
        if (!ok) json_decref(o);
        return ok ? o : NULL;
    }
    return json_null();
}

// Appends {"name", "explainers"} unless none has the text.
static bool put_family(json_t *families, const xs_family_result *f, const char *id, const char *wanted) {
    json_t *o = json_object(), *list = json_array();
    bool ok = o && list;
    for (size_t e = 0; ok && e < f->n_explainers; e++) {
        if (!matches(wanted, f->explainers[e].name)) continue;
        json_t *one = explainer(&f->explainers[e], id);
        ok = one && (json_is_null(one) || append(list, json_incref(one)));
        json_decref(one);
    }
    bool some = json_array_size(list) > 0;
    ok = ok && xs_json_put(o, "name", xs_json_text(f->name)) && xs_json_put(o, "explainers", json_incref(list)) &&
         (!some || append(families, json_incref(o)));
    json_decref(o);
    json_decref(list);
    return ok;
}

int xs_report_show_json(const xs_results *r, const char *text_id, const char *family, const char *explainer_, xs_str *out,
                        xsnr_error *err) {
    XS_TRY(xs_report_find(r, text_id, family, explainer_, err));
    json_t *o = json_object(), *families = json_array();
    bool ok = o && families && xs_json_put(o, "xsnr", xs_json_text(xsnr_version())) &&
              xs_json_put(o, "study", xs_json_text(r->study)) && xs_json_put(o, "normalize", xs_json_text(r->normalize));
    for (size_t f = 0; ok && f < r->n_families; f++)
        if (matches(family, r->families[f].name)) ok = put_family(families, &r->families[f], text_id, explainer_);
    ok = ok && xs_json_put(o, "families", json_incref(families));
    json_decref(families);
    if (!ok) json_decref(o);
    return xs_json_write(ok ? o : NULL, out, err);
}

int xs_report_ids_json(const char *const *ids, size_t n, xs_str *out, xsnr_error *err) {
    json_t *o = json_object(), *list = json_array();
    bool ok = o && list;
    for (size_t i = 0; ok && i < n; i++) ok = append(list, xs_json_text(ids[i]));
    ok = ok && xs_json_put(o, "texts", json_incref(list));
    json_decref(list);
    if (!ok) json_decref(o);
    return xs_json_write(ok ? o : NULL, out, err);
}
