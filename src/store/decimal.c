// See decimal.h.  After Clinger ("How to read floating point numbers accurately", PLDI 1990): an integer and a power of
// ten that are both exact give a quotient or product with one rounding.  Here they are exact in the 64 bits of an
// x87 long double (up to 19 digits, up to 10^27), and the second rounding, to float or double, can only go wrong if the
// first result lies within one unit of the middle between two floats; then, and beyond those limits, strtof and strtod
// answer.  (The float nearest to the double nearest to a number need not be the float nearest to the number.)
#include "store/decimal.h"
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if LDBL_MANT_DIG == 64
typedef struct decimal {
    uint64_t digits;
    int exponent;
    bool negative, exact;
} decimal;

static decimal parse(const char *p, const char *end) {
    decimal d = {.exact = true};
    int count = 0; // digits from the first that is not 0
    if (*p == '-') d.negative = true, p++;
    for (bool fraction = false; p < end && (*p == '.' || (*p >= '0' && *p <= '9')); p++) {
        if (*p == '.') {
            fraction = true;
            continue;
        }
        if (count || *p != '0') count++;
        if (count > 19) d.exact = false;
        else d.digits = d.digits * 10 + (uint64_t)(*p - '0');
        d.exponent -= fraction;
        if (d.exponent < -100000) d.exact = false, d.exponent = 0;
    }
    if (p < end) { // the exponent
        p++;
        bool down = *p == '-';
        if (*p == '-' || *p == '+') p++;
        int e = 0;
        for (; p < end; p++)
            if (e < 100000) e = e * 10 + (*p - '0');
        d.exponent += down ? -e : e;
    }
    if (d.exponent < -27 || d.exponent > 27) d.exact = false;
    return d;
}

// The number in 64 bits, and those 64 bits; false if it cannot be had so.
static bool wide(const char *text, size_t length, long double *value, uint64_t *bits) {
    static const long double powers[] = {1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,
                                         1e10L, 1e11L, 1e12L, 1e13L, 1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L,
                                         1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};
    decimal d = parse(text, text + length);
    if (!d.exact) return false;
    long double x = (long double)d.digits;
    x = d.exponent < 0 ? x / powers[-d.exponent] : x * powers[d.exponent];
    memcpy(bits, &x, sizeof *bits); // the mantissa comes first
    *value = d.negative ? -x : x;
    return true;
}

// Is the middle between two numbers of fewer bits at most one unit away?  dropped: bits that the rounding drops.
static bool near_middle(uint64_t bits, int dropped) {
    uint64_t rest = bits & ((1ull << dropped) - 1), middle = 1ull << (dropped - 1);
    return rest + 1 >= middle && rest <= middle + 1;
}
#endif

// The quotient of a whole number up to 2^53 and a power of ten up to 10^22, both exact doubles, is the double nearest to
// the number; and the float nearest to that is the one nearest to the number unless the double lies in the middle between
// two floats, for rounding keeps the order and that middle is itself a double.
bool xs_decimal_quotient(uint64_t digits, int exponent, bool negative, float *out) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (FLT_EVAL_METHOD != 0 || digits > 1ull << DBL_MANT_DIG || exponent > 0 || exponent < -22) return false;
    double x = (double)digits / powers[-exponent];
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    enum { DROPPED = DBL_MANT_DIG - FLT_MANT_DIG };
    if ((bits & ((1ull << DROPPED) - 1)) == 1ull << (DROPPED - 1) || (x != 0 && x < (double)FLT_MIN)) return false;
    float value = (float)x; // at most 2^53: no float overflows
    *out = negative ? -value : value;
    return true;
}

bool xs_decimal_float(const char *text, size_t length, float *out) {
#if LDBL_MANT_DIG == 64
    long double x;
    uint64_t bits;
    if (wide(text, length, &x, &bits) && !near_middle(bits, 64 - FLT_MANT_DIG) && (x == 0 || fabsl(x) >= (long double)FLT_MIN) &&
        fabsl(x) < 1e38L) {
        *out = (float)x;
        return true;
    }
#endif
    *out = strtof(text, NULL); // reads as far as the number goes
    return isfinite(*out);
}

bool xs_decimal_double(const char *text, size_t length, double *out) {
#if LDBL_MANT_DIG == 64
    long double x;
    uint64_t bits;
    if (wide(text, length, &x, &bits) && !near_middle(bits, 64 - DBL_MANT_DIG)) {
        *out = (double)x; // at most 10^46, at least 10^-27: far from the ends of the doubles
        return true;
    }
#endif
    (void)length;
    *out = strtod(text, NULL);
    return isfinite(*out);
}
