// Forms of words; see form.h.
//
// ASCII words are lowered by themselves, except in the languages where I is not the capital of i.  Others take
// ICU's way: UTF-16, u_strToLower, NFC.  A lone apostrophe is a quotation mark and stays what it is.
#include "text/form.h"
#include "base/alloc.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

struct xs_form_maker {
    char *language;
    bool dotless_i;           // Turkish, Azeri: I lowers to ı
    const UNormalizer2 *nfc;  // ICU's own
    char *bytes;              // (capacity) the form
    UChar *raw, *lower, *nfc_form; // (capacity) each
    size_t capacity;
};

// Makes room for n bytes and n UTF-16 units in each step.
static int reserve(xs_form_maker *m, size_t n, xsnr_error *err) {
    if (n <= m->capacity) return XSNR_OK;
    size_t capacity = n < 256 ? 256 : n;
    char *bytes = xs_realloc_array(m->bytes, capacity, 1);
    if (bytes) m->bytes = bytes;
    UChar *raw = xs_realloc_array(m->raw, capacity, sizeof *raw);
    if (raw) m->raw = raw;
    UChar *lower = xs_realloc_array(m->lower, capacity, sizeof *lower);
    if (lower) m->lower = lower;
    UChar *composed = xs_realloc_array(m->nfc_form, capacity, sizeof *composed);
    if (composed) m->nfc_form = composed;
    if (!bytes || !raw || !lower || !composed) return xs_nomem(err);
    m->capacity = capacity;
    return XSNR_OK;
}

static int make_by_icu(xs_form_maker *m, const char *word, size_t n, size_t *length, xsnr_error *err) {
    if (n > INT32_MAX / 16) return xs_fail(err, XSNR_ERR_DATA, "a word of %zu bytes is too long", n);
    XS_TRY(reserve(m, 9 * n + 16, err)); // lowering and NFC make at most three units of one each
    int32_t capacity = (int32_t)m->capacity, raw, lower, composed, out;
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF8(m->raw, capacity, &raw, word, (int32_t)n, &status);
    lower = u_strToLower(m->lower, capacity, m->raw, raw, m->language, &status);
    composed = unorm2_normalize(m->nfc, m->lower, lower, m->nfc_form, capacity, &status);
    for (int32_t i = 0; U_SUCCESS(status) && composed > 1 && i < composed; i++)
        if (m->nfc_form[i] == 0x2019) m->nfc_form[i] = '\'';
    u_strToUTF8(m->bytes, capacity, &out, m->nfc_form, composed, &status);
    if (U_FAILURE(status))
        return xs_fail(err, XSNR_ERR_DATA, "ICU cannot lower the case of a word: %s", u_errorName(status));
    *length = (size_t)out;
    return XSNR_OK;
}

int xs_form_make(xs_form_maker *m, const char *word, size_t n, const char **form, size_t *length,
                 xsnr_error *err) {
    XS_TRY(reserve(m, n, err));
    bool plain = true;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)word[i];
        plain &= c < 0x80 && !(m->dotless_i && c == 'I');
        m->bytes[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    *length = n;
    if (!plain) XS_TRY(make_by_icu(m, word, n, length, err));
    *form = m->bytes;
    return XSNR_OK;
}

int xs_form_maker_new(const char *language, xs_form_maker **out, xsnr_error *err) {
    *out = NULL;
    xs_form_maker *m = XS_NEW(xs_form_maker);
    if (!m) return xs_nomem(err);
    m->dotless_i = strncmp(language, "tr", 2) == 0 || strncmp(language, "az", 2) == 0;
    UErrorCode status = U_ZERO_ERROR;
    m->nfc = unorm2_getNFCInstance(&status);
    m->language = xs_strdup(language);
    if (U_FAILURE(status) || !m->language) {
        xs_form_maker_free(m);
        return U_FAILURE(status) ? xs_fail(err, XSNR_ERR_NOMEM, "ICU has no NFC: %s", u_errorName(status))
                                 : xs_nomem(err);
    }
    *out = m;
    return XSNR_OK;
}

void xs_form_maker_free(xs_form_maker *m) {
    if (!m) return;
    xs_free(m->language);
    xs_free(m->bytes);
    xs_free(m->raw);
    xs_free(m->lower);
    xs_free(m->nfc_form);
    xs_free(m);
}
