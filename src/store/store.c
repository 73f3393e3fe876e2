// Opening and closing the study file; see store.h.
//
// WAL with synchronous=NORMAL: a process that is killed loses nothing that was committed, for the pages are
// with the kernel; a machine that loses power may lose the last transactions (the models since the last
// checkpoint, which the next run trains again) and is consistent in any case, since a checkpoint syncs the log
// before it touches the database.  FULL would sync every model for no consistency more.
//
// A new study file is made under another name and renamed, so that it is there whole or not at all.
#include "base/alloc.h"
#include "base/str.h"
#include "store/database.h"
#include "store/lock.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 2020830834 // "xsnr", as in schema.sql
#define HEADER_SIZE 100           // of a SQLite database (fileformat2, section 1.3)
#define FLOW (16 << 20)           // bytes of a file in the making that are handed to the disk at once

extern const char xs_store_schema[], xs_store_schema_checksum[];

static char *with_suffix(const char *path, const char *suffix) {
    xs_str name = {0};
    xs_str_printf(&name, "%s%s", path, suffix);
    return xs_str_take(&name);
}

static int remove_file(const char *path, const char *suffix, xsnr_error *err) {
    char *name = with_suffix(path, suffix);
    if (!name) return xs_nomem(err);
    int rc = unlink(name) && errno != ENOENT ? xs_fail_errno(err, "remove", name) : XSNR_OK;
    xs_free(name);
    return rc;
}

static int run(sqlite3 *db, const char *path, const char *sql, xsnr_error *err) {
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? XSNR_OK : xs_db_fail(db, path, code, err);
}

static int connect(const char *path, int flags, sqlite3 **db, xsnr_error *err) {
    int code = sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    int rc = code == SQLITE_OK ? XSNR_OK : xs_db_fail(*db, path, code, err);
    if (rc < 0) {
        sqlite3_close(*db);
        *db = NULL;
        return rc;
    }
    sqlite3_busy_timeout(*db, 10000);
    if (xs_db_functions(*db) < 0) {
        sqlite3_close(*db);
        *db = NULL;
        return xs_nomem(err);
    }
    sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    return rc;
}

/* ------------------------------------------------------------ a new file */

// The lock is held: leftovers of a creation that was killed, and logs of a file that is gone, are nobody's.
static int remove_leftovers(const char *path, const char *fresh, xsnr_error *err) {
    XS_TRY(remove_file(path, "-wal", err));
    XS_TRY(remove_file(path, "-shm", err));
    XS_TRY(remove_file(fresh, "", err));
    XS_TRY(remove_file(fresh, "-journal", err));
    XS_TRY(remove_file(fresh, "-wal", err));
    return remove_file(fresh, "-shm", err);
}

static int sync_folder(const char *path, xsnr_error *err) {
    const char *slash = strrchr(path, '/');
    char *folder = !slash ? xs_strdup(".") : xs_strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (!folder) return xs_nomem(err);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    xs_free(folder);
    if (fd < 0) return XSNR_OK; // a folder that may be written but not read: the rename stands all the same
    fsync(fd);
    close(fd);
    return XSNR_OK;
}

static int make_schema(const char *fresh, const char *path, xsnr_error *err) {
    sqlite3 *db = NULL;
    XS_TRY(connect(fresh, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, err));
    int rc = run(db, path, "BEGIN", err);
    if (rc == XSNR_OK) rc = run(db, path, xs_store_schema, err);
    if (rc == XSNR_OK) rc = run(db, path, "COMMIT", err);
    if (rc == XSNR_OK) rc = run(db, path, "PRAGMA journal_mode = WAL", err); // kept in the file
    int code = sqlite3_close(db);
    return rc == XSNR_OK && code != SQLITE_OK ? xs_db_fail(NULL, path, code, err) : rc;
}

static int create(const char *path, xsnr_error *err) {
    char *fresh = with_suffix(path, ".new");
    if (!fresh) return xs_nomem(err);
    int rc = remove_leftovers(path, fresh, err);
    if (rc == XSNR_OK) {
        rc = make_schema(fresh, path, err);
        if (rc == XSNR_OK && rename(fresh, path)) rc = xs_fail_errno(err, "make the study file", path);
        if (rc == XSNR_OK) rc = sync_folder(path, err);
        if (rc < 0) remove_leftovers(path, fresh, NULL);
    }
    xs_free(fresh);
    return rc;
}

/* ------------------------------------------------------------ what a file is */

