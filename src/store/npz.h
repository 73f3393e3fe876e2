// An .npz archive, or an .npy file, read array by array; several may be under way at once.
#ifndef XSNR_STORE_NPZ_H
#define XSNR_STORE_NPZ_H
#include "store/bytes.h"
#include "store/npy.h"
#include "store/zip.h"

typedef struct xs_npz_reader {
    xs_bytes bytes;
    xs_zip zip;
    bool archive; // else the file is one array
} xs_npz_reader;
int xs_npz_open(const char *path, xs_npz_reader *reader, xsnr_error *err);
/// The same of `reader->bytes`, which the caller has set; closed if it fails.
int xs_npz_look(xs_npz_reader *reader, xsnr_error *err);
void xs_npz_close(xs_npz_reader *reader);
/// 1 the archive has the member, 0 it has not, negative: an error.
int xs_npz_has(const xs_npz_reader *reader, const char *member, xsnr_error *err);

/// A member named nearly as one that xsnr reads, which is not there, is XSNR_ERR_DATA.  Names of members that it does not read are
/// appended to `unread` (may be NULL): "a, b".
int xs_npz_check_names(const xs_npz_reader *reader, xs_str *unread, xsnr_error *err);

/// An array on its way; it stays where it is until it is stopped.
typedef struct xs_npz_array {
    xs_npy_stream npy;
    xs_zip_stream stream;
    const xs_bytes *bytes;
    uint64_t at; // of a plain file
    xs_str name; // for messages
} xs_npz_array;
/// `member` NULL: "scores", or the only one.  XSNR_ERR_NOT_FOUND: it is not there; the message lists those that are.
int xs_npz_start(const xs_npz_reader *reader, const char *member, xs_npz_array *array, xsnr_error *err);
void xs_npz_stop(xs_npz_array *array);
#endif
