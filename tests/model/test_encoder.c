// The family encoder: the same seeds give the same bits, streams are independent, training allocates nothing,
// divergence is an error, models are kept and folders are read back, bad folders are refused.
#include "base/alloc.h"
#include "base/file.h"
#include "check.h"
#include "model/encoder_folder.h"
#include "model/encoder_texts.h"
#include "model/encoder_train.h"
#include "registry.h"
#include "text/tokenizer_train.h"
#include <pthread.h>

static xsnr_error err;
static char folder[] = "/tmp/xsnr-encoder-XXXXXX";
static xs_corpus *corpus;

static const char *in(const char *name) {
    static char path[4][300];
    static int at;
    at = (at + 1) % 4;
    snprintf(path[at], sizeof path[at], "%s/%s", folder, name);
    return path[at];
}

static int open_corpus(void **state) {
    (void)state;
    static const char *const good[] = {"a fine story told well", "warm and funny film", "the best thing this year"};
    static const char *const bad[] = {"dull and slow", "a waste of an evening , sadly", "the worst plot of all"};
    if (!mkdtemp(folder)) return -1;
    xs_str s = {0};
    xs_str_put(&s, "text\tlabel\n");
    for (int i = 0; i < 60; i++)
        xs_str_printf(&s, "%s %d\t%s\n", i % 2 ? good[i / 2 % 3] : bad[i / 2 % 3], i, i % 2 ? "good" : "bad");
    assert_ok(xs_file_write(in("train.tsv"), s.data, s.length, &err));
    xs_str_free(&s);
    xs_corpus_source source = {.path = {in("train.tsv"), in("train.tsv"), in("train.tsv")}, .text = "text", .label = "label", .language = "en"};
    assert_ok(xs_corpus_load(&source, 1, &corpus, &err));
    return 0;
}

