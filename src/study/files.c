// Paths of a plan; see files.h.
#include "study/files.h"
#include "base/alloc.h"
#include "base/file.h"
#include <string.h>

// A path of the plan beside study.yaml.
static int path_of(const xs_plan *plan, const char *expanded, size_t length, xs_arena *arena, const char **out, xsnr_error *err) {
    char *name = xs_strndup(expanded, length), *whole = name ? xs_path_beside(plan->path, name) : NULL;
    *out = whole ? xs_arena_strdup(arena, whole) : NULL;
    xs_free(name);
    xs_free(whole);
    return *out ? XSNR_OK : xs_nomem(err);
}

// Parts of "a, b", each a path.
static int split(const xs_plan *plan, const char *list, xs_arena *arena, const char ***files, size_t *n, xsnr_error *err) {
    size_t most = 1;
    for (const char *p = list; *p; p++) most += *p == ',';
    *files = XS_ARENA_ARRAY(arena, const char *, most);
    if (!*files) return xs_nomem(err);
    for (const char *p = list; *p;) {
        p += strspn(p, ", ");
        size_t length = strcspn(p, ","), kept = length;
        while (kept && p[kept - 1] == ' ') kept--;
        if (kept) XS_TRY(path_of(plan, p, kept, arena, &(*files)[(*n)++], err));
        p += length;
    }
    return XSNR_OK;
}

int xs_plan_files(const xs_plan *plan, const char *key, xs_arena *arena, const char ***files, size_t *n, xsnr_error *err) {
    char *list = NULL;
    *files = NULL;
    *n = 0;
    int rc = key ? xs_plan_expand(plan, key, &list, err) : XSNR_OK;
    if (rc == XSNR_OK && list) rc = split(plan, list, arena, files, n, err);
    xs_free(list);
    return rc;
}
