// The family `linear`: logistic regression or a linear SVM on sparse features of texts.
//
// Features are extracted once, in prepare; all models share them.  The solver `sgd` starts at random and goes
// through the texts in random order; `liblinear` converges, so that only another sample of the texts can change
// it.  The stream `sample` draws a bootstrap of the training texts; its seed 0 takes every text once.
//
// Two classes: logits (−z, z) and p = σ(z), so that l2-logistic regression is what the textbook says.  More:
// logits z (C) and p = softmax(z), which `sgd` maximises for `logistic`; `liblinear` and the hinges train one
// class against the rest, and softmax then only ranks.  A hinge's z is a margin: σ(z) ranks, but it is not a
// calibrated probability, and the calibration error says so.
//
// contribution: a feature's weight × value, shared equally among its occurrences and an occurrence's words.
#include "base/alloc.h"
#include "base/random.h"
#include "model/linear.h"
#include <string.h>

static const xs_param params[] = {
    {"solver", XS_CHOICE, "sgd", 0, 0, "sgd|liblinear", "averaged stochastic gradient, or converged (LIBLINEAR)"},
    {"loss", XS_CHOICE, "logistic", 0, 0, "logistic|hinge|squared_hinge",
     "logistic regression or linear SVM (liblinear: logistic, squared_hinge)"},
    {"l2", XS_REAL, "1e-5", 1e-12, 1e3, NULL, "penalty l2/2 of squared weights beside the mean loss; C = 1/(l2 n)"},
    {"epochs", XS_INT, "8", 1, 1e6, NULL, "passes over the training texts (sgd)"},
    {"rate", XS_REAL, "1", 1e-9, 1e6, NULL, "first step, in units of 1/(curvature x mean squared length) (sgd)"},
    {"schedule", XS_CHOICE, "decay", 0, 0, "decay|constant|linear", "how steps shorten: as 1/t, not, to 0 (sgd)"},
    {"average", XS_BOOL, "true", 0, 0, NULL, "the model is the mean of all steps' weights, later ones more (sgd)"},
    {"init_scale", XS_REAL, "0.1", 0, 1e3, NULL, "standard deviation of the random start (sgd)"},
    {"tolerance", XS_REAL, "1e-6", 1e-14, 1, NULL, "stop at this fraction of the first gradient (liblinear)"},
    XS_FEATURE_PARAMS,
    {0},
};

typedef struct linear_shared {
    const xs_corpus *corpus;
    xs_featurizer *featurizer;
    xs_csr x[XS_SPLITS];
    int32_t *label;      // (N) of the training texts
    uint32_t *rows;      // (n) of those that have one
    size_t n;
    xs_linear_problem problem;
    bool converge;       // solver liblinear
    xs_sgd_options sgd;
    xs_linear_entry *entry; // sgd
    xs_liblinear *matrix;   // liblinear
    double tolerance;
} linear_shared;

static int classes_of(const linear_shared *s) { return s->corpus->n_labels; }

static xs_loss loss_of(const char *name) {
    return strcmp(name, "logistic") == 0 ? XS_LOSS_LOGISTIC
           : strcmp(name, "hinge") == 0  ? XS_LOSS_HINGE
                                         : XS_LOSS_SQUARED_HINGE;
}

static xs_schedule schedule_of(const char *name) {
    return strcmp(name, "decay") == 0      ? XS_SCHEDULE_DECAY
           : strcmp(name, "constant") == 0 ? XS_SCHEDULE_CONSTANT
                                           : XS_SCHEDULE_LINEAR;
}

static void linear_release(void *shared) {
    linear_shared *s = shared;
    if (!s) return;
    xs_featurizer_free(s->featurizer);
    for (int i = 0; i < XS_SPLITS; i++) xs_csr_free(&s->x[i]);
    xs_free(s->label);
    xs_free(s->rows);
    xs_free(s->entry);
    xs_liblinear_free(s->matrix);
    xs_free(s);
}

static int list_labelled(linear_shared *s, xsnr_error *err) {
    const xs_split *train = &s->corpus->split[XS_TRAIN];
    s->label = XS_NEW_ARRAY(int32_t, train->count);
    s->rows = XS_NEW_ARRAY(uint32_t, train->count);
    if (!s->label || !s->rows) return xs_nomem(err);
    for (size_t i = 0; i < train->count; i++) {
        s->label[i] = train->docs[i].label;
        if (s->label[i] >= 0) s->rows[s->n++] = (uint32_t)i;
    }
    if (s->n == 0)
        return xs_fail_at(err, XSNR_ERR_DATA, train->path, 0, "no training text has a label");
    return XSNR_OK;
}

