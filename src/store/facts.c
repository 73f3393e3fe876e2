// Facts, families and their explainers; see store.h.
#include "store/database.h"
#include <inttypes.h>

int xs_store_put_fact(xs_store *store, const char *key, const char *value, xsnr_error *err) {
    xs_db_enter(store);
    return xs_db_leave(store, xs_db_run(store, err, "INSERT OR REPLACE INTO fact VALUES (?, ?)", "tt", key, value));
}

int xs_store_fact(xs_store *store, const char *key, xs_arena *arena, const char **value, xsnr_error *err) {
    sqlite3_stmt *row;
    *value = NULL;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err, "SELECT value FROM fact WHERE key = ?", "t", key);
    if (rc == XSNR_OK) rc = xs_db_step(store, row, err);
    if (rc == 1) rc = xs_db_text(row, 0, arena, value, err);
    return xs_db_leave(store, rc);
}

int xs_store_facts(xs_store *store, xs_arena *arena, xs_fact **facts, size_t *n, xsnr_error *err) {
    sqlite3_stmt *row;
    *facts = NULL;
    *n = 0;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err, "SELECT key, value FROM fact ORDER BY key", "");
    while (rc == XSNR_OK && (rc = xs_db_step(store, row, err)) == 1) {
        xs_fact *rows = xs_db_grow(arena, *facts, *n, sizeof *rows);
        if (!rows) {
            rc = xs_nomem(err);
            break;
        }
        *facts = rows;
        xs_fact *fact = &rows[(*n)++];
        rc = xs_db_text(row, 0, arena, &fact->key, err);
        if (rc == XSNR_OK) rc = xs_db_text(row, 1, arena, &fact->value, err);
    }
    return xs_db_leave(store, rc);
}

static int put_family(xs_store *store, xs_store_family *family, xsnr_error *err) {
    XS_TRY(xs_db_run(store, err,
                     "INSERT INTO family (name, type, settings, models) VALUES (?, ?, ?, ?) "
                     "ON CONFLICT (name) DO UPDATE SET models = "
                     "max(excluded.models, (SELECT coalesce(max(position) + 1, 0) FROM model m WHERE m.family = family.family)) "
                     "WHERE type = excluded.type AND same_json(settings, excluded.settings)",
                     "ttti", family->name, family->type, family->settings, (int64_t)family->models));
    XS_TRY(xs_db_integer(store, -1, &family->id, err,
                         "SELECT family FROM family WHERE name = ? AND type = ? AND same_json(settings, ?)", "ttt",
                         family->name, family->type, family->settings));
    if (family->id >= 0) return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_SCHEMA, store->path, 0,
                      "family '%s' is in the study file with other settings; give the changed family another name "
                      "or remove the file",
                      family->name);
}

int xs_store_put_family(xs_store *store, xs_store_family *family, xsnr_error *err) {
    XS_TRY(xs_db_begin(store, err));
    return xs_db_end(store, put_family(store, family, err), err);
}

int xs_store_families(xs_store *store, xs_arena *arena, xs_store_family **out, size_t *n, xsnr_error *err) {
    sqlite3_stmt *row;
    *out = NULL;
    *n = 0;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err, "SELECT family, name, type, settings, models, (SELECT count(*) FROM model m WHERE m.family = f.family) "
                                      "FROM family f ORDER BY family", "");
    while (rc == XSNR_OK && (rc = xs_db_step(store, row, err)) == 1) {
        xs_store_family *rows = xs_db_grow(arena, *out, *n, sizeof *rows);
        if (!rows) {
            rc = xs_nomem(err);
            break;
        }
        *out = rows;
        xs_store_family *family = &rows[(*n)++];
        family->id = sqlite3_column_int64(row, 0);
        int64_t models = sqlite3_column_int64(row, 4);
        family->models = (uint32_t)models;
        family->made = (uint32_t)sqlite3_column_int64(row, 5);
        rc = xs_db_text(row, 1, arena, &family->name, err);
        if (rc == XSNR_OK && (models < 0 || models > XS_STORE_MODELS))
            rc = xs_fail_at(err, XSNR_ERR_CORRUPT, store->path, 0, "family '%.100s' wants %" PRId64 " models; at most %d", family->name, models, XS_STORE_MODELS);
        if (rc == XSNR_OK) rc = xs_db_text(row, 2, arena, &family->type, err);
        if (rc == XSNR_OK) rc = xs_db_text(row, 3, arena, &family->settings, err);
    }
    return xs_db_leave(store, rc);
}

// The texts (n) that `sql` finds for a family.
static int texts_of_family(xs_store *store, const char *sql, int64_t family, xs_arena *arena, const char ***texts, size_t *n,
                           xsnr_error *err) {
    sqlite3_stmt *row;
    *texts = NULL;
    *n = 0;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err, sql, "i", family);
    while (rc == XSNR_OK && (rc = xs_db_step(store, row, err)) == 1) {
        const char **rows = xs_db_grow(arena, *texts, *n, sizeof *rows);
        if (rows) *texts = rows;
        rc = rows ? xs_db_text(row, 0, arena, &rows[(*n)++], err) : xs_nomem(err);
    }
    return xs_db_leave(store, rc);
}

int xs_store_explainers(xs_store *store, int64_t family, xs_arena *arena, const char ***names, size_t *n,
                        xsnr_error *err) {
    return texts_of_family(store, "SELECT name FROM explainer WHERE family = ? ORDER BY explainer", family, arena, names, n, err);
}

int xs_store_explainer_settings(xs_store *store, int64_t family, xs_arena *arena, const char ***settings, size_t *n,
                                xsnr_error *err) {
    return texts_of_family(store, "SELECT settings FROM explainer WHERE family = ? ORDER BY explainer", family, arena, settings, n,
                           err);
}