static int close_corpus(void **state) {
    (void)state;
    char command[400];
    xs_corpus_free(corpus);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

// A small encoder's settings; pairs of name and value follow, ended by NULL.
static void *prepare(const char *name, const char *value, int *rc) {
    xs_settings s;
    const xs_family *f = xs_family_find("encoder", NULL, 0, &err);
    static const char *const small[][2] = {{"layers", "2"}, {"hidden", "16"}, {"heads", "2"}, {"length", "12"},
                                           {"vocabulary", "90"}, {"epochs", "3"}, {"batch", "8"}};
    void *shared = NULL;
    assert_ok(xs_settings_init(&s, f->params, &err));
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        assert_ok(xs_settings_set(&s, small[i][0], small[i][1], NULL, 0, &err));
    if (name) assert_ok(xs_settings_set(&s, name, value, NULL, 0, &err));
    *rc = f->prepare(&s, corpus, 1, &shared, &err);
    xs_settings_free(&s);
    return shared;
}

// Logits of the test texts after training with the seeds; (60, 2) doubles the caller frees.
static double *logits_of(void *shared, xs_seeds seeds) {
    const xs_family *f = xs_family_find("encoder", NULL, 0, &err);
    xs_arena scratch = {0};
    xs_training record;
    void *model;
    double *logits = calloc(120, sizeof *logits);
    assert_ok(f->train(shared, &seeds, &scratch, &model, &record, &err));
    assert_ok(f->predict_split(shared, model, XS_TEST, &scratch, logits, &err));
    f->free_model(model);
    xs_arena_free(&scratch);
    return logits;
}

static bool same(void *shared, xs_seeds a, xs_seeds b) {
    double *x = logits_of(shared, a), *y = logits_of(shared, b);
    bool equal = memcmp(x, y, 120 * sizeof *x) == 0;
    free(x), free(y);
    return equal;
}

static void test_streams(void **state) {
    (void)state;
    const xs_family *f = xs_family_find("encoder", NULL, 0, &err);
    int rc;
    void *shared = prepare(NULL, NULL, &rc);
    assert_int_equal(rc, XSNR_OK);
    xs_seeds seeds = {1, 2, 3, 0, 0};
    assert_true(same(shared, seeds, seeds)); // a used trainer is as good as a new one
    assert_false(same(shared, seeds, (xs_seeds){9, 2, 3, 0, 0}));
    assert_false(same(shared, seeds, (xs_seeds){1, 9, 3, 0, 0}));
    assert_false(same(shared, seeds, (xs_seeds){1, 2, 9, 0, 0}));
    assert_false(same(shared, seeds, (xs_seeds){1, 2, 3, 9, 0}));
    f->release(shared);
    shared = prepare("dropout", "0", &rc);
    assert_true(same(shared, seeds, (xs_seeds){1, 2, 9, 0, 0})); // nothing else draws from the stream dropout
    f->release(shared);
    shared = prepare("batch", "64", &rc); // one batch of all texts: their order changes rounding alone
    double *a = logits_of(shared, seeds), *b = logits_of(shared, (xs_seeds){1, 9, 3, 0, 0});
    for (int i = 0; i < 120; i++) assert_near(a[i], b[i], 0, 1e-4); // init and dropout drew the same
    free(a), free(b);
    f->release(shared);
}

typedef struct training {
    void *shared;
    double *logits;
} training;

static void *train_beside(void *user) {
    training *t = user;
    t->logits = logits_of(t->shared, (xs_seeds){1, 2, 3, 0, 0});
    return NULL;
}

// bf16 is another training, the same bits each time and beside another one; the model it makes is one of floats.
static void test_precision(void **state) {
    (void)state;
    const xs_family *f = xs_family_find("encoder", NULL, 0, &err);
    int rc;
    void *whole = prepare(NULL, NULL, &rc), *rounded = prepare("precision", "bf16", &rc), *model, *again;
    xs_seeds seeds = {1, 2, 3, 0, 0};
    training a = {whole, NULL}, b = {rounded, NULL}, c = {rounded, NULL};
    pthread_t thread[2];
    pthread_create(&thread[0], NULL, train_beside, &b), pthread_create(&thread[1], NULL, train_beside, &c);
    train_beside(&a);
    pthread_join(thread[0], NULL), pthread_join(thread[1], NULL);
    assert_memory_equal(b.logits, c.logits, 120 * sizeof *b.logits);
    assert_memory_not_equal(a.logits, b.logits, 120 * sizeof *a.logits);
    for (int i = 0; i < 120; i++) assert_near(a.logits[i], b.logits[i], 0.1, 0.1);
    assert_true(same(rounded, seeds, seeds)); // the device that was used before
    assert_true(same(whole, seeds, seeds));

    xs_arena scratch = {0};
    xs_training record;
    xs_str bytes = {0};
    double said[120];
    assert_ok(f->train(rounded, &seeds, &scratch, &model, &record, &err));
    assert_ok(f->save(rounded, model, &bytes, &err));
    assert_ok(f->load(whole, bytes.data, bytes.length, &again, &err));
    assert_ok(f->predict_split(whole, again, XS_TEST, &scratch, said, &err));
    assert_memory_equal(said, b.logits, sizeof said);
    const char *notice = f->notice(rounded);
    assert_int_equal(notice && strstr(notice, "AVX512_BF16"), !xs_cpu_multiplies_bf16());
    f->free_model(model), f->free_model(again);
    xs_str_free(&bytes), xs_arena_free(&scratch);
    free(a.logits), free(b.logits), free(c.logits);
    f->release(whole), f->release(rounded);
}

static void test_dense_and_lazy(void **state) {
    (void)state;
    const xs_family *f = xs_family_find("encoder", NULL, 0, &err);
    int rc;
    void *dense = prepare(NULL, NULL, &rc), *lazy = prepare("embeddings", "lazy", &rc);
    double *a = logits_of(dense, (xs_seeds){1, 2, 3, 0, 0}), *b = logits_of(lazy, (xs_seeds){1, 2, 3, 0, 0});
    assert_memory_not_equal(a, b, 120 * sizeof *a);
    free(a), free(b);
    f->release(dense), f->release(lazy);
}

static void test_kept_models(void **state) {
    (void)state;
    const xs_family *f = xs_family_find("encoder", NULL, 0, &err);
    int rc;
    void *shared = prepare(NULL, NULL, &rc), *model, *again;
    xs_arena scratch = {0};
    xs_training record;
    xs_str bytes = {0};
    double a[120], b[120], one[2];
    assert_ok(f->train(shared, &(xs_seeds){1, 2, 3, 0, 0}, &scratch, &model, &record, &err));
    assert_int_equal(record.steps, 24);
    assert_ok(f->save(shared, model, &bytes, &err));
    assert_ok(f->load(shared, bytes.data, bytes.length, &again, &err));
    assert_ok(f->predict_split(shared, model, XS_TEST, &scratch, a, &err));
    assert_ok(f->predict_split(shared, again, XS_TEST, &scratch, b, &err));
    assert_memory_equal(a, b, sizeof a);
    for (size_t i = 0; i < 60; i += 7) { // alone or in a batch: the same bits
        assert_ok(f->predict(shared, model, &corpus->split[XS_TEST].docs[i], NULL, 1, XS_REMOVE_MASK, &scratch, one, &err));
        assert_memory_equal(one, a + 2 * i, sizeof one);
    }
    assert_true(f->load(shared, bytes.data, bytes.length - 4, &again, &err) < 0); // cut short
    f->free_model(model), f->free_model(again);
    xs_str_free(&bytes), xs_arena_free(&scratch);
    f->release(shared);
}

// A trainer with a recipe of its own on the corpus.
typedef struct bench {
    xs_tokenizer *tokenizer;
    xs_encoder_layout layout;
    xs_encoder_config config;
    xs_arena arena;
    xs_recipe recipe;
    xs_trainer *trainer;
    xs_device *home;
    xs_buffer *parameters;
    size_t begin[61];
    uint32_t id[60 * 12];
    int32_t label[60];
    xs_encoded texts;
} bench;

static void bench_open(bench *b, xs_recipe recipe) {
    const xs_backend *ops = xs_cpu_backend(XS_FLOAT, 0);
    *b = (bench){.recipe = recipe,
                 .config = {.architecture = XS_BERT, .hidden = 16, .layers = 2, .heads = 2, .intermediate = 32,
                            .vocabulary = 50, .positions = 12, .types = 2, .labels = 2, .activation = XS_GELU,
                            .layer_norm_eps = 1e-12, .hidden_dropout = 0.1, .attention_dropout = 0.1,
                            .classifier_dropout = 0.1, .initializer_range = 0.02}};
    for (size_t i = 0; i < 60; i++) {
        b->begin[i + 1] = b->begin[i] + 3 + i % 9;
        b->label[i] = i % 2;
        for (size_t k = b->begin[i]; k < b->begin[i + 1]; k++) b->id[k] = (uint32_t)(2 + (k * 7 + i % 2 * 20) % 48);
    }
    b->texts = (xs_encoded){60, b->begin, b->id, NULL, b->label};
    assert_ok(xs_encoder_layout_new(&b->config, &b->arena, &b->layout, &err));
    xs_trainee trainee = xs_encoder_trainee(&b->layout);
    assert_ok(xs_trainer_open(ops, &trainee, &b->recipe, 12, &b->trainer, &err));
    assert_ok(ops->open(&b->home, &err));
    assert_ok(ops->reals(b->home, b->layout.total, &b->parameters, &err));
    assert_ok(xs_trainer_initialise(b->trainer, b->parameters, 1, NULL, NULL, &err));
}

static int bench_run(bench *b, xs_training *record) {
    return xs_trainer_run(b->trainer, b->parameters, &(xs_seeds){1, 2, 3, 0, 0}, &b->texts, &b->texts, record, &err);
}

static void bench_close(bench *b) {
    const xs_backend *ops = xs_cpu_backend(XS_FLOAT, 0);
    xs_trainer_free(b->trainer);
    ops->release(b->home, b->parameters);
    ops->close(b->home);
    xs_arena_free(&b->arena);
}

static void test_no_allocation(void **state) {
    (void)state;
    bench b;
    xs_training record;
    bench_open(&b, (xs_recipe){.rate = 1e-3, .warmup = 0.1, .decay = 0.01, .clip = 1, .epochs = 4, .batch = 8});
    assert_ok(bench_run(&b, &record));
    xs_alloc_fail_at(1); // not one more: the first would fail
    int rc = bench_run(&b, &record);
    long made = xs_alloc_count();
    xs_alloc_fail_at(0);
    assert_int_equal(rc, XSNR_OK);
    assert_int_equal(made, 0);
    bench_close(&b);
}

static void test_divergence(void **state) {
    (void)state;
    bench b;
    xs_training record;
    bench_open(&b, (xs_recipe){.rate = 1e30, .epochs = 2, .batch = 8});
    assert_int_equal(bench_run(&b, &record), XSNR_ERR_NUMERIC);
    assert_non_null(strstr(err.message, "diverged"));
    bench_close(&b);
}

static void test_patience(void **state) {
    (void)state;
    bench b;
    xs_training record;
    bench_open(&b, (xs_recipe){.rate = 0.05, .constant = true, .epochs = 60, .patience = 2, .batch = 8});
    assert_ok(bench_run(&b, &record));
    assert_true(record.epochs >= 3 && record.epochs < 60);
    bench_close(&b);
}

// An evaluation between two epochs changes nothing: dropout is on again after it, and no stream has moved.
static void test_evaluations(void **state) {
    (void)state;
    bench plain, watched;
    xs_training a, b;
    xs_recipe recipe = {.rate = 1e-4, .constant = true, .epochs = 3, .batch = 8};
    bench_open(&plain, recipe);
    recipe.patience = 100; // the loss falls: what is kept is the last
    bench_open(&watched, recipe);
    assert_ok(bench_run(&plain, &a));
    assert_ok(bench_run(&watched, &b));
    assert_int_equal(a.steps, b.steps);
    assert_true(a.loss == b.loss);
    size_t n = plain.layout.total;
    double *x = calloc(n, sizeof *x), *y = calloc(n, sizeof *y);
    const xs_backend *ops = xs_cpu_backend(XS_FLOAT, 0);
    ops->get_reals(plain.home, (xs_view){plain.parameters, 0}, x, n);
    ops->get_reals(watched.home, (xs_view){watched.parameters, 0}, y, n);
    assert_memory_equal(x, y, n * sizeof *x);
    free(x), free(y);
    bench_close(&plain), bench_close(&watched);
}

// A text of which a tokenizer makes nothing has nothing to be classified by.
static void test_no_token(void **state) {
    (void)state;
    static const char json[] = "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"a\":1}},"
                               "\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"}}";
    xs_document docs[] = {{.id = "first", .text = "a a", .length = 3}, {.id = "blank", .text = "  ", .length = 2}};
    xs_split split = {.docs = docs, .count = 2};
    xs_tokenizer *t;
    xs_encoded texts = {0};
    size_t cut = 0;
    assert_ok(xs_tokenizer_parse(json, strlen(json), true, "t.json", &t, &err));
    assert_int_equal(xs_encode_split(t, &split, 8, 1, &texts, &cut, &err), XSNR_ERR_DATA);
    assert_non_null(strstr(err.message, "text 'blank' has no token"));
    split.count = 1;
    assert_ok(xs_encode_split(t, &split, 1, 1, &texts, &cut, &err));
    assert_int_equal(cut, 1);
    assert_int_equal(texts.begin[1], 1);
    xs_encoded_free(&texts);
    xs_tokenizer_free(t);
}

