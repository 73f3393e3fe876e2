// The process that holds the study file, and hands jobs to those that join it (message.h) and to its own threads.
//
// One thread serves all connections with poll(2): it reads outcomes, stores them, and answers with the next job.  A
// connection that breaks (its process was killed, its machine has gone: keep-alive finds that in a minute) costs the job
// it had, which goes to the next who asks.  A job that ended three processes is left out and reported, so that a model
// which needs more memory than there is does not end them all.
//
// What is stored does not depend on who made it: the bits are those of one machine.
#include "base/alloc.h"
#include "base/threads.h"
#include "study/hub.h"
#include "study/ledger.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 30 }; // seconds until a connection must have said who it is

typedef struct peer {
    int fd;
    bool welcome, idle; // idle: it waits for a job
    bool wrong;         // it said something that cannot be
    time_t since;       // when it connected
    size_t job;         // XS_NO_JOB: it has none
    xs_str in, out;     // a message that is coming; bytes that the socket has not taken yet
    size_t sent;        // of out
    char who[96];
    uint32_t thread;
} peer;

typedef struct service {
    xs_hub *hub;
    xs_study *s;
    unsigned stages;
    xs_ledger ledger;
    atomic_bool over; // the service is to end
    int wake[2];     // a byte for the serving thread
    xs_likeness like;
    bool warned;     // of a connection that is none of ours
    peer **peers;    // (n_peers)
    size_t n_peers, capacity;
    xs_arena *scratch; // (threads)
} service;

static void finish_job(service *v, size_t job, int rc, const xsnr_error *why) {
    if (rc == XSNR_OK) xs_study_tell(v->s, "models", v->s->families[v->ledger.jobs[job].family].plan->name, 1);
    xs_ledger_end(&v->ledger, job, rc, why);
}

static void wake_server(service *v) {
    if (write(v->wake[1], "", 1) < 0) return; // full: it is awake
}

/* ------------------------------------------------------------ this process's own threads */

static int work_here(void *context, size_t item, int worker, xsnr_error *err) {
    (void)item, (void)err;
    service *v = context;
    xs_job_way way = {.stages = v->stages, .keep = xs_study_keep, .context = v->s->store};
    for (size_t job; (job = xs_ledger_wait(&v->ledger)) != XS_NO_JOB;) {
        const xs_job *j = &v->ledger.jobs[job];
        xsnr_error why = {0};
        int rc = xs_study_job(v->s, &v->s->families[j->family], j->model, &way, &v->scratch[worker], &why);
        finish_job(v, job, rc, &why);
        wake_server(v);
    }
    return XSNR_OK;
}

/* ------------------------------------------------------------ those that have joined */

static void count_helpers(service *v) {
    uint32_t n = 0;
    for (size_t i = 0; i < v->n_peers; i++) n += v->peers[i]->welcome && v->peers[i]->thread == 0;
    pthread_mutex_lock(v->s->progress_lock);
    v->s->helpers = n;
    pthread_mutex_unlock(v->s->progress_lock);
}

static time_t seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

// Said once: a scanner of ports must not fill the screen.
static void warn_of(service *v, const peer *p) {
    struct sockaddr_in from = {0};
    socklen_t size = sizeof from;
    char ip[INET_ADDRSTRLEN] = "somewhere", text[200];
    if (v->warned) return;
    v->warned = true;
    if (getpeername(p->fd, (struct sockaddr *)&from, &size) == 0) inet_ntop(AF_INET, &from.sin_addr, ip, sizeof ip);
    if (p->welcome) snprintf(text, sizeof text, "%s sent a message that makes no sense; its connection was closed", p->who);
    else snprintf(text, sizeof text, "a connection from %s did not know this study's secret, and was closed", ip);
    xs_study_say(v->s, NULL, text);
}

