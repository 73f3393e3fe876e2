// Large arrays: one pass over many texts, beside reading the same array; jackknife, bootstrap and Kendall at the sizes of a study.
// bench/wide_vs_numpy.py makes the arrays and compares.
//
//     bench_wide moments ARRAY THREADS RUNS       ms of a read, ms of the pass; the first word's mean, variance, the first SNR
//     bench_wide jackknife|bootstrap ARRAY THREADS RUNS   texts as texts; ms and the interval's ends
//     bench_wide kendall ARRAY THREADS RUNS       one text; ms and the mean τ-b
//
// ARRAY: models, words, texts (u64), lengths (u64), scores (f32).
#include "base/arena.h"
#include "base/threads.h"
#include "stats/bootstrap.h"
#include "stats/pairs.h"
#include "stats/wide.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct array {
    size_t models, words, texts, *lengths;
    float *e;
} array;

static double milliseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int read_array(const char *path, array *a) {
    size_t head[3];
    FILE *f = fopen(path, "rb");
    if (!f || fread(head, sizeof *head, 3, f) != 3) return -1;
    *a = (array){head[0], head[1], head[2], malloc(head[2] * sizeof(size_t)), aligned_alloc(64, (head[0] * head[1] * 4 + 63) / 64 * 64)};
    if (!a->lengths || !a->e || fread(a->lengths, sizeof *a->lengths, a->texts, f) != a->texts) return -1;
    if (fread(a->e, sizeof *a->e, a->models * a->words, f) != a->models * a->words) return -1;
    fclose(f);
    return 0;
}

/* ------------------------------------------------------------ a plain read */

enum { CHUNK = 1 << 20 };
typedef unsigned long vec8 __attribute__((vector_size(64), aligned(4)));
typedef struct reading {
    const char *bytes;
    size_t size;
    unsigned long *out;
} reading;

// Adds up whole numbers, which are exact in any order: as fast as the memory gives them.
__attribute__((target_clones("avx512f", "avx2", "default"))) static unsigned long add_up(const char *at, size_t n) {
    vec8 sum[8] = {0};
    for (size_t i = 0; i + 512 <= n; i += 512)
        for (int k = 0; k < 8; k++) sum[k] += *(const vec8 *)(at + i + 64 * k);
    unsigned long total = 0;
    for (int k = 0; k < 64; k++) total += sum[k / 8][k % 8];
    return total;
}

static int read_chunk(void *context, size_t item, int worker, xsnr_error *err) {
    (void)worker, (void)err;
    const reading *r = context;
    size_t left = r->size - item * CHUNK;
    r->out[item] = add_up(r->bytes + item * CHUNK, left < CHUNK ? left : CHUNK);
    return 0;
}

static double time_read(const array *a, int threads) {
    reading r = {(const char *)a->e, a->models * a->words * sizeof *a->e, NULL};
    size_t n = (r.size + CHUNK - 1) / CHUNK;
    r.out = calloc(n, sizeof *r.out);
    double start = milliseconds();
    xs_parallel(threads, n, read_chunk, &r, NULL, NULL);
    double end = milliseconds();
    volatile unsigned long kept = r.out[0];
    (void)kept;
    free(r.out);
    return end - start;
}

/* ------------------------------------------------------------ what is timed */

static int time_moments(const array *a, int threads, xsnr_error *err) {
    double *mean = malloc(a->words * sizeof *mean), *variance = malloc(a->words * sizeof *variance);
    xs_moment_snr *texts = malloc(a->texts * sizeof *texts);
    if (!mean || !variance || !texts) return XSNR_ERR_NOMEM;
    memset(mean, 0, a->words * sizeof *mean); // the pages are there
    memset(variance, 0, a->words * sizeof *variance);
    memset(texts, 0, a->texts * sizeof *texts);
    double read = time_read(a, threads), start = milliseconds();
    int rc = xs_wide_moments(&(xs_wide){a->e, a->models, a->words, a->lengths, a->texts}, threads, mean, variance, texts, err);
    printf("%.6f %.6f %.17g %.17g %.17g\n", milliseconds() - start, read, mean[0], variance[0], texts[0].snr);
    free(mean), free(variance), free(texts);
    return rc;
}

