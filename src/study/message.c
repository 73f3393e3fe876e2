// Packing and unpacking; see message.h.
#include "study/message.h"
#include "base/alloc.h"
#include "math/backend.h"
#include "study/identity.h"
#include <stdio.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are sent as they lie in memory");

#define MAGIC 0x726e7378u // "xsnr"

/* ------------------------------------------------------------ likeness */

int xs_likeness_of(const xs_study *s, xs_likeness *out, xsnr_error *err) {
    xs_hash plan, words;
    *out = (xs_likeness){0};
    snprintf(out->version, sizeof out->version, "%s", xsnr_version());
    snprintf(out->data, sizeof out->data, "%s", s->corpus->hash);
    snprintf(out->processor, sizeof out->processor, "%s", xs_cpu_backend(XS_FLOAT, 0)->name);
    xs_hash_begin(&plan);
    XS_TRY(xs_identity_hash(s->plan, &plan, err));
    for (size_t k = 0; k < s->plan->n_explainers; k++) {
        const xs_plan_explainer *e = &s->plan->explainers[k];
        json_t *json = xs_settings_json(&e->settings);
        char *text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
        json_decref(json);
        if (!text) return xs_nomem(err);
        xs_hash_text(&plan, e->method->name);
        xs_hash_text(&plan, text);
        free(text);
    }
    bool keep = xs_settings_bool(&s->plan->general, "keep_models");
    xs_hash_bytes(&plan, &keep, sizeof keep);
    for (size_t k = 0; k < s->plan->n_families; k++)
        xs_hash_bytes(&plan, &s->plan->families[k].models, sizeof s->plan->families[k].models);
    xs_hash_end(&plan, out->plan);
    xs_hash_begin(&words);
    for (size_t t = 0; t < s->explained.count; t++) {
        const xs_document *doc = s->explained.docs[t];
        xs_hash_text(&words, doc->id);
        for (uint32_t w = 0; w < doc->n_words; w++)
            xs_hash_bytes(&words, (uint64_t[]){doc->words[w].start, doc->words[w].end, doc->words[w].sentence}, 24);
    }
    xs_hash_end(&words, out->words);
    return XSNR_OK;
}

const char *xs_likeness_difference(const xs_likeness *a, const xs_likeness *b) {
    if (strcmp(a->version, b->version) != 0) return "another version of xsnr";
    if (strcmp(a->plan, b->plan) != 0) return "another study.yaml";
    if (strcmp(a->data, b->data) != 0) return "other data";
    if (strcmp(a->words, b->words) != 0) return "other words of the texts (another version of ICU?)";
    if (strcmp(a->processor, b->processor) != 0) return "a processor of another kind, on which the bits would differ";
    return NULL;
}

/* ------------------------------------------------------------ packing */

static void put_u32(xs_str *out, uint32_t x) { xs_str_append(out, &x, sizeof x); }
static void put_u64(xs_str *out, uint64_t x) { xs_str_append(out, &x, sizeof x); }
static void put_f64(xs_str *out, double x) { xs_str_append(out, &x, sizeof x); }

// NULL is UINT64_MAX.
static void put_bytes(xs_str *out, const void *bytes, size_t size) {
    put_u64(out, bytes ? size : UINT64_MAX);
    if (bytes && size) xs_str_append(out, bytes, size);
}

static void put_text(xs_str *out, const char *text) { put_bytes(out, text, text ? strlen(text) : 0); }

// A header whose size is filled in when the message is whole.
static size_t begin(xs_str *out, xs_message_kind kind) {
    put_u32(out, MAGIC);
    put_u32(out, (uint32_t)kind);
    put_u64(out, 0);
    return out->length;
}

static void end(xs_str *out, size_t start) {
    if (xs_str_failed(out)) return;
    uint64_t size = out->length - start;
    memcpy(out->data + start - sizeof size, &size, sizeof size);
}

void xs_pack(xs_str *out, xs_message_kind kind, const void *bytes, size_t size) {
    size_t start = begin(out, kind);
    if (size) xs_str_append(out, bytes, size);
    end(out, start);
}

void xs_pack_job(xs_str *out, const xs_job_message *job) {
    size_t start = begin(out, XS_JOB);
    put_u32(out, job->family);
    put_u32(out, job->model);
    put_u64(out, job->there);
    put_u64(out, job->missing);
    put_bytes(out, job->saved, job->n_saved);
    end(out, start);
}

static void put_quality(xs_str *out, bool has, const xs_quality *q) {
    put_u32(out, has);
    if (!has) return;
    put_u64(out, q->texts);
    put_f64(out, q->accuracy);
    put_f64(out, q->macro_f1);
    put_f64(out, q->log_loss);
    put_f64(out, q->calibration_error);
}

