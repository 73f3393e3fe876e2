// The ledger of jobs: each is done once, three processes are what a job may cost, and of several failures the lowest is told.
#include "check.h"
#include "study/ledger.h"
#include "study/plan.h"
#include <pthread.h>

typedef struct fixture {
    xs_job jobs[40];
    xs_plan_family plan;
    xs_study_family family;
    xs_study study;
    xs_arena arena;
    atomic_int stop;
    xs_ledger ledger;
} fixture;

static fixture *open_fixture(size_t n) {
    static fixture f;
    f = (fixture){.plan = {.name = "tree"}};
    f.family.plan = &f.plan;
    f.study.families = &f.family;
    for (size_t i = 0; i < 40; i++) f.jobs[i].model = (uint32_t)i;
    assert_int_equal(xs_ledger_open(&f.ledger, f.jobs, n, &f.stop, &f.arena, NULL), XSNR_OK);
    return &f;
}

static void close_fixture(fixture *f) {
    xs_ledger_close(&f->ledger);
    xs_arena_free(&f->arena);
}

static void end(fixture *f, size_t job, int rc) {
    xsnr_error why = {0};
    if (rc < 0) xs_fail(&why, rc, "model %zu fails", job);
    xs_ledger_end(&f->ledger, job, rc, &why);
}

static void lost_jobs_come_again(void **state) {
    (void)state;
    xsnr_error err = {0};
    fixture *f = open_fixture(3);
    assert_int_equal(xs_ledger_take(&f->ledger), 0);
    assert_int_equal(xs_ledger_take(&f->ledger), 1);
    assert_false(xs_ledger_lose(&f->ledger, 0));
    assert_int_equal(xs_ledger_take(&f->ledger), 0); // before those that were not begun
    assert_false(xs_ledger_lose(&f->ledger, 0));
    assert_int_equal(xs_ledger_take(&f->ledger), 0);
    assert_true(xs_ledger_lose(&f->ledger, 0)); // the third process
    assert_int_equal(xs_ledger_take(&f->ledger), 2);
    assert_int_equal(xs_ledger_take(&f->ledger), XS_NO_JOB);
    assert_false(xs_ledger_done(&f->ledger)); // 1 and 2 may still be lost
    end(f, 1, XSNR_OK);
    end(f, 2, XSNR_OK);
    assert_true(xs_ledger_done(&f->ledger));
    assert_int_equal(xs_ledger_outcome(&f->ledger, &f->study, &err), XSNR_ERR_IO);
    assert_string_equal(err.message, "1 model was left out, the first of them model 0 of family 'tree': 3 processes were lost while "
                                     "they made it; all others are kept, and the same command tries again");
    close_fixture(f);
}

static void lowest_failure_is_told(void **state) {
    (void)state;
    xsnr_error err = {0};
    fixture *f = open_fixture(5);
    for (size_t i = 0; i < 3; i++) assert_int_equal(xs_ledger_take(&f->ledger), i);
    end(f, 2, XSNR_ERR_NOMEM);
    assert_int_equal(xs_ledger_take(&f->ledger), XS_NO_JOB); // nothing is begun after a failure
    assert_false(xs_ledger_done(&f->ledger));
    end(f, 1, XSNR_ERR_IO);
    end(f, 0, XSNR_OK);
    assert_true(xs_ledger_done(&f->ledger));
    assert_int_equal(xs_ledger_outcome(&f->ledger, &f->study, &err), XSNR_ERR_IO);
    assert_string_equal(err.message, "model 1 fails");
    close_fixture(f);
}

static void stops_on_request(void **state) {
    (void)state;
    xsnr_error err = {0};
    fixture *f = open_fixture(2);
    assert_int_equal(xs_ledger_take(&f->ledger), 0);
    atomic_store(&f->stop, 1);
    assert_int_equal(xs_ledger_wait(&f->ledger), XS_NO_JOB);
    end(f, 0, XSNR_OK);
    assert_true(xs_ledger_done(&f->ledger));
    assert_int_equal(xs_ledger_outcome(&f->ledger, &f->study, &err), XSNR_ERR_INTERRUPTED);
    close_fixture(f);
}

typedef struct shared {
    fixture *f;
    atomic_int made[40];
} shared;

// Loses every job once, then does it.
static void *work(void *shared_) {
    shared *s = shared_;
    for (size_t job; (job = xs_ledger_wait(&s->f->ledger)) != XS_NO_JOB;) {
        if (atomic_fetch_add(&s->made[job], 1) == 0) assert_false(xs_ledger_lose(&s->f->ledger, job));
        else end(s->f, job, XSNR_OK);
    }
    return NULL;
}

static void threads_do_each_once(void **state) {
    (void)state;
    shared s = {.f = open_fixture(40)};
    pthread_t threads[6];
    for (int i = 0; i < 6; i++) assert_int_equal(pthread_create(&threads[i], NULL, work, &s), 0);
    for (int i = 0; i < 6; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 40; i++) assert_int_equal(atomic_load(&s.made[i]), 2);
    assert_int_equal(xs_ledger_outcome(&s.f->ledger, &s.f->study, NULL), XSNR_OK);
    close_fixture(s.f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_jobs_come_again),
        cmocka_unit_test(lowest_failure_is_told),
        cmocka_unit_test(stops_on_request),
        cmocka_unit_test(threads_do_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
