// Statements, transactions and errors of the database under the study file; see database.h.
#include "store/database.h"
#include "base/alloc.h"
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

int xs_db_fail(sqlite3 *db, const char *path, int code, xsnr_error *err) {
    int reason = db ? sqlite3_system_errno(db) : 0;
    switch (code & 0xff) {
    case SQLITE_NOMEM: return xs_nomem(err);
    case SQLITE_FULL: return xs_fail_at(err, XSNR_ERR_IO, path, 0, "the disk is full; what was finished is kept");
    case SQLITE_IOERR:
        if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG)
            return xs_fail_at(err, XSNR_ERR_IO, path, 0, "the disk is full (%s); what was finished is kept",
                              strerror(reason));
        if (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE) // a rollback has overwritten the reason
            return xs_fail_at(err, XSNR_ERR_IO, path, 0, "the disk is full or does not take any more; "
                                                         "what was finished is kept");
        return xs_fail_at(err, XSNR_ERR_IO, path, 0, "cannot read or write the study file: %s",
                          reason ? strerror(reason) : sqlite3_errstr(code));
    case SQLITE_CANTOPEN:
        return xs_fail_at(err, XSNR_ERR_IO, path, 0, "cannot open the study file: %s",
                          reason ? strerror(reason) : sqlite3_errstr(code));
    case SQLITE_READONLY:
    case SQLITE_PERM: return xs_fail_at(err, XSNR_ERR_IO, path, 0, "cannot write: the study file is read-only");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return xs_fail_at(err, XSNR_ERR_BUSY, path, 0, "another program holds the study file; close it there");
    case SQLITE_NOTADB: return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "this is not a study file of xsnr");
    case SQLITE_CORRUPT:
        return xs_fail_at(err, XSNR_ERR_CORRUPT, path, 0, "the study file is damaged (%s)",
                          db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    case SQLITE_ERROR: // a table or a column that the schema promises is not there
        return xs_fail_at(err, XSNR_ERR_CORRUPT, path, 0, "the study file does not follow its schema (%s)",
                          db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    case SQLITE_TOOBIG:
        return xs_fail_at(err, XSNR_ERR_ARGUMENT, path, 0, "too large for a study file: 1 GB is the most a value takes");
    default:
        return xs_fail_at(err, XSNR_ERR_ARGUMENT, path, 0, "cannot store this: %s",
                          db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    }
}

void xs_db_enter(xs_store *store) { pthread_mutex_lock(&store->mutex); }

int xs_db_leave(xs_store *store, int rc) {
    for (size_t i = 0; i < store->n_statements; i++) sqlite3_reset(store->statement[i]);
    pthread_mutex_unlock(&store->mutex);
    return rc;
}

// SQLite goes on with a file that has no name any more, and what it writes there is lost with the process.
static int still_there(const xs_store *store, xsnr_error *err) {
    struct stat held, there;
    if (store->file < 0 || fstat(store->file, &held)) return XSNR_OK;
    if (stat(store->path, &there) == 0 && there.st_dev == held.st_dev && there.st_ino == held.st_ino) return XSNR_OK;
    if (held.st_nlink == 0)
        return xs_fail_at(err, XSNR_ERR_IO, store->path, 0, "the study file was removed while it was worked on; the same command begins anew");
    return xs_fail_at(err, XSNR_ERR_IO, store->path, 0,
                      "the study file was moved or replaced while it was worked on; move it back, with its -wal file, and the same command goes on");
}

int xs_db_begin(xs_store *store, xsnr_error *err) {
    xs_db_enter(store);
    int rc = still_there(store, err);
    if (rc == XSNR_OK) rc = xs_db_run(store, err, "BEGIN IMMEDIATE", "");
    return rc < 0 ? xs_db_leave(store, rc) : XSNR_OK;
}

int xs_db_end(xs_store *store, int rc, xsnr_error *err) {
    if (rc >= 0) rc = xs_db_run(store, err, "COMMIT", "");
    // A full disk may have rolled back by itself.  ROLLBACK does not fail in a way that matters here, and it
    // must not need memory.
    if (rc < 0 && !sqlite3_get_autocommit(store->db)) {
        for (size_t i = 0; i < store->n_statements; i++) sqlite3_reset(store->statement[i]);
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return xs_db_leave(store, rc);
}

static int prepare(xs_store *store, const char *sql, sqlite3_stmt **out, xsnr_error *err) {
    for (size_t i = 0; i < store->n_statements; i++) {
        if (store->sql[i] != sql) continue;
        *out = store->statement[i];
        sqlite3_reset(*out);
        return XSNR_OK;
    }
    if (store->n_statements == store->capacity) {
        size_t capacity = store->capacity ? 2 * store->capacity : 32;
        const char **texts = xs_realloc_array(store->sql, capacity, sizeof *texts);
        if (!texts) return xs_nomem(err);
        store->sql = texts;
        sqlite3_stmt **statements = xs_realloc_array(store->statement, capacity, sizeof *statements);
        if (!statements) return xs_nomem(err);
        store->statement = statements;
        store->capacity = capacity;
    }
    int code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    if (code != SQLITE_OK) return xs_db_fail(store->db, store->path, code, err);
    store->sql[store->n_statements] = sql;
    store->statement[store->n_statements++] = *out;
    return XSNR_OK;
}

// Values stay where they are until the statement is reset: SQLITE_STATIC.
static int query(xs_store *store, sqlite3_stmt **out, xsnr_error *err, const char *sql, const char *format,
                 va_list args) {
    XS_TRY(prepare(store, sql, out, err));
    int code = SQLITE_OK;
    for (int i = 1; format[i - 1] && code == SQLITE_OK; i++) {
        switch (format[i - 1]) {
        case 'i': code = sqlite3_bind_int64(*out, i, va_arg(args, int64_t)); break;
        case 'd': code = sqlite3_bind_double(*out, i, va_arg(args, double)); break; // NaN becomes NULL
        case 't': code = sqlite3_bind_text(*out, i, va_arg(args, const char *), -1, SQLITE_STATIC); break;
        default: { // 'b'
            const void *bytes = va_arg(args, const void *);
            size_t size = va_arg(args, size_t);
            code = sqlite3_bind_blob64(*out, i, bytes, size, SQLITE_STATIC);
        }
        }
    }
    return code == SQLITE_OK ? XSNR_OK : xs_db_fail(store->db, store->path, code, err);
}

int xs_db_query(xs_store *store, sqlite3_stmt **out, xsnr_error *err, const char *sql, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int rc = query(store, out, err, sql, format, args);
    va_end(args);
    return rc;
}

int xs_db_step(xs_store *store, sqlite3_stmt *statement, xsnr_error *err) {
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) return 1;
    if (code == SQLITE_DONE) {
        sqlite3_reset(statement);
        return 0;
    }
    int rc = xs_db_fail(store->db, store->path, code, err);
    sqlite3_reset(statement);
    return rc;
}

int xs_db_run(xs_store *store, xsnr_error *err, const char *sql, const char *format, ...) {
    va_list args;
    va_start(args, format);
    sqlite3_stmt *statement;
    int rc = query(store, &statement, err, sql, format, args);
    va_end(args);
    while (rc == XSNR_OK && (rc = xs_db_step(store, statement, err)) == 1) rc = XSNR_OK;
    return rc;
}

int xs_db_integer(xs_store *store, int64_t fallback, int64_t *out, xsnr_error *err, const char *sql,
                  const char *format, ...) {
    va_list args;
    va_start(args, format);
    sqlite3_stmt *statement;
    int rc = query(store, &statement, err, sql, format, args);
    va_end(args);
    if (rc == XSNR_OK) rc = xs_db_step(store, statement, err);
    if (rc < 0) return rc;
    bool there = rc == 1 && sqlite3_column_type(statement, 0) != SQLITE_NULL;
    *out = there ? sqlite3_column_int64(statement, 0) : fallback;
    sqlite3_reset(statement);
    return XSNR_OK;
}

const char *xs_db_path(sqlite3_stmt *statement) {
    const char *path = sqlite3_db_filename(sqlite3_db_handle(statement), "main");
    return path ? path : "";
}

int xs_db_text(sqlite3_stmt *statement, int column, xs_arena *arena, const char **out, xsnr_error *err) {
    if (sqlite3_column_type(statement, column) != SQLITE_NULL) return xs_db_text_or_null(statement, column, arena, out, err);
    *out = NULL; // only if the file's own schema is another than ours
    return xs_fail_at(err, XSNR_ERR_CORRUPT, xs_db_path(statement), 0, "the study file has no %s where there must be one", sqlite3_column_name(statement, column));
}

int xs_db_text_or_null(sqlite3_stmt *statement, int column, xs_arena *arena, const char **out, xsnr_error *err) {
    *out = NULL;
    if (sqlite3_column_type(statement, column) == SQLITE_NULL) return XSNR_OK;
    const char *text = (const char *)sqlite3_column_text(statement, column);
    if (text) *out = xs_arena_strndup(arena, text, (size_t)sqlite3_column_bytes(statement, column));
    return *out ? XSNR_OK : xs_nomem(err);
}

int xs_db_blob(sqlite3_stmt *statement, int column, xs_arena *arena, const void **out, size_t *size,
               xsnr_error *err) {
    *out = NULL;
    *size = 0;
    if (sqlite3_column_type(statement, column) == SQLITE_NULL) return XSNR_OK;
    const void *bytes = sqlite3_column_blob(statement, column); // NULL for an empty blob
    size_t n = (size_t)sqlite3_column_bytes(statement, column);
    void *copy = xs_arena_alloc(arena, n ? n : 1);
    if (!copy || (n && !bytes)) return xs_nomem(err);
    if (n) memcpy(copy, bytes, n);
    *out = copy;
    *size = n;
    return XSNR_OK;
}

double xs_db_real(sqlite3_stmt *statement, int column) {
    return sqlite3_column_type(statement, column) == SQLITE_NULL ? NAN : sqlite3_column_double(statement, column);
}

void *xs_db_grow(xs_arena *arena, void *rows, size_t n, size_t size) {
    if (n & (n - 1)) return rows; // room is made at 0, 1, 2, 4, …
    void *more = xs_arena_array(arena, n ? 2 * n : 1, size);
    if (more && n) memcpy(more, rows, n * size);
    return more;
}

// Text that is no JSON is NULL, and equal to nothing.
static json_t *parse(sqlite3_value *v, bool *failed) {
    json_error_t error;
    const char *text = (const char *)sqlite3_value_text(v);
    json_t *json = text ? json_loads(text, JSON_DECODE_ANY, &error) : NULL;
    if (!json && text && json_error_code(&error) == json_error_out_of_memory) *failed = true;
    return json;
}

static void same_json(sqlite3_context *context, int n, sqlite3_value **value) {
    (void)n;
    bool failed = false;
    json_t *a = parse(value[0], &failed), *b = parse(value[1], &failed);
    if (failed) sqlite3_result_error_nomem(context);
    else sqlite3_result_int(context, json_equal(a, b));
    json_decref(a);
    json_decref(b);
}

int xs_db_functions(sqlite3 *db) {
    int code = sqlite3_create_function(db, "same_json", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
                                       same_json, NULL, NULL);
    return code == SQLITE_OK ? XSNR_OK : XSNR_ERR_NOMEM;
}
