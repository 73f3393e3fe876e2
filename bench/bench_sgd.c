// One fit of averaged SGD on a matrix from a file, timed; bench/sgd_vs_sklearn.py makes the file and compares.
//
//     bench_sgd MATRIX WEIGHTS L2 EPOCHS RATE INIT_SCALE SEED
//
// MATRIX: rows, columns, entries (u64), begin (u64, rows + 1), index (u32), value (f64), label (i32, 0 or 1).
// WEIGHTS gets the model: D + 1 f64, the bias last.  Prints the milliseconds of the second of two fits, packing
// of the matrix included.
#include "base/alloc.h"
#include "model/linear.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void *read_array(FILE *file, size_t count, size_t size) {
    void *array = malloc(count * size + 1);
    if (!array || fread(array, size, count, file) != count) {
        fputs("bench_sgd: the matrix is cut short\n", stderr);
        exit(1);
    }
    return array;
}

static double milliseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

int main(int argc, char **argv) {
    FILE *file = argc == 8 ? fopen(argv[1], "rb") : NULL;
    if (!file) {
        fputs("usage: bench_sgd MATRIX WEIGHTS L2 EPOCHS RATE INIT_SCALE SEED\n", stderr);
        return 2;
    }
    uint64_t *shape = read_array(file, 3, 8);
    xs_csr x = {.rows = shape[0], .columns = (uint32_t)shape[1]};
    x.begin = read_array(file, shape[0] + 1, sizeof *x.begin);
    x.index = read_array(file, shape[2], sizeof *x.index);
    x.value = read_array(file, shape[2], sizeof *x.value);
    int32_t *label = read_array(file, shape[0], sizeof *label);
    fclose(file);
    uint32_t *rows = malloc(x.rows * sizeof *rows);
    if (!rows) return 1;
    for (size_t i = 0; i < x.rows; i++) rows[i] = (uint32_t)i;

    xs_linear_problem p = {&x, label, 1, XS_LOSS_LOGISTIC, false, atof(argv[3])};
    xs_sgd_options options = {atoi(argv[4]), XS_SCHEDULE_DECAY, atof(argv[5]), true, atof(argv[6])};
    xs_seeds seeds = {.init = strtoull(argv[7], NULL, 10), .order = strtoull(argv[7], NULL, 10)};
    xs_arena scratch = {0};
    xs_linear_model *m = NULL;
    xs_training record;
    double took = 0;
    for (int run = 0; run < 2; run++) {
        xs_linear_entry *entry;
        xs_free(m);
        double start = milliseconds();
        if (xs_sgd_pack(&x, &entry, NULL) < 0 || xs_linear_model_new(x.columns, 1, &m, NULL) < 0 ||
            xs_sgd_train(&p, entry, &options, rows, x.rows, &seeds, &scratch, m, &record, NULL) < 0)
            return 1;
        took = milliseconds() - start;
        xs_free(entry);
    }
    printf("%.4f\n", took);
    file = fopen(argv[2], "wb");
    if (!file || fwrite(m->weight, sizeof(double), x.columns + 1, file) != x.columns + 1 || fclose(file) != 0)
        return 1;
    xs_free(m);
    xs_arena_free(&scratch);
    free(shape), free(x.begin), free(x.index), free(x.value), free(label), free(rows);
    return 0;
}
