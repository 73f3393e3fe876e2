// xsnr analyze: statistics of a study, of a study file, or of bare arrays.
#include "command.h"
#include <stdio.h>
#include <string.h>

typedef struct arguments {
    xsnr_analysis_options how;
    const char *folder, *color;
    xsnr_format format;
    bool table; // the one table
    bool quiet;
    bool how_given; // an option that only arrays take
    const char *statistics;
    double page_mb; // 0: as the plan says
    figures figures;
} arguments;

static int set_format(const command *self, const char *name, xsnr_format *format) {
    static const char *const names[] = {"table", "json", "csv", "html"};
    for (int k = 0; k < 4; k++)
        if (strcmp(name, names[k]) == 0) {
            *format = (xsnr_format)k;
            return 0;
        }
    return usage_error(self, "--format is table, json, csv or html, not '%s'", name);
}

static int parse(const command *self, int argc, char **argv, arguments *a) {
    static const struct option longs[] = {
        {"threads", required_argument, NULL, 'j'},     {"output", required_argument, NULL, 'o'},
        {"json", no_argument, NULL, 'J'},              {"format", required_argument, NULL, 'f'},
        {"normalize", required_argument, NULL, 'n'},   {"absolute", no_argument, NULL, 'a'},
        {"reliability", required_argument, NULL, 'r'}, {"seed", required_argument, NULL, 's'},
        {"color", required_argument, NULL, 'c'},       {"quiet", no_argument, NULL, 'q'},
        {"statistics", required_argument, NULL, 'S'},  {"figures", required_argument, NULL, 'F'},
        {"text", required_argument, NULL, 'T'},        {"table", no_argument, NULL, 't'},
        {"text", required_argument, NULL, 'T'},        {"page-mb", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0}};
    long long n;
    for (int c; (c = next_option(self, argc, argv, ":j:o:q", longs)) != -1;) {
        switch (c) {
        case 'j':
            if (!option_integer(self, "-j", optarg, 1, 1024, &n)) return EXIT_USAGE;
            a->how.threads = (int)n;
            break;
        case 'o': a->folder = optarg; break;
        case 'J': a->format = XSNR_JSON; break;
        case 'f':
            if (set_format(self, optarg, &a->format)) return EXIT_USAGE;
            break;
        case 'n': a->how.normalize = optarg; a->how_given = true; break;
        case 'a': a->how.absolute = 1; a->how_given = true; break;
        case 'r':
            if (!option_number(self, "--reliability", optarg, 0.01, 0.9999, &a->how.reliability)) return EXIT_USAGE;
            a->how_given = true;
            break;
        case 's':
            if (!option_integer(self, "--seed", optarg, 0, INT64_MAX, &n)) return EXIT_USAGE;
            a->how.seed = (uint64_t)n;
            a->how_given = true;
            break;
        case 't': a->table = true; break;
        case 'S': a->statistics = optarg; break;
        case 'F': a->figures.folder = optarg; break;
        case 'T':
            if (figures_add_text(self, &a->figures, optarg)) return EXIT_USAGE;
            break;
        case 'p':
            if (!option_number(self, "--page-mb", optarg, 1, 4000, &a->page_mb)) return EXIT_USAGE;
            break;
        case 'c': a->color = optarg; break;
        case 'q': a->quiet = true; break;
        default: return EXIT_USAGE;
        }
    }
    if (a->table && a->format != XSNR_TABLE && a->format != XSNR_CSV)
        return usage_error(self, "--table is printed as a table or as csv; results.json has it under \"table\"");
    if (a->table) a->format = a->format == XSNR_CSV ? XSNR_OVERVIEW_CSV : XSNR_OVERVIEW;
    if (a->figures.count && !a->figures.folder) return usage_error(self, "--text chooses texts for --figures DIR");
    return argc > optind ? 0 : usage_error(self, "a study.yaml, a study file (.xsnr) or arrays (.npy, .npz) are needed");
}

static int show_results(const command *self, const xsnr_results *results, const arguments *a) {
    xsnr_terminal terminal = {0};
    if (!terminal_find(self, a->color, &terminal)) return EXIT_USAGE;
    int status = print_results(results, a->format, &terminal);
    return status ? status : figures_write(results, &a->figures);
}

// What the study has to say; how far the analysis is, is not shown here.
static void show_notice(void *shown, const xsnr_progress *state) {
    if (strcmp(state->stage, "notice") == 0) progress_show(shown, state);
}

