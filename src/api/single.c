// One text, one model: a Hugging Face folder's explanations of a text or of ids, and a tokenizer's tokens.
//
// A text's words are cut as in a study; every method gives words, and tokens: methods that know words alone (occlusion,
// shapley, lime) share a word's score among its tokens.  Ids are their own words; occlusion goes through all of them,
// games are played by those that are not special.
#include "base/alloc.h"
#include "base/intern.h"
#include "given.h"
#include "model/encoder_single.h"
#include "registry.h"
#include "report/width.h"
#include "text/segment.h"
#include "text/utf8.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <xsnr/xsnr.h>

extern const xs_family xs_family_encoder;

typedef struct single {
    const xsnr_single_options *options;
    xs_encoder_shared *shared;
    xs_trained_model *model;
    xs_subject subject;
    bool ids;
    xs_intern forms;
    xs_document doc, players; // of ids: all of them, and those that are not special; of a text: the same twice
    xs_inputs in;             // of doc
    double *logits, *p;       // (C)
    int target;
    xs_arena arena;
} single;

// What one method says.
typedef struct answer {
    const char *name;
    char *settings;         // one-line JSON, freed with free
    xs_explanation e;
    const double *tokens;   // (in.tokens)
    const double *words;    // (doc.n_words); NULL for ids
} answer;

/* ------------------------------------------------------------------ the text */

// "101, 7592 102" becomes "101 7592 102", whose words are the ids.
static int read_ids(single *s, xsnr_error *err) {
    size_t n = strlen(s->options->ids), words = 0;
    char *text = xs_arena_strdup(&s->arena, s->options->ids);
    xs_word *all = XS_ARENA_ARRAY(&s->arena, xs_word, n / 2 + 1);
    if (!text || !all) return xs_nomem(err);
    if (n > XS_TEXT_LIMIT) return xs_fail(err, XSNR_ERR_ARGUMENT, "the ids are %zu bytes long; at most %u", n, XS_TEXT_LIMIT);
    for (size_t i = 0; i < n; i++)
        if (text[i] == ',') text[i] = ' ';
    for (uint32_t i = 0; i < n;) {
        uint32_t start = i;
        while (i < n && text[i] != ' ') i++;
        if (i > start) all[words++] = (xs_word){start, i, start, i, 0, XS_WORD_NUMBER, XS_NOT_INTERNED};
        else i++;
    }
    s->doc = (xs_document){"ids", text, (uint32_t)n, -1, all, (uint32_t)words, 1};
    return XSNR_OK;
}

static int read_text(single *s, xsnr_error *err) {
    const char *text = s->options->text, *language = s->options->language;
    size_t n = strlen(text);
    if (n > XS_TEXT_LIMIT) return xs_fail(err, XSNR_ERR_ARGUMENT, "the text is %zu bytes long; at most %u", n, XS_TEXT_LIMIT);
    XS_TRY(xs_utf8_require(text, n, "the text", err));
    s->doc = (xs_document){.id = "text", .text = text, .length = (uint32_t)n, .label = -1};
    xs_segmenter *segmenter;
    XS_TRY(xs_segmenter_new(language ? language : "en", &segmenter, err));
    int rc = xs_segment(segmenter, &s->doc, &s->forms, true, &s->arena, err);
    xs_segmenter_free(segmenter);
    return rc;
}

// Of ids: the words that are not special.
static int choose_players(single *s, xsnr_error *err) {
    s->players = s->doc;
    if (!s->ids) return XSNR_OK;
    xs_word *words = XS_ARENA_ARRAY(&s->arena, xs_word, s->doc.n_words);
    if (!words) return xs_nomem(err);
    s->players.words = words;
    s->players.n_words = 0;
    for (uint32_t w = 0; w < s->doc.n_words; w++)
        if (!s->in.special[w]) words[s->players.n_words++] = s->doc.words[w];
    return XSNR_OK;
}

static int read_input(single *s, xsnr_error *err) {
    const xsnr_single_options *o = s->options;
    s->ids = o->ids != NULL;
    if (!o->text == !o->ids) return xs_fail(err, XSNR_ERR_ARGUMENT, "a text or ids are needed, and not both");
    if (o->text && !s->shared->tokenizer)
        return xs_fail(err, XSNR_ERR_ARGUMENT,
                       "the folder has no tokenizer.json and no vocab.txt; a text needs one, ids do not");
    s->shared->reader.tokenizer = s->ids ? NULL : s->shared->tokenizer;
    XS_TRY(s->ids ? read_ids(s, err) : read_text(s, err));
    const xs_document *doc = &s->doc;
    if (!doc->n_words) return xs_fail(err, XSNR_ERR_DATA, "the %s", s->ids ? "list of ids is empty" : "text has no words: there is nothing to explain");
    XS_TRY(xs_encoder_inside.inputs(s->shared, &doc, 1, &s->arena, &s->in, err));
    return choose_players(s, err);
}

