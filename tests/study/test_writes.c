// A disk that is full at the nth write, and a kill at the nth write, for every n: of a run, of an import, of a merge, of an export.
//
// write, pwrite and ftruncate of this program stand in front of the C library's, for SQLite too; every study is made by a
// child, so that what was done dies with it.  Afterwards: a clear error and no half-written file (full), a sound study file
// (killed in mid-write), and in both cases the same command ends with the bits of a run that was left alone.
// Under a sanitizer, where a child takes ten times as long, every seventh write only.
#include "small.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { STEP = 7 };
#else
enum { STEP = 1 };
#endif

typedef enum fate { FINE, FULL, KILLED } fate;
static fate what;
static long at;           // the write that it happens at, from 1; a disk stays full
static atomic_long writes; // so far

// Does the write go through?  Else errno is set; *size is what is left of it for the write that a kill tears.
static bool goes_through(size_t *size, bool *last) {
    long n = atomic_fetch_add(&writes, 1) + 1;
    if (what == KILLED && n == at) {
        *size /= 2;
        *last = true;
    }
    if (what != FULL || n < at) return true;
    errno = ENOSPC;
    return false;
}

static ssize_t put(int fd, const void *bytes, size_t size, off_t offset, bool here) {
    bool last = false;
    if (fd > 2 && !goes_through(&size, &last)) return -1;
    ssize_t n = here ? syscall(SYS_write, fd, bytes, size) : syscall(SYS_pwrite64, fd, bytes, size, offset);
    if (last) kill(getpid(), SIGKILL);
    return n;
}

#define IN_FRONT __attribute__((visibility("default"))) // of the C library's, for SQLite too
IN_FRONT ssize_t write(int fd, const void *bytes, size_t size) { return put(fd, bytes, size, 0, true); }
IN_FRONT ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) { return put(fd, bytes, size, offset, false); }
IN_FRONT ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset) { return put(fd, bytes, size, offset, false); }

// A process that dies loses nothing of what the kernel has; waiting for the disk a thousand times would only take time.
IN_FRONT int fsync(int fd) { return fd < 0 ? -1 : 0; }
IN_FRONT int fdatasync(int fd) { return fd < 0 ? -1 : 0; }

/* ------------------------------------------------------------ what is done */

static small_study s;
static char rows[96], imported[96], parts[2][96], merged[96], table[96];

static int run(xsnr_error *err) { return small_run(&s, 1, XSNR_RUN, err); }
static int import(xsnr_error *err) { return xsnr_import((const char *[]){rows}, 1, NULL, imported, NULL, err); }
static int merge(xsnr_error *err) { return xsnr_merge((const char *[]){parts[0], parts[1]}, 2, merged, NULL, err); }
static int export(xsnr_error *err) { return xsnr_export(s.file, "csv", table, err); }

typedef struct work {
    const char *name;
    int (*act)(xsnr_error *err);
    const char *file; // that it makes
    bool study;       // a study file
    bool once;        // it makes no file twice
} work;

static int make_part(unsigned shard, xsnr_error *err) {
    xsnr_study *study;
    int rc = xsnr_study_load(s.yaml, &(xsnr_run_options){.threads = 1, .shard = shard, .shards = 2}, &study, err);
    if (rc == XSNR_OK) rc = xsnr_study_run(study, XSNR_RUN, err);
    xsnr_study_free(study);
    return rc;
}

