// The statistics of arrays, timed; bench/stats_vs_numpy.py makes the array and compares.
//
//     bench_stats ARRAY RUNS
//
// ARRAY: models, words (u64), scores (f64).  Prints a line per run: milliseconds of signal, noise and SNR
// alone (without ε and interval), of everything that is said of a text, and the SNR.
#include "base/alloc.h"
#include "stats/analysis.h"
#include "stats/parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double milliseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

int main(int argc, char **argv) {
    uint64_t shape[2];
    FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (!file || fread(shape, sizeof *shape, 2, file) != 2) {
        fputs("usage: bench_stats ARRAY RUNS\n", stderr);
        return 2;
    }
    double *e = malloc(shape[0] * shape[1] * sizeof *e);
    if (!e || fread(e, sizeof *e, shape[0] * shape[1], file) != shape[0] * shape[1]) {
        fputs("bench_stats: the array is cut short\n", stderr);
        return 1;
    }
    fclose(file);
    xs_scores s = {e, shape[0], shape[1]};
    xs_arena arena = {0};
    xsnr_error err = {0};
    for (long run = 0; run < atol(argv[2]); run++) {
        xs_arena_mark mark = xs_arena_save(&arena);
        xs_moment_snr core;
        xs_text_result text = {.n_words = s.words};
        double shift, start = milliseconds();
        int rc = xs_signal_noise(xs_score_row, &s, s.models, s.words, &arena, &core, &shift, &err);
        double middle = milliseconds();
        if (rc == XSNR_OK) rc = xs_analyze_text(s, 0.9, 1, &arena, &text, &err);
        double end = milliseconds();
        if (rc < 0) {
            fprintf(stderr, "bench_stats: %s\n", err.message);
            return 1;
        }
        printf("%.6f %.6f %.17g\n", middle - start, end - middle, core.snr);
        xs_arena_rewind(&arena, mark);
    }
    xs_arena_free(&arena);
    free(e);
    return 0;
}
