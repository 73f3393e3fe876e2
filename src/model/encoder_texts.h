// Texts as an encoder reads them: tokens of whole splits, and of one text with words taken away.
#ifndef XSNR_MODEL_ENCODER_TEXTS_H
#define XSNR_MODEL_ENCODER_TEXTS_H
#include "model/encoder_train.h"
#include "model/inside.h"
#include "text/tokenizer.h"

/// How texts are read.  Without a tokenizer a text is its ids, as numbers between blanks, each perhaps with its token
/// type ("101 7592 2088:1 102"); the first token and all that are like the last one are special.
typedef struct xs_reader {
    const xs_tokenizer *tokenizer; // or NULL
    uint32_t longest;              // tokens of a text
    uint32_t vocabulary, types;    // ids and types are below these
    xs_token_roles roles;
    bool mask_after_last;          // the mask token's id is the one after a text's last id ([SEP], [MASK] in BERT's)
} xs_reader;

/// Tokens of all texts of a split, at most `longest` each; *cut counts the texts that were longer.
int xs_encode_split(const xs_tokenizer *tokenizer, const xs_split *split, uint32_t longest, int threads,
                    xs_encoded *out, size_t *cut, xsnr_error *err);

/// Texts as a model reads them, in `arena`.
int xs_encode_inputs(const xs_reader *r, const xs_document *const *docs, size_t texts, uint32_t width, xs_arena *arena,
                     xs_inputs *out, xsnr_error *err);
/// One text under `count` masks, present (count, n_words), as so many texts: tokens that any absent word owns become
/// the mask token, or are left out.  NULL with count 1 is the whole text.  In `arena`; without special and words.
int xs_encode_masked(const xs_reader *r, const xs_document *doc, const uint8_t *present, size_t count,
                     xs_removal removal, xs_arena *arena, xs_inputs *out, xsnr_error *err);
#endif
