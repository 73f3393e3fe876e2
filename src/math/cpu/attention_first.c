// The attention that one token of a text asks, straight from the layer's input.
//
// With one query, keys and values need not be computed: their matrices are applied to the query and to the
// mean of the tokens instead of to every token.  For head i of a text, x (T, H), c = H / h, W_q, W_k, W_v and
// b_v the head's rows (c, H) and (c):
//
//     q = W_q x₀ + b_q,  u = W_kᵀ q,  A = softmax(x u / √c),  Ã = dropout(A),  m = Ãᵀ x,
//     context = W_v m + (Σ Ã) b_v
//
// b_k adds the same number to every score and so nothing.  Backward, from dcontext:
//
//     dm = W_vᵀ dcontext,  dÃ = x dm + b_v · dcontext,  dA = dropout(dÃ),  dS = A ∘ (dA − Σ dA ∘ A) / √c,
//     du = dSᵀ x,  dq = W_k du,  dx = Ã dmᵀ + dS uᵀ,  dx₀ += W_qᵀ dq,
//     dW_v = dcontext mᵀ,  db_v = (Σ Ã) dcontext,  dW_k = q duᵀ,  db_k = 0,  dW_q = dq x₀ᵀ,  db_q = dq
//
// Products run over the texts of the batch, row by row the same bits as for one text alone; the rest is text
// by text.
#include "math/cpu/heads.h"

// Where a text's numbers lie in `asked`: q (H), u (h, H), m (h, H); and how many they are.
static size_t at_u(const xs_attention *a) {
    return a->hidden;
}
static size_t at_m(const xs_attention *a) {
    return (1 + (size_t)a->heads) * a->hidden;
}
static size_t asked_width(const xs_attention *a) {
    return (1 + 2 * (size_t)a->heads) * a->hidden;
}

static real dot(size_t n, const real *x, const real *y) {
    vec sum = {0};
    for (size_t i = 0; i < n; i += LANES) {
        size_t part = n - i < LANES ? n - i : LANES;
        sum += LOAD(x + i, part) * LOAD(y + i, part);
    }
    return sum_lanes(sum);
}

static void add_multiple(size_t n, real s, const real *restrict x, real *restrict y) {
    for (size_t i = 0; i < n; i++) y[i] += s * x[i];
}

// out (T) = x v, of the rows x (T, H)
static void along_rows(const head *h, const real *x, size_t H, const real *v, real *out) {
    for (size_t t = 0; t < h->T; t++) out[t] = dot(H, x + t * H, v);
}

static head asking_head(const xs_packed *p, const xs_attention *a, xs_view probability, uint32_t b,
                        uint32_t i) {
    const uint32_t *begin = xs_ints_of(p->begin) + b;
    size_t T = begin[1] - begin[0];
    return (head){.T = T,
                  .queries = 1,
                  .c = a->hidden / a->heads,
                  .probability =
                      reals_of(probability) + (size_t)a->heads * xs_ints_of(p->squares)[b] + i * T * T,
                  .text = b,
                  .number = i};
}

static void first_rows(const xs_packed *p, size_t H, const real *x, real *out) {
    for (uint32_t b = 0; b < p->texts; b++)
        memcpy(out + b * H, x + xs_ints_of(p->begin)[b] * H, H * sizeof(real));
}

static double flops_of(const xs_packed *p, const xs_attention *a, int rows, int squares) {
    double H = a->hidden;
    return 2.0 * (rows * (double)p->rows * a->heads * H + squares * (double)p->texts * H * H);
}

static void cpu_attention_first(xs_device *d, const xs_packed *p, const xs_attention *a, xs_view x, xs_view w,
                                xs_view b, xs_view asked, xs_view probability, xs_view context) {
    double began = xs_device_begin(d);
    size_t H = a->hidden, B = p->texts, c = H / a->heads, width = asked_width(a);
    real *scratch =
        xs_device_scratch(d, XS_SCRATCH_OPERATION, (B * (H + a->heads) + p->longest) * sizeof(real));
    if (!scratch) return;
    real *x0 = scratch, *kept = x0 + B * H, *copy = kept + B * a->heads; // kept (B, h): Σ Ã
    const real *X = reals_of(x), *W = reals_of(w), *bias = reals_of(b);
    real *q = reals_of(asked), *u = q + at_u(a), *m = q + at_m(a), *out = reals_of(context);

    first_rows(p, H, X, x0);
    product(d, B, H, H, x0, H, 1, W, 1, H, bias, false, q, width);
    for (size_t i = 0; i < a->heads; i++)
        product(d, B, H, c, q + i * c, width, 1, W + (H + i * c) * H, H, 1, NULL, false, u + i * H, width);
    for (uint32_t t = 0; t < B; t++)
        for (uint32_t i = 0; i < a->heads; i++) {
            head h = asking_head(p, a, probability, t, i);
            const real *rows = X + xs_ints_of(p->begin)[t] * H;
            real *mean = m + t * width + i * H;
            along_rows(&h, rows, H, u + t * width + i * H, h.probability);
            softmax_row(h.T, scale_of(&h), h.probability);
            const real *A = dropped(a, &h, copy);
            real sum = 0;
            memset(mean, 0, H * sizeof(real));
            for (size_t k = 0; k < h.T; k++) {
                add_multiple(H, A[k], rows + k * H, mean);
                sum += A[k];
            }
            kept[t * a->heads + i] = sum;
        }
    for (size_t i = 0; i < a->heads; i++)
        product(d, B, c, H, m + i * H, width, 1, W + (2 * H + i * c) * H, 1, H, NULL, false, out + i * c, H);
    for (size_t t = 0; t < B; t++)
        for (size_t i = 0; i < a->heads; i++)
            add_multiple(c, kept[t * a->heads + i], bias + 2 * H + i * c, out + t * H + i * c);
    xs_device_end(d, XS_OP_ATTENTION, began, flops_of(p, a, 2, 3));
}

