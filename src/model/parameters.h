// A network's parameters: one table of names and shapes, one block of numbers, and the file they are kept in.
//
// All parameters are one block; gradients and optimiser states are blocks of the same layout.
#ifndef XSNR_MODEL_PARAMETERS_H
#define XSNR_MODEL_PARAMETERS_H
#include "base/error.h"
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>

typedef enum xs_tensor_role {
    XS_ROLE_MATRIX,    // new: normal; decays
    XS_ROLE_WORD,      // the word embeddings: a matrix whose pad row, if there is one, starts as 0
    XS_ROLE_TABLE,     // positions, types
    XS_ROLE_BIAS,      // new: 0; does not decay
    XS_ROLE_NORM,      // a layer norm's weight; new: 1; does not decay
} xs_tensor_role;

typedef struct xs_parameter {
    const char *name; // in model.safetensors
    xs_tensor_role role;
    bool head;        // belongs to the classifier (or pooler): may be absent from a pre-trained folder
    int rank;
    size_t shape[2];
    size_t at, count; // place in the block
} xs_parameter;

/// A linear layer or a layer norm: where its weight and its bias start.
typedef struct xs_pair {
    size_t w, b;
} xs_pair;

static inline bool xs_parameter_decays(const xs_parameter *p) {
    return p->role == XS_ROLE_MATRIX || p->role == XS_ROLE_WORD || p->role == XS_ROLE_TABLE;
}

/// Values (their places in the block) of the parameters (n) from safetensors bytes.  Names may lack `prefix`.
/// Tensors of the head that are not there, or of another shape, are marked in absent (n); any other that is missing
/// or of another shape is an error.  `absent` NULL: the head must be there too.
int xs_parameters_parse(const xs_parameter *parameter, size_t n, const char *prefix, const void *bytes, size_t size,
                        const char *path, float *values, bool *absent, xsnr_error *err);
/// Values as safetensors, appended to `out`.
int xs_parameters_write(const xs_parameter *parameter, size_t n, const float *values, xs_str *out, xsnr_error *err);
#endif
