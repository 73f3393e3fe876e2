// Training of encoders by the trainer that all networks share.
#ifndef XSNR_MODEL_ENCODER_TRAIN_H
#define XSNR_MODEL_ENCODER_TRAIN_H
#include "model/encoder_network.h"
#include "model/trainer.h"

typedef xs_recipe xs_encoder_recipe;

/// For texts of at most `longest` tokens.  Everything given must outlive it.
int xs_trainer_new(const xs_backend *ops, const xs_encoder_layout *layout, const xs_encoder_recipe *recipe,
                   uint32_t longest, xs_trainer **out, xsnr_error *err);
/// Bytes that a trainer takes, with the model it trains.
size_t xs_trainer_bytes(const xs_backend *ops, const xs_encoder_layout *layout, const xs_encoder_recipe *recipe,
                        uint32_t longest);
#endif
