// Rationales: what people marked in the explained texts; see store.h.
#include "store/database.h"
#include <string.h>

extern const char xs_store_schema_rationale[];

static int replace_all(xs_store *store, const xs_store_rationale *rows, size_t n, const char *hash, xsnr_error *err) {
    int code = sqlite3_exec(store->db, xs_store_schema_rationale, NULL, NULL, NULL); // a file of before
    if (code != SQLITE_OK) return xs_db_fail(store->db, store->path, code, err);
    XS_TRY(xs_db_run(store, err, "DELETE FROM rationale", ""));
    for (size_t i = 0; i < n; i++)
        XS_TRY(xs_db_run(store, err, "INSERT INTO rationale VALUES (?, ?, ?, ?)", "itib", rows[i].text, rows[i].annotator,
                         (int64_t)rows[i].label, rows[i].marks, rows[i].n_words));
    XS_TRY(xs_db_run(store, err, "DELETE FROM fact WHERE key = 'rationales'", ""));
    return hash ? xs_db_run(store, err, "INSERT INTO fact VALUES ('rationales', ?)", "t", hash) : XSNR_OK;
}

int xs_store_put_rationales(xs_store *store, const xs_store_rationale *rows, size_t n, const char *hash, xsnr_error *err) {
    XS_TRY(xs_db_begin(store, err));
    return xs_db_end(store, replace_all(store, rows, n, hash, err), err);
}

static int read_row(xs_store *store, sqlite3_stmt *row, xs_arena *arena, xs_store_rationale *out, xsnr_error *err) {
    const void *marks;
    out->text = sqlite3_column_int64(row, 0);
    out->label = sqlite3_column_int(row, 2);
    XS_TRY(xs_db_text(row, 1, arena, &out->annotator, err));
    XS_TRY(xs_db_blob(row, 3, arena, &marks, &out->n_words, err));
    out->marks = marks;
    for (size_t w = 0; w < out->n_words; w++)
        if (out->marks[w] > 1)
            return xs_fail_at(err, XSNR_ERR_CORRUPT, store->path, 0, "a rationale of text %lld has the mark %u", (long long)out->text,
                              out->marks[w]);
    if ((int64_t)out->n_words != sqlite3_column_int64(row, 4))
        return xs_fail_at(err, XSNR_ERR_CORRUPT, store->path, 0, "a rationale of text %lld has %zu marks, not %lld",
                          (long long)out->text, out->n_words, (long long)sqlite3_column_int64(row, 4));
    return XSNR_OK;
}

int xs_store_rationales(xs_store *store, xs_arena *arena, xs_store_rationale **out, size_t *n, xsnr_error *err) {
    sqlite3_stmt *row;
    int64_t there;
    *out = NULL;
    *n = 0;
    xs_db_enter(store);
    int rc = xs_db_integer(store, 0, &there, err, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'rationale'", "");
    if (rc < 0 || !there) return xs_db_leave(store, rc);
    rc = xs_db_query(store, &row, err,
                     "SELECT r.text, r.annotator, r.class, r.marks, t.words FROM rationale r JOIN text t USING (text) "
                     "ORDER BY r.text, r.class, r.annotator",
                     "");
    while (rc == XSNR_OK && (rc = xs_db_step(store, row, err)) == 1) {
        xs_store_rationale *rows = xs_db_grow(arena, *out, *n, sizeof *rows);
        if (rows) *out = rows;
        rc = rows ? read_row(store, row, arena, &rows[(*n)++], err) : xs_nomem(err);
    }
    return xs_db_leave(store, rc);
}
