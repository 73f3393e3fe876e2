// gazette: short news texts, report or opinion, whose class shows in planted cues alone.
//
// A text: a topic, two or three of its neutral sentences (or one, in a short text), and `redundancy` places that are
// filled with cues: before a sentence (open), in it (adj), at its end (tail), or a sentence of its own (close).
// A place is filled by a group g of cues with
//     P(g | opinion) ∝ exp(+strength·L_g/2),   P(g | report) ∝ exp(−strength·L_g/2),
// L_g the log odds that the grammar declares; the truth holds the exact ln P(g|opinion)/P(g|report).  Which cue
// of the group, which sentences, names, numbers and places: the same for both classes.  With probability
// `negation` a cue stands in a context that turns it round; then it is drawn as for the other class, and its
// truth is turned.
// Text i depends on the options and on the texts before it, not on how many follow.
#include "text/gazette.h"
#include "base/alloc.h"
#include "base/intern.h"
#include "base/random.h"
#include "text/grammar.h"
#include "text/segment.h"
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_WORDS 15
#define MOST_WORDS 60
#define MOST_SENTENCES 3
#define MOST_CUES 6
#define MOST_CHOICES 64 // words and names drawn in one text
#define ATTEMPTS 2000   // redraws of one text before the grammar counts as exhausted

extern const char xs_gazette_en[], xs_gazette_fr[];
extern const unsigned long xs_gazette_en_size, xs_gazette_fr_size;

/// A stretch of the text that a cue, or the context that turns it, takes.
typedef struct span {
    size_t start, end; // bytes
    double log_odds;
    const char *group;
} span;

/// Words drawn so far: the same slot is the same word in all of a text.
typedef struct choice {
    const xs_lines *list;
    int which;
    size_t index;
} choice;

typedef struct composer {
    const xs_gazette_options *o;
    const xs_grammar *g;
    double shift[XS_PLACES]; // ln Z_report/Z_opinion of each place
    xs_rng rng;
    bool opinion; // the class of this text, before label noise
    choice choices[MOST_CHOICES];
    size_t n_choices;
    span spans[3 * MOST_CUES];
    size_t n_spans;
    xs_str text;
} composer;

xs_gazette_options xs_gazette_defaults(void) {
    return (xs_gazette_options){.language = "en", .count = 4000, .redundancy = 3, .strength = 1};
}

// ---------------------------------------------------------------- cues

static double weight(const composer *c, const xs_cue_group *g, bool opinion) {
    return exp((opinion ? 0.5 : -0.5) * c->o->strength * g->log_odds);
}

static double total_weight(const composer *c, xs_place place, bool opinion) {
    double sum = 0;
    for (size_t k = 0; k < c->g->n_groups; k++)
        if (c->g->groups[k].place == place) sum += weight(c, &c->g->groups[k], opinion);
    return sum;
}

static const xs_cue_group *draw_group(composer *c, xs_place place, bool opinion) {
    double at = xs_rng_uniform(&c->rng) * total_weight(c, place, opinion);
    const xs_cue_group *last = NULL;
    for (size_t k = 0; k < c->g->n_groups; k++) {
        if (c->g->groups[k].place != place) continue;
        last = &c->g->groups[k];
        at -= weight(c, last, opinion);
        if (at < 0) break;
    }
    return last;
}

// ---------------------------------------------------------------- expansion

static const xs_alternative *choose(composer *c, const xs_lines *list, int which) {
    for (size_t k = 0; k < c->n_choices; k++)
        if (c->choices[k].list == list && c->choices[k].which == which) return &list->line[c->choices[k].index];
    size_t index = xs_rng_below(&c->rng, (uint32_t)list->count);
    for (bool again = true; again;) { // {town} and {town#2} are two towns
        again = false;
        for (size_t k = 0; k < c->n_choices && list->count > 9; k++)
            if (c->choices[k].list == list && c->choices[k].index == index) {
                index = (index + 1) % list->count;
                again = true;
            }
    }
    if (c->n_choices < MOST_CHOICES) c->choices[c->n_choices++] = (choice){list, which, index};
    return &list->line[index];
}

static void append(composer *c, const char *bytes, size_t n) { xs_str_append(&c->text, bytes, n); }

static void expand(composer *c, const char *pattern, const xs_cue_group *adj, bool turned);

static bool slot_is(const xs_slot *slot, const char *name) {
    return slot->length == strlen(name) && memcmp(slot->name, name, slot->length) == 0;
}

