// Somebody else's program at the other end of three pipes; see command_process.h.
//
// Writing and reading go on together, by poll(), so that full pipes on both sides cannot lock each other.
//
// A shell of two lines, the guard, leads a process group of its own and starts the program in it.  Whatever ends the
// program ends the group; so does the end of this process, however sudden: the kernel then tells the guard
// (PR_SET_PDEATHSIG), which kills the group with itself.  What the program starts ends with it, unless it leaves the group.
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LAST_WORDS = 1000, LAST_LINES = 3, MOST_REPLY = 1 << 28 };
static const double patience = 0.5; // seconds that a program has to end by itself

// Input comes as 3: a shell gives what it starts in the background no standard input of its own.  The guard itself keeps no
// end of a pipe.
static const char guard[] = "trap 'kill -9 0' TERM; sh -c \"$1\" <&3 3<&- & exec 3<&- >/dev/null 2>&1; wait $!";

struct xs_process {
    char *command;
    pid_t pid;          // of the guard, and of the group; 0: it is over
    int in, out, words; // the program's standard input, output, error: our ends
    pthread_mutex_t lock;
    char said[LAST_WORDS + 1]; // the end of what came on standard error
    size_t n_said;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ------------------------------------------------------------------ beginning */

// What the new process does before it is the guard; nothing here allocates.
static void become(const char *command, const char *folder, pid_t parent, const int *theirs) {
    int fd[3]; // out of the way of 0 to 3
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(127); // it is gone already
    for (int i = 0; i < 3; i++)
        if ((fd[i] = fcntl(theirs[i], F_DUPFD_CLOEXEC, 10)) < 0) _exit(127);
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(fd[1], 1) < 0 || dup2(fd[2], 2) < 0) _exit(127);
    if (nothing > 2) close(nothing);
    if (dup2(fd[0], 3) < 0) _exit(127);
    if (folder && chdir(folder)) {
        static const char sorry[] = "the folder of the study is gone\n";
        _exit(write(2, sorry, sizeof sorry - 1) < 0 ? 126 : 127);
    }
    execl("/bin/sh", "sh", "-c", guard, "sh", command, (char *)NULL);
    _exit(127);
}

static void close_all(const int *fd, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (fd[i] >= 0) close(fd[i]);
}

// Pipes and the guard; fd (6): our ends of input, output, error, then theirs.
static pid_t start_guard(const char *command, const char *folder, int *fd) {
    int ends[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}; // read, write
    pid_t parent = getpid(), pid = -1;
    bool made = true;
    for (int i = 0; i < 3 && made; i++) made = pipe2(ends[i], O_CLOEXEC) == 0;
    const int all[6] = {ends[0][1], ends[1][0], ends[2][0], ends[0][0], ends[1][1], ends[2][1]};
    for (int i = 0; i < 3 && made; i++) made = fcntl(all[i], F_SETFL, O_NONBLOCK) == 0;
    if (made) pid = fork();
    if (pid == 0) become(command, folder, parent, all + 3);
    int reason = errno;
    if (pid > 0) setpgid(pid, pid); // whoever comes first
    close_all(all + 3, 3);
    if (pid < 0) close_all(all, 3);
    memcpy(fd, all, 3 * sizeof *fd);
    errno = reason;
    return pid;
}

int xs_process_start(const char *command, const char *folder, xs_process **out, xsnr_error *err) {
    int fd[3];
    xs_process *p = XS_NEW(xs_process);
    if (!p || !(p->command = xs_strdup(command))) {
        xs_free(p);
        return xs_nomem(err);
    }
    p->pid = start_guard(command, folder, fd);
    if (p->pid < 0) {
        int rc = xs_fail(err, XSNR_ERR_IO, "cannot start '%.100s': %s", command, strerror(errno));
        xs_free(p->command);
        xs_free(p);
        return rc;
    }
    p->in = fd[0], p->out = fd[1], p->words = fd[2];
    pthread_mutex_init(&p->lock, NULL);
    *out = p;
    return XSNR_OK;
}

/* ------------------------------------------------------------------ end */

// Has it ended?  (What it started may still hold the pipes open.)  It stays a zombie, so that its number is not given away.
static bool is_over(const xs_process *p) {
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == p->pid;
}

// The wait status of a program that gets some time to end by itself; then its whole group is killed.
static int end_process(xs_process *p, double time) {
    int status = 0;
    if (!p->pid) return status;
    for (double until = now() + time; !is_over(p) && now() < until;) poll(NULL, 0, 1);
    kill(-p->pid, SIGKILL);
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR) continue;
    p->pid = 0;
    return status;
}

void xs_process_stop(xs_process *p) {
    if (!p) return;
    close(p->in);
    end_process(p, patience);
    close(p->out);
    close(p->words);
    pthread_mutex_destroy(&p->lock);
    xs_free(p->command);
    xs_free(p);
}

/* ------------------------------------------------------------------ standard error */

// Keeps the last bytes of it.  False: no more will come.
static bool hear(xs_process *p) {
    char piece[LAST_WORDS];
    ssize_t n = read(p->words, piece, sizeof piece);
    if (n <= 0) return n < 0 && (errno == EAGAIN || errno == EINTR);
    size_t fresh = (size_t)n, keep = p->n_said + fresh > LAST_WORDS ? LAST_WORDS - fresh : p->n_said;
    memmove(p->said, p->said + p->n_said - keep, keep);
    memcpy(p->said + keep, piece, fresh);
    p->n_said = keep + fresh;
    return true;
}

