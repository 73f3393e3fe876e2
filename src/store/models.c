// Trained models and their explanations, written and read; see store.h.
#include "base/alloc.h"
#include "store/checksum.h"
#include "store/database.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ------------------------------------------------------------ writing */

static int family_name(xs_store *store, int64_t family, char name[128], xsnr_error *err) {
    sqlite3_stmt *row;
    XS_TRY(xs_db_query(store, &row, err, "SELECT name FROM family WHERE family = ?", "i", family));
    int rc = xs_db_step(store, row, err);
    if (rc < 0) return rc;
    if (rc == 0)
        return xs_fail_at(err, XSNR_ERR_NOT_FOUND, store->path, 0, "there is no family number %" PRId64, family);
    const char *text = (const char *)sqlite3_column_text(row, 0);
    snprintf(name, 128, "%s", text ? text : "");
    sqlite3_reset(row);
    return XSNR_OK;
}

// The row of the model; −1: it is not there.
static int find_model(xs_store *store, int64_t family, uint32_t index, int64_t *model, xsnr_error *err) {
    return xs_db_integer(store, -1, model, err, "SELECT model FROM model WHERE family = ? AND position = ?", "ii", family,
                         (int64_t)index);
}

static int put_row(xs_store *store, const xs_store_model *m, xsnr_error *err) {
    const char *sql = "INSERT INTO model (family, position, seed_init, seed_order, seed_dropout, seed_sample, failure, "
                      "loss, steps, epochs, converged, seconds, explain_logits, test_logits) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    return xs_db_run(store, err, sql, "iiiiiitdiiidbb", m->family, (int64_t)m->index, (int64_t)m->seeds.init,
                     (int64_t)m->seeds.order, (int64_t)m->seeds.dropout, (int64_t)m->seeds.sample, m->failure,
                     m->training.loss, m->training.steps, (int64_t)m->training.epochs,
                     (int64_t)m->training.converged, m->seconds, (const void *)m->explain_logits,
                     m->n_explain_logits * sizeof(float), (const void *)m->test_logits,
                     m->n_test_logits * sizeof(float));
}

static int put_quality(xs_store *store, int64_t model, const xs_store_model *m, xsnr_error *err) {
    if (m->has_valid)
        XS_TRY(xs_db_run(store, err,
                         "UPDATE model SET valid_texts = ?, valid_accuracy = ?, valid_macro_f1 = ?, "
                         "valid_log_loss = ?, valid_calibration_error = ? WHERE model = ?",
                         "iddddi", (int64_t)m->valid.texts, m->valid.accuracy, m->valid.macro_f1, m->valid.log_loss,
                         m->valid.calibration_error, model));
    if (m->has_test)
        XS_TRY(xs_db_run(store, err,
                         "UPDATE model SET test_texts = ?, test_accuracy = ?, test_macro_f1 = ?, "
                         "test_log_loss = ?, test_calibration_error = ? WHERE model = ?",
                         "iddddi", (int64_t)m->test.texts, m->test.accuracy, m->test.macro_f1, m->test.log_loss,
                         m->test.calibration_error, model));
    return XSNR_OK;
}

// The row of an explainer, made at its first use.  Its settings may not change afterwards.
static int put_explainer(xs_store *store, int64_t family, const xs_store_explanation *e, int64_t *explainer,
                         xsnr_error *err) {
    XS_TRY(xs_db_run(store, err,
                     "INSERT INTO explainer (family, name, settings) VALUES (?, ?, ?) "
                     "ON CONFLICT (family, name) DO NOTHING",
                     "itt", family, e->explainer, e->settings ? e->settings : "{}"));
    XS_TRY(xs_db_integer(store, -1, explainer, err,
                         "SELECT explainer FROM explainer WHERE family = ? AND name = ? AND same_json(settings, ?)", "itt",
                         family, e->explainer, e->settings ? e->settings : "{}"));
    if (*explainer >= 0) return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_SCHEMA, store->path, 0,
                      "the study file holds explanations by '%s' with other settings; remove the file to explain anew",
                      e->explainer);
}

