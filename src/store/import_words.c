// Sub-word tokens become words; see importer.h and docs/formats.md.
//
// The conventions of WordPiece, SentencePiece and byte-level BPE only say where white space was: with it the text is put
// together again, and every token gets its place in it.  From there on there is one rule, the same as for tokens that came
// with offsets: a token goes on with the word before it if the two touch and both characters at the seam are letters,
// digits, accents or '_', or an apostrophe between letters.  So three tokenizers of one text agree on its words.
#include "base/alloc.h"
#include "store/importer.h"
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

typedef struct piece {
    size_t begin, end; // bytes of the content, without white space around
    bool special;      // [CLS], padding, …: in no word
} piece;

// The code point at text[*i], negative where that is not UTF-8; *i goes behind it.
static int32_t next_point(const char *text, int32_t *i, int32_t n) {
    const uint8_t *bytes = (const uint8_t *)text;
    int32_t c, at = *i;
    U8_NEXT(bytes, at, n, c);
    *i = at;
    return c;
}

// The one before text[*i]; *i goes to its beginning.
static int32_t previous_point(const char *text, int32_t *i) {
    const uint8_t *bytes = (const uint8_t *)text;
    int32_t c, at = *i;
    U8_PREV(bytes, 0, at, c);
    *i = at;
    return c;
}

static bool begins(const xs_json_span *t, const char *with) {
    size_t n = strlen(with);
    return t->length >= n && memcmp(t->text, with, n) == 0;
}