static void drop_peer(service *v, size_t i) {
    peer *p = v->peers[i];
    if (p->wrong) warn_of(v, p);
    if (p->job != XS_NO_JOB) {
        const xs_job *job = &v->ledger.jobs[p->job];
        const char *family = v->s->families[job->family].plan->name;
        char text[200];
        bool given_up = xs_ledger_lose(&v->ledger, p->job);
        snprintf(text, sizeof text, "%s was lost while it made model %u; %s", p->who, (unsigned)job->model,
                 given_up ? "it is left out, for three were" : "another makes it");
        xs_study_say(v->s, family, text);
    }
    close(p->fd);
    xs_str_free(&p->in);
    xs_str_free(&p->out);
    xs_free(p);
    v->peers[i] = v->peers[--v->n_peers];
    count_helpers(v);
}

static void keep_alive(int fd) {
    int on = 1, idle = 30, every = 10, probes = 3, limit = 60000; // seconds; milliseconds
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void accept_peers(service *v) {
    for (int fd; (fd = accept4(v->hub->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) {
        if (v->n_peers == v->capacity) {
            size_t capacity = v->capacity ? 2 * v->capacity : 64;
            peer **more = xs_realloc_array(v->peers, capacity, sizeof(peer *));
            if (more) v->peers = more, v->capacity = capacity;
        }
        peer *p = v->n_peers < v->capacity ? XS_NEW(peer) : NULL;
        if (!p) {
            close(fd); // no memory for one more: it goes without
            return;
        }
        keep_alive(fd);
        *p = (peer){.fd = fd, .job = XS_NO_JOB, .since = seconds(), .who = "a process"};
        v->peers[v->n_peers++] = p;
    }
}

// Sends what the socket takes; the rest waits for POLLOUT.  False: the connection is broken.
static bool flush(peer *p) {
    while (p->sent < p->out.length) {
        ssize_t n = send(p->fd, p->out.data + p->sent, p->out.length - p->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN;
        p->sent += (size_t)n;
    }
    p->out.length = p->sent = 0;
    return !xs_str_failed(&p->out);
}

static int pack_job(service *v, size_t at, xs_str *out, xsnr_error *err) {
    const xs_job *job = &v->ledger.jobs[at];
    const xs_study_family *f = &v->s->families[job->family];
    xs_arena arena = {0};
    xs_job_message m = {.family = (uint32_t)job->family, .model = job->model, .there = f->done[job->model] & 1,
                        .missing = f->missing[job->model]};
    int rc = m.there ? xs_store_model_bytes(v->s->store, f->row.id, job->model, &arena, &m.saved, &m.n_saved, err) : XSNR_OK;
    if (rc == XSNR_OK) xs_pack_job(out, &m);
    xs_arena_free(&arena);
    return rc;
}

// Gives every idle peer a job, as long as there are any.
static void serve_idle(service *v) {
    for (size_t i = 0; i < v->n_peers; i++) {
        peer *p = v->peers[i];
        if (!p->idle) continue;
        size_t job = xs_ledger_take(&v->ledger);
        if (job == XS_NO_JOB) return;
        xsnr_error why = {0};
        int rc = pack_job(v, job, &p->out, &why);
        if (rc < 0) {
            finish_job(v, job, rc, &why);
            return;
        }
        p->job = job;
        p->idle = false;
        if (!flush(p)) drop_peer(v, i--);
    }
}

// In a time that does not tell how much of it was right.
static bool same_secret(const char *a, const char *b) {
    unsigned char differ = 0;
    for (size_t i = 0; i < XS_TOKEN_HEX; i++) differ |= (unsigned char)(a[i] ^ b[i]);
    return !differ;
}

static bool welcome(service *v, peer *p, const void *bytes, size_t size) {
    xs_hello hello;
    if (!xs_unpack_hello(bytes, size, &hello) || !same_secret(hello.token, v->hub->token)) return false;
    snprintf(p->who, sizeof p->who, "%s", hello.who);
    p->thread = hello.thread;
    const char *difference = xs_likeness_difference(&v->like, &hello.like);
    if (difference) {
        char text[200];
        snprintf(text, sizeof text, "%s has %s; it takes no part", p->who, difference);
        xs_study_say(v->s, "machines", text);
        xs_pack(&p->out, XS_REFUSED, difference, strlen(difference));
        return true;
    }
    size_t families = v->s->plan->n_families;
    unsigned char *needed = xs_calloc(families + 1, 1);
    if (!needed) return false;
    needed[0] = (unsigned char)v->stages;
    for (size_t i = 0; i < v->ledger.n; i++) needed[1 + v->ledger.jobs[i].family] = 1;
    xs_pack(&p->out, XS_WELCOME, needed, families + 1);
    xs_free(needed);
    p->welcome = true;
    count_helpers(v);
    return true;
}

// What a peer has made is stored by this thread, the only one that writes for others.
static bool take_outcome(service *v, peer *p, const void *bytes, size_t size) {
    const xs_job *job = &v->ledger.jobs[p->job];
    xs_arena arena = {0};
    xs_outcome made;
    xsnr_error why = {0};
    bool nomem, good = xs_unpack_outcome(bytes, size, &arena, &made, &nomem);
    if (good || nomem) {
        made.model.family = v->s->families[job->family].row.id;
        made.model.index = job->model;
        finish_job(v, p->job, nomem ? xs_nomem(&why) : xs_study_keep(v->s->store, &made, &why), &why);
        p->job = XS_NO_JOB;
        p->idle = true;
    }
    xs_arena_free(&arena);
    return good || nomem;
}

// False: it is not what may come now; the connection is closed.
static bool take_message(service *v, peer *p, xs_message_kind kind, const void *bytes, size_t size) {
    if (!p->welcome) return kind == XS_HELLO && welcome(v, p, bytes, size);
    if (kind == XS_READY && p->job == XS_NO_JOB && !p->idle) return p->idle = true;
    if (kind == XS_DONE && p->job != XS_NO_JOB) return take_outcome(v, p, bytes, size);
    xsnr_error why;
    if (kind != XS_FAILED || p->job == XS_NO_JOB || !xs_unpack_error(bytes, size, &why)) return false;
    finish_job(v, p->job, why.code, &why);
    p->job = XS_NO_JOB;
    return p->idle = true;
}

// Takes the messages that are there whole.
static bool take_messages(service *v, peer *p) {
    size_t at = 0;
    bool good = true;
    while (good && p->in.length - at >= XS_MESSAGE_HEADER) {
        xs_message_kind kind;
        size_t size;
        good = xs_unpack_header(p->in.data + at, p->welcome ? XS_MESSAGE_LIMIT : XS_HELLO_LIMIT, &kind, &size);
        if (!good || p->in.length - at - XS_MESSAGE_HEADER < size) break;
        good = take_message(v, p, kind, p->in.data + at + XS_MESSAGE_HEADER, size);
        at += XS_MESSAGE_HEADER + size;
    }
    p->wrong = !good;
    if (at && p->in.length > at) memmove(p->in.data, p->in.data + at, p->in.length - at);
    p->in.length -= at;
    return good && flush(p);
}

static bool read_peer(service *v, peer *p) {
    char buffer[65536];
    for (;;) {
        ssize_t n = recv(p->fd, buffer, sizeof buffer, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN && take_messages(v, p);
        if (n == 0) { // what came before the end counts: a process may send its last model and go
            take_messages(v, p);
            return false;
        }
        if (xs_str_append(&p->in, buffer, (size_t)n)) return false;
        if (!p->welcome && p->in.length > XS_HELLO_LIMIT) return false;
    }
}

/* ------------------------------------------------------------ the serving thread */

static void serve_once(service *v, struct pollfd *fds) {
    size_t n = v->n_peers;
    fds[0] = (struct pollfd){v->wake[0], POLLIN, 0};
    fds[1] = (struct pollfd){v->hub->fd, POLLIN, 0};
    for (size_t i = 0; i < n; i++)
        fds[2 + i] = (struct pollfd){v->peers[i]->fd, (short)(POLLIN | (v->peers[i]->out.length ? POLLOUT : 0)), 0};
    if (poll(fds, 2 + n, 1000) < 0) return;
    char drained[64];
    while (read(v->wake[0], drained, sizeof drained) > 0) {}
    for (size_t i = n; i-- > 0;) { // from the end: the last takes the place of one that is dropped
        bool late = !v->peers[i]->welcome && seconds() - v->peers[i]->since > PATIENCE;
        if (!fds[2 + i].revents && !late) continue;
        bool good = !(fds[2 + i].revents & POLLOUT) || flush(v->peers[i]);
        if (good && (fds[2 + i].revents & (POLLIN | POLLERR | POLLHUP))) good = read_peer(v, v->peers[i]);
        if (!good || late) drop_peer(v, i);
    }
    accept_peers(v);
    serve_idle(v);
}

static void *serve(void *service_) {
    service *v = service_;
    struct pollfd *fds = NULL;
    size_t room = 0;
    accept_peers(v);
    while (!atomic_load(&v->over) && !xs_ledger_done(&v->ledger)) {
        if (!fds || room < 2 + v->n_peers) {
            size_t more = 2 * (2 + v->n_peers);
            struct pollfd *grown = xs_realloc_array(fds, more, sizeof *fds);
            if (grown) fds = grown, room = more;
            else if (!fds) break; // no memory at all: this process's own threads do the jobs
            else while (2 + v->n_peers > room) drop_peer(v, v->n_peers - 1);
        }
        serve_once(v, fds);
    }
    for (size_t i = 0; i < v->n_peers; i++) {
        xs_pack(&v->peers[i]->out, XS_FINISHED, NULL, 0);
        flush(v->peers[i]);
        shutdown(v->peers[i]->fd, SHUT_WR);
    }
    while (v->n_peers) drop_peer(v, v->n_peers - 1);
    xs_free(fds);
    return NULL;
}

static void raise_file_limit(void) { // a connection is a descriptor
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur == files.rlim_max) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static int run_service(service *v, xsnr_error *err) {
    pthread_t server;
    xs_study *s = v->s;
    v->scratch = XS_ARENA_ARRAY(&s->arena, xs_arena, (size_t)s->threads);
    if (!v->scratch) return xs_nomem(err);
    XS_TRY(xs_likeness_of(s, &v->like, err));
    if (pipe2(v->wake, O_CLOEXEC | O_NONBLOCK)) return xs_fail(err, XSNR_ERR_IO, "cannot make a pipe: %s", strerror(errno));
    raise_file_limit();
    int rc = pthread_create(&server, NULL, serve, v) ? xs_fail(err, XSNR_ERR_IO, "cannot start a thread") : XSNR_OK;
    if (rc == XSNR_OK) {
        rc = xs_parallel(s->threads, (size_t)s->threads, work_here, v, NULL, err);
        if (rc < 0) atomic_store(&v->over, true); // no thread could be started
        wake_server(v);
        pthread_join(server, NULL);
    }
    close(v->wake[0]);
    close(v->wake[1]);
    for (int i = 0; i < s->threads; i++) xs_arena_free(&v->scratch[i]);
    xs_free(v->peers);
    return rc < 0 ? rc : xs_ledger_outcome(&v->ledger, s, err);
}

static int run(void *hub, xs_study *s, unsigned stages, const xs_job *jobs, size_t n, xsnr_error *err) {
    service v = {.hub = hub, .s = s, .stages = stages};
    XS_TRY(xs_ledger_open(&v.ledger, jobs, n, s->stop, &s->arena, err));
    int rc = run_service(&v, err);
    xs_ledger_close(&v.ledger);
    return rc;
}

xs_crew xs_hub_crew(xs_hub *hub) { return (xs_crew){run, hub}; }
