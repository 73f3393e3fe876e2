// A study file: checked, analysed, reported, exported.  The first byte chooses how it comes about:
//
//     r   the rest is the file
//     p   a good file with bytes changed: offset (2 bytes), value (1), and so on
//     v   a good file with values changed: table, column, row, kind, length (a byte each), then so many bytes, and so on;
//         its schema promises nothing, so that every value gets in
//
// The good file is made when the first input comes: two families, two explainers, three texts with rationales and phrases.
#include "base/alloc.h"
#include "base/str.h"
#include "fuzz/fuzz.h"
#include "store/export.h"
#include "store/import.h"
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

extern const char xs_store_schema[], xs_store_schema_rationale[], xs_store_schema_phrase[];

static char good[64], loose[64], path[64], output[64];
static unsigned char *good_bytes;
static size_t good_size;

static void run(sqlite3 *db, const char *sql) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL)) fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db)), abort();
}

static void write_file(const char *name, const void *bytes, size_t size) {
    FILE *file = fopen(name, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) abort();
}

static void *read_file(const char *name, size_t *size) {
    FILE *file = fopen(name, "rb");
    unsigned char *bytes = malloc(1 << 20);
    if (!file || !bytes) abort();
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void make_good(void) {
    xs_str rows = {0};
    for (int m = 0; m < 3; m++)
        for (int f = 0; f < 2; f++)
            for (int e = 0; e < 2; e++)
                for (int t = 0; t < 3; t++)
                    xs_str_printf(&rows,
                                  "{\"model\":%d,\"text_id\":\"t%d\",\"family\":\"f%d\",\"explainer\":\"e%d\",\"tokens\":[\"un\",\"fête\",\"!\"],\"unit\":\"word\","
                                  "\"attributions\":[%d,0.5,%d],\"label\":\"a\",\"prediction\":\"%s\",\"gap\":0.1,\"seeds\":{\"init\":%d}}\n",
                                  m, t, f, e, m + t, f - m, t == m ? "b" : "a", m + 1);
    char source[64];
    snprintf(source, sizeof source, "/dev/shm/xsnr-fuzz-%d.jsonl", getpid());
    write_file(source, rows.data, rows.length);
    const char *files[] = {source};
    static const xs_import_options options;
    xs_import_report report;
    xsnr_error err = {0};
    if (xs_store_import(files, 1, &options, good, &report, &err) < 0) fprintf(stderr, "%s\n", err.message), abort();
    unlink(source);
    xs_str_free(&rows);
    sqlite3 *db;
    if (sqlite3_open(good, &db)) abort();
    run(db, xs_store_schema_rationale);
    run(db, xs_store_schema_phrase);
    run(db, "INSERT INTO rationale SELECT text, 'somebody', -1, x'010001' FROM text; INSERT INTO phrase SELECT text, 0, 2 FROM text");
    run(db, "PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM; PRAGMA journal_mode = WAL");
    sqlite3_close(db);
    good_bytes = read_file(good, &good_size);
}

// The schema without its promises; blanks in their place.
static void make_loose(void) {
    static const struct {
        const char *text;
        char end;    // blank up to this character, too
        size_t keep; // characters of the text
    } promises[] = {{", WITHOUT ROWID", 0, 0}, {"STRICT", 0, 0}, {"CHECK (", ')', 0}, {"NOT NULL", 0, 0}, {"UNIQUE,", 0, 1}, {"UNIQUE  ", 0, 0}};
    xs_str all = {0};
    xs_str_printf(&all, "%s%s%s", xs_store_schema, xs_store_schema_rationale, xs_store_schema_phrase);
    char *schema = xs_str_take(&all);
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++)
        for (char *p; (p = strstr(schema, promises[i].text));) {
            size_t n = promises[i].end ? strcspn(p, ")") + 1 : strlen(promises[i].text);
            memset(p, ' ', n - promises[i].keep);
        }
    sqlite3 *db;
    char attach[128];
    if (sqlite3_open(loose, &db)) abort();
    run(db, "PRAGMA page_size = 512");
    run(db, schema);
    snprintf(attach, sizeof attach, "ATTACH '%s' AS good", good);
    run(db, attach);
    static const char *const tables[] = {"fact", "label", "text", "word", "gold", "family", "explainer", "model", "saved", "explanation", "faithfulness", "rationale", "phrase"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char copy[128];
        snprintf(copy, sizeof copy, "INSERT INTO main.%s SELECT * FROM good.%s", tables[i], tables[i]);
        run(db, copy);
    }
    sqlite3_close(db);
    xs_free(schema);
}

static void start(void) {
    snprintf(good, sizeof good, "/dev/shm/xsnr-fuzz-%d-good.xsnr", getpid());
    snprintf(loose, sizeof loose, "/dev/shm/xsnr-fuzz-%d-loose.xsnr", getpid());
    snprintf(path, sizeof path, "/dev/shm/xsnr-fuzz-%d.xsnr", getpid());
    snprintf(output, sizeof output, "/dev/shm/xsnr-fuzz-%d.out", getpid());
    make_good();
    make_loose();
    unlink(good);
}

static void patch(const uint8_t *data, size_t size) {
    unsigned char *bytes = malloc(good_size);
    if (!bytes) abort();
    memcpy(bytes, good_bytes, good_size);
    for (; size >= 3; data += 3, size -= 3) bytes[(data[0] | (size_t)data[1] << 8) % good_size] = data[2];
    write_file(path, bytes, good_size);
    free(bytes);
}

