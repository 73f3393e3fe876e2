// One pass over scores in single precision; see wide.h.
//
// A block is a few texts, some two thousand words.  Its part of four models' rows is in a near cache at once, and the words' two
// sums are read and written once for the four; the next four rows are asked for while the texts of these are summed, since a row's
// part is too short for the processor to foresee.  So memory is waited for, and not sums.  Every word's sums run over the models in
// their order, and a text's over eight interleaved parts: the same bits on every processor and for any number of threads.
#include "stats/wide.h"
#include "base/threads.h"
#include "stats/parts.h"
#include <float.h>
#include <math.h>
#include <string.h>

// Vectors as wide as the processor has them: sums keep their order, so the bits do not depend on which is taken.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDE
#endif

enum { BLOCK = 2048, ROWS = 4, PARTS = 8 };

typedef struct block {
    size_t text, texts; // first, how many
    size_t at, words;   // columns
} block;

typedef struct room { // of one worker
    double *sum, *square; // (columns)
    double *row;          // (models, texts of a block) Σ_w e
    size_t texts;         // of the block that has most
} room;

typedef struct pass {
    const xs_wide *s;
    const block *blocks;
    room *rooms;
    double *mean, *variance;
    xs_moment_snr *of_text;
} pass;

/* ------------------------------------------------------------ sums */

// Four rows of n columns, about the first model's: S and Q of every column.
WIDE static void add_rows(const float *restrict e, size_t stride, const float *restrict first, size_t n, double *restrict sum,
                          double *restrict square) {
    for (size_t w = 0; w < n; w++) {
        double origin = (double)first[w], a = (double)e[w] - origin, b = (double)e[stride + w] - origin,
               c = (double)e[2 * stride + w] - origin, d = (double)e[3 * stride + w] - origin;
        sum[w] = sum[w] + a + b + c + d;
        square[w] = square[w] + a * a + b * b + c * c + d * d;
    }
}

WIDE static void add_row(const float *restrict e, const float *restrict first, size_t n, double *restrict sum,
                         double *restrict square) {
    for (size_t w = 0; w < n; w++) {
        double a = (double)e[w] - (double)first[w];
        sum[w] += a;
        square[w] += a * a;
    }
}

typedef float floats __attribute__((vector_size(4 * PARTS), aligned(4), may_alias));
typedef double doubles __attribute__((vector_size(8 * PARTS)));
typedef int64_t masks __attribute__((vector_size(8 * PARTS), aligned(8), may_alias));

// Σ_w e of every text of a row, in eight parts; what lies behind a text's last word is read, where the array has it, and taken off.
// `ahead`: so many floats further on lies what is wanted next.
WIDE static void add_texts(const float *restrict e, const float *end, size_t ahead, const size_t *restrict lengths, size_t texts,
                           double *restrict out) {
    static const int64_t keep[2 * PARTS] = {-1, -1, -1, -1, -1, -1, -1, -1};
    for (size_t t = 0; t < texts; t++) {
        size_t n = lengths[t], w = 0;
        doubles part = {0};
        for (; w + PARTS <= n; w += PARTS) {
            __builtin_prefetch(e + w + ahead, 0, 2);
            part += __builtin_convertvector(*(const floats *)(e + w), doubles);
        }
        if (w < n) {
            floats x = {0};
            if (end - e >= (ptrdiff_t)(w + PARTS)) x = *(const floats *)(e + w);
            else memcpy(&x, e + w, (n - w) * sizeof *e);
            doubles rest = __builtin_convertvector(x, doubles);
            part += (doubles)((masks)rest & *(const masks *)(keep + PARTS - (n - w)));
        }
        out[t] = ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
        e += n;
    }
}

