// A parallel loop with dynamic shares; see threads.h.
#include "base/threads.h"
#include "base/alloc.h"
#include <pthread.h>
#include <sched.h>

typedef struct loop {
    size_t count;
    xs_work_fn *work;
    void *context;
    const atomic_int *stop;
    atomic_size_t next;
    atomic_int failed;
    pthread_mutex_t lock; // guards first_failed and error
    size_t first_failed;
    xsnr_error error;
    int rc;
} loop;

typedef struct worker {
    loop *loop;
    int index;
    pthread_t thread;
} worker;

static void *run(void *argument) {
    worker *me = argument;
    loop *l = me->loop;
    for (;;) {
        if (atomic_load(&l->failed) || (l->stop && atomic_load(l->stop))) break;
        size_t item = atomic_fetch_add(&l->next, 1);
        if (item >= l->count) break;
        xsnr_error err = {0};
        int rc = l->work(l->context, item, me->index, &err);
        if (rc < 0) {
            pthread_mutex_lock(&l->lock);
            if (!atomic_load(&l->failed) || item < l->first_failed) {
                l->first_failed = item;
                l->error = err;
                l->rc = rc;
            }
            atomic_store(&l->failed, 1);
            pthread_mutex_unlock(&l->lock);
        }
    }
    return NULL;
}

int xs_parallel(int threads, size_t count, xs_work_fn *work, void *context, const atomic_int *stop,
                xsnr_error *err) {
    if (threads < 1) threads = 1;
    if ((size_t)threads > count) threads = count ? (int)count : 1;
    loop l = {.count = count, .work = work, .context = context, .stop = stop};
    pthread_mutex_init(&l.lock, NULL);
    worker *workers = XS_NEW_ARRAY(worker, (size_t)threads);
    if (!workers) {
        pthread_mutex_destroy(&l.lock);
        return xs_nomem(err);
    }
    int started = 1;
    workers[0] = (worker){.loop = &l};
    for (; started < threads; started++) { // a thread that cannot start is only a slower loop
        workers[started] = (worker){.loop = &l, .index = started};
        if (pthread_create(&workers[started].thread, NULL, run, &workers[started])) break;
    }
    run(&workers[0]);
    for (int i = 1; i < started; i++) pthread_join(workers[i].thread, NULL);
    xs_free(workers);
    pthread_mutex_destroy(&l.lock);
    if (atomic_load(&l.failed)) {
        if (err) *err = l.error;
        return l.rc;
    }
    if (atomic_load(&l.next) < count) return xs_fail(err, XSNR_ERR_INTERRUPTED, "interrupted");
    return XSNR_OK;
}

int xs_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set)) return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}
