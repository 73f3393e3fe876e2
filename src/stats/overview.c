// Family by explainer by analysis; see overview.h.
#include "stats/overview.h"
#include <math.h>

static const xs_complexity no_complexity = {NAN, NAN, NAN, NAN};
static const xs_plausibility no_plausibility = {NAN, NAN, NAN, NAN, NAN};

enum { ANALYSES = 1 + XS_NGRAMS + 2 + 3 + 1 + 3 + 1 };

typedef struct filling {
    const xs_family_result *family;
    const xs_explainer_result *explainer;
    xs_overview *out;
} filling;

// A row without numbers; the caller keeps it by counting it.
static xs_overview_row *begin(const filling *f, const char *unit, const char *analysis) {
    const xs_split_quality *q = f->family->test.texts ? &f->family->test : &f->family->valid;
    xs_overview_row *row = &f->out->rows[f->out->n++];
    *row = (xs_overview_row){.family = f->family->name,
                             .explainer = f->explainer->name,
                             .unit = unit,
                             .analysis = analysis,
                             .texts = f->explainer->pooled.texts,
                             .signal = NAN,
                             .noise = NAN,
                             .snr = NAN,
                             .snr_ci = {NAN, NAN},
                             .bits = NAN,
                             .plausibility = no_plausibility,
                             .plausibility_of_models = no_plausibility,
                             .comprehensiveness = NAN,
                             .sufficiency = NAN,
                             .comprehensiveness_of_mean = NAN,
                             .sufficiency_of_mean = NAN,
                             .complexity = no_complexity,
                             .complexity_of_models = no_complexity,
                             .accuracy = q->texts ? q->accuracy.mean : NAN};
    return row;
}

static void put_moment(const filling *f, const char *unit, const char *analysis, const xs_moment_snr *s, const xs_view *view) {
    if (isnan(s->signal) && isnan(s->noise)) return;
    xs_overview_row *row = begin(f, unit, analysis);
    row->signal = s->signal;
    row->noise = s->noise;
    row->snr = s->snr;
    if (!view) return;
    row->complexity = view->complexity;
    row->plausibility = view->plausibility;
}

static void put_words(const filling *f) {
    const xs_explainer_result *e = f->explainer;
    xs_overview_row *row = begin(f, "word", "first order");
    row->signal = e->pooled.signal;
    row->noise = e->pooled.noise;
    row->snr = e->pooled.snr;
    row->snr_ci[0] = e->pooled.snr_ci[0];
    row->snr_ci[1] = e->pooled.snr_ci[1];
    const xs_faith_result *faith = &e->faithfulness[e->faithfulness[0].judged ? 0 : 1]; // masked, else cut out
    if (faith->judged && faith->own.explanations) {
        row->comprehensiveness = faith->own.aopc_comprehensiveness;
        row->sufficiency = faith->own.aopc_sufficiency;
    }
    if (faith->judged && faith->mean.explanations) {
        row->comprehensiveness_of_mean = faith->mean.aopc_comprehensiveness;
        row->sufficiency_of_mean = faith->mean.aopc_sufficiency;
    }
    if (!e->beyond) return;
    row->complexity = e->beyond->complexity_of_mean;
    row->complexity_of_models = e->beyond->complexity;
    row->plausibility = e->beyond->plausibility_of_mean;
    row->plausibility_of_models = e->beyond->plausibility;
}

static void put_bits(const filling *f, const char *analysis, double bits) {
    if (isnan(bits)) return;
    xs_overview_row *row = begin(f, "word", analysis);
    row->bits = bits;
    row->snr = pow(4, bits) - 1;
}

static void fill(const filling *f) {
    static const char *const units[XS_NGRAMS] = {"2-gram", "3-gram", "4-gram", "5-gram"};
    const xs_pooled_beyond *p = f->explainer->beyond;
    put_words(f);
    if (!p) return;
    if (p->made & XS_STAT_SPANS) {
        for (size_t k = 0; k < XS_NGRAMS; k++) put_moment(f, units[k], "first order", &p->ngram[k], &p->view[XS_VIEW_NGRAM + k]);
        put_moment(f, "sentence", "first order", &p->sentence, &p->view[XS_VIEW_SENTENCE]);
        put_moment(f, "phrase", "first order", &p->phrase, &p->view[XS_VIEW_PHRASE]);
    }
    put_moment(f, "word", "second order", &p->order2, &p->view[XS_VIEW_SPREAD]);
    put_moment(f, "word", "third order", &p->order3, NULL);
    put_moment(f, "word", "fourth order", &p->order4, NULL);
    put_moment(f, "pair", "second order", &p->bivariate_window5, NULL);
    if (p->made & (XS_STAT_INFORMATION | XS_STAT_KDE)) {
        put_bits(f, "information, means", p->information.pi1);
        put_bits(f, "information, variances", p->information.pi2);
        put_bits(f, "information, densities", p->information.kde);
    }
    const xs_moment_snr inside = {0, NAN, p->noise_within, NAN, p->signal_within, NAN, p->snr_within};
    if (p->made & XS_STAT_MODES) put_moment(f, "word", "several modes", &inside, &p->view[XS_VIEW_MODES]);
}

int xs_overview_of(const xs_results *r, xs_arena *arena, xs_overview *out, xsnr_error *err) {
    size_t most = 0;
    for (size_t f = 0; f < r->n_families; f++) most += ANALYSES * r->families[f].n_explainers;
    *out = (xs_overview){XS_ARENA_ARRAY(arena, xs_overview_row, most), 0};
    if (!out->rows) return xs_nomem(err);
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; e < r->families[f].n_explainers; e++)
            fill(&(filling){&r->families[f], &r->families[f].explainers[e], out});
    return XSNR_OK;
}
