// The results of a study as plain structs: what stats fills and report shows.
//
// Undefined numbers are NaN (null in JSON, empty in CSV, "undefined" on the terminal).  Everything is owned by
// the arena of xs_results, which may lie in a file where there are many texts: who goes through them asks xs_text_at.  Field names
// are the JSON keys.
#ifndef XSNR_STATS_RESULTS_H
#define XSNR_STATS_RESULTS_H
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Signal, noise and their ratio of one array (statistics, section 2), and of pooled texts (section 3).
typedef struct xs_snr {
    size_t models, words;
    double signal_raw, noise, ms_interaction, signal, snr_raw, snr;
    double snr_ci[2];  // jackknife over models, 95 %
    double noise_shift;
    double icc;            // reliability of one model's explanation
    double models_needed;  // for reliability R (0.9); infinite signal-less: NaN
    double f, greenhouse_geisser, f_p;
    double gaussian_bits;
    bool no_signal; // signal ≤ 0: "no signal found"
} xs_snr;

/// Only signal and noise (orders above one, pairs of words).
typedef struct xs_moment_snr {
    size_t columns; // words or pairs
    double signal_raw, noise, ms_interaction, signal, snr_raw, snr;
} xs_moment_snr;

/// One word over models (section 1).
typedef struct xs_word_stats {
    double mean, sd, standard_error, skewness, excess_kurtosis;
    double minimum, q25, median, q75, maximum, whisker_low, whisker_high;
    double positive_share, sign_stability;
    double signal, noise, snr, snr_raw;
    double ci[2];      // Student's t, 95 %
    double p, p_adjusted; // mean = 0; Benjamini–Hochberg over the text's words
} xs_word_stats;

/// Agreement between models (section 6), means over pairs; NaN where undefined.
typedef struct xs_agreement {
    double pearson, spearman, kendall_tau_b_first12, jaccard_top5_abs, leave_one_out_correlation;
    double leave_one_out_ci[2];
    double split_half, split_half_predicted; // split-half correlation, and Spearman–Brown's prediction
    double entropy_nats; // mean over models of the entropy of |e|/Σ|e|
    double participation_ratio;
} xs_agreement;

/// Words [first, last) of a text.
typedef struct xs_span {
    uint32_t first, last;
} xs_span;

typedef struct xs_text_word {
    const char *text;
    uint32_t start, end;       // code points
    uint32_t byte_start, byte_end, sentence;
} xs_text_word;

typedef struct xs_text_result {
    const char *id, *text, *split; // text NULL for a bare array
    const char *label;     // gold class or NULL
    const char *target;    // class that is explained (majority), or NULL
    const char *predicted; // class that most equivalent models predict, or NULL: not known
    size_t models_kept;    // after equivalence and agreement; = snr.models
    size_t models_disagreeing; // dropped because they predict another class
    size_t zero_rows;      // explanations that are all zero
    xs_snr snr;
    double snr_corrected; // less the jackknife's estimate of the ratio's bias
    xs_moment_snr order2, order3, order4, bivariate_window5;
    xs_agreement agreement;
    size_t n_words;
    const xs_text_word *words; // (n_words) NULL for a bare array
    const xs_word_stats *word; // (n_words)
    const double *scores;      // (models_kept, n_words) normalised; NULL: not kept
    const uint32_t *model;     // (models_kept) index of each row's model
    const struct xs_crossing *crossing; // of a crossed family (stats/crossed.h): set before the analysis; NULL: models are independent
    const double *signal_without, *noise_without; // (models_kept) corrected, one model left out; crossed: (all_levels), one level
    const double *own_noise; // (models_kept) of each explanation, of the explainer's own draws; NULL: it draws nothing, or not known
    const struct xs_beyond *beyond; // what was asked for beside (stats/beyond.h), or NULL
    const double *marked; // (n_words) share of the annotators that marked the word for the class explained; NULL: nobody was asked
    size_t annotators;    // who were asked
    const xs_span *phrases; // (n_phrases) that the data give
    size_t n_phrases;
} xs_text_result;

