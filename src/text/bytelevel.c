// GPT-2's words, and the characters that byte-level models write for bytes.
//
// The expression is 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ : everything is in
// some piece.  Of white space before a word, the last character is left to begin the next piece.
#include "text/tokenizer_parts.h"
#include <unicode/uchar.h>

typedef enum class { SPACE, LETTER, NUMBER, OTHER } class;

static class class_of(int32_t c) {
    if (c < 0x80) return (c | 32) >= 'a' && (c | 32) <= 'z' ? LETTER : c >= '0' && c <= '9' ? NUMBER : xs_is_space(c) ? SPACE : OTHER;
    uint32_t mask = U_GET_GC_MASK(c);
    return mask & U_GC_L_MASK ? LETTER : mask & U_GC_N_MASK ? NUMBER : xs_is_space(c) ? SPACE : OTHER;
}

// Characters of the contraction at c (n), 0: none.
static uint32_t contraction(const xs_char *c, uint32_t n) {
    if (n < 2 || c[0].c != '\'') return 0;
    int32_t a = c[1].c, b = n > 2 ? c[2].c : 0;
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
    return (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l') ? 3 : 0;
}

// Characters of the word at c (n), n > 0.
static uint32_t word(const xs_char *c, uint32_t n) {
    uint32_t i = contraction(c, n);
    if (i) return i;
    uint32_t space = c[0].c == ' ' && n > 1 && class_of(c[1].c) != SPACE;
    class first = class_of(c[space].c);
    for (i = space + 1; i < n && class_of(c[i].c) == first; i++) {}
    if (first == SPACE && i < n && i > 1) i--; // \s+(?!\S): one is left to the next piece
    return i;
}

int xs_split_gpt2(const xs_chars *text, xs_piece piece, xs_pieces *out) {
    uint32_t end = piece.first + piece.n;
    for (uint32_t i = piece.first, n; i < end; i += n) {
        n = word(text->at + i, end - i);
        XS_TRY(xs_pieces_put(out, i, n, text->at[i].start));
    }
    return XSNR_OK;
}

// Bytes that show stand for themselves; the 68 others are numbered from U+0100.
int32_t xs_byte_char(uint8_t byte) {
    if (byte <= 0x20) return 0x100 + byte;
    if (byte >= 0x7F && byte <= 0xA0) return 0x100 + 0x21 + (byte - 0x7F);
    return byte == 0xAD ? 0x100 + 0x43 : byte;
}
