// Groups of texts: does the class, the context, the task change the SNR (section 3)?
//
// A group's SNR is pooled, Σ signal / Σ noise.  The test permutes whole texts between groups; where every text has something in
// several groups (its parts, or what two families say of it), it permutes inside each text.  Its statistic is
// Σ_g n_g (SNR_g − SNR)², and |SNR_a − SNR_b| for two groups, their texts alone permuted.  p = (1 + #{permuted ≥ observed}) /
// (1 + permutations), which no permutation can make 0 (Phipson and Smyth 2010).  Effect sizes: the ratio of the SNRs, and Cliff's
// delta of the texts' own SNRs.  The ratio's interval leaves out one text at a time, with all that it has in both groups, on the
// logarithm, so long as every value is positive.
#include "base/random.h"
#include "math/distribution.h"
#include "stats/groups.h"
#include <math.h>

enum { DRAW_GROUPS = 6 };

typedef struct sums {
    double signal, noise, texts;
} sums;

static void add_up(const xs_group_text *texts, const uint32_t *group, size_t n, uint32_t groups, sums *out) {
    for (uint32_t g = 0; g < groups; g++) out[g] = (sums){0};
    for (size_t i = 0; i < n; i++) {
        sums *s = &out[group[i]];
        s->signal += texts[i].signal;
        s->noise += texts[i].noise;
        s->texts++;
    }
}

// Σ n_g (SNR_g − SNR)² over groups whose noise is not zero.
static double spread(const sums *s, uint32_t groups) {
    sums all = {0};
    double out = 0;
    for (uint32_t g = 0; g < groups; g++) {
        all.signal += s[g].signal;
        all.noise += s[g].noise;
    }
    for (uint32_t g = 0; g < groups; g++) {
        double step = xs_ratio(s[g].signal, s[g].noise) - xs_ratio(all.signal, all.noise);
        if (isfinite(step)) out += s[g].texts * step * step;
    }
    return out;
}

static double distance(const sums *s, uint32_t groups) {
    (void)groups;
    return fabs(xs_ratio(s[0].signal, s[0].noise) - xs_ratio(s[1].signal, s[1].noise));
}

// Exchanges groups: everywhere, or inside every block.
static void shuffle(const xs_group_text *texts, uint32_t *group, size_t n, xs_rng *rng) {
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && texts[end].block == texts[i].block; end++) {
        }
        xs_rng_permute(rng, group + i, end - i);
    }
}

// p of `statistic` under permutations of group (n).
static double permute(const xs_group_text *texts, uint32_t *group, size_t n, uint32_t groups,
                      double (*statistic)(const sums *, uint32_t), size_t permutations, uint64_t seed, uint32_t name,
                      sums *s) {
    add_up(texts, group, n, groups, s);
    for (uint32_t g = 0; g < groups; g++)
        if (isnan(xs_ratio(s[g].signal, s[g].noise))) return NAN;
    double observed = statistic(s, groups);
    size_t reached = 1;
    xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, DRAW_GROUPS, name);
    for (size_t r = 0; r < permutations; r++) {
        shuffle(texts, group, n, &rng);
        add_up(texts, group, n, groups, s);
        reached += statistic(s, groups) >= observed * (1 - 1e-12); // equal up to rounding
    }
    return (double)reached / (double)(permutations + 1);
}

static double cliffs_delta(const xs_group_text *texts, const uint32_t *group, size_t n) {
    double sum = 0, count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double a = xs_ratio(texts[i].signal, texts[i].noise), b = xs_ratio(texts[j].signal, texts[j].noise);
            if (group[i] != 0 || group[j] != 1 || isnan(a) || isnan(b)) continue;
            sum += (a > b) - (a < b);
            count++;
        }
    return xs_ratio(sum, count);
}

// Interval of a ratio within blocks: the logarithm without each block, whatever it has in the two groups.
static void paired_interval(const xs_group_text *texts, const uint32_t *group, size_t n, const sums s[2], double *without,
                            xs_group_pair *out) {
    size_t blocks = 0;
    for (size_t i = 0, end; i < n; i = end) {
        sums rest[2] = {s[0], s[1]};
        for (end = i; end < n && texts[end].block == texts[i].block; end++) {
            rest[group[end]].signal -= texts[end].signal;
            rest[group[end]].noise -= texts[end].noise;
        }
        without[blocks++] = log(xs_ratio(xs_ratio(rest[0].signal, rest[0].noise), xs_ratio(rest[1].signal, rest[1].noise)));
    }
    double error = blocks > 2 ? xs_jackknife_error(without, blocks) : NAN;
    xs_t_interval(log(out->ratio), error, (double)blocks - 1, out->ratio_ci);
    for (int i = 0; i < 2; i++) out->ratio_ci[i] = isnan(out->ratio_ci[i]) ? NAN : exp(out->ratio_ci[i]);
}

