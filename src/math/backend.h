// Operations of neural networks on a backend's buffers: what an encoder is computed with.
//
// A backend is one const table of functions; a device is its state for one worker (scratch memory, a stream).
// Networks name numbers by views and never look inside a buffer, so that the same encoder runs on any backend;
// docs/backends.md says what each function has to do.  The CPU's backends hold floats or doubles.
//
// Texts of a batch are packed: their tokens are rows 0 .. N−1 without padding, text b has rows begin[b] ..
// begin[b+1].  Every function gives a row the same bits whatever the other rows and their number.  Arrays are
// row-major.  Views that an operation writes do not overlap those it reads, unless it says so.
#ifndef XSNR_MATH_BACKEND_H
#define XSNR_MATH_BACKEND_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct xs_device xs_device;
typedef struct xs_buffer xs_buffer; // reals, or 32-bit integers

/// The numbers of a buffer from element `at`.  A view without a buffer is "none", where one may be left out.
typedef struct xs_view {
    xs_buffer *buffer;
    size_t at;
} xs_view;

static inline xs_view xs_view_at(xs_view v, size_t offset) { return (xs_view){v.buffer, v.at + offset}; }

/// B texts packed into N rows.
typedef struct xs_packed {
    uint32_t texts, rows, longest; // B, N, most rows of a text
    xs_view begin;                 // ints (B + 1)
    xs_view squares;               // ints (B + 1): Σ T² of the texts before; text b's attention of h heads is
                                   // (h, T, T) from h × squares[b]
} xs_packed;

typedef enum xs_activate { XS_ACTIVATE_GELU, XS_ACTIVATE_RELU, XS_ACTIVATE_TANH } xs_activate;

/// One place of dropout at one step.  Element e of text b is kept iff a 16-bit number is at least 2^16 p: half e % 2
/// of word e / 32 % 4 of Philox's block, keyed by `seed`, of counter (16 (e / 128) + e / 2 % 16, XS_STREAM_DROPOUT
/// + 256 site, document[b], step).  It depends on no neighbour.  Kept elements are multiplied by 1 / (1 − p).
typedef struct xs_dropout {
    double p; // probability of being dropped, [0, 1), in steps of 2^−16; 0: nothing happens
    uint64_t seed;
    uint32_t site, step;
    xs_view document; // ints (B)
} xs_dropout;

/// How an attention is computed and differentiated.
typedef struct xs_attention {
    uint32_t heads, hidden;  // h, H: heads of H / h
    bool first_only;         // only the first token of each text asks
    xs_dropout dropout;      // of the probabilities: element ((head × T) + query) × T + key
} xs_attention;

/// Rule books of relevance propagation: Chefer, Gur & Wolf 2021 (their code); Achtibat et al. 2024.
typedef enum xs_relevance_rule { XS_RULE_CHEFER, XS_RULE_ATTN_LRP } xs_relevance_rule;

/// Decoupled weight decay (Loshchilov & Hutter 2019), as torch.optim.AdamW, of one step.
typedef struct xs_adamw {
    double rate, beta1, beta2, epsilon, decay, clip; // gradients are multiplied by `clip` first
    uint32_t step;                                   // 1, 2, …
} xs_adamw;

/// Operations by kind, for the profile.
typedef enum xs_op {
    XS_OP_PRODUCT, XS_OP_ATTENTION, XS_OP_NORM, XS_OP_ACTIVATE, XS_OP_DROPOUT, XS_OP_EMBED, XS_OP_OPTIMISE,
    XS_OP_OTHER, XS_OPS
} xs_op;

/// Time and work by kind of operation.
typedef struct xs_profile {
    double seconds[XS_OPS];
    double flops[XS_OPS]; // of products (2 M N K) and attention
    uint64_t calls[XS_OPS];
} xs_profile;
const char *xs_op_name(xs_op op);
void xs_profile_add(xs_profile *to, const xs_profile *from);

