// What fits into the page: decided before anything is written, so that all of a text's panels have the same.
//
// A text's needs are bytes of JSON and base64: a summary a family and explainer; its words with their statistics; single
// models' scores.  Summaries go first, for as many texts as fit.  Of the rest words may have two thirds (all of it, where no
// scores are known), scores what is left.  Texts get theirs in the order of the study; after the first that does not fit
// there is none, so that a reader finds whole what is found at all.
#include "base/alloc.h"
#include "report/page_data.h"
#include "report/tree.h"
#include <string.h>

enum { WORD = 75, STRING = 6, PHRASE = 10, TRIED = 16 }; // bytes: 14 float32 in base64; a word's quotes and the like; two numbers
static const double FLOAT32 = 8e6;                        // scores up to here need no float16

typedef struct needs {
    double bytes[3]; // of summaries, words, scores as float32
    bool worded;     // its words' own letters are counted
    bool unkept;     // it has scores which the results, made for a page of this size, do not hold
} needs;

static int add_needs(xs_page_room *room, needs **all, size_t *capacity, const xs_text_result *t, double summary, xsnr_error *err) {
    uint32_t before = room->ids.count, k = xs_intern_add(&room->ids, t->id ? t->id : "", t->id ? strlen(t->id) : 0);
    if (k == XS_NOT_INTERNED) return xs_nomem(err);
    if (k >= *capacity) {
        size_t want = *capacity ? 2 * *capacity : 256;
        needs *more = xs_realloc_array(*all, want, sizeof *more);
        if (!more) return xs_nomem(err);
        *all = more;
        *capacity = want;
    }
    needs *n = &(*all)[k];
    if (k == before) *n = (needs){0};
    size_t cells = t->models_kept * t->n_words;
    n->bytes[0] += summary;
    if (t->word) {
        if (!n->worded) n->bytes[1] += PHRASE * (double)t->n_phrases;
        if (!n->worded)
            for (size_t w = 0; t->words && w < t->n_words; w++) n->bytes[1] += STRING + 1.1 * (double)strlen(t->words[w].text);
        n->worded = true;
        n->bytes[1] += WORD * (double)t->n_words;
    }
    n->unkept |= !t->scores && cells > 0;
    if (t->scores && t->model) n->bytes[2] += 16.0 / 3 * (double)cells + 5.0 * (double)t->models_kept;
    return XSNR_OK;
}

// Bytes of a text's summary, the largest of a few: they differ by little.
static int summary_of(const xs_explainer_result *e, double *most, xsnr_error *err) {
    size_t step = e->n_texts / TRIED + 1;
    *most = 0;
    for (size_t i = 0; i < e->n_texts; i += step) {
        json_t *o = xs_text_summary(xs_text_at(e, i));
        if (!o) return xs_nomem(err);
        size_t n = json_dumpb(o, NULL, 0, XS_PAGE_JSON);
        json_decref(o);
        if ((double)n + 2 > *most) *most = (double)n + 2;
    }
    return XSNR_OK;
}

static int list_needs(const xs_results *r, xs_page_room *room, needs **all, xsnr_error *err) {
    size_t capacity = 0;
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; e < r->families[f].n_explainers; e++) {
            const xs_explainer_result *ex = &r->families[f].explainers[e];
            double summary;
            XS_TRY(summary_of(ex, &summary, err));
            for (size_t i = 0; i < ex->n_texts; i++) XS_TRY(add_needs(room, all, &capacity, xs_text_at(ex, i), summary, err));
        }
    return XSNR_OK;
}

// Gives texts the kth bit while there is room; returns what is left of it.
static double share(xs_page_room *room, const needs *all, int k, double scale, double bytes) {
    static const unsigned char bit[] = {XS_PAGE_TEXT, XS_PAGE_WORDS, XS_PAGE_SCORES};
    bool full = false;
    for (uint32_t i = 0; all && i < room->ids.count; i++) { // NULL: there is no text
        double need = scale * all[i].bytes[k];
        full |= need > 0 && (need > bytes || (k > 0 && !(room->holds[i] & bit[k - 1])));
        if (full) {
            room->left_out[k] += need > 0;
            continue;
        }
        bytes -= need;
        room->holds[i] |= bit[k];
    }
    return bytes;
}

// Halves hold what is normalised; a score beyond their range stays float32.
static bool within_half(const xs_results *r) { return r->normalize && strcmp(r->normalize, "none") != 0; }

int xs_page_plan(const xs_results *r, xs_page_room *room, xsnr_error *err) {
    needs *all = NULL;
    *room = (xs_page_room){0};
    int rc = list_needs(r, room, &all, err);
    if (rc == XSNR_OK && !(room->holds = XS_NEW_ARRAY(unsigned char, (size_t)room->ids.count + 1))) rc = xs_nomem(err);
    if (rc == XSNR_OK) {
        double bytes = 1e6 * (r->page_mb > 0 ? r->page_mb : XS_PAGE_MB), scores = 0;
        for (uint32_t i = 0; all && i < room->ids.count; i++) scores += all[i].bytes[2];
        room->half = scores > FLOAT32 && within_half(r);
        bytes = share(room, all, 0, 1, bytes);
        double kept = scores > 0 ? bytes / 3 : 0;
        bytes = kept + share(room, all, 1, 1, bytes - kept);
        share(room, all, 2, room->half ? 0.5 : 1, bytes);
        for (uint32_t i = 0; all && scores > 0 && i < room->ids.count; i++) room->left_out[2] += all[i].unkept && !(all[i].bytes[2] > 0);
    }
    xs_free(all);
    if (rc < 0) xs_page_room_free(room);
    return rc;
}

void xs_page_room_free(xs_page_room *room) {
    xs_intern_free(&room->ids);
    xs_free(room->holds);
    *room = (xs_page_room){0};
}