static uint32_t big_endian(const unsigned char *b) {
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t log_size(const char *path) {
    char *name = with_suffix(path, "-wal");
    struct stat info;
    int64_t size = !name ? -1 : stat(name, &info) ? 0 : (int64_t)info.st_size;
    xs_free(name);
    return size;
}

// Before SQLite sees it: another kind of file, or one that was cut short, in plain words.
static int look_at(const char *path, int fd, xsnr_error *err) {
    unsigned char h[HEADER_SIZE];
    ssize_t n = pread(fd, h, sizeof h, 0);
    struct stat info;
    if (fstat(fd, &info)) return xs_fail_errno(err, "read", path);
    if (S_ISDIR(info.st_mode))
        return xs_fail_at(err, XSNR_ERR_IO, path, 0, "this is a folder; a study file is needed");
    if (n < 0) return xs_fail_errno(err, "read", path);
    if (n == 0) return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "this file is empty, not a study file of xsnr");
    size_t magic = n < 16 ? (size_t)n : 16;
    if (memcmp(h, "SQLite format 3", magic) != 0)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0,
                          "this is not a study file of xsnr (such a file is a SQLite database)");
    if (n < HEADER_SIZE)
        return xs_fail_at(err, XSNR_ERR_CORRUPT, path, 0, "the study file was cut short: only %zd bytes are left", n);
    uint32_t page = (uint32_t)h[16] << 8 | h[17];
    if (page == 1) page = 65536;
    int64_t size = (int64_t)page * big_endian(h + 28), logged = log_size(path);
    if (logged < 0) return xs_nomem(err);
    bool size_is_known = big_endian(h + 24) == big_endian(h + 92) && logged == 0; // else SQLite counts itself
    if (size_is_known && (int64_t)info.st_size < size)
        return xs_fail_at(err, XSNR_ERR_CORRUPT, path, 0,
                          "the study file was cut short: %lld of its %lld bytes are left; copy it again",
                          (long long)info.st_size, (long long)size);
    return XSNR_OK;
}

// XSNR_ERR_NOT_FOUND if there is no such file (the message is the caller's).
static int look(const char *path, xsnr_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? XSNR_ERR_NOT_FOUND : xs_fail_errno(err, "open", path);
    int rc = look_at(path, fd, err);
    close(fd);
    return rc;
}

static int pragma(xs_store *store, const char *sql, int64_t *value, xsnr_error *err) {
    return xs_db_integer(store, 0, value, err, sql, "");
}

static int check_version(xs_store *store, xsnr_error *err) {
    int64_t application, schema;
    XS_TRY(pragma(store, "PRAGMA application_id", &application, err));
    XS_TRY(pragma(store, "PRAGMA user_version", &schema, err));
    if (application != APPLICATION_ID)
        return xs_fail_at(err, XSNR_ERR_DATA, store->path, 0,
                          "this is a SQLite database of another application, not a study file of xsnr");
    if (schema > XS_STORE_SCHEMA)
        return xs_fail_at(err, XSNR_ERR_SCHEMA, store->path, 0,
                          "this study file was made by a later xsnr (schema %lld, this one knows %d)",
                          (long long)schema, XS_STORE_SCHEMA);
    if (schema != XS_STORE_SCHEMA)
        return xs_fail_at(err, XSNR_ERR_SCHEMA, store->path, 0, "this study file has schema %lld; %d is the first",
                          (long long)schema, XS_STORE_SCHEMA);
    return XSNR_OK;
}

/* ------------------------------------------------------------ opening */

// A file that nobody writes and that lies where no log can be made: SQLite is told that it will not change.
static int connect_immutable(xs_store *store, xsnr_error *err) {
    xs_str uri = {0};
    xs_str_put(&uri, "file:");
    for (const char *p = store->path; *p; p++)
        xs_str_printf(&uri, strchr("?#%", *p) ? "%%%02X" : "%c", (unsigned char)*p);
    xs_str_put(&uri, "?immutable=1");
    int rc = xs_str_failed(&uri) ? xs_nomem(err) : XSNR_OK;
    if (rc == XSNR_OK) rc = connect(uri.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, &store->db, err);
    xs_str_free(&uri);
    return rc;
}

