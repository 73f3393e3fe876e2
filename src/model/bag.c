// The family `bag`: mean of word embeddings and one hidden layer, between a linear model and an encoder.
//
// A text is its words, whatever their order (and n-grams on request): no tokenizer stands between words and scores.
// A text without words, or all of whose words are absent, is one unknown word.
#include "base/alloc.h"
#include "model/bag_family.h"
#include <string.h>

static const xs_param params[] = {
    {"hidden", XS_INT, "64", 1, 8192, NULL, "width of the word embeddings"},
    {"layer", XS_INT, "64", 0, 8192, NULL, "width of the hidden layer; 0: none, as fastText"},
    {"activation", XS_CHOICE, "relu", 0, 0, "relu|gelu|tanh", "of the hidden layer"},
    {"min_count", XS_INT, "2", 1, 1e9, NULL, "least number of training texts that a word is in; others are unknown"},
    {"ngrams", XS_INT, "1", 1, 3, NULL, "longest word n-gram"},
    {"buckets", XS_INT, "20000", 1, 1e8, NULL, "embeddings that the n-grams of two and more words share by a hash"},
    {"length", XS_INT, "512", 1, 1e5, NULL, "words of a text; longer texts are cut"},
    {"epochs", XS_INT, "10", 1, 1e6, NULL, "passes over the training texts"},
    {"batch", XS_INT, "32", 1, 4096, NULL, "texts a step"},
    {"rate", XS_REAL, "2e-3", 0, 1, NULL, "highest step of AdamW"},
    {"warmup", XS_REAL, "0.1", 0, 1, NULL, "share of the steps in which the rate grows; then it falls to 0"},
    {"schedule", XS_CHOICE, "linear", 0, 0, "linear|constant", "after the warm-up the rate falls to 0; or it never changes"},
    {"decay", XS_REAL, "0.01", 0, 1, NULL, "weight decay of matrices and embeddings"},
    {"clip", XS_REAL, "1", 0, 1e6, NULL, "longest gradient; 0: any"},
    {"smoothing", XS_REAL, "0", 0, 0.99, NULL, "label smoothing"},
    {"dropout", XS_REAL, "0.3", 0, 0.95, NULL, "of the mean and of the hidden layer"},
    {"word_dropout", XS_REAL, "0.3", 0, 0.95, NULL, "share of a training text's words that are unknown for a step"},
    {"init_scale", XS_REAL, "0.1", 0, 1e3, NULL, "standard deviation of new word embeddings"},
    {"patience", XS_INT, "0", 0, 1e6, NULL, "stop after so many epochs without a better valid loss; 0: never"},
    {"embeddings", XS_CHOICE, "dense", 0, 0, "dense|lazy", "lazy: words that a step does not see do not move"},
    {0},
};

static void bag_release(void *shared) {
    xs_bag_shared *s = shared;
    if (!s) return;
    xs_trainer_pool_free(s->pool);
    if (s->home) s->ops->close(s->home);
    for (int i = 0; i < XS_SPLITS; i++) xs_encoded_free(&s->texts[i]);
    xs_bag_words_free(&s->words);
    xs_free(s);
}

static xs_activate activation_of(const char *name) {
    return strcmp(name, "relu") == 0   ? XS_ACTIVATE_RELU
           : strcmp(name, "gelu") == 0 ? XS_ACTIVATE_GELU
                                       : XS_ACTIVATE_TANH;
}

static xs_recipe recipe_of(const xs_settings *p) {
    return (xs_recipe){.rate = xs_settings_real(p, "rate"),
                       .warmup = xs_settings_real(p, "warmup"),
                       .decay = xs_settings_real(p, "decay"),
                       .clip = xs_settings_real(p, "clip"),
                       .smoothing = xs_settings_real(p, "smoothing"),
                       .epochs = (int)xs_settings_int(p, "epochs"),
                       .patience = (int)xs_settings_int(p, "patience"),
                       .batch = (uint32_t)xs_settings_int(p, "batch"),
                       .constant = strcmp(xs_settings_choice(p, "schedule"), "constant") == 0,
                       .lazy = strcmp(xs_settings_choice(p, "embeddings"), "lazy") == 0,
                       .word_dropout = xs_settings_real(p, "word_dropout")};
}

