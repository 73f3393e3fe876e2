// Bags of words and tf-idf: counts of word n-grams, n = 1 .. features.ngrams.
//
// tf-idf as scikit-learn's TfidfVectorizer(sublinear_tf, smooth_idf=True, norm="l2"):
//     tf  = 1 + ln(count), or count without `sublinear`
//     idf = ln((1 + texts) / (1 + texts that hold it)) + 1
//     value = tf · idf, every row divided by its Euclidean length
// bow: value = count.
//
// An n-gram is a path in a trie over the forms of words: the node of a single word is its form's number, a
// longer one is found by (node of all but its last word, form of the last).  Pruning (min_count, max_features)
// takes n-grams away as features; a feature's beginning is at least as frequent and stays in the trie.
// Features are numbered in the order in which the training texts first hold them.
#include "base/alloc.h"
#include "text/feature_kind.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

typedef struct ngrams {
    int longest;
    bool tfidf, sublinear;
    const xs_intern *forms;
    uint32_t n_forms, n_nodes; // nodes below n_forms are single words
    uint32_t *slot;            // (slots) node + 1 of a longer n-gram, 0: free
    uint32_t slots;            // a power of two, at least twice the longer nodes
    uint32_t *parent, *last;   // (n_nodes − n_forms) path and last form of a longer n-gram
    uint32_t capacity;         // of parent and last
    uint32_t *feature;         // (n_nodes) number of the feature, or NONE
    uint32_t n_features;
    uint32_t *node;            // (n_features)
    double *idf;               // (n_features)
} ngrams;

static uint32_t mix(uint32_t parent, uint32_t form) {
    uint64_t h = ((uint64_t)parent << 32 | form) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(h >> 32) ^ (uint32_t)(h >> 15);
}

// The slot of the path parent → form: filled, or where it would go.
static uint32_t slot_of(const ngrams *g, uint32_t parent, uint32_t form) {
    uint32_t i = mix(parent, form) & (g->slots - 1);
    while (g->slot[i]) {
        uint32_t k = g->slot[i] - 1 - g->n_forms;
        if (g->parent[k] == parent && g->last[k] == form) break;
        i = (i + 1) & (g->slots - 1);
    }
    return i;
}

static uint32_t find(const ngrams *g, uint32_t parent, uint32_t form) {
    if (!g->slots) return NONE;
    uint32_t i = slot_of(g, parent, form);
    return g->slot[i] ? g->slot[i] - 1 : NONE;
}

static int grow(ngrams *g) {
    uint32_t longer = g->n_nodes - g->n_forms;
    if (longer == g->capacity) {
        uint32_t capacity = g->capacity ? g->capacity * 2 : 4096;
        uint32_t *parent = xs_realloc_array(g->parent, capacity, sizeof *parent);
        if (parent) g->parent = parent;
        uint32_t *last = xs_realloc_array(g->last, capacity, sizeof *last);
        if (last) g->last = last;
        if (!parent || !last) return XSNR_ERR_NOMEM;
        g->capacity = capacity;
    }
    if (longer < g->slots / 2) return XSNR_OK;
    uint32_t slots = g->slots ? g->slots * 2 : 16384;
    uint32_t *slot = XS_NEW_ARRAY(uint32_t, slots), *old = g->slot;
    if (!slot) return XSNR_ERR_NOMEM;
    g->slot = slot;
    g->slots = slots;
    for (uint32_t k = 0; k < longer; k++) slot[slot_of(g, g->parent[k], g->last[k])] = k + g->n_forms + 1;
    xs_free(old);
    return XSNR_OK;
}

// The node of parent → form, made if it is new; NONE: out of memory.
static uint32_t add(ngrams *g, uint32_t parent, uint32_t form) {
    if (g->n_nodes == NONE - 1 || grow(g) < 0) return NONE;
    uint32_t i = slot_of(g, parent, form);
    if (!g->slot[i]) {
        uint32_t k = g->n_nodes - g->n_forms;
        g->parent[k] = parent;
        g->last[k] = form;
        g->slot[i] = ++g->n_nodes;
    }
    return g->slot[i] - 1;
}

// How often, and in how many texts, every node occurs in the training texts.
typedef struct tally {
    uint32_t *texts, *last_text; // (capacity)
    uint64_t *times;             // (capacity)
    uint32_t *order;             // (capacity) nodes by first appearance
    uint32_t n, capacity;
} tally;

static int tally_grow(tally *t, uint32_t need) {
    if (t->times && need <= t->capacity) return XSNR_OK;
    uint32_t capacity = t->capacity ? t->capacity : 4096;
    while (capacity < need) capacity = capacity > NONE / 2 ? NONE : capacity * 2;
    uint32_t *texts = xs_realloc_array(t->texts, capacity, sizeof *texts);
    if (texts) t->texts = texts;
    uint32_t *last_text = xs_realloc_array(t->last_text, capacity, sizeof *last_text);
    if (last_text) t->last_text = last_text;
    uint64_t *times = xs_realloc_array(t->times, capacity, sizeof *times);
    if (times) t->times = times;
    uint32_t *order = xs_realloc_array(t->order, capacity, sizeof *order);
    if (order) t->order = order;
    if (!texts || !last_text || !times || !order) return XSNR_ERR_NOMEM;
    memset(texts + t->capacity, 0, (capacity - t->capacity) * sizeof *texts);
    memset(times + t->capacity, 0, (capacity - t->capacity) * sizeof *times);
    t->capacity = capacity;
    return XSNR_OK;
}

