// results.json: the tree of the results, written out, text by text.
//
// The tree of all texts would take many times the memory of the results themselves.  So the tree is made without them; the
// walk to each explainer's list of texts (families → explainers → texts) writes the objects on its way key by key, every
// other value as jansson dumps it, moved right by its depth.
#include "report/report.h"
#include "report/tree.h"
#include <string.h>

static const size_t STYLE = JSON_INDENT(1) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17); // 17 digits: the same bits come back

// What is dumped at some depth: an end of a line is no part of a string, so that blanks may follow it.
typedef struct moved {
    xs_str *out;
    int depth;
} moved;

static int append_moved(const char *bytes, size_t n, void *context) {
    const moved *to = context;
    for (size_t from = 0; from < n;) {
        const char *end = memchr(bytes + from, '\n', n - from);
        size_t line = end ? (size_t)(end - bytes) + 1 - from : n - from;
        if (xs_str_append(to->out, bytes + from, line) < 0) return -1;
        if (end) xs_str_printf(to->out, "%*s", to->depth, "");
        from += line;
    }
    return 0;
}

static int put_value(const json_t *value, int depth, xs_str *out, xsnr_error *err) {
    moved to = {out, depth};
    return json_dump_callback(value, append_moved, &to, STYLE) || xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}

int xs_json_write(json_t *tree, xs_str *out, xsnr_error *err) {
    if (!tree) return xs_nomem(err);
    int rc = put_value(tree, 0, out, err);
    json_decref(tree);
    xs_str_put(out, "\n");
    return rc == XSNR_OK && xs_str_failed(out) ? xs_nomem(err) : rc;
}

typedef struct walk {
    const xs_results *r;
    const xs_sink *to;
    size_t family, explainer;
} walk;

static void start_item(xs_str *out, size_t i, int depth) { xs_str_printf(out, "%s\n%*s", i ? "," : "", depth, ""); }

static int put_texts(walk *w, int depth, xsnr_error *err) {
    const xs_explainer_result *e = &w->r->families[w->family].explainers[w->explainer];
    xs_str *out = w->to->text;
    xs_str_put(out, "[");
    for (size_t i = 0; i < e->n_texts; i++) {
        json_t *text = xs_text_tree(xs_text_at(e, i));
        if (!text) return xs_nomem(err);
        start_item(out, i, depth + 1);
        int rc = put_value(text, depth + 1, out, err);
        json_decref(text);
        if (rc == XSNR_OK) rc = xs_sink_flow(w->to, err);
        if (rc < 0) return rc;
    }
    xs_str_printf(out, e->n_texts ? "\n%*s]" : "]", e->n_texts ? depth : 0, "");
    return XSNR_OK;
}

// The lists on the way to the texts, from the outermost.
static const char *const way[] = {"families", "explainers", "texts"};
enum { WAY = 3 };

// NOLINTNEXTLINE(misc-no-recursion): as deep as the way
static int put_object(walk *w, const json_t *object, int level, int depth, xsnr_error *err) {
    xs_str *out = w->to->text;
    const char *key;
    json_t *value;
    size_t k = 0;
    xs_str_put(out, "{");
    json_object_foreach((json_t *)object, key, value) {
        start_item(out, k++, depth + 1);
        xs_str_printf(out, "\"%s\": ", key); // our own keys: nothing to escape
        if (level == WAY || strcmp(key, way[level])) {
            XS_TRY(put_value(value, depth + 1, out, err));
        } else if (level == WAY - 1) {
            XS_TRY(put_texts(w, depth + 1, err));
        } else {
            size_t *at = level == 0 ? &w->family : &w->explainer, n = json_array_size(value);
            xs_str_put(out, "[");
            for (*at = 0; *at < n; ++*at) {
                start_item(out, *at, depth + 2);
                XS_TRY(put_object(w, json_array_get(value, *at), level + 1, depth + 2, err));
            }
            xs_str_printf(out, n ? "\n%*s]" : "]", n ? depth + 1 : 0, "");
        }
    }
    xs_str_printf(out, "\n%*s}", depth, "");
    return xs_sink_flow(w->to, err);
}

int xs_report_json(const xs_results *r, const xs_sink *to, xsnr_error *err) {
    json_t *tree = xs_results_tree(r, err);
    if (!tree) return XSNR_ERR_NOMEM;
    walk w = {.r = r, .to = to};
    int rc = put_object(&w, tree, 0, 0, err);
    json_decref(tree);
    xs_str_put(to->text, "\n");
    return rc == XSNR_OK ? xs_sink_end(to, err) : rc;
}