// The stage of a study: results.json and words.csv are written where its plan says.
static int analyze_study(const command *self, const char *path, const arguments *a) {
    progress shown;
    progress_start(&shown, a->quiet);
    xsnr_run_options options = {.threads = a->how.threads, .folder = a->folder, .page_mb = a->page_mb, .progress = show_notice, .user = &shown};
    xsnr_error err = {0};
    xsnr_study *study;
    if (xsnr_study_load(path, &options, &study, &err) < 0) return report_error(&err);
    int rc = a->statistics ? xsnr_study_statistics(study, a->statistics, &err) : XSNR_OK, status;
    stop_on_signals(study);
    if (rc == XSNR_OK) rc = xsnr_study_run(study, XSNR_ANALYZE, &err);
    stop_no_more();
    if (rc == XSNR_ERR_INTERRUPTED) {
        fprintf(stderr, "xsnr: stopped; no result is half-written, the same command begins the analysis again\n");
        status = EXIT_FAILED;
    } else {
        status = rc < 0 ? report_error(&err) : show_results(self, xsnr_study_results(study), a);
    }
    xsnr_study_free(study);
    return status;
}

static int run(const command *self, int argc, char **argv) {
    arguments a = {.color = "auto"};
    int status = parse(self, argc, argv, &a);
    if (status) return status;
    const char *first = argv[optind];
    int count = argc - optind;
    bool yaml = has_suffix(first, ".yaml") || has_suffix(first, ".yml"), file = has_suffix(first, ".xsnr");
    if ((yaml || file) && count > 1) return usage_error(self, "one study at a time");
    if ((yaml || file) && a.how_given)
        return usage_error(self, "a study says in its .yaml how it is analysed; these options are for arrays");
    if (!yaml && a.folder) return usage_error(self, "-o is for a study.yaml");
    if (yaml) return analyze_study(self, first, &a);
    for (int i = optind; !file && i < argc; i++)
        if (!has_suffix(argv[i], ".npy") && !has_suffix(argv[i], ".npz"))
            return usage_error(self, "'%s' is no .yaml, .xsnr, .npy or .npz", argv[i]);
    xsnr_error err = {0};
    xsnr_results *results;
    xsnr_results_options open = {a.how.threads, a.statistics, a.format == XSNR_HTML || a.figures.folder, a.page_mb, NULL};
    stop_on_signals(NULL);
    int rc = file ? xsnr_results_open_as(first, &open, &results, &err)
                  : xsnr_analyze_files_as((const char *const *)argv + optind, (size_t)count, &a.how, a.statistics, &results,
                                          &err);
    stop_no_more();
    if (rc < 0) return report_error(&err);
    status = show_results(self, results, &a);
    xsnr_results_free(results);
    return status;
}

const command command_analyze = {
    "analyze", "signal, noise and SNR of a study, a study file, or bare arrays",
    "usage: xsnr analyze STUDY.yaml [-o DIR] [--statistics LIST] [--table]\n"
    "       xsnr analyze STUDY.xsnr [--statistics LIST] [--table]\n"
    "       xsnr analyze SCORES.npy … [--normalize NAME] [--absolute] [--reliability R] [--seed N]\n\n"
    "Arrays are models × words, one text each; no study is needed.  An .npz is one that `xsnr export` wrote.\n"
    "\n"
    "  -j, --threads N       use N threads (default: all processors)\n"
    "  -o, --output DIR      where the study's results are and go (default: beside STUDY.yaml)\n"
    "      --json            the same as --format json\n"
    "      --format FORMAT   table (default), json, csv (a line a word) or html, to standard output\n"
    "      --table           the one table, family by explainer by analysis: SNR, information, agreement with what people\n"
    "                        marked, faithfulness, complexity, accuracy; with --format csv every column of it\n"
    "      --statistics LIST what is made beside signal, noise and agreement, in the place of the plan's: some of\n"
    "                        information, kde, spectrum, modes, spans, complexity, normalizations, bootstrap,\n"
    "                        types, several, sources, agreement; all; none (default of arrays: all, of large ones the fast)\n"
    "      --figures DIR     the figures of the page as DIR/NAME.svg and .csv; drawn by Node.js\n"
    "      --page-mb N       room for the data of html in MB (default: report.page_mb of the plan, 24)\n"
    "      --text ID         figures of that text's words (default: of the first ten); may be repeated\n"
    "      --color WHEN      auto (default), always or never\n"
    "      --normalize NAME  l1 (default); `xsnr list normalizations` names all\n"
    "      --absolute        |score| is taken before normalisation\n"
    "      --reliability R   that `models needed` is for (default 0.9)\n"
    "      --seed N          of the random halves (default 0)\n"
    "  -q, --quiet           no notices\n",
    run};
