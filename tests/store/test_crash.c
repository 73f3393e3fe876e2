// The study file against the world: killed writers, second writers, threads, full disks, read-only folders,
// files that are something else, and no memory.
#include "base/alloc.h"
#include "base/file.h"
#include "base/threads.h"
#include "store/study.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static void check_sound(const char *path) {
    xsnr_error err = {0};
    xs_str lines = {0};
    size_t n;
    assert_ok(xs_store_check(path, &lines, &n, &err));
    if (n) fail_msg("%zu findings: %s", n, lines.data);
    xs_str_free(&lines);
}

/* ------------------------------------------------------------ killed */

// Writes models 0, 1, …, those that are missing, until it is killed; tells each by a byte.
static void write_models(const char *path, int tell, uint32_t models) {
    xs_store *store;
    xsnr_error err = {0};
    int64_t family = 0;
    unsigned char done[512];
    if (xs_store_open(path, XS_STORE_WRITE, &store, &err) || put_study(store, &family, &err) ||
        xs_store_progress(store, family, NULL, models, done, &err))
        _exit(1);
    for (uint32_t m = 0; m < models; m++)
        if (!done[m] && (put_model(store, family, m, &err) || write(tell, "m", 1) != 1)) _exit(2);
    xs_store_close(store);
    _exit(0);
}

// Killed at moments from the very first on (file not yet made) to the middle of a transaction.
static void killed_while_writing(void **state) {
    (void)state;
    const char *path = fresh_path();
    xsnr_error err = {0};
    uint32_t models = 400, told = 0;
    bool finished = false;
    srandom(1);
    for (int round = 0; !finished; round++) {
        int pipes[2];
        char bytes[512];
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        if (child == 0) write_models(path, pipes[1], models);
        close(pipes[1]);
        // The first rounds end while the file is made, the others in the midst of some later model.
        for (long wait = round < 8 ? 0 : 1 + random() % 20; wait > 0 && read(pipes[0], bytes, 1) == 1; wait--) told++;
        long pause = round < 8 ? round * 700 : random() % 700; // µs
        nanosleep(&(struct timespec){.tv_nsec = pause * 1000}, NULL);
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        if (WIFEXITED(status)) assert_int_equal(WEXITSTATUS(status), 0);
        finished = WIFEXITED(status);
        for (ssize_t n; (n = read(pipes[0], bytes, sizeof bytes)) > 0;) told += (uint32_t)n;
        close(pipes[0]);
        if (!exists(path, "")) continue; // killed before there was a file: nothing, not half of one
        if (round % 8 == 0) check_sound(path);
        xs_store *store;
        unsigned char done[512];
        assert_ok(xs_store_open(path, XS_STORE_READ, &store, &err));
        assert_ok(xs_store_progress(store, 1, "shapley", models, done, &err));
        uint32_t there = 0;
        for (uint32_t m = 0; m < models; m++) {
            assert_true(done[m] == 0 || done[m] == 5); // whole or not at all
            there += done[m] != 0;
        }
        assert_true(there == told || there == told + 1); // or killed between the commit and its word
        told = there;
        xs_store_close(store);
    }
    check_sound(path);
    assert_int_equal(told, models);
    remove_study(path);
}

/* ------------------------------------------------------------ locked */

static void second_writer(void **state) {
    (void)state;
    const char *path = fresh_path();
    xsnr_error err = {0};
    xs_store *store;
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        if (xs_store_open(path, XS_STORE_WRITE, &store, &err) || write(pipes[1], "o", 1) != 1) _exit(1);
        pause();
    }
    char byte, expected[64];
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    assert_int_equal(xs_store_open(path, XS_STORE_WRITE, &store, &err), XSNR_ERR_BUSY);
    assert_null(store);
    snprintf(expected, sizeof expected, "this study is being worked on by process %ld on ", (long)child);
    assert_memory_equal(err.message, expected, strlen(expected));
    assert_non_null(strstr(err.message, "; wait for it or stop it"));
    assert_ok(xs_store_open(path, XS_STORE_READ, &store, &err)); // readers need no lock
    xs_store_close(store);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(exists(path, ".lock")); // left over, and holds nobody up
    assert_ok(xs_store_open(path, XS_STORE_WRITE, &store, &err));
    xs_store *again;
    assert_int_equal(xs_store_open(path, XS_STORE_WRITE, &again, &err), XSNR_ERR_BUSY); // of the same process, too
    xs_store_close(store);
    assert_false(exists(path, ".lock"));
    close(pipes[0]);
    close(pipes[1]);
    remove_study(path);
}

