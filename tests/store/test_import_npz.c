// .npz imports: names in the place of numbers, misspelt arrays, scores that a float32 does not hold, are said with their cure.
#include "check.h"
#include "base/alloc.h"
#include "store/export.h"
#include "store/import.h"
#include "store/npy.h"

static char folder[64], archive[96], study[96];

static int begin(void **state) {
    (void)state;
    strcpy(folder, "/tmp/xsnr-npz-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(archive, sizeof archive, "%s/a.npz", folder);
    snprintf(study, sizeof study, "%s/a.xsnr", folder);
    return 0;
}

static int end(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

typedef struct member {
    const char *name;
    const char *const *text; // (rows), or
    const double *data;      // (rows) or (rows, columns)
    size_t rows, columns;    // columns 0: a list
} member;

static void make(const member *m, size_t n) {
    xsnr_error err = {0};
    xs_npz *zip;
    assert_ok(xs_npz_new(&zip, &err));
    for (size_t i = 0; i < n; i++) {
        xs_str bytes = {0};
        size_t shape[] = {m[i].rows, m[i].columns};
        if (m[i].text) assert_ok(xs_npy_format_text(m[i].text, m[i].rows, &bytes, &err));
        else assert_ok(xs_npy_format("<f8", m[i].columns ? 2 : 1, shape, m[i].data, &bytes, &err));
        assert_ok(xs_npz_add(zip, m[i].name, bytes.data, bytes.length, &err));
        xs_str_free(&bytes);
    }
    assert_ok(xs_npz_write(zip, archive, &err));
    xs_npz_free(zip);
}

// The scores of two models and two words, and one array more.
static int import_with(const double *scores, member more, xs_import_report *report, xsnr_error *said) {
    const member members[] = {{"scores", NULL, scores, 2, 2}, more};
    const char *files[] = {archive};
    make(members, more.name ? 2 : 1);
    *said = (xsnr_error){0};
    int rc = xs_store_import(files, 1, &(xs_import_options){0}, study, report, said);
    if (rc == XSNR_OK) assert_int_equal(unlink(study), 0);
    return rc;
}

static const double usual[] = {1, 2, 3, 5};
static const char *const names[] = {"a", "b"};

static void refuse(const double *scores, member more, const char *message) {
    xs_import_report report;
    xsnr_error err;
    int rc = import_with(scores, more, &report, &err);
    if (rc >= 0 || !strstr(err.message, message)) fail_msg("'%s', expected '%s'", rc < 0 ? err.message : "taken", message);
}

static void names_for_numbers(void **state) {
    (void)state;
    refuse(usual, (member){"models", names, NULL, 2, 0}, "the models' names go into model_names");
    refuse(usual, (member){"labels", names, NULL, 1, 0}, "labels has numbers, which count the names in classes: numpy.unique(names, return_inverse=True)");
    refuse(usual, (member){"predictions", names, NULL, 2, 0}, "predictions has numbers");
    refuse(usual, (member){"targets", names, NULL, 2, 0}, "targets has numbers");
}

static void misspelt(void **state) {
    (void)state;
    static const double two[] = {1, 1};
    xs_import_report report;
    xsnr_error err;
    refuse(usual, (member){"lenghts", NULL, two, 2, 0}, "unknown array 'lenghts'; did you mean 'lengths'?");
    refuse(usual, (member){"Words", names, NULL, 2, 0}, "unknown array 'Words'; did you mean 'words'?");
    refuse(usual, (member){"text", names, NULL, 1, 0}, "unknown array 'text'; did you mean 'texts'?");
    refuse(usual, (member){"tfidf/lime/target", names, NULL, 1, 0}, "unknown array 'tfidf/lime/target'; did you mean 'tfidf/lime/targets'?");
    // Arrays for other programs.
    static const char *const others[] = {"seeds", "losses", "X", "embeddings"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char note[128];
        snprintf(note, sizeof note, "%s: not read: %s\n", archive, others[i]);
        assert_ok(import_with(usual, (member){others[i], NULL, two, 2, 0}, &report, &err));
        assert_string_equal(report.notes, note);
    }
    const member both[] = {{"scores", NULL, usual, 2, 2}, {"lengths", NULL, two, 2, 0}, {"lengths2", NULL, two, 2, 0}}; // the right one is there
    const char *files[] = {archive};
    make(both, 3);
    assert_ok(xs_store_import(files, 1, &(xs_import_options){0}, study, &report, &err));
    assert_int_equal(report.texts, 2);
    assert_int_equal(unlink(study), 0);
}

static void too_small(void **state) {
    (void)state;
    xs_import_report report;
    xsnr_error err;
    refuse((const double[]){1, 2, 1e-60, 2e-60}, (member){0}, "text '1': all scores are nearer to 0 than a float32 tells apart (1.2e-38)");
    refuse((const double[]){1, 2, 1e-40, 2e-40}, (member){0}, "multiply those of all models by the same number"); // there, with few digits
    refuse((const double[]){1, 2, 0, 1e-60}, (member){0}, "nearer to 0");
    assert_ok(import_with((const double[]){1, 1e-60, 0, 0}, (member){0}, &report, &err)); // 0 beside the others; zeros that are zeros
}

static void twice(void **state) {
    (void)state;
    static const double same[] = {4, 4};
    xs_import_report report;
    xsnr_error err;
    assert_int_equal(import_with(usual, (member){"models", NULL, same, 2, 0}, &report, &err), XSNR_ERR_DATA);
    char message[256];
    snprintf(message, sizeof message, "text '1' of model '4' is explained by imported already in %s; keep one, or say --duplicates first", archive);
    assert_string_equal(err.message, message);
}

// Words that have no names have those of the text at their places.
static void unnamed(void **state) {
    (void)state;
    static const double offsets[] = {0, 4, 5, 9};
    static const char *const content[] = {"good film"};
    const member members[] = {{"scores", NULL, usual, 2, 2}, {"contents", content, NULL, 1, 0}, {"offsets", NULL, offsets, 2, 2}};
    const char *files[] = {archive};
    xs_import_report report;
    xsnr_error err = {0};
    make(members, 3);
    assert_ok(xs_store_import(files, 1, &(xs_import_options){0}, study, &report, &err));
    xs_store *store;
    xs_arena arena = {0};
    xs_store_text *texts;
    size_t n;
    assert_ok(xs_store_open(study, XS_STORE_READ, &store, &err));
    assert_ok(xs_store_texts(store, &arena, &texts, &n, &err));
    assert_string_equal(texts[0].words[1].text, "film");
    xs_store_close(store);
    xs_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_for_numbers), cmocka_unit_test(misspelt), cmocka_unit_test(too_small), cmocka_unit_test(twice),
                                       cmocka_unit_test(unnamed)};
    return cmocka_run_group_tests(tests, begin, end);
}
