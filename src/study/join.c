// A process that joins another's study: it takes jobs one at a time, one connection a thread, and keeps nothing.
//
// It ends quietly when the hub says that all is done, or when it finds no hub any more before its first job: the hub
// may have had nothing to do.
#include "base/alloc.h"
#include "base/threads.h"
#include "study/message.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, LOOK_MS = 500 };

// Where the hub is, as xs_hub_address says it.
typedef struct place {
    char token[XS_TOKEN_HEX], host[128];
    unsigned port;
    const char *addresses; // separated by commas
} place;

typedef struct line {
    int fd; // −1: none
    xs_str in, out;
} line;

typedef struct joiner {
    xs_study *s;
    place hub;
    xs_hello hello;
    line *lines;       // (threads)
    xs_arena *scratch; // (threads)
    unsigned stages;
} joiner;

static bool asked_to_stop(const xs_study *s) { return s->stop && atomic_load(s->stop); }

static int gone(xsnr_error *err) {
    return xs_fail(err, XSNR_ERR_IO, "the process that holds the study has gone; what it had finished is kept");
}

/* ------------------------------------------------------------ connecting */

static int read_place(const char *address, place *out, xsnr_error *err) {
    int at = 0;
    if (sscanf(address, "%32[0-9a-f]@%5u@%n", out->token, &out->port, &at) == 2 && at && out->port < 65536) {
        const char *host = address + at, *end = strchr(host, '@');
        if (end && (size_t)(end - host) < sizeof out->host) {
            memcpy(out->host, host, (size_t)(end - host));
            out->addresses = end + 1;
            return XSNR_OK;
        }
    }
    return xs_fail(err, XSNR_ERR_ARGUMENT, "this is not the address of a study that is shared");
}

// A connection within five seconds, or −1.
static int dial(const char *ip, unsigned port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, ip, &to.sin_addr) != 1) return -1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0, on = 1;
    socklen_t size = sizeof error;
    if (fd < 0) return -1;
    struct pollfd ready = {fd, POLLOUT, 0};
    bool good = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    if (!good && errno == EINPROGRESS)
        good = poll(&ready, 1, CONNECT_MS) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && !error;
    if (good) good = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0;
    if (!good) {
        close(fd);
        return -1;
    }
    int idle = 30, every = 10, probes = 3;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static int dial_any(const place *hub) {
    char host[128] = "";
    int fd = -1;
    if (gethostname(host, sizeof host - 1) == 0 && strcmp(host, hub->host) == 0) fd = dial("127.0.0.1", hub->port);
    for (const char *p = hub->addresses; fd < 0 && *p;) {
        char ip[INET_ADDRSTRLEN];
        size_t n = strcspn(p, ",");
        if (n < sizeof ip) {
            memcpy(ip, p, n);
            ip[n] = '\0';
            fd = dial(ip, hub->port);
        }
        p += n + (p[n] == ',');
    }
    return fd;
}

/* ------------------------------------------------------------ messages */

static bool send_all(line *l) {
    size_t at = 0;
    bool good = !xs_str_failed(&l->out);
    while (good && at < l->out.length) {
        ssize_t n = send(l->fd, l->out.data + at, l->out.length - at, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) good = false;
        else if (n > 0) at += (size_t)n;
    }
    l->out.length = 0;
    return good;
}

