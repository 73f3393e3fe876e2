// What the files of the family `bag` share: what its models have in common, and one model.
#ifndef XSNR_MODEL_BAG_FAMILY_H
#define XSNR_MODEL_BAG_FAMILY_H
#include "model/bag_network.h"
#include "model/bag_words.h"
#include "model/inside.h"
#include "model/trained.h"

typedef struct xs_bag_shared {
    xs_trained trained; // first: the functions of trained.h see it alone; a token is a row of the table
    xs_bag_words words;
    xs_bag_layout layout;
} xs_bag_shared;

/// Gradients at the words' vectors.  The pad token's vector is 0, the mask token's the unknown word's.
extern const xs_inside xs_bag_inside;
/// XSNR_ERR_UNSUPPORTED if a trainer has no room for the text: it is none of the study's.
int xs_bag_fits(const xs_bag_shared *s, const xs_document *doc, xsnr_error *err);
#endif
