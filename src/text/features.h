// Features: what a feature-based model sees of a text.
//
// A featurizer is fitted on the training texts once a study and is immutable afterwards.  It knows which
// words made each feature (its occurrences), and this alone is what exact contributions need:
// a feature's contribution is shared equally among its occurrences, an occurrence's among its words.
#ifndef XSNR_TEXT_FEATURES_H
#define XSNR_TEXT_FEATURES_H
#include "base/arena.h"
#include "base/param.h"
#include "math/sparse.h"
#include "text/corpus.h"

/// One place where a feature occurs: words first .. first+count−1 of the text.
typedef struct xs_occurrence {
    uint32_t first, count;
} xs_occurrence;

/// The features of one text: `n` nonzero features, ascending.
typedef struct xs_features_row {
    uint32_t n;
    const uint32_t *feature;        // (n)
    const double *value;            // (n)
    const uint32_t *occurrence_begin; // (n + 1); an empty range: no word triggered it (means, ratios, or a
                                      // standardised count of zero): its contribution is `unattributed`
    const xs_occurrence *occurrence;
} xs_features_row;

typedef struct xs_featurizer xs_featurizer;

/// Rows that a family with features adds to its own table of parameters:
/// features.kind (bow|tfidf|linguistic), features.ngrams, features.min_count, features.max_features,
/// features.sublinear, features.lists (a file with the user's own word lists).
#define XS_FEATURE_PARAMS                                                                                     \
    {"features.kind", XS_CHOICE, "tfidf", 0, 0, "bow|tfidf|linguistic", "what the model sees of a text"},     \
        {"features.ngrams", XS_INT, "1", 1, 5, NULL, "longest word n-gram (bow, tfidf)"},                     \
        {"features.min_count", XS_INT, "1", 1, 1e9, NULL, "least number of training texts an n-gram is in"},   \
        {"features.max_features", XS_INT, "0", 0, 4e9, NULL, "keep the most frequent n-grams only; 0: all"},   \
        {"features.sublinear", XS_BOOL, "true", 0, 0, NULL, "1 + ln(count) in the place of the count (tfidf)"}, \
        {"features.lists", XS_STRING, "", 0, 0, NULL, "file of word lists in the place of the built-in ones"}

/// Fits on corpus->split[XS_TRAIN].  Keeps a reference to the corpus (for its lexicon); the corpus must outlive it.
int xs_featurizer_fit(const xs_settings *settings, const xs_corpus *corpus, int threads, xs_featurizer **out,
                      xsnr_error *err);
void xs_featurizer_free(xs_featurizer *f);
uint32_t xs_featurizer_size(const xs_featurizer *f);
/// The name of a feature ("not bad", "exclamation marks"), appended to `out`.
int xs_featurizer_name(const xs_featurizer *f, uint32_t feature, xs_str *out);
/// The matrix of many texts (no occurrences); rows in the order of docs.
int xs_featurizer_matrix(const xs_featurizer *f, const xs_document *docs, size_t count, int threads,
                         xs_csr *out, xsnr_error *err);
/// One text, with only the words whose `present` is nonzero (NULL: all).  The row lives in `arena`;
/// occurrences count words of the whole text.
int xs_featurizer_row(const xs_featurizer *f, const xs_document *doc, const uint8_t *present,
                      xs_removal removal, xs_arena *arena, xs_features_row *out, xsnr_error *err);
#endif
