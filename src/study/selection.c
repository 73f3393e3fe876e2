// Drawing the texts that are explained; see selection.h.
//
// The texts of a split are permuted once; the first ones that fit the quotas are taken and put back into the
// split's order.  So a larger count keeps all the texts of a smaller one.
#include "study/selection.h"
#include "base/random.h"
#include <string.h>

static int find_split(const char *name, xs_split_id *out) {
    for (xs_split_id s = XS_TRAIN; s < XS_SPLITS; s++)
        if (strcmp(name, xs_split_name(s)) == 0) {
            *out = s;
            return XSNR_OK;
        }
    return XSNR_ERR_CONFIG;
}

// How many texts of each class: the count shared out, what a small class cannot give going to the others.
static void set_quotas(const xs_split *split, int classes, size_t count, size_t *quota, const size_t *have) {
    size_t left = count < split->count ? count : split->count;
    for (bool moved = true; left && moved;) {
        moved = false;
        for (int c = 0; c < classes && left; c++)
            if (quota[c] < have[c]) quota[c]++, left--, moved = true;
    }
}

int xs_select_texts(const xs_settings *general, const xs_corpus *corpus, uint64_t seed, xs_arena *arena,
                    xs_selection *out, xsnr_error *err) {
    const char *from = xs_settings_choice(general, "corpus.explain.from");
    if (find_split(from, &out->split) < 0 || !corpus->split[out->split].count)
        return xs_fail(err, XSNR_ERR_CONFIG, "corpus.explain.from is %s, but the study has no corpus.%s",
                       from, from);
    const xs_split *split = &corpus->split[out->split];
    bool per_class = xs_settings_bool(general, "corpus.explain.per_class");
    size_t count = (size_t)xs_settings_int(general, "corpus.explain.count");
    size_t n = split->count, classes = (size_t)corpus->n_labels;

    uint32_t *order = XS_ARENA_ARRAY(arena, uint32_t, n);
    uint8_t *taken = XS_ARENA_ARRAY(arena, uint8_t, n);
    size_t *quota = XS_ARENA_ARRAY(arena, size_t, classes), *have = XS_ARENA_ARRAY(arena, size_t, classes);
    out->docs = XS_ARENA_ARRAY(arena, const xs_document *, count < n ? count : n);
    if (!order || !taken || !quota || !have || !out->docs) return xs_nomem(err);

    for (size_t i = 0; i < n; i++) {
        order[i] = (uint32_t)i;
        if (split->docs[i].label < 0) per_class = false; // classes are not known: take any
    }
    for (size_t i = 0; per_class && i < n; i++) have[split->docs[i].label]++;
    set_quotas(split, (int)classes, count, quota, have);
    xs_rng rng = xs_rng_at(seed, XS_STREAM_CORPUS, (uint32_t)out->split, 0);
    xs_rng_permute(&rng, order, n);

    size_t chosen = 0;
    for (size_t k = 0; k < n && chosen < count; k++) {
        int32_t label = split->docs[order[k]].label;
        if (per_class && quota[label]-- == 0) {
            quota[label] = 0;
            continue;
        }
        taken[order[k]] = 1;
        chosen++;
    }
    out->count = 0;
    for (size_t i = 0; i < n; i++)
        if (taken[i]) out->docs[out->count++] = &split->docs[i];
    return XSNR_OK;
}
