// Linear models: what linear.c, its two solvers and their tests share.
//
// Of N labelled texts x_i (sparse rows of D features) both solvers minimise the same objective,
//
//     P(w, b) = 1/n Σ_i ℓ(W x_i + b, y_i) + l2/2 (‖W‖² + ‖b‖²),
//
// in which the bias is one more feature of value 1, as in LIBLINEAR; its penalty is what makes the two
// comparable to the last digit.  Two classes have one vector (V = 1) with z > 0 for class 1; C > 2 classes
// have V = C.  Margins are y z with y = ±1; ℓ is one of
//
//     logistic        ln(1 + e^−yz); for V > 1: −ln softmax(z)_y, or one against the rest (LIBLINEAR)
//     hinge           max(0, 1 − yz), one against the rest
//     squared_hinge   max(0, 1 − yz)², one against the rest
#ifndef XSNR_MODEL_LINEAR_H
#define XSNR_MODEL_LINEAR_H
#include "base/arena.h"
#include "math/sparse.h"
#include "model/model.h"

#define XS_LINEAR_CLASSES 1024 // at most

typedef enum xs_loss { XS_LOSS_LOGISTIC, XS_LOSS_HINGE, XS_LOSS_SQUARED_HINGE } xs_loss;

/// What is minimised.  Nothing is owned.
typedef struct xs_linear_problem {
    const xs_csr *x;      // (N, D)
    const int32_t *label; // (N) 0..C−1
    int vectors;          // V
    xs_loss loss;
    bool one_vs_rest; // V > 1: logistic one against the rest in the place of softmax
    double l2;
} xs_linear_problem;

/// Weights of V vectors, feature by feature: what a text's features touch lies together.
typedef struct xs_linear_model {
    uint32_t columns, vectors; // D, V
    double weight[];           // (D + 1, V); row D is the bias
} xs_linear_model;

/// All weights 0; freed with xs_free.
int xs_linear_model_new(uint32_t columns, int vectors, xs_linear_model **out, xsnr_error *err);
/// XSNR_ERR_NUMERIC if a weight is not finite.
int xs_linear_model_check(const xs_linear_model *m, xsnr_error *err);

/// ℓ of one text with scores z (V).
double xs_linear_loss(const xs_linear_problem *p, const double *z, int32_t label);
/// Its derivatives dz (V).
void xs_linear_slopes(const xs_linear_problem *p, const double *z, int32_t label, double *dz);
/// z (V) = W x + b of one sparse row.
void xs_linear_scores(const xs_linear_model *m, const uint32_t *index, const double *value, size_t n, double *z);
/// P over the texts `rows` (n, with repeats), and its gradient (D + 1, V) unless NULL.
double xs_linear_objective(const xs_linear_problem *p, const uint32_t *rows, size_t n, const xs_linear_model *m,
                           double *gradient);

extern const xs_family xs_family_linear; // linear.c

// --- sgd.c

/// A nonzero value, packed for the inner loop: one stream of memory, half as wide as xs_csr's two.
typedef struct xs_linear_entry {
    uint32_t index;
    float value;
} xs_linear_entry;

typedef enum xs_schedule { XS_SCHEDULE_DECAY, XS_SCHEDULE_CONSTANT, XS_SCHEDULE_LINEAR } xs_schedule;

typedef struct xs_sgd_options {
    int epochs;
    xs_schedule schedule;
    double rate;       // first step length × curvature × mean ‖x‖²
    bool average;      // the model is the mean of the iterates t = 1, 2, …, weighted by t
    double init_scale; // standard deviation of the start
} xs_sgd_options;

/// The entries of x, in its order; freed with xs_free.
int xs_sgd_pack(const xs_csr *x, xs_linear_entry **out, xsnr_error *err);
/// Stochastic gradient descent over the texts `rows` (n); `entry` is what xs_sgd_pack made of p->x.
int xs_sgd_train(const xs_linear_problem *p, const xs_linear_entry *entry, const xs_sgd_options *options,
                 const uint32_t *rows, size_t n, const xs_seeds *seeds, xs_arena *scratch, xs_linear_model *m,
                 xs_training *record, xsnr_error *err);

// --- liblinear.c

typedef struct xs_liblinear xs_liblinear; // a matrix as LIBLINEAR reads it

int xs_liblinear_new(const xs_csr *x, xs_liblinear **out, xsnr_error *err);
void xs_liblinear_free(xs_liblinear *matrix);
/// Converges to `tolerance` on the texts `rows` (n).
int xs_liblinear_train(const xs_linear_problem *p, const xs_liblinear *matrix, double tolerance,
                       const uint32_t *rows, size_t n, xs_arena *scratch, xs_linear_model *m,
                       xs_training *record, xsnr_error *err);

// --- linear_file.c

/// "XSLINEAR", version, D, V, then the weights (D + 1, V): little-endian.
int xs_linear_write(const xs_linear_model *m, xs_str *out, xsnr_error *err);
/// Fails unless the bytes hold a finite model of D features and V vectors, and nothing else.
int xs_linear_read(const void *bytes, size_t size, uint32_t columns, int vectors, xs_linear_model **out,
                   xsnr_error *err);
#endif
