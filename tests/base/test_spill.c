// Memory that may lie in a file: what is written stays, whatever pages are given back; where the file is, and where there is none.
#include "base/arena.h"
#include "base/threads.h"
#include "check.h"
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void small_is_in_memory(void **state) {
    (void)state;
    void *data = &data;
    xs_spill *s = xs_spill_new(1000, NULL);
    assert_non_null(s);
    assert_int_equal(xs_spill_take(s, 600, &data), XSNR_OK);
    assert_null(data);
    assert_int_equal(xs_spill_take(s, 400, &data), XSNR_OK);
    assert_null(data);
    assert_int_equal(xs_spill_size(s), 0);
    assert_int_equal(xs_spill_take(s, 1, &data), XSNR_OK);
    assert_non_null(data);
    assert_true(xs_spill_size(s) > 0);
    assert_int_equal(xs_spill_take(s, SIZE_MAX - 5, &data), XSNR_ERR_NOMEM);
    xs_spill_drop(s);
}

static void what_is_written_stays(void **state) {
    (void)state;
    xs_arena arena = {.spill = xs_spill_new(100000, NULL)};
    enum { BLOCKS = 4000, NUMBERS = 1500 }; // 48 MB: several mappings
    uint32_t **block = calloc(BLOCKS, sizeof *block);
    assert_non_null(block);
    for (uint32_t b = 0; b < BLOCKS; b++) {
        size_t n = b == 1000 ? (20u << 20) / sizeof **block : NUMBERS; // one is larger than a mapping
        assert_non_null(block[b] = XS_ARENA_ARRAY(&arena, uint32_t, n));
        assert_int_equal((uintptr_t)block[b] % 64, 0);
        for (size_t i = 0; i < n; i += 100) assert_int_equal(block[b][i], 0);
        for (uint32_t i = 0; i < NUMBERS; i++) block[b][i] = b * 7919 + i;
        if (b % 100 == 0) xs_spill_rest(arena.spill);
    }
    assert_true(xs_spill_size(arena.spill) >= (size_t)BLOCKS * NUMBERS * sizeof **block);
    xs_spill_rest(arena.spill);
    for (uint32_t b = 0; b < BLOCKS; b++) {
        for (uint32_t i = 0; i < NUMBERS; i++) assert_int_equal(block[b][i], b * 7919 + i);
        xs_spill_seen(arena.spill, NUMBERS * sizeof **block);
    }
    free(block);
    xs_arena_free(&arena);
}

// What is taken back and given again is zero again, in a file as in memory.
static void given_again_it_is_zero(void **state) {
    (void)state;
    for (int spilled = 0; spilled < 2; spilled++) {
        xs_arena arena = {.spill = spilled ? xs_spill_new(0, NULL) : NULL};
        xs_arena_mark mark = xs_arena_save(&arena);
        for (int round = 0; round < 3; round++) {
            unsigned char *x = XS_ARENA_ARRAY(&arena, unsigned char, 5000);
            char *name = xs_arena_strdup(&arena, "name"), *next = xs_arena_strdup(&arena, "next");
            assert_true(next == name + 5); // strings are packed
            double *y = XS_ARENA_ARRAY(&arena, double, 3);
            assert_int_equal((uintptr_t)y % 64, 0);
            for (int i = 0; i < 5000; i++) assert_int_equal(x[i], 0);
            memset(x, 0xff, 5000);
            assert_string_equal(name, "name");
            xs_arena_rewind(&arena, mark);
        }
        xs_arena_free(&arena);
    }
}

typedef struct many {
    xs_arena arena[8];
    uint64_t *mine[64];
} many;

static int write_one(void *context, size_t item, int worker, xsnr_error *err) {
    many *m = context;
    (void)err;
    for (int k = 0; k < 20; k++) {
        uint64_t *x = m->mine[item] = XS_ARENA_ARRAY(&m->arena[worker], uint64_t, 20000);
        if (!x) return XSNR_ERR_NOMEM;
        for (uint64_t i = 0; i < 20000; i++) x[i] = i * item + (uint64_t)k;
        xs_spill_seen(m->arena[worker].spill, 160000);
    }
    return XSNR_OK;
}

static void many_threads(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_arena all = {.spill = xs_spill_new(1 << 16, NULL)};
    many m = {0};
    for (int i = 0; i < 8; i++) m.arena[i].spill = xs_spill_hold(all.spill);
    assert_ok(xs_parallel(8, 64, write_one, &m, NULL, &err));
    for (int i = 0; i < 8; i++) xs_arena_adopt(&all, &m.arena[i]);
    for (size_t item = 0; item < 64; item++)
        for (uint64_t i = 0; i < 20000; i++) assert_true(m.mine[item][i] == i * item + 19);
    xs_arena_free(&all);
}

static size_t files_in(const char *folder) {
    DIR *d = opendir(folder);
    size_t n = 0;
    assert_non_null(d);
    while (readdir(d)) n++;
    closedir(d);
    return n;
}

static void it_lies_where_it_is_told(void **state) {
    (void)state;
    char folder[] = "/tmp/xsnr-spill-XXXXXX";
    assert_non_null(mkdtemp(folder));
    size_t before = files_in(folder);
    xsnr_error err = {0};
    void *data;
    struct rlimit was, little;
    setenv("TMPDIR", folder, 1);
    xs_spill *s = xs_spill_new(0, NULL);
    assert_int_equal(xs_spill_take(s, 100, &data), XSNR_OK);
    assert_int_equal(files_in(folder), before); // without a name
    assert_int_equal(xs_spill_explain(s, XSNR_ERR_NOMEM, &err), XSNR_ERR_NOMEM); // the disk is not at fault
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    little = (struct rlimit){17 << 20, was.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    assert_int_equal(xs_spill_take(s, (size_t)15 << 20, &data), XSNR_OK);
    int rc = xs_spill_take(s, (size_t)15 << 20, &data);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(rc, XSNR_ERR_NOMEM);
    assert_int_equal(xs_spill_explain(s, rc, &err), XSNR_ERR_IO);
    assert_string_equal(err.file, folder);
    assert_non_null(strstr(err.message, "16 MB"));
    assert_int_equal(xs_spill_explain(s, XSNR_ERR_DATA, &err), XSNR_ERR_DATA);
    xs_spill_drop(s);
    assert_int_equal(files_in(folder), before);
    assert_int_equal(rmdir(folder), 0);
    setenv("TMPDIR", folder, 1); // no such folder: the next that there is
    s = xs_spill_new(0, NULL);
    assert_int_equal(xs_spill_take(s, 100, &data), XSNR_OK);
    assert_non_null(data);
    xs_spill_drop(s);
    unsetenv("TMPDIR");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(small_is_in_memory),   cmocka_unit_test(what_is_written_stays),
                                       cmocka_unit_test(given_again_it_is_zero), cmocka_unit_test(many_threads),
                                       cmocka_unit_test(it_lies_where_it_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