static int predict(single *s, xsnr_error *err) {
    size_t C = (size_t)s->subject.classes;
    s->logits = XS_ARENA_ARRAY(&s->arena, double, C);
    s->p = XS_ARENA_ARRAY(&s->arena, double, C);
    if (!s->logits || !s->p) return xs_nomem(err);
    XS_TRY(xs_encoder_predict(s->shared, s->model, &s->doc, NULL, 1, XS_REMOVE_MASK, &s->arena, s->logits, err));
    xs_probabilities(XS_LINK_SOFTMAX, (int)C, s->logits, s->p);
    s->target = s->options->target;
    for (int c = 0; s->options->target < 0 && c < (int)C; c++)
        if (s->target < 0 || s->logits[c] > s->logits[s->target]) s->target = c;
    return XSNR_OK;
}

/* ------------------------------------------------------------------ the methods */

// Scores of words become scores of tokens, in equal parts; special tokens have none.
static const double *share_out(single *s, const xs_document *doc, const double *scores, xsnr_error *err) {
    double *tokens = XS_ARENA_ARRAY(&s->arena, double, s->in.tokens);
    uint32_t *count = XS_ARENA_ARRAY(&s->arena, uint32_t, doc->n_words);
    if (!tokens || !count) {
        xs_nomem(err);
        return NULL;
    }
    if (s->ids) { // players are the words that are not special, or all
        uint32_t w = 0;
        for (size_t t = 0; t < s->in.tokens; t++)
            if (doc->n_words == s->in.tokens || !s->in.special[t]) tokens[t] = scores[w++];
        return tokens;
    }
    for (size_t t = 0; t < s->in.tokens; t++)
        for (uint32_t w = 0; w < s->in.words[t].count; w++) count[s->in.words[t].first + w]++;
    for (size_t t = 0; t < s->in.tokens; t++)
        for (uint32_t w = s->in.words[t].first; w < s->in.words[t].first + s->in.words[t].count; w++)
            tokens[t] += scores[w] / count[w];
    return tokens;
}

static int explain(single *s, const char *spec, answer *a, xsnr_error *err) {
    const xs_explainer *method;
    xs_settings settings;
    XS_TRY(xs_explainer_parse(spec, &method, &settings, err));
    int rc = XSNR_OK;
    if (!xs_explainer_serves(method, s->subject.family))
        rc = xs_explainer_refuse(method, s->subject.family, "an encoder does not give", NULL, 0, err);
    // Occlusion takes one token at a time, the template's too; in a game these do not play.
    bool all = !(method->needs == XS_PREDICTS && method->samples);
    const xs_document *doc = all ? &s->doc : &s->players;
    double *scores = XS_ARENA_ARRAY(&s->arena, double, doc->n_words), *errors = XS_ARENA_ARRAY(&s->arena, double, doc->n_words);
    json_t *json = xs_settings_json(&settings);
    a->name = method->name;
    a->settings = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    a->e = (xs_explanation){.scores = scores, .standard_error = errors};
    if (rc == XSNR_OK && (!scores || !errors || !a->settings)) rc = xs_nomem(err);
    if (rc == XSNR_OK)
        rc = xs_explain(method, &settings, &s->subject, &(xs_task){doc, s->target, s->options->seed}, 1, &s->arena, &a->e,
                        err);
    xs_settings_free(&settings);
    XS_TRY(rc);
    a->tokens = a->e.tokens ? a->e.tokens : share_out(s, doc, scores, err);
    a->words = s->ids ? NULL : scores;
    return a->tokens ? XSNR_OK : XSNR_ERR_NOMEM;
}

/* ------------------------------------------------------------------ JSON */

static json_t *number(double x) { return isfinite(x) ? json_real(x) : json_null(); }

static json_t *numbers(const double *x, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(list, number(x[i]));
    return list;
}

static json_t *token_list(const single *s, bool names) {
    json_t *list = json_array();
    for (size_t t = 0; t < s->in.tokens; t++) {
        const char *name = s->shared->tokenizer ? xs_tokenizer_token(s->shared->tokenizer, s->in.id[t]) : NULL;
        json_array_append_new(list, !names ? json_integer(s->in.id[t]) : name ? json_string(name) : json_null());
    }
    return list;
}

static json_t *word_list(const single *s, const answer *answers, size_t n) {
    json_t *list = json_array();
    for (uint32_t w = 0; w < s->doc.n_words; w++) {
        const xs_word *word = &s->doc.words[w];
        json_t *scores = json_object();
        for (size_t i = 0; i < n; i++) json_object_set_new(scores, answers[i].name, number(answers[i].words[w]));
        json_array_append_new(list, json_pack("{s:s#, s:i, s:i, s:o}", "text", s->doc.text + word->start,
                                              (int)(word->end - word->start), "start", (int)word->cp_start, "end",
                                              (int)word->cp_end, "scores", scores));
    }
    return list;
}

