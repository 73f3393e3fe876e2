// Phrases: spans of words that the data give; see store.h.
#include "store/database.h"

extern const char xs_store_schema_phrase[];

static int replace_all(xs_store *store, const xs_store_phrases *p, const char *hash, xsnr_error *err) {
    int code = sqlite3_exec(store->db, xs_store_schema_phrase, NULL, NULL, NULL); // a file of before
    if (code != SQLITE_OK) return xs_db_fail(store->db, store->path, code, err);
    XS_TRY(xs_db_run(store, err, "DELETE FROM phrase", ""));
    for (size_t i = 0; i < p->n; i++)
        XS_TRY(xs_db_run(store, err, "INSERT INTO phrase VALUES (?, ?, ?)", "iii", p->text[i], (int64_t)p->span[i].first,
                         (int64_t)p->span[i].last));
    XS_TRY(xs_db_run(store, err, "DELETE FROM fact WHERE key = 'phrases'", ""));
    return hash ? xs_db_run(store, err, "INSERT INTO fact VALUES ('phrases', ?)", "t", hash) : XSNR_OK;
}

int xs_store_put_phrases(xs_store *store, const xs_store_phrases *phrases, const char *hash, xsnr_error *err) {
    XS_TRY(xs_db_begin(store, err));
    return xs_db_end(store, replace_all(store, phrases, hash, err), err);
}

static int read_row(xs_store *store, sqlite3_stmt *row, xs_arena *arena, xs_store_phrases *out, xsnr_error *err) {
    int64_t *text = xs_db_grow(arena, out->text, out->n, sizeof *text);
    xs_span *span = xs_db_grow(arena, out->span, out->n, sizeof *span);
    int64_t first = sqlite3_column_int64(row, 1), last = sqlite3_column_int64(row, 2), words = sqlite3_column_int64(row, 3);
    if (!text || !span) return xs_nomem(err);
    out->text = text;
    out->span = span;
    text[out->n] = sqlite3_column_int64(row, 0);
    if (first < 0 || first >= last || last > words)
        return xs_fail_at(err, XSNR_ERR_CORRUPT, store->path, 0, "a phrase of text %lld goes from word %lld to before word %lld; the text has %lld words",
                          (long long)text[out->n], (long long)first, (long long)last, (long long)words);
    span[out->n++] = (xs_span){(uint32_t)first, (uint32_t)last};
    return XSNR_OK;
}

int xs_store_phrases_of(xs_store *store, xs_arena *arena, xs_store_phrases *out, xsnr_error *err) {
    sqlite3_stmt *row;
    int64_t there;
    *out = (xs_store_phrases){0};
    xs_db_enter(store);
    int rc = xs_db_integer(store, 0, &there, err, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'phrase'", "");
    if (rc < 0 || !there) return xs_db_leave(store, rc);
    rc = xs_db_query(store, &row, err,
                     "SELECT p.text, p.first, p.last, t.words FROM phrase p JOIN text t USING (text) ORDER BY p.text, p.first, p.last", "");
    while (rc == XSNR_OK && (rc = xs_db_step(store, row, err)) == 1) rc = read_row(store, row, arena, out, err);
    return xs_db_leave(store, rc);
}
