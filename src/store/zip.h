// Zip archives, as far as .npz needs them (PKWARE's APPNOTE 6.3): stored and deflated members, zip64 when read.
#ifndef XSNR_STORE_ZIP_H
#define XSNR_STORE_ZIP_H
#include "base/error.h"
#include "base/str.h"
#include <stdint.h>

/// A member, as the central directory describes it.
typedef struct xs_zip_member {
    const char *name; // in the archive's bytes, not NUL-terminated
    size_t name_length;
    unsigned flags, method;
    uint32_t crc;
    uint64_t packed, size, offset; // bytes in the archive and unpacked; of the local header
} xs_zip_member;

/// Walks the members of an archive (untrusted) in the order of its directory.
typedef struct xs_zip {
    const unsigned char *bytes;
    size_t size;
    const char *path; // for messages
    uint64_t next, end, left; // the directory: next entry, its end, entries to come
} xs_zip;
int xs_zip_open(const void *bytes, size_t size, const char *path, xs_zip *zip, xsnr_error *err);
/// 1 a member, 0 no more, negative: an error.
int xs_zip_next(xs_zip *zip, xs_zip_member *member, xsnr_error *err);
/// Unpacks and checks a member; *data (size member->size) is freed with xs_free.
int xs_zip_read(const xs_zip *zip, const xs_zip_member *member, char **data, xsnr_error *err);

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
