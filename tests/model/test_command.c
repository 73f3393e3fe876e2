// The family command: programs that answer, and programs that die, hang or talk nonsense.
#include "base/alloc.h"
#include "base/file.h"
#include "check.h"
#include "registry.h"
#include "text/corpus.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static xsnr_error err;
static char folder[] = "/tmp/xsnr-command-XXXXXX/";
static xs_corpus *corpus;
static const xs_family *family;

static void write_file(const char *name, const char *text) {
    char path[100];
    snprintf(path, sizeof path, "%s%s", folder, name);
    assert_ok(xs_file_write(path, text, strlen(text), &err));
}

static int open_corpus(void **state) {
    (void)state;
    folder[strlen(folder) - 1] = '\0';
    if (!mkdtemp(folder)) return -1;
    folder[strlen(folder)] = '/';
    write_file("t.tsv", "text\tlabel\na \"fine\" day, \xc3\xa9t\xc3\xa9\tgood\na dull day\tbad\nfine fine\tgood\n");
    write_file("yes.py", "import sys, json, math\n"
                         "for line in sys.stdin:\n"
                         "    p = 1 / (1 + math.exp(-json.loads(line)['text'].count('fine')))\n"
                         "    print(json.dumps({'probabilities': [1 - p, p]}), flush=True)\n");
    write_file("keep.py", "import sys\n"
                          "for line in sys.stdin:\n"
                          "    open('seen', 'a').write(line)\n"
                          "    print('[0.5, 0.5]', flush=True)\n");
    write_file("big.py", "import sys\n"
                         "for line in sys.stdin:\n"
                         "    print('[0.25,' + 20000 * ' ' + '0.75]', flush=True)\n"
                         "    print(20000 * 'x', file=sys.stderr, flush=True)\n");
    char path[100];
    snprintf(path, sizeof path, "%st.tsv", folder);
    xs_corpus_source source = {.path = {path, NULL, path}, .text = "text", .label = "label", .language = "en"};
    assert_ok(xs_corpus_load(&source, 1, &corpus, &err));
    corpus->folder = folder;
    family = xs_family_find("command", NULL, 0, &err);
    return 0;
}

