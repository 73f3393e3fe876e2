// Variance components of crossed designs: which of init, order, dropout makes the noise (section 7).
//
// Balanced random-effects analysis of variance (Searle, Casella, McCulloch, Variance Components, ch. 4) of one
// observation a cell.  For a set S of factors let N_S be the number of its cells, N of all.  With Q_S = (N/N_S) Σ (means
// over all but S)² about the grand mean, Möbius inversion gives the sums of squares, and the expected mean squares
// E MS_S = Σ_{T ⊇ S} (N/N_T) σ²_T are inverted the same way:
//
//   SS_S = Σ_{T ⊆ S} (−1)^{|S|−|T|} Q_T,   df_S = Π_{k ∈ S} (levels_k − 1),   σ²_S = (N_S/N) Σ_{T ⊇ S} (−1)^{|T|−|S|} MS_T
//
// The interaction of all factors cannot be told from what no seed controls, and holds both.  Intervals: levels of every factor are
// drawn anew (Owen's pigeonhole bootstrap, 2007); a level drawn twice makes its own variance too small, so the draws' mean is
// set back to the estimate.
#include "base/random.h"
#include "stats/order.h"
#include "stats/sources.h"
#include <math.h>
#include <string.h>

enum { DRAW_LEVELS = 5 };

static size_t cells_of(const xs_design *d, unsigned set) {
    size_t n = 1;
    for (size_t k = 0; k < d->factors; k++)
        if (set >> k & 1) n *= d->levels[k];
    return n;
}

static double sign_of(unsigned set) { // (−1)^|set|
    return __builtin_popcount(set) % 2 ? -1 : 1;
}

static int levels_of(const uint32_t *level, size_t models, size_t factors, size_t k, uint32_t *names, size_t *count,
                     xsnr_error *err) {
    *count = 0;
    for (size_t m = 0; m < models; m++) {
        size_t i = 0;
        while (i < *count && names[i] < level[m * factors + k]) i++;
        if (i < *count && names[i] == level[m * factors + k]) continue;
        memmove(names + i + 1, names + i, (*count - i) * sizeof *names);
        names[i] = level[m * factors + k];
        ++*count;
    }
    if (*count < 2)
        return xs_fail(err, XSNR_ERR_DATA, "factor %zu of the design has one level; it takes at least 2", k);
    return XSNR_OK;
}

int xs_find_design(const uint32_t *level, size_t models, size_t factors, xs_arena *arena, xs_design *out,
                   xsnr_error *err) {
    if (!factors || factors > XS_FACTORS_MOST)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "a design has 1 to %d factors, not %zu", XS_FACTORS_MOST, factors);
    out->factors = factors;
    uint32_t *model = XS_ARENA_ARRAY(arena, uint32_t, models);
    xs_arena_mark mark = xs_arena_save(arena);
    uint32_t *names = XS_ARENA_ARRAY(arena, uint32_t, factors *(models + 1));
    if (!model || !names) return xs_nomem(err);
    for (size_t k = 0; k < factors; k++)
        XS_TRY(levels_of(level, models, factors, k, names + k * (models + 1), &out->levels[k], err));
    if (cells_of(out, (1u << factors) - 1) != models)
        return xs_fail(err, XSNR_ERR_DATA, "the crossed design has %zu cells and %zu models; every cell takes one model",
                       cells_of(out, (1u << factors) - 1), models);
    memset(model, 0xff, models * sizeof *model);
    for (size_t m = 0; m < models; m++) {
        size_t cell = 0;
        for (size_t k = 0; k < factors; k++) {
            size_t i = 0;
            while (names[k * (models + 1) + i] != level[m * factors + k]) i++;
            cell = cell * out->levels[k] + i;
        }
        if (model[cell] != UINT32_MAX)
            return xs_fail(err, XSNR_ERR_DATA, "models %u and %zu have the same levels of all factors; every cell takes one model",
                           model[cell], m);
        model[cell] = (uint32_t)m;
    }
    out->model = model;
    xs_arena_rewind(arena, mark);
    return XSNR_OK;
}

