// Zip archives, read and written; see zip.h.
//
// An archive is read from its end: the end record leads to the central directory, whose entries lead to the
// local headers, behind which the data lie.  Every number is checked against the archive before it is used.
#include "store/zip.h"
#include "base/alloc.h"
#include <string.h>
#include <zlib.h>

enum { LOCAL = 30, ENTRY = 46, END = 22, LOCATOR = 20, END64 = 56 }; // bytes of the fixed parts
enum { STORED = 0, DEFLATED = 8 };

static uint64_t number(const unsigned char *p, int bytes) {
    uint64_t value = 0;
    while (bytes--) value = value << 8 | p[bytes];
    return value;
}

static int damaged(const char *path, const char *what, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "this zip archive is damaged or was cut short: %s", what);
}

/* ------------------------------------------------------------ reading */

// Directory of a zip64 archive, whose locator stands before the end record.
static int open_zip64(xs_zip *zip, size_t end, xsnr_error *err) {
    const unsigned char *b = zip->bytes;
    if (end < LOCATOR || memcmp(b + end - LOCATOR, "PK\6\7", 4) != 0) return XSNR_OK; // 32 bits were enough
    uint64_t at = number(b + end - LOCATOR + 8, 8);
    if (at > end - LOCATOR || end - LOCATOR - at < END64 || memcmp(b + at, "PK\6\6", 4) != 0)
        return damaged(zip->path, "its zip64 end record is missing", err);
    zip->left = number(b + at + 32, 8);
    uint64_t size = number(b + at + 40, 8);
    zip->next = number(b + at + 48, 8);
    if (zip->next > at || at - zip->next < size) return damaged(zip->path, "its directory lies outside", err);
    zip->end = zip->next + size;
    return XSNR_OK;
}

int xs_zip_open(const void *bytes, size_t size, const char *path, xs_zip *zip, xsnr_error *err) {
    *zip = (xs_zip){.bytes = bytes, .size = size, .path = path};
    if (size < END) return damaged(path, "it has no end record", err);
    size_t end = size - END, first = end > 65535 ? end - 65535 : 0; // a comment may follow the record
    while (memcmp(zip->bytes + end, "PK\5\6", 4) != 0)
        if (end-- == first) return damaged(path, "it has no end record", err);
    zip->left = number(zip->bytes + end + 10, 2);
    uint64_t length = number(zip->bytes + end + 12, 4);
    zip->next = number(zip->bytes + end + 16, 4);
    zip->end = zip->next + length;
    XS_TRY(open_zip64(zip, end, err));
    return zip->end <= end ? XSNR_OK : damaged(path, "its directory lies outside", err);
}

// Sizes and offset that need 64 bits stand in the extra field 1, each only if its 32 bits are all ones.
static void read_zip64(const unsigned char *extra, size_t length, xs_zip_member *m) {
    while (length >= 4) {
        size_t id = number(extra, 2), n = number(extra + 2, 2);
        if (n > length - 4) return;
        const unsigned char *p = extra + 4, *end = p + n;
        uint64_t *fields[3] = {&m->size, &m->packed, &m->offset};
        for (int i = 0; id == 1 && i < 3; i++) {
            if (*fields[i] != UINT32_MAX || end - p < 8) continue;
            *fields[i] = number(p, 8);
            p += 8;
        }
        extra += 4 + n;
        length -= 4 + n;
    }
}

