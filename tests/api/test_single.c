// One text by one model of a folder: every method at once, what cannot be explained, and that the JSON fits together.
#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"
#include "check.h"
#include "model/encoder_folder.h"
#include <jansson.h>

static xsnr_error err;
static char folder[] = "/tmp/xsnr-single-XXXXXX";

static int write_folder(void **state) {
    (void)state;
    static const char vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nfilm\nis\nwarm\n##er\nand\nfunny\n.\ndull\n";
    xs_arena arena = {0};
    xs_encoder_layout layout;
    xs_encoder_config c = {.architecture = XS_BERT, .hidden = 16, .layers = 2, .heads = 2, .intermediate = 32, .vocabulary = 14,
                           .positions = 16, .types = 2, .labels = 2, .activation = XS_GELU, .layer_norm_eps = 1e-12, .initializer_range = 0.3};
    char path[64];
    if (!mkdtemp(folder)) return -1;
    assert_ok(xs_encoder_layout_new(&c, &arena, &layout, &err));
    float *values = XS_ARENA_ARRAY(&arena, float, layout.total);
    double *wide = XS_ARENA_ARRAY(&arena, double, layout.total);
    for (size_t i = 0; i < layout.n; i++) {
        xs_parameter_initialise(&layout, i, 7, wide);
        for (size_t k = 0; k < layout.parameter[i].count; k++) values[layout.parameter[i].at + k] = (float)wide[k];
    }
    assert_ok(xs_folder_write(folder, &layout, values, NULL, &err));
    snprintf(path, sizeof path, "%s/vocab.txt", folder);
    assert_ok(xs_file_write(path, vocabulary, sizeof vocabulary - 1, &err));
    xs_arena_free(&arena);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static int explain(xsnr_single_options o, char **text) {
    o.mask = -1;
    if (!o.n_explainers) o.target = o.target ? o.target : -1;
    return xsnr_explain_one(folder, &o, text, &err);
}

static double number(const json_t *list, size_t i) { return json_number_value(json_array_get(list, i)); }

// Words have what their tokens have; special tokens are beside them, and the share said is theirs.
static void test_every_method(void **state) {
    (void)state;
    char *text;
    assert_ok(explain((xsnr_single_options){.text = "The film is warmer and funny.", .json = 1}, &text));
    json_t *json = json_loads(text, 0, NULL), *tokens = json_object_get(json, "tokens"), *words = json_object_get(json, "words"), *scores;
    static const char *const expected[] = {"[CLS]", "the", "film", "is", "warm", "##er", "and", "funny", ".", "[SEP]"};
    static const size_t of_word[] = {1, 2, 3, 4, 6, 7, 8};
    const char *name;
    assert_int_equal(json_array_size(tokens), 10);
    for (size_t t = 0; t < 10; t++) assert_string_equal(json_string_value(json_array_get(tokens, t)), expected[t]);
    assert_int_equal(json_array_size(words), 7); // warm ##er is one
    assert_int_equal(json_object_size(json_object_get(json, "explanations")), 11);
    json_object_foreach(json_object_get(json, "explanations"), name, scores) {
        double all = 0;
        for (size_t t = 0; t < 10; t++) all += fabs(number(scores, t));
        assert_true(all > 0);
        for (size_t w = 0; w < 7; w++) {
            double sum = number(scores, of_word[w]) + (w == 3 ? number(scores, 5) : 0);
            json_t *of = json_object_get(json_object_get(json_array_get(words, w), "scores"), name);
            assert_near(json_number_value(of), sum, 1e-9, 1e-12);
        }
        json_t *outside = json_object_get(json_object_get(json, "outside_words"), name);
        if (outside) assert_near(json_number_value(outside), (fabs(number(scores, 0)) + fabs(number(scores, 9))) / all, 1e-9, 1e-12);
    }
    json_decref(json);
    xsnr_free(text);
}

// Scores of all sizes can be read off the table.
static void test_table(void **state) {
    (void)state;
    char *text;
    assert_ok(explain((xsnr_single_options){.text = "the film"}, &text));
    assert_non_null(strstr(text, "* class "));
    assert_non_null(strstr(text, "\nword "));
    assert_non_null(strstr(text, "\nfilm "));
    assert_non_null(strstr(text, "integrated_gradients: completeness gap "));
    xsnr_free(text);
}

static void test_what_cannot_be_explained(void **state) {
    (void)state;
    const struct {
        xsnr_single_options o;
        const char *explainer, *message;
        int code;
    } cases[] = {
        {{.text = ""}, NULL, "the text has no words: there is nothing to explain", XSNR_ERR_DATA},
        {{.text = " \n\xe2\x80\x8b"}, NULL, "the text has no words: there is nothing to explain", XSNR_ERR_DATA},
        {{.text = "\xff"}, NULL, "invalid UTF-8 at byte offset 0", XSNR_ERR_DATA},
        {{.ids = " , "}, NULL, "the list of ids is empty", XSNR_ERR_DATA},
        {{.text = "the film", .target = 2}, NULL, "class 2 cannot be explained; the model has classes 0 to 1", XSNR_ERR_ARGUMENT},
        {{.text = "the film"}, "contribution", "explainer 'contribution' needs logits that are sums over words, which an encoder does not give; families that do: linear", XSNR_ERR_UNSUPPORTED},
        {{.text = "the film"}, "integrated_gradients:steps=0", "steps: 0 is outside 1 to 1000", XSNR_ERR_CONFIG},
        {{.text = "the film"}, "shapley:pairs=0", "pairs: 0 is outside 2 to 1e+06", XSNR_ERR_CONFIG},
        {{.text = "the film"}, "lime:samples=0", "samples: 0 is outside 3 to 1e+06", XSNR_ERR_CONFIG},
        {{.text = "the film"}, "smoothgrad:samples=0", "samples: 0 is outside 2 to 100000", XSNR_ERR_CONFIG},
        {{.text = "the film"}, "lrp_chefer:start_layer=2", "start_layer: 2 is not a layer; the model has layers 0 to 1", XSNR_ERR_CONFIG},
        {{.text = "the film"}, "atn_lrp", "unknown explainer 'atn_lrp'; did you mean 'attn_lrp'?", XSNR_ERR_NOT_FOUND},
        {{.text = "the film"}, "occlusion:outptu=logit", "did you mean 'output'?", XSNR_ERR_CONFIG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text;
        xsnr_single_options o = cases[i].o;
        const char *explainers[] = {cases[i].explainer};
        if (cases[i].explainer) o.explainers = explainers, o.n_explainers = 1, o.target = -1;
        int rc = explain(o, &text);
        if (rc != cases[i].code || !strstr(err.message, cases[i].message)) fail_msg("case %zu: %d %s", i, rc, err.message);
        assert_null(text);
    }
}

// A text whose only word has no token (a lone accent, which BERT strips): scores of 0, all else is the template's.
static void test_no_token(void **state) {
    (void)state;
    char *text;
    assert_ok(explain((xsnr_single_options){.text = "\xcc\x81", .json = 1}, &text));
    json_t *json = json_loads(text, 0, NULL), *words = json_object_get(json, "words");
    assert_int_equal(json_array_size(json_object_get(json, "tokens")), 2);
    assert_int_equal(json_array_size(words), 1);
    json_t *scores = json_object_get(json_array_get(words, 0), "scores"), *score;
    const char *name;
    json_object_foreach(scores, name, score) assert_near(json_number_value(score), 0, 0, 1e-12);
    assert_near(json_number_value(json_object_get(json_object_get(json, "outside_words"), "saliency")), 1, 0, 0);
    json_decref(json);
    xsnr_free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_method), cmocka_unit_test(test_table),
                                       cmocka_unit_test(test_what_cannot_be_explained), cmocka_unit_test(test_no_token)};
    return cmocka_run_group_tests(tests, write_folder, remove_folder);
}
