// Training a tokenizer for models that start from nothing.
#ifndef XSNR_TEXT_TOKENIZER_TRAIN_H
#define XSNR_TEXT_TOKENIZER_TRAIN_H
#include "text/corpus.h"
#include "text/tokenizer.h"

typedef enum xs_tokenizer_kind { XS_TOKENIZER_WORDPIECE, XS_TOKENIZER_UNIGRAM } xs_tokenizer_kind;

/// Trains on the texts docs (count).  `vocabulary` counts every token, the special ones ([PAD] 0, [UNK], [CLS],
/// [SEP], [MASK] for WordPiece) included; fewer come out if the texts have no more.  `lowercase`: BERT's uncased
/// normaliser (accents are kept).  Deterministic: the same texts give the same tokenizer for any `threads`.
int xs_tokenizer_train(xs_tokenizer_kind kind, const xs_document *docs, size_t count, uint32_t vocabulary,
                       bool lowercase, int threads, xs_tokenizer **out, xsnr_error *err);
#endif
