// Operations of the CPU's backends against their definitions written plainly, on every build of the kernels.
#include "base/random.h"
#include "check.h"
#include "math/backend.h"

static xsnr_error err;

typedef struct rig {
    const xs_backend *ops;
    xs_device *device;
} rig;

static void for_all(void (*check)(rig *)) {
    for (int precision = XS_FLOAT; precision <= XS_DOUBLE; precision++)
        for (int level = 1; level <= 4; level++) {
            rig r = {.ops = xs_cpu_backend((xs_precision)precision, level)};
            assert_ok(r.ops->open(&r.device, &err));
            check(&r);
            assert_ok(r.ops->status(r.device, &err));
            r.ops->close(r.device);
        }
}

static xs_view reals(rig *r, const double *values, size_t n) {
    xs_buffer *b;
    assert_ok(r->ops->reals(r->device, n, &b, &err));
    if (values) r->ops->put_reals(r->device, (xs_view){b, 0}, values, n);
    return (xs_view){b, 0};
}

static void release(rig *r, xs_view v) { r->ops->release(r->device, v.buffer); }

static void fill(double *x, size_t n, uint32_t name) {
    xs_rng rng = xs_rng_at(1, XS_STREAM_CORPUS, name, 0);
    for (size_t i = 0; i < n; i++) x[i] = (double)(float)xs_rng_normal(&rng); // what a float holds too
}

// y = x Wᵀ + b and its two backward products, of sizes around every tile, group and slab; a row alone has the same bits.
static void check_linear(rig *r) {
    static const size_t sizes[][3] = {{1, 1, 1}, {5, 3, 7}, {6, 16, 16}, {13, 33, 65}, {97, 31, 17}, {100, 300, 20}, {2, 513, 3}, {401, 300, 33}, {300, 5, 397}};
    double error = r->ops->real == 4 ? 2e-4 : 1e-12;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t N = sizes[s][0], I = sizes[s][1], O = sizes[s][2];
        double *x = calloc(N * I, 8), *w = calloc(O * I, 8), *b = calloc(O, 8), *g = calloc(N * O, 8), *got = calloc(N * O + N * I + O * I, 8), *row = calloc(O, 8);
        fill(x, N * I, 1), fill(w, O * I, 2), fill(b, O, 3), fill(g, N * O, 4);
        xs_view X = reals(r, x, N * I), W = reals(r, w, O * I), B = reals(r, b, O), Y = reals(r, NULL, N * O), G = reals(r, g, N * O), D = reals(r, NULL, N * I), DW = reals(r, w, O * I), DB = reals(r, b, O);
        r->ops->linear(r->device, N, I, O, X, W, B, Y);
        r->ops->get_reals(r->device, Y, got, N * O);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < O; j++) {
                double y = b[j];
                for (size_t k = 0; k < I; k++) y += x[i * I + k] * w[j * I + k];
                assert_near(got[i * O + j], y, error, error);
            }
        for (size_t i = 0; i < N; i += 1 + N / 3) {
            r->ops->linear(r->device, 1, I, O, xs_view_at(X, i * I), W, B, Y);
            r->ops->get_reals(r->device, Y, row, O);
            assert_memory_equal(row, got + i * O, O * 8);
        }
        r->ops->linear_input(r->device, N, I, O, G, W, false, D);
        r->ops->linear_input(r->device, N, I, O, G, W, true, D);
        r->ops->get_reals(r->device, D, got, N * I);
        for (size_t i = 0; i < N; i++)
            for (size_t k = 0; k < I; k++) {
                double d = 0;
                for (size_t j = 0; j < O; j++) d += g[i * O + j] * w[j * I + k];
                assert_near(got[i * I + k], 2 * d, error, error);
            }
        r->ops->linear_weight(r->device, N, I, O, X, G, DW, DB); // added to what is there
        r->ops->get_reals(r->device, DW, got, O * I);
        for (size_t j = 0; j < O; j++)
            for (size_t k = 0; k < I; k++) {
                double d = w[j * I + k];
                for (size_t i = 0; i < N; i++) d += g[i * O + j] * x[i * I + k];
                assert_near(got[j * I + k], d, error, error);
            }
        xs_view all[] = {X, W, B, Y, G, D, DW, DB};
        for (size_t i = 0; i < 8; i++) release(r, all[i]);
        free(x), free(w), free(b), free(g), free(got), free(row);
    }
}

