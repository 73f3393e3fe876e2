// Tables of texts: CSV, TSV and JSONL, read from hostile files into one form.
//
// CSV   RFC 4180: commas, fields in quotes when they hold a comma, a quote (written twice) or a line break.  Semicolons in the place of
//       commas if the header has these and no comma outside quotes: spreadsheets of countries that write 0,5.
//       Outside quotes a quote is a character like any other (5" pipe).
// TSV   a line a row, a tab between fields; nothing is escaped, so a quote is a character of the text.
//       Exception, for files written by spreadsheets and csv modules, which put a field with quotes inside
//       into quotes: a field that begins and ends with a quote, has quotes between and has them all doubled,
//       is read as CSV would.  If all names in the header are in quotes, fields without quotes between
//       count as well.
// JSONL an object a line; a string, number or boolean is a cell.
//
// Lines end with LF or CRLF, blank lines are passed over, a byte order mark is too.  Everything must be UTF-8
// without NUL.  Time and memory are linear in the size of the file; a cell has at most XS_TEXT_LIMIT bytes,
// a row at most 10,000 fields, a line of JSONL at most eight times XS_TEXT_LIMIT bytes.
#ifndef XSNR_TEXT_TABLE_H
#define XSNR_TEXT_TABLE_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include <stddef.h>

typedef enum xs_table_format { XS_CSV, XS_TSV, XS_JSONL } xs_table_format;

typedef struct xs_cell {
    const char *text; // UTF-8, NUL-terminated, without a NUL inside
    size_t length;
} xs_cell;

/// The columns that were asked for, in the order in which they were asked for.
typedef struct xs_table {
    size_t rows, columns, capacity;
    xs_cell *cells; // (rows, columns)
    long *lines;    // (rows) line of the file at which the row begins, 1-based
    char *bytes;    // the file: cells of CSV and TSV lie in it
    xs_arena arena; // cells of JSONL
} xs_table;

/// The format that a file name's extension says: .csv, .tsv, .jsonl or .ndjson, in any case.
int xs_table_format_of(const char *path, xs_table_format *format, xsnr_error *err);
/// Reads a file.  A file without a row, or without one of the columns, is an error.
int xs_table_read(const char *path, const char *const *columns, size_t n_columns, xs_table *out,
                  xsnr_error *err);
/// The same from memory; `name` stands for the file in messages.
int xs_table_parse(const char *bytes, size_t size, xs_table_format format, const char *name,
                   const char *const *columns, size_t n_columns, xs_table *out, xsnr_error *err);
void xs_table_free(xs_table *table);

static inline xs_cell xs_table_cell(const xs_table *table, size_t row, size_t column) {
    return table->cells[row * table->columns + column];
}

// For the readers of the formats (delimited.c, jsonl.c) and for messages about cells.

/// What a reader is given: bytes it may write to, bytes[size] being one more, and where to put the rows.
typedef struct xs_table_input {
    char *bytes;
    size_t size;
    const char *name;
    const char *const *columns; // (table->columns)
    xs_table *table;
} xs_table_input;
int xs_read_delimited(const xs_table_input *in, xs_table_format format, xsnr_error *err);
int xs_read_jsonl(const xs_table_input *in, xsnr_error *err);
/// A new row's cells, still empty; NULL: out of memory.
xs_cell *xs_table_add_row(xs_table *table, long line);
/// Fails if a cell of the column is longer than a text may be.
int xs_table_check_length(const char *name, long line, const char *column, size_t length, xsnr_error *err);
/// Fails because `column` is not among the names there are.
int xs_table_no_column(const char *name, long line, const char *column, const char *const *there, size_t n,
                       xsnr_error *err);
#endif
