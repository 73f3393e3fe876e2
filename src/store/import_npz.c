// NumPy's .npz and .npy: models × words, as `xsnr export` writes it (docs/formats.md).
//
// `scores` is (models, words) with the texts side by side, or (models, texts, words) with every text filled up to the
// longest.  `lengths` says how many words each text has; without it a matrix is one text, and a cube has no padding but
// trailing NaN.  A model of which all words of a text are NaN has not explained it.
#include "base/alloc.h"
#include "base/file.h"
#include "store/importer.h"
#include "store/npy.h"
#include "store/zip.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct strings {
    const char **text; // NULL: there are none
    size_t n;
} strings;

typedef struct archive {
    xs_importer *imp;
    const char *path;
    const char *bytes;
    size_t size;
    xs_npy lengths, labels, offsets;
    strings texts, words, tokens, classes, contents, splits, family, explainer;
    size_t n_texts, *first, *length; // (n_texts) column and number of words of each
    size_t columns;
} archive;

// One family and explainer.
typedef struct pair {
    const char *prefix; // "", or "FAMILY/EXPLAINER/"
    xs_npy scores, models, targets, predictions;
    strings names;
} pair;

static int fail(const archive *a, xsnr_error *err, const char *what) { return xs_fail_at(err, XSNR_ERR_DATA, a->path, 0, "%s", what); }

// A member that need not be there.
static int read_numbers(archive *a, const char *prefix, const char *name, xs_npy *out, xsnr_error *err) {
    char member[9000];
    snprintf(member, sizeof member, "%s%s", prefix, name);
    *out = (xs_npy){0};
    xsnr_error why = {0};
    int rc = xs_npy_read_bytes(a->bytes, a->size, a->path, member, out, &why);
    if (rc == XSNR_ERR_NOT_FOUND) return XSNR_OK;
    if (rc < 0 && err) *err = why;
    return rc;
}

static int read_strings(archive *a, const char *prefix, const char *name, strings *out, xsnr_error *err) {
    char member[9000];
    snprintf(member, sizeof member, "%s%s", prefix, name);
    *out = (strings){0};
    xsnr_error why = {0};
    int rc = xs_npy_read_text(a->bytes, a->size, a->path, member, &a->imp->arena, &out->text, &out->n, &why);
    if (rc == XSNR_ERR_NOT_FOUND) return XSNR_OK;
    if (rc < 0 && err) *err = why;
    return rc;
}

/* ------------------------------------------------------------ the study */

static int read_study(archive *a, xsnr_error *err) {
    const struct {
        const char *name;
        strings *to;
    } texts[] = {{"texts", &a->texts}, {"words", &a->words}, {"tokens", &a->tokens}, {"classes", &a->classes}, {"contents", &a->contents}, {"splits", &a->splits},
                 {"family", &a->family}, {"explainer", &a->explainer}};
    XS_TRY(read_numbers(a, "", "lengths", &a->lengths, err));
    XS_TRY(read_numbers(a, "", "labels", &a->labels, err));
    XS_TRY(read_numbers(a, "", "offsets", &a->offsets, err));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) XS_TRY(read_strings(a, "", texts[i].name, texts[i].to, err));
    for (size_t c = 0; c < a->classes.n; c++) { // in the order of the file
        int class;
        XS_TRY(xs_import_class(a->imp, (xs_json_span){a->classes.text[c], strlen(a->classes.text[c])}, &class, err));
    }
    return a->words.text && a->tokens.text ? fail(a, err, "words and tokens are two names for one thing; one of them") : XSNR_OK;
}

