/// xsnr: how much of a model's word-level explanation is signal, and how much is the noise of training?
///
/// This is the only header of the library, and its manual; xsnr(3) is the way around it.  What holds everywhere:
///
/// Errors    A function that can fail returns XSNR_OK (0) or a negative xsnr_code, and fills the xsnr_error that it is given
///           last, which may be NULL.  What is handed out through a pointer (`out`, `text`, …) is NULL, or zero, after a failure.
///           Any of these functions may return XSNR_ERR_NOMEM, and XSNR_ERR_ARGUMENT for NULL (below); the codes beside these
///           two that matter to a caller are named with the function.
/// NULL      may be given where that is said: `err`, options (all defaults), and whatever says so.  Elsewhere NULL is
///           XSNR_ERR_ARGUMENT with the argument's name; from a function that returns no code it is an answer of NULL, 0 or
///           nothing done.  Every _free and _close takes NULL.  Structures of options are zero-initialised by the caller:
///           zero is every field's default.
/// Ownership Handles belong to the caller and go back to the _free or _close of their kind, strings that are handed out through
///           `char **` to xsnr_free.  Arguments are only read, and needed only during the call, unless it is said that they
///           are kept.  What a function returns as `const …*` belongs to the handle that was asked, and lives as long as it.
/// Threads   A handle may be used by one thread at a time, different handles by different threads at once.  Functions that take
///           no handle may be called by any number of threads at once.  Exceptions are said.  The library starts threads of its
///           own and joins them before the call returns.
/// Arrays    are row-major: (models, words) is models rows of `words` numbers.  Their shape stands in brackets.
/// Text      is UTF-8 that ends with a null character; offsets count code points.  Paths are bytes, as the system has them.
/// Scores    have the unit of what is explained: logits, unless the explainer's setting `output` says probability.  SNR, shares
///           and correlations have none.  Times are seconds.
/// Process   The library never prints, never exits, and changes neither locale nor signals nor the working folder; it expects
///           LC_NUMERIC to be "C" (what a program has that does not call setlocale).
/// Versions  Structures may grow at their end with a new soname only, but those with a field `size`, and those that the library
///           makes (xsnr_progress, xsnr_question, xsnr_family, xsnr_text, …), which may grow with any release.
#ifndef XSNR_H
#define XSNR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define XSNR_API __attribute__((visibility("default")))
#else
#define XSNR_API
#endif

/* ---------------------------------------------------------------- errors */

/// What went wrong, as a class; the message of the xsnr_error says it in words.
enum xsnr_code {
    XSNR_OK = 0,
    XSNR_ERR_NOMEM = -1,       ///< out of memory
    XSNR_ERR_IO = -2,          ///< a file cannot be opened, read or written; the disk is full
    XSNR_ERR_DATA = -3,        ///< a data file is not what it should be (syntax, encoding, values)
    XSNR_ERR_CONFIG = -4,      ///< study.yaml or an option: unknown key, wrong type, out of range
    XSNR_ERR_ARGUMENT = -5,    ///< a function was called with arguments that make no sense
    XSNR_ERR_NOT_FOUND = -6,   ///< no such text, family, explainer, …
    XSNR_ERR_BUSY = -7,        ///< another process works on the study
    XSNR_ERR_SCHEMA = -8,      ///< the study file is of a later version, or of another study
    XSNR_ERR_CORRUPT = -9,     ///< the study file is damaged
    XSNR_ERR_INTERRUPTED = -10,///< stopped on request; what was done is kept
    XSNR_ERR_UNSUPPORTED = -11,///< an explainer needs what the family cannot give
    XSNR_ERR_NUMERIC = -12,    ///< training diverged, or a result is not finite
    XSNR_ERR_CALLBACK = -13    ///< a function of the calling program did what it must not (xsnr_study_explainer)
};

/// The place and the words of an error.  Zero-initialise it.
typedef struct xsnr_error {
    int code;          ///< an xsnr_code
    long line;         ///< 1-based line in `file`; 0: none
    char file[256];    ///< the file at fault; "": none
    char message[768]; ///< one line, no full stop
} xsnr_error;

/// The version of the library, e.g. "0.1.0"; never NULL, never released.
XSNR_API const char *xsnr_version(void);

/// Releases a string that a function of this library handed out.  NULL is fine.
XSNR_API void xsnr_free(void *text);

/// Replaces the file at `path` by `text`: whole, or not at all.  What is no regular file (a FIFO, /dev/stdout) is written to; a
/// symbolic link stays one.  XSNR_ERR_IO: it cannot be written; the old file is there still.
XSNR_API int xsnr_write_file(const char *path, const char *text, xsnr_error *err);

