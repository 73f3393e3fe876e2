// Growing strings, for everything that is composed before it is written.
//
// Append functions return 0 or XSNR_ERR_NOMEM; after a failure the string is marked and every later append
// fails too, so a caller may append a whole page and ask once, with xs_str_failed.
#ifndef XSNR_BASE_STR_H
#define XSNR_BASE_STR_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct xs_str {
    char *data; // NUL-terminated as soon as anything was appended; owned
    size_t length, capacity;
    bool failed;
} xs_str; // zero-initialised is empty and ready

int xs_str_append(xs_str *s, const void *bytes, size_t n); // may hold NUL bytes
int xs_str_put(xs_str *s, const char *text);
int xs_str_printf(xs_str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
int xs_str_vprintf(xs_str *s, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
bool xs_str_failed(const xs_str *s);
char *xs_str_take(xs_str *s); // the string, "" if nothing was appended, NULL if an append failed; caller frees with xs_free
void xs_str_free(xs_str *s);

/// Copies what a file holds for a message: what is not printable ASCII becomes '?', what does not fit "...".
/// `to` (size), size > 3; returned.
char *xs_printable(char *to, size_t size, const char *text);

/// Appends what a file holds, UTF-8, to a message: cut to a readable length, control characters replaced.
void xs_quote_text(xs_str *out, const char *text, size_t length);
/// Appends names as "a, b, c", cut likewise.
void xs_quote_names(xs_str *out, const char *const *names, size_t n);
/// Appends "; there are: a, b" or, if one of them can be meant by `word`, "; did you mean 'a'? (there are: a, b)".
void xs_quote_nearest(xs_str *out, const char *word, const char *const *there, size_t n);

/// Levenshtein distance in bytes, capped at 63 bytes of each.
unsigned xs_edit_distance(const char *a, const char *b);
/// The candidate nearest to `word` (NULL if none is near enough to be meant): for "did you mean".
const char *xs_nearest(const char *word, const char *const *candidates, size_t n);
#endif
