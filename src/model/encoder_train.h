// The encoder's network as the trainer that all networks share sees it.
#ifndef XSNR_MODEL_ENCODER_TRAIN_H
#define XSNR_MODEL_ENCODER_TRAIN_H
#include "model/encoder_network.h"
#include "model/trainer.h"

xs_trainee xs_encoder_trainee(const xs_encoder_layout *layout);
#endif
