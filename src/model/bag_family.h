// What the files of the family `bag` share: what its models have in common, and one model.
#ifndef XSNR_MODEL_BAG_FAMILY_H
#define XSNR_MODEL_BAG_FAMILY_H
#include "model/bag_network.h"
#include "model/bag_words.h"
#include "model/inside.h"
#include "model/trainer_pool.h"

typedef struct xs_bag_shared {
    const xs_backend *ops;
    xs_device *home; // owns the models' parameters
    xs_bag_words words;
    xs_bag_layout layout;
    xs_recipe recipe;
    size_t longest; // most rows of a text
    xs_encoded texts[XS_SPLITS];
    xs_trainer_pool *pool;
    char notice[200];
} xs_bag_shared;

typedef struct xs_bag_model {
    const xs_bag_shared *shared;
    xs_buffer *parameters;
} xs_bag_model;

/// Gradients at the words' vectors.  The pad token's vector is 0, the mask token's the unknown word's.
extern const xs_inside xs_bag_inside;
/// XSNR_ERR_UNSUPPORTED if a trainer has no room for the text: it is none of the study's.
int xs_bag_fits(const xs_bag_shared *s, const xs_document *doc, xsnr_error *err);
#endif
