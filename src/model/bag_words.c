// The bag's rows of words and n-grams; see bag_words.h.
#include "model/bag_words.h"
#include "base/alloc.h"

// In how many training texts each form is: of forms (count).
static void count_texts(const xs_split *train, uint32_t *texts, uint32_t *last) {
    for (size_t i = 0; i < train->count; i++)
        for (uint32_t k = 0; k < train->docs[i].n_words; k++) {
            uint32_t form = train->docs[i].words[k].form, mark = (uint32_t)i + 1;
            if (last[form] != mark) texts[form]++;
            last[form] = mark;
        }
}

int xs_bag_words_new(const xs_corpus *corpus, uint32_t min_count, uint32_t ngrams, uint32_t buckets, uint32_t length,
                     xs_bag_words *out, xsnr_error *err) {
    const xs_split *train = &corpus->split[XS_TRAIN];
    uint32_t forms = corpus->forms.count;
    *out = (xs_bag_words){.forms = forms, .known = 1, .ngrams = ngrams, .buckets = ngrams > 1 ? buckets : 0, .length = length};
    uint32_t *texts = XS_NEW_ARRAY(uint32_t, forms), *last = XS_NEW_ARRAY(uint32_t, forms);
    out->row = XS_NEW_ARRAY(uint32_t, forms);
    int rc = texts && last && out->row ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK) {
        count_texts(train, texts, last);
        for (uint32_t f = 0; f < forms; f++)
            if (texts[f] >= min_count) out->row[f] = out->known++;
        if (out->known == 1)
            rc = xs_fail_at(err, XSNR_ERR_CONFIG, train->path, 0,
                            "min_count: %u leaves no word: none is in so many of the %zu training texts", min_count,
                            train->count);
    }
    xs_free(texts);
    xs_free(last);
    if (rc < 0) xs_bag_words_free(out);
    return rc;
}

void xs_bag_words_free(xs_bag_words *w) {
    xs_free(w->row);
    *w = (xs_bag_words){0};
}

size_t xs_bag_rows_most(const xs_bag_words *w, uint32_t n) {
    size_t rows = n ? 0 : 1;
    if (n > w->length) n = w->length;
    for (uint32_t k = 1; k <= w->ngrams && k <= n; k++) rows += n - k + 1;
    return rows;
}

static uint32_t row_of(const xs_bag_words *w, const xs_document *doc, const uint8_t *present, uint32_t i) {
    uint32_t form = doc->words[i].form;
    return form < w->forms && (!present || present[i]) ? w->row[form] : 0;
}

// The bucket of an n-gram that grows by a word: 64 bits of Fibonacci hashing (Knuth 1973), folded.
static uint64_t grow(uint64_t hash, uint32_t row) {
    hash = (hash ^ row) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

size_t xs_bag_rows(const xs_bag_words *w, const xs_document *doc, const uint8_t *present, xs_removal removal,
                   uint32_t *id, xs_token_words *owner) {
    const uint8_t *cut = removal == XS_REMOVE_DELETE ? present : NULL; // those absent from it do not count as words
    uint32_t n = doc->n_words < w->length ? doc->n_words : w->length;
    size_t rows = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (cut && !cut[i]) continue;
        uint64_t hash = 0;
        bool known = true;
        for (uint32_t k = 1, at = i; k <= w->ngrams && at < n; k++) {
            uint32_t row = row_of(w, doc, present, at);
            known = known && row;
            hash = grow(hash, row);
            id[rows] = !known ? 0 : k == 1 ? row : w->known + (uint32_t)(hash % w->buckets);
            if (owner) owner[rows] = (xs_token_words){i, at - i + 1};
            rows++;
            do at++;
            while (cut && at < n && !cut[at]);
        }
    }
    if (rows) return rows;
    id[0] = 0;
    if (owner) owner[0] = (xs_token_words){0};
    return 1;
}

int xs_bag_encode_split(const xs_bag_words *w, const xs_split *split, xs_encoded *out, size_t *cut, size_t *longest,
                        xsnr_error *err) {
    size_t most = 0;
    *out = (xs_encoded){.count = split->count};
    for (size_t i = 0; i < split->count; i++) most += xs_bag_rows_most(w, split->docs[i].n_words);
    out->begin = XS_NEW_ARRAY(size_t, split->count + 1);
    out->id = XS_NEW_ARRAY(uint32_t, most);
    out->label = XS_NEW_ARRAY(int32_t, split->count);
    if (!out->begin || !out->id || !out->label) {
        xs_encoded_free(out);
        return xs_nomem(err);
    }
    for (size_t i = 0; i < split->count; i++) {
        const xs_document *doc = &split->docs[i];
        size_t rows = xs_bag_rows(w, doc, NULL, XS_REMOVE_MASK, out->id + out->begin[i], NULL);
        out->begin[i + 1] = out->begin[i] + rows;
        out->label[i] = doc->label;
        *cut += doc->n_words > w->length;
        if (rows > *longest) *longest = rows;
    }
    return XSNR_OK;
}
