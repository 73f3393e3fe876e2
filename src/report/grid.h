// A table for the terminal: columns as wide as what they hold, two blanks between, numbers to the right.
#ifndef XSNR_REPORT_GRID_H
#define XSNR_REPORT_GRID_H
#include "base/arena.h"
#include "base/str.h"
#include "report/number.h"

enum { XS_GRID_MOST = 16 };

typedef struct xs_grid {
    size_t columns, cells, capacity;
    const char **cell;          // (cells) row by row; the first row is the heading
    bool right[XS_GRID_MOST];   // the column is set to the right
    bool ascii, failed;
    xs_arena arena;
} xs_grid;

/// Begins with its heading; `right` says for every column 'l' or 'r', as in "llrrr".
void xs_grid_begin(xs_grid *grid, const char *const *heading, const char *right, bool ascii);
/// The next cell; text of the user's is made harmless.  NULL is empty.
void xs_grid_text(xs_grid *grid, const char *text);
void xs_grid_shown(xs_grid *grid, xs_shown shown);
void xs_grid_p(xs_grid *grid, double p);
void xs_grid_count(xs_grid *grid, size_t n);
/// Appends the table and releases the grid; false: out of memory.  Columns without a cell in any row are left out.
bool xs_grid_end(xs_grid *grid, xs_str *out);
#endif
