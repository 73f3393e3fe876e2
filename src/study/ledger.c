// The ledger of jobs (ledger.h).
//
// A job whose process is lost goes to the next who asks; one that ended XS_TRIES processes is left out and reported, so that
// a model which needs more memory than there is does not end them all.  Of several failures the lowest job's is told, for
// which one comes first differs from run to run.
#include "study/ledger.h"
#include <stdio.h>
#include <time.h>

int xs_ledger_open(xs_ledger *l, const xs_job *jobs, size_t n, const atomic_int *stop, xs_arena *arena, xsnr_error *err) {
    *l = (xs_ledger){.jobs = jobs, .n = n, .failed = XS_NO_JOB, .stop = stop};
    l->again = XS_ARENA_ARRAY(arena, size_t, n + 1);
    l->tries = XS_ARENA_ARRAY(arena, unsigned char, n + 1);
    if (!l->again || !l->tries) return xs_nomem(err);
    pthread_condattr_t monotonic; // a clock that is set must not wake, or hold, anybody
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&l->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return XSNR_OK;
}

void xs_ledger_close(xs_ledger *l) {
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
}

/* ------------------------------------------------------------ under the lock */

static bool stopped(const xs_ledger *l) { return l->rc < 0 || (l->stop && atomic_load(l->stop)); }

static size_t take(xs_ledger *l) {
    if (stopped(l)) return XS_NO_JOB;
    size_t job = l->n_again ? l->again[--l->n_again] : l->next < l->n ? l->next++ : XS_NO_JOB;
    if (job != XS_NO_JOB) l->begun++;
    return job;
}

static bool done(const xs_ledger *l) { return l->begun == 0 && (stopped(l) || (l->next == l->n && l->n_again == 0)); }

/* ------------------------------------------------------------ what others call */

size_t xs_ledger_take(xs_ledger *l) {
    pthread_mutex_lock(&l->lock);
    size_t job = take(l);
    pthread_mutex_unlock(&l->lock);
    return job;
}

size_t xs_ledger_wait(xs_ledger *l) {
    pthread_mutex_lock(&l->lock);
    size_t job = take(l);
    while (job == XS_NO_JOB && !done(l) && !stopped(l)) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec++; // a signal asks to stop and tells nobody
        pthread_cond_timedwait(&l->changed, &l->lock, &until);
        job = take(l);
    }
    pthread_mutex_unlock(&l->lock);
    return job;
}

void xs_ledger_end(xs_ledger *l, size_t job, int rc, const xsnr_error *why) {
    pthread_mutex_lock(&l->lock);
    l->begun--;
    if (rc < 0 && (l->failed == XS_NO_JOB || job < l->failed)) {
        l->failed = job;
        l->rc = rc;
        l->why = *why;
    }
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

bool xs_ledger_lose(xs_ledger *l, size_t job) {
    pthread_mutex_lock(&l->lock);
    l->begun--;
    bool given_up = ++l->tries[job] >= XS_TRIES;
    if (!given_up) {
        l->again[l->n_again++] = job;
    } else if (l->lost++ == 0 || job < l->first_lost) {
        l->first_lost = job;
    }
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    return given_up;
}

bool xs_ledger_done(xs_ledger *l) {
    pthread_mutex_lock(&l->lock);
    bool is = done(l);
    pthread_mutex_unlock(&l->lock);
    return is;
}

int xs_ledger_outcome(const xs_ledger *l, const xs_study *s, xsnr_error *err) {
    if (l->rc < 0) {
        if (err && !err->code) *err = l->why;
        return l->rc;
    }
    if (l->next < l->n || l->n_again) return xs_fail(err, XSNR_ERR_INTERRUPTED, "stopped on request");
    if (!l->lost) return XSNR_OK;
    const xs_job *job = &l->jobs[l->first_lost];
    return xs_fail(err, XSNR_ERR_IO,
                   "%zu model%s left out, the first of them model %u of family '%s': %d processes were lost while they made "
                   "it; all others are kept, and the same command tries again",
                   l->lost, l->lost == 1 ? " was" : "s were", (unsigned)job->model, s->families[job->family].plan->name,
                   XS_TRIES);
}
