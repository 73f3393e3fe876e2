// The family `encoder`: BERT, RoBERTa/CamemBERT and DistilBERT classifiers, from nothing or from a Hugging Face
// folder.
//
// From nothing: a tokenizer is trained on the training texts and a small BERT starts at random.  From a folder: its
// tokenizer, its weights, and a new head from the stream `init`.  A trainer, the memory of one worker, is borrowed
// from a pool for training and for predictions, so that a hundred models need no more memory than two workers.
#include "base/alloc.h"
#include "base/file.h"
#include "base/threads.h"
#include "model/encoder_family.h"
#include "model/encoder_folder.h"
#include "text/tokenizer_train.h"
#include <math.h>
#include <string.h>

static const xs_param params[] = {
    {"folder", XS_STRING, "", 0, 0, NULL, "a Hugging Face folder to start from, beside study.yaml; sizes and tokenizer are its own"},
    {"layers", XS_INT, "2", 1, 64, NULL, "layers"},
    {"hidden", XS_INT, "128", 1, 8192, NULL, "width"},
    {"heads", XS_INT, "2", 1, 256, NULL, "attention heads; they divide the width"},
    {"intermediate", XS_INT, "0", 0, 65536, NULL, "width of the feed-forward; 0: four times `hidden`"},
    {"length", XS_INT, "64", 4, 4096, NULL, "tokens of a text, [CLS] and [SEP] included; longer texts are cut"},
    {"tokenizer", XS_CHOICE, "wordpiece", 0, 0, "wordpiece|unigram", "what is trained on the training texts"},
    {"vocabulary", XS_INT, "8000", 16, 1e6, NULL, "tokens of that tokenizer"},
    {"lowercase", XS_BOOL, "true", 0, 0, NULL, "that tokenizer lowers letters"},
    {"epochs", XS_INT, "4", 1, 1e6, NULL, "passes over the training texts"},
    {"batch", XS_INT, "32", 1, 4096, NULL, "texts a step"},
    {"rate", XS_REAL, "5e-4", 0, 1, NULL, "highest step of AdamW (fine-tuning wants 2e-5)"},
    {"warmup", XS_REAL, "0.1", 0, 1, NULL, "share of the steps in which the rate grows; then it falls to 0"},
    {"schedule", XS_CHOICE, "linear", 0, 0, "linear|constant", "after the warm-up the rate falls to 0; or it never changes"},
    {"decay", XS_REAL, "0.01", 0, 1, NULL, "weight decay of matrices and embeddings"},
    {"clip", XS_REAL, "1", 0, 1e6, NULL, "longest gradient; 0: any"},
    {"smoothing", XS_REAL, "0", 0, 0.99, NULL, "label smoothing"},
    {"dropout", XS_REAL, "0.1", 0, 0.95, NULL, "of embeddings, attention, hidden and classifier (from nothing)"},
    {"patience", XS_INT, "0", 0, 1e6, NULL, "stop after so many epochs without a better valid loss; 0: never"},
    {"embeddings", XS_CHOICE, "dense", 0, 0, "dense|lazy", "lazy: words that a step does not see do not move"},
    {0},
};

static void encoder_release(void *shared) {
    xs_encoder_shared *s = shared;
    if (!s) return;
    for (size_t i = 0; i < s->n_idle; i++) xs_trainer_free(s->idle[i]);
    xs_free(s->idle);
    xs_encoder_probes_free(s);
    if (s->home) s->ops->close(s->home);
    for (int i = 0; i < XS_SPLITS; i++) xs_encoded_free(&s->texts[i]);
    xs_tokenizer_free(s->tokenizer);
    xs_free(s->start);
    xs_free(s->absent);
    xs_arena_free(&s->arena);
    pthread_mutex_destroy(&s->lock);
    xs_free(s);
}

static int new_config(const xs_settings *p, xs_encoder_shared *s, xs_encoder_config *c, xsnr_error *err) {
    uint32_t hidden = (uint32_t)xs_settings_int(p, "hidden"), heads = (uint32_t)xs_settings_int(p, "heads");
    uint32_t wide = (uint32_t)xs_settings_int(p, "intermediate");
    double dropout = xs_settings_real(p, "dropout");
    if (hidden % heads)
        return xs_fail(err, XSNR_ERR_CONFIG, "heads: %u does not divide hidden: %u", heads, hidden);
    xs_token_roles roles = xs_tokenizer_roles(s->tokenizer);
    *c = (xs_encoder_config){.architecture = XS_BERT,
                             .hidden = hidden,
                             .layers = (uint32_t)xs_settings_int(p, "layers"),
                             .heads = heads,
                             .intermediate = wide ? wide : 4 * hidden,
                             .vocabulary = xs_tokenizer_size(s->tokenizer),
                             .positions = s->longest,
                             .types = 2,
                             .pad = roles.pad,
                             .activation = XS_GELU,
                             .layer_norm_eps = 1e-12,
                             .hidden_dropout = dropout,
                             .attention_dropout = dropout,
                             .classifier_dropout = dropout,
                             .initializer_range = 0.02};
    return XSNR_OK;
}

