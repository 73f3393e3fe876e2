// Several explainers of one text at once (section 5): every word has a vector of p scores.
//
// Signal and noise become p × p matrices of sums of products where section 2 has sums of squares:
//
//   B = Cov_w(means),  N = mean_w Cov_m,  I = interaction,  S = B − I/M
//
// and the ratio is noise⁻¹·signal: its trace (Hotelling and Lawley's) and its largest root, the SNR along Fisher's
// discriminant, the best linear mixture of the explainers.  Every explainer is first divided by the root of its own noise,
// so that their scales do not matter.  With few models, N is shrunk towards μI, μ = tr N / p (Ledoit and Wolf, J. Multivariate
// Analysis 2004): the intensity is min(1, b²/d²), d² = ‖A − μI‖², b² = Σ_m ‖A_m − A‖²/M², A_m the mean over words of a model's
// squared residuals and A their mean.  Models, not words, are the independent observations.
#include "math/cholesky.h"
#include "stats/eigen.h"
#include "stats/joint.h"
#include <math.h>
#include <string.h>

typedef struct matrices {
    size_t p;
    double *between, *noise, *interaction, *of_model; // (p, p)
} matrices;

static void products(const xs_centered *c, const double *scale, matrices *x, double *shrinkage,
                     double *each) {
    size_t p = x->p, M = c->models, n = c->words;
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b < p; b++) {
            double mean_a = 0, mean_b = 0, between = 0, total = 0, interaction = 0, s = scale[a] * scale[b];
            for (size_t w = 0; w < n; w++) {
                mean_a += c[a].mean[w] / (double)n;
                mean_b += c[b].mean[w] / (double)n;
            }
            for (size_t w = 0; w < n; w++) between += (c[a].mean[w] - mean_a) * (c[b].mean[w] - mean_b);
            for (size_t m = 0; m < M; m++) {
                double sum = 0, of_a = 0, of_b = 0;
                for (size_t w = 0; w < n; w++) {
                    double da = c[a].d[m * n + w], db = c[b].d[m * n + w];
                    sum += da * db;
                    of_a += da;
                    of_b += db;
                }
                total += sum;
                interaction += sum - of_a * of_b / (double)n;
                each[m * p * p + a * p + b] = s * sum / (double)n;
            }
            x->between[a * p + b] = s * between / (double)(n - 1);
            x->noise[a * p + b] = s * total / ((double)n * (double)(M - 1));
            x->interaction[a * p + b] = s * interaction / ((double)(n - 1) * (double)(M - 1));
            x->of_model[a * p + b] = s * total / ((double)n * (double)M);
        }
    double mu = 0, d = 0, spread = 0;
    for (size_t a = 0; a < p; a++) mu += x->of_model[a * p + a] / (double)p;
    for (size_t i = 0; i < p * p; i++) {
        double off = x->of_model[i] - (i % (p + 1) ? 0 : mu);
        d += off * off;
        for (size_t m = 0; m < M; m++) {
            double step = each[m * p * p + i] - x->of_model[i];
            spread += step * step;
        }
    }
    spread /= (double)M * (double)M;
    *shrinkage = d > 0 ? fmin(1, spread / d) : 0;
}

// Trace and largest root of (L Lᵀ)⁻¹ s; destroys s.
static void roots(const double *l, double *s, size_t p, double *values, double *trace, double *largest) {
    for (int side = 0; side < 2; side++) { // L⁻¹ s, transposed, and again: L⁻¹ s L⁻ᵀ
        for (size_t j = 0; j < p; j++)
            for (size_t i = 0; i < p; i++) {
                double x = s[i * p + j];
                for (size_t k = 0; k < i; k++) x -= l[i * p + k] * s[k * p + j];
                s[i * p + j] = x / l[i * p + i];
            }
        for (size_t i = 0; i < p; i++)
            for (size_t j = 0; j < i; j++) {
                double x = s[i * p + j];
                s[i * p + j] = s[j * p + i];
                s[j * p + i] = x;
            }
    }
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < i; j++) s[i * p + j] = s[j * p + i] = 0.5 * (s[i * p + j] + s[j * p + i]);
    *trace = 0;
    for (size_t i = 0; i < p; i++) *trace += s[i * p + i];
    xs_eigen_symmetric(s, p, values, NULL);
    *largest = values[0];
}

static int several(const xs_scores *scores, size_t p, bool shrink, xs_arena *scratch, xs_multivariate *out,
                   xsnr_error *err) {
    size_t M = scores[0].models, n = scores[0].words;
    xs_centered *c = XS_ARENA_ARRAY(scratch, xs_centered, p);
    double *scale = XS_ARENA_ARRAY(scratch, double, p), *values = XS_ARENA_ARRAY(scratch, double, p);
    double *block = XS_ARENA_ARRAY(scratch, double, 4 * p * p), *each = XS_ARENA_ARRAY(scratch, double, M *p *p);
    if (!c || !scale || !values || !block || !each) return xs_nomem(err);
    matrices x = {p, block, block + p * p, block + 2 * p * p, block + 3 * p * p};
    for (size_t k = 0; k < p; k++) {
        double total = 0;
        XS_TRY(xs_center(scores[k], scratch, &c[k], err));
        for (size_t w = 0; w < n; w++) total += c[k].ss[w];
        scale[k] = sqrt(xs_ratio((double)n * (double)(M - 1), total));
        if (isnan(scale[k])) return XSNR_OK; // an explainer without noise
    }
    products(c, scale, &x, &out->shrinkage, each);
    if (!shrink) out->shrinkage = 0;
    for (size_t i = 0; i < p * p; i++) { // every diagonal element of the noise, and so μ, is 1
        x.noise[i] = (1 - out->shrinkage) * x.noise[i] + (i % (p + 1) ? 0 : out->shrinkage);
        x.interaction[i] = x.between[i] - x.interaction[i] / (double)M; // the signal
    }
    if (!xs_cholesky(p, x.noise)) return XSNR_OK;
    roots(x.noise, x.interaction, p, values, &out->trace, &out->largest_root);
    roots(x.noise, x.between, p, values, &out->trace_raw, &out->root_raw);
    return XSNR_OK;
}

int xs_several_explainers(const xs_scores *scores, size_t p, bool shrink, xs_arena *scratch, xs_multivariate *out,
                          xsnr_error *err) {
    *out = (xs_multivariate){NAN, NAN, NAN, NAN, NAN};
    if (!p || scores[0].models < 2 || scores[0].words < 2) return XSNR_OK;
    for (size_t k = 1; k < p; k++)
        if (scores[k].models != scores[0].models || scores[k].words != scores[0].words)
            return xs_fail(err, XSNR_ERR_ARGUMENT,
                           "explainer %zu has %zu models and %zu words, the first has %zu and %zu; they must be the same", k,
                           scores[k].models, scores[k].words, scores[0].models, scores[0].words);
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = several(scores, p, shrink, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}
