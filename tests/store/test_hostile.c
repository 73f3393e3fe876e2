// Files that lie: sizes that no machine has, bombs, nesting without end, names that are paths.  Each is refused with a
// line that says what is wrong, and nothing is left behind.  (What fuzzing finds is in tests/fuzz.)
#include "base/alloc.h"
#include "base/file.h"
#include "model/encoder_config.h"
#include "store/export.h"
#include "store/import.h"
#include "folder.h"
#include "store/npy.h"
#include "store/study.h"
#include "text/tokenizer.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

static void put(const char *name, const void *bytes, size_t size) {
    xsnr_error err = {0};
    assert_ok(xs_file_write(in_folder(name), bytes, size, &err));
}

// An import fails with this message, and leaves no file.
static void refuse(const char *name, const xs_import_options *options, const char *message) {
    static const xs_import_options defaults;
    xsnr_error err = {0};
    xs_import_report report;
    const char *file = in_folder(name);
    int rc = xs_store_import(&file, 1, options ? options : &defaults, in_folder("refused.xsnr"), &report, &err);
    if (rc >= 0) fail_msg("imported: %s", name);
    if (!strstr(err.message, message)) fail_msg("%s: %s\nexpected: %s", err.file, err.message, message);
    assert_int_equal(access(in_folder("refused.xsnr"), F_OK), -1);
    assert_int_equal(access(in_folder("refused.xsnr.import"), F_OK), -1);
}

/* ------------------------------------------------------------ arrays and archives */

static size_t npy_header(char *to, const char *dtype, const char *shape) {
    char text[128];
    int n = snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", dtype, shape);
    memcpy(to, "\x93NUMPY\1\0", 8);
    to[8] = (char)n;
    to[9] = 0;
    memcpy(to + 10, text, (size_t)n);
    return 10 + (size_t)n;
}

// The header of an array, and a file that is `size` bytes long and takes no room.
static void put_sparse(const char *name, const char *dtype, const char *shape, off_t size) {
    char header[256];
    size_t n = npy_header(header, dtype, shape);
    int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, header, n) == (ssize_t)n && ftruncate(fd, (off_t)n + size) == 0);
    close(fd);
}

static void shapes(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_npy array;
    put_sparse("huge.npy", "<f4", "4611686018427387904, 4", 64);
    refuse("huge.npy", NULL, "the shape of this array is larger than any memory");
    put_sparse("short.npy", "<f4", "1000000, 1000000", 64);
    refuse("short.npy", NULL, "this array was cut short: 64 of its 4000000000000 bytes are there");
    put_sparse("wide.npy", "<f4", "1, 100000000", 400000000);
    refuse("wide.npy", NULL, "a text has more than a million words");
    put_sparse("text.npy", "<U4611686018427387904", "1", 64);
    refuse("text.npy", NULL, "is not one of numbers");
    put_sparse("cube.npy", "<f4", "1, 500000000, 1", 2000000000);
    refuse("cube.npy", NULL, "too many texts");
    // One terabyte of zeros that no disk holds: its doubles are not asked for.
    put_sparse("terabyte.npy", "<f4", "1000000, 262144", (off_t)4 * 1000000 * 262144);
    assert_int_equal(xs_npy_read(in_folder("terabyte.npy"), NULL, &array, &err), XSNR_ERR_DATA);
    assert_non_null(strstr(err.message, "this takes 1953 GB of memory, more than half of what this machine has"));
    unlink(in_folder("terabyte.npy"));
    unlink(in_folder("cube.npy"));
    unlink(in_folder("wide.npy"));
}

static void number(xs_str *out, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) xs_str_append(out, &(char){(char)(i < 8 ? value >> 8 * i : 0)}, 1);
}