typedef struct shared {
    xs_store *store;
    int64_t family;
} shared;

static int put_one(void *context, size_t item, int worker, xsnr_error *err) {
    (void)worker;
    const shared *s = context;
    xs_arena arena = {0};
    xs_store_scores scores;
    int rc = put_model(s->store, s->family, (uint32_t)item, err);
    if (rc == XSNR_OK) rc = xs_store_scores_of(s->store, s->family, "shapley", 0, &arena, &scores, err);
    xs_arena_free(&arena);
    return rc;
}

static void four_threads(void **state) {
    (void)state;
    const char *path = fresh_path();
    xsnr_error err = {0};
    shared s = {0};
    assert_ok(xs_store_open(path, XS_STORE_WRITE, &s.store, &err));
    assert_ok(put_study(s.store, &s.family, &err));
    assert_ok(xs_parallel(4, 60, put_one, &s, NULL, &err));
    unsigned char done[60];
    assert_ok(xs_store_progress(s.store, s.family, "shapley", 60, done, &err));
    for (int m = 0; m < 60; m++) assert_int_equal(done[m], 5);
    xs_store_close(s.store);
    check_sound(path);
    remove_study(path);
}

// A reader while the writer writes, and a writer's file after the reader has closed it.
static void reader_beside_writer(void **state) {
    (void)state;
    const char *path = fresh_path();
    xsnr_error err = {0};
    xs_store *writer, *reader;
    int64_t family = 0;
    unsigned char done[3];
    assert_ok(xs_store_open(path, XS_STORE_WRITE, &writer, &err));
    assert_ok(put_study(writer, &family, &err));
    for (uint32_t m = 0; m < 3; m++) {
        assert_ok(put_model(writer, family, m, &err));
        assert_ok(xs_store_open(path, XS_STORE_READ, &reader, &err));
        assert_ok(xs_store_progress(reader, family, NULL, 3, done, &err));
        for (uint32_t k = 0; k < 3; k++) assert_int_equal(done[k], k <= m);
        assert_true(xs_store_put_fact(reader, "a", "b", &err) < 0); // readers do not write
        assert_string_equal(err.message, "cannot write: the study file is read-only");
        xs_store_close(reader);
    }
    xs_store_close(writer);
    check_sound(path);
    remove_study(path);
}

/* ------------------------------------------------------------ not a study file */

static void check_refused(const char *path, int code, const char *message) {
    for (int mode = XS_STORE_READ; mode <= XS_STORE_WRITE; mode++) {
        xsnr_error err = {0};
        xs_store *store;
        assert_int_equal(xs_store_open(path, (xs_store_mode)mode, &store, &err), code);
        assert_null(store);
        assert_string_equal(err.message, message);
        assert_string_equal(err.file, path);
        assert_false(exists(path, ".lock"));
    }
}

static void other_files(void **state) {
    (void)state;
    const char *path = fresh_path();
    xsnr_error err = {0};
    xs_store *store;
    sqlite3 *db;
    assert_int_equal(xs_store_open(path, XS_STORE_READ, &store, &err), XSNR_ERR_IO);
    assert_string_equal(err.message, "there is no such study file");
    assert_ok(xs_file_write(path, "", 0, &err));
    check_refused(path, XSNR_ERR_DATA, "this file is empty, not a study file of xsnr");
    assert_ok(xs_file_write(path, "text\tlabel\n", 11, &err));
    check_refused(path, XSNR_ERR_DATA, "this is not a study file of xsnr (such a file is a SQLite database)");
    unlink(path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL, NULL), SQLITE_OK);
    check_refused(path, XSNR_ERR_DATA, "this is a SQLite database of another application, not a study file of xsnr");
    sqlite3_exec(db, "PRAGMA application_id = 2020830834; PRAGMA user_version = 7", NULL, NULL, NULL);
    check_refused(path, XSNR_ERR_SCHEMA, "this study file was made by a later xsnr (schema 7, this one knows 1)");
    sqlite3_close(db);
    unlink(path);
    mkdir(path, 0777);
    check_refused(path, XSNR_ERR_IO, "this is a folder; a study file is needed");
    rmdir(path);
    assert_int_equal(xs_store_open("/nowhere/at/all.xsnr", XS_STORE_WRITE, &store, &err), XSNR_ERR_IO);
    assert_string_equal(err.message, "cannot make the lock file: No such file or directory");
    remove_study(path);
}

