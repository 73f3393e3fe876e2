// Who does the jobs of a study: a table of one function, so that a run is the same on one machine and on many.
#ifndef XSNR_STUDY_CREW_H
#define XSNR_STUDY_CREW_H
#include "study/study.h"

typedef struct xs_job {
    size_t family; // index in xs_study.families
    uint32_t model;
} xs_job;

typedef struct xs_crew {
    /// Does all jobs (n), in any order; every outcome is in the study file, and told as progress, when it returns
    /// XSNR_OK.  After an error, or XSNR_ERR_INTERRUPTED, those that were begun are finished and kept.
    int (*run)(void *context, xs_study *s, unsigned stages, const xs_job *jobs, size_t n, xsnr_error *err);
    void *context;
} xs_crew;

/// The threads of this process.
extern const xs_crew xs_crew_threads;

/// This process and those that join it: it holds the study file and is its only writer, they take jobs one at a time.
typedef struct xs_hub xs_hub;
/// Listens at that IPv4 address, NULL: at all; *address is what xs_study_join takes, and holds a secret.
int xs_hub_open(const char *listen, xs_hub **out, xsnr_error *err);
const char *xs_hub_address(const xs_hub *hub);
xs_crew xs_hub_crew(xs_hub *hub);
void xs_hub_close(xs_hub *hub); // safe on NULL

/// Takes jobs from the hub at `address` until it has none, or goes away before it has begun.  The plan must be the hub's,
/// the data too.
int xs_study_join(xs_plan *plan, const char *address, const xs_work_options *how, xsnr_error *err);
#endif
