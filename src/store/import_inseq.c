// inseq's JSON (Sarti and others: "Inseq: An interpretability toolkit for sequence generation models", ACL 2023
// demonstrations): a file of FeatureAttributionOutput.save, a model's attributions of some texts.
//
// Objects are plain, or {"__instance_type__": …, "attributes": {…}}.  Arrays are nested lists (with NaN, as Python writes
// it), or {"__ndarray__": lists or "b64:…" or "b64.gz:…", "dtype", "shape"}.  A text is the source (encoder and decoder) or
// the prompt (decoder alone, whose attributions are of the target's own beginning).  Attributions are (tokens, steps) or
// (tokens, steps, units): a token's score is their sum.  What was generated is the class that is explained, so that
// explanations of different outputs are not mixed.
#include "base/alloc.h"
#include "store/importer.h"
#include "store/npy.h"
#include "store/source.h"
#include <math.h>
#include <string.h>
#include <zlib.h>

enum { CLASS_BYTES = 200 }; // of what was generated that name the class

typedef struct reader {
    xs_importer *imp;
    const char *path, *text; // the whole file
    size_t size;
    xs_json_span model, model_class, method, inputs; // of info
    uint32_t family, explainer, model_number;
} reader;

typedef struct array {
    int rank;
    size_t shape[3];
    double *data; // in the arena of the line
    size_t n, room;
} array;

/* ------------------------------------------------------------ values inside of values */

// The value that stands at a place of the file, to be read.
static xs_json at(const reader *r, xs_json_span value) {
    xs_json j;
    xs_json_open(&j, r->text, r->size, r->path, 1);
    j.at = value.text;
    j.end = value.text + value.length;
    j.python = true;
    return j;
}

static int fail(const reader *r, xs_json_span where, xsnr_error *err, const char *what) {
    xs_json j = at(r, where);
    return xs_json_fail(&j, err, "%s", what);
}

// The members of an object with these names (n), wrapped or not; those that are null or not there have no text.
static int find(const reader *r, xs_json_span object, const char *const *names, xs_json_span *out, size_t n, xsnr_error *err) {
    for (int wrapped = 1; wrapped >= 0; wrapped--) {
        xs_json j = at(r, object);
        xs_json_span name, value, inside = {NULL, 0};
        int rc;
        memset(out, 0, n * sizeof *out);
        XS_TRY(xs_json_enter(&j, '{', err));
        while ((rc = xs_json_member(&j, &r->imp->line, &name, err)) == 1) {
            XS_TRY(xs_json_skip(&j, &value, err));
            if (wrapped && xs_json_is(&name, "attributes")) inside = value;
            for (size_t i = 0; i < n; i++)
                if (xs_json_is(&name, names[i]) && *value.text != 'n') out[i] = value;
        }
        if (rc < 0) return rc;
        if (!inside.text) return XSNR_OK;
        object = inside;
    }
    return XSNR_OK;
}

// Item `index` of a list, without text if it has fewer.
static int item_of(const reader *r, xs_json_span list, size_t index, xs_json_span *out, xsnr_error *err) {
    *out = (xs_json_span){NULL, 0};
    if (!list.text || *list.text != '[') return XSNR_OK;
    xs_json j = at(r, list);
    XS_TRY(xs_json_enter(&j, '[', err));
    for (; xs_json_item(&j, err) == 1; index--) {
        XS_TRY(xs_json_skip(&j, out, err));
        if (!index) return XSNR_OK;
        *out = (xs_json_span){NULL, 0};
    }
    return XSNR_OK; // what is wrong in it was found when it was skipped
}

// A string, or nothing.
static int string_of(const reader *r, xs_json_span value, xs_json_span *out, xsnr_error *err) {
    *out = (xs_json_span){NULL, 0};
    if (!value.text || *value.text != '"') return XSNR_OK;
    xs_json j = at(r, value);
    return xs_json_string(&j, &r->imp->line, out, err);
}

static int size_of(const reader *r, xs_json_span value, size_t fallback, size_t *out, xsnr_error *err) {
    double x;
    *out = fallback;
    if (!value.text) return XSNR_OK;
    xs_json j = at(r, value);
    XS_TRY(xs_json_double(&j, &x, err));
    if (!(x >= 0 && x <= XS_IMPORT_TOKENS && x == floor(x))) return fail(r, value, err, "a place or a size is a whole number from 0 to 1048576");
    *out = (size_t)x;
    return XSNR_OK;
}

/* ------------------------------------------------------------ arrays */