/* ---------------------------------------------------------------- studies */

/// How far a study is.
typedef struct xsnr_progress {
    const char *stage;  ///< "read", "prepare", "models", "faithfulness" (models are judged, family by family), "analyze", or "notice"
    const char *family; ///< the family at work, or NULL: the stage begins; of a notice: it is about the whole study
    uint64_t done, total; ///< models (stages "models" and "faithfulness", of this call or family) or families (stage "analyze")
    uint64_t resumed;   ///< of `done`: found finished in the study file
    const char *notice; ///< stage "notice": what the user should know, once; one line, or a table
    uint32_t helpers;   ///< other processes at work on the study now (xsnr_study_join)
} xsnr_progress;
/// Called now and then while a study runs, by threads of the library, never by two at once.  `progress` and its strings live
/// during the call.  It may call xsnr_study_stop, and no other function with this study.
typedef void xsnr_progress_fn(void *user, const xsnr_progress *progress);

/// How to run.  Zero-initialised: all processors, results beside study.yaml, no progress.
typedef struct xsnr_run_options {
    int threads;        ///< 0: as many as there are processors
    const char *folder; ///< where the study file and the results go (created); NULL: beside study.yaml
    xsnr_progress_fn *progress;
    void *user; ///< passed to `progress`
    const char *const *explainers; ///< (n_explainers) beside those of study.yaml: "NAME" or "NAME:key=value,key=value"
    size_t n_explainers;
    int profile; ///< nonzero: time by kind of operation is told as a notice, where a family measures it
    double page_mb; ///< room for the page's data, in MB; 0: as study.yaml says (report.page_mb, 24)
    uint32_t shard, shards; ///< shards > 0: only every shards-th model, beginning with the shard-th (from 1), is trained and
                            ///< explained, into NAME.SHARD-of-SHARDS.xsnr; xsnr_merge joins these parts
} xsnr_run_options;

/// The stages of a study; each picks up where it stopped.
enum xsnr_stage {
    XSNR_TRAIN = 1,   ///< train every model that is missing
    XSNR_EXPLAIN = 2, ///< explain every text by every model that is there
    XSNR_ANALYZE = 4, ///< statistics: results.json, words.csv
    XSNR_REPORT = 8,  ///< report.html
    XSNR_RUN = 15     ///< all of them
};

typedef struct xsnr_study xsnr_study;
typedef struct xsnr_results xsnr_results;

/// Reads and checks study.yaml (xsnr-study(5)).  Nothing else is read and nothing is written yet.  `options` may be NULL and is
/// copied, but not what `user` points to.  XSNR_ERR_IO: it cannot be read; XSNR_ERR_CONFIG, XSNR_ERR_NOT_FOUND,
/// XSNR_ERR_UNSUPPORTED: with its line, a key, value, family or explainer that is not right, and the nearest that would be.
XSNR_API int xsnr_study_load(const char *path, const xsnr_run_options *options, xsnr_study **out, xsnr_error *err);
/// Runs the stages (bits of xsnr_stage), in their order.  Every model is written whole or not at all; a run
/// that was stopped or killed is taken up by the next call, and ends with the same bits in every score.  After an error what
/// was finished is kept.  XSNR_ERR_DATA: the corpus; XSNR_ERR_BUSY: another process runs the study; XSNR_ERR_SCHEMA: the study
/// file is of another plan or other data; XSNR_ERR_CORRUPT: it is damaged; XSNR_ERR_IO: the disk is full, a file is not there;
/// XSNR_ERR_INTERRUPTED: see xsnr_study_stop.  A model whose training diverges is recorded, and is no error.
XSNR_API int xsnr_study_run(xsnr_study *study, unsigned stages, xsnr_error *err);
/// Asks a running xsnr_study_run to stop: models at work are finished and kept; an analysis ends with the text that it is at, and
/// leaves the files of results as they were.  Then it returns XSNR_ERR_INTERRUPTED, as every later run of this handle does.  May be called from any thread, a signal handler, or
/// the progress function, while another thread is in xsnr_study_run or xsnr_study_join.
XSNR_API void xsnr_study_stop(xsnr_study *study);
/// Lets other processes take models of this study's runs: *address is what they are to be told (it holds a secret:
/// whoever has it may send explanations).  `listen` is the IPv4 address to listen at, "127.0.0.1"
/// for processes of this machine only; NULL: all addresses of this machine.  Call it before xsnr_study_run;
/// the run's own threads work on as well.  A process that is lost costs the model it was making, which another makes.
/// Scores are the same bits as without help.  XSNR_ERR_IO: no socket can be had.
XSNR_API int xsnr_study_share(xsnr_study *study, const char *listen, const char **address, xsnr_error *err);
/// Takes models from the process that shares the study at `address`, until there are none; writes no file.  The study
/// must have been loaded from the same study.yaml, with the same data and explainers; a process that differs is turned away
/// (XSNR_ERR_SCHEMA).  XSNR_ERR_IO: the other process has gone.  XSNR_OK without a model if it has none left.
XSNR_API int xsnr_study_join(xsnr_study *study, const char *address, xsnr_error *err);
/// The results of the last XSNR_ANALYZE or XSNR_REPORT stage, until the next; NULL before.  Not to be freed.
XSNR_API const xsnr_results *xsnr_study_results(const xsnr_study *study);
/// Path of the study file (NAME.xsnr) that this study reads and writes, whether it is there yet or not.
XSNR_API const char *xsnr_study_file(const xsnr_study *study);
/// Not while xsnr_study_run is at work.
XSNR_API void xsnr_study_free(xsnr_study *study);

