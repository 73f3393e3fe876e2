// config.json: the values and defaults of Hugging Face's configuration classes, every refusal by name, and what is
// written is read back the same.
#include "base/alloc.h"
#include "base/file.h"
#include "check.h"
#include "model/encoder_config.h"

static int parse(const char *text, xs_arena *arena, xs_encoder_config *c, xsnr_error *err) {
    *err = (xsnr_error){0};
    return xs_encoder_config_parse(text, strlen(text), "config.json", arena, c, err);
}

#define SIZES                                                                                                  \
    "\"hidden_size\":12,\"num_hidden_layers\":2,\"num_attention_heads\":3,\"intermediate_size\":7,"            \
    "\"vocab_size\":50,\"max_position_embeddings\":10"
#define BERT(more) "{\"model_type\":\"bert\"," SIZES more "}"
#define ROBERTA(more) "{\"model_type\":\"roberta\"," SIZES more "}"
#define DISTILBERT(more)                                                                                       \
    "{\"model_type\":\"distilbert\",\"dim\":12,\"n_layers\":2,\"n_heads\":3,\"hidden_dim\":7,"                 \
    "\"vocab_size\":50,\"max_position_embeddings\":10" more "}"

static void assert_sizes(const xs_encoder_config *c) {
    assert_int_equal(c->hidden, 12);
    assert_int_equal(c->layers, 2);
    assert_int_equal(c->heads, 3);
    assert_int_equal(c->intermediate, 7);
    assert_int_equal(c->vocabulary, 50);
    assert_int_equal(c->positions, 10);
}

static void test_defaults(void **state) {
    (void)state;
    xs_arena arena = {0};
    xs_encoder_config c;
    xsnr_error err;
    assert_ok(parse(BERT(""), &arena, &c, &err));
    assert_sizes(&c);
    assert_int_equal(c.architecture, XS_BERT);
    assert_int_equal(c.types, 2);
    assert_int_equal(c.labels, 2);
    assert_null(c.label);
    assert_int_equal(c.pad, 0);
    assert_int_equal(c.activation, XS_GELU);
    assert_true(c.layer_norm_eps == 1e-12 && c.initializer_range == 0.02);
    assert_true(c.hidden_dropout == 0.1 && c.attention_dropout == 0.1 && c.classifier_dropout == 0.1);
    assert_int_equal(xs_encoder_longest(&c), 10);
    assert_ok(parse(ROBERTA(",\"type_vocab_size\":1"), &arena, &c, &err));
    assert_sizes(&c);
    assert_int_equal(c.architecture, XS_ROBERTA);
    assert_int_equal(c.types, 1);
    assert_int_equal(c.pad, 1);
    assert_int_equal(xs_encoder_longest(&c), 8);
    // the file cannot change what this architecture fixes
    assert_ok(parse(DISTILBERT(",\"layer_norm_eps\":0.5,\"type_vocab_size\":9"), &arena, &c, &err));
    assert_sizes(&c);
    assert_int_equal(c.architecture, XS_DISTILBERT);
    assert_int_equal(c.types, 0);
    assert_true(c.layer_norm_eps == 1e-12 && c.classifier_dropout == 0.2);
    xs_arena_free(&arena);
}

