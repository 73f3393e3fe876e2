// The attention of first tokens without keys and values against `linear` and `attention`, forward and backward, on
// every build of the kernels: with and without dropout, texts of one token and more, heads of odd width.
#include "base/random.h"
#include "check.h"
#include "math/backend.h"

enum { TEXTS = 4, ROWS = 1 + 2 + 9 + 33, HIDDEN = 15 };
static const uint32_t begin[TEXTS + 1] = {0, 1, 3, 12, ROWS}, squares[TEXTS + 1] = {0, 1, 5, 86, 1175};
static const uint32_t document[TEXTS] = {7, 0, 3, 12};
static xsnr_error err;

typedef struct rig {
    const xs_backend *ops;
    xs_device *device;
    xs_packed p;
    xs_attention a;
    xs_view x, w, b, dcontext;              // what goes in
    xs_view qkv, dqkv, asked, probability;  // on the way
    xs_view context, dx, dw, db;            // what comes out
} rig;

static xs_view reals(rig *r, size_t n, uint32_t name) {
    xs_buffer *b;
    double *values = calloc(n, sizeof *values);
    xs_rng rng = xs_rng_at(1, XS_STREAM_CORPUS, name, 0);
    for (size_t i = 0; name && i < n; i++) values[i] = 0.5 * xs_rng_normal(&rng);
    assert_ok(r->ops->reals(r->device, n, &b, &err));
    r->ops->put_reals(r->device, (xs_view){b, 0}, values, n);
    free(values);
    return (xs_view){b, 0};
}

static xs_view ints(rig *r, const uint32_t *values, size_t n) {
    xs_buffer *b;
    assert_ok(r->ops->ints(r->device, n, &b, &err));
    r->ops->put_ints(r->device, (xs_view){b, 0}, values, n);
    return (xs_view){b, 0};
}

static void start(rig *r, uint32_t heads, double p) {
    const size_t H = HIDDEN;
    assert_ok(r->ops->open(&r->device, &err));
    r->p = (xs_packed){TEXTS, ROWS, 33, ints(r, begin, TEXTS + 1), ints(r, squares, TEXTS + 1)};
    r->a = (xs_attention){heads, HIDDEN, true, {p, 5, 4, 2, ints(r, document, TEXTS)}};
    r->x = reals(r, ROWS * H, 1), r->w = reals(r, 3 * H * H, 2), r->b = reals(r, 3 * H, 3), r->dcontext = reals(r, TEXTS * H, 4);
    r->qkv = reals(r, ROWS * 3 * H, 0), r->dqkv = reals(r, ROWS * 3 * H, 0), r->asked = reals(r, TEXTS * (2 * heads + 1) * H, 0);
    r->probability = reals(r, heads * squares[TEXTS], 0), r->context = reals(r, TEXTS * H, 0);
    r->dx = reals(r, ROWS * H, 5), r->dw = reals(r, 3 * H * H, 6), r->db = reals(r, 3 * H, 7); // added to
}

static void stop(rig *r) {
    xs_view all[] = {r->p.begin, r->p.squares, r->a.dropout.document, r->x, r->w, r->b, r->dcontext, r->qkv, r->dqkv,
                     r->asked, r->probability, r->context, r->dx, r->dw, r->db};
    assert_ok(r->ops->status(r->device, &err));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) r->ops->release(r->device, all[i].buffer);
    r->ops->close(r->device);
}

static void wide(rig *r) {
    const size_t H = HIDDEN;
    xs_view none = {0};
    r->ops->linear(r->device, ROWS, H, 3 * H, r->x, r->w, r->b, r->qkv);
    r->ops->attention(r->device, &r->p, &r->a, r->qkv, r->probability, r->context);
    r->ops->attention_backward(r->device, &r->p, &r->a, r->qkv, r->probability, r->dcontext, false, none, r->dqkv);
    r->ops->linear_weight(r->device, ROWS, H, 3 * H, r->x, r->dqkv, r->dw, r->db);
    r->ops->linear_input(r->device, ROWS, H, 3 * H, r->dqkv, r->w, true, r->dx);
}

static void direct(rig *r) {
    r->ops->attention_first(r->device, &r->p, &r->a, r->x, r->w, r->b, r->asked, r->probability, r->context);
    r->ops->attention_first_backward(r->device, &r->p, &r->a, r->x, r->w, r->b, r->asked, r->probability, r->dcontext,
                                     r->dx, r->dw, r->db);
}

static void same(rig *a, rig *b, xs_view u, xs_view v, size_t n) {
    double *x = calloc(n, sizeof *x), *y = calloc(n, sizeof *y), error = a->ops->real == 4 ? 2e-5 : 1e-13;
    a->ops->get_reals(a->device, u, x, n);
    b->ops->get_reals(b->device, v, y, n);
    for (size_t i = 0; i < n; i++) assert_near(x[i], y[i], error, error);
    free(x), free(y);
}

// Text b put alone: its context and dx have the bits that they have in the batch.
static void alone(rig *all, uint32_t heads, double p, uint32_t b) {
    const size_t H = HIDDEN;
    const uint32_t T = begin[b + 1] - begin[b], one[] = {0, T}, square[] = {0, T * T};
    rig r = {.ops = all->ops};
    xs_view none = {0};
    double got[33 * HIDDEN], want[33 * HIDDEN];
    start(&r, heads, p);
    r.ops->put_ints(r.device, r.p.begin, one, 2);
    r.ops->put_ints(r.device, r.p.squares, square, 2);
    r.ops->put_ints(r.device, r.a.dropout.document, document + b, 1);
    r.p.texts = 1, r.p.rows = r.p.longest = T;
    xs_view x = xs_view_at(r.x, begin[b] * H), dx = xs_view_at(r.dx, begin[b] * H), dc = xs_view_at(r.dcontext, b * H);
    r.ops->attention_first(r.device, &r.p, &r.a, x, r.w, r.b, r.asked, r.probability, r.context);
    r.ops->attention_first_backward(r.device, &r.p, &r.a, x, r.w, r.b, r.asked, r.probability, dc, dx, none, none);
    r.ops->get_reals(r.device, r.context, got, H);
    all->ops->get_reals(all->device, xs_view_at(all->context, b * H), want, H);
    assert_memory_equal(got, want, H * sizeof *got);
    r.ops->get_reals(r.device, dx, got, T * H);
    all->ops->get_reals(all->device, xs_view_at(all->dx, begin[b] * H), want, T * H);
    assert_memory_equal(got, want, T * H * sizeof *got);
    stop(&r);
}

static void test_same_numbers(void **state) {
    (void)state;
    const uint32_t heads[] = {1, 3};
    for (int precision = XS_FLOAT; precision <= XS_DOUBLE; precision++)
        for (int level = 1; level <= 4; level++)
            for (int k = 0; k < 4; k++) {
                const double p = k < 2 ? 0 : 0.25;
                rig a = {.ops = xs_cpu_backend((xs_precision)precision, level)}, b = a;
                start(&a, heads[k % 2], p), wide(&a);
                start(&b, heads[k % 2], p), direct(&b);
                same(&a, &b, a.context, b.context, TEXTS * HIDDEN);
                same(&a, &b, a.probability, b.probability, heads[k % 2] * squares[TEXTS]);
                same(&a, &b, a.dx, b.dx, ROWS * HIDDEN);
                same(&a, &b, a.dw, b.dw, 3 * HIDDEN * HIDDEN);
                same(&a, &b, a.db, b.db, 3 * HIDDEN);
                for (uint32_t t = 0; t < TEXTS; t++) alone(&b, heads[k % 2], p, t);
                stop(&a), stop(&b);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
