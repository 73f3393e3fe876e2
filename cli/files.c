// xsnr check and xsnr export: what a study file holds.
#include "command.h"
#include <stdio.h>
#include <string.h>

static int check(const command *self, int argc, char **argv) {
    static const struct option longs[] = {{NULL, 0, NULL, 0}};
    if (next_option(self, argc, argv, ":", longs) != -1) return EXIT_USAGE;
    if (argc - optind != 1) return usage_error(self, "one study file (.xsnr) is needed");
    xsnr_error err = {0};
    char *findings;
    size_t count;
    if (xsnr_check(argv[optind], &findings, &count, &err) < 0) return report_error(&err);
    int status = count ? print_text(findings) : 0;
    if (!count) printf("%s: whole and consistent\n", argv[optind]);
    else fprintf(stderr, "%s: %zu finding%s\n", argv[optind], count, count == 1 ? "" : "s");
    xsnr_free(findings);
    return count ? EXIT_FAILED : status;
}

// The format that the name of a file asks for, or NULL.
static const char *format_of(const char *path) {
    static const char *const formats[] = {"jsonl", "csv", "npz"};
    for (size_t k = 0; k < sizeof formats / sizeof *formats; k++) {
        const char *dot = strrchr(path, '.');
        if (dot && strcmp(dot + 1, formats[k]) == 0) return formats[k];
    }
    return NULL;
}

static int export_(const command *self, int argc, char **argv) {
    static const struct option longs[] = {{"format", required_argument, NULL, 'f'},
                                          {"output", required_argument, NULL, 'o'},
                                          {NULL, 0, NULL, 0}};
    const char *format = NULL, *path = NULL;
    for (int c; (c = next_option(self, argc, argv, ":f:o:", longs)) != -1;) {
        if (c == 'f') format = optarg;
        else if (c == 'o') path = optarg;
        else return EXIT_USAGE;
    }
    if (argc - optind != 1) return usage_error(self, "one study file (.xsnr) is needed");
    if (!path) return usage_error(self, "-o FILE is needed");
    if (!format) format = format_of(path);
    if (!format) return usage_error(self, "'%s' ends in none of .jsonl, .csv, .npz; say --format", path);
    xsnr_error err = {0};
    return xsnr_export(argv[optind], format, path, &err) < 0 ? report_error(&err) : 0;
}

const command command_check = {"check", "is a study file whole and consistent",
                               "usage: xsnr check STUDY.xsnr\n\n"
                               "Prints a line for everything that is wrong with the file; exit status 1 if anything is.\n",
                               check};
const command command_export = {
    "export", "explanations as JSONL, CSV, npz or ERASER predictions",
    "usage: xsnr export STUDY.xsnr -o FILE [--format jsonl|csv|npz|eraser]\n\n"
    "Writes all explanations, raw (not normalised).  The format is that of the file's name unless given.\n"
    "\n"
    "  -o, --output FILE   where to\n"
    "  -f, --format NAME   jsonl (a line a model and text), csv (a line a score), npz (NumPy), or eraser (a new folder\n"
    "                      FILE with docs.jsonl and FAMILY/EXPLAINER/MODEL.jsonl)\n",
    export_};
