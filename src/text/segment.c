// Words and sentences: ICU's break iterators over UTF-8, and the rules of segment.h on top of them.
//
// Two passes: the first finds the words' places, the second their forms.  Nearly all words are ASCII, so
// both passes have a short way for ASCII that gives what the long way would give.
#include "text/segment.h"
#include "base/alloc.h"
#include "text/form.h"
#include "text/utf8.h"
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>

struct xs_segmenter {
    UBreakIterator *words, *sentences;
    bool french;
    xs_form_maker *forms;
    xs_word *found; // (n) words of the text at hand
    size_t n, capacity;
    // while a text is cut:
    const char *text;
    uint32_t at, cp_at; // bytes, and the code points they are
    uint32_t sentence;
};

// Words that lose their vowel before another: the closed list of French grammar (c' has the variant ç').
static const char *const ELIDED[] = {"c", "d", "j", "l", "m", "n", "s", "t", "qu", "ç", "jusqu",
                                     "lorsqu", "puisqu", "quoiqu"};

static bool is_elided(const char *word, size_t n) {
    char lower[8];
    if (n == 0 || n >= sizeof lower) return false;
    for (size_t i = 0; i < n; i++) lower[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] + 32 : word[i]);
    if (n == 2 && memcmp(lower, "Ç", 2) == 0) memcpy(lower, "ç", 2);
    lower[n] = '\0';
    for (size_t i = 0; i < sizeof ELIDED / sizeof *ELIDED; i++)
        if (strcmp(lower, ELIDED[i]) == 0) return true;
    return false;
}

// Bytes of the apostrophe at p, 0 if there is none: ' or ’.
static uint32_t apostrophe(const char *p, const char *end) {
    if (p < end && *p == '\'') return 1;
    return end - p >= 3 && memcmp(p, "\xE2\x80\x99", 3) == 0 ? 3 : 0;
}

static uint32_t count_code_points(const char *p, const char *end) {
    uint32_t n = 0;
    for (; p < end; p++) n += ((unsigned char)*p & 0xC0) != 0x80;
    return n;
}

// Appends the word [start, end).
static int add_word(xs_segmenter *s, uint32_t start, uint32_t end, xs_word_kind kind) {
    if (s->n == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 256;
        xs_word *found = xs_realloc_array(s->found, capacity, sizeof *found);
        if (!found) return XSNR_ERR_NOMEM;
        s->found = found;
        s->capacity = capacity;
    }
    uint32_t cp_start = s->cp_at + count_code_points(s->text + s->at, s->text + start);
    s->cp_at = cp_start + count_code_points(s->text + start, s->text + end);
    s->at = end;
    s->found[s->n++] = (xs_word){start, end, cp_start, s->cp_at, s->sentence, (uint32_t)kind, XS_NOT_INTERNED};
    return XSNR_OK;
}

// A mark; in French the apostrophe of an elided word goes to it, unless that word is itself in quotes ('l').
static int add_mark(xs_segmenter *s, uint32_t start, uint32_t end) {
    const char *t = s->text;
    if (s->french && s->n && apostrophe(t + start, t + end) == end - start) {
        xs_word *before = &s->found[s->n - 1];
        bool quoted = s->n > 1 && before[-1].end == before->start &&
                      apostrophe(t + before[-1].start, t + before[-1].end);
        if (before->end == start && !quoted && is_elided(t + before->start, before->end - before->start)) {
            before->end = s->at = end;
            before->cp_end = ++s->cp_at;
            return XSNR_OK;
        }
    }
    return add_word(s, start, end, XS_WORD_MARK);
}

