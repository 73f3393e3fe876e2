// A small study, made of drawn scores and summed up by the formulas of the design.
//
// The scores are means that stand firm on cue words plus noise (a sum of uniforms), so that the reports show
// believable figures; only + − × ÷ and sqrt are used, so that the bits are the same everywhere.  Text t4
// of `linguistic` has one model (all undefined), t6 has no signal and a hostile text, t5 has wide and
// combining characters, an emoji and a dropped model.
#include "fixture.h"
#include "base/random.h"
#include "check.h"

enum { MODELS = 30, TEXTS = 6 };
static const double T29 = 2.045; // Student's t, 29 degrees of freedom, 97.5 %

static const struct {
    const char *id, *label;
    const char *words; // "_" before a word: no space before it; "*" before it: a cue
} written[TEXTS] = {
    {"t1", "report",
     "The council *approved the budget on *Tuesday _, the mayor *said _, after two hours of *debate _."},
    {"t2", "opinion",
     "I *think this so-called *reform is _, *frankly _, a *shameful waste of *money — and everybody "
     "knows it _*!"},
    {"t3", "report",
     "Le ministre a *annoncé *mardi que l' _usine *fermerait ses portes à l' _été prochain _."},
    {"t4", "opinion", "Quelle *honte : personne _, *hélas _, ne croit plus à ces *belles promesses _…"},
    {"t5", "report",
     "The cafe\xcc\x81 *🙂 serves *東京 ramen and crème *brûlée until midnight _, reviewers *say _."},
    {"t6", "opinion",
     "</script><script>alert(\"x\")</script> & 'quoted' words\xe2\x80\xa8 _, =1+1 and \x1b[31mred "
     "_, nothing more _."},
};

static size_t code_points(const char *s, size_t bytes) {
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++) n += ((unsigned char)s[i] & 0xC0) != 0x80;
    return n;
}

// Joins the words of text t to a text and notes their places; cue[w] is set.
static void write_text(xs_arena *arena, size_t t, xs_text_result *out, bool *cue) {
    xs_text_word *words = XS_ARENA_ARRAY(arena, xs_text_word, 64);
    char *text = xs_arena_array(arena, 1, 1024);
    size_t n = 0, used = 0;
    for (const char *p = written[t].words; *p; n++) {
        size_t length = strcspn(p, " ");
        const char *next = p + length + (p[length] == ' ');
        bool joined = *p == '_';
        if (joined) p++, length--;
        cue[n] = *p == '*';
        if (cue[n]) p++, length--;
        if (n && !joined) text[used++] = ' ';
        words[n].text = xs_arena_strndup(arena, p, length);
        words[n].byte_start = (uint32_t)used;
        words[n].start = (uint32_t)code_points(text, used);
        memcpy(text + used, p, length);
        used += length;
        words[n].byte_end = (uint32_t)used;
        words[n].end = (uint32_t)code_points(text, used);
        p = next;
    }
    out->id = written[t].id;
    out->label = written[t].label;
    out->target = written[t].label;
    out->split = "test";
    out->text = text;
    out->n_words = n;
    out->words = words;
}

// Signal, noise and interaction of the rows but `skip` (−1: of all).
static void moments(const double *e, size_t rows, size_t n, long skip, xs_snr *out) {
    double m = (double)rows - (skip >= 0), grand = 0, noise = 0, interaction = 0, spread = 0;
    double mean[64] = {0}, row[MODELS] = {0};
    for (size_t i = 0; i < rows; i++)
        for (size_t w = 0; w < n; w++)
            if ((long)i != skip) mean[w] += e[i * n + w] / m, row[i] += e[i * n + w] / (double)n;
    for (size_t w = 0; w < n; w++) grand += mean[w] / (double)n;
    for (size_t w = 0; w < n; w++) spread += (mean[w] - grand) * (mean[w] - grand) / ((double)n - 1);
    for (size_t i = 0; i < rows; i++)
        for (size_t w = 0; w < n; w++) {
            if ((long)i == skip) continue;
            double d = e[i * n + w] - mean[w], x = d - row[i] + grand;
            noise += d * d / ((m - 1) * (double)n);
            interaction += x * x / ((m - 1) * ((double)n - 1));
        }
    *out = (xs_snr){.models = rows,
                    .words = n,
                    .signal_raw = spread,
                    .noise = noise,
                    .ms_interaction = interaction,
                    .signal = spread - interaction / m,
                    .snr_raw = spread / noise};
    out->snr = out->signal / noise;
}

