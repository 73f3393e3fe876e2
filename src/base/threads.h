// Threads: a loop over independent items, shared out among workers.
//
// Items are handed out in index order, one at a time.  What an item computes must not depend on the worker
// that runs it; results are stored by index and merged in index order afterwards, so that they are the same
// bits for any number of threads.
#ifndef XSNR_BASE_THREADS_H
#define XSNR_BASE_THREADS_H
#include "base/error.h"
#include <stdatomic.h>
#include <stddef.h>

/// One item of work.  `worker` is 0..threads−1, for scratch memory.  A negative return stops the loop.
typedef int xs_work_fn(void *context, size_t item, int worker, xsnr_error *err);

/// Runs items 0..count−1 on at most `threads` threads (the caller's own is one of them).  Returns the error
/// of the lowest failed item, or XSNR_ERR_INTERRUPTED if `stop` (may be NULL) became nonzero before the end;
/// items already begun are finished first.
int xs_parallel(int threads, size_t count, xs_work_fn *work, void *context, const atomic_int *stop,
                xsnr_error *err);
/// Processors this process may run on.
int xs_processors(void);
#endif
