// The table of an encoder's tensors; names as in Hugging Face Transformers' Bert-, Roberta- (Camembert-) and
// DistilBertForSequenceClassification.
#include "model/encoder_layout.h"
#include "base/random.h"
#include <stdio.h>
#include <string.h>

// What an architecture calls its parts.
typedef struct names {
    const char *prefix, *layer, *query, *key, *value, *out, *norm1, *up, *down, *norm2, *dense, *classify;
} names;

static const names of[] = {
    [XS_BERT] = {"bert.", "encoder.layer.%u.", "attention.self.query", "attention.self.key", "attention.self.value",
                 "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense",
                 "output.LayerNorm", "bert.pooler.dense", "classifier"},
    [XS_ROBERTA] = {"roberta.", "encoder.layer.%u.", "attention.self.query", "attention.self.key",
                    "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
                    "intermediate.dense", "output.dense", "output.LayerNorm", "classifier.dense",
                    "classifier.out_proj"},
    [XS_DISTILBERT] = {"distilbert.", "transformer.layer.%u.", "attention.q_lin", "attention.k_lin", "attention.v_lin",
                       "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm",
                       "pre_classifier", "classifier"},
};

typedef struct builder {
    xs_encoder_layout *layout;
    xs_arena *arena;
    char scope[64]; // what stands before the names
    bool head, failed;
} builder;

static size_t add(builder *b, const char *name, const char *end, xs_tensor_role role, size_t rows, size_t columns) {
    char full[192];
    snprintf(full, sizeof full, "%s%s%s", b->scope, name, end);
    xs_parameter *p = &b->layout->parameter[b->layout->n++];
    *p = (xs_parameter){.name = xs_arena_strdup(b->arena, full),
                        .role = role,
                        .head = b->head,
                        .rank = columns ? 2 : 1,
                        .shape = {rows, columns},
                        .at = b->layout->total,
                        .count = rows * (columns ? columns : 1)};
    if (!p->name) b->failed = true;
    b->layout->total += p->count;
    return p->at;
}

static xs_pair add_linear(builder *b, const char *name, size_t out, size_t in) {
    xs_pair at;
    at.w = add(b, name, ".weight", XS_ROLE_MATRIX, out, in);
    at.b = add(b, name, ".bias", XS_ROLE_BIAS, out, 0);
    return at;
}

static xs_pair add_norm(builder *b, const char *name, size_t width) {
    xs_pair at;
    at.w = add(b, name, ".weight", XS_ROLE_NORM, width, 0);
    at.b = add(b, name, ".bias", XS_ROLE_BIAS, width, 0);
    return at;
}

static void add_layer(builder *b, const names *n, uint32_t i) {
    const xs_encoder_config *c = &b->layout->config;
    struct xs_encoder_layer *l = &b->layout->layer[i];
    size_t H = c->hidden, used = strlen(n->prefix);
    snprintf(b->scope, sizeof b->scope, "%s", n->prefix);
    // The number of the layer goes where the name has %u.
    const char *number = strstr(n->layer, "%u");
    snprintf(b->scope + used, sizeof b->scope - used, "%.*s%u%s", (int)(number - n->layer), n->layer, i, number + 2);
    l->qkv.w = add(b, n->query, ".weight", XS_ROLE_MATRIX, H, H);
    add(b, n->key, ".weight", XS_ROLE_MATRIX, H, H);
    add(b, n->value, ".weight", XS_ROLE_MATRIX, H, H);
    l->qkv.b = add(b, n->query, ".bias", XS_ROLE_BIAS, H, 0);
    add(b, n->key, ".bias", XS_ROLE_BIAS, H, 0);
    add(b, n->value, ".bias", XS_ROLE_BIAS, H, 0);
    l->out = add_linear(b, n->out, H, H);
    l->norm1 = add_norm(b, n->norm1, H);
    l->up = add_linear(b, n->up, c->intermediate, H);
    l->down = add_linear(b, n->down, H, c->intermediate);
    l->norm2 = add_norm(b, n->norm2, H);
}

int xs_encoder_layout_new(const xs_encoder_config *config, xs_arena *arena, xs_encoder_layout *out, xsnr_error *err) {
    const names *n = &of[config->architecture];
    *out = (xs_encoder_layout){.config = *config, .prefix = n->prefix};
    out->layer = XS_ARENA_ARRAY(arena, struct xs_encoder_layer, config->layers);
    out->parameter = XS_ARENA_ARRAY(arena, xs_parameter, 9 + 16 * (size_t)config->layers);
    if (!out->layer || !out->parameter) return xs_nomem(err);
    builder b = {.layout = out, .arena = arena};
    size_t H = config->hidden;
    snprintf(b.scope, sizeof b.scope, "%sembeddings.", n->prefix);
    out->word = add(&b, "word_embeddings", ".weight", XS_ROLE_WORD, config->vocabulary, H);
    out->position = add(&b, "position_embeddings", ".weight", XS_ROLE_TABLE, config->positions, H);
    if (config->types) out->type = add(&b, "token_type_embeddings", ".weight", XS_ROLE_TABLE, config->types, H);
    out->norm = add_norm(&b, "LayerNorm", H);
    for (uint32_t i = 0; i < config->layers; i++) add_layer(&b, n, i);
    b.scope[0] = '\0';
    b.head = true;
    out->dense = add_linear(&b, n->dense, H, H);
    out->classify = add_linear(&b, n->classify, config->labels, H);
    return b.failed ? xs_nomem(err) : XSNR_OK;
}

void xs_parameter_initialise(const xs_encoder_layout *l, size_t index, uint64_t seed, double *values) {
    const xs_parameter *p = &l->parameter[index];
    double range = l->config.initializer_range;
    xs_rng rng = xs_rng_at(seed, XS_STREAM_INIT, (uint32_t)index, 0);
    for (size_t i = 0; i < p->count; i++)
        values[i] = p->role == XS_ROLE_BIAS ? 0 : p->role == XS_ROLE_NORM ? 1 : range * xs_rng_normal(&rng);
    if (p->role == XS_ROLE_WORD && l->config.pad >= 0 && (uint32_t)l->config.pad < l->config.vocabulary)
        memset(values + (size_t)l->config.pad * l->config.hidden, 0, l->config.hidden * sizeof *values);
}