// One head of one text: dx += Ã dmᵀ + dS uᵀ, and du.  Gives Σ Ã.
static real one_backward(const xs_attention *a, const head *h, const real *x, const real *u, const real *dm,
                         real bias, real *copy, real *ds, real *du, real *dx) {
    size_t H = a->hidden;
    const real *A = dropped(a, h, copy);
    along_rows(h, x, H, dm, ds);
    for (size_t t = 0; t < h->T; t++) ds[t] += bias;
    if (a->dropout.p > 0)
        drop(&a->dropout, xs_ints_of(a->dropout.document)[h->text], h->number * h->T * h->T, h->T, ds);
    softmax_backward(h, scale_of(h), ds);
    real sum = 0;
    memset(du, 0, H * sizeof(real));
    for (size_t t = 0; t < h->T; t++) {
        add_multiple(H, ds[t], x + t * H, du);
        add_multiple(H, A[t], dm, dx + t * H);
        add_multiple(H, ds[t], u, dx + t * H);
        sum += A[t];
    }
    return sum;
}

static void cpu_attention_first_backward(xs_device *d, const xs_packed *p, const xs_attention *a, xs_view x,
                                         xs_view w, xs_view b, xs_view asked, xs_view probability,
                                         xs_view dcontext, xs_view dx, xs_view dw, xs_view db) {
    double began = xs_device_begin(d);
    size_t H = a->hidden, B = p->texts, n = a->heads, c = H / n, width = asked_width(a);
    size_t room = B * (2 * n * H + 2 * H + n) + 2 * (size_t)p->longest;
    real *dm = xs_device_scratch(d, XS_SCRATCH_OPERATION, room * sizeof(real));
    if (!dm) return;
    real *du = dm + B * n * H, *dq = du + B * n * H, *x0 = dq + B * H, *kept = x0 + B * H,
         *copy = kept + B * n, *ds = copy + p->longest;
    const real *X = reals_of(x), *W = reals_of(w), *bias = reals_of(b) + 2 * H, *dc = reals_of(dcontext);
    const real *q = reals_of(asked), *u = q + at_u(a), *m = q + at_m(a);
    real *DX = reals_of(dx);

    for (size_t i = 0; i < n; i++)
        product(d, B, H, c, dc + i * c, H, 1, W + (2 * H + i * c) * H, H, 1, NULL, false, dm + i * H, n * H);
    for (uint32_t t = 0; t < B; t++)
        for (uint32_t i = 0; i < n; i++) {
            head h = asking_head(p, a, probability, t, i);
            size_t at = xs_ints_of(p->begin)[t] * H, row = t * n + i;
            kept[row] =
                one_backward(a, &h, X + at, u + t * width + i * H, dm + row * H,
                             dot(c, bias + i * c, dc + t * H + i * c), copy, ds, du + row * H, DX + at);
        }
    for (size_t i = 0; i < n; i++)
        product(d, B, c, H, du + i * H, n * H, 1, W + (H + i * c) * H, 1, H, NULL, false, dq + i * c, H);
    product(d, B, H, H, dq, H, 1, W, H, 1, NULL, false, x0, H);
    for (size_t t = 0; t < B; t++) add_multiple(H, 1, x0 + t * H, DX + xs_ints_of(p->begin)[t] * H);
    if (dw.buffer) {
        real *DW = reals_of(dw), *DB = reals_of(db);
        first_rows(p, H, X, x0);
        product(d, H, H, B, dq, 1, H, x0, H, 1, NULL, true, DW, H);
        for (size_t i = 0; i < n; i++) {
            product(d, c, H, B, q + i * c, 1, width, du + i * H, n * H, 1, NULL, true, DW + (H + i * c) * H,
                    H);
            product(d, c, H, B, dc + i * c, 1, H, m + i * H, width, 1, NULL, true, DW + (2 * H + i * c) * H,
                    H);
        }
        for (size_t t = 0; t < B; t++) {
            add_multiple(H, 1, dq + t * H, DB);
            for (size_t i = 0; i < n; i++)
                add_multiple(c, kept[t * n + i], dc + t * H + i * c, DB + 2 * H + i * c);
        }
    }
    xs_device_end(d, XS_OP_ATTENTION, began, flops_of(p, a, 4, dw.buffer ? 6 : 3));
}

void XS_KERNEL(xs_cpu_add_attention_first)(xs_backend *b) {
    b->attention_first = cpu_attention_first;
    b->attention_first_backward = cpu_attention_first_backward;
}
