// Spans instead of words (section 5): the same signal and noise of the scores summed over n-grams, sentences, phrases.
//
// Spans may overlap: what a model's errors on two of them share is part of their covariance, for which MS_int corrects.
#include "stats/joint.h"
#include <math.h>

typedef struct spans {
    xs_scores scores;
    const xs_span *span;
    size_t count;
} spans;

static const double *span_row(const void *context, size_t m, double *buffer) {
    const spans *s = context;
    const double *e = s->scores.e + m * s->scores.words;
    for (size_t k = 0; k < s->count; k++) {
        double sum = 0;
        for (uint32_t w = s->span[k].first; w < s->span[k].last; w++) sum += e[w];
        buffer[k] = sum;
    }
    return buffer;
}

int xs_span_snr(xs_scores s, const xs_span *span, size_t count, xs_arena *scratch, xs_moment_snr *out, xsnr_error *err) {
    for (size_t k = 0; k < count; k++)
        if (span[k].first >= span[k].last || span[k].last > s.words)
            return xs_fail(err, XSNR_ERR_DATA, "span %zu goes from word %u to before word %u; the text has %zu words", k,
                           span[k].first, span[k].last, s.words);
    spans context = {s, span, count};
    return xs_signal_noise(span_row, &context, s.models, count, scratch, out, NULL, err);
}

int xs_ngram_snr(xs_scores s, size_t length, xs_arena *scratch, xs_moment_snr *out, xsnr_error *err) {
    size_t count = length && s.words >= length ? s.words - length + 1 : 0;
    xs_arena_mark mark = xs_arena_save(scratch);
    xs_span *span = XS_ARENA_ARRAY(scratch, xs_span, count);
    if (!span) return xs_nomem(err);
    for (size_t k = 0; k < count; k++) span[k] = (xs_span){(uint32_t)k, (uint32_t)(k + length)};
    int rc = xs_span_snr(s, span, count, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

int xs_sentence_snr(xs_scores s, const uint32_t *sentence, xs_arena *scratch, xs_moment_snr *out, xsnr_error *err) {
    size_t count = 0;
    xs_arena_mark mark = xs_arena_save(scratch);
    xs_span *span = XS_ARENA_ARRAY(scratch, xs_span, s.words);
    if (!span) return xs_nomem(err);
    for (uint32_t w = 0; w < s.words; w++) {
        if (!w || sentence[w] != sentence[w - 1]) span[count++].first = w;
        span[count - 1].last = w + 1;
    }
    int rc = xs_span_snr(s, span, count, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}
