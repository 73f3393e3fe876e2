// Diverging colours for scores; see color.h.
//
// Red and blue: ColorBrewer's RdBu (Brewer, Harrower, Penn State), which colour-blind readers can tell
// apart.  Green and red as captum's visualisation has them.  Between the steps: linear in sRGB.
#include "report/color.h"
#include <math.h>
#include <stdlib.h>

enum { STEPS = 5 };
static const xs_rgb red[STEPS] = {
    {247, 247, 247}, {253, 219, 199}, {244, 165, 130}, {214, 96, 77}, {178, 24, 43}};
static const xs_rgb blue[STEPS] = {
    {247, 247, 247}, {209, 229, 240}, {146, 197, 222}, {67, 147, 195}, {33, 102, 172}};
static const xs_rgb green[STEPS] = {
    {247, 247, 247}, {217, 240, 211}, {166, 219, 160}, {90, 174, 97}, {27, 120, 55}};

static const double PALE = 0.35; // of the colour's strength is left where a word does not stand firm
static const double BAND[] = {0.15,
                              0.5}; // 16 colours: plain below the first, a background from the second on

static uint8_t between(uint8_t a, uint8_t b, double share) {
    return (uint8_t)lround(a + share * ((double)b - a));
}

xs_rgb xs_palette_rgb(xs_palette palette, double x) {
    const xs_rgb *ramp = palette == XS_PALETTE_CAPTUM ? (x > 0 ? green : red) : (x > 0 ? red : blue);
    double place = fmin(fabs(x), 1) * (STEPS - 1);
    if (isnan(place)) place = 0;
    int low = place >= STEPS - 1 ? STEPS - 2 : (int)place;
    double share = place - low;
    xs_rgb a = ramp[low], b = ramp[low + 1];
    return (xs_rgb){between(a.r, b.r, share), between(a.g, b.g, share), between(a.b, b.b, share)};
}

const char *xs_palette_name(xs_palette palette, bool positive) {
    if (palette == XS_PALETTE_CAPTUM) return positive ? "green" : "red";
    return positive ? "red" : "blue";
}

// The nearest of the 216 cube colours and 24 greys of a 256-colour terminal.
static int nearest_256(xs_rgb c) {
    static const int level[6] = {0, 95, 135, 175, 215, 255};
    int best = 16, least = 1 << 30;
    for (int i = 16; i < 256; i++) {
        int k = i - 16, grey = 8 + 10 * (i - 232);
        int r = i < 232 ? level[k / 36 % 6] : grey, g = i < 232 ? level[k / 6 % 6] : grey,
            b = i < 232 ? level[k % 6] : grey;
        int d = (r - c.r) * (r - c.r) + (g - c.g) * (g - c.g) + (b - c.b) * (b - c.b);
        if (d < least) least = d, best = i;
    }
    return best;
}

// ANSI number (0..7) of what `for` or `against` looks like.
static int basic(xs_palette palette, bool positive) {
    if (palette == XS_PALETTE_CAPTUM) return positive ? 2 : 1;
    return positive ? 1 : 4;
}

void xs_put_style(xs_str *out, const xs_terminal *t, double x, bool firm) {
    if (t->color == XS_COLOR_NONE) return;
    if (t->color == XS_COLOR_16) {
        int hue = basic(t->palette, x > 0);
        if (!firm)
            xs_str_put(out, "\x1b[2;4m");
        else if (fabs(x) >= BAND[1])
            xs_str_printf(out, "\x1b[1;97;%dm", 40 + hue);
        else if (fabs(x) >= BAND[0])
            xs_str_printf(out, "\x1b[%dm", 30 + hue);
        return;
    }
    xs_rgb ground = xs_palette_rgb(t->palette, firm ? x : x * PALE);
    // Relative luminance decides between black and white letters (ITU-R BT.709 weights, without gamma).
    double light = 0.2126 * ground.r + 0.7152 * ground.g + 0.0722 * ground.b;
    xs_rgb ink = firm ? (light > 120 ? (xs_rgb){0, 0, 0} : (xs_rgb){255, 255, 255}) : (xs_rgb){95, 95, 95};
    if (t->color == XS_COLOR_256)
        xs_str_printf(out, "\x1b[%s38;5;%d;48;5;%dm", firm ? "" : "4;", nearest_256(ink),
                      nearest_256(ground));
    else
        xs_str_printf(out, "\x1b[%s38;2;%d;%d;%d;48;2;%d;%d;%dm", firm ? "" : "4;", ink.r, ink.g, ink.b,
                      ground.r, ground.g, ground.b);
}

void xs_put_plain(xs_str *out, const xs_terminal *t) {
    if (t->color != XS_COLOR_NONE) xs_str_put(out, "\x1b[0m");
}
