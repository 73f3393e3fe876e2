// Files of rationales become marks in the study file; see rationales.h.
#include "study/rationales.h"
#include "base/hash.h"
#include "base/intern.h"
#include "base/str.h"
#include "study/files.h"
#include "text/rationale.h"
#include <stdlib.h>
#include <string.h>

typedef struct marking {
    xs_store *store;
    const char *const *files; // (n_files)
    size_t n_files;
    xs_rationales read;
    xs_intern names; // of the explained texts, in their order
    xs_store_text *texts;
    size_t n_texts;
    const char **labels;
    int n_labels;
    xs_store_rationale *rows; // (n)
    const xs_rationale **from; // (n)
    size_t n;
    xs_arena arena, scratch;
} marking;

static int find_class(const marking *m, const xs_rationale *r, int gold, int *out, xsnr_error *err) {
    *out = gold;
    if (!r->label) return XSNR_OK;
    for (*out = 0; *out < m->n_labels; ++*out)
        if (strcmp(r->label, m->labels[*out]) == 0) return XSNR_OK;
    xs_str list = {0};
    for (int c = 0; c < m->n_labels; c++) xs_str_printf(&list, "%s%.40s", c ? ", " : "", m->labels[c]);
    int rc = xs_str_failed(&list) ? xs_nomem(err)
                                  : xs_fail_at(err, XSNR_ERR_DATA, r->file, r->line, "class '%.60s' is not one of %s", r->label, list.data);
    xs_str_free(&list);
    return rc;
}