bool xs_import_special(const xs_json_span *token) {
    static const char *const names[] = {"[CLS]", "[SEP]", "[PAD]", "<s>", "</s>", "<pad>", "<cls>", "<sep>", "<bos>", "<eos>",
                                        "[BOS]", "[EOS]", "<|endoftext|>", "<|begin_of_text|>", "<|end_of_text|>"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (xs_json_is(token, names[i])) return true;
    return false;
}

/* ------------------------------------------------------------ surfaces */

// Printable bytes of Latin-1 stand for themselves,
// the other 68, in order, for U+0100 and so on.
int xs_import_byte(int32_t c) {
    bool itself = (c >= '!' && c <= '~') || (c >= 0xA1 && c <= 0xAC) || (c >= 0xAE && c <= 0xFF);
    if (itself) return c;
    if (c < 0x100 || c > 0x143) return -1;
    int n = c - 0x100;
    if (n <= 32) return n;
    return n <= 66 ? n - 33 + 0x7F : 0xAD;
}

// What a token adds to the text, as its convention says; *space: white space comes before it.
static int surface(const xs_json_span *t, xs_join rule, xs_str *out, bool *space, xsnr_error *err) {
    size_t skip = 0;
    out->length = 0;
    if (rule == XS_JOIN_WORDPIECE && begins(t, "##") && t->length > 2) skip = 2;
    else if (rule == XS_JOIN_SENTENCEPIECE && begins(t, "▁")) skip = strlen("▁"), *space = true;
    else if (rule == XS_JOIN_WORDPIECE || rule == XS_JOIN_NONE || rule == XS_JOIN_OFFSETS) *space = true;
    if (rule != XS_JOIN_BYTELEVEL) return xs_str_append(out, t->text + skip, t->length - skip) ? xs_nomem(err) : XSNR_OK;
    for (int32_t i = 0, n = (int32_t)t->length; i < n;) {
        int32_t before = i;
        int byte = xs_import_byte(next_point(t->text, &i, n));
        bool white = byte == ' ' || (byte >= '\t' && byte <= '\r');
        if (white && !out->length) {
            *space = true;
            continue;
        }
        char b = (char)byte;
        if (byte < 0 ? xs_str_append(out, t->text + before, (size_t)(i - before)) : xs_str_append(out, &b, 1)) return xs_nomem(err);
    }
    return XSNR_OK;
}

// The bytes of byte-level tokens need not be UTF-8, and a text may not hold NUL.
static void mend(char *text, size_t length) {
    for (int32_t i = 0, n = (int32_t)length; i < n;) {
        int32_t before = i;
        if (next_point(text, &i, n) <= 0) memset(text + before, '?', (size_t)(i - before));
    }
}

/* ------------------------------------------------------------ places */

static int fail_text(const xs_importer *imp, const xs_import_cut *t, xsnr_error *err, const char *what, size_t token) {
    char name[64];
    return xs_fail_at(err, XSNR_ERR_DATA, t->file, t->line, "text '%s': %s %zu", xs_printable(name, sizeof name, imp->text_names.text[t->text]),
                      what, token + 1);
}

static size_t code_points(const char *text, size_t bytes) {
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++) n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

// Offsets in a text that was given: code points to bytes.
static int place_by_offsets(const xs_importer *imp, const xs_import_cut *t, xs_arena *scratch, piece *p, xsnr_error *err) {
    size_t size = strlen(t->content), n = code_points(t->content, size), k = 0;
    size_t *byte = XS_ARENA_ARRAY(scratch, size_t, n + 1); // where each code point begins
    if (!byte) return xs_nomem(err);
    for (size_t i = 0; i < size; i++)
        if (((unsigned char)t->content[i] & 0xC0) != 0x80) byte[k++] = i;
    byte[n] = size;
    for (size_t i = 0; i < t->n; i++) {
        uint32_t begin = t->offsets[2 * i], end = t->offsets[2 * i + 1];
        if (begin > end || end > n) return fail_text(imp, t, err, "the offsets do not lie in the text: token", i);
        p[i].begin = byte[begin];
        p[i].end = byte[end];
        if (begin == end && !t->words) p[i].special = true;
    }
    return XSNR_OK;
}

// Tokens that are looked up in the text, one behind the other, white space between; many tokenizers write all in lower
// case.  false: one is not there.
static bool place_by_search(const char *content, const xs_str *all, const size_t *from, size_t n, piece *p) {
    static const char *const blanks[] = {" ", "\t", "\r", "\n", "\f", "\v", "\xC2\xA0", "\xE2\x80\x8B", "\xE2\x80\xAF"};
    const char *at = content;
    for (size_t i = 0; i < n; i++) {
        size_t length = from[i + 1] - from[i];
        if (p[i].special) continue;
        for (size_t k = 0; length && k < sizeof blanks / sizeof *blanks;) {
            size_t step = strlen(blanks[k]);
            bool blank = strncmp(at, blanks[k], step) == 0;
            at += blank ? step : 0;
            k = blank ? 0 : k + 1;
        }
        if (strncasecmp(at, all->data + from[i], length) != 0) return false;
        p[i].begin = (size_t)(at - content);
        p[i].end = p[i].begin + length;
        at += length;
    }
    return true;
}

// Do offsets without a text leave exactly the room that the tokens need?  Then the text has its own spaces.
static bool offsets_fit(const xs_import_cut *t, const xs_str *all, const size_t *from, const piece *p) {
    size_t end = 0;
    for (size_t i = 0; i < t->n; i++) {
        uint32_t b = t->offsets[2 * i], e = t->offsets[2 * i + 1];
        if (p[i].special) continue;
        if (b < end || e < b || e - b != code_points(all->data + from[i], from[i + 1] - from[i]) || b - end > 4096) return false;
        end = e;
    }
    return true;
}

// A text made of its tokens.
static int compose(const xs_import_cut *t, const xs_str *all, const size_t *from, const bool *space, piece *p, xs_str *content,
                   xsnr_error *err) {
    bool fit = t->offsets && offsets_fit(t, all, from, p), waiting = false;
    size_t end = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (p[i].special) continue;
        size_t gap = fit ? t->offsets[2 * i] - end : (space[i] || waiting) && content->length ? 1 : 0;
        waiting = !fit && from[i + 1] == from[i] && (space[i] || waiting);
        if (waiting) gap = 0;
        for (size_t k = 0; k < gap; k++) xs_str_put(content, " ");
        p[i].begin = content->length;
        xs_str_append(content, all->data + from[i], from[i + 1] - from[i]);
        p[i].end = content->length;
        if (fit) end = t->offsets[2 * i + 1];
    }
    return xs_str_failed(content) ? xs_nomem(err) : XSNR_OK;
}