// Its last lines, as "a | b | c"; to (size).
static void last_words(xs_process *p, char *to, size_t size) {
    char line[LAST_WORDS + 1], *next = line + LAST_WORDS; // filled from behind
    size_t lines = 0;
    *next = '\0';
    for (size_t i = p->n_said; i-- > 0;) {
        char c = p->said[i];
        bool blank = c == '\n' || c == '\r';
        if (blank && (!*next || *next == '\n')) continue; // empty lines, and the end of the last
        if (blank && ++lines == LAST_LINES) break;
        *--next = blank ? '\n' : c ? c : ' ';
    }
    xs_str joined = {0};
    for (const char *c = *next == '\n' ? next + 1 : next; *c; c++) {
        if (*c == '\n') xs_str_put(&joined, " | ");
        else xs_str_append(&joined, *c == '\t' ? " " : c, 1);
    }
    xs_printable(to, size, joined.data && !xs_str_failed(&joined) ? joined.data : "");
    xs_str_free(&joined);
}

// The program is over (`why` NULL), or has to be: why, and its last words.
static int give_up(xs_process *p, const char *why, size_t got, size_t lines, xsnr_error *err) {
    char how[64], words[301];
    int status = end_process(p, why ? 0 : patience);
    for (int i = 0; i < 200 && poll(&(struct pollfd){p->words, POLLIN, 0}, 1, 0) > 0 && hear(p); i++) continue; // a full pipe
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0, killer = WIFSIGNALED(status) ? WTERMSIG(status) : code - 128;
    if (why) snprintf(how, sizeof how, "%s", why);
    else if (killer > 0 && killer < NSIG) snprintf(how, sizeof how, "was ended by signal %d", killer); // as shells tell it
    else snprintf(how, sizeof how, "ended with status %d", code);
    last_words(p, words, sizeof words);
    return xs_fail(err, XSNR_ERR_IO, "the program '%.100s' %s after %zu of %zu answers%s%s%s", p->command, how, got < lines ? got : lines, lines,
                   *words ? "; it said: '" : "", words, *words ? "'" : "");
}

/* ------------------------------------------------------------------ questions and answers */

// write(), but a reader that is gone is an error and not a signal; nothing of the process is changed.
static ssize_t write_quietly(int fd, const char *bytes, size_t n) {
    sigset_t pipe, waiting, before;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&waiting);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    ssize_t written = write(fd, bytes, n);
    int reason = errno;
    if (written < 0 && reason == EPIPE && !sigismember(&waiting, SIGPIPE))
        while (sigtimedwait(&pipe, NULL, &(struct timespec){0, 0}) < 0 && errno == EINTR) continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = reason;
    return written;
}

static size_t count_lines(const char *text, size_t n) {
    size_t lines = 0;
    for (const char *p = text; (p = memchr(p, '\n', n - (size_t)(p - text))); p++) lines++;
    return lines;
}

// A question's answer comes after it: what is there before, and more lines than questions, would shift all answers.
static const char too_much[] = "said more lines than it was asked";

static int ask(xs_process *p, const char *request, size_t size, size_t lines, double timeout, xs_str *reply,
               xsnr_error *err) {
    char piece[65536];
    double until = now() + timeout;
    size_t sent = 0, got = 0;
    bool hears = true;
    if (!p->pid) return xs_fail(err, XSNR_ERR_IO, "the program '%.100s' has ended", p->command);
    if (!lines) return XSNR_OK;
    if (read(p->out, piece, sizeof piece) > 0) return give_up(p, too_much, got, lines, err);
    while (got < lines || sent < size) {
        double left = until - now();
        if (left <= 0) {
            char why[64];
            snprintf(why, sizeof why, "gave no whole answer for %g s and was ended", timeout);
            return give_up(p, why, got, lines, err);
        }
        struct pollfd fd[3] = {{sent < size ? p->in : -1, POLLOUT, 0}, {p->out, POLLIN, 0}, {hears ? p->words : -1, POLLIN, 0}};
        int ready = poll(fd, 3, left < 0.2 ? (int)(1000 * left) + 1 : 200);
        if (ready < 0 && errno != EINTR) return xs_fail_errno(err, "wait for", p->command);
        if (ready < 0) continue;
        if (ready == 0 && is_over(p)) return give_up(p, NULL, got, lines, err);
        if (fd[2].revents) hears = hear(p);
        if (fd[0].revents) {
            ssize_t n = write_quietly(p->in, request + sent, size - sent);
            if (n > 0) sent += (size_t)n;
            else if (errno != EAGAIN && errno != EINTR) return give_up(p, NULL, got, lines, err);
        }
        if (!fd[1].revents) continue;
        ssize_t n = read(p->out, piece, sizeof piece);
        if (n == 0) return give_up(p, NULL, got, lines, err);
        if (n < 0) continue;
        got += count_lines(piece, (size_t)n);
        if (xs_str_append(reply, piece, (size_t)n) < 0) return xs_nomem(err);
        if (reply->length > MOST_REPLY) return give_up(p, "says too much and was ended", got, lines, err);
        if (got > lines || (got == lines && piece[n - 1] != '\n')) return give_up(p, too_much, got, lines, err);
    }
    return XSNR_OK;
}

int xs_process_ask(xs_process *p, const char *request, size_t size, size_t lines, double timeout, xs_str *reply,
                   xsnr_error *err) {
    pthread_mutex_lock(&p->lock);
    int rc = ask(p, request, size, lines, timeout, reply, err);
    pthread_mutex_unlock(&p->lock);
    return rc;
}
