// Two dozen features of style, from the work on opinion in French news (Escouflaire 2022; Bogaert et al., TAL 2023).
//
// A feature is a rate (its triggers per word), a mean or a ratio of the words that are present:
//     rate                 number of triggers / number of words (marks count as words)
//     mean word length     letters and digits of the words that are no marks, per such word
//     type–token ratio     different words / sqrt(2 · words), corrected (Carroll 1964), marks left out
// Values are standardised by the mean and the (population) standard deviation of the training texts; a feature
// that is constant there is 0.  Words that trigger a feature are its occurrences; means, ratios and features
// without a trigger have none, and what they contribute is unattributed.
// Triggers are words, phrases and endings of a list (data/linguistic, or the user's), marks, numbers and long
// words; a passive is an auxiliary and a participle with at most one word between.
// An absent word is in no count, nor among the words of a rate.  Masked, it still parts its neighbours: no phrase
// and no passive forms over it.  Deleted, they may.
#include "base/alloc.h"
#include "base/file.h"
#include "text/feature_kind.h"
#include "text/utf8.h"
#include "text/word_lists.h"
#include <math.h>
#include <string.h>

#define LONG_WORD 8 // letters; more is long

extern const char xs_linguistic_en[], xs_linguistic_fr[];
extern const unsigned long xs_linguistic_en_size, xs_linguistic_fr_size;

typedef enum section {
    FIRST_PERSON, IMPERSONAL, RELATIVE, NEGATION, VERBS, ADJECTIVES, POSITIVE, NEGATIVE, TIME, DISCOURSE, CITING,
    THINKING, CONCRETE, ABSTRACT, AUXILIARIES, PARTICIPLES, SECTIONS
} section;

static const char *const section_names[SECTIONS] = {
    "first person", "impersonal", "relative", "negation", "verbs",    "adjectives", "positive",    "negative",
    "time",         "discourse",  "citing",   "thinking", "concrete", "abstract",   "auxiliaries", "participles"};

typedef enum trigger { LIST, MARK, NUMBER, LONG, PASSIVE, LENGTH, TYPES } trigger;

static const struct feature {
    const char *name;
    trigger how;
    section list;      // LIST
    const char *marks; // MARK: each between spaces
} features[] = {
    {"mean word length", LENGTH, SECTIONS, NULL},
    {"type-token ratio", TYPES, SECTIONS, NULL},
    {"first-person pronouns", LIST, FIRST_PERSON, NULL},
    {"impersonal pronoun", LIST, IMPERSONAL, NULL},
    {"relative pronouns", LIST, RELATIVE, NULL},
    {"negation", LIST, NEGATION, NULL},
    {"numbers", NUMBER, SECTIONS, NULL},
    {"verbs", LIST, VERBS, NULL},
    {"adjectives", LIST, ADJECTIVES, NULL},
    {"question marks", MARK, SECTIONS, " ? "},
    {"exclamation marks", MARK, SECTIONS, " ! "},
    {"semicolons", MARK, SECTIONS, " ; "},
    {"colons", MARK, SECTIONS, " : "},
    {"ellipses", MARK, SECTIONS, " … ... "},
    {"quotation marks", MARK, SECTIONS, " \" “ ” « » „ `` '' "},
    {"long words", LONG, SECTIONS, NULL},
    {"positive words", LIST, POSITIVE, NULL},
    {"negative words", LIST, NEGATIVE, NULL},
    {"weekdays and time words", LIST, TIME, NULL},
    {"discourse markers", LIST, DISCOURSE, NULL},
    {"citing verbs", LIST, CITING, NULL},
    {"thinking verbs", LIST, THINKING, NULL},
    {"passives", PASSIVE, SECTIONS, NULL},
    {"concrete nouns", LIST, CONCRETE, NULL},
    {"abstract nouns", LIST, ABSTRACT, NULL},
};
enum { FEATURES = sizeof features / sizeof *features };

typedef struct linguistic {
    xs_word_lists lists;
    double mean[FEATURES], sd[FEATURES]; // of the training texts
} linguistic;

/// The words of a text that are present, and what is found in them.
typedef struct reading {
    uint32_t n;        // words present
    uint32_t *word;    // (n) their places in the text
    uint32_t *form;    // (n)
    uint32_t *run;     // (n) words from here on without a gap
    xs_occurrence *found; // of all features, one after the other
    uint32_t begin[FEATURES + 1];
    double value[FEATURES];
} reading;

static uint32_t letters(const xs_word *w) { return w->cp_end - w->cp_start; }