// The nth allocation fails: an error each time, until there are none left to fail.
static void test_out_of_memory(void **state) {
    (void)state;
    int rc = XSNR_ERR_NOMEM;
    for (long n = 1; rc != XSNR_OK && n < 400; n++) {
        bench b = {.recipe = {.rate = 1e-3, .epochs = 1, .batch = 8}};
        xs_training record;
        const xs_backend *ops = xs_cpu_backend(XS_FLOAT, 0);
        bench_open(&b, b.recipe);
        xs_trainer *t = NULL;
        xs_trainee trainee = xs_encoder_trainee(&b.layout);
        xs_alloc_fail_at(n);
        rc = xs_trainer_open(ops, &trainee, &b.recipe, 12, &t, &err);
        if (rc == XSNR_OK) rc = xs_trainer_initialise(t, b.parameters, 1, NULL, NULL, &err);
        if (rc == XSNR_OK) rc = xs_trainer_run(t, b.parameters, &(xs_seeds){1, 2, 3, 0, 0}, &b.texts, &b.texts, &record, &err);
        xs_alloc_fail_at(0);
        if (rc != XSNR_OK) assert_int_equal(rc, XSNR_ERR_NOMEM);
        xs_trainer_free(t);
        bench_close(&b);
    }
    assert_int_equal(rc, XSNR_OK);
}

