// The training stage of a study with one thread and with two, in turn: wall seconds from the first model's start
// to the last one's end, reading and preparing left out.
//   bench_study STUDY.yaml FOLDER [REPEATS]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xsnr/xsnr.h>

typedef struct stage {
    double begun, ended;
} stage;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void note(void *user, const xsnr_progress *p) {
    stage *s = user;
    if (strcmp(p->stage, "models") != 0) return;
    if (!p->family) s->begun = now();
    s->ended = now();
}

static double train(const char *yaml, const char *folder, int threads) {
    stage s = {0, 0};
    xsnr_error err = {0};
    xsnr_study *study;
    xsnr_run_options options = {.threads = threads, .folder = folder, .progress = note, .user = &s};
    if (xsnr_study_load(yaml, &options, &study, &err) < 0 || (unlink(xsnr_study_file(study)), 0) ||
        xsnr_study_run(study, XSNR_TRAIN, &err) < 0) {
        fprintf(stderr, "bench_study: %s: %s\n", err.file, err.message);
        exit(1);
    }
    xsnr_study_free(study);
    return s.ended - s.begun;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *what, double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, ascending);
    printf("%s %.3f [%.3f, %.3f]\n", what, values[n / 2], values[0], values[n - 1]);
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    int n = argc > 3 ? atoi(argv[3]) : 9;
    double one[99], two[99], ratio[99];
    if (n < 1 || n > 99) return 2;
    for (int i = 0; i < n; i++) {
        one[i] = train(argv[1], argv[2], 1);
        two[i] = train(argv[1], argv[2], 2);
        ratio[i] = one[i] / two[i];
    }
    print("training stage, 1 thread, s:", one, n);
    print("training stage, 2 threads, s:", two, n);
    print("1 to 2 threads, times as fast:", ratio, n);
    return 0;
}