static int find_places(const xs_importer *imp, const xs_import_cut *t, xs_join rule, xs_arena *scratch, piece *p, xs_str *content,
                       xsnr_error *err) {
    for (size_t i = 0; i < t->n; i++) {
        p[i] = (piece){.special = !t->words && xs_import_special(&t->token[i])};
        if (t->offsets && !t->words && t->offsets[2 * i] == t->offsets[2 * i + 1]) p[i].special = true;
    }
    if (t->content && t->offsets) {
        if (xs_str_put(content, t->content)) return xs_nomem(err);
        return place_by_offsets(imp, t, scratch, p, err);
    }
    xs_str all = {0}, one = {0}; // all surfaces side by side
    size_t *from = XS_ARENA_ARRAY(scratch, size_t, t->n + 1);
    bool *space = XS_ARENA_ARRAY(scratch, bool, t->n);
    int rc = from && space && !xs_str_put(&all, "") ? XSNR_OK : xs_nomem(err);
    xs_join spelled = rule;
    if (rule == XS_JOIN_OFFSETS) { // the tokens are still written by some convention
        spelled = XS_JOIN_NONE;
        for (size_t i = 0; i < t->n && spelled == XS_JOIN_NONE; i++)
            spelled = begins(&t->token[i], "##") ? XS_JOIN_WORDPIECE : begins(&t->token[i], "▁") ? XS_JOIN_SENTENCEPIECE
                      : begins(&t->token[i], "Ġ") ? XS_JOIN_BYTELEVEL : XS_JOIN_NONE;
    }
    for (size_t i = 0; rc == XSNR_OK && i < t->n; i++) {
        if (!p[i].special) rc = surface(&t->token[i], t->words ? XS_JOIN_NONE : spelled, &one, &space[i], err);
        if (rc == XSNR_OK && !p[i].special && one.length && xs_str_append(&all, one.data, one.length)) rc = xs_nomem(err);
        from[i + 1] = all.length;
    }
    if (rc == XSNR_OK && spelled == XS_JOIN_BYTELEVEL) mend(all.data, all.length);
    if (rc == XSNR_OK && t->content && place_by_search(t->content, &all, from, t->n, p))
        rc = xs_str_put(content, t->content) ? xs_nomem(err) : XSNR_OK;
    else if (rc == XSNR_OK) rc = compose(t, &all, from, space, p, content, err);
    xs_str_free(&all);
    xs_str_free(&one);
    return rc;
}

/* ------------------------------------------------------------ words */

static bool in_word(int32_t c) {
    int type = u_charType(c);
    return u_isalnum(c) || type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_COMBINING_SPACING_MARK || c == '_';
}

static bool apostrophe(int32_t c) { return c == '\'' || c == 0x2019; }

// Does the word go on over the seam at byte `at`?
static bool goes_on(const char *text, size_t size, size_t at) {
    int32_t i = (int32_t)at, k = (int32_t)at, n = (int32_t)size;
    if (at < size && ((unsigned char)text[at] & 0xC0) == 0x80) return true; // inside a character
    if (!at || at == size) return false;
    int32_t before = previous_point(text, &i), after = next_point(text, &k, n);
    if (in_word(before) && in_word(after)) return true;
    if (apostrophe(before) && in_word(after) && i > 0) return in_word(previous_point(text, &i));
    return apostrophe(after) && in_word(before) && k < n && in_word(next_point(text, &k, n));
}

static void trim(const char *text, piece *p) {
    while (p->begin < p->end && strchr(" \t\r\n\f\v", text[p->begin])) p->begin++;
    while (p->begin < p->end && strchr(" \t\r\n\f\v", text[p->end - 1])) p->end--;
}

typedef struct range {
    size_t begin, end;
} range;

// Which word each token is part of.  words: room for (n).
static size_t make_words(const xs_import_cut *t, xs_join rule, const xs_str *content, piece *p, int32_t *word, range *words) {
    size_t n = 0, waiting = 0; // tokens before i that show nothing and go to the next word
    bool alone = t->words || rule == XS_JOIN_NONE;
    for (size_t i = 0; i < t->n; i++) {
        word[i] = -1;
        if (p[i].special) continue;
        if (!alone) trim(content->data, &p[i]);
        if (!alone && p[i].begin == p[i].end) {
            word[i] = -2;
            waiting++;
            continue;
        }
        bool same = !alone && n && p[i].begin <= words[n - 1].end && goes_on(content->data, content->length, p[i].begin);
        if (!same) words[n++] = (range){p[i].begin, p[i].end};
        else if (p[i].end > words[n - 1].end) words[n - 1].end = p[i].end;
        word[i] = (int32_t)n - 1;
        for (size_t k = i; waiting && k-- > 0;)
            if (word[k] == -2) word[k] = word[i], waiting--;
    }
    for (size_t k = t->n; waiting && k-- > 0;)
        if (word[k] == -2) word[k] = (int32_t)n - 1, waiting--; // −1 if there is no word at all
    return n;
}

static int keep_words(xs_importer *imp, const xs_str *content, const range *words, size_t n, xs_import_text *text, xsnr_error *err) {
    xs_text_word *kept = XS_ARENA_ARRAY(&imp->arena, xs_text_word, n);
    text->content = xs_arena_strndup(&imp->arena, content->data, content->length);
    if (!kept || !text->content) return xs_nomem(err);
    size_t at = 0, points = 0;
    for (size_t w = 0; w < n; w++) {
        if (words[w].begin < at) at = points = 0; // words given by offsets may overlap
        points += code_points(content->data + at, words[w].begin - at);
        at = words[w].begin;
        kept[w].start = (uint32_t)points;
        kept[w].end = (uint32_t)(points + code_points(content->data + at, words[w].end - at));
        kept[w].byte_start = (uint32_t)at;
        kept[w].byte_end = (uint32_t)words[w].end;
        kept[w].text = xs_arena_strndup(&imp->arena, content->data + at, words[w].end - at);
        if (!kept[w].text) return xs_nomem(err);
    }
    text->words = kept;
    text->n_words = n;
    return XSNR_OK;
}