// How many words each text has, read once; texts are numbered 0, 1, ….
static int load_words(xs_store *store, xsnr_error *err) {
    sqlite3_stmt *row;
    int64_t count;
    int rc;
    XS_TRY(xs_db_integer(store, 0, &count, err, "SELECT count(*) FROM text", ""));
    XS_TRY(xs_db_query(store, &row, err, "SELECT text, words FROM text ORDER BY text", ""));
    store->n_words = 0;
    store->words = XS_NEW_ARRAY(int64_t, (size_t)count);
    if (!store->words) return xs_nomem(err);
    while ((rc = xs_db_step(store, row, err)) == 1)
        if (sqlite3_column_int64(row, 0) == (int64_t)store->n_words && store->n_words < (size_t)count)
            store->words[store->n_words++] = sqlite3_column_int64(row, 1);
    return rc;
}

static int check_scores(xs_store *store, const xs_store_explanation *e, xsnr_error *err) {
    if (!store->words) XS_TRY(load_words(store, err));
    int64_t words = e->text >= 0 && (uint64_t)e->text < store->n_words ? store->words[e->text] : -1;
    if (words < 0)
        return xs_fail_at(err, XSNR_ERR_NOT_FOUND, store->path, 0, "there is no text number %" PRId64, e->text);
    if ((size_t)words != e->n_words)
        return xs_fail_at(err, XSNR_ERR_ARGUMENT, store->path, 0,
                          "%s gave %zu scores for text number %" PRId64 ", which has %" PRId64 " words", e->explainer,
                          e->n_words, e->text, words);
    for (size_t w = 0; w < e->n_words; w++)
        if (!isfinite(e->scores[w]))
            return xs_fail_at(err, XSNR_ERR_NUMERIC, store->path, 0,
                              "%s gave word %zu of text number %" PRId64 " a score that is not finite", e->explainer,
                              w + 1, e->text);
    return XSNR_OK;
}

// explainer 0: of the model itself.  Sums of one explainer are joined by exclusive or.
static int put_checksum(xs_store *store, int64_t model, int64_t explainer, uint64_t sum, xsnr_error *err) {
    return xs_db_run(store, err, "INSERT INTO checksum VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET sum = (sum | ?3) - (sum & ?3)", "iii",
                     model, explainer, (int64_t)sum);
}

static int put_explanations(xs_store *store, int64_t family, uint32_t index, int64_t model,
                            const xs_store_explanation *explanations, size_t n, xsnr_error *err) {
    int64_t explainer = -1;
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        const xs_store_explanation *e = &explanations[i];
        bool same_as_before = i > 0 && strcmp(e->explainer, e[-1].explainer) == 0 && e->settings == e[-1].settings;
        if (!same_as_before && i) XS_TRY(put_checksum(store, model, explainer, sum, err));
        if (!same_as_before) {
            XS_TRY(put_explainer(store, family, e, &explainer, err));
            sum = 0;
        }
        sum ^= xs_checksum_explanation(e);
        XS_TRY(check_scores(store, e, err));
        XS_TRY(xs_db_run(store, err, "INSERT INTO explanation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", "iiiiiddddddb",
                         model, explainer, e->text, (int64_t)e->target, (int64_t)e->seed, e->f_input, e->f_baseline,
                         e->gap, e->unattributed, e->standard_error, e->outside,
                         e->n_words ? (const void *)e->scores : (const void *)"", e->n_words * sizeof(float)));
        if (!sqlite3_changes(store->db))
            return xs_fail_at(err, XSNR_ERR_ARGUMENT, store->path, 0,
                              "text number %" PRId64 " is explained by %s for model %" PRIu32 " already", e->text,
                              e->explainer, index);
    }
    return n ? put_checksum(store, model, explainer, sum, err) : XSNR_OK;
}

static int put_model(xs_store *store, const xs_store_model *m, const xs_store_explanation *explanations, size_t n,
                     xsnr_error *err) {
    char name[128];
    int64_t model;
    XS_TRY(family_name(store, m->family, name, err));
    XS_TRY(find_model(store, m->family, m->index, &model, err));
    if (model >= 0)
        return xs_fail_at(err, XSNR_ERR_ARGUMENT, store->path, 0, "model %" PRIu32 " of family '%s' is there already",
                          m->index, name);
    if (m->failure && n)
        return xs_fail_at(err, XSNR_ERR_ARGUMENT, store->path, 0,
                          "model %" PRIu32 " of family '%s' has failed and cannot have explanations", m->index, name);
    XS_TRY(put_row(store, m, err));
    model = sqlite3_last_insert_rowid(store->db);
    XS_TRY(put_quality(store, model, m, err));
    if (m->bytes) XS_TRY(xs_db_run(store, err, "INSERT INTO saved VALUES (?, ?)", "ib", model, m->bytes, m->n_bytes));
    XS_TRY(xs_db_run(store, err, "DELETE FROM checksum WHERE model = ?", "i", model)); // of a model that was taken out by hand
    XS_TRY(put_checksum(store, model, 0, xs_checksum_model(m), err));
    return put_explanations(store, m->family, m->index, model, explanations, n, err);
}

