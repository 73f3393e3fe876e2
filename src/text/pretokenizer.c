// Pre-tokenizers: cutting a normalised text into the pieces that the model sees one at a time.
//
// A split marks every character as found or not, in runs; its behavior says what becomes of the runs.  Empty
// pieces are dropped.
#include "text/tokenizer_parts.h"
#include "text/utf8.h"
#include <string.h>
#include <unicode/uchar.h>

int xs_pieces_put(xs_pieces *pieces, uint32_t first, uint32_t n, uint32_t origin) {
    if (!n) return XSNR_OK;
    if (pieces->n == pieces->capacity) {
        uint32_t capacity = pieces->capacity ? pieces->capacity * 2 : 64;
        xs_piece *at = xs_arena_alloc(pieces->arena, capacity * sizeof *at);
        if (!at) return XSNR_ERR_NOMEM;
        if (pieces->n) memcpy(at, pieces->at, pieces->n * sizeof *at);
        pieces->at = at;
        pieces->capacity = capacity;
    }
    pieces->at[pieces->n++] = (xs_piece){first, n, origin};
    return XSNR_OK;
}

// Runs of a piece, in order, put together as the behavior says.
typedef struct splitter {
    const xs_chars *text;
    xs_pieces *out;
    xs_split_behavior behavior;
    uint32_t first, n; // the piece that is growing
    bool found;        // whether the last run was found
    bool any;
} splitter;

static int flush(splitter *s) {
    int rc = xs_pieces_put(s->out, s->first, s->n, s->n ? s->text->at[s->first].start : 0);
    s->first += s->n;
    s->n = 0;
    return rc;
}

// The next run of n characters.
static int run(splitter *s, uint32_t n, bool found) {
    bool joins = false; // with what is growing
    switch (s->behavior) {
    case XS_SPLIT_REMOVED:
    case XS_SPLIT_ISOLATED: break;
    case XS_SPLIT_CONTIGUOUS: joins = s->any && s->found == found; break;
    case XS_SPLIT_MERGED_WITH_PREVIOUS: joins = found && !s->found; break;
    case XS_SPLIT_MERGED_WITH_NEXT: joins = s->any && s->found && !found; break;
    }
    if (!joins) XS_TRY(flush(s));
    s->n += n;
    s->found = found;
    s->any = true;
    if (s->behavior == XS_SPLIT_REMOVED && found) {
        s->first += s->n;
        s->n = 0;
    }
    return XSNR_OK;
}

typedef bool found_fn(int32_t c);

// Every character that is found is a run of its own.
static int split_at(const xs_chars *text, xs_piece piece, found_fn *is_found, xs_split_behavior behavior,
                    xs_pieces *out) {
    splitter s = {text, out, behavior, piece.first, 0, false, false};
    uint32_t end = piece.first + piece.n;
    for (uint32_t i = piece.first; i < end;) {
        uint32_t n = 0;
        while (i + n < end && !is_found(text->at[i + n].c)) n++;
        if (n) XS_TRY(run(&s, n, false));
        i += n;
        if (i < end) XS_TRY(run(&s, 1, true));
        i++;
    }
    return flush(&s);
}

static bool is_number(int32_t c) {
    return c < 0x80 ? c >= '0' && c <= '9' : (U_GET_GC_MASK(c) & U_GC_N_MASK) != 0;
}

static bool is_ascii_letter(int32_t c) { return (uint32_t)(c | 32) - 'a' < 26; }

// \w of UTS #18: alphabetic, marks, decimal digits, connectors, joiners.
static bool is_word(int32_t c) {
    if (c < 0x80) return is_ascii_letter(c) || (c >= '0' && c <= '9') || c == '_';
    return u_isUAlphabetic(c) || (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) ||
           u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL);
}

static int class_of(int32_t c) { return xs_is_space(c) ? 0 : is_word(c) ? 1 : 2; }

// \w+|[^\w\s]+
static int split_classes(const xs_chars *text, xs_piece piece, xs_pieces *out) {
    uint32_t end = piece.first + piece.n;
    for (uint32_t i = piece.first, n; i < end; i += n) {
        int class = class_of(text->at[i].c);
        for (n = 1; i + n < end && class_of(text->at[i + n].c) == class; n++) {}
        if (class) XS_TRY(xs_pieces_put(out, i, n, text->at[i].start));
    }
    return XSNR_OK;
}

// At white space, and every mark apart: both of BERT's splits at once.
static int split_bert(const xs_chars *text, xs_piece piece, xs_pieces *out) {
    uint32_t end = piece.first + piece.n, first = piece.first;
    for (uint32_t i = first; i < end; i++) {
        int32_t c = text->at[i].c;
        if (is_ascii_letter(c)) continue;
        bool mark = xs_is_punctuation(c);
        if (!mark && !xs_is_space(c)) continue;
        if (i > first) XS_TRY(xs_pieces_put(out, first, i - first, text->at[first].start));
        if (mark) XS_TRY(xs_pieces_put(out, i, 1, text->at[i].start));
        first = i + 1;
    }
    return end > first ? xs_pieces_put(out, first, end - first, text->at[first].start) : XSNR_OK;
}

