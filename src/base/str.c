// Growing strings and the distance between words; see str.h.
#include "base/str.h"
#include "base/alloc.h"
#include "base/error.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int reserve(xs_str *s, size_t more) {
    if (s->failed) return XSNR_ERR_NOMEM;
    if (s->data && more < s->capacity - s->length) return XSNR_OK; // strictly: room for the NUL too
    size_t want = s->capacity ? s->capacity : 64;
    while (want - s->length <= more) {
        if (want > SIZE_MAX / 2) {
            s->failed = true;
            return XSNR_ERR_NOMEM;
        }
        want *= 2;
    }
    char *data = xs_realloc(s->data, want);
    if (!data) {
        s->failed = true;
        return XSNR_ERR_NOMEM;
    }
    s->data = data;
    s->capacity = want;
    return XSNR_OK;
}

int xs_str_append(xs_str *s, const void *bytes, size_t n) {
    XS_TRY(reserve(s, n));
    if (n) memcpy(s->data + s->length, bytes, n);
    s->length += n;
    s->data[s->length] = '\0';
    return XSNR_OK;
}

int xs_str_put(xs_str *s, const char *text) { return xs_str_append(s, text, strlen(text)); }

int xs_str_vprintf(xs_str *s, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    int rc = n < 0 ? XSNR_ERR_NOMEM : reserve(s, (size_t)n);
    if (rc == XSNR_OK) {
        vsnprintf(s->data + s->length, (size_t)n + 1, format, again);
        s->length += (size_t)n;
    }
    va_end(again);
    return rc;
}

int xs_str_printf(xs_str *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int rc = xs_str_vprintf(s, format, args);
    va_end(args);
    return rc;
}

bool xs_str_failed(const xs_str *s) { return s->failed; }

char *xs_str_take(xs_str *s) {
    if (!s->failed && !s->data) xs_str_put(s, "");
    char *data = s->failed ? NULL : s->data;
    if (!data) xs_free(s->data);
    *s = (xs_str){0};
    return data;
}

void xs_str_free(xs_str *s) {
    xs_free(s->data);
    *s = (xs_str){0};
}

char *xs_printable(char *to, size_t size, const char *text) {
    size_t n = 0;
    for (; n < size - 1 && text[n]; n++) to[n] = text[n] < ' ' || text[n] > '~' ? '?' : text[n];
    if (text[n]) memset(to + size - 4, '.', 3);
    to[n] = '\0';
    return to;
}

unsigned xs_edit_distance(const char *a, const char *b) {
    unsigned row[64];
    size_t n = strnlen(b, 63);
    for (size_t j = 0; j <= n; j++) row[j] = (unsigned)j;
    for (size_t i = 0; i < 63 && a[i]; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < n; j++) {
            unsigned best = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            if (row[j + 1] + 1 < best) best = row[j + 1] + 1;
            if (row[j] + 1 < best) best = row[j] + 1;
            row[j + 1] = best;
        }
    }
    return row[n];
}

const char *xs_nearest(const char *word, const char *const *candidates, size_t n) {
    const char *best = NULL;
    unsigned least = (unsigned)(strlen(word) / 3 + 2); // further away than this, a guess only misleads
    for (size_t i = 0; i < n; i++) {
        unsigned d = xs_edit_distance(word, candidates[i]);
        if (d < least) least = d, best = candidates[i];
    }
    return best;
}