static void cut_short(void **state) {
    (void)state;
    const char *path = fresh_path();
    xsnr_error err = {0};
    xs_store *store;
    int64_t family = 0;
    char *bytes, message[128];
    size_t size;
    assert_ok(xs_store_open(path, XS_STORE_WRITE, &store, &err));
    assert_ok(put_study(store, &family, &err));
    xs_store_close(store);
    assert_ok(xs_file_read(path, &bytes, &size, &err));
    for (size_t n = 1; n < size; n += n < 100 ? 33 : 4001) {
        assert_ok(xs_file_write(path, bytes, n, &err));
        snprintf(message, sizeof message, n < 16 ? "%.0sthe study file was cut short: only %zu bytes are left"
                 : n < 100 ? "%.0sthe study file was cut short: only %zu bytes are left"
                 : "%.0sthe study file was cut short: %zu of its %zu bytes are left; copy it again", "", n, size);
        check_refused(path, XSNR_ERR_CORRUPT, message);
    }
    xs_free(bytes);
    remove_study(path);
}

/* ------------------------------------------------------------ the folder, the disk */

// In a child, as nobody if we are root: root may write anywhere.
static int read_as_nobody(const char *path) {
    xsnr_error err = {0};
    xs_store *store;
    unsigned char done[1] = {0};
    if (geteuid() == 0 && setuid(65534)) return 1;
    if (xs_store_open(path, XS_STORE_READ, &store, &err)) return 2;
    if (xs_store_progress(store, 1, "shapley", 1, done, &err) || done[0] != 5) return 3;
    xs_store_close(store);
    if (xs_store_open(path, XS_STORE_WRITE, &store, &err) != XSNR_ERR_IO) return 4;
    return strcmp(err.message, "cannot make the lock file: Permission denied") ? 5 : 0;
}

// The same of a file whose writer was killed: its log cannot be folded in here.
static int refuse_as_nobody(const char *path) {
    xsnr_error err = {0};
    xs_store *store;
    if (geteuid() == 0 && setuid(65534)) return 1;
    if (xs_store_open(path, XS_STORE_READ, &store, &err) != XSNR_ERR_IO) return 2;
    return strstr(err.message, "copy it, with its -wal file, to one that can") ? 0 : 3;
}

static void check_child(int (*run)(const char *), const char *path) {
    pid_t child = fork();
    if (child == 0) _exit(run(path));
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void read_only_folder(void **state) {
    (void)state;
    char path[160], folder[160], shm[180];
    snprintf(path, sizeof path, "%s", fresh_path());
    strcpy(strrchr(path, '/') + 1, "50%25 of #1?.xsnr"); // a name that is not a URI
    xsnr_error err = {0};
    xs_store *store;
    int64_t family = 0;
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    assert_ok(xs_store_open(path, XS_STORE_WRITE, &store, &err));
    assert_ok(put_study(store, &family, &err));
    assert_ok(put_model(store, family, 0, &err));
    xs_store_close(store);
    assert_int_equal(chmod(path, 0444) || chmod(folder, 0555), 0);
    check_child(read_as_nobody, path);
    assert_false(exists(path, "-wal") || exists(path, "-shm"));
    chmod(folder, 0755);
    chmod(path, 0644);
    pid_t writer = fork();
    if (writer == 0) {
        if (xs_store_open(path, XS_STORE_WRITE, &store, &err) == 0) put_model(store, family, 1, &err);
        kill(getpid(), SIGKILL);
    }
    waitpid(writer, NULL, 0);
    assert_true(exists(path, "-wal"));
    snprintf(shm, sizeof shm, "%s-shm", path);
    unlink(shm); // as after a copy
    assert_int_equal(chmod(folder, 0555), 0);
    check_child(refuse_as_nobody, path);
    chmod(folder, 0755);
    check_sound(path); // which folds the log in
    assert_false(exists(path, "-wal") || exists(path, "-shm"));
    remove_study(path);
}

// No file may grow beyond `limit` bytes: writing fails as it does on a full disk.
static int fill(const char *path, rlim_t limit) {
    xsnr_error err = {0};
    xs_store *store;
    int64_t family = 0;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, limit});
    int rc = xs_store_open(path, XS_STORE_WRITE, &store, &err);
    if (rc == XSNR_OK) rc = put_study(store, &family, &err);
    for (uint32_t m = 0; m < 300 && rc == XSNR_OK; m++) rc = put_model(store, family, m, &err);
    xs_store_close(store);
    if (rc == XSNR_ERR_IO && strstr(err.message, "the disk is full")) return 0;
    fprintf(stderr, "limit %ld: %d %s\n", (long)limit, rc, err.message);
    return 1;
}

