// Do the offsets of a tokenisation belong to its tokens and its text?
//
// Offsets that count bytes, or that are another text's, would cut words in wrong places and say nothing.  So every token is
// compared with what the text has at its offsets, as far as both are the same for any tokenizer: without sub-word marks, in the
// folding of NFKC_Casefold, without accents, blanks and characters that are not seen.  A tokenizer may still write something
// else than the text ([UNK], `` for a quotation mark, HTTPURL for an address).  Offsets are wrong only if
//   all tokens are what the text has at these places in bytes, or in units of UTF-16, and in code points they are not;
//   a token of three characters and more stands elsewhere in the text, and not at its offsets;
//   or more than half of the tokens are not what the text has.
#include "base/alloc.h"
#include "store/importer.h"
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

enum { EVIDENT = 3, SOUGHT = 64 }; // characters of a token that prove something; tokens that are looked for in the text

/* ------------------------------------------------------------ plain spelling */

typedef struct spelling {
    UChar *at; // (n)
    int32_t n;
} spelling;

typedef struct matcher {
    const UNormalizer2 *fold, *apart;
    UChar *room[2]; // (capacity) before and after folding
    spelling plain[2];
    int32_t capacity; // of all four
    xs_str bytes;     // of a byte-level token
    bool bytelevel;   // some token says that it is one
} matcher;

static int grow(matcher *m, int32_t want, xsnr_error *err) {
    UChar **const all[] = {&m->room[0], &m->room[1], &m->plain[0].at, &m->plain[1].at};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        UChar *more = xs_realloc_array(*all[i], (size_t)want, sizeof *more);
        if (!more) return xs_nomem(err);
        *all[i] = more;
    }
    m->capacity = want;
    return XSNR_OK;
}

static void matcher_free(matcher *m) {
    for (int i = 0; i < 2; i++) {
        xs_free(m->room[i]);
        xs_free(m->plain[i].at);
    }
    xs_str_free(&m->bytes);
}

static UChar32 next_point(const spelling *s, int32_t *i) {
    uint32_t c = s->at[(*i)++]; // well-formed: u_strFromUTF8WithSub made it
    if (U16_IS_LEAD(c) && *i < s->n) c = (uint32_t)U16_GET_SUPPLEMENTARY(c, s->at[(*i)++]);
    return (UChar32)c;
}

static bool says_nothing(UChar32 c) {
    int type = u_charType(c);
    return u_isUWhiteSpace(c) || type == U_CONTROL_CHAR || type == U_FORMAT_CHAR || type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK ||
           c == '_' || c == 0x2581; // ▁
}

// What every tokenizer leaves of a text, in plain[slot].
static int spell(matcher *m, int slot, const char *text, size_t size, xsnr_error *err) {
    spelling *out = &m->plain[slot];
    if (m->capacity < (int32_t)size + 64) XS_TRY(grow(m, 2 * (int32_t)size + 64, err));
    for (;;) {
        UErrorCode status = U_ZERO_ERROR;
        int32_t n;
        u_strFromUTF8WithSub(m->room[0], m->capacity, &n, text, (int32_t)size, 0xFFFD, NULL, &status);
        n = unorm2_normalize(m->fold, m->room[0], n, m->room[1], m->capacity, &status);
        out->n = unorm2_normalize(m->apart, m->room[1], n, out->at, m->capacity, &status);
        if (U_SUCCESS(status)) break;
        if (status != U_BUFFER_OVERFLOW_ERROR) return xs_nomem(err);
        XS_TRY(grow(m, 2 * m->capacity, err));
    }
    int32_t n = 0;
    for (int32_t i = 0; i < out->n;) {
        int32_t before = i;
        UChar32 c = next_point(out, &i);
        for (; !says_nothing(c) && before < i; before++) out->at[n++] = out->at[before];
    }
    out->n = n;
    return XSNR_OK;
}

static bool contains(const spelling *a, const spelling *b) { return !b->n || u_strFindFirst(a->at, a->n, b->at, b->n); }

// Is this token spelled as the text is here?  One that shows nothing can be anywhere.
static bool alike(const spelling *here, const spelling *token, bool shared) {
    if (shared) return contains(here, token) || contains(token, here);
    return !token->n || u_strCompare(here->at, here->n, token->at, token->n, false) == 0;
}

static bool has_letter(const spelling *s) {
    for (int32_t i = 0; i < s->n;) {
        if (u_isalpha(next_point(s, &i))) return true;
    }
    return false;
}

/* ------------------------------------------------------------ one token */

