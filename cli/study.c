// xsnr run, train, report, and explain for a study: a study.yaml and its stages.
#include "command.h"
#include <stdio.h>
#include <string.h>

typedef struct arguments {
    xsnr_run_options options;
    const char *path;
    bool quiet, json, table;
    bool plain; // no colour: what mpirun makes of standard output looks like a terminal and is none
    const char *explainers[64]; // asked for beside those of study.yaml
    figures figures;
} arguments;

// "2/3"
static bool parse_shard(const command *self, const char *text, xsnr_run_options *options) {
    unsigned shard = 0, shards = 0;
    int end = 0;
    bool read = strspn(text, "0123456789/") == strlen(text) && strlen(text) < 12 &&
                sscanf(text, "%u/%u%n", &shard, &shards, &end) == 2 && !text[end];
    if (!read || shard < 1 || shard > shards || shards > 10000) {
        usage_error(self, "--shard takes I/N, 1 to N of at most 10000, as 2/3, not '%.40s'", text);
        return false;
    }
    options->shard = shard;
    options->shards = shards;
    return true;
}

static int parse(const command *self, int argc, char **argv, arguments *a) {
    static const struct option longs[] = {{"threads", required_argument, NULL, 'j'},
                                          {"output", required_argument, NULL, 'o'},
                                          {"quiet", no_argument, NULL, 'q'},
                                          {"profile", no_argument, NULL, 'P'},
                                          {"explainer", required_argument, NULL, 'x'},
                                          {"json", no_argument, NULL, 'J'},
                                          {"shard", required_argument, NULL, 's'},
                                          {"figures", required_argument, NULL, 'F'},
                                          {"text", required_argument, NULL, 'T'},
                                          {"table", no_argument, NULL, 't'},
                                          {"page-mb", required_argument, NULL, 'p'},
                                          {NULL, 0, NULL, 0}};
    long long threads = 0;
    for (int c; (c = next_option(self, argc, argv, ":j:o:q", longs)) != -1;) {
        switch (c) {
        case 'j':
            if (!option_integer(self, "-j", optarg, 1, 1024, &threads)) return EXIT_USAGE;
            break;
        case 'o': a->options.folder = optarg; break;
        case 'q': a->quiet = true; break;
        case 'J': a->json = true; break;
        case 'P': a->options.profile = 1; break;
        case 'F':
        case 'T':
            if (self != &command_report) return usage_error(self, "--figures and --text are options of report");
            if (c == 'F') a->figures.folder = optarg;
            else if (figures_add_text(self, &a->figures, optarg)) return EXIT_USAGE;
            break;
        case 't':
            if (self != &command_report && self != &command_run) return usage_error(self, "--table is an option of run and report");
            a->table = true;
            break;
        case 'p':
            if (self != &command_report && self != &command_run)
                return usage_error(self, "--page-mb is an option of run and report");
            if (!option_number(self, "--page-mb", optarg, 1, 4000, &a->options.page_mb)) return EXIT_USAGE;
            break;
        case 's':
            if (self != &command_run && self != &command_train)
                return usage_error(self, "--shard is an option of run and train");
            if (!parse_shard(self, optarg, &a->options)) return EXIT_USAGE;
            break;
        case 'x':
            if (self != &command_run && self != &command_explain)
                return usage_error(self, "--explainer is an option of run and explain");
            if (a->options.n_explainers == 64) return usage_error(self, "at most 64 explainers");
            a->explainers[a->options.n_explainers++] = optarg;
            break;
        default: return EXIT_USAGE;
        }
    }
    a->options.threads = (int)threads;
    a->options.explainers = a->explainers;
    if (a->figures.count && !a->figures.folder) return usage_error(self, "--text chooses texts for --figures DIR");
    if (a->json && a->table) return usage_error(self, "--table or --json; results.json has the table under \"table\"");
    if (argc - optind != 1) return usage_error(self, "one study.yaml is needed");
    a->path = argv[optind];
    if (has_suffix(a->path, ".xsnr"))
        return usage_error(self, "this takes the study's .yaml; `xsnr analyze %s` reads a study file", a->path);
    return 0;
}

// What the results say, on stdout.
static int show_results(const xsnr_study *study, const arguments *a) {
    const xsnr_results *results = xsnr_study_results(study);
    if (!results) return 0;
    xsnr_terminal terminal = {0};
    if (!terminal_find(&command_run, a->plain ? "never" : "auto", &terminal)) return EXIT_USAGE;
    return print_results(results, a->json ? XSNR_JSON : a->table ? XSNR_OVERVIEW : XSNR_TABLE, &terminal);
}

// The study at work, as rank 0 or alone.
static int run_study(xsnr_study *study, const arguments *a, unsigned stages, progress *shown) {
    xsnr_error err = {0};
    stop_on_signals(study);
    int rc = xsnr_study_run(study, stages, &err);
    stop_no_more();
    progress_end(shown);
    if (rc == XSNR_ERR_INTERRUPTED) {
        fprintf(stderr, "xsnr: stopped; what is done is kept in %s, the same command goes on\n", xsnr_study_file(study));
        return EXIT_FAILED;
    }
    if (rc < 0) return report_error(&err);
    if (a->options.shards && !a->quiet) fprintf(stderr, "%s is done; `xsnr merge` joins the parts\n", xsnr_study_file(study));
    int status = show_results(study, a);
    return status ? status : figures_write(xsnr_study_results(study), &a->figures);
}