// The folder to start from, relative to the study's; "": none.
static int find_folder(const xs_settings *p, xs_encoder_shared *s, const char **folder, xsnr_error *err) {
    *folder = xs_settings_string(p, "folder");
    if (!**folder || !s->corpus->folder) return XSNR_OK;
    char *whole = xs_path_beside(s->corpus->folder, *folder);
    *folder = whole ? xs_arena_strdup(&s->arena, whole) : NULL;
    xs_free(whole);
    return *folder ? XSNR_OK : xs_nomem(err);
}

// Tokenizer and sizes.
static int make_architecture(const xs_settings *p, const char *folder, xs_encoder_shared *s, int threads,
                             xs_encoder_config *c, xsnr_error *err) {
    const xs_split *train = &s->corpus->split[XS_TRAIN];
    s->longest = (uint32_t)xs_settings_int(p, "length");
    if (!*folder) {
        bool unigram = strcmp(xs_settings_choice(p, "tokenizer"), "unigram") == 0;
        XS_TRY(xs_tokenizer_train(unigram ? XS_TOKENIZER_UNIGRAM : XS_TOKENIZER_WORDPIECE, train->docs, train->count,
                                  (uint32_t)xs_settings_int(p, "vocabulary"), xs_settings_bool(p, "lowercase"), threads,
                                  &s->tokenizer, err));
        return new_config(p, s, c, err);
    }
    XS_TRY(xs_folder_config(folder, &s->arena, c, err));
    XS_TRY(xs_tokenizer_load(folder, &s->tokenizer, err));
    if (xs_tokenizer_size(s->tokenizer) > c->vocabulary)
        return xs_fail_at(err, XSNR_ERR_DATA, folder, 0,
                          "the tokenizer has ids up to %u, but the embeddings have %u rows; they are of different models",
                          xs_tokenizer_size(s->tokenizer) - 1, c->vocabulary);
    if (xs_encoder_longest(c) < s->longest)
        return xs_fail_at(err, XSNR_ERR_CONFIG, folder, 0,
                          "length: %u is more than the %u tokens that the model has positions for", s->longest,
                          xs_encoder_longest(c));
    return XSNR_OK;
}

static int read_start(const char *folder, xs_encoder_shared *s, xsnr_error *err) {
    s->start = XS_NEW_ARRAY(float, s->layout.total);
    s->absent = XS_NEW_ARRAY(bool, s->layout.n);
    if (!s->start || !s->absent) return xs_nomem(err);
    return xs_folder_values(folder, &s->layout, s->start, s->absent, err);
}

static int encode_texts(xs_encoder_shared *s, int threads, xsnr_error *err) {
    size_t cut = 0, all = 0;
    for (int i = 0; i < XS_SPLITS; i++) {
        const xs_split *split = &s->corpus->split[i];
        XS_TRY(xs_encode_split(s->tokenizer, split, s->longest, threads, &s->texts[i], &cut, err));
        all += split->count;
    }
    if (cut)
        snprintf(s->notice, sizeof s->notice, "%zu of %zu texts are longer than length: %u tokens and were cut", cut,
                 all, s->longest);
    return XSNR_OK;
}

