// xsnr explain: the texts of a study by its models, or one text by one model of a Hugging Face folder.
#include "command.h"
#include <stdio.h>
#include <string.h>

// Is there a --model among the arguments?
static bool names_model(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--model") == 0 || strncmp(argv[i], "--model=", 8) == 0) return true;
    return false;
}

static int parse(const command *self, int argc, char **argv, const char **folder, xsnr_single_options *o,
                 const char *explainers[64]) {
    static const struct option longs[] = {{"model", required_argument, NULL, 'm'},
                                          {"text", required_argument, NULL, 't'},
                                          {"ids", required_argument, NULL, 'i'},
                                          {"explainer", required_argument, NULL, 'x'},
                                          {"target", required_argument, NULL, 'c'},
                                          {"language", required_argument, NULL, 'l'},
                                          {"mask-id", required_argument, NULL, 'k'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"json", no_argument, NULL, 'J'},
                                          {NULL, 0, NULL, 0}};
    long long n;
    *o = (xsnr_single_options){.target = -1, .mask = -1, .explainers = explainers};
    for (int c; (c = next_option(self, argc, argv, ":", longs)) != -1;) {
        switch (c) {
        case 'm': *folder = optarg; break;
        case 't': o->text = optarg; break;
        case 'i': o->ids = optarg; break;
        case 'l': o->language = optarg; break;
        case 'J': o->json = 1; break;
        case 'x':
            if (o->n_explainers == 64) return usage_error(self, "at most 64 explainers");
            explainers[o->n_explainers++] = optarg;
            break;
        case 'c':
            if (!option_integer(self, "--target", optarg, 0, 1000000, &n)) return EXIT_USAGE;
            o->target = (int)n;
            break;
        case 'k':
            if (!option_integer(self, "--mask-id", optarg, 0, 100000000, &n)) return EXIT_USAGE;
            o->mask = (int)n;
            break;
        case 's':
            if (!option_integer(self, "--seed", optarg, 0, INT64_MAX, &n)) return EXIT_USAGE;
            o->seed = (uint64_t)n;
            break;
        default: return EXIT_USAGE;
        }
    }
    if (argc > optind) return usage_error(self, "'%s' is too much: --model takes one text, by --text or --ids", argv[optind]);
    if (!o->text == !o->ids) return usage_error(self, "--model needs one of --text and --ids");
    return 0;
}

// An option that is of no use without --model, among the arguments; NULL: none.
static const char *single_option(int argc, char **argv) {
    static const char *const names[] = {"--text", "--ids", "--target", "--language", "--mask-id", "--seed"};
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            size_t n = strlen(names[k]);
            if (strncmp(argv[i], names[k], n) == 0 && (!argv[i][n] || argv[i][n] == '=')) return names[k];
        }
    return NULL;
}

static int explain(const command *self, int argc, char **argv) {
    bool one = names_model(argc, argv);
    const char *lone = one ? NULL : single_option(argc, argv);
    if (lone) return usage_error(self, "%s is of one text by one model: --model DIR is needed", lone);
    if (!one) return run_stages(self, argc, argv, XSNR_EXPLAIN);
    const char *folder = NULL, *explainers[64];
    xsnr_single_options options;
    int status = parse(self, argc, argv, &folder, &options, explainers);
    if (status) return status;
    char *text;
    xsnr_error err = {0};
    if (xsnr_explain_one(folder, &options, &text, &err) < 0) return report_error(&err);
    status = print_text(text);
    xsnr_free(text);
    return status;
}

const command command_explain = {
    "explain", "only explain: the texts of a study, or one text by one model",
    "usage: xsnr explain STUDY.yaml [--explainer X …] [-j N] [-o DIR] [-q]\n"
    "       xsnr explain --model DIR (--text TEXT | --ids 101,7592,102) [--explainer X …] [--target C] [--json]\n\n"
    "Adds the explanations that STUDY.xsnr lacks: a new explainer, in STUDY.yaml or by --explainer, needs no new\n"
    "training.  With --model: one text by the classifier of a Hugging Face folder.\n"
    "\n"
    "      --explainer X   a method, NAME or NAME:key=value,key=value; may be repeated (default with --model: all)\n"
    "  -j, --threads N     use N threads (default: all processors); the results do not depend on it\n"
    "  -o, --output DIR    where the study file is (default: beside STUDY.yaml)\n"
    "  -q, --quiet         no progress\n"
    "\n"
    "      --model DIR     config.json, model.safetensors, and for a text tokenizer.json or vocab.txt\n"
    "      --text TEXT     the text\n"
    "      --ids IDS       its token ids in the text's place, the template's too; ID:TYPE gives a token type\n"
    "      --target C      the class explained, from 0 (default: the predicted one)\n"
    "      --language L    of the text's words: en (default), fr, …\n"
    "      --mask-id N     the mask token, for a folder without a tokenizer\n"
    "      --seed N        of methods that draw random numbers (default 0)\n"
    "      --json          scores of every token and word as JSON\n",
    explain};
