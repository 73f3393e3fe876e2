// What the files of the tokenizer share: characters on their way from the text to tokens, and the steps.
//
// A text is decoded once into characters, each with the bytes of the text it comes from; every step keeps that
// origin.  In Hugging Face's library this is NormalizedString: its alignments are per byte, but all bytes of a
// character have the same one, so one a character says the same.  Steps that replace characters follow its
// `transform`: a list of (new character, change), change 0: it stands for the next old character; > 0: it was
// inserted, and comes from where its predecessor came from; −k: it stands for the next old character, and the k
// after that are gone.
#ifndef XSNR_TEXT_TOKENIZER_PARTS_H
#define XSNR_TEXT_TOKENIZER_PARTS_H
#include "base/intern.h"
#include "text/token_trie.h"
#include "text/tokenizer.h"
#include <jansson.h>
#include <stdatomic.h>

/// Longest content of a token, in bytes: what a text costs is bounded by its length times this.
#define XS_TOKEN_BYTES 1024u
/// Largest id: bounds the table of ids, whatever a small hostile file claims.
#define XS_TOKEN_IDS (1u << 22)

typedef struct xs_char {
    int32_t c;           // code point
    uint32_t start, end; // bytes of the text it comes from
} xs_char;

/// A growing array of characters in the arena of the call; zero-initialised but for `arena` it is empty.
typedef struct xs_chars {
    xs_char *at; // (n)
    uint32_t n, capacity;
    xs_arena *arena;
} xs_chars;
/// Room for `more` characters after the last; XSNR_ERR_NOMEM.
int xs_chars_reserve(xs_chars *chars, size_t more);
/// Appends one; room was reserved, which clang's analyzer cannot see.
static inline void xs_chars_put(xs_chars *chars, int32_t c, uint32_t start, uint32_t end) {
    chars->at[chars->n++] = (xs_char){c, start, end}; // NOLINT(clang-analyzer-core.NullDereference)
}

/// A transformed character: what `transform` of the head of this file reads.
typedef struct xs_change {
    int32_t c, change;
} xs_change;
/// Replaces all characters by `changes` (n).
int xs_chars_transform(xs_chars *chars, const xs_change *changes, size_t n);

/// A run of characters that is one word of the pre-tokenizer.
typedef struct xs_piece {
    uint32_t first, n;
    uint32_t origin; // byte of the text at which the string it was cut from begins
} xs_piece;
typedef struct xs_pieces {
    xs_piece *at; // (n)
    uint32_t n, capacity;
    xs_arena *arena;
} xs_pieces;
int xs_pieces_put(xs_pieces *pieces, uint32_t first, uint32_t n, uint32_t origin);

/// A growing array of tokens; code point offsets are filled in at the end.
typedef struct xs_token_list {
    xs_token *at; // (n)
    uint32_t n, capacity;
    xs_arena *arena;
} xs_token_list;
int xs_token_list_put(xs_token_list *list, uint32_t id, uint32_t start, uint32_t end, bool special);

// ---- normalizers -------------------------------------------------------------------------------------------
typedef enum xs_normalizer_kind {
    XS_NORMALIZE_BERT,
    XS_NORMALIZE_LOWERCASE,
    XS_NORMALIZE_NFC,
    XS_NORMALIZE_NFD,
    XS_NORMALIZE_NFKC,
    XS_NORMALIZE_NFKD,
    XS_NORMALIZE_STRIP,
    XS_NORMALIZE_STRIP_ACCENTS,
    XS_NORMALIZE_REPLACE,
    XS_NORMALIZE_PREPEND,
    XS_NORMALIZE_PRECOMPILED,
} xs_normalizer_kind;

/// A string of code points.
typedef struct xs_code_points {
    int32_t *c; // (n)
    uint32_t n;
} xs_code_points;

typedef struct xs_charsmap xs_charsmap;

typedef struct xs_normalizer {
    xs_normalizer_kind kind;
    bool clean_text, chinese, strip_accents, lowercase; // BERT
    bool left, right;                                   // STRIP
    xs_code_points pattern, content;                    // REPLACE, PREPEND (content)
    bool spaces;                                        // REPLACE: the pattern is the expression " {2,}"
    xs_charsmap *charsmap;                              // PRECOMPILED; owned
} xs_normalizer;

