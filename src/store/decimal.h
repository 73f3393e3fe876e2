// Decimal numbers to floats, correctly rounded, at the speed of gigabytes of text.
#ifndef XSNR_STORE_DECIMAL_H
#define XSNR_STORE_DECIMAL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The float (double) nearest to a number, [-]digits[.digits][e[±]digits], which is well-formed and followed by a byte
/// that no number has.  false: beyond the largest.
bool xs_decimal_float(const char *text, size_t length, float *out);
bool xs_decimal_double(const char *text, size_t length, double *out);
/// digits × 10^exponent (19 digits at most), where a division of two exact doubles is enough to be sure; else false.
bool xs_decimal_quotient(uint64_t digits, int exponent, bool negative, float *out);
#endif