static int fill_shared(xs_encoder_shared *s, const xs_settings *p, int threads, xsnr_error *err) {
    s->ops = xs_cpu_backend(XS_FLOAT, 0);
    XS_TRY(s->ops->open(&s->home, err));
    xs_encoder_config config;
    const char *folder;
    XS_TRY(find_folder(p, s, &folder, err));
    XS_TRY(make_architecture(p, folder, s, threads, &config, err));
    config.labels = (uint32_t)s->corpus->n_labels;
    config.label = s->corpus->labels;
    XS_TRY(xs_encoder_layout_new(&config, &s->arena, &s->layout, err));
    s->reader = (xs_reader){s->tokenizer, s->longest, config.vocabulary, config.types, xs_tokenizer_roles(s->tokenizer), false};
    if (*folder) XS_TRY(read_start(folder, s, err));
    s->recipe = (xs_encoder_recipe){.rate = xs_settings_real(p, "rate"),
                                    .warmup = xs_settings_real(p, "warmup"),
                                    .decay = xs_settings_real(p, "decay"),
                                    .clip = xs_settings_real(p, "clip"),
                                    .smoothing = xs_settings_real(p, "smoothing"),
                                    .epochs = (int)xs_settings_int(p, "epochs"),
                                    .patience = (int)xs_settings_int(p, "patience"),
                                    .batch = (uint32_t)xs_settings_int(p, "batch"),
                                    .constant = strcmp(xs_settings_choice(p, "schedule"), "constant") == 0,
                                    .lazy = strcmp(xs_settings_choice(p, "embeddings"), "lazy") == 0};
    if (s->recipe.patience && !s->corpus->split[XS_VALID].count)
        return xs_fail(err, XSNR_ERR_CONFIG, "patience needs valid texts; name them with corpus.valid");
    return encode_texts(s, threads, err);
}

static int encoder_prepare(const xs_settings *settings, const xs_corpus *corpus, int threads, void **shared,
                           xsnr_error *err) {
    xs_encoder_shared *s = XS_NEW(xs_encoder_shared);
    if (!s) return xs_nomem(err);
    s->corpus = corpus;
    pthread_mutex_init(&s->lock, NULL);
    int rc = fill_shared(s, settings, threads, err);
    if (rc < 0) {
        encoder_release(s);
        return rc;
    }
    *shared = s;
    return XSNR_OK;
}

static const char *encoder_notice(const void *shared) {
    const xs_encoder_shared *s = shared;
    return s->notice[0] ? s->notice : NULL;
}

static size_t encoder_memory(const void *shared) {
    const xs_encoder_shared *s = shared;
    return xs_trainer_bytes(s->ops, &s->layout, &s->recipe, s->longest);
}

static void encoder_profile(const void *shared, xs_str *out) {
    const xs_encoder_shared *s = shared;
    xs_profile all = s->spent;
    double seconds = 0;
    for (size_t i = 0; i < s->n_idle; i++) xs_profile_add(&all, xs_trainer_profile(s->idle[i]));
    for (int i = 0; i < XS_OPS; i++) seconds += all.seconds[i];
    xs_str_printf(out, "seconds by operation, on %s\n", s->ops->name);
    for (int i = 0; i < XS_OPS; i++) {
        xs_str_printf(out, "  %-10s %9.2f s %5.1f %%", xs_op_name((xs_op)i), all.seconds[i],
                      seconds > 0 ? 100 * all.seconds[i] / seconds : 0);
        if (all.flops[i] > 0) xs_str_printf(out, "  %6.1f GFLOP/s", 1e-9 * all.flops[i] / all.seconds[i]);
        xs_str_put(out, "\n");
    }
}

static const char *encoder_vary(const xs_settings *settings) {
    (void)settings;
    return "init, order, dropout";
}

static xs_link encoder_link(const void *shared) {
    (void)shared;
    return XS_LINK_SOFTMAX;
}

// A trainer that nobody uses, or a new one.
static int borrow(const xs_encoder_shared *shared, xs_trainer **out, xsnr_error *err) {
    xs_encoder_shared *s = (xs_encoder_shared *)(uintptr_t)shared; // the pool alone changes, under its lock
    *out = NULL;
    pthread_mutex_lock(&s->lock);
    if (s->n_idle) *out = s->idle[--s->n_idle];
    pthread_mutex_unlock(&s->lock);
    return *out ? XSNR_OK : xs_trainer_new(s->ops, &s->layout, &s->recipe, s->longest, out, err);
}

static void give_back(const xs_encoder_shared *shared, xs_trainer *t) {
    xs_encoder_shared *s = (xs_encoder_shared *)(uintptr_t)shared;
    pthread_mutex_lock(&s->lock);
    if (s->n_idle == s->room_idle) {
        xs_trainer **more = xs_realloc_array(s->idle, s->room_idle + 8, sizeof *more);
        if (more) s->idle = more, s->room_idle += 8;
    }
    bool kept = s->n_idle < s->room_idle;
    if (!kept) xs_profile_add(&s->spent, xs_trainer_profile(t));
    if (kept) s->idle[s->n_idle++] = t;
    pthread_mutex_unlock(&s->lock);
    if (!kept) xs_trainer_free(t);
}

static void encoder_free_model(void *model) {
    xs_encoder_model *m = model;
    if (!m) return;
    if (m->parameters) m->shared->ops->release(m->shared->home, m->parameters);
    xs_free(m);
}

