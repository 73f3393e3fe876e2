// Groups of texts; see grouping.h.
//
// A column of the data is looked up by the text's id: in the corpus's own file by corpus.id, or by the row where the study
// numbers them ("test:17"); in a file that the user names by its column `id`.
#include "study/grouping.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/intern.h"
#include "text/table.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_GROUPS = 50 };

static int add_name(xs_text_groups *g, const char *name, xs_arena *arena, uint32_t *out, xsnr_error *err) {
    *out = UINT32_MAX;
    if (!name || !*name) return XSNR_OK;
    for (uint32_t k = 0; k < g->groups; k++)
        if (strcmp(g->name[k], name) == 0) return (void)(*out = k), XSNR_OK;
    if (g->groups == MOST_GROUPS)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "'%.80s' has more than %d values; a comparison takes at most that many groups", g->by,
                       MOST_GROUPS);
    if (!(g->name[g->groups] = xs_arena_strdup(arena, name))) return xs_nomem(err);
    *out = g->groups++;
    return XSNR_OK;
}

static uint32_t find_name(const xs_text_groups *g, const char *name) {
    for (uint32_t k = 0; name && k < g->groups; k++)
        if (strcmp(g->name[k], name) == 0) return k;
    return UINT32_MAX;
}

static uint32_t of_predicted(const xs_text_groups *g, const xs_text_result *t) {
    return find_name(g, t->predicted);
}

static uint32_t of_correct(const xs_text_groups *g, const xs_text_result *t) {
    if (!t->predicted || !t->label) return UINT32_MAX;
    return find_name(g, strcmp(t->predicted, t->label) == 0 ? "right" : "wrong");
}

uint32_t xs_group_of(const void *groups, const xs_text_result *text, size_t t) {
    const xs_text_groups *g = groups;
    if (!g->of_text) return g->of(g, text);
    for (; t < g->texts->n_texts; t++) // annotators have fewer texts than models, in the same order
        if (strcmp(g->texts->texts[t].id, text->id) == 0) return g->of_text[t];
    return UINT32_MAX;
}

/* ------------------------------------------------------------------ a column of the data */

typedef struct column {
    xs_table table;
    xs_intern ids;  // of rows, in their order
    bool numbered;  // rows have no ids: "split:row"
} column;

// The file that texts of this split came from, and its column of ids.
static int corpus_file(const xs_plan *plan, const char *split, char **path, const char **id, xsnr_error *err) {
    char key[32] = "corpus.";
    if (!plan || !plan->path || !*xs_settings_string(&plan->general, "corpus.train"))
        return xs_fail(err, XSNR_ERR_ARGUMENT,
                       "this study has no corpus of its own; say --data FILE, a table with the columns id and the one to compare by");
    strncat(key, split, sizeof key - strlen(key) - 1);
    if (xs_param_index(plan->general.table, key) < 0 || !*xs_settings_string(&plan->general, key))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "the study's plan has no %s; say --data FILE", key);
    char *expanded;
    XS_TRY(xs_plan_expand(plan, key, &expanded, err));
    *path = xs_path_beside(plan->path, expanded);
    xs_free(expanded);
    bool eraser = strcmp(xs_settings_choice(&plan->general, "corpus.format"), "eraser") == 0;
    *id = eraser ? "annotation_id" : xs_settings_string(&plan->general, "corpus.id");
    if (!**id) *id = NULL;
    return *path ? XSNR_OK : xs_nomem(err);
}

static int read_column(const char *path, const char *id, const char *by, column *c, xsnr_error *err) {
    const char *const columns[] = {by, id};
    c->numbered = !id;
    if (id && strcmp(id, by) == 0) return xs_fail(err, XSNR_ERR_ARGUMENT, "'%.80s' is the column of ids: every text has its own", by);
    XS_TRY(xs_table_read(path, columns, id ? 2 : 1, &c->table, err));
    for (size_t i = 0; id && i < c->table.rows; i++) {
        xs_cell cell = xs_table_cell(&c->table, i, 1);
        uint32_t k = xs_intern_add(&c->ids, cell.text, cell.length);
        if (k == XS_NOT_INTERNED) return xs_nomem(err);
        if (k != i) return xs_fail_at(err, XSNR_ERR_DATA, path, c->table.lines[i], "the id '%.80s' stands twice", cell.text);
    }
    return XSNR_OK;
}

