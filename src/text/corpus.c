// Loading a corpus: read the tables, take labels and ids, cut words, number their forms; see corpus.h.
//
// Words are cut in parallel, each worker numbering forms in a table of its own; afterwards the documents are
// gone through in order and forms get the corpus's numbers as they are first met.  So the lexicon is what one
// thread would have made.
#include "text/corpus.h"
#include "base/alloc.h"
#include "base/threads.h"
#include "text/eraser.h"
#include "text/segment.h"
#include "text/table.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT, LABEL, ID, COLUMNS };

typedef struct worker {
    xs_segmenter *segmenter; // made when the worker gets its first text
    xs_intern forms;
    xs_arena arena;   // words, with this worker's numbers of forms
    uint32_t *number; // (forms.count) the corpus's numbers
} worker;

typedef struct loader {
    const xs_corpus_source *source;
    xs_corpus *corpus;
    xs_table table[XS_SPLITS];
    bool named;   // rows have ids
    size_t count; // documents of all splits
    int threads;
    worker *workers;   // (threads)
    int *done_by;      // (count) the worker that cut the document
} loader;

const char *xs_split_name(xs_split_id split) {
    static const char *const names[] = {"train", "valid", "test"};
    return names[split];
}

// The place of the i-th document of all splits.
static xs_document *document_at(const xs_corpus *c, size_t i, xs_split_id *split, size_t *row) {
    int s = 0;
    while (i >= c->split[s].count) i -= c->split[s++].count;
    *split = (xs_split_id)s;
    *row = i;
    return &c->split[s].docs[i];
}

static int read_tables(loader *l, xsnr_error *err) {
    const xs_corpus_source *source = l->source;
    const char *const columns[COLUMNS] = {source->text, source->label, source->id};
    bool columns_needed = !source->eraser;
    if (!source->path[XS_TRAIN] || (columns_needed && (!source->text || !source->label)))
        return xs_fail(err, XSNR_ERR_CONFIG, "a corpus needs a train file, and the names of its columns of texts and labels");
    if (columns_needed && (strcmp(source->text, source->label) == 0 || (source->id && strcmp(source->text, source->id) == 0)))
        return xs_fail(err, XSNR_ERR_CONFIG, "the column '%s' is named twice; text, label and id need one each",
                       source->text);
    for (int s = 0; s < XS_SPLITS; s++) {
        if (!source->path[s]) continue;
        XS_TRY(source->eraser
                   ? xs_eraser_read(source->path[s], source->documents, &l->table[s], err)
                   : xs_table_read(source->path[s], columns, source->id ? COLUMNS : COLUMNS - 1, &l->table[s], err));
        l->count += l->table[s].rows;
    }
    return XSNR_OK;
}

// The texts and ids of a split, copied in one block.
static int take_texts(loader *l, xs_split_id split, xsnr_error *err) {
    xs_table *t = &l->table[split];
    xs_arena *arena = &l->corpus->arena;
    size_t bytes = 0;
    for (size_t i = 0; i < t->rows; i++) {
        bytes += xs_table_cell(t, i, TEXT).length + 1;
        bytes += l->named ? xs_table_cell(t, i, ID).length + 1 : 32; // "train:" and 20 digits
    }
    xs_split *out = &l->corpus->split[split];
    out->count = t->rows;
    out->path = l->source->path[split] ? xs_arena_strdup(arena, l->source->path[split]) : NULL;
    out->docs = XS_ARENA_ARRAY(arena, xs_document, t->rows);
    char *at = xs_arena_alloc(arena, bytes);
    if (!out->docs || !at || (l->source->path[split] && !out->path)) return xs_nomem(err);
    for (size_t i = 0; i < t->rows; i++) {
        xs_document *doc = &out->docs[i];
        xs_cell text = xs_table_cell(t, i, TEXT);
        doc->text = memcpy(at, text.text, text.length + 1);
        doc->length = (uint32_t)text.length;
        at += text.length + 1;
        doc->id = at;
        if (l->named) {
            xs_cell id = xs_table_cell(t, i, ID);
            memcpy(at, id.text, id.length + 1);
            at += id.length + 1;
        } else {
            at += snprintf(at, 32, "%s:%zu", xs_split_name(split), i + 1) + 1;
        }
    }
    return XSNR_OK;
}

// Says that the ids of the i-th and the k-th document are the same, k < i.
static int same_id(const loader *l, size_t i, size_t k, xsnr_error *err) {
    xs_split_id split, first_split;
    size_t row, first_row;
    const xs_document *doc = document_at(l->corpus, i, &split, &row);
    document_at(l->corpus, k, &first_split, &first_row);
    xs_str id = {0};
    xs_quote_text(&id, doc->id, strlen(doc->id));
    int rc = xs_str_failed(&id)
                 ? xs_nomem(err)
                 : xs_fail_at(err, XSNR_ERR_DATA, l->source->path[split], l->table[split].lines[row],
                              "the id '%s' is already that of %s:%ld", id.data, l->source->path[first_split],
                              l->table[first_split].lines[first_row]);
    xs_str_free(&id);
    return rc;
}

