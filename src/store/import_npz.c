// NumPy's .npz and .npy: models × words, as `xsnr export` writes it (docs/formats.md).
//
// `scores` is (models, words) with the texts side by side, or (models, texts, words) with every text filled up to the
// longest.  `lengths` says how many words each text has; without it a matrix is one text, and a cube has no padding but
// trailing NaN.  A model of which all words of a text are NaN has not explained it.
//
// Scores, targets and predictions are read side by side, model after model, a text at a time: an archive may be larger
// than memory.  A cube without lengths is read twice, for its lengths and for its scores.
#include "base/alloc.h"
#include "store/importer.h"
#include "store/npz.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { MOST_CLASSES = 10000 };

typedef struct strings {
    const char **text; // NULL: there are none
    size_t n;
} strings;

typedef struct archive {
    xs_importer *imp;
    const char *path;
    xs_npz_reader file;
    bool read; // the arrays that all pairs share
    xs_npy lengths, labels, offsets;
    strings texts, words, tokens, classes, contents, splits, family, explainer;
    size_t n_texts, *first, *length; // (n_texts) column and number of words of each
    size_t columns, longest;
    int *class;                      // (MOST_CLASSES) of numbers that have appeared, −1: not yet
} archive;

// One family and explainer.
typedef struct pair {
    const char *prefix; // "", or "FAMILY/EXPLAINER/"
    xs_npz_array scores, targets, predictions;
    bool has_targets, has_predictions;
    xs_npy models;
    strings names;
    // of one model
    double *target, *prediction; // (n_texts), or NULL
    uint32_t *text, *tokens;     // (n_texts) numbers that the importer gave
} pair;

static int fail(const archive *a, xsnr_error *err, const char *what) { return xs_fail_at(err, XSNR_ERR_DATA, a->path, 0, "%s", what); }

// A member that need not be there: 1 it is.
static int start(archive *a, const char *prefix, const char *name, xs_npz_array *out, xsnr_error *err) {
    char member[9000];
    snprintf(member, sizeof member, "%s%s", prefix, name);
    int rc = xs_npz_has(&a->file, member, err);
    if (rc != 1) return rc;
    XS_TRY(xs_npz_start(&a->file, member, out, err));
    return 1;
}

// rows × columns, columns 0: a list.
static bool has_shape(const xs_npy_stream *s, size_t rows, size_t columns) {
    return s->rank == (columns ? 2 : 1) && s->shape[0] == rows && (!columns || s->shape[1] == columns);
}

// Names stand where numbers should: what the archive has for names is said.
static int not_names(const archive *a, const xs_npy_stream *s, const char *name, xsnr_error *err) {
    if (s->kind != 'U') return XSNR_OK;
    if (strcmp(name, "models") == 0) return fail(a, err, "models has numbers; the models' names go into model_names");
    if (strcmp(name, "lengths") == 0 || strcmp(name, "offsets") == 0) return XSNR_OK;
    return xs_fail_at(err, XSNR_ERR_DATA, a->path, 0, "%s has numbers, which count the names in classes: numpy.unique(names, return_inverse=True) makes both", name);
}

static int read_numbers(archive *a, const char *prefix, const char *name, size_t rows, size_t columns, const char *wrong, xs_npy *out,
                        xsnr_error *err) {
    xs_npz_array array;
    int rc = start(a, prefix, name, &array, err);
    if (rc != 1) return rc;
    rc = not_names(a, &array.npy, name, err);
    if (rc == XSNR_OK) rc = has_shape(&array.npy, rows, columns) ? xs_npy_rest(&array.npy, out, err) : fail(a, err, wrong);
    xs_npz_stop(&array);
    return rc;
}

