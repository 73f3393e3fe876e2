// The .npz format: a zip archive of .npy files; see npy.h and npz.h.
#include "store/npz.h"
#include "base/alloc.h"
#include "base/file.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

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
        rc = xs_fail_at(err, XSNR_ERR_NOT_FOUND, zip->bytes->path, 0, "this .npz has no array '%s'; it has: %s", wanted,
                        names.length ? names.data : "none");
    xs_str_free(&names);
    return rc;
}

// 1 it is there, 0 it is not.
static int find_key(const xs_zip *zip, const char *key, xs_zip_member *out, xsnr_error *err) {
    xs_zip walk = *zip;
    int rc;
    while ((rc = xs_zip_next(&walk, out, err)) == 1)
        if (has_key(out, key)) return 1;
    return rc;
}

// `member`; without one "scores", or the only member.
static int find_member(const xs_zip *zip, const char *member, xs_zip_member *out, xsnr_error *err) {
    const char *wanted = member ? member : "scores";
    xs_zip walk = *zip;
    int rc = find_key(zip, wanted, out, err);
    if (rc == 0 && !member && zip->left == 1) rc = xs_zip_next(&walk, out, err);
    if (rc < 0) return rc;
    return rc ? XSNR_OK : no_member(&walk, wanted, err);
}

int xs_npz_open(const char *path, xs_npz_reader *r, xsnr_error *err) {
    *r = (xs_npz_reader){.bytes = {.fd = -1}};
    XS_TRY(xs_bytes_open(path, &r->bytes, err));
    return xs_npz_look(r, err);
}

int xs_npz_look(xs_npz_reader *r, xsnr_error *err) {
    char start[6] = "";
    size_t n = r->bytes.size < sizeof start ? (size_t)r->bytes.size : sizeof start;
    int rc = xs_bytes_read(&r->bytes, 0, start, n, err);
    r->archive = n >= 4 && memcmp(start, "PK", 2) == 0;
    if (rc == XSNR_OK && !r->archive && (n < sizeof start || memcmp(start, "\x93NUMPY", 6) != 0))
        rc = xs_fail_at(err, XSNR_ERR_DATA, r->bytes.path, 0, "this is neither a .npy nor an .npz file of NumPy");
    if (rc == XSNR_OK && r->archive) rc = xs_zip_open(&r->bytes, &r->zip, err);
    if (rc < 0) xs_npz_close(r);
    return rc;
}

void xs_npz_close(xs_npz_reader *r) {
    xs_zip_close(&r->zip);
    xs_bytes_close(&r->bytes);
}

int xs_npz_has(const xs_npz_reader *r, const char *member, xsnr_error *err) {
    xs_zip_member m;
    return r->archive ? find_key(&r->zip, member, &m, err) : 0;
}

// What docs/formats.md lists; the first may have FAMILY/EXPLAINER/ before them.
static const char *const members[] = {"scores", "models", "model_names", "targets", "predictions", "lengths", "texts", "contents", "splits",
                                      "words", "tokens", "offsets", "labels", "classes", "family", "explainer"};
enum { MEMBERS = sizeof members / sizeof *members, OF_PAIRS = 5 };

// The member that is meant by a name, if it is another; two letters must have changed at most, and not the first of a word.
static const char *meant(const char *name, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unsigned d = xs_edit_distance(name, members[i]);
        if (d == 1 || (d == 2 && *name == *members[i] && strlen(name) >= 6) || strcasecmp(name, members[i]) == 0) return members[i];
    }
    return NULL;
}

