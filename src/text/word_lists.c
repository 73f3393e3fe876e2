// Parsing lists of words and matching them against a lexicon once, so that texts are matched by numbers; see
// word_lists.h.
#include "text/word_lists.h"
#include "base/alloc.h"
#include "base/str.h"
#include "text/utf8.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WORDS 8    // of a phrase
#define STEM 3          // letters that a word has before an ending

typedef struct entry {
    unsigned section;
    const char *text; // NUL-terminated, ’ as '
    long line;
} entry;

typedef struct parser {
    const char *file;
    const char *const *names;
    unsigned n_names;
    entry *words, *endings, *exceptions, *phrases;
    size_t n_words, n_endings, n_exceptions, n_phrases, capacity;
    long seen[XS_MOST_SECTIONS]; // line of each section's header
    xs_arena *arena;
} parser;

// ’ (U+2019) becomes ', so that both apostrophes match.
static void straighten(char *s) {
    char *to = s;
    while (*s) {
        if (memcmp(s, "\xe2\x80\x99", strnlen(s, 3)) == 0 && s[1] && s[2]) {
            *to++ = '\'';
            s += 3;
        } else {
            *to++ = *s++;
        }
    }
    *to = '\0';
}

static int open_section(parser *p, const char *line, size_t n, long number, int *section, xsnr_error *err) {
    if (line[n - 1] != ']')
        return xs_fail_at(err, XSNR_ERR_DATA, p->file, number, "a section's name ends in ']'");
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(n - 2 < 63 ? n - 2 : 63), line + 1);
    for (unsigned k = 0; k < p->n_names; k++) {
        if (strcmp(name, p->names[k]) != 0) continue;
        if (p->seen[k])
            return xs_fail_at(err, XSNR_ERR_DATA, p->file, number, "section [%s] is there already, on line %ld", name,
                              p->seen[k]);
        p->seen[k] = number;
        *section = (int)k;
        return XSNR_OK;
    }
    const char *near = xs_nearest(name, p->names, p->n_names);
    return xs_fail_at(err, XSNR_ERR_DATA, p->file, number, "unknown section [%s]%s%s%s", name,
                      near ? "; did you mean [" : "", near ? near : "", near ? "]?" : "");
}

static int take_line(parser *p, const char *line, size_t n, long number, int *section, xsnr_error *err) {
    if (line[0] == '[') return open_section(p, line, n, number, section, err);
    if (*section < 0)
        return xs_fail_at(err, XSNR_ERR_DATA, p->file, number, "'%.*s' stands before the first [section]",
                          (int)(n < 40 ? n : 40), line);
    char sign = line[0] == '-' || line[0] == '!' ? line[0] : 0;
    char *text = xs_arena_strndup(p->arena, line + (sign != 0), n - (sign != 0));
    if (!text) return xs_nomem(err);
    straighten(text);
    if (!*text) return xs_fail_at(err, XSNR_ERR_DATA, p->file, number, "a word is missing after '%c'", sign);
    if (sign && strpbrk(text, " \t"))
        return xs_fail_at(err, XSNR_ERR_DATA, p->file, number, "one word, without a space, stands after '%c'", sign);
    entry e = {(unsigned)*section, text, number};
    if (sign == '-') p->endings[p->n_endings++] = e;
    else if (sign == '!') p->exceptions[p->n_exceptions++] = e;
    else if (strchr(text, ' ')) p->phrases[p->n_phrases++] = e;
    else p->words[p->n_words++] = e;
    return XSNR_OK;
}

