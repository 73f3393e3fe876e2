// The inside of bags: a row of the table is a token, and its vector is what the model is differentiated by.
//
// A trainer's network does it, batch by batch.  The bag reads nothing but the vectors, so "encoder input" is the same
// place as the word embedding.
#include "base/alloc.h"
#include "model/bag_family.h"
#include <string.h>

int xs_bag_fits(const xs_bag_shared *s, const xs_document *doc, xsnr_error *err) {
    if (xs_bag_rows_most(&s->words, doc->n_words) <= s->trained.longest) return XSNR_OK;
    return xs_fail(err, XSNR_ERR_UNSUPPORTED, "text '%s' is longer than every text of the study", doc->id);
}

static int bag_inputs(const void *shared, const xs_document *const *docs, size_t texts, xs_arena *arena, xs_inputs *out,
                      xsnr_error *err) {
    const xs_bag_shared *s = shared;
    size_t most = 0, used = 0;
    for (size_t i = 0; i < texts; i++) {
        XS_TRY(xs_bag_fits(s, docs[i], err));
        most += xs_bag_rows_most(&s->words, docs[i]->n_words);
    }
    size_t *begin = XS_ARENA_ARRAY(arena, size_t, texts + 1);
    uint32_t *id = XS_ARENA_ARRAY(arena, uint32_t, most);
    bool *special = XS_ARENA_ARRAY(arena, bool, most);
    xs_token_words *words = XS_ARENA_ARRAY(arena, xs_token_words, most);
    if (!begin || !id || !special || !words) return xs_nomem(err);
    for (size_t i = 0; i < texts; i++)
        begin[i + 1] = used += xs_bag_rows(&s->words, docs[i], NULL, XS_REMOVE_MASK, id + used, words + used);
    for (size_t t = 0; t < used; t++) special[t] = words[t].count == 0; // a text without words
    *out = (xs_inputs){.texts = texts, .tokens = used, .width = s->layout.config.hidden, .begin = begin, .id = id,
                       .special = special, .words = words};
    return XSNR_OK;
}

// Rows of the table: out (n, H)
static void read_rows(const xs_bag_shared *s, const xs_trained_model *m, const xs_bag_network *net, const uint32_t *id,
                      size_t n, double *out) {
    size_t H = s->layout.config.hidden;
    for (size_t i = 0; i < n; i++)
        s->trained.ops->get_reals(net->device, (xs_view){m->parameters, id[i] * H}, out + i * H, H);
}

static int bag_vectors(const void *shared, const void *model, const xs_inputs *in, xs_vectors which, double *out,
                       xsnr_error *err) {
    const xs_bag_shared *s = shared;
    static const uint32_t unknown = 0;
    xs_trainer *t;
    XS_TRY(xs_trainer_borrow(s->trained.pool, &t, err));
    const xs_bag_network *net = xs_trainer_network(t);
    for (size_t i = 0; i < in->tokens; i++) {
        double *to = out + i * in->width;
        if (in->special[i] || which == XS_VECTORS_OWN) read_rows(s, model, net, &in->id[i], 1, to);
        else if (which == XS_VECTORS_MASK) read_rows(s, model, net, &unknown, 1, to);
        else memset(to, 0, in->width * sizeof *to);
    }
    xs_trainer_give_back(s->trained.pool, t);
    return XSNR_OK;
}

// One batch of points: those of point i have rows begin[i] .. begin[i+1].
typedef struct point_batch {
    uint32_t *begin, *id; // (batch + 1), (rows) of the table
    double *own; // (rows, H) the tokens' vectors
} point_batch;

static size_t gather(const xs_bag_shared *s, const xs_inputs *in, const xs_points *points, size_t first,
                     point_batch *b) {
    size_t n = points->count - first < s->trained.recipe.batch ? points->count - first : s->trained.recipe.batch;
    b->begin[0] = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t text = points->text[first + i];
        size_t T = in->begin[text + 1] - in->begin[text];
        memcpy(b->id + b->begin[i], in->id + in->begin[text], T * sizeof *b->id);
        b->begin[i + 1] = b->begin[i] + (uint32_t)T;
    }
    return n;
}

static int differentiate(const xs_bag_shared *s, const xs_trained_model *m, const xs_inputs *in, const xs_points *points,
                         xs_trainer *t, point_batch *b, double *value, double *gradient, double *at, xsnr_error *err) {
    size_t H = s->layout.config.hidden, row = 0;
    xs_bag_network *net = xs_trainer_network(t);
    for (size_t first = 0, n; first < points->count; first += n, row += b->begin[n]) {
        n = gather(s, in, points, first, b);
        const double *vectors = points->vectors ? points->vectors + row * H : b->own;
        if (!points->vectors) read_rows(s, m, net, b->id, b->begin[n], b->own);
        XS_TRY(xs_bag_network_gradient(net, (xs_view){m->parameters, 0}, (uint32_t)n, b->begin, vectors,
                                       points->target + first, points->probability, value + first,
                                       gradient ? gradient + row * H : NULL, err));
        if (at) memcpy(at + row * H, vectors, b->begin[n] * H * sizeof *at);
    }
    return XSNR_OK;
}

static int bag_gradient(const void *shared, const void *model, const xs_inputs *in, const xs_points *points,
                        double *value, double *gradient, double *at, xsnr_error *err) {
    const xs_bag_shared *s = shared;
    size_t rows = s->trained.recipe.batch * s->trained.longest;
    point_batch b = {XS_NEW_ARRAY(uint32_t, s->trained.recipe.batch + 1), XS_NEW_ARRAY(uint32_t, rows),
                     points->vectors ? NULL : XS_NEW_ARRAY(double, rows * s->layout.config.hidden)};
    xs_trainer *t = NULL;
    int rc = b.begin && b.id && (b.own || points->vectors) ? xs_trainer_borrow(s->trained.pool, &t, err) : xs_nomem(err);
    if (rc == XSNR_OK) {
        rc = differentiate(s, model, in, points, t, &b, value, gradient, at, err);
        xs_trainer_give_back(s->trained.pool, t);
    }
    xs_free(b.begin);
    xs_free(b.id);
    xs_free(b.own);
    return rc;
}

const xs_inside xs_bag_inside = {.inputs = bag_inputs, .vectors = bag_vectors, .gradient = bag_gradient};