/* ---------------------------------------------------------------- one text, one model */

/// What one model of a Hugging Face folder is asked.
typedef struct xsnr_single_options {
    const char *text;     ///< UTF-8; or
    const char *ids;      ///< token ids, "101,7592,102", each perhaps with its token type ("7592:1"); template included
    const char *language; ///< of the text's words; NULL: "en"
    const char *const *explainers; ///< (n_explainers) "NAME" or "NAME:key=value,key=value"
    size_t n_explainers;           ///< 0: every method that can explain an encoder
    int target;           ///< the class explained; -1: the predicted one
    int mask;             ///< id of the mask token, for a folder without a tokenizer; -1: what the architecture's own
                          ///< vocabularies have (RoBERTa: the last id; BERT, DistilBERT: the one after the text's last)
    uint64_t seed;        ///< of methods that draw random numbers
    int json;             ///< nonzero: JSON in the place of a table
} xsnr_single_options;

/// Explains one text by the classifier in FOLDER (config.json, model.safetensors; tokenizer.json or vocab.txt for a
/// text).  Scores are of logits.  *text: the model's classes, and a score a word (or id) and explainer, as a table or as JSON.
/// XSNR_ERR_IO, XSNR_ERR_DATA: the folder; XSNR_ERR_ARGUMENT: neither text nor ids, no such class; XSNR_ERR_NOT_FOUND,
/// XSNR_ERR_UNSUPPORTED: the explainers; XSNR_ERR_NUMERIC: the model answers with NaN.
XSNR_API int xsnr_explain_one(const char *folder, const xsnr_single_options *options, char **text, xsnr_error *err);

/// A tokenizer.
typedef struct xsnr_tokenizer xsnr_tokenizer;
/// `path`: tokenizer.json, vocab.txt, or a folder that holds one of them.  XSNR_ERR_IO, XSNR_ERR_DATA: it is not there, or not
/// what it should be; XSNR_ERR_UNSUPPORTED: of a kind that is not read.
XSNR_API int xsnr_tokenizer_open(const char *path, xsnr_tokenizer **out, xsnr_error *err);
/// The tokens of `text` (size bytes, which need not end with a null character).  *line: the tokens with blanks between them, or,
/// if `json` is nonzero, an object with ids, tokens and offsets.  XSNR_ERR_DATA: it is not UTF-8, or too long.
XSNR_API int xsnr_tokenize(xsnr_tokenizer *tokenizer, const char *text, size_t size, int json, char **line,
                           xsnr_error *err);
XSNR_API void xsnr_tokenizer_free(xsnr_tokenizer *tokenizer);

/* ---------------------------------------------------------------- statistics */

/// How arrays are analysed; zero-initialised: normalisation l1, reliability 0.9, seed 0, all processors.
typedef struct xsnr_analysis_options {
    const char *normalize; ///< "none", "l1", "l2", "max-abs", "min-max", "min-max-sum", "z-score", "rank"; NULL: "l1"
    int absolute;          ///< nonzero: |score| is taken first
    double reliability;    ///< that `models_needed` is for; 0: 0.9
    uint64_t seed;         ///< of the random halves
    int threads;           ///< 0: as many as there are processors
} xsnr_analysis_options;