static void write_text(const char *name, const char *text) {
    assert_ok(xs_file_write(in(name), text, strlen(text), &err));
}

// Written, read back, and trained from.
static void test_folder(void **state) {
    (void)state;
    const xs_family *f = xs_family_find("encoder", NULL, 0, &err);
    xs_tokenizer *tokenizer;
    const xs_split *train = &corpus->split[XS_TRAIN];
    assert_ok(xs_tokenizer_train(XS_TOKENIZER_WORDPIECE, train->docs, train->count, 90, true, 1, &tokenizer, &err));
    xs_encoder_config c = {.architecture = XS_ROBERTA, .hidden = 16, .layers = 1, .heads = 4, .intermediate = 24,
                           .vocabulary = xs_tokenizer_size(tokenizer), .positions = 20, .types = 1, .labels = 3,
                           .pad = 1, .activation = XS_GELU, .layer_norm_eps = 1e-5, .hidden_dropout = 0.1,
                           .attention_dropout = 0.1, .classifier_dropout = 0.1, .initializer_range = 0.02};
    xs_arena arena = {0};
    xs_encoder_layout l;
    assert_ok(xs_encoder_layout_new(&c, &arena, &l, &err));
    float *values = calloc(l.total, sizeof *values), *back = calloc(l.total, sizeof *back);
    bool *absent = calloc(l.n, sizeof *absent);
    for (size_t i = 0; i < l.total; i++) values[i] = (float)(i % 97) * 0.001f;
    assert_ok(xs_folder_write(in("model"), &l, values, tokenizer, &err));
    xs_encoder_config read;
    assert_ok(xs_folder_config(in("model"), &arena, &read, &err));
    assert_int_equal(read.positions, 20);
    assert_int_equal(read.labels, 3);
    assert_int_equal(read.architecture, XS_ROBERTA);
    assert_ok(xs_folder_values(in("model"), &l, back, absent, &err));
    assert_memory_equal(values, back, l.total * sizeof *back);

    int rc; // three labels there, two here: the classifier is new, its dense layer is kept
    void *shared = prepare("folder", in("model"), &rc);
    assert_int_equal(rc, XSNR_OK);
    assert_non_null(strstr(f->notice(shared), "the folder has no head for 2 labels: 2 tensors"));
    free(logits_of(shared, (xs_seeds){1, 2, 3, 0, 0}));
    f->release(shared);

    // names without the prefix, and a folder that was only pre-trained: its whole head is new
    xs_parameter *bare = calloc(l.n, sizeof *bare);
    xs_str bytes = {0};
    size_t n = 0, head = 0;
    for (size_t i = 0; i < l.n; i++) {
        head += l.parameter[i].head;
        if (l.parameter[i].head) continue;
        bare[n] = l.parameter[i];
        if (strncmp(bare[n].name, "roberta.", 8) == 0) bare[n].name += 8;
        n++;
    }
    assert_true(head >= 4 && strncmp(bare[0].name, "embeddings.", 11) == 0);
    assert_ok(xs_parameters_write(bare, n, values, &bytes, &err));
    assert_ok(xs_file_write(in("model/model.safetensors"), bytes.data, bytes.length, &err));
    memset(back, 0, l.total * sizeof *back);
    assert_ok(xs_folder_values(in("model"), &l, back, absent, &err));
    for (size_t i = 0; i < l.n; i++) {
        assert_int_equal(absent[i], l.parameter[i].head);
        if (!absent[i]) assert_memory_equal(back + l.parameter[i].at, values + l.parameter[i].at, l.parameter[i].count * sizeof *back);
    }
    shared = prepare("folder", in("model"), &rc);
    assert_int_equal(rc, XSNR_OK);
    assert_non_null(strstr(f->notice(shared), "no head for 2 labels"));
    f->release(shared);
    bare[0].shape[0]--; // one token less than the configuration says
    bare[0].count -= bare[0].shape[1];
    bytes.length = 0;
    assert_ok(xs_parameters_write(bare, n, values, &bytes, &err));
    assert_ok(xs_file_write(in("model/model.safetensors"), bytes.data, bytes.length, &err));
    assert_null(prepare("folder", in("model"), &rc));
    assert_non_null(strstr(err.message, "word_embeddings"));
    assert_ok(xs_folder_write(in("model"), &l, values, tokenizer, &err)); // as it was
    xs_str_free(&bytes), free(bare);

    static const struct {
        const char *config, *says;
    } bad[] = {{"{\"model_type\":\"gpt2\"}", "model_type 'gpt2' is not supported"},
               {"{}", "model_type: it is missing"},
               {"[1]", "must hold an object"},
               {"{\"model_type\":\"bert\",\"hidden_size\":-1}", "hidden_size: it must be a whole number"},
               {"{\"model_type\":\"bert\",\"hidden_size\":16,\"num_hidden_layers\":1,\"num_attention_heads\":3,"
                "\"intermediate_size\":24,\"vocab_size\":400,\"max_position_embeddings\":20}", "num_attention_heads: 3 does not divide"},
               {"{\"model_type\":\"bert\",\"hidden_size\":16,\"num_hidden_layers\":1,\"num_attention_heads\":4,"
                "\"intermediate_size\":24,\"vocab_size\":20,\"max_position_embeddings\":20}", "embeddings have 20 rows"},
               {"{\"model_type\":\"bert\",\"hidden_size\":16,\"num_hidden_layers\":1,\"num_attention_heads\":4,"
                "\"intermediate_size\":24,\"vocab_size\":400,\"max_position_embeddings\":8}", "more than the 8 tokens"},
               {"{\"model_type\":\"bert\",\"hidden_size\":16,\"num_hidden_layers\":1,\"num_attention_heads\":4,"
                "\"intermediate_size\":24,\"vocab_size\":400,\"max_position_embeddings\":20}", "is missing"},
               {"{\"model_type\":\"roberta\",\"hidden_size\":16,\"num_hidden_layers\":1,\"num_attention_heads\":4,\"type_vocab_size\":1,"
                "\"intermediate_size\":25,\"vocab_size\":400,\"max_position_embeddings\":20}", "configuration says"},
               {"{\"model_type\":\"bert\",\"hidden_act\":\"swish\",\"hidden_size\":16,\"num_hidden_layers\":1,\"num_attention_heads\":4,"
                "\"intermediate_size\":24,\"vocab_size\":400,\"max_position_embeddings\":20}", "'swish' is not supported"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text("model/config.json", bad[i].config);
        assert_null(prepare("folder", in("model"), &rc));
        assert_true(rc < 0);
        if (!strstr(err.message, bad[i].says)) fail_msg("%zu: '%s' does not say '%s'", i, err.message, bad[i].says);
    }
    unlink(in("model/config.json"));
    assert_null(prepare("folder", in("model"), &rc));
    assert_non_null(strstr(err.message, "has no config.json"));
    assert_null(prepare("folder", in("nowhere"), &rc));
    assert_non_null(strstr(err.message, "no such folder"));
    xs_tokenizer_free(tokenizer), xs_arena_free(&arena);
    free(values), free(back), free(absent);
}

static void test_notice(void **state) {
    (void)state;
    const xs_family *f = xs_family_find("encoder", NULL, 0, &err);
    int rc;
    void *shared = prepare("length", "5", &rc);
    assert_non_null(strstr(f->notice(shared), "of 180 texts are longer than length: 5 tokens"));
    assert_true(f->memory(shared) > 100000);
    f->release(shared);
    shared = prepare("length", "60", &rc);
    assert_null(f->notice(shared));
    f->release(shared);
    assert_null(prepare("heads", "3", &rc));
    assert_non_null(strstr(err.message, "does not divide"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams),    cmocka_unit_test(test_dense_and_lazy), cmocka_unit_test(test_kept_models),
        cmocka_unit_test(test_no_allocation), cmocka_unit_test(test_divergence),  cmocka_unit_test(test_patience),
        cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_folder),      cmocka_unit_test(test_notice),
        cmocka_unit_test(test_precision),     cmocka_unit_test(test_evaluations), cmocka_unit_test(test_no_token),
    };
    return cmocka_run_group_tests(tests, open_corpus, close_corpus);
}
