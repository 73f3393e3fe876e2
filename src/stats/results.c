// Going through the texts of a study without holding them all in memory; see results.h.
#include "stats/results.h"

// About as many bytes as a text's results have, with what belongs to the texts themselves (words, content).
static size_t size_of(const xs_text_result *t) {
    size_t word = sizeof *t->word + 2 * sizeof *t->words, model = sizeof *t->signal_without + sizeof *t->noise_without + (t->own_noise ? sizeof *t->own_noise : 0);
    return 4 * sizeof *t + t->n_words * word + t->models_kept * (model + (t->scores ? t->n_words * sizeof *t->scores : 0));
}

const xs_text_result *xs_text_at(const xs_explainer_result *e, size_t t) {
    const xs_text_result *text = &e->texts[t];
    if (e->spill) xs_spill_seen(e->spill, size_of(text));
    return text;
}
