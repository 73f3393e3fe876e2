// What is done already, and the scores of one text over all models; see store.h.
#include "store/database.h"
#include <inttypes.h>
#include <string.h>

int xs_store_progress(xs_store *store, int64_t family, const char *explainer, uint32_t models, unsigned char *done,
                      xsnr_error *err) {
    sqlite3_stmt *row;
    int64_t texts = 0;
    memset(done, 0, models);
    xs_db_enter(store);
    int rc = xs_db_integer(store, 0, &texts, err, "SELECT count(*) FROM text", "");
    if (rc == XSNR_OK)
        rc = xs_db_query(store, &row, err,
                         "SELECT position, failure IS NOT NULL, (SELECT count(*) FROM explanation e "
                         "  WHERE e.model = m.model AND e.explainer = "
                         "    (SELECT explainer FROM explainer WHERE family = ?1 AND name = ?2)) "
                         "FROM model m WHERE family = ?1 AND position < ?3",
                         "iti", family, explainer, (int64_t)models);
    while (rc == XSNR_OK && (rc = xs_db_step(store, row, err)) == 1) {
        bool failed = sqlite3_column_int(row, 1), explained = explainer && sqlite3_column_int64(row, 2) == texts;
        int64_t position = sqlite3_column_int64(row, 0);
        if (position >= 0) done[position] = (unsigned char)(1 | failed << 1 | explained << 2);
        rc = XSNR_OK;
    }
    return xs_db_leave(store, rc);
}

// Room for so many models.
static int make_room(size_t models, size_t words, xs_arena *arena, xs_store_scores *out, xsnr_error *err) {
    if (models && words > SIZE_MAX / models) return xs_nomem(err);
    *out = (xs_store_scores){.models = models, .words = words};
    out->model = XS_ARENA_ARRAY(arena, uint32_t, models);
    out->scores = XS_ARENA_ARRAY(arena, double, models *words);
    out->target = XS_ARENA_ARRAY(arena, int, models);
    out->seed = XS_ARENA_ARRAY(arena, uint64_t, models);
    out->gap = XS_ARENA_ARRAY(arena, double, models);
    out->unattributed = XS_ARENA_ARRAY(arena, double, models);
    out->standard_error = XS_ARENA_ARRAY(arena, double, models);
    out->outside = XS_ARENA_ARRAY(arena, double, models);
    bool all = out->model && out->scores && out->target && out->seed && out->gap && out->unattributed &&
               out->standard_error && out->outside;
    return all ? XSNR_OK : xs_nomem(err);
}

static int room_for_text(xs_store *store, int64_t family, int64_t explainer, int64_t text, xs_arena *arena,
                         xs_store_scores *out, xsnr_error *err) {
    int64_t models, words;
    XS_TRY(xs_db_integer(store, -1, &words, err, "SELECT words FROM text WHERE text = ?", "i", text));
    if (words < 0)
        return xs_fail_at(err, XSNR_ERR_NOT_FOUND, store->path, 0, "there is no text number %" PRId64, text);
    XS_TRY(xs_db_integer(store, 0, &models, err,
                         "SELECT count(*) FROM model m JOIN explanation e ON e.model = m.model AND e.explainer = ?2 "
                         "AND e.text = ?3 WHERE m.family = ?1",
                         "iii", family, explainer, text));
    return make_room((size_t)models, (size_t)words, arena, out, err);
}

static int read_row(xs_store *store, sqlite3_stmt *row, size_t i, int64_t text, xs_store_scores *out,
                    xsnr_error *err) {
    out->model[i] = (uint32_t)sqlite3_column_int64(row, 0);
    out->target[i] = sqlite3_column_int(row, 1);
    out->seed[i] = (uint64_t)sqlite3_column_int64(row, 6);
    out->gap[i] = xs_db_real(row, 2);
    out->unattributed[i] = xs_db_real(row, 3);
    out->standard_error[i] = xs_db_real(row, 4);
    out->outside[i] = xs_db_real(row, 7);
    const unsigned char *bytes = sqlite3_column_blob(row, 5); // aligned as it happens
    size_t size = (size_t)sqlite3_column_bytes(row, 5);
    if (size != out->words * sizeof(float))
        return xs_fail_at(err, XSNR_ERR_CORRUPT, store->path, 0,
                          "model %" PRIu32 " has scores of %zu bytes for text number %" PRId64 " of %zu words",
                          out->model[i], size, text, out->words);
    double *scores = out->scores + i * out->words;
    for (size_t w = 0; w < out->words; w++) {
        float score;
        memcpy(&score, bytes + w * sizeof score, sizeof score);
        scores[w] = (double)score;
    }
    return XSNR_OK;
}

static int read_scores(xs_store *store, int64_t family, const char *explainer, int64_t text, xs_arena *arena,
                       xs_store_scores *out, xsnr_error *err) {
    sqlite3_stmt *row;
    int64_t id;
    XS_TRY(xs_db_integer(store, -1, &id, err, "SELECT explainer FROM explainer WHERE family = ? AND name = ?", "it", family,
                         explainer));
    XS_TRY(room_for_text(store, family, id, text, arena, out, err));
    XS_TRY(xs_db_query(store, &row, err,
                       "SELECT m.position, e.target, e.gap, e.unattributed, e.standard_error, e.scores, e.seed, "
                       "e.outside "
                       "FROM model m JOIN explanation e ON e.model = m.model AND e.explainer = ?2 AND e.text = ?3 "
                       "WHERE m.family = ?1 ORDER BY m.position",
                       "iii", family, id, text));
    size_t n = 0;
    int rc = XSNR_OK;
    while (n < out->models && (rc = xs_db_step(store, row, err)) == 1) XS_TRY(read_row(store, row, n++, text, out, err));
    return rc < 0 ? rc : XSNR_OK;
}