// An archive of one deflated member that says of itself what it likes.
static void put_archive(const char *file, const char *member, const xs_str *data, uint64_t claimed, uint32_t offset) {
    uLong bound = compressBound(data->length);
    unsigned char *packed = malloc(bound);
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)data->data, z.avail_in = (uInt)data->length, z.next_out = packed, z.avail_out = (uInt)bound;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = z.total_out;
    deflateEnd(&z);
    uint32_t crc = (uint32_t)crc32_z(0, (unsigned char *)data->data, data->length), named = (uint32_t)strlen(member);
    xs_str out = {0}, head = {0};
    bool large = claimed > UINT32_MAX;
    number(&head, 45, 2), number(&head, 0, 2), number(&head, 8, 2), number(&head, 0, 4), number(&head, crc, 4), number(&head, n, 4);
    number(&head, large ? UINT32_MAX : claimed, 4), number(&head, named, 2);
    xs_str_put(&out, "PK\3\4");
    xs_str_append(&out, head.data, head.length);
    number(&out, 0, 2);
    xs_str_put(&out, member);
    xs_str_append(&out, packed, n);
    size_t at = out.length;
    xs_str_append(&out, "PK\1\2\0\0", 6);
    xs_str_append(&out, head.data, head.length);
    number(&out, large ? 12 : 0, 2), number(&out, 0, 2 + 2 + 2 + 4), number(&out, offset, 4);
    xs_str_put(&out, member);
    if (large) number(&out, 1, 2), number(&out, 8, 2), number(&out, claimed, 8);
    size_t size = out.length - at;
    xs_str_put(&out, "PK\5\6");
    number(&out, 0, 4), number(&out, 1, 2), number(&out, 1, 2), number(&out, size, 4), number(&out, at, 4), number(&out, 0, 2);
    put(file, out.data, out.length);
    xs_str_free(&out);
    xs_str_free(&head);
    free(packed);
}

static void bombs(void **state) {
    (void)state;
    char header[256];
    xs_str data = {0};
    char *zeros = calloc(1, 32 << 20);
    // 32 MB of zeros in 32 kB, in a shape that asks for a row of 8 million words.
    xs_str_append(&data, header, npy_header(header, "<f4", "1, 8388608"));
    xs_str_append(&data, zeros, 32 << 20);
    put_archive("bomb.npz", "scores.npy", &data, data.length, 0);
    refuse("bomb.npz", NULL, "a text has more than a million words");
    // The same bytes, and a size that deflate cannot reach; a size that is too small; one that overflows.
    put_archive("lie.npz", "scores.npy", &data, (uint64_t)1 << 40, 0);
    refuse("lie.npz", NULL, "the sizes of a member contradict each other");
    put_archive("small.npz", "scores.npy", &data, 1000, 0);
    refuse("small.npz", NULL, "bytes are there");
    put_archive("overflow.npz", "scores.npy", &data, UINT64_MAX, 0);
    refuse("overflow.npz", NULL, "the sizes of a member contradict each other");
    put_archive("outside.npz", "scores.npy", &data, data.length, 0xFFFFFF00u);
    refuse("outside.npz", NULL, "a member lies outside");
    xs_str_free(&data);
    free(zeros);
    // inseq: a shape of a gigabyte, packed.
    static const char packed[] = "{\"sequence_attributions\": [{\"source\": [{\"token\": \"a\"}], \"target\": [{\"token\": \"b\"}], \"source_attributions\": "
                                 "{\"__ndarray__\": \"b64.gz:AAAA\", \"dtype\": \"float64\", \"shape\": [1048576, 1048576, 1048576]}}]}";
    put("bomb.json", packed, strlen(packed));
    refuse("bomb.json", NULL, "shorter than its shape says");
    // A gzip bomb: one line of 100 MB from 100 kB.
    gzFile zip = gzopen(in_folder("bomb.jsonl.gz"), "wb9");
    char *blanks = malloc(1 << 20);
    memset(blanks, ' ', 1 << 20);
    for (int i = 0; i < 100; i++) assert_int_equal(gzwrite(zip, blanks, 1 << 20), 1 << 20);
    gzclose(zip);
    free(blanks);
    refuse("bomb.jsonl.gz", NULL, "more than 64 MiB without an end");
}

