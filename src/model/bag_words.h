// Texts as a bag reads them: rows of its table of embeddings.
//
// Row 0 is the unknown word's.  Every word form that enough training texts hold has a row of its own; n-grams of two
// or more such words share `buckets` rows by a hash.  A word that is unknown or absent is row 0, and so is every
// n-gram that has such a word: a text keeps the number of its rows when words are masked.
#ifndef XSNR_MODEL_BAG_WORDS_H
#define XSNR_MODEL_BAG_WORDS_H
#include "model/trainer.h"
#include "text/corpus.h"
#include "text/tokenizer.h"

typedef struct xs_bag_words {
    uint32_t *row; // (forms) of a form; 0: unknown
    uint32_t forms;
    uint32_t known;   // rows of words, the unknown one's among them; then come the buckets
    uint32_t ngrams;  // longest n-gram
    uint32_t buckets; // 0 without n-grams
    uint32_t length;  // words of a text that are read
} xs_bag_words;

/// Forms that at least `min_count` training texts hold, in the order in which the corpus first has them.
int xs_bag_words_new(const xs_corpus *corpus, uint32_t min_count, uint32_t ngrams, uint32_t buckets, uint32_t length,
                     xs_bag_words *out, xsnr_error *err);
void xs_bag_words_free(xs_bag_words *w);

/// Rows that a text of n words may take, at most; a text without words takes the unknown word's.
size_t xs_bag_rows_most(const xs_bag_words *w, uint32_t n);
/// A text's rows, without the words whose `present` is 0 (NULL: all are there): returns how many, at least 1.
/// owner (NULL: not wanted): the words that each row is of.
size_t xs_bag_rows(const xs_bag_words *w, const xs_document *doc, const uint8_t *present, xs_removal removal,
                   uint32_t *id, xs_token_words *owner);
/// All texts of a split; *cut counts those that are longer than w->length, *longest grows to the most rows of one.
int xs_bag_encode_split(const xs_bag_words *w, const xs_split *split, xs_encoded *out, size_t *cut, size_t *longest,
                        xsnr_error *err);
#endif