// n strings; SIZE_MAX: as many as there are.
static int read_strings(archive *a, const char *prefix, const char *name, size_t n, const char *wrong, strings *out, xsnr_error *err) {
    xs_npz_array array;
    int rc = start(a, prefix, name, &array, err);
    if (rc != 1) return rc;
    rc = XSNR_OK;
    if (array.npy.rank == 1 && array.npy.kind == 'U' && (n == SIZE_MAX ? array.npy.left > MOST_CLASSES : array.npy.left != n)) rc = fail(a, err, wrong);
    if (rc == XSNR_OK) {
        out->n = (size_t)array.npy.left;
        out->text = XS_ARENA_ARRAY(&a->imp->arena, const char *, out->n);
        if (!out->text) rc = xs_nomem(err);
    }
    for (size_t i = 0; rc == XSNR_OK && i < out->n; i++) rc = xs_npy_string(&array.npy, &a->imp->arena, &out->text[i], err);
    if (rc == XSNR_OK && !out->n) rc = array.npy.kind == 'U' ? XSNR_OK : fail(a, err, wrong);
    xs_npz_stop(&array);
    return rc;
}

/* ------------------------------------------------------------ the study */

// How many texts the archive's `lengths` tell of.
static int read_lengths(archive *a, xsnr_error *err) {
    xs_npz_array array;
    int rc = start(a, "", "lengths", &array, err);
    if (rc != 1) return rc;
    rc = array.npy.rank == 1 && array.npy.left < 1u << XS_KEY_TEXT ? xs_npy_rest(&array.npy, &a->lengths, err) : fail(a, err, "lengths has one number a text");
    xs_npz_stop(&array);
    return rc;
}

// As far as any model has a score: the scores are read to their end.
static int find_longest(archive *a, xs_npy_stream *scores, xsnr_error *err) {
    size_t room = scores->shape[2], models = scores->shape[0];
    float *row = xs_malloc((room ? room : 1) * sizeof *row);
    int rc = row ? XSNR_OK : xs_nomem(err);
    for (size_t i = 0; rc == XSNR_OK && i < models * a->n_texts; i++) {
        size_t *longest = &a->length[i % a->n_texts];
        rc = xs_npy_floats(scores, row, room, err);
        for (size_t w = room; rc == XSNR_OK && w-- > *longest;)
            if (!isnan(row[w])) *longest = w + 1;
    }
    xs_free(row);
    return rc;
}

// Where each text's words are, in the columns of these scores.
static int find_columns(archive *a, const char *prefix, xs_npz_array *scores, xsnr_error *err) {
    const xs_npy_stream *s = &scores->npy;
    if (s->rank != 2 && s->rank != 3) return fail(a, err, "scores have two dimensions, models × words, or three, models × texts × words");
    bool cube = s->rank == 3;
    size_t room = s->shape[s->rank - 1];
    a->n_texts = cube ? s->shape[1] : a->lengths.data ? a->lengths.shape[0] : 1;
    if (a->lengths.data && a->lengths.shape[0] != a->n_texts) return fail(a, err, "lengths has one number a text");
    if (a->n_texts >= 1u << XS_KEY_TEXT) return fail(a, err, "these are too many texts");
    a->first = XS_ARENA_ARRAY(&a->imp->arena, size_t, a->n_texts);
    a->length = XS_ARENA_ARRAY(&a->imp->arena, size_t, a->n_texts);
    if (!a->first || !a->length) return xs_nomem(err);
    for (size_t t = 0; t < a->n_texts; t++) {
        double n = a->lengths.data ? a->lengths.data[t] : cube ? 0 : (double)room;
        if (!(n >= 0 && n <= (double)room && n == floor(n))) return fail(a, err, "lengths are whole numbers, none larger than the columns of scores");
        a->length[t] = (size_t)n;
    }
    if (cube && !a->lengths.data && s->left) {
        if (room > XS_IMPORT_TOKENS) return fail(a, err, "a text has more than a million words; is this the right shape?");
        XS_TRY(find_longest(a, &scores->npy, err));
        xs_npz_stop(scores);
        int rc = a->file.archive ? start(a, prefix, "scores", scores, err) : xs_npz_start(&a->file, NULL, scores, err);
        if (rc < 0) *scores = (xs_npz_array){0};
        if (rc < 0) return rc;
    }
    a->columns = a->longest = 0;
    for (size_t t = 0; t < a->n_texts; t++) {
        a->first[t] = a->columns;
        if (a->length[t] > XS_IMPORT_TOKENS) return fail(a, err, "a text has more than a million words; is this the right shape?");
        if (__builtin_add_overflow(a->columns, a->length[t], &a->columns)) return fail(a, err, "lengths do not add up to the columns of scores");
        if (a->length[t] > a->longest) a->longest = a->length[t];
    }
    return cube || a->columns == room ? XSNR_OK : fail(a, err, "lengths do not add up to the columns of scores");
}

