// Faithfulness of explanations; see store.h.
#include "store/database.h"
#include <string.h>

static int put_rows(xs_store *store, int64_t family, uint32_t index, const xs_store_faithfulness *rows, size_t n,
                    xsnr_error *err) {
    for (size_t i = 0; i < n; i++)
        XS_TRY(xs_db_run(store, err,
                         "INSERT OR REPLACE INTO faithfulness SELECT m.model, x.explainer, ?4, ?5, ?6, ?7 "
                         "FROM model m JOIN explainer x ON x.family = m.family AND x.name = ?3 "
                         "WHERE m.family = ?1 AND m.position = ?2",
                         "iititib", family, (int64_t)index, rows[i].explainer, rows[i].text, rows[i].removal,
                         (int64_t)rows[i].models, rows[i].judged, sizeof rows[i].judged));
    return XSNR_OK;
}

int xs_store_put_faithfulness(xs_store *store, int64_t family, uint32_t index, const xs_store_faithfulness *rows,
                              size_t n, xsnr_error *err) {
    XS_TRY(xs_db_begin(store, err));
    return xs_db_end(store, put_rows(store, family, index, rows, n, err), err);
}

int xs_store_faithfulness_missing(xs_store *store, int64_t family, const char *removal, uint32_t models,
                                  uint32_t slots, unsigned char *missing, xsnr_error *err) {
    sqlite3_stmt *row;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err,
                         "SELECT m.position FROM model m WHERE m.family = ?1 AND m.failure IS NULL AND "
                         "(SELECT count(*) FROM explanation e WHERE e.model = m.model) <> "
                         "(SELECT count(*) FROM faithfulness f WHERE f.model = m.model AND f.removal = ?2 AND f.models = ?3)",
                         "iti", family, removal, (int64_t)models);
    while (rc == XSNR_OK && (rc = xs_db_step(store, row, err)) == 1) {
        int64_t position = sqlite3_column_int64(row, 0);
        if (position < (int64_t)slots) missing[position] = 1;
        rc = XSNR_OK;
    }
    return xs_db_leave(store, rc);
}

static int read_row(xs_store *store, sqlite3_stmt *row, xs_store_faithfulness *out, xsnr_error *err) {
    out->model = (uint32_t)sqlite3_column_int64(row, 0);
    out->text = sqlite3_column_int64(row, 1);
    out->models = (uint32_t)sqlite3_column_int64(row, 2);
    const void *bytes = sqlite3_column_blob(row, 3);
    if ((size_t)sqlite3_column_bytes(row, 3) != sizeof out->judged)
        return xs_fail_at(err, XSNR_ERR_CORRUPT, store->path, 0, "faithfulness of model %u has %d bytes, not %zu",
                          out->model, sqlite3_column_bytes(row, 3), sizeof out->judged);
    memcpy(out->judged, bytes, sizeof out->judged);
    return XSNR_OK;
}

int xs_store_each_faithfulness(xs_store *store, int64_t family, const char *explainer, const char *removal, xs_store_judged_fn *see,
                               void *context, xsnr_error *err) {
    sqlite3_stmt *row;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err,
                         "SELECT m.position, f.text, f.models, f.judged FROM faithfulness f JOIN model m USING (model) "
                         "JOIN explainer x USING (explainer) WHERE m.family = ?1 AND x.family = ?1 AND x.name = ?2 AND "
                         "f.removal = ?3 ORDER BY m.position, f.text",
                         "itt", family, explainer, removal);
    while (rc == XSNR_OK && (rc = xs_db_step(store, row, err)) == 1) {
        xs_store_faithfulness one = {.explainer = explainer, .removal = removal};
        rc = read_row(store, row, &one, err);
        if (rc == XSNR_OK) see(context, &one);
    }
    return xs_db_leave(store, rc);
}