static void ratio(const xs_group_text *texts, const uint32_t *group, size_t n, const sums s[2], double *without,
                  xs_group_pair *out) {
    double of_a = xs_ratio(s[0].signal, s[0].noise), of_b = xs_ratio(s[1].signal, s[1].noise), squared = 0, df = 0;
    out->ratio = xs_ratio(of_a, of_b);
    out->ratio_ci[0] = out->ratio_ci[1] = NAN;
    if (!(out->ratio > 0)) return;
    if (texts[n - 1].block) {
        paired_interval(texts, group, n, s, without, out);
        return;
    }
    double parts[2];
    for (uint32_t g = 0; g < 2; g++) {
        size_t k = 0;
        for (size_t i = 0; i < n; i++)
            if (group[i] == g)
                without[k++] = log(xs_ratio(s[g].signal - texts[i].signal, s[g].noise - texts[i].noise));
        double error = k > 2 ? xs_jackknife_error(without, k) : NAN;
        parts[g] = error * error;
        squared += parts[g];
        df += parts[g] * parts[g] / (s[g].texts - 1);
    }
    xs_t_interval(log(out->ratio), sqrt(squared), squared * squared / df, out->ratio_ci);
    for (int i = 0; i < 2; i++) out->ratio_ci[i] = isnan(out->ratio_ci[i]) ? NAN : exp(out->ratio_ci[i]);
}

static int compare(const xs_group_text *texts, size_t n, uint32_t groups, size_t permutations, uint64_t seed,
                   xs_arena *scratch, xs_group *out, double *p, xs_group_pair *pairs, xsnr_error *err) {
    xs_group_text *held = XS_ARENA_ARRAY(scratch, xs_group_text, n), *two = XS_ARENA_ARRAY(scratch, xs_group_text, n);
    uint32_t *group = XS_ARENA_ARRAY(scratch, uint32_t, n);
    sums *s = XS_ARENA_ARRAY(scratch, sums, groups);
    double *without = XS_ARENA_ARRAY(scratch, double, n);
    size_t n_pairs = (size_t)groups * (groups - 1) / 2, k = 0, at = 0;
    double *of_pairs = XS_ARENA_ARRAY(scratch, double, n_pairs), *adjusted = XS_ARENA_ARRAY(scratch, double, n_pairs);
    if (!held || !two || !group || !s || !without || !of_pairs || !adjusted) return xs_nomem(err);
    for (size_t i = 0; i < n; i++)
        if (isfinite(texts[i].signal) && isfinite(texts[i].noise)) held[k++] = texts[i];
    for (size_t i = 0; i < k; i++) group[i] = held[i].group;
    add_up(held, group, k, groups, s);
    for (uint32_t g = 0; g < groups; g++) out[g] = (xs_group){(size_t)s[g].texts, xs_ratio(s[g].signal, s[g].noise)};
    *p = groups > 1 ? permute(held, group, k, groups, spread, permutations, seed, 0, s) : NAN;
    for (uint32_t a = 0; a < groups; a++)
        for (uint32_t b = a + 1; b < groups; b++, at++) {
            size_t both = 0;
            for (size_t i = 0; i < k; i++)
                if (held[i].group == a || held[i].group == b) {
                    group[both] = held[i].group == b;
                    two[both++] = held[i];
                }
            sums of_two[2];
            pairs[at] = (xs_group_pair){.a = a, .b = b, .cliff = cliffs_delta(two, group, both)};
            add_up(two, group, both, 2, of_two);
            ratio(two, group, both, of_two, without, &pairs[at]);
            of_pairs[at] = pairs[at].p =
                permute(two, group, both, 2, distance, permutations, seed, (uint32_t)at + 1, of_two);
        }
    XS_TRY(xs_benjamini_hochberg(of_pairs, n_pairs, scratch, adjusted, err));
    for (size_t i = 0; i < n_pairs; i++) pairs[i].p_adjusted = adjusted[i];
    return XSNR_OK;
}

int xs_compare_groups(const xs_group_text *texts, size_t n, uint32_t groups, size_t permutations, uint64_t seed,
                      xs_arena *scratch, xs_group *out, double *p, xs_group_pair *pairs, xsnr_error *err) {
    *p = NAN;
    if (!groups) return XSNR_OK;
    for (size_t i = 0; i < n; i++)
        if (texts[i].group >= groups)
            return xs_fail(err, XSNR_ERR_ARGUMENT, "text %zu is of group %u; there are %u", i, texts[i].group, groups);
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = compare(texts, n, groups, permutations, seed, scratch, out, p, pairs, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}