// Products by constant factors have the same bits, the first time and again, whatever was asked between; when nothing is constant any
// more, new numbers count.
static void check_constants(rig *r) {
    enum { N = 25, I = 300, O = 70, FACTORS = 40 };
    double *x = calloc(N * I, 8), *w = calloc(O * I + FACTORS * I, 8), *g = calloc(N * O, 8), *want = calloc(N * (I + O), 8), *got = calloc(N * (I + O), 8);
    fill(x, N * I, 1), fill(w, O * I + FACTORS * I, 2), fill(g, N * O, 4);
    xs_view X = reals(r, x, N * I), W = reals(r, w, O * I + FACTORS * I), Y = reals(r, NULL, N * O), G = reals(r, g, N * O), D = reals(r, NULL, N * I), none = {0};
    for (int round = 0; round < 4; round++) { // 0: nothing constant; 3: other numbers
        if (round == 1) r->ops->constant(r->device, W, O * I + FACTORS * I);
        if (round == 3) {
            r->ops->constant(r->device, none, 0);
            fill(w, O * I, 3);
            r->ops->put_reals(r->device, W, w, O * I);
            r->ops->constant(r->device, W, O * I + FACTORS * I);
        }
        for (size_t k = 0; k < FACTORS; k++) r->ops->linear(r->device, N, I, O, X, xs_view_at(W, k * I), none, Y); // overlapping ones too
        r->ops->linear(r->device, N, I, O, X, W, none, Y);
        r->ops->linear_input(r->device, N, I, O, G, W, false, D);
        double *to = round ? got : want;
        r->ops->get_reals(r->device, Y, to, N * O);
        r->ops->get_reals(r->device, D, to + N * O, N * I);
        if (round == 1 || round == 2) assert_memory_equal(got, want, N * (I + O) * 8);
        if (round == 3) { // what was kept of the old numbers is forgotten
            double sum = 0;
            for (size_t i = 0; i < I; i++) sum += x[i] * w[i];
            assert_near(got[0], sum, 2e-4, 2e-4);
            assert_true(memcmp(got, want, N * O * 8) && memcmp(got + N * O, want + N * O, N * I * 8));
        }
    }
    xs_view all[] = {X, W, Y, G, D};
    for (size_t i = 0; i < 5; i++) release(r, all[i]);
    free(x), free(w), free(g), free(want), free(got);
}

// Normal numbers come from the bits that backend.h names, and have the moments of normal numbers.
static void check_normals(rig *r) {
    enum { N = 200000 };
    double *z = calloc(N, 8), part[70], sum = 0, squares = 0, fourth = 0, error = r->ops->real == 4 ? 2e-6 : 1e-13;
    const uint64_t seed = 0x123456789abcdefull;
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    r->ops->normals(seed, 5, 7, 9, N, z);
    for (uint32_t e = 0; e < N; e++) {
        sum += z[e], squares += z[e] * z[e], fourth += z[e] * z[e] * z[e] * z[e];
        if (e > 300 && e % 97) continue;
        uint32_t counter[4] = {16 * (e / 64) + e % 16, 5, 7, 9}, block[4], p = e / 32 % 2;
        xs_philox4x32(counter, key, block);
        double u = ((block[2 * p] >> 8) + 0.5) * 0x1p-24, v = ((block[2 * p + 1] >> 8) + 0.5) * 0x1p-24, angle = 6.283185307179586476925 * v;
        assert_near(z[e], sqrt(-2 * log(u)) * (e / 16 % 2 ? sin(angle) : cos(angle)), error, error);
    }
    assert_near(sum / N, 0, 0, 5 / sqrt(N));
    assert_near(squares / N, 1, 0, 5 * sqrt(2.0 / N));
    assert_near(fourth / N, 3, 0, 5 * sqrt(96.0 / N));
    r->ops->normals(seed, 5, 7, 9, 70, part);
    assert_memory_equal(part, z, sizeof part); // the number of them changes nothing
    free(z);
}

