// Tokenizers: what an encoder reads of a text, as Hugging Face's library makes it.
//
// A tokenizer is a pipeline: added tokens are cut out, the rest is normalised, pre-tokenised, cut into pieces by
// its model (WordPiece, byte-level BPE, SentencePiece's Unigram or BPE), and wrapped by a template
// ("[CLS] $A [SEP]").  Every token keeps where it comes from in the text as it was given, as in `offsets` of
// tokenizers.Encoding: that is what joins tokens to words.  A tokenizer is immutable once made and may be used
// by many threads at once.
#ifndef XSNR_TEXT_TOKENIZER_H
#define XSNR_TEXT_TOKENIZER_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "text/document.h"
#include <stdbool.h>

typedef struct xs_tokenizer xs_tokenizer;

typedef struct xs_token {
    uint32_t id;
    uint32_t start, end;       // bytes of the text, on UTF-8 boundaries; 0, 0: the template's own
    uint32_t cp_start, cp_end; // the same in code points
    bool special;              // from the template: [CLS], </s>, …
} xs_token;

typedef struct xs_tokens {
    xs_token *token; // (n)
    uint32_t n;
    uint32_t cut; // tokens that did not fit into the length asked for
} xs_tokens;

/// The ids that models need by their role; −1: the tokenizer has none.
typedef struct xs_token_roles {
    int32_t cls, sep, pad, mask, unknown;
} xs_token_roles;

/// A folder that holds tokenizer.json or vocab.txt, or one of these files.
int xs_tokenizer_load(const char *path, xs_tokenizer **out, xsnr_error *err);
/// From memory; `path` is for messages.  `json`: tokenizer.json, else vocab.txt (BERT's: a token a line).
int xs_tokenizer_parse(const char *bytes, size_t size, bool json, const char *path, xs_tokenizer **out,
                       xsnr_error *err);
void xs_tokenizer_free(xs_tokenizer *t);
/// The tokenizer as tokenizer.json, which xs_tokenizer_parse reads back to the same tokenizer.
int xs_tokenizer_write(const xs_tokenizer *t, xs_str *out, xsnr_error *err);

/// Tokens of `text` (UTF-8, `size` bytes) in `arena`, the template's among them; at most `most` (0: any number):
/// as Hugging Face's truncation "longest_first, right", the text's last tokens are cut.
int xs_tokenizer_encode(const xs_tokenizer *t, const char *text, size_t size, uint32_t most, xs_arena *arena,
                        xs_tokens *out, xsnr_error *err);
uint32_t xs_tokenizer_size(const xs_tokenizer *t); // 1 + the largest id
const char *xs_tokenizer_token(const xs_tokenizer *t, uint32_t id); // NULL: no such id
int64_t xs_tokenizer_id(const xs_tokenizer *t, const char *token);  // −1: not there
xs_token_roles xs_tokenizer_roles(const xs_tokenizer *t);

/// Which words of a document a token belongs to: words first .. first+count−1 (by bytes that overlap); count 0:
/// the template's, or white space that no word owns.  A token across several words is shared equally among them.
typedef struct xs_token_words {
    uint32_t first, count;
} xs_token_words;
/// words (tokens->n)
void xs_tokens_to_words(const xs_tokens *tokens, const xs_document *doc, xs_token_words *words);
#endif