int xs_encoder_model_new(const xs_encoder_shared *s, xs_encoder_model **out, xsnr_error *err) {
    xs_encoder_model *m = XS_NEW(xs_encoder_model);
    if (!m) return xs_nomem(err);
    m->shared = s;
    xs_encoder_shared *counter = (xs_encoder_shared *)(uintptr_t)s;
    pthread_mutex_lock(&counter->lock);
    m->number = ++counter->models;
    pthread_mutex_unlock(&counter->lock);
    int rc = s->ops->reals(s->home, s->layout.total, &m->parameters, err);
    if (rc < 0) {
        encoder_free_model(m);
        return rc;
    }
    *out = m;
    return XSNR_OK;
}

static int encoder_train(const void *shared, const xs_seeds *seeds, xs_arena *scratch, void **model,
                         xs_training *record, xsnr_error *err) {
    (void)scratch;
    const xs_encoder_shared *s = shared;
    xs_encoder_model *m = NULL;
    xs_trainer *t;
    XS_TRY(borrow(s, &t, err));
    int rc = xs_encoder_model_new(s, &m, err);
    if (rc == XSNR_OK) rc = xs_trainer_initialise(t, m->parameters, seeds->init, s->start, s->absent, err);
    if (rc == XSNR_OK)
        rc = xs_trainer_run(t, m->parameters, seeds, &s->texts[XS_TRAIN], &s->texts[XS_VALID], record, err);
    give_back(s, t);
    if (rc < 0) {
        encoder_free_model(m);
        return rc;
    }
    *model = m;
    return XSNR_OK;
}

static int encoder_save(const void *shared, const void *model, xs_str *out, xsnr_error *err) {
    const xs_encoder_shared *s = shared;
    const xs_encoder_model *m = model;
    size_t n = s->layout.total;
    double *wide = XS_NEW_ARRAY(double, n);
    float *values = XS_NEW_ARRAY(float, n);
    int rc = wide && values ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK) {
        s->ops->get_reals(s->home, (xs_view){m->parameters, 0}, wide, n);
        for (size_t i = 0; i < n; i++) values[i] = (float)wide[i];
        rc = xs_encoder_values_write(&s->layout, values, out, err);
    }
    xs_free(wide);
    xs_free(values);
    return rc;
}

static int encoder_load(const void *shared, const void *bytes, size_t size, void **model, xsnr_error *err) {
    const xs_encoder_shared *s = shared;
    size_t n = s->layout.total;
    xs_encoder_model *m = NULL;
    double *wide = XS_NEW_ARRAY(double, n);
    float *values = XS_NEW_ARRAY(float, n);
    int rc = wide && values ? xs_encoder_model_new(s, &m, err) : xs_nomem(err);
    if (rc == XSNR_OK) rc = xs_encoder_values_parse(&s->layout, bytes, size, "stored model", values, NULL, err);
    if (rc == XSNR_OK) {
        for (size_t i = 0; i < n; i++) wide[i] = (double)values[i];
        s->ops->put_reals(s->home, (xs_view){m->parameters, 0}, wide, n);
        *model = m;
    } else {
        encoder_free_model(m);
    }
    xs_free(wide);
    xs_free(values);
    return rc;
}

static int encoder_predict_split(const void *shared, const void *model, xs_split_id split, xs_arena *scratch,
                                 double *logits, xsnr_error *err) {
    (void)scratch;
    const xs_encoder_shared *s = shared;
    const xs_encoder_model *m = model;
    const xs_encoded *e = &s->texts[split];
    xs_trainer *t;
    XS_TRY(borrow(s, &t, err));
    int rc = xs_trainer_predict(t, m->parameters, e->count, e->begin, e->id, logits, err);
    give_back(s, t);
    return rc;
}

const xs_family xs_family_encoder = {
    .name = "encoder",
    .help = "transformer (BERT, RoBERTa/CamemBERT, DistilBERT), from nothing or from a Hugging Face folder",
    .params = params,
    .provides = XS_PREDICTS | XS_GRADIENTS | XS_ATTENTION | XS_RELEVANCE,
    .inside = &xs_encoder_inside,
    .streams = "init|order|dropout|sample",
    .prepare = encoder_prepare,
    .release = encoder_release,
    .notice = encoder_notice,
    .profile = encoder_profile,
    .memory = encoder_memory,
    .vary = encoder_vary,
    .link = encoder_link,
    .train = encoder_train,
    .free_model = encoder_free_model,
    .save = encoder_save,
    .load = encoder_load,
    .predict_split = encoder_predict_split,
    .predict = xs_encoder_predict,
};
