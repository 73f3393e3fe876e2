// Compressed sparse rows: room and release; see sparse.h.
#include "math/sparse.h"
#include "base/alloc.h"

int xs_csr_new(size_t rows, uint32_t columns, size_t entries, xs_csr *out, xsnr_error *err) {
    *out = (xs_csr){.rows = rows, .columns = columns};
    out->begin = XS_NEW_ARRAY(size_t, rows + 1);
    out->index = XS_NEW_ARRAY(uint32_t, entries);
    out->value = XS_NEW_ARRAY(double, entries);
    if (out->begin && out->index && out->value) return XSNR_OK;
    xs_csr_free(out);
    return xs_nomem(err);
}

void xs_csr_free(xs_csr *m) {
    xs_free(m->begin);
    xs_free(m->index);
    xs_free(m->value);
    *m = (xs_csr){0};
}
