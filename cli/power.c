// xsnr power: how many models are enough.
#include "command.h"

static int run(const command *self, int argc, char **argv) {
    static const struct option longs[] = {
        {"snr", required_argument, NULL, 'n'},     {"words", required_argument, NULL, 'w'},
        {"texts", required_argument, NULL, 't'},   {"models", required_argument, NULL, 'm'},
        {"family", required_argument, NULL, 'f'},  {"explainer", required_argument, NULL, 'e'},
        {"top", required_argument, NULL, 'k'},     {"width", required_argument, NULL, 'W'},
        {"probability", required_argument, NULL, 'p'}, {"repeats", required_argument, NULL, 'r'},
        {"seed", required_argument, NULL, 's'},    {"threads", required_argument, NULL, 'j'},
        {"json", no_argument, NULL, 'J'},          {NULL, 0, NULL, 0}};
    xsnr_power_options o = {0};
    bool assumed = false, shape = false;
    for (int c; (c = next_option(self, argc, argv, ":j:", longs)) != -1;) {
        long long n = 0;
        bool ok = true;
        switch (c) {
        case 'n': ok = option_number(self, "--snr", optarg, 0, 1e12, &o.snr); assumed = true; break;
        case 'w': ok = option_integer(self, "--words", optarg, 2, 100000, &n); o.words = (size_t)n; shape = true; break;
        case 't': ok = option_integer(self, "--texts", optarg, 1, 100000, &n); o.texts = (size_t)n; shape = true; break;
        case 'm': ok = option_integer(self, "--models", optarg, 2, 10000, &n); o.models = (size_t)n; shape = true; break;
        case 'f': o.family = optarg; break;
        case 'e': o.explainer = optarg; break;
        case 'k': ok = option_integer(self, "--top", optarg, 1, 1000, &n); o.top = (size_t)n; break;
        case 'W': ok = option_number(self, "--width", optarg, 1e-6, 1e6, &o.width); break;
        case 'p': ok = option_number(self, "--probability", optarg, 0.01, 0.9999, &o.probability); break;
        case 'r': ok = option_integer(self, "--repeats", optarg, 10, 100000, &n); o.repeats = (size_t)n; break;
        case 's': ok = option_integer(self, "--seed", optarg, 0, INT64_MAX, &n); o.seed = (uint64_t)n; break;
        case 'j': ok = option_integer(self, "-j", optarg, 1, 1024, &n); o.threads = (int)n; break;
        case 'J': o.json = 1; break;
        default: ok = false;
        }
        if (!ok) return EXIT_USAGE;
    }
    const char *study = argc > optind ? argv[optind] : NULL;
    if (argc - optind > 1 || !study == !assumed) return usage_error(self, "a study file (.xsnr) or --snr S is needed, one of them");
    if (study && shape) return usage_error(self, "--words, --texts and --models go with --snr; a study has its own");
    if (!study && (o.family || o.explainer)) return usage_error(self, "--family and --explainer choose in a study file");
    if (study && !has_suffix(study, ".xsnr")) return usage_error(self, "'%s' is no study file (.xsnr)", study);
    xsnr_terminal terminal = {0};
    if (!terminal_find(self, "never", &terminal)) return EXIT_USAGE;
    o.ascii = terminal.ascii;
    xsnr_error err = {0};
    char *text;
    if (xsnr_power(study, &o, &text, &err) < 0) return report_error(&err);
    int status = print_text(text);
    xsnr_free(text);
    return status;
}

const command command_power = {
    "power", "how many models are enough",
    "usage: xsnr power STUDY.xsnr [--family F] [--explainer E]\n"
    "       xsnr power --snr S [--words N] [--texts N] [--models N]\n\n"
    "Models for a reliability of 0.8, 0.9 and 0.95, for an interval of a given width, for strongest words that stay, and\n"
    "the SNR against the number of models: by random subsets of a study's, or simulated for an SNR that is assumed.\n"
    "\n"
    "      --family F         only this family\n"
    "      --explainer E      only this explainer\n"
    "      --snr S            assumed, in the place of a study\n"
    "      --words N          of each text (default 25)\n"
    "      --texts N          (default 40)\n"
    "      --models N         the most of the curve, 2 to 10000 (default 200)\n"
    "      --top K            words that are to stay the strongest (default 5)\n"
    "      --width W          of the SNR's interval, end to end, as a share of the SNR (default 0.2)\n"
    "      --probability P    with which the strongest words are to stay (default 0.95)\n"
    "      --repeats N        random subsets of every size (default 200)\n"
    "      --seed N           of the subsets (default 0)\n"
    "  -j, --threads N        use N threads (default: all processors)\n"
    "      --json             JSON in the place of tables\n",
    run};
