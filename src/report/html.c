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

// What stands in the place {{name}}.
static int put_place(const xs_results *r, const char *name, size_t n, const xs_sink *to, xsnr_error *err) {
    static const xs_terminal plain = {110, XS_COLOR_NONE, XS_PALETTE_RED_BLUE, false};
    static const char *const names[] = {"title", "table", "style", "script", "data"};
    enum { TITLE, TABLE, STYLE, SCRIPT, DATA, PLACES };
    int k = 0;
    while (k < PLACES && (strlen(names[k]) != n || strncmp(names[k], name, n) != 0)) k++;
    xs_str table = {0};
    int rc = XSNR_OK;
    switch (k) {
    case TITLE: put_escaped(to->text, r->study); break;
    case TABLE:
        rc = xs_report_table(r, &plain, &table, err);
        if (rc == XSNR_OK) put_escaped(to->text, table.data);
        xs_str_free(&table);
        break;
    case STYLE: xs_str_put(to->text, xs_page_css); break;
    case SCRIPT: xs_str_put(to->text, xs_page_js); break;
    case DATA: rc = xs_page_data(r, to, err); break;
    default: break;
    }
    return rc;
}

int xs_report_html(const xs_results *r, const xs_sink *to, xsnr_error *err) {
    for (const char *p = xs_page_html; *p;) {
        const char *mark = strstr(p, "{{"), *end = mark ? strstr(mark, "}}") : NULL;
        if (!end) {
            xs_str_put(to->text, p);
            break;
        }
        xs_str_append(to->text, p, (size_t)(mark - p));
        XS_TRY(put_place(r, mark + 2, (size_t)(end - mark) - 2, to, err));
        XS_TRY(xs_sink_flow(to, err));
        p = end + 2;
    }
    return xs_sink_end(to, err);
}