static int count_text(ngrams *g, tally *t, const xs_document *doc, uint32_t number) {
    for (uint32_t i = 0; i < doc->n_words; i++) {
        uint32_t node = doc->words[i].form;
        for (uint32_t n = 1;; n++) {
            if (node == NONE || tally_grow(t, g->n_nodes) < 0) return XSNR_ERR_NOMEM;
            if (!t->times[node]) t->order[t->n++] = node;
            if (!t->times[node] || t->last_text[node] != number) t->texts[node]++;
            t->last_text[node] = number;
            t->times[node]++;
            if (n == (uint32_t)g->longest || i + n >= doc->n_words) break;
            node = add(g, node, doc->words[i + n].form);
        }
    }
    return XSNR_OK;
}

static int descending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

// The least count that is kept, so that at most `most` features remain; *ties: how many of that count fit.
static int cut_off(const tally *t, uint32_t min_count, uint64_t most, uint64_t *least, uint64_t *ties) {
    uint64_t *times = XS_NEW_ARRAY(uint64_t, t->n), n = 0;
    if (!times) return XSNR_ERR_NOMEM;
    for (uint32_t k = 0; k < t->n; k++)
        if (t->texts[t->order[k]] >= min_count) times[n++] = t->times[t->order[k]];
    qsort(times, n, sizeof *times, descending);
    *least = 0;
    *ties = UINT64_MAX;
    if (most && n > most) {
        *least = times[most - 1];
        *ties = 0;
        for (uint64_t k = 0; k < most; k++) *ties += times[k] == *least;
    }
    xs_free(times);
    return XSNR_OK;
}

static int choose(ngrams *g, const tally *t, const xs_settings *settings, size_t texts) {
    uint32_t min_count = (uint32_t)xs_settings_int(settings, "features.min_count");
    uint64_t most = (uint64_t)xs_settings_int(settings, "features.max_features"), least, ties;
    XS_TRY(cut_off(t, min_count, most, &least, &ties));
    g->feature = xs_realloc_array(NULL, g->n_nodes, sizeof *g->feature);
    g->node = XS_NEW_ARRAY(uint32_t, t->n);
    g->idf = XS_NEW_ARRAY(double, t->n);
    if (!g->feature || !g->node || !g->idf) return XSNR_ERR_NOMEM;
    memset(g->feature, 0xff, g->n_nodes * sizeof *g->feature);
    for (uint32_t k = 0; k < t->n; k++) {
        uint32_t node = t->order[k];
        if (t->texts[node] < min_count || t->times[node] < least) continue;
        if (t->times[node] == least && ties-- == 0) {
            ties = 0;
            continue;
        }
        g->feature[node] = g->n_features;
        g->node[g->n_features] = node;
        g->idf[g->n_features++] = log((1.0 + (double)texts) / (1.0 + t->texts[node])) + 1.0;
    }
    return XSNR_OK;
}

static void ngrams_free(void *state) {
    ngrams *g = state;
    if (!g) return;
    xs_free(g->slot);
    xs_free(g->parent);
    xs_free(g->last);
    xs_free(g->feature);
    xs_free(g->node);
    xs_free(g->idf);
    xs_free(g);
}

static int fit(const xs_settings *settings, const xs_corpus *corpus, bool tfidf, void **state, xsnr_error *err) {
    const xs_split *train = &corpus->split[XS_TRAIN];
    ngrams *g = XS_NEW(ngrams);
    *state = NULL;
    if (!g) return xs_nomem(err);
    *g = (ngrams){.longest = (int)xs_settings_int(settings, "features.ngrams"),
                  .tfidf = tfidf,
                  .sublinear = xs_settings_bool(settings, "features.sublinear"),
                  .forms = &corpus->forms,
                  .n_forms = corpus->forms.count,
                  .n_nodes = corpus->forms.count};
    tally t = {0};
    int rc = XSNR_OK;
    for (size_t i = 0; rc == XSNR_OK && i < train->count; i++) rc = count_text(g, &t, &train->docs[i], (uint32_t)i);
    if (rc == XSNR_OK) rc = choose(g, &t, settings, train->count);
    xs_free(t.texts);
    xs_free(t.last_text);
    xs_free(t.times);
    xs_free(t.order);
    if (rc < 0) rc = xs_nomem(err);
    else if (!g->n_features)
        rc = xs_fail(err, XSNR_ERR_CONFIG, "features.min_count: %lld leaves no n-gram: none is in so many of the %zu training texts; a smaller number, or more texts",
                     (long long)xs_settings_int(settings, "features.min_count"), train->count);
    if (rc < 0) {
        ngrams_free(g);
        return rc;
    }
    *state = g;
    return XSNR_OK;
}

