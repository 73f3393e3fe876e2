// The inside of a model, as far as a family shows it: what gradient, attention and relevance methods work on.
//
// A text is tokens, a token a vector: that is what the model is differentiated by.  Several texts are asked about at
// once, and the same text at several points (integrated gradients, SmoothGrad); a point's answer has the same bits
// whatever the others and their number.
#ifndef XSNR_MODEL_INSIDE_H
#define XSNR_MODEL_INSIDE_H
#include "base/arena.h"
#include "text/document.h"
#include "text/tokenizer.h"

/// Texts as a family's models read them.  Text i has tokens begin[i] .. begin[i+1].
typedef struct xs_inputs {
    size_t texts, tokens;
    uint32_t width;              // of a token's vector
    const size_t *begin;         // (texts + 1)
    const uint32_t *id;          // (tokens)
    const uint32_t *kind;        // (tokens) token types, or NULL: all 0
    const bool *special;         // (tokens) [CLS], </s>, …: no word's, and kept in every baseline
    const xs_token_words *words; // (tokens) the words that share it
} xs_inputs;

/// Which vectors: the tokens' own, or a baseline's, in which special tokens keep theirs.
typedef enum xs_vectors { XS_VECTORS_OWN, XS_VECTORS_PAD, XS_VECTORS_MASK, XS_VECTORS_ZERO } xs_vectors;

/// Where a gradient or a relevance is taken.
typedef enum xs_place {
    XS_AT_WORD,  // the word embedding
    XS_AT_INPUT, // what the first layer reads: after positions, types and layer norm
} xs_place;

/// Points at which a model is differentiated.  Rows of all points follow each other: point p has as many as its text
/// has tokens.
typedef struct xs_points {
    size_t count;
    const uint32_t *text;  // (count) number of the text in the inputs
    const int *target;     // (count) class
    const double *vectors; // (rows, width), or NULL: the texts' own
    xs_place place;        // XS_AT_INPUT: `vectors` must be NULL
    bool probability;      // of the class, not its logit
} xs_points;

/// A straight way of one text's vectors.
typedef struct xs_way {
    uint32_t text;
    int target;              // class
    bool probability;        // of the class, not its logit
    const double *from, *to; // (T, width)
    size_t count;
    const double *place;     // (count) 0: from; 1: to
} xs_way;

/// The functions of a family; those that its `provides` does not name may be NULL.
typedef struct xs_inside {
    /// Tokens of texts, in `arena`.  XS_GRADIENTS, XS_ATTENTION or XS_RELEVANCE.
    int (*inputs)(const void *shared, const xs_document *const *docs, size_t texts, xs_arena *arena, xs_inputs *out,
                  xsnr_error *err);
    /// out (tokens, width).  XS_GRADIENTS.
    int (*vectors)(const void *shared, const void *model, const xs_inputs *in, xs_vectors which, double *out,
                   xsnr_error *err);
    /// value (count); and, unless NULL, gradient (rows, width) and the vectors `at` (rows, width) that it was taken
    /// at.  XS_GRADIENTS.
    int (*gradient)(const void *shared, const void *model, const xs_inputs *in, const xs_points *points, double *value,
                    double *gradient, double *at, xsnr_error *err);
    /// The same where only the way matters: at places[i] of the straight way from vectors `from` to `to` (T, width) of one
    /// text, value (count) of the class and, token by token, along (count, T) = (to − from) · gradient.  NULL, and
    /// models of one layer: ask `gradient`.
    int (*way)(const void *shared, const void *model, const xs_inputs *in, const xs_way *way, double *value, double *along,
               xsnr_error *err);
    uint32_t (*layers)(const void *shared); // of attention.  XS_ATTENTION.
    /// maps: for every text its attention, (layers, T, T), mean over the heads; texts follow each other.  Of the last
    /// layer only the first row is made: nothing else reaches the classifier.  logits (texts, C).  XS_ATTENTION.
    int (*attention)(const void *shared, const void *model, const xs_inputs *in, double *maps, double *logits,
                     xsnr_error *err);
    /// Chefer's maps, the same shape: mean over heads of max(gradient ∘ relevance, 0) at the probabilities, for the
    /// logit of target (texts); layers before `start` are left as they are.  XS_RELEVANCE.
    int (*chefer)(const void *shared, const void *model, const xs_inputs *in, const int *target, uint32_t start,
                  bool fast, double *maps, double *logits, xsnr_error *err);
    /// AttnLRP's relevance (tokens) of the logit of target (texts).  XS_RELEVANCE.  `fast`, in both: in floats.
    int (*attn_lrp)(const void *shared, const void *model, const xs_inputs *in, const int *target, xs_place place,
                    bool fast, double *relevance, double *logits, xsnr_error *err);
} xs_inside;
#endif
