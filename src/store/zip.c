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
enum { COMMENT = 65535, CHUNK = 1 << 16 }; // bytes: the longest behind the end record; packed bytes read at once

static uint64_t number(const unsigned char *p, int bytes) {
    uint64_t value = 0;
    while (bytes--) value = value << 8 | p[bytes];
    return value;
}

static int damaged(const char *path, const char *what, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "this zip archive is damaged or was cut short: %s", what);
}

/* ------------------------------------------------------------ reading */

// Where the directory is.
typedef struct place {
    uint64_t begin, size, entries;
} place;

// Directory of a zip64 archive, whose locator stands before the end record.
static int find_zip64(const xs_bytes *b, uint64_t end, place *dir, xsnr_error *err) {
    unsigned char locator[LOCATOR], record[END64];
    if (end < LOCATOR) return XSNR_OK; // 32 bits were enough
    XS_TRY(xs_bytes_read(b, end - LOCATOR, locator, LOCATOR, err));
    if (memcmp(locator, "PK\6\7", 4) != 0) return XSNR_OK;
    uint64_t at = number(locator + 8, 8);
    if (at > end - LOCATOR || end - LOCATOR - at < END64) return damaged(b->path, "its zip64 end record is missing", err);
    XS_TRY(xs_bytes_read(b, at, record, END64, err));
    if (memcmp(record, "PK\6\6", 4) != 0) return damaged(b->path, "its zip64 end record is missing", err);
    *dir = (place){number(record + 48, 8), number(record + 40, 8), number(record + 32, 8)};
    return dir->begin > at || at - dir->begin < dir->size ? damaged(b->path, "its directory lies outside", err) : XSNR_OK;
}

// `tail`: room for the longest end of an archive.
static int find_directory(const xs_bytes *b, unsigned char *tail, place *dir, xsnr_error *err) {
    if (b->size < END) return damaged(b->path, "it has no end record", err);
    size_t n = b->size < COMMENT + END ? (size_t)b->size : COMMENT + END, i = n - END;
    XS_TRY(xs_bytes_read(b, b->size - n, tail, n, err));
    while (memcmp(tail + i, "PK\5\6", 4) != 0) // a comment may follow the record
        if (i-- == 0) return damaged(b->path, "it has no end record", err);
    uint64_t end = b->size - n + i;
    *dir = (place){number(tail + i + 16, 4), number(tail + i + 12, 4), number(tail + i + 10, 2)};
    XS_TRY(find_zip64(b, end, dir, err));
    return dir->begin > end || end - dir->begin < dir->size ? damaged(b->path, "its directory lies outside", err) : XSNR_OK;
}

int xs_zip_open(const xs_bytes *bytes, xs_zip *zip, xsnr_error *err) {
    place dir = {0, 0, 0};
    *zip = (xs_zip){.bytes = bytes};
    unsigned char *tail = xs_malloc(COMMENT + END);
    if (!tail) return xs_nomem(err);
    int rc = find_directory(bytes, tail, &dir, err);
    xs_free(tail);
    if (rc == XSNR_OK) rc = xs_bytes_affordable(dir.size, bytes->path, err);
    if (rc < 0) return rc;
    zip->directory = xs_malloc((size_t)dir.size);
    if (!zip->directory) return xs_nomem(err);
    zip->directory_size = (size_t)dir.size;
    zip->left = dir.entries;
    rc = xs_bytes_read(bytes, dir.begin, zip->directory, zip->directory_size, err);
    if (rc < 0) xs_zip_close(zip);
    return rc;
}

void xs_zip_close(xs_zip *zip) {
    xs_free(zip->directory);
    *zip = (xs_zip){0};
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
    const char *path = zip->bytes->path;
    if (!zip->left) return 0;
    const unsigned char *p = zip->directory + zip->at;
    size_t room = zip->directory_size - zip->at;
    if (room < ENTRY || memcmp(p, "PK\1\2", 4) != 0) return damaged(path, "its directory is incomplete", err);
    size_t name = number(p + 28, 2), extra = number(p + 30, 2), comment = number(p + 32, 2);
    if (room - ENTRY < name + extra + comment) return damaged(path, "its directory is incomplete", err);
    *m = (xs_zip_member){.name = (const char *)p + ENTRY,
                         .name_length = name,
                         .flags = (unsigned)number(p + 8, 2),
                         .method = (unsigned)number(p + 10, 2),
                         .crc = (uint32_t)number(p + 16, 4),
                         .packed = number(p + 20, 4),
                         .size = number(p + 24, 4),
                         .offset = number(p + 42, 4)};
    read_zip64(p + ENTRY + name, extra, m);
    zip->at += ENTRY + name + extra + comment;
    zip->left--;
    return 1;
}

/* ------------------------------------------------------------ a member */

