// Explanations as lines: JSONL, an object a model and text; CSV, a line a word (docs/formats.md).
//
// Lines go to the file as they are made, a text at a time, so that a large study needs little memory.  A score
// is written with the fewest digits (6 to 9) that read back as the same float.
#include "base/file.h"
#include "base/str.h"
#include "store/exporter.h"
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// One text as one explainer sees it through all models of a family.
typedef struct row {
    const xs_export *e;
    const xs_export_pair *pair;
    const xs_store_text *text;
    size_t position; // of the text
    const xs_store_scores *scores;
} row;
typedef int row_fn(const row *r, xs_str *out, xsnr_error *err);

void xs_export_score(xs_str *out, double score) {
    char digits[32];
    for (int n = 6; n <= 9; n++) {
        snprintf(digits, sizeof digits, "%.*g", n, score);
        if (strtof(digits, NULL) == (float)score) break;
    }
    xs_str_put(out, digits);
}

static int write_rows(xs_export *e, const char *head, row_fn *put, xs_file_writer *file, xs_str *text,
                      xsnr_error *err) {
    xs_str_put(text, head);
    for (size_t p = 0; p < e->n_pairs; p++) {
        for (size_t t = 0; t < e->n_texts; t++) {
            const xs_export_pair *pair = &e->pairs[p];
            xs_store_scores scores;
            xs_arena_mark mark = xs_arena_save(&e->arena);
            XS_TRY(xs_store_scores_of(e->store, pair->family->id, pair->explainer, e->texts[t].id, &e->arena, &scores, err));
            row r = {e, pair, &e->texts[t], t, &scores};
            XS_TRY(put(&r, text, err));
            xs_arena_rewind(&e->arena, mark);
            if (xs_str_failed(text)) return xs_nomem(err);
            if (text->length) XS_TRY(xs_file_append(file, text->data, text->length, err));
            text->length = 0;
        }
    }
    return XSNR_OK;
}

static int write_text(xs_export *e, const char *head, row_fn *put, const char *path, xsnr_error *err) {
    xs_file_writer file;
    xs_str text = {0};
    XS_TRY(xs_file_begin(&file, path, err));
    int rc = write_rows(e, head, put, &file, &text, err);
    xs_str_free(&text);
    return xs_file_end(&file, rc, err);
}

/* ------------------------------------------------------------ JSONL */

int xs_export_json(xs_str *out, const char *text, xsnr_error *err) {
    if (!text) return xs_str_put(out, "null") ? xs_nomem(err) : XSNR_OK;
    json_t *json = json_string(text);
    if (!json) return xs_fail(err, XSNR_ERR_CORRUPT, "a text of the study is not valid UTF-8");
    char *dumped = json_dumps(json, JSON_ENCODE_ANY);
    json_decref(json);
    int rc = dumped && !xs_str_put(out, dumped) ? XSNR_OK : xs_nomem(err);
    free(dumped);
    return rc;
}

static int put_class(xs_str *out, const xs_export *e, int class, xsnr_error *err) {
    return xs_export_json(out, class >= 0 && class < e->n_labels ? e->labels[class] : NULL, err);
}

// What the lines of a text have in common: from its id to its label.
static int put_text(xs_str *out, const row *r, xsnr_error *err) {
    const xs_store_text *t = r->text;
    xs_str_put(out, "\"text_id\": ");
    XS_TRY(xs_export_json(out, t->name, err));
    xs_str_put(out, ", \"family\": ");
    XS_TRY(xs_export_json(out, r->pair->family->name, err));
    xs_str_put(out, ", \"explainer\": ");
    XS_TRY(xs_export_json(out, r->pair->explainer, err));
    xs_str_put(out, ", \"text\": ");
    XS_TRY(xs_export_json(out, t->text, err));
    xs_str_put(out, ", \"split\": ");
    XS_TRY(xs_export_json(out, t->split, err));
    xs_str_put(out, ", \"unit\": \"word\", \"tokens\": [");
    for (size_t w = 0; w < t->n_words; w++) {
        if (w) xs_str_put(out, ", ");
        XS_TRY(xs_export_json(out, t->words[w].text, err));
    }
    xs_str_put(out, "], \"offsets\": [");
    for (size_t w = 0; w < t->n_words; w++)
        xs_str_printf(out, "%s[%" PRIu32 ", %" PRIu32 "]", w ? ", " : "", t->words[w].start, t->words[w].end);
    xs_str_put(out, "], \"label\": ");
    return put_class(out, r->e, t->label, err);
}

// What the explainer said of itself, where it did.
static void put_extras(xs_str *out, const xs_store_scores *s, size_t i) {
    const struct {
        const char *name;
        double value;
    } extras[] = {{"gap", s->gap[i]}, {"unattributed", s->unattributed[i]}, {"standard_error", s->standard_error[i]}, {"outside", s->outside[i]}};
    for (size_t k = 0; k < sizeof extras / sizeof *extras; k++)
        if (isfinite(extras[k].value)) xs_str_printf(out, ", \"%s\": %.17g", extras[k].name, extras[k].value);
}

