// config.json of BERT, RoBERTa (CamemBERT, XLM-RoBERTa) and DistilBERT, read as untrusted input and written.
//
// Source: the configuration classes of Hugging Face's transformers (BertConfig, RobertaConfig, DistilBertConfig),
// whose defaults stand in for what a file leaves out; the sizes must be there.  A null is a member left out.
// Members that only concern training, generation or the library itself are ignored.
#include "model/encoder_config.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LABELS = 65536, SHOWN = 80 }; // SHOWN: bytes of a value in a message

// What an architecture calls its sizes.
typedef struct keys {
    const char *hidden, *layers, *heads, *intermediate, *activation, *hidden_dropout, *attention_dropout,
        *classifier_dropout;
} keys;

static const keys bert_keys = {"hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
                               "hidden_act", "hidden_dropout_prob", "attention_probs_dropout_prob",
                               "classifier_dropout"};
static const keys distilbert_keys = {"dim", "n_layers", "n_heads", "hidden_dim", "activation", "dropout",
                                     "attention_dropout", "seq_classif_dropout"};
static const keys *keys_of(xs_architecture a) { return a == XS_DISTILBERT ? &distilbert_keys : &bert_keys; }

static const struct {
    const char *name;
    xs_architecture architecture;
} types[] = {{"bert", XS_BERT},
             {"roberta", XS_ROBERTA},
             {"camembert", XS_ROBERTA},
             {"xlm-roberta", XS_ROBERTA},
             {"distilbert", XS_DISTILBERT}};

uint32_t xs_encoder_longest(const xs_encoder_config *c) {
    uint32_t unused = c->architecture == XS_ROBERTA ? (uint32_t)c->pad + 1 : 0;
    return c->positions > unused ? c->positions - unused : 0;
}

// A member that is there and not null, else NULL.
static const json_t *member(const json_t *json, const char *key) {
    const json_t *value = json_object_get(json, key);
    return json_is_null(value) ? NULL : value;
}

static int wrong(const char *path, const char *key, const char *what, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "%s: %s", key, what);
}

static int unsupported(const char *path, const char *key, const char *value, const char *list, xsnr_error *err) {
    char shown[SHOWN];
    return xs_fail_at(err, XSNR_ERR_UNSUPPORTED, path, 0, "%s '%s' is not supported; supported: %s", key,
                      xs_printable(shown, SHOWN, value), list);
}

// A size within [1, most]; `fallback` 0: it must be there.
static int read_size(const json_t *json, const char *path, const char *key, uint32_t most, uint32_t fallback,
                     uint32_t *out, xsnr_error *err) {
    const json_t *value = member(json, key);
    *out = fallback;
    if (!value && fallback) return XSNR_OK;
    if (!value) return wrong(path, key, "it is missing", err);
    if (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > most)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "%s: it must be a whole number from 1 to %u", key, most);
    *out = (uint32_t)json_integer_value(value);
    return XSNR_OK;
}

static int read_real(const json_t *json, const char *path, const char *key, double below, double fallback, double *out,
                     xsnr_error *err) {
    const json_t *value = member(json, key);
    *out = fallback;
    if (!value) return XSNR_OK;
    if (!json_is_number(value) || !(json_number_value(value) >= 0) || !(json_number_value(value) < below))
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "%s: it must be a number of at least 0 and below %g", key,
                          below);
    *out = json_number_value(value);
    return XSNR_OK;
}

static int read_architecture(const json_t *json, const char *path, xs_encoder_config *out, xsnr_error *err) {
    const json_t *type = json_object_get(json, "model_type");
    if (!json_is_string(type)) return wrong(path, "model_type", "it is missing; it says which architecture this is", err);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, json_string_value(type)) == 0) {
            out->architecture = types[i].architecture;
            return XSNR_OK;
        }
    return unsupported(path, "model_type", json_string_value(type), "bert, roberta, camembert, xlm-roberta, distilbert",
                       err);
}