/// Statistics of one array of scores (models, words), which is read where it lies, and not after the call.  Of the results, the
/// text's id is "array".  XSNR_ERR_ARGUMENT: no model or no word, an unknown normalisation; XSNR_ERR_DATA: a score is not finite
/// (with model and word).  One model, or one word, is no error: what cannot be estimated is null in JSON.
XSNR_API int xsnr_analyze(const double *scores, size_t models, size_t words, const xsnr_analysis_options *options,
                          xsnr_results **out, xsnr_error *err);
/// The same of files (count): .npy (models, words), or .npz as `xsnr export` writes it.  Every array is a text, its id the name of
/// its file.  XSNR_ERR_IO, XSNR_ERR_DATA: a file.
XSNR_API int xsnr_analyze_files(const char *const *paths, size_t count, const xsnr_analysis_options *options,
                                xsnr_results **out, xsnr_error *err);
/// Signal and noise of one text; NaN where undefined (one model, one word).
typedef struct xsnr_signal {
    double signal_raw, noise, ms_interaction, signal, snr_raw, snr;
} xsnr_signal;
/// For arrays that fill memory: mean and variance (divisor models − 1) of every word, signal and noise of every text, in one pass
/// over scores (models, words) of many texts side by side, row-major; text t is the next lengths[t] columns (n_texts; they add up
/// to `words`).  mean, variance (words) and of_text (n_texts): any may be NULL.  Nothing is normalised.  threads 0: all processors;
/// the bits do not depend on it.
XSNR_API int xsnr_moments(const float *scores, size_t models, size_t words, const size_t *lengths, size_t n_texts, int threads,
                          double *mean, double *variance, xsnr_signal *of_text, xsnr_error *err);
/// Statistics of a finished (or half-finished) study file, as its own plan says, with single models' scores.  The file is only
/// read, also beside a run.  `threads` 0: as many as there are processors.  XSNR_ERR_IO, XSNR_ERR_DATA, XSNR_ERR_CORRUPT,
/// XSNR_ERR_SCHEMA: the file; XSNR_ERR_NOT_FOUND: it holds no study yet, or no explanation.
XSNR_API int xsnr_results_open(const char *study_file, int threads, xsnr_results **out, xsnr_error *err);
XSNR_API void xsnr_results_free(xsnr_results *results);
/// How a study file becomes results; zero-initialised: as its own plan says, without single models' scores.
typedef struct xsnr_results_options {
    int threads;            ///< 0: as many as there are processors
    const char *statistics; ///< "information, modes", …: the choices of the key `statistics` of study.yaml, "all" or "none";
                            ///< NULL: the plan's
    int scores;             ///< nonzero: scores of single models are kept for XSNR_HTML, of as many texts as it has room for
    double page_mb;         ///< room for the data of XSNR_HTML, in MB; 0: as its own plan says (24)
    const char *text;       ///< id of the only text that is analysed; NULL, or of no text: all are
} xsnr_results_options;
/// As xsnr_results_open (which keeps scores); `options` may be NULL.  XSNR_ERR_CONFIG: no such statistic.
XSNR_API int xsnr_results_open_as(const char *study_file, const xsnr_results_options *options, xsnr_results **out,
                                  xsnr_error *err);
/// As xsnr_analyze_files, with the statistics that are asked for; NULL: all, but the fast ones of an array of more than 10,000
/// scores.  XSNR_ERR_CONFIG: no such statistic.
XSNR_API int xsnr_analyze_files_as(const char *const *paths, size_t count, const xsnr_analysis_options *options,
                                   const char *statistics, xsnr_results **out, xsnr_error *err);
/// Statistics that a study makes from now on, in the place of its plan's.  XSNR_ERR_CONFIG: no such statistic.
XSNR_API int xsnr_study_statistics(xsnr_study *study, const char *statistics, xsnr_error *err);

/// How results become text.
typedef enum xsnr_format {
    XSNR_TABLE, ///< the table of families, for a terminal
    XSNR_JSON,  ///< results.json
    XSNR_CSV,   ///< words.csv: a line a family, explainer, text and word
    XSNR_HTML,  ///< report.html
    XSNR_OVERVIEW,    ///< the one table, family × explainer × analysis, for a terminal
    XSNR_OVERVIEW_CSV ///< the same as CSV, with every column
} xsnr_format;

/// What the terminal can do; zero-initialised: 80 columns, no colour, UTF-8.
typedef struct xsnr_terminal {
    int width;   ///< columns; 0: 80
    int colors;  ///< 0, 16, 256, or 16777216
    int ascii;   ///< nonzero: no UTF-8
    int captum;  ///< nonzero: green and red in the place of red and blue
} xsnr_terminal;

