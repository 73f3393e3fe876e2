// Filling an xsnr_error; see error.h.  The names stand in brackets because the analyzer is given macros of them.
#include "base/error.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 5, 0))) static int set(xsnr_error *err, int code, const char *file, long line,
                                                     const char *format, va_list args) {
    if (!err) return code;
    err->code = code;
    err->line = line;
    snprintf(err->file, sizeof err->file, "%s", file ? file : "");
    vsnprintf(err->message, sizeof err->message, format, args);
    for (char *p = err->message; *p; p++) // one line, whatever a file says; and no orders to the terminal
        if ((unsigned char)*p < ' ' || *p == 0x7F) *p = '?';
    return code;
}

int (xs_fail)(xsnr_error *err, int code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    set(err, code, NULL, 0, format, args);
    va_end(args);
    return code;
}

int (xs_fail_at)(xsnr_error *err, int code, const char *file, long line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    set(err, code, file, line, format, args);
    va_end(args);
    return code;
}

int (xs_fail_errno)(xsnr_error *err, const char *what, const char *file) {
    int reason = errno;
    return (xs_fail_at)(err, reason == ENOMEM ? XSNR_ERR_NOMEM : XSNR_ERR_IO, file, 0, "cannot %s: %s", what,
                      strerror(reason));
}

int (xs_nomem)(xsnr_error *err) { return (xs_fail)(err, XSNR_ERR_NOMEM, "out of memory"); }
