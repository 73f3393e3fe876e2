// The page's figures as files, SVG and CSV, made without a browser: Node runs the page's own drawing code (page/files.ts).
//
// Node reads its program from standard input: the page's data as one string, then the script that the library holds, so that
// nothing is written but the figures.  What Node says on standard error is the reason of a failure.
#include "base/alloc.h"
#include "report/page_data.h"
#include "report/report.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern const char xs_files_js[];
extern char **environ;

// A JavaScript string literal.  The data are JSON in scripts: ASCII and UTF-8, no NUL.
static void put_literal(xs_str *out, const char *text) {
    xs_str_put(out, "\"");
    for (const char *p = text; *p;) {
        size_t plain = strcspn(p, "\"\\\n\r");
        xs_str_append(out, p, plain);
        p += plain;
        if (!*p) break;
        xs_str_put(out, *p == '\n' ? "\\n" : *p == '\r' ? "\\r" : *p == '"' ? "\\\"" : "\\\\");
        p++;
    }
    xs_str_put(out, "\"");
}

// Writes the program and hears what Node says; `said` gets the first line that is no part of a stack.
static void converse(int in, int hear, const char *program, size_t n, char *said, size_t room) {
    size_t sent = 0, heard = 0;
    bool listening = true;
    while (listening) {
        struct pollfd ends[2] = {{hear, POLLIN, 0}, {in, POLLOUT, 0}};
        if (poll(ends, in >= 0 ? 2 : 1, -1) < 0) {
            if (errno == EINTR) continue;
            break;
        }
        if (in >= 0 && ends[1].revents) {
            ssize_t wrote = send(in, program + sent, n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (wrote > 0) sent += (size_t)wrote;
            if (sent == n || (wrote < 0 && errno != EAGAIN && errno != EINTR)) {
                shutdown(in, SHUT_WR);
                in = -1;
            }
        }
        if (ends[0].revents) {
            char some[512];
            ssize_t got = read(hear, some, sizeof some);
            listening = got > 0 || (got < 0 && errno == EINTR);
            for (ssize_t i = 0; i < got && heard + 1 < room; i++) said[heard++] = some[i];
        }
    }
    said[heard] = '\0';
    said[strcspn(said, "\r\n")] = '\0';
}

static int spawn_node(char *const *argv, int in, int words, pid_t *pid, xsnr_error *err) {
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions)) return xs_nomem(err);
    int rc = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (!rc) rc = posix_spawn_file_actions_adddup2(&actions, words, STDERR_FILENO);
    if (!rc) rc = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (!rc) rc = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc == ENOENT)
        return xs_fail(err, XSNR_ERR_IO,
                       "figures are drawn by Node.js, and there is no program 'node'; install it (Debian: apt install "
                       "nodejs), or save figures from report.html in a browser");
    return rc ? xs_fail(err, XSNR_ERR_IO, "node cannot be started: %s", strerror(rc)) : XSNR_OK;
}

static int run_node(char *const *argv, const xs_str *program, xsnr_error *err) {
    int in[2] = {-1, -1}, words[2] = {-1, -1}, status = 0;
    char said[300] = "";
    pid_t pid = 0;
    int rc = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) || pipe2(words, O_CLOEXEC)
                 ? xs_fail(err, XSNR_ERR_IO, "no channel to node: %s", strerror(errno))
                 : spawn_node(argv, in[1], words[1], &pid, err);
    for (int k = 0; k < 2; k++) {
        if (k == 1 && rc == XSNR_OK) converse(in[0], words[0], program->data, program->length, said, sizeof said);
        int *ours = k == 0 ? &in[1] : &in[0], *other = k == 0 ? &words[1] : &words[0];
        if (*ours >= 0) close(*ours);
        if (*other >= 0) close(*other);
    }
    if (rc < 0) return rc;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return XSNR_OK;
    return xs_fail(err, XSNR_ERR_IO, "the figures were not drawn: %s",
                   *said ? said : "node ended without a word (16 or newer is needed)");
}

int xs_report_figures(const xs_results *r, const char *folder, const char *const *texts, size_t count,
                      xsnr_error *err) {
    for (size_t i = 0; i < count; i++) XS_TRY(xs_report_find(r, texts[i], NULL, NULL, err));
    xs_str data = {0}, program = {0};
    const char **argv = XS_NEW_ARRAY(const char *, count + 4); // node - FOLDER TEXT… NULL
    int rc = argv ? xs_page_data(r, &(xs_sink){&data, NULL, NULL}, err) : xs_nomem(err);
    if (rc == XSNR_OK && xs_str_failed(&data)) rc = xs_nomem(err);
    if (rc == XSNR_OK) {
        xs_str_put(&program, "globalThis.xsnrPage = ");
        put_literal(&program, data.data);
        xs_str_put(&program, ";\n");
        xs_str_put(&program, xs_files_js);
        if (xs_str_failed(&program)) rc = xs_nomem(err);
    }
    if (rc == XSNR_OK) {
        size_t n = 0;
        argv[n++] = "node";
        argv[n++] = "-";
        argv[n++] = folder;
        for (size_t i = 0; i < count; i++) argv[n++] = texts[i];
        argv[n] = NULL;
        rc = run_node((char *const *)argv, &program, err);
    }
    xs_free(argv);
    xs_str_free(&data);
    xs_str_free(&program);
    return rc;
}
