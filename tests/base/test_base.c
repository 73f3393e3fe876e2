// The room base: arenas, strings, interning, parameters, files, the parallel loop.
#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/intern.h"
#include "base/param.h"
#include "base/str.h"
#include "base/threads.h"
#include "check.h"

static void arenas_rewind(void **state) {
    (void)state;
    xs_arena arena = {0};
    xs_arena_mark start = xs_arena_save(&arena);
    char *first = xs_arena_alloc(&arena, 10);
    assert_true((uintptr_t)first % 64 == 0);
    xs_arena_mark mark = xs_arena_save(&arena);
    void *second = xs_arena_alloc(&arena, 100000);
    xs_arena_rewind(&arena, mark);
    assert_ptr_equal(second, xs_arena_alloc(&arena, 100000)); // blocks are kept
    xs_arena_rewind(&arena, start);
    assert_ptr_equal(first, xs_arena_alloc(&arena, 10));
    assert_null(xs_arena_array(&arena, SIZE_MAX / 4, 8));
    xs_arena_free(&arena);
}

static void nearest_word(void **state) {
    (void)state;
    const char *words[] = {"normalize", "equivalence", "models"};
    assert_string_equal(xs_nearest("normalise", words, 3), "normalize");
    assert_string_equal(xs_nearest("model", words, 3), "models");
    assert_null(xs_nearest("zzzzzz", words, 3));
    assert_int_equal(xs_edit_distance("kitten", "sitting"), 3);
}

static void quoted_in_messages(void **state) {
    (void)state;
    char to[8];
    assert_string_equal(xs_printable(to, sizeof to, ""), "");
    assert_string_equal(xs_printable(to, sizeof to, "a\n\x7f\xc3\xa9~ "), "a????~ ");
    assert_string_equal(xs_printable(to, sizeof to, "12345678"), "1234...");
}

static void interning(void **state) {
    (void)state;
    xs_intern t = {0};
    char word[32];
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 5000; i++) {
            int n = snprintf(word, sizeof word, "w%u", i);
            assert_int_equal(xs_intern_add(&t, word, (size_t)n), i);
        }
    assert_int_equal(t.count, 5000);
    assert_int_equal(xs_intern_find(&t, "w77", 3), 77);
    assert_int_equal(xs_intern_find(&t, "x", 1), XS_NOT_INTERNED);
    xs_intern_free(&t);
}

