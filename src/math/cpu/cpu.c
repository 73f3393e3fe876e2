// Which of the CPU's backends runs here: the best build of the kernels that the processor can execute.
#include "math/backend.h"
#include <pthread.h>

void xs_cpu_fill_float_v1(xs_backend *b), xs_cpu_fill_double_v1(xs_backend *b);
#ifdef __x86_64__
void xs_cpu_fill_float_v3(xs_backend *b), xs_cpu_fill_double_v3(xs_backend *b);
void xs_cpu_fill_float_v4(xs_backend *b), xs_cpu_fill_double_v4(xs_backend *b);
#endif

enum { BUILDS = 3 };
static xs_backend backends[2][BUILDS];
static int builds; // that the processor can execute: 1, and 3, and 4
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void) {
    xs_cpu_fill_float_v1(&backends[XS_FLOAT][0]);
    xs_cpu_fill_double_v1(&backends[XS_DOUBLE][0]);
    builds = 1;
#ifdef __x86_64__
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi2")) return;
    xs_cpu_fill_float_v3(&backends[XS_FLOAT][1]);
    xs_cpu_fill_double_v3(&backends[XS_DOUBLE][1]);
    builds = 2;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl") ||
        !__builtin_cpu_supports("avx512cd"))
        return;
    xs_cpu_fill_float_v4(&backends[XS_FLOAT][2]);
    xs_cpu_fill_double_v4(&backends[XS_DOUBLE][2]);
    builds = 3;
#endif
}

const xs_backend *xs_cpu_backend(xs_precision precision, int level) {
    pthread_once(&once, fill);
    int at = level == 1 ? 0 : level == 3 ? 1 : 2;
    return &backends[precision][at < builds ? at : builds - 1];
}

bool xs_cpu_multiplies_bf16(void) {
#ifdef __x86_64__
    return __builtin_cpu_supports("avx512bf16") && xs_cpu_backend(XS_FLOAT, 0) == &backends[XS_FLOAT][2];
#else
    return false;
#endif
}