static void test_members(void **state) {
    (void)state;
    xs_arena arena = {0};
    xs_encoder_config c;
    xsnr_error err;
    assert_ok(parse(BERT(",\"hidden_dropout_prob\":0.3,\"classifier_dropout\":null,\"hidden_act\":\"relu\",\"pad_token_id\":"
                         "null,\"id2label\":null,\"num_labels\":5,\"is_decoder\":false,\"position_embedding_type\":null"),
                    &arena, &c, &err));
    assert_true(c.classifier_dropout == 0.3 && c.attention_dropout == 0.1);
    assert_int_equal(c.activation, XS_RELU);
    assert_int_equal(c.labels, 5);
    assert_null(c.label);
    assert_ok(parse(BERT(",\"classifier_dropout\":0,\"attention_probs_dropout_prob\":0.25,\"layer_norm_eps\":1e-5,"
                         "\"initializer_range\":1,\"pad_token_id\":49,\"num_labels\":9,"
                         "\"id2label\":{\"1\":\"positif \xc3\xa9\",\"0\":\"\",\"2\":\"c\"}"),
                    &arena, &c, &err));
    assert_true(c.classifier_dropout == 0 && c.attention_dropout == 0.25 && c.layer_norm_eps == 1e-5);
    assert_true(c.initializer_range == 1);
    assert_int_equal(c.pad, 49);
    assert_int_equal(c.labels, 3);
    assert_string_equal(c.label[0], "");
    assert_string_equal(c.label[1], "positif \xc3\xa9");
    assert_ok(parse(ROBERTA(",\"pad_token_id\":8"), &arena, &c, &err)); // one position is left
    assert_int_equal(xs_encoder_longest(&c), 1);
    assert_ok(parse(DISTILBERT(",\"dropout\":0.4,\"attention_dropout\":0.5,\"seq_classif_dropout\":0.6,"
                               "\"activation\":\"relu\",\"hidden_dropout_prob\":0.9"),
                    &arena, &c, &err));
    assert_true(c.hidden_dropout == 0.4 && c.attention_dropout == 0.5 && c.classifier_dropout == 0.6);
    assert_int_equal(c.activation, XS_RELU);
    static const char *const same[] = {"{\"model_type\":\"camembert\"," SIZES "}",
                                       "{\"model_type\":\"xlm-roberta\"," SIZES "}"};
    for (size_t i = 0; i < 2; i++) {
        assert_ok(parse(same[i], &arena, &c, &err));
        assert_int_equal(c.architecture, XS_ROBERTA);
    }
    xs_arena_free(&arena);
}

static const struct {
    const char *text;
    int code;
    const char *says;
} refused[] = {
    {"", XSNR_ERR_DATA, "not JSON"},
    {"{", XSNR_ERR_DATA, "not JSON"},
    {"[]", XSNR_ERR_DATA, "must hold an object"},
    {"{\"model_type\":\"b\xff\"}", XSNR_ERR_DATA, "not JSON"},
    {"{}", XSNR_ERR_DATA, "model_type"},
    {"{\"model_type\":3}", XSNR_ERR_DATA, "model_type"},
    {"{\"model_type\":\"t5\\n\"}", XSNR_ERR_UNSUPPORTED,
     "model_type 't5?' is not supported; supported: bert, roberta, camembert, xlm-roberta, distilbert"},
    {"{\"model_type\":\"bert\"}", XSNR_ERR_DATA, "hidden_size: it is missing"},
    {"{\"model_type\":\"distilbert\"," SIZES "}", XSNR_ERR_DATA, "dim: it is missing"},
    {BERT(",\"hidden_size\":12"), XSNR_ERR_DATA, "duplicate"},
    {BERT(",\"type_vocab_size\":0"), XSNR_ERR_DATA, "type_vocab_size: it must be a whole number from 1"},
    {BERT(",\"type_vocab_size\":1.5"), XSNR_ERR_DATA, "type_vocab_size"},
    {BERT(",\"type_vocab_size\":-1"), XSNR_ERR_DATA, "type_vocab_size"},
    {BERT(",\"type_vocab_size\":4294967297"), XSNR_ERR_DATA, "type_vocab_size"},
    {BERT(",\"is_decoder\":true"), XSNR_ERR_UNSUPPORTED, "a decoder"},
    {BERT(",\"add_cross_attention\":true"), XSNR_ERR_UNSUPPORTED, "a decoder"},
    {BERT(",\"position_embedding_type\":\"relative_key\""), XSNR_ERR_UNSUPPORTED,
     "position_embedding_type 'relative_key' is not supported; supported: absolute"},
    {BERT(",\"position_embedding_type\":1"), XSNR_ERR_UNSUPPORTED, "position_embedding_type"},
    {BERT(",\"hidden_act\":\"gelu_new\""), XSNR_ERR_UNSUPPORTED,
     "hidden_act 'gelu_new' is not supported; supported: gelu, relu"},
    {BERT(",\"hidden_act\":[]"), XSNR_ERR_UNSUPPORTED, "hidden_act"},
    {DISTILBERT(",\"activation\":\"silu\""), XSNR_ERR_UNSUPPORTED, "activation 'silu' is not supported"},
    {BERT(",\"hidden_dropout_prob\":1"), XSNR_ERR_DATA, "hidden_dropout_prob: it must be a number"},
    {BERT(",\"hidden_dropout_prob\":-0.1"), XSNR_ERR_DATA, "hidden_dropout_prob"},
    {BERT(",\"classifier_dropout\":\"0.1\""), XSNR_ERR_DATA, "classifier_dropout"},
    {BERT(",\"layer_norm_eps\":0"), XSNR_ERR_DATA, "layer_norm_eps: it must be above 0"},
    {BERT(",\"layer_norm_eps\":NaN"), XSNR_ERR_DATA, "not JSON"},
    {BERT(",\"layer_norm_eps\":1e999"), XSNR_ERR_DATA, "not JSON"},
    {BERT(",\"initializer_range\":100"), XSNR_ERR_DATA, "initializer_range"},
    {BERT(",\"pad_token_id\":50"), XSNR_ERR_DATA, "pad_token_id: it is no row of the embeddings"},
    {BERT(",\"pad_token_id\":-1"), XSNR_ERR_DATA, "pad_token_id"},
    {BERT(",\"pad_token_id\":\"0\""), XSNR_ERR_DATA, "pad_token_id"},
    {BERT(",\"pad_token_id\":4294967296"), XSNR_ERR_DATA, "pad_token_id"},
    {ROBERTA(",\"pad_token_id\":9"), XSNR_ERR_DATA, "no position is left"},
    {BERT(",\"id2label\":[\"a\",\"b\"]"), XSNR_ERR_DATA, "id2label: it must be an object"},
    {BERT(",\"id2label\":{}"), XSNR_ERR_DATA, "id2label"},
    {BERT(",\"id2label\":{\"0\":\"a\",\"2\":\"b\"}"), XSNR_ERR_DATA, "no name for label 1"},
    {BERT(",\"id2label\":{\"0\":\"a\",\"1\":1}"), XSNR_ERR_DATA, "no name for label 1"},
    {BERT(",\"num_labels\":65537"), XSNR_ERR_DATA, "num_labels"},
    {"{\"model_type\":\"bert\",\"hidden_size\":12,\"num_hidden_layers\":2,\"num_attention_heads\":5,"
     "\"intermediate_size\":7,\"vocab_size\":50,\"max_position_embeddings\":10}",
     XSNR_ERR_DATA, "num_attention_heads: 5 does not divide hidden_size: 12"},
};

