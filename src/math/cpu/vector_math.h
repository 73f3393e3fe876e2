// Elementary functions of whole vectors: exp, tanh and erf by SLEEF (1 ulp), and what is built on them.
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
static inline real max_lanes(vec v) {
    real m = v[0];
    for (int i = 1; i < LANES; i++) m = v[i] > m ? v[i] : m;
    return m;
}

/// Φ(x), and e^(−x²/2) for the density.  In float by Abramowitz & Stegun 7.1.26, which needs no other exponential:
/// its error of 1.5e-7 is that of rounding.  In double by erf.
static inline vec normal_cdf(vec x, vec *exponential) {
    vec e = SLEEF(exp, (real)-0.5 * x * x);
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