typedef enum verdict { FITS, DIFFERS, SAYS_NOTHING } verdict;

static bool is_utf8(const char *text, size_t n) {
    for (size_t i = 0, width; i < n; i += width)
        if (!(width = xs_json_utf8(text + i)) || width > n - i) return false;
    return true;
}

// The bytes that a byte-level token's characters stand for, without white space in front; 0: it is not such a token.
static int find_bytes(matcher *m, const xs_json_span *token, xsnr_error *err) {
    m->bytes.length = 0;
    for (int32_t i = 0, n = (int32_t)token->length; i < n;) {
        const uint8_t *text = (const uint8_t *)token->text;
        int32_t c;
        U8_NEXT(text, i, n, c);
        int byte = xs_import_byte(c);
        if (byte < 0) return 0;
        char b = (char)byte;
        if (!m->bytes.length && byte == ' ') continue;
        if (xs_str_append(&m->bytes, &b, 1)) return xs_nomem(err);
    }
    return 1;
}

static bool is_placeholder(const xs_json_span *t) {
    char first = t->text[0], last = t->text[t->length - 1];
    if (t->length > 2 && ((first == '[' && last == ']') || (first == '<' && last == '>'))) return true;
    return (t->length == 3 && strncasecmp(t->text, "unk", 3) == 0) || xs_json_is(t, "⁇") || xs_json_is(t, "\xEF\xBF\xBD");
}

// Is the token what the text has here?  `shared`: its place is another token's too, whose spelling is beside its own.
static int compare(matcher *m, const xs_json_span *token, const char *here, size_t n, bool shared, verdict *out, xsnr_error *err) {
    struct form {
        size_t skip, drop;
    } forms[] = {{0, 0}, {2, 0}, {0, 4}, {0, 2}}; // as it is, ##ing, ing</w>, ing@@
    const char *t = token->text;
    size_t length = token->length;
    *out = FITS;
    if (length == n && strncasecmp(t, here, n) == 0) return XSNR_OK;
    XS_TRY(spell(m, 0, here, n, err));
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct form f = forms[i];
        bool written = f.skip + f.drop < length && (!f.skip || memcmp(t, "##", 2) == 0) &&
                       (!f.drop || memcmp(t + length - f.drop, f.drop == 4 ? "</w>" : "@@", f.drop) == 0);
        if (!written) continue;
        XS_TRY(spell(m, 1, t + f.skip, length - f.skip - f.drop, err));
        if (alike(&m->plain[0], &m->plain[1], shared)) return XSNR_OK;
    }
    *out = SAYS_NOTHING;
    if (is_placeholder(token)) return XSNR_OK;
    *out = DIFFERS; // plain[1] is the token as it is, or without its mark
    int found = find_bytes(m, token, err);
    if (found < 1) return found;
    bool part = !is_utf8(m->bytes.data, m->bytes.length); // of a character; été would be one, too, were it such a token
    if (!m->bytes.length || (part && memmem(here, n, m->bytes.data, m->bytes.length))) *out = FITS;
    else if (part && m->bytelevel) *out = SAYS_NOTHING;
    else if (!part) {
        XS_TRY(spell(m, 1, m->bytes.data, m->bytes.length, err));
        if (alike(&m->plain[0], &m->plain[1], shared)) *out = FITS;
    }
    return XSNR_OK;
}

/* ------------------------------------------------------------ all tokens of a text */

// Where the nth code point, byte or unit of UTF-16 begins in the text.
typedef enum unit { POINTS, BYTES, UTF16 } unit;
typedef struct ruler {
    size_t *byte; // (n + 1)
    size_t n;
} ruler;

static int make_ruler(const char *text, size_t size, unit in, xs_arena *arena, ruler *out, xsnr_error *err) {
    *out = (ruler){XS_ARENA_ARRAY(arena, size_t, size + 1), 0};
    if (!out->byte) return xs_nomem(err);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (in == BYTES || (c & 0xC0) != 0x80) out->byte[out->n++] = i;
        if (in == UTF16 && c >= 0xF0) out->byte[out->n++] = i; // a pair of surrogates
    }
    out->byte[out->n] = size;
    return XSNR_OK;
}

typedef struct findings {
    size_t told, wrong, first; // tokens that say something; that differ, and the first of these
} findings;

static bool is_special(const xs_import_cut *t, size_t i) {
    return !t->words && (xs_import_special(&t->token[i]) || t->offsets[2 * i] == t->offsets[2 * i + 1]);
}