// Reads until the line's buffer has `size` bytes: 1; 0 the other side has gone; XSNR_ERR_INTERRUPTED: asked to stop.
static int receive(const xs_study *s, line *l, size_t size) {
    char buffer[65536];
    while (l->in.length < size) {
        struct pollfd ready = {l->fd, POLLIN, 0};
        if (asked_to_stop(s)) return XSNR_ERR_INTERRUPTED;
        int got = poll(&ready, 1, LOOK_MS);
        if (got < 0 && errno != EINTR) return 0;
        if (got <= 0) continue;
        size_t most = size - l->in.length < sizeof buffer ? size - l->in.length : sizeof buffer;
        ssize_t n = recv(l->fd, buffer, most, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return 0;
        if (xs_str_append(&l->in, buffer, (size_t)n)) return XSNR_ERR_NOMEM;
    }
    return 1;
}

// The next message, its bytes in l->in after the header: 1, or as receive.
static int next_message(const xs_study *s, line *l, xs_message_kind *kind, size_t *size) {
    l->in.length = 0;
    int rc = receive(s, l, XS_MESSAGE_HEADER);
    if (rc == 1 && !xs_unpack_header(l->in.data, XS_MESSAGE_LIMIT, kind, size)) rc = 0;
    return rc == 1 ? receive(s, l, XS_MESSAGE_HEADER + *size) : rc;
}

// Connects and is welcomed: 1; 0: there is no hub any more.
static int enter(joiner *j, int thread, xsnr_error *err) {
    line *l = &j->lines[thread];
    xs_hello hello = j->hello;
    xs_message_kind kind;
    size_t size;
    hello.thread = (uint32_t)thread;
    l->fd = dial_any(&j->hub);
    if (l->fd < 0) return 0;
    xs_pack(&l->out, XS_HELLO, &hello, sizeof hello);
    if (!send_all(l)) return 0;
    int rc = next_message(j->s, l, &kind, &size);
    if (rc != 1) return rc == XSNR_ERR_NOMEM ? xs_nomem(err) : rc;
    const char *bytes = l->in.data + XS_MESSAGE_HEADER;
    if (kind == XS_REFUSED)
        return xs_fail(err, XSNR_ERR_SCHEMA, "this process cannot take part in the study: it has %.*s", (int)size, bytes);
    if (kind == XS_FINISHED) return 0;
    if (kind != XS_WELCOME || size != 1 + j->s->plan->n_families) return gone(err);
    return 1;
}

/* ------------------------------------------------------------ jobs */

static int send_outcome(void *line_, const xs_outcome *made, xsnr_error *err) {
    line *l = line_;
    xs_pack_outcome(&l->out, made);
    if (xs_str_failed(&l->out)) return xs_nomem(err);
    return XSNR_OK; // sent by the loop, which knows what to do if that fails
}

static int do_job(joiner *j, line *l, int worker, size_t size, xsnr_error *err) {
    xs_job_message m;
    xs_study *s = j->s;
    if (!xs_unpack_job(l->in.data + XS_MESSAGE_HEADER, size, &m) || m.family >= s->plan->n_families ||
        m.model >= s->families[m.family].plan->models || !s->families[m.family].shared)
        return gone(err);
    xs_study_family *f = &s->families[m.family];
    f->done[m.model] = m.there; // nobody else has this model
    f->missing[m.model] = m.missing;
    xs_job_way way = {.stages = j->stages, .saved = m.saved, .n_saved = m.n_saved, .keep = send_outcome, .context = l};
    xsnr_error why = {0};
    if (xs_study_job(s, f, m.model, &way, &j->scratch[worker], &why) < 0) {
        l->out.length = 0;
        xs_pack_error(&l->out, &why);
    }
    return send_all(l) ? XSNR_OK : gone(err);
}

static int member(void *context, size_t thread, int worker, xsnr_error *err) {
    joiner *j = context;
    line *l = &j->lines[thread];
    int rc = thread ? enter(j, (int)thread, err) : 1; // the first has entered already
    if (rc <= 0) return rc == XSNR_ERR_INTERRUPTED ? XSNR_OK : rc;
    xs_pack(&l->out, XS_READY, NULL, 0);
    if (!send_all(l)) return gone(err);
    while (!asked_to_stop(j->s)) {
        xs_message_kind kind;
        size_t size;
        rc = next_message(j->s, l, &kind, &size);
        if (rc == XSNR_ERR_NOMEM) return xs_nomem(err);
        if (rc == XSNR_ERR_INTERRUPTED || (rc == 1 && kind == XS_FINISHED)) return XSNR_OK;
        if (rc != 1 || kind != XS_JOB) return gone(err);
        XS_TRY(do_job(j, l, worker, size, err));
    }
    return XSNR_OK;
}

/* ------------------------------------------------------------ all of it */

static int prepare(joiner *j, xsnr_error *err) {
    const char *welcome = j->lines[0].in.data + XS_MESSAGE_HEADER;
    xs_study *s = j->s;
    j->stages = (unsigned char)welcome[0];
    for (size_t k = 0; k < s->plan->n_families; k++) {
        XS_TRY(xs_study_family_room(s, &s->families[k], err));
        if (welcome[1 + k]) XS_TRY(xs_study_prepare(s, &s->families[k], err));
    }
    s->threads = xs_study_threads_that_fit(s);
    return XSNR_OK;
}

static int join_hub(joiner *j, xsnr_error *err) {
    xs_study *s = j->s;
    char host[64] = "";
    if (gethostname(host, sizeof host - 1)) host[0] = '\0';
    XS_TRY(xs_study_read(s, err));
    snprintf(j->hello.token, sizeof j->hello.token, "%s", j->hub.token);
    snprintf(j->hello.who, sizeof j->hello.who, "process %ld on %s", (long)getpid(), host);
    XS_TRY(xs_likeness_of(s, &j->hello.like, err));
    int rc = enter(j, 0, err);
    if (rc <= 0) return rc == XSNR_ERR_INTERRUPTED ? XSNR_OK : rc;
    XS_TRY(prepare(j, err));
    return xs_parallel(s->threads, (size_t)s->threads, member, j, NULL, err);
}

int xs_study_join(xs_plan *plan, const char *address, const xs_work_options *how, xsnr_error *err) {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    xs_study s = {.plan = plan,
                  .threads = how->threads > 0 ? how->threads : xs_processors(),
                  .seed = (uint64_t)xs_settings_int(&plan->general, "seed"),
                  .stop = how->stop,
                  .progress = how->progress,
                  .progress_user = how->user,
                  .progress_lock = &lock};
    joiner j = {.s = &s};
    int threads = s.threads;
    XS_TRY(read_place(address, &j.hub, err));
    s.families = XS_ARENA_ARRAY(&s.arena, xs_study_family, plan->n_families);
    j.lines = XS_ARENA_ARRAY(&s.arena, line, (size_t)threads);
    j.scratch = XS_ARENA_ARRAY(&s.arena, xs_arena, (size_t)threads);
    int rc = s.families && j.lines && j.scratch ? XSNR_OK : xs_nomem(err);
    for (int i = 0; j.lines && i < threads; i++) j.lines[i].fd = -1;
    for (size_t k = 0; s.families && k < plan->n_families; k++) {
        s.families[k].plan = &plan->families[k];
        s.families[k].row.id = (int64_t)k; // the hub knows the number in the file
    }
    if (rc == XSNR_OK) rc = join_hub(&j, err);
    for (int i = 0; j.lines && j.scratch && i < threads; i++) {
        if (j.lines[i].fd >= 0) close(j.lines[i].fd);
        xs_str_free(&j.lines[i].in);
        xs_str_free(&j.lines[i].out);
        xs_arena_free(&j.scratch[i]);
    }
    xs_study_end(&s);
    pthread_mutex_destroy(&lock);
    return rc;
}