// A cue, with its span noted; in a turning context if it is turned.
static void put_cue(composer *c, const xs_cue_group *g, int form, bool turned) {
    const xs_alternative *a = &g->lines.line[xs_rng_below(&c->rng, (uint32_t)g->lines.count)];
    double odds = c->o->strength * g->log_odds + c->shift[g->place];
    const char *words = a->form[form < a->forms ? form : 0];
    span *s = &c->spans[c->n_spans++];
    *s = (span){.group = g->lines.name, .log_odds = turned ? -odds : odds};
    if (!turned) {
        s->start = c->text.length;
        expand(c, words, NULL, false);
        s->end = c->text.length;
        return;
    }
    const xs_lines *turns = &c->g->turns[g->place];
    const xs_alternative *turn = &turns->line[xs_rng_below(&c->rng, (uint32_t)turns->count)];
    const char *pattern = turn->form[form < turn->forms ? form : 0], *hole = strstr(pattern, "{cue}");
    span *before = &c->spans[c->n_spans++], *after = &c->spans[c->n_spans++];
    *before = *after = (span){.group = "negation", .log_odds = s->log_odds};
    size_t head = (size_t)(hole - pattern);
    before->start = c->text.length;
    append(c, pattern, head);
    before->end = s->start = c->text.length;
    expand(c, words, NULL, false);
    s->end = after->start = c->text.length;
    append(c, hole + 5, strlen(hole + 5));
    after->end = c->text.length;
}

static bool vowel(const char *p) {
    static const char *const accented[] = {"é", "è", "ê", "î", "ô", "â", "É", "Î", "œ", "à", "Œ"};
    if (*p && strchr("aeiouyhAEIOUYH", *p)) return true;
    for (size_t k = 0; k < sizeof accented / sizeof *accented; k++)
        if (strncmp(p, accented[k], strlen(accented[k])) == 0) return true;
    return false;
}

// One character of a pattern that is no slot: a space before an empty slot is swallowed.
static void put_plain(composer *c, char ch) {
    size_t n = c->text.length;
    if (ch == ' ' && (n == 0 || c->text.data[n - 1] == ' ')) return;
    append(c, &ch, 1);
}

static void expand(composer *c, const char *pattern, const xs_cue_group *adj, bool turned) {
    for (const char *p = pattern; *p;) {
        xs_slot slot;
        size_t n = *p == '{' ? xs_slot_read(p, &slot) : 0;
        if (!n) {
            put_plain(c, *p++);
            continue;
        }
        p += n;
        if (slot.low <= slot.high) {
            xs_str_printf(&c->text, "%ld", slot.low + (long)xs_rng_below(&c->rng, (uint32_t)(slot.high - slot.low + 1)));
        } else if (slot_is(&slot, "adj")) {
            if (adj) put_cue(c, adj, slot.form, turned);
            else if (*p == ' ' && c->text.length && c->text.data[c->text.length - 1] == ' ') p++;
            else if (c->text.length && c->text.data[c->text.length - 1] == ' ') c->text.data[--c->text.length] = '\0';
            adj = NULL; // the first place only
        } else {
            const xs_alternative *a = choose(c, xs_grammar_list(c->g, slot.name, slot.length), slot.which);
            expand(c, a->form[slot.form], NULL, false);
        }
    }
}

// Replaces bytes [at, at + n) by `with`; the spans behind move along.
static void replace(composer *c, size_t at, size_t n, const char *with) {
    size_t m = strlen(with), rest = c->text.length - at - n;
    if (m > n && xs_str_append(&c->text, "          ", m - n) < 0) return;
    memmove(c->text.data + at + m, c->text.data + at + n, rest);
    memcpy(c->text.data + at, with, m);
    c->text.length = at + m + rest;
    c->text.data[c->text.length] = '\0';
    for (size_t k = 0; k < c->n_spans; k++) {
        if (c->spans[k].start >= at + n) c->spans[k].start = c->spans[k].start + m - n;
        if (c->spans[k].end >= at + n) c->spans[k].end = c->spans[k].end + m - n;
    }
}

// "a(n)" and "de~" settle once the next word is known.
static void settle(composer *c) {
    for (char *p; !xs_str_failed(&c->text) && (p = strstr(c->text.data, "(n) "));)
        replace(c, (size_t)(p - c->text.data), 3, vowel(p + 4) && !strchr("hyHY", p[4]) ? "n" : "");
    for (char *p; !xs_str_failed(&c->text) && (p = strchr(c->text.data, '~'));) {
        size_t at = (size_t)(p - c->text.data);
        if (vowel(p + 1)) replace(c, at - 1, 2, "'");
        else replace(c, at, 1, " ");
    }
}

static void capitalize(composer *c, size_t at) {
    static const char *const pairs[][2] = {{"é", "É"}, {"à", "À"}, {"è", "È"}, {"ê", "Ê"}, {"ç", "Ç"}, {"œ", "Œ"}, {"î", "Î"}};
    if (xs_str_failed(&c->text) || at >= c->text.length) return;
    char *p = c->text.data + at;
    if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++)
        if (strncmp(p, pairs[k][0], 2) == 0) memcpy(p, pairs[k][1], 2);
}