// ICC and models needed of an SNR; NaN without signal.
static void derive(double snr, double *icc, double *needed) {
    *icc = snr > 0 ? snr / (1 + snr) : NAN;
    *needed = snr > 0 ? ceil(9 / snr) : NAN;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sum_up_word(const double *e, size_t m, size_t n, size_t w, xs_word_stats *out) {
    double sorted[MODELS], sum = 0, squares = 0, positive = 0, negative = 0, M = (double)m;
    for (size_t i = 0; i < m; i++) sorted[i] = e[i * n + w], sum += sorted[i];
    for (size_t i = 0; i < m; i++) {
        double d = sorted[i] - sum / M;
        squares += d * d;
        positive += sorted[i] > 0, negative += sorted[i] < 0;
    }
    qsort(sorted, m, sizeof *sorted, ascending);
    double noise = squares / (M - 1), mean = sum / M, se = sqrt(noise / M);
    *out = (xs_word_stats){
        .mean = mean,
        .sd = sqrt(noise),
        .standard_error = se,
        .skewness = 0.125,
        .excess_kurtosis = -0.25,
        .minimum = sorted[0],
        .q25 = sorted[m / 4],
        .median = (sorted[(m - 1) / 2] + sorted[m / 2]) / 2,
        .q75 = sorted[m - 1 - m / 4],
        .maximum = sorted[m - 1],
        .positive_share = positive / M,
        .sign_stability = (positive > negative ? positive : negative) / M,
        .signal = mean * mean - noise / M,
        .noise = noise,
        .snr = (mean * mean - noise / M) / noise,
        .snr_raw = mean * mean / noise,
        .ci = {mean - T29 * se, mean + T29 * se},
        .p = fabs(mean) > T29 * se ? 1e-188 : 0.31,
        .p_adjusted = fabs(mean) > T29 * se ? 1e-187 : 0.42,
    };
    double reach = 1.5 * (out->q75 - out->q25);
    for (size_t i = m; i-- > 0;)
        if (sorted[i] >= out->q25 - reach) out->whisker_low = sorted[i];
    for (size_t i = 0; i < m; i++)
        if (sorted[i] <= out->q75 + reach) out->whisker_high = sorted[i];
}

static void sum_up_text(xs_arena *arena, const double *e, xs_text_result *out) {
    size_t m = out->models_kept, n = out->n_words;
    xs_word_stats *word = XS_ARENA_ARRAY(arena, xs_word_stats, n);
    for (size_t w = 0; w < n; w++) sum_up_word(e, m, n, w, &word[w]);
    out->word = word;
    moments(e, m, n, -1, &out->snr);
    double mean = 0, squares = 0, left[MODELS], M = (double)m;
    for (size_t i = 0; i < m; i++) {
        xs_snr without;
        moments(e, m, n, (long)i, &without);
        left[i] = without.snr;
        mean += left[i] / M;
    }
    for (size_t i = 0; i < m; i++) squares += (left[i] - mean) * (left[i] - mean);
    double half = T29 * sqrt(squares * (M - 1) / M);
    out->snr.snr_ci[0] = out->snr.snr - half, out->snr.snr_ci[1] = out->snr.snr + half;
    out->snr.no_signal = out->snr.signal <= 0;
    derive(out->snr.snr, &out->snr.icc, &out->snr.models_needed);
    out->snr.f = M * out->snr.signal_raw / out->snr.ms_interaction;
    out->snr.f_p = out->snr.no_signal ? 0.62 : 1.3e-188;
    out->snr.greenhouse_geisser = 0.7, out->snr.gaussian_bits = out->snr.no_signal ? 0 : 0.25;
    out->snr.noise_shift = out->snr.noise / 50;
    out->order2 = (xs_moment_snr){n, 0.01, 2, 2, -0.05, 0.005, -0.025};
    out->order3 = out->order4 = out->order2;
    out->bivariate_window5 = (xs_moment_snr){5 * n - 15, 0.02, 1, 1, 0.01, 0.02, 0.01};
    out->agreement = (xs_agreement){0.7, 0.65, 0.5, 0.55, 0.82, {0.79, 0.84}, 0.9, 0.91, 2.4, 9.5};
}

// No two models: nothing about spread is defined.
static void undefine_text(xs_arena *arena, const double *e, xs_text_result *out) {
    size_t n = out->n_words;
    xs_word_stats *word = XS_ARENA_ARRAY(arena, xs_word_stats, n);
    for (size_t w = 0; w < n; w++) {
        for (size_t k = 0; k < sizeof *word / sizeof(double); k++) ((double *)&word[w])[k] = NAN;
        if (e) word[w].mean = e[w];
    }
    out->word = word;
    out->snr =
        (xs_snr){1, n, NAN, NAN, NAN, NAN, NAN, NAN, {NAN, NAN}, NAN, NAN, NAN, NAN, NAN, NAN, NAN, false};
    out->order2 = out->order3 = out->order4 = (xs_moment_snr){n, NAN, NAN, NAN, NAN, NAN, NAN};
    out->bivariate_window5 = out->order2;
    out->agreement = (xs_agreement){NAN, NAN, NAN, NAN, NAN, {NAN, NAN}, NAN, NAN, NAN, NAN};
}

// One family × explainer: scores drawn with the given noise, summed up and pooled.
static void explain(xs_arena *arena, const char *name, uint32_t stream, double noise, bool one_alone,
                    xs_explainer_result *out) {
    *out = (xs_explainer_result){
        .name = name, .texts = XS_ARENA_ARRAY(arena, xs_text_result, TEXTS), .n_texts = TEXTS};
    xs_pooled *pool = &out->pooled;
    *pool =
        (xs_pooled){.texts = TEXTS, .models = MODELS - 2, .completeness_gap = 1e-15, .unattributed = 0.02, .f_p = NAN, .training_error = NAN};
    double counted = 0;
    for (uint32_t t = 0; t < TEXTS; t++) {
        xs_text_result *text = &out->texts[t];
        bool cue[64];
        write_text(arena, t, text, cue);
        size_t n = text->n_words, kept = one_alone && t == 3 ? 1 : t == 4 ? MODELS - 4 : MODELS - 2;
        double *e = XS_ARENA_ARRAY(arena, double, kept *n);
        uint32_t *model = XS_ARENA_ARRAY(arena, uint32_t, kept);
        xs_rng effects = xs_rng_at(7, XS_STREAM_EXPLAIN, t, 0);
        for (size_t w = 0; w < n; w++) {
            double u = xs_rng_uniform(&effects) - 0.4;
            double mu = t == 5 ? 0 : cue[w] ? 0.11 * (u < 0 ? u - 0.3 : u + 0.6) : 0.02 * u;
            xs_rng draws = xs_rng_at(7, XS_STREAM_STATS, stream * 100 + t, (uint32_t)w);
            for (size_t m = 0; m < kept; m++) {
                double z = -3;
                for (int k = 0; k < 6; k++) z += xs_rng_uniform(&draws);
                e[m * n + w] = mu + noise * z;
            }
        }
        for (size_t m = 0; m < kept; m++) model[m] = (uint32_t)(m + m / 14); // 14 and 29 were not equivalent
        text->models_kept = kept;
        text->models_disagreeing = MODELS - 2 - kept;
        text->zero_rows = t == 4;
        text->scores = e;
        text->snr_corrected = NAN;
        text->model = model;
        if (kept == 1) {
            undefine_text(arena, e, text);
            pool->texts_undefined++;
            continue;
        }
        sum_up_text(arena, e, text);
        counted += 1;
        pool->signal_raw += text->snr.signal_raw, pool->noise += text->snr.noise;
        pool->ms_interaction += text->snr.ms_interaction, pool->signal += text->snr.signal;
        pool->texts_no_signal += text->snr.no_signal;
    }
    pool->snr_corrected = NAN;
    pool->signal_raw /= counted, pool->noise /= counted, pool->ms_interaction /= counted,
        pool->signal /= counted;
    pool->snr = pool->signal / pool->noise, pool->snr_raw = pool->signal_raw / pool->noise;
    pool->snr_ci[0] = pool->snr * 0.9, pool->snr_ci[1] = pool->snr * 1.1;
    pool->snr_q25 = pool->snr * 0.7, pool->snr_median = pool->snr, pool->snr_q75 = pool->snr * 1.4;
    derive(pool->snr, &pool->icc, &pool->models_needed);
}

static xs_spread spread(double mean) {
    return (xs_spread){mean, mean - 0.0125, mean + 0.00625, 0.005};
}

xs_results fixture_study(void) {
    xs_results r = {.study = "report or opinion <b>&amp;",
                    .normalize = "l1",
                    .equivalence = "ztest:0.05",
                    .target = "predicted",
                    .n_families = 2,
                    .n_comparisons = 1,
                    .n_facts = 4};
    xs_arena *a = &r.arena;
    r.families = XS_ARENA_ARRAY(a, xs_family_result, 2);
    for (size_t f = 0; f < 2; f++) {
        double *accuracy = XS_ARENA_ARRAY(a, double, MODELS);
        unsigned char *equivalent = XS_ARENA_ARRAY(a, unsigned char, MODELS);
        for (size_t m = 0; m < MODELS; m++) {
            equivalent[m] = m != 14 && m != 29;
            accuracy[m] = (f ? 0.78125 : 0.90625) + 0.001 * (double)(m % 5) - (equivalent[m] ? 0 : 0.05);
        }
        xs_split_quality q = {400, spread(f ? 0.78125 : 0.90625), spread(0.75), spread(0.375),
                              spread(0.0625)};
        r.families[f] =
            (xs_family_result){.name = f ? "linguistic" : "tfidf",
                               .type = "linear",
                               .settings = f ? "{\"features.kind\":\"linguistic\"}"
                                             : "{\"features.kind\":\"tfidf\",\"features.ngrams\":2}",
                               .models_trained = MODELS,
                               .models_equivalent = MODELS - 2,
                               .dropped_by = "ztest:0.05",
                               .valid = q,
                               .test = q,
                               .model_accuracy = accuracy,
                               .equivalent = equivalent,
                               .n_explainers = f ? 1 : 2,
                               .explainers = XS_ARENA_ARRAY(a, xs_explainer_result, 2)};
    }
    explain(a, "contribution", 1, 0.03, false, &r.families[0].explainers[0]);
    explain(a, "occlusion", 2, 0.05, false, &r.families[0].explainers[1]);
    explain(a, "contribution", 3, 0.11, true, &r.families[1].explainers[0]);
    r.families[0].explainers[1].pooled.explainer_noise = 0.25 * r.families[0].explainers[1].pooled.noise;
    r.families[0].explainers[1].pooled.snr_training = r.families[0].explainers[1].pooled.snr / 0.75;
    r.families[0].explainers[1].pooled.outside_words = 0.125;
    r.comparisons = XS_ARENA_ARRAY(a, xs_comparison, 1);
    double ratio = r.families[0].explainers[0].pooled.snr / r.families[1].explainers[0].pooled.snr;
    r.comparisons[0] = (xs_comparison){
        "tfidf", "linguistic", "contribution", "contribution", 5, ratio, {ratio * 0.75, ratio * 1.25},
        0.0625};
    r.reliability = 0.9;
    static const xs_fact facts[] = {{"xsnr", "0.1.0"},
                                    {"seed", "1"},
                                    {"data", "sha256:00ff"},
                                    {"command", "xsnr run <study>.yaml"}};
    r.facts = XS_ARENA_ARRAY(a, xs_fact, 4);
    memcpy(r.facts, facts, sizeof facts);
    return r;
}

xs_results fixture_array(void) {
    xs_results r = fixture_study();
    r.study = "array";
    r.equivalence = r.target = NULL;
    r.n_families = 1;
    r.n_comparisons = r.n_facts = 0;
    xs_family_result *f = &r.families[0];
    *f = (xs_family_result){
        .name = "array",
        .type = "array",
        .models_trained = MODELS - 2,
        .models_equivalent = MODELS - 2,
        .explainers = f->explainers,
        .n_explainers = 1,
        .valid = {0, {NAN, NAN, NAN, NAN}, {NAN, NAN, NAN, NAN}, {NAN, NAN, NAN, NAN}, {NAN, NAN, NAN, NAN}}};
    f->test = f->valid;
    f->explainers[0].n_texts = 1;
    f->explainers[0].name = "scores";
    f->explainers[0].pooled.texts_no_signal = 0;
    xs_text_result *t = &f->explainers[0].texts[0];
    t->id = "scores.npy";
    t->text = t->split = t->label = t->target = NULL;
    t->words = NULL;
    return r;
}

xs_results fixture_undefined(void) {
    xs_results r = fixture_array();
    r.normalize = NULL;
    xs_family_result *f = &r.families[0];
    f->type = NULL;
    f->models_trained = f->models_equivalent = 1;
    xs_pooled *p = &f->explainers[0].pooled;
    *p = (xs_pooled){1,   1,   NAN, NAN, NAN, NAN, NAN, NAN, {NAN, NAN}, NAN,
                     NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0, 1, NAN, NAN, NAN};
    f->explainers[0].texts[0].models_kept = 1;
    undefine_text(&r.arena, NULL, &f->explainers[0].texts[0]);
    return r;
}

void fixture_free(xs_results *r) {
    xs_arena_free(&r->arena);
}
