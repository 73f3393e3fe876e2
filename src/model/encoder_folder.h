// A model as Hugging Face keeps it: config.json, model.safetensors, and a tokenizer, in one folder.
#ifndef XSNR_MODEL_ENCODER_FOLDER_H
#define XSNR_MODEL_ENCODER_FOLDER_H
#include "model/encoder_layout.h"
#include "text/tokenizer.h"

/// Reads FOLDER/config.json; strings in `arena`.
int xs_folder_config(const char *folder, xs_arena *arena, xs_encoder_config *out, xsnr_error *err);
/// Values (total) from safetensors bytes.  Names may lack the architecture's prefix.  Tensors of the head that are
/// not there, or that are made for another number of labels, are marked in absent (n); any other that is missing,
/// and any of another shape, is an error.  `absent` NULL: the head must be there too.
int xs_encoder_values_parse(const xs_encoder_layout *l, const void *bytes, size_t size, const char *path,
                            float *values, bool *absent, xsnr_error *err);
/// The same from FOLDER/model.safetensors.
int xs_folder_values(const char *folder, const xs_encoder_layout *l, float *values, bool *absent, xsnr_error *err);
/// Values (total) as model.safetensors with Hugging Face's names, appended to `out`.
int xs_encoder_values_write(const xs_encoder_layout *l, const float *values, xs_str *out, xsnr_error *err);
/// Writes config.json, model.safetensors and, unless NULL, tokenizer.json into FOLDER, which is created.
int xs_folder_write(const char *folder, const xs_encoder_layout *l, const float *values, const xs_tokenizer *tokenizer,
                    xsnr_error *err);
#endif