static int parse_lines(parser *p, const char *text, size_t size, xsnr_error *err) {
    int section = -1;
    long number = 1;
    const char *start = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text; // a byte order mark
    for (const char *at = start, *end = text + size; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        const char *first = at, *last = memchr(at, '#', (size_t)(stop - at));
        if (!last) last = stop;
        while (first < last && (*first == ' ' || *first == '\t')) first++;
        while (last > first && (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\r')) last--;
        if (last > first) XS_TRY(take_line(p, first, (size_t)(last - first), number, &section, err));
        at = stop + 1;
    }
    for (unsigned k = 0; k < p->n_names; k++)
        if (!p->seen[k])
            return xs_fail_at(err, XSNR_ERR_DATA, p->file, 0, "section [%s] is missing (it may be empty)", p->names[k]);
    return XSNR_OK;
}

static bool ends_so(const char *word, const char *ending) {
    size_t n = strlen(word), k = strlen(ending), stem = 0;
    if (n < k || memcmp(word + n - k, ending, k) != 0) return false;
    for (size_t i = 0; i < n - k; i++) stem += ((unsigned char)word[i] & 0xC0) != 0x80; // not bytes: été has 3
    return stem >= STEM;
}

// The bits of one form: its own entries (by hash), else what its ending says.
static uint32_t sections_of(const parser *p, const xs_intern *index, const uint32_t *bits, const char *form) {
    uint32_t k = xs_intern_find(index, form, strlen(form));
    uint32_t is = k == XS_NOT_INTERNED ? 0 : bits[2 * k], is_not = k == XS_NOT_INTERNED ? 0 : bits[2 * k + 1];
    for (size_t i = 0; i < p->n_endings; i++) {
        uint32_t bit = 1u << p->endings[i].section;
        if (!(is_not & bit) && ends_so(form, p->endings[i].text)) is |= bit;
    }
    return is;
}

static int match_words(const parser *p, const xs_intern *forms, xs_word_lists *out) {
    size_t entries = p->n_words + p->n_exceptions;
    uint32_t *bits = XS_ARENA_ARRAY(p->arena, uint32_t, 2 * entries + 2); // is, is not
    out->sections = XS_ARENA_ARRAY(&out->arena, uint32_t, forms->count);
    xs_intern index = {0};
    int rc = bits && out->sections ? XSNR_OK : XSNR_ERR_NOMEM;
    for (size_t i = 0; rc == XSNR_OK && i < entries; i++) {
        const entry *e = i < p->n_words ? &p->words[i] : &p->exceptions[i - p->n_words];
        uint32_t k = xs_intern_add(&index, e->text, strlen(e->text));
        if (k == XS_NOT_INTERNED) rc = XSNR_ERR_NOMEM;
        else bits[2 * k + (i >= p->n_words)] |= 1u << e->section;
    }
    for (uint32_t f = 0; rc == XSNR_OK && f < forms->count; f++) {
        xs_arena_mark mark = xs_arena_save(p->arena);
        char *form = xs_arena_strndup(p->arena, forms->text[f], forms->length[f]);
        if (!form) {
            rc = XSNR_ERR_NOMEM;
            break;
        }
        straighten(form);
        out->sections[f] = sections_of(p, &index, bits, form);
        xs_arena_rewind(p->arena, mark);
    }
    xs_intern_free(&index);
    return rc;
}

// A form's number whichever apostrophe the lexicon has; phrases are matched by one form each, the straight one
// if both are there.
static uint32_t form_of(const xs_intern *forms, const char *word, size_t n) {
    uint32_t k = xs_intern_find(forms, word, n);
    const char *apostrophe = memchr(word, '\'', n);
    if (k != XS_NOT_INTERNED || !apostrophe || n > 60) return k;
    char curly[64];
    size_t before = (size_t)(apostrophe - word);
    memcpy(curly, word, before);
    curly[before] = '\xe2', curly[before + 1] = '\x80', curly[before + 2] = '\x99'; // U+2019
    memcpy(curly + before + 3, apostrophe + 1, n - before - 1);
    return xs_intern_find(forms, curly, n + 2);
}

static int by_first_form(const void *a, const void *b) {
    const xs_phrase *x = a, *y = b;
    if (x->form[0] != y->form[0]) return x->form[0] < y->form[0] ? -1 : 1;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return x->section < y->section ? -1 : x->section > y->section;
}

static int match_phrases(const parser *p, const xs_intern *forms, xs_word_lists *out, xsnr_error *err) {
    out->phrases = XS_ARENA_ARRAY(&out->arena, xs_phrase, p->n_phrases);
    out->first_phrase = XS_ARENA_ARRAY(&out->arena, uint32_t, (size_t)forms->count + 1);
    if (!out->phrases || !out->first_phrase) return xs_nomem(err);
    for (size_t i = 0; i < p->n_phrases; i++) {
        const entry *e = &p->phrases[i];
        uint32_t *form = XS_ARENA_ARRAY(&out->arena, uint32_t, MOST_WORDS), n = 0;
        if (!form) return xs_nomem(err);
        for (const char *word = e->text; *word;) {
            size_t length = strcspn(word, " ");
            if (n == MOST_WORDS)
                return xs_fail_at(err, XSNR_ERR_DATA, p->file, e->line, "a phrase has at most %d words", MOST_WORDS);
            if (length) form[n++] = form_of(forms, word, length);
            word += length + (word[length] == ' ');
        }
        bool known = true; // a phrase with a word that no text holds cannot occur
        for (uint32_t k = 0; k < n; k++) known = known && form[k] != XS_NOT_INTERNED;
        if (known) out->phrases[out->n_phrases++] = (xs_phrase){e->section, n, form};
    }
    if (out->n_phrases) qsort(out->phrases, out->n_phrases, sizeof *out->phrases, by_first_form);
    for (uint32_t i = 0; i < out->n_phrases; i++) out->first_phrase[out->phrases[i].form[0] + 1]++;
    for (uint32_t f = 0; f < forms->count; f++) out->first_phrase[f + 1] += out->first_phrase[f];
    return XSNR_OK;
}

int xs_word_lists_parse(const char *text, size_t size, const char *file, const char *const *names, unsigned n,
                        const xs_intern *forms, xs_word_lists *out, xsnr_error *err) {
    xs_arena scratch = {0};
    parser p = {.file = file, .names = names, .n_names = n, .arena = &scratch};
    *out = (xs_word_lists){.n_forms = forms->count};
    for (size_t i = 0; i < size; i++) p.capacity += text[i] == '\n';
    p.capacity++;
    p.words = XS_ARENA_ARRAY(&scratch, entry, p.capacity);
    p.endings = XS_ARENA_ARRAY(&scratch, entry, p.capacity);
    p.exceptions = XS_ARENA_ARRAY(&scratch, entry, p.capacity);
    p.phrases = XS_ARENA_ARRAY(&scratch, entry, p.capacity);
    int rc = p.words && p.endings && p.exceptions && p.phrases ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK) rc = xs_utf8_require(text, size, file, err);
    if (rc == XSNR_OK) rc = parse_lines(&p, text, size, err);
    if (rc == XSNR_OK && match_words(&p, forms, out) < 0) rc = xs_nomem(err);
    if (rc == XSNR_OK) rc = match_phrases(&p, forms, out, err);
    xs_arena_free(&scratch);
    if (rc < 0) xs_word_lists_free(out);
    return rc;
}

void xs_word_lists_free(xs_word_lists *lists) {
    xs_arena_free(&lists->arena);
    *lists = (xs_word_lists){0};
}

uint32_t xs_word_lists_phrase(const xs_word_lists *lists, unsigned section, const uint32_t *forms, uint32_t n) {
    if (forms[0] >= lists->n_forms) return 0;
    for (uint32_t i = lists->first_phrase[forms[0]]; i < lists->first_phrase[forms[0] + 1]; i++) {
        const xs_phrase *p = &lists->phrases[i];
        if (p->section == section && p->count <= n && memcmp(p->form, forms, p->count * sizeof *forms) == 0)
            return p->count;
    }
    return 0;
}
