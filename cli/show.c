// xsnr show: one text as a heat map with its uncertainty.
#include "command.h"
#include <stdio.h>
#include <string.h>

// The ids of the texts, a line each.
static int list_texts(const xsnr_results *results) {
    for (size_t i = 0; i < xsnr_results_texts(results); i++)
        if (printf("%s\n", xsnr_results_text_id(results, i)) < 0) return EXIT_FAILED;
    return print_text("");
}

static int run(const command *self, int argc, char **argv) {
    static const struct option longs[] = {{"text", required_argument, NULL, 't'},
                                          {"family", required_argument, NULL, 'f'},
                                          {"explainer", required_argument, NULL, 'e'},
                                          {"palette", required_argument, NULL, 'p'},
                                          {"color", required_argument, NULL, 'c'},
                                          {"threads", required_argument, NULL, 'j'},
                                          {"json", no_argument, NULL, 'J'},
                                          {NULL, 0, NULL, 0}};
    const char *text_id = NULL, *family = NULL, *explainer = NULL, *color = "auto";
    xsnr_terminal terminal = {0};
    long long threads = 0;
    bool json = false;
    for (int c; (c = next_option(self, argc, argv, ":j:", longs)) != -1;) {
        switch (c) {
        case 't': text_id = optarg; break;
        case 'f': family = optarg; break;
        case 'e': explainer = optarg; break;
        case 'c': color = optarg; break;
        case 'J': json = true; break;
        case 'p':
            if (strcmp(optarg, "captum") && strcmp(optarg, "red-blue"))
                return usage_error(self, "--palette is red-blue or captum, not '%s'", optarg);
            terminal.captum = optarg[0] == 'c';
            break;
        case 'j':
            if (!option_integer(self, "-j", optarg, 1, 1024, &threads)) return EXIT_USAGE;
            break;
        default: return EXIT_USAGE;
        }
    }
    if (argc - optind != 1) return usage_error(self, "one study file (.xsnr) is needed");
    if (!terminal_find(self, color, &terminal)) return EXIT_USAGE;
    xsnr_error err = {0};
    xsnr_results *results;
    xsnr_results_options open = {.threads = (int)threads, .statistics = text_id ? NULL : "none", .scores = 1, .text = text_id};
    if (xsnr_results_open_as(argv[optind], &open, &results, &err) < 0) return report_error(&err);
    int status;
    char *shown = NULL;
    if (!text_id && !json) {
        status = list_texts(results);
    } else {
        int rc = json ? xsnr_results_show_json(results, text_id, family, explainer, &shown, &err)
                      : xsnr_results_show(results, text_id, family, explainer, &terminal, &shown, &err);
        status = rc < 0 ? report_error(&err) : print_text(shown);
    }
    xsnr_free(shown);
    xsnr_results_free(results);
    return status;
}

const command command_show = {
    "show", "one text as a heat map with its uncertainty",
    "usage: xsnr show STUDY.xsnr [--text ID] [--family F] [--explainer E] [--palette P] [--color WHEN] [--json]\n\n"
    "Without --text: the ids of the texts.  All families and explainers are shown on one scale unless one is\n"
    "named.  A word whose interval covers zero is not coloured like one that stands firm.\n"
    "\n"
    "      --text ID          the text\n"
    "      --family F         only this family\n"
    "      --explainer E      only this explainer\n"
    "      --palette P        red-blue (default) or captum (green for, red against)\n"
    "      --color WHEN       auto (default), always or never; NO_COLOR is honoured\n"
    "      --json             numbers of the text in the shape of results.json; without --text: the ids\n"
    "  -j, --threads N        use N threads (default: all processors)\n",
    run};
