// What the files of the family `encoder` share: what its models have in common, and one model.
#ifndef XSNR_MODEL_ENCODER_FAMILY_H
#define XSNR_MODEL_ENCODER_FAMILY_H
#include "model/encoder_texts.h"
#include "model/inside.h"
#include "model/model.h"
#include <pthread.h>

typedef struct xs_encoder_probe xs_encoder_probe;

typedef struct xs_encoder_shared {
    const xs_corpus *corpus;
    const xs_backend *ops;
    xs_device *home; // owns the models' parameters
    xs_tokenizer *tokenizer; // of `reader`
    xs_reader reader;
    xs_arena arena;
    xs_encoder_layout layout;
    xs_encoder_recipe recipe;
    uint32_t longest;
    float *start; // (total) of the folder, or NULL
    bool *absent; // (n)
    xs_encoded texts[XS_SPLITS];
    char notice[200];
    pthread_mutex_t lock; // of everything below
    xs_trainer **idle;    // (n_idle)
    size_t n_idle, room_idle;
    xs_profile spent; // of trainers that are gone
    xs_encoder_probe *probes; // that nobody uses: a list
    uint64_t models;          // made so far
} xs_encoder_shared;

typedef struct xs_encoder_model {
    const xs_encoder_shared *shared;
    xs_buffer *parameters;
    uint64_t number; // no other model of the family has it
} xs_encoder_model;

extern const xs_inside xs_encoder_inside;
/// A model whose parameters are 0.
int xs_encoder_model_new(const xs_encoder_shared *s, xs_encoder_model **out, xsnr_error *err);
/// xs_family.predict
int xs_encoder_predict(const void *shared, const void *model, const xs_document *doc, const uint8_t *present,
                       size_t count, xs_removal removal, xs_arena *scratch, double *logits, xsnr_error *err);
void xs_encoder_probes_free(xs_encoder_shared *s);
#endif
