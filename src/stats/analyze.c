// Everything that is said of one text: scores in, an xs_text_result out; see analysis.h.
//
//   finite? ─► centre ─► SNR and its interval ─► orders 2, 3, 4 and pairs of words ─► agreement ─► words
#include "stats/analysis.h"
#include "stats/parts.h"
#include <math.h>

// Fourth powers of scores are summed: beyond this they would not be numbers any more.
static const double largest_score = 1e70;

static int check_size(xs_scores s, xsnr_error *err) {
    for (size_t i = 0; i < s.models * s.words; i++)
        if (fabs(s.e[i]) > largest_score)
            return xs_fail(err, XSNR_ERR_DATA,
                           "the score of model %zu, word %zu (counted from 0) is %g; scores beyond %g "
                           "overflow: normalise or rescale",
                           i / s.words, i % s.words, s.e[i], largest_score);
    return XSNR_OK;
}

static int interval(const xs_centered *c, xs_arena *scratch, xs_snr *snr, xsnr_error *err) {
    double *signal = XS_ARENA_ARRAY(scratch, double, c->models),
           *noise = XS_ARENA_ARRAY(scratch, double, c->models);
    if (!signal || !noise) return xs_nomem(err);
    xs_leave_one_out(c, signal, noise);
    for (size_t m = 0; m < c->models; m++) signal[m] = xs_ratio(signal[m], noise[m]);
    xs_t_interval(snr->snr, xs_jackknife_error(signal, c->models), (double)c->models - 1, snr->snr_ci);
    return XSNR_OK;
}

static int analyze(xs_scores s, double reliability, uint64_t seed, xs_arena *arena, xs_text_result *out,
                   xs_word_stats *word, xsnr_error *err) {
    xs_centered c;
    XS_TRY(xs_center(s, arena, &c, err));
    XS_TRY(xs_text_snr(s, &c, reliability, arena, &out->snr, err));
    XS_TRY(interval(&c, arena, &out->snr, err));
    XS_TRY(xs_order_snr(&c, 2, arena, &out->order2, err));
    XS_TRY(xs_order_snr(&c, 3, arena, &out->order3, err));
    XS_TRY(xs_order_snr(&c, 4, arena, &out->order4, err));
    XS_TRY(xs_bivariate_snr(&c, 5, arena, &out->bivariate_window5, err));
    XS_TRY(xs_agree(s, &c, out->snr.snr, seed, arena, &out->agreement, err));
    return xs_word_moments(s, &c, arena, word, err);
}

int xs_analyze_text(xs_scores s, double reliability, uint64_t seed, xs_arena *arena, xs_text_result *out,
                    xsnr_error *err) {
    if (!(reliability > 0 && reliability < 1))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "reliability %g is not between 0 and 1", reliability);
    XS_TRY(xs_check_finite(s, err));
    XS_TRY(check_size(s, err));
    xs_word_stats *word = XS_ARENA_ARRAY(arena, xs_word_stats, s.words);
    if (!word) return xs_nomem(err);
    for (size_t w = 0; w < s.words; w++)
        word[w] = (xs_word_stats){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,        NAN, NAN, NAN,
                                  NAN, NAN, NAN, NAN, NAN, NAN, NAN, {NAN, NAN}, NAN, NAN};
    xs_arena_mark mark = xs_arena_save(arena);
    int rc = analyze(s, reliability, seed, arena, out, word, err);
    xs_arena_rewind(arena, mark);
    XS_TRY(rc);
    out->word = word;
    return XSNR_OK;
}
