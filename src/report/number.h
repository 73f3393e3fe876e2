// Numbers for human eyes: three significant digits, never more than an interval can carry.
#ifndef XSNR_REPORT_NUMBER_H
#define XSNR_REPORT_NUMBER_H

typedef struct xs_shown {
    char text[48];
} xs_shown;

/// Three significant digits; "undefined" for NaN; a power of ten below 0.0001 and from a million on.
xs_shown xs_show_number(double value);
/// As many decimals as the interval [low, high] is worth (two digits of its half width), at most three
/// significant.
xs_shown xs_show_estimate(double value, double low, double high);
/// "[low, high]" to match; "" if undefined.
xs_shown xs_show_interval(double value, double low, double high);
/// "p = 0.031", "p < 0.001"; "p undefined".
xs_shown xs_show_p(double p);
/// A count that is kept as a double: "23"; "undefined".
xs_shown xs_show_count(double count);
#endif