// Nested lists; every list of one depth has the same length.
static int read_lists(const reader *r, xs_json *j, int depth, array *a, xsnr_error *err) {
    size_t n = 0;
    if (depth == 3) return xs_json_fail(j, err, "attributions have two or three dimensions");
    XS_TRY(xs_json_enter(j, '[', err));
    for (int rc; (rc = xs_json_item(j, err)) != 0; n++) {
        if (rc < 0) return rc;
        if (xs_json_peek(j) == '[') {
            if (a->rank && depth + 1 >= a->rank) return xs_json_fail(j, err, "a list stands beside numbers");
            XS_TRY(read_lists(r, j, depth + 1, a, err));
            continue;
        }
        if (!a->rank) a->rank = depth + 1;
        if (a->rank != depth + 1) return xs_json_fail(j, err, "a number stands beside lists");
        if (a->n == a->room) {
            size_t room = a->room ? 2 * a->room : 256;
            double *more = XS_ARENA_ARRAY(&r->imp->line, double, room);
            if (!more) return xs_nomem(err);
            if (a->n) memcpy(more, a->data, a->n * sizeof *more);
            a->data = more;
            a->room = room;
        }
        XS_TRY(xs_json_double(j, &a->data[a->n++], err));
    }
    if (a->shape[depth] != SIZE_MAX && a->shape[depth] != n) return xs_json_fail(j, err, "the lists of an array have different lengths");
    a->shape[depth] = n;
    return XSNR_OK;
}

static int digit_of(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *p = c ? strchr(digits, c) : NULL;
    return p ? (int)(p - digits) : -1;
}

// RFC 4648, without blanks; `out` has room.  The number of bytes, or SIZE_MAX.
static size_t from_base64(const char *text, size_t n, unsigned char *out) {
    size_t length = 0;
    if (n % 4) return SIZE_MAX;
    for (size_t i = 0; i < n; i += 4) {
        int pads = (text[i + 3] == '=') + (text[i + 3] == '=' && text[i + 2] == '=');
        uint32_t bits = 0;
        if (pads && i + 4 < n) return SIZE_MAX;
        for (int k = 0; k < 4; k++) {
            int digit = k < 4 - pads ? digit_of(text[i + (size_t)k]) : 0;
            if (digit < 0) return SIZE_MAX;
            bits = bits << 6 | (uint32_t)digit;
        }
        for (int k = 0; k < 3 - pads; k++) out[length++] = (unsigned char)(bits >> (16 - 8 * k));
    }
    return length;
}

// Exactly `size` bytes come out, or it is wrong: a bomb has no room to unfold.
static bool gunzip(unsigned char *packed, size_t n, unsigned char *out, size_t size) {
    z_stream z = {0};
    unsigned char more;
    if (n > UINT32_MAX || size >= UINT32_MAX || inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) return false;
    z.next_in = packed;
    z.avail_in = (uInt)n;
    z.next_out = size ? out : &more;
    z.avail_out = (uInt)size;
    int code = inflate(&z, Z_FINISH);
    if (code == Z_OK || code == Z_BUF_ERROR) { // is there one byte more?
        z.next_out = &more;
        z.avail_out = 1;
        code = inflate(&z, Z_FINISH);
        if (!z.avail_out) code = Z_BUF_ERROR;
    }
    bool whole = code == Z_STREAM_END && z.total_out == size;
    inflateEnd(&z);
    return whole;
}

static int next_bytes(void *context, void *to, size_t n, xsnr_error *err) {
    const unsigned char **p = context;
    (void)err;
    memcpy(to, *p, n);
    *p += n;
    return XSNR_OK;
}

// "b64:…" or "b64.gz:…"
static int read_packed(const reader *r, xs_json_span where, xs_json_span data, const char *dtype, array *a, xsnr_error *err) {
    bool zipped = data.length >= 7 && memcmp(data.text, "b64.gz:", 7) == 0, plain = data.length >= 4 && memcmp(data.text, "b64:", 4) == 0;
    size_t item = strcmp(dtype, "float16") == 0 ? 2 : strcmp(dtype, "float32") == 0 ? 4 : strcmp(dtype, "float64") == 0 ? 8 : 0, skip = zipped ? 7 : 4, size;
    if (!item) return fail(r, where, err, "an array is of float16, float32 or float64");
    if (!zipped && !plain) return fail(r, where, err, "an array begins with b64: or b64.gz:");
    a->n = 1;
    for (int d = 0; d < a->rank; d++)
        if (__builtin_mul_overflow(a->n, a->shape[d], &a->n)) a->n = SIZE_MAX;
    // Deflate packs at most 1032 bytes into one.
    if (__builtin_mul_overflow(a->n, item, &size) || size / (zipped ? 1032 : 1) > data.length) return fail(r, where, err, "an array is shorter than its shape says");
    unsigned char *bytes = xs_arena_alloc(&r->imp->line, data.length), *unpacked = zipped ? xs_arena_alloc(&r->imp->line, size) : bytes;
    a->data = XS_ARENA_ARRAY(&r->imp->line, double, a->n);
    if (!bytes || !unpacked || !a->data) return xs_nomem(err);
    size_t n = from_base64(data.text + skip, data.length - skip, bytes);
    if (n == SIZE_MAX || (zipped ? !gunzip(bytes, n, unpacked, size) : n != size)) return fail(r, where, err, "an array does not unpack to what its shape says");
    const unsigned char *p = unpacked;
    xs_npy_stream s = {.left = a->n, .kind = 'f', .item = item, .source = {next_bytes, &p, size}};
    return xs_npy_doubles(&s, a->data, a->n, err);
}

