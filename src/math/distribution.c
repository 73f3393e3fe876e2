// Normal, t, F and binomial distributions; see distribution.h.
//
// All but the normal are one regularised incomplete beta function:
//   I_x(a,b) = x^a y^b / (a B(a,b)) · 1/(1+ d1/(1+ d2/(1+ …)))      DLMF 8.17.22, modified Lentz
// used for x < (a+1)/(a+b+2) and by I_x(a,b) = 1 − I_y(b,a) beyond.  The factor in front loses no digits to
// cancelling logarithms of gamma functions: it is written with the deviance and Stirling's error (C. Loader,
// "Fast and accurate computation of binomial probabilities", 2000), which holds for a, b that are not whole.
// Normal quantile: Wichura, AS 241 (1988), and one step of Halley's method.
#include "math/distribution.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>

#define LN_SQRT_2PI 0.918938533204672741780329736406
#define SQRT_HALF 0.707106781186547524400844362105
#define SQRT_2PI 2.506628274631000502415765284811
#define TWO_PI 6.283185307179586476925286766559

double xs_normal_cdf(double z) {
    return 0.5 * erfc(-z * SQRT_HALF);
}

double xs_normal_upper(double z) {
    return 0.5 * erfc(z * SQRT_HALF);
}

static double polynomial(const double c[8], double x) {
    double sum = c[7];
    for (int i = 6; i >= 0; i--) sum = sum * x + c[i];
    return sum;
}

// AS 241, algorithm PPND16: about 1e-16 itself.
static double wichura(double p) {
    static const double a[8] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double b[8] = {1.0,
                                4.2313330701600911252e+1,
                                6.8718700749205790830e+2,
                                5.3941960214247511077e+3,
                                2.1213794301586595867e+4,
                                3.9307895800092710610e+4,
                                2.8729085735721942674e+4,
                                5.2264952788528545610e+3};
    static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[8] = {1.0,
                                2.05319162663775882187e0,
                                1.67638483018380384940e0,
                                6.89767334985100004550e-1,
                                1.48103976427480074590e-1,
                                1.51986665636164571966e-2,
                                5.47593808499534494600e-4,
                                1.05075007164441684324e-9};
    static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                1.78482653991729133580e0,  2.96560571828504891230e-1,
                                2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[8] = {1.0,
                                5.99832206555887937690e-1,
                                1.36929880922735805310e-1,
                                1.48753612908506148525e-2,
                                7.86869131145613259100e-4,
                                1.84631831751005468180e-5,
                                1.42151175831644588870e-7,
                                2.04426310338993978564e-15};
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(a, r) / polynomial(b, r);
    }
    double r = sqrt(-log(q < 0 ? p : 1 - p));
    double z = r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6)
                      : polynomial(e, r - 5) / polynomial(f, r - 5);
    return q < 0 ? -z : z;
}

double xs_normal_quantile(double p) {
    if (!(p >= 0 && p <= 1)) return NAN;
    if (p == 0 || p == 1) return p == 0 ? -INFINITY : INFINITY;
    double z = wichura(p);
    double density = exp(-0.5 * z * z) / SQRT_2PI;
    if (density < DBL_MIN) return z;
    double step = (z < 0 ? xs_normal_cdf(z) - p : (1 - p) - xs_normal_upper(z)) / density;
    return z - step / (1 + 0.5 * z * step);
}

// ln Γ(x+1) − (x+½) ln x + x − ½ ln 2π: the error of Stirling's formula.
static double stirling_error(double x) {
    if (x < 16) {
        int sign;
        return lgamma_r(x + 1, &sign) - (x + 0.5) * log(x) + x - LN_SQRT_2PI;
    }
    double i = 1 / (x * x);
    return (1.0 / 12 -
            i * (1.0 / 360 - i * (1.0 / 1260 - i * (1.0 / 1680 - i * (1.0 / 1188 - i * (691.0 / 360360)))))) /
           x;
}