static bool is_shared(const xs_import_cut *t, size_t i) {
    const uint32_t *o = &t->offsets[2 * i];
    return (i && o[-1] > o[0] && o[-2] < o[1]) || (i + 1 < t->n && o[2] < o[1] && o[3] > o[0]);
}

static int look(const xs_import_cut *t, matcher *m, const ruler *in, findings *out, xsnr_error *err) {
    *out = (findings){0};
    for (size_t i = 0; i < t->n; i++) {
        if (is_special(t, i)) continue;
        uint32_t begin = t->offsets[2 * i], end = t->offsets[2 * i + 1];
        verdict v = DIFFERS;
        if (end <= in->n) XS_TRY(compare(m, &t->token[i], t->content + in->byte[begin], in->byte[end] - in->byte[begin], is_shared(t, i), &v, err));
        out->told += v != SAYS_NOTHING;
        if (v == DIFFERS && !out->wrong++) out->first = i;
    }
    return XSNR_OK;
}

// Does a token that is not at its offsets stand elsewhere?  *which: it.
static int look_elsewhere(const xs_import_cut *t, matcher *m, const ruler *in, bool *found, size_t *which, xsnr_error *err) {
    matcher all = {.fold = m->fold, .apart = m->apart};
    int rc = spell(&all, 0, t->content, strlen(t->content), err);
    size_t sought = 0;
    *found = false;
    for (size_t i = 0; rc == XSNR_OK && i < t->n && !*found && sought < SOUGHT; i++) {
        uint32_t begin = t->offsets[2 * i], end = t->offsets[2 * i + 1];
        verdict v;
        if (is_special(t, i) || end > in->n) continue;
        rc = compare(m, &t->token[i], t->content + in->byte[begin], in->byte[end] - in->byte[begin], is_shared(t, i), &v, err);
        if (rc < 0 || v != DIFFERS || m->plain[1].n < EVIDENT || !has_letter(&m->plain[1])) continue;
        sought++;
        *found = contains(&all.plain[0], &m->plain[1]);
        *which = i;
    }
    matcher_free(&all);
    return rc;
}

/* ------------------------------------------------------------ messages */

static int fail_order(const xs_importer *imp, const xs_import_cut *t, size_t i, const char *what, xsnr_error *err) {
    char name[64];
    const uint32_t *o = &t->offsets[2 * i];
    xs_printable(name, sizeof name, imp->text_names.text[t->text]);
    if (o[0] > o[1])
        return xs_fail_at(err, XSNR_ERR_DATA, t->file, t->line, "text '%s': the offsets [%" PRIu32 ", %" PRIu32 ") of %s %zu end before they begin", name, o[0],
                          o[1], t->words ? "word" : "token", i + 1);
    return xs_fail_at(err, XSNR_ERR_DATA, t->file, t->line, "text '%s': the offsets [%" PRIu32 ", %" PRIu32 ") of %s %zu %s [%" PRIu32 ", %" PRIu32 ") of the one before",
                      name, o[0], o[1], t->words ? "word" : "token", i + 1, what, o[-2], o[-1]);
}

static int fail_place(const xs_importer *imp, const xs_import_cut *t, const ruler *in, size_t i, const char *why, xsnr_error *err) {
    char name[64];
    xs_str token = {0}, here = {0};
    const uint32_t *o = &t->offsets[2 * i];
    xs_quote_text(&token, t->token[i].text, t->token[i].length);
    xs_str_put(&here, "nothing");
    if (in && o[1] <= in->n) {
        here.length = 0;
        xs_str_put(&here, "'");
        xs_quote_text(&here, t->content + in->byte[o[0]], in->byte[o[1]] - in->byte[o[0]]);
        xs_str_put(&here, "'");
    }
    int rc = xs_str_failed(&token) || xs_str_failed(&here) ? xs_nomem(err) : XSNR_OK;
    xs_printable(name, sizeof name, imp->text_names.text[t->text]);
    if (rc == XSNR_OK && in)
        rc = xs_fail_at(err, XSNR_ERR_DATA, t->file, t->line, "text '%s': %s %zu is '%s', at its offsets [%" PRIu32 ", %" PRIu32 ") the text has %s: %s", name,
                        t->words ? "word" : "token", i + 1, token.data, o[0], o[1], here.data, why);
    else if (rc == XSNR_OK)
        rc = xs_fail_at(err, XSNR_ERR_DATA, t->file, t->line, "text '%s': %s %zu is '%s', its offsets are [%" PRIu32 ", %" PRIu32 "): %s", name,
                        t->words ? "word" : "token", i + 1, token.data, o[0], o[1], why);
    xs_str_free(&token);
    xs_str_free(&here);
    return rc;
}