/// Applies the steps in order.
int xs_normalize_text(const xs_normalizer *steps, size_t n, xs_chars *text, xsnr_error *err);
int xs_normalize_bert(const xs_normalizer *step, xs_chars *text);
/// The four Unicode normal forms.
int xs_normalize_form(xs_normalizer_kind form, xs_chars *text, xsnr_error *err);
int xs_normalize_lowercase(xs_chars *text);
/// SentencePiece's precompiled map, from its base64 of `n` digits.
int xs_charsmap_new(const char *base64, size_t n, const char *path, xs_charsmap **out, xsnr_error *err);
void xs_charsmap_free(xs_charsmap *map);
int xs_charsmap_apply(const xs_charsmap *map, xs_chars *text, xsnr_error *err);

// ---- pre-tokenizers ----------------------------------------------------------------------------------------
typedef enum xs_pretokenizer_kind {
    XS_SPLIT_BERT,
    XS_SPLIT_WHITESPACE,       // \w+|[^\w\s]+
    XS_SPLIT_WHITESPACE_SPLIT, // at white space
    XS_SPLIT_PUNCTUATION,
    XS_SPLIT_DIGITS,
    XS_SPLIT_STRING, // Split with a literal pattern, CharDelimiterSplit
    XS_SPLIT_BYTES,  // ByteLevel
    XS_SPLIT_METASPACE,
} xs_pretokenizer_kind;

/// What becomes of what a split found.
typedef enum xs_split_behavior {
    XS_SPLIT_REMOVED,
    XS_SPLIT_ISOLATED,
    XS_SPLIT_MERGED_WITH_PREVIOUS,
    XS_SPLIT_MERGED_WITH_NEXT,
    XS_SPLIT_CONTIGUOUS,
} xs_split_behavior;

typedef enum xs_prepend_scheme { XS_PREPEND_ALWAYS, XS_PREPEND_FIRST, XS_PREPEND_NEVER } xs_prepend_scheme;

typedef struct xs_pretokenizer {
    xs_pretokenizer_kind kind;
    xs_split_behavior behavior;
    bool invert;              // STRING: the pattern is what is kept
    xs_code_points pattern;   // STRING
    bool prefix_space;        // BYTES
    bool words;               // BYTES: cut by GPT-2's expression
    int32_t replacement;      // METASPACE
    xs_prepend_scheme prepend;
    bool split; // METASPACE
} xs_pretokenizer;

/// Cuts `pieces` of `text`; both are replaced by what comes out.
int xs_pretokenize(const xs_pretokenizer *steps, size_t n, xs_chars *text, xs_pieces *pieces);
/// Cuts a piece by GPT-2's expression.
int xs_split_gpt2(const xs_chars *text, xs_piece piece, xs_pieces *out);
/// The character that byte-level models write for a byte.
int32_t xs_byte_char(uint8_t byte);

bool xs_is_space(int32_t c);       // White_Space
bool xs_is_punctuation(int32_t c); // BERT's: ASCII marks and the categories P

// ---- models ------------------------------------------------------------------------------------------------
typedef enum xs_token_model_kind { XS_MODEL_WORDPIECE, XS_MODEL_BPE, XS_MODEL_UNIGRAM } xs_token_model_kind;

typedef struct xs_merge {
    uint32_t left, right; // ids
    uint32_t made;        // id
    uint32_t rank;        // 1 + its place in the list; 0: free slot
} xs_merge;

typedef struct xs_token_model {
    xs_token_model_kind kind;
    xs_trie trie;          // every token of the model → id
    int32_t unknown;       // −1: none
    bool fuse_unknown, byte_fallback;
    int32_t byte_id[256];  // of <0x00> …; −1: not there
    char *prefix, *suffix; // of pieces inside a word (WordPiece, BPE), at its end (BPE); "" if none; owned
    uint32_t most_chars;   // WordPiece: longer words are unknown
    uint32_t inside;       // WordPiece: node of the trie that the prefix leads to; UINT32_MAX: none
    bool ignore_merges;    // BPE: a piece that is a token stays whole
    xs_merge *merges;      // (n_merges) in the order of the file
    uint32_t n_merges;
    uint32_t *merge_slot; // (merge_slots) 1 + index into merges by (left, right)
    uint32_t merge_slots; // a power of two
    _Atomic unsigned char *alone; // (ids) BPE without affixes: whether merging makes this token of its characters, once it is known
    double *score;     // (n_scores) Unigram, by id
    uint32_t n_scores;
    double lowest;     // the lowest score
} xs_token_model;

