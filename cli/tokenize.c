// xsnr tokenize: texts on standard input, a line each, become tokens.
#include "command.h"
#include <stdio.h>
#include <stdlib.h>

static int tokenize_lines(xsnr_tokenizer *t, bool json) {
    char *line = NULL;
    size_t room = 0, number = 0;
    int status = 0;
    for (ssize_t n; status == 0 && (n = getline(&line, &room, stdin)) >= 0;) {
        char *out;
        xsnr_error err = {0};
        number++;
        if (n && line[n - 1] == '\n') n--;
        if (xsnr_tokenize(t, line, (size_t)n, json, &out, &err) < 0) {
            fprintf(stderr, "line %zu: %s\n", number, err.message);
            status = EXIT_FAILED;
            break;
        }
        status = print_text(out);
        xsnr_free(out);
    }
    free(line);
    return status;
}

static int run(const command *self, int argc, char **argv) {
    static const struct option longs[] = {
        {"model", required_argument, NULL, 'm'}, {"json", no_argument, NULL, 'J'}, {NULL, 0, NULL, 0}};
    const char *path = NULL;
    bool json = false;
    for (int c; (c = next_option(self, argc, argv, ":", longs)) != -1;) {
        switch (c) {
        case 'm': path = optarg; break;
        case 'J': json = true; break;
        default: return EXIT_USAGE;
        }
    }
    if (!path) return usage_error(self, "--model is needed: a folder, a tokenizer.json or a vocab.txt");
    if (argc > optind) return usage_error(self, "'%s' is too much: texts are read from standard input", argv[optind]);
    xsnr_error err = {0};
    xsnr_tokenizer *t;
    if (xsnr_tokenizer_open(path, &t, &err) < 0) return report_error(&err);
    int status = tokenize_lines(t, json);
    xsnr_tokenizer_free(t);
    return status;
}

const command command_tokenize = {
    "tokenize", "texts on standard input, a line each, become tokens",
    "usage: xsnr tokenize --model DIR|tokenizer.json|vocab.txt [--json] < TEXTS\n\n"
    "Prints a line for every line: its tokens; or with --json its ids, tokens, and where each token comes from,\n"
    "in code points.\n"
    "\n"
    "      --model PATH    the tokenizer\n"
    "      --json          {\"ids\", \"tokens\", \"offsets\"} a line\n",
    run};
