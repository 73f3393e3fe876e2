// Steps of layer-wise relevance propagation that are no matrix products: quotients, sums, attention.
//
// Two rule books: Chefer, Gur and Wolf (CVPR 2021) as in their BERT code, and AttnLRP (Achtibat et al., ICML 2024).
// sd(a, b) = a / (b + 1e-9), and 0 where b = 0; Chefer's stabiliser and AttnLRP's are added whatever the sign.
//
//     product ab          Chefer: S = sd(R, ab), R_a = a ∘ S bᵀ / 2, R_b = b ∘ aᵀ S / 2
//                         AttnLRP: the same with S = R / (2 ab + 1e-8), and not halved again
//     softmax s ↦ p       Chefer: unchanged; AttnLRP: s ∘ (R − p Σ R) by rows, times s / (s + 1e-8) for the mask's sum
//     sum a + b (Chefer)  R_a = a ∘ sd(R, a + b), then times sd(sd(|ΣR_a|, |ΣR_a| + |ΣR_b|) ΣR, ΣR_a); R_b likewise,
//                         the sums over one text
#include "math/cpu/heads.h"

#define CHEFER_EPSILON ((real)1e-9)
#define ATTN_LRP_EPSILON ((real)1e-8)

static inline real safe_quotient(real a, real b) { return b == 0 ? 0 : a / (b + CHEFER_EPSILON); }

static void cpu_quotient(xs_device *d, size_t n, xs_view r, xs_view z, double epsilon, bool guarded, xs_view y) {
    double began = xs_device_begin(d);
    const real *from = reals_of(r), *by = reals_of(z), e = (real)epsilon;
    real *to = reals_of(y);
    for (size_t i = 0; i < n; i++) to[i] = guarded && by[i] == 0 ? 0 : from[i] / (by[i] + e);
    xs_device_end(d, XS_OP_OTHER, began, 0);
}

static void cpu_absolute(xs_device *d, size_t n, xs_view x, xs_view y) {
    double began = xs_device_begin(d);
    const real *from = reals_of(x);
    real *to = reals_of(y);
    for (size_t i = 0; i < n; i++) to[i] = from[i] < 0 ? -from[i] : from[i];
    xs_device_end(d, XS_OP_OTHER, began, 0);
}

// One text: n numbers of R, a and b; R_b may be R's place.
static void split_sum(size_t n, const real *r, const real *a, const real *b, real *ra, real *rb) {
    double all = 0, sum_a = 0, sum_b = 0;
    for (size_t i = 0; i < n; i++) {
        real s = safe_quotient(r[i], a[i] + b[i]);
        all += (double)r[i];
        ra[i] = a[i] * s;
        rb[i] = b[i] * s;
        sum_a += (double)ra[i];
        sum_b += (double)rb[i];
    }
    double sizes = fabs(sum_a) + fabs(sum_b);
    real to_a = safe_quotient(safe_quotient((real)fabs(sum_a), (real)sizes) * (real)all, (real)sum_a);
    real to_b = safe_quotient(safe_quotient((real)fabs(sum_b), (real)sizes) * (real)all, (real)sum_b);
    for (size_t i = 0; i < n; i++) ra[i] *= to_a, rb[i] *= to_b;
}

static void cpu_split_sum(xs_device *d, const xs_packed *p, size_t width, bool first_only, xs_view r, xs_view a,
                          xs_view b, xs_view ra, xs_view rb) {
    double began = xs_device_begin(d);
    const uint32_t *begin = xs_ints_of(p->begin);
    for (uint32_t t = 0; t < p->texts; t++) {
        size_t at = (first_only ? t : begin[t]) * width, n = first_only ? width : (begin[t + 1] - begin[t]) * width;
        split_sum(n, reals_of(r) + at, reals_of(a) + at, reals_of(b) + at, reals_of(ra) + at, reals_of(rb) + at);
    }
    xs_device_end(d, XS_OP_OTHER, began, 0);
}

// x ∘ y, times s, by rows of c numbers that are `stride` apart.
static void multiply_rows(size_t rows, size_t c, size_t stride, const real *x, real s, real *y) {
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < c; i++) y[r * stride + i] *= x[r * stride + i] * s;
}

