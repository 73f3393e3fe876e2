// A tokenizer as tokenizer.json: what was read, with the model made anew from its tables.
#include "text/tokenizer_parts.h"
#include <string.h>

static json_t *string_of(const xs_tokenizer *t, uint32_t id) { return json_string(xs_tokenizer_token(t, id)); }

static json_t *vocabulary(const xs_tokenizer *t) {
    const xs_vocabulary *v = &t->vocabulary;
    bool scores = t->model.kind == XS_MODEL_UNIGRAM;
    json_t *all = scores ? json_array() : json_object();
    int rc = 0;
    for (uint32_t i = 0; all && !rc && i < v->n_model; i++)
        rc = scores ? json_array_append_new(all, json_pack("[s, f]", v->strings.text[i], t->model.score[i]))
                    : json_object_set_new(all, v->strings.text[i], json_integer(v->id[i]));
    if (!rc) return all;
    json_decref(all);
    return NULL;
}

// "a b", or ["a", "b"] for all if a token has a space in it.
static json_t *merges(const xs_tokenizer *t) {
    const xs_token_model *m = &t->model;
    bool pairs = false;
    for (uint32_t i = 0; i < m->n_merges && !pairs; i++)
        pairs = strchr(xs_tokenizer_token(t, m->merges[i].left), ' ') || strchr(xs_tokenizer_token(t, m->merges[i].right), ' ');
    json_t *all = json_array();
    int rc = 0;
    for (uint32_t i = 0; all && !rc && i < m->n_merges; i++) {
        const char *left = xs_tokenizer_token(t, m->merges[i].left), *right = xs_tokenizer_token(t, m->merges[i].right);
        rc = json_array_append_new(all, pairs ? json_pack("[s, s]", left, right) : json_sprintf("%s %s", left, right));
    }
    if (!rc) return all;
    json_decref(all);
    return NULL;
}

static json_t *model(const xs_tokenizer *t) {
    const xs_token_model *m = &t->model;
    const char *unknown = m->unknown >= 0 ? xs_tokenizer_token(t, (uint32_t)m->unknown) : NULL;
    switch (m->kind) {
    case XS_MODEL_WORDPIECE:
        return json_pack("{s:s, s:s, s:s, s:I, s:o}", "type", "WordPiece", "unk_token", unknown,
                         "continuing_subword_prefix", m->prefix, "max_input_chars_per_word", (json_int_t)m->most_chars,
                         "vocab", vocabulary(t));
    case XS_MODEL_BPE:
        return json_pack("{s:s, s:n, s:s?, s:s, s:s, s:b, s:b, s:b, s:o, s:o}", "type", "BPE", "dropout", "unk_token",
                         unknown, "continuing_subword_prefix", m->prefix, "end_of_word_suffix", m->suffix, "fuse_unk",
                         m->fuse_unknown, "byte_fallback", m->byte_fallback, "ignore_merges", m->ignore_merges, "vocab",
                         vocabulary(t), "merges", merges(t));
    case XS_MODEL_UNIGRAM: break;
    }
    json_t *id = m->unknown >= 0 ? json_integer(m->unknown) : json_null();
    json_t *all = json_pack("{s:s, s:o, s:o, s:b}", "type", "Unigram", "unk_id", id, "vocab", vocabulary(t),
                            "byte_fallback", m->byte_fallback);
    // Hugging Face's reader knows fuse_unk for BPE only: it always fuses here
    if (all && !m->fuse_unknown && json_object_set_new(all, "fuse_unk", json_false()) < 0) json_decref(all), all = NULL;
    return all;
}

static json_t *added(const xs_tokenizer *t) {
    json_t *all = json_array();
    int rc = 0;
    for (uint32_t i = 0; all && !rc && i < t->n_added; i++) {
        const xs_added_token *a = &t->added[i];
        rc = json_array_append_new(all, json_pack("{s:I, s:o, s:b, s:b, s:b, s:b, s:b}", "id", (json_int_t)a->id,
                                                  "content", string_of(t, a->id), "single_word", a->single_word,
                                                  "lstrip", a->left_strip, "rstrip", a->right_strip, "normalized",
                                                  a->normalized, "special", a->special));
    }
    if (!rc) return all;
    json_decref(all);
    return NULL;
}

static int append(const char *bytes, size_t n, void *out) { return xs_str_append(out, bytes, n) < 0 ? -1 : 0; }

int xs_tokenizer_write(const xs_tokenizer *t, xs_str *out, xsnr_error *err) {
    static const char *const steps[] = {"normalizer", "pre_tokenizer", "post_processor", "decoder"};
    json_t *root = json_pack("{s:s, s:n, s:n, s:o}", "version", "1.0", "truncation", "padding", "added_tokens", added(t));
    int rc = root ? 0 : -1;
    for (size_t i = 0; !rc && i < 4; i++) {
        json_t *step = json_object_get(t->steps, steps[i]);
        rc = json_object_set_new(root, steps[i], step ? json_incref(step) : json_null());
    }
    if (!rc) rc = json_object_set_new(root, "model", model(t));
    if (!rc) rc = json_dump_callback(root, append, out, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    json_decref(root);
    return rc ? xs_nomem(err) : XSNR_OK;
}
