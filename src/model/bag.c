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
    XS_RECIPE_PARAMS("10", "2e-3", "highest step of AdamW"),
    {"dropout", XS_REAL, "0.3", 0, 0.95, NULL, "of the mean and of the hidden layer"},
    {"word_dropout", XS_REAL, "0.3", 0, 0.95, NULL, "share of a training text's words that are unknown for a step"},
    {"init_scale", XS_REAL, "0.1", 0, 1e3, NULL, "standard deviation of new word embeddings"},
    {0},
};

static void bag_release(void *shared) {
    xs_bag_shared *s = shared;
    if (!s) return;
    xs_trained_close(&s->trained);
    xs_bag_words_free(&s->words);
    xs_free(s);
}

static xs_activate activation_of(const char *name) {
    return strcmp(name, "relu") == 0   ? XS_ACTIVATE_RELU
           : strcmp(name, "gelu") == 0 ? XS_ACTIVATE_GELU
                                       : XS_ACTIVATE_TANH;
}

static int encode_texts(xs_bag_shared *s, const xs_corpus *corpus, xsnr_error *err) {
    size_t cut = 0, all = 0, longest = 0;
    for (int i = 0; i < XS_SPLITS; i++) {
        XS_TRY(xs_bag_encode_split(&s->words, &corpus->split[i], &s->trained.texts[i], &cut, &longest, err));
        all += corpus->split[i].count;
    }
    s->trained.longest = (uint32_t)longest;
    xs_trained_cut(&s->trained, cut, all, s->words.length, "words");
    return XSNR_OK;
}

static int fill_shared(xs_bag_shared *s, const xs_settings *p, const xs_corpus *corpus, xsnr_error *err) {
    XS_TRY(xs_trained_open(&s->trained, err));
    XS_TRY(xs_trained_recipe(&s->trained, p, corpus, err));
    s->trained.recipe.word_dropout = xs_settings_real(p, "word_dropout");
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
    s->trained.trainee = xs_bag_trainee(&s->layout);
    return xs_trained_ready(&s->trained, err);
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

static const char *bag_vary(const xs_settings *p) {
    bool drops = xs_settings_real(p, "dropout") > 0 || xs_settings_real(p, "word_dropout") > 0;
    return drops ? "init, order, dropout" : "init, order";
}

static int bag_predict(const void *shared, const void *model, const xs_document *doc, const uint8_t *present,
                       size_t count, xs_removal removal, xs_arena *scratch, double *logits, xsnr_error *err) {
    const xs_bag_shared *s = shared;
    size_t most = xs_bag_rows_most(&s->words, doc->n_words);
    XS_TRY(xs_bag_fits(s, doc, err));
    xs_arena_mark mark = xs_arena_save(scratch);
    size_t *begin = XS_ARENA_ARRAY(scratch, size_t, count + 1);
    uint32_t *id = XS_ARENA_ARRAY(scratch, uint32_t, count * most);
    if (!begin || !id) return xs_nomem(err);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *row = present ? present + i * doc->n_words : NULL;
        begin[i + 1] = begin[i] + xs_bag_rows(&s->words, doc, row, removal, id + begin[i], NULL);
    }
    XS_TRY(xs_trained_predict(&s->trained, model, count, begin, id, logits, err));
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
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
    .notice = xs_trained_notice,
    .profile = xs_trained_profile,
    .memory = xs_trained_memory,
    .vary = bag_vary,
    .link = xs_trained_link,
    .train = xs_trained_train,
    .free_model = xs_trained_free_model,
    .save = xs_trained_save,
    .load = xs_trained_load,
    .predict_split = xs_trained_predict_split,
    .predict = bag_predict,
};