static int close_corpus(void **state) {
    (void)state;
    char command[100];
    xs_corpus_free(corpus);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void *prepare(const char *key, const char *command, const char *timeout) {
    xs_settings s;
    void *shared = NULL;
    assert_ok(xs_settings_init(&s, family->params, &err));
    assert_ok(xs_settings_set(&s, key, command, NULL, 0, &err));
    assert_ok(xs_settings_set(&s, "timeout", timeout, NULL, 0, &err));
    assert_ok(family->prepare(&s, corpus, 1, &shared, &err));
    xs_settings_free(&s);
    return shared;
}

// Logits (3, 2) of the test texts by the program.
static int predict(const char *command, const char *timeout, double *logits) {
    xs_arena arena = {0};
    xs_training record;
    void *shared = prepare("command", command, timeout), *model;
    assert_ok(family->train(shared, &(xs_seeds){1, 2, 3, 0, 4}, &arena, &model, &record, &err));
    int rc = family->predict_split(shared, model, XS_TEST, &arena, logits, &err);
    family->free_model(model);
    family->release(shared);
    xs_arena_free(&arena);
    return rc;
}

static void test_answers(void **state) {
    (void)state;
    double logits[6];
    assert_ok(predict("exec python3 yes.py", "10", logits)); // in the study's folder; classes: bad, good
    double p[] = {1 / (1 + exp(-1)), 0.5, 1 / (1 + exp(-2))};
    for (int i = 0; i < 3; i++) {
        assert_near(logits[2 * i + 1], log(p[i]), 1e-8, 0);
        assert_near(logits[2 * i], log(1 - p[i]), 1e-8, 0);
    }
    assert_ok(predict("while read -r line; do echo '[0, 1]'; done", "10", logits)); // a bare list; ln 0 has a floor
    assert_near(logits[0], log(1e-12), 1e-12, 0);
    assert_ok(predict("test {model} = 4 && python3 yes.py", "10", logits));
}

// Words masked and cut out; the same from a kept model.
static void test_masks(void **state) {
    (void)state;
    static const char keep[] = "python3 keep.py";
    xs_arena arena = {0};
    xs_training record;
    xs_str bytes = {0};
    double logits[6];
    void *shared = prepare("command", keep, "10"), *model, *again;
    const xs_document *doc = &corpus->split[XS_TEST].docs[0];
    uint8_t present[20];
    memset(present, 1, sizeof present);
    present[0] = present[2] = 0; // a, fine
    assert_ok(family->train(shared, &(xs_seeds){1, 2, 3, 0, 0}, &arena, &model, &record, &err));
    assert_ok(family->save(shared, model, &bytes, &err));
    assert_ok(family->predict(shared, model, doc, present, 1, XS_REMOVE_MASK, &arena, logits, &err));
    assert_ok(family->predict(shared, model, doc, present, 1, XS_REMOVE_DELETE, &arena, logits, &err));
    assert_ok(family->predict(shared, model, doc, NULL, 1, XS_REMOVE_DELETE, &arena, logits, &err));
    family->free_model(model);
    char *seen, path[100];
    size_t size;
    snprintf(path, sizeof path, "%sseen", folder);
    assert_ok(xs_file_read(path, &seen, &size, &err));
    assert_string_equal(seen, "{\"text\":\"UNKWORDZ \\\"UNKWORDZ\\\" day, \xc3\xa9t\xc3\xa9\"}\n"
                              "{\"text\":\"\\\"\\\" day, \xc3\xa9t\xc3\xa9\"}\n"
                              "{\"text\":\"a \\\"fine\\\" day, \xc3\xa9t\xc3\xa9\"}\n");
    xs_free(seen);
    assert_ok(family->load(shared, bytes.data, bytes.length, &again, &err));
    assert_ok(family->predict(shared, again, doc, present, 1, XS_REMOVE_MASK, &arena, logits, &err));
    family->free_model(again);
    family->release(shared);
    xs_str_free(&bytes);
    xs_arena_free(&arena);
}

static void test_failures(void **state) {
    (void)state;
    static const struct {
        const char *command, *timeout, *message;
        int code;
    } cases[] = {
        {"echo 'no such checkpoint: x' >&2; exit 3", "10", "ended with status 3 after 0 of 3 answers; it said: 'no such checkpoint: x'", XSNR_ERR_IO},
        {"./nowhere", "10", "ended with status 127 after 0 of 3 answers; it said: 'sh: 1: ./nowhere: not found'", XSNR_ERR_IO},
        {"read x; echo '[1, 0]'; kill -9 $$", "10", "was ended by signal 9 after 1 of 3 answers", XSNR_ERR_IO},
        {"read x; echo '[1, 0]'; sleep 60", "0.3", "gave no whole answer for 0.3 s and was ended after 1 of 3 answers", XSNR_ERR_IO},
        {"sleep 60 & sleep 60", "0.3", "gave no whole answer for 0.3 s", XSNR_ERR_IO},
        {"while read x; do echo 'hello'; done", "10", "answered 'hello': this is not JSON", XSNR_ERR_DATA},
        {"while read x; do echo '[NaN, 1]'; done", "10", "a probability is not a number", XSNR_ERR_DATA},
        {"while read x; do printf '[0,1]\\0[0,1]\\n'; done", "10", "answered '[0,1]': this is not JSON", XSNR_ERR_DATA},
        {"while read x; do printf 'caf\\303\\251 \\033[1m\\n'; done", "10", "answered 'caf?? ?[1m': this is not JSON", XSNR_ERR_DATA},
        {"while read x; do echo '{\"p\": [1, 0]}'; done", "10", "a list is needed, or an object with the list \"probabilities\"", XSNR_ERR_DATA},
        {"while read x; do echo '[1, 0, 0]'; done", "10", "3 probabilities, but there are 2 classes", XSNR_ERR_DATA},
        {"while read x; do echo '[1.5, -0.5]'; done", "10", "a probability is a number from 0 to 1", XSNR_ERR_DATA},
        {"while read x; do echo '[\"1\", 0]'; done", "10", "a probability is a number from 0 to 1", XSNR_ERR_DATA},
        {"while read x; do echo '[0.5, 0.4]'; done", "10", "the probabilities add up to 0.9, not to 1", XSNR_ERR_DATA},
        {"read x; echo '[1, 0]'; exit 0", "10", "ended with status 0 after 1 of 3 answers", XSNR_ERR_IO},
        {"cat > nowhere/x; sleep 60 & true", "10", "it said: 'sh: 1: cannot create nowhere/x: Directory nonexistent", XSNR_ERR_IO},
        {"printf 'a\\nb\\n\\nc\\r\\n\\td\\n' >&2; exit 2", "10", "ended with status 2 after 0 of 3 answers; it said: 'b | c |  d'", XSNR_ERR_IO},
        {"yes 'so much to say' | head -n 5000 >&2; kill $$", "10", "was ended by signal 15 after 0 of 3 answers; it said: 'so much to say | so much to say | so much to say'", XSNR_ERR_IO},
        {"yes '[1,0]'", "10", "said more lines than it was asked after 3 of 3 answers", XSNR_ERR_IO},
        {"yes", "10", "answered 'y': this is not JSON", XSNR_ERR_DATA},
        {"echo hi", "10", "answered 'hi': this is not JSON", XSNR_ERR_DATA},
        {"read x; echo '[1, 0]'; echo '[0.5, 0.6]'; exit 3", "10", "answered '[0.5, 0.6]': the probabilities add up to 1.1, not to 1", XSNR_ERR_DATA},
        {"read x; echo '[1, 0]'; printf '[0.5, '; exit 3", "10", "ended with status 3 after 1 of 3 answers", XSNR_ERR_IO},
        {"read x; printf '[1,0]\\n[1,0]\\n[1,0]\\n[1,0]\\n'; sleep 1", "10", "said more lines than it was asked", XSNR_ERR_IO},
    };
    double logits[6];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int rc = predict(cases[i].command, cases[i].timeout, logits);
        if (rc != cases[i].code || !strstr(err.message, cases[i].message)) fail_msg("'%s': %d %s", cases[i].command, rc, err.message);
    }
}