static char *to_json(const single *s, const answer *answers, size_t n) {
    size_t C = (size_t)s->subject.classes;
    json_t *explanations = json_object(), *gaps = json_object(), *outside = json_object(), *settings = json_object();
    json_t *labels = json_array();
    for (size_t c = 0; s->shared->layout.config.label && c < C; c++)
        json_array_append_new(labels, json_string(s->shared->layout.config.label[c]));
    for (size_t i = 0; i < n; i++) {
        const answer *a = &answers[i];
        json_object_set_new(explanations, a->name, numbers(a->tokens, s->in.tokens));
        if (!isnan(a->e.gap)) json_object_set_new(gaps, a->name, number(a->e.gap));
        if (!isnan(a->e.outside)) json_object_set_new(outside, a->name, number(a->e.outside));
        json_object_set_new(settings, a->name, json_loads(a->settings, 0, NULL));
    }
    json_t *json = json_pack("{s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "logits", numbers(s->logits, C),
                             "probabilities", numbers(s->p, C), "labels", labels, "target", s->target, "ids",
                             token_list(s, false), "tokens", token_list(s, true), "explanations", explanations, "gaps",
                             gaps, "outside_words", outside, "settings", settings);
    if (json && !s->ids) json_object_set_new(json, "words", word_list(s, answers, n));
    char *text = json ? json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(json);
    return text;
}

/* ------------------------------------------------------------------ a table */

static void put_cell(xs_str *out, const char *text, size_t bytes, size_t width, bool right) {
    size_t used = xs_text_width(text, bytes, false), gap = used < width ? width - used : 0;
    if (right) xs_str_printf(out, "%*s", (int)gap, "");
    xs_str_append(out, text, bytes);
    if (!right) xs_str_printf(out, "%*s", (int)gap, "");
}

static size_t widest(const single *s) {
    size_t most = 4;
    for (uint32_t w = 0; w < s->doc.n_words; w++) {
        size_t n = xs_text_width(s->doc.text + s->doc.words[w].start, s->doc.words[w].end - s->doc.words[w].start, false);
        if (n > most) most = n;
    }
    return most < 40 ? most : 40;
}

static int column_width(const answer *a) {
    size_t n = strlen(a->name);
    return n > 12 ? (int)n : 12; // a tiny number with nine decimals, and its sign
}

// Digits behind the point that show four of the column's largest number; many if it is tiny.
static int decimals_of(const double *x, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(x[i]));
    int digits = most > 0 ? 3 - (int)floor(log10(most)) : 4;
    return digits < 1 ? 1 : digits > 9 ? 9 : digits;
}

static void put_table(const single *s, const answer *answers, size_t n, xs_str *out) {
    const char **label = s->shared->layout.config.label;
    for (int c = 0; c < s->subject.classes; c++)
        xs_str_printf(out, "%sclass %d%s%s: logit %.4f, probability %.4f\n", c == s->target ? "* " : "  ", c,
                      label ? " " : "", label ? label[c] : "", s->logits[c], s->p[c]);
    size_t first = widest(s);
    xs_str_put(out, "\n");
    put_cell(out, s->ids ? "id" : "word", s->ids ? 2 : 4, first, false);
    for (size_t i = 0; i < n; i++) {
        xs_str_put(out, "  ");
        put_cell(out, answers[i].name, strlen(answers[i].name), (size_t)column_width(&answers[i]), true);
    }
    xs_str_put(out, "\n");
    for (uint32_t w = 0; w < s->doc.n_words; w++) {
        const xs_word *word = &s->doc.words[w];
        put_cell(out, s->doc.text + word->start, word->end - word->start, first, false);
        for (size_t i = 0; i < n; i++) {
            const double *scores = s->ids ? answers[i].tokens : answers[i].words;
            xs_str_printf(out, "  %*.*f", column_width(&answers[i]), decimals_of(scores, s->doc.n_words), scores[w]);
        }
        xs_str_put(out, "\n");
    }
    for (size_t i = 0; i < n; i++) {
        const xs_explanation *e = &answers[i].e;
        if (!isnan(e->gap)) xs_str_printf(out, "%s: completeness gap %.2g\n", answers[i].name, e->gap);
        if (!isnan(e->outside) && e->outside > 0)
            xs_str_printf(out, "%s: %.0f %% of the tokens' scores belong to no word\n", answers[i].name, 100 * e->outside);
    }
}

/* ------------------------------------------------------------------ the whole */

