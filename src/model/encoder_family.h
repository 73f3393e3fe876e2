// What the files of the family `encoder` share: what its models have in common, and one model.
#ifndef XSNR_MODEL_ENCODER_FAMILY_H
#define XSNR_MODEL_ENCODER_FAMILY_H
#include "model/encoder_texts.h"
#include "model/inside.h"
#include "model/trained.h"
#include <pthread.h>

typedef struct xs_encoder_probe xs_encoder_probe;

typedef struct xs_encoder_shared {
    xs_trained trained; // first: the functions of trained.h see it alone
    const xs_corpus *corpus;
    xs_tokenizer *tokenizer; // of `reader`
    xs_reader reader;
    xs_arena arena;
    xs_encoder_layout layout;
    pthread_mutex_t lock;     // of `probes`
    xs_encoder_probe *probes; // that nobody uses: a list
} xs_encoder_shared;

extern const xs_inside xs_encoder_inside;
/// xs_family.predict
int xs_encoder_predict(const void *shared, const void *model, const xs_document *doc, const uint8_t *present,
                       size_t count, xs_removal removal, xs_arena *scratch, double *logits, xsnr_error *err);
void xs_encoder_probes_free(xs_encoder_shared *s);
#endif
