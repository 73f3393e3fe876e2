// Errors, options and output as every command handles them.
#include "command.h"
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int report_error(const xsnr_error *err) {
    if (err->file[0] && err->line) fprintf(stderr, "%s:%ld: %s\n", err->file, err->line, err->message);
    else if (err->file[0]) fprintf(stderr, "%s: %s\n", err->file, err->message);
    else fprintf(stderr, "xsnr: %s\n", err->message);
    return err->code == XSNR_ERR_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}

int usage_error(const command *self, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "xsnr %s: ", self->name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "; see `xsnr help %s`\n", self->name);
    va_end(args);
    return EXIT_USAGE;
}

int next_option(const command *self, int argc, char **argv, const char *shorts, const struct option *longs) {
    opterr = 0;
    int c = getopt_long(argc, argv, shorts, longs, NULL);
    const char *seen = argv[optind > 1 ? optind - 1 : 1]; // getopt has stepped over the option at fault
    if (c == '?') usage_error(self, "unknown option '%s'", seen);
    if (c == ':') usage_error(self, "option '%s' needs a value", seen);
    return c == ':' ? '?' : c;
}

bool option_number(const command *self, const char *name, const char *text, double min, double max, double *out) {
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    if (end != text && !*end && !errno && *out >= min && *out <= max) return true;
    usage_error(self, "%s takes a number from %g to %g, not '%s'", name, min, max, text);
    return false;
}

bool option_integer(const command *self, const char *name, const char *text, long long min, long long max,
                    long long *out) {
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    if (end != text && !*end && !errno && *out >= min && *out <= max) return true;
    usage_error(self, "%s takes a whole number from %lld to %lld, not '%s'", name, min, max, text);
    return false;
}

bool has_suffix(const char *name, const char *suffix) {
    size_t n = strlen(name), k = strlen(suffix);
    return n >= k && strcmp(name + n - k, suffix) == 0;
}

int print_text(const char *text) {
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0) return 0;
    if (errno != EPIPE) fprintf(stderr, "xsnr: cannot write to standard output: %s\n", strerror(errno));
    return EXIT_FAILED;
}

static int write_out(void *silent, const char *text, size_t n, xsnr_error *err) {
    if (fwrite(text, 1, n, stdout) == n) return XSNR_OK;
    *(bool *)silent = errno == EPIPE; // whoever reads has read enough
    snprintf(err->message, sizeof err->message, "cannot write to standard output: %s", strerror(errno));
    return err->code = XSNR_ERR_IO;
}

int print_results(const xsnr_results *results, xsnr_format format, const xsnr_terminal *terminal) {
    xsnr_error err = {0};
    bool silent = false;
    if (xsnr_results_write(results, format, terminal, write_out, &silent, &err) < 0)
        return silent ? EXIT_FAILED : report_error(&err);
    return print_text("");
}

// Columns of the terminal: the window's, else COLUMNS, else 80.
static int columns(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    const char *given = getenv("COLUMNS");
    int n = given ? atoi(given) : 0;
    return n >= 20 ? n : 80;
}

bool terminal_find(const command *self, const char *color, xsnr_terminal *out) {
    const char *term = getenv("TERM"), *truecolor = getenv("COLORTERM"), *none = getenv("NO_COLOR");
    const char *charset = getenv("LC_ALL");
    if (!charset || !*charset) charset = getenv("LC_CTYPE");
    if (!charset || !*charset) charset = getenv("LANG");
    out->width = columns();
    out->ascii = charset && (strcmp(charset, "C") == 0 || strcmp(charset, "POSIX") == 0);
    int can = truecolor && (strstr(truecolor, "truecolor") || strstr(truecolor, "24bit")) ? 1 << 24
              : term && strstr(term, "256color")                                        ? 256
                                                                                         : 16;
    bool wanted;
    if (strcmp(color, "always") == 0) wanted = true;
    else if (strcmp(color, "never") == 0) wanted = false;
    else if (strcmp(color, "auto") == 0)
        wanted = isatty(STDOUT_FILENO) && !(none && *none) && term && strcmp(term, "dumb") != 0;
    else {
        usage_error(self, "--color is auto, always or never, not '%s'", color);
        return false;
    }
    out->colors = wanted ? can : 0;
    return true;
}

int figures_add_text(const command *self, figures *f, const char *id) {
    if (f->count == sizeof f->texts / sizeof *f->texts) return usage_error(self, "at most 64 times --text");
    f->texts[f->count++] = id;
    return 0;
}

int figures_write(const xsnr_results *results, const figures *f) {
    xsnr_error err = {0};
    if (!f->folder || !results) return 0;
    return xsnr_results_figures(results, f->folder, f->texts, f->count, &err) < 0 ? report_error(&err) : 0;
}
