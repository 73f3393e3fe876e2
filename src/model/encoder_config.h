// What an encoder is: its architecture and sizes, as Hugging Face's config.json has them.
#ifndef XSNR_MODEL_ENCODER_CONFIG_H
#define XSNR_MODEL_ENCODER_CONFIG_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

typedef enum xs_architecture { XS_BERT, XS_ROBERTA, XS_DISTILBERT } xs_architecture;
typedef enum xs_activation { XS_GELU, XS_RELU } xs_activation; // gelu is the exact one, by erf

typedef struct xs_encoder_config {
    xs_architecture architecture; // model_type bert, roberta or camembert or xlm-roberta, distilbert
    uint32_t hidden, layers, heads, intermediate, vocabulary;
    uint32_t positions;   // rows of the position table; roberta's first pad_id + 1 serve no token
    uint32_t types;       // rows of the type table; 0: none (distilbert)
    uint32_t labels;      // size of id2label (else num_labels, else 2)
    const char **label;   // (labels) names from id2label; NULL: none given
    int32_t pad;          // pad_token_id
    xs_activation activation;
    double layer_norm_eps;   // 1e-12, fixed, in distilbert
    double hidden_dropout, attention_dropout, classifier_dropout;
    double initializer_range; // standard deviation of new weights, 0.02
} xs_encoder_config;

/// Longest text in tokens: positions, less roberta's unused ones.
uint32_t xs_encoder_longest(const xs_encoder_config *c);
/// Reads config.json (`path` for messages).  Strings live in `arena`.  An architecture that is not supported is
/// named, with those that are; sizes are checked (heads divide hidden, nothing is 0 or absurd); a decoder, a
/// relative position embedding, another activation are refused by name.
int xs_encoder_config_parse(const char *bytes, size_t size, const char *path, xs_arena *arena,
                            xs_encoder_config *out, xsnr_error *err);
/// config.json with Hugging Face's keys, which transformers' from_pretrained accepts, appended to `out`.
int xs_encoder_config_write(const xs_encoder_config *c, xs_str *out, xsnr_error *err);
#endif
