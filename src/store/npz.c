// The .npz format: a zip archive of .npy files; see npy.h.
#include "base/alloc.h"
#include "base/file.h"
#include "store/npy.h"
#include "store/zip.h"
#include <stdbool.h>
#include <string.h>

/* ------------------------------------------------------------ reading */

// The member's name without ".npy": what NumPy shows as its key.
static size_t key_length(const xs_zip_member *m) {
    size_t n = m->name_length;
    return n > 4 && memcmp(m->name + n - 4, ".npy", 4) == 0 ? n - 4 : n;
}

static bool has_key(const xs_zip_member *m, const char *key) {
    size_t n = key_length(m);
    return strlen(key) == n && memcmp(m->name, key, n) == 0;
}

// Names are as hostile as the rest of the file, and messages are for terminals: ASCII, and not too much of it.
static void put_name(xs_str *out, const char *name, size_t n) {
    for (size_t i = 0; i < n && i < 100; i++) {
        bool printable = name[i] >= ' ' && name[i] < 0x7F;
        xs_str_append(out, printable ? &name[i] : "?", 1);
    }
}

static int no_member(xs_zip *zip, const char *wanted, xsnr_error *err) {
    xs_str names = {0};
    xs_zip_member m;
    int rc;
    while ((rc = xs_zip_next(zip, &m, err)) == 1 && names.length < 400) {
        if (names.length) xs_str_put(&names, ", ");
        put_name(&names, m.name, key_length(&m));
    }
    if (rc >= 0)
        rc = xs_fail_at(err, XSNR_ERR_NOT_FOUND, zip->path, 0, "this .npz has no array '%s'; it has: %s", wanted,
                        names.length ? names.data : "none");
    xs_str_free(&names);
    return rc;
}

// `member`; without one "scores", or the only member.
static int find_member(const xs_zip *zip, const char *member, xs_zip_member *out, xsnr_error *err) {
    xs_zip walk = *zip;
    xs_zip_member m;
    const char *wanted = member ? member : "scores";
    int rc;
    while ((rc = xs_zip_next(&walk, &m, err)) == 1) {
        *out = m;
        if (has_key(&m, wanted) || (!member && zip->left == 1)) return XSNR_OK;
    }
    if (rc < 0) return rc;
    walk = *zip;
    return no_member(&walk, wanted, err);
}

// FILE(MEMBER), for messages.
static int full_name(const xs_zip *zip, const xs_zip_member *m, xs_str *name, xsnr_error *err) {
    xs_str_printf(name, "%s(", zip->path);
    put_name(name, m->name, m->name_length);
    xs_str_put(name, ")");
    return xs_str_failed(name) ? xs_nomem(err) : XSNR_OK;
}

static int read_member(const xs_zip *zip, const xs_zip_member *m, xs_npy *out, xsnr_error *err) {
    char *data = NULL;
    xs_str name = {0};
    XS_TRY(xs_zip_read(zip, m, &data, err));
    int rc = full_name(zip, m, &name, err);
    if (rc == XSNR_OK) rc = xs_npy_parse(data, (size_t)m->size, name.data, out, err);
    xs_str_free(&name);
    xs_free(data);
    return rc;
}

int xs_npy_read_text(const void *bytes, size_t size, const char *path, const char *member, xs_arena *arena, const char ***out,
                     size_t *n, xsnr_error *err) {
    xs_zip zip;
    xs_zip_member m = {0};
    char *data = NULL;
    xs_str name = {0};
    *out = NULL;
    *n = 0;
    XS_TRY(xs_zip_open(bytes, size, path, &zip, err));
    XS_TRY(find_member(&zip, member, &m, err));
    XS_TRY(xs_zip_read(&zip, &m, &data, err));
    int rc = full_name(&zip, &m, &name, err);
    if (rc == XSNR_OK) rc = xs_npy_parse_text(data, (size_t)m.size, name.data, arena, out, n, err);
    xs_str_free(&name);
    xs_free(data);
    return rc;
}

int xs_npy_read_bytes(const void *bytes, size_t size, const char *path, const char *member, xs_npy *out,
                      xsnr_error *err) {
    *out = (xs_npy){0};
    if (size < 4 || memcmp(bytes, "PK", 2) != 0) {
        if (size >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0) return xs_npy_parse(bytes, size, path, out, err);
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "this is neither a .npy nor an .npz file of NumPy");
    }
    xs_zip zip;
    xs_zip_member m = {0};
    XS_TRY(xs_zip_open(bytes, size, path, &zip, err));
    XS_TRY(find_member(&zip, member, &m, err));
    return read_member(&zip, &m, out, err);
}

int xs_npy_read(const char *path, const char *member, xs_npy *out, xsnr_error *err) {
    char *bytes;
    size_t size;
    *out = (xs_npy){0};
    XS_TRY(xs_file_read(path, &bytes, &size, err));
    int rc = xs_npy_read_bytes(bytes, size, path, member, out, err);
    xs_free(bytes);
    return rc;
}

/* ------------------------------------------------------------ writing */

struct xs_npz {
    xs_zip_writer zip;
};

int xs_npz_new(xs_npz **out, xsnr_error *err) {
    *out = XS_NEW(xs_npz);
    return *out ? XSNR_OK : xs_nomem(err);
}

int xs_npz_add(xs_npz *npz, const char *member, const void *npy, size_t size, xsnr_error *err) {
    xs_str name = {0};
    xs_str_printf(&name, "%s.npy", member);
    int rc = xs_str_failed(&name) ? xs_nomem(err) : xs_zip_add(&npz->zip, name.data, npy, size, err);
    xs_str_free(&name);
    return rc;
}

int xs_npz_write(xs_npz *npz, const char *path, xsnr_error *err) {
    XS_TRY(xs_zip_finish(&npz->zip, err));
    return xs_file_write(path, npz->zip.archive.data, npz->zip.archive.length, err);
}

void xs_npz_free(xs_npz *npz) {
    if (!npz) return;
    xs_zip_free(&npz->zip);
    xs_free(npz);
}