// The bfloat16 nearest to x, by doubles: 8 bits of fraction, ties to even; nothing below 2^-126.
static float nearest_bf16(double x) {
    int exponent;
    if (x == 0 || isinf(x) || fabs(x) < 0x1p-126) return isinf(x) ? (float)x : 0;
    double fraction = frexp(x, &exponent);
    return (float)ldexp(rint(ldexp(fraction, 8)), exponent - 8);
}

// sum of a[k as] b[k bs] as product_bf16.c defines it: slabs of 256, pairs, the odd one first, from `start`.
static double bf16_sum(size_t K, const double *a, size_t as, const double *b, size_t bs, double start) {
    float c = (float)start;
    for (size_t slab = 0; slab < K; slab += 256) {
        float sum = 0;
        size_t end = K - slab < 256 ? K : slab + 256;
        for (size_t k = slab; k < end; k += 2) {
            if (k + 1 < end) sum = fmaf(nearest_bf16(a[(k + 1) * as]), nearest_bf16(b[(k + 1) * bs]), sum);
            sum = fmaf(nearest_bf16(a[k * as]), nearest_bf16(b[k * bs]), sum);
        }
        c += sum;
    }
    return (double)c;
}

// Products of rounded factors, bit for bit what the definition gives, on processors with the instruction and without;
// a row alone has the same bits; afterwards products are those of floats again.
static void check_bf16(rig *r) {
    static const size_t sizes[][3] = {{1, 1, 1}, {5, 3, 7}, {12, 16, 32}, {13, 33, 65}, {97, 31, 17}, {100, 300, 20}, {2, 513, 3}, {300, 12, 40}};
    if (!r->ops->round_products) {
        assert_int_equal(r->ops->real, 8);
        return;
    }
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t N = sizes[s][0], I = sizes[s][1], O = sizes[s][2];
        double *x = calloc(N * I, 8), *w = calloc(O * I, 8), *b = calloc(O, 8), *g = calloc(N * O, 8), *got = calloc(N * O + N * I + O * I, 8), *row = calloc(O, 8), *whole = calloc(N * O, 8);
        fill(x, N * I, 1), fill(w, O * I, 2), fill(b, O, 3), fill(g, N * O, 4);
        x[0] = 1e-40, g[0] = 1 + 0x1p-8, w[0] = -(1 + 3 * 0x1p-8); // no normal number; two ties
        xs_view X = reals(r, x, N * I), W = reals(r, w, O * I), B = reals(r, b, O), Y = reals(r, NULL, N * O), G = reals(r, g, N * O), D = reals(r, NULL, N * I), DW = reals(r, w, O * I), DB = reals(r, b, O);
        r->ops->linear(r->device, N, I, O, X, W, B, Y);
        r->ops->get_reals(r->device, Y, whole, N * O);
        r->ops->round_products(r->device, true);
        r->ops->linear(r->device, N, I, O, X, W, B, Y);
        r->ops->get_reals(r->device, Y, got, N * O);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < O; j++) assert_true(got[i * O + j] == bf16_sum(I, x + i * I, 1, w + j * I, 1, b[j]));
        for (size_t i = 0; i < N; i += 1 + N / 5) {
            r->ops->linear(r->device, 1, I, O, xs_view_at(X, i * I), W, B, Y);
            r->ops->get_reals(r->device, Y, row, O);
            assert_memory_equal(row, got + i * O, O * 8);
        }
        r->ops->linear_input(r->device, N, I, O, G, W, false, D);
        r->ops->get_reals(r->device, D, got, N * I);
        for (size_t i = 0; i < N; i++)
            for (size_t k = 0; k < I; k++) assert_true(got[i * I + k] == bf16_sum(O, g + i * O, 1, w + k, I, 0));
        r->ops->linear_weight(r->device, N, I, O, X, G, DW, DB);
        r->ops->get_reals(r->device, DW, got, O * I);
        for (size_t j = 0; j < O; j++)
            for (size_t k = 0; k < I; k++) assert_true(got[j * I + k] == bf16_sum(N, g + j, O, x + k, I, w[j * I + k]));
        r->ops->put_reals(r->device, X, (double[]){NAN}, 1);
        r->ops->linear(r->device, N, I, O, X, W, B, Y);
        r->ops->get_reals(r->device, Y, got, N * O);
        assert_true(isnan(got[0]) && isnan(got[O - 1]) && (N == 1 || !isnan(got[O])));
        r->ops->round_products(r->device, false);
        r->ops->put_reals(r->device, X, x, N * I);
        r->ops->linear(r->device, N, I, O, X, W, B, Y);
        r->ops->get_reals(r->device, Y, got, N * O);
        assert_memory_equal(got, whole, N * O * 8);
        xs_view all[] = {X, W, B, Y, G, D, DW, DB};
        for (size_t i = 0; i < 8; i++) release(r, all[i]);
        free(x), free(w), free(b), free(g), free(got), free(row), free(whole);
    }
}