// What all pairs share, read when the first pair has told how much there must be.
static int read_study(archive *a, xsnr_error *err) {
    static const char one_a_word[] = "there is not one word (or token) for every column of scores", one_a_text[] = "texts, contents and splits have one string a text";
    const strings *words = a->words.text ? &a->words : &a->tokens;
    if (a->read) { // another pair: of the same texts
        bool same = (!words->text || words->n == a->columns) && (!a->texts.text || a->texts.n == a->n_texts) && (!a->labels.data || a->labels.shape[0] == a->n_texts) &&
                    (!a->offsets.data || a->offsets.shape[0] == a->columns) && (!a->contents.text || a->contents.n == a->n_texts) && (!a->splits.text || a->splits.n == a->n_texts);
        return same ? XSNR_OK : fail(a, err, "the scores of two families or explainers are not of the same texts");
    }
    const struct {
        const char *name;
        strings *to;
        size_t n;
        const char *wrong;
    } texts[] = {{"texts", &a->texts, a->n_texts, one_a_text},       {"words", &a->words, a->columns, one_a_word},
                 {"tokens", &a->tokens, a->columns, one_a_word},     {"contents", &a->contents, a->n_texts, one_a_text},
                 {"splits", &a->splits, a->n_texts, one_a_text},     {"classes", &a->classes, SIZE_MAX, "classes are names, at most 10,000"},
                 {"family", &a->family, 1, "family is one name"},    {"explainer", &a->explainer, 1, "explainer is one name"}};
    for (size_t i = 0; a->file.archive && i < sizeof texts / sizeof *texts; i++) XS_TRY(read_strings(a, "", texts[i].name, texts[i].n, texts[i].wrong, texts[i].to, err));
    if (a->words.text && a->tokens.text) return fail(a, err, "words and tokens are two names for one thing; one of them");
    XS_TRY(read_numbers(a, "", "offsets", a->columns, 2, "offsets are (words, 2)", &a->offsets, err));
    XS_TRY(read_numbers(a, "", "labels", a->n_texts, 0, "labels has one number a text", &a->labels, err));
    for (size_t c = 0; c < a->classes.n; c++) { // in the order of the file
        int class;
        XS_TRY(xs_import_class(a->imp, (xs_json_span){a->classes.text[c], strlen(a->classes.text[c])}, &class, err));
    }
    a->class = XS_ARENA_ARRAY(&a->imp->arena, int, MOST_CLASSES);
    if (!a->class) return xs_nomem(err);
    memset(a->class, -1, MOST_CLASSES * sizeof *a->class);
    a->read = true;
    return XSNR_OK;
}

// A class that is written as its number: −1 is none; without names the number is the name.
static int class_of(archive *a, double number, int *out, xsnr_error *err) {
    *out = -1;
    if (number == -1) return XSNR_OK;
    if (!(number >= 0 && number < MOST_CLASSES && number == floor(number))) return fail(a, err, "a class is a whole number from 0, or -1 for none");
    if (a->classes.text && number >= (double)a->classes.n) return fail(a, err, "a class has no name in classes");
    int *known = &a->class[(size_t)number];
    if (*known < 0) {
        char name[16];
        snprintf(name, sizeof name, "%.0f", number);
        const char *text = a->classes.text ? a->classes.text[(size_t)number] : name;
        XS_TRY(xs_import_class(a->imp, (xs_json_span){text, strlen(text)}, known, err));
    }
    *out = *known;
    return XSNR_OK;
}

