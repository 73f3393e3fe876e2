// safetensors: Hugging Face's file of named tensors.  Untrusted input.
//
// An 8-byte little-endian length, a JSON header of that length {name: {dtype, shape, data_offsets}}, and the
// data.  Refused: truncated files, headers over 100 MB or that are no JSON object, offsets that overlap, leave
// holes or lie outside, sizes that contradict dtype × shape, names given twice.
#ifndef XSNR_MODEL_SAFETENSORS_H
#define XSNR_MODEL_SAFETENSORS_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum { XS_TENSOR_RANK = 8 }; // at most

typedef enum xs_dtype { XS_DTYPE_F32, XS_DTYPE_F16, XS_DTYPE_BF16, XS_DTYPE_F64, XS_DTYPE_OTHER } xs_dtype;

typedef struct xs_named_tensor {
    const char *name;
    xs_dtype dtype;
    const char *dtype_name; // as written: "F32", "I64", …
    int rank;
    size_t shape[XS_TENSOR_RANK];
    size_t count;      // product of the shape; 1 of rank 0
    const void *data;  // inside the file's bytes; not aligned
} xs_named_tensor;

typedef struct xs_safetensors {
    xs_named_tensor *tensor; // (n) in the order of their names
    size_t n;
    const char *path; // for messages; copied
    xs_arena arena;
} xs_safetensors;

/// Reads the header and checks it against `size`; tensors point into `bytes`, which must outlive them.
/// `out` is released by xs_safetensors_free, after a failure too.
int xs_safetensors_parse(const void *bytes, size_t size, const char *path, xs_safetensors *out, xsnr_error *err);
void xs_safetensors_free(xs_safetensors *file);
const xs_named_tensor *xs_safetensors_find(const xs_safetensors *file, const char *name); // NULL: not there
/// Values (count) of an F32, F16, BF16 or F64 tensor as float; any other dtype is an error that names the tensor.
int xs_tensor_floats(const xs_safetensors *file, const xs_named_tensor *t, float *out, xsnr_error *err);

/// A tensor to be written, always F32.
typedef struct xs_tensor_source {
    const char *name;
    int rank;
    size_t shape[XS_TENSOR_RANK];
    const float *data;
} xs_tensor_source;
/// The file's bytes appended to `out`, header padded with spaces to 8 bytes, metadata {"format": "pt"}.
int xs_safetensors_write(const xs_tensor_source *tensors, size_t n, xs_str *out, xsnr_error *err);
#endif