// The words of another tokenisation must be those of the first.
static int same_words(const xs_importer *imp, const xs_import_cut *t, const xs_str *content, const range *words, size_t n,
                      xsnr_error *err) {
    const xs_import_text *text = &imp->texts[t->text];
    const xs_import_cut *first = &imp->tokens[text->tokens];
    size_t w = 0;
    while (w < n && w < text->n_words && strlen(text->words[w].text) == words[w].end - words[w].begin &&
           memcmp(text->words[w].text, content->data + words[w].begin, words[w].end - words[w].begin) == 0)
        w++;
    if (w == n && w == text->n_words) return XSNR_OK;
    char name[64], here[48] = "nothing", there[48] = "nothing", seen[48], line[24] = "";
    if (first->line) snprintf(line, sizeof line, ":%ld", first->line); // arrays have no lines
    if (w < n) {
        snprintf(seen, sizeof seen, "%.*s", (int)(words[w].end - words[w].begin), content->data + words[w].begin);
        xs_printable(here, sizeof here, seen);
    }
    if (w < text->n_words) xs_printable(there, sizeof there, text->words[w].text);
    return xs_fail_at(err, XSNR_ERR_DATA, t->file, t->line,
                      "text '%s' has %zu words here and %zu in %s%s; word %zu is '%s' and '%s': all models must have the same words",
                      xs_printable(name, sizeof name, imp->text_names.text[t->text]), n, text->n_words, first->file, line,
                      w + 1, here, there);
}

static int join_tokens(xs_importer *imp, xs_import_cut *t, xsnr_error *err) {
    xs_join rule = imp->join[t->family];
    xs_arena *scratch = &imp->line;
    xs_str content = {0};
    xs_arena_mark mark = xs_arena_save(scratch);
    piece *p = XS_ARENA_ARRAY(scratch, piece, t->n);
    range *words = XS_ARENA_ARRAY(scratch, range, t->n);
    t->word = XS_ARENA_ARRAY(&imp->arena, int32_t, t->n);
    int rc = p && words && t->word && !xs_str_put(&content, "") ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK && !t->words && rule == XS_JOIN_OFFSETS && !t->offsets)
        rc = fail_text(imp, t, err, "tokens are to be joined by offsets, and there are none for its tokens: all of", t->n - 1);
    if (rc == XSNR_OK) rc = xs_import_fit(imp, t, err);
    if (rc == XSNR_OK) rc = find_places(imp, t, rule, scratch, p, &content, err);
    if (rc == XSNR_OK) {
        xs_import_text *text = &imp->texts[t->text];
        t->n_words = make_words(t, rule, &content, p, t->word, words);
        rc = text->words ? same_words(imp, t, &content, words, t->n_words, err) : keep_words(imp, &content, words, t->n_words, text, err);
    }
    xs_str_free(&content);
    xs_arena_rewind(scratch, mark);
    return rc;
}

/* ------------------------------------------------------------ rules */

// The rule that the tokens of a family ask for.
static xs_join find_rule(const xs_importer *imp, uint32_t family) {
    bool offsets = true, pieces = false;
    xs_join rule = XS_JOIN_NONE;
    for (size_t k = 0; k < imp->n_tokens; k++) {
        const xs_import_cut *t = &imp->tokens[k];
        if (t->family != family || t->words) continue;
        pieces = true;
        offsets = offsets && t->offsets;
        for (size_t i = 0; rule == XS_JOIN_NONE && i < t->n; i++)
            rule = begins(&t->token[i], "##") && t->token[i].length > 2 ? XS_JOIN_WORDPIECE
                   : begins(&t->token[i], "▁")                          ? XS_JOIN_SENTENCEPIECE
                   : begins(&t->token[i], "Ġ")                          ? XS_JOIN_BYTELEVEL
                                                                        : XS_JOIN_NONE;
    }
    return !pieces ? XS_JOIN_NONE : offsets ? XS_JOIN_OFFSETS : rule;
}

int xs_import_join(xs_importer *imp, xsnr_error *err) {
    imp->join = XS_ARENA_ARRAY(&imp->arena, xs_join, imp->family_names.count);
    if (!imp->join) return xs_nomem(err);
    for (uint32_t f = 0; f < imp->family_names.count; f++)
        imp->join[f] = imp->options->join == XS_JOIN_AUTO ? find_rule(imp, f) : imp->options->join;
    for (size_t k = 0; k < imp->n_tokens; k++) XS_TRY(join_tokens(imp, &imp->tokens[k], err));
    return XSNR_OK;
}