static int read_labels(const json_t *json, const char *path, xs_arena *arena, xs_encoder_config *out, xsnr_error *err) {
    const json_t *names = member(json, "id2label");
    XS_TRY(read_size(json, path, "num_labels", MOST_LABELS, 2, &out->labels, err));
    out->label = NULL;
    if (!names) return XSNR_OK;
    size_t n = json_object_size(names);
    if (!json_is_object(names) || n == 0 || n > MOST_LABELS)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "id2label: it must be an object of 1 to %d labels", MOST_LABELS);
    out->labels = (uint32_t)n;
    out->label = XS_ARENA_ARRAY(arena, const char *, n);
    if (!out->label) return xs_nomem(err);
    for (size_t i = 0; i < n; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i);
        const char *name = json_string_value(json_object_get(names, number));
        if (!name)
            return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "id2label: there is no name for label %zu", i);
        out->label[i] = xs_arena_strdup(arena, name);
        if (!out->label[i]) return xs_nomem(err);
    }
    return XSNR_OK;
}

// What would make another network of it.
static int refuse_variants(const json_t *json, const char *path, xsnr_error *err) {
    if (json_is_true(json_object_get(json, "is_decoder")) || json_is_true(json_object_get(json, "add_cross_attention")))
        return xs_fail_at(err, XSNR_ERR_UNSUPPORTED, path, 0, "a decoder (is_decoder, add_cross_attention) is not "
                                                              "supported; supported: encoders");
    const json_t *position = member(json, "position_embedding_type");
    if (!position) return XSNR_OK;
    const char *name = json_is_string(position) ? json_string_value(position) : "";
    return strcmp(name, "absolute") == 0 ? XSNR_OK : unsupported(path, "position_embedding_type", name, "absolute", err);
}

static int read_activation(const json_t *json, const char *path, const char *key, xs_encoder_config *out,
                           xsnr_error *err) {
    const json_t *value = member(json, key);
    const char *name = !value ? "gelu" : json_is_string(value) ? json_string_value(value) : "";
    out->activation = strcmp(name, "relu") == 0 ? XS_RELU : XS_GELU;
    if (out->activation == XS_RELU || strcmp(name, "gelu") == 0) return XSNR_OK;
    return unsupported(path, key, name, "gelu, relu", err);
}

static int read_pad(const json_t *json, const char *path, xs_encoder_config *c, xsnr_error *err) {
    const json_t *pad = member(json, "pad_token_id");
    c->pad = c->architecture == XS_ROBERTA ? 1 : 0;
    json_int_t id = pad ? json_integer_value(pad) : c->pad;
    if ((pad && !json_is_integer(pad)) || id < 0 || id >= c->vocabulary)
        return wrong(path, "pad_token_id", "it is no row of the embeddings", err);
    c->pad = (int32_t)id;
    return XSNR_OK;
}

static int read_config(const json_t *json, const char *path, xs_arena *arena, xs_encoder_config *c, xsnr_error *err) {
    XS_TRY(read_architecture(json, path, c, err));
    XS_TRY(refuse_variants(json, path, err));
    const keys *k = keys_of(c->architecture);
    XS_TRY(read_size(json, path, k->hidden, 65536, 0, &c->hidden, err));
    XS_TRY(read_size(json, path, k->layers, 1024, 0, &c->layers, err));
    XS_TRY(read_size(json, path, k->heads, 4096, 0, &c->heads, err));
    XS_TRY(read_size(json, path, k->intermediate, 1u << 20, 0, &c->intermediate, err));
    XS_TRY(read_size(json, path, "vocab_size", 1u << 24, 0, &c->vocabulary, err));
    XS_TRY(read_size(json, path, "max_position_embeddings", 1u << 20, 0, &c->positions, err));
    if (c->architecture != XS_DISTILBERT) XS_TRY(read_size(json, path, "type_vocab_size", 1024, 2, &c->types, err));
    XS_TRY(read_activation(json, path, k->activation, c, err));
    XS_TRY(read_real(json, path, k->hidden_dropout, 1, 0.1, &c->hidden_dropout, err));
    XS_TRY(read_real(json, path, k->attention_dropout, 1, 0.1, &c->attention_dropout, err));
    double fallback = c->architecture == XS_DISTILBERT ? 0.2 : c->hidden_dropout;
    XS_TRY(read_real(json, path, k->classifier_dropout, 1, fallback, &c->classifier_dropout, err));
    XS_TRY(read_real(json, path, "initializer_range", 100, 0.02, &c->initializer_range, err));
    XS_TRY(read_real(json, path, "layer_norm_eps", 1, 1e-12, &c->layer_norm_eps, err));
    if (c->architecture == XS_DISTILBERT) c->layer_norm_eps = 1e-12; // fixed there, whatever the file says
    if (!(c->layer_norm_eps > 0)) return wrong(path, "layer_norm_eps", "it must be above 0", err);
    XS_TRY(read_pad(json, path, c, err));
    if (c->hidden % c->heads)
        return xs_fail_at(err, XSNR_ERR_DATA, path, 0, "%s: %u does not divide %s: %u", k->heads, c->heads, k->hidden,
                          c->hidden);
    if (xs_encoder_longest(c) < 1) return wrong(path, "max_position_embeddings", "no position is left for a token", err);
    return read_labels(json, path, arena, c, err);
}