// The worker of another rank: it takes jobs, and says nothing unless something is wrong.
static int join_study(xsnr_study *study, const char *address) {
    xsnr_error err = {0};
    stop_on_signals(study);
    int rc = xsnr_study_join(study, address, &err);
    stop_no_more();
    return rc < 0 ? report_error(&err) : 0;
}

// Rank 0 tells the others where the study is.  Where all are of this machine, nobody else can ask.
static int share_study(xsnr_study *study, const ranks *r, xsnr_error *err) {
    const char *address = "";
    int rc = r->size > 1 ? xsnr_study_share(study, ranks_are_near(r) ? "127.0.0.1" : NULL, &address, err) : 0;
    ranks_tell(r, rc < 0 ? "" : address);
    return rc;
}

int run_stages(const command *self, int argc, char **argv, unsigned stages) {
    arguments a = {0};
    ranks r = {.size = 1};
    bool work = stages & (XSNR_TRAIN | XSNR_EXPLAIN); // what other ranks can help with
    if (work && !ranks_start(&r)) return 0;
    if (r.rank > 0) return ranks_serve(&r, argc, argv);
    int status = parse(self, argc, argv, &a);
    progress shown;
    progress_start(&shown, a.quiet);
    if (!a.options.threads && (r.size > 1 || r.join)) a.options.threads = ranks_threads();
    a.plain = r.size > 1;
    if (!r.join) a.options.progress = progress_show;
    a.options.user = &shown;
    xsnr_error err = {0};
    xsnr_study *study = NULL;
    if (!status && xsnr_study_load(a.path, &a.options, &study, &err) < 0) status = report_error(&err);
    if (status) {
        ranks_tell(&r, "");
    } else if (r.join) {
        status = join_study(study, r.join);
    } else {
        status = share_study(study, &r, &err) < 0 ? report_error(&err) : run_study(study, &a, stages, &shown);
    }
    xsnr_study_free(study);
    return status;
}

static int run(const command *self, int argc, char **argv) { return run_stages(self, argc, argv, XSNR_RUN); }
static int train(const command *self, int argc, char **argv) { return run_stages(self, argc, argv, XSNR_TRAIN); }
static int report(const command *self, int argc, char **argv) { return run_stages(self, argc, argv, XSNR_REPORT); }

#define STUDY_OPTIONS                                                                                         \
    "\n"                                                                                                      \
    "  -j, --threads N    use N threads (default: all processors); the results do not depend on it\n"         \
    "  -o, --output DIR   write the study file and the results there (default: beside STUDY.yaml)\n"          \
    "  -q, --quiet        no progress\n"                                                                      \
    "      --profile      say where the training's time went, by kind of operation\n"                         \
    "      --json         print results as JSON in the place of a table\n"

#define TABLE_OPTION                                                                                          \
    "      --table        print the one table, family by explainer by analysis, in the place of the short one\n"

#define SHARD_OPTION                                                                                          \
    "      --shard I/N    only the models of shard I of N, into STUDY.I-of-N.xsnr; see `xsnr help merge`\n"

#define PAGE_OPTION                                                                                           \
    "      --page-mb N    room for the page's data in MB (default: report.page_mb of STUDY.yaml, 24)\n"

#define FIGURES_OPTIONS                                                                                       \
    "      --figures DIR  the page's figures as files too, DIR/NAME.svg and .csv; drawn by Node.js\n"            \
    "      --text ID      figures of that text's words (default: of the first ten); may be repeated\n"

const command command_run = {
    "run", "everything: train, explain, analyse, report; picks up where it stopped",
    "usage: xsnr run STUDY.yaml [-j N] [-o DIR] [-q] [--json]\n\n"
    "Trains the families of STUDY.yaml, explains the chosen texts by every model, and writes STUDY.xsnr,\n"
    "results.json, words.csv and report.html.  A run that was stopped, or killed, goes on where it was.\n"
    STUDY_OPTIONS
    TABLE_OPTION
    PAGE_OPTION
    SHARD_OPTION
    "      --explainer X  explain by X too: NAME, or NAME:key=value,key=value; may be repeated\n",
    run};
const command command_train = {
    "train", "only train the models that are missing",
    "usage: xsnr train STUDY.yaml [-j N] [-o DIR] [-q]\n\n"
    "Trains every model that STUDY.xsnr lacks, and keeps it there.\n" STUDY_OPTIONS SHARD_OPTION,
    train};
const command command_report = {
    "report", "only write report.html from what is there",
    "usage: xsnr report STUDY.yaml [-j N] [-o DIR] [--json] [--figures DIR [--text ID]…]\n\n"
    "Analyses STUDY.xsnr and writes the page that STUDY.yaml names (report.html).\n" STUDY_OPTIONS TABLE_OPTION
    PAGE_OPTION
    FIGURES_OPTIONS,
    report};