int xs_store_put_model(xs_store *store, const xs_store_model *model, const xs_store_explanation *explanations,
                       size_t n, xsnr_error *err) {
    XS_TRY(xs_db_begin(store, err));
    return xs_db_end(store, put_model(store, model, explanations, n, err), err);
}

static int add_explanations(xs_store *store, int64_t family, uint32_t index,
                            const xs_store_explanation *explanations, size_t n, xsnr_error *err) {
    char name[128];
    int64_t model, failed;
    XS_TRY(family_name(store, family, name, err));
    XS_TRY(find_model(store, family, index, &model, err));
    if (model < 0)
        return xs_fail_at(err, XSNR_ERR_NOT_FOUND, store->path, 0, "family '%s' has no model %" PRIu32 " yet", name,
                          index);
    XS_TRY(xs_db_integer(store, 0, &failed, err, "SELECT failure IS NOT NULL FROM model WHERE model = ?", "i", model));
    if (failed)
        return xs_fail_at(err, XSNR_ERR_ARGUMENT, store->path, 0,
                          "model %" PRIu32 " of family '%s' has failed and cannot have explanations", index, name);
    return put_explanations(store, family, index, model, explanations, n, err);
}

int xs_store_put_explanations(xs_store *store, int64_t family, uint32_t index,
                              const xs_store_explanation *explanations, size_t n, xsnr_error *err) {
    XS_TRY(xs_db_begin(store, err));
    return xs_db_end(store, add_explanations(store, family, index, explanations, n, err), err);
}

static int fail_model(xs_store *store, int64_t family, uint32_t index, const char *failure, xsnr_error *err) {
    int64_t model;
    XS_TRY(find_model(store, family, index, &model, err));
    XS_TRY(xs_db_run(store, err, "DELETE FROM faithfulness WHERE model = ?", "i", model));
    XS_TRY(xs_db_run(store, err, "DELETE FROM explanation WHERE model = ?", "i", model));
    XS_TRY(xs_db_run(store, err, "DELETE FROM checksum WHERE model = ? AND explainer > 0", "i", model));
    return xs_db_run(store, err, "UPDATE model SET failure = ? WHERE model = ?", "ti", failure, model);
}

int xs_store_fail_model(xs_store *store, int64_t family, uint32_t index, const char *failure, xsnr_error *err) {
    XS_TRY(xs_db_begin(store, err));
    return xs_db_end(store, fail_model(store, family, index, failure, err), err);
}

/* ------------------------------------------------------------ reading */

static int read_floats(sqlite3_stmt *row, int column, xs_arena *arena, const float **out, size_t *n,
                       xsnr_error *err) {
    const void *bytes;
    size_t size;
    XS_TRY(xs_db_blob(row, column, arena, &bytes, &size, err));
    *out = bytes;
    *n = size / sizeof(float);
    return XSNR_OK;
}

static bool read_quality(sqlite3_stmt *row, int column, xs_quality *out) {
    if (sqlite3_column_type(row, column) == SQLITE_NULL) return false;
    *out = (xs_quality){.texts = (size_t)sqlite3_column_int64(row, column),
                        .accuracy = xs_db_real(row, column + 1),
                        .macro_f1 = xs_db_real(row, column + 2),
                        .log_loss = xs_db_real(row, column + 3),
                        .calibration_error = xs_db_real(row, column + 4)};
    return true;
}

// What read_model reads, in its order.
#define MODEL_COLUMNS                                                                                         \
    "position, seed_init, seed_order, seed_dropout, seed_sample, failure, loss, steps, epochs, converged, seconds, "    \
    "valid_texts, valid_accuracy, valid_macro_f1, valid_log_loss, valid_calibration_error, test_texts, test_accuracy, " \
    "test_macro_f1, test_log_loss, test_calibration_error, explain_logits, test_logits"

