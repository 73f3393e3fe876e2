// SentencePiece's precompiled normalizer: a map from strings to strings in one blob.
//
// The blob is a little-endian length, a double-array trie of that many bytes (darts-clone's units of 32 bits),
// and the replacements, each ended by a NUL, at the offsets that the trie's leaves give.  A grapheme cluster of
// less than six bytes is looked up as a whole, and as in Hugging Face's library the shortest prefix that is in
// the trie decides for all of it; otherwise its characters are looked up one by one.
// Hostile blobs: every index is checked when it is used.
#include "text/tokenizer_parts.h"
#include "base/alloc.h"
#include "text/utf8.h"
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/utf16.h>

#define CLUSTER_BYTES 6 // clusters of this many bytes or more are taken apart
#define SIMPLE 0x300    // below, every character is a cluster of its own, but for \r\n

struct xs_charsmap {
    uint32_t *unit; // (units)
    uint32_t units;
    char *text; // (size) replacements, and a NUL more
    uint32_t size;
    UBreakIterator *clusters; // cloned for every text that needs it
};

// Bytes of base64 (RFC 4648, padded); false: not base64.
static bool decode_base64(const char *digits, size_t n, unsigned char *out, size_t *size) {
    size_t made = 0;
    uint32_t bits = 0;
    unsigned have = 0;
    while (n && digits[n - 1] == '=') n--;
    for (size_t i = 0; i < n; i++) {
        unsigned char d = (unsigned char)digits[i];
        uint32_t value;
        if (d >= 'A' && d <= 'Z')
            value = d - 'A';
        else if (d >= 'a' && d <= 'z')
            value = d - 'a' + 26u;
        else if (d >= '0' && d <= '9')
            value = d - '0' + 52u;
        else if (d == '+' || d == '/')
            value = d == '+' ? 62 : 63;
        else
            return false;
        bits = bits << 6 | value;
        have += 6;
        if (have >= 8) out[made++] = (unsigned char)(bits >> (have -= 8));
    }
    *size = made;
    return true;
}

static int cut_blob(xs_charsmap *map, const unsigned char *blob, size_t size, const char *path, xsnr_error *err) {
    uint32_t length = 0;
    if (size >= 4) length = (uint32_t)blob[0] | (uint32_t)blob[1] << 8 | (uint32_t)blob[2] << 16 | (uint32_t)blob[3] << 24;
    if (size < 4 || length > size - 4 || length % 4 || !length)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0,
                          "normalizer: 'precompiled_charsmap' of %zu bytes does not hold a trie of the %u it says", size,
                          length);
    size_t rest = size - 4 - length;
    if (rest > UINT32_MAX) return xs_nomem(err);
    map->units = length / 4;
    map->size = (uint32_t)rest;
    map->unit = XS_NEW_ARRAY(uint32_t, map->units);
    map->text = xs_malloc(rest + 1);
    if (!map->unit || !map->text) return xs_nomem(err);
    for (uint32_t i = 0; i < map->units; i++) {
        const unsigned char *p = blob + 4 + 4 * (size_t)i;
        map->unit[i] = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    }
    memcpy(map->text, blob + 4 + length, rest);
    map->text[rest] = '\0';
    for (size_t at = 0; at < rest; at++) { // pieces between NULs
        size_t n = strlen(map->text + at);
        if (xs_utf8_check(map->text + at, n) != n)
            return xs_fail_at(err, XSNR_ERR_DATA, path, 0,
                              "normalizer: 'precompiled_charsmap' replaces by invalid UTF-8 (at its byte %zu)",
                              4 + length + at);
        at += n;
    }
    return XSNR_OK;
}

int xs_charsmap_new(const char *base64, size_t n, const char *path, xs_charsmap **out, xsnr_error *err) {
    *out = NULL;
    xs_charsmap *map = XS_NEW(xs_charsmap);
    unsigned char *blob = xs_malloc(n / 4 * 3 + 3);
    size_t size = 0;
    int rc = map && blob ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK && !decode_base64(base64, n, blob, &size))
        rc = xs_fail_at(err, XSNR_ERR_DATA, path, 0, "normalizer: 'precompiled_charsmap' is not base64");
    if (rc == XSNR_OK) rc = cut_blob(map, blob, size, path, err);
    if (rc == XSNR_OK) {
        UErrorCode status = U_ZERO_ERROR;
        map->clusters = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &status);
        if (U_FAILURE(status))
            rc = xs_fail(err, XSNR_ERR_NOMEM, "ICU cannot find grapheme clusters: %s", u_errorName(status));
    }
    xs_free(blob);
    if (rc < 0) {
        xs_charsmap_free(map);
        return rc;
    }
    *out = map;
    return XSNR_OK;
}

void xs_charsmap_free(xs_charsmap *map) {
    if (!map) return;
    if (map->clusters) ubrk_close(map->clusters);
    xs_free(map->unit);
    xs_free(map->text);
    xs_free(map);
}

// darts-clone: offset of a unit's children, its label (with the leaf bit, so that a leaf has none), its leaf.
static uint32_t offset_of(uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); }

