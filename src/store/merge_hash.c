// Hashes by which merge tells whether two parts say the same, of everything but numbers that a file gives its rows.
//
// SHA-256 over fields in a fixed order, numbers as their bytes, texts with their end: what differs in a bit differs.
#include "store/merge_hash.h"

static void hash_number(xs_hash *hash, double x) { xs_hash_bytes(hash, &x, sizeof x); }
static void hash_text(xs_hash *hash, const char *text) { xs_hash_text(hash, text ? text : "\x01"); }
static void hash_integer(xs_hash *hash, int64_t x) { xs_hash_bytes(hash, &x, sizeof x); }

int xs_merge_hash_about(xs_store *store, xs_arena *arena, char hex[XS_HASH_HEX], xsnr_error *err) {
    const char **labels;
    xs_store_text *texts;
    int32_t *gold;
    int n_labels;
    size_t n, n_gold;
    xs_hash hash;
    XS_TRY(xs_store_labels(store, arena, &labels, &n_labels, err));
    XS_TRY(xs_store_texts(store, arena, &texts, &n, err));
    XS_TRY(xs_store_gold(store, "test", arena, &gold, &n_gold, err));
    xs_hash_begin(&hash);
    for (int c = 0; c < n_labels; c++) hash_text(&hash, labels[c]);
    for (size_t t = 0; t < n; t++) {
        hash_text(&hash, texts[t].name);
        hash_text(&hash, texts[t].split);
        hash_text(&hash, texts[t].text);
        hash_integer(&hash, texts[t].label);
        hash_integer(&hash, (int64_t)texts[t].n_words);
        for (size_t w = 0; w < texts[t].n_words; w++) {
            const xs_text_word *word = &texts[t].words[w];
            hash_integer(&hash, word->byte_start);
            hash_integer(&hash, word->byte_end);
            hash_integer(&hash, word->sentence);
        }
    }
    xs_hash_bytes(&hash, gold, n_gold * sizeof *gold);
    xs_hash_end(&hash, hex);
    return XSNR_OK;
}

static void hash_quality(xs_hash *hash, bool has, const xs_quality *q) {
    if (!has) return;
    hash_integer(hash, (int64_t)q->texts);
    hash_number(hash, q->accuracy);
    hash_number(hash, q->macro_f1);
    hash_number(hash, q->log_loss);
    hash_number(hash, q->calibration_error);
}

// All but the time that it took.
void xs_merge_hash_model(const xs_store_model *m, char hex[XS_HASH_HEX]) {
    xs_hash hash;
    xs_hash_begin(&hash);
    xs_hash_bytes(&hash, (uint64_t[]){m->seeds.init, m->seeds.order, m->seeds.dropout, m->seeds.sample}, 4 * sizeof(uint64_t));
    hash_text(&hash, m->failure);
    hash_number(&hash, m->training.loss);
    hash_integer(&hash, m->training.steps);
    hash_integer(&hash, m->training.epochs);
    hash_integer(&hash, m->training.converged);
    hash_quality(&hash, m->has_valid, &m->valid);
    hash_quality(&hash, m->has_test, &m->test);
    xs_hash_bytes(&hash, m->explain_logits, m->n_explain_logits * sizeof *m->explain_logits);
    xs_hash_bytes(&hash, m->test_logits, m->n_test_logits * sizeof *m->test_logits);
    xs_hash_bytes(&hash, m->bytes, m->n_bytes);
    xs_hash_end(&hash, hex);
}

// Those of one explainer.
void xs_merge_hash_explanations(const xs_store_explanation *rows, size_t n, char hex[XS_HASH_HEX]) {
    xs_hash hash;
    xs_hash_begin(&hash);
    hash_text(&hash, rows[0].settings);
    for (const xs_store_explanation *e = rows; e < rows + n; e++) {
        hash_integer(&hash, e->text);
        hash_integer(&hash, e->target);
        hash_integer(&hash, (int64_t)e->seed);
        hash_number(&hash, e->f_input);
        hash_number(&hash, e->f_baseline);
        hash_number(&hash, e->gap);
        hash_number(&hash, e->unattributed);
        hash_number(&hash, e->standard_error);
        hash_number(&hash, e->outside);
        xs_hash_bytes(&hash, e->scores, e->n_words * sizeof *e->scores);
    }
    xs_hash_end(&hash, hex);
}