/* ------------------------------------------------------------ nesting */

static char *nested(const char *before, char bracket, size_t n, const char *after) {
    xs_str s = {0};
    xs_str_put(&s, before);
    for (size_t i = 0; i < n; i++) xs_str_append(&s, bracket == '{' ? "{\"a\":" : "[", bracket == '{' ? 5 : 1);
    xs_str_put(&s, after);
    return xs_str_take(&s);
}

static void nesting(void **state) {
    (void)state;
    static const struct {
        const char *file, *format, *before;
    } readers[] = {{"deep.jsonl", NULL, "{\"text_id\": \"a\", \"x\": "}, {"deep.json", NULL, "{\"info\": "}, {"deep.jsonl", "thermostat", "{\"x\": "},
                   {"deep.jsonl", "eraser", "{\"annotation_id\": \"a\", \"x\": "}};
    static const char documents[] = "{\"docid\": \"a\", \"document\": \"x\"}\n";
    put("docs.jsonl", documents, sizeof documents - 1);
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        for (int k = 0; k < 2; k++) {
            char *text = nested(readers[i].before, k ? '{' : '[', 1000000, "");
            put(readers[i].file, text, strlen(text));
            refuse(readers[i].file, &(xs_import_options){.format = readers[i].format}, "nested more than 64 deep");
            xs_free(text);
        }
    xsnr_error err = {0};
    xs_arena arena = {0};
    xs_encoder_config config;
    xs_tokenizer *tokenizer;
    char *text = nested("{\"model_type\": ", '[', 1000000, "");
    assert_int_equal(xs_encoder_config_parse(text, strlen(text), "config.json", &arena, &config, &err), XSNR_ERR_DATA);
    assert_non_null(strstr(err.message, "depth"));
    assert_int_equal(xs_tokenizer_parse(text, strlen(text), true, "tokenizer.json", &tokenizer, &err), XSNR_ERR_DATA);
    assert_non_null(strstr(err.message, "depth"));
    xs_free(text);
    xs_arena_free(&arena);
}

/* ------------------------------------------------------------ names that are paths */

static void paths(void **state) {
    (void)state;
    static const char secret[] = "{\"annotation_id\": \"../secret\", \"rationales\": [{\"docid\": \"../secret\", \"soft_rationale_predictions\": [1]}]}";
    assert_int_equal(mkdir(in_folder("docs"), 0700), 0);
    put("secret", "word", 4);
    put("way.jsonl", secret, strlen(secret));
    assert_int_equal(unlink(in_folder("docs.jsonl")), 0); // of the test before
    refuse("way.jsonl", &(xs_import_options){.format = "eraser"}, "document '../secret' is no name of a file in");
    // A family and a model that are paths stay names in the folder that an export makes.
    static const char row[] = "{\"model\": \"../../m\", \"family\": \"..\", \"explainer\": \"/tmp/e\", \"text_id\": \"../t\", \"tokens\": [\"a\"], \"attributions\": [1]}";
    xsnr_error err = {0};
    xs_import_report report;
    xs_store *store;
    put("names.jsonl", row, strlen(row));
    const char *file = in_folder("names.jsonl");
    assert_ok(xs_store_import(&file, 1, &(xs_import_options){0}, in_folder("names.xsnr"), &report, &err));
    assert_ok(xs_store_open(in_folder("names.xsnr"), XS_STORE_READ, &store, &err));
    assert_ok(xs_store_export(store, "eraser", NULL, in_folder("names.eraser"), &err));
    assert_int_equal(access(in_folder("names.eraser/%2E%2E/%2Ftmp%2Fe/%2E%2E%2F%2E%2E%2Fm.jsonl"), R_OK), 0);
    assert_int_equal(xs_store_export(store, "eraser", NULL, in_folder("names.eraser"), &err), XSNR_ERR_ARGUMENT); // it is there
    xs_store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(shapes), cmocka_unit_test(bombs), cmocka_unit_test(nesting), cmocka_unit_test(paths)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