// Sums become means and sums of squares about them; false if a score was not finite.
WIDE static bool finish_words(const float *restrict first, size_t n, double models, double *restrict sum, double *restrict square) {
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

/* ------------------------------------------------------------ numbers */

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

static void finish_text(const pass *p, const room *r, const block *b, size_t t, size_t at, xs_moment_snr *out) {
    const xs_wide *s = p->s;
    size_t words = s->lengths[b->text + t];
    double M = (double)s->models, n = (double)words, total = 0, centre = 0, raw = 0, rows = 0, shift = 0;
    const double *mean = r->sum + at, *square = r->square + at;
    for (size_t w = 0; w < words; w++) {
        total += square[w];
        centre += mean[w] - mean[0];
    }
    centre = mean[0] + centre / n;
    for (size_t w = 0; w < words; w++) raw += (mean[w] - centre) * (mean[w] - centre);
    for (size_t m = 1; m < s->models; m++) shift += r->row[m * r->texts + t] - r->row[t];
    shift /= M;
    for (size_t m = 0; m < s->models; m++) {
        double d = r->row[m * r->texts + t] - r->row[t] - shift;
        rows += d * d;
    }
    *out = (xs_moment_snr){words, words > 1 ? raw / (n - 1) : NAN, s->models > 1 ? total / (n * (M - 1)) : NAN, NAN, NAN, NAN, NAN};
    if (words > 1 && s->models > 1) out->ms_interaction = fmax(total - rows / n, 0) / ((n - 1) * (M - 1));
    out->signal = out->signal_raw - out->ms_interaction / M;
    out->snr_raw = xs_ratio(out->signal_raw, out->noise);
    out->snr = xs_ratio(out->signal, out->noise);
}

static int finish(const pass *p, const room *r, const block *b, xsnr_error *err) {
    const xs_wide *s = p->s;
    double others = s->models > 1 ? (double)s->models - 1 : NAN;
    if (!finish_words(s->e + b->at, b->words, (double)s->models, r->sum, r->square))
        for (size_t w = 0; w < b->words; w++) XS_TRY(not_finite(s, b->at + w, err));
    if (p->mean) memcpy(p->mean + b->at, r->sum, b->words * sizeof *r->sum);
    for (size_t w = 0; p->variance && w < b->words; w++) p->variance[b->at + w] = r->square[w] / others;
    for (size_t t = 0, at = 0; p->of_text && t < b->texts; at += s->lengths[b->text + t++])
        finish_text(p, r, b, t, at, &p->of_text[b->text + t]);
    return XSNR_OK;
}

static int sum_block(void *context, size_t item, int worker, xsnr_error *err) {
    const pass *p = context;
    const xs_wide *s = p->s;
    const block *b = &p->blocks[item];
    room *r = &p->rooms[worker];
    const float *e = s->e + b->at;
    memset(r->sum, 0, b->words * sizeof *r->sum);
    memset(r->square, 0, b->words * sizeof *r->square);
    const float *end = s->e + s->models * s->words;
    size_t m = 0;
    for (; m + ROWS <= s->models; m += ROWS) {
        for (size_t k = m; p->of_text && k < m + ROWS; k++)
            add_texts(e + k * s->words, end, k + ROWS < s->models ? ROWS * s->words : 0, s->lengths + b->text, b->texts,
                      r->row + k * r->texts);
        add_rows(e + m * s->words, s->words, e, b->words, r->sum, r->square);
    }
    for (; m < s->models; m++) {
        add_row(e + m * s->words, e, b->words, r->sum, r->square);
        if (p->of_text) add_texts(e + m * s->words, end, 0, s->lengths + b->text, b->texts, r->row + m * r->texts);
    }
    return finish(p, r, b, err);
}

/* ------------------------------------------------------------ blocks */

static size_t cut(const xs_wide *s, block *blocks, size_t *widest, size_t *most) {
    size_t n = 0, at = 0;
    for (size_t t = 0; t < s->texts; t++) {
        if (!n || blocks[n - 1].words + s->lengths[t] > BLOCK) blocks[n++] = (block){t, 0, at, 0};
        block *b = &blocks[n - 1];
        b->texts++;
        b->words += s->lengths[t];
        at += s->lengths[t];
        if (b->words > *widest) *widest = b->words;
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
        rooms[k] = (room){XS_ARENA_ARRAY(&arena, double, widest), XS_ARENA_ARRAY(&arena, double, widest),
                          XS_ARENA_ARRAY(&arena, double, s->models *most), most};
        if (!rooms[k].sum || !rooms[k].square || !rooms[k].row) rc = xs_nomem(err);
    }
    pass p = {s, blocks, rooms, mean, variance, of_text};
    if (rc == XSNR_OK) rc = xs_parallel(threads, n, sum_block, &p, NULL, err);
    xs_arena_free(&arena);
    return rc;
}
