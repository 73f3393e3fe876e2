// Where the results of a study go; see outputs.h.
//
// Results are replaced at every run, so a name that is something else's would cost it.  Two names are one file if device and
// inode say so, or, where there is none yet, if they lead to the same place.  Whose results a file holds is said by themselves:
// results.json and the page have `plan_path` of the plan that they were made by; its name without its ending is the study
// file's, so that two studies in one folder have two.  words.csv has no place for it, and goes with results.json beside it.
#include "study/outputs.h"
#include "base/alloc.h"
#include "base/file.h"
#include "study/files.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const outputs[] = {"report.html", "report.json", "report.words"};
enum { OUTPUTS = 3, WORDS = 2 };

/* ------------------------------------------------------------ places */

// Where a path leads, also if nothing is there yet but the folder; in `arena`.
static const char *place_of(const char *path, xs_arena *arena) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? xs_arena_strndup(arena, path, (size_t)(slash - path) + 1) : xs_arena_strdup(arena, ".");
    char *real = folder ? realpath(folder, NULL) : NULL;
    xs_str place = {0};
    if (real) xs_str_printf(&place, "%s/%s", real, slash ? slash + 1 : path);
    else xs_str_put(&place, path);
    const char *copy = folder && !xs_str_failed(&place) ? xs_arena_strdup(arena, place.data) : NULL;
    free(real);
    xs_str_free(&place);
    return copy;
}

// A terminal or /dev/null takes what comes, and loses nothing.
static bool is_device(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

static int is_same(const char *a, const char *b, xs_arena *arena, bool *same, xsnr_error *err) {
    struct stat x, y;
    bool there = stat(a, &x) == 0, also = stat(b, &y) == 0;
    *same = there && also && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    if (there || also) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(arena);
    const char *p = place_of(a, arena), *q = place_of(b, arena);
    *same = p && q && strcmp(p, q) == 0;
    xs_arena_rewind(arena, mark);
    return p && q ? XSNR_OK : xs_nomem(err);
}

/* ------------------------------------------------------------ what is read */

typedef struct check {
    const xs_plan *plan;
    const char *folder;
    xs_arena arena;
    const char *path[OUTPUTS]; // NULL: that result is not wanted
} check;

static int open_check(check *c, xsnr_error *err) {
    for (size_t k = 0; k < OUTPUTS; k++) {
        const char *name = xs_settings_string(&c->plan->general, outputs[k]);
        if (!*name) continue;
        char *path = xs_path_beside(c->folder, name);
        c->path[k] = path ? xs_arena_strdup(&c->arena, path) : NULL;
        xs_free(path);
        if (!c->path[k]) return xs_nomem(err);
    }
    return XSNR_OK;
}

static int refuse(const check *c, size_t k, const char *why, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_CONFIG, c->plan->path, xs_plan_line(c->plan, outputs[k]), "%s: '%s' %s; give it another name", outputs[k], c->path[k],
                      why);
}

// No result may be this file.
static int keep_off(check *c, const char *input, const char *what, xsnr_error *err) {
    bool same;
    for (size_t k = 0; k < OUTPUTS; k++) {
        if (!c->path[k] || is_device(c->path[k])) continue;
        XS_TRY(is_same(c->path[k], input, &c->arena, &same, err));
        if (!same) continue;
        char why[200];
        snprintf(why, sizeof why, "is %.100s, which is not overwritten", what);
        return refuse(c, k, why, err);
    }
    return XSNR_OK;
}

// The files of a key, if its variables are set: whoever needs them says if they are not.
static int keep_off_key(check *c, const char *key, xsnr_error *err) {
    const char **files = NULL, *one[1];
    size_t n = 0;
    char *expanded = NULL, *path = NULL;
    if (!*xs_settings_string(&c->plan->general, key) || xs_plan_expand(c->plan, key, &expanded, NULL) < 0) return XSNR_OK;
    int rc = XSNR_OK;
    if (strcmp(key, "corpus.rationales") == 0 || strcmp(key, "corpus.phrases") == 0) {
        rc = xs_plan_files(c->plan, key, &c->arena, &files, &n, err);
    } else {
        path = xs_path_beside(c->plan->path, expanded);
        one[0] = path;
        files = one;
        n = path ? 1 : 0;
        if (!path) rc = xs_nomem(err);
    }
    for (size_t i = 0; rc == XSNR_OK && i < n; i++) rc = keep_off(c, files[i], key, err);
    xs_free(expanded);
    xs_free(path);
    return rc;
}