static int fill_shared(linear_shared *s, const xs_settings *settings, int threads, xsnr_error *err) {
    const xs_corpus *corpus = s->corpus;
    s->converge = strcmp(xs_settings_choice(settings, "solver"), "liblinear") == 0;
    xs_loss loss = loss_of(xs_settings_choice(settings, "loss"));
    if (s->converge && loss == XS_LOSS_HINGE)
        return xs_fail(err, XSNR_ERR_CONFIG,
                       "solver liblinear minimises the squared hinge: write loss: squared_hinge, or solver: sgd");
    if (classes_of(s) < 2 || classes_of(s) > XS_LINEAR_CLASSES)
        return xs_fail(err, XSNR_ERR_DATA, "family linear takes 2 to %d classes; the corpus has %d",
                       XS_LINEAR_CLASSES, classes_of(s));
    if (corpus->split[XS_TRAIN].count > UINT32_MAX)
        return xs_fail(err, XSNR_ERR_UNSUPPORTED, "family linear takes at most %u training texts", UINT32_MAX);
    XS_TRY(list_labelled(s, err));
    XS_TRY(xs_featurizer_fit(settings, corpus, threads, &s->featurizer, err));
    for (int i = 0; i < XS_SPLITS; i++)
        XS_TRY(xs_featurizer_matrix(s->featurizer, corpus->split[i].docs, corpus->split[i].count, threads, &s->x[i],
                                    err));
    s->problem = (xs_linear_problem){.x = &s->x[XS_TRAIN],
                                     .label = s->label,
                                     .vectors = classes_of(s) == 2 ? 1 : classes_of(s),
                                     .loss = loss,
                                     .one_vs_rest = s->converge,
                                     .l2 = xs_settings_real(settings, "l2")};
    s->tolerance = xs_settings_real(settings, "tolerance");
    s->sgd = (xs_sgd_options){.epochs = (int)xs_settings_int(settings, "epochs"),
                              .schedule = schedule_of(xs_settings_choice(settings, "schedule")),
                              .rate = xs_settings_real(settings, "rate"),
                              .average = xs_settings_bool(settings, "average"),
                              .init_scale = xs_settings_real(settings, "init_scale")};
    return s->converge ? xs_liblinear_new(s->problem.x, &s->matrix, err)
                       : xs_sgd_pack(s->problem.x, &s->entry, err);
}

static int linear_prepare(const xs_settings *settings, const xs_corpus *corpus, int threads, void **shared,
                          xsnr_error *err) {
    linear_shared *s = XS_NEW(linear_shared);
    if (!s) return xs_nomem(err);
    s->corpus = corpus;
    int rc = fill_shared(s, settings, threads, err);
    if (rc < 0) {
        linear_release(s);
        return rc;
    }
    *shared = s;
    return XSNR_OK;
}

static const char *linear_vary(const xs_settings *settings) {
    return strcmp(xs_settings_choice(settings, "solver"), "liblinear") == 0 ? "sample" : "init, order";
}

static xs_link linear_link(const void *shared) {
    return classes_of(shared) == 2 ? XS_LINK_PAIR : XS_LINK_SOFTMAX;
}

static int linear_train(const void *shared, const xs_seeds *seeds, xs_arena *scratch, void **model,
                        xs_training *record, xsnr_error *err) {
    const linear_shared *s = shared;
    xs_arena_mark mark = xs_arena_save(scratch);
    const uint32_t *rows = s->rows;
    if (seeds->sample != 0) { // bootstrap: n of n, with replacement
        uint32_t *drawn = XS_ARENA_ARRAY(scratch, uint32_t, s->n);
        if (!drawn) return xs_nomem(err);
        xs_rng rng = xs_rng_at(seeds->sample, XS_STREAM_SAMPLE, 0, 0);
        for (size_t i = 0; i < s->n; i++) drawn[i] = s->rows[xs_rng_below(&rng, (uint32_t)s->n)];
        rows = drawn;
    }
    xs_linear_model *m = NULL;
    int rc = xs_linear_model_new(s->problem.x->columns, s->problem.vectors, &m, err);
    if (rc == XSNR_OK)
        rc = s->converge ? xs_liblinear_train(&s->problem, s->matrix, s->tolerance, rows, s->n, scratch, m, record,
                                              err)
                         : xs_sgd_train(&s->problem, s->entry, &s->sgd, rows, s->n, seeds, scratch, m, record, err);
    xs_arena_rewind(scratch, mark);
    if (rc < 0) {
        xs_free(m);
        return rc;
    }
    *model = m;
    return XSNR_OK;
}

static int linear_save(const void *shared, const void *model, xs_str *out, xsnr_error *err) {
    (void)shared;
    return xs_linear_write(model, out, err);
}

