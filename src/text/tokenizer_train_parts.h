// What the two trainers share: the words of the texts, counted.
#ifndef XSNR_TEXT_TOKENIZER_TRAIN_PARTS_H
#define XSNR_TEXT_TOKENIZER_TRAIN_PARTS_H
#include "text/tokenizer_parts.h"

typedef struct xs_word_counts {
    xs_intern words;
    uint64_t *count; // (words.count)
    uint32_t *order; // (words.count) words by their bytes
    size_t capacity; // of count
} xs_word_counts;

/// Adds to `vocabulary`, the "vocab" of the model, which holds the special tokens (n_special), until it has
/// `size` tokens or the words give no more.
int xs_train_wordpiece(const xs_word_counts *words, uint32_t n_special, uint32_t size, json_t *vocabulary,
                       xsnr_error *err);
int xs_train_unigram(const xs_word_counts *words, uint32_t n_special, uint32_t size, json_t *vocabulary,
                     xsnr_error *err);
/// The pieces that the steps of `t` make of a text, without regard to added tokens.
int xs_tokenizer_pieces(const xs_tokenizer *t, const char *text, uint32_t size, xs_chars *chars, xs_pieces *pieces,
                        xsnr_error *err);
#endif
