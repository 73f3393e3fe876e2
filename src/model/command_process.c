// Somebody else's program at the other end of a socket and two pipes; see command_process.h.
//
// Writing and reading go on together, by poll(), so that full pipes on both sides cannot lock each other.  The input is a
// socket, for a write to a program that has ended must be an error and not a signal.  The program leads a process group of
// its own: what it starts itself ends with it.
#include "model/command_process.h"
#include "base/alloc.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LAST_WORDS = 400, MOST_REPLY = 1 << 28 };

struct xs_process {
    char *command;
    pid_t pid; // 0: it is over
    int in, out, words; // its standard input, output, error
    pthread_mutex_t lock;
    char said[LAST_WORDS + 1]; // the end of what came on standard error
    size_t n_said;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// What the new process does before it is the program; nothing here allocates.
static void become(const char *command, const char *folder, pid_t parent, int in, int out, int words) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127); // it is gone already
    if ((folder && chdir(folder)) || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(words, 2) < 0) _exit(127);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

static void close_all(const int *fd, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (fd[i] >= 0) close(fd[i]);
}

int xs_process_start(const char *command, const char *folder, xs_process **out, xsnr_error *err) {
    int fd[6] = {-1, -1, -1, -1, -1, -1}; // ours and theirs: input, output, error
    xs_process *p = XS_NEW(xs_process);
    if (!p || !(p->command = xs_strdup(command))) {
        xs_free(p);
        return xs_nomem(err);
    }
    pid_t parent = getpid();
    bool made = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0 && pipe2(fd + 2, O_CLOEXEC) == 0 &&
                pipe2(fd + 4, O_CLOEXEC) == 0;
    p->pid = made ? fork() : -1;
    if (p->pid == 0) become(command, folder, parent, fd[1], fd[3], fd[5]);
    if (p->pid < 0) {
        int rc = xs_fail(err, XSNR_ERR_IO, "cannot start '%.100s': %s", command, strerror(errno));
        close_all(fd, 6);
        xs_free(p->command);
        xs_free(p);
        return rc;
    }
    setpgid(p->pid, p->pid); // whoever comes first
    close_all((int[]){fd[1], fd[3], fd[5]}, 3);
    p->in = fd[0], p->out = fd[2], p->words = fd[4];
    fcntl(p->out, F_SETFL, O_NONBLOCK);
    fcntl(p->words, F_SETFL, O_NONBLOCK);
    pthread_mutex_init(&p->lock, NULL);
    *out = p;
    return XSNR_OK;
}

// Keeps the last bytes of its standard error.
static bool hear(xs_process *p) {
    char piece[512];
    ssize_t n = read(p->words, piece, sizeof piece);
    if (n <= 0) return n < 0 && (errno == EAGAIN || errno == EINTR);
    if ((size_t)n >= LAST_WORDS) {
        memcpy(p->said, piece + n - LAST_WORDS, LAST_WORDS);
        p->n_said = LAST_WORDS;
        return true;
    }
    size_t keep = p->n_said + (size_t)n > LAST_WORDS ? LAST_WORDS - (size_t)n : p->n_said;
    memmove(p->said, p->said + p->n_said - keep, keep);
    memcpy(p->said + keep, piece, (size_t)n);
    p->n_said = keep + (size_t)n;
    return true;
}

// The last line of it, without what would not show on a terminal.
static const char *last_words(xs_process *p) {
    while (p->n_said && (unsigned char)p->said[p->n_said - 1] <= ' ') p->n_said--;
    p->said[p->n_said] = '\0';
    char *line = strrchr(p->said, '\n');
    for (char *c = p->said; *c; c++)
        if ((unsigned char)*c < ' ' && *c != '\n') *c = ' ';
    return line ? line + 1 : p->said;
}

static void end_process(xs_process *p, double patience, int *status) {
    double until = now() + patience;
    *status = 0;
    if (p->pid <= 0) return;
    pid_t done;
    while ((done = waitpid(p->pid, status, WNOHANG)) == 0 && now() < until) poll(NULL, 0, 2);
    kill(-p->pid, SIGKILL); // what it left behind too
    if (done == 0) waitpid(p->pid, status, 0);
    p->pid = 0;
}

