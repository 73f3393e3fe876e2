// What can happen to a run: kill -9, a full disk, a read-only folder, another run, no memory.
#include "base/alloc.h"
#include "small.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static void pause_ms(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

// Killed at 20 moments and run again: the same bits as undisturbed.
static void killed_twenty_times(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(200, 60, 40, SMALL_EXPLAINERS);
    char whole[XS_HASH_HEX], survived[XS_HASH_HEX];
    size_t n, m;
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    clock_gettime(CLOCK_MONOTONIC, &end);
    long whole_ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
    small_hash(&s, whole, &n);
    small_reset(&s);
    srand((unsigned)end.tv_nsec); // moments are meant to be random; the outcome must not be
    int killed = 0;
    for (int k = 0; k < 20; k++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) _exit(small_run(&s, 2, XSNR_RUN, NULL) < 0);
        pause_ms(1 + rand() % (whole_ms / 8 + 2));
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        killed += WIFSIGNALED(status);
        if (small_exists(&s, "study.xsnr")) { // whatever moment it was, the file is sound
            char *findings;
            assert_ok(xsnr_check(s.file, &findings, &m, &err));
            assert_string_equal(findings, "");
            xsnr_free(findings);
        }
    }
    printf("killed %d of 20 times, whole run %ld ms\n", killed, whole_ms);
    assert_true(killed > 0);
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    small_hash(&s, survived, &m);
    assert_int_equal(n, m);
    assert_string_equal(whole, survived);
    small_remove(&s);
}

typedef struct taking {
    const small_study *study;
    char to[128]; // where the file is moved; "": it is removed
    uint64_t done;
    bool taken;
} taking;

static void take_away(void *context, const xsnr_progress *p) {
    taking *t = context;
    if (strcmp(p->stage, "models") != 0) return;
    t->done = p->done;
    if (p->done < 3 || t->taken) return;
    t->taken = true;
    assert_int_equal(*t->to ? rename(t->study->file, t->to) : unlink(t->study->file), 0);
}

static int run_and_take(const small_study *s, taking *t, xsnr_error *err) {
    xsnr_study *study;
    int rc = xsnr_study_load(s->yaml, &(xsnr_run_options){.threads = 2, .progress = take_away, .user = t}, &study, err);
    if (rc < 0) return rc;
    rc = xsnr_study_run(study, XSNR_RUN, err);
    xsnr_study_free(study);
    return rc;
}

// A study file that is removed or moved in mid-run ends the run at the next model; moved back, it goes on with what it has.
static void file_taken_away(void **state) {
    (void)state;
    small_study s = small_new(200, 60, 40, SMALL_EXPLAINERS);
    char whole[XS_HASH_HEX], again[XS_HASH_HEX];
    size_t n;
    xsnr_error err = {0};
    taking removed = {.study = &s}, moved = {.study = &s}, none = {.study = &s, .taken = true};
    snprintf(moved.to, sizeof moved.to, "%s/elsewhere", s.folder);
    assert_int_equal(run_and_take(&s, &removed, &err), XSNR_ERR_IO);
    assert_non_null(strstr(err.message, "was removed while it was worked on"));
    assert_true(removed.taken && removed.done < 8);
    assert_false(small_exists(&s, "study.xsnr") || small_exists(&s, "study.xsnr-wal") || small_exists(&s, "study.xsnr-shm") ||
                 small_exists(&s, "study.xsnr.lock") || small_exists(&s, "results.json"));
    assert_int_equal(run_and_take(&s, &moved, &err), XSNR_ERR_IO);
    assert_non_null(strstr(err.message, "was moved or replaced"));
    assert_true(moved.taken && moved.done < 8);
    assert_true(small_exists(&s, "study.xsnr-wal")); // what was done lies in there
    assert_int_equal(rename(moved.to, s.file), 0);
    assert_ok(run_and_take(&s, &none, &err));
    small_hash(&s, whole, &n);
    small_reset(&s);
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    small_hash(&s, again, &n);
    assert_string_equal(whole, again);
    small_remove(&s);
}

