// Fields of CSV (RFC 4180).
#ifndef XSNR_REPORT_CSV_H
#define XSNR_REPORT_CSV_H
#include "base/str.h"

/// A text, in quotes if it needs them; NULL is empty.
void xs_csv_text(xs_str *out, const char *text);
/// A comma and a number, nine digits; undefined is empty.
void xs_csv_number(xs_str *out, double v);
#endif
