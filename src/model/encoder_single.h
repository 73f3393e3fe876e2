// One trained encoder from its Hugging Face folder, without a corpus: what `xsnr explain --model` explains.
#ifndef XSNR_MODEL_ENCODER_SINGLE_H
#define XSNR_MODEL_ENCODER_SINGLE_H
#include "model/encoder_family.h"

/// Opens FOLDER with its head.  A folder without a tokenizer reads texts as ids (see xs_reader); its mask token is then
/// `mask`, or where that is −1 what its architecture's own vocabularies have: the last id (roberta), or the one after
/// [SEP], that is, after a text's last id (bert, distilbert).  *shared is freed by xs_family_encoder.release, *model
/// before it by its free_model.
int xs_encoder_open(const char *folder, int32_t mask, xs_encoder_shared **shared, xs_trained_model **model,
                    xsnr_error *err);
#endif