// A disk that is full in mid-run is an error; with room again, the run ends with the same bits.
static void full_disk(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(200, 60, 10, SMALL_EXPLAINERS);
    char whole[XS_HASH_HEX], again[XS_HASH_HEX];
    size_t n;
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    small_hash(&s, whole, &n);
    for (rlim_t limit = 4096; limit <= 4 << 20; limit *= 4) {
        small_reset(&s);
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            signal(SIGXFSZ, SIG_IGN); // write() then fails with EFBIG, as ENOSPC would
            setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, limit});
            xsnr_error why = {0};
            int rc = small_run(&s, 2, XSNR_RUN, &why);
            ssize_t sent = write(ends[1], &why, sizeof why);
            _exit(rc == XSNR_OK ? 0 : rc == XSNR_ERR_IO && sent == sizeof why ? 1 : 2);
        }
        xsnr_error why = {0};
        assert_int_equal(read(ends[0], &why, sizeof why), sizeof why);
        int status;
        waitpid(child, &status, 0);
        close(ends[0]);
        close(ends[1]);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 2) fail_msg("limit %lu: code %d: %s", (unsigned long)limit, why.code, why.message);
        assert_ok(small_run(&s, 2, XSNR_RUN, &err));
        small_hash(&s, again, &n);
        assert_string_equal(whole, again);
        if (WEXITSTATUS(status) == 0) break; // it fitted: larger limits fit too
        assert_true(why.message[0] != 0);
    }
    small_remove(&s);
}

// The second run on a study is told who holds it.
static void two_at_once(void **state) {
    (void)state;
    small_study s = small_new(60, 20, 2, "");
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        xs_store *store;
        xsnr_error err = {0};
        char ready = xs_store_open(s.file, XS_STORE_WRITE, &store, &err) == XSNR_OK;
        if (write(ends[1], &ready, 1) == 1) pause();
        _exit(0);
    }
    char ready = 0;
    assert_int_equal(read(ends[0], &ready, 1), 1);
    assert_true(ready);
    xsnr_error err = {0};
    assert_int_equal(small_run(&s, 1, XSNR_RUN, &err), XSNR_ERR_BUSY);
    char pid[32];
    snprintf(pid, sizeof pid, "%d", (int)child);
    assert_non_null(strstr(err.message, pid));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    assert_ok(small_run(&s, 1, XSNR_RUN, &err)); // a dead holder holds nothing
    small_remove(&s);
}

static void read_only_folder(void **state) {
    (void)state;
    small_study s = small_new(60, 20, 2, "");
    chmod(s.folder, 0500);
    pid_t child = fork();
    if (child == 0) {
        if (getuid() == 0 && setuid(65534)) _exit(3); // root may write anywhere
        xsnr_error err = {0};
        int rc = small_run(&s, 1, XSNR_RUN, &err);
        _exit(rc == XSNR_ERR_IO && err.message[0] && err.file[0] ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    chmod(s.folder, 0700);
    assert_int_equal(status, 0);
    small_remove(&s);
}

// Every allocation of the whole study fails once: an error, no crash, no leak, and the next run is whole.
static void no_memory(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(24, 8, 1, "explainers: [contribution, {name: shapley, exact_words: 4, pairs: 2}]\n");
    char folder[160];
    xs_alloc_fail_at(0);
    assert_ok(small_run(&s, 1, XSNR_RUN, &err));
    long all = xs_alloc_count();
    bool thorough = getenv("XSNR_LONG") != NULL;
    long tried = 0;
    for (long n = 1; n <= all; n += thorough || n < 50 ? 1 : 1 + n % 7 + all / 150) {
        small_reset(&s);
        err = (xsnr_error){0};
        xs_alloc_fail_at(n);
        int rc = small_run(&s, 1, XSNR_RUN, &err);
        xs_alloc_fail_at(0);
        if (rc != XSNR_ERR_NOMEM) fail_msg("allocation %ld of %ld: returned %d: %s", n, all, rc, err.message);
        assert_false(small_exists(&s, "report.html"));
        tried++;
    }
    printf("%ld of %ld allocations failed in turn\n", tried, all);
    assert_ok(small_run(&s, 1, XSNR_RUN, &err));
    snprintf(folder, sizeof folder, "%s/report.html", s.folder);
    assert_int_equal(access(folder, F_OK), 0);
    small_remove(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_twenty_times), cmocka_unit_test(file_taken_away), cmocka_unit_test(full_disk), cmocka_unit_test(two_at_once),
        cmocka_unit_test(read_only_folder),    cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
