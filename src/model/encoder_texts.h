// Texts as an encoder reads them: tokens of whole splits, and of one text with words taken away.
#ifndef XSNR_MODEL_ENCODER_TEXTS_H
#define XSNR_MODEL_ENCODER_TEXTS_H
#include "model/encoder_train.h"
#include "text/tokenizer.h"

/// Tokens of all texts of a split, at most `longest` each; *cut counts the texts that were longer.
int xs_encode_split(const xs_tokenizer *tokenizer, const xs_split *split, uint32_t longest, int threads,
                    xs_encoded *out, size_t *cut, xsnr_error *err);

/// A text's ids under `count` masks, present (count, n_words): tokens that any absent word owns become the mask
/// token, or are left out.  NULL with count 1 is the whole text.  begin (count + 1), id in `arena`.
int xs_encode_masked(const xs_tokenizer *tokenizer, const xs_document *doc, uint32_t longest, const uint8_t *present,
                     size_t count, xs_removal removal, xs_arena *arena, size_t **begin, uint32_t **id,
                     xsnr_error *err);
#endif