/// Results as text; `terminal` may be NULL, and matters for XSNR_TABLE and XSNR_OVERVIEW only.  XSNR_ERR_ARGUMENT: no such format.
XSNR_API int xsnr_results_text(const xsnr_results *results, xsnr_format format, const xsnr_terminal *terminal,
                               char **text, xsnr_error *err);
/// Takes the next `n` bytes, which do not end with a null character; returns XSNR_OK, or an error that it has set, which ends the
/// writing and is what xsnr_results_write returns.
typedef int xsnr_write_fn(void *user, const char *text, size_t n, xsnr_error *err);
/// The same piece by piece, so that memory never holds a long text as a whole.  `write` is called by the calling thread, with `user`.
XSNR_API int xsnr_results_write(const xsnr_results *results, xsnr_format format, const xsnr_terminal *terminal,
                                xsnr_write_fn *write, void *user, xsnr_error *err);
/// One text as a heat map with its uncertainty; family, explainer or both may be NULL: all.  XSNR_ERR_NOT_FOUND: no such text,
/// family or explainer.
XSNR_API int xsnr_results_show(const xsnr_results *results, const char *text_id, const char *family,
                               const char *explainer, const xsnr_terminal *terminal, char **text, xsnr_error *err);
/// The same as JSON, in the shape of results.json; text_id NULL: {"texts": [id, …]}, all that there are.
XSNR_API int xsnr_results_show_json(const xsnr_results *results, const char *text_id, const char *family,
                                    const char *explainer, char **text, xsnr_error *err);
/// The figures of report.html as files for papers: NAME.svg and NAME.csv in `folder`, which is made.  `texts` (count): ids of
/// the texts whose words are drawn; count 0 (then `texts` may be NULL): the first ten.  Runs the program `node` (Node.js 16 or newer): XSNR_ERR_IO without
/// it; XSNR_ERR_NOT_FOUND: no such text.
XSNR_API int xsnr_results_figures(const xsnr_results *results, const char *folder, const char *const *texts, size_t count,
                                  xsnr_error *err);
/// Number of texts that were explained, and the id of one of them; NULL where the index is too large.
XSNR_API size_t xsnr_results_texts(const xsnr_results *results);
XSNR_API const char *xsnr_results_text_id(const xsnr_results *results, size_t index);

/// What is compared; zero-initialised: every two families of the study.
typedef struct xsnr_compare_options {
    const char *by;       ///< groups in the place of families: "class", "predicted", "correct", "split", "part", "type", or a
                          ///< column of the data; NULL: families
    const char *families; ///< "A,B": these two (A of the first study, B of the second); "A": only this; NULL: all
    const char *explainer; ///< only this; NULL: all
    const char *data;     ///< a table (CSV, TSV, JSONL) with a column `id` and the column `by`; NULL: the study's own corpus
    size_t permutations;  ///< of every test; 0: 9999
    uint64_t seed;        ///< of the permutations
    int threads;          ///< 0: as many as there are processors
    int json;             ///< nonzero: JSON in the place of a table
    int ascii;            ///< nonzero: no UTF-8 in the table
} xsnr_compare_options;

/// Compares SNRs: families of one study, the families of the same names in two studies (study_b; else NULL), or groups of texts
/// inside one; with permutation tests, ratios with intervals, effect sizes.  study_b and `options` may be NULL.
/// XSNR_ERR_NOT_FOUND: no such family, explainer or column; XSNR_ERR_ARGUMENT: nothing that can be compared.
XSNR_API int xsnr_compare(const char *study_a, const char *study_b, const xsnr_compare_options *options, char **text,
                          xsnr_error *err);

/// How many models are enough; zero-initialised: the defaults said.
typedef struct xsnr_power_options {
    const char *family, *explainer; ///< of the study, only these; NULL: all
    double snr;           ///< without a study: the SNR that is assumed
    size_t words, texts;  ///< … of so many texts of so many words; 0: 25 words, 40 texts
    size_t models;        ///< … and the most models of the curve, 2 to 10000; 0: 200
    size_t top;           ///< words that are to stay the strongest; 0: 5
    double width;         ///< of the SNR's 95 % interval, end to end, as a share of the SNR; 0: 0.2
    double probability;   ///< with which the strongest words are to stay; 0: 0.95
    size_t repeats;       ///< random subsets, or simulated families, of every size; 0: 200
    uint64_t seed;
    int threads;          ///< 0: as many as there are processors
    int json;             ///< nonzero: JSON in the place of tables
    int ascii;            ///< nonzero: no UTF-8 in the tables
} xsnr_power_options;

