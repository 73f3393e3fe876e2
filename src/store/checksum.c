// Checksums of what a study file holds; see checksum.h.
//
// Eight bytes at a time are joined to the state by exclusive or, which is then multiplied by an odd number and folded: each step
// is one to one, so that a change of any eight bytes changes the sum.  Several changes meet by chance of one in 2^64; who wants
// to deceive can.
#include "store/checksum.h"
#include <math.h>
#include <string.h>

static uint64_t add_word(uint64_t h, uint64_t word) {
    h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

static uint64_t add_bytes(uint64_t h, const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    uint64_t word;
    h = add_word(h, n);
    for (; n >= sizeof word; p += sizeof word, n -= sizeof word) {
        memcpy(&word, p, sizeof word);
        h = add_word(h, word);
    }
    word = 0;
    if (n) memcpy(&word, p, n);
    return n ? add_word(h, word) : h;
}

// SQLite keeps no NaN but NULL, which is read as one, and -0 as 0.
static uint64_t add_number(uint64_t h, double x) {
    uint64_t word = 0;
    if (x == 0) x = 0;
    memcpy(&word, &x, sizeof word);
    return add_word(h, isnan(x) ? UINT64_MAX : word);
}

static uint64_t add_quality(uint64_t h, bool has, const xs_quality *q) {
    if (!has) return add_word(h, 0);
    const double numbers[] = {q->accuracy, q->macro_f1, q->log_loss, q->calibration_error};
    h = add_word(h, q->texts + 1);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) h = add_number(h, numbers[i]);
    return h;
}

uint64_t xs_checksum_model(const xs_store_model *m) {
    const uint64_t whole[] = {m->index, m->seeds.init, m->seeds.order, m->seeds.dropout, m->seeds.sample,
                              (uint64_t)m->training.steps, (uint64_t)m->training.epochs, m->training.converged};
    uint64_t h = add_number(add_bytes(0, whole, sizeof whole), m->training.loss);
    h = add_quality(h, m->has_valid, &m->valid);
    h = add_quality(h, m->has_test, &m->test);
    h = add_bytes(h, m->explain_logits, m->n_explain_logits * sizeof *m->explain_logits);
    h = add_bytes(h, m->test_logits, m->n_test_logits * sizeof *m->test_logits);
    return add_bytes(h, m->bytes, m->n_bytes);
}

uint64_t xs_checksum_explanation(const xs_store_explanation *e) {
    const double numbers[] = {e->f_input, e->f_baseline, e->gap, e->unattributed, e->standard_error, e->outside};
    uint64_t h = add_word(add_word(add_word(0, (uint64_t)e->text + 1), (uint64_t)e->target), e->seed);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) h = add_number(h, numbers[i]);
    return add_bytes(h, e->scores, e->n_words * sizeof *e->scores);
}
