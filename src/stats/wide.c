// One pass over scores in single precision; see wide.h.
//
// A block is some thousand words of whole texts.  Eight models' rows run through it side by side, as eight streams that the processor
// foresees, with what comes next asked for early; every score is widened once, and goes into its word's two sums and its row's sum over
// the text.  Sums of words stand in whole vectors, text by text, and stay in the near caches.  So memory is waited for, and not sums.
// The order of all sums is fixed: the same bits on every processor and for any number of threads.
#include "stats/wide.h"
#include "base/threads.h"
#include "stats/parts.h"
#include "stats/vectors.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { BLOCK = 8192, ROWS = 8, LANES = 8, AHEAD = 256 /* floats of a row */ };

typedef double vec __attribute__((vector_size(8 * LANES)));
typedef double vec4 __attribute__((vector_size(32)));
typedef int64_t masks __attribute__((vector_size(8 * LANES), aligned(8), may_alias));

typedef struct block {
    size_t text, texts; // first, how many
    size_t at, words;   // columns
} block;

typedef struct room { // of one worker
    vec *sum, *square;         // of every word, about the first model's score; each text begins a vector
    vec *shift, *shift_square; // (texts) of the rows' sums over the text's words, ROWS interleaved parts
    float *copy;               // of the array's last rows and text
} room;

typedef struct pass {
    const xs_wide *s;
    const block *blocks;
    room *rooms;
    double *mean, *variance;
    xs_moment_snr *of_text;
} pass;

static size_t vectors_of(size_t words) { return (words + LANES - 1) / LANES; }

/* ------------------------------------------------------------ sums */

// Written out, this is one instruction where there is one; __builtin_convertvector takes four.
XS_INLINE vec widen(const float *x) { return (vec){x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]}; }

XS_INLINE vec4 halves(vec v) { return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7); }