static int put_model(xs_str *out, const xs_export_pair *pair, size_t m, xsnr_error *err) {
    if (pair->model_names) return xs_export_json(out, pair->model_names[m], err);
    return xs_str_printf(out, "%" PRIu32, pair->models[m].index) ? xs_nomem(err) : XSNR_OK;
}

static int put_line(xs_str *out, const row *r, const char *text, size_t i, size_t m, xsnr_error *err) {
    const xs_store_scores *s = r->scores;
    const xs_seeds *seeds = &r->pair->models[m].seeds;
    xs_str_put(out, "{\"model\": ");
    XS_TRY(put_model(out, r->pair, m, err));
    xs_str_printf(out, ", %s, \"prediction\": ", text);
    XS_TRY(put_class(out, r->e, r->pair->predictions[m * r->e->n_texts + r->position], err));
    xs_str_put(out, ", \"target\": ");
    XS_TRY(put_class(out, r->e, s->target[i], err));
    xs_str_put(out, ", \"attributions\": [");
    for (size_t w = 0; w < s->words; w++) {
        if (w) xs_str_put(out, ", ");
        xs_export_score(out, s->scores[i * s->words + w]);
    }
    xs_str_put(out, "]");
    put_extras(out, s, i);
    // Strings: most readers of JSON round numbers beyond 2^53.
    if (r->e->seeds_told)
        xs_str_printf(out,
                      ", \"seeds\": {\"init\": \"%" PRIu64 "\", \"order\": \"%" PRIu64 "\", \"dropout\": \"%" PRIu64
                      "\", \"sample\": \"%" PRIu64 "\", \"explain\": \"%" PRIu64 "\"}",
                      seeds->init, seeds->order, seeds->dropout, seeds->sample, s->seed[i]);
    xs_str_put(out, "}\n");
    return XSNR_OK;
}

static int put_jsonl(const row *r, xs_str *out, xsnr_error *err) {
    xs_str text = {0};
    int rc = put_text(&text, r, err);
    if (rc == XSNR_OK && xs_str_failed(&text)) rc = xs_nomem(err);
    size_t m = 0;
    for (size_t i = 0; i < r->scores->models && rc == XSNR_OK; i++) {
        size_t found = xs_export_model(r->pair, m, r->scores->model[i]);
        if (found == r->pair->n_models) continue;
        m = found;
        rc = put_line(out, r, text.data, i, m, err);
    }
    xs_str_free(&text);
    return rc;
}

int xs_export_jsonl(xs_export *e, const char *path, xsnr_error *err) {
    return write_text(e, "", put_jsonl, path, err);
}

/* ------------------------------------------------------------ CSV */

// RFC 4180: quoted where it must be.
static void put_field(xs_str *out, const char *text) {
    if (!text[strcspn(text, ",\"\r\n")]) {
        xs_str_put(out, text);
        return;
    }
    xs_str_put(out, "\"");
    for (const char *p = text; *p; p++) xs_str_append(out, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1);
    xs_str_put(out, "\"");
}

static void put_field_class(xs_str *out, const xs_export *e, int class) {
    xs_str_put(out, ",");
    if (class >= 0 && class < e->n_labels) put_field(out, e->labels[class]);
}

static int put_csv(const row *r, xs_str *out, xsnr_error *err) {
    (void)err; // the caller asks whether the string failed
    const xs_store_scores *s = r->scores;
    for (size_t i = 0, m = 0; i < s->models; i++) {
        size_t found = xs_export_model(r->pair, m, s->model[i]);
        if (found == r->pair->n_models) continue;
        m = found;
        for (size_t w = 0; w < s->words; w++) {
            const xs_text_word *word = &r->text->words[w];
            put_field(out, r->pair->family->name);
            if (r->pair->model_names) {
                xs_str_put(out, ",");
                put_field(out, r->pair->model_names[m]);
                xs_str_put(out, ",");
            } else {
                xs_str_printf(out, ",%" PRIu32 ",", s->model[i]);
            }
            put_field(out, r->pair->explainer);
            xs_str_put(out, ",");
            put_field(out, r->text->name);
            xs_str_printf(out, ",%zu,", w);
            put_field(out, word->text);
            xs_str_printf(out, ",%" PRIu32 ",%" PRIu32 ",", word->start, word->end);
            xs_export_score(out, s->scores[i * s->words + w]);
            put_field_class(out, r->e, r->text->label);
            put_field_class(out, r->e, r->pair->predictions[m * r->e->n_texts + r->position]);
            put_field_class(out, r->e, s->target[i]);
            xs_str_put(out, "\n");
        }
    }
    return XSNR_OK;
}

int xs_export_csv(xs_export *e, const char *path, xsnr_error *err) {
    return write_text(e, "family,model,explainer,text,word_index,word,start,end,score,label,prediction,target\n", put_csv, path, err);
}
