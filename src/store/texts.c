// Classes, explained texts and gold labels: what a study is about; see store.h.
//
// They are written before the first model and never change.  Writing them again, as a run does that was
// killed early, is fine as long as they are the same.
#include "base/alloc.h"
#include "store/database.h"
#include <string.h>

static int other(const xs_store *store, const char *what, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_SCHEMA, store->path, 0,
                      "the study file holds other %s; it belongs to another study", what);
}

static int same_count(xs_store *store, const char *what, int64_t count, int64_t n, xsnr_error *err) {
    return count == n ? XSNR_OK : other(store, what, err);
}

/* ------------------------------------------------------------ classes */

static int put_labels(xs_store *store, const char *const *labels, int n, xsnr_error *err) {
    int64_t same, count;
    for (int c = 0; c < n; c++) {
        XS_TRY(xs_db_run(store, err, "INSERT INTO label VALUES (?, ?) ON CONFLICT (class) DO NOTHING", "it", (int64_t)c, labels[c]));
        XS_TRY(xs_db_integer(store, 0, &same, err, "SELECT count(*) FROM label WHERE class = ? AND name = ?", "it",
                             (int64_t)c, labels[c]));
        XS_TRY(same_count(store, "classes", same, 1, err));
    }
    XS_TRY(xs_db_integer(store, 0, &count, err, "SELECT count(*) FROM label", ""));
    return same_count(store, "classes", count, n, err);
}

int xs_store_put_labels(xs_store *store, const char *const *labels, int n, xsnr_error *err) {
    XS_TRY(xs_db_begin(store, err));
    return xs_db_end(store, put_labels(store, labels, n, err), err);
}

int xs_store_labels(xs_store *store, xs_arena *arena, const char ***labels, int *n, xsnr_error *err) {
    sqlite3_stmt *row;
    *labels = NULL;
    *n = 0;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err, "SELECT name FROM label ORDER BY class", "");
    while (rc == XSNR_OK && (rc = xs_db_step(store, row, err)) == 1) {
        const char **rows = xs_db_grow(arena, *labels, (size_t)*n, sizeof *rows);
        if (rows) *labels = rows;
        rc = rows ? xs_db_text(row, 0, arena, &rows[(*n)++], err) : xs_nomem(err);
    }
    return xs_db_leave(store, rc);
}

/* ------------------------------------------------------------ texts */

// One text; the label is bound as an integer or, if there is none, left out.
static int put_text(xs_store *store, const xs_store_text *text, xsnr_error *err) {
    int64_t same;
    XS_TRY(xs_db_run(store, err,
                     "INSERT INTO text (text, name, split, class, words, content) "
                     "VALUES (?1, ?2, ?3, iif(?4 < 0, NULL, ?4), ?5, ?6) ON CONFLICT (text) DO NOTHING",
                     "ittiit", text->id, text->name, text->split, (int64_t)text->label, (int64_t)text->n_words,
                     text->text));
    XS_TRY(xs_db_integer(store, 0, &same, err,
                         "SELECT count(*) FROM text WHERE text = ?1 AND name = ?2 AND split = ?3 "
                         "AND class IS iif(?4 < 0, NULL, ?4) AND words = ?5 AND content = ?6",
                         "ittiit", text->id, text->name, text->split, (int64_t)text->label, (int64_t)text->n_words,
                         text->text));
    XS_TRY(same_count(store, "texts", same, 1, err));
    for (size_t w = 0; w < text->n_words; w++) {
        const xs_text_word *word = &text->words[w];
        XS_TRY(xs_db_run(store, err, "INSERT OR REPLACE INTO word VALUES (?, ?, ?, ?, ?, ?, ?, ?)", "iitiiiii", text->id,
                         (int64_t)w, word->text, (int64_t)word->start, (int64_t)word->end, (int64_t)word->byte_start,
                         (int64_t)word->byte_end, (int64_t)word->sentence));
    }
    return XSNR_OK;
}

static int put_texts(xs_store *store, const xs_store_text *texts, size_t n, xsnr_error *err) {
    int64_t count;
    xs_free(store->words);
    store->words = NULL;
    for (size_t t = 0; t < n; t++) XS_TRY(put_text(store, &texts[t], err));
    XS_TRY(xs_db_integer(store, 0, &count, err, "SELECT count(*) FROM text", ""));
    return same_count(store, "texts", count, (int64_t)n, err);
}

int xs_store_put_texts(xs_store *store, const xs_store_text *texts, size_t n, xsnr_error *err) {
    XS_TRY(xs_db_begin(store, err));
    return xs_db_end(store, put_texts(store, texts, n, err), err);
}