static int find_tokens(archive *a, size_t t, uint32_t text, uint32_t family, uint32_t *out, xsnr_error *err) {
    xs_import_cut cut = {.text = text, .family = family, .n = a->length[t], .file = a->path, .words = !a->tokens.text,
                         .unnamed = !a->words.text && !a->tokens.text};
    const strings *words = a->words.text ? &a->words : &a->tokens;
    xs_arena *arena = &a->imp->line;
    xs_json_span *token = XS_ARENA_ARRAY(arena, xs_json_span, cut.n);
    uint32_t *offsets = a->offsets.data ? XS_ARENA_ARRAY(arena, uint32_t, 2 * cut.n) : NULL;
    char *names = XS_ARENA_ARRAY(arena, char, 24 * cut.n + 1);
    xs_str all = {0};
    if (!token || !names || (a->offsets.data && !offsets)) return xs_nomem(err);
    for (size_t w = 0; w < cut.n; w++) {
        snprintf(names + 24 * w, 24, "w%zu", w + 1); // of words that have no names
        const char *name = words->text ? words->text[a->first[t] + w] : names + 24 * w;
        token[w] = (xs_json_span){name, strlen(name)};
        xs_str_append(&all, name, token[w].length + 1);
        for (int k = 0; offsets && k < 2; k++) {
            double o = a->offsets.data[2 * (a->first[t] + w) + (size_t)k];
            if (!(o >= 0 && o < 4294967295.0 && o == floor(o))) return xs_str_free(&all), fail(a, err, "an offset is no whole number");
            offsets[2 * w + (size_t)k] = (uint32_t)o;
        }
        if (!token[w].length) return xs_str_free(&all), fail(a, err, "a word is empty");
    }
    cut.token = token;
    cut.offsets = offsets;
    cut.content = a->contents.text ? a->contents.text[t] : NULL;
    cut.raw[0] = (xs_json_span){all.data, all.length};
    if (offsets) cut.raw[1] = (xs_json_span){(const char *)offsets, 2 * cut.n * sizeof *offsets};
    if (cut.content) cut.raw[2] = (xs_json_span){cut.content, strlen(cut.content)};
    int rc = xs_str_failed(&all) ? xs_nomem(err) : XSNR_OK;
    *out = rc == XSNR_OK ? xs_import_known(a->imp, text, family, cut.raw) : 0;
    if (rc == XSNR_OK && *out == XS_NOT_INTERNED) rc = xs_import_tokens(a->imp, &cut, out, err);
    xs_str_free(&all);
    return rc;
}

/* ------------------------------------------------------------ rows */

// Text t of the model at work; its scores are the next in the stream.
static int put_row(archive *a, pair *p, size_t t, xs_import_row row, float *scores, xsnr_error *err) {
    size_t n = a->length[t], undefined = 0;
    p->scores.npy.lost = false;
    XS_TRY(xs_npy_floats(&p->scores.npy, scores, n, err));
    for (size_t w = 0; w < n; w++) {
        undefined += isnan(scores[w]) != 0;
        if (isinf(scores[w])) return fail(a, err, "a score is infinite, or too large for a float32");
    }
    if (undefined && undefined == n) return XSNR_OK;
    if (!n && p->target && p->target[t] == -1) return XSNR_OK;
    if (undefined) return fail(a, err, "some words of a text have NaN as their score; a model has scores for all words of a text, or for none");
    if (p->target) XS_TRY(class_of(a, p->target[t], &row.target, err));
    if (p->prediction) XS_TRY(class_of(a, p->prediction[t], &row.prediction, err));
    if (a->labels.data) XS_TRY(class_of(a, a->labels.data[t], &row.label, err));
    row.text = p->text[t];
    row.tokens = p->tokens[t];
    row.scores = scores;
    row.n_scores = n;
    row.lost = p->scores.npy.lost;
    if (a->splits.text) row.split = a->splits.text[t];
    return xs_import_add(a->imp, &row, err);
}

