// xsnr: the program.  Finds the command and runs it.
#include "command.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const command *const commands[] = {
    &command_init,   &command_run,    &command_train, &command_explain, &command_analyze, &command_report,
    &command_show,   &command_export, &command_check, &command_corpus,  &command_list,
    &command_tokenize, &command_import, &command_compare, &command_power, &command_merge,
};
#define N_COMMANDS (sizeof commands / sizeof *commands)

static const command *find(const char *name) {
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    return NULL;
}

static void overview(FILE *to) {
    fputs("xsnr: how much of a model's word-level explanation is signal, and how much the noise of training?\n\n"
          "usage: xsnr COMMAND …\n\n",
          to);
    for (size_t i = 0; i < N_COMMANDS; i++) fprintf(to, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    fputs("  help      this page, or that of a command: xsnr help COMMAND\n\n"
          "A first study: xsnr init demo && xsnr run demo/study.yaml\n",
          to);
}

// The command whose name is nearest, if one shares its beginning: enough for a slip of the fingers.
static const command *nearest(const char *name) {
    const command *best = NULL;
    size_t most = 1;
    for (size_t i = 0; i < N_COMMANDS; i++) {
        size_t n = 0;
        while (name[n] && name[n] == commands[i]->name[n]) n++;
        if (n > most) most = n, best = commands[i];
    }
    return best;
}

static int unknown(const char *name) {
    const command *near = nearest(name);
    fprintf(stderr, "xsnr: there is no command '%s'", name);
    if (near) fprintf(stderr, "; did you mean '%s'?\n", near->name);
    else fputs("; see `xsnr help`\n", stderr);
    return EXIT_USAGE;
}

static int help(int argc, char **argv) {
    if (argc < 2 || strcmp(argv[1], "help") == 0) {
        overview(stdout);
        return 0;
    }
    const command *c = find(argv[1]);
    if (!c) return unknown(argv[1]);
    return print_text(c->usage);
}

int main(int argc, char **argv) {
    signal(SIGXFSZ, SIG_IGN); // a file over the limit (ulimit -f) is an error like a full disk, and no reason to die
    if (argc < 2) {
        overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("xsnr %s\n", xsnr_version());
        return 0;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help(argc - 1, argv + 1);
    const command *c = find(argv[1]);
    if (!c) return unknown(argv[1]);
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0) return print_text(c->usage);
    return c->run(c, argc - 1, argv + 1);
}