static int check_name(const xs_npz_reader *r, const xs_zip_member *m, xs_str *unread, xsnr_error *err) {
    char name[256], right[256], shown[64];
    size_t n = key_length(m), begin = n;
    while (begin && m->name[begin - 1] != '/') begin--;
    const size_t known = begin ? OF_PAIRS : MEMBERS;
    if (n >= sizeof name - 16) return XSNR_OK;
    snprintf(name, sizeof name, "%.*s", (int)n, m->name);
    for (size_t i = 0; i < known; i++)
        if (strcmp(name + begin, members[i]) == 0) return XSNR_OK;
    const char *near = meant(name + begin, known);
    snprintf(right, sizeof right, "%.*s%s", (int)begin, name, near ? near : "");
    int there = near ? xs_npz_has(r, right, err) : 1;
    if (there < 0) return there;
    xs_printable(shown, sizeof shown, name);
    if (!there) return xs_fail_at(err, XSNR_ERR_DATA, r->bytes.path, 0, "unknown array '%s'; did you mean '%s'?", shown, right);
    if (unread && unread->length < 200) xs_str_printf(unread, "%s%s", unread->length ? ", " : "", shown);
    return XSNR_OK;
}

int xs_npz_check_names(const xs_npz_reader *r, xs_str *unread, xsnr_error *err) {
    xs_zip walk = r->zip;
    xs_zip_member m;
    int rc;
    while ((rc = xs_zip_next(&walk, &m, err)) == 1) XS_TRY(check_name(r, &m, unread, err));
    return rc;
}

static int read_zipped(void *context, void *to, size_t n, xsnr_error *err) { return xs_zip_stream_read(context, to, n, err); }

static int read_plain(void *context, void *to, size_t n, xsnr_error *err) {
    xs_npz_array *a = context;
    XS_TRY(xs_bytes_read(a->bytes, a->at, to, n, err));
    a->at += n;
    return XSNR_OK;
}

int xs_npz_start(const xs_npz_reader *r, const char *member, xs_npz_array *a, xsnr_error *err) {
    *a = (xs_npz_array){.bytes = &r->bytes};
    xs_npy_source source = {read_plain, a, r->bytes.size};
    xs_zip_member m = {0};
    int rc = XSNR_OK;
    if (r->archive) {
        XS_TRY(find_member(&r->zip, member, &m, err));
        XS_TRY(xs_zip_stream_open(&r->zip, &m, &a->stream, err));
        source = (xs_npy_source){read_zipped, &a->stream, m.size};
        xs_str_printf(&a->name, "%s(", r->bytes.path); // FILE(MEMBER), for messages
        put_name(&a->name, m.name, m.name_length);
        if (xs_str_put(&a->name, ")")) rc = xs_nomem(err);
    } else if (xs_str_put(&a->name, r->bytes.path)) {
        rc = xs_nomem(err);
    }
    if (rc == XSNR_OK) rc = xs_npy_start(&source, a->name.data, &a->npy, err);
    if (rc < 0) xs_npz_stop(a);
    return rc;
}

void xs_npz_stop(xs_npz_array *a) {
    xs_npy_stop(&a->npy);
    xs_zip_stream_close(&a->stream);
    xs_str_free(&a->name);
}

static int read_array(xs_npz_reader *r, const char *member, xs_npy *out, xsnr_error *err) {
    xs_npz_array a;
    int rc = xs_npz_start(r, member, &a, err);
    if (rc == XSNR_OK) {
        rc = xs_npy_rest(&a.npy, out, err);
        xs_npz_stop(&a);
    }
    xs_npz_close(r);
    return rc;
}

int xs_npy_read_bytes(const void *bytes, size_t size, const char *path, const char *member, xs_npy *out,
                      xsnr_error *err) {
    xs_npz_reader r = {.bytes = xs_bytes_of(bytes, size, path)};
    *out = (xs_npy){0};
    XS_TRY(xs_npz_look(&r, err));
    return read_array(&r, member, out, err);
}

int xs_npy_read(const char *path, const char *member, xs_npy *out, xsnr_error *err) {
    xs_npz_reader r;
    *out = (xs_npy){0};
    XS_TRY(xs_npz_open(path, &r, err));
    return read_array(&r, member, out, err);
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