static int put_model(archive *a, pair *p, size_t m, xs_import_row row, float *scores, xsnr_error *err) {
    char name[32];
    snprintf(name, sizeof name, "%.0f", p->models.data ? p->models.data[m] : (double)m);
    const char *model = p->names.text ? p->names.text[m] : name;
    XS_TRY(xs_import_model_of(a->imp, row.family, (xs_json_span){model, strlen(model)}, &row.model, err));
    if (p->target) XS_TRY(xs_npy_doubles(&p->targets.npy, p->target, a->n_texts, err));
    if (p->prediction) XS_TRY(xs_npy_doubles(&p->predictions.npy, p->prediction, a->n_texts, err));
    size_t room = p->scores.npy.rank == 3 ? p->scores.npy.shape[2] : 0;
    for (size_t t = 0; t < a->n_texts; t++) {
        XS_TRY(put_row(a, p, t, row, scores, err));
        for (size_t left = room ? room - a->length[t] : 0, step; left; left -= step) { // padding
            step = left < a->longest ? left : a->longest ? a->longest : 1;
            XS_TRY(xs_npy_floats(&p->scores.npy, scores, step, err));
        }
    }
    return XSNR_OK;
}

static int put_pair(archive *a, pair *p, xs_json_span family, xs_json_span explainer, xsnr_error *err) {
    xs_importer *imp = a->imp;
    size_t n = p->scores.npy.shape[0];
    float *scores = XS_ARENA_ARRAY(&imp->line, float, a->longest ? a->longest : 1);
    p->text = XS_ARENA_ARRAY(&imp->line, uint32_t, a->n_texts);
    p->tokens = XS_ARENA_ARRAY(&imp->line, uint32_t, a->n_texts);
    if (p->has_targets) p->target = XS_ARENA_ARRAY(&imp->line, double, a->n_texts);
    if (p->has_predictions) p->prediction = XS_ARENA_ARRAY(&imp->line, double, a->n_texts);
    if (!scores || !p->text || !p->tokens || (p->has_targets && !p->target) || (p->has_predictions && !p->prediction)) return xs_nomem(err);
    xs_import_row row = xs_import_empty_row();
    XS_TRY(xs_import_family(imp, family, &row.family, err));
    XS_TRY(xs_import_explainer(imp, explainer, &row.explainer, err));
    for (size_t t = 0; t < a->n_texts; t++) {
        char name[32];
        snprintf(name, sizeof name, "%zu", t + 1);
        const char *id = a->texts.text ? a->texts.text[t] : name;
        XS_TRY(xs_import_text_of(imp, (xs_json_span){id, strlen(id)}, 0, &p->text[t], err));
        xs_arena_mark mark = xs_arena_save(&imp->line);
        XS_TRY(find_tokens(a, t, p->text[t], row.family, &p->tokens[t], err));
        xs_arena_rewind(&imp->line, mark);
    }
    for (size_t m = 0; a->n_texts && m < n; m++) XS_TRY(put_model(a, p, m, row, scores, err));
    return XSNR_OK;
}

// The other arrays of a pair whose scores are under way.
static int read_pair(archive *a, pair *p, xs_json_span family, xs_json_span explainer, xsnr_error *err) {
    size_t n = p->scores.npy.shape[0];
    XS_TRY(find_columns(a, p->prefix, &p->scores, err));
    XS_TRY(read_study(a, err));
    if (!*p->prefix && a->family.n) family = (xs_json_span){a->family.text[0], strlen(a->family.text[0])};
    if (!*p->prefix && a->explainer.n) explainer = (xs_json_span){a->explainer.text[0], strlen(a->explainer.text[0])};
    XS_TRY(read_numbers(a, p->prefix, "models", n, 0, "models has one number a model", &p->models, err));
    XS_TRY(read_strings(a, p->prefix, "model_names", n, "model_names has one name a model", &p->names, err));
    for (int k = 0; k < 2; k++) {
        xs_npz_array *x = k ? &p->predictions : &p->targets;
        int rc = start(a, p->prefix, k ? "predictions" : "targets", x, err);
        if (rc < 0) return rc;
        *(k ? &p->has_predictions : &p->has_targets) = rc == 1;
        if (rc == 1) XS_TRY(not_names(a, &x->npy, k ? "predictions" : "targets", err));
        if (rc == 1 && !has_shape(&x->npy, n, a->n_texts)) return fail(a, err, "targets and predictions are (models, texts)");
    }
    return put_pair(a, p, family, explainer, err);
}