#define COUNT_BYTES "offsets count bytes; code points are wanted, as Python's str counts"

/* ------------------------------------------------------------ rules */

// Tokens come in the order of the text.  Two may share a character that they are parts of.
static int check_order(const xs_importer *imp, const xs_import_cut *t, xsnr_error *err) {
    const uint32_t *before = NULL;
    for (size_t i = 0; i < t->n; i++) {
        const uint32_t *o = &t->offsets[2 * i];
        if (o[0] > o[1]) return fail_order(imp, t, i, "", err);
        if (is_special(t, i)) continue;
        if (before && before == o - 2 && (o[0] < before[0] || o[1] < before[1])) return fail_order(imp, t, i, "go back behind", err);
        if (before && (o[0] < before[0] || o[1] < before[1]))
            return fail_place(imp, t, NULL, i, "they go back behind those of a token before it", err);
        before = o;
    }
    return XSNR_OK;
}

// Without a text: the places of words are as long as the words, and do not overlap.
static int check_room(const xs_importer *imp, const xs_import_cut *t, xsnr_error *err) {
    bool bytes = true;
    size_t differs = SIZE_MAX;
    for (size_t i = 0; i < t->n; i++) {
        const uint32_t *o = &t->offsets[2 * i];
        size_t points = 0, skip = t->token[i].length > 2 && memcmp(t->token[i].text, "##", 2) == 0 ? 2 : 0;
        if (is_special(t, i)) continue;
        for (size_t k = skip; k < t->token[i].length; k++) points += ((unsigned char)t->token[i].text[k] & 0xC0) != 0x80;
        bytes = bytes && o[1] - o[0] == t->token[i].length - skip;
        if (o[1] - o[0] != points && differs == SIZE_MAX) differs = i;
        if (t->words && i && o[0] < o[-1] && o[1] - o[0] != points) return fail_order(imp, t, i, "overlap", err);
    }
    return bytes && differs != SIZE_MAX ? fail_place(imp, t, NULL, differs, COUNT_BYTES, err) : XSNR_OK;
}

static int check_text(const xs_importer *imp, const xs_import_cut *t, matcher *m, xs_arena *scratch, xsnr_error *err) {
    static const char *const others[] = {COUNT_BYTES, "offsets count units of UTF-16, as Java and JavaScript do; code points are wanted, as Python's str counts"};
    static const char not_here[] = "these offsets do not belong to this text; give those that do, or leave out the text or the offsets";
    size_t size = strlen(t->content), which = 0;
    ruler points, other;
    findings f, g;
    bool elsewhere;
    XS_TRY(make_ruler(t->content, size, POINTS, scratch, &points, err));
    XS_TRY(look(t, m, &points, &f, err));
    if (!f.wrong) return XSNR_OK;
    for (unit u = BYTES; u <= UTF16; u++) {
        XS_TRY(make_ruler(t->content, size, u, scratch, &other, err));
        XS_TRY(look(t, m, &other, &g, err));
        if (g.told && !g.wrong) return fail_place(imp, t, &points, f.first, others[u - BYTES], err);
    }
    XS_TRY(look_elsewhere(t, m, &points, &elsewhere, &which, err));
    if (elsewhere) return fail_place(imp, t, &points, which, not_here, err);
    return f.told >= EVIDENT && 2 * f.wrong > f.told ? fail_place(imp, t, &points, f.first, not_here, err) : XSNR_OK;
}

int xs_import_fit(xs_importer *imp, const xs_import_cut *t, xsnr_error *err) {
    if (!t->offsets) return XSNR_OK;
    XS_TRY(check_order(imp, t, err));
    if (t->unnamed) return XSNR_OK;
    if (!t->content) return check_room(imp, t, err);
    UErrorCode status = U_ZERO_ERROR;
    matcher m = {.fold = unorm2_getNFKCCasefoldInstance(&status), .apart = unorm2_getNFDInstance(&status)};
    if (U_FAILURE(status)) return xs_nomem(err);
    for (size_t i = 0; i < t->n; i++) m.bytelevel = m.bytelevel || (t->token[i].length >= 2 && memcmp(t->token[i].text, "Ġ", 2) == 0);
    xs_arena_mark mark = xs_arena_save(&imp->line);
    int rc = check_text(imp, t, &m, &imp->line, err);
    xs_arena_rewind(&imp->line, mark);
    matcher_free(&m);
    return rc;
}