// The program is over, or has to be: why, and its last words.
static int give_up(xs_process *p, const char *why, size_t got, size_t lines, xsnr_error *err) {
    int status;
    char how[64] = "";
    for (int i = 0; i < 20 && hear(p); i++) poll(&(struct pollfd){p->words, POLLIN, 0}, 1, why ? 0 : 50);
    end_process(p, why ? 0 : 1, &status);
    if (why) snprintf(how, sizeof how, "%s", why);
    else if (WIFSIGNALED(status)) snprintf(how, sizeof how, "was ended by signal %d", WTERMSIG(status));
    else snprintf(how, sizeof how, "ended with status %d", WEXITSTATUS(status));
    const char *words = last_words(p);
    return xs_fail(err, XSNR_ERR_IO, "the program '%.100s' %s after %zu of %zu answers%s%.200s%s", p->command, how, got, lines,
                   *words ? "; it said: '" : "", words, *words ? "'" : "");
}

static size_t count_lines(const char *text, size_t n) {
    size_t lines = 0;
    for (const char *p = text; (p = memchr(p, '\n', n - (size_t)(p - text))); p++) lines++;
    return lines;
}

// Has it ended, though what it started may still hold the pipes open?
static bool is_over(const xs_process *p) {
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == p->pid;
}

static int ask(xs_process *p, const char *request, size_t size, size_t lines, double timeout, xs_str *reply,
               xsnr_error *err) {
    double until = now() + timeout;
    size_t sent = 0, got = 0;
    bool hears = true;
    if (!p->pid) return xs_fail(err, XSNR_ERR_IO, "the program '%.100s' has ended", p->command);
    while (got < lines) {
        double left = until - now();
        if (left <= 0) {
            char why[64];
            snprintf(why, sizeof why, "gave no whole answer for %g s and was ended", timeout);
            return give_up(p, why, got, lines, err);
        }
        struct pollfd fd[3] = {{sent < size ? p->in : -1, POLLOUT, 0}, {p->out, POLLIN, 0}, {hears ? p->words : -1, POLLIN, 0}};
        int ready = poll(fd, 3, left < 0.2 ? (int)(1000 * left) + 1 : 200);
        if (ready < 0 && errno != EINTR) return xs_fail_errno(err, "wait for", p->command);
        if (ready == 0 && is_over(p)) return give_up(p, NULL, got, lines, err);
        if (fd[2].revents) hears = hear(p);
        if (fd[0].revents) {
            ssize_t n = send(p->in, request + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n > 0) sent += (size_t)n;
            else if (errno != EAGAIN && errno != EINTR) return give_up(p, NULL, got, lines, err);
        }
        if (!fd[1].revents) continue;
        char piece[65536];
        ssize_t n = read(p->out, piece, sizeof piece);
        if (n == 0) return give_up(p, NULL, got, lines, err);
        if (n < 0) continue;
        got += count_lines(piece, (size_t)n);
        if (xs_str_append(reply, piece, (size_t)n) < 0) return xs_nomem(err);
        if (reply->length > MOST_REPLY) return give_up(p, "says too much and was ended", got, lines, err);
    }
    if (got > lines || reply->data[reply->length - 1] != '\n') return give_up(p, "said more lines than it was asked", got, lines, err);
    return XSNR_OK;
}

int xs_process_ask(xs_process *p, const char *request, size_t size, size_t lines, double timeout, xs_str *reply,
                   xsnr_error *err) {
    pthread_mutex_lock(&p->lock);
    int rc = ask(p, request, size, lines, timeout, reply, err);
    pthread_mutex_unlock(&p->lock);
    return rc;
}

void xs_process_stop(xs_process *p) {
    if (!p) return;
    int status;
    close(p->in);
    end_process(p, 0.5, &status);
    close(p->out);
    close(p->words);
    pthread_mutex_destroy(&p->lock);
    xs_free(p->command);
    xs_free(p);
}