static int split_string(const xs_pretokenizer *step, const xs_chars *text, xs_piece piece, xs_pieces *out) {
    splitter s = {text, out, step->behavior, piece.first, 0, false, false};
    uint32_t end = piece.first + piece.n, since = piece.first, n = step->pattern.n;
    for (uint32_t i = since; i < end;) {
        uint32_t k = 0;
        while (k < n && i + k < end && text->at[i + k].c == step->pattern.c[k]) k++;
        if (k < n || !n) {
            i++;
            continue;
        }
        if (i > since) XS_TRY(run(&s, i - since, step->invert));
        XS_TRY(run(&s, n, !step->invert));
        since = i += n;
    }
    if (end > since) XS_TRY(run(&s, end - since, step->invert));
    return flush(&s);
}

// Spaces become the replacement, and one is put in front; cut before every one of them.
static int metaspace(const xs_pretokenizer *step, const xs_chars *text, xs_piece piece, xs_chars *made,
                     xs_pieces *out) {
    uint32_t first = made->n;
    XS_TRY(xs_chars_reserve(made, (size_t)piece.n + 1));
    const xs_char *c = text->at + piece.first;
    bool starts = c[0].c == ' ' || c[0].c == step->replacement;
    if (!starts && (step->prepend == XS_PREPEND_ALWAYS || (step->prepend == XS_PREPEND_FIRST && !piece.origin)))
        xs_chars_put(made, step->replacement, c[0].start, c[0].end);
    for (uint32_t i = 0; i < piece.n; i++)
        xs_chars_put(made, c[i].c == ' ' ? step->replacement : c[i].c, c[i].start, c[i].end);
    if (!step->split) return xs_pieces_put(out, first, made->n - first, piece.origin);
    xs_pretokenizer before = {.behavior = XS_SPLIT_MERGED_WITH_NEXT,
                              .pattern = {(int32_t *)&step->replacement, 1}};
    return split_string(&before, made, (xs_piece){first, made->n - first, piece.origin}, out);
}

static int split(const xs_pretokenizer *step, const xs_chars *text, xs_piece piece, xs_pieces *out) {
    switch (step->kind) {
    case XS_SPLIT_BERT: return split_bert(text, piece, out);
    case XS_SPLIT_WHITESPACE: return split_classes(text, piece, out);
    case XS_SPLIT_WHITESPACE_SPLIT: return split_at(text, piece, xs_is_space, XS_SPLIT_REMOVED, out);
    case XS_SPLIT_PUNCTUATION: return split_at(text, piece, xs_is_punctuation, step->behavior, out);
    case XS_SPLIT_DIGITS: return split_at(text, piece, is_number, step->behavior, out);
    case XS_SPLIT_STRING: return split_string(step, text, piece, out);
    case XS_SPLIT_BYTES: return step->words ? xs_split_gpt2(text, piece, out)
                                            : xs_pieces_put(out, piece.first, piece.n, piece.origin);
    case XS_SPLIT_METASPACE: break;
    }
    return XSNR_OK;
}

// ByteLevel, first half: a space in front of a piece that has none.
static int prefix_spaces(xs_chars *text, xs_pieces *pieces) {
    xs_chars made = {.arena = text->arena};
    XS_TRY(xs_chars_reserve(&made, (size_t)text->n + pieces->n));
    for (uint32_t i = 0; i < pieces->n; i++) {
        xs_piece *p = &pieces->at[i];
        const xs_char *c = text->at + p->first;
        uint32_t first = made.n;
        if (c->c != ' ') xs_chars_put(&made, ' ', c->start, c->end);
        memcpy(made.at + made.n, c, p->n * sizeof *c);
        made.n += p->n;
        *p = (xs_piece){first, made.n - first, p->origin};
    }
    *text = made;
    return XSNR_OK;
}

// ByteLevel, second half: every byte becomes a character; all bytes of one come from where it came from.
static int spell_bytes(xs_chars *text, xs_pieces *pieces) {
    xs_chars made = {.arena = text->arena};
    XS_TRY(xs_chars_reserve(&made, text->n));
    for (uint32_t i = 0; i < pieces->n; i++) {
        xs_piece *p = &pieces->at[i];
        uint32_t first = made.n;
        XS_TRY(xs_chars_reserve(&made, 4 * (size_t)p->n));
        for (uint32_t k = 0; k < p->n; k++) {
            xs_char c = text->at[p->first + k];
            char bytes[4];
            size_t n = xs_utf8_put(c.c, bytes);
            for (size_t b = 0; b < n; b++) xs_chars_put(&made, xs_byte_char((uint8_t)bytes[b]), c.start, c.end);
        }
        *p = (xs_piece){first, made.n - first, p->origin};
    }
    *text = made;
    return XSNR_OK;
}

static int apply(const xs_pretokenizer *step, xs_chars *text, xs_pieces *pieces) {
    xs_pieces out = {.arena = pieces->arena};
    xs_chars made = {.arena = text->arena};
    if (step->kind == XS_SPLIT_BYTES && step->prefix_space) XS_TRY(prefix_spaces(text, pieces));
    for (uint32_t i = 0; i < pieces->n; i++)
        XS_TRY(step->kind == XS_SPLIT_METASPACE ? metaspace(step, text, pieces->at[i], &made, &out)
                                                : split(step, text, pieces->at[i], &out));
    if (step->kind == XS_SPLIT_METASPACE) *text = made;
    *pieces = out;
    return step->kind == XS_SPLIT_BYTES ? spell_bytes(text, pieces) : XSNR_OK;
}

int xs_pretokenize(const xs_pretokenizer *steps, size_t n, xs_chars *text, xs_pieces *pieces) {
    for (size_t i = 0; i < n; i++) XS_TRY(apply(&steps[i], text, pieces));
    return XSNR_OK;
}
