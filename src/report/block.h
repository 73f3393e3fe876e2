// A block of terminal lines whose visible widths are known, so that blocks can stand side by side.
#ifndef XSNR_REPORT_BLOCK_H
#define XSNR_REPORT_BLOCK_H
#include "base/str.h"

typedef struct xs_block {
    xs_str text;     // lines without newlines, one after the other
    size_t *end;     // (count) where in `text` each line ends
    size_t *columns; // (count) its visible width
    size_t count, capacity;
    size_t at; // columns of the line that is being written
} xs_block;    // zero-initialised is empty and ready

/// Appends visible text; control characters are made harmless.  Returns the columns taken.
size_t xs_block_put(xs_block *b, const char *text, size_t bytes, size_t columns, bool ascii);
void xs_block_print(xs_block *b, const char *text); // text of our own, ASCII
void xs_block_pad(xs_block *b, size_t column);      // blanks up to the column
void xs_block_line(xs_block *b);                    // ends the line
bool xs_block_failed(const xs_block *b);
void xs_block_free(xs_block *b);
/// Writes blocks side by side, each `width` columns wide, `gap` apart; no trailing blanks.
void xs_put_blocks(xs_str *out, const xs_block *blocks, size_t n, size_t width, size_t gap);
#endif
