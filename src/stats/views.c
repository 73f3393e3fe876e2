// Complexity and plausibility of a mean explanation seen otherwise than word by word; see beyond.h.
#include "stats/beyond.h"
#include <math.h>
#include <string.h>

static const xs_view undefined = {{NAN, NAN, NAN, NAN}, {NAN, NAN, NAN, NAN, NAN}};

typedef struct looking {
    const xs_beyond_input *in;
    const xs_centered *c;
    xs_arena *scratch;
    double *score;         // (n) of the spans, or words
    unsigned char *marked; // (n)
} looking;

static int look(const looking *l, const double *score, const unsigned char *marked, size_t n, xs_view *out, xsnr_error *err) {
    *out = undefined;
    if (!n) return XSNR_OK;
    if (l->in->wanted & XS_STAT_COMPLEXITY) XS_TRY(xs_complex(score, n, l->scratch, &out->complexity, err));
    return marked ? xs_plausible(score, marked, n, l->scratch, &out->plausibility, err) : XSNR_OK;
}

// Words first…last − 1 become span k.
static void add_span(const looking *l, size_t k, size_t first, size_t last) {
    l->score[k] = 0;
    l->marked[k] = 0;
    for (size_t w = first; w < last; w++) {
        l->score[k] += l->c->mean[w];
        l->marked[k] |= l->in->human && l->in->human[w];
    }
}

static int look_at_spans(const looking *l, xs_view view[XS_VIEWS], xsnr_error *err) {
    size_t n = l->c->words, count = 0;
    const unsigned char *marked = l->in->human ? l->marked : NULL;
    for (size_t length = 2; length < 2 + XS_NGRAMS; length++) {
        for (count = 0; count + length <= n; count++) add_span(l, count, count, count + length);
        XS_TRY(look(l, l->score, marked, count, &view[XS_VIEW_NGRAM + length - 2], err));
    }
    count = 0;
    for (size_t w = 0, end; l->in->sentence && w < n; w = end) {
        for (end = w + 1; end < n && l->in->sentence[end] == l->in->sentence[w];) end++;
        add_span(l, count++, w, end);
    }
    XS_TRY(look(l, l->score, marked, count, &view[XS_VIEW_SENTENCE], err));
    for (size_t k = 0; k < l->in->n_phrases; k++) add_span(l, k, l->in->phrases[k].first, l->in->phrases[k].last);
    return look(l, l->score, marked, l->in->n_phrases, &view[XS_VIEW_PHRASE], err);
}

static int look_at_spread(const looking *l, xs_view *out, xsnr_error *err) {
    size_t n = l->c->words;
    if (l->c->models < 2) return XSNR_OK;
    for (size_t w = 0; w < n; w++) l->score[w] = l->c->ss[w] / (double)(l->c->models - 1);
    return look(l, l->score, l->in->human, n, out, err);
}

static int look_at_modes(const looking *l, const xs_modes *modes, const uint32_t *mode, xs_view *out, xsnr_error *err) {
    size_t n = l->c->words, models = l->c->models;
    double sum[9] = {0};
    if (!modes->modes) return XSNR_OK;
    for (size_t k = 0; k < modes->modes; k++) {
        if (!modes->size[k]) continue;
        memset(l->score, 0, n * sizeof *l->score);
        for (size_t m = 0; m < models; m++)
            for (size_t w = 0; mode[m] == k && w < n; w++) l->score[w] += l->in->scores.e[m * n + w] / (double)modes->size[k];
        xs_view one;
        XS_TRY(look(l, l->score, l->in->human, n, &one, err));
        const double of[9] = {one.complexity.entropy,    one.complexity.effective_words, one.complexity.gini,
                              one.complexity.words80,    one.plausibility.token_f1,      one.plausibility.iou_f1,
                              one.plausibility.auprc,    one.plausibility.average_precision,
                              one.plausibility.auroc};
        for (int i = 0; i < 9; i++) sum[i] += of[i] * (double)modes->size[k] / (double)models;
    }
    *out = (xs_view){{sum[0], sum[1], sum[2], sum[3]}, {sum[4], sum[5], sum[6], sum[7], sum[8]}};
    return XSNR_OK;
}

int xs_look_from_views(const xs_beyond_input *in, const xs_centered *c, const xs_modes *modes, const uint32_t *mode,
                       xs_arena *scratch, xs_view view[XS_VIEWS], xsnr_error *err) {
    for (int k = 0; k < XS_VIEWS; k++) view[k] = undefined;
    if (!in->human && !(in->wanted & XS_STAT_COMPLEXITY)) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    size_t most = in->n_phrases > c->words ? in->n_phrases : c->words; // phrases overlap
    looking l = {in, c, scratch, XS_ARENA_ARRAY(scratch, double, most), XS_ARENA_ARRAY(scratch, unsigned char, most)};
    if (!l.score || !l.marked) return xs_nomem(err);
    if (in->wanted & XS_STAT_SPANS) XS_TRY(look_at_spans(&l, view, err));
    XS_TRY(look_at_spread(&l, &view[XS_VIEW_SPREAD], err));
    if (modes) XS_TRY(look_at_modes(&l, modes, mode, &view[XS_VIEW_MODES], err));
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}