/// Pooled over texts (section 3): Σ signal / Σ noise, with the jackknife that leaves a model out of all texts.
typedef struct xs_pooled {
    size_t texts, models;
    double signal_raw, noise, ms_interaction, signal, snr_raw, snr; // means over texts
    double snr_ci[2];
    double icc, models_needed;
    double snr_median, snr_q25, snr_q75; // of the texts' SNR
    double completeness_gap; // largest |gap| of any explanation; NaN if the method claims none
    double unattributed;     // mean share of |unattributed| in Σ|scores|
    double explainer_noise;  // part of the noise that the explainer's own sampling makes: mean of its variance over
                             // words, models and texts; 0: exact; NaN: the normalisation is not a scaling
    double snr_training;     // signal / (noise − explainer_noise): what training alone leaves; NaN: less than three standard errors
    double outside_words;    // mean share of the tokens' scores that special tokens had; NaN: the method has no tokens
    size_t texts_no_signal, texts_undefined;
    double snr_corrected; // less the jackknife's estimate of the ratio's bias
    double training_error; // standard error of noise − explainer_noise, by the jackknife
    double f_p; // that no text has any signal: least p of the texts' F tests, times their number (Bonferroni: texts share models)
} xs_pooled;

/// Faithfulness of one ranking of the words, mean over texts and equivalent models (section 8).
typedef struct xs_faith_summary {
    size_t explanations;
    double comprehensiveness[5], sufficiency[5]; // without, and with only, the top 1, 5, 10, 20, 50 % of the words
    double aopc_comprehensiveness, aopc_sufficiency; // means of the five
} xs_faith_summary;

/// By the model's own explanation, by the mean explanation over models, at random.
typedef struct xs_faith_result {
    bool judged;
    xs_faith_summary own, mean, random;
} xs_faith_result;

typedef struct xs_explainer_result {
    const char *name;
    xs_pooled pooled;
    xs_text_result *texts; // (n_texts)
    size_t n_texts;
    xs_faith_result faithfulness[2]; // words masked, cut out
    const struct xs_pooled_beyond *beyond; // what was asked for beside (stats/beyond.h), or NULL
    bool people; // rationales of annotators, who stand in the place of models
    const struct xs_crossing *crossing; // of its texts, or NULL
    xs_spill *spill; // of the arena that holds the texts, or NULL
    const char *settings; // JSON object, one line; NULL: it has none
} xs_explainer_result;

/// Text t of it, for who goes through them all: memory of those before is given back now and then.  All pointers stay good.
const xs_text_result *xs_text_at(const xs_explainer_result *e, size_t t);

/// A number over models.
typedef struct xs_spread {
    double mean, min, max, sd;
} xs_spread;

typedef struct xs_split_quality { // of the equivalent models
    size_t texts;
    xs_spread accuracy, macro_f1, log_loss, calibration_error;
} xs_split_quality;

typedef struct xs_family_result {
    const char *name, *type;
    const char *settings; // JSON object, one line
    size_t models_trained, models_failed, models_equivalent;
    size_t models_planned;   // more than there are: the study is not finished; 0: there is no plan
    size_t models_one_class; // that predict one class for 99 % of the test texts, of which no class makes up so many
    size_t model_slots; // 1 + the highest model index: length of the arrays below
    const char *dropped_by; // the rule of equivalence, e.g. "ztest:0.05"
    xs_split_quality valid, test;
    xs_explainer_result *explainers; // (n_explainers)
    size_t n_explainers;
    const double *model_accuracy;     // (model_slots) on the test split; NaN: none
    const unsigned char *equivalent;  // (model_slots)
    const struct xs_several *several; // all explainers at once (stats/beyond.h), or NULL
} xs_family_result;

/// Two families on the same texts and explainer: ratio of pooled SNRs (section 3).
typedef struct xs_comparison {
    const char *family_a, *family_b, *explainer_a, *explainer_b;
    size_t texts;
    double ratio, ratio_ci[2]; // SNR_a / SNR_b, jackknife over models of both
    double wilcoxon_p;         // signed ranks of the texts' SNR differences
} xs_comparison;

typedef struct xs_fact { // how it was made: key and value, in order
    const char *key, *value;
} xs_fact;

enum { XS_PAGE_MB = 24 };

typedef struct xs_results {
    const char *study;    // its name; "array" for a bare array
    const char *normalize, *equivalence, *target;
    double reliability;   // that models_needed is for
    xs_family_result *families; // (n_families)
    size_t n_families;
    xs_comparison *comparisons;
    size_t n_comparisons;
    xs_fact *facts; // version, seed, data hash, schema, command, …
    size_t n_facts;
    double page_mb;       // room for the page's data, in MB; 0: XS_PAGE_MB
    xs_arena arena;
} xs_results;

#endif