// The sums of four vectors.
XS_INLINE vec4 four_sums(vec v0, vec v1, vec v2, vec v3) {
    vec4 a = halves(v0), b = halves(v1), c = halves(v2), d = halves(v3);
    vec4 ab = __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
    vec4 cd = __builtin_shufflevector(c, d, 0, 4, 2, 6) + __builtin_shufflevector(c, d, 1, 5, 3, 7);
    return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

typedef struct group { // of rows, at one column
    const float *e, *first; // of the first of them; of the array's first row
    size_t stride;
} group;

XS_INLINE vec column(const float *at, vec origin, masks keep) {
    __builtin_prefetch(at + AHEAD, 0, 3);
    return (vec)((masks)(widen(at) - origin) & keep);
}

// Eight columns of eight rows, those that `keep` keeps.
XS_INLINE void add_columns(const group *g, size_t w, masks keep, vec *restrict sum, vec *restrict square, vec *restrict row) {
    const float *e = g->e + w, *f = e + 4 * g->stride;
    size_t stride = g->stride;
    vec origin = widen(g->first + w);
    vec a = column(e, origin, keep), b = column(e + stride, origin, keep), c = column(e + 2 * stride, origin, keep),
        d = column(e + 3 * stride, origin, keep);
    row[0] += a, row[1] += b, row[2] += c, row[3] += d;
    vec total = (a + b) + (c + d), squares = (a * a + b * b) + (c * c + d * d);
    a = column(f, origin, keep), b = column(f + stride, origin, keep), c = column(f + 2 * stride, origin, keep),
    d = column(f + 3 * stride, origin, keep);
    row[4] += a, row[5] += b, row[6] += c, row[7] += d;
    *sum += total + ((a + b) + (c + d));
    *square += squares + ((a * a + b * b) + (c * c + d * d));
}

static const int64_t keep_all[2 * LANES] = {-1, -1, -1, -1, -1, -1, -1, -1};

// Eight rows of some texts; behind the last, seven columns more are read.
XS_WIDE static void add_eight(group g, const size_t *restrict lengths, size_t texts, const room *to) {
    vec *restrict sum = to->sum, *restrict square = to->square;
    for (size_t t = 0; t < texts; t++) {
        size_t n = lengths[t], w = 0;
        vec row[ROWS] = {{0}};
        for (; w + LANES <= n; w += LANES) add_columns(&g, w, *(const masks *)keep_all, sum++, square++, row);
        if (w < n) add_columns(&g, w, *(const masks *)(keep_all + LANES - (n - w)), sum++, square++, row);
        vec4 low = four_sums(row[0], row[1], row[2], row[3]), high = four_sums(row[4], row[5], row[6], row[7]);
        vec total = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
        to->shift[t] += total;
        to->shift_square[t] += total * total;
        g.e += n;
        g.first += n;
    }
}

// The array's last eight rows: texts so near its end that there is nothing behind them to be read are taken from a copy.
static void add_last(group g, size_t left, const size_t *lengths, size_t texts, const room *to) {
    size_t safe = 0, vectors = 0;
    for (size_t at = 0; safe < texts && at + vectors_of(lengths[safe]) * LANES <= left; at += lengths[safe++]) vectors += vectors_of(lengths[safe]);
    add_eight(g, lengths, safe, to);
    for (size_t t = 0; t < safe; t++) g.e += lengths[t], g.first += lengths[t];
    for (size_t t = safe; t < texts; t++) {
        size_t n = lengths[t], stride = vectors_of(n) * LANES;
        memcpy(to->copy, g.first, n * sizeof *g.first);
        for (size_t k = 0; k < ROWS; k++) memcpy(to->copy + (k + 1) * stride, g.e + k * g.stride, n * sizeof *g.e);
        room here = {to->sum + vectors, to->square + vectors, to->shift + t, to->shift_square + t, NULL};
        add_eight((group){to->copy + stride, to->copy, stride}, &lengths[t], 1, &here);
        g.e += n, g.first += n;
        vectors += vectors_of(n);
    }
}

// One row.
static void add_one(const float *e, const float *first, const size_t *lengths, size_t texts, const room *to) {
    double *sum = (double *)to->sum, *square = (double *)to->square;
    for (size_t t = 0; t < texts; t++) {
        size_t n = lengths[t];
        double total = 0;
        for (size_t w = 0; w < n; w++) {
            double d = (double)e[w] - (double)first[w];
            sum[w] += d;
            square[w] += d * d;
            total += d;
        }
        to->shift[t][0] += total;
        to->shift_square[t][0] += total * total;
        e += n;
        first += n;
        sum += vectors_of(n) * LANES;
        square += vectors_of(n) * LANES;
    }
}

/* ------------------------------------------------------------ numbers */

// Sums become means and sums of squares about them; false if a score was not finite.
XS_WIDE static bool finish_words(const float *restrict first, size_t n, double models, double *restrict sum, double *restrict square) {
    double share = 1 / models;
    int64_t finite = 1;
    for (size_t w = 0; w < n; w++) {
        double mean = sum[w] * share, rest = square[w] - sum[w] * mean;
        finite &= square[w] <= DBL_MAX;
        square[w] = rest > 0 ? rest : 0;
        sum[w] = (double)first[w] + mean;
    }
    return finite;
}

// The first score of the column that is not finite.
static int not_finite(const xs_wide *s, size_t column, xsnr_error *err) {
    size_t text = 0, word = column;
    while (word >= s->lengths[text]) word -= s->lengths[text++];
    for (size_t m = 0; m < s->models; m++) {
        float e = s->e[m * s->words + column];
        if (!isfinite(e))
            return xs_fail(err, XSNR_ERR_DATA, "the score of model %zu, text %zu, word %zu (counted from 0) is %s", m, text, word,
                           isnan(e) ? "not a number" : "infinite");
    }
    return XSNR_OK;
}

static double sum_parts(vec v) {
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

// mean, square (words): of the text's words; shift, shift_square: over models, of the rows' sums about the first's.
static void finish_text(const xs_wide *s, size_t words, const double *mean, const double *square, double shift, double shift_square,
                        xs_moment_snr *out) {
    double M = (double)s->models, n = (double)words, total = 0, centre = 0, raw = 0;
    for (size_t w = 0; w < words; w++) {
        total += square[w];
        centre += mean[w] - mean[0];
    }
    centre = mean[0] + centre / n;
    for (size_t w = 0; w < words; w++) raw += (mean[w] - centre) * (mean[w] - centre);
    double between = fmax(shift_square - shift * shift / M, 0);
    *out = (xs_moment_snr){words, words > 1 ? raw / (n - 1) : NAN, s->models > 1 ? total / (n * (M - 1)) : NAN, NAN, NAN, NAN, NAN};
    if (words > 1 && s->models > 1) out->ms_interaction = fmax(total - between / n, 0) / ((n - 1) * (M - 1));
    out->signal = out->signal_raw - out->ms_interaction / M;
    out->snr_raw = xs_ratio(out->signal_raw, out->noise);
    out->snr = xs_ratio(out->signal, out->noise);
}

static int finish(const pass *p, const room *r, const block *b, xsnr_error *err) {
    const xs_wide *s = p->s;
    double others = s->models > 1 ? (double)s->models - 1 : NAN;
    for (size_t t = 0, at = b->at, v = 0; t < b->texts; t++) {
        size_t n = s->lengths[b->text + t];
        double *mean = (double *)(r->sum + v), *square = (double *)(r->square + v);
        if (!finish_words(s->e + at, n, (double)s->models, mean, square))
            for (size_t w = 0; w < n; w++) XS_TRY(not_finite(s, at + w, err));
        if (p->mean) memcpy(p->mean + at, mean, n * sizeof *mean);
        for (size_t w = 0; p->variance && w < n; w++) p->variance[at + w] = square[w] / others;
        if (p->of_text) finish_text(s, n, mean, square, sum_parts(r->shift[t]), sum_parts(r->shift_square[t]), &p->of_text[b->text + t]);
        at += n;
        v += vectors_of(n);
    }
    return XSNR_OK;
}

static int sum_block(void *context, size_t item, int worker, xsnr_error *err) {
    const pass *p = context;
    const xs_wide *s = p->s;
    const block *b = &p->blocks[item];
    const room *r = &p->rooms[worker];
    const size_t *lengths = s->lengths + b->text;
    size_t vectors = 0;
    for (size_t t = 0; t < b->texts; t++) vectors += vectors_of(lengths[t]);
    memset(r->sum, 0, vectors * sizeof *r->sum);
    memset(r->square, 0, vectors * sizeof *r->square);
    memset(r->shift, 0, b->texts * sizeof *r->shift);
    memset(r->shift_square, 0, b->texts * sizeof *r->shift_square);
    const float *e = s->e + b->at;
    size_t m = 0;
    for (; m + ROWS <= s->models; m += ROWS) {
        group g = {e + m * s->words, e, s->words};
        if (m + ROWS < s->models) add_eight(g, lengths, b->texts, r);
        else add_last(g, s->words - b->at, lengths, b->texts, r);
    }
    for (; m < s->models; m++) add_one(e + m * s->words, e, lengths, b->texts, r);
    return finish(p, r, b, err);
}

/* ------------------------------------------------------------ blocks */

// Blocks of whole texts; the most vectors and texts that one has.
static size_t cut(const xs_wide *s, block *blocks, size_t *widest, size_t *most) {
    size_t n = 0, at = 0, vectors = 0;
    for (size_t t = 0; t < s->texts; t++) {
        if (!n || blocks[n - 1].words + s->lengths[t] > BLOCK) {
            blocks[n++] = (block){t, 0, at, 0};
            vectors = 0;
        }
        block *b = &blocks[n - 1];
        b->texts++;
        b->words += s->lengths[t];
        at += s->lengths[t];
        vectors += vectors_of(s->lengths[t]);
        if (vectors > *widest) *widest = vectors;
        if (b->texts > *most) *most = b->texts;
    }
    return n;
}

static int check_lengths(const xs_wide *s, xsnr_error *err) {
    size_t total = 0;
    for (size_t t = 0; t < s->texts; t++) {
        if (!s->lengths[t] || s->lengths[t] > s->words - total)
            return xs_fail(err, XSNR_ERR_ARGUMENT, "text %zu cannot have %zu words: the array has %zu left", t, s->lengths[t], s->words - total);
        total += s->lengths[t];
    }
    if (total != s->words) return xs_fail(err, XSNR_ERR_ARGUMENT, "the texts have %zu words, the array %zu", total, s->words);
    return s->models ? XSNR_OK : xs_fail(err, XSNR_ERR_ARGUMENT, "an array without models");
}

int xs_wide_moments(const xs_wide *s, int threads, double *mean, double *variance, xs_moment_snr *of_text, xsnr_error *err) {
    XS_TRY(check_lengths(s, err));
    if (threads < 1) threads = xs_processors();
    xs_arena arena = {0};
    size_t widest = 0, most = 0;
    block *blocks = XS_ARENA_ARRAY(&arena, block, s->texts);
    room *rooms = XS_ARENA_ARRAY(&arena, room, (size_t)threads);
    size_t n = blocks ? cut(s, blocks, &widest, &most) : 0;
    int rc = blocks && rooms ? XSNR_OK : xs_nomem(err);
    for (int k = 0; rc == XSNR_OK && k < threads; k++) {
        rooms[k] = (room){XS_ARENA_ARRAY(&arena, vec, widest), XS_ARENA_ARRAY(&arena, vec, widest), XS_ARENA_ARRAY(&arena, vec, most),
                          XS_ARENA_ARRAY(&arena, vec, most), XS_ARENA_ARRAY(&arena, float, (ROWS + 1) * widest * LANES)};
        if (!rooms[k].sum || !rooms[k].square || !rooms[k].shift || !rooms[k].shift_square || !rooms[k].copy) rc = xs_nomem(err);
    }
    pass p = {s, blocks, rooms, mean, variance, of_text};
    if (rc == XSNR_OK) rc = xs_parallel(threads, n, sum_block, &p, NULL, err);
    xs_arena_free(&arena);
    return rc;
}
