// Is a study file whole and consistent?  See store.h.
//
// SQLite checks its pages, its constraints and its foreign keys; queries check what the schema says in words:
// sizes of blobs, counts that must agree, numbers that must be numbers, seeds that must differ.  Every query
// returns its findings as sentences.  What is plausible and was not written so is found by checksums.
#include "store/checksum.h"
#include "store/database.h"
#include <math.h>
#include <string.h>

typedef struct findings {
    xs_store *store;
    xs_str *out;
    size_t n;
} findings;

static int add(findings *f, const char *line, xsnr_error *err) {
    f->n++;
    for (const char *p = line; *p; p++) { // one line a finding, whatever the file holds
        char c = (unsigned char)*p < ' ' || *p == 0x7F ? ' ' : *p;
        if (xs_str_append(f->out, &c, 1)) return xs_nomem(err);
    }
    return xs_str_put(f->out, "\n") ? xs_nomem(err) : XSNR_OK;
}

// Damage that SQLite meets on its way through a table is a finding, too, and ends that query.
static int damage(findings *f, int code, xsnr_error *err) {
    xsnr_error found = {0};
    int rc = xs_db_fail(f->store->db, f->store->path, code, &found);
    if (rc == XSNR_ERR_CORRUPT) return add(f, found.message, err);
    if (err) *err = found;
    return rc;
}

// Every row's first column is a finding; `prefix` goes before it.
static int sentences(findings *f, const char *prefix, const char *sql, xsnr_error *err) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(f->store->db, sql, -1, &statement, NULL);
    int rc = code == SQLITE_OK ? XSNR_OK : damage(f, code, err);
    while (rc == XSNR_OK && statement && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        if (text && strcmp(text, "ok") == 0) continue; // of integrity_check
        xs_str line = {0};
        xs_str_printf(&line, "%s%s", prefix, text ? text : "(out of memory)");
        rc = xs_str_failed(&line) ? xs_nomem(err) : add(f, line.data, err);
        xs_str_free(&line);
    }
    if (rc == XSNR_OK && statement && code != SQLITE_DONE) rc = damage(f, code, err);
    sqlite3_finalize(statement);
    return rc;
}

// Who a row of `explanation e` is.
#define EXPLANATION                                                                                            \
    "format('model %d of family ''%s'', %s, text ''%s'': ', m.position, f.name, x.name, t.name)"
#define OF_EXPLANATIONS                                                                                        \
    " FROM explanation e JOIN model m USING (model) JOIN family f USING (family) "                             \
    "JOIN explainer x USING (explainer) JOIN text t USING (text) "
#define MODEL "format('model %d of family ''%s'': ', m.position, f.name)"
#define OF_MODELS " FROM model m JOIN family f USING (family) "
#define ROWS_LIMIT " LIMIT 1000"