static void change_values(const uint8_t *data, size_t size) {
    static const struct {
        const char *name, *columns[12];
    } tables[] = {{"fact", {"key", "value"}},
                  {"label", {"class", "name"}},
                  {"text", {"text", "name", "split", "class", "words", "content"}},
                  {"word", {"text", "position", "word", "start", "end", "byte_start", "byte_end", "sentence"}},
                  {"gold", {"split", "classes"}},
                  {"family", {"family", "name", "type", "settings", "models"}},
                  {"explainer", {"explainer", "family", "name", "settings"}},
                  {"model", {"model", "family", "position", "failure", "loss", "epochs", "seconds", "test_texts", "test_accuracy", "explain_logits", "test_logits", "seed_init"}},
                  {"explanation", {"model", "explainer", "text", "target", "seed", "gap", "unattributed", "standard_error", "outside", "scores"}},
                  {"rationale", {"text", "annotator", "class", "marks"}},
                  {"phrase", {"text", "first", "last"}}};
    size_t n;
    void *bytes = read_file(loose, &n);
    write_file(path, bytes, n);
    free(bytes);
    sqlite3 *db;
    if (sqlite3_open(path, &db)) abort();
    while (size >= 5) {
        size_t t = data[0] % (sizeof tables / sizeof *tables), columns = 0, length = data[4];
        while (columns < 12 && tables[t].columns[columns]) columns++;
        if (length > size - 5) length = size - 5;
        const void *value = data + 5;
        char sql[256];
        snprintf(sql, sizeof sql, "UPDATE %s SET %s = ?1 WHERE rowid = (SELECT rowid FROM %s LIMIT 1 OFFSET %d)", tables[t].name, tables[t].columns[data[1] % columns],
                 tables[t].name, data[2] % 36);
        sqlite3_stmt *statement;
        if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL)) fprintf(stderr, "%s\n", sqlite3_errmsg(db)), abort();
        int64_t number = 0;
        double real = 0;
        memcpy(&number, value, length < 8 ? length : 8);
        if (length < 8 && length && ((const uint8_t *)value)[length - 1] & 0x80) number -= (int64_t)1 << (8 * length); // its sign
        memcpy(&real, &number, sizeof real);
        switch (data[3] % 6) {
        case 0: sqlite3_bind_null(statement, 1); break;
        case 1: sqlite3_bind_int64(statement, 1, number); break;
        case 2: sqlite3_bind_double(statement, 1, real); break;
        case 3: sqlite3_bind_text(statement, 1, value, (int)length, SQLITE_STATIC); break;
        case 4: sqlite3_bind_blob(statement, 1, value, (int)length, SQLITE_STATIC); break;
        default: sqlite3_bind_zeroblob(statement, 1, (int)(number & 0xffff)); break;
        }
        sqlite3_step(statement); // a key that is there twice stays as it was
        sqlite3_finalize(statement);
        data += 5 + length;
        size -= 5 + length;
    }
    sqlite3_close(db);
}

static void require_message(int rc, const xsnr_error *err) {
    FUZZ_REQUIRE(err->code == rc && *err->message && !strpbrk(err->message, "\r\n"));
}

// The page, which is long, is made for one file in eight.
static void use(bool page) {
    xs_str findings = {0};
    size_t n;
    xsnr_error err = {0};
    int rc = xs_store_check(path, &findings, &n, &err);
    if (rc < 0) require_message(rc, &err);
    xs_str_free(&findings);
    xsnr_results *results;
    err = (xsnr_error){0};
    rc = xsnr_results_open(path, 1, &results, &err);
    if (rc < 0) require_message(rc, &err);
    static const xsnr_format formats[] = {XSNR_TABLE, XSNR_JSON, XSNR_CSV, XSNR_HTML};
    for (int i = 0; rc >= 0 && i < 3 + page; i++) {
        char *text = NULL;
        err = (xsnr_error){0};
        int wrote = xsnr_results_text(results, formats[i], NULL, &text, &err);
        if (wrote < 0) require_message(wrote, &err);
        xsnr_free(text);
    }
    if (rc >= 0 && xsnr_results_texts(results)) {
        char *text = NULL;
        err = (xsnr_error){0};
        int wrote = xsnr_results_show(results, xsnr_results_text_id(results, 0), NULL, NULL, NULL, &text, &err);
        if (wrote < 0) require_message(wrote, &err);
        xsnr_free(text);
    }
    if (rc >= 0) xsnr_results_free(results);
    static const char *const exports[] = {"jsonl", "csv", "npz"};
    for (int i = 0; i < 3; i++) {
        err = (xsnr_error){0};
        rc = xsnr_export(path, exports[i], output, &err);
        if (rc < 0) require_message(rc, &err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!good_bytes) start();
    if (!size) return 0;
    switch (data[0]) {
    case 'r': write_file(path, data + 1, size - 1); break;
    case 'p': patch(data + 1, size - 1); break;
    case 'v': change_values(data + 1, size - 1); break;
    default: return 0;
    }
    use(size > 1 && data[size - 1] % 8 == 0);
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", ".lock"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
    unlink(output);
    return 0;
}
