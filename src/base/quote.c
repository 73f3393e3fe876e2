// What a file holds, in messages: names and texts cut to a readable length, and what may have been meant; see str.h.
#include "base/str.h"
#include <string.h>

#define QUOTED_BYTES 48u // of a name or a text in a message
#define QUOTED_NAMES 10u // in a list in a message
#define NEAREST_OF 1000u // candidates looked at for "did you mean"

void xs_quote_text(xs_str *out, const char *text, size_t length) {
    size_t n = length;
    if (n > QUOTED_BYTES)
        for (n = QUOTED_BYTES; n && ((unsigned char)text[n] & 0xC0) == 0x80;) n--;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        xs_str_append(out, c < 0x20 || c == 0x7F ? " " : text + i, 1);
    }
    if (n < length) xs_str_put(out, "…");
}

void xs_quote_names(xs_str *out, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i) xs_str_put(out, ", ");
        if (i == QUOTED_NAMES && n > QUOTED_NAMES + 1) {
            xs_str_printf(out, "… (%zu in all)", n);
            break;
        }
        xs_quote_text(out, names[i], strlen(names[i]));
    }
}

void xs_quote_nearest(xs_str *out, const char *word, const char *const *there, size_t n) {
    const char *near = xs_nearest(word, there, n < NEAREST_OF ? n : NEAREST_OF);
    if (near) {
        xs_str_put(out, "; did you mean '");
        xs_quote_text(out, near, strlen(near));
        xs_str_put(out, "'?");
    }
    xs_str_put(out, near ? " (there are: " : "; there are: ");
    xs_quote_names(out, there, n);
    if (near) xs_str_put(out, ")");
}