/// Sets `inside`, once trie and prefix are there.
void xs_wordpiece_index(xs_token_model *model);
/// Tokens of a piece: characters c (n), n > 0.
int xs_wordpiece(const xs_token_model *model, const xs_char *c, uint32_t n, xs_token_list *out);
int xs_bpe(const xs_token_model *model, const xs_char *c, uint32_t n, xs_token_list *out);
int xs_unigram(const xs_token_model *model, const xs_char *c, uint32_t n, xs_token_list *out, xsnr_error *err);
/// Makes merge_slot from merges, and room for what becomes of `ids` tokens; of equal pairs the last counts, as in Hugging Face's.
int xs_bpe_index(xs_token_model *model, uint32_t ids);

// ---- the tokenizer -----------------------------------------------------------------------------------------
typedef struct xs_vocabulary {
    xs_intern strings; // every token, the model's in the order of the file
    uint32_t *id;      // (strings.count)
    uint32_t capacity; // of id
    uint32_t *string;  // (size) 1 + number of the string, 0: no such id
    uint32_t size;     // 1 + the largest id
    uint32_t n_model;  // strings of the model; the added ones follow
} xs_vocabulary;
/// Adds a token; fails if it has another id already, or its id another token.
int xs_vocabulary_add(xs_vocabulary *v, const char *token, size_t n, int64_t id, const char *path,
                      xsnr_error *err);

typedef struct xs_added_token {
    uint32_t id;
    bool single_word, left_strip, right_strip, normalized, special;
} xs_added_token;

/// What stands around the text: [CLS] … [SEP].
typedef struct xs_template {
    uint32_t *before, *after; // (n_before), (n_after) ids; in the tokenizer's arena
    uint32_t n_before, n_after;
    bool trim;              // offsets leave out white space at the ends of a token
    bool trim_prefix_space; // but for one space at the start of the text, which was added
} xs_template;

struct xs_tokenizer {
    xs_vocabulary vocabulary;
    xs_added_token *added; // (n_added) in the arena
    uint32_t n_added;
    xs_trie added_raw, added_normalized; // content → index into `added`
    uint64_t added_begins[4];            // bit c mod 256 is set if some added token begins with character c
    xs_normalizer *normalizers;          // (n_normalizers)
    uint32_t n_normalizers;
    xs_pretokenizer *pretokenizers; // (n_pretokenizers)
    uint32_t n_pretokenizers;
    xs_token_model model;
    xs_template wrap;
    json_t *steps; // normalizer, pre_tokenizer, post_processor, decoder as they were read; owned
    xs_arena arena;
};

/// The parts of tokenizer.json.
int xs_tokenizer_parse_json(xs_tokenizer *t, const char *bytes, size_t size, const char *path, xsnr_error *err);
/// BERT's vocab.txt.
int xs_tokenizer_parse_vocabulary(xs_tokenizer *t, const char *bytes, size_t size, const char *path,
                                  xsnr_error *err);
int xs_tokenizer_read_normalizer(xs_tokenizer *t, const json_t *json, const char *path, xsnr_error *err);
int xs_tokenizer_read_pretokenizer(xs_tokenizer *t, const json_t *json, const char *path, xsnr_error *err);
int xs_tokenizer_read_processor(xs_tokenizer *t, const json_t *json, const char *path, xsnr_error *err);
int xs_tokenizer_read_model(xs_tokenizer *t, const json_t *json, const char *path, xsnr_error *err);
int xs_tokenizer_read_added(xs_tokenizer *t, const json_t *json, const char *path, xsnr_error *err);
/// Adds a normalizer, a pre-tokenizer to the end of the list; NULL: out of memory.
xs_normalizer *xs_tokenizer_add_normalizer(xs_tokenizer *t);
xs_pretokenizer *xs_tokenizer_add_pretokenizer(xs_tokenizer *t);
#endif