/// Models for a reliability of 0.8, 0.9, 0.95, for an interval of that width, for stable strongest words, and the curve of the SNR
/// against the number of models: by random subsets of a study's models, or (study_file NULL) by simulating families of Gaussian
/// scores with the SNR assumed.  docs/statistics.md, "How many models".  `options` may be NULL.  XSNR_ERR_ARGUMENT: a
/// number that makes no sense; XSNR_ERR_NOT_FOUND: no such family or explainer.
XSNR_API int xsnr_power(const char *study_file, const xsnr_power_options *options, char **text, xsnr_error *err);

/* ---------------------------------------------------------------- study files */

/// Is the file whole and consistent?  *findings: a line each ("" if none), to be released; *count: how many.  It is only read.
/// A damaged file is a finding where it can be opened, else XSNR_ERR_CORRUPT or XSNR_ERR_DATA.
XSNR_API int xsnr_check(const char *study_file, char **findings, size_t *count, xsnr_error *err);
/// How explanations made elsewhere are read; zero-initialised: what is said first.
typedef struct xsnr_import_options {
    const char *format;     ///< "jsonl", "csv", "npz", "thermostat", "eraser"; NULL: by the files' names
    const char *study;      ///< title of the study; NULL: the name of its file
    const char *family;     ///< of models whose file names none; NULL: "imported"
    const char *explainer;  ///< of explanations whose file names none; NULL: "imported"
    const char *documents;  ///< eraser: docs.jsonl, or the folder of the documents; NULL: docs.jsonl or docs/ beside the file
    const char *tokenizer;  ///< thermostat: tokenizer.json, vocab.txt or a folder with one; NULL: ids stand for themselves
    const char *join;       ///< tokens to words: "auto", "none", "offsets", "wordpiece", "sentencepiece", "bytelevel"; NULL: "auto"
    const char *pool;       ///< a word's score from its tokens': "sum", "mean", "max-abs", "first"; NULL: "sum"
    const char *missing;    ///< texts that a model has not explained: "error", "drop-texts", "drop-models"; NULL: "error"
    const char *duplicates; ///< a model and text that is there twice: "error", "first" (keeps that); NULL: "error"
    const char *normalize;  ///< how the study is to be analysed, see xsnr_analysis_options; NULL: "l1"
    int absolute;           ///< the same
    const char *const *rationales; ///< (n_rationales) files of words that people marked in these texts; NULL: none
    size_t n_rationales;
    const char *const *phrases; ///< (n_phrases) files of phrases of these texts; NULL: none
    size_t n_phrases;
} xsnr_import_options;

/// Makes a study file of explanations made elsewhere, in files (count; docs/formats.md); `options` may be NULL.  The study
/// appears whole or not at all; a file that is there is XSNR_ERR_ARGUMENT.  *summary (`summary` may be NULL): what was read, in a
/// few lines, to be released.  The study has no plan and cannot be run; it is analysed, shown, checked and exported like any
/// other.  XSNR_ERR_DATA: with file and line, what is wrong in it.
XSNR_API int xsnr_import(const char *const *files, size_t count, const xsnr_import_options *options, const char *study_file,
                         char **summary, xsnr_error *err);
/// Joins parts (count) of one study (made with `shards`, or whole study files) in the study file `study_file`: created if it is
/// not there, else added to; a merge that was killed is gone on with.  Parts of another plan or other data, and models that are
/// there twice and differ, are XSNR_ERR_SCHEMA before anything is written.  Explanations' faithfulness is left to the next
/// xsnr_study_run, which also makes what is missing still.  *summary (`summary` may be NULL): what there is and what is missing,
/// in a few lines, to be released.
XSNR_API int xsnr_merge(const char *const *parts, size_t count, const char *study_file, char **summary, xsnr_error *err);
/// Writes the explanations of a study to `path`, whole or not at all; format "jsonl", "csv" or "npz" (docs/formats.md), or "eraser":
/// `path` is a folder then, which must not be there yet.
/// XSNR_ERR_ARGUMENT: no such format, or a study that it cannot hold; XSNR_ERR_IO: the file cannot be written.
XSNR_API int xsnr_export(const char *study_file, const char *format, const char *path, xsnr_error *err);

/* ---------------------------------------------------------------- study files, read */

/// A study file, open for reading.  Reading works beside a run, and changes nothing.
typedef struct xsnr_file xsnr_file;

/// A family of models that differ in training randomness alone.
typedef struct xsnr_family {
    const char *name, *type; ///< in the plan; "linear", "encoder", …
    const char *settings;    ///< every setting, one line of JSON
    size_t models;           ///< that are there and did not fail
    const char *const *explainers; ///< (n_explainers) methods that it has explanations by
    size_t n_explainers;
    const char *const *explainer_settings; ///< (n_explainers) every setting, one line of JSON; "foreign": true: the scores are
                                           ///< those of a function of some program (xsnr_study_explainer)
} xsnr_family;