static int linear_load(const void *shared, const void *bytes, size_t size, void **model, xsnr_error *err) {
    const linear_shared *s = shared;
    xs_linear_model *m;
    XS_TRY(xs_linear_read(bytes, size, s->problem.x->columns, s->problem.vectors, &m, err));
    *model = m;
    return XSNR_OK;
}

// Logits (C) of one row of features.
static void row_logits(const xs_linear_model *m, const uint32_t *feature, const double *value, size_t n,
                       double *logits) {
    if (m->vectors == 1) {
        xs_linear_scores(m, feature, value, n, &logits[1]);
        logits[0] = -logits[1];
    } else {
        xs_linear_scores(m, feature, value, n, logits);
    }
}

static int linear_predict_split(const void *shared, const void *model, xs_split_id split, xs_arena *scratch,
                                double *logits, xsnr_error *err) {
    (void)scratch, (void)err;
    const linear_shared *s = shared;
    const xs_csr *x = &s->x[split];
    size_t C = (size_t)classes_of(s);
    for (size_t i = 0; i < x->rows; i++)
        row_logits(model, x->index + x->begin[i], x->value + x->begin[i], x->begin[i + 1] - x->begin[i],
                   logits + i * C);
    return XSNR_OK;
}

static int linear_predict(const void *shared, const void *model, const xs_document *doc, const uint8_t *present,
                          size_t count, xs_removal removal, xs_arena *scratch, double *logits, xsnr_error *err) {
    const linear_shared *s = shared;
    size_t C = (size_t)classes_of(s);
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = XSNR_OK;
    for (size_t i = 0; i < count && rc == XSNR_OK; i++) {
        xs_features_row row;
        rc = xs_featurizer_row(s->featurizer, doc, present ? present + i * doc->n_words : NULL, removal, scratch,
                               &row, err);
        if (rc == XSNR_OK) row_logits(model, row.feature, row.value, row.n, logits + i * C);
        xs_arena_rewind(scratch, mark);
    }
    return rc;
}

// Shares `amount` equally among the feature's occurrences, and each share among its words.
static void share_out(const xs_features_row *row, uint32_t i, double amount, double *scores) {
    uint32_t begin = row->occurrence_begin[i], end = row->occurrence_begin[i + 1];
    for (uint32_t o = begin; o < end; o++) {
        const xs_occurrence *at = &row->occurrence[o];
        double share = amount / (end - begin) / at->count;
        for (uint32_t w = 0; w < at->count; w++) scores[at->first + w] += share;
    }
}

static int linear_contribution(const void *shared, const void *model, const xs_document *doc, int target,
                               xs_arena *scratch, double *scores, double *bias, double *unattributed,
                               xsnr_error *err) {
    const linear_shared *s = shared;
    const xs_linear_model *m = model;
    size_t V = m->vectors, k = V == 1 ? 0 : (size_t)target;
    double sign = V == 1 && target == 0 ? -1 : 1;
    xs_arena_mark mark = xs_arena_save(scratch);
    xs_features_row row;
    XS_TRY(xs_featurizer_row(s->featurizer, doc, NULL, XS_REMOVE_MASK, scratch, &row, err));

    double rest = 0; // of features that no word triggered
    memset(scores, 0, doc->n_words * sizeof *scores);
    for (uint32_t i = 0; i < row.n; i++) {
        double amount = sign * m->weight[row.feature[i] * V + k] * row.value[i];
        if (row.occurrence_begin[i] == row.occurrence_begin[i + 1])
            rest += amount;
        else
            share_out(&row, i, amount, scores);
    }
    xs_arena_rewind(scratch, mark);
    *bias = sign * m->weight[(size_t)m->columns * V + k];
    if (doc->n_words == 0) { // nowhere to spread it
        *bias += rest;
        rest = 0;
    }
    for (uint32_t w = 0; w < doc->n_words; w++) scores[w] += rest / doc->n_words;
    *unattributed = rest;
    return XSNR_OK;
}

const xs_family xs_family_linear = {
    .name = "linear",
    .help = "logistic regression or linear SVM on word n-grams (bow, tfidf) or linguistic features",
    .params = params,
    .provides = XS_PREDICTS | XS_ADDITIVE,
    .streams = "init|order|sample",
    .prepare = linear_prepare,
    .release = linear_release,
    .vary = linear_vary,
    .link = linear_link,
    .train = linear_train,
    .free_model = xs_free,
    .save = linear_save,
    .load = linear_load,
    .predict_split = linear_predict_split,
    .predict = linear_predict,
    .contribution = linear_contribution,
};
