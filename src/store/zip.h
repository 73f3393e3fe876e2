// Zip archives, as far as .npz needs them (PKWARE's APPNOTE 6.3): stored and deflated members, zip64 when read.
#ifndef XSNR_STORE_ZIP_H
#define XSNR_STORE_ZIP_H
#include "base/error.h"
#include "base/str.h"
#include "store/bytes.h"
#include <stdint.h>

/// A member, as the central directory describes it.
typedef struct xs_zip_member {
    const char *name; // in the archive's directory, not NUL-terminated
    size_t name_length;
    unsigned flags, method;
    uint32_t crc;
    uint64_t packed, size, offset; // bytes in the archive and unpacked; of the local header
} xs_zip_member;

/// An archive (untrusted), and a walk over its members in the order of its directory.  A copy walks by itself, as long
/// as the original is open.
typedef struct xs_zip {
    const xs_bytes *bytes;
    unsigned char *directory;  // (directory_size), owned
    size_t directory_size, at; // the next entry
    uint64_t left;             // entries to come
} xs_zip;
int xs_zip_open(const xs_bytes *bytes, xs_zip *zip, xsnr_error *err);
void xs_zip_close(xs_zip *zip);
/// 1 a member, 0 no more, negative: an error.
int xs_zip_next(xs_zip *zip, xs_zip_member *member, xsnr_error *err);

/// A member as a stream: unpacked while it is read, its checksum compared when the last byte is.
typedef struct xs_zip_stream {
    const xs_bytes *bytes;
    uint64_t at, packed, left; // where the packed bytes are, how many are to come; unpacked bytes to come
    uint32_t crc, expected;
    struct z_stream_s *inflater; // NULL: stored
    unsigned char *buffer;       // packed bytes on their way
} xs_zip_stream;
int xs_zip_stream_open(const xs_zip *zip, const xs_zip_member *member, xs_zip_stream *stream, xsnr_error *err);
/// n bytes, all of them or an error.
int xs_zip_stream_read(xs_zip_stream *stream, void *to, size_t n, xsnr_error *err);
void xs_zip_stream_close(xs_zip_stream *stream);

/// An archive in the making: local headers and data, and the directory that follows them.
typedef struct xs_zip_writer {
    xs_str archive, directory;
    unsigned members;
} xs_zip_writer; // zero-initialised is empty and ready
/// Deflates; members are dated 1980-01-01, so that the same members give the same bytes.
int xs_zip_add(xs_zip_writer *zip, const char *name, const void *data, size_t size, xsnr_error *err);
/// Appends the directory: `archive` is then the file.
int xs_zip_finish(xs_zip_writer *zip, xsnr_error *err);
void xs_zip_free(xs_zip_writer *zip);
#endif