typedef struct xs_backend {
    const char *name; // "cpu float v3"
    size_t real;      // bytes of a real, for predictions of memory

    /// A device for one worker.  It measures what it does: two looks at the clock an operation.
    int (*open)(xs_device **out, xsnr_error *err);
    void (*close)(xs_device *d);
    /// XSNR_ERR_NOMEM if an operation since `open` found no memory: operations return nothing, ask once a step.
    int (*status)(const xs_device *d, xsnr_error *err);
    const xs_profile *(*profile)(const xs_device *d);

    /// Memory.  Buffers start zeroed.  Host reals are double: it holds any backend's real.
    int (*reals)(xs_device *d, size_t n, xs_buffer **out, xsnr_error *err);
    int (*ints)(xs_device *d, size_t n, xs_buffer **out, xsnr_error *err);
    void (*release)(xs_device *d, xs_buffer *b);
    void (*put_reals)(xs_device *d, xs_view to, const double *from, size_t n);
    void (*get_reals)(xs_device *d, xs_view from, double *to, size_t n);
    void (*put_ints)(xs_device *d, xs_view to, const uint32_t *from, size_t n);

    /// w (n) will not change from now on, so that products may keep what they make of it; two such places at most.  None: nothing
    /// is constant any more.  The bits are the same.
    void (*constant)(xs_device *d, xs_view w, size_t n);

    /// y = 0;  y = x;  y += s x;  y ∘= x   (n)
    void (*zero)(xs_device *d, xs_view y, size_t n);
    void (*copy)(xs_device *d, xs_view y, xs_view x, size_t n);
    void (*add)(xs_device *d, xs_view y, xs_view x, double s, size_t n);
    void (*multiply)(xs_device *d, xs_view y, xs_view x, size_t n);

    /// y (N, O) = x (N, I) Wᵀ + b;  W (O, I), b (O) or none
    void (*linear)(xs_device *d, size_t rows, size_t in, size_t out, xs_view x, xs_view w, xs_view b, xs_view y);
    /// dx (N, I) = dy (N, O) W, or += if `add`
    void (*linear_input)(xs_device *d, size_t rows, size_t in, size_t out, xs_view dy, xs_view w, bool add,
                         xs_view dx);
    /// dW (O, I) += dyᵀ x;  db (O) += Σ_rows dy, unless none
    void (*linear_weight)(xs_device *d, size_t rows, size_t in, size_t out, xs_view x, xs_view dy, xs_view dw,
                          xs_view db);

    /// From now on the three above round what they multiply to bfloat16 (to nearest, ties to even) and sum in float;
    /// or not any more.  A new device does not.  NULL: the backend cannot.
    void (*round_products)(xs_device *d, bool bf16);

    /// y (N, H) = word[id] + position[place] + type[kind] (none: left out); id, place, kind ints (N)
    void (*embed)(xs_device *d, size_t rows, size_t hidden, xs_view id, xs_view place, xs_view kind, xs_view word,
                  xs_view position, xs_view type, xs_view y);
    /// dtable[id] += dy, row after row
    void (*embed_backward)(xs_device *d, size_t rows, size_t hidden, xs_view id, xs_view dy, xs_view dtable);

    /// y = (x − mean) / sqrt(var + eps) ∘ w + b by rows;  stat (N, 2): mean, 1 / sqrt(var + eps)
    void (*norm)(xs_device *d, size_t rows, size_t width, double eps, xs_view x, xs_view w, xs_view b, xs_view y,
                 xs_view stat);
    /// dx from dy (may be the same);  dw, db += unless none.  `frozen`: the deviation counts as constant
    void (*norm_backward)(xs_device *d, size_t rows, size_t width, xs_view x, xs_view stat, xs_view w, xs_view dy,
                          bool frozen, xs_view dx, xs_view dw, xs_view db);

    /// y = f(x), in place allowed;  slope = f′(x) unless none   (n)
    void (*activate)(xs_device *d, xs_activate f, size_t n, xs_view x, xs_view y, xs_view slope);

    /// qkv (N, 3H) → probability (h Σ T²), before dropout; context (N, H), or (B, H) if first_only.
    /// With first_only the probabilities of text b's head i are the T of (i, 0, ·).
    void (*attention)(xs_device *d, const xs_packed *p, const xs_attention *a, xs_view qkv, xs_view probability,
                      xs_view context);
    /// dcontext → dqkv, written;  dprobability (like probability, after dropout's backward) unless none.
    /// `half`: the gradient is halved at both products
    void (*attention_backward)(xs_device *d, const xs_packed *p, const xs_attention *a, xs_view qkv,
                               xs_view probability, xs_view dcontext, bool half, xs_view dprobability,
                               xs_view dqkv);

    /// The attention that only the first token of each text asks, straight from the layer's input x (N, H), with
    /// w (3H, H) and b (3H) of queries, keys and values: the same numbers as `linear` and `attention` with first_only
    /// but for rounding, without keys and values.  asked (B, (2h + 1) H): query; Wₖᵀ query, by heads; Σ_t Ã_t x_t, by
    /// heads.  → asked, probability, context (B, H)
    void (*attention_first)(xs_device *d, const xs_packed *p, const xs_attention *a, xs_view x, xs_view w, xs_view b,
                            xs_view asked, xs_view probability, xs_view context);
    /// dcontext (B, H) → dx (N, H) +=;  dw, db += unless none
    void (*attention_first_backward)(xs_device *d, const xs_packed *p, const xs_attention *a, xs_view x, xs_view w,
                                     xs_view b, xs_view asked, xs_view probability, xs_view dcontext, xs_view dx,
                                     xs_view dw, xs_view db);

    /// Relevance.  y = r / (z + ε), in place allowed; 0 where z = 0 if `guarded`.  y = |x|   (n)
    void (*quotient)(xs_device *d, size_t n, xs_view r, xs_view z, double epsilon, bool guarded, xs_view y);
    void (*absolute)(xs_device *d, size_t n, xs_view x, xs_view y);
    /// Chefer's rule for a sum a + b, text by text: r → ra, rb, all (N, W), or (B, W) if first_only; rb may be r
    void (*split_sum)(xs_device *d, const xs_packed *p, size_t width, bool first_only, xs_view r, xs_view a, xs_view b,
                      xs_view ra, xs_view rb);
    /// r at the context → relevance, like probability, at the probabilities, and rqkv (N, 3H)
    void (*attention_relevance)(xs_device *d, const xs_packed *p, const xs_attention *a, xs_relevance_rule rule,
                                xs_view qkv, xs_view probability, xs_view context, xs_view r, xs_view relevance,
                                xs_view rqkv);

    /// Rows on straight ways between others: y (N, W) = m₀ p[at] + m₁ q[at] + c, with m = mix (N, 2), p and q (·, W), c (W),
    /// at ints (N);  and back, out (N) += x · (m₀ p[at] + m₁ q[at]) by rows
    void (*blend)(xs_device *d, size_t rows, size_t width, xs_view at, xs_view mix, xs_view p, xs_view q, xs_view c, xs_view y);
    void (*along)(xs_device *d, size_t rows, size_t width, xs_view at, xs_view mix, xs_view p, xs_view q, xs_view x, xs_view out);

    /// y (B, W) = x[begin[b]];  dx[begin[b]] += dy[b]
    void (*first)(xs_device *d, const xs_packed *p, size_t width, xs_view x, xs_view y);
    void (*first_backward)(xs_device *d, const xs_packed *p, size_t width, xs_view dy, xs_view dx);
    /// y (B, W) = mean of x's rows;  dx = dy[b] / T
    void (*mean)(xs_device *d, const xs_packed *p, size_t width, xs_view x, xs_view y);
    void (*mean_backward)(xs_device *d, const xs_packed *p, size_t width, xs_view dy, xs_view dx);

    /// x (N, W), or (B, W) of the first tokens only, in place; element = row in its text × W + column
    void (*dropout)(xs_device *d, const xs_packed *p, size_t width, bool first_only, const xs_dropout *o, xs_view x);

    /// Standard normal numbers for the host, by Box and Muller: number e from words 2p and 2p + 1, p = e / 32 % 2, of Philox's block,
    /// keyed by `seed`, of counter (16 (e / 64) + e % 16, stream, a, b); u and v are (word / 2^8 + ½) 2^−24 of them, and the angle's
    /// cosine is taken if e / 16 is even, else its sine
    void (*normals)(uint64_t seed, uint32_t stream, uint32_t a, uint32_t b, size_t n, double *out);

    /// loss (B) = −Σ_c t_c ln softmax(z)_c with t = (1 − s) [c = label] + s / C;  dz (B, C) = (softmax − t) / B
    void (*cross_entropy)(xs_device *d, size_t texts, size_t classes, xs_view logits, xs_view label,
                          double smoothing, xs_view loss, xs_view dlogits);

    /// Σ x² (n); of the rows `row` (n) of a table (·, W)
    double (*squares)(xs_device *d, size_t n, xs_view x);
    double (*squares_rows)(xs_device *d, size_t n, size_t width, const uint32_t *row, xs_view x);
    /// One step of p (n) with gradient g, which is zeroed; moments m, v
    void (*adamw)(xs_device *d, size_t n, const xs_adamw *o, xs_view p, xs_view g, xs_view m, xs_view v);
    /// The same for rows of a table (·, W) whose other rows have no gradient.  Row row[i] (n), last brought up to
    /// date at step since[row] (host memory, updated), makes up for the steps to o[step − 1] without gradient and
    /// then, unless `idle`, takes `step` with its gradient; if idle it takes that one without gradient too.  o[t]
    /// are the options of step t.  The bits are those of `adamw` on the whole table at every step.
    void (*adamw_rows)(xs_device *d, size_t n, size_t width, const uint32_t *row, uint32_t *since, uint32_t step,
                       bool idle, const xs_adamw *o, xs_view p, xs_view g, xs_view m, xs_view v);
} xs_backend;

typedef enum xs_precision { XS_FLOAT, XS_DOUBLE } xs_precision;
/// The CPU's backend for this processor.  `level` caps the instruction set (1: x86-64, 3: AVX2, 4: AVX-512; 0:
/// the best there is): tests compare them.
const xs_backend *xs_cpu_backend(xs_precision precision, int level);
/// Whether this processor multiplies bfloat16 itself (AVX512_BF16).  The bits are the same without.
bool xs_cpu_multiplies_bf16(void);
#endif
