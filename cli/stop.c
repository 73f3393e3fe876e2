// Ctrl-C and kill: a study at work stops cleanly; what only reads ends at once, with a word.
#include "command.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static xsnr_study *running; // what a signal stops; NULL: nothing is written, so the program may end anywhere

static void stop(int signal_) {
    static const char said[] = "xsnr: stopped; nothing was written\n";
    (void)signal_;
    if (running) {
        xsnr_study_stop(running);
        return;
    }
    ssize_t n = write(STDERR_FILENO, said, sizeof said - 1);
    (void)n;
    _exit(EXIT_FAILED);
}

static void catch_signals(void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    if (handler != SIG_DFL) action.sa_flags = (int)SA_RESETHAND; // a second Ctrl-C ends the program at once
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

void stop_on_signals(xsnr_study *study) {
    running = study;
    catch_signals(stop);
}

void stop_no_more(void) {
    catch_signals(SIG_DFL);
    running = NULL;
}
