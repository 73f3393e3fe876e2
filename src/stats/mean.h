// Means of what is defined: a NaN is left out of its own mean, and of nothing there is no mean.
#ifndef XSNR_STATS_MEAN_H
#define XSNR_STATS_MEAN_H
#include <math.h>

typedef struct xs_mean {
    double sum, count;
} xs_mean;

static inline void xs_mean_add(xs_mean *m, double x) {
    if (isnan(x)) return;
    m->sum += x;
    m->count++;
}

/// NaN: nothing was added.
static inline double xs_mean_of(const xs_mean *m) { return m->count > 0 ? m->sum / m->count : NAN; }
#endif
