// Several processes on one study: the same bits as alone, whoever is killed, and strangers are turned away.
#include "small.h"
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

static void pause_ms(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

// A process that joins; its exit status is 0, or the negated error code.
static pid_t joiner(const char *yaml, const char *address) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child) return child;
    close_range(3, ~0U, 0); // above all the hub's socket, which must not live on in this process
    xsnr_study *study;
    int rc = xsnr_study_load(yaml, &(xsnr_run_options){.threads = 2}, &study, NULL);
    if (rc == XSNR_OK) {
        rc = xsnr_study_join(study, address, NULL);
        xsnr_study_free(study);
    }
    _exit(-rc);
}

static int end_of(pid_t child) {
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void watch(void *most, const xsnr_progress *p) {
    uint32_t *helpers = most;
    if (p->helpers > *helpers) *helpers = p->helpers;
}

static xsnr_study *shared(const small_study *s, const char **address, uint32_t *helpers) {
    xsnr_error err = {0};
    xsnr_study *study;
    *helpers = 0;
    assert_ok(xsnr_study_load(s->yaml, &(xsnr_run_options){.threads = 1, .progress = watch, .user = helpers}, &study, &err));
    assert_ok(xsnr_study_share(study, "127.0.0.1", address, &err));
    return study;
}

// The whole study alone; its hash.
static size_t alone(const small_study *s, char hex[XS_HASH_HEX]) {
    xsnr_error err = {0};
    size_t n;
    assert_ok(small_run(s, 2, XSNR_RUN, &err));
    small_hash(s, hex, &n);
    small_reset(s);
    return n;
}

static void same_bits(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(200, 60, 40, SMALL_EXPLAINERS);
    char whole[XS_HASH_HEX], helped[XS_HASH_HEX];
    size_t n = alone(&s, whole), m;
    for (int apart = 0; apart < 2; apart++) { // all at once; or the explanations later, of models that are there
        const char *address;
        uint32_t helpers;
        if (apart) assert_ok(small_run(&s, 2, XSNR_TRAIN, &err));
        xsnr_study *study = shared(&s, &address, &helpers);
        pid_t a = joiner(s.yaml, address), b = joiner(s.yaml, address);
        assert_ok(xsnr_study_run(study, XSNR_RUN, &err));
        xsnr_study_free(study);
        assert_int_equal(end_of(a), 0);
        assert_int_equal(end_of(b), 0);
        small_hash(&s, helped, &m);
        assert_int_equal(n, m);
        assert_string_equal(whole, helped);
        assert_true(helpers > 0);
        small_reset(&s);
    }
    small_remove(&s);
}

// Processes come and are killed, all the time.
static void helpers_killed(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(200, 60, 40, SMALL_EXPLAINERS);
    char whole[XS_HASH_HEX], helped[XS_HASH_HEX];
    size_t n = alone(&s, whole), m;
    const char *address;
    uint32_t helpers;
    xsnr_study *study = shared(&s, &address, &helpers);
    pid_t killer = fork();
    if (killer == 0) {
        srand((unsigned)getpid());
        for (;;) {
            pid_t a = joiner(s.yaml, address);
            pause_ms(30 + rand() % 60);
            kill(a, SIGKILL);
            end_of(a);
        }
    }
    int rc = xsnr_study_run(study, XSNR_RUN, &err);
    kill(killer, SIGKILL);
    end_of(killer);
    xsnr_study_free(study);
    if (rc == XSNR_ERR_IO) { // three were killed with one model: said, and the next run makes it
        assert_non_null(strstr(err.message, "left out"));
        rc = small_run(&s, 2, XSNR_RUN, &err);
    }
    assert_ok(rc);
    small_hash(&s, helped, &m);
    assert_int_equal(n, m);
    assert_string_equal(whole, helped);
    assert_true(helpers > 0);
    small_remove(&s);
}

// A study of another seed, and a hub that has nothing to do.
static void turned_away(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(200, 60, 30, SMALL_EXPLAINERS), other = small_new(200, 60, 29, SMALL_EXPLAINERS);
    const char *address;
    uint32_t helpers;
    xsnr_study *study = shared(&s, &address, &helpers);
    pid_t a = joiner(other.yaml, address);
    assert_ok(xsnr_study_run(study, XSNR_RUN, &err));
    pid_t b = joiner(s.yaml, address);
    assert_ok(xsnr_study_run(study, XSNR_TRAIN, &err)); // all is there
    xsnr_study_free(study);
    int end = end_of(a);
    assert_true(end == -XSNR_ERR_SCHEMA || end == 0); // 0: it came too late to be told
    assert_int_equal(end_of(b), 0);
    assert_int_equal(helpers, 0);
    assert_int_equal(xsnr_study_load(s.yaml, NULL, &study, &err), XSNR_OK);
    static const char *const wrong[] = {"", "x", "0123@5@", "0123456789abcdef0123456789abcdef@99999@h@127.0.0.1"};
    assert_int_equal(xsnr_study_share(study, "localhost", &address, &err), XSNR_ERR_ARGUMENT);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(xsnr_study_join(study, wrong[i], NULL), XSNR_ERR_ARGUMENT);
    xsnr_study_free(study);
    small_remove(&s);
    small_remove(&other);
}

static int dial(const char *address) {
    struct sockaddr_in to = {.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    to.sin_port = htons((uint16_t)atoi(strchr(address, '@') + 1));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

// Whatever a stranger sends, the study ends with its bits.
static void strangers(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(200, 60, 30, SMALL_EXPLAINERS);
    char whole[XS_HASH_HEX], helped[XS_HASH_HEX];
    size_t n = alone(&s, whole), m;
    const char *address;
    uint32_t helpers;
    xsnr_study *study = shared(&s, &address, &helpers);
    pid_t stranger = fork();
    if (stranger == 0) {
        srand(1);
        for (int round = 0; round < 60; round++) {
            unsigned char noise[6000];
            for (size_t i = 0; i < sizeof noise; i++) noise[i] = (unsigned char)rand();
            if (round % 3) memcpy(noise, "xsnr\1\0\0\0\x00\x02\0\0\0\0\0\0", 16); // a header of HELLO, 512 bytes
            int fd = dial(address);
            ssize_t sent = send(fd, noise, 1 + (size_t)rand() % sizeof noise, MSG_NOSIGNAL);
            if (round % 2 && sent > 0) sent = recv(fd, noise, sizeof noise, MSG_DONTWAIT);
            if (round % 5) close(fd); // some stay, and say nothing more
            pause_ms(1);
        }
        _exit(0);
    }
    pid_t a = joiner(s.yaml, address);
    assert_ok(xsnr_study_run(study, XSNR_RUN, &err));
    xsnr_study_free(study);
    kill(stranger, SIGKILL);
    end_of(stranger);
    assert_int_equal(end_of(a), 0);
    small_hash(&s, helped, &m);
    assert_int_equal(n, m);
    assert_string_equal(whole, helped);
    small_remove(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits),
        cmocka_unit_test(helpers_killed),
        cmocka_unit_test(turned_away),
        cmocka_unit_test(strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
