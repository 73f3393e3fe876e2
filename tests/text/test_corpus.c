// The corpus: real data, bad input, the same bits for any number of threads, memory that runs out.
#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "check.h"
#include "text/corpus.h"
#include "text/laws.h"
#include <sys/stat.h>

static char folder[] = "/tmp/xsnr-corpus-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    static const char *const names[] = {"train.tsv", "valid.tsv", "test.tsv", "train.csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    return rmdir(folder);
}

static const char *write_file(const char *name, const char *content) {
    static char path[4][128];
    static int next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    assert_int_equal(xs_file_write(p, content, strlen(content), NULL), 0);
    return p;
}

static const char GOOD[] = "id\ttext\tlabel\n1\tIt rained in Paris.\treport\n2\tWhat a shame!\topinion\n"
                           "3\tParis won. It rained.\treport\n";

static void small(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_corpus_source source = {.text = "text", .label = "label", .id = "id", .language = "en"};
    source.path[XS_TRAIN] = write_file("train.tsv", GOOD);
    source.path[XS_TEST] = write_file("test.tsv", "text\tlabel\tid\nRain?\topinion\tr\n");
    xs_corpus *c;
    assert_ok(xs_corpus_load(&source, 2, &c, &err));
    assert_int_equal(c->n_labels, 2);
    assert_string_equal(c->labels[0], "opinion");
    assert_string_equal(c->labels[1], "report");
    assert_int_equal(c->split[XS_TRAIN].count, 3);
    assert_int_equal(c->split[XS_VALID].count, 0);
    assert_null(c->split[XS_VALID].path);
    const xs_document *third = &c->split[XS_TRAIN].docs[2];
    assert_string_equal(third->id, "3");
    assert_int_equal(third->label, 1);
    assert_int_equal(third->n_words, 6);
    assert_int_equal(third->n_sentences, 2);
    assert_string_equal(c->forms.text[third->words[0].form], "paris");
    assert_int_equal(third->words[0].form, 3); // it rained in paris .
    assert_int_equal(third->words[2].form, 4);
    assert_string_equal(c->split[XS_TEST].docs[0].id, "r");
    char hash[XS_HASH_HEX];
    strcpy(hash, c->hash);
    assert_int_equal(strlen(hash), 64);
    xs_corpus_free(c);

    source.id = NULL; // numbered rows; other ids, another hash
    assert_ok(xs_corpus_load(&source, 1, &c, &err));
    assert_string_equal(c->split[XS_TRAIN].docs[2].id, "train:3");
    assert_string_equal(c->split[XS_TEST].docs[0].id, "test:1");
    assert_string_not_equal(hash, c->hash);
    xs_corpus_free(c);
}

typedef struct bad_case {
    const char *train, *test;  // NULL: no test
    const char *file, *message; // file: which one is at fault
    long line;
} bad_case;