static void disk_full(void **state) {
    (void)state;
    const rlim_t limits[] = {2000, 20000, 60000, 200000};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const char *path = fresh_path();
        xsnr_error err = {0};
        xs_store *store;
        int64_t family = 0;
        pid_t child = fork();
        if (child == 0) _exit(fill(path, limits[i]));
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_false(exists(path, ".new") || exists(path, ".new-journal"));
        if (exists(path, "")) check_sound(path); // with every model that fitted, whole
        assert_ok(xs_store_open(path, XS_STORE_WRITE, &store, &err)); // the disk has room again
        assert_ok(put_study(store, &family, &err));
        unsigned char done[300];
        assert_ok(xs_store_progress(store, family, "shapley", 300, done, &err));
        for (uint32_t m = 0; m < 300; m++) {
            assert_true(done[m] == 0 || done[m] == 5);
            if (!done[m]) assert_ok(put_model(store, family, m, &err));
        }
        xs_store_close(store);
        check_sound(path);
        remove_study(path);
    }
}

/* ------------------------------------------------------------ no memory */

static int everything(const char *path, xs_arena *arena, xsnr_error *err) {
    xs_store *store;
    int64_t family = 0;
    size_t n;
    int classes;
    unsigned char done[2];
    const char **labels, *value;
    const void *bytes;
    xs_fact *facts;
    xs_store_family *families;
    xs_store_text *texts;
    xs_store_model *models;
    xs_store_scores scores;
    int32_t *gold;
    xs_str findings = {0};
    XS_TRY(xs_store_open(path, XS_STORE_WRITE, &store, err));
    int rc = put_study(store, &family, err);
    if (rc == 0) rc = xs_store_progress(store, family, "shapley", 2, done, err);
    if (rc == 0 && !done[1]) rc = put_model(store, family, 1, err);
    if (rc == 0) rc = xs_store_fact(store, "study", arena, &value, err);
    if (rc == 0) rc = xs_store_facts(store, arena, &facts, &n, err);
    if (rc == 0) rc = xs_store_families(store, arena, &families, &n, err);
    if (rc == 0) rc = xs_store_labels(store, arena, &labels, &classes, err);
    if (rc == 0) rc = xs_store_texts(store, arena, &texts, &n, err);
    if (rc == 0) rc = xs_store_gold(store, "test", arena, &gold, &n, err);
    if (rc == 0) rc = xs_store_models(store, family, XS_LOGITS_BOTH, arena, &models, &n, err);
    if (rc == 0) rc = xs_store_model_bytes(store, family, 1, arena, &bytes, &n, err);
    if (rc == 0) rc = xs_store_explainers(store, family, arena, &labels, &n, err);
    if (rc == 0) rc = xs_store_scores_of(store, family, "shapley", 0, arena, &scores, err);
    xs_store_close(store);
    if (rc == 0) rc = xs_store_check(path, &findings, &n, err);
    if (rc == 0) rc = n == 0 ? 0 : -99;
    xs_str_free(&findings);
    return rc;
}

static void nth_allocation_fails(void **state) {
    (void)state;
    const char *path = fresh_path();
    for (long n = 1, rc = -1; rc < 0; n++) {
        xsnr_error err = {0};
        xs_arena arena = {0};
        xs_alloc_fail_at(n);
        rc = everything(path, &arena, &err);
        xs_alloc_fail_at(0);
        if (rc < 0 && rc != XSNR_ERR_NOMEM) fail_msg("allocation %ld: %ld %s", n, rc, err.message);
        xs_arena_free(&arena);
        assert_true(n < 1000);
        assert_false(exists(path, ".new"));
    }
    remove_study(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_while_writing), cmocka_unit_test(second_writer),
        cmocka_unit_test(four_threads),         cmocka_unit_test(reader_beside_writer),
        cmocka_unit_test(other_files),          cmocka_unit_test(cut_short),
        cmocka_unit_test(read_only_folder),     cmocka_unit_test(disk_full),
        cmocka_unit_test(nth_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
