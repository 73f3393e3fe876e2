// The jackknife over models: intervals that respect that one model gives all words of all texts.
//
// Leaving model m out of M takes from every word's sum of squares d²·M/(M−1), from the interaction's the same
// of the interaction, and moves every mean by −d/(M−1); so all M leave-one-out values cost one pass, O(M n).
// Interval: estimate ± t(0.975, M−1) · √((M−1)/M Σ_m (θ_(m) − θ̄)²)  (Tukey 1958).  Why not the percentile
// bootstrap: a resample repeats models, and its own correction for noise is then too small.
#include "math/distribution.h"
#include "stats/parts.h"
#include <float.h>
#include <math.h>

// What is left of a sum after a part was taken from it; a rest that is nothing but rounding is 0.
static double rest(double sum, double part) {
    double r = sum - part;
    return r > 64 * DBL_EPSILON * sum ? r : 0;
}

void xs_leave_one_out(const xs_centered *c, double *signal, double *noise) {
    size_t models = c->models, words = c->words;
    double M = (double)models, n = (double)words, total = 0, interaction = 0;
    for (size_t m = 0; m < models; m++) signal[m] = noise[m] = NAN;
    if (models < 3 || words < 2) return;
    double center = 0; // mean over words of the means
    for (size_t w = 0; w < words; w++) center += (c->mean[w] - c->mean[0]) / n;
    center += c->mean[0];
    for (size_t m = 0; m < models; m++) { // Σ_w of squares of this model, kept in signal[m] and noise[m]
        const double *d = c->d + m * words;
        double shift = 0, own = 0, inter = 0;
        for (size_t w = 0; w < words; w++) shift += d[w];
        shift /= n;
        for (size_t w = 0; w < words; w++) {
            own += d[w] * d[w];
            inter += (d[w] - shift) * (d[w] - shift);
        }
        total += noise[m] = own;
        interaction += signal[m] = inter;
    }
    for (size_t m = 0; m < models; m++) {
        const double *d = c->d + m * words;
        double own = noise[m], inter = signal[m], sum = 0, square = 0;
        for (size_t w = 0; w < words; w++) {
            double mean = c->mean[w] - center - d[w] / (M - 1);
            sum += mean;
            square += mean * mean;
        }
        double raw = fmax(square - sum * sum / n, 0) / (n - 1);
        double ms_interaction = rest(interaction, inter * M / (M - 1)) / ((n - 1) * (M - 2));
        noise[m] = rest(total, own * M / (M - 1)) / (n * (M - 2));
        signal[m] = raw - ms_interaction / (M - 1);
    }
}

double xs_jackknife_error(const double *values, size_t n) {
    double mean = 0, square = 0;
    if (n < 2) return NAN;
    for (size_t i = 0; i < n; i++) mean += (values[i] - values[0]) / (double)n;
    mean += values[0];
    for (size_t i = 0; i < n; i++) square += (values[i] - mean) * (values[i] - mean);
    return sqrt(square * (double)(n - 1) / (double)n); // NaN if any value is
}

void xs_t_interval(double value, double error, double df, double interval[2]) {
    double reach = xs_t_quantile(0.975, df) * error;
    interval[0] = value - reach;
    interval[1] = value + reach;
}
