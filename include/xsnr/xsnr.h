/// xsnr: how much of a model's word-level explanation is signal, and how much is the noise of training?
///
/// This is the only header of the library.  Handles are opaque; every function that can fail returns XSNR_OK
/// or a negative xsnr_code and fills the xsnr_error that it is given last (which may be NULL).  The library
/// never prints and never exits.  A handle may be used by one thread at a time; different handles by
/// different threads.  Strings that a function hands out are released with xsnr_free.
#ifndef XSNR_H
#define XSNR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define XSNR_API __attribute__((visibility("default")))
#else
#define XSNR_API
#endif

/* ---------------------------------------------------------------- errors */

/// What went wrong, as a class; the message of the xsnr_error says it in words.
enum xsnr_code {
    XSNR_OK = 0,
    XSNR_ERR_NOMEM = -1,       ///< out of memory
    XSNR_ERR_IO = -2,          ///< a file cannot be opened, read or written; the disk is full
    XSNR_ERR_DATA = -3,        ///< a data file is not what it should be (syntax, encoding, values)
    XSNR_ERR_CONFIG = -4,      ///< study.yaml or an option: unknown key, wrong type, out of range
    XSNR_ERR_ARGUMENT = -5,    ///< a function was called with arguments that make no sense
    XSNR_ERR_NOT_FOUND = -6,   ///< no such text, family, explainer, …
    XSNR_ERR_BUSY = -7,        ///< another process works on the study
    XSNR_ERR_SCHEMA = -8,      ///< the study file is of a later version, or of another study
    XSNR_ERR_CORRUPT = -9,     ///< the study file is damaged
    XSNR_ERR_INTERRUPTED = -10,///< stopped on request; what was done is kept
    XSNR_ERR_UNSUPPORTED = -11,///< an explainer needs what the family cannot give
    XSNR_ERR_NUMERIC = -12     ///< training diverged, or a result is not finite
};

/// The place and the words of an error.  Zero-initialise it.
typedef struct xsnr_error {
    int code;          ///< an xsnr_code
    long line;         ///< 1-based line in `file`; 0: none
    char file[256];    ///< the file at fault; "": none
    char message[768]; ///< one line, no full stop
} xsnr_error;

/// The version of the library, e.g. "0.1.0".  Static.
XSNR_API const char *xsnr_version(void);

#ifdef __cplusplus
}
#endif
#endif
