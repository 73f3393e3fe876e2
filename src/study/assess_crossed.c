// Is a family crossed, and which levels do its models have?  Read off the seeds: it is if at least two streams differ, and every
// combination of their seeds has one model (section 7).  All models count here, those that are dropped later too.
#include "stats/sources.h"
#include "study/assess.h"

static const char *const stream_names[] = {"init", "order", "dropout", "sample"};
enum { STREAMS = 4 };

static uint64_t seed_of(const xs_store_model *m, size_t stream) {
    const uint64_t seeds[] = {m->seeds.init, m->seeds.order, m->seeds.dropout, m->seeds.sample};
    return seeds[stream];
}

// The levels of one stream in the order in which they come: column (models).  Returns how many there are.
static size_t find_levels(const xs_member *m, size_t stream, uint64_t *seen, uint32_t *column) {
    size_t distinct = 0;
    for (size_t i = 0; i < m->n; i++) {
        uint64_t seed = seed_of(&m->models[i], stream);
        size_t k = 0;
        while (k < distinct && seen[k] != seed) k++;
        if (k == distinct) seen[distinct++] = seed;
        column[i] = (uint32_t)k;
    }
    return distinct;
}

// Levels (models, XS_FACTORS_MOST) of the streams that differ; false: more cells than models.
static bool read_levels(const xs_member *m, uint64_t *seen, uint32_t *column, uint32_t *level, xs_crossing *out) {
    size_t cells = 1;
    for (size_t stream = 0; stream < STREAMS; stream++) {
        size_t distinct = find_levels(m, stream, seen, column);
        if (distinct < 2) continue;
        if (cells > m->n / distinct) return false;
        cells *= distinct;
        for (size_t i = 0; i < m->n; i++) level[i * XS_FACTORS_MOST + out->factors] = (uint32_t)out->all_levels + column[i];
        out->factor[out->factors] = stream_names[stream];
        out->levels[out->factors++] = distinct;
        out->all_levels += distinct;
    }
    return out->factors >= 2 && cells == m->n;
}

int xs_assess_crossing(const xs_member *m, xs_arena *scratch, xs_arena *arena, const xs_crossing **out, xsnr_error *err) {
    uint64_t *seen = XS_ARENA_ARRAY(scratch, uint64_t, m->n);
    uint32_t *column = XS_ARENA_ARRAY(scratch, uint32_t, m->n), *level = XS_ARENA_ARRAY(scratch, uint32_t, m->n * XS_FACTORS_MOST);
    xs_crossing found = {0};
    xs_design design;
    *out = NULL;
    if (!seen || !column || !level) return xs_nomem(err);
    if (!read_levels(m, seen, column, level, &found)) return XSNR_OK;
    for (size_t i = 0; i < m->n; i++) // rows as wide as there are factors
        for (size_t k = 0; k < found.factors; k++) level[i * found.factors + k] = level[i * XS_FACTORS_MOST + k];
    int rc = xs_find_design(level, m->n, found.factors, scratch, &design, err);
    if (rc == XSNR_ERR_DATA) return XSNR_OK; // as many models as cells, but not one in each
    XS_TRY(rc);
    xs_crossing *made = XS_ARENA_ARRAY(arena, xs_crossing, 1);
    uint32_t *of_model = XS_ARENA_ARRAY(arena, uint32_t, m->highest * found.factors);
    if (!made || !of_model) return xs_nomem(err);
    for (size_t i = 0; i < m->n; i++)
        for (size_t k = 0; k < found.factors; k++) of_model[m->models[i].index * found.factors + k] = level[i * found.factors + k];
    *made = found;
    made->level = of_model;
    *out = made;
    return XSNR_OK;
}