// Neither side waits for the other when both have much to say.
static void test_full_pipes(void **state) {
    (void)state;
    xs_arena arena = {0};
    xs_training record;
    enum { N = 300 };
    static uint8_t present[N * 20];
    static double logits[N * 2];
    void *model, *shared = prepare("command", "python3 big.py", "60");
    assert_ok(family->train(shared, &(xs_seeds){1, 2, 3, 0, 0}, &arena, &model, &record, &err));
    assert_ok(family->predict(shared, model, &corpus->split[XS_TEST].docs[0], present, N, XS_REMOVE_MASK, &arena, logits, &err));
    for (int i = 0; i < N; i++) assert_near(logits[2 * i + 1], log(0.75), 1e-12, 0);
    family->free_model(model);
    family->release(shared);
    xs_arena_free(&arena);
}

static bool is_alive(int pid) {
    char path[64], *data;
    size_t size;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (xs_file_read(path, &data, &size, &err) < 0) return false;
    bool zombie = strstr(data, ") Z") != NULL; // nobody may be there to bury it
    xs_free(data);
    return !zombie;
}

// What a program starts ends with it.
static void test_children(void **state) {
    (void)state;
    double logits[6];
    assert_true(predict("sleep 77 & echo $! > child; exit 1", "10", logits) < 0);
    char *text, path[100];
    size_t size;
    snprintf(path, sizeof path, "%schild", folder);
    assert_ok(xs_file_read(path, &text, &size, &err));
    int pid = atoi(text);
    xs_free(text);
    assert_true(pid > 1);
    for (int i = 0; i < 250 && is_alive(pid); i++) usleep(20000);
    assert_false(is_alive(pid));
}

// What is cut out takes one blank with it.
static void test_cuts(void **state) {
    (void)state;
    static const struct {
        const char *text, *cut;
    } cases[] = {{"one two three", "one three"}, {"one (two) three", "one () three"}, {"one two.", "one."}, {"one two", "one"}};
    xs_arena arena = {0};
    xs_training record;
    double logits[2];
    char path[100], wanted[100], *seen;
    size_t size;
    void *shared = prepare("command", "rm -f seen; python3 keep.py", "10"), *model;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *two = strstr(cases[i].text, "two");
        uint32_t start = (uint32_t)(two - cases[i].text);
        xs_word word = {.start = start, .end = start + 3};
        xs_document doc = {.id = "t", .text = cases[i].text, .length = (uint32_t)strlen(cases[i].text), .words = &word, .n_words = 1};
        assert_ok(family->train(shared, &(xs_seeds){1, 2, 3, 0, 0}, &arena, &model, &record, &err));
        assert_ok(family->predict(shared, model, &doc, (const uint8_t[]){0}, 1, XS_REMOVE_DELETE, &arena, logits, &err));
        family->free_model(model);
        snprintf(path, sizeof path, "%sseen", folder);
        snprintf(wanted, sizeof wanted, "{\"text\":\"%s\"}\n", cases[i].cut);
        assert_ok(xs_file_read(path, &seen, &size, &err));
        assert_string_equal(seen, wanted);
        xs_free(seen);
    }
    family->release(shared);
    xs_arena_free(&arena);
}