static int take_pair(archive *a, const char *prefix, xs_json_span family, xs_json_span explainer, xsnr_error *err) {
    pair p = {.prefix = prefix};
    xs_arena_mark mark = xs_arena_save(&a->imp->line);
    int rc = a->file.archive ? start(a, prefix, "scores", &p.scores, err) : xs_npz_start(&a->file, NULL, &p.scores, err);
    if (rc >= 0) {
        rc = read_pair(a, &p, family, explainer, err);
        xs_npz_stop(&p.scores);
        if (p.has_targets) xs_npz_stop(&p.targets);
        if (p.has_predictions) xs_npz_stop(&p.predictions);
    }
    xs_arena_rewind(&a->imp->line, mark);
    xs_npy_free(&p.models);
    return rc;
}

/* ------------------------------------------------------------ files */

// A member that is nearly named like one that is read is meant to be that; others may be there for other programs.
static int check_names(archive *a, xsnr_error *err) {
    xs_str unread = {0};
    int rc = xs_npz_check_names(&a->file, &unread, err);
    if (rc == XSNR_OK && unread.length) xs_import_note(a->imp, "%.200s: not read: %.200s", a->path, unread.data);
    xs_str_free(&unread);
    return rc;
}

// "FAMILY/EXPLAINER/scores", from the right: an explainer has no slash in its name.
static int read_archive(archive *a, xsnr_error *err) {
    static const char last[] = "scores.npy";
    xs_zip walk = a->file.zip;
    xs_zip_member member;
    size_t pairs = 0, k = sizeof last - 1;
    int rc;
    XS_TRY(check_names(a, err));
    XS_TRY(read_lengths(a, err));
    while ((rc = xs_zip_next(&walk, &member, err)) == 1) {
        size_t n = member.name_length;
        if (n < k || n - k > 8192 || memcmp(member.name + n - k, last, k) != 0 || (n > k && member.name[n - k - 1] != '/')) continue;
        if (memchr(member.name, '\0', n)) return fail(a, err, "an array has the character U+0000 in its name");
        char *prefix = xs_arena_strndup(&a->imp->arena, member.name, n - k);
        if (!prefix) return xs_nomem(err);
        xs_json_span family = {NULL, 0}, explainer = {NULL, 0};
        size_t end = n - k, cut = end ? end - 1 : 0;
        while (cut && prefix[cut - 1] != '/') cut--;
        if (end > cut + 1) explainer = (xs_json_span){prefix + cut, end - 1 - cut};
        if (cut > 1) family = (xs_json_span){prefix, cut - 1};
        XS_TRY(take_pair(a, prefix, family, explainer, err));
        pairs++;
    }
    if (rc < 0 || pairs) return rc;
    return fail(a, err, "there is no array 'scores', nor 'FAMILY/EXPLAINER/scores'; name it so, as in numpy.savez(file, scores=scores)");
}

// A bare array: one text, or several, in a cube.  The models' numbers are its rows; one text is named after the file.
static int read_array(archive *a, xsnr_error *err) {
    xs_npz_array head;
    xs_json_span stem = xs_import_stem(a->imp);
    XS_TRY(xs_npz_start(&a->file, NULL, &head, err));
    bool one = head.npy.rank == 2;
    xs_npz_stop(&head);
    if (one) {
        a->texts = (strings){XS_ARENA_ARRAY(&a->imp->arena, const char *, 1), 1};
        if (!a->texts.text || !(a->texts.text[0] = xs_arena_strndup(&a->imp->arena, stem.text, stem.length))) return xs_nomem(err);
    }
    return take_pair(a, "", (xs_json_span){NULL, 0}, (xs_json_span){NULL, 0}, err);
}

int xs_import_npz(xs_importer *imp, const char *path, xsnr_error *err) {
    archive a = {.imp = imp, .path = path};
    XS_TRY(xs_npz_open(path, &a.file, err));
    int rc = a.file.archive ? read_archive(&a, err) : read_array(&a, err);
    xs_npy_free(&a.lengths);
    xs_npy_free(&a.labels);
    xs_npy_free(&a.offsets);
    xs_npz_close(&a.file);
    return rc;
}