static int read_model(sqlite3_stmt *row, xs_logits logits, xs_arena *arena, xs_store_model *m, xsnr_error *err) {
    int64_t position = sqlite3_column_int64(row, 0);
    if (position < 0 || position >= XS_STORE_MODELS)
        return xs_fail_at(err, XSNR_ERR_CORRUPT, xs_db_path(row), 0, "a model has the number %" PRId64 " in its family; numbers go from 0 to %d",
                          position, XS_STORE_MODELS - 1);
    m->index = (uint32_t)position;
    m->seeds = (xs_seeds){(uint64_t)sqlite3_column_int64(row, 1), (uint64_t)sqlite3_column_int64(row, 2),
                          (uint64_t)sqlite3_column_int64(row, 3), (uint64_t)sqlite3_column_int64(row, 4), 0};
    XS_TRY(xs_db_text_or_null(row, 5, arena, &m->failure, err));
    m->training = (xs_training){.loss = xs_db_real(row, 6),
                                .steps = sqlite3_column_int64(row, 7),
                                .epochs = sqlite3_column_int(row, 8),
                                .converged = sqlite3_column_int(row, 9) != 0};
    m->seconds = xs_db_real(row, 10);
    m->has_valid = read_quality(row, 11, &m->valid);
    m->has_test = read_quality(row, 16, &m->test);
    if (logits & XS_LOGITS_EXPLAIN) XS_TRY(read_floats(row, 21, arena, &m->explain_logits, &m->n_explain_logits, err));
    if (logits & XS_LOGITS_TEST) XS_TRY(read_floats(row, 22, arena, &m->test_logits, &m->n_test_logits, err));
    return XSNR_OK;
}

int xs_store_models(xs_store *store, int64_t family, xs_logits logits, xs_arena *arena, xs_store_model **out, size_t *n,
                    xsnr_error *err) {
    sqlite3_stmt *row;
    *out = NULL;
    *n = 0;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err,
                         "SELECT " MODEL_COLUMNS " FROM model WHERE family = ? ORDER BY position",
                         "i", family);
    while (rc == XSNR_OK && (rc = xs_db_step(store, row, err)) == 1) {
        xs_store_model *rows = xs_db_grow(arena, *out, *n, sizeof *rows);
        if (rows) *out = rows;
        rc = rows ? read_model(row, logits, arena, &rows[*n], err) : xs_nomem(err);
        if (rc == XSNR_OK) rows[(*n)++].family = family;
    }
    return xs_db_leave(store, rc);
}

int xs_store_logits(xs_store *store, int64_t family, uint32_t index, xs_logits which, xs_arena *arena, const float **out,
                    size_t *n, xsnr_error *err) {
    sqlite3_stmt *row;
    *out = NULL;
    *n = 0;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err,
                         which == XS_LOGITS_TEST ? "SELECT test_logits FROM model WHERE family = ? AND position = ?"
                                                 : "SELECT explain_logits FROM model WHERE family = ? AND position = ?",
                         "ii", family, (int64_t)index);
    if (rc == XSNR_OK) rc = xs_db_step(store, row, err);
    if (rc == 1) rc = read_floats(row, 0, arena, out, n, err);
    return xs_db_leave(store, rc);
}

int xs_store_model_bytes(xs_store *store, int64_t family, uint32_t index, xs_arena *arena, const void **bytes,
                         size_t *n, xsnr_error *err) {
    sqlite3_stmt *row;
    *bytes = NULL;
    *n = 0;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err,
                         "SELECT bytes FROM model JOIN saved USING (model) WHERE family = ? AND position = ?", "ii",
                         family, (int64_t)index);
    if (rc == XSNR_OK) rc = xs_db_step(store, row, err);
    if (rc == 1) rc = xs_db_blob(row, 0, arena, bytes, n, err);
    return xs_db_leave(store, rc);
}

int xs_store_model_of(xs_store *store, int64_t family, uint32_t index, xs_arena *arena, xs_store_model *out,
                      xsnr_error *err) {
    sqlite3_stmt *row;
    *out = (xs_store_model){.family = family, .index = index};
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err, "SELECT " MODEL_COLUMNS " FROM model WHERE family = ? AND position = ?", "ii",
                         family, (int64_t)index);
    if (rc == XSNR_OK) rc = xs_db_step(store, row, err);
    if (rc == 0)
        rc = xs_fail_at(err, XSNR_ERR_NOT_FOUND, store->path, 0, "there is no model %" PRIu32 " of family number %" PRId64,
                        index, family);
    if (rc == 1) rc = read_model(row, XS_LOGITS_BOTH, arena, out, err);
    xs_db_leave(store, rc);
    return rc == XSNR_OK ? xs_store_model_bytes(store, family, index, arena, &out->bytes, &out->n_bytes, err) : rc;
}
