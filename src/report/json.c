// results.json: the tree of the results, written out.
#include "report/report.h"
#include "report/tree.h"

static int append(const char *bytes, size_t n, void *out) {
    return xs_str_append(out, bytes, n);
}

int xs_json_write(json_t *tree, xs_str *out, xsnr_error *err) {
    if (!tree) return xs_nomem(err);
    // 17 digits: every double comes back with the same bits.
    int rc = json_dump_callback(tree, append, out, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    json_decref(tree);
    xs_str_put(out, "\n");
    return rc || xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}

int xs_report_json(const xs_results *r, xs_str *out, xsnr_error *err) {
    json_t *tree = xs_results_tree(r, true, err);
    return tree ? xs_json_write(tree, out, err) : XSNR_ERR_NOMEM;
}
