// The front of the features: finds the kind, builds matrices; see features.h.
//
// A matrix is built in blocks of texts, each by one worker into memory of the block's own, and put together in
// the order of the texts: the same for any number of threads.
#include "text/features.h"
#include "base/alloc.h"
#include "base/threads.h"
#include "text/feature_kind.h"
#include <string.h>

#define BLOCK 256 // texts

struct xs_featurizer {
    const xs_feature_kind *kind;
    void *state;
};

static const xs_feature_kind *const kinds[] = {&xs_features_bow, &xs_features_tfidf, &xs_features_linguistic};

int xs_featurizer_fit(const xs_settings *settings, const xs_corpus *corpus, int threads, xs_featurizer **out,
                      xsnr_error *err) {
    const char *name = xs_settings_choice(settings, "features.kind");
    xs_featurizer *f = XS_NEW(xs_featurizer);
    *out = NULL;
    if (!f) return xs_nomem(err);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (strcmp(kinds[k]->name, name) == 0) f->kind = kinds[k];
    int rc = f->kind->fit(settings, corpus, threads, &f->state, err);
    if (rc < 0) {
        xs_free(f);
        return rc;
    }
    *out = f;
    return XSNR_OK;
}

void xs_featurizer_free(xs_featurizer *f) {
    if (!f) return;
    f->kind->free(f->state);
    xs_free(f);
}

uint32_t xs_featurizer_size(const xs_featurizer *f) { return f->kind->size(f->state); }

int xs_featurizer_name(const xs_featurizer *f, uint32_t feature, xs_str *out) {
    return f->kind->feature_name(f->state, feature, out);
}

int xs_featurizer_row(const xs_featurizer *f, const xs_document *doc, const uint8_t *present, xs_removal removal,
                      xs_arena *arena, xs_features_row *out, xsnr_error *err) {
    return f->kind->row(f->state, doc, present, removal, present == NULL, arena, out, err);
}

typedef struct blocks {
    const xs_featurizer *f;
    const xs_document *docs;
    size_t count;
    xs_features_row *rows; // (count)
    xs_arena *arenas;      // (blocks)
} blocks;

static int build_block(void *context, size_t block, int worker, xsnr_error *err) {
    (void)worker;
    const blocks *b = context;
    size_t first = block * BLOCK, last = first + BLOCK < b->count ? first + BLOCK : b->count;
    for (size_t i = first; i < last; i++)
        XS_TRY(b->f->kind->row(b->f->state, &b->docs[i], NULL, XS_REMOVE_MASK, false, &b->arenas[block], &b->rows[i],
                               err));
    return XSNR_OK;
}

static int join_blocks(const blocks *b, uint32_t columns, xs_csr *out, xsnr_error *err) {
    size_t entries = 0;
    for (size_t i = 0; i < b->count; i++) entries += b->rows[i].n;
    XS_TRY(xs_csr_new(b->count, columns, entries, out, err));
    for (size_t i = 0; i < b->count; i++) {
        const xs_features_row *row = &b->rows[i];
        size_t at = out->begin[i];
        if (row->n) {
            memcpy(out->index + at, row->feature, row->n * sizeof *row->feature);
            memcpy(out->value + at, row->value, row->n * sizeof *row->value);
        }
        out->begin[i + 1] = at + row->n;
    }
    return XSNR_OK;
}

int xs_featurizer_matrix(const xs_featurizer *f, const xs_document *docs, size_t count, int threads, xs_csr *out,
                         xsnr_error *err) {
    size_t n_blocks = (count + BLOCK - 1) / BLOCK;
    blocks b = {f, docs, count, XS_NEW_ARRAY(xs_features_row, count), XS_NEW_ARRAY(xs_arena, n_blocks)};
    int rc = b.rows && b.arenas ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK) rc = xs_parallel(threads, n_blocks, build_block, &b, NULL, err);
    if (rc == XSNR_OK) rc = join_blocks(&b, xs_featurizer_size(f), out, err);
    for (size_t k = 0; b.arenas && k < n_blocks; k++) xs_arena_free(&b.arenas[k]);
    xs_free(b.arenas);
    xs_free(b.rows);
    return rc;
}
