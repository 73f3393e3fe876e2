// Memory of an analysis does not grow with its texts: results that are many lie in a file, with the same bits; and if that file has no
// room, or no place, it is said, or memory is taken.
#include "api/handles.h"
#include "base/random.h"
#include "base/str.h"
#include "report/report.h"
#include "study/small.h"
#include "study/study.h"
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { WORDS = 30 };

typedef struct made {
    char folder[64], file[96];
} made;

static void put_line(xs_str *out, const char *family, int model, int text, xs_rng *rng) {
    xs_str_printf(out, "{\"model\": \"m%d\", \"text_id\": \"t%d\", \"family\": \"%s\", \"unit\": \"word\", \"tokens\": [", model, text, family);
    for (int w = 0; w < WORDS; w++) xs_str_printf(out, "%s\"w%d\"", w ? ", " : "", (text * 7 + w * w) % 997);
    xs_str_printf(out, "], \"label\": \"%s\", \"prediction\": \"%s\", \"attributions\": [", text % 2 ? "a" : "b", (text + (model == 1 && text % 9 == 0)) % 2 ? "a" : "b");
    for (int w = 0; w < WORDS; w++) xs_str_printf(out, "%s%.5f", w ? ", " : "", sin(text + 3.0 * w) + xs_rng_normal(rng));
    xs_str_put(out, "]}\n");
}

static made make_study(int families, int texts, int models) {
    made m;
    char input[96];
    xsnr_error err = {0};
    snprintf(m.folder, sizeof m.folder, "/tmp/xsnr-memory-XXXXXX");
    assert_non_null(mkdtemp(m.folder));
    snprintf(m.file, sizeof m.file, "%s/study.xsnr", m.folder);
    snprintf(input, sizeof input, "%s/in.jsonl", m.folder);
    xs_rng rng = xs_rng_at(8, XS_STREAM_STATS, 0, 0);
    FILE *out = fopen(input, "w");
    assert_non_null(out);
    for (int f = 0; f < families; f++)
        for (int t = 0; t < texts; t++)
            for (int k = 0; k < models; k++) {
                xs_str line = {0};
                put_line(&line, f ? "second" : "first", k, t, &rng);
                fputs(line.data, out);
                xs_str_free(&line);
            }
    assert_int_equal(fclose(out), 0);
    const char *files[] = {input};
    assert_ok(xsnr_import(files, 1, NULL, m.file, NULL, &err));
    unlink(input);
    return m;
}

static void remove_made(const made *m) {
    unlink(m->file);
    assert_int_equal(rmdir(m->folder), 0); // and nothing else was left
}

/* ------------------------------------------------------------ one analysis */

typedef struct heard {
    uint64_t hash; // FNV-1a
    size_t bytes;
} heard;

static int hear(void *context, const void *bytes, size_t n, xsnr_error *err) {
    heard *h = context;
    (void)err;
    for (size_t i = 0; i < n; i++) h->hash = (h->hash ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
    h->bytes += n;
    return XSNR_OK;
}

typedef int report(const xs_results *r, const xs_sink *to, xsnr_error *err);

// With so many of the reports.
static int analyze(const made *m, size_t memory, const char *statistics, int threads, size_t reports, heard *h, size_t *file,
                   xsnr_error *err) {
    static report *const all[] = {xs_report_json, xs_report_words_csv, xs_report_html};
    xs_store *store;
    xs_plan *plan;
    xs_results r = {0};
    xs_assess_options how = {.threads = threads, .memory = memory, .statistics = statistics, .keep_scores = true};
    *h = (heard){14695981039346656037u, 0};
    XS_TRY(xs_store_open(m->file, XS_STORE_READ, &store, err));
    int rc = xs_stored_plan(store, m->file, &r.arena, &plan, err);
    if (rc == XSNR_OK) {
        rc = xs_study_assess(store, plan, &how, &r, err);
        xs_plan_free(plan);
    }
    xs_store_close(store);
    for (size_t k = 0; rc == XSNR_OK && k < reports; k++) {
        xs_str text = {0};
        rc = all[k](&r, &(xs_sink){&text, hear, h}, err);
        xs_str_free(&text);
    }
    *file = xs_spill_size(r.arena.spill);
    xs_arena_free(&r.arena);
    return rc;
}

static void the_file_changes_no_bit(void **state) {
    (void)state;
    static const char *const statistics[] = {"none", "all"};
    xsnr_error err = {0};
    made m = make_study(2, 20, 6);
    for (size_t k = 0; k < 2; k++) {
        heard memory, spilled;
        size_t file;
        assert_ok(analyze(&m, SIZE_MAX, statistics[k], 1, 3, &memory, &file, &err));
        assert_int_equal(file, 0);
        for (int threads = 1; threads < 8; threads += 3) {
            assert_ok(analyze(&m, 1, statistics[k], threads, 3, &spilled, &file, &err));
            assert_true(file > 0);
            assert_true(spilled.hash == memory.hash);
            assert_int_equal(spilled.bytes, memory.bytes);
        }
    }
    remove_made(&m);
}

/* ------------------------------------------------------------ how much memory */

// Peak memory in KB of one analysis, in a process of its own.
static long peak(const made *m, size_t memory) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        xsnr_error err = {0};
        heard h;
        size_t file;
        _exit(analyze(m, memory, "none", 2, 1, &h, &file, &err) < 0);
    }
    int status;
    struct rusage used;
    assert_int_equal(wait4(child, &status, 0, &used), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return used.ru_maxrss;
}

// Most of what is left are pages that SQLite keeps, 8 MB of them at most.
static void memory_stays(void **state) {
    (void)state;
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    skip(); // they keep what was released
#endif
    enum { FEW = 1500, MANY = 3500 };
    const size_t little = (size_t)2 << 20;
    made few = make_study(1, FEW, 3), many = make_study(1, MANY, 3);
    long grown = peak(&many, little) - peak(&few, little), held = peak(&many, SIZE_MAX) - peak(&few, SIZE_MAX);
    print_message("a text more: %.2f KB of memory; with all results in memory %.2f KB\n", (double)grown / (MANY - FEW),
                  (double)held / (MANY - FEW));
    assert_true((double)grown / (MANY - FEW) < 2);
    assert_true((double)held / (MANY - FEW) > 6); // or the test says nothing
    remove_made(&few);
    remove_made(&many);
}

/* ------------------------------------------------------------ no room */

static void no_room_is_said(void **state) {
    (void)state;
    xsnr_error err = {0};
    made m = make_study(1, 40, 4);
    heard h;
    size_t file;
    struct rlimit before, little;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little = (struct rlimit){1 << 20, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    int rc = analyze(&m, 1, "none", 2, 3, &h, &file, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(rc, XSNR_ERR_IO);
    assert_non_null(strstr(err.message, "no room for the temporary file"));
    assert_non_null(strstr(err.message, "TMPDIR"));
    assert_true(err.file[0] == '/');
    assert_ok(analyze(&m, 1, "none", 2, 3, &h, &file, &err)); // with room again
    remove_made(&m);
}

int main(void) {
    setenv("SOURCE_DATE_EPOCH", "0", 1); // the page's date
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_file_changes_no_bit), cmocka_unit_test(memory_stays),
                                       cmocka_unit_test(no_room_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
