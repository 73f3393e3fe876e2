// The family `encoder`: BERT, RoBERTa/CamemBERT and DistilBERT classifiers, from nothing or from a Hugging Face
// folder.
//
// From nothing: a tokenizer is trained on the training texts and a small BERT starts at random.  From a folder: its
// tokenizer, its weights, and a new head from the stream `init`.
#include "base/alloc.h"
#include "base/file.h"
#include "model/encoder_folder.h"
#include "model/encoder_probe.h"
#include "text/tokenizer_train.h"
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
    XS_RECIPE_PARAMS("4", "5e-4", "highest step of AdamW (fine-tuning wants 2e-5)"),
    {"dropout", XS_REAL, "0.1", 0, 0.95, NULL, "of embeddings, attention, hidden and classifier (from nothing)"},
    {"precision", XS_CHOICE, "float", 0, 0, "float|bf16",
     "bf16: training rounds what linear layers multiply to bfloat16; faster where the processor has AVX512_BF16"},
    {0},
};

static void encoder_release(void *shared) {
    xs_encoder_shared *s = shared;
    if (!s) return;
    xs_encoder_probes_free(s);
    xs_trained_close(&s->trained);
    xs_tokenizer_free(s->tokenizer);
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
                             .positions = s->trained.longest,
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
    s->trained.longest = (uint32_t)xs_settings_int(p, "length");
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
    if (xs_encoder_longest(c) < s->trained.longest)
        return xs_fail_at(err, XSNR_ERR_CONFIG, folder, 0,
                          "length: %u is more than the %u tokens that the model has positions for", s->trained.longest,
                          xs_encoder_longest(c));
    return XSNR_OK;
}

static int read_start(const char *folder, xs_encoder_shared *s, xsnr_error *err) {
    s->trained.start = XS_NEW_ARRAY(float, s->layout.total);
    s->trained.absent = XS_NEW_ARRAY(bool, s->layout.n);
    if (!s->trained.start || !s->trained.absent) return xs_nomem(err);
    XS_TRY(xs_folder_values(folder, &s->layout, s->trained.start, s->trained.absent, err));
    size_t new = 0;
    for (size_t i = 0; i < s->layout.n; i++) new += s->trained.absent[i];
    if (new) {
        char line[120];
        snprintf(line, sizeof line, "the folder has no head for %u labels: %zu tensors of it start at random (seed init)",
                 s->layout.config.labels, new);
        xs_trained_tell(&s->trained, line);
    }
    return XSNR_OK;
}

static int encode_texts(xs_encoder_shared *s, int threads, xsnr_error *err) {
    size_t cut = 0, all = 0;
    for (int i = 0; i < XS_SPLITS; i++) {
        const xs_split *split = &s->corpus->split[i];
        XS_TRY(xs_encode_split(s->tokenizer, split, s->trained.longest, threads, &s->trained.texts[i], &cut, err));
        all += split->count;
    }
    xs_trained_cut(&s->trained, cut, all, s->trained.longest, "tokens");
    if (s->trained.recipe.bf16 && !xs_cpu_multiplies_bf16())
        xs_trained_tell(&s->trained, "precision: bf16 is slower than float on this processor, which has no AVX512_BF16; "
                                     "the numbers are the same");
    return XSNR_OK;
}

static int fill_shared(xs_encoder_shared *s, const xs_settings *p, int threads, xsnr_error *err) {
    xs_encoder_config config;
    const char *folder;
    XS_TRY(xs_trained_open(&s->trained, err));
    XS_TRY(xs_trained_recipe(&s->trained, p, s->corpus, err));
    s->trained.recipe.bf16 = strcmp(xs_settings_choice(p, "precision"), "bf16") == 0;
    XS_TRY(find_folder(p, s, &folder, err));
    XS_TRY(make_architecture(p, folder, s, threads, &config, err));
    config.labels = (uint32_t)s->corpus->n_labels;
    config.label = s->corpus->labels;
    XS_TRY(xs_encoder_layout_new(&config, &s->arena, &s->layout, err));
    s->reader = (xs_reader){s->tokenizer, s->trained.longest, config.vocabulary, config.types, xs_tokenizer_roles(s->tokenizer), false};
    if (*folder) XS_TRY(read_start(folder, s, err));
    s->trained.trainee = xs_encoder_trainee(&s->layout);
    XS_TRY(encode_texts(s, threads, err));
    return xs_trained_ready(&s->trained, err);
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

static const char *encoder_vary(const xs_settings *settings) {
    (void)settings;
    return "init, order, dropout";
}

// Its logits of the explained texts are a probe's, while the trainer has its room still.
static size_t encoder_memory(const void *shared) {
    return xs_trained_memory(shared) + xs_encoder_probe_size(shared);
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
    .notice = xs_trained_notice,
    .profile = xs_trained_profile,
    .memory = encoder_memory,
    .vary = encoder_vary,
    .link = xs_trained_link,
    .train = xs_trained_train,
    .free_model = xs_trained_free_model,
    .save = xs_trained_save,
    .load = xs_trained_load,
    .predict_split = xs_trained_predict_split,
    .predict = xs_encoder_predict,
};
