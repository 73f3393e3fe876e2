// The form under which a word counts as the same word: lower case (by the rules of the language), NFC, and ’ for '.
#ifndef XSNR_TEXT_FORM_H
#define XSNR_TEXT_FORM_H
#include "base/error.h"
#include <stddef.h>

typedef struct xs_form_maker xs_form_maker; // one a thread: it keeps scratch memory

int xs_form_maker_new(const char *language, xs_form_maker **out, xsnr_error *err);
void xs_form_maker_free(xs_form_maker *m);
/// The form of a word of n bytes of UTF-8; *form is valid until the next call, and not NUL-terminated.
int xs_form_make(xs_form_maker *m, const char *word, size_t n, const char **form, size_t *length, xsnr_error *err);
#endif
