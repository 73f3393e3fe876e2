// xsnr merge: parts of a study, made by `xsnr run --shard`, become one.
#include "command.h"

static int run(const command *self, int argc, char **argv) {
    static const struct option longs[] = {
        {"output", required_argument, NULL, 'o'}, {"quiet", no_argument, NULL, 'q'}, {NULL, 0, NULL, 0}};
    const char *path = NULL;
    bool quiet = false;
    for (int c; (c = next_option(self, argc, argv, ":o:q", longs)) != -1;) {
        switch (c) {
        case 'o': path = optarg; break;
        case 'q': quiet = true; break;
        default: return EXIT_USAGE;
        }
    }
    if (optind == argc) return usage_error(self, "parts of a study are needed");
    if (!path) return usage_error(self, "-o STUDY.xsnr is needed");
    if (!has_suffix(path, ".xsnr")) return usage_error(self, "the name of a study file ends in .xsnr, '%s' does not", path);
    xsnr_error err = {0};
    char *summary;
    if (xsnr_merge((const char *const *)argv + optind, (size_t)(argc - optind), path, &summary, &err) < 0)
        return report_error(&err);
    int status = quiet ? 0 : print_text(summary);
    xsnr_free(summary);
    return status;
}

const command command_merge = {
    "merge", "parts of a study, made by run --shard, become one",
    "usage: xsnr merge PART.xsnr … -o STUDY.xsnr [-q]\n\n"
    "Joins what `xsnr run STUDY.yaml --shard I/N` has made on several machines.  Parts of another study are refused,\n"
    "as are models that are there twice and differ, before anything is written.  What is missing is said, and made by\n"
    "`xsnr run STUDY.yaml`, which also analyses and reports: with every part there it trains nothing.\n"
    "\n"
    "  -o, --output FILE     the study file; if it is there already, and of this study, the parts are added to it\n"
    "  -q, --quiet           no summary\n",
    run};