// Where each text's words are, in the columns of the first scores that are read.
static int find_columns(archive *a, const xs_npy *scores, xsnr_error *err) {
    if (scores->rank != 2 && scores->rank != 3) return fail(a, err, "scores have two dimensions, models × words, or three, models × texts × words");
    bool cube = scores->rank == 3;
    size_t room = scores->shape[scores->rank - 1];
    a->n_texts = cube ? scores->shape[1] : a->lengths.data ? a->lengths.shape[0] : 1;
    if (a->lengths.data && (a->lengths.rank != 1 || a->lengths.shape[0] != a->n_texts)) return fail(a, err, "lengths has one number a text");
    a->first = XS_ARENA_ARRAY(&a->imp->arena, size_t, a->n_texts);
    a->length = XS_ARENA_ARRAY(&a->imp->arena, size_t, a->n_texts);
    if (!a->first || !a->length) return xs_nomem(err);
    a->columns = 0;
    for (size_t t = 0; t < a->n_texts; t++) {
        double n = a->lengths.data ? a->lengths.data[t] : (double)room;
        if (!(n >= 0 && n <= (double)room && n == floor(n))) return fail(a, err, "lengths are whole numbers, none larger than the columns of scores");
        a->length[t] = (size_t)n;
        if (cube && !a->lengths.data) { // as far as any model has a score
            size_t longest = 0;
            for (size_t m = 0; m < scores->shape[0]; m++) {
                const double *row = scores->data + (m * a->n_texts + t) * room;
                for (size_t w = room; w-- > longest;)
                    if (!isnan(row[w])) longest = w + 1;
            }
            a->length[t] = longest;
        }
        a->first[t] = a->columns;
        a->columns += a->length[t];
    }
    if (!cube && a->columns != room) return fail(a, err, "lengths do not add up to the columns of scores");
    const strings *words = a->words.text ? &a->words : &a->tokens;
    if (words->text && words->n != a->columns) return fail(a, err, "there is not one word (or token) for every column of scores");
    if (a->offsets.data && (a->offsets.rank != 2 || a->offsets.shape[0] != a->columns || a->offsets.shape[1] != 2)) return fail(a, err, "offsets are (words, 2)");
    if (a->labels.data && (a->labels.rank != 1 || a->labels.shape[0] != a->n_texts)) return fail(a, err, "labels has one number a text");
    bool texts = (!a->texts.text || a->texts.n == a->n_texts) && (!a->contents.text || a->contents.n == a->n_texts) && (!a->splits.text || a->splits.n == a->n_texts);
    return texts ? XSNR_OK : fail(a, err, "texts, contents and splits have one string a text");
}

// A class that is written as its number: −1 is none; without names the number is the name.
static int class_of(archive *a, double number, int *out, xsnr_error *err) {
    *out = -1;
    if (number == -1) return XSNR_OK;
    if (!(number >= 0 && number < 10000 && number == floor(number))) return fail(a, err, "a class is a whole number from 0, or -1 for none");
    if (a->classes.text && number >= (double)a->classes.n) return fail(a, err, "a class has no name in classes");
    char name[16];
    snprintf(name, sizeof name, "%.0f", number);
    const char *text = a->classes.text ? a->classes.text[(size_t)number] : name;
    return xs_import_class(a->imp, (xs_json_span){text, strlen(text)}, out, err);
}

