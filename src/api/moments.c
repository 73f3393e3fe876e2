// xsnr_moments: one pass over many texts side by side.
#include "base/alloc.h"
#include "given.h"
#include "stats/wide.h"

int xsnr_moments(const float *scores, size_t models, size_t words, const size_t *lengths, size_t n_texts, int threads, double *mean,
                 double *variance, xsnr_signal *of_text, xsnr_error *err) {
    XS_GIVEN(scores);
    XS_GIVEN(lengths);
    xs_moment_snr *texts = of_text ? XS_NEW_ARRAY(xs_moment_snr, n_texts) : NULL;
    if (of_text && !texts) return xs_nomem(err);
    int rc = xs_wide_moments(&(xs_wide){scores, models, words, lengths, n_texts}, threads, mean, variance, texts, err);
    for (size_t t = 0; rc == XSNR_OK && of_text && t < n_texts; t++)
        of_text[t] = (xsnr_signal){texts[t].signal_raw, texts[t].noise, texts[t].ms_interaction,
                                   texts[t].signal,     texts[t].snr_raw, texts[t].snr};
    xs_free(texts);
    return rc;
}
