// xsnr import: explanations made elsewhere become a study file.
#include "command.h"
#include <stdio.h>

enum { MOST = 256 }; // files of rationales, or of phrases

static int run(const command *self, int argc, char **argv) {
    static const struct option longs[] = {{"output", required_argument, NULL, 'o'},     {"format", required_argument, NULL, 'f'},
                                          {"study", required_argument, NULL, 's'},      {"family", required_argument, NULL, 'F'},
                                          {"explainer", required_argument, NULL, 'x'},  {"docs", required_argument, NULL, 'd'},
                                          {"tokenizer", required_argument, NULL, 't'},
                                          {"join", required_argument, NULL, 'j'},       {"pool", required_argument, NULL, 'p'},
                                          {"missing", required_argument, NULL, 'm'},    {"duplicates", required_argument, NULL, 'D'},
                                          {"normalize", required_argument, NULL, 'n'},  {"absolute", no_argument, NULL, 'a'},
                                          {"quiet", no_argument, NULL, 'q'},            {"rationales", required_argument, NULL, 'r'},
                                          {"phrases", required_argument, NULL, 'P'},
                                          {NULL, 0, NULL, 0}};
    xsnr_import_options how = {0};
    const char *path = NULL;
    bool quiet = false;
    const char *rationales[MOST], *phrases[MOST];
    how.rationales = rationales;
    how.phrases = phrases;
    for (int c; (c = next_option(self, argc, argv, ":o:f:q", longs)) != -1;) {
        switch (c) {
        case 'o': path = optarg; break;
        case 'f': how.format = optarg; break;
        case 's': how.study = optarg; break;
        case 'F': how.family = optarg; break;
        case 'x': how.explainer = optarg; break;
        case 'd': how.documents = optarg; break;
        case 't': how.tokenizer = optarg; break;
        case 'j': how.join = optarg; break;
        case 'p': how.pool = optarg; break;
        case 'm': how.missing = optarg; break;
        case 'D': how.duplicates = optarg; break;
        case 'n': how.normalize = optarg; break;
        case 'r':
            if (how.n_rationales == MOST) return usage_error(self, "--rationales may be repeated %d times", MOST);
            rationales[how.n_rationales++] = optarg;
            break;
        case 'P':
            if (how.n_phrases == MOST) return usage_error(self, "--phrases may be repeated %d times", MOST);
            phrases[how.n_phrases++] = optarg;
            break;
        case 'a': how.absolute = 1; break;
        case 'q': quiet = true; break;
        default: return EXIT_USAGE;
        }
    }
    if (optind == argc) return usage_error(self, "files of explanations are needed");
    if (!path) return usage_error(self, "-o STUDY.xsnr is needed");
    if (!has_suffix(path, ".xsnr")) return usage_error(self, "the name of a study file ends in .xsnr, '%s' does not", path);
    xsnr_error err = {0};
    char *summary;
    if (xsnr_import((const char *const *)argv + optind, (size_t)(argc - optind), &how, path, &summary, &err) < 0) return report_error(&err);
    int status = quiet ? 0 : print_text(summary);
    xsnr_free(summary);
    return status;
}

const command command_import = {
    "import", "explanations made elsewhere become a study file",
    "usage: xsnr import FILE … -o STUDY.xsnr [--format F] [options]\n\n"
    "Reads explanations of other tools (docs/formats.md); every file may be gzipped.  The study is analysed, shown,\n"
    "checked and exported like any other.  Models that a file does not name are named after the file.\n"
    "\n"
    "  -o, --output FILE     the study file, which must not be there yet\n"
    "  -f, --format NAME     jsonl, csv, npz, thermostat, inseq or eraser (default: by the file's name)\n"
    "      --study TITLE     title of the study (default: its file's name)\n"
    "      --family NAME     family of models whose file names none (default: imported)\n"
    "      --explainer NAME  method of explanations whose file names none (default: imported)\n"
    "      --docs PATH       eraser: docs.jsonl or the folder of documents (default: beside the file)\n"
    "      --tokenizer PATH  thermostat: names the ids; tokenizer.json, vocab.txt, or a folder with one\n"
    "      --join RULE       tokens to words: auto (default), none, offsets, wordpiece, sentencepiece, bytelevel\n"
    "      --pool HOW        a word's score from its tokens': sum (default), mean, max-abs, first\n"
    "      --rationales FILE words that people marked, to judge the explanations by (docs/formats.md); a file for every\n"
    "                        annotator, or all in one\n"
    "      --phrases FILE    phrases of the texts, over which scores are summed (docs/formats.md)\n"
    "      --missing WHAT    texts that some model has not explained: error (default), drop-texts, drop-models\n"
    "      --duplicates WHAT explanations that are there twice: error (default), first\n"
    "      --normalize NAME  for the analysis: l1 (default); `xsnr list normalizations` names all\n"
    "      --absolute        for the analysis: |score| is taken before normalisation\n"
    "  -q, --quiet           no summary\n",
    run};
