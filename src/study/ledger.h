// Which jobs of a study are begun, done, lost, failed: shared by the threads that do them and the one that hands them out.
//
// Invariant: a job is in exactly one of these: not begun (from `next` on), to be done again, begun, done, given up.
#ifndef XSNR_STUDY_LEDGER_H
#define XSNR_STUDY_LEDGER_H
#include "study/crew.h"
#include <pthread.h>

enum { XS_TRIES = 3 }; // processes that may be lost with a job
#define XS_NO_JOB SIZE_MAX

typedef struct xs_ledger {
    const xs_job *jobs;
    size_t n, next;         // jobs from `next` on were not begun
    size_t *again, n_again; // (n) jobs whose process was lost
    unsigned char *tries;   // (n) processes that were lost with it
    size_t begun, lost;     // that are being done now; that were given up
    size_t first_lost;
    size_t failed; // the lowest job that failed, XS_NO_JOB: none has
    int rc;        // and its error
    xsnr_error why;
    const atomic_int *stop; // somebody asks to stop, or NULL
    pthread_mutex_t lock;
    pthread_cond_t changed;
} xs_ledger;

/// Its arrays live in `arena`.
int xs_ledger_open(xs_ledger *l, const xs_job *jobs, size_t n, const atomic_int *stop, xs_arena *arena, xsnr_error *err);
void xs_ledger_close(xs_ledger *l);
/// The next job, or XS_NO_JOB: there is none, at least now.
size_t xs_ledger_take(xs_ledger *l);
/// The same, and waits while one that was begun may still be lost; XS_NO_JOB: there will be none.
size_t xs_ledger_wait(xs_ledger *l);
/// A job that was begun has an outcome, or failed with rc < 0: no further one is begun then.
void xs_ledger_end(xs_ledger *l, size_t job, int rc, const xsnr_error *why);
/// Its process was lost.  True: it is given up, for XS_TRIES were.
bool xs_ledger_lose(xs_ledger *l, size_t job);
/// Is nothing left that somebody could be asked to do, and nothing being done?
bool xs_ledger_done(xs_ledger *l);
/// How it ended: the error of the lowest job that failed, interrupted, jobs that were given up, or XSNR_OK.
int xs_ledger_outcome(const xs_ledger *l, const xs_study *s, xsnr_error *err);
#endif
