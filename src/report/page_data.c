// The data that stand in the page: scripts of JSON, each with its part's name.
//
//     study   results.json without its texts, and what was left out
//     texts   one a family and explainer, in their order: what is said of every text; a word's statistics as base64 of
//             little-endian float32, (words, 14); single models' scores of float32, or float16 where there are many
//     words   {id: {"words": each with a blank before it where the text has one, "sentences": where they start,
//             "phrases": [first, last) word of each, where the data give any}}
//
// In all of them every '<' is \u003c and all that is not ASCII is escaped, so that no text of a corpus can end the
// script element.  What the page has no room for (page_room.c) is left out and counted.  Everything is written text by text.
#include "report/page_data.h"
#include "base/alloc.h"
#include "report/tree.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STATS = 14 };

typedef struct composing {
    const xs_results *r;
    const xs_sink *to;
    xs_page_room room;
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

// Writes a tree, which is released; NULL is out of memory.
static int put_tree(json_t *tree, const xs_sink *to, xsnr_error *err) {
    int rc = tree ? json_dump_callback(tree, append_escaped, to->text, XS_PAGE_JSON) : -1;
    json_decref(tree);
    return rc ? xs_nomem(err) : xs_sink_flow(to, err);
}

static void begin_script(const xs_sink *to, const char *part) {
    xs_str_printf(to->text, "<script type=\"application/json\" data-part=\"%s\">", part);
}

static void end_script(const xs_sink *to) { xs_str_put(to->text, "</script>\n"); }

static unsigned char held(const composing *c, const xs_text_result *t) {
    return c->room.holds[xs_intern_find(&c->room.ids, t->id ? t->id : "", t->id ? strlen(t->id) : 0)];
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

static json_t *text_of(const composing *c, const xs_text_result *t, unsigned char holds) {
    json_t *o = xs_text_summary(t);
    bool ok = o;
    if (holds & XS_PAGE_WORDS && t->word) ok = ok && xs_json_put(o, "stats", statistics(t));
    if (holds & XS_PAGE_SCORES && t->scores && t->model)
        ok = ok && xs_json_put(o, "model", models_of(t)) &&
             xs_json_put(o, "scores", encode(t->scores, t->models_kept * t->n_words, c->room.half)) &&
             xs_json_put(o, "bytes", json_integer(c->room.half ? 2 : 4));
    if (!ok) json_decref(o);
    return ok ? o : NULL;
}

static int put_texts(const composing *c, const xs_explainer_result *e, xsnr_error *err) {
    bool first = true;
    begin_script(c->to, "texts");
    xs_str_put(c->to->text, "[");
    for (size_t i = 0; i < e->n_texts; i++) {
        const xs_text_result *text = xs_text_at(e, i);
        unsigned char holds = held(c, text);
        if (!(holds & XS_PAGE_TEXT)) continue;
        if (!first) xs_str_put(c->to->text, ",\n");
        first = false;
        XS_TRY(put_tree(text_of(c, text, holds), c->to, err));
    }
    xs_str_put(c->to->text, "]");
    end_script(c->to);
    return XSNR_OK;
}

/* ------------------------------------------------------------------ words */

static json_t *phrases_of(const xs_text_result *t) {
    json_t *list = json_array();
    for (size_t k = 0; list && k < t->n_phrases; k++)
        if (json_array_append_new(list, json_pack("[II]", (json_int_t)t->phrases[k].first, (json_int_t)t->phrases[k].last)) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

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
    ok = ok && xs_json_put(o, "words", json_incref(words)) && xs_json_put(o, "sentences", json_incref(sentences)) &&
         (!t->n_phrases || xs_json_put(o, "phrases", phrases_of(t)));
    json_decref(words);
    json_decref(sentences);
    if (!ok) json_decref(o);
    return ok ? o : NULL;
}

static int put_key(const xs_sink *to, bool first, const char *key, xsnr_error *err) {
    if (!first) xs_str_put(to->text, ",\n");
    XS_TRY(put_tree(xs_json_text(key), to, err));
    xs_str_put(to->text, ":");
    return XSNR_OK;
}

// Each text's words once, from the first family and explainer that has it.
static int put_all_words(composing *c, xsnr_error *err) {
    bool first = true;
    begin_script(c->to, "words");
    xs_str_put(c->to->text, "{");
    for (size_t f = 0; f < c->r->n_families; f++)
        for (size_t k = 0; k < c->r->families[f].n_explainers; k++) {
            const xs_explainer_result *e = &c->r->families[f].explainers[k];
            for (size_t i = 0; i < e->n_texts; i++) {
                const xs_text_result *t = xs_text_at(e, i);
                if (!t->words || !t->id || !(held(c, t) & XS_PAGE_WORDS)) continue;
                c->room.holds[xs_intern_find(&c->room.ids, t->id, strlen(t->id))] = 0; // written: not again
                XS_TRY(put_key(c->to, first, t->id, err));
                XS_TRY(put_tree(words_of(t), c->to, err));
                first = false;
            }
        }
    xs_str_put(c->to->text, "}");
    end_script(c->to);
    return XSNR_OK;
}

// The day and minute, or those of SOURCE_DATE_EPOCH (reproducible-builds.org), so that the same page can be made again.
static const char *now(char text[40]) {
    const char *given = getenv("SOURCE_DATE_EPOCH");
    time_t t = given ? (time_t)strtoll(given, NULL, 10) : time(NULL);
    struct tm utc;
    if (!gmtime_r(&t, &utc) || !strftime(text, 40, "%Y-%m-%d %H:%M UTC", &utc)) text[0] = '\0';
    return text;
}

static int put_study(const composing *c, xsnr_error *err) {
    static const char *const names[] = {"texts", "words", "scores"};
    json_t *tree = xs_results_tree(c->r, err), *left = json_object();
    bool ok = tree && left && xs_json_put(left, "of", json_integer((json_int_t)c->room.ids.count)) &&
              xs_json_put(left, "page_mb", json_real(c->r->page_mb > 0 ? c->r->page_mb : XS_PAGE_MB));
    for (size_t k = 0; ok && k < 3; k++) ok = xs_json_put(left, names[k], json_integer((json_int_t)c->room.left_out[k]));
    char date[40];
    ok = ok && xs_json_put(tree, "left_out", json_incref(left)) && xs_json_put(tree, "written", json_string(now(date)));
    json_decref(left);
    if (!ok) {
        json_decref(tree);
        return xs_nomem(err);
    }
    begin_script(c->to, "study");
    XS_TRY(put_tree(tree, c->to, err));
    end_script(c->to);
    return XSNR_OK;
}

static int put_all(composing *c, xsnr_error *err) {
    XS_TRY(put_study(c, err));
    for (size_t f = 0; f < c->r->n_families; f++)
        for (size_t k = 0; k < c->r->families[f].n_explainers; k++) XS_TRY(put_texts(c, &c->r->families[f].explainers[k], err));
    return put_all_words(c, err);
}

int xs_page_data(const xs_results *r, const xs_sink *to, xsnr_error *err) {
    composing c = {.r = r, .to = to};
    XS_TRY(xs_page_plan(r, &c.room, err));
    int rc = put_all(&c, err);
    xs_page_room_free(&c.room);
    return rc;
}