// GELU, tanh, ReLU and their slopes against libm; the float GELU is right to its rounding.
static void check_activations(rig *r) {
    enum { N = 203 };
    double x[N], y[N], s[N], error = r->ops->real == 4 ? 4e-7 : 1e-14;
    static const double far[] = {-40, 40, -1e4, 1e4, -1e30, 1e30, 13.2, 13.3, -13.2, -13.3, NAN}; // e^(−x²/2) ends at 13.2
    for (int i = 0; i < N; i++) x[i] = (double)(float)((i - 101) * 0.08);
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) x[3 + 17 * i] = (double)(float)far[i];
    xs_view X = reals(r, x, N), Y = reals(r, NULL, N), S = reals(r, NULL, N);
    for (int f = XS_ACTIVATE_GELU; f <= XS_ACTIVATE_TANH; f++) {
        r->ops->activate(r->device, (xs_activate)f, N, X, Y, S);
        r->ops->get_reals(r->device, Y, y, N);
        r->ops->get_reals(r->device, S, s, N);
        for (int i = 0; i < N; i++) {
            double cdf = 0.5 * erfc(-x[i] / sqrt(2)), pdf = exp(-x[i] * x[i] / 2) / sqrt(2 * M_PI);
            double want = f == XS_ACTIVATE_GELU ? x[i] * cdf : f == XS_ACTIVATE_TANH ? tanh(x[i]) : fmax(x[i], 0);
            double slope = f == XS_ACTIVATE_GELU ? cdf + x[i] * pdf : f == XS_ACTIVATE_TANH ? 1 - want * want : x[i] > 0;
            assert_near(y[i], want, error, error * fmax(1, fabs(x[i])));
            assert_near(s[i], slope, error, error * fmax(1, fabs(x[i])));
        }
    }
    release(r, X), release(r, Y), release(r, S);
}

// Bit for bit what backend.h says, drawn by base/random.c; and the share of dropped elements.
static void check_dropout(rig *r) {
    enum { W = 37, ROWS = 11 };
    uint32_t begin[] = {0, 4, 11}, document[] = {9, 2}, dropped = 0;
    double x[ROWS * W], y[ROWS * W];
    for (int i = 0; i < ROWS * W; i++) x[i] = 1;
    xs_buffer *ints;
    assert_ok(r->ops->ints(r->device, 5, &ints, &err));
    r->ops->put_ints(r->device, (xs_view){ints, 0}, begin, 3);
    r->ops->put_ints(r->device, (xs_view){ints, 3}, document, 2);
    xs_view X = reals(r, x, ROWS * W);
    xs_packed p = {.texts = 2, .rows = ROWS, .longest = 7, .begin = {ints, 0}};
    xs_dropout o = {.p = 0.25, .seed = 0x123456789abcdefull, .site = 5, .step = 77, .document = {ints, 3}};
    r->ops->dropout(r->device, &p, W, false, &o, X);
    r->ops->get_reals(r->device, X, y, ROWS * W);
    for (uint32_t b = 0; b < 2; b++)
        for (uint32_t e = 0; e < (begin[b + 1] - begin[b]) * W; e++) {
            uint32_t counter[4] = {16 * (e / 128) + e / 2 % 16, XS_STREAM_DROPOUT + 256 * o.site, document[b], o.step};
            uint32_t key[2] = {(uint32_t)o.seed, (uint32_t)(o.seed >> 32)}, block[4];
            xs_philox4x32(counter, key, block);
            uint32_t half = block[e / 32 % 4] >> (16 * (e % 2)) & 0xffff;
            double want = half >= 16384 ? 1 / 0.75 : 0;
            assert_near(y[begin[b] * W + e], want, 1e-7, 0);
            dropped += want == 0;
        }
    assert_in_range(dropped, 70, 135); // 407 / 4 ± 3.6 standard deviations
    release(r, X);
    r->ops->release(r->device, ints);
}