// Σ of squares of the means of y (N cells) over all factors but `set`, times N/N_S; mean (N) is scratch.
static double square_of_means(const xs_design *d, unsigned set, const double *y, size_t cells, double *mean) {
    size_t held = cells_of(d, set);
    double sum = 0;
    memset(mean, 0, held * sizeof *mean);
    for (size_t cell = 0; cell < cells; cell++) {
        size_t rest = cell, at = 0, step = 1;
        for (size_t k = d->factors; k-- > 0; rest /= d->levels[k])
            if (set >> k & 1) {
                at += rest % d->levels[k] * step;
                step *= d->levels[k];
            }
        mean[at] += y[cell];
    }
    for (size_t i = 0; i < held; i++) sum += mean[i] * mean[i];
    return sum * (double)held / (double)cells; // Σ (sum·N_S/N)² · N/N_S
}

// Adds the components of one word, y (N) its scores by cell, to `out`.
static void analyze_cells(const xs_design *d, double *y, size_t cells, double *mean, double *out) {
    unsigned all = (1u << d->factors) - 1;
    double q[XS_EFFECTS_MOST + 1] = {0}, ms[XS_EFFECTS_MOST + 1], grand = 0;
    for (size_t i = 1; i < cells; i++) grand += y[i] - y[0];
    grand = y[0] + grand / (double)cells;
    for (size_t i = 0; i < cells; i++) y[i] -= grand;
    for (unsigned s = 1; s <= all; s++) q[s] = square_of_means(d, s, y, cells, mean);
    for (unsigned s = 1; s <= all; s++) {
        double ss = 0, df = 1;
        for (unsigned t = s; t; t = (t - 1) & s) ss += sign_of(s ^ t) * q[t];
        for (size_t k = 0; k < d->factors; k++)
            if (s >> k & 1) df *= (double)(d->levels[k] - 1);
        ms[s] = ss / df;
    }
    for (unsigned s = 1; s <= all; s++) {
        double sum = 0;
        for (unsigned t = s; t <= all; t++)
            if ((t & s) == s) sum += sign_of(s ^ t) * ms[t];
        out[s - 1] += sum * (double)cells_of(d, s) / (double)cells;
    }
}

// Components summed over words; cell i is of model[i].
static void add_text(const xs_design *d, xs_scores s, const uint32_t *model, double *y, double *mean, double *out) {
    for (size_t w = 0; w < s.words; w++) {
        for (size_t i = 0; i < s.models; i++) y[i] = s.e[model[i] * s.words + w];
        analyze_cells(d, y, s.models, mean, out);
    }
}

static int check(const xs_design *d, xs_scores s, xsnr_error *err) {
    size_t cells = cells_of(d, (1u << d->factors) - 1);
    if (s.models == cells) return XSNR_OK;
    return xs_fail(err, XSNR_ERR_DATA, "%zu models for %zu cells of the crossed design; every cell takes one model", s.models,
                   cells);
}

int xs_components(const xs_design *d, xs_scores s, xs_arena *scratch, double *out, xsnr_error *err) {
    XS_TRY(check(d, s, err));
    xs_arena_mark mark = xs_arena_save(scratch);
    double *y = XS_ARENA_ARRAY(scratch, double, s.models), *mean = XS_ARENA_ARRAY(scratch, double, s.models);
    if (!y || !mean) return xs_nomem(err);
    size_t effects = (1u << d->factors) - 1;
    memset(out, 0, s.words * effects * sizeof *out);
    for (size_t w = 0; w < s.words; w++) {
        for (size_t i = 0; i < s.models; i++) y[i] = s.e[d->model[i] * s.words + w];
        analyze_cells(d, y, s.models, mean, out + w * effects);
    }
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}

static void shares_of(const double *component, size_t effects, double *share) {
    double sum = 0;
    for (size_t i = 0; i < effects; i++) sum += component[i];
    for (size_t i = 0; i < effects; i++) share[i] = xs_ratio(component[i], sum);
}

// The models of the cells with the levels of every factor drawn anew.
static void draw_levels(const xs_design *d, size_t cells, xs_rng *rng, uint32_t *chosen, uint32_t *model) {
    size_t start[XS_FACTORS_MOST] = {0}, used = 0;
    for (size_t k = 0; k < d->factors; k++) {
        start[k] = used;
        for (size_t i = 0; i < d->levels[k]; i++) chosen[used++] = xs_rng_below(rng, (uint32_t)d->levels[k]);
    }
    for (size_t cell = 0; cell < cells; cell++) {
        size_t rest = cell, from = 0, step = 1;
        for (size_t k = d->factors; k-- > 0;) {
            size_t levels = d->levels[k] ? d->levels[k] : 1; // a factor has a level: the design was checked
            from += chosen[start[k] + rest % levels] * step;
            rest /= levels;
            step *= levels;
        }
        model[cell] = d->model[from];
    }
}