// Who marked: as the line says; else, where there are several files, the file's name without folder and ending.
static const char *annotator_of(marking *m, const xs_rationale *r) {
    if (r->annotator) return r->annotator;
    if (m->n_files < 2) return "";
    const char *slash = strrchr(r->file, '/'), *name = slash ? slash + 1 : r->file, *dot = strchr(name, '.');
    return xs_arena_strndup(&m->arena, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

static int mark_text(marking *m, const xs_rationale *r, const xs_store_text *text, xsnr_error *err) {
    xs_store_rationale *row = &m->rows[m->n];
    *row = (xs_store_rationale){.text = text->id, .annotator = annotator_of(m, r), .n_words = text->n_words};
    unsigned char *marks = XS_ARENA_ARRAY(&m->arena, unsigned char, text->n_words);
    uint32_t *starts = XS_ARENA_ARRAY(&m->scratch, uint32_t, text->n_words), *ends = XS_ARENA_ARRAY(&m->scratch, uint32_t, text->n_words);
    if (!row->annotator || !marks || !starts || !ends) return xs_nomem(err);
    XS_TRY(find_class(m, r, text->label, &row->label, err));
    for (size_t w = 0; w < text->n_words; w++) {
        starts[w] = text->words[w].start;
        ends[w] = text->words[w].end;
    }
    XS_TRY(xs_rationale_mark(r, text->text, starts, ends, text->n_words, &m->scratch, marks, err));
    row->marks = marks;
    m->from[m->n++] = r;
    return XSNR_OK;
}

/* ------------------------------------------------------------ order, doubles */

typedef struct entry {
    xs_store_rationale row;
    const xs_rationale *from;
    size_t place;
} entry;

static int by_key(const void *a, const void *b) {
    const entry *x = a, *y = b;
    if (x->row.text != y->row.text) return x->row.text < y->row.text ? -1 : 1;
    if (x->row.label != y->row.label) return x->row.label < y->row.label ? -1 : 1;
    int order = strcmp(x->row.annotator, y->row.annotator);
    return order ? order : x->place < y->place ? -1 : 1;
}

static int sort_rows(marking *m, xsnr_error *err) {
    entry *all = XS_ARENA_ARRAY(&m->scratch, entry, m->n);
    if (!all) return xs_nomem(err);
    for (size_t i = 0; i < m->n; i++) all[i] = (entry){m->rows[i], m->from[i], i};
    if (m->n) qsort(all, m->n, sizeof *all, by_key);
    for (size_t i = 0; i < m->n; i++) {
        m->rows[i] = all[i].row;
        m->from[i] = all[i].from;
        if (!i || all[i].row.text != all[i - 1].row.text || all[i].row.label != all[i - 1].row.label ||
            strcmp(all[i].row.annotator, all[i - 1].row.annotator) != 0)
            continue;
        const xs_rationale *first = m->from[i - 1], *second = m->from[i];
        return xs_fail_at(err, XSNR_ERR_DATA, second->file, second->line,
                          "'%.60s' is marked already (%s:%ld)%s", second->id, first->file, first->line,
                          second->annotator ? " by this annotator" : "; several annotators are told apart by \"annotator\"");
    }
    return XSNR_OK;
}

static const char *hash_rows(const marking *m, char hex[XS_HASH_HEX]) {
    xs_hash hash;
    xs_hash_begin(&hash);
    for (size_t i = 0; i < m->n; i++) {
        const xs_store_rationale *r = &m->rows[i];
        int64_t key[2] = {r->text, r->label};
        xs_hash_bytes(&hash, key, sizeof key);
        xs_hash_text(&hash, r->annotator);
        xs_hash_bytes(&hash, r->marks, r->n_words);
    }
    xs_hash_end(&hash, hex);
    return m->n ? hex : NULL;
}

/* ------------------------------------------------------------ all of it */

static int read_store(marking *m, xsnr_error *err) {
    XS_TRY(xs_store_texts(m->store, &m->arena, &m->texts, &m->n_texts, err));
    XS_TRY(xs_store_labels(m->store, &m->arena, &m->labels, &m->n_labels, err));
    for (size_t t = 0; t < m->n_texts; t++)
        if (xs_intern_add(&m->names, m->texts[t].name, strlen(m->texts[t].name)) == XS_NOT_INTERNED) return xs_nomem(err);
    return XSNR_OK;
}

static int read_files(marking *m, size_t *end, xsnr_error *err) {
    for (size_t f = 0; f < m->n_files; f++) {
        XS_TRY(xs_rationales_read(m->files[f], &m->read, err));
        end[f] = m->read.n;
    }
    m->rows = XS_ARENA_ARRAY(&m->arena, xs_store_rationale, m->read.n);
    m->from = XS_ARENA_ARRAY(&m->arena, const xs_rationale *, m->read.n);
    return m->rows && m->from ? XSNR_OK : xs_nomem(err);
}

static int mark_texts(marking *m, xsnr_error *err) {
    size_t *end = XS_ARENA_ARRAY(&m->arena, size_t, m->n_files), i = 0;
    if (!end) return xs_nomem(err);
    XS_TRY(read_files(m, end, err));
    for (size_t f = 0; f < m->n_files; f++) {
        size_t before = m->n;
        for (; i < end[f]; i++) {
            const xs_rationale *r = &m->read.rows[i];
            uint32_t t = xs_intern_find(&m->names, r->id, strlen(r->id));
            xs_arena_mark mark = xs_arena_save(&m->scratch);
            if (t != XS_NOT_INTERNED) XS_TRY(mark_text(m, r, &m->texts[t], err));
            xs_arena_rewind(&m->scratch, mark);
        }
        if (m->n == before)
            return xs_fail_at(err, XSNR_ERR_DATA, m->files[f], 0, "no line has the id of a text that is explained, such as '%.80s'",
                              m->n_texts ? m->texts[0].name : "");
    }
    return sort_rows(m, err);
}

static int settle(marking *m, bool write, bool *same, xsnr_error *err) {
    char hex[XS_HASH_HEX];
    const char *there;
    XS_TRY(read_store(m, err));
    XS_TRY(mark_texts(m, err));
    const char *hash = hash_rows(m, hex);
    XS_TRY(xs_store_fact(m->store, "rationales", &m->arena, &there, err));
    *same = hash && there ? strcmp(hash, there) == 0 : hash == there;
    return write && !*same ? xs_store_put_rationales(m->store, m->rows, m->n, hash, err) : XSNR_OK;
}

int xs_store_read_rationales(xs_store *store, const char *const *files, size_t n, bool write, bool *same, xsnr_error *err) {
    marking m = {.store = store, .files = files, .n_files = n};
    int rc = settle(&m, write, same, err);
    xs_rationales_free(&m.read);
    xs_intern_free(&m.names);
    xs_arena_free(&m.arena);
    xs_arena_free(&m.scratch);
    return rc;
}

// The key whose files hold the rationales; NULL: the study has none.
static const char *key_of(const xs_plan *plan) {
    const xs_settings *g = &plan->general;
    const char *from = xs_settings_choice(g, "corpus.explain.from");
    bool given = g->given[xs_param_index(g->table, "corpus.rationales")];
    if (given || strcmp(xs_settings_choice(g, "corpus.format"), "eraser") != 0)
        return *xs_settings_string(g, "corpus.rationales") ? "corpus.rationales" : NULL;
    return strcmp(from, "train") == 0 ? "corpus.train" : strcmp(from, "valid") == 0 ? "corpus.valid" : "corpus.test";
}

int xs_study_rationales(xs_store *store, const xs_plan *plan, bool write, bool *same, xsnr_error *err) {
    xs_arena arena = {0};
    const char *key = key_of(plan), **files = NULL;
    size_t n = 0;
    int rc = xs_plan_files(plan, key, &arena, &files, &n, err);
    if (rc == XSNR_OK) rc = xs_store_read_rationales(store, files, n, write, same, err);
    xs_arena_free(&arena);
    return rc;
}