// AdamW on a whole table, and row by row as rows get gradients: the same bits.
static void check_rows(rig *r) {
    enum { V = 9, W = 21, STEPS = 40 };
    double p[V * W], g[V * W], a[V * W], b[V * W];
    fill(p, V * W, 5);
    xs_view P = reals(r, p, V * W), G = reals(r, NULL, V * W), M = reals(r, NULL, V * W), S = reals(r, NULL, V * W);
    xs_view Q = reals(r, p, V * W), H = reals(r, NULL, V * W), M2 = reals(r, NULL, V * W), S2 = reals(r, NULL, V * W);
    uint32_t since[V] = {0}, row[V], all[V];
    xs_adamw o[STEPS + 1];
    xs_rng rng = xs_rng_at(3, XS_STREAM_CORPUS, 0, 0);
    for (uint32_t i = 0; i < V; i++) all[i] = i;
    for (uint32_t t = 1; t <= STEPS; t++) {
        o[t] = (xs_adamw){1e-2 / t, 0.9, 0.999, 1e-8, 0.01, t % 3 ? 1 : 0.5, t};
        size_t n = 0;
        memset(g, 0, sizeof g);
        for (uint32_t i = 0; i < V; i++)
            if (xs_rng_below(&rng, 4) == 0) {
                row[n++] = i;
                for (int k = 0; k < W; k++) g[i * W + (uint32_t)k] = xs_rng_normal(&rng);
            }
        r->ops->put_reals(r->device, G, g, V * W);
        r->ops->put_reals(r->device, H, g, V * W);
        r->ops->adamw(r->device, V * W, &o[t], P, G, M, S);
        r->ops->adamw_rows(r->device, n, W, row, since, t - 1, true, o, Q, H, M2, S2);
        r->ops->adamw_rows(r->device, n, W, row, since, t, false, o, Q, H, M2, S2);
        r->ops->get_reals(r->device, H, b, V * W);
        for (int i = 0; i < V * W; i++) assert_true(b[i] == 0);
    }
    r->ops->adamw_rows(r->device, V, W, all, since, STEPS, true, o, Q, H, M2, S2);
    r->ops->get_reals(r->device, P, a, V * W);
    r->ops->get_reals(r->device, Q, b, V * W);
    assert_memory_equal(a, b, sizeof a);
    xs_view every[] = {P, G, M, S, Q, H, M2, S2};
    for (int i = 0; i < 8; i++) release(r, every[i]);
}

// Means over texts, and their gradient by differences of a sum.
static void check_mean(rig *r) {
    enum { W = 5, ROWS = 7 };
    uint32_t begin[] = {0, 3, 4, 7};
    double x[ROWS * W], y[3 * W], g[3 * W], d[ROWS * W], error = r->ops->real == 4 ? 1e-6 : 1e-14;
    fill(x, ROWS * W, 8), fill(g, 3 * W, 9);
    xs_buffer *ints;
    assert_ok(r->ops->ints(r->device, 4, &ints, &err));
    r->ops->put_ints(r->device, (xs_view){ints, 0}, begin, 4);
    xs_packed p = {.texts = 3, .rows = ROWS, .longest = 3, .begin = {ints, 0}};
    xs_view X = reals(r, x, ROWS * W), Y = reals(r, NULL, 3 * W), G = reals(r, g, 3 * W), D = reals(r, NULL, ROWS * W);
    r->ops->mean(r->device, &p, W, X, Y);
    r->ops->mean_backward(r->device, &p, W, G, D);
    r->ops->get_reals(r->device, Y, y, 3 * W);
    r->ops->get_reals(r->device, D, d, ROWS * W);
    for (int b = 0; b < 3; b++)
        for (int k = 0; k < W; k++) {
            double n = begin[b + 1] - begin[b], sum = 0;
            for (uint32_t i = begin[b]; i < begin[b + 1]; i++) {
                sum += x[i * W + (uint32_t)k];
                assert_near(d[i * W + (uint32_t)k], g[b * W + k] / n, error, error);
            }
            assert_near(y[b * W + k], sum / n, error, error);
        }
    release(r, X), release(r, Y), release(r, G), release(r, D);
    r->ops->release(r->device, ints);
}