static void test_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        xs_arena arena = {0};
        xs_encoder_config c;
        xsnr_error err;
        int rc = parse(refused[i].text, &arena, &c, &err);
        if (rc != refused[i].code || !strstr(err.message, refused[i].says))
            fail_msg("%s: %d: %s", refused[i].text, rc, err.message);
        assert_string_equal(err.file, "config.json");
        for (const char *m = err.message; *m; m++) assert_true(*m >= ' ' && *m <= '~');
        xs_arena_free(&arena);
    }
}

static void assert_same(const xs_encoder_config *a, const xs_encoder_config *b) {
    assert_int_equal(a->architecture, b->architecture);
    assert_int_equal(a->hidden, b->hidden);
    assert_int_equal(a->layers, b->layers);
    assert_int_equal(a->heads, b->heads);
    assert_int_equal(a->intermediate, b->intermediate);
    assert_int_equal(a->vocabulary, b->vocabulary);
    assert_int_equal(a->positions, b->positions);
    assert_int_equal(a->types, b->types);
    assert_int_equal(a->labels, b->labels);
    assert_int_equal(a->pad, b->pad);
    assert_int_equal(a->activation, b->activation);
    const double x[] = {a->layer_norm_eps, a->hidden_dropout, a->attention_dropout, a->classifier_dropout,
                        a->initializer_range};
    const double y[] = {b->layer_norm_eps, b->hidden_dropout, b->attention_dropout, b->classifier_dropout,
                        b->initializer_range};
    assert_memory_equal(x, y, sizeof x);
    for (uint32_t i = 0; a->label && i < a->labels; i++) assert_string_equal(a->label[i], b->label[i]);
}