int xs_encoder_config_parse(const char *bytes, size_t size, const char *path, xs_arena *arena, xs_encoder_config *out,
                            xsnr_error *err) {
    json_error_t e;
    *out = (xs_encoder_config){0};
    json_t *json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &e);
    if (!json && json_error_code(&e) == json_error_out_of_memory) return xs_nomem(err);
    char why[JSON_ERROR_TEXT_LENGTH]; // it quotes the file
    if (!json)
        return xs_fail_at(err, XSNR_ERR_DATA, path, e.line, "not JSON: %s", xs_printable(why, sizeof why, e.text));
    int rc = json_is_object(json) ? read_config(json, path, arena, out, err)
                                  : xs_fail_at(err, XSNR_ERR_DATA, path, 1, "a config.json must hold an object");
    json_decref(json);
    return rc;
}

// The fewest digits that give every real number back.
static size_t digits_of(const xs_encoder_config *c) {
    const double all[] = {c->layer_norm_eps, c->hidden_dropout, c->attention_dropout, c->classifier_dropout,
                          c->initializer_range};
    size_t digits = 6;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (char text[40]; digits < 17; digits++) {
            snprintf(text, sizeof text, "%.*g", (int)digits, all[i]);
            if (strtod(text, NULL) == all[i]) break;
        }
    return digits;
}

static int set_labels(json_t *json, const xs_encoder_config *c) {
    json_t *names = json_object(), *numbers = json_object();
    int bad = 0;
    for (uint32_t i = 0; i < c->labels; i++) {
        char number[24], name[24];
        snprintf(number, sizeof number, "%u", i);
        snprintf(name, sizeof name, "LABEL_%u", i);
        const char *label = c->label ? c->label[i] : name;
        bad |= json_object_set_new(names, number, json_string(label));
        bad |= json_object_set_new(numbers, label, json_integer(i));
    }
    bad |= json_object_set_new(json, "id2label", names);
    return bad | json_object_set_new(json, "label2id", numbers);
}

int xs_encoder_config_write(const xs_encoder_config *c, xs_str *out, xsnr_error *err) {
    static const char *const type[] = {"bert", "roberta", "distilbert"};
    static const char *const class_name[] = {"BertForSequenceClassification", "RobertaForSequenceClassification",
                                             "DistilBertForSequenceClassification"};
    const keys *k = keys_of(c->architecture);
    json_t *json = json_pack("{s:[s],s:s,s:s,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:f,s:f,s:f,s:f,s:s}", "architectures",
                             class_name[c->architecture], "model_type", type[c->architecture], k->activation,
                             c->activation == XS_GELU ? "gelu" : "relu", k->hidden, (int)c->hidden, k->layers,
                             (int)c->layers, k->heads, (int)c->heads, k->intermediate, (int)c->intermediate,
                             "vocab_size", (int)c->vocabulary, "max_position_embeddings", (int)c->positions,
                             "pad_token_id", (int)c->pad, k->hidden_dropout, c->hidden_dropout, k->attention_dropout,
                             c->attention_dropout, k->classifier_dropout, c->classifier_dropout, "initializer_range",
                             c->initializer_range, "torch_dtype", "float32");
    int bad = !json;
    if (!bad && c->architecture != XS_DISTILBERT) {
        bad |= json_object_set_new(json, "type_vocab_size", json_integer(c->types));
        bad |= json_object_set_new(json, "layer_norm_eps", json_real(c->layer_norm_eps));
    }
    if (!bad) bad = set_labels(json, c);
    char *text = bad ? NULL : json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(digits_of(c)));
    json_decref(json);
    if (!text) return xs_nomem(err);
    xs_str_put(out, text);
    xs_str_put(out, "\n");
    free(text);
    return xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}
