// The crew of one machine: threads.
#include "study/crew.h"
#include "base/threads.h"

typedef struct pool {
    xs_study *study;
    const xs_job *jobs;
    xs_job_way way;
    xs_arena *scratch; // (threads)
} pool;

static int run_job(void *context, size_t item, int worker, xsnr_error *err) {
    pool *p = context;
    const xs_job *job = &p->jobs[item];
    xs_study_family *f = &p->study->families[job->family];
    XS_TRY(xs_study_job(p->study, f, job->model, &p->way, &p->scratch[worker], err));
    xs_study_tell(p->study, "models", f->plan->name, 1);
    return XSNR_OK;
}

static int run(void *context, xs_study *s, unsigned stages, const xs_job *jobs, size_t n, xsnr_error *err) {
    (void)context;
    pool p = {.study = s, .jobs = jobs, .way = {.stages = stages, .keep = xs_study_keep, .context = s->store}};
    p.scratch = XS_ARENA_ARRAY(&s->arena, xs_arena, (size_t)s->threads);
    if (!p.scratch) return xs_nomem(err);
    int rc = xs_parallel(s->threads, n, run_job, &p, s->stop, err);
    for (int i = 0; i < s->threads; i++) xs_arena_free(&p.scratch[i]);
    return rc;
}

const xs_crew xs_crew_threads = {run, NULL};
