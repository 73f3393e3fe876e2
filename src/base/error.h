// Errors: how every function of xsnr says that it failed.
//
// A function that can fail returns XSNR_OK (0) or a negative xsnr_code; its last argument is an xsnr_error
// that takes the message and the place.  `err` may be NULL: then only the code is lost.  The first error
// stays: a function that fails because a callee failed passes the code on and leaves the message alone.
// A message says what is wrong and what would be right, in one line, without the place and without a full stop.
#ifndef XSNR_BASE_ERROR_H
#define XSNR_BASE_ERROR_H
#include <xsnr/xsnr.h>

/// Sets code and message (printf-style), no place; returns `code`.
int xs_fail(xsnr_error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/// The same with a file (may be NULL) and a line (1-based; 0: none).
int xs_fail_at(xsnr_error *err, int code, const char *file, long line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/// "cannot WHAT FILE: reason" from errno, code XSNR_ERR_IO, e.g. xs_fail_errno(err, "open", path).
int xs_fail_errno(xsnr_error *err, const char *what, const char *file);
/// Out of memory; returns XSNR_ERR_NOMEM.
int xs_nomem(xsnr_error *err);

#ifdef __clang_analyzer__ // it reads one file at a time, and must be told that these never return XSNR_OK
#define xs_fail(err, code, ...) ((void)(xs_fail)(err, code, __VA_ARGS__), XSNR_ERR_DATA)
#define xs_fail_at(err, code, file, line, ...) ((void)(xs_fail_at)(err, code, file, line, __VA_ARGS__), XSNR_ERR_DATA)
#define xs_fail_errno(err, what, file) ((void)(xs_fail_errno)(err, what, file), XSNR_ERR_IO)
#define xs_nomem(err) ((void)(xs_nomem)(err), XSNR_ERR_NOMEM)
#endif

/// Returns from the calling function if `call` fails.  Only where nothing has to be released.
#define XS_TRY(call)                                                                                          \
    do {                                                                                                      \
        int xs_try_rc = (call);                                                                               \
        if (xs_try_rc < 0) return xs_try_rc;                                                                  \
    } while (0)
#endif
