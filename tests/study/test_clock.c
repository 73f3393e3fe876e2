// Clocks that jump: the time of day goes back and forth by years, the monotonic clock leaps ahead by hours.  The study is the
// same, times are finite and not negative, progress only grows.
#include "small.h"
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static atomic_bool jumping;
static atomic_ulong asked;

static int real(clockid_t clock, struct timespec *t) { return (int)syscall(SYS_clock_gettime, clock, t); }

static void jump(clockid_t clock, struct timespec *t) {
    if (!atomic_load(&jumping)) return;
    unsigned long n = atomic_fetch_add(&asked, 1);
    static const long years[] = {0, 20, -30, 0, -5, 300, -50}; // before 1970, and after 2106 too
    if (clock == CLOCK_REALTIME) t->tv_sec += years[n % 7] * 365 * 24 * 3600;
    else if (clock == CLOCK_MONOTONIC) t->tv_sec += (long)n * 7200; // it never goes back: POSIX
}

#define IN_FRONT __attribute__((visibility("default"))) // of the C library's, for SQLite too
IN_FRONT int clock_gettime(clockid_t clock, struct timespec *t) {
    int rc = real(clock, t);
    if (rc == 0) jump(clock, t);
    return rc;
}

IN_FRONT time_t time(time_t *out) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out) *out = t.tv_sec;
    return t.tv_sec;
}

IN_FRONT int gettimeofday(struct timeval *restrict out, void *restrict zone) {
    struct timespec t;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    *out = (struct timeval){t.tv_sec, t.tv_nsec / 1000};
    return 0;
}

typedef struct seen {
    uint64_t done;
    bool wrong;
} seen;

static void look(void *seen_, const xsnr_progress *p) {
    seen *s = seen_;
    if (strcmp(p->stage, "models") != 0) return;
    s->wrong |= p->done < s->done || p->done > p->total || p->resumed > p->done;
    s->done = p->done;
}

static double number(sqlite3 *db, const char *sql) {
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    double x = sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    return x;
}

static int run(const small_study *s, seen *seen_, xsnr_error *err, bool shared) {
    xsnr_study *study;
    const char *address;
    int rc = xsnr_study_load(s->yaml, &(xsnr_run_options){.threads = 2, .progress = look, .user = seen_}, &study, err);
    if (rc == XSNR_OK && shared) rc = xsnr_study_share(study, "127.0.0.1", &address, err); // its threads wait with a time limit
    if (rc == XSNR_OK) rc = xsnr_study_run(study, XSNR_RUN, err);
    xsnr_study_free(study);
    return rc;
}

static void the_study_is_the_same(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(120, 40, 6, SMALL_EXPLAINERS);
    char whole[XS_HASH_HEX], jumped[XS_HASH_HEX];
    size_t n, m;
    assert_ok(small_run(&s, 2, XSNR_RUN, &err));
    small_hash(&s, whole, &n);
    for (int shared = 0; shared < 2; shared++) {
        seen watched = {0};
        sqlite3 *db;
        small_reset(&s);
        atomic_store(&jumping, true);
        assert_ok(run(&s, &watched, &err, shared));
        atomic_store(&jumping, false);
        small_hash(&s, jumped, &m);
        assert_string_equal(whole, jumped);
        assert_false(watched.wrong);
        assert_int_equal(watched.done, 18);
        assert_int_equal(sqlite3_open(s.file, &db), SQLITE_OK);
        assert_true(number(db, "SELECT min(seconds) FROM model") >= 0);
        assert_true(number(db, "SELECT count(*) FROM model WHERE seconds IS NULL OR seconds > 1e9") == 0);
        sqlite3_close(db);
    }
    assert_true(atomic_load(&asked) > 36);
    printf("the clocks were asked %lu times, and jumped\n", atomic_load(&asked));
    small_remove(&s);
}

// The lock's message says since when, whatever that is.
static void a_lock_of_another_age(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(60, 20, 1, "");
    xs_store *store;
    for (int i = 0; i < 7; i++) {
        atomic_store(&jumping, true);
        assert_ok(xs_store_open(s.file, XS_STORE_WRITE, &store, &err));
        atomic_store(&jumping, false);
        assert_int_equal(small_run(&s, 1, XSNR_RUN, &err), XSNR_ERR_BUSY);
        assert_non_null(strstr(err.message, " since "));
        assert_non_null(strstr(err.message, "Z; wait for it or stop it"));
        xs_store_close(store);
    }
    small_remove(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_study_is_the_same), cmocka_unit_test(a_lock_of_another_age)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