static int encode_texts(xs_bag_shared *s, const xs_corpus *corpus, xsnr_error *err) {
    size_t cut = 0, all = 0;
    for (int i = 0; i < XS_SPLITS; i++) {
        XS_TRY(xs_bag_encode_split(&s->words, &corpus->split[i], &s->texts[i], &cut, &s->longest, err));
        all += corpus->split[i].count;
    }
    if (cut)
        snprintf(s->notice, sizeof s->notice, "%zu of %zu texts are longer than length: %u words and were cut", cut, all,
                 s->words.length);
    return XSNR_OK;
}

static int fill_shared(xs_bag_shared *s, const xs_settings *p, const xs_corpus *corpus, xsnr_error *err) {
    s->recipe = recipe_of(p);
    if (s->recipe.patience && !corpus->split[XS_VALID].count)
        return xs_fail(err, XSNR_ERR_CONFIG, "patience needs valid texts; name them with corpus.valid");
    s->ops = xs_cpu_backend(XS_FLOAT, 0);
    XS_TRY(s->ops->open(&s->home, err));
    XS_TRY(xs_bag_words_new(corpus, (uint32_t)xs_settings_int(p, "min_count"), (uint32_t)xs_settings_int(p, "ngrams"),
                            (uint32_t)xs_settings_int(p, "buckets"), (uint32_t)xs_settings_int(p, "length"), &s->words,
                            err));
    XS_TRY(encode_texts(s, corpus, err));
    xs_bag_config config = {.rows = s->words.known + s->words.buckets,
                            .hidden = (uint32_t)xs_settings_int(p, "hidden"),
                            .layer = (uint32_t)xs_settings_int(p, "layer"),
                            .labels = (uint32_t)corpus->n_labels,
                            .activation = activation_of(xs_settings_choice(p, "activation")),
                            .dropout = xs_settings_real(p, "dropout"),
                            .init_scale = xs_settings_real(p, "init_scale")};
    xs_bag_layout_new(&config, &s->layout);
    xs_trainee trainee = xs_bag_trainee(&s->layout);
    return xs_trainer_pool_new(s->ops, &trainee, &s->recipe, (uint32_t)s->longest, &s->pool, err);
}

static int bag_prepare(const xs_settings *settings, const xs_corpus *corpus, int threads, void **shared,
                       xsnr_error *err) {
    (void)threads; // looking up the words of a text is a small part of a study
    xs_bag_shared *s = XS_NEW(xs_bag_shared);
    if (!s) return xs_nomem(err);
    int rc = fill_shared(s, settings, corpus, err);
    if (rc < 0) {
        bag_release(s);
        return rc;
    }
    *shared = s;
    return XSNR_OK;
}

static const char *bag_notice(const void *shared) {
    const xs_bag_shared *s = shared;
    return s->notice[0] ? s->notice : NULL;
}

static void bag_profile(const void *shared, xs_str *out) {
    xs_trainer_pool_profile(((const xs_bag_shared *)shared)->pool, out);
}

static size_t bag_memory(const void *shared) {
    const xs_bag_shared *s = shared;
    xs_trainee trainee = xs_bag_trainee(&s->layout);
    return xs_trainer_size(s->ops, &trainee, &s->recipe, (uint32_t)s->longest);
}

static const char *bag_vary(const xs_settings *p) {
    bool drops = xs_settings_real(p, "dropout") > 0 || xs_settings_real(p, "word_dropout") > 0;
    return drops ? "init, order, dropout" : "init, order";
}

static xs_link bag_link(const void *shared) {
    (void)shared;
    return XS_LINK_SOFTMAX;
}

static void bag_free_model(void *model) {
    xs_bag_model *m = model;
    if (!m) return;
    if (m->parameters) m->shared->ops->release(m->shared->home, m->parameters);
    xs_free(m);
}

static int new_model(const xs_bag_shared *s, xs_bag_model **out, xsnr_error *err) {
    xs_bag_model *m = XS_NEW(xs_bag_model);
    if (!m) return xs_nomem(err);
    m->shared = s;
    int rc = s->ops->reals(s->home, s->layout.total, &m->parameters, err);
    if (rc < 0) {
        bag_free_model(m);
        return rc;
    }
    *out = m;
    return XSNR_OK;
}

static int bag_train(const void *shared, const xs_seeds *seeds, xs_arena *scratch, void **model, xs_training *record,
                     xsnr_error *err) {
    (void)scratch;
    const xs_bag_shared *s = shared;
    xs_bag_model *m = NULL;
    xs_trainer *t;
    XS_TRY(xs_trainer_borrow(s->pool, &t, err));
    int rc = new_model(s, &m, err);
    if (rc == XSNR_OK) rc = xs_trainer_initialise(t, m->parameters, seeds->init, NULL, NULL, err);
    if (rc == XSNR_OK)
        rc = xs_trainer_run(t, m->parameters, seeds, &s->texts[XS_TRAIN], &s->texts[XS_VALID], record, err);
    xs_trainer_give_back(s->pool, t);
    if (rc < 0) {
        bag_free_model(m);
        return rc;
    }
    *model = m;
    return XSNR_OK;
}

