// The progress display: a bar with rate and time left on a terminal, a line every ten seconds elsewhere.
#include "command.h"
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define BAR_EVERY 0.1   // seconds between two pictures of the bar
#define LINE_EVERY 10.0 // seconds between two lines in a log

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_start(progress *p, bool quiet) {
    struct winsize size;
    *p = (progress){.quiet = quiet, .terminal = isatty(STDERR_FILENO), .started = now(), .width = 80};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) p->width = size.ws_col;
    p->shown = p->started;
}

static void time_left(double seconds, char *text, size_t size) {
    if (seconds < 60) snprintf(text, size, "%.0f s left", seconds);
    else if (seconds < 5400) snprintf(text, size, "%.0f min left", seconds / 60);
    else snprintf(text, size, "%.1f h left", seconds / 3600);
}

// "models 37/200, 12.5/s, 13 s left" and so on.
static void describe(const progress *p, const xsnr_progress *state, double t, char *text, size_t size) {
    double seconds = t - p->started, made = (double)(state->done - p->first);
    double rate = seconds > 0 ? made / seconds : 0;
    char left[48] = "";
    if (rate > 0 && state->done < state->total) {
        char words[32];
        time_left((double)(state->total - state->done) / rate, words, sizeof words);
        snprintf(left, sizeof left, ", %s", words);
    }
    char help[48] = "";
    if (state->helpers) snprintf(help, sizeof help, ", %u processes", (unsigned)state->helpers + 1);
    snprintf(text, size, "%llu/%llu %s%s%s%s, %.*f/s%s", (unsigned long long)state->done,
             (unsigned long long)state->total, state->stage, state->family ? " " : "",
             state->family ? state->family : "", help, rate < 10 ? 1 : 0, rate, left);
}

static void draw_bar(progress *p, const xsnr_progress *state, double t) {
    char text[160];
    describe(p, state, t, text, sizeof text);
    int room = p->width - (int)strlen(text) - 4;
    fputs("\r", stderr);
    if (room >= 10) {
        if (room > 30) room = 30;
        int full = state->total ? (int)((double)room * (double)state->done / (double)state->total) : 0;
        fputc('[', stderr);
        for (int i = 0; i < room; i++) fputc(i < full ? '#' : '.', stderr);
        fputs("] ", stderr);
    }
    fprintf(stderr, "%.*s\033[K", p->width - 1, text);
    fflush(stderr);
    p->open = true;
}

void progress_show(void *progress_, const xsnr_progress *state) {
    progress *p = progress_;
    if (strcmp(state->stage, "notice") == 0 && !p->quiet) {
        progress_end(p);
        if (state->family) fprintf(stderr, "%s: %s\n", state->family, state->notice);
        else fprintf(stderr, "%s\n", state->notice); // of the study as a whole
    }
    bool analyze = strcmp(state->stage, "analyze") == 0; // counts families, and is told before each
    if (p->quiet || (!analyze && strcmp(state->stage, "models") != 0 && strcmp(state->stage, "faithfulness") != 0)) return;
    double t = now();
    if (analyze && state->done == 0) p->started = p->shown = t, p->first = 0;
    if (!state->family) { // the stage begins: what was done before counts for no rate
        p->shown = t;
        p->started = t;
        p->first = state->done;
        if (state->resumed)
            fprintf(stderr, "%llu of %llu models are there already\n", (unsigned long long)state->resumed,
                    (unsigned long long)state->total);
        return;
    }
    bool last = state->done == state->total;
    if (!last && t - p->shown < (p->terminal ? BAR_EVERY : LINE_EVERY)) return;
    p->shown = t;
    if (p->terminal) {
        draw_bar(p, state, t);
    } else {
        char text[160];
        describe(p, state, t, text, sizeof text);
        fprintf(stderr, "%s\n", text);
    }
}

void progress_end(progress *p) {
    if (p->open) fputs("\r\033[K", stderr);
    p->open = false;
}
