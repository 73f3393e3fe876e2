// xsnr compare: families, studies, or groups of texts against each other.
#include "command.h"
#include <string.h>

static int run(const command *self, int argc, char **argv) {
    static const struct option longs[] = {{"by", required_argument, NULL, 'b'},
                                          {"families", required_argument, NULL, 'f'},
                                          {"explainer", required_argument, NULL, 'e'},
                                          {"data", required_argument, NULL, 'd'},
                                          {"permutations", required_argument, NULL, 'p'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"threads", required_argument, NULL, 'j'},
                                          {"json", no_argument, NULL, 'J'},
                                          {NULL, 0, NULL, 0}};
    xsnr_compare_options o = {0};
    long long n;
    for (int c; (c = next_option(self, argc, argv, ":j:", longs)) != -1;) {
        switch (c) {
        case 'b': o.by = optarg; break;
        case 'f': o.families = optarg; break;
        case 'e': o.explainer = optarg; break;
        case 'd': o.data = optarg; break;
        case 'p':
            if (!option_integer(self, "--permutations", optarg, 19, 10000000, &n)) return EXIT_USAGE;
            o.permutations = (size_t)n;
            break;
        case 's':
            if (!option_integer(self, "--seed", optarg, 0, INT64_MAX, &n)) return EXIT_USAGE;
            o.seed = (uint64_t)n;
            break;
        case 'j':
            if (!option_integer(self, "-j", optarg, 1, 1024, &n)) return EXIT_USAGE;
            o.threads = (int)n;
            break;
        case 'J': o.json = 1; break;
        default: return EXIT_USAGE;
        }
    }
    int count = argc - optind;
    if (count < 1 || count > 2) return usage_error(self, "one study file (.xsnr) is needed, or two");
    if (o.data && !o.by) return usage_error(self, "--data goes with --by COLUMN");
    if (o.by && count == 2) return usage_error(self, "--by compares inside one study file");
    for (int i = optind; i < argc; i++)
        if (has_suffix(argv[i], ".yaml") || has_suffix(argv[i], ".npy"))
            return usage_error(self, "'%s' is no study file (.xsnr)", argv[i]);
    xsnr_terminal terminal = {0};
    if (!terminal_find(self, "never", &terminal)) return EXIT_USAGE;
    o.ascii = terminal.ascii;
    xsnr_error err = {0};
    char *text;
    if (xsnr_compare(argv[optind], count == 2 ? argv[optind + 1] : NULL, &o, &text, &err) < 0) return report_error(&err);
    int status = print_text(text);
    xsnr_free(text);
    return status;
}

const command command_compare = {
    "compare", "families, studies, or groups of texts against each other",
    "usage: xsnr compare STUDY.xsnr [--families A,B] [--explainer E]\n"
    "       xsnr compare A.xsnr B.xsnr [--families A,B]\n"
    "       xsnr compare STUDY.xsnr --by class|predicted|correct|split|part|type|COLUMN [--families A]\n\n"
    "SNRs and their ratios, with intervals, permutation tests (adjusted by Benjamini and Hochberg) and effect sizes.\n"
    "Families are compared on the texts that both have; two study files family by family, by their names.\n"
    "\n"
    "      --by WHAT           class: of the text; predicted: by most models; correct: right or wrong; split;\n"
    "                          part: beginning, middle, end of the text; type: frequent and rare words, numbers,\n"
    "                          punctuation; or any column of the corpus\n"
    "      --data FILE         a table with the columns id and COLUMN, in the place of the study's corpus\n"
    "      --families A,B      only these two (of two files: A of the first, B of the second); with --by: only A\n"
    "      --explainer E       only this explainer\n"
    "      --permutations N    of every test (default 9999)\n"
    "      --seed N            of the permutations (default 0)\n"
    "  -j, --threads N         use N threads (default: all processors)\n"
    "      --json              JSON in the place of a table\n",
    run};