int xs_zip_next(xs_zip *zip, xs_zip_member *m, xsnr_error *err) {
    if (!zip->left) return 0;
    const unsigned char *p = zip->bytes + zip->next;
    uint64_t room = zip->end - zip->next;
    if (room < ENTRY || memcmp(p, "PK\1\2", 4) != 0) return damaged(zip->path, "its directory is incomplete", err);
    size_t name = number(p + 28, 2), extra = number(p + 30, 2), comment = number(p + 32, 2);
    if (room - ENTRY < name + extra + comment) return damaged(zip->path, "its directory is incomplete", err);
    *m = (xs_zip_member){.name = (const char *)p + ENTRY,
                         .name_length = name,
                         .flags = (unsigned)number(p + 8, 2),
                         .method = (unsigned)number(p + 10, 2),
                         .crc = (uint32_t)number(p + 16, 4),
                         .packed = number(p + 20, 4),
                         .size = number(p + 24, 4),
                         .offset = number(p + 42, 4)};
    read_zip64(p + ENTRY + name, extra, m);
    zip->next += ENTRY + name + extra + comment;
    zip->left--;
    return 1;
}

static int inflate_member(const unsigned char *packed, size_t n, char *data, size_t size, const char *path,
                          xsnr_error *err) {
    z_stream stream = {0};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return xs_nomem(err);
    const size_t most = 1u << 30; // zlib counts in unsigned int
    int rc = Z_OK;
    size_t read = 0, written = 0;
    while (rc == Z_OK) {
        uInt in = (uInt)(n - read < most ? n - read : most), out = (uInt)(size - written < most ? size - written : most);
        unsigned char none = 0; // zlib wants an address even where it may write nothing
        stream.next_in = (unsigned char *)(uintptr_t)(packed + read);
        stream.next_out = out ? (unsigned char *)data + written : &none;
        stream.avail_in = in;
        stream.avail_out = out;
        rc = inflate(&stream, Z_NO_FLUSH);
        read += in - stream.avail_in;
        written += out - stream.avail_out;
    }
    inflateEnd(&stream);
    if (rc == Z_MEM_ERROR) return xs_nomem(err);
    return rc == Z_STREAM_END && written == size ? XSNR_OK : damaged(path, "a member does not unpack", err);
}

int xs_zip_read(const xs_zip *zip, const xs_zip_member *m, char **data, xsnr_error *err) {
    *data = NULL;
    if (m->offset > zip->size || zip->size - m->offset < LOCAL) return damaged(zip->path, "a member lies outside", err);
    const unsigned char *local = zip->bytes + m->offset;
    if (memcmp(local, "PK\3\4", 4) != 0) return damaged(zip->path, "a member has no header", err);
    if (m->flags & 1) return xs_fail_at(err, XSNR_ERR_DATA, zip->path, 0, "this zip archive is encrypted; save it plain");
    if (m->method != STORED && m->method != DEFLATED)
        return xs_fail_at(err, XSNR_ERR_DATA, zip->path, 0,
                          "this zip archive uses compression method %u; stored and deflated members are read",
                          m->method);
    size_t skip = LOCAL + number(local + 26, 2) + number(local + 28, 2), room = zip->size - (size_t)m->offset;
    if (room < skip || room - skip < m->packed) return damaged(zip->path, "a member lies outside", err);
    // Deflate packs at most 1032 bytes into one: a member that claims more is a lie about memory.
    if (m->method == STORED ? m->size != m->packed : m->size / 1032 > m->packed)
        return damaged(zip->path, "the sizes of a member contradict each other", err);
    char *out = xs_malloc((size_t)m->size);
    if (!out) return xs_nomem(err);
    int rc = XSNR_OK;
    if (m->method == DEFLATED) rc = inflate_member(local + skip, m->packed, out, m->size, zip->path, err);
    else if (m->size) memcpy(out, local + skip, m->size);
    if (rc == XSNR_OK && crc32_z(0, (const unsigned char *)out, m->size) != m->crc)
        rc = damaged(zip->path, "the checksum of a member is wrong", err);
    if (rc == XSNR_OK) *data = out;
    else xs_free(out);
    return rc;
}

/* ------------------------------------------------------------ writing */

static void put_number(xs_str *out, uint64_t value, size_t bytes) {
    unsigned char b[8];
    for (size_t i = 0; i < bytes; i++) b[i] = (unsigned char)(value >> 8 * i);
    xs_str_append(out, b, bytes);
}