// Lines that nobody asked for would shift every answer after them.
static void test_stray_lines(void **state) {
    (void)state;
    xs_arena arena = {0};
    xs_training record;
    double logits[6];
    void *model, *shared = prepare("command", "read a; read b; read c; printf '[1,0]\\n[1,0]\\n[1,0]\\n'; sleep 0.05; echo '[0,1]'; touch told; sleep 60", "10");
    assert_ok(family->train(shared, &(xs_seeds){1, 2, 3, 0, 0}, &arena, &model, &record, &err));
    assert_ok(family->predict_split(shared, model, XS_TEST, &arena, logits, &err));
    char path[100];
    snprintf(path, sizeof path, "%stold", folder);
    for (int i = 0; i < 500 && access(path, F_OK) != 0; i++) usleep(10000);
    assert_int_equal(family->predict_split(shared, model, XS_TEST, &arena, logits, &err), XSNR_ERR_IO);
    assert_non_null(strstr(err.message, "said more lines than it was asked after 0 of 3 answers"));
    assert_int_equal(family->predict_split(shared, model, XS_TEST, &arena, logits, &err), XSNR_ERR_IO);
    assert_non_null(strstr(err.message, "has ended"));
    family->free_model(model);
    family->release(shared);
    xs_arena_free(&arena);
}

static void no_signal(int number) { (void)number, _exit(99); }

// A reader that is gone is an error: no signal, no change of how signals are handled.
static void test_signals(void **state) {
    (void)state;
    double logits[6];
    struct sigaction mine = {.sa_handler = no_signal}, before, after;
    sigset_t mask, mask_after, pending;
    sigaction(SIGPIPE, &mine, &before);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    xs_arena arena = {0};
    xs_training record;
    void *model, *shared = prepare("command", "exec < /dev/null; touch closed; sleep 0.1; exit 3", "10");
    assert_ok(family->train(shared, &(xs_seeds){1, 2, 3, 0, 0}, &arena, &model, &record, &err));
    char path[100];
    snprintf(path, sizeof path, "%sclosed", folder);
    for (int i = 0; i < 500 && access(path, F_OK) != 0; i++) usleep(10000);
    assert_int_equal(family->predict_split(shared, model, XS_TEST, &arena, logits, &err), XSNR_ERR_IO);
    assert_non_null(strstr(err.message, "ended with status 3 after 0 of 3 answers"));
    family->free_model(model);
    family->release(shared);
    xs_arena_free(&arena);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
    sigpending(&pending);
    for (int i = 1; i < NSIG; i++) assert_int_equal(sigismember(&mask, i), sigismember(&mask_after, i));
    assert_false(sigismember(&pending, SIGPIPE));
    sigaction(SIGPIPE, &before, &after);
    assert_true(after.sa_handler == no_signal);
    assert_ok(predict("test -p /dev/stdin && while read -r x; do echo '[0,1]'; done < /dev/stdin", "10", logits)); // opens it by name
}

// Every allocation that may fail does, in turn: an error, no leak, no process left.
static void test_memory(void **state) {
    (void)state;
    xs_arena arena = {0};
    xs_training record;
    double logits[6];
    int rc = XSNR_ERR_NOMEM;
    xs_settings s;
    assert_ok(xs_settings_init(&s, family->params, &err));
    assert_ok(xs_settings_set(&s, "command", "while read -r x; do echo '[0,1]'; done", NULL, 0, &err));
    long n = 1;
    for (; rc == XSNR_ERR_NOMEM && n < 200; n++) {
        void *shared = NULL, *model = NULL;
        xs_str bytes = {0};
        xs_alloc_fail_at(n);
        rc = family->prepare(&s, corpus, 1, &shared, &err);
        if (rc == XSNR_OK) rc = family->train(shared, &(xs_seeds){1, 2, 3, 0, 0}, &arena, &model, &record, &err);
        if (rc == XSNR_OK) rc = family->predict_split(shared, model, XS_TEST, &arena, logits, &err);
        if (rc == XSNR_OK) rc = family->save(shared, model, &bytes, &err);
        xs_alloc_fail_at(0);
        xs_str_free(&bytes);
        family->free_model(model);
        if (shared) family->release(shared);
    }
    assert_ok(rc);
    assert_true(n > 5);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // no child
    xs_settings_free(&s);
    xs_arena_free(&arena);
}

