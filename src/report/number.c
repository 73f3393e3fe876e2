// Numbers for human eyes; see number.h.
//
// An estimate and its interval share their decimals: with half width h, two significant digits of h are
// what the data support (Cole, BMJ 2015, "Too many digits"); more than three of the value are never shown.
#include "report/number.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double LEAST = 1e-4, MOST = 1e6; // fixed notation from LEAST up to MOST

// The place of the first significant digit: 0 for 1..9.99, −1 for 0.1..0.999.
static int magnitude(double value) {
    return (int)floor(log10(fabs(value)));
}

// Decimals that show `digits` significant digits of `value`.
static int decimals_for(double value, int digits) {
    int n = digits - 1 - magnitude(value);
    return n < 0 ? 0 : n > 7 ? 7 : n;
}

static xs_shown fixed(double value, int decimals) {
    xs_shown s;
    snprintf(s.text, sizeof s.text, "%.*f", decimals, value);
    // "-0.00" is a rounded value without a sign.
    if (s.text[0] == '-' && strspn(s.text + 1, "0.") == strlen(s.text + 1))
        memmove(s.text, s.text + 1, strlen(s.text));
    return s;
}

xs_shown xs_show_number(double value) {
    xs_shown s;
    double size = fabs(value);
    if (isnan(value))
        snprintf(s.text, sizeof s.text, "undefined");
    else if (isinf(value))
        snprintf(s.text, sizeof s.text, value > 0 ? "inf" : "-inf");
    else if (value == 0)
        snprintf(s.text, sizeof s.text, "0");
    else if (size < LEAST || size >= MOST)
        snprintf(s.text, sizeof s.text, "%.1e", value);
    else
        s = fixed(value, decimals_for(value, 3));
    return s;
}

// Decimals that value and interval share; −1: fixed notation does not suit them.
static int shared_decimals(double value, double low, double high) {
    double half = (high - low) / 2, largest = fmax(fabs(value), fmax(fabs(low), fabs(high)));
    if (!isfinite(value) || !isfinite(half) || largest < LEAST || largest >= MOST) return -1;
    int by_value = value == 0 ? 7 : decimals_for(value, 3);
    int by_half = half > 0 ? decimals_for(half, 2) : 7;
    int n = by_value < by_half ? by_value : by_half;
    return n > 6 ? decimals_for(largest, 3) : n;
}

xs_shown xs_show_estimate(double value, double low, double high) {
    int decimals = shared_decimals(value, low, high);
    return decimals < 0 ? xs_show_number(value) : fixed(value, decimals);
}

xs_shown xs_show_interval(double value, double low, double high) {
    xs_shown s = {""};
    if (!isfinite(low) || !isfinite(high)) return s;
    int decimals = shared_decimals(value, low, high);
    xs_shown a = decimals < 0 ? xs_show_number(low) : fixed(low, decimals);
    xs_shown b = decimals < 0 ? xs_show_number(high) : fixed(high, decimals);
    snprintf(s.text, sizeof s.text, "[%.20s, %.20s]", a.text, b.text);
    return s;
}

xs_shown xs_show_p(double p) {
    xs_shown s;
    if (isnan(p))
        snprintf(s.text, sizeof s.text, "p undefined");
    else if (p < 0.001)
        snprintf(s.text, sizeof s.text, "p < 0.001");
    else
        snprintf(s.text, sizeof s.text, "p = %.*f", p < 0.01 ? 4 : p < 0.1 ? 3 : 2, p);
    return s;
}

xs_shown xs_show_count(double count) {
    if (!isfinite(count)) return xs_show_number(count);
    return count >= MOST ? xs_show_number(count) : fixed(count, 0);
}
