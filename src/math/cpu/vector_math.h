// Elementary functions of whole vectors: tanh and erf by SLEEF (1 ulp), exp by it in double, and what is built on them.
#ifndef XSNR_MATH_CPU_VECTOR_MATH_H
#define XSNR_MATH_CPU_VECTOR_MATH_H
#include "math/cpu/kernel.h"
#include <math.h>
#include <sleef.h>

#ifdef XS_REAL_DOUBLE
typedef int64_t bits __attribute__((vector_size(VECTOR_BYTES)));
#define SIGN_BIT INT64_MIN
#if XS_LEVEL == 4
#define SLEEF(name, x) ((vec)Sleef_##name##d8_u10(x))
#elif XS_LEVEL == 3
#define SLEEF(name, x) ((vec)Sleef_##name##d4_u10(x))
#else
#define SLEEF(name, x) ((vec)Sleef_##name##d2_u10(x))
#endif
#else
typedef int32_t bits __attribute__((vector_size(VECTOR_BYTES)));
#define SIGN_BIT INT32_MIN
#if XS_LEVEL == 4
#define SLEEF(name, x) ((vec)Sleef_##name##f16_u10(x))
#elif XS_LEVEL == 3
#define SLEEF(name, x) ((vec)Sleef_##name##f8_u10(x))
#else
#define SLEEF(name, x) ((vec)Sleef_##name##f4_u10(x))
#endif
#endif

static inline vec vec_abs(vec x) { return (vec)((bits)x & ~((bits){0} + SIGN_BIT)); }
static inline vec vec_sign(vec x, vec of) { return (vec)((bits)x | ((bits)of & ((bits){0} + SIGN_BIT))); } // x ≥ 0
static inline vec vec_choose(bits mask, vec yes, vec no) { return (vec)((mask & (bits)yes) | (~mask & (bits)no)); }
static inline vec vec_max(vec a, vec b) { return vec_choose(a > b, a, b); }
#define MAX_OTHER(s, list) v = vec_max(v, __builtin_shufflevector(v, v, list(XS_OTHER, s, 0)));
static inline real max_lanes(vec v) {
    XS_ROUNDS(MAX_OTHER)
    return v[0];
}

/// e^x.  In float by Cephes' expf (S. Moshier), 2 ulp, in line: e^x = 2^n e^r with r = x − n ln 2, |r| ≤ ln 2 / 2.  For
/// x ≤ 88; below ln 2^−126 it is 0.
static inline vec vec_exp(vec x) {
#ifdef XS_REAL_DOUBLE
    return SLEEF(exp, x);
#else
    const float round = 12582912.0f; // 1.5 · 2^23: adding it leaves an integer in the lower bits
    vec shifted = x * 1.44269504088896341f + round, n = shifted - round;
    vec r = x - n * 0.693359375f + n * 2.12194440e-4f; // the first product is exact
    vec p = ((((1.9875691500e-4f * r + 1.3981999507e-3f) * r + 8.3334519073e-3f) * r + 4.1665795894e-2f) * r + 1.6666665459e-1f) * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    return vec_choose(x < -87.33654f, (vec){0}, (vec)((bits)p + ((bits)shifted << 23))); // what is no number stays none
#endif
}

/// Φ(x), and e^(−x²/2) for the density.  In float by Abramowitz & Stegun 7.1.26, which needs no other exponential:
/// its error of 1.5e-7 is that of rounding.  In double by erf.
static inline vec normal_cdf(vec x, vec *exponential) {
    vec e = vec_exp((real)-0.5 * x * x);
    *exponential = e;
#ifdef XS_REAL_DOUBLE
    return 0.5 + 0.5 * SLEEF(erf, x * 0.70710678118654752440);
#else
    vec t = 1.0f / (1.0f + 0.231641888f * vec_abs(x)); // 0.3275911 / √2
    vec tail = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t * e;
    return 0.5f + vec_sign(0.5f - 0.5f * tail, x);
#endif
}
#endif
