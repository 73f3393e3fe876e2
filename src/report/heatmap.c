// The heat map of a text on a terminal, and its legend.
//
// The colour is the mean over models on a scale of ± the limit, so panels that share the limit compare.  A
// word that does not stand firm (95 % interval covers 0) is pale and underlined.  Without colour the sign and
// a third of the limit are written behind the word: + ++ +++ − −− −−−, and ~word~ does not stand firm.
#include "report/heatmap.h"
#include "report/color.h"
#include "report/number.h"
#include "report/width.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SHADES = 11 }; // cells of the legend

bool xs_word_is_firm(const xs_word_stats *w) {
    return w->ci[0] > 0 || w->ci[1] < 0 || (w->ci[0] == w->ci[1] && w->mean != 0);
}

double xs_largest_mean(const xs_text_result *text) {
    double most = 0;
    for (size_t w = 0; w < text->n_words; w++)
        if (isfinite(text->word[w].mean) && fabs(text->word[w].mean) > most) most = fabs(text->word[w].mean);
    return most;
}

const char *xs_word_name(const xs_text_result *text, size_t w, char buffer[24]) {
    if (text->words) return text->words[w].text;
    snprintf(buffer, 24, "w%zu", w + 1);
    return buffer;
}

// What stands before and behind a word where there are no colours.
static void marks(const xs_word_stats *w, double x, const char **before, const char **behind) {
    static const char *const degrees[2][3] = {{"-", "--", "---"}, {"+", "++", "+++"}};
    *before = *behind = "";
    if (isnan(w->mean) || isnan(w->ci[0]))
        *before = *behind = "?";
    else if (!xs_word_is_firm(w))
        *before = *behind = "~";
    else
        *behind = degrees[x > 0][fabs(x) > 2.0 / 3 ? 2 : fabs(x) > 1.0 / 3 ? 1 : 0];
}

// Blanks between word w and the one before it.
static size_t gap_before(const xs_text_result *text, size_t w) {
    if (w == 0) return 0;
    return !text->words || text->words[w].byte_start > text->words[w - 1].byte_end;
}

void xs_put_heatmap(xs_block *b, const xs_text_result *text, double limit, size_t columns,
                    const xs_terminal *t) {
    for (size_t w = 0; w < text->n_words; w++) {
        const xs_word_stats *word = &text->word[w];
        double x = limit > 0 && isfinite(word->mean) ? word->mean / limit : 0;
        char buffer[24];
        const char *name = xs_word_name(text, w, buffer), *before = "", *behind = "";
        if (t->color == XS_COLOR_NONE) marks(word, x, &before, &behind);
        size_t around = strlen(before) + strlen(behind), gap = gap_before(text, w);
        size_t room = columns > around ? columns - around : 1;
        size_t width = xs_text_width(name, strlen(name), t->ascii);
        if (width > room) width = room;
        if (b->at && b->at + gap + width + around > columns) xs_block_line(b);
        if (b->at) xs_block_pad(b, b->at + gap);
        bool styled = !isnan(word->mean);
        if (styled) xs_put_style(&b->text, t, x, xs_word_is_firm(word));
        xs_block_print(b, before);
        xs_block_put(b, name, strlen(name), width, t->ascii);
        xs_block_print(b, behind);
        if (styled) xs_put_plain(&b->text, t);
    }
    if (b->at) xs_block_line(b);
}

void xs_put_legend(xs_str *out, const xs_results *r, double limit, const xs_terminal *t) {
    size_t room = t->width > 0 ? (size_t)t->width : 80;
    xs_shown most = xs_show_number(limit);
    xs_str words = {0};
    if (t->color == XS_COLOR_NONE) {
        xs_str_printf(
            &words,
            "scale: word+ word++ word+++ for the class, word- word-- word--- against it, by thirds of %s;"
            " ~word~ the 95 %% interval of the mean covers 0; ?word? no interval",
            most.text);
    } else {
        xs_str_printf(out, "-%s ", most.text);
        for (int i = 0; i < SHADES; i++) {
            double x = 2.0 * i / (SHADES - 1) - 1;
            xs_put_style(out, t, x, true);
            xs_str_put(out, i == SHADES / 2           ? "0 "
                            : t->color == XS_COLOR_16 ? (t->ascii ? "##" : "▪▪")
                                                      : "  ");
            xs_put_plain(out, t);
        }
        xs_str_printf(out, " +%s  ", most.text);
        xs_put_style(out, t, 0.7, false);
        xs_str_put(out, "pale");
        xs_put_plain(out, t);
        xs_str_put(out, "\n");
        xs_str_printf(&words,
                      "%s: for the class, %s: against it; pale and underlined: the 95 %% interval of the "
                      "mean covers 0, or there is none",
                      xs_palette_name(t->palette, true), xs_palette_name(t->palette, false));
    }
    xs_str_printf(&words,
                  "; mean over models of the word's score, normalisation %s, one scale for all panels",
                  r->normalize ? r->normalize : "not known");
    if (!xs_str_failed(&words)) xs_put_wrapped(out, words.data, room, 0, t->ascii);
    out->failed |= words.failed;
    xs_str_free(&words);
}