// "shape": [4, 2]
static int read_shape(const reader *r, xs_json_span value, array *a, xsnr_error *err) {
    xs_json j = at(r, value);
    XS_TRY(xs_json_enter(&j, '[', err));
    for (int rc; (rc = xs_json_item(&j, err)) != 0; a->rank++) {
        xs_json_span size;
        if (rc < 0) return rc;
        if (a->rank == 3) return xs_json_fail(&j, err, "attributions have two or three dimensions");
        XS_TRY(xs_json_skip(&j, &size, err));
        XS_TRY(size_of(r, size, 0, &a->shape[a->rank], err));
    }
    return XSNR_OK;
}

static int read_array(const reader *r, xs_json_span value, array *a, xsnr_error *err) {
    static const char *const names[] = {"__ndarray__", "dtype", "shape"};
    xs_json_span part[3], data, type;
    *a = (array){.shape = {SIZE_MAX, SIZE_MAX, SIZE_MAX}};
    if (*value.text == '"')
        return fail(r, value, err, "attributions in safetensors are not read; save them with scores_precision=\"float32\" of an older inseq, or ndarray_compact=False");
    xs_json j = at(r, value);
    if (*value.text == '[') return read_lists(r, &j, 0, a, err);
    XS_TRY(find(r, value, names, part, 3, err));
    if (!part[0].text || !part[1].text || !part[2].text) return fail(r, value, err, "an array is a list, or has __ndarray__, dtype and shape");
    if (*part[0].text == '[') {
        array said = {.shape = {SIZE_MAX, SIZE_MAX, SIZE_MAX}};
        j = at(r, part[0]);
        XS_TRY(read_lists(r, &j, 0, a, err));
        XS_TRY(read_shape(r, part[2], &said, err));
        bool same = a->rank == said.rank || !a->n;
        for (int d = 0; d < a->rank; d++) same = same && a->shape[d] == said.shape[d];
        return same ? XSNR_OK : fail(r, part[2], err, "the lists of an array are not of the shape that it says");
    }
    XS_TRY(read_shape(r, part[2], a, err));
    XS_TRY(string_of(r, part[0], &data, err));
    XS_TRY(string_of(r, part[1], &type, err));
    char dtype[16];
    snprintf(dtype, sizeof dtype, "%.*s", (int)(type.length < 15 ? type.length : 15), type.text ? type.text : "");
    return read_packed(r, value, data, dtype, a, err);
}

/* ------------------------------------------------------------ one text */

// {"id": …, "token": "▁un"}, or the token alone.
static int read_tokens(const reader *r, xs_json_span list, xs_json_span **out, size_t *n, xsnr_error *err) {
    static const char *const names[] = {"token"};
    xs_json j = at(r, list);
    size_t most = 1;
    for (size_t i = 0; i < list.length; i++) most += list.text[i] == ',';
    *n = 0;
    *out = XS_ARENA_ARRAY(&r->imp->line, xs_json_span, most < XS_IMPORT_TOKENS ? most : XS_IMPORT_TOKENS);
    if (!*out) return xs_nomem(err);
    XS_TRY(xs_json_enter(&j, '[', err));
    for (int rc; (rc = xs_json_item(&j, err)) != 0; ++*n) {
        xs_json_span value;
        if (rc < 0) return rc;
        if (*n == XS_IMPORT_TOKENS) return xs_json_fail(&j, err, "more than %d tokens", XS_IMPORT_TOKENS);
        XS_TRY(xs_json_skip(&j, &value, err));
        if (*value.text == '{') XS_TRY(find(r, value, names, &value, 1, err));
        XS_TRY(string_of(r, value, &(*out)[*n], err));
        if (!(*out)[*n].length) return xs_json_fail(&j, err, "a token is a string, or an object with one under \"token\", and not empty");
    }
    return XSNR_OK;
}