// x ln(x/m) + m − x, without cancellation where x is near m.
static double deviance(double x, double m) {
    double v = (x - m) / (x + m);
    if (fabs(v) >= 0.1) return x * log(x / m) + m - x;
    double sum = (x - m) * v, term = 2 * x * v, v2 = v * v;
    for (int j = 1; j < 1000; j++) {
        term *= v2;
        double next = sum + term / (2 * j + 1);
        if (next == sum) break;
        sum = next;
    }
    return sum;
}

// x^a y^b / B(a,b).
static double beta_power(double a, double b, double x, double y) {
    double n = a + b;
    double exponent =
        stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);
    return sqrt(a * b / (n * TWO_PI)) * exp(exponent);
}

static double beta_fraction(double a, double b, double x) {
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    if (fabs(d) < tiny) d = tiny;
    d = 1 / d;
    double h = d;
    for (int m = 1; m < 100000; m++) { // about √max(a,b) rounds
        for (int odd = 0; odd < 2; odd++) {
            double k = odd ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                           : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 + k * d;
            c = 1 + k / c;
            if (fabs(d) < tiny) d = tiny;
            if (fabs(c) < tiny) c = tiny;
            d = 1 / d;
            h *= d * c;
        }
        if (fabs(d * c - 1) < 2 * DBL_EPSILON) break;
    }
    return h;
}

double xs_incomplete_beta(double a, double b, double x, double y) {
    if (!(a > 0 && b > 0 && x >= 0 && y >= 0)) return NAN;
    if (x == 0 || y == 0) return x == 0 ? 0 : 1;
    if (x < (a + 1) / (a + b + 2)) return beta_power(a, b, x, y) / a * beta_fraction(a, b, x);
    return 1 - beta_power(b, a, y, x) / b * beta_fraction(b, a, y);
}

double xs_t_two_sided(double t, double df) {
    if (!(df > 0) || isnan(t)) return NAN;
    double r = t * t / df;
    if (isinf(r)) return 0;
    return xs_incomplete_beta(df / 2, 0.5, 1 / (1 + r), r / (1 + r));
}

double xs_t_cdf(double t, double df) {
    double tail = 0.5 * xs_t_two_sided(t, df);
    return t > 0 ? 1 - tail : tail;
}

// ln of t's density.
static double t_density_log(double t, double df) {
    double half = df / 2; // lgamma loses digits for large df; as a slope for Newton's method it will do
    int sign;
    return lgamma_r(half + 0.5, &sign) - lgamma_r(half, &sign) - 0.5 * log(df * TWO_PI / 2) -
           (half + 0.5) * log1p(t * t / df);
}

// P(T > t) = q, 0 < q < ½: Newton's method on ln P, which is concave in t, kept inside a bracket.
static double t_upper_quantile(double q, double df) {
    double low = 0, high = 1;
    while (0.5 * xs_t_two_sided(high, df) > q && high < DBL_MAX / 4) low = high, high *= 2;
    double t = 0.5 * (low + high);
    for (int i = 0; i < 2000; i++) {
        double p = 0.5 * xs_t_two_sided(t, df);
        if (p > q)
            low = t;
        else
            high = t;
        double next = t + log(p / q) * p / exp(t_density_log(t, df));
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        if (fabs(next - t) <= DBL_EPSILON * t) return next;
        t = next;
    }
    return t;
}

double xs_t_quantile(double p, double df) {
    if (!(p >= 0 && p <= 1 && df > 0)) return NAN;
    if (p == 0 || p == 1) return p == 0 ? -INFINITY : INFINITY;
    if (p == 0.5) return 0;
    return p < 0.5 ? -t_upper_quantile(p, df) : t_upper_quantile(1 - p, df);
}

double xs_f_upper(double f, double df1, double df2) {
    if (!(df1 > 0 && df2 > 0) || isnan(f)) return NAN;
    if (f <= 0) return 1;
    double r = df1 / df2 * f;
    if (isinf(r)) return 0;
    return xs_incomplete_beta(df2 / 2, df1 / 2, 1 / (1 + r), r / (1 + r));
}

double xs_binomial_cdf(double k, double n, double p) {
    if (!(n >= 0 && p >= 0 && p <= 1) || isnan(k)) return NAN;
    if (k < 0) return 0;
    if (k >= n) return 1;
    k = floor(k);
    return xs_incomplete_beta(n - k, k + 1, 1 - p, p);
}