// The replacement of the shortest prefix of key (n bytes) that is in the map, or NULL.
static const char *look_up(const xs_charsmap *map, const char *key, size_t n) {
    uint32_t at = offset_of(map->unit[0]);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)key[i];
        at ^= c;
        if (!c || at >= map->units) return NULL;
        uint32_t unit = map->unit[at];
        if ((unit & (1u << 31 | 0xFF)) != c) return NULL;
        at ^= offset_of(unit);
        if (at >= map->units) return NULL;
        if (unit >> 8 & 1) {
            uint32_t value = map->unit[at] & ~(1u << 31);
            // in a piece's middle it may be inside a character: that is no place for a replacement to begin
            return value < map->size && ((unsigned char)map->text[value] & 0xC0) != 0x80 ? map->text + value : NULL;
        }
    }
    return NULL;
}

typedef struct mapping {
    const xs_charsmap *map;
    const xs_chars *text;
    xs_change *at; // (n)
    size_t n, capacity;
    bool modified;
} mapping;

static int put(mapping *m, int32_t c, int32_t change) {
    if (m->n == m->capacity) {
        size_t capacity = m->capacity * 2 + 64;
        xs_change *at = xs_arena_alloc(m->text->arena, capacity * sizeof *at);
        if (!at) return XSNR_ERR_NOMEM;
        if (m->n) memcpy(at, m->at, m->n * sizeof *at);
        m->at = at;
        m->capacity = capacity;
    }
    m->at[m->n++] = (xs_change){c, change};
    return XSNR_OK;
}

// Puts `by` for `old` characters: too many are insertions at the end, too few are taken in by the last one.
static int replace(mapping *m, uint32_t old, const char *by) {
    uint32_t end = (uint32_t)strlen(by), made = 0;
    for (uint32_t i = 0; i < end; made++) XS_TRY(put(m, xs_utf8_next(by, &i, end), made >= old));
    if (made < old && m->n) m->at[m->n - 1].change -= (int32_t)(old - made);
    m->modified = true;
    return XSNR_OK;
}

// The cluster of characters first .. first+n−1.
static int map_cluster(mapping *m, uint32_t first, uint32_t n) {
    char bytes[CLUSTER_BYTES + 4] = {0};
    size_t size = 0;
    for (uint32_t i = 0; i < n && size < CLUSTER_BYTES; i++) size += xs_utf8_put(m->text->at[first + i].c, bytes + size);
    const char *by = size < CLUSTER_BYTES ? look_up(m->map, bytes, size) : NULL;
    if (by) return replace(m, n, by);
    for (uint32_t i = 0; i < n; i++) {
        int32_t c = m->text->at[first + i].c;
        by = look_up(m->map, bytes, xs_utf8_put(c, bytes));
        XS_TRY(by ? replace(m, 1, by) : put(m, c, 0));
    }
    return XSNR_OK;
}

// A stretch that is not simple: ICU finds its clusters.
static int map_stretch(mapping *m, UBreakIterator **clusters, uint32_t first, uint32_t n, xsnr_error *err) {
    UErrorCode status = U_ZERO_ERROR;
    if (!*clusters) *clusters = ubrk_clone(m->map->clusters, &status);
    UChar *units = xs_arena_alloc(m->text->arena, 2 * (size_t)n * sizeof *units);
    if (!units) return XSNR_ERR_NOMEM;
    int32_t size = 0;
    for (uint32_t i = 0; i < n; i++) U16_APPEND_UNSAFE(units, size, m->text->at[first + i].c);
    if (U_SUCCESS(status)) ubrk_setText(*clusters, units, size, &status);
    if (U_FAILURE(status))
        return xs_fail(err, XSNR_ERR_NOMEM, "ICU cannot find grapheme clusters: %s", u_errorName(status));
    int32_t start = ubrk_first(*clusters), end;
    for (uint32_t done = first; (end = ubrk_next(*clusters)) != UBRK_DONE; start = end) {
        uint32_t count = 0;
        for (int32_t i = start; i < end; count++) U16_FWD_1(units, i, end);
        XS_TRY(map_cluster(m, done, count));
        done += count;
    }
    return XSNR_OK;
}

int xs_charsmap_apply(const xs_charsmap *map, xs_chars *text, xsnr_error *err) {
    mapping m = {.map = map, .text = text};
    UBreakIterator *clusters = NULL;
    int rc = XSNR_OK;
    for (uint32_t i = 0; i < text->n && rc == XSNR_OK;) {
        uint32_t n = 1;
        bool simple = text->at[i].c < SIMPLE;
        if (simple && text->at[i].c == '\r' && i + 1 < text->n && text->at[i + 1].c == '\n') n = 2;
        // up to the next boundary that is one whatever stands around it: between two simple characters
        while (i + n < text->n && !(simple && text->at[i + n].c < SIMPLE)) simple = text->at[i + n++].c < SIMPLE;
        bool short_way = n == 1 || (n == 2 && text->at[i].c == '\r' && text->at[i + 1].c == '\n');
        rc = short_way ? map_cluster(&m, i, n) : map_stretch(&m, &clusters, i, n, err);
        i += n;
    }
    if (clusters) ubrk_close(clusters);
    return rc == XSNR_OK && m.modified ? xs_chars_transform(text, m.at, m.n) : rc;
}
