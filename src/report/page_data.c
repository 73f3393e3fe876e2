// The data that stand in the page: scripts of JSON, each with its part's name.
//
//     study   results.json without its texts, and what was left out
//     texts   one a family and explainer, in their order: what is said of every text; a word's statistics as base64 of
//             little-endian float32, (words, 14); single models' scores of float32, or float16 where there are many
//     words   {id: {"words": each with a blank before it where the text has one, "sentences": where they start}}
//
// In all of them every '<' is \u003c and all that is not ASCII is escaped, so that no text of a corpus can end the
// script element.  Every family and explainer has its share of the room; what does not fit is left out from the end of
// its texts, and counted.
#include "report/page_data.h"
#include "base/alloc.h"
#include "report/tree.h"
#include <math.h>
#include <string.h>

static const xs_page_room usual = {.texts = 40000, .words = 24u << 20, .scores = 32u << 20};
static const size_t ALL_FLOAT32 = 8u << 20; // scores up to here are float32
enum { STATS = 14 };

typedef struct composing {
    const xs_results *r;
    xs_page_room left;
    bool half;
    size_t texts, words, scores; // left out
    json_t *named;               // ids whose words are in the page
    xs_str *out;
} composing;

/* ------------------------------------------------------------------ bytes */

static void put_base64(char *out, const unsigned char *bytes, size_t n) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned a = bytes[i], b = i + 1 < n ? bytes[i + 1] : 0, c = i + 2 < n ? bytes[i + 2] : 0;
        *out++ = digit[a >> 2];
        *out++ = digit[(a & 3) << 4 | b >> 4];
        *out++ = i + 1 < n ? digit[(b & 15) << 2 | c >> 6] : '=';
        *out++ = i + 2 < n ? digit[c & 63] : '=';
    }
    *out = '\0';
}

// The nearest half-precision number (IEEE 754 binary16), ties to even.
static uint16_t half_of(float f) {
    uint32_t bits, sign, mantissa;
    memcpy(&bits, &f, sizeof bits);
    sign = bits >> 16 & 0x8000;
    int exponent = (int)(bits >> 23 & 0xff) - 127 + 15;
    mantissa = bits & 0x7fffff;
    if (isnan(f)) return (uint16_t)(sign | 0x7e00);
    if (exponent >= 31) return (uint16_t)(sign | 0x7c00);
    if (exponent < -10) return (uint16_t)sign;
    unsigned drop = exponent > 0 ? 13 : (unsigned)(14 - exponent);
    uint32_t whole = exponent > 0 ? (uint32_t)exponent << 23 | mantissa : mantissa | 0x800000;
    uint32_t kept = whole >> drop, rest = whole & ((1u << drop) - 1), middle = 1u << (drop - 1);
    return (uint16_t)(sign | (kept + (rest > middle || (rest == middle && (kept & 1)))));
}

static json_t *encode(const double *x, size_t n, bool half) {
    size_t size = half ? 2 : 4;
    unsigned char *bytes = xs_malloc(size * n + 1);
    char *text = xs_malloc((size * n + 2) / 3 * 4 + 1);
    json_t *value = NULL;
    if (bytes && text) {
        for (size_t i = 0; i < n; i++) {
            float f = (float)x[i];
            uint32_t bits;
            memcpy(&bits, &f, sizeof bits);
            if (half) bits = half_of(f);
            for (size_t k = 0; k < size; k++) bytes[size * i + k] = (unsigned char)(bits >> (8 * k));
        }
        put_base64(text, bytes, size * n);
        value = json_string(text);
    }
    xs_free(bytes);
    xs_free(text);
    return value;
}

/* ------------------------------------------------------------------ scripts */

// JSON_ENSURE_ASCII has escaped everything else.
static int append_escaped(const char *bytes, size_t n, void *out) {
    for (size_t i = 0; i < n; i++) {
        size_t from = i;
        while (i < n && bytes[i] != '<') i++;
        if (xs_str_append(out, bytes + from, i - from) < 0) return -1;
        if (i < n && xs_str_put(out, "\\u003c") < 0) return -1;
    }
    return 0;
}

