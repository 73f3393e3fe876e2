// What the commands of the program share: the table of commands, errors, options, terminal, progress.
#ifndef XSNR_CLI_COMMAND_H
#define XSNR_CLI_COMMAND_H
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <xsnr/xsnr.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/// One command: `xsnr NAME …`.
typedef struct command {
    const char *name;
    const char *summary; // one line
    const char *usage;   // the whole of `xsnr help NAME`
    int (*run)(const struct command *self, int argc, char **argv); // argv[0] is the command's name
} command;

extern const command command_init, command_run, command_train, command_explain, command_analyze, command_report,
    command_show, command_export, command_check, command_corpus, command_list, command_tokenize, command_import, command_compare,
    command_merge, command_power;

/// The stages of a study.yaml: `train`, `explain`, `run`, `report`.
int run_stages(const command *self, int argc, char **argv, unsigned stages);

/// Several processes on one study: what MPI has to give, in a module of its own (mpi.c).
typedef struct rank_layer {
    bool (*start)(int *rank, int *size);
    bool (*tell)(char *text, size_t size); // from rank 0 to all
    void (*end)(void);
} rank_layer;
enum { RANKS_ADDRESS = 512 };
typedef struct ranks {
    int rank, size;
    const char *join; // this process is a rank's worker: where the study is
    const rank_layer *layer;
} ranks;
/// Finds out which rank this is; alone, it is rank 0 of 1.  False: this process is to end, there is nothing for it to do.
bool ranks_start(ranks *r);
/// Are all ranks on this machine?
bool ranks_are_near(const ranks *r);
/// Threads for a rank of which several share a machine; 0: all processors.
int ranks_threads(void);
/// Rank 0: tells the others where the study is; "": nowhere, they are to end.
void ranks_tell(const ranks *r, const char *address);
/// The other ranks: their whole life; the exit status.  argv is the command's.
int ranks_serve(const ranks *r, int argc, char **argv);

/// "FILE:LINE: message" to stderr; the exit status that belongs to the error.
int report_error(const xsnr_error *err);
/// "xsnr NAME: message" and where help is; EXIT_USAGE.
int usage_error(const command *self, const char *format, ...) __attribute__((format(printf, 2, 3)));
/// getopt_long's next option, with its own messages in our form; '?' after a message.
int next_option(const command *self, int argc, char **argv, const char *shorts, const struct option *longs);
/// Whole number / number of an option, within [min, max]; false after a message.
bool option_integer(const command *self, const char *name, const char *text, long long min, long long max,
                    long long *out);
bool option_number(const command *self, const char *name, const char *text, double min, double max, double *out);
/// Does the name end so?
bool has_suffix(const char *name, const char *suffix);
/// Prints to stdout; EXIT_FAILED with a message if that fails (a closed pipe, a full disk).
int print_text(const char *text);
/// Prints results to stdout as they are made; the exit status.
int print_results(const xsnr_results *results, xsnr_format format, const xsnr_terminal *terminal);
/// Figures that --figures and --text ask for.
typedef struct figures {
    const char *folder;      // NULL: none
    const char *texts[64];
    size_t count;
} figures;
/// Takes --text ID; 0, or EXIT_USAGE after a message.
int figures_add_text(const command *self, figures *f, const char *id);
/// Draws what is asked for; the exit status.
int figures_write(const xsnr_results *results, const figures *f);
/// What stdout can show.  `color`: "auto", "always" or "never"; NO_COLOR and TERM=dumb are honoured.
bool terminal_find(const command *self, const char *color, xsnr_terminal *out);

/// From here on Ctrl-C and SIGTERM stop `study` (xsnr_study_stop), or, NULL, end the program with a line; a second one ends it at once.
void stop_on_signals(xsnr_study *study);
void stop_no_more(void);

/// A progress display on stderr: a bar on a terminal, a line now and then elsewhere.
typedef struct progress {
    bool quiet, terminal;
    double started, shown;
    uint64_t first;  // done when the rate began to be measured
    int width;
    bool open;       // a bar stands on the line
} progress;
void progress_start(progress *p, bool quiet);
void progress_show(void *progress_, const xsnr_progress *state); // an xsnr_progress_fn
void progress_end(progress *p);
#endif