static void remove_made(const char *path) {
    static const char *const ends[] = {"", "-wal", "-shm", "-journal", ".lock"};
    char name[128];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

// SHA-256 of what a work has made: an export of the study file, or the file.
static void fingerprint(const work *w, char hex[XS_HASH_HEX]) {
    xsnr_error err = {0};
    char path[128], *bytes;
    size_t size;
    snprintf(path, sizeof path, "%s/fingerprint.jsonl", s.folder);
    if (w->study) assert_ok(xsnr_export(w->file, "jsonl", path, &err));
    assert_ok(xs_file_read(w->study ? path : w->file, &bytes, &size, &err));
    xs_hash hash;
    xs_hash_begin(&hash);
    xs_hash_bytes(&hash, bytes, size);
    xs_hash_end(&hash, hex);
    xsnr_free(bytes);
    unlink(path);
}

static bool leaves_none; // the file system has files without a name

// Files of the folder whose names end as those of unfinished files do.
static int unfinished(void) {
    DIR *folder = leaves_none ? opendir(s.folder) : NULL;
    int n = 0;
    for (struct dirent *d; folder && (d = readdir(folder));) {
        const char *dot = strrchr(d->d_name, '.');
        bool temporary = dot && strlen(dot) == 7 && strspn(dot + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == 6;
        if (!temporary && !strstr(d->d_name, ".new") && !strstr(d->d_name, "-journal")) continue;
        printf("unfinished: %s\n", d->d_name);
        n++;
    }
    if (folder) closedir(folder);
    return n;
}

typedef struct outcome {
    int rc;
    long writes;
    xsnr_error err;
} outcome;

// In a child; false: it was killed.
static bool in_child(const work *w, fate how, long n, outcome *out) {
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        what = how, at = n;
        atomic_store(&writes, 0);
        outcome o = {0};
        o.rc = w->act(&o.err);
        o.writes = atomic_load(&writes);
        what = FINE;
        _exit(write(ends[1], &o, sizeof o) != sizeof o);
    }
    close(ends[1]);
    bool said = read(ends[0], out, sizeof *out) == sizeof *out;
    close(ends[0]);
    waitpid(child, &status, 0);
    if (!said && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) fail_msg("%s, write %ld: it crashed, status %d", w->name, n, status);
    return said;
}

static void after(const work *w, fate how, long n, const char *whole) {
    xsnr_error err = {0};
    outcome o;
    char again[XS_HASH_HEX];
    bool there = access(w->file, F_OK) == 0;
    if (there && w->study) {
        char *findings;
        size_t count;
        assert_ok(xsnr_check(w->file, &findings, &count, &err));
        if (count) fail_msg("%s, %s at write %ld: %s", w->name, how == FULL ? "full" : "killed", n, findings);
        xsnr_free(findings);
    }
    if (there && w->once) remove_made(w->file); // then it is whole
    if (!in_child(w, FINE, 0, &o) || o.rc < 0)
        fail_msg("%s does not go on after %s at write %ld: %s", w->name, how == FULL ? "full" : "killed", n, o.err.message);
    if (unfinished()) fail_msg("%s, %s at write %ld: an unfinished file stays", w->name, how == FULL ? "full" : "killed", n);
    fingerprint(w, again);
    if (strcmp(again, whole) != 0) fail_msg("%s, %s at write %ld: other bits", w->name, how == FULL ? "full" : "killed", n);
}

static void every_write_of(const work *w) {
    outcome o;
    char whole[XS_HASH_HEX];
    assert_true(in_child(w, FINE, 0, &o));
    if (o.rc < 0) fail_msg("%s: %s", w->name, o.err.message);
    long all = o.writes;
    assert_true(all > 0);
    fingerprint(w, whole);
    remove_made(w->file);
    long stops = 0, kills = 0, tried = 0;
    for (long n = 1; n <= all; n += STEP, tried++) {
        assert_true(in_child(w, FULL, n, &o));
        if (o.rc < 0) {
            stops++;
            if (o.rc != XSNR_ERR_IO || (!strstr(o.err.message, "full") && !strstr(o.err.message, "space")))
                fail_msg("%s, full at write %ld: code %d, '%s'", w->name, n, o.rc, o.err.message);
            if (unfinished()) fail_msg("%s, full at write %ld: an unfinished file is left", w->name, n);
        }
        after(w, FULL, n, whole);
        remove_made(w->file);
    }
    for (long n = 1; n <= all; n += STEP) {
        kills += !in_child(w, KILLED, n, &o);
        after(w, KILLED, n, whole);
        remove_made(w->file);
    }
    printf("%s: a full disk stopped it at %ld of %ld writes, %ld kills: the same bits\n", w->name, stops, tried, kills);
    assert_true(stops > tried / 2);
    assert_int_equal(kills, tried);
}

static void of_a_run(void **state) {
    (void)state;
    every_write_of(&(work){"run", run, s.file, true, false});
}
static void of_an_import(void **state) {
    (void)state;
    every_write_of(&(work){"import", import, imported, true, true});
}
static void of_a_merge(void **state) {
    (void)state;
    every_write_of(&(work){"merge", merge, merged, true, false});
}
static void of_an_export(void **state) {
    (void)state;
    xsnr_error err = {0};
    assert_ok(run(&err));
    every_write_of(&(work){"export", export, table, false, false});
}

static int begin(void **state) {
    (void)state;
    xsnr_error err = {0};
    int nameless = open("/tmp", O_TMPFILE | O_WRONLY, 0600);
    if (nameless < 0) printf("/tmp has no files without a name: a kill leaves an unfinished one, which is not checked\n");
    else close(nameless);
    leaves_none = nameless >= 0;
    s = small_new(24, 8, 2, "explainers: [contribution, occlusion]\nkeep_models: false\nreport: {html: \"\"}\n");
    snprintf(rows, sizeof rows, "%s/rows.jsonl", s.folder);
    snprintf(imported, sizeof imported, "%s/imported.xsnr", s.folder);
    snprintf(merged, sizeof merged, "%s/merged.xsnr", s.folder);
    snprintf(table, sizeof table, "%s/table.csv", s.folder);
    for (unsigned k = 0; k < 2; k++) {
        snprintf(parts[k], sizeof parts[k], "%s/study.%u-of-2.xsnr", s.folder, k + 1);
        assert_ok(make_part(k + 1, &err));
    }
    assert_ok(run(&err));
    assert_ok(xsnr_export(s.file, "jsonl", rows, &err));
    remove_made(s.file);
    return 0;
}

static int end(void **state) {
    (void)state;
    small_remove(&s);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_a_run), cmocka_unit_test(of_an_import), cmocka_unit_test(of_a_merge),
                                       cmocka_unit_test(of_an_export)};
    return cmocka_run_group_tests(tests, begin, end);
}
