// Files of phrases become spans of words in the study file; see phrases.h.
#include "study/phrases.h"
#include "base/hash.h"
#include "base/intern.h"
#include "study/files.h"
#include "text/rationale.h"
#include <stdlib.h>
#include <string.h>

typedef struct phrase {
    int64_t text;
    xs_span span;
} phrase;

typedef struct reading {
    xs_store *store;
    xs_rationales read;
    xs_intern names; // of the explained texts, in their order
    xs_store_text *texts;
    size_t n_texts;
    phrase *all; // (n)
    size_t n;
    xs_arena arena, scratch;
} reading;

static int add_phrases(reading *r, const xs_rationale *from, const xs_store_text *text, xsnr_error *err) {
    uint32_t *starts = XS_ARENA_ARRAY(&r->scratch, uint32_t, text->n_words), *ends = XS_ARENA_ARRAY(&r->scratch, uint32_t, text->n_words);
    uint32_t(*words)[2] = xs_arena_array(&r->scratch, from->n, sizeof *words);
    size_t n;
    if (!starts || !ends || !words) return xs_nomem(err);
    for (size_t w = 0; w < text->n_words; w++) {
        starts[w] = text->words[w].start;
        ends[w] = text->words[w].end;
    }
    XS_TRY(xs_rationale_words(from, text->text, starts, ends, text->n_words, &r->scratch, words, &n, err));
    for (size_t i = 0; i < n; i++) r->all[r->n++] = (phrase){text->id, {words[i][0], words[i][1]}};
    return XSNR_OK;
}

static int by_place(const void *a_, const void *b_) {
    const phrase *a = a_, *b = b_;
    if (a->text != b->text) return a->text < b->text ? -1 : 1;
    if (a->span.first != b->span.first) return a->span.first < b->span.first ? -1 : 1;
    return a->span.last < b->span.last ? -1 : a->span.last > b->span.last;
}

// In order, each once.
static int list(reading *r, xs_store_phrases *out, xsnr_error *err) {
    if (r->n) qsort(r->all, r->n, sizeof *r->all, by_place);
    *out = (xs_store_phrases){XS_ARENA_ARRAY(&r->arena, int64_t, r->n), XS_ARENA_ARRAY(&r->arena, xs_span, r->n), 0};
    if (!out->text || !out->span) return xs_nomem(err);
    for (size_t i = 0; i < r->n; i++) {
        if (i && by_place(&r->all[i], &r->all[i - 1]) == 0) continue;
        out->text[out->n] = r->all[i].text;
        out->span[out->n++] = r->all[i].span;
    }
    return XSNR_OK;
}

static const char *hash_of(const xs_store_phrases *p, char hex[XS_HASH_HEX]) {
    xs_hash hash;
    xs_hash_begin(&hash);
    for (size_t i = 0; i < p->n; i++) {
        int64_t row[3] = {p->text[i], p->span[i].first, p->span[i].last};
        xs_hash_bytes(&hash, row, sizeof row);
    }
    xs_hash_end(&hash, hex);
    return p->n ? hex : NULL;
}

static int read_files(reading *r, const char *const *files, size_t n, xsnr_error *err) {
    size_t *end = XS_ARENA_ARRAY(&r->arena, size_t, n), most = 0;
    if (!end) return xs_nomem(err);
    for (size_t f = 0; f < n; f++) {
        XS_TRY(xs_rationales_read(files[f], &r->read, err));
        end[f] = r->read.n;
    }
    for (size_t i = 0; i < r->read.n; i++) most += r->read.rows[i].n;
    if (!(r->all = XS_ARENA_ARRAY(&r->arena, phrase, most))) return xs_nomem(err);
    for (size_t f = 0, i = 0; f < n; f++) {
        bool any = false;
        for (; i < end[f]; i++) {
            const xs_rationale *one = &r->read.rows[i];
            uint32_t t = xs_intern_find(&r->names, one->id, strlen(one->id));
            if (t == XS_NOT_INTERNED) continue;
            any = true;
            xs_arena_mark mark = xs_arena_save(&r->scratch);
            XS_TRY(add_phrases(r, one, &r->texts[t], err));
            xs_arena_rewind(&r->scratch, mark);
        }
        if (!any)
            return xs_fail_at(err, XSNR_ERR_DATA, files[f], 0, "no line has the id of a text that is explained, such as '%.80s'",
                              r->n_texts ? r->texts[0].name : "");
    }
    return XSNR_OK;
}

static int settle(reading *r, const char *const *files, size_t n, bool write, bool *same, xsnr_error *err) {
    char hex[XS_HASH_HEX];
    const char *there;
    xs_store_phrases phrases;
    XS_TRY(xs_store_texts(r->store, &r->arena, &r->texts, &r->n_texts, err));
    for (size_t t = 0; t < r->n_texts; t++)
        if (xs_intern_add(&r->names, r->texts[t].name, strlen(r->texts[t].name)) == XS_NOT_INTERNED) return xs_nomem(err);
    XS_TRY(read_files(r, files, n, err));
    XS_TRY(list(r, &phrases, err));
    const char *hash = hash_of(&phrases, hex);
    XS_TRY(xs_store_fact(r->store, "phrases", &r->arena, &there, err));
    *same = hash && there ? strcmp(hash, there) == 0 : hash == there;
    return write && !*same ? xs_store_put_phrases(r->store, &phrases, hash, err) : XSNR_OK;
}

int xs_store_read_phrases(xs_store *store, const char *const *files, size_t n, bool write, bool *same, xsnr_error *err) {
    reading r = {.store = store};
    int rc = settle(&r, files, n, write, same, err);
    xs_rationales_free(&r.read);
    xs_intern_free(&r.names);
    xs_arena_free(&r.arena);
    xs_arena_free(&r.scratch);
    return rc;
}

int xs_study_phrases(xs_store *store, const xs_plan *plan, bool write, bool *same, xsnr_error *err) {
    xs_arena arena = {0};
    const char **files = NULL;
    size_t n = 0;
    int rc = xs_plan_files(plan, "corpus.phrases", &arena, &files, &n, err);
    if (rc == XSNR_OK) rc = xs_store_read_phrases(store, files, n, write, same, err);
    xs_arena_free(&arena);
    return rc;
}
