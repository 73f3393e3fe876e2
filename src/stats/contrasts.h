// Comparisons for the user: families with families, groups of texts, parts of texts (statistics, section 3).  Undefined is NaN.
#ifndef XSNR_STATS_CONTRASTS_H
#define XSNR_STATS_CONTRASTS_H
#include "stats/groups.h"

/// Two things compared: SNR_a against SNR_b.
typedef struct xs_contrast {
    const char *family, *explainer; // where; family NULL: a and b are the families
    const char *a, *b;
    size_t texts_a, texts_b;
    double snr_a, snr_b, ratio, ratio_ci[2]; // interval: jackknife over texts
    double models_ci[2];                     // of the ratio: jackknife over the models of both families
    double cliff;                            // P(SNR_a > SNR_b) − P(SNR_a < SNR_b) of texts
    double p, p_adjusted;                    // permutation; Benjamini–Hochberg over all contrasts
    double wilcoxon_p;                       // families: signed ranks of the texts' differences
} xs_contrast;

/// The groups of one family and explainer.
typedef struct xs_grouping {
    const char *family, *explainer;
    const char *const *name; // (groups)
    const xs_group *group;   // (groups)
    uint32_t groups;
    double p, p_adjusted; // all groups alike; Benjamini–Hochberg over the groupings
    xs_nested types;      // by type: how the variance splits; scores 0: not asked for
} xs_grouping;

typedef struct xs_contrasts {
    const char *by; // "family", "class", …
    const char *study_a, *study_b;
    bool paired;    // groups are exchanged inside texts
    size_t permutations;
    xs_grouping *groupings; // (n_groupings)
    size_t n_groupings;
    xs_contrast *contrasts; // (n_contrasts)
    size_t n_contrasts;
} xs_contrasts;

typedef struct xs_contrast_options {
    const char *family_a, *family_b; // only these; NULL: all.  Without family_b, family_a restricts groups
    const char *explainer;           // only this; NULL: all
    size_t permutations;
    uint64_t seed;
} xs_contrast_options;

/// Every two families of `a`, under the explainers that both have; or, where `b` is given, the families of `a` with those of `b`
/// that have the same name (family_a with family_b if they are named).
int xs_contrast_families(const xs_results *a, const xs_results *b, const xs_contrast_options *how, xs_arena *arena,
                         xs_contrasts *out, xsnr_error *err);
/// The group of the t-th text of an explainer; UINT32_MAX: it is in none.
typedef uint32_t xs_group_fn(const void *context, const xs_text_result *text, size_t t);
/// Groups of texts in every family and explainer; `of` NULL: every text has all groups inside, in beyond->of_group.
int xs_contrast_groups(const xs_results *results, const char *by, xs_group_fn *of, const void *context, const char *const *name,
                       uint32_t groups, const xs_contrast_options *how, xs_arena *arena, xs_contrasts *out, xsnr_error *err);
#endif