static const char *const questions[] = {
    // counts
    "SELECT format('text ''%s'' should have %d words and has %d', t.name, t.words, count(w.text)) FROM text t "
    "LEFT JOIN word w USING (text) GROUP BY t.text HAVING count(w.text) <> t.words OR "
    "  (t.words > 0 AND (min(w.position) <> 0 OR max(w.position) <> t.words - 1))" ROWS_LIMIT,
    "SELECT format('texts are numbered up to %d, but there are %d', max(text), count(*)) FROM text "
    "HAVING count(*) > 0 AND max(text) <> count(*) - 1",
    "SELECT format('classes are numbered up to %d, but there are %d', max(class), count(*)) FROM label "
    "HAVING count(*) > 0 AND max(class) <> count(*) - 1",
    "SELECT " MODEL " || format('explained by %s are %d of %d texts', x.name, count(e.text), (SELECT count(*) FROM text))" OF_MODELS
    "JOIN explainer x USING (family) LEFT JOIN explanation e ON e.model = m.model AND e.explainer = x.explainer "
    "WHERE m.failure IS NULL GROUP BY m.model, x.explainer "
    "HAVING count(e.text) NOT IN (0, (SELECT count(*) FROM text))" ROWS_LIMIT,
    "SELECT " MODEL " || 'it has failed and has explanations all the same'" OF_MODELS
    "WHERE m.failure IS NOT NULL AND EXISTS (SELECT 1 FROM explanation e WHERE e.model = m.model)" ROWS_LIMIT,
    // words
    "SELECT format('text ''%s'': word %d does not lie in the text', t.name, w.position + 1) FROM word w "
    "JOIN text t USING (text) WHERE w.start < 0 OR w.end < w.start OR w.end > length(t.content) "
    "OR w.byte_start < 0 OR w.byte_end < w.byte_start OR w.byte_end > length(CAST(t.content AS BLOB))" ROWS_LIMIT,
    // sizes of blobs
    "SELECT " EXPLANATION " || format('%d bytes of scores, %d words need %d', length(e.scores), t.words, 4 * t.words)"
    OF_EXPLANATIONS "WHERE length(e.scores) <> 4 * t.words" ROWS_LIMIT,
    "SELECT " MODEL " || format('%d bytes of logits of the explained texts, %d are right', length(m.explain_logits), n)"
    OF_MODELS ", (SELECT 4 * (SELECT count(*) FROM text) * (SELECT count(*) FROM label) AS n) "
    "WHERE length(m.explain_logits) <> n" ROWS_LIMIT,
    "SELECT " MODEL " || format('%d bytes of logits of the test texts, %d are right', length(m.test_logits), n)"
    OF_MODELS ", (SELECT length(classes) * (SELECT count(*) FROM label) AS n FROM gold WHERE split = 'test') "
    "WHERE length(m.test_logits) <> n" ROWS_LIMIT,
    "SELECT format('gold classes of ''%s'': %d bytes are no whole number of classes', split, length(classes)) FROM gold "
    "WHERE length(classes) % 4 <> 0",
    // what refers to what
    "SELECT " EXPLANATION " || 'the explainer belongs to another family'" OF_EXPLANATIONS
    "WHERE x.family <> m.family" ROWS_LIMIT,
    "SELECT " EXPLANATION " || format('its target %d is not a class', e.target)" OF_EXPLANATIONS
    "WHERE e.target NOT IN (SELECT class FROM label) AND NOT (e.target = -1 AND f.type = 'imported')" ROWS_LIMIT,
    // numbers
    "SELECT " MODEL " || 'its accuracy is not between 0 and 1'" OF_MODELS
    "WHERE m.valid_accuracy NOT BETWEEN 0 AND 1 OR m.test_accuracy NOT BETWEEN 0 AND 1" ROWS_LIMIT,
    // seeds
    "SELECT format('models %d and %d of family ''%s'' have the same seeds: one of them tells nothing new', "
    "a.position, b.position, f.name) FROM model a JOIN model b ON a.family = b.family AND a.position < b.position "
    "AND a.seed_init = b.seed_init AND a.seed_order = b.seed_order AND a.seed_dropout = b.seed_dropout "
    "AND a.seed_sample = b.seed_sample JOIN family f ON f.family = a.family" ROWS_LIMIT,
};

/* ------------------------------------------------------------ inside the blobs */

static bool all_finite(const unsigned char *bytes, size_t size) {
    for (size_t i = 0; i + sizeof(float) <= size; i += sizeof(float)) {
        float value;
        memcpy(&value, bytes + i, sizeof value);
        if (!isfinite(value)) return false;
    }
    return true;
}

// Rows of (a blob of float32, who it is).
static int check_finite(findings *f, const char *what, const char *sql, xsnr_error *err) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(f->store->db, sql, -1, &row, NULL);
    int rc = code == SQLITE_OK ? XSNR_OK : damage(f, code, err);
    while (rc == XSNR_OK && row && (code = sqlite3_step(row)) == SQLITE_ROW) {
        if (all_finite(sqlite3_column_blob(row, 0), (size_t)sqlite3_column_bytes(row, 0))) continue;
        const char *who = (const char *)sqlite3_column_text(row, 1);
        xs_str line = {0};
        xs_str_printf(&line, "%s%s", who ? who : "", what);
        rc = xs_str_failed(&line) ? xs_nomem(err) : add(f, line.data, err);
        xs_str_free(&line);
    }
    if (rc == XSNR_OK && row && code != SQLITE_DONE) rc = damage(f, code, err);
    sqlite3_finalize(row);
    return rc;
}

// Files made before there were rationales, or phrases, lack their tables.
static int check_marks(findings *f, xsnr_error *err) {
    xsnr_error found = {0};
    xs_arena arena = {0};
    xs_store_rationale *rows;
    xs_store_phrases phrases;
    size_t n;
    int rc = xs_store_rationales(f->store, &arena, &rows, &n, &found);
    if (rc == XSNR_OK) rc = xs_store_phrases_of(f->store, &arena, &phrases, &found);
    xs_arena_free(&arena);
    if (rc == XSNR_ERR_CORRUPT) return add(f, found.message, err);
    if (rc < 0 && err) *err = found;
    return rc;
}

/* ------------------------------------------------------------ what changed since it was written */

