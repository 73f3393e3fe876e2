// The words of one text, coloured by their mean score over models.
#ifndef XSNR_REPORT_HEATMAP_H
#define XSNR_REPORT_HEATMAP_H
#include "report/block.h"
#include "report/report.h"

/// Does the word's 95 % interval keep away from zero?
bool xs_word_is_firm(const xs_word_stats *w);
/// The largest |mean| of a text's words, 0 if none is defined.
double xs_largest_mean(const xs_text_result *text);
/// Name of word w: itself, or "w7" in a bare array.  `buffer` is used where there is no text.
const char *xs_word_name(const xs_text_result *text, size_t w, char buffer[24]);
/// The text's words, wrapped to `columns`; `limit` is the score of the full colour.
void xs_put_heatmap(xs_block *b, const xs_text_result *text, double limit, size_t columns,
                    const xs_terminal *t);
/// The legend that belongs to it.
void xs_put_legend(xs_str *out, const xs_results *r, double limit, const xs_terminal *t);
#endif