static int deflate_member(const void *data, size_t size, char **packed, size_t *n, xsnr_error *err) {
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return xs_nomem(err);
    uLong bound = deflateBound(&stream, size);
    *packed = xs_malloc(bound);
    if (*packed) {
        stream.next_in = (unsigned char *)(uintptr_t)data;
        stream.avail_in = (uInt)size;
        stream.next_out = (unsigned char *)*packed;
        stream.avail_out = (uInt)bound;
        deflate(&stream, Z_FINISH); // the bound is enough
        *n = stream.total_out;
    }
    deflateEnd(&stream);
    return *packed ? XSNR_OK : xs_nomem(err);
}

// What a local header and an entry of the directory have in common: version, flags, method, date, sizes.
static void put_member(xs_str *out, const char *name, uint32_t crc, size_t packed, size_t size) {
    put_number(out, 20, 2);
    put_number(out, 0x800, 2); // names are UTF-8
    put_number(out, DEFLATED, 2);
    put_number(out, 0, 2);    // time
    put_number(out, 0x21, 2); // 1980-01-01
    put_number(out, crc, 4);
    put_number(out, packed, 4);
    put_number(out, size, 4);
    put_number(out, strlen(name), 2);
    put_number(out, 0, 2); // no extra field
}

static int too_large(xsnr_error *err) {
    return xs_fail(err, XSNR_ERR_UNSUPPORTED, "an .npz holds at most 4 GB; export fewer families or explainers at once");
}

int xs_zip_add(xs_zip_writer *zip, const char *name, const void *data, size_t size, xsnr_error *err) {
    char *packed = NULL;
    size_t n = 0, offset = zip->archive.length, most = UINT32_MAX - (1u << 24); // with room for deflate's headers
    if (size > most || zip->members == UINT16_MAX || strlen(name) > UINT16_MAX) return too_large(err);
    XS_TRY(deflate_member(data, size, &packed, &n, err));
    if (offset + n > most) {
        xs_free(packed);
        return too_large(err);
    }
    uint32_t crc = (uint32_t)crc32_z(0, data, size);
    xs_str_append(&zip->archive, "PK\3\4", 4);
    put_member(&zip->archive, name, crc, n, size);
    xs_str_put(&zip->archive, name);
    xs_str_append(&zip->archive, packed, n);
    xs_free(packed);
    xs_str_append(&zip->directory, "PK\1\2", 4);
    put_number(&zip->directory, 3 << 8 | 20, 2); // made by: Unix
    put_member(&zip->directory, name, crc, n, size);
    put_number(&zip->directory, 0, 6); // comment, disk, internal attributes
    put_number(&zip->directory, (uint64_t)0100644 << 16, 4);
    put_number(&zip->directory, offset, 4);
    xs_str_put(&zip->directory, name);
    zip->members++;
    return xs_str_failed(&zip->archive) || xs_str_failed(&zip->directory) ? xs_nomem(err) : XSNR_OK;
}

int xs_zip_finish(xs_zip_writer *zip, xsnr_error *err) {
    size_t offset = zip->archive.length, size = zip->directory.length;
    if (offset + size > UINT32_MAX) return too_large(err);
    if (size) xs_str_append(&zip->archive, zip->directory.data, size);
    xs_str_append(&zip->archive, "PK\5\6", 4);
    put_number(&zip->archive, 0, 4); // disks
    put_number(&zip->archive, zip->members, 2);
    put_number(&zip->archive, zip->members, 2);
    put_number(&zip->archive, size, 4);
    put_number(&zip->archive, offset, 4);
    put_number(&zip->archive, 0, 2); // no comment
    return xs_str_failed(&zip->archive) ? xs_nomem(err) : XSNR_OK;
}

void xs_zip_free(xs_zip_writer *zip) {
    xs_str_free(&zip->archive);
    xs_str_free(&zip->directory);
}
