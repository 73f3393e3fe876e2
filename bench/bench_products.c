// The products of an encoder's linear layers beside oneDNN's, in turn on one thread: forward x Wᵀ, the input's gradient
// dy W, and the weights' gradient += dyᵀ x.  oneDNN is given the better of its sgemm and its matmul primitive.
//
//     bench_products [ROWS]                  width 128, ff 512; 1,000 rows
#include "math/backend.h"
#include <math.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 40, CALLS = 2, MOST = 512 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(bool done, const char *what) {
    if (done) return;
    fprintf(stderr, "bench_products: %s\n", what);
    exit(1);
}

// C (M, N) = op(A) op(B), or += : A's element (i, k) is a[i ai + k ak], B's (k, j) is b[k bk + j bj].
typedef struct job {
    size_t M, N, K, ai, ak, bk, bj;
    bool add;
    const float *a, *b;
    float *c;
} job;

static void run_sgemm(const job *p) {
    dnnl_dim_t lda = (dnnl_dim_t)(p->ak == 1 ? p->ai : p->ak), ldb = (dnnl_dim_t)(p->bj == 1 ? p->bk : p->bj);
    must(dnnl_sgemm(p->ak == 1 ? 'N' : 'T', p->bj == 1 ? 'N' : 'T', (dnnl_dim_t)p->M, (dnnl_dim_t)p->N, (dnnl_dim_t)p->K, 1,
                    p->a, lda, p->b, ldb, p->add ? 1 : 0, p->c, (dnnl_dim_t)p->N) == dnnl_success,
         "dnnl_sgemm failed");
}

typedef struct matmul {
    dnnl_primitive_t primitive;
    dnnl_memory_t memory[3];
} matmul;

static dnnl_memory_desc_t matrix(size_t rows, size_t columns, size_t row, size_t column) {
    dnnl_memory_desc_t d;
    dnnl_dims_t dims = {(dnnl_dim_t)rows, (dnnl_dim_t)columns}, strides = {(dnnl_dim_t)row, (dnnl_dim_t)column};
    must(dnnl_memory_desc_init_by_strides(&d, 2, dims, dnnl_f32, strides) == dnnl_success, "no memory descriptor");
    return d;
}

static matmul matmul_of(dnnl_engine_t engine, const job *p) {
    matmul m;
    dnnl_memory_desc_t d[3] = {matrix(p->M, p->K, p->ai, p->ak), matrix(p->K, p->N, p->bk, p->bj), matrix(p->M, p->N, p->N, 1)};
    void *data[3] = {(void *)(uintptr_t)p->a, (void *)(uintptr_t)p->b, p->c};
    dnnl_matmul_desc_t desc;
    dnnl_primitive_desc_t described;
    must(dnnl_matmul_desc_init(&desc, &d[0], &d[1], NULL, &d[2]) == dnnl_success &&
             dnnl_primitive_desc_create(&described, &desc, NULL, engine, NULL) == dnnl_success &&
             dnnl_primitive_create(&m.primitive, described) == dnnl_success,
         "no matmul primitive");
    dnnl_primitive_desc_destroy(described);
    for (int i = 0; i < 3; i++)
        must(dnnl_memory_create(&m.memory[i], &d[i], engine, data[i]) == dnnl_success, "no memory object");
    return m;
}

static void run_matmul(const matmul *m, dnnl_stream_t stream) {
    dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, m->memory[0]}, {DNNL_ARG_WEIGHTS, m->memory[1]}, {DNNL_ARG_DST, m->memory[2]}};
    must(dnnl_primitive_execute(m->primitive, stream, 3, args) == dnnl_success, "matmul failed");
}

static float *numbers(size_t n) {
    float *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);
    must(x != NULL, "out of memory");
    for (size_t i = 0; i < n; i++) x[i] = (float)sin((double)i) / 16;
    return x;
}

static xs_view view(const xs_backend *ops, xs_device *d, size_t n) {
    xsnr_error err;
    xs_buffer *b;
    double row[MOST];
    must(ops->reals(d, n, &b, &err) == XSNR_OK, "out of memory");
    for (size_t i = 0; i < MOST; i++) row[i] = sin((double)i) / 16;
    for (size_t i = 0; i + MOST <= n; i += MOST) ops->put_reals(d, (xs_view){b, i}, row, MOST);
    return (xs_view){b, 0};
}

