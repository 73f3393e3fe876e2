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
        {"while read x; do echo '[NaN, 1]'; done", "10", "this is not JSON", XSNR_ERR_DATA},
        {"while read x; do echo '{\"p\": [1, 0]}'; done", "10", "a list is needed, or an object with the list \"probabilities\"", XSNR_ERR_DATA},
        {"while read x; do echo '[1, 0, 0]'; done", "10", "3 probabilities, but there are 2 classes", XSNR_ERR_DATA},
        {"while read x; do echo '[1.5, -0.5]'; done", "10", "a probability is a number from 0 to 1", XSNR_ERR_DATA},
        {"while read x; do echo '[\"1\", 0]'; done", "10", "a probability is a number from 0 to 1", XSNR_ERR_DATA},
        {"while read x; do echo '[0.5, 0.4]'; done", "10", "the probabilities add up to 0.9, not to 1", XSNR_ERR_DATA},
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
    for (int i = 0; i < 100 && kill(pid, 0) == 0; i++) {
        char status[64], *data;
        snprintf(status, sizeof status, "/proc/%d/stat", pid); // nobody may be there to bury it
        if (xs_file_read(status, &data, &size, &err) < 0) break;
        bool zombie = strstr(data, ") Z") != NULL;
        xs_free(data);
        if (zombie) break;
        usleep(20000);
        if (i == 99) fail_msg("the program's child lives");
    }
}

static void test_settings(void **state) {
    (void)state;
    xs_settings s;
    void *shared;
    assert_ok(xs_settings_init(&s, family->params, &err));
    assert_int_equal(family->prepare(&s, corpus, 1, &shared, &err), XSNR_ERR_CONFIG);
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
                                       cmocka_unit_test(test_children), cmocka_unit_test(test_settings)};
    return cmocka_run_group_tests(tests, open_corpus, close_corpus);
}
