// How many columns a text takes on a terminal, and text made fit to be shown on one.
#ifndef XSNR_REPORT_WIDTH_H
#define XSNR_REPORT_WIDTH_H
#include "base/str.h"
#include <stdint.h>

/// Columns of one code point: 0 (combining, control, format), 1 or 2 (East Asian wide and fullwidth, emoji).
int xs_char_width(int32_t code_point);
/// Columns of a UTF-8 text as xs_put_shown writes it.
size_t xs_text_width(const char *text, size_t bytes, bool ascii);
/// Appends `text` so that it cannot harm the terminal or the layout: control characters become spaces (one
/// each), broken UTF-8 U+FFFD; with `ascii`, what is not ASCII becomes '?'.  At most `columns` columns are
/// written; a text that is longer ends in "…" (ascii: "~").  Returns the columns taken.
size_t xs_put_shown(xs_str *out, const char *text, size_t bytes, size_t columns, bool ascii);
/// Appends `text` broken at spaces into lines of at most `columns` columns, each ended by a newline; the
/// lines after the first are indented by `indent`.  A word that is longer than a line is cut.
void xs_put_wrapped(xs_str *out, const char *text, size_t columns, size_t indent, bool ascii);
#endif