static void bad_input(void **state) {
    (void)state;
    static const bad_case cases[] = {
        {"", NULL, "train.tsv", "this file is empty", 0},
        {"id\ttext\tlabel\n", NULL, "train.tsv", "no rows below the header", 1},
        {"id\ttext\tlabel\n1\ta\tx\n2\tb\tx\n", NULL, "train.tsv",
         "every text has the label 'x'; at least two classes are needed", 0},
        {"id\ttext\tlabel\n1\ta\tsubjective\n2\tb\tobjective\n", "id\ttext\tlabel\n3\ta\tobjective\n4\tb\tsubjectve\n",
         "test.tsv", "label 'subjectve' is not one of objective, subjective", 3},
        {"id\ttext\tlabel\n1\ta\tx\n2\tb\ty\n", "id\ttext\tlabel\n3\ta\t\n", "test.tsv", "label '' is not one of x, y", 2},
        {"id\ttext\tlabel\n1\ta\tx\n2\tb\t\n", NULL, "train.tsv", "empty label", 3},
        {"id\ttext\tlabel\n1\ta\tx\n2\t\ty\n3\t\ty\n", NULL, "train.tsv", "empty text", 3},
        {"id\ttext\tlabel\n1\ta\tx\n2\t \u00A0\ty\n", NULL, "train.tsv", "the text has no words", 3},
        {"id\ttext\tlabel\n1\ta\tx\n2\tb\ty\n1\tc\ty\n", NULL, "train.tsv", "the id '1' is already that of %s/train.tsv:2",
         4},
        {"id\ttext\tlabel\n1\ta\tx\n2\tb\ty\n", "id\ttext\tlabel\n2\tb\tx\n", "test.tsv",
         "the id '2' is already that of %s/train.tsv:3", 2},
        {"id\ttext\tlabel\n\ta\tx\n2\tb\ty\n", NULL, "train.tsv", "empty id", 2},
        {"id\ttext\tlabel\n1\ta\tb\tx\n", NULL, "train.tsv",
         "4 fields where the header has 3 (id, text, label): a tab in the wrong place", 2},
        {"text\tlabel\na\tx\n", NULL, "train.tsv", "no column 'id'; there are: text, label", 1},
        {"id\ttext\tlabel\n1\ta\xFF\tx\n", NULL, "train.tsv",
         "invalid UTF-8 at byte offset 17 (0xFF); the file must be UTF-8", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int threads = 1; threads <= 7; threads += 3) {
            const bad_case *b = &cases[i];
            xs_corpus_source source = {.text = "text", .label = "label", .id = "id", .language = "en"};
            source.path[XS_TRAIN] = write_file("train.tsv", b->train);
            source.path[XS_TEST] = b->test ? write_file("test.tsv", b->test) : NULL;
            char path[128], message[256];
            snprintf(path, sizeof path, "%s/%s", folder, b->file);
            snprintf(message, sizeof message, strstr(b->message, "%s") ? b->message : "%s",
                     strstr(b->message, "%s") ? folder : b->message);
            xsnr_error err = {0};
            xs_corpus *c;
            assert_int_equal(xs_corpus_load(&source, threads, &c, &err), XSNR_ERR_DATA);
            assert_null(c);
            assert_string_equal(err.message, message);
            assert_string_equal(err.file, path);
            assert_int_equal(err.line, b->line);
        }
    xsnr_error err = {0};
    xs_corpus *c;
    xs_corpus_source source = {.path = {folder}, .text = "text", .label = "label"};
    assert_int_equal(xs_corpus_load(&source, 1, &c, &err), XSNR_ERR_DATA); // a folder, and no extension
    source.path[XS_TRAIN] = NULL;
    assert_int_equal(xs_corpus_load(&source, 1, &c, &err), XSNR_ERR_CONFIG);
    source.path[XS_TRAIN] = write_file("train.tsv", GOOD);
    source.label = "text";
    assert_int_equal(xs_corpus_load(&source, 1, &c, &err), XSNR_ERR_CONFIG);
}

// The nth allocation fails, for every n: an error, nothing leaked (the sanitizer sees to that).
static void out_of_memory(void **state) {
    (void)state;
    xs_corpus_source source = {.text = "text", .label = "label", .id = "id", .language = "fr"};
    source.path[XS_TRAIN] = write_file("train.tsv", GOOD);
    source.path[XS_TEST] = write_file("test.tsv", "text\tlabel\tid\n\"L’été \"\"indien\"\"\"\topinion\tr\n");
    long n = 1;
    for (;; n++) {
        xsnr_error err = {0};
        xs_corpus *c;
        xs_alloc_fail_at(n);
        int rc = xs_corpus_load(&source, n % 2 ? 1 : 3, &c, &err);
        xs_alloc_fail_at(0);
        if (rc == XSNR_OK) {
            xs_corpus_free(c);
            if (n % 2) break;
            continue;
        }
        assert_int_equal(rc, XSNR_ERR_NOMEM);
        assert_string_equal(err.message, "out of memory");
        assert_null(c);
        assert_in_range(n, 1, 1000);
    }
    assert_true(n > 30);
}

static bool same(const xs_corpus *a, const xs_corpus *b) {
    if (strcmp(a->hash, b->hash) || a->forms.count != b->forms.count) return false;
    for (uint32_t f = 0; f < a->forms.count; f++)
        if (strcmp(a->forms.text[f], b->forms.text[f])) return false;
    for (int s = 0; s < XS_SPLITS; s++)
        for (size_t i = 0; i < a->split[s].count; i++) {
            const xs_document *x = &a->split[s].docs[i], *y = &b->split[s].docs[i];
            if (x->n_words != y->n_words || x->n_sentences != y->n_sentences || x->label != y->label) return false;
            if (memcmp(x->words, y->words, x->n_words * sizeof *x->words)) return false;
        }
    return true;
}

static void real_data(void **state) {
    (void)state;
    static const struct {
        const char *name, *language;
        size_t rows[XS_SPLITS];
    } sets[] = {{"subj", "en", {8007, 998, 995}},
                {"rt-polarity", "en", {8561, 1046, 1055}},
                {"checkthat-news", "en", {830, 462, 484}},
                {"allocine-fr", "fr", {2570, 378, 778}}};
    if (!data_folder()) skip();
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        char path[XS_SPLITS][512];
        xs_corpus_source source = {.text = "text", .label = "label", .language = sets[i].language};
        for (int s = 0; s < XS_SPLITS; s++) {
            snprintf(path[s], sizeof path[s], "%s/%s/%s.tsv", data_folder(), sets[i].name, xs_split_name((xs_split_id)s));
            source.path[s] = path[s];
        }
        xsnr_error err = {0};
        xs_corpus *one, *many;
        assert_ok(xs_corpus_load(&source, 1, &one, &err));
        for (int s = 0; s < XS_SPLITS; s++) {
            assert_int_equal(one->split[s].count, sets[i].rows[s]);
            for (size_t d = 0; d < one->split[s].count; d++) {
                const char *broken = broken_law(&one->split[s].docs[d]);
                if (broken) fail_msg("%s: %s: %s", sets[i].name, one->split[s].docs[d].id, broken);
            }
        }
        assert_int_equal(one->n_labels, 2);
        for (int threads = 2; threads <= 7; threads += 5) {
            assert_ok(xs_corpus_load(&source, threads, &many, &err));
            assert_true(same(one, many));
            xs_corpus_free(many);
        }
        xs_corpus_free(one);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small),
        cmocka_unit_test(bad_input),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(real_data),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