int xs_sources_text(const xs_design *d, xs_scores s, size_t resamples, uint64_t seed, xs_arena *scratch, double *sums,
                    xsnr_error *err) {
    XS_TRY(check(d, s, err));
    size_t effects = (1u << d->factors) - 1, used = 0;
    for (size_t k = 0; k < d->factors; k++) used += d->levels[k];
    xs_arena_mark mark = xs_arena_save(scratch);
    double *y = XS_ARENA_ARRAY(scratch, double, s.models), *mean = XS_ARENA_ARRAY(scratch, double, s.models);
    uint32_t *chosen = XS_ARENA_ARRAY(scratch, uint32_t, used), *model = XS_ARENA_ARRAY(scratch, uint32_t, s.models);
    if (!y || !mean || !chosen || !model) {
        xs_arena_rewind(scratch, mark);
        return xs_nomem(err);
    }
    add_text(d, s, d->model, y, mean, sums);
    for (size_t r = 0; r < resamples; r++) {
        xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, DRAW_LEVELS, (uint32_t)r);
        draw_levels(d, s.models, &rng, chosen, model);
        add_text(d, s, model, y, mean, sums + (r + 1) * effects);
    }
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}

static void no_sources(const xs_design *d, xs_sources *out) {
    *out = (xs_sources){.effects = (1u << d->factors) - 1};
    for (size_t i = 0; i < XS_EFFECTS_MOST; i++)
        out->component[i] = out->share[i] = out->share_ci[i][0] = out->share_ci[i][1] = NAN;
}

int xs_sources_end(const xs_design *d, const double *sums, double words, size_t resamples, xs_arena *scratch,
                   xs_sources *out, xsnr_error *err) {
    no_sources(d, out);
    if (!(words > 0)) return XSNR_OK;
    size_t effects = out->effects, defined = 0;
    xs_arena_mark mark = xs_arena_save(scratch);
    double *draws = XS_ARENA_ARRAY(scratch, double, resamples *effects); // (effects, resamples)
    if (!draws) return xs_nomem(err);
    for (size_t i = 0; i < effects; i++) out->component[i] = sums[i] / words;
    shares_of(out->component, effects, out->share);
    for (size_t r = 0; r < resamples; r++) {
        double share[XS_EFFECTS_MOST] = {0};
        shares_of(sums + (r + 1) * effects, effects, share);
        if (isnan(share[0])) continue; // one level drawn alone, of every factor
        for (size_t i = 0; i < effects; i++) draws[i * resamples + defined] = share[i];
        defined++;
    }
    for (size_t i = 0; i < effects && defined; i++) {
        double *x = draws + i * resamples, centre = 0;
        for (size_t r = 0; r < defined; r++) centre += x[r] / (double)defined;
        xs_sort(x, defined);
        out->share_ci[i][0] = out->share[i] + xs_quantile(x, defined, 0.025) - centre;
        out->share_ci[i][1] = out->share[i] + xs_quantile(x, defined, 0.975) - centre;
    }
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}

int xs_noise_sources(const xs_design *d, const xs_scores *texts, size_t n_texts, size_t resamples, uint64_t seed,
                     xs_arena *scratch, xs_sources *out, xsnr_error *err) {
    no_sources(d, out);
    xs_arena_mark mark = xs_arena_save(scratch);
    double *sums = XS_ARENA_ARRAY(scratch, double, (resamples + 1) * out->effects), words = 0;
    int rc = sums ? XSNR_OK : xs_nomem(err);
    for (size_t t = 0; rc == XSNR_OK && t < n_texts; t++) {
        rc = xs_sources_text(d, texts[t], resamples, seed, scratch, sums, err);
        words += (double)texts[t].words;
    }
    if (rc == XSNR_OK) rc = xs_sources_end(d, sums, words, resamples, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}