// ---------------------------------------------------------------- a text

typedef struct layout {
    const char *sentence[MOST_SENTENCES];
    size_t sentences;
    bool open[MOST_SENTENCES], adj[MOST_SENTENCES], tail[MOST_SENTENCES], close; // places that are filled
} layout;

static void draw_layout(composer *c, layout *l) {
    const xs_lines *topic = &c->g->topics[xs_rng_below(&c->rng, (uint32_t)c->g->n_topics)];
    *l = (layout){.sentences = 1 + xs_rng_below(&c->rng, MOST_SENTENCES)};
    if (l->sentences > topic->count) l->sentences = topic->count;
    for (size_t k = 0; k < l->sentences; k++)
        for (bool again = true; again;) {
            l->sentence[k] = topic->line[xs_rng_below(&c->rng, (uint32_t)topic->count)].form[0];
            again = false;
            for (size_t j = 0; j < k; j++) again = again || l->sentence[j] == l->sentence[k];
        }
    bool *place[3 * MOST_SENTENCES + 1];
    uint32_t n = 0;
    for (size_t k = 0; k < l->sentences; k++) {
        place[n++] = &l->open[k];
        if (strstr(l->sentence[k], "{adj")) place[n++] = &l->adj[k];
        place[n++] = &l->tail[k];
    }
    place[n++] = &l->close;
    for (int cues = 0; cues < c->o->redundancy && n; cues++) {
        uint32_t k = xs_rng_below(&c->rng, n);
        *place[k] = true;
        place[k] = place[--n];
    }
}

// Draws whether a cue is turned, then its group; a turned cue is one of the other class.
static const xs_cue_group *draw_cue(composer *c, xs_place place, bool *turned) {
    *turned = xs_rng_uniform(&c->rng) < c->o->negation && c->g->turns[place].count;
    return draw_group(c, place, c->opinion != *turned);
}

static void compose(composer *c) {
    layout l;
    bool turned = false;
    c->n_choices = c->n_spans = 0;
    c->text.length = 0;
    draw_layout(c, &l);
    for (size_t k = 0; k < l.sentences; k++) {
        if (c->text.length) append(c, " ", 1);
        size_t start = c->text.length;
        if (l.open[k]) {
            const xs_cue_group *g = draw_cue(c, XS_PLACE_OPEN, &turned);
            put_cue(c, g, 0, turned);
            if (!xs_str_failed(&c->text) && c->text.data[c->text.length - 1] != '~') append(c, " ", 1);
        }
        const xs_cue_group *adj = l.adj[k] ? draw_cue(c, XS_PLACE_ADJ, &turned) : NULL;
        expand(c, l.sentence[k], adj, turned);
        if (l.tail[k]) {
            const xs_cue_group *g = draw_cue(c, XS_PLACE_TAIL, &turned);
            put_cue(c, g, 0, turned);
        }
        append(c, ".", 1);
        capitalize(c, start);
    }
    if (l.close) {
        const xs_cue_group *g = draw_cue(c, XS_PLACE_CLOSE, &turned);
        append(c, " ", 1);
        size_t start = c->text.length;
        put_cue(c, g, 0, turned);
        capitalize(c, start);
    }
    settle(c);
}

// ---------------------------------------------------------------- truth

static json_t *word_truth(const composer *c, const xs_document *doc, const xs_word *w) {
    const span *in = NULL;
    for (size_t k = 0; k < c->n_spans; k++)
        if (c->spans[k].start <= w->start && w->end <= c->spans[k].end) in = &c->spans[k];
    const char *truth = !in || in->log_odds == 0 ? "neutral" : in->log_odds > 0 ? "opinion" : "report";
    return json_pack("{s:s%, s:i, s:i, s:s, s:f, s:s}", "text", doc->text + w->start, (size_t)(w->end - w->start), "start",
                     (int)w->cp_start, "end", (int)w->cp_end, "truth", truth, "log_odds", in ? in->log_odds : 0.0,
                     "group", in ? in->group : "");
}