static int dump(const json_t *tree, xs_str *out) {
    return json_dump_callback(tree, append_escaped, out, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
}

static void begin_script(xs_str *out, const char *part) {
    xs_str_printf(out, "<script type=\"application/json\" data-part=\"%s\">", part);
}

/* ------------------------------------------------------------------ texts */

// (words, STATS), in the order of data.ts.
static json_t *statistics(const xs_text_result *t) {
    double *x = XS_NEW_ARRAY(double, t->n_words *STATS + 1);
    if (!x) return NULL;
    for (size_t w = 0; w < t->n_words; w++) {
        const xs_word_stats *s = &t->word[w];
        const double row[STATS] = {s->mean, s->sd,     s->ci[0], s->ci[1],       s->snr,          s->sign_stability, s->p_adjusted,
                                   s->q25,  s->median, s->q75,   s->whisker_low, s->whisker_high, s->minimum,        s->maximum};
        memcpy(x + w * STATS, row, sizeof row);
    }
    json_t *value = encode(x, t->n_words * STATS, false);
    xs_free(x);
    return value;
}

static json_t *models_of(const xs_text_result *t) {
    json_t *list = json_array();
    for (size_t m = 0; list && t->model && m < t->models_kept; m++)
        if (json_array_append_new(list, json_integer(t->model[m])) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static bool put_words(composing *c, const xs_text_result *t, json_t *object) {
    size_t size = t->n_words * STATS * 4 / 3 * 4 + 16 * t->n_words;
    if (!t->word || size > c->left.words) {
        c->words++;
        c->left.words = 0; // nothing after it: a page without holes
        return true;
    }
    c->left.words -= size;
    return xs_json_put(object, "stats", statistics(t)) && (!t->id || json_object_set_new(c->named, t->id, json_true()) == 0);
}

static bool put_scores(composing *c, const xs_text_result *t, json_t *object) {
    size_t n = t->models_kept * t->n_words, size = (c->half ? 2 : 4) * n;
    if (!t->scores || !t->model || size > c->left.scores) {
        c->scores++;
        c->left.scores = 0;
        return true;
    }
    c->left.scores -= size;
    return xs_json_put(object, "model", models_of(t)) && xs_json_put(object, "scores", encode(t->scores, n, c->half)) &&
           xs_json_put(object, "bytes", json_integer(c->half ? 2 : 4));
}

static int put_texts(composing *c, const xs_explainer_result *e) {
    size_t n = e->n_texts < c->left.texts ? e->n_texts : c->left.texts;
    c->texts += e->n_texts - n;
    begin_script(c->out, "texts");
    xs_str_put(c->out, "[");
    for (size_t i = 0; i < n; i++) {
        json_t *object = xs_text_summary(&e->texts[i]);
        bool ok = object && put_words(c, &e->texts[i], object) && put_scores(c, &e->texts[i], object);
        if (i) xs_str_put(c->out, ",");
        ok = ok && dump(object, c->out) == 0;
        json_decref(object);
        if (!ok) return -1;
    }
    xs_str_put(c->out, "]</script>\n");
    return 0;
}

/* ------------------------------------------------------------------ words */

static json_t *words_of(const xs_text_result *t) {
    json_t *o = json_object(), *words = json_array(), *sentences = json_array();
    xs_str spaced = {0};
    bool ok = o && words && sentences;
    for (size_t w = 0; ok && w < t->n_words; w++) {
        const xs_text_word *word = &t->words[w];
        spaced.length = 0;
        if (w && word->start > t->words[w - 1].end) xs_str_put(&spaced, " ");
        xs_str_put(&spaced, word->text);
        ok = !xs_str_failed(&spaced) && json_array_append_new(words, xs_json_text(spaced.length ? spaced.data : "")) == 0;
        if (ok && (w == 0 || word->sentence != t->words[w - 1].sentence))
            ok = json_array_append_new(sentences, json_integer((json_int_t)w)) == 0;
    }
    xs_str_free(&spaced);
    ok = ok && xs_json_put(o, "words", json_incref(words)) && xs_json_put(o, "sentences", json_incref(sentences));
    json_decref(words);
    json_decref(sentences);
    if (!ok) json_decref(o);
    return ok ? o : NULL;
}

static int put_all_words(composing *c) {
    json_t *all = json_object();
    bool ok = all;
    for (size_t f = 0; ok && f < c->r->n_families; f++)
        for (size_t k = 0; ok && k < c->r->families[f].n_explainers; k++) {
            const xs_explainer_result *e = &c->r->families[f].explainers[k];
            for (size_t i = 0; ok && i < e->n_texts; i++) {
                const xs_text_result *t = &e->texts[i];
                if (!t->words || !t->id || !json_object_get(c->named, t->id) || json_object_get(all, t->id)) continue;
                ok = json_object_set_new(all, t->id, words_of(t)) == 0;
            }
        }
    begin_script(c->out, "words");
    ok = ok && dump(all, c->out) == 0;
    xs_str_put(c->out, "</script>\n");
    json_decref(all);
    return ok ? 0 : -1;
}

static int put_study(composing *c, xsnr_error *err) {
    json_t *tree = xs_results_tree(c->r, false, err), *left = json_object();
    bool ok = tree && left && xs_json_put(left, "texts", json_integer((json_int_t)c->texts)) &&
              xs_json_put(left, "words", json_integer((json_int_t)c->words)) &&
              xs_json_put(left, "scores", json_integer((json_int_t)c->scores)) &&
              xs_json_put(tree, "left_out", json_incref(left));
    begin_script(c->out, "study");
    ok = ok && dump(tree, c->out) == 0;
    xs_str_put(c->out, "</script>\n");
    json_decref(left);
    json_decref(tree);
    return ok ? 0 : -1;
}

// Bytes of all scores as float32.
static double all_scores(const xs_results *r, size_t *series) {
    double n = 0;
    *series = 0;
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t k = 0; k < r->families[f].n_explainers; k++, (*series)++)
            for (size_t i = 0; i < r->families[f].explainers[k].n_texts; i++) {
                const xs_text_result *t = &r->families[f].explainers[k].texts[i];
                if (t->scores) n += 4.0 * (double)t->models_kept * (double)t->n_words;
            }
    return n;
}

// Halves hold what is normalised; a score beyond their range stays float32.
static bool within_half(const xs_results *r) { return r->normalize && strcmp(r->normalize, "none") != 0; }

int xs_page_data(const xs_results *r, const xs_page_room *room, xs_str *out, xsnr_error *err) {
    composing c = {.r = r, .named = json_object(), .out = out};
    if (!room) room = &usual;
    size_t series;
    c.half = all_scores(r, &series) > (double)ALL_FLOAT32 && within_half(r);
    int rc = c.named ? 0 : -1;
    for (size_t f = 0; rc == 0 && f < r->n_families; f++)
        for (size_t k = 0; rc == 0 && k < r->families[f].n_explainers; k++) {
            c.left = (xs_page_room){room->texts / series, room->words / series, room->scores / series};
            rc = put_texts(&c, &r->families[f].explainers[k]);
        }
    if (rc == 0) rc = put_all_words(&c);
    if (rc == 0) rc = put_study(&c, err);
    json_decref(c.named);
    return rc || xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}