static bool is_mark(const xs_document *doc, const xs_word *w, const char *marks) {
    uint32_t n = w->end - w->start;
    for (const char *p = marks; (p = memmem(p, strlen(p), doc->text + w->start, n)); p += n)
        if (p > marks && p[-1] == ' ' && p[n] == ' ') return true;
    return false;
}

static bool in_section(const linguistic *l, uint32_t form, section s) {
    return form < l->lists.n_forms && (l->lists.sections[form] >> s & 1);
}

// Words that the trigger takes at place i: 0 if there is none.
static uint32_t triggered(const linguistic *l, const struct feature *f, const xs_document *doc, const reading *r,
                          uint32_t i) {
    const xs_word *w = &doc->words[r->word[i]];
    switch (f->how) {
    case LIST: {
        uint32_t n = xs_word_lists_phrase(&l->lists, f->list, r->form + i, r->run[i]);
        return n ? n : in_section(l, r->form[i], f->list);
    }
    case MARK: return w->kind == XS_WORD_MARK && is_mark(doc, w, f->marks);
    case NUMBER: return w->kind == XS_WORD_NUMBER;
    case LONG: return w->kind == XS_WORD_LETTERS && letters(w) > LONG_WORD;
    case PASSIVE:
        if (!in_section(l, r->form[i], AUXILIARIES)) return 0;
        for (uint32_t k = 1; k <= 2 && k < r->run[i]; k++)
            if (in_section(l, r->form[i + k], PARTICIPLES)) return k + 1;
        return 0;
    case LENGTH:
    case TYPES: return 0;
    }
    return 0;
}

static double mean_length(const xs_document *doc, const reading *r) {
    double sum = 0, n = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        const xs_word *w = &doc->words[r->word[i]];
        if (w->kind != XS_WORD_MARK) sum += letters(w), n++;
    }
    return n > 0 ? sum / n : 0;
}

// A word that is not in the lexicon is a type of its own.
static double type_token_ratio(const xs_document *doc, const reading *r) {
    double types = 0, tokens = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        if (doc->words[r->word[i]].kind == XS_WORD_MARK) continue;
        bool fresh = true;
        for (uint32_t k = 0; fresh && k < i && r->form[i] != XS_NOT_INTERNED; k++) fresh = r->form[k] != r->form[i];
        types += fresh;
        tokens++;
    }
    return tokens > 0 ? types / sqrt(2 * tokens) : 0;
}

static int read_text(const linguistic *l, const xs_document *doc, const uint8_t *present, xs_removal removal,
                     xs_arena *arena, reading *r, xsnr_error *err) {
    r->n = 0;
    r->word = xs_arena_alloc(arena, doc->n_words * sizeof *r->word);
    r->form = xs_arena_alloc(arena, doc->n_words * sizeof *r->form);
    r->run = xs_arena_alloc(arena, doc->n_words * sizeof *r->run);
    r->found = xs_arena_alloc(arena, (size_t)doc->n_words * FEATURES * sizeof *r->found);
    if (!r->word || !r->form || !r->run || !r->found) return xs_nomem(err);
    for (uint32_t i = 0; i < doc->n_words; i++) {
        if (present && !present[i]) continue;
        r->word[r->n] = i;
        r->form[r->n++] = doc->words[i].form;
    }
    for (uint32_t i = r->n; i-- > 0;) { // masked, an absent word parts its neighbours
        bool joined = i + 1 < r->n && (removal == XS_REMOVE_DELETE || r->word[i + 1] == r->word[i] + 1);
        r->run[i] = joined ? r->run[i + 1] + 1 : 1;
    }
    uint32_t found = 0;
    for (int k = 0; k < FEATURES; k++) {
        r->begin[k] = found;
        for (uint32_t i = 0; i < r->n;) {
            uint32_t n = triggered(l, &features[k], doc, r, i);
            if (n) r->found[found++] = (xs_occurrence){r->word[i], r->word[i + n - 1] - r->word[i] + 1};
            i += n ? n : 1;
        }
        double words = r->n ? r->n : 1;
        r->value[k] = features[k].how == LENGTH  ? mean_length(doc, r)
                      : features[k].how == TYPES ? type_token_ratio(doc, r)
                                                 : (found - r->begin[k]) / words;
    }
    r->begin[FEATURES] = found;
    return XSNR_OK;
}

static void linguistic_free(void *state) {
    linguistic *l = state;
    if (!l) return;
    xs_word_lists_free(&l->lists);
    xs_free(l);
}