// Characters without any appearance of their own: controls, joiners, marks of direction, ….
static bool is_invisible(UChar32 c) {
    return u_charType(c) == U_CONTROL_CHAR || u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

static bool is_number(UChar32 c) { return (U_GET_GC_MASK(c) & U_GC_N_MASK) != 0; }

// The word at the beginning of [start, end) that French elides there, with its apostrophe: its end, or `start`.
static uint32_t elided_end(const xs_segmenter *s, uint32_t start, uint32_t end) {
    for (uint32_t i = start; i < end; i++) {
        uint32_t n = apostrophe(s->text + i, s->text + end);
        if (n) return i + n < end && is_elided(s->text + start, i - start) ? i + n : start;
    }
    return start;
}

// UAX #29 joins some marks ("___", in some versions of ICU "@@"): cut before each.
static int add_marks(xs_segmenter *s, uint32_t start, uint32_t end) {
    uint32_t first = start;
    for (uint32_t i = start; i < end;) {
        uint32_t here = i;
        UChar32 c = xs_utf8_next(s->text, &i, end);
        if (here == first || !(U_GET_GC_MASK(c) & U_GC_P_MASK)) continue;
        XS_TRY(add_mark(s, first, here));
        first = here;
    }
    return add_mark(s, first, end);
}

// A piece of a segment, without white space.
static int add_piece(xs_segmenter *s, uint32_t start, uint32_t end) {
    if (s->french)
        for (uint32_t next; (next = elided_end(s, start, end)) > start; start = next)
            XS_TRY(add_word(s, start, next, XS_WORD_LETTERS));
    bool letters = false, numbers = false, visible = false;
    for (uint32_t i = start; i < end && !letters;) {
        UChar32 c = xs_utf8_next(s->text, &i, end);
        letters = u_isUAlphabetic(c);
        numbers |= is_number(c);
        visible |= !is_invisible(c);
    }
    if (letters) return add_word(s, start, end, XS_WORD_LETTERS);
    if (numbers) return add_word(s, start, end, XS_WORD_NUMBER);
    return visible ? add_marks(s, start, end) : XSNR_OK;
}

// A segment between two boundaries of UAX #29.
static int add_segment(xs_segmenter *s, uint32_t start, uint32_t end) {
    bool letters = false, plain = true; // plain: ASCII that shows, and nothing that French would cut at
    for (uint32_t i = start; i < end && plain; i++) {
        unsigned char c = (unsigned char)s->text[i];
        letters |= (c | 32) >= 'a' && (c | 32) <= 'z';
        plain = c > ' ' && c < 0x7F && !(c == '\'' && s->french && end - start > 1);
    }
    unsigned char first = (unsigned char)s->text[start];
    if (first == ' ' && end - start == 1) return XSNR_OK;
    if (plain && letters) return add_word(s, start, end, XS_WORD_LETTERS);
    if (plain && first >= '0' && first <= '9') return add_word(s, start, end, XS_WORD_NUMBER);
    if (plain && end - start == 1) return add_mark(s, start, end);
    uint32_t piece = start; // the long way: split at white space
    for (uint32_t i = start; i < end;) {
        uint32_t here = i;
        UChar32 c = xs_utf8_next(s->text, &i, end);
        if (!u_isUWhiteSpace(c)) continue;
        if (here > piece) XS_TRY(add_piece(s, piece, here));
        piece = i;
    }
    return end > piece ? add_piece(s, piece, end) : XSNR_OK;
}

// Goes through words and sentences side by side; a sentence counts once it has a word.
static int find_words(xs_segmenter *s, const xs_document *doc, uint32_t *n_sentences) {
    int32_t start = ubrk_first(s->words), end;
    int32_t sentence_end = ubrk_first(s->sentences);
    uint32_t sentences = 0;
    size_t words_before = 0; // words found when the sentence began
    while ((end = ubrk_next(s->words)) != UBRK_DONE) {
        while (start >= sentence_end && sentence_end != UBRK_DONE) {
            sentences += s->n > words_before;
            words_before = s->n;
            s->sentence = sentences;
            sentence_end = ubrk_next(s->sentences);
            if (sentence_end == UBRK_DONE) sentence_end = (int32_t)doc->length;
        }
        XS_TRY(add_segment(s, (uint32_t)start, (uint32_t)end));
        start = end;
    }
    *n_sentences = sentences + (s->n > words_before);
    return XSNR_OK;
}

static int find_forms(xs_segmenter *s, xs_intern *forms, bool add, xsnr_error *err) {
    for (size_t i = 0; i < s->n; i++) {
        xs_word *w = &s->found[i];
        const char *form;
        size_t length;
        XS_TRY(xs_form_make(s->forms, s->text + w->start, w->end - w->start, &form, &length, err));
        w->form = add ? xs_intern_add(forms, form, length) : xs_intern_find(forms, form, length);
        if (add && w->form == XS_NOT_INTERNED) return xs_nomem(err);
    }
    return XSNR_OK;
}

int xs_segment(xs_segmenter *s, xs_document *doc, xs_intern *forms, bool add, xs_arena *arena, xsnr_error *err) {
    doc->words = NULL;
    doc->n_words = doc->n_sentences = 0;
    if (doc->length > XS_TEXT_LIMIT)
        return xs_fail(err, XSNR_ERR_DATA, "the text has %u bytes; it may have at most %u", doc->length,
                       XS_TEXT_LIMIT);
    UErrorCode status = U_ZERO_ERROR;
    UText text = UTEXT_INITIALIZER;
    utext_openUTF8(&text, doc->text, doc->length, &status);
    ubrk_setUText(s->words, &text, &status);
    ubrk_setUText(s->sentences, &text, &status);
    utext_close(&text); // the iterators have copies of their own
    if (U_FAILURE(status)) return xs_fail(err, XSNR_ERR_NOMEM, "ICU cannot read a text: %s", u_errorName(status));

    s->text = doc->text;
    s->n = 0;
    s->at = s->cp_at = s->sentence = 0;
    uint32_t n_sentences = 0;
    if (find_words(s, doc, &n_sentences) < 0) return xs_nomem(err);
    XS_TRY(find_forms(s, forms, add, err));
    xs_word *words = xs_arena_alloc(arena, s->n * sizeof *words);
    if (!words) return xs_nomem(err);
    if (s->n) memcpy(words, s->found, s->n * sizeof *words);
    doc->words = words;
    doc->n_words = (uint32_t)s->n;
    doc->n_sentences = n_sentences;
    return XSNR_OK;
}

int xs_segmenter_new(const char *language, xs_segmenter **out, xsnr_error *err) {
    *out = NULL;
    xs_segmenter *s = XS_NEW(xs_segmenter);
    if (!s) return xs_nomem(err);
    UErrorCode status = U_ZERO_ERROR;
    s->words = ubrk_open(UBRK_WORD, language, NULL, 0, &status);
    s->sentences = ubrk_open(UBRK_SENTENCE, language, NULL, 0, &status);
    s->french = strncmp(language, "fr", 2) == 0 && !(language[2] >= 'a' && language[2] <= 'z');
    int rc = XSNR_OK;
    if (U_FAILURE(status))
        rc = xs_fail(err, XSNR_ERR_CONFIG, "ICU cannot cut words of the language '%s': %s", language,
                     u_errorName(status));
    if (rc == XSNR_OK) rc = xs_form_maker_new(language, &s->forms, err);
    if (rc < 0) {
        xs_segmenter_free(s);
        return rc;
    }
    *out = s;
    return XSNR_OK;
}

void xs_segmenter_free(xs_segmenter *s) {
    if (!s) return;
    if (s->words) ubrk_close(s->words);
    if (s->sentences) ubrk_close(s->sentences);
    xs_form_maker_free(s->forms);
    xs_free(s->found);
    xs_free(s);
}
