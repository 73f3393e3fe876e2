// Statistics of arrays that come without a study.
#ifndef XSNR_STUDY_ARRAYS_H
#define XSNR_STUDY_ARRAYS_H
#include "stats/results.h"
#include "stats/scores.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct xs_array_options {
    xs_normalization normalize;
    bool absolute;
    double reliability;
    uint64_t seed;
    int threads; // 0: as many as there are processors
    unsigned statistics; // bits (stats/beyond.h)
    bool choose;         // all statistics, but for large arrays the fast ones: see XS_LARGE_ARRAY
} xs_array_options;

enum { XS_LARGE_ARRAY = 10000 }; // scores; kernels and modes of more take seconds

typedef struct xs_named_scores {
    const char *name;
    xs_scores scores;
} xs_named_scores;

/// Every array is a text of one family named `array`; the arrays are copied.  Pooled only where all have the
/// same number of models.
int xs_analyze_arrays(const xs_named_scores *arrays, size_t n, const xs_array_options *options, xs_results *out,
                      xsnr_error *err);
/// The same of .npy files (models, words), and of .npz files as `xsnr export` writes them (scores, lengths).
int xs_analyze_array_files(const char *const *paths, size_t n, const xs_array_options *options, xs_results *out,
                           xsnr_error *err);
#endif