static int keep_off_beside(check *c, const char *base, const char *name, const char *what, xsnr_error *err) {
    char *path = xs_path_beside(base, name);
    int rc = path ? keep_off(c, path, what, err) : xs_nomem(err);
    xs_free(path);
    return rc;
}

// Word lists are found from where the program runs, a model's folder from study.yaml's.
static int keep_off_family(check *c, const xs_plan_family *family, xsnr_error *err) {
    static const char *const parts[] = {"config.json", "model.safetensors", "tokenizer.json", "vocab.txt"};
    const xs_settings *s = &family->settings;
    char what[120];
    if (xs_param_index(s->table, "features.lists") >= 0 && *xs_settings_string(s, "features.lists")) {
        snprintf(what, sizeof what, "features.lists of family '%s'", family->name);
        XS_TRY(keep_off(c, xs_settings_string(s, "features.lists"), what, err));
    }
    if (xs_param_index(s->table, "folder") < 0 || !*xs_settings_string(s, "folder")) return XSNR_OK;
    snprintf(what, sizeof what, "of the model that family '%s' starts from", family->name);
    xs_str folder = {0};
    xs_str_printf(&folder, "%s/", xs_settings_string(s, "folder"));
    char *path = xs_str_failed(&folder) ? NULL : xs_path_beside(c->plan->path, folder.data);
    xs_str_free(&folder);
    int rc = path ? keep_off(c, path, what, err) : xs_nomem(err);
    for (size_t i = 0; rc == XSNR_OK && i < sizeof parts / sizeof *parts; i++) rc = keep_off_beside(c, path, parts[i], what, err);
    xs_free(path);
    return rc;
}

static int keep_off_file(check *c, const char *file, xsnr_error *err) {
    static const char *const endings[] = {"", "-wal", "-shm", ".lock", ".new"};
    int rc = XSNR_OK;
    for (size_t i = 0; rc == XSNR_OK && i < sizeof endings / sizeof *endings; i++) {
        xs_str path = {0};
        xs_str_printf(&path, "%s%s", file, endings[i]);
        rc = xs_str_failed(&path) ? xs_nomem(err) : keep_off(c, path.data, *endings[i] ? "a part of the study file" : "the study file", err);
        xs_str_free(&path);
    }
    return rc;
}

// Two results are two files; a folder is none, and a database is somebody's.
static int look_at_outputs(check *c, xsnr_error *err) {
    bool same;
    for (size_t k = 0; k < OUTPUTS; k++) {
        struct stat info;
        char start[16] = "";
        if (!c->path[k] || is_device(c->path[k])) continue;
        if (stat(c->path[k], &info) == 0 && S_ISDIR(info.st_mode)) return refuse(c, k, "is a folder", err);
        int fd = open(c->path[k], O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : pread(fd, start, sizeof start, 0);
        if (fd >= 0) close(fd);
        if (n == sizeof start && memcmp(start, "SQLite format 3", sizeof start) == 0)
            return refuse(c, k, "is a study file or another database, which is not overwritten", err);
        for (size_t i = 0; i < k; i++) {
            if (!c->path[i]) continue;
            XS_TRY(is_same(c->path[i], c->path[k], &c->arena, &same, err));
            if (!same) continue;
            char why[64];
            snprintf(why, sizeof why, "is %s, too", outputs[i]);
            return refuse(c, k, why, err);
        }
    }
    return XSNR_OK;
}

static int check_all(check *c, const char *file, xsnr_error *err) {
    static const char *const keys[] = {"corpus.train", "corpus.valid", "corpus.test", "corpus.docs", "corpus.rationales", "corpus.phrases"};
    XS_TRY(open_check(c, err));
    XS_TRY(keep_off(c, c->plan->path, "the plan itself", err));
    XS_TRY(keep_off_file(c, file, err));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) XS_TRY(keep_off_key(c, keys[i], err));
    for (size_t i = 0; i < c->plan->n_families; i++) XS_TRY(keep_off_family(c, &c->plan->families[i], err));
    return look_at_outputs(c, err);
}

int xs_outputs_check(const xs_plan *plan, const char *folder, const char *file, xsnr_error *err) {
    check c = {.plan = plan, .folder = folder};
    int rc = check_all(&c, file, err);
    xs_arena_free(&c.arena);
    return rc;
}