static void test_written(void **state) {
    (void)state;
    static const char *const texts[] = {
        BERT(",\"classifier_dropout\":0.3,\"id2label\":{\"0\":\"a \\\"\\n\",\"1\":\"\xc3\xa9\"},\"hidden_act\":\"relu\""),
        BERT(",\"hidden_dropout_prob\":0.1234567890123456,\"initializer_range\":0.30000000000000004"),
        ROBERTA(",\"layer_norm_eps\":1e-5,\"type_vocab_size\":1,\"num_labels\":12"),
        DISTILBERT(",\"seq_classif_dropout\":0,\"pad_token_id\":3"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        xs_arena arena = {0};
        xs_encoder_config c, back;
        xsnr_error err;
        xs_str first = {0}, second = {0};
        assert_ok(parse(texts[i], &arena, &c, &err));
        assert_ok(xs_encoder_config_write(&c, &first, &err));
        assert_ok(parse(first.data, &arena, &back, &err));
        assert_same(&c, &back);
        assert_ok(xs_encoder_config_write(&back, &second, &err));
        assert_string_equal(first.data, second.data);
        xs_str_free(&first);
        xs_str_free(&second);
        xs_arena_free(&arena);
    }
}

// Every member that transformers wrote, and that is ours to say, is written as it was.
static void test_golden(void **state) {
    (void)state;
    if (!golden_folder()) skip();
    static const struct {
        const char *name;
        xs_encoder_config is;
    } golden[] = {
        {"a_bert", {XS_BERT, 32, 2, 4, 64, 120, 48, 2, 2, NULL, 0, XS_GELU, 1e-12, 0.1, 0.1, 0.1, 0.02}},
        {"b_roberta", {XS_ROBERTA, 48, 3, 3, 96, 150, 50, 1, 3, NULL, 1, XS_GELU, 1e-5, 0.1, 0.1, 0.1, 0.02}},
        {"c_distilbert", {XS_DISTILBERT, 32, 2, 4, 80, 110, 40, 0, 2, NULL, 0, XS_GELU, 1e-12, 0.1, 0.1, 0.2, 0.02}},
    };
    for (size_t i = 0; i < 3; i++) {
        xs_arena arena = {0};
        xs_encoder_config c, back;
        xsnr_error err;
        xs_str out = {0};
        char path[600], *text;
        size_t size;
        snprintf(path, sizeof path, "%s/encoder/%s/config.json", golden_folder(), golden[i].name);
        assert_ok(xs_file_read(path, &text, &size, &err));
        assert_ok(parse(text, &arena, &c, &err));
        assert_same(&golden[i].is, &c);
        assert_string_equal(c.label[1], "LABEL_1");
        assert_ok(xs_encoder_config_write(&c, &out, &err));
        assert_ok(parse(out.data, &arena, &back, &err));
        assert_same(&c, &back);
        static const char *const others[] = {"bos_token_id", "eos_token_id", "position_embedding_type", "problem_type",
                                             "use_cache", "qa_dropout", "sinusoidal_pos_embds", "tie_weights_",
                                             "classifier_dropout", "layer_norm_eps"}; // 1e-05 is written 1e-5
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
            bool ours = strcmp(line, "}") != 0;
            for (size_t k = 0; k < sizeof others / sizeof *others; k++) ours = ours && !strstr(line, others[k]);
            line[strcspn(line, ",")] = '\0'; // which member is the last may differ
            if (ours && !strstr(out.data, line)) fail_msg("%s: not written: %s", golden[i].name, line);
        }
        xs_free(text);
        xs_str_free(&out);
        xs_arena_free(&arena);
    }
}

static void test_no_memory(void **state) {
    (void)state;
    for (long n = 1, failed = 1; failed; n++) {
        xs_arena arena = {0};
        xs_encoder_config c;
        xsnr_error err;
        xs_str out = {0};
        xs_alloc_fail_at(n);
        int rc = parse(BERT(",\"id2label\":{\"0\":\"a\",\"1\":\"b\"}"), &arena, &c, &err);
        if (rc == XSNR_OK) rc = xs_encoder_config_write(&c, &out, &err);
        failed = xs_alloc_count() >= n;
        xs_alloc_fail_at(0);
        assert_int_equal(rc, failed ? XSNR_ERR_NOMEM : XSNR_OK);
        xs_str_free(&out);
        xs_arena_free(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_members), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_written),  cmocka_unit_test(test_golden),  cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