// *sum: what was written of a model by an explainer, NULL: of the model itself.  False: nothing is known.
static int read_checksum(xs_store *store, int64_t family, uint32_t index, const char *explainer, bool *known, uint64_t *sum, xsnr_error *err) {
    sqlite3_stmt *row;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err,
                         "SELECT sum FROM checksum WHERE model = (SELECT model FROM model WHERE family = ?1 AND position = ?2) AND "
                         "explainer = CASE WHEN ?3 IS NULL THEN 0 ELSE (SELECT explainer FROM explainer WHERE family = ?1 AND name = ?3) END",
                         "iit", family, (int64_t)index, explainer);
    if (rc == XSNR_OK) rc = xs_db_step(store, row, err);
    *known = rc == 1;
    if (rc == 1) *sum = (uint64_t)sqlite3_column_int64(row, 0);
    return xs_db_leave(store, rc < 0 ? rc : XSNR_OK);
}

static int compare_checksum(findings *f, const xs_store_family *family, uint32_t index, const char *explainer, uint64_t sum, xsnr_error *err) {
    bool known;
    uint64_t written = 0;
    XS_TRY(read_checksum(f->store, family->id, index, explainer, &known, &written, err));
    if (!known || sum == written) return XSNR_OK;
    xs_str line = {0};
    xs_str_printf(&line, "model %u of family '%s'%s%s: changed since it was written (its checksum is another)", (unsigned)index, family->name,
                  explainer ? ", " : "", explainer ? explainer : "");
    int rc = xs_str_failed(&line) ? xs_nomem(err) : add(f, line.data, err);
    xs_str_free(&line);
    return rc;
}

static int check_model(findings *f, const xs_store_family *family, uint32_t index, xs_arena *arena, xsnr_error *err) {
    xs_store_model model;
    xs_store_explanation *rows;
    size_t n;
    XS_TRY(xs_store_model_of(f->store, family->id, index, arena, &model, err));
    XS_TRY(compare_checksum(f, family, index, NULL, xs_checksum_model(&model), err));
    XS_TRY(xs_store_explanations_of(f->store, family->id, index, arena, &rows, &n, err));
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) { // by explainer
        sum ^= xs_checksum_explanation(&rows[i]);
        if (i + 1 < n && strcmp(rows[i].explainer, rows[i + 1].explainer) == 0) continue;
        XS_TRY(compare_checksum(f, family, index, rows[i].explainer, sum, err));
        sum = 0;
    }
    return XSNR_OK;
}

// A checksum tells that something changed, and not what: asked last, where nothing else is wrong.
static int check_sums(findings *f, xsnr_error *err) {
    xs_arena arena = {0};
    xs_store_family *families;
    xs_store_model *models;
    size_t n_families = 0, n;
    int64_t there = 0;
    int rc = xs_db_integer(f->store, 0, &there, err, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'checksum'", "");
    if (rc == XSNR_OK && there) rc = xs_store_families(f->store, &arena, &families, &n_families, err);
    for (size_t k = 0; rc == XSNR_OK && k < n_families; k++) {
        rc = xs_store_models(f->store, families[k].id, XS_LOGITS_NONE, &arena, &models, &n, err);
        for (size_t m = 0; rc == XSNR_OK && m < n; m++) {
            xs_arena_mark mark = xs_arena_save(&arena);
            rc = check_model(f, &families[k], models[m].index, &arena, err);
            xs_arena_rewind(&arena, mark);
        }
    }
    xs_arena_free(&arena);
    return rc;
}

static int check(findings *f, xsnr_error *err) {
    XS_TRY(sentences(f, "database: ", "PRAGMA integrity_check(100)", err));
    XS_TRY(sentences(f, "", "SELECT format('%s refers to rows of %s that are not there (%d times)', \"table\", parent, "
                            "count(*)) FROM pragma_foreign_key_check GROUP BY \"table\", parent", err));
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) XS_TRY(sentences(f, "", questions[i], err));
    XS_TRY(check_marks(f, err));
    XS_TRY(check_finite(f, "a score is not finite", "SELECT e.scores, " EXPLANATION OF_EXPLANATIONS, err));
    XS_TRY(check_finite(f, "a logit is not finite", "SELECT m.explain_logits, " MODEL OF_MODELS
                                              "WHERE m.explain_logits IS NOT NULL", err));
    XS_TRY(check_finite(f, "a logit is not finite", "SELECT m.test_logits, " MODEL OF_MODELS "WHERE m.test_logits IS NOT NULL", err));
    return f->n ? XSNR_OK : check_sums(f, err);
}

int xs_store_check(const char *path, xs_str *out, size_t *n_findings, xsnr_error *err) {
    findings f = {.out = out};
    *n_findings = 0;
    XS_TRY(xs_store_open(path, XS_STORE_READ, &f.store, err));
    int rc = check(&f, err);
    xs_store_close(f.store);
    *n_findings = f.n;
    return rc;
}