// S (n, T) of the product q kᵀ = z from the relevance of the probabilities A; in place in z.
static void through_softmax(const head *h, xs_relevance_rule rule, const real *relevance, real *z) {
    for (size_t r = 0; r < h->queries; r++) {
        const real *ra = relevance + r * h->T, *A = h->probability + r * h->T;
        real *row = z + r * h->T, sum = 0;
        for (size_t i = 0; i < h->T; i++) sum += ra[i];
        for (size_t i = 0; i < h->T; i++) {
            if (rule == XS_RULE_CHEFER) {
                row[i] = safe_quotient(ra[i], row[i]);
                continue;
            }
            real s = row[i] * scale_of(h);
            row[i] = s * (ra[i] - A[i] * sum) * s / (s + ATTN_LRP_EPSILON) / (2 * row[i] + ATTN_LRP_EPSILON);
        }
    }
}

// scratch: S (n, c), z (n, T).  rq: where the head's relevance of q starts; k's and v's follow as in qkv.
static void head_relevance(xs_device *d, const xs_attention *a, const head *h, xs_relevance_rule rule, const real *r,
                           const real *context, real *scratch, real *relevance, real *rq) {
    size_t n = h->queries, T = h->T, c = h->c, H = a->hidden, stride = h->stride;
    real *S = scratch, *z = scratch + n * c, *rk = rq + H, *rv = rk + H;
    real half = rule == XS_RULE_CHEFER ? (real)0.5 : 1;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < c; k++)
            S[i * c + k] = rule == XS_RULE_CHEFER ? safe_quotient(r[i * H + k], context[i * H + k])
                                                  : r[i * H + k] / (2 * context[i * H + k] + ATTN_LRP_EPSILON);
    product(d, n, T, c, S, c, 1, h->v, 1, stride, NULL, false, relevance, T);
    multiply_rows(n, T, T, h->probability, half, relevance);
    product(d, T, c, n, h->probability, 1, T, S, c, 1, NULL, false, rv, stride);
    multiply_rows(T, c, stride, h->v, half, rv);
    product(d, n, T, c, h->q, stride, 1, h->k, 1, stride, NULL, false, z, T);
    through_softmax(h, rule, relevance, z);
    product(d, n, c, T, z, T, 1, h->k, stride, 1, NULL, false, rq, stride);
    multiply_rows(n, c, stride, h->q, half, rq);
    product(d, T, c, n, z, 1, T, h->q, stride, 1, NULL, false, rk, stride);
    multiply_rows(T, c, stride, h->k, half, rk);
    for (size_t i = n; i < T; i++) memset(rq + i * stride, 0, c * sizeof(real)); // tokens that did not ask
}

static void cpu_attention_relevance(xs_device *d, const xs_packed *p, const xs_attention *a, xs_relevance_rule rule,
                                    xs_view qkv, xs_view probability, xs_view context, xs_view r, xs_view relevance,
                                    xs_view rqkv) {
    double began = xs_device_begin(d), squares = xs_ints_of(p->squares)[p->texts];
    size_t c = a->hidden / a->heads;
    real *scratch = xs_device_scratch(d, XS_SCRATCH_OPERATION, (size_t)p->longest * (p->longest + c) * sizeof(real));
    if (!scratch) return;
    for (uint32_t b = 0; b < p->texts; b++)
        for (uint32_t i = 0; i < a->heads; i++) {
            head h = head_of(p, a, qkv, probability, b, i);
            head_relevance(d, a, &h, rule, reals_of(r) + h.context, reals_of(context) + h.context, scratch,
                           reals_of(relevance) + (h.probability - reals_of(probability)),
                           reals_of(rqkv) + (h.q - reals_of(qkv)));
        }
    xs_device_end(d, XS_OP_ATTENTION, began, 10.0 * (a->first_only ? p->rows : squares) * a->hidden);
}

void XS_KERNEL(xs_cpu_add_relevance)(xs_backend *b) {
    b->quotient = cpu_quotient;
    b->absolute = cpu_absolute;
    b->split_sum = cpu_split_sum;
    b->attention_relevance = cpu_attention_relevance;
}