/* ------------------------------------------------------------ whose results are there */

static const char *name_in(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// The same study file: study.yaml and study.yml have one.
static bool is_same_study(const char *a, const char *b) {
    const char *x = strrchr(a, '.'), *y = strrchr(b, '.');
    size_t n = x && x > a ? (size_t)(x - a) : strlen(a), m = y && y > b ? (size_t)(y - b) : strlen(b);
    return n == m && memcmp(a, b, n) == 0;
}

// The name of the plan in a value of JSON, whose quotes have a backslash before them; false: there is none.
static bool find_plan(const char *bytes, size_t n, char *name, size_t size) {
    static const char key[] = "\"plan_path\":";
    const char *p = memmem(bytes, n, key, sizeof key - 1), *end = bytes + n;
    if (!p) return false;
    for (p += sizeof key - 1; p < end && *p == ' ';) p++;
    if (p == end || *p++ != '"') return false;
    size_t length = 0;
    for (; p < end && *p != '"'; p++) {
        if (*p == '\\' && p + 1 < end) p++;
        if (*p == '/') length = 0;
        else if (length + 1 < size) name[length++] = *p;
    }
    name[length] = '\0';
    return true;
}

// The plan whose results the file holds: its name; "": it does not say; *empty: nothing is there, or nothing in it.
static void find_owner(const char *path, char *name, size_t size, bool *empty) {
    const size_t tail = 1 << 16; // results.json ends with how it was made
    struct stat info;
    name[0] = '\0';
    *empty = true;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
        size_t n = (size_t)info.st_size;
        char *bytes = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
        *empty = false;
        if (bytes != MAP_FAILED) {
            if (n <= tail || !find_plan(bytes + n - tail, tail, name, size)) find_plan(bytes, n, name, size);
            munmap(bytes, n);
        }
    }
    close(fd);
}

static bool is_table_of_words(const char *path) {
    static const char start[] = "family,explainer,text_id,";
    char there[sizeof start - 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && pread(fd, there, sizeof there, 0) == (ssize_t)sizeof there && memcmp(there, start, sizeof there) == 0;
    if (fd >= 0) close(fd);
    return is;
}

static int look_at_owner(const check *c, size_t k, xsnr_error *err) {
    static const char cure[] = "or another folder (-o)";
    char name[256];
    bool empty, none;
    find_owner(c->path[k], name, sizeof name, &empty);
    if (empty) return XSNR_OK;
    const char *own = name_in(c->plan->path);
    if (k == WORDS && is_table_of_words(c->path[k])) {
        const char *usual = xs_plan_params()[xs_param_index(xs_plan_params(), outputs[k])].fallback;
        if (strcmp(name_in(c->path[k]), usual) != 0) return XSNR_OK;
        char *beside = xs_path_beside(c->path[k], "results.json");
        if (!beside) return xs_nomem(err);
        find_owner(beside, name, sizeof name, &none);
        xs_free(beside);
        if (!*name) return XSNR_OK;
    }
    if (!*name)
        return xs_fail_at(err, XSNR_ERR_CONFIG, c->path[k], 0, "this is no result of `xsnr run` and is not overwritten; give %s of %s another name, %s", outputs[k],
                          own, cure);
    if (is_same_study(name, own)) return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_CONFIG, c->path[k], 0,
                      "this is a result of another study (%.100s) and is not overwritten; give those of %s other names (report: {html: …, json: …, words: …}), %s", name,
                      own, cure);
}

// The folder of a result is not made: a name with a slip would make one.
static int look_at_folder(const char *path, xsnr_error *err) {
    char *folder = xs_path_beside(path, ".");
    int rc = !folder ? xs_nomem(err) : access(folder, F_OK) ? xs_fail_errno(err, "write", path) : XSNR_OK;
    xs_free(folder);
    return rc;
}

int xs_outputs_free(const xs_plan *plan, const char *folder, xsnr_error *err) {
    check c = {.plan = plan, .folder = folder};
    int rc = open_check(&c, err);
    static const size_t order[] = {1, 0, WORDS}; // results.json first: the one that is small to read
    for (size_t i = 0; rc == XSNR_OK && i < OUTPUTS; i++)
        if (c.path[order[i]] && (rc = look_at_folder(c.path[order[i]], err)) == XSNR_OK) rc = look_at_owner(&c, order[i], err);
    xs_arena_free(&c.arena);
    return rc;
}