static void put_model(xs_str *out, const xs_store_model *m) {
    put_u32(out, m->index);
    put_u64(out, m->seeds.init);
    put_u64(out, m->seeds.order);
    put_u64(out, m->seeds.dropout);
    put_u64(out, m->seeds.sample);
    put_text(out, m->failure);
    put_f64(out, m->training.loss);
    put_u64(out, (uint64_t)m->training.steps);
    put_u32(out, (uint32_t)m->training.epochs);
    put_u32(out, m->training.converged);
    put_f64(out, m->seconds);
    put_quality(out, m->has_valid, &m->valid);
    put_quality(out, m->has_test, &m->test);
    put_bytes(out, m->test_logits, m->n_test_logits * sizeof(float));
    put_bytes(out, m->explain_logits, m->n_explain_logits * sizeof(float));
    put_bytes(out, m->bytes, m->n_bytes);
}

// Name and settings of an explainer are sent once, before its first row.
static void put_explanation(xs_str *out, const xs_store_explanation *e, bool same_as_before) {
    put_u32(out, same_as_before);
    if (!same_as_before) {
        put_text(out, e->explainer);
        put_text(out, e->settings);
    }
    put_u64(out, (uint64_t)e->text);
    put_u32(out, (uint32_t)e->target);
    put_u64(out, e->seed);
    put_f64(out, e->f_input);
    put_f64(out, e->f_baseline);
    put_f64(out, e->gap);
    put_f64(out, e->unattributed);
    put_f64(out, e->standard_error);
    put_f64(out, e->outside);
    put_bytes(out, e->scores, e->n_words * sizeof(float));
}

void xs_pack_outcome(xs_str *out, const xs_outcome *made) {
    size_t start = begin(out, XS_DONE);
    put_u32(out, (uint32_t)made->kind);
    put_model(out, &made->model);
    put_u64(out, made->n);
    for (size_t i = 0; i < made->n; i++) {
        const xs_store_explanation *e = &made->explanations[i];
        put_explanation(out, e, i > 0 && e->explainer == e[-1].explainer && e->settings == e[-1].settings);
    }
    end(out, start);
}

void xs_pack_error(xs_str *out, const xsnr_error *why) {
    size_t start = begin(out, XS_FAILED);
    put_u64(out, (uint64_t)(int64_t)why->code);
    put_u64(out, (uint64_t)why->line);
    put_text(out, why->file);
    put_text(out, why->message);
    end(out, start);
}

/* ------------------------------------------------------------ unpacking */

typedef struct reader {
    const char *at, *end;
    xs_arena *arena; // for what has to be aligned, or end in NUL
    bool bad, nomem;
} reader;

static void get(reader *r, void *out, size_t size) {
    memset(out, 0, size);
    if (r->bad || size > (size_t)(r->end - r->at)) {
        r->bad = true;
        return;
    }
    memcpy(out, r->at, size);
    r->at += size;
}

static uint32_t get_u32(reader *r) {
    uint32_t x;
    get(r, &x, sizeof x);
    return x;
}

static uint64_t get_u64(reader *r) {
    uint64_t x;
    get(r, &x, sizeof x);
    return x;
}

static double get_f64(reader *r) {
    double x;
    get(r, &x, sizeof x);
    return x;
}

// Points into the message; *size 0 and NULL if there is nothing.
static const char *get_span(reader *r, size_t *size) {
    uint64_t n = get_u64(r);
    *size = 0;
    if (r->bad || n == UINT64_MAX) return NULL;
    if (n > (uint64_t)(r->end - r->at)) {
        r->bad = true;
        return NULL;
    }
    const char *bytes = r->at;
    *size = (size_t)n;
    r->at += n;
    return bytes;
}

static const char *get_text(reader *r) {
    size_t size;
    const char *bytes = get_span(r, &size);
    if (!bytes) return NULL;
    if (memchr(bytes, '\0', size)) r->bad = true;
    const char *text = xs_arena_strndup(r->arena, bytes, size);
    if (!text) r->bad = r->nomem = true;
    return text;
}

static const float *get_floats(reader *r, size_t *n) {
    size_t size;
    const char *bytes = get_span(r, &size);
    *n = size / sizeof(float);
    if (!bytes) return NULL;
    if (size % sizeof(float)) r->bad = true;
    float *x = XS_ARENA_ARRAY(r->arena, float, *n + 1);
    if (!x) r->bad = r->nomem = true;
    else memcpy(x, bytes, *n * sizeof *x);
    return x;
}

bool xs_unpack_header(const void *header, size_t limit, xs_message_kind *kind, size_t *size) {
    reader r = {.at = header, .end = (const char *)header + XS_MESSAGE_HEADER};
    uint32_t magic = get_u32(&r), number = get_u32(&r);
    uint64_t bytes = get_u64(&r);
    *kind = (xs_message_kind)number;
    *size = (size_t)bytes;
    return magic == MAGIC && number >= XS_HELLO && number <= XS_FINISHED && bytes <= limit;
}