static int read_words(xs_store *store, xs_arena *arena, xs_store_text *text, xsnr_error *err) {
    sqlite3_stmt *row;
    int64_t there; // a text that claims more words than there are does not get their memory
    XS_TRY(xs_db_integer(store, 0, &there, err, "SELECT count(*) FROM word WHERE text = ?", "i", text->id));
    if (there < (int64_t)text->n_words)
        return xs_fail_at(err, XSNR_ERR_CORRUPT, store->path, 0, "text '%s' should have %zu words and has fewer", text->name, text->n_words);
    xs_text_word *words = XS_ARENA_ARRAY(arena, xs_text_word, text->n_words);
    if (!words) return xs_nomem(err);
    XS_TRY(xs_db_query(store, &row, err,
                       "SELECT word, start, end, byte_start, byte_end, sentence FROM word WHERE text = ? "
                       "ORDER BY position",
                       "i", text->id));
    size_t n = 0;
    int rc;
    while ((rc = xs_db_step(store, row, err)) == 1) {
        if (n == text->n_words) break;
        xs_text_word *word = &words[n++];
        XS_TRY(xs_db_text(row, 0, arena, &word->text, err));
        word->start = (uint32_t)sqlite3_column_int64(row, 1);
        word->end = (uint32_t)sqlite3_column_int64(row, 2);
        word->byte_start = (uint32_t)sqlite3_column_int64(row, 3);
        word->byte_end = (uint32_t)sqlite3_column_int64(row, 4);
        word->sentence = (uint32_t)sqlite3_column_int64(row, 5);
    }
    if (rc < 0) return rc;
    if (rc == 1 || n < text->n_words)
        return xs_fail_at(err, XSNR_ERR_CORRUPT, store->path, 0, "text '%s' should have %zu words and has %s",
                          text->name, text->n_words, rc == 1 ? "more" : "fewer");
    text->words = words;
    return XSNR_OK;
}

static int read_text(xs_store *store, sqlite3_stmt *row, xs_arena *arena, xs_store_text *text, xsnr_error *err) {
    text->id = sqlite3_column_int64(row, 0);
    text->label = sqlite3_column_type(row, 3) == SQLITE_NULL ? -1 : sqlite3_column_int(row, 3);
    int64_t words = sqlite3_column_int64(row, 4);
    XS_TRY(xs_db_text(row, 1, arena, &text->name, err));
    XS_TRY(xs_db_text(row, 2, arena, &text->split, err));
    XS_TRY(xs_db_text(row, 5, arena, &text->text, err));
    if (words < 0 || words > UINT32_MAX)
        return xs_fail_at(err, XSNR_ERR_CORRUPT, store->path, 0, "text '%s' cannot have %lld words", text->name,
                          (long long)words);
    text->n_words = (size_t)words;
    return read_words(store, arena, text, err);
}

int xs_store_texts(xs_store *store, xs_arena *arena, xs_store_text **out, size_t *n, xsnr_error *err) {
    sqlite3_stmt *row;
    *out = NULL;
    *n = 0;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err, "SELECT text, name, split, class, words, content FROM text ORDER BY text", "");
    while (rc == XSNR_OK && (rc = xs_db_step(store, row, err)) == 1) {
        xs_store_text *rows = xs_db_grow(arena, *out, *n, sizeof *rows);
        if (rows) *out = rows;
        rc = rows ? read_text(store, row, arena, &rows[(*n)++], err) : xs_nomem(err);
    }
    return xs_db_leave(store, rc);
}

/* ------------------------------------------------------------ gold */

int xs_store_put_gold(xs_store *store, const char *split, const int32_t *labels, size_t n, xsnr_error *err) {
    const void *bytes = n ? (const void *)labels : "";
    size_t size = n * sizeof *labels;
    int64_t same;
    XS_TRY(xs_db_begin(store, err));
    int rc = xs_db_run(store, err, "INSERT INTO gold VALUES (?, ?) ON CONFLICT (split) DO NOTHING", "tb", split, bytes, size);
    if (rc == XSNR_OK)
        rc = xs_db_integer(store, 0, &same, err, "SELECT count(*) FROM gold WHERE split = ? AND classes = ?", "tb",
                           split, bytes, size);
    if (rc == XSNR_OK) rc = same_count(store, "gold labels", same, 1, err);
    return xs_db_end(store, rc, err);
}

int xs_store_gold(xs_store *store, const char *split, xs_arena *arena, int32_t **labels, size_t *n,
                  xsnr_error *err) {
    sqlite3_stmt *row;
    const void *bytes = NULL;
    size_t size = 0;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err, "SELECT classes FROM gold WHERE split = ?", "t", split);
    if (rc == XSNR_OK) rc = xs_db_step(store, row, err);
    if (rc == 1) rc = xs_db_blob(row, 0, arena, &bytes, &size, err);
    if (rc == XSNR_OK && size % sizeof **labels)
        rc = xs_fail_at(err, XSNR_ERR_CORRUPT, store->path, 0, "the gold labels of '%s' are cut short", split);
    *labels = (int32_t *)(uintptr_t)bytes; // of this arena: the caller's
    *n = size / sizeof **labels;
    return xs_db_leave(store, rc);
}