// SQLite takes a file that may not be written as read-only by itself.  A reader that may write tidies up the
// log that a killed writer has left; it changes nothing else (query_only).
static int connect_reader(xs_store *store, xsnr_error *err) {
    XS_TRY(connect(store->path, SQLITE_OPEN_READWRITE, &store->db, err));
    int code = sqlite3_exec(store->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    if (code == SQLITE_OK) return run(store->db, store->path, "PRAGMA query_only = ON", err);
    int kind = code & 0xff;
    if (kind != SQLITE_CANTOPEN && kind != SQLITE_READONLY) return xs_db_fail(store->db, store->path, code, err);
    sqlite3_close(store->db);
    store->db = NULL;
    if (log_size(store->path) > 0)
        return xs_fail_at(err, XSNR_ERR_IO, store->path, 0,
                          "this study was not closed and lies in a folder that cannot be written; copy it, with "
                          "its -wal file, to one that can");
    return connect_immutable(store, err);
}

static int connect_writer(xs_store *store, xs_store_mode mode, xsnr_error *err) {
    if (access(store->path, W_OK)) return xs_fail_errno(err, "write", store->path);
    XS_TRY(connect(store->path, SQLITE_OPEN_READWRITE, &store->db, err));
    XS_TRY(check_version(store, err)); // nothing is written to a file that is not ours
    store->file = open(store->path, O_RDONLY | O_CLOEXEC);
    if (store->file < 0) return xs_fail_errno(err, "open", store->path);
    if (mode == XS_STORE_MAKE)
        return run(store->db, store->path, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF", err);
    XS_TRY(run(store->db, store->path, "PRAGMA journal_mode = WAL", err));
    return run(store->db, store->path, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON", err);
}

static int open_file(xs_store *store, xs_store_mode mode, xsnr_error *err) {
    int rc = look(store->path, err);
    if (mode == XS_STORE_READ) {
        if (rc == XSNR_ERR_NOT_FOUND)
            return xs_fail_at(err, XSNR_ERR_IO, store->path, 0, "there is no such study file");
        XS_TRY(rc);
        XS_TRY(connect_reader(store, err));
        XS_TRY(check_version(store, err));
    } else {
        if (rc < 0 && rc != XSNR_ERR_NOT_FOUND) return rc; // what is not a study file is not locked either
        XS_TRY(xs_lock_take(store->path, &store->lock, err));
        rc = look(store->path, err); // again: it may have been made meanwhile
        if (rc == XSNR_ERR_NOT_FOUND) rc = create(store->path, err);
        XS_TRY(rc);
        XS_TRY(connect_writer(store, mode, err));
        XS_TRY(run(store->db, store->path, xs_store_schema_checksum, err)); // a file of before has none
    }
    // KiB.  A reader goes through the file once, in its order; what is written is held until it is many pages.
    return run(store->db, store->path, mode == XS_STORE_READ ? "PRAGMA cache_size = -8192" : "PRAGMA cache_size = -65536", err);
}

int xs_store_open(const char *path, xs_store_mode mode, xs_store **out, xsnr_error *err) {
    *out = NULL;
    xs_store *store = XS_NEW(xs_store);
    if (!store) return xs_nomem(err);
    store->lock = -1;
    store->file = -1;
    pthread_mutex_init(&store->mutex, NULL);
    store->path = xs_strdup(path);
    int rc = store->path ? open_file(store, mode, err) : xs_nomem(err);
    if (rc < 0) {
        xs_store_close(store);
        return rc;
    }
    *out = store;
    return XSNR_OK;
}

const char *xs_store_path(const xs_store *store) { return store->path; }

void xs_store_flow(xs_store *store) {
#ifdef SYNC_FILE_RANGE_WRITE
    struct stat info;
    if (fstat(store->file, &info) || info.st_size < store->flowed + FLOW) return;
    sync_file_range(store->file, store->flowed, info.st_size - store->flowed, SYNC_FILE_RANGE_WRITE);
    store->flowed = info.st_size;
#else
    (void)store;
#endif
}

int xs_store_finish(xs_store *store, xsnr_error *err) {
    XS_TRY(run(store->db, store->path, "PRAGMA journal_mode = WAL", err)); // kept in the file
    return fsync(store->file) ? xs_fail_errno(err, "write", store->path) : XSNR_OK;
}

// The log of a file that was removed belongs to nothing; SQLite leaves it.
static void remove_log(const xs_store *store) {
    struct stat held, there;
    if (fstat(store->file, &held) || held.st_nlink || stat(store->path, &there) == 0) return;
    remove_file(store->path, "-wal", NULL);
    remove_file(store->path, "-shm", NULL);
}

void xs_store_close(xs_store *store) {
    if (!store) return;
    for (size_t i = 0; i < store->n_statements; i++) sqlite3_finalize(store->statement[i]);
    sqlite3_close(store->db); // the last connection folds the log into the file and removes it
    if (store->file >= 0) {
        if (store->path) remove_log(store);
        close(store->file); // not before: a process's locks of a file go with the first descriptor
    }
    if (store->path) xs_lock_release(store->path, store->lock);
    pthread_mutex_destroy(&store->mutex);
    xs_free(store->sql);
    xs_free(store->statement);
    xs_free(store->words);
    xs_free(store->path);
    xs_free(store);
}