static int fit_bow(const xs_settings *s, const xs_corpus *corpus, int threads, void **state, xsnr_error *err) {
    (void)threads; // the trie grows text by text; it is a small part of a study
    return fit(s, corpus, false, state, err);
}

static int fit_tfidf(const xs_settings *s, const xs_corpus *corpus, int threads, void **state, xsnr_error *err) {
    (void)threads;
    return fit(s, corpus, true, state, err);
}

static uint32_t ngrams_size(const void *state) { return ((const ngrams *)state)->n_features; }

static int ngrams_name(const void *state, uint32_t feature, xs_str *out) {
    const ngrams *g = state;
    uint32_t path[8], n = 0, node = g->node[feature];
    for (; node >= g->n_forms; node = g->parent[node - g->n_forms]) path[n++] = g->last[node - g->n_forms];
    xs_str_put(out, g->forms->text[node]);
    while (n) xs_str_printf(out, " %s", g->forms->text[path[--n]]);
    return xs_str_failed(out) ? XSNR_ERR_NOMEM : XSNR_OK;
}

// Finds every feature of a text: keys (feature << 32 | place in `found`), unsorted.
static uint32_t find_all(const ngrams *g, const xs_document *doc, const uint8_t *present, xs_removal removal,
                         uint64_t *keys, xs_occurrence *found) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < doc->n_words; i++) {
        if (present && !present[i]) continue;
        uint32_t node = doc->words[i].form, at = i;
        for (int length = 1; node != NONE && node < g->n_nodes; length++) {
            if (g->feature[node] != NONE) {
                found[n] = (xs_occurrence){i, at - i + 1};
                keys[n] = (uint64_t)g->feature[node] << 32 | n;
                n++;
            }
            if (length == g->longest) break;
            at++;
            if (present && removal == XS_REMOVE_DELETE)
                while (at < doc->n_words && !present[at]) at++;
            if (at >= doc->n_words || (present && !present[at]) || doc->words[at].form == NONE) break;
            node = find(g, node, doc->words[at].form);
        }
    }
    return n;
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// Shell's sort for the usual few dozen keys, qsort for long texts.
static void sort_keys(uint64_t *keys, uint32_t n) {
    static const uint32_t gaps[] = {57, 23, 10, 4, 1};
    if (n > 512) {
        qsort(keys, n, sizeof *keys, ascending);
        return;
    }
    for (size_t k = 0; k < sizeof gaps / sizeof *gaps; k++)
        for (uint32_t i = gaps[k]; i < n; i++) {
            uint64_t held = keys[i];
            uint32_t j = i;
            for (; j >= gaps[k] && keys[j - gaps[k]] > held; j -= gaps[k]) keys[j] = keys[j - gaps[k]];
            keys[j] = held;
        }
}

static void weigh(const ngrams *g, uint32_t n, const uint32_t *feature, double *value) {
    if (!g->tfidf) return;
    double squares = 0;
    for (uint32_t k = 0; k < n; k++) {
        value[k] = (g->sublinear ? 1 + log(value[k]) : value[k]) * g->idf[feature[k]];
        squares += value[k] * value[k];
    }
    double length = sqrt(squares);
    for (uint32_t k = 0; k < n && length > 0; k++) value[k] /= length;
}

static int ngrams_row(const void *state, const xs_document *doc, const uint8_t *present, xs_removal removal,
                      bool occurrences, xs_arena *arena, xs_features_row *out, xsnr_error *err) {
    const ngrams *g = state;
    size_t most = (size_t)doc->n_words * (size_t)g->longest;
    uint64_t *keys = xs_arena_alloc(arena, most * sizeof *keys);
    xs_occurrence *found = xs_arena_alloc(arena, most * sizeof *found);
    xs_occurrence *sorted = occurrences ? xs_arena_alloc(arena, most * sizeof *sorted) : NULL;
    uint32_t *feature = xs_arena_alloc(arena, most * sizeof *feature);
    uint32_t *begin = xs_arena_alloc(arena, (most + 1) * sizeof *begin);
    double *value = xs_arena_alloc(arena, most * sizeof *value);
    if (!keys || !found || (occurrences && !sorted) || !feature || !begin || !value) return xs_nomem(err);
    uint32_t total = find_all(g, doc, present, removal, keys, found), n = 0;
    sort_keys(keys, total);
    for (uint32_t k = 0; k < total; k++) {
        uint32_t id = (uint32_t)(keys[k] >> 32);
        if (!n || feature[n - 1] != id) {
            feature[n] = id;
            value[n] = 0;
            begin[n++] = k;
        }
        value[n - 1] += 1;
        if (occurrences) sorted[k] = found[(uint32_t)keys[k]];
    }
    begin[n] = total;
    weigh(g, n, feature, value);
    *out = (xs_features_row){n, feature, value, occurrences ? begin : NULL, sorted};
    return XSNR_OK;
}

const xs_feature_kind xs_features_bow = {"bow", fit_bow, ngrams_free, ngrams_size, ngrams_name, ngrams_row};
const xs_feature_kind xs_features_tfidf = {"tfidf", fit_tfidf, ngrams_free, ngrams_size, ngrams_name, ngrams_row};