// The texts as arrays of their own, in double precision.
static int unpack(const array *a, xs_arena *arena, xs_scores *out) {
    for (size_t t = 0, at = 0; t < a->texts; at += a->lengths[t++]) {
        size_t n = a->lengths[t];
        double *e = XS_ARENA_ARRAY(arena, double, a->models *n);
        if (!e) return XSNR_ERR_NOMEM;
        for (size_t m = 0; m < a->models; m++)
            for (size_t w = 0; w < n; w++) e[m * n + w] = (double)a->e[m * a->words + at + w];
        out[t] = (xs_scores){e, a->models, n};
    }
    return XSNR_OK;
}

static int jackknife(const xs_scores *s, size_t n, xs_arena *arena, double interval[2], xsnr_error *err) {
    xs_text_result *texts = XS_ARENA_ARRAY(arena, xs_text_result, n);
    uint32_t *model = XS_ARENA_ARRAY(arena, uint32_t, s[0].models);
    if (!texts || !model) return XSNR_ERR_NOMEM;
    for (uint32_t m = 0; m < s[0].models; m++) model[m] = m;
    for (size_t t = 0; t < n; t++) {
        xs_centered c;
        double *signal = XS_ARENA_ARRAY(arena, double, s[t].models), *noise = XS_ARENA_ARRAY(arena, double, s[t].models);
        if (!signal || !noise) return XSNR_ERR_NOMEM;
        XS_TRY(xs_center(s[t], arena, &c, err));
        XS_TRY(xs_text_snr(s[t], &c, 0.9, arena, &texts[t].snr, err));
        xs_leave_one_out(&c, signal, noise);
        texts[t].signal_without = signal, texts[t].noise_without = noise, texts[t].model = model;
    }
    xs_pool pool;
    XS_TRY(xs_pool_ratio(&(xs_explainer_result){.texts = texts, .n_texts = n}, NULL, n, s[0].models, arena, &pool, err));
    xs_t_interval(xs_ratio(pool.signal, pool.noise), xs_jackknife_error(pool.without, pool.models), (double)pool.models - 1, interval);
    return XSNR_OK;
}

static int bootstrap(const xs_scores *s, size_t n, xs_arena *arena, double interval[2], xsnr_error *err) {
    xs_centered *c = XS_ARENA_ARRAY(arena, xs_centered, n);
    if (!c) return XSNR_ERR_NOMEM;
    for (size_t t = 0; t < n; t++) XS_TRY(xs_center(s[t], arena, &c[t], err));
    return xs_bootstrap_interval(c, n, 2000, 1, arena, interval, NULL, err);
}

static int time_texts(const array *a, const char *what, xsnr_error *err) {
    xs_arena arena = {0};
    xs_scores *s = XS_ARENA_ARRAY(&arena, xs_scores, a->texts);
    double interval[2] = {NAN, NAN};
    xs_pair_agreement pairs = {0};
    int rc = s ? unpack(a, &arena, s) : XSNR_ERR_NOMEM;
    double start = milliseconds();
    if (rc == XSNR_OK && strcmp(what, "jackknife") == 0) rc = jackknife(s, a->texts, &arena, interval, err);
    else if (rc == XSNR_OK && strcmp(what, "bootstrap") == 0) rc = bootstrap(s, a->texts, &arena, interval, err);
    else if (rc == XSNR_OK) rc = xs_agree_pairs(s[0], SIZE_MAX, 1, &arena, &pairs, err);
    double end = milliseconds();
    if (strcmp(what, "kendall") == 0) printf("%.6f %.17g %zu\n", end - start, pairs.kendall_tau_b, pairs.pairs);
    else printf("%.6f %.17g %.17g\n", end - start, interval[0], interval[1]);
    xs_arena_free(&arena);
    return rc;
}

int main(int argc, char **argv) {
    array a;
    xsnr_error err = {0};
    if (argc != 5 || read_array(argv[2], &a)) {
        fputs("usage: bench_wide moments|jackknife|bootstrap|kendall ARRAY THREADS RUNS\n", stderr);
        return 2;
    }
    for (long run = 0; run < atol(argv[4]); run++) {
        int rc = strcmp(argv[1], "moments") == 0 ? time_moments(&a, atoi(argv[3]), &err) : time_texts(&a, argv[1], &err);
        if (rc < 0) {
            fprintf(stderr, "bench_wide: %s\n", err.message);
            return 1;
        }
    }
    free(a.lengths);
    free(a.e);
    return 0;
}
