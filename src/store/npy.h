// NumPy's .npy and .npz files, read and written (numpy/lib/format.py, versions 1.0, 2.0, 3.0).
#ifndef XSNR_STORE_NPY_H
#define XSNR_STORE_NPY_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { XS_NPY_RANK = 8 }; // most dimensions of an array

/// An array of numbers, always delivered as double in C order (Fortran order and big-endian are converted;
/// 64-bit integers beyond 2^53 are rounded).
typedef struct xs_npy {
    int rank;
    size_t shape[XS_NPY_RANK];
    double *data; // owned
} xs_npy;

/// An .npy file's bytes in their order (untrusted): where they come from, and how many are to come.
typedef struct xs_npy_source {
    int (*read)(void *context, void *to, size_t n, xsnr_error *err); // n bytes, all of them or an error
    void *context;
    uint64_t left;
} xs_npy_source;

/// An array that is read item after item, in C order, so that memory is not needed for the whole.  (An array in Fortran
/// order with several dimensions is: its first row ends with its last item.)
typedef struct xs_npy_stream {
    int rank;
    size_t shape[XS_NPY_RANK];
    uint64_t left;       // items to come
    char dtype[32];      // as it is written, for messages
    xs_npy_source source;
    const char *name;    // for messages, not owned
    char kind;           // f, i, u, b; U: strings
    size_t item;         // bytes
    bool big_endian;
    double *whole;       // of an array in Fortran order; owned
    size_t at;           // in it
    bool lost;           // xs_npy_floats made 0 of a number that is not
} xs_npy_stream;

/// Reads the header.  dtypes f2 f4 f8, i1..i8, u1..u8, b1, and U (strings): all else is an error that names the dtype.
/// Truncated, absurd sizes: errors.
int xs_npy_start(const xs_npy_source *source, const char *name, xs_npy_stream *stream, xsnr_error *err);
/// The next n numbers; a float is rounded once.
int xs_npy_doubles(xs_npy_stream *stream, double *to, size_t n, xsnr_error *err);
int xs_npy_floats(xs_npy_stream *stream, float *to, size_t n, xsnr_error *err);
/// The next string, as UTF-8 in `arena`.
int xs_npy_string(xs_npy_stream *stream, xs_arena *arena, const char **out, xsnr_error *err);
/// All that is left of a stream of numbers, as an array.
int xs_npy_rest(xs_npy_stream *stream, xs_npy *out, xsnr_error *err);
/// Frees what the stream owns; its source is the caller's.
void xs_npy_stop(xs_npy_stream *stream);

/// Bytes of an .npy file, in memory.  `name` is for messages.
int xs_npy_parse(const void *bytes, size_t size, const char *name, xs_npy *out, xsnr_error *err);
/// Reads .npy, or the member `member` (NULL: "scores", or the only one) of an .npz.  XSNR_ERR_NOT_FOUND: the
/// .npz has no such member; the message lists those it has.
int xs_npy_read(const char *path, const char *member, xs_npy *out, xsnr_error *err);
/// The same of a file that was read already (untrusted); `path` is for messages.
int xs_npy_read_bytes(const void *bytes, size_t size, const char *path, const char *member, xs_npy *out,
                      xsnr_error *err);
void xs_npy_free(xs_npy *array);
/// An .npy file's bytes: dtype "<f4", "<f8" or "<i8" (from double).
int xs_npy_format(const char *dtype, int rank, const size_t *shape, const double *data, xs_str *out, xsnr_error *err);
/// The same of n strings (UTF-8): dtype "<U" of the longest.
int xs_npy_format_text(const char *const *texts, size_t n, xs_str *out, xsnr_error *err);

/// An .npz (zip, deflate) is built member by member; the same members give the same bytes.
typedef struct xs_npz xs_npz;
int xs_npz_new(xs_npz **out, xsnr_error *err);
/// `member` without ".npy".
int xs_npz_add(xs_npz *zip, const char *member, const void *npy, size_t size, xsnr_error *err);
int xs_npz_write(xs_npz *zip, const char *path, xsnr_error *err); // atomically
void xs_npz_free(xs_npz *zip);
#endif