// What was generated: the target's tokens [from, to) as a text, without special ones.
static int read_class(const reader *r, const xs_json_span *token, size_t from, size_t to, int *class, xsnr_error *err) {
    xs_str text = {0};
    for (size_t i = from; i < to; i++) {
        xs_json_span t = token[i];
        size_t mark = t.length >= 3 && memcmp(t.text, "▁", 3) == 0 ? 3 : t.length >= 2 && memcmp(t.text, "Ġ", 2) == 0 ? 2 : 0;
        if (xs_import_special(&t)) continue;
        if (mark && text.length) xs_str_put(&text, " ");
        xs_str_append(&text, t.text + mark, t.length - mark);
    }
    size_t n = text.length < CLASS_BYTES ? text.length : CLASS_BYTES;
    while (n && n < text.length && ((unsigned char)text.data[n] & 0xC0) == 0x80) n--; // whole characters
    int rc = xs_str_failed(&text) ? xs_nomem(err) : XSNR_OK;
    if (rc == XSNR_OK && n) rc = xs_import_class(r->imp, (xs_json_span){text.data, n}, class, err);
    xs_str_free(&text);
    return rc;
}

// The scores of the first n tokens: sums over steps, and units where there are some.
static int sum_scores(const reader *r, xs_json_span where, const array *a, size_t n, float **out, bool *lost, xsnr_error *err) {
    size_t each = a->rank == 3 ? a->shape[1] * a->shape[2] : a->rank == 2 ? a->shape[1] : 1;
    if (a->rank < 2 && a->n) return fail(r, where, err, "attributions have two or three dimensions");
    if (a->n && (a->shape[0] < n || a->n / a->shape[0] != each)) return fail(r, where, err, "there are fewer attributions than tokens");
    if (!a->n && n) return fail(r, where, err, "there are no attributions");
    *out = XS_ARENA_ARRAY(&r->imp->line, float, n);
    if (!*out) return xs_nomem(err);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t k = 0; k < each; k++) sum += a->data[i * each + k];
        (*out)[i] = (float)sum;
        *lost = *lost || (sum != 0 && (*out)[i] == 0);
        if (!isfinite((*out)[i])) return fail(r, where, err, "an attribution of the text is NaN, infinite, or too large for a float32");
    }
    return XSNR_OK;
}

enum { SOURCE, TARGET, OF_SOURCE, OF_TARGET, START, END, PARTS };

static int read_sequence(reader *r, xs_json_span sequence, size_t index, size_t number, xsnr_error *err) {
    static const char *const names[PARTS] = {"source", "target", "source_attributions", "target_attributions", "attr_pos_start", "attr_pos_end"};
    xs_importer *imp = r->imp;
    xs_json_span part[PARTS], *token, *target, text;
    size_t n, n_target, start, end;
    array a;
    XS_TRY(find(r, sequence, names, part, PARTS, err));
    bool source = part[OF_SOURCE].text;
    xs_json_span values = part[source ? OF_SOURCE : OF_TARGET];
    if (!values.text || !part[TARGET].text || (source && !part[SOURCE].text))
        return fail(r, sequence, err, "a sequence has source and source_attributions, or target and target_attributions");
    XS_TRY(read_tokens(r, part[TARGET], &target, &n_target, err));
    XS_TRY(size_of(r, part[START], 0, &start, err));
    XS_TRY(size_of(r, part[END], n_target, &end, err));
    if (end > n_target) end = n_target;
    if (start > end) return fail(r, sequence, err, "attr_pos_start lies behind the target");
    token = target;
    n = start;
    if (source) XS_TRY(read_tokens(r, part[SOURCE], &token, &n, err));
    if (!n) return fail(r, sequence, err, "there is no prompt: attr_pos_start is 0, and what a model generates is not the same for all models");
    XS_TRY(read_array(r, values, &a, err));
    xs_import_row row = xs_import_empty_row();
    float *scores = NULL;
    XS_TRY(sum_scores(r, values, &a, n, &scores, &row.lost, err));
    xs_json j = at(r, sequence);
    long line = 1;
    for (const char *p = r->text; (p = memchr(p, '\n', (size_t)(j.at - p))); p++) line++;
    char id[32];
    snprintf(id, sizeof id, "%zu", number);
    row.family = r->family, row.explainer = r->explainer, row.model = r->model_number, row.line = line;
    XS_TRY(xs_import_text_of(imp, (xs_json_span){id, strlen(id)}, line, &row.text, err));
    XS_TRY(read_class(r, target, start, end, &row.prediction, err));
    row.target = row.prediction;
    row.scores = scores;
    row.n_scores = n;
    XS_TRY(item_of(r, r->inputs, index, &text, err));
    XS_TRY(string_of(r, text, &text, err));
    xs_str all = {0}; // the tokens, told apart by NUL: what the tokenisation is known by
    for (size_t i = 0; i < n; i++) xs_str_append(&all, token[i].text, token[i].length), xs_str_append(&all, "", 1);
    char *content = text.length ? xs_arena_strndup(&imp->line, text.text, text.length) : NULL;
    int rc = xs_str_failed(&all) || (text.length && !content) ? xs_nomem(err) : XSNR_OK;
    xs_import_cut cut = {.text = row.text, .family = row.family, .n = n, .token = token, .content = content, .file = r->path, .line = line,
                         .raw = {{all.data, all.length}, {NULL, 0}, {content, content ? text.length : 0}}};
    row.tokens = rc == XSNR_OK ? xs_import_known(imp, row.text, row.family, cut.raw) : 0;
    if (rc == XSNR_OK && row.tokens == XS_NOT_INTERNED) rc = xs_import_tokens(imp, &cut, &row.tokens, err);
    xs_str_free(&all);
    return rc == XSNR_OK ? xs_import_add(imp, &row, err) : rc;
}