// Ids name texts in every command, so they are unique over all splits.
static int check_ids(const loader *l, xsnr_error *err) {
    if (!l->named) return XSNR_OK;
    xs_intern ids = {0};
    int rc = XSNR_OK;
    for (size_t i = 0; rc == XSNR_OK && i < l->count; i++) {
        xs_split_id split;
        size_t row;
        const xs_document *doc = document_at(l->corpus, i, &split, &row);
        uint32_t k = xs_intern_add(&ids, doc->id, strlen(doc->id));
        if (k == XS_NOT_INTERNED)
            rc = xs_nomem(err);
        else if (!*doc->id)
            rc = xs_fail_at(err, XSNR_ERR_DATA, l->source->path[split], l->table[split].lines[row], "empty id");
        else if (k != i) // all before were distinct, so the k-th id is that of the k-th document
            rc = same_id(l, i, k, err);
    }
    xs_intern_free(&ids);
    return rc;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The classes are those of train.
static int take_labels(loader *l, xsnr_error *err) {
    xs_corpus *c = l->corpus;
    const xs_table *train = &l->table[XS_TRAIN];
    xs_intern seen = {0};
    int rc = XSNR_OK;
    for (size_t i = 0; rc == XSNR_OK && i < train->rows; i++) {
        xs_cell label = xs_table_cell(train, i, LABEL);
        if (!label.length)
            rc = xs_fail_at(err, XSNR_ERR_DATA, l->source->path[XS_TRAIN], train->lines[i], "empty label");
        else if (xs_intern_add(&seen, label.text, label.length) == XS_NOT_INTERNED)
            rc = xs_nomem(err);
    }
    if (rc == XSNR_OK && seen.count == 1) {
        xs_str name = {0};
        xs_quote_text(&name, seen.text[0], seen.length[0]);
        rc = xs_str_failed(&name) ? xs_nomem(err)
                                  : xs_fail_at(err, XSNR_ERR_DATA, l->source->path[XS_TRAIN], 0,
                                               "every text has the label '%s'; at least two classes are needed",
                                               name.data);
        xs_str_free(&name);
    }
    if (rc == XSNR_OK) {
        c->n_labels = (int)seen.count;
        c->labels = XS_ARENA_ARRAY(&c->arena, const char *, seen.count);
        for (uint32_t k = 0; c->labels && rc == XSNR_OK && k < seen.count; k++) {
            c->labels[k] = xs_arena_strndup(&c->arena, seen.text[k], seen.length[k]);
            if (!c->labels[k]) rc = xs_nomem(err);
        }
        if (!c->labels) rc = xs_nomem(err);
    }
    if (rc == XSNR_OK) qsort(c->labels, seen.count, sizeof *c->labels, by_bytes);
    xs_intern_free(&seen);
    return rc;
}

static int unknown_label(const xs_corpus *c, const char *file, long line, xs_cell label, xsnr_error *err) {
    xs_str text = {0};
    xs_quote_text(&text, label.text, label.length);
    xs_str_put(&text, "' is not one of ");
    xs_quote_names(&text, c->labels, (size_t)c->n_labels);
    int rc = xs_str_failed(&text) ? xs_nomem(err)
                                  : xs_fail_at(err, XSNR_ERR_DATA, file, line, "label '%s", text.data);
    xs_str_free(&text);
    return rc;
}

static int set_labels(loader *l, xs_split_id split, xsnr_error *err) {
    xs_corpus *c = l->corpus;
    const xs_table *t = &l->table[split];
    for (size_t i = 0; i < t->rows; i++) {
        xs_cell label = xs_table_cell(t, i, LABEL);
        const char **found = bsearch(&label.text, c->labels, (size_t)c->n_labels, sizeof *c->labels, by_bytes);
        if (!found) return unknown_label(c, l->source->path[split], t->lines[i], label, err);
        c->split[split].docs[i].label = (int32_t)(found - c->labels);
    }
    return XSNR_OK;
}

static int cut(void *context, size_t item, int index, xsnr_error *err) {
    loader *l = context;
    worker *w = &l->workers[index];
    if (!w->segmenter) XS_TRY(xs_segmenter_new(l->corpus->language, &w->segmenter, err));
    xs_split_id split;
    size_t row;
    xs_document *doc = document_at(l->corpus, item, &split, &row);
    l->done_by[item] = index;
    XS_TRY(xs_segment(w->segmenter, doc, &w->forms, true, &w->arena, err));
    if (!doc->n_words)
        return xs_fail_at(err, XSNR_ERR_DATA, l->source->path[split], l->table[split].lines[row],
                          doc->length ? "the text has no words" : "empty text");
    return XSNR_OK;
}

// Copies the words out of the workers' arenas, with the corpus's numbers of forms.
static int number_forms(loader *l, xsnr_error *err) {
    xs_corpus *c = l->corpus;
    xs_split_id split;
    size_t row, total = 0;
    for (size_t i = 0; i < l->count; i++) total += document_at(c, i, &split, &row)->n_words;
    xs_word *to = total > SIZE_MAX / sizeof *to ? NULL : xs_arena_alloc(&c->arena, total * sizeof *to);
    if (!to) return xs_nomem(err);
    for (int k = 0; k < l->threads; k++) {
        worker *w = &l->workers[k];
        w->number = xs_realloc_array(NULL, w->forms.count, sizeof *w->number);
        if (!w->number) return xs_nomem(err);
        for (uint32_t f = 0; f < w->forms.count; f++) w->number[f] = XS_NOT_INTERNED;
    }
    for (size_t i = 0; i < l->count; i++) {
        xs_document *doc = document_at(c, i, &split, &row);
        const worker *w = &l->workers[l->done_by[i]];
        memcpy(to, doc->words, doc->n_words * sizeof *to);
        for (uint32_t k = 0; k < doc->n_words; k++) {
            uint32_t *number = &w->number[to[k].form];
            if (*number == XS_NOT_INTERNED)
                *number = xs_intern_add(&c->forms, w->forms.text[to[k].form], w->forms.length[to[k].form]);
            if (*number == XS_NOT_INTERNED) return xs_nomem(err);
            to[k].form = *number;
        }
        doc->words = to;
        to += doc->n_words;
    }
    return XSNR_OK;
}

static int segment_all(loader *l, xsnr_error *err) {
    l->workers = XS_NEW_ARRAY(worker, (size_t)l->threads);
    l->done_by = XS_NEW_ARRAY(int, l->count);
    int rc = l->workers && l->done_by ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK) rc = xs_parallel(l->threads, l->count, cut, l, NULL, err);
    if (rc == XSNR_OK) rc = number_forms(l, err);
    for (int k = 0; l->workers && k < l->threads; k++) {
        xs_segmenter_free(l->workers[k].segmenter);
        xs_intern_free(&l->workers[k].forms);
        xs_arena_free(&l->workers[k].arena);
        xs_free(l->workers[k].number);
    }
    xs_free(l->workers);
    xs_free(l->done_by);
    return rc;
}