// The lists: the user's file, or those of the language.
static int load_lists(const xs_settings *settings, const xs_corpus *corpus, linguistic *l, xsnr_error *err) {
    const char *path = xs_settings_string(settings, "features.lists");
    if (*path) {
        char *text;
        size_t size;
        XS_TRY(xs_file_read(path, &text, &size, err));
        int rc = xs_word_lists_parse(text, size, path, section_names, SECTIONS, &corpus->forms, &l->lists, err);
        xs_free(text);
        return rc;
    }
    if (strncmp(corpus->language, "fr", 2) == 0)
        return xs_word_lists_parse(xs_linguistic_fr, xs_linguistic_fr_size, "fr.txt", section_names, SECTIONS,
                                   &corpus->forms, &l->lists, err);
    if (strncmp(corpus->language, "en", 2) == 0)
        return xs_word_lists_parse(xs_linguistic_en, xs_linguistic_en_size, "en.txt", section_names, SECTIONS,
                                   &corpus->forms, &l->lists, err);
    return xs_fail(err, XSNR_ERR_CONFIG,
                   "there are linguistic word lists for en and fr, not for '%s'; give your own with features.lists",
                   corpus->language);
}

static int standardize(linguistic *l, const xs_split *train, xsnr_error *err) {
    double squares[FEATURES] = {0}, n = 0;
    xs_arena arena = {0};
    for (size_t i = 0; i < train->count; i++) { // Welford
        reading r;
        xs_arena_mark mark = xs_arena_save(&arena);
        int rc = read_text(l, &train->docs[i], NULL, XS_REMOVE_MASK, &arena, &r, err);
        if (rc < 0) {
            xs_arena_free(&arena);
            return rc;
        }
        n++;
        for (int k = 0; k < FEATURES; k++) {
            double d = r.value[k] - l->mean[k];
            l->mean[k] += d / n;
            squares[k] += d * (r.value[k] - l->mean[k]);
        }
        xs_arena_rewind(&arena, mark);
    }
    xs_arena_free(&arena);
    for (int k = 0; k < FEATURES; k++) l->sd[k] = sqrt(squares[k] / n);
    return XSNR_OK;
}

static int linguistic_fit(const xs_settings *settings, const xs_corpus *corpus, int threads, void **state,
                          xsnr_error *err) {
    (void)threads; // sums are taken in the order of the texts
    linguistic *l = XS_NEW(linguistic);
    *state = NULL;
    if (!l) return xs_nomem(err);
    int rc = load_lists(settings, corpus, l, err);
    if (rc == XSNR_OK) rc = standardize(l, &corpus->split[XS_TRAIN], err);
    if (rc < 0) {
        linguistic_free(l);
        return rc;
    }
    *state = l;
    return XSNR_OK;
}

static uint32_t linguistic_size(const void *state) {
    (void)state;
    return FEATURES;
}

static int linguistic_name(const void *state, uint32_t feature, xs_str *out) {
    (void)state;
    return xs_str_put(out, features[feature].name);
}

static int linguistic_row(const void *state, const xs_document *doc, const uint8_t *present, xs_removal removal,
                          bool occurrences, xs_arena *arena, xs_features_row *out, xsnr_error *err) {
    const linguistic *l = state;
    reading r;
    uint32_t *feature = XS_ARENA_ARRAY(arena, uint32_t, FEATURES);
    uint32_t *begin = XS_ARENA_ARRAY(arena, uint32_t, FEATURES + 1);
    double *value = XS_ARENA_ARRAY(arena, double, FEATURES);
    if (!feature || !begin || !value) return xs_nomem(err);
    XS_TRY(read_text(l, doc, present, removal, arena, &r, err));
    uint32_t n = 0;
    xs_occurrence *kept = r.found;
    uint32_t moved = 0;
    for (uint32_t k = 0; k < FEATURES; k++) { // constant features are 0 and left out, with their occurrences
        double z = l->sd[k] > 0 ? (r.value[k] - l->mean[k]) / l->sd[k] : 0;
        if (z == 0) continue;
        feature[n] = k;
        value[n] = z;
        begin[n++] = moved;
        for (uint32_t i = r.begin[k]; i < r.begin[k + 1]; i++) kept[moved++] = r.found[i];
    }
    begin[n] = moved;
    *out = (xs_features_row){n, feature, value, occurrences ? begin : NULL, occurrences ? kept : NULL};
    return XSNR_OK;
}

const xs_feature_kind xs_features_linguistic = {"linguistic",    linguistic_fit,  linguistic_free,
                                                linguistic_size, linguistic_name, linguistic_row};