int xs_store_scores_of(xs_store *store, int64_t family, const char *explainer, int64_t text, xs_arena *arena,
                       xs_store_scores *out, xsnr_error *err) {
    *out = (xs_store_scores){0};
    xs_db_enter(store);
    return xs_db_leave(store, read_scores(store, family, explainer, text, arena, out, err));
}

// Explanations lie by model, explainer, text: a few texts of a model are side by side, and one search finds them all.
static int read_texts(xs_store *store, int64_t family, const char *explainer, const xs_store_text *texts, size_t n_texts,
                      xs_arena *arena, xs_store_scores *out, xsnr_error *err) {
    sqlite3_stmt *row;
    int64_t id, models;
    if (!n_texts) return XSNR_OK;
    XS_TRY(xs_db_integer(store, -1, &id, err, "SELECT explainer FROM explainer WHERE family = ? AND name = ?", "it", family,
                         explainer));
    XS_TRY(xs_db_integer(store, 0, &models, err, "SELECT count(*) FROM model WHERE family = ?", "i", family));
    for (size_t t = 0; t < n_texts; t++) {
        XS_TRY(make_room((size_t)models, texts[t].n_words, arena, &out[t], err));
        out[t].models = 0;
    }
    XS_TRY(xs_db_query(store, &row, err,
                       "SELECT m.position, e.target, e.gap, e.unattributed, e.standard_error, e.scores, e.seed, "
                       "e.outside, e.text "
                       "FROM model m CROSS JOIN explanation e ON e.model = m.model AND e.explainer = ?2 "
                       "AND e.text BETWEEN ?3 AND ?4 WHERE m.family = ?1 ORDER BY m.position, e.text",
                       "iiii", family, id, texts[0].id, texts[n_texts - 1].id));
    size_t t = 0;
    int rc = XSNR_OK;
    while ((rc = xs_db_step(store, row, err)) == 1) {
        int64_t text = sqlite3_column_int64(row, 8);
        if (text < texts[t].id) t = 0; // the next model's
        while (t + 1 < n_texts && texts[t].id < text) t++;
        if (texts[t].id != text) continue;
        if (out[t].models == (size_t)models)
            return xs_fail_at(err, XSNR_ERR_CORRUPT, store->path, 0, "text number %" PRId64 " has more explanations than models", text);
        XS_TRY(read_row(store, row, out[t].models, text, &out[t], err));
        out[t].models++;
    }
    return rc < 0 ? rc : XSNR_OK;
}

int xs_store_scores_of_texts(xs_store *store, int64_t family, const char *explainer, const xs_store_text *texts, size_t n_texts,
                             xs_arena *arena, xs_store_scores *out, xsnr_error *err) {
    memset(out, 0, n_texts * sizeof *out);
    xs_db_enter(store);
    return xs_db_leave(store, read_texts(store, family, explainer, texts, n_texts, arena, out, err));
}

static int read_explanation(sqlite3_stmt *row, xs_arena *arena, const xs_store_explanation *before,
                            xs_store_explanation *e, xsnr_error *err) {
    const void *bytes;
    size_t size;
    const char *name = (const char *)sqlite3_column_text(row, 0);
    bool same = before && name && strcmp(before->explainer, name) == 0; // its name and settings are read once
    *e = (xs_store_explanation){.explainer = same ? before->explainer : NULL, .settings = same ? before->settings : NULL};
    if (!same) XS_TRY(xs_db_text(row, 0, arena, &e->explainer, err));
    if (!same) XS_TRY(xs_db_text(row, 1, arena, &e->settings, err));
    XS_TRY(xs_db_blob(row, 11, arena, &bytes, &size, err));
    e->text = sqlite3_column_int64(row, 2);
    e->target = sqlite3_column_int(row, 3);
    e->seed = (uint64_t)sqlite3_column_int64(row, 4);
    e->f_input = xs_db_real(row, 5);
    e->f_baseline = xs_db_real(row, 6);
    e->gap = xs_db_real(row, 7);
    e->unattributed = xs_db_real(row, 8);
    e->standard_error = xs_db_real(row, 9);
    e->outside = xs_db_real(row, 10);
    e->scores = bytes;
    e->n_words = size / sizeof *e->scores;
    return XSNR_OK;
}

int xs_store_explanations_of(xs_store *store, int64_t family, uint32_t index, xs_arena *arena, xs_store_explanation **out,
                             size_t *n, xsnr_error *err) {
    sqlite3_stmt *row;
    *out = NULL;
    *n = 0;
    xs_db_enter(store);
    int rc = xs_db_query(store, &row, err,
                         "SELECT x.name, x.settings, e.text, e.target, e.seed, e.f_input, e.f_baseline, e.gap, "
                         "e.unattributed, e.standard_error, e.outside, e.scores "
                         "FROM explanation e JOIN explainer x USING (explainer) WHERE e.model = "
                         "(SELECT model FROM model WHERE family = ? AND position = ?) ORDER BY e.explainer, e.text",
                         "ii", family, (int64_t)index);
    while (rc == XSNR_OK && (rc = xs_db_step(store, row, err)) == 1) {
        xs_store_explanation *rows = xs_db_grow(arena, *out, *n, sizeof *rows);
        if (rows) *out = rows;
        rc = rows ? read_explanation(row, arena, *n ? &rows[*n - 1] : NULL, &rows[*n], err) : xs_nomem(err);
        if (rc == XSNR_OK) ++*n;
    }
    return xs_db_leave(store, rc);
}
