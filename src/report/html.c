// The page: one self-contained HTML file, put together from page/ and the results.
//
// page.html has places written {{name}}.  The data stand in it as JSON in which every '<' is \u003c and all
// that is not ASCII is escaped, so that no text of a corpus can end the script element; the scores of every
// text are base64 of little-endian float32, (models, words).  Nothing is ever fetched: the page's own policy
// forbids it.
#include "base/alloc.h"
#include "report/report.h"
#include "report/tree.h"
#include <string.h>

extern const char xs_page_html[], xs_page_css[], xs_page_js[], xs_plot_js[];

static const size_t MOST_SCORES =
    48u << 20; // bytes of float32 in a page; texts beyond come without single models

static void put_escaped(xs_str *out, const char *text) {
    for (; *text; text++) {
        switch (*text) {
        case '<':
            xs_str_put(out, "&lt;");
            break;
        case '>':
            xs_str_put(out, "&gt;");
            break;
        case '&':
            xs_str_put(out, "&amp;");
            break;
        case '"':
            xs_str_put(out, "&quot;");
            break;
        case '\'':
            xs_str_put(out, "&#39;");
            break;
        default:
            xs_str_append(out, text, 1);
        }
    }
}

static void put_base64(char *out, const unsigned char *bytes, size_t n) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned a = bytes[i], b = i + 1 < n ? bytes[i + 1] : 0, c = i + 2 < n ? bytes[i + 2] : 0;
        *out++ = digit[a >> 2];
        *out++ = digit[(a & 3) << 4 | b >> 4];
        *out++ = i + 1 < n ? digit[(b & 15) << 2 | c >> 6] : '=';
        *out++ = i + 2 < n ? digit[c & 63] : '=';
    }
    *out = '\0';
}

// Base64 of n scores as little-endian float32; NULL: no memory.
static json_t *encode_scores(const double *scores, size_t n) {
    unsigned char *bytes = xs_malloc(4 * n);
    char *text = xs_malloc(4 * n / 3 * 4 + 8);
    json_t *value = NULL;
    if (bytes && text) {
        for (size_t i = 0; i < n; i++) {
            float f = (float)scores[i];
            uint32_t bits;
            memcpy(&bits, &f, sizeof bits);
            for (size_t k = 0; k < 4; k++) bytes[4 * i + k] = (unsigned char)(bits >> (8 * k));
        }
        put_base64(text, bytes, 4 * n);
        value = json_string(text);
    }
    xs_free(bytes);
    xs_free(text);
    return value;
}

// Adds to a text's object what single models gave: "model" and, while there is room, "scores".
static bool add_scores(json_t *object, const xs_text_result *t, void *context) {
    size_t *used = context;
    json_t *model = json_array();
    bool ok = model;
    for (size_t m = 0; ok && t->model && m < t->models_kept; m++)
        ok = json_array_append_new(model, json_integer(t->model[m])) == 0;
    if (!ok || !xs_json_put(object, "model", model)) {
        if (!ok) json_decref(model);
        return false;
    }
    size_t n = t->models_kept * t->n_words;
    if (!t->scores || !t->model || n > (MOST_SCORES - *used) / 4) return true;
    *used += 4 * n;
    return xs_json_put(object, "scores", encode_scores(t->scores, n));
}

static int append_data(const char *bytes, size_t n, void *out) {
    for (size_t i = 0; i < n; i++) {
        size_t from = i;
        while (i < n && bytes[i] != '<') i++;
        if (xs_str_append(out, bytes + from, i - from) < 0) return -1;
        if (i < n && xs_str_put(out, "\\u003c") < 0) return -1;
    }
    return 0;
}

// The results as the page reads them; NULL data after a failure.
static int compose_data(const xs_results *r, xs_str *out, xsnr_error *err) {
    size_t used = 0;
    json_t *tree = xs_results_tree(r, add_scores, &used, err);
    if (!tree) return XSNR_ERR_NOMEM;
    int rc =
        json_dump_callback(tree, append_data, out, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
    json_decref(tree);
    return rc || xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}

int xs_report_html(const xs_results *r, xs_str *out, xsnr_error *err) {
    static const xs_terminal plain = {110, XS_COLOR_NONE, XS_PALETTE_RED_BLUE, false};
    xs_str data = {0}, table = {0};
    int rc = compose_data(r, &data, err);
    if (rc == XSNR_OK) rc = xs_report_table(r, &plain, &table, err);
    if (rc < 0) {
        xs_str_free(&data);
        xs_str_free(&table);
        return rc;
    }
    const struct {
        const char *name, *text;
        bool escape;
    } places[] = {{"title", r->study, true},   {"table", table.data, true},   {"style", xs_page_css, false},
                  {"plot", xs_plot_js, false}, {"script", xs_page_js, false}, {"data", data.data, false}};
    for (const char *p = xs_page_html; *p;) {
        const char *mark = strstr(p, "{{"), *end = mark ? strstr(mark, "}}") : NULL;
        if (!end) {
            xs_str_put(out, p);
            break;
        }
        xs_str_append(out, p, (size_t)(mark - p));
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            if (strncmp(mark + 2, places[i].name, strlen(places[i].name)) ||
                mark + 2 + strlen(places[i].name) != end)
                continue;
            if (places[i].escape)
                put_escaped(out, places[i].text);
            else
                xs_str_put(out, places[i].text);
        }
        p = end + 2;
    }
    xs_str_free(&data);
    xs_str_free(&table);
    return xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}