static void hash_texts(xs_corpus *c) {
    xs_hash hash;
    xs_hash_begin(&hash);
    for (int s = 0; s < XS_SPLITS; s++) {
        xs_hash_text(&hash, xs_split_name((xs_split_id)s));
        for (size_t i = 0; i < c->split[s].count; i++) {
            const xs_document *doc = &c->split[s].docs[i];
            xs_hash_text(&hash, doc->id);
            xs_hash_text(&hash, doc->text);
            xs_hash_text(&hash, c->labels[doc->label]);
        }
    }
    xs_hash_end(&hash, c->hash);
}

static int load(loader *l, xsnr_error *err) {
    l->corpus->language = xs_arena_strdup(&l->corpus->arena, l->source->language ? l->source->language : "");
    if (!l->corpus->language) return xs_nomem(err);
    XS_TRY(read_tables(l, err));
    XS_TRY(take_labels(l, err));
    for (int s = 0; s < XS_SPLITS; s++) {
        XS_TRY(take_texts(l, (xs_split_id)s, err));
        XS_TRY(set_labels(l, (xs_split_id)s, err));
    }
    XS_TRY(check_ids(l, err));
    XS_TRY(segment_all(l, err));
    hash_texts(l->corpus);
    return XSNR_OK;
}

int xs_corpus_load(const xs_corpus_source *source, int threads, xs_corpus **out, xsnr_error *err) {
    *out = NULL;
    loader l = {.source = source, .named = source->id || source->eraser, .threads = threads < 1 ? 1 : threads, .corpus = XS_NEW(xs_corpus)};
    if (!l.corpus) return xs_nomem(err);
    int rc = load(&l, err);
    for (int s = 0; s < XS_SPLITS; s++) xs_table_free(&l.table[s]);
    if (rc < 0)
        xs_corpus_free(l.corpus);
    else
        *out = l.corpus;
    return rc;
}

void xs_corpus_free(xs_corpus *corpus) {
    if (!corpus) return;
    xs_intern_free(&corpus->forms);
    xs_arena_free(&corpus->arena);
    xs_free(corpus);
}