int main(int argc, char **argv) {
    if (!getenv("OMP_NUM_THREADS")) { // read when the library is loaded
        setenv("OMP_NUM_THREADS", "1", 1);
        execv("/proc/self/exe", argv);
    }
    static const size_t shape[][2] = {{128, 384}, {128, 128}, {128, 512}, {512, 128}};
    static const char *const kind[] = {"forward", "input", "weight"};
    size_t n = argc > 1 ? (size_t)atol(argv[1]) : 1000;
    const xs_backend *ops = xs_cpu_backend(XS_FLOAT, 0);
    xs_device *d;
    xsnr_error err;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    must(n > 0 && ops->open(&d, &err) == XSNR_OK, "ROWS is a number above 0");
    must(dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success &&
             dnnl_stream_create(&stream, engine, dnnl_stream_default_flags) == dnnl_success,
         "no oneDNN engine");
    const dnnl_version_t *version = dnnl_version();
    printf("%s; oneDNN %d.%d.%d, one thread; %zu rows; GFLOP/s, best of %d times %d calls in turn\n", ops->name, version->major,
           version->minor, version->patch, n, ROUNDS, CALLS);
    float *x = numbers(n * MOST), *y = numbers(n * MOST), *w = numbers(MOST * MOST);
    xs_view X = view(ops, d, n * MOST), Y = view(ops, d, n * MOST), W = view(ops, d, MOST * MOST), none = {0};
    double all[4] = {0}, work = 0; // seconds: float, bf16, sgemm, matmul
    double better = 0;
    for (size_t s = 0; s < sizeof shape / sizeof *shape; s++)
        for (int k = 0; k < 3; k++) {
            size_t I = shape[s][0], O = shape[s][1];
            job p = k == 0   ? (job){n, O, I, I, 1, 1, I, false, x, w, y}
                    : k == 1 ? (job){n, I, O, O, 1, I, 1, false, y, w, x}
                             : (job){O, I, n, 1, O, I, 1, true, y, x, w};
            matmul m = matmul_of(engine, &p);
            double best[4] = {1e9, 1e9, 1e9, 1e9}, flops = 2.0 * CALLS * (double)(n * I * O);
            for (int r = 0; r < ROUNDS; r++)
                for (int who = 0; who < 4; who++) {
                    if (who < 2) ops->round_products(d, who == 1);
                    double began = now();
                    for (int c = 0; c < CALLS; c++)
                        if (who == 2) run_sgemm(&p);
                        else if (who == 3) run_matmul(&m, stream);
                        else if (k == 0) ops->linear(d, n, I, O, X, W, none, Y);
                        else if (k == 1) ops->linear_input(d, n, I, O, Y, W, false, X);
                        else ops->linear_weight(d, n, I, O, X, Y, W, none);
                    double took = now() - began;
                    if (took < best[who]) best[who] = took;
                }
            double peer = best[2] < best[3] ? best[2] : best[3];
            printf("%3zu -> %3zu  %-8s xsnr %6.1f  bf16 %6.1f  oneDNN sgemm %6.1f  matmul %6.1f   float: %3.0f %% of oneDNN\n", I, O,
                   kind[k], 1e-9 * flops / best[0], 1e-9 * flops / best[1], 1e-9 * flops / best[2], 1e-9 * flops / best[3],
                   100 * peer / best[0]);
            for (int i = 0; i < 4; i++) all[i] += best[i];
            better += peer;
            work += flops;
            dnnl_primitive_destroy(m.primitive);
            for (int i = 0; i < 3; i++) dnnl_memory_destroy(m.memory[i]);
        }
    printf("all                  xsnr %6.1f  bf16 %6.1f  oneDNN sgemm %6.1f  matmul %6.1f   float: %3.0f %% of oneDNN, bf16: %.2f of float\n",
           1e-9 * work / all[0], 1e-9 * work / all[1], 1e-9 * work / all[2], 1e-9 * work / all[3], 100 * better / all[0], all[0] / all[1]);
    dnnl_stream_destroy(stream);
    dnnl_engine_destroy(engine);
    free(x), free(y), free(w);
    ops->release(d, X.buffer), ops->release(d, Y.buffer), ops->release(d, W.buffer);
    ops->close(d);
    return 0;
}