static int explain_all(single *s, char **text, xsnr_error *err) {
    static const char *const all[] = {"attention", "attention_rollout", "saliency", "input_x_gradient", "smoothgrad",
                                      "integrated_gradients", "lrp_chefer", "attn_lrp", "occlusion", "shapley", "lime"};
    const xsnr_single_options *o = s->options;
    size_t n = o->n_explainers ? o->n_explainers : sizeof all / sizeof *all;
    answer *answers = XS_ARENA_ARRAY(&s->arena, answer, n);
    if (!answers) return xs_nomem(err);
    int rc = XSNR_OK;
    for (size_t i = 0; rc == XSNR_OK && i < n; i++) rc = explain(s, o->n_explainers ? o->explainers[i] : all[i], &answers[i], err);
    if (rc == XSNR_OK && o->json) {
        char *json = to_json(s, answers, n);
        xs_str copy = {0};
        xs_str_put(&copy, json ? json : "");
        xs_str_put(&copy, "\n");
        *text = json ? xs_str_take(&copy) : NULL;
        free(json);
    } else if (rc == XSNR_OK) {
        xs_str table = {0};
        put_table(s, answers, n, &table);
        *text = xs_str_take(&table);
    }
    if (rc == XSNR_OK && !*text) rc = xs_nomem(err);
    for (size_t i = 0; i < n; i++) free(answers[i].settings);
    return rc;
}

int xsnr_explain_one(const char *folder, const xsnr_single_options *options, char **text, xsnr_error *err) {
    single s = {.options = options};
    XS_GIVEN(text);
    *text = NULL;
    XS_GIVEN(folder);
    XS_GIVEN(options);
    XS_GIVEN_ALL(options->explainers, options->n_explainers);
    XS_TRY(xs_encoder_open(folder, options->mask, &s.shared, &s.model, err));
    s.subject = (xs_subject){.family = &xs_family_encoder,
                             .shared = s.shared,
                             .model = s.model,
                             .classes = (int)s.shared->layout.config.labels};
    int rc = read_input(&s, err);
    if (rc == XSNR_OK) rc = predict(&s, err);
    if (rc == XSNR_OK) rc = explain_all(&s, text, err);
    xs_intern_free(&s.forms);
    xs_arena_free(&s.arena);
    xs_family_encoder.free_model(s.model);
    xs_family_encoder.release(s.shared);
    return rc;
}

/* ------------------------------------------------------------------ tokens */

struct xsnr_tokenizer {
    xs_tokenizer *tokenizer;
    xs_arena arena;
};

int xsnr_tokenizer_open(const char *path, xsnr_tokenizer **out, xsnr_error *err) {
    XS_GIVEN(out);
    *out = NULL;
    XS_GIVEN(path);
    xsnr_tokenizer *t = XS_NEW(xsnr_tokenizer);
    if (!t) return xs_nomem(err);
    int rc = xs_tokenizer_load(path, &t->tokenizer, err);
    if (rc < 0) xs_free(t);
    else *out = t;
    return rc;
}

void xsnr_tokenizer_free(xsnr_tokenizer *t) {
    if (!t) return;
    xs_tokenizer_free(t->tokenizer);
    xs_arena_free(&t->arena);
    xs_free(t);
}

int xsnr_tokenize(xsnr_tokenizer *t, const char *text, size_t size, int json, char **line, xsnr_error *err) {
    xs_tokens tokens;
    XS_GIVEN(line);
    *line = NULL;
    XS_GIVEN_AS(t, "tokenizer");
    if (size) XS_GIVEN(text);
    xs_arena_mark mark = xs_arena_save(&t->arena);
    XS_TRY(xs_utf8_require(text, size, "the text", err));
    XS_TRY(xs_tokenizer_encode(t->tokenizer, text, size, 0, &t->arena, &tokens, err));
    json_t *ids = json_array(), *names = json_array(), *offsets = json_array();
    xs_str out = {0};
    for (uint32_t i = 0; i < tokens.n; i++) {
        const xs_token *k = &tokens.token[i];
        const char *name = xs_tokenizer_token(t->tokenizer, k->id);
        if (!json) xs_str_printf(&out, "%s%s", i ? " " : "", name ? name : "?");
        json_array_append_new(ids, json_integer(k->id));
        json_array_append_new(names, name ? json_string(name) : json_null());
        json_array_append_new(offsets, json_pack("[i, i]", (int)k->cp_start, (int)k->cp_end));
    }
    json_t *object = json_pack("{s:o, s:o, s:o}", "ids", ids, "tokens", names, "offsets", offsets);
    char *dumped = object && json ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (dumped) xs_str_put(&out, dumped);
    free(dumped);
    xs_str_put(&out, "\n");
    *line = xs_str_take(&out);
    xs_arena_rewind(&t->arena, mark);
    return *line ? XSNR_OK : xs_nomem(err);
}