/* ------------------------------------------------------------ the file */

// How many texts of this model and method earlier files had: inseq splits long lists over files.
static size_t texts_before(const reader *r) {
    uint64_t group = (uint64_t)r->model_number << XS_KEY_EXPLAINER | r->explainer;
    size_t n = 0;
    for (size_t i = 0; i < r->imp->n_keys; i++) n += r->imp->keys[i].order >> XS_KEY_TEXT == group;
    return n;
}

static int read_info(reader *r, xs_json_span info, xsnr_error *err) {
    static const char *const names[] = {"model_name", "model_class", "attribution_method", "input_texts"};
    xs_json_span part[4] = {{NULL, 0}};
    xs_importer *imp = r->imp;
    if (info.text) XS_TRY(find(r, info, names, part, 4, err));
    XS_TRY(string_of(r, part[0], &r->model, err));
    XS_TRY(string_of(r, part[1], &r->model_class, err));
    XS_TRY(string_of(r, part[2], &r->method, err));
    r->inputs = part[3];
    XS_TRY(xs_import_family(imp, imp->options->family || !r->model_class.length ? (xs_json_span){NULL, 0} : r->model_class, &r->family, err));
    XS_TRY(xs_import_explainer(imp, imp->options->explainer || !r->method.length ? (xs_json_span){NULL, 0} : r->method, &r->explainer, err));
    return xs_import_model_of(imp, r->family, r->model.length ? r->model : xs_import_stem(imp), &r->model_number, err);
}

static int read_file(reader *r, xsnr_error *err) {
    static const char *const names[] = {"info", "sequence_attributions"};
    xs_json_span part[2], all = {r->text, r->size}, sequence;
    xs_json j = at(r, all);
    XS_TRY(xs_json_skip(&j, &all, err));
    XS_TRY(xs_json_close(&j, err));
    if (*all.text != '{') return fail(r, all, err, "a file of inseq holds one object");
    XS_TRY(find(r, all, names, part, 2, err));
    if (!part[1].text) return fail(r, all, err, "there is no \"sequence_attributions\": this is no file of inseq's FeatureAttributionOutput.save");
    XS_TRY(read_info(r, part[0], err));
    size_t before = texts_before(r);
    j = at(r, part[1]);
    XS_TRY(xs_json_enter(&j, '[', err));
    for (int rc, i = 0; (rc = xs_json_item(&j, err)) != 0; i++) {
        if (rc < 0) return rc;
        xs_arena_mark mark = xs_arena_save(&r->imp->line);
        XS_TRY(xs_json_skip(&j, &sequence, err));
        XS_TRY(read_sequence(r, sequence, (size_t)i, before + (size_t)i + 1, err));
        xs_arena_rewind(&r->imp->line, mark);
    }
    return XSNR_OK;
}

int xs_import_inseq(xs_importer *imp, const char *path, xsnr_error *err) {
    xs_source source;
    char *text;
    reader r = {.imp = imp, .path = path};
    XS_TRY(xs_source_open(path, &source, err));
    xs_arena_mark mark = xs_arena_save(&imp->line);
    int rc = xs_source_all(&source, &text, &r.size, err);
    r.text = text;
    if (rc == XSNR_OK) rc = read_file(&r, err);
    xs_arena_rewind(&imp->line, mark);
    xs_source_close(&source);
    return rc;
}