static size_t row_of(const column *c, const char *id) {
    if (!c->numbered) {
        uint32_t k = xs_intern_find(&c->ids, id, strlen(id));
        return k == XS_NOT_INTERNED ? SIZE_MAX : k;
    }
    const char *number = strrchr(id, ':');
    unsigned long row = number ? strtoul(number + 1, NULL, 10) : 0;
    return row ? row - 1 : SIZE_MAX;
}

static int by_column(const xs_explainer_result *e, const xs_plan *plan, const char *data, xs_arena *arena, xs_text_groups *g,
                     xsnr_error *err) {
    char *path = data ? xs_strdup(data) : NULL;
    const char *id = "id";
    column c = {0};
    int rc = data ? (path ? XSNR_OK : xs_nomem(err)) : corpus_file(plan, e->texts[0].split, &path, &id, err);
    if (rc == XSNR_OK) rc = read_column(path, id, g->by, &c, err);
    size_t found = 0;
    for (size_t t = 0; rc == XSNR_OK && t < e->n_texts; t++) {
        size_t row = row_of(&c, e->texts[t].id);
        g->of_text[t] = UINT32_MAX;
        if (row >= c.table.rows) continue;
        found++;
        rc = add_name(g, xs_table_cell(&c.table, row, 0).text, arena, &g->of_text[t], err);
    }
    if (rc == XSNR_OK && !found)
        rc = xs_fail_at(err, XSNR_ERR_DATA, path, 0, "no row has the id of a text of this study, such as '%.80s'", e->texts[0].id);
    xs_table_free(&c.table);
    xs_intern_free(&c.ids);
    xs_free(path);
    return rc;
}

/* ------------------------------------------------------------------ what the results say */

static int by_result(const xs_results *r, xs_arena *arena, xs_text_groups *g, xsnr_error *err) {
    uint32_t k;
    if (strcmp(g->by, "correct") == 0) {
        g->of = of_correct;
        XS_TRY(add_name(g, "right", arena, &k, err));
        XS_TRY(add_name(g, "wrong", arena, &k, err));
        g->of_text = NULL;
        return XSNR_OK;
    }
    bool class = strcmp(g->by, "class") == 0, split = strcmp(g->by, "split") == 0;
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; e < r->families[f].n_explainers; e++) {
            const xs_explainer_result *x = &r->families[f].explainers[e];
            for (size_t t = 0; t < x->n_texts; t++) {
                const xs_text_result *text = &x->texts[t];
                XS_TRY(add_name(g, class ? text->label : split ? text->split : text->predicted, arena, &k, err));
                if (x == g->texts && (class || split)) g->of_text[t] = k;
            }
        }
    if (class || split) return XSNR_OK;
    g->of = of_predicted;
    g->of_text = NULL;
    return XSNR_OK;
}

int xs_group_texts(const xs_results *r, const xs_plan *plan, const char *by, const char *data, xs_arena *arena,
                   xs_text_groups *out, xsnr_error *err) {
    static const char *const known[] = {"class", "predicted", "correct", "split"};
    const xs_explainer_result *first = NULL;
    for (size_t f = 0; !first && f < r->n_families; f++)
        if (r->families[f].n_explainers) first = &r->families[f].explainers[0];
    if (!first || !first->n_texts) return xs_fail(err, XSNR_ERR_NOT_FOUND, "nothing is explained yet; there is nothing to compare");
    *out = (xs_text_groups){.by = by, .texts = first, .name = XS_ARENA_ARRAY(arena, const char *, MOST_GROUPS),
                            .of_text = XS_ARENA_ARRAY(arena, uint32_t, first->n_texts)};
    if (!out->name || !out->of_text) return xs_nomem(err);
    bool is_known = false;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) is_known |= !data && strcmp(by, known[k]) == 0;
    XS_TRY(is_known ? by_result(r, arena, out, err) : by_column(first, plan, data, arena, out, err));
    if (out->groups < 2)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "by %.80s: %s%.80s; there is nothing to compare", by,
                       out->groups ? "all texts are " : "no text has one", out->groups ? out->name[0] : "");
    return XSNR_OK;
}