/// A word and its place in the text, half-open, in code points.
typedef struct xsnr_word {
    const char *word;
    uint32_t start, end;
} xsnr_word;

/// A text that is explained.
typedef struct xsnr_text {
    const char *id, *text, *split;
    const char *label;      ///< gold class, or NULL
    const xsnr_word *words; ///< (n_words)
    size_t n_words;
} xsnr_text;

/// All explanations of one text by one family and method, one a row, by model.
typedef struct xsnr_scores {
    size_t models, words;
    const double *scores;  ///< (models, words), as they were explained: not normalised
    const uint32_t *model; ///< (models) number of the row's model in its family
    const int *target;     ///< (models) the class that is explained, see xsnr_file_label; -1: not known (of imports)
    void *memory;          ///< of the library
} xsnr_scores;

/// Opens a study file and reads what it holds but for scores: what is added to it later is not seen.  XSNR_ERR_IO, XSNR_ERR_DATA,
/// XSNR_ERR_CORRUPT, XSNR_ERR_SCHEMA: the file.
XSNR_API int xsnr_file_open(const char *study_file, xsnr_file **out, xsnr_error *err);
XSNR_API void xsnr_file_close(xsnr_file *file);
/// Title of the study; "" if it has none.
XSNR_API const char *xsnr_file_study(const xsnr_file *file);
/// Number of families, and one of them; NULL where the index is too large.
XSNR_API size_t xsnr_file_families(const xsnr_file *file);
XSNR_API const xsnr_family *xsnr_file_family(const xsnr_file *file, size_t index);
/// Number of texts, and one of them; NULL where the index is too large.
XSNR_API size_t xsnr_file_texts(const xsnr_file *file);
XSNR_API const xsnr_text *xsnr_file_text(const xsnr_file *file, size_t index);
/// Number of classes, and the name of one of them; NULL where the index is too large.
XSNR_API size_t xsnr_file_labels(const xsnr_file *file);
XSNR_API const char *xsnr_file_label(const xsnr_file *file, size_t index);
/// Reads the scores of one family, explainer (NULL: the only one) and text, by their indices.  They are the caller's, also
/// after the file is closed: release them with xsnr_scores_free.  XSNR_ERR_ARGUMENT: no such index, or several explainers and
/// none named; XSNR_ERR_NOT_FOUND: no such explainer.
XSNR_API int xsnr_file_scores(xsnr_file *file, size_t family, const char *explainer, size_t text, xsnr_scores *out,
                              xsnr_error *err);
/// Releases what xsnr_file_scores filled in, and zeroes it; not the structure itself.
XSNR_API void xsnr_scores_free(xsnr_scores *scores);

/* ---------------------------------------------------------------- explainers of your own */

// A method that xsnr does not have takes part in a study as a function of the calling program: it is asked about one text and
// one model at a time, asks the model in its turn, and fills in a score a word.  examples/own_explainer.c is a whole program.

/// A trained model while an explainer is asked about one text.  It lives during that call, in that thread.
typedef struct xsnr_model xsnr_model;

/// What an explainer is asked.  Owned by the library; it lives during the call.
typedef struct xsnr_question {
    const char *family, *type; ///< the model's family: its name in the plan, and "linear", "encoder", …
    uint32_t model;            ///< number of the model in its family, from 0
    const xsnr_text *text;     ///< with its words; label NULL: it has none
    size_t classes;
    const char *const *labels; ///< (classes) names of the classes
    int target;                ///< the class that is to be explained, 0 to classes − 1
    uint64_t seed;             ///< for random numbers, if the explainer draws any: the same whenever this study is run
} xsnr_question;

/// Fills in scores (question->text->n_words), all of them: one left alone, and one that is not finite, is XSNR_ERR_CALLBACK.
/// Several threads call it at once, for different models and texts, so what `user` points to is either only read or guarded;
/// with xsnr_run_options.threads 1 it is called by one thread at a time.  It must depend on nothing but its arguments, or a study
/// that is taken up again is not the study that it was.  Returns XSNR_OK, or an xsnr_code with the reason in err->message, to
/// which explainer, text, model and family are added; the run ends with it.  XSNR_ERR_NUMERIC: this model cannot be explained;
/// that is recorded with the model, which takes no part, and the study goes on.
typedef int xsnr_explain_fn(void *user, const xsnr_question *question, xsnr_model *model, double *scores, xsnr_error *err);