// A text of a struct that has been copied bytewise.
static bool ends(const char *text, size_t size) { return memchr(text, '\0', size) != NULL; }

bool xs_unpack_hello(const void *bytes, size_t size, xs_hello *out) {
    if (size != sizeof *out) return false;
    memcpy(out, bytes, size);
    const xs_likeness *like = &out->like;
    return ends(out->token, sizeof out->token) && ends(out->who, sizeof out->who) && ends(like->version, sizeof like->version) &&
           ends(like->plan, sizeof like->plan) && ends(like->data, sizeof like->data) &&
           ends(like->words, sizeof like->words) && ends(like->processor, sizeof like->processor);
}

bool xs_unpack_job(const void *bytes, size_t size, xs_job_message *out) {
    reader r = {.at = bytes, .end = (const char *)bytes + size};
    *out = (xs_job_message){.family = get_u32(&r)};
    out->model = get_u32(&r);
    out->there = get_u64(&r) != 0;
    out->missing = get_u64(&r);
    out->saved = get_span(&r, &out->n_saved);
    return !r.bad && r.at == r.end;
}

static bool get_quality(reader *r, xs_quality *q) {
    if (!get_u32(r)) return false;
    q->texts = (size_t)get_u64(r);
    q->accuracy = get_f64(r);
    q->macro_f1 = get_f64(r);
    q->log_loss = get_f64(r);
    q->calibration_error = get_f64(r);
    return true;
}

static void get_model(reader *r, xs_store_model *m) {
    m->index = get_u32(r);
    m->seeds.init = get_u64(r);
    m->seeds.order = get_u64(r);
    m->seeds.dropout = get_u64(r);
    m->seeds.sample = get_u64(r);
    m->failure = get_text(r);
    m->training.loss = get_f64(r);
    m->training.steps = (int64_t)get_u64(r);
    m->training.epochs = (int)get_u32(r);
    m->training.converged = get_u32(r) != 0;
    m->seconds = get_f64(r);
    m->has_valid = get_quality(r, &m->valid);
    m->has_test = get_quality(r, &m->test);
    m->test_logits = get_floats(r, &m->n_test_logits);
    m->explain_logits = get_floats(r, &m->n_explain_logits);
    m->bytes = get_span(r, &m->n_bytes);
}

static void get_explanation(reader *r, const xs_store_explanation *before, xs_store_explanation *e) {
    bool same = get_u32(r) != 0;
    if (same && !before) r->bad = true;
    e->explainer = same && before ? before->explainer : get_text(r);
    e->settings = same && before ? before->settings : get_text(r);
    e->text = (int64_t)get_u64(r);
    e->target = (int)get_u32(r);
    e->seed = get_u64(r);
    e->f_input = get_f64(r);
    e->f_baseline = get_f64(r);
    e->gap = get_f64(r);
    e->unattributed = get_f64(r);
    e->standard_error = get_f64(r);
    e->outside = get_f64(r);
    e->scores = get_floats(r, &e->n_words);
    if (!e->explainer || !e->settings || !e->scores) r->bad = true;
}

bool xs_unpack_outcome(const void *bytes, size_t size, xs_arena *arena, xs_outcome *out, bool *nomem) {
    enum { LEAST = 4 + 8 + 4 + 8 + 6 * 8 + 8 }; // bytes of a row
    reader r = {.at = bytes, .end = (const char *)bytes + size, .arena = arena};
    uint32_t kind = get_u32(&r);
    *out = (xs_outcome){.kind = (enum xs_outcome_kind)kind};
    get_model(&r, &out->model);
    uint64_t n = get_u64(&r);
    if (kind > XS_MADE_FAILURE || n > (uint64_t)(r.end - r.at) / LEAST) r.bad = true;
    xs_store_explanation *rows = r.bad ? NULL : XS_ARENA_ARRAY(arena, xs_store_explanation, (size_t)n + 1);
    if (!r.bad && !rows) r.bad = r.nomem = true;
    for (size_t i = 0; !r.bad && i < n; i++) get_explanation(&r, i ? &rows[i - 1] : NULL, &rows[i]);
    out->explanations = rows;
    out->n = (size_t)n;
    *nomem = r.nomem;
    return !r.bad && r.at == r.end;
}

bool xs_unpack_error(const void *bytes, size_t size, xsnr_error *out) {
    xs_arena arena = {0};
    reader r = {.at = bytes, .end = (const char *)bytes + size, .arena = &arena};
    *out = (xsnr_error){.code = (int)(int64_t)get_u64(&r)};
    out->line = (long)get_u64(&r);
    const char *file = get_text(&r), *message = get_text(&r);
    if (file && message) {
        snprintf(out->file, sizeof out->file, "%s", file);
        snprintf(out->message, sizeof out->message, "%s", message);
    }
    bool good = !r.bad && file && message && out->code < 0;
    xs_arena_free(&arena);
    return good;
}
