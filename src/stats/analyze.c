// Everything that is said of one text: scores in, an xs_text_result out; see analysis.h.
//
//   finite? ─► centre ─► SNR and its interval ─► orders 2, 3, 4 and pairs of words ─► agreement ─► words
#include "stats/analysis.h"
#include "stats/bootstrap.h"
#include "stats/crossed.h"
#include "stats/parts.h"
#include <math.h>

// Fourth powers of scores are summed: beyond this they would not be numbers any more.
static const double largest_score = 1e70;

typedef struct leave_one_out { // corrected signal and noise without each model, or level of a crossed family
    double *signal, *noise;
} leave_one_out;

static int check_size(xs_scores s, xsnr_error *err) {
    for (size_t i = 0; i < s.models * s.words; i++)
        if (fabs(s.e[i]) > largest_score)
            return xs_fail(err, XSNR_ERR_DATA,
                           "the score of model %zu, word %zu (counted from 0) is %g; scores beyond %g "
                           "overflow: normalise or rescale",
                           i / s.words, i % s.words, s.e[i], largest_score);
    return XSNR_OK;
}

static int interval(const xs_centered *c, const leave_one_out *without, xs_arena *scratch, xs_text_result *out,
                    xsnr_error *err) {
    double *ratio = XS_ARENA_ARRAY(scratch, double, c->models);
    if (!ratio) return xs_nomem(err);
    xs_leave_one_out(c, without->signal, without->noise);
    for (size_t m = 0; m < c->models; m++) ratio[m] = xs_ratio(without->signal[m], without->noise[m]);
    xs_t_interval(out->snr.snr, xs_jackknife_error(ratio, c->models), (double)c->models - 1, out->snr.snr_ci);
    out->snr_corrected = xs_jackknife_corrected(out->snr.snr, ratio, c->models);
    return XSNR_OK;
}

static int analyze(xs_scores s, double reliability, uint64_t seed, const leave_one_out *without, xs_arena *arena,
                   xs_text_result *out, xs_word_stats *word, xsnr_error *err) {
    xs_centered c;
    XS_TRY(xs_center(s, arena, &c, err));
    XS_TRY(xs_text_snr(s, &c, reliability, arena, &out->snr, err));
    if (out->crossing) XS_TRY(xs_cross_text(s, reliability, arena, out, without->signal, without->noise, err));
    else XS_TRY(interval(&c, without, arena, out, err));
    XS_TRY(xs_order_snr(&c, 2, arena, &out->order2, err));
    XS_TRY(xs_order_snr(&c, 3, arena, &out->order3, err));
    XS_TRY(xs_order_snr(&c, 4, arena, &out->order4, err));
    XS_TRY(xs_bivariate_snr(&c, 5, arena, &out->bivariate_window5, err));
    XS_TRY(xs_agree(s, &c, out->snr.snr, seed, arena, &out->agreement, err));
    XS_TRY(xs_word_moments(s, &c, arena, word, err));
    return out->crossing ? xs_cross_words(s, out, arena, word, err) : XSNR_OK;
}

int xs_analyze_text(xs_scores s, double reliability, uint64_t seed, xs_arena *arena, xs_text_result *out,
                    xsnr_error *err) {
    if (!(reliability > 0 && reliability < 1))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "reliability %g is not between 0 and 1", reliability);
    XS_TRY(xs_check_finite(s, err));
    XS_TRY(check_size(s, err));
    xs_word_stats *word = XS_ARENA_ARRAY(arena, xs_word_stats, s.words);
    size_t left = out->crossing ? out->crossing->all_levels : s.models;
    leave_one_out without = {XS_ARENA_ARRAY(arena, double, left), XS_ARENA_ARRAY(arena, double, left)};
    if (!word || !without.signal || !without.noise) return xs_nomem(err);
    for (size_t w = 0; w < s.words; w++)
        word[w] = (xs_word_stats){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,        NAN, NAN, NAN,
                                  NAN, NAN, NAN, NAN, NAN, NAN, NAN, {NAN, NAN}, NAN, NAN};
    xs_arena_mark mark = xs_arena_save(arena);
    int rc = analyze(s, reliability, seed, &without, arena, out, word, err);
    xs_arena_rewind(arena, mark);
    XS_TRY(rc);
    out->word = word;
    out->signal_without = without.signal;
    out->noise_without = without.noise;
    return XSNR_OK;
}
