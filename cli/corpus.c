// xsnr corpus and xsnr init: texts to begin with.
#include "command.h"
#include <stdio.h>
#include <string.h>

static int corpus(const command *self, int argc, char **argv) {
    static const struct option longs[] = {
        {"count", required_argument, NULL, 'n'},    {"language", required_argument, NULL, 'l'},
        {"seed", required_argument, NULL, 's'},     {"redundancy", required_argument, NULL, 'r'},
        {"strength", required_argument, NULL, 'S'}, {"label-noise", required_argument, NULL, 'L'},
        {"negation", required_argument, NULL, 'N'}, {"output", required_argument, NULL, 'o'},
        {"truth", required_argument, NULL, 't'},    {NULL, 0, NULL, 0}};
    xsnr_gazette_options o = {.language = "en", .count = 4000, .redundancy = 3, .strength = 1};
    const char *path = NULL, *truth_path = NULL;
    long long n;
    for (int c; (c = next_option(self, argc, argv, ":n:o:", longs)) != -1;) {
        bool good = true;
        switch (c) {
        case 'n':
            if ((good = option_integer(self, "-n", optarg, 1, 10000000, &n))) o.count = (size_t)n;
            break;
        case 'l': o.language = optarg; break;
        case 's':
            if ((good = option_integer(self, "--seed", optarg, 0, INT64_MAX, &n))) o.seed = (uint64_t)n;
            break;
        case 'r':
            if ((good = option_integer(self, "--redundancy", optarg, 1, 6, &n))) o.redundancy = (int)n;
            break;
        case 'S': good = option_number(self, "--strength", optarg, 0, 10, &o.strength); break;
        case 'L': good = option_number(self, "--label-noise", optarg, 0, 0.5, &o.label_noise); break;
        case 'N': good = option_number(self, "--negation", optarg, 0, 1, &o.negation); break;
        case 'o': path = optarg; break;
        case 't': truth_path = optarg; break;
        default: return EXIT_USAGE;
        }
        if (!good) return EXIT_USAGE;
    }
    if (argc - optind != 1) return usage_error(self, "the name of a generator is needed: gazette");
    if (strcmp(argv[optind], "gazette") != 0) return usage_error(self, "there is no generator '%s'; it is gazette", argv[optind]);
    xsnr_error err = {0};
    char *tsv, *truth;
    if (xsnr_gazette(&o, &tsv, &truth, &err) < 0) return report_error(&err);
    int status = 0;
    if (truth_path && xsnr_write_file(truth_path, truth, &err) < 0) status = report_error(&err);
    else if (!path) status = print_text(tsv);
    else if (xsnr_write_file(path, tsv, &err) < 0) status = report_error(&err);
    xsnr_free(tsv);
    xsnr_free(truth);
    return status;
}

static int init(const command *self, int argc, char **argv) {
    static const struct option longs[] = {{"language", required_argument, NULL, 'l'},
                                          {"models", required_argument, NULL, 'm'},
                                          {NULL, 0, NULL, 0}};
    const char *language = "en";
    long long models = 100;
    for (int c; (c = next_option(self, argc, argv, ":", longs)) != -1;) {
        if (c == 'l') language = optarg;
        else if (c != 'm' || !option_integer(self, "--models", optarg, 1, 100000, &models)) return EXIT_USAGE;
    }
    if (argc - optind > 1) return usage_error(self, "one folder at most");
    const char *folder = argc > optind ? argv[optind] : ".";
    xsnr_error err = {0};
    if (xsnr_init(folder, language, (int)models, &err) < 0) return report_error(&err);
    printf("An example study is in %s; run it with:  xsnr run %s/study.yaml\n", folder, folder);
    return 0;
}

const command command_corpus = {
    "corpus", "generate a corpus whose cues are known",
    "usage: xsnr corpus gazette [-n COUNT] [--language en|fr] [--seed N] [-o FILE.tsv] [--truth FILE.jsonl] …\n\n"
    "Short news texts, report or opinion.  The corpus goes to FILE.tsv or standard output (columns id, text,\n"
    "label), the truth of every word to --truth.\n"
    "\n"
    "  -n, --count N          texts (default 4000)\n"
    "      --language L       en (default) or fr\n"
    "      --seed N           another seed, another corpus (default 0)\n"
    "      --redundancy N     interchangeable cues a text holds, 1 to 6 (default 3)\n"
    "      --strength X       scale of the cues' log odds (default 1)\n"
    "      --label-noise X    share of labels that are turned, 0 to 0.5 (default 0)\n"
    "      --negation X       share of cues that only a context turns, 0 to 1 (default 0)\n"
    "  -o, --output FILE      where the corpus goes\n"
    "      --truth FILE       where the truth of every word goes\n",
    corpus};
const command command_init = {
    "init", "an example study, ready to run",
    "usage: xsnr init [DIR] [--language en|fr] [--models N]\n\n"
    "Writes study.yaml, train.tsv, valid.tsv, test.tsv and truth.jsonl into DIR (default: here).  Nothing that\n"
    "is there is overwritten.\n"
    "\n"
    "      --language L   of the corpus, en (default) or fr\n"
    "      --models N     of each family (default 100)\n",
    init};