/// An explainer.  Zero-initialise it and set `size`, a name and a function.
typedef struct xsnr_explainer {
    size_t size;          ///< sizeof(xsnr_explainer); says which fields the program knows
    const char *name;     ///< in results: letters, digits, '_', '.' and '-', at most 64; not that of a method of xsnr
    xsnr_explain_fn *explain;
    void *user;           ///< passed to `explain`; not copied, must outlive the study
    const char *version;  ///< of the method, for the record; NULL: ""
    const char *settings; ///< the same: whatever decides the scores beside the model and the text, as text; NULL: ""
    int probability;      ///< nonzero: it explains the target's probability, not its logit
    int complete;         ///< nonzero: its scores claim to add up to f(text) − f(text without its words); the gap is recorded
    int random;           ///< nonzero: it draws random numbers, from question->seed
    int repeats;          ///< with `random`: so many runs on each model, whose mean is kept and whose spread is the explainer's
                          ///< own noise, up to 1000; 0: 1
} xsnr_explainer;

/// Adds an explainer of the calling program to a study, before xsnr_study_run, beside those of study.yaml; `explainer` is copied.
/// Every family can be explained by it.  The study file says "foreign": true of it, with version and settings
/// (xsnr_family.explainer_settings); results, report and export know it by its name, and it need not be added to read them.  A
/// study that is run without it leaves its scores as they are.  Others that join (xsnr_study_join) must have added the same.
/// XSNR_ERR_ARGUMENT: `size`, the name, or a name that is taken; at most 64 explainers.
XSNR_API int xsnr_study_explainer(xsnr_study *study, const xsnr_explainer *explainer, xsnr_error *err);

/// How words that are not `present` are taken away.
enum xsnr_removal {
    XSNR_MASK = 0,  ///< each is replaced by an unknown word, or the mask token
    XSNR_DELETE = 1 ///< they are cut out, and their neighbours become neighbours
};

/// Asks the model about the text of the question without some of its words: present (count, n_words), nonzero where a word is
/// there; NULL with count 1: the whole text.  logits (count, classes) is filled in.  Rows do not depend on each other, and many
/// at once are cheaper than one after the other.  XSNR_ERR_NUMERIC: an answer of the model is not finite: return it as it is.
XSNR_API int xsnr_model_logits(xsnr_model *model, const unsigned char *present, size_t count, enum xsnr_removal removal,
                               double *logits, xsnr_error *err);
/// The same; probabilities (count, classes), each row of which adds up to 1.
XSNR_API int xsnr_model_probabilities(xsnr_model *model, const unsigned char *present, size_t count, enum xsnr_removal removal,
                                      double *probabilities, xsnr_error *err);

/* ---------------------------------------------------------------- corpora and examples */

/// What the gazette generator writes; zero-initialised means the defaults in brackets, unless stated.
typedef struct xsnr_gazette_options {
    const char *language; ///< "en" or "fr" [en]
    size_t count;         ///< texts [4000]
    uint64_t seed;        ///< [0]
    int redundancy;       ///< interchangeable cues a text holds, 1 to 6 [3]
    double strength;      ///< scale of the cues' log odds; 0 is no signal at all, so set it: usually 1
    double label_noise;   ///< share of labels that are turned, 0 to 0.5
    double negation;      ///< share of cues that only a context turns, 0 to 1
} xsnr_gazette_options;

/// Composes the corpus; *tsv: columns id, text, label; *truth: a JSON line a text (docs/gazette.md); both are to be released.  The
/// same options give the same bytes.  XSNR_ERR_ARGUMENT: no such language, a number out of its range.
XSNR_API int xsnr_gazette(const xsnr_gazette_options *options, char **tsv, char **truth, xsnr_error *err);
/// Writes an example study into a folder (created): study.yaml, train.tsv, valid.tsv, test.tsv, truth.jsonl.  `language`: "en",
/// "fr"; NULL: "en".  `models` of each family (0: 100).  A folder that holds any of these is left alone, and is XSNR_ERR_IO.
XSNR_API int xsnr_init(const char *folder, const char *language, int models, xsnr_error *err);

/* ---------------------------------------------------------------- what there is */

/// What can be named in a study: `what` is "families", "explainers", "statistics", "normalizations" or "plan".  *text: lines, or,
/// if `json` is nonzero, JSON.  XSNR_ERR_ARGUMENT: none of these.
XSNR_API int xsnr_list(const char *what, int json, char **text, xsnr_error *err);

#ifdef __cplusplus
}
#endif
#endif