static int find_tokens(archive *a, size_t t, xs_import_row *row, xsnr_error *err) {
    xs_import_cut cut = {.text = row->text, .family = row->family, .n = a->length[t], .file = a->path, .words = !a->tokens.text};
    const strings *words = a->words.text ? &a->words : &a->tokens;
    xs_arena *arena = &a->imp->line;
    xs_json_span *token = XS_ARENA_ARRAY(arena, xs_json_span, cut.n);
    uint32_t *offsets = a->offsets.data ? XS_ARENA_ARRAY(arena, uint32_t, 2 * cut.n) : NULL;
    char *names = XS_ARENA_ARRAY(arena, char, 24 * cut.n + 1);
    xs_str all = {0};
    if (!token || !names || (a->offsets.data && !offsets)) return xs_nomem(err);
    for (size_t w = 0; w < cut.n; w++) {
        snprintf(names + 24 * w, 24, "w%zu", w + 1); // of words that have no names
        const char *text = words->text ? words->text[a->first[t] + w] : names + 24 * w;
        token[w] = (xs_json_span){text, strlen(text)};
        xs_str_append(&all, text, token[w].length + 1);
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
    row->tokens = rc == XSNR_OK ? xs_import_known(a->imp, row->text, row->family, cut.raw) : 0;
    if (rc == XSNR_OK && row->tokens == XS_NOT_INTERNED) rc = xs_import_tokens(a->imp, &cut, &row->tokens, err);
    xs_str_free(&all);
    return rc;
}

/* ------------------------------------------------------------ rows */

static int put_row(archive *a, const pair *p, size_t m, size_t t, xs_import_row row, float *scores, xsnr_error *err) {
    bool cube = p->scores.rank == 3;
    size_t room = p->scores.shape[p->scores.rank - 1], undefined = 0;
    const double *from = cube ? p->scores.data + (m * a->n_texts + t) * room : p->scores.data + m * room + a->first[t];
    for (size_t w = 0; w < a->length[t]; w++) {
        scores[w] = (float)from[w];
        undefined += isnan(from[w]) != 0;
        if (isinf(scores[w])) return fail(a, err, "a score is infinite, or too large for a float32");
    }
    if (undefined && undefined == a->length[t]) return XSNR_OK;
    if (!a->length[t] && p->targets.data && p->targets.data[m * a->n_texts + t] == -1) return XSNR_OK;
    if (undefined) return fail(a, err, "some words of a text have NaN as their score; a model has scores for all words of a text, or for none");
    if (p->targets.data) XS_TRY(class_of(a, p->targets.data[m * a->n_texts + t], &row.target, err));
    if (p->predictions.data) XS_TRY(class_of(a, p->predictions.data[m * a->n_texts + t], &row.prediction, err));
    if (a->labels.data) XS_TRY(class_of(a, a->labels.data[t], &row.label, err));
    row.scores = scores;
    row.n_scores = a->length[t];
    if (a->splits.text) row.split = a->splits.text[t];
    return xs_import_add(a->imp, &row, err);
}

static int put_pair(archive *a, const pair *p, xs_json_span family, xs_json_span explainer, xsnr_error *err) {
    xs_importer *imp = a->imp;
    size_t n = p->scores.shape[0], longest = 0;
    size_t cells = n * a->n_texts;
    for (size_t t = 0; t < a->n_texts; t++) longest = a->length[t] > longest ? a->length[t] : longest;
    for (int k = 0; k < 2; k++) {
        const xs_npy *x = k ? &p->predictions : &p->targets;
        if (x->data && (x->rank != 2 || x->shape[0] != n || x->shape[1] != a->n_texts || !cells)) return fail(a, err, "targets and predictions are (models, texts)");
    }
    if (p->models.data && (p->models.rank != 1 || p->models.shape[0] != n)) return fail(a, err, "models has one number a model");
    if (p->names.text && p->names.n != n) return fail(a, err, "model_names has one name a model");
    float *scores = XS_ARENA_ARRAY(&imp->line, float, longest);
    if (!scores) return xs_nomem(err);
    xs_import_row row = xs_import_empty_row();
    XS_TRY(xs_import_family(imp, family, &row.family, err));
    XS_TRY(xs_import_explainer(imp, explainer, &row.explainer, err));
    for (size_t t = 0; t < a->n_texts; t++) {
        char name[32];
        snprintf(name, sizeof name, "%zu", t + 1);
        const char *id = a->texts.text ? a->texts.text[t] : name;
        XS_TRY(xs_import_text_of(imp, (xs_json_span){id, strlen(id)}, 0, &row.text, err));
        xs_arena_mark mark = xs_arena_save(&imp->line);
        XS_TRY(find_tokens(a, t, &row, err));
        xs_arena_rewind(&imp->line, mark);
        for (size_t m = 0; m < n; m++) {
            snprintf(name, sizeof name, "%.0f", p->models.data ? p->models.data[m] : (double)m);
            const char *model = p->names.text ? p->names.text[m] : name;
            XS_TRY(xs_import_model_of(imp, row.family, (xs_json_span){model, strlen(model)}, &row.model, err));
            XS_TRY(put_row(a, p, m, t, row, scores, err));
        }
    }
    return XSNR_OK;
}

// "FAMILY/EXPLAINER/", from the right: an explainer has no slash in its name.
static int read_pair(archive *a, const char *prefix, xsnr_error *err) {
    pair p = {.prefix = prefix};
    xs_json_span family = {NULL, 0}, explainer = {NULL, 0};
    size_t n = strlen(prefix), cut = n ? n - 1 : 0;
    while (cut && prefix[cut - 1] != '/') cut--;
    if (n > cut + 1) explainer = (xs_json_span){prefix + cut, n - 1 - cut};
    if (cut > 1) family = (xs_json_span){prefix, cut - 1};
    else if (!n && a->family.n == 1) family = (xs_json_span){a->family.text[0], strlen(a->family.text[0])};
    if (!n && a->explainer.n == 1) explainer = (xs_json_span){a->explainer.text[0], strlen(a->explainer.text[0])};
    int rc = read_numbers(a, prefix, "scores", &p.scores, err);
    if (rc == XSNR_OK && !p.scores.data) rc = fail(a, err, "there is no array 'scores'");
    if (rc == XSNR_OK) rc = read_numbers(a, prefix, "models", &p.models, err);
    if (rc == XSNR_OK) rc = read_numbers(a, prefix, "targets", &p.targets, err);
    if (rc == XSNR_OK) rc = read_numbers(a, prefix, "predictions", &p.predictions, err);
    if (rc == XSNR_OK) rc = read_strings(a, prefix, "model_names", &p.names, err);
    if (rc == XSNR_OK) rc = find_columns(a, &p.scores, err);
    if (rc == XSNR_OK) rc = put_pair(a, &p, family, explainer, err);
    xs_npy_free(&p.scores);
    xs_npy_free(&p.models);
    xs_npy_free(&p.targets);
    xs_npy_free(&p.predictions);
    return rc;
}

/* ------------------------------------------------------------ files */

static int read_archive(archive *a, xsnr_error *err) {
    xs_zip zip;
    xs_zip_member member;
    int rc;
    XS_TRY(read_study(a, err));
    XS_TRY(xs_zip_open(a->bytes, a->size, a->path, &zip, err));
    size_t pairs = 0;
    while ((rc = xs_zip_next(&zip, &member, err)) == 1) {
        static const char last[] = "scores.npy";
        size_t n = member.name_length, k = sizeof last - 1;
        if (n < k || n - k > 8192 || memcmp(member.name + n - k, last, k) != 0 || (n > k && member.name[n - k - 1] != '/')) continue;
        char *prefix = xs_arena_strndup(&a->imp->arena, member.name, n - k);
        if (!prefix) return xs_nomem(err);
        XS_TRY(read_pair(a, prefix, err));
        pairs++;
    }
    if (rc < 0 || pairs) return rc;
    return fail(a, err, "there is no array 'scores', nor 'FAMILY/EXPLAINER/scores'");
}

// A bare array: one text.  The model's numbers are its rows; the text is named after the file.
static int read_array(archive *a, xsnr_error *err) {
    pair p = {.prefix = ""};
    xs_json_span stem = xs_import_stem(a->imp);
    const char **name = xs_arena_alloc(&a->imp->arena, sizeof *name);
    if (!name) return xs_nomem(err);
    *name = xs_arena_strndup(&a->imp->arena, stem.text, stem.length);
    if (!*name) return xs_nomem(err);
    XS_TRY(xs_npy_parse(a->bytes, a->size, a->path, &p.scores, err));
    int rc = find_columns(a, &p.scores, err);
    if (rc == XSNR_OK && p.scores.rank == 2) a->texts = (strings){name, 1};
    if (rc == XSNR_OK) rc = put_pair(a, &p, (xs_json_span){NULL, 0}, (xs_json_span){NULL, 0}, err);
    xs_npy_free(&p.scores);
    return rc;
}

int xs_import_npz(xs_importer *imp, const char *path, xsnr_error *err) {
    char *bytes;
    size_t size;
    XS_TRY(xs_file_read(path, &bytes, &size, err));
    archive a = {.imp = imp, .path = path, .bytes = bytes, .size = size};
    bool zip = size >= 2 && memcmp(bytes, "PK", 2) == 0;
    xs_arena_mark mark = xs_arena_save(&imp->line);
    int rc = zip ? read_archive(&a, err) : read_array(&a, err);
    xs_arena_rewind(&imp->line, mark);
    xs_npy_free(&a.lengths);
    xs_npy_free(&a.labels);
    xs_npy_free(&a.offsets);
    xs_free(bytes);
    return rc;
}