static int bag_save(const void *shared, const void *model, xs_str *out, xsnr_error *err) {
    const xs_bag_shared *s = shared;
    const xs_bag_model *m = model;
    size_t n = s->layout.total;
    double *wide = XS_NEW_ARRAY(double, n);
    float *values = XS_NEW_ARRAY(float, n);
    int rc = wide && values ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK) {
        s->ops->get_reals(s->home, (xs_view){m->parameters, 0}, wide, n);
        for (size_t i = 0; i < n; i++) values[i] = (float)wide[i];
        rc = xs_parameters_write(s->layout.parameter, s->layout.n, values, out, err);
    }
    xs_free(wide);
    xs_free(values);
    return rc;
}

static int bag_load(const void *shared, const void *bytes, size_t size, void **model, xsnr_error *err) {
    const xs_bag_shared *s = shared;
    size_t n = s->layout.total;
    xs_bag_model *m = NULL;
    double *wide = XS_NEW_ARRAY(double, n);
    float *values = XS_NEW_ARRAY(float, n);
    int rc = wide && values ? new_model(s, &m, err) : xs_nomem(err);
    if (rc == XSNR_OK)
        rc = xs_parameters_parse(s->layout.parameter, s->layout.n, "", bytes, size, "stored model", values, NULL, err);
    if (rc == XSNR_OK) {
        for (size_t i = 0; i < n; i++) wide[i] = (double)values[i];
        s->ops->put_reals(s->home, (xs_view){m->parameters, 0}, wide, n);
        *model = m;
    } else {
        bag_free_model(m);
    }
    xs_free(wide);
    xs_free(values);
    return rc;
}

static int bag_predict_split(const void *shared, const void *model, xs_split_id split, xs_arena *scratch,
                             double *logits, xsnr_error *err) {
    (void)scratch;
    const xs_bag_shared *s = shared;
    const xs_bag_model *m = model;
    const xs_encoded *e = &s->texts[split];
    xs_trainer *t;
    XS_TRY(xs_trainer_borrow(s->pool, &t, err));
    int rc = xs_trainer_predict(t, m->parameters, e->count, e->begin, e->id, logits, err);
    xs_trainer_give_back(s->pool, t);
    return rc;
}

static int bag_predict(const void *shared, const void *model, const xs_document *doc, const uint8_t *present,
                       size_t count, xs_removal removal, xs_arena *scratch, double *logits, xsnr_error *err) {
    const xs_bag_shared *s = shared;
    const xs_bag_model *m = model;
    size_t most = xs_bag_rows_most(&s->words, doc->n_words);
    XS_TRY(xs_bag_fits(s, doc, err));
    xs_arena_mark mark = xs_arena_save(scratch);
    size_t *begin = XS_ARENA_ARRAY(scratch, size_t, count + 1);
    uint32_t *id = XS_ARENA_ARRAY(scratch, uint32_t, count * most);
    xs_trainer *t;
    if (!begin || !id) return xs_nomem(err);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *row = present ? present + i * doc->n_words : NULL;
        begin[i + 1] = begin[i] + xs_bag_rows(&s->words, doc, row, removal, id + begin[i], NULL);
    }
    XS_TRY(xs_trainer_borrow(s->pool, &t, err));
    int rc = xs_trainer_predict(t, m->parameters, count, begin, id, logits, err);
    xs_trainer_give_back(s->pool, t);
    xs_arena_rewind(scratch, mark);
    return rc;
}

const xs_family xs_family_bag = {
    .name = "bag",
    .help = "mean of word embeddings through one hidden layer (fastText, deep averaging network)",
    .params = params,
    .provides = XS_PREDICTS | XS_GRADIENTS,
    .inside = &xs_bag_inside,
    .streams = "init|order|dropout|sample",
    .prepare = bag_prepare,
    .release = bag_release,
    .notice = bag_notice,
    .profile = bag_profile,
    .memory = bag_memory,
    .vary = bag_vary,
    .link = bag_link,
    .train = bag_train,
    .free_model = bag_free_model,
    .save = bag_save,
    .load = bag_load,
    .predict_split = bag_predict_split,
    .predict = bag_predict,
};