static int put_truth(const composer *c, const char *id, const char *label, const xs_document *doc, xs_str *out,
                     xsnr_error *err) {
    json_t *words = json_array();
    for (uint32_t k = 0; k < doc->n_words; k++) json_array_append_new(words, word_truth(c, doc, &doc->words[k]));
    json_t *row = json_pack("{s:s, s:s, s:o}", "id", id, "label", label, "words", words);
    char *line = row ? json_dumps(row, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(row);
    int rc = line ? xs_str_printf(out, "%s\n", line) : XSNR_ERR_NOMEM;
    free(line);
    return rc < 0 ? xs_nomem(err) : XSNR_OK;
}

// ---------------------------------------------------------------- the corpus

typedef struct corpus_writer {
    composer c;
    xs_segmenter *segmenter;
    xs_intern seen, forms;
    xs_arena words;
    xs_str *tsv, *truth;
} corpus_writer;

// Draws text number i until it has a good length and is new; its words are in `doc`.
static int draw_text(corpus_writer *w, size_t i, xs_document *doc, xsnr_error *err) {
    composer *c = &w->c;
    for (uint32_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        c->rng = xs_rng_at(c->o->seed, XS_STREAM_CORPUS, (uint32_t)i, attempt + 1);
        compose(c);
        if (xs_str_failed(&c->text)) return xs_nomem(err);
        *doc = (xs_document){.id = "", .text = c->text.data, .length = (uint32_t)c->text.length, .label = -1};
        xs_arena_rewind(&w->words, (xs_arena_mark){0});
        XS_TRY(xs_segment(w->segmenter, doc, &w->forms, false, &w->words, err));
        if (doc->n_words < LEAST_WORDS || doc->n_words > MOST_WORDS) continue;
        uint32_t before = w->seen.count;
        if (xs_intern_add(&w->seen, c->text.data, c->text.length) == XS_NOT_INTERNED) return xs_nomem(err);
        if (w->seen.count > before) return XSNR_OK;
    }
    return xs_fail(err, XSNR_ERR_ARGUMENT, "gazette has no %zu different texts; ask for at most %zu", c->o->count, i);
}

static int put_text(corpus_writer *w, size_t i, xsnr_error *err) {
    composer *c = &w->c;
    // pairs of texts hold one of each class, in an order of their own: the classes are even at any length
    xs_rng order = xs_rng_at(c->o->seed, XS_STREAM_CORPUS, (uint32_t)(i / 2), 0);
    c->opinion = (xs_rng_below(&order, 2) + i) % 2;
    xs_document doc;
    XS_TRY(draw_text(w, i, &doc, err));
    xs_rng noise = xs_rng_at(c->o->seed, XS_STREAM_SAMPLE, (uint32_t)i, 0);
    bool label = c->opinion != (xs_rng_uniform(&noise) < c->o->label_noise);
    char id[32];
    snprintf(id, sizeof id, "g%06zu", i + 1);
    const char *name = label ? "opinion" : "report";
    if (xs_str_printf(w->tsv, "%s\t%s\t%s\n", id, c->text.data, name) < 0) return xs_nomem(err);
    return put_truth(c, id, name, &doc, w->truth, err);
}

static int check_options(const xs_gazette_options *o, xsnr_error *err) {
    if (strcmp(o->language, "en") && strcmp(o->language, "fr"))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "gazette writes en and fr, not '%s'", o->language);
    if (!o->count || o->count > UINT32_MAX / 2) return xs_fail(err, XSNR_ERR_ARGUMENT, "count must be at least 1");
    if (o->redundancy < 1 || o->redundancy > MOST_CUES)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "redundancy must be 1 to %d, not %d", MOST_CUES, o->redundancy);
    if (!(o->strength >= 0 && o->strength <= 10))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "strength must be 0 to 10, not %g", o->strength);
    if (!(o->label_noise >= 0 && o->label_noise <= 0.5))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "label noise must be 0 to 0.5, not %g", o->label_noise);
    if (!(o->negation >= 0 && o->negation <= 1))
        return xs_fail(err, XSNR_ERR_ARGUMENT, "negation must be 0 to 1, not %g", o->negation);
    return XSNR_OK;
}

int xs_gazette(const xs_gazette_options *o, xs_str *tsv, xs_str *truth, xsnr_error *err) {
    XS_TRY(check_options(o, err));
    bool french = strcmp(o->language, "fr") == 0;
    xs_grammar grammar;
    XS_TRY(xs_grammar_parse(french ? xs_gazette_fr : xs_gazette_en, french ? xs_gazette_fr_size : xs_gazette_en_size,
                            french ? "fr.txt" : "en.txt", &grammar, err));
    corpus_writer w = {.c = {.o = o, .g = &grammar}, .tsv = tsv, .truth = truth};
    for (int k = 0; k < XS_PLACES; k++) {
        double opinion = total_weight(&w.c, (xs_place)k, true), report = total_weight(&w.c, (xs_place)k, false);
        w.c.shift[k] = opinion > 0 ? log(report / opinion) : 0;
    }
    int rc = xs_segmenter_new(o->language, &w.segmenter, err);
    if (rc == XSNR_OK && xs_str_put(tsv, "id\ttext\tlabel\n") < 0) rc = xs_nomem(err);
    for (size_t i = 0; rc == XSNR_OK && i < o->count; i++) rc = put_text(&w, i, err);
    xs_segmenter_free(w.segmenter);
    xs_str_free(&w.c.text);
    xs_intern_free(&w.seen);
    xs_intern_free(&w.forms);
    xs_arena_free(&w.words);
    xs_grammar_free(&grammar);
    return rc;
}
