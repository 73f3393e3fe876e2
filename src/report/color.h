// Diverging colours for scores, and the terminal's codes for them.
#ifndef XSNR_REPORT_COLOR_H
#define XSNR_REPORT_COLOR_H
#include "report/report.h"
#include <stdint.h>

typedef struct xs_rgb {
    uint8_t r, g, b;
} xs_rgb;

/// The colour of x in [−1, 1] (clamped): white at 0, the palette's colour for `for` at 1, `against` at −1.
xs_rgb xs_palette_rgb(xs_palette palette, double x);
/// "red", "blue", …: what `for` (x > 0) and `against` look like.
const char *xs_palette_name(xs_palette palette, bool positive);
/// Starts a run of text coloured by x; not firm: pale and underlined.  Nothing for XS_COLOR_NONE.
void xs_put_style(xs_str *out, const xs_terminal *t, double x, bool firm);
/// Ends it.
void xs_put_plain(xs_str *out, const xs_terminal *t);
#endif