// Rows blended of two others, and the products back, of widths around a vector's.
static void check_blends(rig *r) {
    enum { N = 5, V = 3 };
    static const size_t widths[] = {1, 7, 16, 33, 64};
    static const uint32_t at[N] = {2, 0, 1, 2, 2};
    double error = r->ops->real == 4 ? 1e-5 : 1e-12;
    xs_buffer *ints;
    assert_ok(r->ops->ints(r->device, N, &ints, &err));
    r->ops->put_ints(r->device, (xs_view){ints, 0}, at, N);
    for (size_t s = 0; s < sizeof widths / sizeof *widths; s++) {
        size_t W = widths[s];
        double p[V * 64], q[V * 64], c[64], m[2 * N], x[N * 64], out[N], got[N * 64];
        fill(p, V * W, 1), fill(q, V * W, 2), fill(c, W, 3), fill(m, 2 * N, 4), fill(x, N * W, 5), fill(out, N, 6);
        xs_view P = reals(r, p, V * W), Q = reals(r, q, V * W), C = reals(r, c, W), M = reals(r, m, 2 * N), X = reals(r, x, N * W), O = reals(r, out, N), Y = reals(r, NULL, N * W);
        r->ops->blend(r->device, N, W, (xs_view){ints, 0}, M, P, Q, C, Y);
        r->ops->get_reals(r->device, Y, got, N * W);
        for (size_t i = 0; i < N * W; i++) {
            size_t n = i / W, k = i % W;
            assert_near(got[i], m[2 * n] * p[at[n] * W + k] + m[2 * n + 1] * q[at[n] * W + k] + c[k], error, error);
        }
        r->ops->along(r->device, N, W, (xs_view){ints, 0}, M, P, Q, X, O);
        r->ops->get_reals(r->device, O, got, N);
        for (size_t n = 0; n < N; n++) {
            double sum = out[n];
            for (size_t k = 0; k < W; k++) sum += x[n * W + k] * (m[2 * n] * p[at[n] * W + k] + m[2 * n + 1] * q[at[n] * W + k]);
            assert_near(got[n], sum, error, 10 * error);
        }
        release(r, P), release(r, Q), release(r, C), release(r, M), release(r, X), release(r, O), release(r, Y);
    }
    r->ops->release(r->device, ints);
}

static void test_blends(void **state) { (void)state, for_all(check_blends); }
static void test_constants(void **state) { (void)state, for_all(check_constants); }
static void test_normals(void **state) { (void)state, for_all(check_normals); }
static void test_linear(void **state) { (void)state, for_all(check_linear); }
static void test_bf16(void **state) {
    (void)state, for_all(check_bf16);
    if (!xs_cpu_multiplies_bf16()) print_message("no AVX512_BF16 here: the instruction itself was not tested\n");
}
static void test_activations(void **state) { (void)state, for_all(check_activations); }
static void test_dropout(void **state) { (void)state, for_all(check_dropout); }
static void test_rows(void **state) { (void)state, for_all(check_rows); }
static void test_mean(void **state) { (void)state, for_all(check_mean); }

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_linear), cmocka_unit_test(test_activations),
                                       cmocka_unit_test(test_dropout), cmocka_unit_test(test_rows),
                                       cmocka_unit_test(test_mean), cmocka_unit_test(test_blends), cmocka_unit_test(test_bf16),
                                       cmocka_unit_test(test_constants), cmocka_unit_test(test_normals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
