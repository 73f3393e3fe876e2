// xsnr list: families, explainers, statistics, normalizations, keys of study.yaml.
#include "command.h"

static int run(const command *self, int argc, char **argv) {
    static const struct option longs[] = {{"json", no_argument, NULL, 'J'}, {NULL, 0, NULL, 0}};
    bool json = false;
    for (int c; (c = next_option(self, argc, argv, ":", longs)) != -1;) {
        if (c != 'J') return EXIT_USAGE;
        json = true;
    }
    if (argc - optind != 1)
        return usage_error(self, "what to list is needed: families, explainers, statistics, normalizations or plan");
    xsnr_error err = {0};
    char *text;
    if (xsnr_list(argv[optind], json, &text, &err) < 0) return report_error(&err);
    int status = print_text(text);
    xsnr_free(text);
    return status;
}

const command command_list = {"list", "families, explainers, statistics, normalizations, plan",
                              "usage: xsnr list families|explainers|statistics|normalizations|plan [--json]\n\n"
                              "What can be named in a study, with every parameter: type, range, default, meaning.\n",
                              run};
