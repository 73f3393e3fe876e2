// The page: one self-contained HTML file, put together from page/ and the results.
//
// page.html has places written {{name}}.  The script is page/*.ts with Observable Plot, bundled when the library is
// built.  Nothing is ever fetched: the page's own policy forbids it.
#include "report/page_data.h"
#include "report/report.h"
#include <string.h>

extern const char xs_page_html[], xs_page_css[], xs_page_js[];

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

int xs_report_html(const xs_results *r, xs_str *out, xsnr_error *err) {
    static const xs_terminal plain = {110, XS_COLOR_NONE, XS_PALETTE_RED_BLUE, false};
    xs_str data = {0}, table = {0};
    int rc = xs_page_data(r, NULL, &data, err);
    if (rc == XSNR_OK) rc = xs_report_table(r, &plain, &table, err);
    if (rc == XSNR_OK && (!data.data || !table.data)) rc = xs_nomem(err);
    if (rc != XSNR_OK) {
        xs_str_free(&data);
        xs_str_free(&table);
        return rc;
    }
    const struct {
        const char *name, *text;
        bool escape;
    } places[] = {{"title", r->study, true},   {"table", table.data, true},   {"style", xs_page_css, false},
                  {"script", xs_page_js, false}, {"data", data.data, false}};
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