static int check_member(const xs_zip *zip, const xs_zip_member *m, xs_zip_stream *s, xsnr_error *err) {
    const char *path = zip->bytes->path;
    uint64_t size = zip->bytes->size;
    unsigned char local[LOCAL];
    if (m->offset > size || size - m->offset < LOCAL) return damaged(path, "a member lies outside", err);
    XS_TRY(xs_bytes_read(zip->bytes, m->offset, local, LOCAL, err));
    if (memcmp(local, "PK\3\4", 4) != 0) return damaged(path, "a member has no header", err);
    if (m->flags & 1) return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "this zip archive is encrypted; save it plain");
    if (m->method != STORED && m->method != DEFLATED)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "this zip archive uses compression method %u; stored and deflated members are read",
                          m->method);
    uint64_t skip = LOCAL + number(local + 26, 2) + number(local + 28, 2), room = size - m->offset;
    if (room < skip || room - skip < m->packed) return damaged(path, "a member lies outside", err);
    // Deflate packs at most 1032 bytes into one: a member that claims more is a lie about memory.
    if (m->method == STORED ? m->size != m->packed : m->size / 1032 > m->packed)
        return damaged(path, "the sizes of a member contradict each other", err);
    *s = (xs_zip_stream){.bytes = zip->bytes, .at = m->offset + skip, .packed = m->packed, .left = m->size, .expected = m->crc};
    return XSNR_OK;
}

int xs_zip_stream_open(const xs_zip *zip, const xs_zip_member *m, xs_zip_stream *s, xsnr_error *err) {
    *s = (xs_zip_stream){0};
    XS_TRY(check_member(zip, m, s, err));
    if (m->method == STORED) return XSNR_OK;
    z_stream *inflater = XS_NEW(z_stream);
    s->buffer = xs_malloc(CHUNK);
    if (!inflater || !s->buffer || inflateInit2(inflater, -MAX_WBITS) != Z_OK) {
        xs_free(inflater);
        xs_zip_stream_close(s);
        return xs_nomem(err);
    }
    s->inflater = inflater;
    return XSNR_OK;
}

void xs_zip_stream_close(xs_zip_stream *s) {
    if (s->inflater) inflateEnd(s->inflater);
    xs_free(s->inflater);
    xs_free(s->buffer);
    *s = (xs_zip_stream){0};
}

// More packed bytes for the inflater.
static int feed(xs_zip_stream *s, xsnr_error *err) {
    size_t n = s->packed < CHUNK ? (size_t)s->packed : CHUNK;
    XS_TRY(xs_bytes_read(s->bytes, s->at, s->buffer, n, err));
    s->at += n;
    s->packed -= n;
    s->inflater->next_in = s->buffer;
    s->inflater->avail_in = (uInt)n;
    return XSNR_OK;
}

// The member must end with the last byte that its size promises.
static int end_of_member(xs_zip_stream *s, xsnr_error *err) {
    unsigned char more;
    int code = Z_OK;
    s->inflater->next_out = &more;
    s->inflater->avail_out = 1;
    while (code == Z_OK && s->inflater->avail_out) {
        if (!s->inflater->avail_in) XS_TRY(feed(s, err));
        code = inflate(s->inflater, Z_NO_FLUSH);
    }
    if (code == Z_MEM_ERROR) return xs_nomem(err);
    return code == Z_STREAM_END && s->inflater->avail_out ? XSNR_OK : damaged(s->bytes->path, "a member does not unpack", err);
}

static int unpack(xs_zip_stream *s, unsigned char *to, size_t n, xsnr_error *err) {
    const size_t most = 1u << 30; // zlib counts in unsigned int
    for (size_t done = 0; done < n;) {
        uInt room = (uInt)(n - done < most ? n - done : most);
        if (!s->inflater->avail_in) XS_TRY(feed(s, err));
        s->inflater->next_out = to + done;
        s->inflater->avail_out = room;
        int code = inflate(s->inflater, Z_NO_FLUSH);
        done += room - s->inflater->avail_out;
        if (code == Z_MEM_ERROR) return xs_nomem(err);
        if (code != Z_OK && !(code == Z_STREAM_END && done == n && s->left == n)) return damaged(s->bytes->path, "a member does not unpack", err);
        if (code == Z_STREAM_END) return XSNR_OK;
    }
    return s->left == n ? end_of_member(s, err) : XSNR_OK;
}

int xs_zip_stream_read(xs_zip_stream *s, void *to, size_t n, xsnr_error *err) {
    if (n > s->left) return damaged(s->bytes->path, "a member is too short", err);
    if (s->inflater) {
        XS_TRY(unpack(s, to, n, err));
    } else {
        XS_TRY(xs_bytes_read(s->bytes, s->at, to, n, err));
        s->at += n;
    }
    s->left -= n;
    s->crc = (uint32_t)crc32_z(s->crc, to, n);
    return s->left || s->crc == s->expected ? XSNR_OK : damaged(s->bytes->path, "the checksum of a member is wrong", err);
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