static const xs_param table[] = {
    {"rate", XS_REAL, "0.1", 0, 1, NULL, "learning rate"},
    {"epochs", XS_INT, "5", 1, INFINITY, NULL, "passes"},
    {"solver", XS_CHOICE, "sgd", 0, 0, "sgd|liblinear", "solver"},
    {"vary", XS_CHOICES, "init", 0, 0, "init|order|sample", "streams"},
    {"average", XS_BOOL, "true", 0, 0, NULL, "average"},
    {"lists", XS_STRING, "", 0, 0, NULL, "folder"},
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

static void settings(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_settings s;
    assert_ok(xs_settings_init(&s, table, &err));
    assert_true(xs_settings_real(&s, "rate") == 0.1);
    assert_ok(xs_settings_set(&s, "vary", "[order, sample]", NULL, 0, &err));
    assert_true(xs_settings_has(&s, "vary", "sample") && !xs_settings_has(&s, "vary", "init"));
    assert_ok(xs_settings_set(&s, "solver", "liblinear", NULL, 0, &err));
    assert_string_equal(xs_settings_choice(&s, "solver"), "liblinear");
    static const struct {
        const char *name, *text, *message;
    } bad[] = {
        {"epoch", "3", "unknown key 'epoch'; did you mean 'epochs'?"},
        {"epochs", "0", "epochs: 0 is too small; at least 1"},
        {"epochs", "-3", "epochs: -3 is too small; at least 1"},
        {"epochs", "many", "epochs: 'many' is not a whole number"},
        {"rate", "2", "rate: 2 is outside 0 to 1"},
        {"rate", "nan", "rate: 'nan' is not a number"},
        {"average", "yes", "average: 'yes' is not true or false"},
        {"solver", "sdg", "solver: 'sdg' is not one of sgd, liblinear; did you mean 'sgd'?"},
        {"vary", "ordre", "vary: 'ordre' is not one of init, order, sample; did you mean 'order'?"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(xs_settings_set(&s, bad[i].name, bad[i].text, "s.yaml", 3, &err), XSNR_ERR_CONFIG);
        assert_string_equal(err.message, bad[i].message);
        assert_int_equal(err.line, 3);
    }
    xs_settings copy;
    assert_ok(xs_settings_copy(&copy, &s, &err));
    json_t *json = xs_settings_json(&copy);
    char *text = json_dumps(json, JSON_COMPACT);
    assert_string_equal(text, "{\"rate\":0.10000000000000001,\"epochs\":5,\"solver\":\"liblinear\","
                              "\"vary\":[\"order\",\"sample\"],\"average\":true,\"lists\":\"\"}");
    free(text);
    json_decref(json);
    xs_settings_free(&copy);
    xs_settings_free(&s);
}

static int add_square(void *context, size_t item, int worker, xsnr_error *err) {
    (void)worker;
    if (item == 900 || item == 901) return xs_fail(err, XSNR_ERR_DATA, "item %zu", item);
    ((size_t *)context)[item] = item * item;
    return XSNR_OK;
}

static void parallel_loop(void **state) {
    (void)state;
    for (int threads = 1; threads <= 7; threads += 3) {
        size_t squares[1000] = {0};
        xsnr_error err = {0};
        assert_ok(xs_parallel(threads, 500, add_square, squares, NULL, &err));
        for (size_t i = 0; i < 500; i++) assert_true(squares[i] == i * i);
        assert_int_equal(xs_parallel(threads, 1000, add_square, squares, NULL, &err), XSNR_ERR_DATA);
        assert_string_equal(err.message, "item 900");
        atomic_int stop = 1;
        assert_int_equal(xs_parallel(threads, 10, add_square, squares, &stop, &err), XSNR_ERR_INTERRUPTED);
    }
}

static void files(void **state) {
    (void)state;
    xsnr_error err = {0};
    char folder[] = "/tmp/xsnr-base-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = xs_path_beside(folder, "/tmp/does-not-matter");
    assert_string_equal(path, "/tmp/does-not-matter");
    xs_free(path);
    char name[128], *data;
    size_t size;
    snprintf(name, sizeof name, "%s/a/b", folder);
    assert_ok(xs_make_folder(name, &err));
    snprintf(name, sizeof name, "%s/a/b/file", folder);
    assert_ok(xs_file_write(name, "one\0two", 7, &err));
    assert_ok(xs_file_read(name, &data, &size, &err));
    assert_int_equal(size, 7);
    assert_memory_equal(data, "one\0two", 8);
    xs_free(data);
    assert_int_equal(xs_file_read(folder, &data, &size, &err), XSNR_ERR_IO);
    assert_int_equal(xs_file_read("/nowhere/x", &data, &size, &err), XSNR_ERR_IO);
    assert_string_equal(err.file, "/nowhere/x");
    assert_string_equal(err.message, "cannot open: No such file or directory");
    assert_int_equal(xs_make_folder(name, &err), XSNR_ERR_IO);
    char command[160];
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void sha256(void **state) {
    (void)state;
    xs_hash hash; // FIPS 180-2, "abc"
    char hex[XS_HASH_HEX];
    xs_hash_begin(&hash);
    xs_hash_bytes(&hash, "abc", 3);
    xs_hash_end(&hash, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void nth_allocation_fails(void **state) {
    (void)state;
    xs_alloc_fail_at(2);
    void *first = xs_malloc(1);
    assert_non_null(first);
    assert_null(xs_calloc(1, 1));
    assert_int_equal(xs_alloc_count(), 2);
    xs_alloc_fail_at(0);
    xs_free(first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arenas_rewind), cmocka_unit_test(nearest_word),  cmocka_unit_test(interning),
        cmocka_unit_test(quoted_in_messages),
        cmocka_unit_test(settings),      cmocka_unit_test(parallel_loop), cmocka_unit_test(files),
        cmocka_unit_test(sha256),        cmocka_unit_test(nth_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
