// The database under the study file: statements, transactions, and SQLite's errors in words.
//
// Every public function of the store does its work between enter (or begin) and leave (or end).  In between
// the calling thread owns the connection; leaving resets every statement, so that no function has to.
#ifndef XSNR_STORE_DATABASE_H
#define XSNR_STORE_DATABASE_H
#include "base/error.h"
#include "store/store.h"
#include <pthread.h>
#include <sqlite3.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "blobs are written as they lie in memory");

struct xs_store {
    char *path;
    sqlite3 *db;
    int lock; // descriptor of the lock file, −1 in READ mode
    int file;       // descriptor of the study file itself, −1 in READ mode
    int64_t flowed; // bytes of it that the disk has been given to write
    pthread_mutex_t mutex;
    const char **sql;         // (n_statements) literals: compared by address
    sqlite3_stmt **statement; // (n_statements) prepared
    size_t n_statements, capacity;
    int64_t *words; // (n_words) of the texts, which never change; NULL: not asked for yet
    size_t n_words;
};

/// The mutex; leave passes `rc` on.
void xs_db_enter(xs_store *store);
int xs_db_leave(xs_store *store, int rc);
/// enter and BEGIN IMMEDIATE; if it fails, it has left already.
int xs_db_begin(xs_store *store, xsnr_error *err);
/// COMMIT if rc is not negative, else ROLLBACK; then leave.
int xs_db_end(xs_store *store, int rc, xsnr_error *err);

/// A statement, prepared once, with its parameters bound by `format`, a letter each: i int64_t, d double (NaN
/// is NULL), t const char * (NULL is NULL), b const void * and size_t (NULL is NULL).  `sql` is a literal.
int xs_db_query(xs_store *store, sqlite3_stmt **out, xsnr_error *err, const char *sql, const char *format, ...);
/// The next row: 1 there is one, 0 there is none, negative: an error.
int xs_db_step(xs_store *store, sqlite3_stmt *statement, xsnr_error *err);
/// A query whose rows do not matter.
int xs_db_run(xs_store *store, xsnr_error *err, const char *sql, const char *format, ...);
/// A query of one integer; NULL or no row is `fallback`.
int xs_db_integer(xs_store *store, int64_t fallback, int64_t *out, xsnr_error *err, const char *sql,
                  const char *format, ...);
/// Columns: text and blobs are copied into the arena; a NULL number is NaN.  Text that is NULL is an error, or stays NULL.
int xs_db_text(sqlite3_stmt *statement, int column, xs_arena *arena, const char **out, xsnr_error *err);
int xs_db_text_or_null(sqlite3_stmt *statement, int column, xs_arena *arena, const char **out, xsnr_error *err);
int xs_db_blob(sqlite3_stmt *statement, int column, xs_arena *arena, const void **out, size_t *size,
               xsnr_error *err);
double xs_db_real(sqlite3_stmt *statement, int column);

/// The file that a statement reads, for messages.
const char *xs_db_path(sqlite3_stmt *statement);

/// Rows of a list, (n), with room for one more: arrays double in the arena, so that one query is enough.
/// NULL: out of memory.
void *xs_db_grow(xs_arena *arena, void *rows, size_t n, size_t size);

/// Our own functions of SQL.  same_json(a, b): the same values, whatever the order of the keys: a later version may
/// list a family's settings in another order than the file's.
int xs_db_functions(sqlite3 *db);

/// The SQLite code `code` of this connection as an error of the study file.
int xs_db_fail(sqlite3 *db, const char *path, int code, xsnr_error *err);
#endif
