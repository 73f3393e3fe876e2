// Two families on the same texts (section 3): ratio of their pooled SNRs, and a test over the texts.
//
// The families' models are trained apart, so the jackknife leaves out models of one and of the other, and the
// two variances add.  If both SNRs and all their leave-one-out values are positive, this is done on the
// logarithm, on which a ratio's error is nearly symmetric, and the interval is carried back; else on the
// ratio itself.  Degrees of freedom by Welch and Satterthwaite.  A ratio to an SNR that is not positive says
// nothing: undefined.  Wilcoxon's signed ranks (Biometrics 1945) are of the texts' SNR_a − SNR_b.
#include "math/distribution.h"
#include "stats/analysis.h"
#include "stats/order.h"
#include "stats/parts.h"
#include <math.h>
#include <string.h>

// The number of ways to have positive ranks of the sum ≤ `most`, over 2^n: P(W ≤ most).
static double exact_signed_rank(size_t n, size_t most) {
    double share[326] = {1}; // of each sum; n ≤ 25
    for (size_t rank = 1; rank <= n; rank++)
        for (size_t sum = rank * (rank + 1) / 2 + 1; sum-- > 0;)
            share[sum] = 0.5 * share[sum] + (sum >= rank ? 0.5 * share[sum - rank] : 0);
    double p = 0;
    for (size_t sum = 0; sum <= most; sum++) p += share[sum];
    return p;
}

static int signed_ranks(const double *differences, size_t n, xs_arena *scratch, double *p, xsnr_error *err) {
    double *size = XS_ARENA_ARRAY(scratch, double, n), *sign = XS_ARENA_ARRAY(scratch, double, n);
    double *ranks = XS_ARENA_ARRAY(scratch, double, n), positive = 0;
    uint32_t *order = XS_ARENA_ARRAY(scratch, uint32_t, n);
    if (!size || !sign || !ranks || !order) return xs_nomem(err);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(differences[i]) || differences[i] == 0) continue;
        size[k] = fabs(differences[i]);
        sign[k++] = differences[i];
    }
    *p = NAN;
    if (!k) return XSNR_OK;
    double ties = xs_ranks(size, k, order, ranks), count = (double)k;
    for (size_t i = 0; i < k; i++)
        if (sign[i] > 0) positive += ranks[i];
    double smaller = fmin(positive, count * (count + 1) / 2 - positive);
    if (k <= 25 && ties == 0) {
        *p = fmin(1, 2 * exact_signed_rank(k, (size_t)smaller));
        return XSNR_OK;
    }
    double variance = count * (count + 1) * (2 * count + 1) / 24 - ties / 48;
    *p = fmin(1, 2 * xs_normal_cdf((smaller - count * (count + 1) / 4) / sqrt(variance)));
    return XSNR_OK;
}

int xs_wilcoxon(const double *differences, size_t n, xs_arena *scratch, double *p, xsnr_error *err) {
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = signed_ranks(differences, n, scratch, p, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

typedef struct shared_texts { // that both families have, with signal and noise in both
    size_t *a, *b; // (n) which of each
    size_t n;
} shared_texts;

static int match(const xs_explainer_result *a, const xs_explainer_result *b, xs_arena *arena,
                 shared_texts *out, xsnr_error *err) {
    out->a = XS_ARENA_ARRAY(arena, size_t, a->n_texts);
    out->b = XS_ARENA_ARRAY(arena, size_t, a->n_texts);
    out->n = 0;
    if (!out->a || !out->b) return xs_nomem(err);
    size_t next = 0; // texts come in the same order as a rule: look on where the last one was found
    for (size_t i = 0; i < a->n_texts; i++)
        for (size_t tries = 0; tries < b->n_texts; tries++) {
            size_t j = (next + tries) % b->n_texts;
            const xs_text_result *x = xs_text_at(a, i), *y = xs_text_at(b, j);
            if (strcmp(x->id, y->id) != 0) continue;
            next = j + 1;
            if (!isfinite(x->snr.signal) || !isfinite(y->snr.signal)) break;
            out->a[out->n] = i;
            out->b[out->n++] = j;
            break;
        }
    return XSNR_OK;
}

static bool all_positive(const xs_pool *pool) {
    for (size_t i = 0; i < pool->left; i++)
        if (!(pool->without[i] > 0)) return false;
    return true;
}

// Squared jackknife error of the SNR's logarithm, or of the SNR.
static int squared_error(const xs_pool *pool, bool logarithm, xs_arena *scratch, double *out, double *df,
                         xsnr_error *err) {
    double *x = XS_ARENA_ARRAY(scratch, double, pool->left);
    if (!x) return xs_nomem(err);
    for (size_t k = 0; k < pool->left; k++) x[k] = logarithm ? log(pool->without[k]) : pool->without[k];
    double error = xs_pool_error(pool, x, df);
    *out = error * error;
    return XSNR_OK;
}

static int ratio_interval(const xs_pool *a, const xs_pool *b, xs_arena *scratch, xs_comparison *out,
                          xsnr_error *err) {
    double of_a, of_b, df_a, df_b, snr_a = xs_ratio(a->signal, a->noise), snr_b = xs_ratio(b->signal, b->noise);
    out->ratio = xs_ratio(snr_a, snr_b);
    out->ratio_ci[0] = out->ratio_ci[1] = NAN;
    if (isnan(out->ratio)) return XSNR_OK;
    bool logarithm = snr_a > 0 && all_positive(a) && all_positive(b);
    XS_TRY(squared_error(a, logarithm, scratch, &of_a, &df_a, err));
    XS_TRY(squared_error(b, logarithm, scratch, &of_b, &df_b, err));
    if (!logarithm) { // error propagated to a/b
        of_a /= snr_b * snr_b;
        of_b *= out->ratio * out->ratio / (snr_b * snr_b);
    }
    double sum = of_a + of_b;
    double df = sum * sum / (of_a * of_a / df_a + of_b * of_b / df_b);
    if (sum == 0) df = fmin(df_a, df_b);
    xs_t_interval(logarithm ? log(out->ratio) : out->ratio, sqrt(sum), df, out->ratio_ci);
    if (logarithm)
        for (int i = 0; i < 2; i++) out->ratio_ci[i] = exp(out->ratio_ci[i]);
    return XSNR_OK;
}

static int compare(const xs_explainer_result *a, size_t models_a, const xs_explainer_result *b,
                   size_t models_b, xs_arena *scratch, xs_comparison *out, xsnr_error *err) {
    shared_texts shared;
    xs_pool pool_a, pool_b;
    XS_TRY(match(a, b, scratch, &shared, err));
    out->texts = shared.n;
    XS_TRY(xs_pool_ratio(a, shared.a, shared.n, models_a, scratch, &pool_a, err));
    XS_TRY(xs_pool_ratio(b, shared.b, shared.n, models_b, scratch, &pool_b, err));
    XS_TRY(ratio_interval(&pool_a, &pool_b, scratch, out, err));
    double *differences = XS_ARENA_ARRAY(scratch, double, shared.n);
    if (!differences) return xs_nomem(err);
    for (size_t i = 0; i < shared.n; i++) differences[i] = xs_text_at(a, shared.a[i])->snr.snr - xs_text_at(b, shared.b[i])->snr.snr;
    return xs_wilcoxon(differences, shared.n, scratch, &out->wilcoxon_p, err);
}

int xs_compare_families(const xs_explainer_result *a, size_t models_a, const xs_explainer_result *b,
                        size_t models_b, xs_arena *scratch, xs_comparison *out, xsnr_error *err) {
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = compare(a, models_a, b, models_b, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}
