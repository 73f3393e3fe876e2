// NumPy's .npy and .npz files, read and written (numpy/lib/format.py, versions 1.0, 2.0, 3.0).
#ifndef XSNR_STORE_NPY_H
#define XSNR_STORE_NPY_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include <stddef.h>

/// An array of numbers, always delivered as double in C order (Fortran order and big-endian are converted;
/// 64-bit integers beyond 2^53 are rounded).
typedef struct xs_npy {
    int rank;
    size_t shape[8];
    double *data; // owned
} xs_npy;

/// Bytes of an .npy file (untrusted).  `name` is for messages.  dtypes f2 f4 f8, i1..i8, u1..u8, b1; all else is an
/// error that names the dtype.  Truncated, absurd sizes: errors.
int xs_npy_parse(const void *bytes, size_t size, const char *name, xs_npy *out, xsnr_error *err);
/// Reads .npy, or the member `member` (NULL: "scores", or the only one) of an .npz.  XSNR_ERR_NOT_FOUND: the
/// .npz has no such member; the message lists those it has.
int xs_npy_read(const char *path, const char *member, xs_npy *out, xsnr_error *err);
/// The same of a file that was read already (untrusted); `path` is for messages.
int xs_npy_read_bytes(const void *bytes, size_t size, const char *path, const char *member, xs_npy *out,
                      xsnr_error *err);
/// Strings (dtype U, one dimension) of a member of an .npz; in `arena`, as UTF-8.  XSNR_ERR_NOT_FOUND: it has no such
/// member.
int xs_npy_read_text(const void *bytes, size_t size, const char *path, const char *member, xs_arena *arena,
                     const char ***out, size_t *n, xsnr_error *err);
/// Strings of an .npy file (untrusted).
int xs_npy_parse_text(const void *bytes, size_t size, const char *name, xs_arena *arena, const char ***out,
                      size_t *n, xsnr_error *err);
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
