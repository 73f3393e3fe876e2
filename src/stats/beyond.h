// What is made of texts when it is asked for: information, directions and modes, spans, complexity, other normalisations,
// agreement with people, the bootstrap (statistics, sections 4, 5, 8), for one text and for many.
#ifndef XSNR_STATS_BEYOND_H
#define XSNR_STATS_BEYOND_H
#include "stats/bootstrap.h"
#include "stats/information.h"
#include "stats/joint.h"
#include "stats/groups.h"
#include "stats/pairs.h"
#include "stats/plausible.h"
#include "stats/sources.h"

/// Bits, in the order of the choices XS_STATISTICS.
enum {
    XS_STAT_INFORMATION = 1 << 0,
    XS_STAT_KDE = 1 << 1, // with information
    XS_STAT_SPECTRUM = 1 << 2,
    XS_STAT_MODES = 1 << 3,
    XS_STAT_SPANS = 1 << 4,
    XS_STAT_COMPLEXITY = 1 << 5,
    XS_STAT_NORMALIZATIONS = 1 << 6,
    XS_STAT_BOOTSTRAP = 1 << 7,
    XS_STAT_TYPES = 1 << 8,   // of many texts
    XS_STAT_SEVERAL = 1 << 9, // of many explainers
    XS_STAT_SOURCES = 1 << 10, // of crossed families
    XS_STAT_AGREEMENT = 1 << 11,
    XS_STAT_ALL = 1 << 12,
};
#define XS_STATISTICS "information|kde|spectrum|modes|spans|complexity|normalizations|bootstrap|types|several|sources|agreement|all"
#define XS_STATISTICS_FAST "information, spectrum, spans, complexity, sources" // what a study gets unless it says otherwise

enum { XS_RESAMPLES = 1000, XS_FOLDS = 10, XS_NGRAMS = 4 /* of 2, 3, 4, 5 words */ };

/// Ways to look at a text's mean explanation beside word by word: what is judged is a score of every span, or another score
/// of every word.  A span counts as marked if any of its words is.
enum {
    XS_VIEW_NGRAM = 0, // and the next XS_NGRAMS − 1: sums over n-grams
    XS_VIEW_SENTENCE = XS_NGRAMS, // sums over sentences
    XS_VIEW_PHRASE, // sums over phrases that the data give
    XS_VIEW_SPREAD, // the words' variances over models
    XS_VIEW_MODES,  // the mean explanation of each mode: means over modes, by their sizes
    XS_VIEWS
};
typedef struct xs_view {
    xs_complexity complexity;
    xs_plausibility plausibility;
} xs_view;

/// Of one text.
typedef struct xs_beyond {
    unsigned made; // bits of what follows
    xs_information information;
    double eigenvalue[XS_COMPONENTS], share[XS_COMPONENTS]; // the largest, and what they are of the sum; 0 beyond the rank
    xs_modes modes;
    const uint32_t *mode; // (models) mode of each
    xs_moment_snr ngram[XS_NGRAMS], sentence, phrase; // sentence, phrase: undefined where there are none
    xs_complexity complexity, complexity_of_mean; // mean over models; of the mean explanation
    xs_moment_snr normalized[XS_NORMS];
    double bootstrap_ci[2];
    const xs_moment_snr *of_group;                      // (word_groups) of the words of each group alone; NULL: not asked for
    xs_pair_agreement pairs;
    bool judged;                                        // by people
    xs_plausibility plausibility, plausibility_of_mean; // mean over models; of the mean explanation
    xs_view view[XS_VIEWS];                             // NaN: not asked for
} xs_beyond;

typedef struct xs_beyond_input {
    xs_scores scores;           // normalised
    const double *raw;          // (M, n) before that
    bool absolute;              // |raw| is taken before it is normalised
    const uint32_t *sentence;   // (n) or NULL
    const xs_span *phrases;     // (n_phrases)
    size_t n_phrases;
    const unsigned char *human; // (n) 1: people marked the word; or NULL
    const uint32_t *word_group; // (n) group of every word < word_groups, or NULL
    uint32_t word_groups;
    const uint32_t *place;      // (M) of each model among the family's candidates; NULL: in their order
    size_t candidates;
    double snr;
    uint64_t seed;
    unsigned wanted;
    xs_resamples *resamples; // of the candidates; takes what they make of this text, too; NULL: no other text is asked for
} xs_beyond_input;

/// *out and all that it holds are allocated in `arena`.
int xs_look_beyond(const xs_beyond_input *in, xs_arena *arena, const xs_beyond **out, xsnr_error *err);

/// The views of one text: complexity if it is wanted, plausibility if people marked words; modes if they are known (modes,
/// mode of each model).
int xs_look_from_views(const xs_beyond_input *in, const xs_centered *c, const xs_modes *modes, const uint32_t *mode,
                       xs_arena *scratch, xs_view view[XS_VIEWS], xsnr_error *err);

/// Over texts: ratios are Σ signal / Σ noise, other numbers means of the texts in which they are defined.
typedef struct xs_pooled_beyond {
    unsigned made;
    xs_moment_snr order2, order3, order4, bivariate_window5; // means over texts, and the ratios of these
    xs_information information;
    double participation_ratio, share[XS_COMPONENTS];
    size_t texts_by_modes[XS_MODES_MOST]; // how many have 1, 2, … modes
    double share_between, noise_within, signal_within, snr_within;
    xs_moment_snr ngram[XS_NGRAMS], sentence, phrase;
    xs_complexity complexity, complexity_of_mean;
    xs_moment_snr normalized[XS_NORMS];
    double bootstrap_ci[2];
    xs_pair_agreement pairs; // pairs: over all texts
    size_t texts_judged;
    xs_plausibility plausibility, plausibility_of_mean;
    xs_view view[XS_VIEWS];
    xs_nested types; // set by who has the words
    const char *factor[XS_FACTORS_MOST]; // of a crossed family; set by who has the seeds
    size_t factors, levels[XS_FACTORS_MOST], sources_texts;
    xs_sources sources;
} xs_pooled_beyond;

/// Of the texts' orders above one and what xs_look_beyond made.  resamples: of all texts, or NULL.
int xs_pool_beyond(const xs_explainer_result *e, const xs_resamples *resamples, xs_arena *arena, xs_pooled_beyond **out,
                   xsnr_error *err);

/// All explainers of a family at once: means over texts that are defined.
typedef struct xs_several {
    const char *const *explainer; // (n_explainers)
    size_t n_explainers, texts;
    xs_multivariate mean;
} xs_several;
#endif
