// CSV, TSV and JSONL from memory.  The first byte chooses the format (c, t or j), the rest is the file.
#include "fuzz/fuzz.h"
#include "text/document.h"
#include "text/table.h"
#include "text/utf8.h"
#include <string.h>

static void check_table(const xs_table *t, long lines) {
    FUZZ_REQUIRE(t->rows > 0);
    long before = 0;
    for (size_t i = 0; i < t->rows; i++) {
        FUZZ_REQUIRE(t->lines[i] > before && t->lines[i] <= lines);
        before = t->lines[i];
        for (size_t k = 0; k < t->columns; k++) {
            xs_cell cell = xs_table_cell(t, i, k);
            FUZZ_REQUIRE(cell.text && cell.length <= XS_TEXT_LIMIT);
            FUZZ_REQUIRE(strlen(cell.text) == cell.length);
            FUZZ_REQUIRE(xs_utf8_check(cell.text, cell.length) == cell.length);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size) return 0;
    static const char *const columns[] = {"text", "label"};
    xs_table_format format = data[0] == 'c' ? XS_CSV : data[0] == 't' ? XS_TSV : XS_JSONL;
    xs_table table;
    xsnr_error err = {0};
    int rc = xs_table_parse((const char *)data + 1, size - 1, format, "fuzz", columns, 2, &table, &err);
    if (rc < 0) {
        FUZZ_REQUIRE(err.code == rc && *err.message && !strpbrk(err.message, "\n\r"));
        FUZZ_REQUIRE(xs_utf8_check(err.message, strlen(err.message)) == strlen(err.message));
        FUZZ_REQUIRE(!table.cells && !table.bytes);
        return 0;
    }
    long lines = 1;
    for (size_t i = 1; i < size; i++) lines += data[i] == '\n';
    check_table(&table, lines);
    xs_table_free(&table);
    return 0;
}