// Killed without a warning, xsnr leaves nothing behind.
static void test_sudden_end(void **state) {
    (void)state;
    char path[100], *text;
    size_t size;
    int pid[2] = {0, 0}, status;
    pid_t victim = fork();
    if (victim == 0) {
        xs_arena arena = {0};
        xs_training record;
        double logits[6];
        void *model, *shared = prepare("command", "sleep 88 & echo $! $$ > both; while read -r x; do echo '[0,1]'; done; sleep 88; true", "10");
        if (family->train(shared, &(xs_seeds){1, 2, 3, 0, 0}, &arena, &model, &record, &err) < 0) _exit(1);
        if (family->predict_split(shared, model, XS_TEST, &arena, logits, &err) < 0) _exit(2);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(victim, &status, 0), victim);
    assert_true(WIFSIGNALED(status));
    snprintf(path, sizeof path, "%sboth", folder);
    assert_ok(xs_file_read(path, &text, &size, &err));
    assert_int_equal(sscanf(text, "%d %d", &pid[0], &pid[1]), 2);
    xs_free(text);
    for (int i = 0; i < 250 && (is_alive(pid[0]) || is_alive(pid[1])); i++) usleep(20000);
    assert_false(is_alive(pid[0]));
    assert_false(is_alive(pid[1]));
}

static void test_settings(void **state) {
    (void)state;
    xs_settings s;
    void *shared;
    assert_ok(xs_settings_init(&s, family->params, &err));
    assert_int_equal(family->check(&s, 3, "study.yaml", 7, &err), XSNR_ERR_CONFIG); // no program
    assert_string_equal(err.file, "study.yaml");
    assert_int_equal(err.line, 7);
    assert_ok(xs_settings_set(&s, "command", "./predict", NULL, 0, &err));
    assert_int_equal(family->check(&s, 3, NULL, 0, &err), XSNR_ERR_CONFIG); // one for three
    assert_ok(family->check(&s, 1, NULL, 0, &err));
    assert_ok(xs_settings_set(&s, "commands", "a\nb\nc", NULL, 0, &err));
    assert_int_equal(family->check(&s, 3, NULL, 0, &err), XSNR_ERR_CONFIG); // both
    assert_ok(xs_settings_set(&s, "command", "", NULL, 0, &err));
    assert_ok(family->check(&s, 3, NULL, 0, &err));
    assert_int_equal(family->check(&s, 4, NULL, 0, &err), XSNR_ERR_CONFIG);
    xs_settings_free(&s);
    shared = prepare("commands", "one\ntwo\nthree", "1");
    xs_arena arena = {0};
    xs_training record;
    xs_str bytes = {0};
    void *model;
    assert_ok(family->train(shared, &(xs_seeds){1, 2, 3, 0, 1}, &arena, &model, &record, &err));
    assert_ok(family->save(shared, model, &bytes, &err));
    assert_string_equal(bytes.data, "two");
    family->free_model(model);
    assert_int_equal(family->train(shared, &(xs_seeds){1, 2, 3, 0, 3}, &arena, &model, &record, &err), XSNR_ERR_CONFIG);
    family->release(shared);
    xs_str_free(&bytes);
    xs_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers),  cmocka_unit_test(test_masks),
                                       cmocka_unit_test(test_failures), cmocka_unit_test(test_full_pipes),
                                       cmocka_unit_test(test_children), cmocka_unit_test(test_cuts),
                                       cmocka_unit_test(test_stray_lines), cmocka_unit_test(test_signals),
                                       cmocka_unit_test(test_memory), cmocka_unit_test(test_sudden_end),
                                       cmocka_unit_test(test_settings)};
    return cmocka_run_group_tests(tests, open_corpus, close_corpus);
}
